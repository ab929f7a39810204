//! The statistics of the product, in floating point: the only place where these formulas live.
//!
//! Every function is total. What is not finite gives no answer, nor does what cannot be computed within the range of `f64`;
//! no NaN and no infinity comes out. A confidence is a share between 0 and 1, both excluded; any other gives no interval.
//! All of it is compared to numpy and scipy, number by number (`tests/reference/statistics.py`).

#![expect(clippy::float_cmp, reason = "equal values are ties, and margins of error are what these functions are for")]

pub mod correlation;
mod distribution;
pub mod interval;
pub mod rank;
pub mod summary;
#[cfg(test)]
mod tests;
pub mod trend;

pub(crate) use distribution::{negative_binomial_at_least, student_above, student_tail};

/// A count as a real number.
#[expect(clippy::cast_precision_loss, reason = "nobody counts beyond 2^53")]
pub const fn real(count: usize) -> f64 {
    count as f64
}

/// A count as a real number.
#[expect(clippy::cast_precision_loss, reason = "beyond 2^53 the nearest real number will do")]
pub(crate) const fn real_of(count: u64) -> f64 {
    count as f64
}

/// A result, unless it left the range.
fn finite(number: f64) -> Option<f64> {
    number.is_finite().then_some(number)
}

/// What lies beside a confidence, on both sides together.
fn beside(confidence: f64) -> Option<f64> {
    (confidence > 0.0 && confidence < 1.0).then_some(1.0 - confidence)
}

/// Values as deviations from their mean, in units of the largest one, so that squares neither overflow nor vanish.
struct Deviations {
    mean: f64,
    /// Between −1 and 1.
    scaled: Vec<f64>,
    /// What they are to be multiplied with.
    scale: f64,
    /// The sum of their squares.
    squares: f64,
}

impl Deviations {
    fn of(values: &[f64]) -> Option<Self> {
        let mean = summary::mean(values)?;
        let scale = values.iter().map(|value| (value - mean).abs()).fold(0.0, f64::max);
        // Equal values differ from a rounded mean of theirs by nothing that they hold.
        let equal = values.iter().all(|value| *value == values[0]);
        let scale = if equal { 0.0 } else { finite(scale)? };
        let mut scaled: Vec<f64> =
            values.iter().map(|value| if scale == 0.0 { 0.0 } else { (value - mean) / scale }).collect();
        let rest = summary::sum(scaled.iter().copied()) / real(values.len().max(1));
        for deviation in &mut scaled {
            *deviation -= rest;
        }
        let squares = summary::sum(scaled.iter().map(|deviation| deviation * deviation));
        Some(Self { mean, scaled, scale, squares })
    }

    /// The sum of the products with another one's, in units of both scales.
    fn products(&self, other: &Self) -> f64 {
        summary::sum(self.scaled.iter().zip(&other.scaled).map(|(x, y)| x * y))
    }
}

/// The sizes of groups of equal values that hold more than one, of sorted values.
fn ties(sorted: &[f64]) -> impl Iterator<Item = usize> {
    sorted.chunk_by(|a, b| a == b).map(<[f64]>::len).filter(|size| *size > 1)
}

/// In ascending order.
fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}
