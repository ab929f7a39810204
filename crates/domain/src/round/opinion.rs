use serde::{Deserialize, Serialize};

use crate::{calendar::FiscalYear, lint::Subject};

/// An opinion of the committee or council (外部有識者会議・議会の意見) with its answer, as it is published: without names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedOpinion {
    /// The indicator or node that it is about.
    pub subject: Subject,
    /// The fiscal year whose results it is about.
    pub year: FiscalYear,
    /// The opinion.
    pub text: String,
    /// The answer of the planning section.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
}
