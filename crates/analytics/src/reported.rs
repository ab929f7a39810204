use std::{collections::HashMap, ops::Range, sync::Arc};

use polars::prelude::{Column, DataFrame, IntoColumn, NamedFrom, PolarsResult, Series};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use shirube_domain::{
    IndicatorId, StrategyId,
    calendar::FiscalYear,
    comparison::{Catalogue, Exclusion, KpiSource},
    municipality::MunicipalityCode,
    progress::{Inverse, Measure, Method, Outcome, PlanYears, Question, Sense, Toward, WhyNot, progress},
    quantity::{Finality, Unit},
    reference::{Aggregation, StandardIndicator},
    strategy::{Accumulation, Content, Indicator, Mapping, MappingStrength, RoleKind, Strategy},
};

/// What a published strategy says about standard indicators, one row a figure. It is made once for each revision.
#[derive(Debug)]
pub struct StrategyRows {
    municipality: MunicipalityCode,
    strategy: StrategyId,
    revision: u32,
    first_year: FiscalYear,
    indicators: Vec<(IndicatorId, String)>,
    rows: Vec<Figure>,
}

/// A figure of a KPI that corresponds to a standard indicator. NaN stands for what there is not.
#[derive(Debug, Clone, Copy)]
struct Figure {
    /// The place of the standard indicator in the catalogue.
    standard: u32,
    year: i16,
    /// The place of the indicator in its strategy's list.
    indicator: u32,
    state: State,
    value: f64,
    achievement: f64,
    from_baseline: f64,
    ambition: f64,
}

/// What else there is to know of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) strength: MappingStrength,
    pub(crate) provisional: bool,
    /// Why the value is not compared.
    pub(crate) excluded: Option<Exclusion>,
    /// Whether the target of the year is met.
    pub(crate) met: Option<bool>,
    /// Why there is no progress.
    pub(crate) why: Option<WhyNot>,
}

impl StrategyRows {
    /// Flattens a published strategy.
    pub fn new(strategy: &Strategy, revision: u32, catalogue: Catalogue<'_>) -> Self {
        let parts = strategy.parts();
        let mut indicators = Vec::new();
        let mut rows = Vec::new();
        for indicator in strategy.indicators() {
            if is_repeated(indicator, strategy) {
                continue;
            }
            let known = indicator.mappings.iter().filter_map(|mapping| {
                let at = catalogue.standard.iter().position(|of| of.id == mapping.standard())?;
                Some((mapping, at))
            });
            let known: Vec<_> = known.collect();
            if known.is_empty() {
                continue;
            }
            let place = u32::try_from(indicators.len()).unwrap_or(u32::MAX);
            indicators.push((indicator.id, indicator.label.clone()));
            let plan = PlanYears::of(strategy);
            let ambition = ambition(indicator, plan).unwrap_or(f64::NAN);
            for figures in indicator.figures.years() {
                let achieved = progress(indicator, plan, figures.year, &ACHIEVEMENT);
                let from_baseline = progress(indicator, plan, figures.year, &FROM_BASELINE);
                let why = match achieved.outcome {
                    Outcome::Nothing(why) => Some(why),
                    _ => None,
                };
                for (mapping, standard) in &known {
                    let read = value(indicator, mapping, &catalogue.standard[*standard], figures.year, plan);
                    rows.push(Figure {
                        standard: u32::try_from(*standard).unwrap_or(u32::MAX),
                        year: figures.year.year(),
                        indicator: place,
                        state: State {
                            strength: mapping.strength(),
                            provisional: is_provisional(figures.actual.content()),
                            excluded: read.err(),
                            met: achieved.met(),
                            why,
                        },
                        value: read.unwrap_or(f64::NAN),
                        achievement: number(achieved.percent()),
                        from_baseline: number(from_baseline.percent()),
                        ambition,
                    });
                }
            }
        }
        Self {
            municipality: parts.municipality,
            strategy: parts.id,
            revision,
            first_year: parts.first_year,
            indicators,
            rows,
        }
    }
}

/// Whether it is the target of a goal that stands again as a KPI, with the same figures (再掲): one thing, to be counted once.
fn is_repeated(indicator: &Indicator, strategy: &Strategy) -> bool {
    let same = |other: &Indicator| {
        other.role.kind() == RoleKind::Kpi
            && (&other.label, &other.baseline, &other.figures)
                == (&indicator.label, &indicator.baseline, &indicator.figures)
    };
    indicator.role.kind() == RoleKind::GoalTarget && strategy.indicators().iter().any(same)
}

