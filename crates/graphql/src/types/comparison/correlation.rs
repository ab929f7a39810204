use async_graphql::{Context, Object, Result, SimpleObject};
use shirube_domain::{
    comparison::{Correlated, Correlations},
    statistics::correlation::Correlation,
};

use super::{
    Citation, ComparisonVerdict, LeftOutConnection, MeasuredIndicator, answer_object, summary::NumberInterval,
    trends::StraightLine,
};
use crate::{
    error::outward,
    limits::spend,
    page::{PageArguments, connection, page_of},
    types::Municipality,
};

answer_object!(CorrelationAnswer, Correlation, Correlations);

/// How two indicators go together over municipalities (相関). That they do says nothing about why.
#[Object]
impl CorrelationAnswer {
    /// How to cite it, to ask it again, and to have its rows as a file.
    async fn citation(&self) -> Citation {
        self.0.citation()
    }

    /// The one, and how it was measured.
    async fn x(&self) -> Result<MeasuredIndicator> {
        Ok(MeasuredIndicator::new(&self.0.app, &self.of()?.x))
    }

    /// The other, and how it was measured.
    async fn y(&self) -> Result<MeasuredIndicator> {
        Ok(MeasuredIndicator::new(&self.0.app, &self.of()?.y))
    }

    /// Whether municipalities can be compared in both of them. If not, there are no rows.
    async fn verdict(&self) -> Result<ComparisonVerdict> {
        Ok(self.of()?.verdict.into())
    }

    /// How many municipalities the group has.
    async fn members(&self) -> Result<usize> {
        Ok(self.of()?.members)
    }

    /// Pearson's correlation, with the interval of Fisher's z; null where one of the two does not vary.
    async fn pearson(&self) -> Result<Option<CorrelationCoefficient>> {
        Ok(self.of()?.pearson.map(Into::into))
    }

    /// Spearman's correlation of the ranks.
    async fn spearman(&self) -> Result<Option<CorrelationCoefficient>> {
        Ok(self.of()?.spearman.map(Into::into))
    }

    /// The line of least squares of y on x.
    async fn line(&self) -> Result<Option<StraightLine>> {
        Ok(self.of()?.line.map(Into::into))
    }

    /// The municipalities that have both, by code: the points of a scatter plot.
    async fn rows(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100, from the start or behind `after`.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
        #[graphql(desc = "How many, 1 to 100, from the end or before `before`.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which the page ends.")] before: Option<String>,
    ) -> Result<CorrelationPointConnection> {
        let of = self.of()?;
        let list = "correlation";
        let arguments = PageArguments { first, after, last, before };
        let code = |row: &Correlated| self.0.code(row.place).to_string();
        let page = page_of(&of.rows, list, &arguments, code).map_err(outward)?;
        let page = CorrelationPointConnection::new(page, list, of.rows.len(), |at| {
            let row = &of.rows[at];
            (CorrelationPoint { municipality: self.0.municipality(row.place), x: row.x, y: row.y }, code(&of.rows[at]))
        });
        spend(context, page.len())?;
        Ok(page)
    }

    /// Who is left out, by code, and why.
    async fn left_out(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100, from the start or behind `after`.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
        #[graphql(desc = "How many, 1 to 100, from the end or before `before`.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which the page ends.")] before: Option<String>,
    ) -> Result<LeftOutConnection> {
        self.0.left_out(context, &self.of()?.excluded, &PageArguments { first, after, last, before })
    }
}

/// A correlation.
#[derive(SimpleObject)]
pub(crate) struct CorrelationCoefficient {
    /// The coefficient, −1 to 1.
    r: f64,
    /// How many municipalities.
    n: usize,
    /// Its interval; null of fewer than four.
    interval: Option<NumberInterval>,
    /// The probability of a coefficient at least as far from zero by chance.
    p_value: Option<f64>,
}

impl From<Correlation> for CorrelationCoefficient {
    fn from(of: Correlation) -> Self {
        Self { r: of.r, n: of.n, interval: of.interval.map(Into::into), p_value: of.p_value }
    }
}

/// A municipality with both values.
#[derive(SimpleObject, Clone)]
pub(crate) struct CorrelationPoint {
    /// The municipality.
    municipality: Municipality,
    /// The one value.
    x: f64,
    /// The other.
    y: f64,
}

connection!(CorrelationPoint, CorrelationPointEdge, CorrelationPointConnection, "points of a scatter plot");
