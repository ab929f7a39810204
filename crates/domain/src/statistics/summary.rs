//! One list of numbers: its mean, its spread, its quantiles, its histogram.

use super::{Deviations, finite, real};

/// What a list of numbers comes to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    /// How many there are.
    pub n: usize,
    /// The arithmetic mean.
    pub mean: f64,
    /// The standard deviation of a sample (divided by n − 1); none below two values, or where it leaves the range.
    pub sd: Option<f64>,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
}

impl Summary {
    /// Of a list; none if it is empty or holds something that is not finite.
    pub fn of(values: &[f64]) -> Option<Self> {
        let mean = mean(values)?;
        Some(Self {
            n: values.len(),
            mean,
            sd: sd(values),
            min: values.iter().copied().fold(f64::INFINITY, f64::min),
            max: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        })
    }
}

/// The standard deviation of a sample.
fn sd(values: &[f64]) -> Option<f64> {
    let deviations = (values.len() > 1).then(|| Deviations::of(values))??;
    finite((deviations.squares / real(values.len() - 1)).sqrt() * deviations.scale)
}

/// A sum that keeps what rounding takes away (Neumaier 1974), so that what is small survives beside what is large. What is lost
/// is found without asking which of two numbers is the larger (Knuth 1969, 4.2.2), which a processor could not foresee.
pub fn sum(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut lost) = (0.0_f64, 0.0);
    for value in values {
        let next = sum + value;
        let added = next - sum;
        lost += (sum - (next - added)) + (value - added);
        sum = next;
    }
    sum + lost
}

/// The mean of finite values, also where their sum leaves the range.
pub fn mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() || values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let n = real(values.len());
    finite(sum(values.iter().copied()) / n).or_else(|| finite(sum(values.iter().map(|value| value / n))))
}

/// A quantile of values in ascending order, with linear interpolation (type 7 of Hyndman and Fan 1996, numpy's default); none
/// of an empty list, or unless `p` lies within 0 and 1.
pub fn quantile(sorted: &[f64], p: f64) -> Option<f64> {
    if sorted.is_empty() || !(0.0..=1.0).contains(&p) {
        return None;
    }
    let place = p * real(sorted.len() - 1);
    let (below, share) = (place.floor(), place.fract());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it lies between 0 and the length")]
    let below = below as usize;
    let (low, high) = (sorted[below], sorted[(below + 1).min(sorted.len() - 1)]);
    finite(if low == high { low } else { low * (1.0 - share) + high * share })
}

/// The mean of values by their weights; none if the weights add up to nothing, or one of them is negative.
pub fn weighted_mean(pairs: impl Iterator<Item = (f64, f64)>) -> Option<f64> {
    let pairs: Vec<_> = pairs.collect();
    if pairs.iter().any(|(value, weight)| !value.is_finite() || !weight.is_finite() || *weight < 0.0) {
        return None;
    }
    let most = pairs.iter().map(|(_, weight)| *weight).fold(0.0, f64::max);
    if most == 0.0 {
        return None;
    }
    let total = sum(pairs.iter().map(|(_, weight)| weight / most));
    finite(sum(pairs.iter().map(|(value, weight)| value * (weight / most))) / total)
        .or_else(|| finite(sum(pairs.iter().map(|(value, weight)| value * (weight / most / total)))))
}

/// A bar of a histogram.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// The least value that belongs to it.
    pub from: f64,
    /// Where the next one begins; the last bar holds this value, too.
    pub to: f64,
    /// How many values lie in it.
    pub count: usize,
}

/// The bars of equal width between the least and the greatest of values in ascending order, as `numpy.histogram` makes them.
/// Values that are all equal make one bar without width, and what is not finite makes none.
pub fn histogram(sorted: &[f64], bins: usize) -> Vec<Bin> {
    let (Some(&min), Some(&max)) = (sorted.first(), sorted.last()) else { return Vec::new() };
    if bins == 0 || !min.is_finite() || !max.is_finite() {
        return Vec::new();
    }
    if min == max {
        return vec![Bin { from: min, to: max, count: sorted.len() }];
    }
    let n = real(bins);
    let width = finite((max - min) / n).unwrap_or(max / n - min / n);
    let edge = |place: usize| if place == bins { max } else { (min + real(place) * width).min(max) };
    let before = |place: usize| {
        if place == bins { sorted.len() } else { sorted.partition_point(|value| *value < edge(place)) }
    };
    (0..bins)
        .map(|place| Bin { from: edge(place), to: edge(place + 1), count: before(place + 1) - before(place) })
        .collect()
}
