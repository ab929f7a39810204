use std::collections::BTreeSet;

use rust_decimal::{Decimal, RoundingStrategy};

use super::{Flag, Inverse, KeptLevel, Measure, Method, NoRate, Outcome, Pace, WhyNot, measure::Sense};

/// Rates are kept to so many decimals. A quotient of decimals has no end, and the last digits of what is kept of it would hang
/// on the unit in which the numbers were written.
const DECIMALS: u32 = 12;

/// A part in percent of a whole that is not zero; `None` where it leaves the range of decimals.
pub(super) fn percent(part: Decimal, whole: Decimal) -> Option<Decimal> {
    let quotient = part.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(whole)?;
    Some(quotient.round_dp_with_strategy(DECIMALS, RoundingStrategy::MidpointAwayFromZero).normalize())
}

/// The rate of what was measured.
pub(super) fn rate(method: Method, measure: &Measure, flags: &mut BTreeSet<Flag>) -> Outcome {
    let met = measure.is_met();
    let verdict = |why| Outcome::Verdict { met, why };
    let of = |percent: Option<Decimal>| match percent {
        Some(percent) => Outcome::Rate { percent, met },
        None => Outcome::Nothing(WhyNot::OutOfRange),
    };
    let Measure { actual, target, .. } = *measure;
    match method {
        Method::ActualToTarget { .. } if target.is_zero() => verdict(NoRate::ZeroTarget),
        Method::ActualToTarget { .. } if is_negative(target) || is_negative(actual) => verdict(NoRate::Negative),
        Method::ActualToTarget { inverse } => match (measure.sense, inverse) {
            (Sense::Higher, _) => of(percent(actual, target)),
            (Sense::Lower, Inverse::TargetToActual) if actual.is_zero() => verdict(NoRate::ZeroActual),
            (Sense::Lower, Inverse::TargetToActual) => of(percent(target, actual)),
            (Sense::Lower, Inverse::OnePlusGap) => of(from_two(percent(actual, target))),
        },
        Method::ProgressFromBaseline => {
            let Some(start) = measure.start else { return Outcome::Nothing(WhyNot::NoBaseline) };
            let (Some(way), Some(gone)) = (target.checked_sub(start), actual.checked_sub(start)) else {
                return Outcome::Nothing(WhyNot::OutOfRange);
            };
            if way.is_zero() {
                return verdict(NoRate::TargetIsBaseline);
            }
            // A hundredth of what is counted: of 1,625 to 1,627, a chance visitor more or less makes half a percent.
            if way.abs().checked_mul(Decimal::ONE_HUNDRED).is_some_and(|way| way < target.abs().max(start.abs())) {
                flags.insert(Flag::TinyDenominator);
            }
            of(percent(gone, way))
        }
        Method::LevelKept { level } => {
            let level = match level {
                KeptLevel::Target => Some(target),
                KeptLevel::Baseline => measure.before,
            };
            let Some(level) = level else { return Outcome::Nothing(WhyNot::NoBaseline) };
            if level.is_zero() {
                return verdict(NoRate::ZeroTarget);
            }
            if is_negative(level) || is_negative(actual) {
                return verdict(NoRate::Negative);
            }
            let kept = percent(actual, level);
            of(if measure.sense == Sense::Lower { from_two(kept) } else { kept })
        }
    }
}

/// The share of the plan that has passed, and a rate held against it, both in percent.
pub(super) fn of_pace(rate: Decimal, pace: &Pace, measure: &Measure) -> Option<(Decimal, Decimal)> {
    let share = match pace {
        Pace::Elapsed => percent(measure.elapsed.into(), measure.years.into())?,
        Pace::Table { shares } => {
            shares.get(usize::from(measure.elapsed).saturating_sub(1)).or_else(|| shares.last())?.0
        }
    };
    (share > Decimal::ZERO).then(|| Some((share, percent(rate, share)?)))?
}

/// 2 − a rate, in percent.
fn from_two(rate: Option<Decimal>) -> Option<Decimal> {
    Decimal::TWO.checked_mul(Decimal::ONE_HUNDRED)?.checked_sub(rate?)
}

/// Whether a number is below zero; a negative zero is not.
fn is_negative(number: Decimal) -> bool {
    number < Decimal::ZERO
}
