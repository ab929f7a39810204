//! Statistics, written out.

use std::f64::consts::{FRAC_2_PI, SQRT_2};

/// The number that a standard normal one exceeds with a chance of 2.5 %.
pub(super) const NORMAL: f64 = 1.959_963_984_540_054;
const QUANTILES: [f64; 7] = [0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95];

pub(super) fn real(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::NAN, f64::from)
}

/// Values with their places in a list, sorted, with their sum, mean and standard deviation.
pub(super) struct Sorted {
    pub(super) values: Vec<f64>,
    order: Vec<usize>,
    sum: f64,
    pub(super) mean: f64,
    pub(super) sd: f64,
}

impl Sorted {
    pub(super) fn new(values: &[f64]) -> Self {
        let mut pairs: Vec<(f64, usize)> = values.iter().copied().zip(0..).collect();
        pairs.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
        let (values, order): (Vec<f64>, Vec<usize>) = pairs.into_iter().unzip();
        let n = real(values.len());
        let sum: f64 = values.iter().sum();
        let mean = sum / n;
        let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
        Self { values, order, sum, mean, sd: (squares / n).sqrt() }
    }

    fn quantile(&self, p: f64) -> f64 {
        let place = p * real(self.values.len() - 1);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is a place")]
        let below = place as usize;
        let (low, high) = (self.values[below], self.values[(below + 1).min(self.values.len() - 1)]);
        low + (high - low) * place.fract()
    }

    /// Value, rank from the largest, percentile, z-score and quarter of each.
    pub(super) fn standings(&self) -> Vec<[f64; 5]> {
        let n = self.values.len();
        let mut standings = vec![[f64::NAN; 5]; n];
        if n == 0 {
            return standings;
        }
        let quartiles = [self.quantile(0.25), self.quantile(0.5), self.quantile(0.75)];
        let mut from = 0;
        while from < n {
            let value = self.values[from];
            let mut to = from + 1;
            while to < n && self.values[to] <= value {
                to += 1;
            }
            let quarter = 1.0 + quartiles.iter().map(|of| f64::from(u8::from(value > *of))).sum::<f64>();
            let percentile = real(from + 1 + to) / 2.0 / real(n) * 100.0;
            let standing = [value, real(n - to + 1), percentile, (value - self.mean) / self.sd, quarter];
            for at in &self.order[from..to] {
                standings[*at] = standing;
            }
            from = to;
        }
        standings
    }

    /// Count, sum, mean, weighted mean, standard deviation, smallest, largest, quantiles.
    pub(super) fn summary(&self, weighted: f64) -> Vec<f64> {
        let mut numbers = vec![real(self.values.len())];
        if let (Some(first), Some(last)) = (self.values.first(), self.values.last()) {
            numbers.extend([self.sum, self.mean, weighted, self.sd, *first, *last]);
            numbers.extend(QUANTILES.map(|p| self.quantile(p)));
        } else {
            numbers.extend([f64::NAN; 6]);
        }
        numbers
    }

    /// How many values lie in each of twenty bars.
    pub(super) fn bars(&self) -> Vec<f64> {
        let (Some(low), Some(high)) = (self.values.first(), self.values.last()) else { return Vec::new() };
        let width = (high - low) / 20.0;
        let before = |bar: usize| match bar {
            20 => self.values.len(),
            bar => self.values.partition_point(|value| *value < low + real(bar) * width),
        };
        (0..20).map(|bar| real(before(bar + 1) - before(bar))).collect()
    }
}

/// The mean ranks of values.
pub(super) fn ranks(values: &[f64]) -> Vec<f64> {
    let sorted = Sorted::new(values);
    let n = real(values.len());
    sorted.standings().iter().map(|of| of[2] * n / 100.0).collect()
}

/// The chance that a number after Student's t distribution is farther from zero (Abramowitz and Stegun 26.7.3 and 26.7.4).
pub(super) fn student_beyond(t: f64, freedom: usize) -> f64 {
    let angle = (t.abs() / real(freedom).sqrt()).atan();
    let (sin, cos) = angle.sin_cos();
    let odd = freedom % 2 == 1;
    let (mut term, mut sum) = if odd { (cos, cos) } else { (1.0, 1.0) };
    let mut n = if odd { 3 } else { 2 };
    while n < freedom {
        term *= cos * cos * real(n - 1) / real(n);
        sum += term;
        n += 2;
    }
    let within = match (odd, freedom) {
        (true, 1) => FRAC_2_PI * angle,
        (true, _) => FRAC_2_PI * (angle + sin * sum),
        (false, _) => sin * sum,
    };
    1.0 - within
}

/// The number that one after Student's t distribution exceeds with a chance of 2.5 %.
pub(super) fn student_tail(freedom: usize) -> f64 {
    let (mut low, mut high) = (0.0, 1_000.0);
    for _ in 0..70 {
        let middle = f64::midpoint(low, high);
        if student_beyond(middle, freedom) > 0.05 { low = middle } else { high = middle }
    }
    low
}

/// The chance that a standard normal number is farther from zero.
pub(super) fn normal_beyond(z: f64) -> f64 {
    libm::erfc(z.abs() / SQRT_2)
}

/// Slope, intercept, interval of the slope, share explained and p of a line of least squares; `tail` is that of Student's t.
pub(super) fn line(xs: &[f64], ys: &[f64], tail: f64) -> [f64; 6] {
    let n = real(xs.len());
    let (x, y) = (xs.iter().sum::<f64>() / n, ys.iter().sum::<f64>() / n);
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for (one, other) in xs.iter().zip(ys) {
        let (dx, dy) = (one - x, other - y);
        (xx, xy, yy) = (xx + dx * dx, xy + dx * dy, yy + dy * dy);
    }
    let slope = xy / xx;
    let intercept = y - slope * x;
    let mut rest = 0.0;
    for (one, other) in xs.iter().zip(ys) {
        let off = (other - y) - slope * (one - x);
        rest += off * off;
    }
    let freedom = xs.len() - 2;
    let error = (rest / real(freedom) / xx).sqrt();
    let p = if yy > 0.0 { student_beyond(slope / error, freedom) } else { f64::NAN };
    [slope, intercept, slope - tail * error, slope + tail * error, 1.0 - rest / yy, p]
}

/// Pearson's coefficient with Fisher's interval, whose variance `spread` gives from r, and p.
#[expect(clippy::many_single_char_names, reason = "those of the textbooks")]
pub(super) fn correlation(xs: &[f64], ys: &[f64], spread: fn(f64) -> f64) -> [f64; 4] {
    let n = real(xs.len());
    let (x, y) = (xs.iter().sum::<f64>() / n, ys.iter().sum::<f64>() / n);
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for (one, other) in xs.iter().zip(ys) {
        let (dx, dy) = (one - x, other - y);
        (xx, xy, yy) = (xx + dx * dx, xy + dx * dy, yy + dy * dy);
    }
    let r = xy / xx.sqrt() / yy.sqrt();
    let half = NORMAL * (spread(r) / (n - 3.0)).sqrt();
    let freedom = xs.len() - 2;
    let p = student_beyond(r * (real(freedom) / (1.0 - r * r)).sqrt(), freedom);
    [r, (r.atanh() - half).tanh(), (r.atanh() + half).tanh(), p]
}
