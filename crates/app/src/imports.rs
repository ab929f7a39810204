//! Documents of a municipality's own become strategies: read as a proposal, corrected, and only then taken.

use shirube_access::{Scope, table::EditStrategy};
use shirube_domain::{Error, municipality::MunicipalityCode};
use shirube_exchange::{
    book::BookError,
    foreign::{self, Layout, Proposal},
    municipalities,
};
use uuid::Uuid;

use crate::App;

impl App {
    /// Reads a workbook, a table or a file of the sample format as a strategy of a municipality, for those who may make one.
    /// Nothing is written: the strategy of the proposal is given to [`App::create_strategy`]. `layout` holds corrections, as JSON.
    pub async fn propose_strategy(
        &self,
        scope: &Scope,
        municipality: MunicipalityCode,
        bytes: Vec<u8>,
        layout: Option<&str>,
    ) -> Result<Proposal, Error> {
        scope.permit::<EditStrategy>(municipality)?;
        let layout = read_layout(layout, Some(municipality))?;
        let municipalities = self.reference.municipalities().to_vec();
        let work = move || foreign::propose(&bytes, &layout, &municipalities, &mut Uuid::now_v7);
        self.in_turn(move |_| work().map_err(refused)).await
    }
}

/// Reads a document as [`App::propose_strategy`] does, without a database. What it does not say is told as a problem.
pub fn propose_without_database(
    bytes: &[u8],
    layout: Option<&str>,
    municipality: Option<MunicipalityCode>,
) -> Result<Proposal, Error> {
    let layout = read_layout(layout, municipality)?;
    let municipalities = municipalities().map_err(Error::Internal)?;
    foreign::propose(bytes, &layout, &municipalities, &mut Uuid::now_v7).map_err(refused)
}

/// Corrections, with the municipality for which a document is read if they name none.
fn read_layout(json: Option<&str>, municipality: Option<MunicipalityCode>) -> Result<Layout, Error> {
    let mut layout = match json {
        Some(json) => Layout::read(json).map_err(|wrong| Error::BadInput(wrong).within("layout"))?,
        None => Layout::default(),
    };
    layout.municipality = layout.municipality.or_else(|| municipality.map(|code| code.to_string()));
    Ok(layout)
}

fn refused(error: BookError) -> Error {
    let told = error.text();
    Error::bad_input("file", format!("{} / {}", told.ja, told.en))
}
