use super::{Exclusion, Reason, Verdict};
use crate::{
    IndicatorId, StrategyId,
    municipality::Prefecture,
    progress::WhyNot,
    statistics::{
        correlation::Correlation,
        summary::Bin,
        trend::{LevelChange, Line, MannKendall, TheilSen},
    },
    strategy::MappingStrength,
};

/// What is answered. Municipalities are named by their places in the list of all.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// For each indicator and year, in the order in which they were asked for.
    Comparison(Vec<Comparison>),
    /// How an indicator moved.
    Trends(Trends),
    /// Which municipalities are nearest.
    Neighbours(Neighbours),
    /// How two indicators go together.
    Correlation(Correlations),
    /// How far municipalities have come.
    Progress(Progresses),
}

impl Answer {
    /// How many rows it holds.
    pub fn rows(&self) -> usize {
        match self {
            Self::Comparison(all) => all.iter().map(|of| of.rows.len()).sum(),
            Self::Trends(of) => of.rows.len(),
            Self::Neighbours(of) => of.rows.len(),
            Self::Correlation(of) => of.rows.len(),
            Self::Progress(of) => of.rows.len(),
        }
    }
}

/// By what an indicator was measured in an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasuredBy {
    /// The key of the indicator.
    pub indicator: String,
    /// The year, of the indicator's kind.
    pub year: i16,
    /// The unit of the values; empty for a bare index.
    pub unit: String,
    /// The formula over official series; `None` where figures of published strategies are compared.
    pub formula: Option<String>,
    /// The base by which values are divided, where there is one: the formula that counts it.
    pub base: Option<String>,
    /// The year of the base.
    pub base_year: Option<i16>,
    /// The unit of values divided by the base.
    pub base_unit: Option<String>,
    /// Whether like is compared with like.
    pub verdict: Verdict,
    /// What to look out for, or why it is refused.
    pub reasons: Vec<Reason>,
}

/// How municipalities compare in one indicator and year.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The indicator and how it was measured. Where the verdict is that nothing is comparable, nothing below is filled.
    pub measured: MeasuredBy,
    /// The year from which the change is told.
    pub since: Option<i16>,
    /// How many municipalities the group has, with those that have no value.
    pub members: usize,
    /// The municipalities, the first rank first; equal ones by code.
    pub rows: Vec<Row>,
    /// Who is left out, by code, and why.
    pub excluded: Vec<Excluded>,
    /// The values of the group.
    pub summary: Summary,
    /// The values divided by their base.
    pub per_base: Option<Summary>,
    /// The values of each prefecture of the group.
    pub by_prefecture: Vec<(Prefecture, Summary)>,
}

/// One municipality in a comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its place.
    pub place: u32,
    /// Its value and how it stands.
    pub value: Standing,
    /// Its value divided by the base, and how it stands.
    pub per_base: Option<Standing>,
    /// The change since the year that was asked for.
    pub change: Option<f64>,
    /// That change in percent of what it was then; `None` where that was not positive.
    pub change_percent: Option<f64>,
    /// What chance alone makes uncertain: the interval of the value per base, or of the value where there is no base.
    pub interval: Option<Interval>,
    /// Whether it differs from the group by more than chance explains.
    pub differs: Option<Differs>,
    /// The KPI from which the value comes, where it is not official.
    pub source: Option<KpiSource>,
}

/// A value, and how it stands in its group.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// The value.
    pub value: f64,
    /// Its rank; equal values have the same, and the next is as if they had not.
    pub rank: u32,
    /// How many percent of the group are below it, with itself; equal values have their mean.
    pub percentile: f64,
    /// How many standard deviations of the group it is above its mean; `None` where all are equal.
    pub z: Option<f64>,
    /// Its quarter of the group, 1 (lowest) to 4, by the group's quartiles.
    pub quarter: u8,
}

/// An interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// From here.
    pub low: f64,
    /// To here.
    pub high: f64,
}

/// Whether a small number differs from its group.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Differs {
    /// How many would be expected at the rate of the group.
    pub expected: f64,
    /// The probability of a number at least as unlikely, if the municipality were like the group.
    pub p_value: f64,
    /// −1 below, 1 above, 0 where chance explains the difference.
    pub side: i8,
}

/// What the values of a group look like.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    /// How many values.
    pub n: usize,
    /// Their share of the group's members; `None` of a group without members.
    pub coverage: Option<f64>,
    /// Their sum.
    pub sum: Option<f64>,
    /// Their mean, each municipality counted once.
    pub mean: Option<f64>,
    /// Their mean weighted by the base, or by the population of the latest census where there is no base.
    pub weighted_mean: Option<f64>,
    /// The standard deviation of the group, which is all there is and no sample: divided by n.
    pub sd: Option<f64>,
    /// The smallest.
    pub min: Option<f64>,
    /// The largest.
    pub max: Option<f64>,
    /// The quantiles at 5, 10, 25, 50, 75, 90 and 95 %, linearly interpolated; empty without values.
    pub quantiles: Vec<(f64, f64)>,
    /// The histogram; empty of a prefecture's summary.
    pub histogram: Vec<Bin>,
}

/// A municipality that is left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Excluded {
    /// Its place.
    pub place: u32,
    /// Why.
    pub why: Exclusion,
    /// The KPI that was looked at.
    pub source: Option<KpiSource>,
    /// What there is to say instead of its progress.
    pub progress: Option<WhyNot>,
}

