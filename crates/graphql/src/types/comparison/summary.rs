use async_graphql::{ComplexObject, Context, Object, Result, SimpleObject};
use shirube_domain::{comparison as domain, municipality, statistics};

use super::super::Prefecture;
use crate::limits::spend;

pub(crate) struct GroupSummary(pub(super) domain::Summary);

/// What the values of a group look like.
#[Object]
impl GroupSummary {
    /// How many values.
    async fn n(&self) -> usize {
        self.0.n
    }

    /// Their share of the group's members, 0 to 1; null of a group without members.
    async fn coverage(&self) -> Option<f64> {
        self.0.coverage
    }

    /// Their sum.
    async fn sum(&self) -> Option<f64> {
        self.0.sum
    }

    /// Their mean, each municipality counted once.
    async fn mean(&self) -> Option<f64> {
        self.0.mean
    }

    /// Their mean weighted by the base, or by the population of the latest census where there is no base.
    async fn weighted_mean(&self) -> Option<f64> {
        self.0.weighted_mean
    }

    /// The standard deviation of the group, which is all there is and no sample (divided by n).
    async fn standard_deviation(&self) -> Option<f64> {
        self.0.sd
    }

    /// The smallest.
    async fn min(&self) -> Option<f64> {
        self.0.min
    }

    /// The largest.
    async fn max(&self) -> Option<f64> {
        self.0.max
    }

    /// The median (中央値).
    async fn median(&self) -> Option<f64> {
        self.0.quantiles.iter().find(|(p, _)| (p - 0.5).abs() < 1e-9).map(|(_, value)| *value)
    }

    /// The quantiles at 5, 10, 25, 50, 75, 90 and 95 %, linearly interpolated (type 7).
    async fn quantiles(&self) -> Vec<Quantile> {
        self.0.quantiles.iter().map(|(share, value)| Quantile { share: *share, value: *value }).collect()
    }

    /// The histogram: bars of equal width from the smallest to the largest value. Empty of a prefecture.
    async fn histogram(&self, context: &Context<'_>) -> Result<Vec<HistogramBar>> {
        spend(context, self.0.histogram.len())?;
        let bar = |of: &statistics::summary::Bin| HistogramBar { from: of.from, to: of.to, count: of.count };
        Ok(self.0.histogram.iter().map(bar).collect())
    }
}

/// A quantile.
#[derive(SimpleObject)]
pub(crate) struct Quantile {
    /// The share of the values at or below it, 0 to 1.
    share: f64,
    /// The quantile.
    value: f64,
}

/// A bar of a histogram. It holds its left edge; the last one holds both.
#[derive(SimpleObject)]
pub(crate) struct HistogramBar {
    /// From here.
    from: f64,
    /// To here.
    to: f64,
    /// How many values.
    count: usize,
}

/// The values of one prefecture of the group.
#[derive(SimpleObject)]
#[graphql(complex)]
pub(crate) struct PrefectureSummary {
    #[graphql(skip)]
    pub(super) of: municipality::Prefecture,
    /// What they look like.
    pub(super) summary: GroupSummary,
}

#[ComplexObject]
impl PrefectureSummary {
    /// The prefecture.
    async fn prefecture(&self) -> Prefecture {
        Prefecture(self.of)
    }
}

/// An interval.
#[derive(SimpleObject, Clone)]
pub(crate) struct NumberInterval {
    /// From here.
    pub(super) low: f64,
    /// To here.
    pub(super) high: f64,
}

impl From<(f64, f64)> for NumberInterval {
    fn from((low, high): (f64, f64)) -> Self {
        Self { low, high }
    }
}
