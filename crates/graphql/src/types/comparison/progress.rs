use async_graphql::{Context, Object, Result, SimpleObject};
use shirube_domain::comparison::{self as domain, Progresses};

use super::{Citation, ComparedKpi, ComparisonReason, LeftOutConnection, answer_object, summary::GroupSummary};
use crate::{
    error::outward,
    limits::spend,
    page::{PageArguments, connection, page_of},
    scalars::FiscalYear,
    types::{Municipality, StandardIndicator},
};

answer_object!(ProgressComparisonAnswer, Progress, Progresses);

/// How far municipalities have come by their own targets, and how much they ask of themselves, in the KPIs that correspond to
/// one standard indicator (達成状況の比較).
#[Object]
impl ProgressComparisonAnswer {
    /// How to cite it, to ask it again, and to have its rows as a file.
    async fn citation(&self) -> Citation {
        self.0.citation()
    }

    /// The standard indicator.
    async fn standard_indicator(&self) -> Result<Option<StandardIndicator>> {
        Ok(StandardIndicator::find(&self.0.app, &self.of()?.indicator))
    }

    /// The fiscal year; null where nothing published corresponds to the indicator.
    async fn year(&self) -> Result<Option<FiscalYear>> {
        Ok(shirube_domain::calendar::FiscalYear::new(self.of()?.year).ok().map(FiscalYear))
    }

    /// What to look out for. Everybody is held against their own target, so that another definition forbids nothing.
    async fn reasons(&self) -> Result<Vec<ComparisonReason>> {
        Ok(self.of()?.reasons.iter().map(Into::into).collect())
    }

    /// How many municipalities the group has.
    async fn members(&self) -> Result<usize> {
        Ok(self.of()?.members)
    }

    /// How many KPIs meet the target of the year (or the final one, in a year that has none).
    async fn met(&self) -> Result<usize> {
        Ok(self.of()?.met)
    }

    /// 実績 ÷ 目標 in percent, over the KPIs that have such a rate.
    async fn achievement(&self) -> Result<GroupSummary> {
        Ok(GroupSummary(self.of()?.achievement.clone()))
    }

    /// (実績 − 基準) ÷ (目標 − 基準) toward the final target, in percent.
    #[graphql(name = "fromBaseline")]
    async fn baseline_progress(&self) -> Result<GroupSummary> {
        Ok(GroupSummary(self.of()?.from_baseline.clone()))
    }

    /// The yearly changes that the plans ask for, in percent of the baseline; more is more ambitious.
    async fn ambition(&self) -> Result<GroupSummary> {
        Ok(GroupSummary(self.of()?.ambition.clone()))
    }

    /// The KPIs, by municipality; within one, those of the latest plan first.
    async fn rows(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100, from the start or behind `after`.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
        #[graphql(desc = "How many, 1 to 100, from the end or before `before`.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which the page ends.")] before: Option<String>,
    ) -> Result<KpiProgressConnection> {
        let of = self.of()?;
        let list = "progress";
        let arguments = PageArguments { first, after, last, before };
        let key = |row: &domain::KpiProgress| row.source.indicator.to_string();
        let page = page_of(&of.rows, list, &arguments, key).map_err(outward)?;
        let page = KpiProgressConnection::new(page, list, of.rows.len(), |at| {
            let row = &of.rows[at];
            let progress = KpiProgress {
                municipality: self.0.municipality(row.place),
                kpi: self.0.kpi(row.place, &row.source),
                achievement: row.achievement,
                from_baseline: row.from_baseline,
                met: row.met,
                ambition: row.ambition.map(|of| Ambition {
                    required: of.required,
                    before: of.history,
                    percentile: of.percentile,
                }),
            };
            (progress, key(&of.rows[at]))
        });
        spend(context, page.len())?;
        Ok(page)
    }

    /// Who is left out, by code, and why.
    async fn left_out(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100, from the start or behind `after`.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
        #[graphql(desc = "How many, 1 to 100, from the end or before `before`.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which the page ends.")] before: Option<String>,
    ) -> Result<LeftOutConnection> {
        self.0.left_out(context, &self.of()?.excluded, &PageArguments { first, after, last, before })
    }
}

/// How far one KPI has come.
#[derive(SimpleObject, Clone)]
pub(crate) struct KpiProgress {
    /// The municipality.
    municipality: Municipality,
    /// The KPI.
    kpi: ComparedKpi,
    /// 実績 ÷ 目標 of the year in percent; null where there is no such rate.
    achievement: Option<f64>,
    /// (実績 − 基準) ÷ (目標 − 基準) toward the final target, in percent.
    from_baseline: Option<f64>,
    /// Whether the target of the year is met.
    met: Option<bool>,
    /// How much the plan asks for.
    ambition: Option<Ambition>,
}

connection!(KpiProgress, KpiProgressEdge, KpiProgressConnection, "KPIs and how far they have come");

/// How much a plan asks for.
#[derive(SimpleObject, Clone)]
pub(crate) struct Ambition {
    /// The yearly change from the baseline to the final target, in percent of the baseline; positive where it is for the better.
    required: f64,
    /// The yearly change before the plan by the slope of least squares of the official series of the ten years before, in
    /// percent of their mean; positive where it was for the better. Null without an official series of three years.
    before: Option<f64>,
    /// How many percent of the KPIs of the group ask for as much or less.
    percentile: f64,
}