/// 実績 ÷ 目標 of the year.
const ACHIEVEMENT: Question =
    Question::new(Toward::YearOrFinal, Method::ActualToTarget { inverse: Inverse::TargetToActual });
/// (実績 − 基準) ÷ (目標 − 基準) toward the final target.
const FROM_BASELINE: Question = Question::new(Toward::Final, Method::ProgressFromBaseline);

fn number(value: Option<Decimal>) -> f64 {
    value.and_then(|value| value.to_f64()).unwrap_or(f64::NAN)
}

const fn is_provisional(content: &Content) -> bool {
    matches!(content, Content::Figure { finality, .. } if !matches!(finality, Finality::Final))
}

/// The yearly change that a plan asks for, in percent of the baseline: positive where it is for the better.
fn ambition(indicator: &Indicator, plan: PlanYears) -> Option<f64> {
    let mut measures = indicator.figures.years().iter().rev().filter_map(|figures| {
        let Measure { before, target, sense, years, .. } =
            progress(indicator, plan, figures.year, &FROM_BASELINE).measure?;
        Some((before?, target, sense, years))
    });
    // Toward the final target it is the same in all years that have a figure, but for what the baseline makes in as many
    // years, of which the last is the whole.
    let (before, target, sense, years) = measures.next()?;
    let change = match sense {
        Sense::Higher => target.checked_sub(before)?,
        Sense::Lower => before.checked_sub(target)?,
    };
    let yearly = change.checked_div(Decimal::from(years))?.checked_div(before.abs())?;
    yearly.checked_mul(Decimal::ONE_HUNDRED)?.to_f64()
}

/// The value of a figure in the unit of the standard indicator, for one year alone.
fn value(
    indicator: &Indicator,
    mapping: &Mapping,
    standard: &StandardIndicator,
    year: FiscalYear,
    plan: PlanYears,
) -> Result<f64, Exclusion> {
    let figure = |year| {
        let Content::Figure { amount, .. } = indicator.figures.year(year)?.actual.content() else { return None };
        Some(amount)
    };
    let amount = figure(year).ok_or(Exclusion::NoValue)?;
    if !matches!(mapping.strength(), MappingStrength::Identical | MappingStrength::Convertible) {
        return Err(Exclusion::NotTheSame);
    }
    let adds_up = standard.aggregation == Aggregation::Sum;
    let own = match indicator.statement().map(|statement| statement.accumulation) {
        Some(Accumulation::MeanOfYears) => return Err(Exclusion::SeveralYears),
        // What the year itself added to a running total.
        Some(Accumulation::RunningTotal) if adds_up && year > plan.first => {
            let before = year.previous().and_then(figure).ok_or(Exclusion::SeveralYears)?;
            amount.value.checked_sub(before.value).ok_or(Exclusion::NoValue)?
        }
        _ => amount.value,
    };
    let converted = match mapping.factor() {
        Some(factor) => own.checked_mul(factor),
        None => {
            let wanted = standard.unit.as_deref().and_then(|unit| Unit::parse(unit).ok());
            match (indicator.unit_of(amount), wanted) {
                (Some(unit), Some(wanted)) if unit.symbol() == wanted.symbol() => {
                    unit.to_base(own).and_then(|value| value.checked_div(wanted.factor()))
                }
                // A document that prints no unit means the one of the thing itself.
                (None, _) | (_, None) => Some(own),
                _ => return Err(Exclusion::UnitDiffers),
            }
        }
    };
    converted.and_then(|value| value.to_f64()).ok_or(Exclusion::NoValue)
}

/// All published figures that correspond to standard indicators, sorted by indicator, year and municipality.
#[derive(Debug)]
pub struct Reported {
    strategies: Vec<Arc<StrategyRows>>,
    frame: DataFrame,
    states: Vec<State>,
    ranges: HashMap<(usize, i16), Range<usize>>,
}

/// The figures of one standard indicator and year.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slice<'a> {
    reported: &'a Reported,
    pub(crate) strategies: &'a [u32],
    pub(crate) indicators: &'a [u32],
    pub(crate) values: &'a [f64],
    pub(crate) achievements: &'a [f64],
    pub(crate) from_baselines: &'a [f64],
    pub(crate) ambitions: &'a [f64],
    pub(crate) states: &'a [State],
}

