//! The projections, in floating point. Observations are values by year; where the target is a total or a mean, they are the
//! amounts of years, and what is projected is what they come to.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::{
    CLEAR_TREND, Caution, ENOUGH, Held, LEAST_SURE, Method, Observation, Origin, Projection, Reason, SMALL_COUNT,
    SUREST, Series, float, rounded,
};
use crate::{
    calendar::FiscalYear,
    progress::{Aim, PlanYears, Sense, readings},
    quantity::Unit,
    statistics::{
        negative_binomial_at_least, real, student_above, student_tail,
        summary::Summary,
        trend::{MannKendall, theil_sen},
    },
    strategy::{Accumulation, Indicator, Scope},
};

/// What the final value is made of.
#[derive(Clone, Copy)]
enum Made {
    /// The value of the last year.
    Last,
    /// What there is so far and the amounts of the years that are left, divided by the number of years for a mean.
    Sum { so_far: f64, divisor: f64, mean: bool },
}

/// Everything that the methods ask for, in the indicator's unit without its scale.
pub(super) struct Frame {
    /// Years and values, in the order of time.
    pub(super) points: Vec<(f64, f64)>,
    /// How much a year brought so far.
    pub(super) pace: f64,
    /// How much each year that is left has to bring.
    pub(super) needed: f64,
    /// Whether the total can only rise, so that a target that is reached stays so.
    pub(super) only_rises: bool,
    pub(super) sense: Sense,
    strict: bool,
    current: f64,
    target: f64,
    /// The years that are left.
    left: Vec<f64>,
    made: Made,
    /// The values beyond which there can be none.
    bounds: (f64, f64),
    /// Whether the observations are small yearly counts.
    counts: bool,
    confidence: f64,
}

impl Frame {
    /// `None` where a number leaves the range.
    pub(super) fn new(
        indicator: &Indicator,
        plan: PlanYears,
        aim: &Aim,
        series: &Series,
        current: Decimal,
        confidence: f64,
        cautions: &mut BTreeSet<Caution>,
    ) -> Option<Self> {
        let points = series.observations.iter().map(|of| Some((f64::from(of.year), float(of.value)?)));
        let points: Vec<_> = points.collect::<Option<_>>()?;
        let (target, current) = (float(aim.target)?, float(current)?);
        let accumulation = indicator.statement()?.accumulation;
        let left: Vec<f64> = (series.latest + 1..=aim.due.year()).map(f64::from).collect();
        let (made, pace, needed) = match accumulation {
            Accumulation::MeanOfYears => {
                let seen = real(count_in_span(indicator, plan, series));
                let (so_far, divisor) = (current * seen, seen + real(left.len()));
                (Made::Sum { so_far, divisor, mean: true }, current, (target * divisor - so_far) / real(left.len()))
            }
            _ if aim.adds_up => {
                let start = indicator.lifecycle.started().unwrap_or(plan.first).max(plan.first);
                let passed = f64::from((series.latest - start.year() + 1).max(1));
                let made = Made::Sum { so_far: current, divisor: 1.0, mean: false };
                (made, current / passed, (target - current) / real(left.len()))
            }
            _ => {
                let pace = pace(indicator, plan, aim, &points, &series.observations, cautions)?;
                (Made::Last, pace, (target - current) / real(left.len()))
            }
        };
        let values = || points.iter().map(|(_, value)| *value);
        let whole = values().all(|value| value >= 0.0 && value.fract() == 0.0);
        let mean = Summary::of(&values().collect::<Vec<_>>())?.mean;
        let unit = readings::unit(indicator).map(Unit::symbol);
        let percent = unit == Some("%");
        let positive = target >= 0.0 && values().all(|value| value >= 0.0);
        let below_hundred = percent && positive && target <= 100.0 && values().all(|value| value <= 100.0);
        Some(Self {
            only_rises: aim.adds_up && positive && aim.sense == Sense::Higher,
            counts: whole && mean < SMALL_COUNT && unit.is_some_and(counts) && accumulation != Accumulation::Level,
            bounds: (if positive { 0.0 } else { f64::MIN }, if below_hundred { 100.0 } else { f64::MAX }),
            pace,
            needed,
            sense: aim.sense,
            strict: aim.strict,
            points,
            current,
            target,
            left,
            made,
            confidence,
        })
    }

