use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::Strategy;
use crate::{
    calendar::FiscalYear,
    round::{Correction, PublishedOpinion},
};

/// The format of published documents. It grows when the stored form of a strategy changes, and older formats stay
/// readable.
const FORMAT: u32 = 2;

/// A revision of a strategy as published: immutable, numbered, hashed.
#[derive(Debug, Clone, PartialEq)]
pub struct Publication {
    /// Which revision it is.
    pub revision: Revision,
    /// The strategy as it was.
    pub strategy: Strategy,
    /// Why what an earlier revision said was changed.
    pub corrections: Vec<Correction>,
    /// Opinions on it that are published, with their answers.
    pub opinions: Vec<PublishedOpinion>,
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
    /// The name of whoever published it, where it is known.
    pub author: Option<String>,
}

/// The stored document of a revision.
#[derive(Serialize, Deserialize)]
pub struct PublicationDocument {
    format: u32,
    strategy: Strategy,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    corrections: Vec<Correction>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    opinions: Vec<PublishedOpinion>,
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
    pub const fn new(strategy: Strategy, corrections: Vec<Correction>, opinions: Vec<PublishedOpinion>) -> Self {
        Self { format: FORMAT, strategy, corrections, opinions }
    }

    /// What a revision says, by its document.
    pub fn into_publication(self, revision: Revision) -> Result<Publication, PublicationError> {
        let Self { format, strategy, corrections, opinions } = self;
        if format <= FORMAT {
            Ok(Publication { revision, strategy, corrections, opinions })
        } else {
            Err(PublicationError { found: format })
        }
    }
}
