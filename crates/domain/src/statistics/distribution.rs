//! The normal, t, gamma, Poisson, binomial and negative binomial distributions.
//!
//! Densities are Loader's (2000, "Fast and accurate computation of binomial probabilities"), which lose no digits however
//! large a count is; tails are continued fractions and series times a density (DLMF 8.7, 8.9, 8.17). Quantiles are found by
//! Newton's method on the logarithm of the tail: that is concave for all of these, so that it cannot miss.

use std::f64::consts::{PI, SQRT_2};

/// Where a fraction or series has converged.
const EPSILON: f64 = 1e-16;
/// More terms than any argument below [`LARGE`] needs.
const TERMS: u32 = 200_000;
/// From here on a gamma tail is taken from its uniform expansion (Temme 1979).
const LARGE: f64 = 1e6;

/// The chance that a standard normal number is greater.
pub(crate) fn normal_above(z: f64) -> f64 {
    0.5 * libm::erfc(z / SQRT_2)
}

/// The chance that a standard normal number is farther from zero.
pub(super) fn normal_beyond(z: f64) -> f64 {
    libm::erfc(z.abs() / SQRT_2)
}

/// The number that a standard normal one exceeds with a chance of at most ½.
pub(super) fn normal_tail(chance: f64) -> f64 {
    // Abramowitz and Stegun 26.2.23, within 0.00045.
    let t = (-2.0 * chance.ln()).sqrt();
    let start =
        t - (2.515_517 + t * (0.802_853 + t * 0.010_328)) / (1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308)));
    newton(start, chance, |z| {
        let above = normal_above(z);
        (above, -(-0.5 * z * z).exp() / (2.0 * PI).sqrt() / above)
    })
}

/// The chance that a number after Student's t distribution is farther from zero, from the two parts into which the square
/// of it divides: of what is not explained, and of what is. They add up to one, and the smaller one keeps its digits.
pub(super) fn student_beyond(unexplained: f64, explained: f64, freedom: f64) -> f64 {
    beta_below(freedom / 2.0, 0.5, unexplained, explained)
}

/// The chance that a number after Student's t distribution is farther from zero than `t`.
fn student_beyond_t(t: f64, freedom: f64) -> f64 {
    // Written so that the square of a large number does not overflow.
    let ratio = t / freedom.sqrt();
    let (unexplained, explained) = if ratio.abs() > 1.0 {
        let inverse = 1.0 / ratio / ratio;
        (inverse / (1.0 + inverse), 1.0 / (1.0 + inverse))
    } else {
        let square = ratio * ratio;
        (1.0 / (1.0 + square), square / (1.0 + square))
    };
    student_beyond(unexplained, explained, freedom)
}

/// The chance that a number after Student's t distribution is greater.
pub(crate) fn student_above(t: f64, freedom: f64) -> f64 {
    let half = 0.5 * student_beyond_t(t, freedom);
    if t > 0.0 { half } else { 1.0 - half }
}

/// The number that one after Student's t distribution exceeds with a chance of at most ½.
pub(crate) fn student_tail(chance: f64, freedom: f64) -> f64 {
    let constant =
        (libm::lgamma(f64::midpoint(freedom, 1.0)) - libm::lgamma(freedom / 2.0)).exp() / (freedom * PI).sqrt();
    newton(normal_tail(chance).max(1e-300).ln(), chance, |logarithm| {
        let t = logarithm.exp();
        let above = student_above(t, freedom);
        let density = constant * (-f64::midpoint(freedom, 1.0) * (t * t / freedom).ln_1p()).exp();
        (above, -t * density / above)
    })
    .exp()
}

/// Solves for the argument at which a tail is `chance`; the tail comes with the derivative of its logarithm.
fn newton(start: f64, chance: f64, tail: impl Fn(f64) -> (f64, f64)) -> f64 {
    let target = chance.ln();
    let mut at = start;
    for _ in 0..100 {
        let (value, slope) = tail(at);
        let step = (value.ln() - target) / slope;
        if !step.is_finite() {
            break;
        }
        at -= step;
        if step.abs() <= 1e-14 * at.abs().max(1e-3) {
            break;
        }
    }
    at
}

/// ln Γ(n + 1) less Stirling's formula.
fn stirling_rest(n: f64) -> f64 {
    if n <= 15.0 {
        return libm::lgamma(n + 1.0) - (n + 0.5) * n.ln() + n - 0.5 * (2.0 * PI).ln();
    }
    let square = n * n;
    (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - (1.0 / 1680.0 - 1.0 / 1188.0 / square) / square) / square) / square)
        / n
}

