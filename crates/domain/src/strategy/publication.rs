use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::Strategy;
use crate::calendar::FiscalYear;

/// The format of published documents. It grows when the stored form of a strategy changes, and older formats stay
/// readable.
const FORMAT: u32 = 1;

/// A revision of a strategy as published: immutable, numbered, hashed.
#[derive(Debug, Clone, PartialEq)]
pub struct Publication {
    /// Which revision it is.
    pub revision: Revision,
    /// The strategy as it was.
    pub strategy: Strategy,
}

/// What is known of a revision without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// Its number, from 1.
    pub number: u32,
    /// When it was published (UTC).
    pub published_at: OffsetDateTime,
    /// The fiscal year up to which it reports.
    pub report_year: FiscalYear,
    /// SHA-256 of the document's bytes, in hexadecimal.
    pub hash: String,
    /// What was said of it when it was published.
    pub note: Option<String>,
}

/// The stored document of a revision.
#[derive(Serialize, Deserialize)]
pub struct PublicationDocument {
    format: u32,
    strategy: Strategy,
}

/// A stored document that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the document has format {found}; this version reads up to {FORMAT}: upgrade the service")]
pub struct PublicationError {
    /// The format found.
    pub found: u32,
}

impl PublicationDocument {
    /// The document of a strategy as it is now.
    pub const fn new(strategy: Strategy) -> Self {
        Self { format: FORMAT, strategy }
    }

    /// The strategy in it.
    pub fn into_strategy(self) -> Result<Strategy, PublicationError> {
        if self.format <= FORMAT { Ok(self.strategy) } else { Err(PublicationError { found: self.format }) }
    }
}
