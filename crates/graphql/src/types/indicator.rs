use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use shirube_domain::{
    lint::Subject,
    progress::PlanYears,
    strategy::{self, Role},
    suggest::Suggestion,
    text::search_key,
};

use super::{
    Direction, Period, PlanNode, PlanTotal, Quantity, Remark, StandardIndicator, Strategy, Target, Unit, YearFigures,
    grade::Grade,
    grading_rule::{GradingRule, GradingRuleChoice},
    lineage::{Lineage, Mapping, MappingSuggestion},
    outlook::Outlook,
    progress::{Progress, ProgressQuestion},
    revision::Finding,
    strategy::Department,
};
use crate::{
    error::{bad_input, outward},
    id::GlobalId,
    limits::spend,
    page::{Page, PageArguments, connection},
    query::service,
    scalars::{Decimal, FiscalYear},
};

/// The role of an indicator (指標の区分).
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "strategy::RoleKind")]
pub(crate) enum IndicatorRole {
    /// 数値目標 of a goal.
    GoalTarget,
    /// ＫＰＩ, which counts in ＫＰＩ数.
    Kpi,
    /// 実績値の管理: only the actual is followed.
    Monitored,
}

#[derive(Clone)]
pub(crate) struct Indicator {
    pub(crate) strategy: Strategy,
    pub(crate) at: usize,
}

impl Indicator {
    pub(super) fn domain(&self) -> &strategy::Indicator {
        &self.strategy.domain().indicators()[self.at]
    }
}

/// An indicator (指標): something followed by numbers on a plan node.
#[Object]
impl Indicator {
    /// The global id. It names this indicator in this revision.
    pub(super) async fn id(&self) -> ID {
        GlobalId::Indicator(self.strategy.place(), self.domain().id).id()
    }

    /// The key of the indicator (UUID), the same in all revisions.
    async fn key(&self) -> String {
        self.domain().id.to_string()
    }

    /// The strategy of which it is a part.
    async fn strategy(&self) -> &Strategy {
        &self.strategy
    }

    /// The plan node on which it hangs.
    async fn node(&self) -> Option<PlanNode> {
        self.strategy.domain().node_at(self.domain().node).map(|at| self.strategy.node(at))
    }

    /// Its label as printed. Labels are not unique.
    async fn label(&self) -> &str {
        &self.domain().label
    }

    /// Its role.
    async fn role(&self) -> IndicatorRole {
        role(self.domain())
    }

    /// Why an indicator that is only followed has no target, as printed.
    async fn monitored_reason(&self) -> Option<&str> {
        match &self.domain().role {
            Role::Monitored { reason } => reason.as_deref(),
            Role::GoalTarget(_) | Role::Kpi(_) => None,
        }
    }

