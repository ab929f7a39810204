use std::{ops::Range, sync::Arc};

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

use crate::{
    World,
    kpis::{Kpi, Kpis},
};

/// What a published strategy says about standard indicators, one row a figure. It is made once for each revision.
#[derive(Debug)]
pub struct StrategyRows {
    pub(crate) municipality: MunicipalityCode,
    pub(crate) strategy: StrategyId,
    pub(crate) revision: u32,
    pub(crate) first_year: FiscalYear,
    pub(crate) indicators: Vec<(IndicatorId, String)>,
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

impl State {
    const BLANK: Self = Self {
        strength: MappingStrength::NotComparable,
        provisional: false,
        excluded: Some(Exclusion::NoValue),
        met: None,
        why: None,
    };
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
    frame: DataFrame,
    states: Vec<State>,
    kpis: Kpis,
    stretches: Stretches,
}

/// Where the rows of each standard indicator and year lie.
#[derive(Debug)]
struct Stretches {
    first: i16,
    /// How many years there are, from the first to the last.
    years: usize,
    /// For each indicator and year the first row; one more entry at the end.
    starts: Vec<usize>,
}

impl Stretches {
    /// Of rows in any order.
    fn of<'a>(rows: impl Iterator<Item = &'a Figure> + Clone) -> Self {
        let years = || rows.clone().map(|row| row.year);
        let (Some(first), Some(last)) = (years().min(), years().max()) else {
            return Self { first: 0, years: 0, starts: vec![0] };
        };
        let years = usize::from(last.abs_diff(first)) + 1;
        let standards = rows.clone().map(|row| row.standard as usize + 1).max().unwrap_or_default();
        let mut all = Self { first, years, starts: vec![0; standards * years + 1] };
        for row in rows {
            if let Some(at) = all.place(row.standard as usize, row.year) {
                all.starts[at + 1] += 1;
            }
        }
        let mut before = 0;
        for start in &mut all.starts {
            before += *start;
            *start = before;
        }
        all
    }

    fn place(&self, standard: usize, year: i16) -> Option<usize> {
        let year = usize::try_from(i32::from(year) - i32::from(self.first)).ok().filter(|year| *year < self.years)?;
        Some(standard * self.years + year).filter(|at| at + 1 < self.starts.len())
    }

    fn rows(&self, standard: usize, year: i16) -> Range<usize> {
        self.place(standard, year).map(|at| self.starts[at]..self.starts[at + 1]).unwrap_or_default()
    }

    /// The years in which an indicator has rows, in order.
    fn years(&self, standard: usize) -> impl Iterator<Item = i16> + '_ {
        (self.first..).take(self.years).filter(move |year| !self.rows(standard, *year).is_empty())
    }
}

/// A published figure as it lies in the frames.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportedFigure {
    /// The place of the standard indicator in the catalogue.
    pub standard: usize,
    /// The fiscal year.
    pub year: i16,
    /// The municipality.
    pub municipality: MunicipalityCode,
    /// The first year of the plan.
    pub first_year: FiscalYear,
    /// The KPI.
    pub source: KpiSource,
    /// The value in the unit of the standard indicator, or why it is not compared.
    pub value: Result<f64, Exclusion>,
    /// Whether the target of the year is met, where that can be told.
    pub met: Option<bool>,
    /// Why there is no progress.
    pub why: Option<WhyNot>,
    /// 実績 ÷ 目標 of the year in percent.
    pub achievement: Option<f64>,
    /// (実績 − 基準) ÷ (目標 − 基準) in percent.
    pub from_baseline: Option<f64>,
    /// The yearly change that the plan asks for, in percent of the baseline.
    pub ambition: Option<f64>,
}

/// The figures of one standard indicator and year.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slice<'a> {
    reported: &'a Reported,
    /// The places of the municipalities.
    pub(crate) municipalities: &'a [u32],
    kpis: &'a [u32],
    pub(crate) values: &'a [f64],
    pub(crate) achievements: &'a [f64],
    pub(crate) from_baselines: &'a [f64],
    pub(crate) ambitions: &'a [f64],
    pub(crate) states: &'a [State],
}

