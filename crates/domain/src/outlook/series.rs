use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::{Caution, NoOutlook, YEARS_BEFORE};
use crate::{
    calendar::{FiscalYear, Period, YearKind},
    progress::{PlanYears, WhyNot, readings},
    quantity::Finality,
    strategy::{Accumulation, Content, Indicator},
};

/// Something that was observed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// When.
    pub period: Period,
    /// The year by which it is placed in time.
    pub year: i16,
    /// The value, in the indicator's unit without its scale.
    pub value: Decimal,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where an observation comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// An actual of the plan.
    Figure,
    /// The baseline.
    Baseline,
    /// The official series of that id, from before the plan.
    Official(String),
}

/// The observations of an indicator, each year once.
pub(super) struct Series {
    /// In the order of time.
    pub(super) observations: Vec<Observation>,
    /// The year of the latest one.
    pub(super) latest: i16,
    /// The year of the latest actual of the plan.
    pub(super) own: Option<FiscalYear>,
    /// The year up to which a total or mean is made, where the target is one.
    pub(super) to_date: Option<FiscalYear>,
}

impl Series {
    /// Brings together the actuals up to a year, the baseline if it speaks of one year, and what is known from before the plan.
    pub(super) fn read(
        indicator: &Indicator,
        plan: PlanYears,
        as_of: FiscalYear,
        history: &[Observation],
        cautions: &mut BTreeSet<Caution>,
    ) -> Result<Self, NoOutlook> {
        let accumulation = indicator.statement().map_or(Accumulation::Level, |statement| statement.accumulation);
        let figures: Vec<_> = readings::actuals(indicator, as_of).filter(|(year, _)| plan.contains(*year)).collect();
        let own = figures.last().map(|(year, _)| *year);
        if own.is_none() && told_in_words(indicator, as_of) {
            return Err(NoOutlook::Unread(WhyNot::Words));
        }
        note_finality(indicator, as_of, cautions);
        let mut observations = match accumulation {
            Accumulation::RunningTotal => additions(&figures, indicator, plan)?,
            _ => figures.iter().map(|(year, value)| figure(*year, *value)).collect(),
        };
        let first = observations.first().map_or(plan.first.year(), |first| first.year);
        let baseline = match accumulation {
            // What a running total or a mean had come to before is no amount of one year.
            Accumulation::RunningTotal | Accumulation::MeanOfYears => None,
            Accumulation::YearlyAmount | Accumulation::Level => baseline(indicator),
        };
        if let Some(baseline) = baseline.clone().filter(|baseline| baseline.year < first) {
            observations.insert(0, baseline);
        }
        if accumulation != Accumulation::RunningTotal {
            join(&mut observations, history, baseline.as_ref(), plan, cautions);
        }
        let totalled = indicator.is_totalled() || accumulation == Accumulation::RunningTotal;
        let latest = observations.last().ok_or(NoOutlook::TooFew(0))?.year;
        let to_date = own.filter(|_| totalled || accumulation == Accumulation::MeanOfYears);
        if to_date.is_none() && (totalled || accumulation == Accumulation::MeanOfYears) {
            return Err(NoOutlook::TooFew(observations.len()));
        }
        Ok(Self { observations, latest, own, to_date })
    }

    /// To how many decimals a projection is shown: one more than the observations and the target have, none of large whole numbers.
    /// Below zero, so many digits before the point are zeros, as in figures that are printed in 億円.
    pub(super) fn digits(&self, target: Decimal) -> i32 {
        let values =
            || self.observations.iter().map(|observation| observation.value.normalize()).chain([target.normalize()]);
        let decimals = values().map(|value| value.scale()).max().unwrap_or(0);
        if decimals > 0 || values().all(|value| value.abs() < Decimal::ONE_HUNDRED) {
            return i32::try_from(decimals + 1).unwrap_or(6).min(6);
        }
        let zeros = values().filter(|value| !value.is_zero()).map(zeros).min().unwrap_or(0);
        // Three digits more than what was printed.
        -(zeros - 3).max(0)
    }
}

/// How many zeros a whole number ends in.
fn zeros(whole: Decimal) -> i32 {
    let (mut zeros, mut rest) = (0, whole.mantissa());
    while rest != 0 && rest % 10 == 0 {
        rest /= 10;
        zeros += 1;
    }
    zeros
}

