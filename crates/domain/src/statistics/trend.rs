//! Numbers in time: lines, tests for a trend, growth, and a change of level.

use std::cell::RefCell;

use super::{Deviations, beside, distribution as d, finite, real, sorted, ties};

/// The tails of distributions by which intervals of one confidence are made. They are found by iteration, so that whoever asks
/// for many intervals keeps them.
#[derive(Debug)]
pub struct Tails {
    /// What lies beside the confidence on each side; none for what is no confidence.
    half: Option<f64>,
    normal: Option<f64>,
    /// Of Student's t, by degrees of freedom; those that were asked for.
    student: RefCell<Vec<(usize, f64)>>,
}

impl Tails {
    /// Of a confidence.
    pub fn new(confidence: f64) -> Self {
        let half = beside(confidence).map(|beside| beside / 2.0);
        Self { half, normal: half.map(d::normal_tail), student: RefCell::default() }
    }

    fn student(&self, freedom: usize) -> Option<f64> {
        let half = self.half?;
        let mut known = self.student.borrow_mut();
        if let Some((_, tail)) = known.iter().find(|(of, _)| *of == freedom) {
            return Some(*tail);
        }
        let tail = d::student_tail(half, real(freedom));
        known.push((freedom, tail));
        Some(tail)
    }
}

/// A line of least squares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// By how much y rises when x rises by one.
    pub slope: f64,
    /// y where x is zero.
    pub intercept: f64,
    /// The interval of the slope; none below three points.
    pub slope_interval: Option<(f64, f64)>,
    /// The share of the variation of y that the line explains; none if y does not vary.
    pub r_squared: Option<f64>,
    /// How likely so steep a slope is without any relation, on both sides, by the t distribution; none below three points, or
    /// if y does not vary.
    pub p_value: Option<f64>,
    /// The standard deviation of y about the line (divided by n − 2); none below three points.
    pub residual_sd: Option<f64>,
}

/// The line of least squares through points; none unless there are two different x.
pub fn ols(points: &[(f64, f64)], confidence: f64) -> Option<Line> {
    ols_by(points, &Tails::new(confidence))
}

/// The same by tails that are kept.
pub fn ols_by(points: &[(f64, f64)], tails: &Tails) -> Option<Line> {
    let (x, y) = split(points);
    let (x, y) = (Deviations::of(&x)?, Deviations::of(&y)?);
    if x.squares == 0.0 {
        return None;
    }
    let products = x.products(&y);
    // In the scales of both.
    let gradient = products / x.squares;
    let slope = finite(gradient * (y.scale / x.scale))?;
    let intercept = finite(y.mean - slope * x.mean)?;
    let rest = super::summary::sum(x.scaled.iter().zip(&y.scaled).map(|(x, y)| {
        let rest = y - gradient * x;
        rest * rest
    }));
    let explained = gradient * products;
    let total = rest + explained;
    let share = |part: f64| (total > 0.0).then(|| part / total);
    let degrees = points.len().checked_sub(2).filter(|degrees| *degrees > 0);
    let freedom = degrees.map(real);
    let residual = freedom.map(|freedom| (rest / freedom).sqrt());
    let slope_interval = degrees.zip(residual).and_then(|(degrees, residual)| {
        let half = tails.student(degrees)? * residual / x.squares.sqrt() * (y.scale / x.scale);
        Some((finite(slope - half)?, finite(slope + half)?))
    });
    Some(Line {
        slope,
        intercept,
        slope_interval,
        r_squared: share(explained),
        p_value: freedom.and_then(|freedom| Some(d::student_beyond(share(rest)?, share(explained)?, freedom))),
        residual_sd: residual.and_then(|residual| finite(residual * y.scale)),
    })
}

/// A line of median slope.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TheilSen {
    /// The median of the slopes between all pairs of points.
    pub slope: f64,
    /// The median of y less the slope times the median of x.
    pub intercept: f64,
    /// The interval of the slope, from the normal approximation of Kendall's S (Sen 1968, equation 2.6).
    pub interval: Option<(f64, f64)>,
}

/// Theil and Sen's line (`scipy.stats.theilslopes`, method "separate"); none unless there are two different x. It takes time
/// and memory with the square of the number of points.
pub fn theil_sen(points: &[(f64, f64)], confidence: f64) -> Option<TheilSen> {
    theil_sen_by(points, &Tails::new(confidence))
}

/// The same by tails that are kept.
pub fn theil_sen_by(points: &[(f64, f64)], tails: &Tails) -> Option<TheilSen> {
    let (x, y) = split(points);
    if x.iter().chain(&y).any(|number| !number.is_finite()) {
        return None;
    }
    let mut slopes = Vec::with_capacity(points.len() * points.len().saturating_sub(1) / 2);
    for (place, from) in points.iter().enumerate() {
        for to in &points[place + 1..] {
            if from.0 != to.0 {
                slopes.push(finite((to.1 - from.1) / (to.0 - from.0))?);
            }
        }
    }
    slopes.sort_unstable_by(f64::total_cmp);
    let slope = median(&slopes)?;
    let (x, y) = (sorted(&x), sorted(&y));
    let intercept = finite(median(&y)? - slope * median(&x)?)?;
    let interval = tails.normal.and_then(|normal| {
        let variance =
            (kendall(points.len()) - ties(&x).map(kendall).sum::<f64>() - ties(&y).map(kendall).sum::<f64>()) / 18.0;
        let half = (variance >= 0.0).then(|| normal * variance.sqrt())?;
        let n = real(slopes.len());
        let place = |place: f64| slopes[place_in(place, slopes.len())];
        Some((place(f64::midpoint(n, -half).round_ties_even() - 1.0), place(f64::midpoint(n, half).round_ties_even())))
    });
    Some(TheilSen { slope, intercept, interval })
}

