use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::Strategy;
use crate::{
    calendar::FiscalYear,
    round::{Correction, PublishedOpinion},
};

/// The format of published documents. It grows when the stored form of a strategy changes, and older formats stay
/// readable.
const FORMAT: u32 = 3;

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

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    /// A document as format 1 wrote it.
    const FIRST: &str = r#"{"format":1,"strategy":{"id":"00000000-0000-0000-0000-000000000001","municipality":"012262","title":"総合戦略","term":{"printed":"第２期","number":2},"first_year":2021,"last_year":2021,"report":{"year":2021,"title":"集計表"},"source":{"attribution":"砂川市","terms":"公表資料"},"levels":[{"name":"基本目標","kind":"goal"}],"nodes":[{"id":"00000000-0000-0000-0000-000000000002","level":0,"title":"しごと"}],"indicators":[{"id":"00000000-0000-0000-0000-000000000003","node":"00000000-0000-0000-0000-000000000002","label":"出生数","role":{"monitored":{"reason":null}},"direction":"higher","figures":{"years":[{"year":2021,"actual":{"printed":"72","amount":{"value":"72"}}}]},"mappings":[{"standard":"births","strength":"identical"}]}]}}"#;

    #[test]
    fn older_formats_stay_readable_and_what_they_held_is_written_as_it_was() {
        let revision = Revision {
            number: 1,
            published_at: datetime!(2022-06-01 0:00 UTC),
            report_year: FiscalYear::new(2021).unwrap(),
            hash: String::new(),
            note: None,
            author: None,
        };
        let document: PublicationDocument = serde_json::from_str(FIRST).unwrap();
        let publication = document.into_publication(revision.clone()).unwrap();
        let document = PublicationDocument::new(publication.strategy, Vec::new(), Vec::new());
        let again = serde_json::to_string(&document).unwrap();
        assert_eq!(again, FIRST.replace("\"format\":1", &format!("\"format\":{FORMAT}")));

        let next = FIRST.replace("\"format\":1", &format!("\"format\":{}", FORMAT + 1));
        let document: PublicationDocument = serde_json::from_str(&next).unwrap();
        assert_eq!(document.into_publication(revision).unwrap_err().found, FORMAT + 1);
    }
}
