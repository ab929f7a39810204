use std::sync::Arc;

use async_graphql::{Context, Enum, Object, Result};
use shirube_app::Compared;
use shirube_domain::{
    Error, IndicatorId, NodeId,
    changes::{self, Part, Subject},
};

use super::{Indicator, PlanNode, Strategy, figures::ObservationStatus};
use crate::{error::outward, limits::spend, query::service, scalars::FiscalYear};

/// What happened between two revisions (変更の種類).
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "changes::ChangeKind")]
pub(crate) enum ChangeKind {
    /// A node or indicator is new, with all that is on it.
    Added,
    /// A node or indicator is gone, with all that was on it.
    Removed,
    /// A node or indicator has another place.
    Moved,
    /// A part has another content.
    Changed,
}

/// The part to which a change happened (変更箇所).
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChangePart {
    /// All of a node or indicator.
    Whole,
    /// What it hangs on, or its place among its brothers.
    Place,
    /// The level of a node.
    Level,
    /// The number or mark before the title.
    Number,
    /// The title or label.
    Title,
    /// The term.
    Term,
    /// The years of the plan.
    PlanYears,
    /// The fiscal year up to which the strategy reports.
    ReportYear,
    /// The title and headings of the report (集計表).
    Report,
    /// The source and its terms.
    Source,
    /// The levels of the tree.
    Levels,
    /// The departments (担当課) that the strategy names.
    Departments,
    /// The role of an indicator.
    Role,
    /// The unit.
    Unit,
    /// The direction of good.
    Direction,
    /// The baseline (基準値).
    Baseline,
    /// The target (目標値) as stated.
    Target,
    /// Targets that were replaced in the middle of the plan.
    EarlierTargets,
    /// The department in charge.
    Department,
    /// What it continues of the previous term (前期との対応).
    Lineage,
    /// The standard indicators (標準指標) to which it corresponds.
    Mappings,
    /// How much it counts among others (重み).
    Weight,
    /// The years in which it runs.
    Lifecycle,
    /// Why it has no indicator.
    NoIndicator,
    /// What else the document prints about it.
    Details,
    /// The target of the year in `year`.
    YearTarget,
    /// The actual (実績値) of the year in `year`.
    YearActual,
    /// The grade and rate (評価, 達成率) that the document itself prints for the year in `year`.
    YearGrade,
    /// The total column.
    Total,
    /// The remark (所見) on the year in `year`.
    Remark,
    /// An opinion (意見) on the year in `year` that is published, with its answer.
    Opinion,
}

impl From<Part> for ChangePart {
    fn from(part: Part) -> Self {
        match part {
            Part::Whole => Self::Whole,
            Part::Place => Self::Place,
            Part::Level => Self::Level,
            Part::Number => Self::Number,
            Part::Title => Self::Title,
            Part::Term => Self::Term,
            Part::PlanYears => Self::PlanYears,
            Part::ReportYear => Self::ReportYear,
            Part::Report => Self::Report,
            Part::Source => Self::Source,
            Part::Levels => Self::Levels,
            Part::Departments => Self::Departments,
            Part::Role => Self::Role,
            Part::Unit => Self::Unit,
            Part::Direction => Self::Direction,
            Part::Baseline => Self::Baseline,
            Part::Target => Self::Target,
            Part::EarlierTargets => Self::EarlierTargets,
            Part::Department => Self::Department,
            Part::Lineage => Self::Lineage,
            Part::Mappings => Self::Mappings,
            Part::Weight => Self::Weight,
            Part::Lifecycle => Self::Lifecycle,
            Part::NoIndicator => Self::NoIndicator,
            Part::Details => Self::Details,
            Part::YearTarget(_) => Self::YearTarget,
            Part::YearActual(_) => Self::YearActual,
            Part::YearGrade(_) => Self::YearGrade,
            Part::Total => Self::Total,
            Part::Remark(_) => Self::Remark,
            Part::Opinion(_) => Self::Opinion,
        }
    }
}

pub(crate) struct Change {
    from: Strategy,
    to: Strategy,
    of: Arc<Compared>,
    at: usize,
}

/// What differs between two revisions of a strategy.
pub(super) async fn changes(context: &Context<'_>, strategy: &Strategy, [from, to]: [u32; 2]) -> Result<Vec<Change>> {
    let history = strategy.history.as_ref().ok_or_else(|| {
        outward(Error::bad_input("from", "nothing of this strategy is published, so that it has no revisions"))
    })?;
    // All of both is looked at.
    spend(context, 2 * (strategy.domain().nodes().len() + strategy.domain().indicators().len()))?;
    let compared = service(context).compare(history, [from, to]).await.map_err(outward)?;
    spend(context, compared.changes.len())?;
    let in_revision = |version| Strategy { history: Some(history.clone()), version };
    let (from, to) = (in_revision(compared.from.clone()), in_revision(compared.to.clone()));
    let of = Arc::new(compared);
    let change = |at| Change { from: from.clone(), to: to.clone(), of: of.clone(), at };
    Ok((0..of.changes.len()).map(change).collect())
}

impl Change {
    fn domain(&self) -> &changes::Change {
        &self.of.changes[self.at].0
    }

    fn node_of(&self, id: NodeId) -> Option<PlanNode> {
        [&self.to, &self.from].into_iter().find_map(|of| Some(of.node(of.domain().node_at(id)?)))
    }

    fn indicator_of(&self, id: IndicatorId) -> Option<Indicator> {
        [&self.to, &self.from].into_iter().find_map(|of| Some(of.indicator(of.domain().indicator_at(id)?)))
    }
}

/// One thing that differs between two revisions of a strategy (新旧対照).
#[Object]
impl Change {
    /// What happened.
    async fn kind(&self) -> ChangeKind {
        self.domain().kind.into()
    }

    /// The node to which it happened, if it did to one: as it is in the later of the two that has it, in the order asked for.
    async fn node(&self) -> Option<PlanNode> {
        match self.domain().subject {
            Subject::Node(id) => self.node_of(id),
            Subject::Strategy | Subject::Indicator(_) => None,
        }
    }

    /// The indicator to which it happened, if it did to one, likewise.
    async fn indicator(&self) -> Option<Indicator> {
        match self.domain().subject {
            Subject::Indicator(id) => self.indicator_of(id),
            Subject::Strategy | Subject::Node(_) => None,
        }
    }

    /// The part to which it happened.
    async fn part(&self) -> ChangePart {
        self.domain().part.into()
    }

    /// The fiscal year, for YEAR_TARGET, YEAR_ACTUAL, YEAR_GRADE and REMARK.
    async fn year(&self) -> Option<FiscalYear> {
        self.domain().part.year().map(FiscalYear)
    }

    /// What stood there before, as printed; null where nothing did. Where both revisions print the same and mean different
    /// things by it, what is meant stands in brackets behind it.
    async fn before(&self) -> Option<&str> {
        self.domain().before.as_deref()
    }

    /// What stands there now, likewise.
    async fn after(&self) -> Option<&str> {
        self.domain().after.as_deref()
    }

    /// What the cell said before, for YEAR_TARGET and YEAR_ACTUAL: a provisional value (暫定値) may become final and change in
    /// nothing else.
    async fn before_status(&self) -> Option<ObservationStatus> {
        self.domain().before_status.map(Into::into)
    }

    /// What the cell says now, likewise.
    async fn after_status(&self) -> Option<ObservationStatus> {
        self.domain().after_status.map(Into::into)
    }

    /// Why, where a reason was published with it.
    async fn reason(&self) -> Option<&str> {
        self.of.changes[self.at].1.as_deref()
    }
}
