use async_graphql::{Context, Object, Result, SimpleObject};
use shirube_domain::comparison::{self as domain, Neighbours};

use super::{Citation, LeftOutConnection, MeasuredIndicator, answer_object};
use crate::{
    error::outward,
    limits::spend,
    page::{PageArguments, connection, page_of},
    types::Municipality,
};

answer_object!(NeighbourAnswer, Neighbours, Neighbours);

/// Which municipalities are nearest to one (類似自治体).
#[Object]
impl NeighbourAnswer {
    /// How to cite it, to ask it again, and to have its rows as a file.
    async fn citation(&self) -> Citation {
        self.0.citation()
    }

    /// Whose neighbours.
    async fn municipality(&self) -> Result<Municipality> {
        Ok(self.0.municipality(self.of()?.of))
    }

    /// The variables, in their order: how each was measured, and by what it was standardised.
    async fn variables(&self) -> Result<Vec<NeighbourVariable>> {
        let of = self.of()?;
        let variable = |at: usize| NeighbourVariable {
            measured: MeasuredIndicator::new(&self.0.app, &of.measured[at]),
            own: of.own[at],
            mean: of.scales[at].0,
            standard_deviation: of.scales[at].1,
        };
        Ok((0..of.measured.len()).map(variable).collect())
    }

    /// How many municipalities the group has.
    async fn members(&self) -> Result<usize> {
        Ok(self.of()?.members)
    }

    /// The neighbours, the nearest first; equally near ones by code.
    async fn rows(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100, from the start or behind `after`.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
        #[graphql(desc = "How many, 1 to 100, from the end or before `before`.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which the page ends.")] before: Option<String>,
    ) -> Result<NeighbourConnection> {
        let of = self.of()?;
        let list = "neighbours";
        let arguments = PageArguments { first, after, last, before };
        let code = |row: &domain::Neighbour| self.0.code(row.place).to_string();
        let page = page_of(&of.rows, list, &arguments, code).map_err(outward)?;
        let page = NeighbourConnection::new(page, list, of.rows.len(), |at| {
            let row = &of.rows[at];
            let municipality = self.0.municipality(row.place);
            (Neighbour { municipality, distance: row.distance, values: row.values.clone() }, code(&of.rows[at]))
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

/// A variable by which municipalities are near or far.
#[derive(SimpleObject)]
pub(crate) struct NeighbourVariable {
    /// How it was measured.
    measured: MeasuredIndicator,
    /// The value of the municipality itself, on the scale that was asked for.
    own: f64,
    /// The mean of the group.
    mean: f64,
    /// The standard deviation of the group (divided by n); a variable that is the same everywhere keeps nobody apart.
    standard_deviation: f64,
}

/// A municipality that is near.
#[derive(SimpleObject, Clone)]
pub(crate) struct Neighbour {
    /// The municipality.
    municipality: Municipality,
    /// Its distance.
    distance: f64,
    /// Its values of the variables, in their order, on the scales that were asked for.
    values: Vec<f64>,
}

connection!(Neighbour, NeighbourEdge, NeighbourConnection, "near municipalities");
