//! Whether an indicator is on track (見通し): from what was observed so far to the year in which its target is due.
//!
//! [`outlook`] is total: it projects the final value by several named methods, recommends one and says why, and gives a verdict;
//! or the reason why there is too little to say. Below [`ENOUGH`] observations it gives no interval and no chance, and judges by
//! the pace alone. What a target asks for is read by [`crate::progress`].

mod explain;
mod history;
mod judge;
mod methods;
mod series;
#[cfg(test)]
mod tests;
mod why;

use std::collections::BTreeSet;

use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};

pub use history::{Candidate, history};
pub use series::{Observation, Origin};
pub use why::{Caution, NoOutlook, Reason};

use self::{methods::Frame, series::Series};
use crate::{
    calendar::FiscalYear,
    progress::{self, Guide, Inverse, PlanYears, Question, Sense, TargetSource, Toward, WhyNot},
    statistics::trend::{MannKendall, mann_kendall},
    strategy::Indicator,
};

/// So many observations are enough for an interval and a chance.
pub const ENOUGH: usize = 4;
/// From this chance on, an indicator is on track.
pub const ON_TRACK: f64 = 0.8;
/// Below this chance, it is off track; between the two it is at risk.
pub const OFF_TRACK: f64 = 0.2;
/// Without a chance: what comes forward at this share of the needed pace or more, and does not reach the target, is at risk; what
/// is slower is off track.
pub const RISK_PACE: f64 = 0.5;
/// A handful of years makes nobody surer than this of reaching a target.
pub const SUREST: f64 = 0.99;
/// Nor surer than this of missing it.
pub const LEAST_SURE: f64 = 0.01;
/// Yearly counts below this mean are projected as counts.
pub const SMALL_COUNT: f64 = 30.0;
/// A trend is clear if chance alone makes one as strong no more often than this (Mann and Kendall's test).
pub const CLEAR_TREND: f64 = 0.1;
/// So many years of official statistics before the plan are looked at.
pub const YEARS_BEFORE: i16 = 10;

/// How the final value is projected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// The pace so far goes on: a straight line from the baseline (or the first observation) through the latest figure; the same
    /// amount each year, where years add up.
    PlanLine,
    /// The line of median slope through all observations (Theil and Sen).
    TheilSen,
    /// The latest value stays. Its interval comes from the yearly differences, as if they went on by chance.
    LastValue,
    /// Small yearly counts: they scatter about their mean as a Poisson or, where they scatter more, a negative binomial
    /// distribution says. The mean itself is as uncertain as so few years leave it (Jeffreys' prior).
    Count,
}

/// What of the figures is held against the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Held {
    /// The value of the year in which it is due.
    LastYear,
    /// The total of the years of the plan.
    Total,
    /// The mean of its years.
    Mean,
}

/// What a method projects.
#[derive(Debug, Clone, PartialEq)]
pub struct Projection {
    /// The method.
    pub method: Method,
    /// The final value: in the year in which the target is due, or the total or mean of the years where the target is one.
    pub value: Decimal,
    /// Between what it lies at the confidence that was asked for; none below [`ENOUGH`] observations, nor for a pace.
    pub interval: Option<(Decimal, Decimal)>,
    /// The chance to reach the target, between [`LEAST_SURE`] and [`SUREST`] and to two decimals; none likewise.
    pub chance: Option<f64>,
    /// Whether the projected value reaches the target.
    pub reaches: bool,
}

/// Whether an indicator is on track.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The target is met already, and nothing speaks for losing it again.
    Met,
    /// It is likely to be met.
    OnTrack,
    /// It may be met or not.
    AtRisk,
    /// It is unlikely to be met.
    OffTrack,
}

/// The outlook of an indicator. Numbers are in its unit without its scale (千人 as 人).
#[derive(Debug, Clone, PartialEq)]
pub struct Outlook {
    /// The year in which the target is due.
    pub due: FiscalYear,
    /// The target.
    pub target: Decimal,
    /// Which side of it is the good one.
    pub sense: Sense,
    /// What of the figures is held against it.
    pub held: Held,
    /// What there is so far: the latest value, or the total or mean so far.
    pub current: Decimal,
    /// Where it should be by the year's target, or by a straight line from the baseline to the target of the plan.
    pub expected: Option<(Decimal, TargetSource)>,
    /// How much each of the years that are left has to bring: a change, or an amount where the target is a total or a mean (what it
    /// may bring at most, where less is better); zero if nothing more is needed.
    pub needed_pace: Decimal,
    /// How much a year brought so far: a change, or an amount.
    pub pace: Decimal,
    /// What was observed, in the order of time: values, or the amounts of years where the target is a total or a mean.
    pub observations: Vec<Observation>,
    /// The test of the observations for a trend.
    pub trend: MannKendall,
    /// The projections, the recommended one first.
    pub projections: Vec<Projection>,
    /// Why that one is recommended.
    pub reason: Reason,
    /// The verdict, by the recommended projection.
    pub verdict: Verdict,
    /// What a reader has to know about it.
    pub cautions: BTreeSet<Caution>,
}