/// x ln (x ÷ mean) + mean − x, without cancellation where both are near.
fn deviance(x: f64, mean: f64) -> f64 {
    if (x - mean).abs() >= 0.1 * (x + mean) {
        return x * (x / mean).ln() + mean - x;
    }
    let ratio = (x - mean) / (x + mean);
    let mut sum = (x - mean) * ratio;
    let mut term = 2.0 * x * ratio;
    for place in 1_u32..1000 {
        term *= ratio * ratio;
        let next = sum + term / f64::from(2 * place + 1);
        if next == sum {
            break;
        }
        sum = next;
    }
    sum
}

/// The chance of a count, by a Poisson distribution with a positive mean; for any real count from 0.
pub(super) fn poisson_density(count: f64, mean: f64) -> f64 {
    if count == 0.0 {
        return (-mean).exp();
    }
    (-stirling_rest(count) - deviance(count, mean)).exp() / (2.0 * PI * count).sqrt()
}

/// The chance of so many successes of `n`, each with the chance `p` (and 1 − p = `q`); for any real numbers.
pub(super) fn binomial_density(successes: f64, n: f64, p: f64, q: f64) -> f64 {
    if p == 0.0 || q == 0.0 {
        let certain = if p == 0.0 { 0.0 } else { n };
        return if successes == certain { 1.0 } else { 0.0 };
    }
    if successes == 0.0 {
        return (n * ln_of_complement(p, q)).exp();
    }
    let failures = n - successes;
    if failures == 0.0 {
        return (n * ln_of_complement(q, p)).exp();
    }
    let exponent = stirling_rest(n)
        - stirling_rest(successes)
        - stirling_rest(failures)
        - deviance(successes, n * p)
        - deviance(failures, n * q);
    exponent.exp() * (n / (2.0 * PI * successes * failures)).sqrt()
}

/// ln (1 − part), with the rest given beside it.
fn ln_of_complement(part: f64, rest: f64) -> f64 {
    if part < 0.5 { (-part).ln_1p() } else { rest.ln() }
}

/// The regularised incomplete gamma functions P(a, x) and Q(a, x), for positive a.
fn gamma(a: f64, x: f64) -> (f64, f64) {
    if x <= 0.0 {
        return (0.0, 1.0);
    }
    if a > LARGE {
        return gamma_of_large(a, x);
    }
    let density = poisson_density(a, x);
    if x < a + 1.0 {
        let (mut term, mut sum) = (1.0, 1.0);
        for place in 1..TERMS {
            term *= x / (a + f64::from(place));
            sum += term;
            if term < sum * EPSILON {
                break;
            }
        }
        let below = (density * sum).min(1.0);
        (below, 1.0 - below)
    } else {
        let mut fraction = Fraction::new(x + 1.0 - a);
        for place in 1..TERMS {
            let place = f64::from(place);
            if fraction.next(-place * (place - a), x + 1.0 - a + 2.0 * place) {
                break;
            }
        }
        let above = (density * a / fraction.value).min(1.0);
        (1.0 - above, above)
    }
}

/// The same for a large `a`, to 1 ÷ a² (Temme 1979).
fn gamma_of_large(a: f64, x: f64) -> (f64, f64) {
    let mu = (x - a) / a;
    let half_square = deviance(a, x) / a;
    let eta = (2.0 * half_square).sqrt().copysign(mu);
    let correction = if mu.abs() < 1e-3 {
        -1.0 / 3.0 + mu * (1.0 / 12.0 - mu * (23.0 / 540.0 - mu * 353.0 / 12960.0))
    } else {
        1.0 / mu - 1.0 / eta
    };
    let rest = correction * (-a * half_square).exp() / (2.0 * PI * a).sqrt();
    let z = eta * a.sqrt();
    ((normal_above(-z) - rest).clamp(0.0, 1.0), (normal_above(z) + rest).clamp(0.0, 1.0))
}

/// The x at which P(a, x) is `chance`.
pub(super) fn gamma_below_quantile(a: f64, chance: f64) -> f64 {
    gamma_quantile(a, chance, -normal_tail_signed(chance), |a, x| gamma(a, x).0, 1.0)
}

