//! How sure a count or a share is, and whether it differs from another by more than chance.

use super::{beside, distribution as d, finite, real_of};

/// A tie of probabilities that differ by rounding alone, as R and scipy judge it.
const SAME: f64 = 1.0 + 1e-7;
/// Beyond so many trials the exact test gives way to the score test, whose error is far below what is printed.
const EXACT: u64 = 1_000_000_000;

/// The interval of the mean of which a count is one draw: exact, from the chi-square distribution (Garwood 1936).
pub fn poisson(count: u64, confidence: f64) -> Option<(f64, f64)> {
    let half = beside(confidence)? / 2.0;
    let count = real_of(count);
    let low = if count == 0.0 { 0.0 } else { d::gamma_below_quantile(count, half) };
    Some((finite(low)?, finite(d::gamma_above_quantile(count + 1.0, half))?))
}

/// The interval of a share (Wilson 1927, without continuity correction); none of nothing, or of more successes than trials.
pub fn wilson(successes: u64, n: u64, confidence: f64) -> Option<(f64, f64)> {
    if n == 0 || successes > n {
        return None;
    }
    let z = d::normal_tail(beside(confidence)? / 2.0);
    let (n, share) = (real_of(n), real_of(successes) / real_of(n));
    let square = z * z / n;
    let center = share + square / 2.0;
    let half = z * (share * (1.0 - share) / n + square / (4.0 * n)).sqrt();
    Some((((center - half) / (1.0 + square)).max(0.0), ((center + half) / (1.0 + square)).min(1.0)))
}

/// How likely a count is that is at least as improbable as this one, if so many are expected: the exact two-sided test that
/// adds up everything no more probable than what was counted (R's `poisson.test`). None unless `expected` is zero or more.
pub fn poisson_rate_differs(count: u64, expected: f64) -> Option<f64> {
    if !expected.is_finite() || expected < 0.0 {
        return None;
    }
    let x = real_of(count);
    if expected == 0.0 {
        return Some(if count == 0 { 1.0 } else { 0.0 });
    }
    if x == expected {
        return Some(1.0);
    }
    let limit = d::poisson_density(x, expected) * SAME;
    let likely = |count: u64| d::poisson_density(real_of(count), expected) > limit;
    let value = if x < expected {
        // The first count above the mean that is as improbable; the density falls there.
        let mut high = floor(expected).saturating_add(1);
        while likely(high) && high < u64::MAX {
            high = high.saturating_mul(2);
        }
        let first = first_unlikely(floor(expected), high, likely);
        d::poisson_at_most(count, expected) + d::poisson_at_least(first, expected)
    } else {
        let above = d::poisson_at_least(count, expected);
        match last_unlikely(floor(expected), likely) {
            Some(last) => d::poisson_at_most(last, expected) + above,
            None => above,
        }
    };
    finite(value.min(1.0))
}

/// How likely a number of successes is that is at least as improbable as this one, if each trial succeeds with the chance
/// `p0`: the exact binomial two-sided test (`scipy.stats.binomtest`), beyond a billion trials the score test. None of no
/// trials, of more successes than trials, or unless `p0` lies within 0 and 1.
pub fn proportion_differs(successes: u64, n: u64, p0: f64) -> Option<f64> {
    if n == 0 || successes > n || !(0.0..=1.0).contains(&p0) {
        return None;
    }
    let (x, trials) = (real_of(successes), real_of(n));
    let expected = trials * p0;
    if x == expected {
        return Some(1.0);
    }
    if p0 == 0.0 || p0 == 1.0 {
        return Some(0.0);
    }
    if n > EXACT {
        let z = (x - expected) / (expected * (1.0 - p0)).sqrt();
        return finite(d::normal_beyond(z));
    }
    let limit = d::binomial_density(x, trials, p0, 1.0 - p0) * SAME;
    let likely = |count: u64| count <= n && d::binomial_density(real_of(count), trials, p0, 1.0 - p0) > limit;
    let value = if x < expected {
        let first = first_unlikely(floor(expected), n + 1, likely);
        d::binomial_at_most(successes, n, p0) + if first > n { 0.0 } else { d::binomial_at_least(first, n, p0) }
    } else {
        let above = d::binomial_at_least(successes, n, p0);
        match last_unlikely(floor(expected), likely) {
            Some(last) => d::binomial_at_most(last, n, p0) + above,
            None => above,
        }
    };
    finite(value.min(1.0))
}

/// The least count above `mode` and at most `high` that is not likely, where the densities fall.
fn first_unlikely(mode: u64, high: u64, likely: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (mode, high);
    while high - low > 1 {
        let middle = u64::midpoint(low, high);
        if likely(middle) { low = middle } else { high = middle }
    }
    high
}

/// The greatest count up to `mode` that is not likely, where the densities rise.
fn last_unlikely(mode: u64, likely: impl Fn(u64) -> bool) -> Option<u64> {
    if likely(0) {
        return None;
    }
    let (mut low, mut high) = (0, mode.saturating_add(1));
    while high - low > 1 {
        let middle = u64::midpoint(low, high);
        if likely(middle) { high = middle } else { low = middle }
    }
    Some(low)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is positive, and saturates")]
fn floor(number: f64) -> u64 {
    number.floor() as u64
}