impl Reported {
    /// Lays the rows of all strategies out in one frame.
    pub(crate) fn new(mut strategies: Vec<Arc<StrategyRows>>) -> PolarsResult<Self> {
        strategies.sort_by_key(|of| (of.municipality, std::cmp::Reverse(of.first_year), of.strategy));
        // The rows come by municipality. They are dealt out by indicator and year, which keeps that order within.
        let mut counts: HashMap<(usize, i16), usize> = HashMap::new();
        let all = || strategies.iter().enumerate().flat_map(|(at, of)| of.rows.iter().map(move |row| (at, row)));
        let key = |row: &Figure| (row.standard as usize, row.year);
        for (_, row) in all() {
            *counts.entry(key(row)).or_default() += 1;
        }
        let mut keys: Vec<_> = counts.into_iter().collect();
        keys.sort_unstable();
        let mut ranges = HashMap::with_capacity(keys.len());
        let mut rows = 0;
        for (key, count) in keys {
            ranges.insert(key, rows..rows + count);
            rows += count;
        }
        let mut next: HashMap<_, _> = ranges.iter().map(|(key, range)| (*key, range.start)).collect();
        let mut order = vec![(0, 0); rows];
        for (strategy, of) in strategies.iter().enumerate() {
            for (at, row) in of.rows.iter().enumerate() {
                if let Some(next) = next.get_mut(&key(row)) {
                    order[*next] = (strategy, at);
                    *next += 1;
                }
            }
        }
        let row = |(strategy, at): &(usize, usize)| &strategies[*strategy].rows[*at];
        let numbers = |name: &str, of: fn(&Figure) -> f64| {
            let values: Vec<f64> = order.iter().map(|at| of(row(at))).collect();
            Series::new(name.into(), values).into_column()
        };
        let places: Vec<u32> = order.iter().map(|(of, _)| u32::try_from(*of).unwrap_or(u32::MAX)).collect();
        let indicators: Vec<u32> = order.iter().map(|at| row(at).indicator).collect();
        let frame = DataFrame::new(
            rows,
            vec![
                Series::new("strategy".into(), places).into_column(),
                Series::new("indicator".into(), indicators).into_column(),
                numbers("value", |row| row.value),
                numbers("achievement", |row| row.achievement),
                numbers("from_baseline", |row| row.from_baseline),
                numbers("ambition", |row| row.ambition),
            ],
        )?;
        let states = order.iter().map(|at| row(at).state).collect();
        Ok(Self { strategies, frame, states, ranges })
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.frame.height()
    }

    /// Whether nothing that is published corresponds to a standard indicator.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The years in which a standard indicator has figures, in order.
    pub(crate) fn years(&self, standard: usize) -> Vec<i16> {
        let mut years: Vec<i16> = self.ranges.keys().filter(|(of, _)| *of == standard).map(|(_, year)| *year).collect();
        years.sort_unstable();
        years
    }

    /// The figures of a standard indicator in a year, by municipality; within one, the latest plan first.
    pub(crate) fn slice(&self, standard: usize, year: i16) -> Slice<'_> {
        let range = self.ranges.get(&(standard, year)).cloned().unwrap_or_default();
        let column = |name: &str| -> Option<&Column> { self.frame.column(name).ok() };
        let numbers = |name| {
            let whole = column(name).and_then(|of| of.f64().ok()?.cont_slice().ok()).unwrap_or_default();
            &whole[range.clone()]
        };
        let places = |name| {
            let whole = column(name).and_then(|of| of.u32().ok()?.cont_slice().ok()).unwrap_or_default();
            &whole[range.clone()]
        };
        Slice {
            reported: self,
            strategies: places("strategy"),
            indicators: places("indicator"),
            values: numbers("value"),
            achievements: numbers("achievement"),
            from_baselines: numbers("from_baseline"),
            ambitions: numbers("ambition"),
            states: &self.states[range.clone()],
        }
    }
}

impl Slice<'_> {
    /// How many figures.
    pub(crate) const fn len(&self) -> usize {
        self.values.len()
    }

    /// The municipality of a figure.
    pub(crate) fn municipality(&self, at: usize) -> MunicipalityCode {
        self.reported.strategies[self.strategies[at] as usize].municipality
    }

    /// The KPI of a figure.
    pub(crate) fn source(&self, at: usize) -> KpiSource {
        let of = &self.reported.strategies[self.strategies[at] as usize];
        let (indicator, label) = of.indicators[self.indicators[at] as usize].clone();
        let State { strength, provisional, .. } = self.states[at];
        KpiSource { strategy: of.strategy, revision: of.revision, indicator, label, strength, provisional }
    }

    /// The first year of the plan in which the KPI of a figure stands.
    pub(crate) fn first_year(&self, at: usize) -> i16 {
        self.reported.strategies[self.strategies[at] as usize].first_year.year()
    }
}