/// The x at which Q(a, x) is `chance`.
pub(super) fn gamma_above_quantile(a: f64, chance: f64) -> f64 {
    gamma_quantile(a, chance, normal_tail_signed(chance), |a, x| gamma(a, x).1, -1.0)
}

/// Starts from Wilson and Hilferty's cube (1931) or, where that is far off, from the first term of the series.
fn gamma_quantile(a: f64, chance: f64, z: f64, tail: fn(f64, f64) -> f64, sign: f64) -> f64 {
    let cube = a * (1.0 - 1.0 / (9.0 * a) + z / (3.0 * a.sqrt())).powi(3);
    let start = if cube > 1e-3 * a { cube.ln() } else { (chance.ln() + libm::lgamma(a + 1.0)) / a };
    newton(start, chance, |logarithm| {
        let x = logarithm.exp();
        let value = tail(a, x);
        (value, sign * a * poisson_density(a, x) / value)
    })
    .exp()
}

/// The number that a standard normal one exceeds with any chance.
fn normal_tail_signed(chance: f64) -> f64 {
    if chance <= 0.5 { normal_tail(chance) } else { -normal_tail(1.0 - chance) }
}

/// The chance of so many or more, by a Poisson distribution.
pub(crate) fn poisson_at_least(count: u64, mean: f64) -> f64 {
    if count == 0 { 1.0 } else { gamma(super::real_of(count), mean).0 }
}

/// The chance of so many or fewer, by a Poisson distribution.
pub(super) fn poisson_at_most(count: u64, mean: f64) -> f64 {
    gamma(super::real_of(count) + 1.0, mean).1
}

/// The chance of so many or more, by a negative binomial distribution with a mean and a variance above it.
pub(crate) fn negative_binomial_at_least(count: u64, mean: f64, variance: f64) -> f64 {
    if count == 0 {
        return 1.0;
    }
    let size = mean * mean / (variance - mean);
    beta_below(super::real_of(count), size, 1.0 - mean / variance, mean / variance)
}

/// The chance of so many successes or fewer of `n`.
pub(super) fn binomial_at_most(successes: u64, n: u64, p: f64) -> f64 {
    if successes >= n {
        return 1.0;
    }
    beta_below(super::real_of(n - successes), super::real_of(successes) + 1.0, 1.0 - p, p)
}

/// The chance of so many successes or more of `n`.
pub(super) fn binomial_at_least(successes: u64, n: u64, p: f64) -> f64 {
    if successes == 0 {
        return 1.0;
    }
    beta_below(super::real_of(successes), super::real_of(n - successes) + 1.0, p, 1.0 - p)
}

/// The regularised incomplete beta function at `x`, with 1 − x given as `y`.
fn beta_below(a: f64, b: f64, x: f64, y: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if y <= 0.0 {
        return 1.0;
    }
    if x > (a + 1.0) / (a + b + 2.0) { 1.0 - beta_fraction(b, a, y, x) } else { beta_fraction(a, b, x, y) }
}

fn beta_fraction(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let mut fraction = Fraction::new(1.0);
    for place in 0..TERMS {
        let place = f64::from(place);
        let (from, to) = (a + 2.0 * place, a + 2.0 * place + 1.0);
        fraction.next(-(a + place) * (a + b + place) * x / (from * to), 1.0);
        let place = place + 1.0;
        if fraction.next(place * (b - place) * x / (to * (to + 1.0)), 1.0) {
            break;
        }
    }
    let density = binomial_density(a, a + b, x, y) * b / (a + b);
    (density / fraction.value).clamp(0.0, 1.0)
}

/// A continued fraction, evaluated forward (Lentz 1976, Thompson and Barnett 1986).
struct Fraction {
    value: f64,
    numerator: f64,
    denominator: f64,
}

impl Fraction {
    /// Stands for a zero where it would be divided by.
    const TINY: f64 = 1e-300;

    fn new(first: f64) -> Self {
        let first = if first == 0.0 { Self::TINY } else { first };
        Self { value: first, numerator: first, denominator: 0.0 }
    }

    /// Takes the next part, and tells whether that changed nothing.
    fn next(&mut self, above: f64, below: f64) -> bool {
        let nonzero = |number: f64| if number == 0.0 { Self::TINY } else { number };
        self.denominator = 1.0 / nonzero(below + above * self.denominator);
        self.numerator = nonzero(below + above / self.numerator);
        let change = self.numerator * self.denominator;
        self.value *= change;
        (change - 1.0).abs() <= EPSILON * 2.0
    }
}
