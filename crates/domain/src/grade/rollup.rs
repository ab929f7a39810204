use rust_decimal::{Decimal, RoundingStrategy};

use super::{Grade, Ungraded};
use crate::strategy::Weight;

/// The grades of many indicators, counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollup {
    /// How many indicators there are.
    pub all: usize,
    /// How many were graded.
    pub graded: usize,
    /// How many have each grade, in the order of the rule; grades that nobody has, too.
    pub grades: Vec<GradeCount>,
    /// How many have no grade for each reason, the most frequent first.
    pub without: Vec<(Ungraded, usize)>,
    /// The mean of the points to two decimals, where the rule gives points.
    pub mean_points: Option<Decimal>,
}

/// How many have a grade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GradeCount {
    /// The grade.
    pub grade: String,
    /// How many have it.
    pub count: usize,
    /// Their share of what was graded, in percent, to one decimal.
    pub share: Option<Decimal>,
}

/// The grades of many indicators by their weights (重み付き集計). What has no weight counts 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeightedRollup {
    /// The share of each grade in the weight of what was graded, in percent, to one decimal; in the order of the rule.
    pub shares: Vec<Option<Decimal>>,
    /// The mean of the points by weight to two decimals, where the rule gives points.
    pub mean_points: Option<Decimal>,
}

/// A part of a whole, rounded half up; `None` of nothing.
fn of_all(part: Decimal, whole: Decimal, decimals: u32) -> Option<Decimal> {
    Some(part.checked_div(whole)?.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero))
}

impl WeightedRollup {
    /// Weighs grades that one rule has given; `of` names the grades that it may give. `None` where no weight is set, since
    /// then it would be the [`Rollup`] again.
    pub fn of<'g>(of: &[&str], grades: impl IntoIterator<Item = (&'g Grade, Option<Weight>)>) -> Option<Self> {
        let mut weights = vec![Decimal::ZERO; of.len()];
        let (mut set, mut points, mut with_points) = (false, Some(Decimal::ZERO), Decimal::ZERO);
        for (grade, weight) in grades {
            set |= weight.is_some();
            let weight = weight.unwrap_or(Weight::ONE).value();
            let Ok(band) = grade.band() else { continue };
            if let Some(at) = of.iter().position(|of| *of == band.grade) {
                weights[at] += weight;
            }
            if let Some(own) = band.points {
                with_points += weight;
                points = points.and_then(|sum| sum.checked_add(own.0.checked_mul(weight)?));
            }
        }
        let graded: Decimal = weights.iter().sum();
        let shares = weights.iter().map(|weight| of_all(weight * Decimal::ONE_HUNDRED, graded, 1)).collect();
        let mean_points = points.and_then(|sum| of_all(sum, with_points, 2));
        set.then_some(Self { shares, mean_points })
    }
}

impl Rollup {
    /// Counts grades that one rule has given; `of` names the grades that it may give.
    pub fn of<'g>(of: &[&str], grades: impl IntoIterator<Item = &'g Grade>) -> Self {
        let mut counts = vec![0_usize; of.len()];
        let mut without: Vec<(Ungraded, usize)> = Vec::new();
        let (mut all, mut points) = (0, Vec::new());
        for grade in grades {
            all += 1;
            match grade.band() {
                Ok(band) => {
                    if let Some(at) = of.iter().position(|of| *of == band.grade) {
                        counts[at] += 1;
                    }
                    points.extend(band.points);
                }
                Err(why) => {
                    // Of what is due in several years, one reason.
                    match without.iter_mut().find(|(known, _)| known.code() == why.code()) {
                        Some((_, count)) => *count += 1,
                        None => without.push((why, 1)),
                    }
                }
            }
        }
        without.sort_by_key(|(why, count)| (std::cmp::Reverse(*count), why.code()));
        let graded = counts.iter().sum::<usize>();
        let share = |count: usize| of_all(Decimal::from(count * 100), graded.into(), 1);
        let grades = of
            .iter()
            .zip(&counts)
            .map(|(grade, count)| GradeCount { grade: (*grade).to_owned(), count: *count, share: share(*count) })
            .collect();
        let sum = points.iter().try_fold(Decimal::ZERO, |sum, points| sum.checked_add(points.0));
        let mean_points = sum.and_then(|sum| of_all(sum, points.len().into(), 2));
        Self { all, graded, grades, without, mean_points }
    }
}