/// Mann and Kendall's test for a trend.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MannKendall {
    /// How many pairs rise, less how many fall.
    pub s: i64,
    /// The variance of S without a trend, corrected for ties.
    pub variance: f64,
    /// S in standard deviations, with continuity correction; 0 if nothing varies.
    pub z: f64,
    /// How likely so large an S is without a trend, on both sides, by the normal distribution.
    pub p_value: f64,
    /// Kendall's τ-b against time; none if nothing varies.
    pub tau: Option<f64>,
}

/// Tests values in the order of time for a trend (Mann 1945, Kendall 1975); none below two values. It takes time with the square
/// of their number.
pub fn mann_kendall(values: &[f64]) -> Option<MannKendall> {
    if values.len() < 2 || values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let s: i64 = (0..values.len()).map(|place| signs(values[place], &values[place + 1..])).sum();
    let sorted = sorted(values);
    let variance = (kendall(values.len()) - ties(&sorted).map(kendall).sum::<f64>()) / 18.0;
    #[expect(clippy::cast_precision_loss, reason = "pairs stay below 2^53")]
    let (net, toward_zero) = (s as f64, (s - s.signum()) as f64);
    let z = if variance > 0.0 { toward_zero / variance.sqrt() } else { 0.0 };
    let pairs = |n: usize| real(n) * (real(n) - 1.0) / 2.0;
    let all = pairs(values.len());
    let untied = all - ties(&sorted).map(pairs).sum::<f64>();
    let tau = (untied > 0.0).then(|| net / (all.sqrt() * untied.sqrt()));
    Some(MannKendall { s, variance, z, p_value: d::normal_beyond(z), tau })
}

/// The growth of a period that leads from the first to the last in so many (年平均成長率); none unless all three are positive.
pub fn compound_growth(first: f64, last: f64, periods: f64) -> Option<f64> {
    let positive = |number: f64| number.is_finite() && number > 0.0;
    if !(positive(first) && positive(last) && positive(periods)) {
        return None;
    }
    let change = (last - first) / first;
    let logarithm = if change.abs() < 0.5 { change.ln_1p() } else { last.ln() - first.ln() };
    finite((logarithm / periods).exp_m1())
}

/// Where the level of a series changed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LevelChange {
    /// The first value of the new level.
    pub at: usize,
    /// The mean before.
    pub before: f64,
    /// The mean from there on.
    pub after: f64,
    /// How likely so large a change is without any: 2 exp(−6 K² ÷ (n³ + n²)), good below about ½.
    pub p_value: f64,
}

/// The likeliest place at which the level of a series changed (Pettitt 1979, "A non-parametric approach to the change-point
/// problem"); none below two values, or if nothing varies. It takes time with the square of their number.
pub fn level_change(values: &[f64]) -> Option<LevelChange> {
    if values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let n = real(values.len());
    let mut u = 0_i64;
    let (mut at, mut most) = (0, 0);
    for (place, value) in values.iter().enumerate() {
        // The sum of sgn(later − earlier) over the pairs across the cut behind this place.
        u += signs(*value, values);
        if u.abs() > most {
            (at, most) = (place + 1, u.abs());
        }
    }
    if most == 0 {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "pairs stay below 2^53")]
    let most = most as f64;
    Some(LevelChange {
        at,
        before: super::summary::mean(&values[..at])?,
        after: super::summary::mean(&values[at..])?,
        p_value: (2.0 * (-6.0 * most * most / (n * n * n + n * n)).exp()).min(1.0),
    })
}

/// How many of others are greater than a value, less how many are smaller.
fn signs(value: f64, others: &[f64]) -> i64 {
    others.iter().map(|other| i64::from(*other > value) - i64::from(*other < value)).sum()
}

/// n (n − 1) (2 n + 5): what a group of n contributes to 18 times the variance of S.
fn kendall(n: usize) -> f64 {
    let n = real(n);
    n * (n - 1.0) * (2.0 * n + 5.0)
}

fn split(points: &[(f64, f64)]) -> (Vec<f64>, Vec<f64>) {
    points.iter().copied().unzip()
}

/// The median of sorted values.
fn median(sorted: &[f64]) -> Option<f64> {
    super::summary::quantile(sorted, 0.5)
}

/// A whole number as a place in a list that is not empty, the nearest there is.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is held between 0 and the length")]
fn place_in(place: f64, length: usize) -> usize {
    place.clamp(0.0, real(length - 1)) as usize
}
