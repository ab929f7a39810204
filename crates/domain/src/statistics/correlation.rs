//! How far two lists of numbers go together.

use super::{Deviations, beside, distribution as d, finite, rank, real, summary};

/// How far two lists go together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Correlation {
    /// The coefficient, between −1 and 1.
    pub r: f64,
    /// How many pairs there are.
    pub n: usize,
    /// Its interval; none below four pairs.
    pub interval: Option<(f64, f64)>,
    /// How likely so large a coefficient is without any relation, on both sides, by the t distribution; none below three pairs.
    pub p_value: Option<f64>,
}

/// Pearson's coefficient, with Fisher's interval (the variance of z is 1 ÷ (n − 3)). None below two pairs, of lists of
/// different lengths, or where one of them does not vary.
pub fn pearson(x: &[f64], y: &[f64], confidence: f64) -> Option<Correlation> {
    correlation(x, y, confidence, |_| 1.0)
}

/// Spearman's coefficient: Pearson's of the mean ranks. Its interval is Fisher's with the variance of Bonett and Wright (2000),
/// (1 + r² ÷ 2) ÷ (n − 3).
pub fn spearman(x: &[f64], y: &[f64], confidence: f64) -> Option<Correlation> {
    summary::mean(x)?;
    summary::mean(y)?;
    correlation(&rank::mean_ranks(x), &rank::mean_ranks(y), confidence, |r| 1.0 + r * r / 2.0)
}

fn correlation(x: &[f64], y: &[f64], confidence: f64, variance: impl Fn(f64) -> f64) -> Option<Correlation> {
    let n = x.len();
    if n < 2 || y.len() != n {
        return None;
    }
    let (x, y) = (Deviations::of(x)?, Deviations::of(y)?);
    if x.squares == 0.0 || y.squares == 0.0 {
        return None;
    }
    let r = finite(x.products(&y) / x.squares.sqrt() / y.squares.sqrt())?.clamp(-1.0, 1.0);
    let interval = (n > 3).then(|| {
        let half = d::normal_tail(beside(confidence)? / 2.0) * (variance(r) / real(n - 3)).sqrt();
        // Fisher's z of a perfect relation is infinite, and so are both ends.
        let (low, high) = if r.abs() < 1.0 { (r.atanh() - half, r.atanh() + half) } else { return Some((r, r)) };
        Some((low.tanh().min(r), high.tanh().max(r)))
    });
    let p_value = (n > 2).then(|| d::student_beyond((1.0 - r) * (1.0 + r), r * r, real(n - 2)));
    Some(Correlation { r, n, interval: interval.flatten(), p_value })
}
