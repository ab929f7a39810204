use async_graphql::{Context, ID, Object, Result};
use shirube_domain::{lint::Subject, strategy};

use super::{
    Indicator, Remark, Strategy, YearFigures,
    grade::{self, GradeSummary, Grading},
    lineage::Lineage,
    revision::Finding,
    strategy::{Counts, Department, Level},
};
use crate::{id::GlobalId, limits::spend, scalars::FiscalYear};

#[derive(Clone)]
pub(crate) struct PlanNode {
    pub(crate) strategy: Strategy,
    pub(crate) at: usize,
}

impl PlanNode {
    fn domain(&self) -> &strategy::PlanNode {
        &self.strategy.domain().nodes()[self.at]
    }
}

/// A place in the tree of a strategy: a goal (基本目標), a direction, a measure (施策), a program (事業).
#[Object]
impl PlanNode {
    /// The global id. It names this node in this revision.
    pub(super) async fn id(&self) -> ID {
        GlobalId::PlanNode(self.strategy.place(), self.domain().id).id()
    }

    /// The key of the node (UUID), the same in all revisions.
    async fn key(&self) -> String {
        self.domain().id.to_string()
    }

    /// The strategy of which it is a part.
    async fn strategy(&self) -> &Strategy {
        &self.strategy
    }

    /// Its level.
    async fn level(&self) -> Level<'_> {
        let depth = self.domain().level;
        Level { of: &self.strategy.parts().levels[depth], depth }
    }

    /// The number or mark printed before the title: 1, (1), ①.
    async fn number(&self) -> Option<&str> {
        self.domain().number.as_deref()
    }

    /// The title.
    async fn title(&self) -> &str {
        &self.domain().title
    }

    /// The node above; null for the top level.
    async fn parent(&self) -> Option<Self> {
        self.strategy.domain().parent(self.at).map(|at| self.strategy.node(at))
    }

    /// The nodes right below, in the order of the document.
    async fn children(&self, context: &Context<'_>) -> Result<Vec<Self>> {
        spend(context, self.strategy.domain().children(self.at).count())?;
        Ok(self.strategy.domain().children(self.at).map(|at| self.strategy.node(at)).collect())
    }

    /// The indicators that hang on this node itself.
    async fn indicators(&self, context: &Context<'_>) -> Result<Vec<Indicator>> {
        let own = self.strategy.domain().own_indicators(self.at);
        spend(context, own.len())?;
        Ok(own.map(|at| self.strategy.indicator(at)).collect())
    }

    /// What is counted in this node and all below it.
    async fn counts(&self) -> Counts {
        self.strategy.domain().counts(self.at).into()
    }

    /// The grades of the indicators in this node and all below it, counted (集計).
    async fn grade_summary(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which year, and by which rule.")] grading: Grading,
    ) -> Result<GradeSummary> {
        grade::summary(context, &self.strategy, self.strategy.domain().subtree_indicators(self.at), grading).await
    }

    /// The department in charge.
    async fn department(&self) -> Option<Department> {
        self.strategy.department(self.domain().department)
    }

    /// The first year in which it runs, where it is not the plan's.
    async fn started(&self) -> Option<FiscalYear> {
        self.domain().lifecycle.started().map(FiscalYear)
    }

    /// The last year in which it runs, where it is not the plan's.
    async fn ended(&self) -> Option<FiscalYear> {
        self.domain().lifecycle.ended().map(FiscalYear)
    }

    /// Why it has no indicator, where the document says so.
    async fn no_indicator(&self) -> Option<NoIndicator<'_>> {
        self.domain().no_indicator.as_ref().map(|of| NoIndicator { of, strategy: self.strategy.domain() })
    }

    /// Remarks by fiscal year.
    async fn remarks(&self) -> Vec<Remark<'_>> {
        self.domain().remarks.iter().map(Remark).collect()
    }

    /// What it was in the previous term; null if the strategy was not made from another one.
    async fn lineage(&self) -> Option<Lineage> {
        self.strategy.domain().node_lineage(self.at).map(|entry| Lineage::new(&self.strategy, entry))
    }

    /// How often it was changed, to be sent with the next change; null for what is published.
    async fn version(&self) -> Option<i32> {
        self.strategy.version.versions()?.of(Some(Subject::Node(self.domain().id)))
    }

    /// What a careful reader would notice about this node itself.
    async fn findings(&self, context: &Context<'_>) -> Result<Vec<Finding>> {
        self.strategy.findings_on(context, Subject::Node(self.domain().id))
    }
}

pub(crate) struct NoIndicator<'a> {
    of: &'a strategy::NoIndicator,
    strategy: &'a strategy::Strategy,
}

/// A program without an indicator, with the reason that the document prints for it.
#[Object]
impl NoIndicator<'_> {
    /// The reason: KPIの設定が困難なため設定しない.
    async fn reason(&self) -> &str {
        &self.of.reason
    }

    /// The mark that fills the cells of its row, the total column included; null where the document prints no row.
    async fn mark(&self) -> Option<&str> {
        self.of.mark.as_deref()
    }

    /// Its row of marks, a cell a year; empty where the document prints no row.
    async fn figures(&self) -> Vec<YearFigures<'_>> {
        let Some(mark) = &self.of.mark else { return Vec::new() };
        self.strategy.years().map(|year| YearFigures::Marked { year, cell: strategy::Cell::read(mark) }).collect()
    }
}