/// A published KPI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KpiSource {
    /// The strategy.
    pub strategy: StrategyId,
    /// Its revision.
    pub revision: u32,
    /// The indicator.
    pub indicator: IndicatorId,
    /// Its label.
    pub label: String,
    /// How far it corresponds to the standard indicator.
    pub strength: MappingStrength,
    /// Whether the figure is provisional.
    pub provisional: bool,
}

/// How an indicator moved over years.
#[derive(Debug, Clone, PartialEq)]
pub struct Trends {
    /// The indicator; its year is the last.
    pub measured: MeasuredBy,
    /// The years that there are.
    pub years: Vec<i16>,
    /// How many municipalities the group has.
    pub members: usize,
    /// The municipalities, by code.
    pub rows: Vec<TrendRow>,
    /// Who is left out, and why.
    pub excluded: Vec<Excluded>,
    /// The trend of the group: of the sum of the values, or of the sum divided by the sum of the bases, over the
    /// municipalities that have all years.
    pub group: Option<TrendRow>,
}

/// How one municipality, or the group, moved. Slopes are per year.
#[derive(Debug, Clone, PartialEq)]
pub struct TrendRow {
    /// Its place; `None` of the group.
    pub place: Option<u32>,
    /// Years and values.
    pub points: Vec<(i16, f64)>,
    /// The line of least squares.
    pub line: Option<Line>,
    /// The line of the median of all slopes.
    pub theil_sen: Option<TheilSen>,
    /// Whether it rises or falls at all.
    pub mann_kendall: Option<MannKendall>,
    /// The yearly growth that leads from the first to the last value, as a share.
    pub growth: Option<f64>,
    /// The year with which a new level began, and Pettitt's test of it.
    pub level: Option<(i16, LevelChange)>,
}

/// The nearest municipalities.
#[derive(Debug, Clone, PartialEq)]
pub struct Neighbours {
    /// Whose.
    pub of: u32,
    /// The variables.
    pub measured: Vec<MeasuredBy>,
    /// The values of the municipality itself.
    pub own: Vec<f64>,
    /// The mean and standard deviation by which each variable was standardised.
    pub scales: Vec<(f64, f64)>,
    /// How many municipalities were looked at.
    pub members: usize,
    /// The neighbours, the nearest first; equally near ones by code.
    pub rows: Vec<Neighbour>,
    /// Who is left out, and why.
    pub excluded: Vec<Excluded>,
}

/// A municipality that is near.
#[derive(Debug, Clone, PartialEq)]
pub struct Neighbour {
    /// Its place.
    pub place: u32,
    /// Its distance.
    pub distance: f64,
    /// Its values of the variables.
    pub values: Vec<f64>,
}

/// How two indicators go together.
#[derive(Debug, Clone, PartialEq)]
pub struct Correlations {
    /// The one.
    pub x: MeasuredBy,
    /// The other.
    pub y: MeasuredBy,
    /// Whether like is compared with like, where that matters: refused if either is.
    pub verdict: Verdict,
    /// How many municipalities the group has.
    pub members: usize,
    /// The municipalities that have both, by code.
    pub rows: Vec<Correlated>,
    /// Who is left out, and why.
    pub excluded: Vec<Excluded>,
    /// Pearson's correlation; `None` where one of them does not vary.
    pub pearson: Option<Correlation>,
    /// Spearman's correlation of ranks.
    pub spearman: Option<Correlation>,
    /// The line of least squares of y on x.
    pub line: Option<Line>,
}

/// A point of a scatter plot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Correlated {
    /// The municipality.
    pub place: u32,
    /// The one value.
    pub x: f64,
    /// The other.
    pub y: f64,
}

/// How far municipalities have come by their own targets.
#[derive(Debug, Clone, PartialEq)]
pub struct Progresses {
    /// The key of the standard indicator.
    pub indicator: String,
    /// The fiscal year.
    pub year: i16,
    /// The unit in which ambitions are compared.
    pub unit: String,
    /// What to look out for. Rates by one's own target compare whatever the definition, so that nothing is refused.
    pub reasons: Vec<Reason>,
    /// How many municipalities the group has.
    pub members: usize,
    /// The KPIs, by municipality.
    pub rows: Vec<KpiProgress>,
    /// Who is left out, and why.
    pub excluded: Vec<Excluded>,
    /// How many have met the target of the year.
    pub met: usize,
    /// 実績 ÷ 目標, in percent, over those that have such a rate.
    pub achievement: Summary,
    /// (実績 − 基準) ÷ (目標 − 基準) toward the final target, in percent.
    pub from_baseline: Summary,
    /// The yearly changes that the plans ask for, in percent of the baseline; more is more ambitious.
    pub ambition: Summary,
}

/// How far one KPI has come.
#[derive(Debug, Clone, PartialEq)]
pub struct KpiProgress {
    /// The municipality.
    pub place: u32,
    /// The KPI.
    pub source: KpiSource,
    /// 実績 ÷ 目標 of the year, in percent.
    pub achievement: Option<f64>,
    /// (実績 − 基準) ÷ (目標 − 基準) toward the final target, in percent.
    pub from_baseline: Option<f64>,
    /// Whether the target of the year is met.
    pub met: Option<bool>,
    /// What the plan asks for.
    pub ambition: Option<Ambition>,
}

/// What a plan asks for, against what was and what others ask for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ambition {
    /// The yearly change from the baseline to the final target in percent of the baseline, positive where it is for the better.
    pub required: f64,
    /// The yearly change before the plan in percent of the mean, by the slope of least squares of the official series, positive
    /// where it was for the better; `None` without an official series of three years.
    pub history: Option<f64>,
    /// How many percent of the KPIs ask for less, with itself.
    pub percentile: f64,
}
