//! How values stand in their group: one sorting answers all of it.

#![expect(clippy::float_cmp, reason = "equal values are ties")]

use shirube_domain::{
    comparison::{Order, Standing, Summary},
    statistics::{
        real,
        summary::{self, histogram, mean, quantile},
    },
    strategy::Direction,
};

/// The quantiles that a summary gives.
const QUANTILES: [f64; 7] = [0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95];

/// The values of a group, sorted once.
#[derive(Debug)]
pub(crate) struct Sorted {
    /// The places of the values in the list that was given, the smallest value first.
    order: Vec<u32>,
    values: Vec<f64>,
    sum: f64,
    mean: f64,
    sd: f64,
}

impl Sorted {
    /// Sorts finite values.
    pub(crate) fn new(values: &[f64]) -> Self {
        let mut pairs: Vec<(f64, u32)> = values.iter().copied().zip(0..).collect();
        pairs.sort_unstable_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
        let (values, order): (Vec<f64>, Vec<u32>) = pairs.into_iter().unzip();
        let sum = summary::sum(values.iter().copied());
        let (mean, sd) = scale(&values);
        Self { order, values, sum, mean, sd }
    }

    /// How each value stands, in the order in which they were given.
    pub(crate) fn standings(&self, descending: bool) -> Vec<Standing> {
        let n = self.values.len();
        let quartiles = [0.25, 0.5, 0.75].map(|p| quantile(&self.values, p).unwrap_or(f64::NAN));
        let blank = Standing { value: 0.0, rank: 0, percentile: 0.0, z: None, quarter: 1 };
        let mut standings = vec![blank; n];
        let mut from = 0;
        while from < n {
            let value = self.values[from];
            let equal = self.values[from..].iter().take_while(|of| **of == value).count();
            let to = from + equal;
            let rank = if descending { n - to + 1 } else { from + 1 };
            let above = quartiles.iter().filter(|quartile| value > **quartile).count();
            let standing = Standing {
                value,
                rank: u32::try_from(rank).unwrap_or(u32::MAX),
                // The mean of the ranks from + 1 to `to`, as a share of all.
                percentile: f64::midpoint(real(from + 1), real(to)) / real(n) * 100.0,
                z: Some((value - self.mean) / self.sd).filter(|z| z.is_finite()),
                quarter: u8::try_from(above + 1).unwrap_or(4),
            };
            self.order[from..to].iter().for_each(|at| standings[*at as usize] = standing);
            from = to;
        }
        standings
    }

    /// What the values look like among so many members. `weighted` is their weighted mean; no bins, no histogram.
    pub(crate) fn summary(&self, members: usize, weighted: Option<f64>, bins: u32) -> Summary {
        let n = self.values.len();
        let coverage = (members > 0).then(|| real(n) / real(members));
        let (Some(min), Some(max)) = (self.values.first(), self.values.last()) else {
            return Summary { coverage, ..Summary::default() };
        };
        let quantiles = QUANTILES.iter().filter_map(|p| Some((*p, quantile(&self.values, *p)?)));
        Summary {
            n,
            coverage,
            sum: Some(self.sum).filter(|sum| sum.is_finite()),
            mean: Some(self.mean),
            weighted_mean: weighted,
            sd: Some(self.sd).filter(|sd| sd.is_finite()),
            min: Some(*min),
            max: Some(*max),
            quantiles: quantiles.collect(),
            histogram: if bins == 0 { Vec::new() } else { histogram(&self.values, bins as usize) },
        }
    }
}

/// The mean and the standard deviation of a whole group (divided by n).
pub(crate) fn scale(values: &[f64]) -> (f64, f64) {
    let mean = mean(values).unwrap_or_default();
    let largest = values.iter().map(|value| (value - mean).abs()).fold(0.0, f64::max);
    let sd = match largest {
        0.0 => 0.0,
        largest => {
            let squares = summary::sum(values.iter().map(|value| ((value - mean) / largest).powi(2)));
            largest * (squares / real(values.len())).sqrt()
        }
    };
    (mean, sd)
}

/// Whether the first rank is the largest value.
pub(crate) fn is_descending(order: Order, direction: Direction) -> bool {
    match order {
        Order::Largest => true,
        Order::Smallest => false,
        Order::Best => direction != Direction::Lower,
    }
}