impl Reported {
    /// Lays the rows of all strategies out in one frame. What a municipality published that the instance does not know is
    /// left out.
    pub(crate) fn new(world: &World, mut strategies: Vec<Arc<StrategyRows>>) -> PolarsResult<Self> {
        strategies.retain(|of| world.place(of.municipality).is_some());
        strategies.sort_by_key(|of| (of.municipality, std::cmp::Reverse(of.first_year), of.strategy));
        let stretches = Stretches::of(strategies.iter().flat_map(|of| &of.rows));
        let height = strategies.iter().map(|of| of.rows.len()).sum();
        let mut numbers = ["value", "achievement", "from_baseline", "ambition"].map(|name| (name, vec![0.0; height]));
        let (mut municipalities, mut kpis) = (vec![0_u32; height], vec![0_u32; height]);
        let mut states = vec![State::BLANK; height];
        // The rows come by municipality. Dealt out to their stretches one after the other, they keep that order within.
        let mut next = stretches.starts.clone();
        let mut before = 0;
        for of in &strategies {
            let municipality =
                world.place(of.municipality).and_then(|place| u32::try_from(place).ok()).unwrap_or(u32::MAX);
            for row in &of.rows {
                let Some(place) = stretches.place(row.standard as usize, row.year) else { continue };
                let to = next[place];
                next[place] += 1;
                let figures = [row.value, row.achievement, row.from_baseline, row.ambition];
                numbers.iter_mut().zip(figures).for_each(|((_, column), value)| column[to] = value);
                (municipalities[to], kpis[to], states[to]) = (municipality, before + row.indicator, row.state);
            }
            before += u32::try_from(of.indicators.len()).unwrap_or_default();
        }
        let list = Kpis::list(&strategies, &mut kpis);
        let keys = [("municipality", municipalities), ("kpi", kpis)];
        let keys = keys.into_iter().map(|(name, values)| Series::new(name.into(), values).into_column());
        let numbers = numbers.into_iter().map(|(name, values)| Series::new(name.into(), values).into_column());
        Ok(Self { frame: DataFrame::new(height, keys.chain(numbers).collect())?, states, kpis: list, stretches })
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.frame.height()
    }

    /// Whether nothing that is published corresponds to a standard indicator.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All figures, by indicator, year and municipality; within one, the latest plan first.
    pub fn figures(&self) -> impl Iterator<Item = ReportedFigure> + '_ {
        let standards = self.stretches.starts.len() / self.stretches.years.max(1);
        (0..standards).flat_map(move |standard| {
            self.stretches.years(standard).flat_map(move |year| {
                let slice = self.slice(standard, year);
                (0..slice.len()).map(move |at| slice.figure(standard, year, at))
            })
        })
    }

    /// The years in which a standard indicator has figures, in order.
    pub(crate) fn years(&self, standard: usize) -> Vec<i16> {
        self.stretches.years(standard).collect()
    }

    /// The figures of a standard indicator in a year, by municipality; within one, the latest plan first.
    pub(crate) fn slice(&self, standard: usize, year: i16) -> Slice<'_> {
        let range = self.stretches.rows(standard, year);
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
            municipalities: places("municipality"),
            kpis: places("kpi"),
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

    /// The KPI of a figure.
    pub(crate) fn source(&self, at: usize) -> KpiSource {
        let (&Kpi { strategy, revision, indicator, .. }, label) = self.reported.kpis.get(self.kpis[at]);
        let State { strength, provisional, .. } = self.states[at];
        KpiSource { strategy, revision, indicator, label: label.to_owned(), strength, provisional }
    }

    fn figure(&self, standard: usize, year: i16, at: usize) -> ReportedFigure {
        let (of, _) = self.reported.kpis.get(self.kpis[at]);
        let state = self.states[at];
        let finite = |value: f64| Some(value).filter(|value| value.is_finite());
        ReportedFigure {
            standard,
            year,
            municipality: of.municipality,
            first_year: of.first_year,
            source: self.source(at),
            value: state.excluded.map_or(Ok(self.values[at]), Err),
            met: state.met,
            why: state.why,
            achievement: finite(self.achievements[at]),
            from_baseline: finite(self.from_baselines[at]),
            ambition: finite(self.ambitions[at]),
        }
    }

    /// The first year of the plan in which the KPI of a figure stands.
    pub(crate) fn first_year(&self, at: usize) -> i16 {
        self.reported.kpis.get(self.kpis[at]).0.first_year.year()
    }
}