    /// What is held against the target.
    pub(super) fn held(&self) -> Held {
        match self.made {
            Made::Last => Held::LastYear,
            Made::Sum { mean: false, .. } => Held::Total,
            Made::Sum { mean: true, .. } => Held::Mean,
        }
    }

    /// Whether the target is a total or a mean of years.
    pub(super) const fn is_total(&self) -> bool {
        matches!(self.made, Made::Sum { .. })
    }

    /// Whether there is enough for intervals and chances.
    fn enough(&self) -> bool {
        self.points.len() >= ENOUGH
    }

    /// The method that fits the indicator best, and why.
    pub(super) fn recommended(&self, trend: &MannKendall) -> (Method, Reason) {
        if !self.enough() {
            // A fall between two figures is no reason to draw it down to nothing.
            let away = match self.sense {
                Sense::Higher => self.pace < 0.0,
                Sense::Lower => self.pace > 0.0,
            };
            if away && !self.is_total() {
                (Method::LastValue, Reason::FellBack)
            } else {
                (Method::PlanLine, Reason::FewObservations)
            }
        } else if trend.p_value < CLEAR_TREND {
            (Method::TheilSen, Reason::ClearTrend)
        } else if self.counts {
            (Method::Count, Reason::SmallCounts)
        } else {
            (Method::LastValue, Reason::NoClearTrend)
        }
    }

    /// What every method that applies projects. `None` where a number leaves the range.
    pub(super) fn projections(&self, digits: i32) -> Option<Vec<Projection>> {
        let mut projections = vec![self.shown(Method::PlanLine, self.plan_line(), None, digits)?];
        if let Some((value, spread)) = self.theil_sen() {
            projections.push(self.shown(Method::TheilSen, value, spread, digits)?);
        }
        let (value, spread) = self.last_value();
        projections.push(self.shown(Method::LastValue, value, spread, digits)?);
        if self.counts {
            projections.push(self.count(digits)?);
        }
        Some(projections)
    }

    /// What the amounts of the years that are left come to, or their last one.
    fn made_of(&self, last: f64, sum: f64) -> f64 {
        match self.made {
            Made::Last => last,
            Made::Sum { so_far, divisor, .. } => (so_far + sum) / divisor,
        }
    }

    /// Whether the pace so far leads to the target.
    pub(super) fn pace_reaches(&self) -> bool {
        self.reaches(self.plan_line())
    }

    fn plan_line(&self) -> f64 {
        let years = real(self.left.len());
        self.made_of(self.current + self.pace * years, self.pace * years)
    }

    /// The line of median slope; what scatters about it is taken for the error of a straight line.
    fn theil_sen(&self) -> Option<(f64, Option<Spread>)> {
        let n = self.points.len();
        let line = theil_sen(&self.points, self.confidence).filter(|_| n > 2)?;
        let at = |year: f64| line.intercept + line.slope * year;
        let years = real(self.left.len());
        let value = self.made_of(at(*self.left.last()?), self.left.iter().map(|year| at(*year)).sum());
        let rest: f64 = self.points.iter().map(|(year, value)| (value - at(*year)).powi(2)).sum();
        let center = self.points.iter().map(|(year, _)| year).sum::<f64>() / real(n);
        let width: f64 = self.points.iter().map(|(year, _)| (year - center).powi(2)).sum();
        let variance = |years: f64, away: f64| years + years * years / real(n) + away * away / width;
        let factor = match self.made {
            Made::Last => variance(1.0, self.left.last()? - center),
            Made::Sum { .. } => variance(years, self.left.iter().map(|year| year - center).sum()),
        };
        let freedom = real(n - 2);
        let spread = Spread { size: self.per_divisor((rest / freedom * factor).sqrt()), freedom };
        Some((value, self.told_by(spread)))
    }