    /// The unit of its figures, where one is printed.
    async fn unit(&self) -> Option<Unit<'_>> {
        self.domain().unit.as_ref().map(Unit)
    }

    /// Which way is better.
    async fn direction(&self) -> Direction {
        self.domain().direction.into()
    }

    /// The baseline (基準値).
    async fn baseline(&self) -> Option<Baseline<'_>> {
        self.domain().baseline.as_ref().map(|of| Baseline { of, indicator: self.domain() })
    }

    /// The target (目標値); null for what is only followed.
    async fn target(&self) -> Option<Target<'_>> {
        let (indicator, parts) = (self.domain(), self.strategy.parts());
        let schedule = indicator.schedule(parts.first_year, parts.last_year);
        indicator.target().map(|target| Target { target, indicator, schedule })
    }

    /// Target and actual by fiscal year, in order.
    async fn figures(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only of these fiscal years; all if absent.")] years: Option<Vec<FiscalYear>>,
    ) -> Result<Vec<YearFigures<'_>>> {
        let of = self.domain();
        spend(context, of.figures.years().len())?;
        let wanted = |figures: &&strategy::YearFigures| {
            years.as_ref().is_none_or(|years| years.iter().any(|year| year.0 == figures.year))
        };
        Ok(of.figures.years().iter().filter(wanted).map(|figures| YearFigures::Indicator { figures, of }).collect())
    }

    /// The total column (5年間の合計); null where the report has none.
    async fn total(&self) -> Option<PlanTotal> {
        self.strategy.parts().report.total_heading.as_ref().map(|_| PlanTotal(self.domain().plan_total()))
    }

    /// Remarks by fiscal year.
    async fn remarks(&self) -> Vec<Remark<'_>> {
        self.domain().remarks.iter().map(Remark).collect()
    }

    /// The department that owns it.
    async fn department(&self) -> Option<Department> {
        self.strategy.department(self.domain().department)
    }

    /// The first year in which it is followed, where it is not the plan's.
    async fn started(&self) -> Option<FiscalYear> {
        self.domain().lifecycle.started().map(FiscalYear)
    }

    /// The last year in which it is followed, where it is not the plan's.
    async fn ended(&self) -> Option<FiscalYear> {
        self.domain().lifecycle.ended().map(FiscalYear)
    }

    /// What else the document prints about it: 定義, 算出式, 出所 …
    async fn details(&self) -> Vec<Detail> {
        let detail = |of: &strategy::Detail| Detail { heading: of.heading.clone(), text: of.text.clone() };
        self.domain().details.iter().map(detail).collect()
    }

    /// How much it counts where grades of many are put together (重み), as the municipality sets it; null where it sets none,
    /// which counts 1.
    async fn weight(&self) -> Option<Decimal> {
        self.domain().weight.map(|weight| Decimal(weight.value()))
    }

    /// The standard indicators (標準指標) to which it corresponds.
    async fn mappings(&self) -> Vec<Mapping<'_>> {
        Mapping::all(&self.strategy, self.domain())
    }

    /// What it was in the previous term; null if the strategy was not made from another one.
    async fn lineage(&self) -> Option<Lineage> {
        self.strategy.domain().indicator_lineage(self.at).map(|entry| Lineage::new(&self.strategy, entry))
    }

    /// Standard indicators to which it may correspond (対応の候補), the best first, for people to decide. Nothing is applied by itself.
    async fn suggested_mappings(&self, context: &Context<'_>) -> Result<Vec<MappingSuggestion<'_>>> {
        let app = service(context);
        // All of them are looked at.
        spend(context, app.reference().standard_indicators().len())?;
        let found = app.reference().suggestions(self.domain());
        let suggestion = |of: Suggestion| {
            let key = &app.reference().standard_indicators()[of.at].id;
            let decided = Mapping::all(&self.strategy, self.domain()).into_iter().find(|mapping| mapping.is_to(key));
            MappingSuggestion { standard: StandardIndicator::at(app, of.at), of, decided }
        };
        Ok(found.into_iter().map(suggestion).collect())
    }

    /// How often it was changed, to be sent with the next change; null for what is published.
    async fn version(&self) -> Option<i32> {
        self.strategy.version.versions()?.of(Some(Subject::Indicator(self.domain().id)))
    }

    /// How far it has come in a fiscal year (達成率, 進捗率).
    async fn progress(
        &self,
        #[graphql(desc = "The fiscal year.")] year: FiscalYear,
        #[graphql(desc = "What is asked; the actual ÷ the target of the year if absent.")] question: Option<
            ProgressQuestion,
        >,
    ) -> Progress<'_> {
        let plan = PlanYears::of(self.strategy.domain());
        Progress::new(self.domain(), plan, year, &question.unwrap_or_default().domain())
    }

    /// Whether it is on track (見通し), by its figures up to a fiscal year and, where it corresponds to a standard indicator, by
    /// official statistics from before the plan.
    async fn outlook(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The fiscal year up to which figures are looked at.")] year: FiscalYear,
        #[graphql(desc = "The confidence of the intervals, from 0.5 to 0.99.", default = 0.9)] confidence: f64,
    ) -> Result<Outlook> {
        Outlook::new(context, self, year, confidence)
    }

    /// Its grade (評価) in a fiscal year by a rule.
    async fn grade(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The fiscal year.")] year: FiscalYear,
        #[graphql(desc = "By which rule; if absent, by the municipality's default.")] rule: Option<GradingRuleChoice>,
    ) -> Result<Grade> {
        let municipality = self.strategy.parts().municipality;
        let rule = GradingRule::chosen(context, rule, municipality, "rule").await?;
        Ok(Grade::new(&rule, self.clone(), year))
    }

    /// What a careful reader would notice about it.
    async fn findings(&self, context: &Context<'_>) -> Result<Vec<Finding>> {
        self.strategy.findings_on(context, Subject::Indicator(self.domain().id))
    }
}

