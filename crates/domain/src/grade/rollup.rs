use rust_decimal::{Decimal, RoundingStrategy};

use super::{Grade, Ungraded};

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
        let of_all = |part: Decimal, whole: usize, decimals| {
            let share = part.checked_div(Decimal::from(whole))?;
            Some(share.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero))
        };
        let share = |count: usize| of_all(Decimal::from(count * 100), graded, 1);
        let grades = of
            .iter()
            .zip(&counts)
            .map(|(grade, count)| GradeCount { grade: (*grade).to_owned(), count: *count, share: share(*count) })
            .collect();
        let sum = points.iter().try_fold(Decimal::ZERO, |sum, points| sum.checked_add(points.0));
        let mean_points = sum.and_then(|sum| of_all(sum, points.len(), 2));
        Self { all, graded, grades, without, mean_points }
    }
}