    /// The latest value; the differences of years are taken for steps of a random walk.
    fn last_value(&self) -> (f64, Option<Spread>) {
        let last = self.points.last().map_or(0.0, |(_, value)| *value);
        let years = real(self.left.len());
        let steps = self.points.windows(2).map(|pair| (pair[1].1 - pair[0].1).powi(2) / (pair[1].0 - pair[0].0));
        let freedom = real(self.points.len() - 1);
        let variance = steps.sum::<f64>() / freedom;
        let factor = match self.made {
            Made::Last => years,
            // Steps of early years are in all the amounts behind them.
            Made::Sum { .. } => years * (years + 1.0) * (2.0 * years + 1.0) / 6.0,
        };
        let spread = Spread { size: self.per_divisor((variance * factor).sqrt()), freedom };
        (self.made_of(last, last * years), self.told_by(spread))
    }

    /// A spread, if there is enough to tell it by, and anything varied at all.
    fn told_by(&self, spread: Spread) -> Option<Spread> {
        (self.enough() && spread.size > 0.0).then_some(spread)
    }

    fn per_divisor(&self, size: f64) -> f64 {
        match self.made {
            Made::Last => size,
            Made::Sum { divisor, .. } => size / divisor,
        }
    }

    /// Counts about their mean.
    fn count(&self, digits: i32) -> Option<Projection> {
        let (mean, variance) = self.counted();
        let value = self.of_count(mean);
        let mut projection = self.shown(Method::Count, value, None, digits)?;
        if !self.enough() {
            return Some(projection);
        }
        let at_least =
            |count: f64| if count <= 0.0 { 1.0 } else { negative_binomial_at_least(whole(count), mean, variance) };
        // What the years that are left have to bring.
        let needed = match self.made {
            Made::Last => self.target,
            Made::Sum { so_far, divisor, .. } => self.target * divisor - so_far,
        };
        let needed = (needed * 1e9).round() / 1e9;
        let chance = match (self.sense, self.strict) {
            (Sense::Higher, false) => at_least(needed.ceil()),
            (Sense::Higher, true) => at_least(needed.floor() + 1.0),
            (Sense::Lower, false) => 1.0 - at_least(needed.floor() + 1.0),
            (Sense::Lower, true) => 1.0 - at_least(needed.ceil()),
        };
        projection.chance = Some(told(chance));
        projection.interval = self.count_interval(&at_least).and_then(|(low, high)| {
            Some((rounded(self.of_count(low), digits)?, rounded(self.of_count(high), digits)?))
        });
        Some(projection)
    }

    /// The mean and the variance of what the years in question bring.
    fn counted(&self) -> (f64, f64) {
        let n = real(self.points.len());
        let values: Vec<f64> = self.points.iter().map(|(_, value)| *value).collect();
        let years = match self.made {
            Made::Last => 1.0,
            Made::Sum { .. } => real(self.left.len()),
        };
        let mean = years * (values.iter().sum::<f64>() + 0.5) / n;
        (mean, mean * self.dispersion() * (1.0 + years / n))
    }

    /// How much more counts scatter than a Poisson distribution does; 1 if they do not.
    pub(super) fn dispersion(&self) -> f64 {
        let values: Vec<f64> = self.points.iter().map(|(_, value)| *value).collect();
        let summary = Summary::of(&values).filter(|summary| summary.mean > 0.0);
        summary.and_then(|summary| Some(summary.sd?.powi(2) / summary.mean)).map_or(1.0, |ratio| ratio.max(1.0))
    }

    fn of_count(&self, count: f64) -> f64 {
        self.made_of(count, count)
    }

    /// The counts that leave as much on each side as the confidence allows at most.
    fn count_interval(&self, at_least: &impl Fn(f64) -> f64) -> Option<(f64, f64)> {
        let beside = (self.confidence > 0.0 && self.confidence < 1.0).then(|| (1.0 - self.confidence) / 2.0)?;
        // The least count that is exceeded with no more than a chance.
        let quantile = |chance: f64| {
            let mut high = 1.0;
            while at_least(high + 1.0) > chance && high < 1e9 {
                high *= 2.0;
            }
            let mut low = -1.0;
            while high - low > 1.0 {
                let middle = f64::midpoint(low, high).floor();
                if at_least(middle + 1.0) > chance { low = middle } else { high = middle }
            }
            high
        };
        Some((quantile(1.0 - beside), quantile(beside)))
    }