fn role(indicator: &strategy::Indicator) -> IndicatorRole {
    indicator.role.kind().into()
}

/// A printed column that the model has no word for.
#[derive(SimpleObject)]
pub(crate) struct Detail {
    /// The heading of the column: 定義.
    heading: String,
    /// The text.
    text: String,
}

pub(crate) struct Baseline<'a> {
    of: &'a strategy::Baseline,
    indicator: &'a strategy::Indicator,
}

/// A baseline (基準値).
#[Object]
impl Baseline<'_> {
    /// The text as printed: 36.7％（令和元年）, －件（令和2年）.
    async fn printed(&self) -> &str {
        &self.of.printed
    }

    /// The value; null where the text has none (－).
    async fn quantity(&self) -> Option<Quantity<'_>> {
        let unit = self.of.unit.as_ref().or(self.indicator.unit.as_ref());
        self.of.amount.as_ref().map(|amount| Quantity { amount, unit })
    }

    /// The unit, which may be printed without a value.
    async fn unit(&self) -> Option<Unit<'_>> {
        self.of.unit.as_ref().or(self.indicator.unit.as_ref()).map(Unit)
    }

    /// The period that it speaks of.
    async fn period(&self) -> Option<Period> {
        self.of.period.map(Period)
    }
}

connection!(Indicator, IndicatorEdge, IndicatorConnection, "indicators (指標)");

/// Which indicators of a strategy. What is absent does not narrow.
#[derive(InputObject, Default)]
pub(crate) struct IndicatorFilter {
    /// Of these roles.
    roles: Option<Vec<IndicatorRole>>,
    /// Owned by the department of this key.
    department: Option<String>,
    /// On this node (its global id) or below it.
    node: Option<ID>,
    /// Whose label holds this text; width, case and kana do not matter.
    text: Option<String>,
}

/// A page of the indicators of a strategy.
pub(crate) fn indicators(
    strategy: &Strategy,
    filter: IndicatorFilter,
    arguments: &PageArguments,
) -> Result<IndicatorConnection> {
    let domain = strategy.domain();
    let range = match &filter.node {
        None => 0..domain.indicators().len(),
        Some(id) => {
            let within = match GlobalId::parse(id, "filter.node").map_err(outward)? {
                GlobalId::PlanNode(key, node) if key == strategy.place() => domain.node_at(node),
                _ => None,
            };
            let node =
                within.ok_or_else(|| bad_input("filter.node", "this is not a node of this strategy and revision"))?;
            domain.subtree_indicators(node)
        }
    };
    let needle = filter.text.as_deref().map(search_key);
    let wanted = |at: &usize| {
        let of = &domain.indicators()[*at];
        filter.roles.as_ref().is_none_or(|roles| roles.contains(&role(of)))
            && filter.department.as_ref().is_none_or(|key| of.department.is_some_and(|id| id.to_string() == *key))
            && needle.as_ref().is_none_or(|needle| search_key(&of.label).contains(needle.as_str()))
    };
    let found: Vec<usize> = range.filter(wanted).collect();
    let list = format!("indicators {}", strategy.parts().id);
    let locate = |key: &str| {
        let id = shirube_domain::IndicatorId::from_uuid(key.parse().ok()?);
        let at = domain.indicator_at(id)?;
        Some(found.partition_point(|of| *of < at)..found.partition_point(|of| *of <= at))
    };
    let page = Page::of(arguments, &list, found.len(), locate).map_err(outward)?;
    Ok(IndicatorConnection::new(page, &list, found.len(), |place| {
        let at = found[place];
        (strategy.indicator(at), domain.indicators()[at].id.to_string())
    }))
}