impl Outlook {
    /// The recommended projection.
    pub fn recommended(&self) -> &Projection {
        &self.projections[0]
    }
}

/// Whether an indicator is on track as of a fiscal year: by its figures up to that year, and by official statistics before the
/// plan, which [`history()`] finds. `confidence` is that of the intervals, a share between 0 and 1.
pub fn outlook(
    indicator: &Indicator,
    plan: PlanYears,
    as_of: FiscalYear,
    history: &[Observation],
    confidence: f64,
) -> Result<Outlook, NoOutlook> {
    let unread = NoOutlook::Unread;
    let Some(statement) = indicator.statement() else { return Err(unread(WhyNot::MonitoredOnly)) };
    if !plan.contains(as_of) {
        return Err(unread(WhyNot::OutsidePlan));
    }
    if let Some(absence) = indicator.lifecycle.absence(as_of) {
        return Err(unread(WhyNot::of(absence)));
    }
    let aim = progress::aim(indicator, plan).map_err(unread)?;
    let aim = aim.ok_or_else(|| NoOutlook::without_number(&statement.requirement))?;
    let mut cautions = BTreeSet::new();
    let series = Series::read(indicator, plan, as_of, history, &mut cautions)?;
    let left = aim.due.year() - series.latest;
    if left <= 0 {
        return Err(NoOutlook::Due(aim.due));
    }
    if series.observations.len() < 2 {
        return Err(NoOutlook::TooFew(series.observations.len()));
    }
    let out_of_range = || unread(WhyNot::OutOfRange);
    let current = match series.to_date {
        Some(year) => {
            let question = Question::new(Toward::Final, ACTUAL);
            let progress = progress::progress(indicator, plan, year, &question);
            match (progress.measure, progress.outcome) {
                (Some(measure), _) => measure.actual,
                (None, progress::Outcome::Nothing(why)) => return Err(unread(why)),
                (None, _) => return Err(out_of_range()),
            }
        }
        None => series.observations.last().ok_or(NoOutlook::TooFew(0))?.value,
    };
    if series.latest < as_of.year() {
        cautions.insert(Caution::LatestEarlier(series.latest));
    }
    if series.observations.len() < ENOUGH {
        cautions.insert(Caution::FewObservations);
    }
    let frame =
        Frame::new(indicator, plan, &aim, &series, current, confidence, &mut cautions).ok_or_else(out_of_range)?;
    let values: Vec<f64> = frame.points.iter().map(|(_, value)| *value).collect();
    let trend = mann_kendall(&values).ok_or_else(out_of_range)?;
    let (method, reason) = frame.recommended(&trend);
    let digits = series.digits(aim.target);
    let mut projections = frame.projections(digits).ok_or_else(out_of_range)?;
    projections.sort_by_key(|projection| projection.method != method);
    let met = aim.is_met(current);
    // A limit on a total leaves its rest to the years to come; what is met otherwise needs nothing.
    let rest = frame.is_total() && aim.sense == Sense::Lower;
    let needed = if rest {
        frame.needed.max(0.0)
    } else if met {
        0.0
    } else {
        frame.needed
    };
    let verdict = judge::verdict(&frame, &projections[0], met, &mut cautions);
    judge::compare(&projections, &mut cautions);
    let expected = series.own.and_then(|year| expected(indicator, plan, year));
    Ok(Outlook {
        due: aim.due,
        target: aim.target,
        sense: aim.sense,
        held: frame.held(),
        current: current.normalize(),
        expected,
        needed_pace: rounded(needed, digits).ok_or_else(out_of_range)?,
        pace: rounded(frame.pace, digits).ok_or_else(out_of_range)?,
        observations: series.observations,
        trend,
        projections,
        reason,
        verdict,
        cautions,
    })
}

const ACTUAL: progress::Method = progress::Method::ActualToTarget { inverse: Inverse::TargetToActual };

/// Where the indicator should be: the target of the year, or the point of the straight line.
fn expected(indicator: &Indicator, plan: PlanYears, year: FiscalYear) -> Option<(Decimal, TargetSource)> {
    let guide = Some(Guide::StraightLine { decimals: None });
    let question = Question { guide, ..Question::new(Toward::Year, ACTUAL) };
    let measure = progress::progress(indicator, plan, year, &question).measure?;
    Some((measure.target.round_dp(4).normalize(), measure.source))
}

/// A number to be shown; none where it leaves the range of decimals.
fn rounded(number: f64, digits: i32) -> Option<Decimal> {
    let number = Decimal::try_from(number).ok()?;
    let round = |number: Decimal, digits| number.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero);
    let number = match u32::try_from(digits) {
        Ok(digits) => round(number, digits),
        Err(_) => {
            let unit = Decimal::from_i128_with_scale(10_i128.checked_pow(digits.unsigned_abs())?, 0);
            round(number.checked_div(unit)?, 0).checked_mul(unit)?
        }
    };
    Some(number.normalize())
}

fn float(number: Decimal) -> Option<f64> {
    number.to_f64().filter(|number| number.is_finite())
}