    /// A projection as it is shown.
    fn shown(&self, method: Method, value: f64, spread: Option<Spread>, digits: i32) -> Option<Projection> {
        let within = |number: f64| number.clamp(self.bounds.0, self.bounds.1);
        let interval = spread.as_ref().and_then(|spread| spread.interval(value, self.confidence));
        let interval =
            interval.map(|(low, high)| Some((rounded(within(low), digits)?, rounded(within(high), digits)?)));
        let value_shown = rounded(within(value), digits)?;
        let reaches = self.reaches(float(value_shown)?);
        let chance = spread.map(|spread| told(spread.chance(value, self.target, self.sense)));
        Some(Projection { method, value: value_shown, interval: interval.flatten(), chance, reaches })
    }

    /// Whether a final value meets the target.
    pub(super) fn reaches(&self, value: f64) -> bool {
        let beyond = match self.sense {
            Sense::Higher => value - self.target,
            Sense::Lower => self.target - value,
        };
        beyond > 0.0 || (!self.strict && beyond == 0.0)
    }

    /// Whether the observations are small yearly counts that scatter by twice as much as a Poisson distribution does, or more.
    pub(super) fn is_overdispersed(&self) -> bool {
        self.counts && self.enough() && self.dispersion() >= 2.0
    }
}

/// How a final value scatters: as a t distribution about it, of a size above zero.
struct Spread {
    size: f64,
    freedom: f64,
}

impl Spread {
    fn interval(&self, value: f64, confidence: f64) -> Option<(f64, f64)> {
        let beside = (confidence > 0.0 && confidence < 1.0).then(|| (1.0 - confidence) / 2.0)?;
        let half = student_tail(beside, self.freedom) * self.size;
        Some((value - half, value + half))
    }

    fn chance(&self, value: f64, target: f64, sense: Sense) -> f64 {
        let way = match sense {
            Sense::Higher => target - value,
            Sense::Lower => value - target,
        };
        student_above(way / self.size, self.freedom)
    }
}

/// Whether a unit counts things (人, 件, カ所) and does not measure them (t, %, 円, 歳).
fn counts(unit: &str) -> bool {
    const MEASURES: [&str; 11] = ["円", "歳", "才", "位", "点", "度", "時間", "分", "日", "倍", "割"];
    !MEASURES.contains(&unit) && unit.starts_with(|c: char| c.is_alphabetic() && !c.is_ascii())
}

/// A chance as it is told: to two decimals, and never as certain as so few years cannot make it.
fn told(chance: f64) -> f64 {
    ((chance * 100.0).round() / 100.0).clamp(LEAST_SURE, SUREST)
}

/// The change of a year from the baseline, or else the first observation, to the latest one. A baseline without a year is placed
/// in the year before the plan.
fn pace(
    indicator: &Indicator,
    plan: PlanYears,
    aim: &Aim,
    points: &[(f64, f64)],
    observations: &[Observation],
    cautions: &mut BTreeSet<Caution>,
) -> Option<f64> {
    let (year, value) = *points.last()?;
    let undated = aim.start.filter(|_| indicator.baseline.as_ref().is_some_and(|baseline| baseline.period.is_none()));
    let (from_year, from) = match undated {
        Some(start) => {
            cautions.insert(Caution::UndatedBaseline);
            (f64::from(plan.first.year() - 1), float(start)?)
        }
        // Without a baseline the way begins with the plan's own first figure, or with the latest official value before it.
        None => {
            let of = |origin| observations.iter().position(|of| of.origin == origin);
            let first = of(Origin::Baseline).or(of(Origin::Figure)).filter(|at| at + 1 < points.len());
            points[first.unwrap_or(points.len() - 2)]
        }
    };
    if year > from_year { Some((value - from) / (year - from_year)) } else { Some(0.0) }
}

/// How many actuals a mean of years holds so far.
fn count_in_span(indicator: &Indicator, plan: PlanYears, series: &Series) -> usize {
    let from = match indicator.statement().map(|statement| statement.scope) {
        Some(Scope::In(period)) => period.first_day().and_then(FiscalYear::of),
        _ => None,
    };
    let from = from.unwrap_or(plan.first);
    let own = series.observations.iter().filter(|of| of.origin == Origin::Figure);
    own.filter(|of| of.year >= from.year()).count().max(1)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is positive, and saturates")]
fn whole(number: f64) -> u64 {
    number as u64
}