fn figure(year: FiscalYear, value: Decimal) -> Observation {
    Observation { period: year.into(), year: year.year(), value: value.normalize(), origin: Origin::Figure }
}

fn told_in_words(indicator: &Indicator, as_of: FiscalYear) -> bool {
    let mut so_far = indicator.figures.years().iter().filter(|figures| figures.year <= as_of);
    so_far.any(|figures| *figures.actual.content() == Content::Words)
}

fn note_finality(indicator: &Indicator, as_of: FiscalYear, cautions: &mut BTreeSet<Caution>) {
    for figures in indicator.figures.years().iter().filter(|figures| figures.year <= as_of) {
        if let Content::Figure { finality, .. } = figures.actual.content()
            && *finality != Finality::Final
        {
            cautions.insert(Caution::Provisional);
        }
    }
}

/// The baseline, if it speaks of one year.
fn baseline(indicator: &Indicator) -> Option<Observation> {
    let period = indicator.baseline.as_ref()?.period?;
    let year = match period {
        Period::Year(_, year) => year,
        Period::Month(..) | Period::Day(_) => FiscalYear::of(period.last_day()?)?.year(),
        Period::Span(..) | Period::Days(_) | Period::EveryYearOn(_) | Period::Term { .. } => return None,
    };
    let value = readings::baseline(indicator)?.normalize();
    Some(Observation { period, year, value, origin: Origin::Baseline })
}

/// What each year added to a running total; where a year is missing, the years up to the next figure added the same.
fn additions(
    figures: &[(FiscalYear, Decimal)],
    indicator: &Indicator,
    plan: PlanYears,
) -> Result<Vec<Observation>, NoOutlook> {
    let start = indicator.lifecycle.started().unwrap_or(plan.first).max(plan.first);
    let (mut before, mut total) = (start.year() - 1, Decimal::ZERO);
    let mut added = Vec::new();
    for (year, figure_of_year) in figures {
        let years = Decimal::from(year.year() - before).max(Decimal::ONE);
        let rise = figure_of_year.checked_sub(total).and_then(|rise| rise.checked_div(years));
        added.push(figure(*year, rise.ok_or(NoOutlook::Unread(WhyNot::OutOfRange))?));
        (before, total) = (year.year(), *figure_of_year);
    }
    Ok(added)
}

/// Joins what official statistics say about the years before the plan, unless they say something else than the baseline.
fn join(
    observations: &mut Vec<Observation>,
    history: &[Observation],
    baseline: Option<&Observation>,
    plan: PlanYears,
    cautions: &mut BTreeSet<Caution>,
) {
    let own = baseline.and_then(|baseline| baseline.period.year_kind()).unwrap_or(YearKind::Fiscal);
    let same = history.iter().find(|of| baseline.is_some_and(|baseline| baseline.year == of.year));
    if let Some((same, baseline)) = same.zip(baseline)
        && !near(same.value, baseline.value)
    {
        cautions.insert(Caution::HistoryDiffers);
        return;
    }
    let years = plan.first.year() - YEARS_BEFORE..plan.first.year();
    let joining: Vec<_> = history
        .iter()
        .filter(|of| years.contains(&of.year) && observations.iter().all(|other| other.year != of.year))
        .cloned()
        .collect();
    if joining.is_empty() {
        return;
    }
    cautions.insert(Caution::OfficialJoined);
    if joining.iter().any(|of| of.period.year_kind().is_some_and(|kind| !alike(kind, own))) {
        cautions.insert(Caution::YearKindsDiffer);
    }
    observations.extend(joining);
    observations.sort_by_key(|of| of.year);
}

/// Whether two values differ by a hundredth of the second at most.
fn near(value: Decimal, of: Decimal) -> bool {
    let apart = value.checked_sub(of).and_then(|apart| apart.abs().checked_mul(Decimal::ONE_HUNDRED));
    apart.is_some_and(|apart| apart <= of.abs())
}

/// Whether two kinds of years are the same months; a school year is a fiscal year.
pub(super) fn alike(a: YearKind, b: YearKind) -> bool {
    let months = |kind| if kind == YearKind::School { YearKind::Fiscal } else { kind };
    months(a) == months(b)
}
