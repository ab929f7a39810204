use async_graphql::{Context, Enum, Object, Result, SimpleObject};
use shirube_domain::comparison::{self as domain, Catalogue, Comparison};

use super::{
    Citation, ComparedKpi, IndicatorComparability, LeftOutConnection, MeasuredIndicator, Places, answer_object,
    of_another_kind,
    summary::{GroupSummary, NumberInterval, PrefectureSummary},
};
use crate::{
    error::outward,
    limits::spend,
    page::{PageArguments, connection, page_of},
    scalars::MunicipalityCode,
    types::Municipality,
};

answer_object!(ComparisonAnswer, Comparison, Vec<Comparison>);

/// How municipalities compare (自治体間比較).
#[Object]
impl ComparisonAnswer {
    /// How to cite it, to ask it again, and to have its rows as a file.
    async fn citation(&self) -> Citation {
        self.0.citation()
    }

    /// A comparison for each indicator and year, in the order in which they were asked for.
    async fn comparisons(&self) -> Vec<IndicatorComparison> {
        let count = self.of().map_or(0, Vec::len);
        (0..count).map(|at| IndicatorComparison { answer: self.clone(), at }).collect()
    }

    /// Whether the indicators can be compared with each other: each with each later one. Each is ranked for itself in any case.
    async fn comparability(&self, context: &Context<'_>) -> Result<Vec<PairComparability>> {
        let mut keys: Vec<&str> = self.of()?.iter().map(|of| of.measured.indicator.as_str()).collect();
        keys.dedup();
        spend(context, keys.len() * keys.len())?;
        let reference = self.0.app.reference();
        let official = reference.official_indicators();
        let catalogue = Catalogue { standard: reference.standard_indicators(), official: &official };
        let pairs = keys.iter().enumerate().flat_map(|(at, one)| keys[at + 1..].iter().map(|other| (*one, *other)));
        let pair = |(one, other): (&str, &str)| {
            let comparability = IndicatorComparability::of(catalogue, (one, other), ("indicators", "indicators"))?;
            Ok(PairComparability { one: one.to_owned(), other: other.to_owned(), comparability })
        };
        pairs.map(pair).collect()
    }
}

/// Whether two indicators of a comparison can be compared with each other.
#[derive(SimpleObject)]
pub(crate) struct PairComparability {
    /// The key of the one.
    one: String,
    /// The key of the other.
    other: String,
    /// Whether like would be compared with like.
    comparability: IndicatorComparability,
}

/// How municipalities compare in one indicator and year.
pub(crate) struct IndicatorComparison {
    answer: ComparisonAnswer,
    at: usize,
}

impl IndicatorComparison {
    fn of(&self) -> Result<&Comparison> {
        self.answer.of()?.get(self.at).ok_or_else(of_another_kind)
    }

    const fn places(&self) -> &Places {
        &self.answer.0
    }

    fn row(&self, of: &domain::Row) -> ComparisonRow {
        ComparisonRow {
            municipality: self.places().municipality(of.place),
            value: of.value.into(),
            per_base: of.per_base.map(Into::into),
            change: of.change,
            change_percent: of.change_percent,
            interval: of.interval.map(|of| NumberInterval { low: of.low, high: of.high }),
            difference: of.differs.map(Into::into),
            kpi: of.source.as_ref().map(|source| self.places().kpi(of.place, source)),
        }
    }
}

/// How municipalities compare in one indicator and year. Where the verdict is that nothing is comparable, there are no rows, and
/// the reasons say why.
#[Object]
impl IndicatorComparison {
    /// The indicator, how it was measured, and whether like is compared with like.
    async fn measured(&self) -> Result<MeasuredIndicator> {
        Ok(MeasuredIndicator::new(&self.places().app, &self.of()?.measured))
    }

    /// The year from which the change is told.
    async fn since(&self) -> Result<Option<i16>> {
        Ok(self.of()?.since)
    }

    /// How many municipalities the group has, with those that have no value.
    async fn members(&self) -> Result<usize> {
        Ok(self.of()?.members)
    }

    /// The municipalities, the first rank first; equal ones by code.
    async fn rows(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100, from the start or behind `after`.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
        #[graphql(desc = "How many, 1 to 100, from the end or before `before`.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which the page ends.")] before: Option<String>,
    ) -> Result<ComparisonRowConnection> {
        let of = self.of()?;
        let list = format!("comparison {} {}", of.measured.indicator, of.measured.year);
        let arguments = PageArguments { first, after, last, before };
        let code = |row: &domain::Row| self.places().code(row.place).to_string();
        let page = page_of(&of.rows, &list, &arguments, code).map_err(outward)?;
        let page =
            ComparisonRowConnection::new(page, &list, of.rows.len(), |at| (self.row(&of.rows[at]), code(&of.rows[at])));
        spend(context, page.len())?;
        Ok(page)
    }

    /// The row of one municipality; null if it has none.
    async fn row_of(
        &self,
        #[graphql(desc = "The municipality.")] municipality: MunicipalityCode,
    ) -> Result<Option<ComparisonRow>> {
        let place = self.places().app.reference().find(municipality.0);
        let row = self.of()?.rows.iter().find(|row| Some(row.place as usize) == place);
        Ok(row.map(|row| self.row(row)))
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
        self.places().left_out(context, &self.of()?.excluded, &PageArguments { first, after, last, before })
    }

    /// What the values of the group look like.
    async fn summary(&self) -> Result<GroupSummary> {
        Ok(GroupSummary(self.of()?.summary.clone()))
    }

    /// What the values divided by their base look like.
    async fn per_base_summary(&self) -> Result<Option<GroupSummary>> {
        Ok(self.of()?.per_base.clone().map(GroupSummary))
    }

    /// What the values of each prefecture of the group look like, from north to south.
    async fn by_prefecture(&self, context: &Context<'_>) -> Result<Vec<PrefectureSummary>> {
        let all = &self.of()?.by_prefecture;
        spend(context, all.len())?;
        let one = |(of, summary): &(_, domain::Summary)| PrefectureSummary {
            of: *of,
            summary: GroupSummary(summary.clone()),
        };
        Ok(all.iter().map(one).collect())
    }
}

/// One municipality in a comparison.
#[derive(SimpleObject, Clone)]
pub(crate) struct ComparisonRow {
    /// The municipality.
    municipality: Municipality,
    /// Its value, and how it stands in the group.
    value: Standing,
    /// Its value divided by the base (人口千人当たり …), and how it stands.
    per_base: Option<Standing>,
    /// The change since the year that was asked for.
    change: Option<f64>,
    /// That change in percent of what it was then; null where that was not positive.
    change_percent: Option<f64>,
    /// What chance alone makes uncertain: of counts, the interval of the value divided by its base, or of the value where
    /// there is no base (Poisson, exact); of shares, that of the share (Wilson).
    interval: Option<NumberInterval>,
    /// Of counts and shares: whether it differs from the group by more than chance explains. Give it no colour unless it does.
    difference: Option<ChanceDifference>,
    /// The KPI from which the value comes, where it is not official.
    kpi: Option<ComparedKpi>,
}

connection!(ComparisonRow, ComparisonRowEdge, ComparisonRowConnection, "compared municipalities");

/// A value, and how it stands in its group.
#[derive(SimpleObject, Clone)]
pub(crate) struct Standing {
    /// The value, in the unit of the indicator, or of its base.
    value: f64,
    /// Its rank (順位). Equal values have the same one, and the next is as if they had not: 1, 2, 2, 4.
    rank: u32,
    /// How many percent of the group are at or below it, by its rank from below divided by n; equal values have the mean of
    /// their ranks.
    percentile: f64,
    /// How many standard deviations of the group it is above the mean; null where all are equal.
    z_score: Option<f64>,
    /// Its quarter of the group by the group's quartiles: 1 (lowest) to 4.
    quarter: u8,
}

impl From<domain::Standing> for Standing {
    fn from(of: domain::Standing) -> Self {
        let domain::Standing { value, rank, percentile, z, quarter } = of;
        Self { value, rank, percentile, z_score: z, quarter }
    }
}

/// Whether a count differs from its group by more than chance explains.
#[derive(SimpleObject, Clone)]
pub(crate) struct ChanceDifference {
    /// How many would be expected at the rate of the group.
    expected: f64,
    /// The probability of a count at least as unlikely, if the municipality were like its group (Poisson or binomial,
    /// two-sided, exact).
    p_value: f64,
    /// The verdict at the confidence that was asked for.
    verdict: ChanceVerdict,
}

/// The verdict on a difference.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChanceVerdict {
    /// More than chance explains.
    Above,
    /// Chance explains it.
    NotDifferent,
    /// Less than chance explains.
    Below,
}

impl From<domain::Differs> for ChanceDifference {
    fn from(of: domain::Differs) -> Self {
        let verdict = match of.side {
            1 => ChanceVerdict::Above,
            0 => ChanceVerdict::NotDifferent,
            _ => ChanceVerdict::Below,
        };
        Self { expected: of.expected, p_value: of.p_value, verdict }
    }
}
