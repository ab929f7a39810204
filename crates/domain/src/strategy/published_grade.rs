use serde::{Deserialize, Serialize};

use super::Cell;

/// What the document itself prints of how far an indicator has come in a year (評価, 達成率, 進捗率). It stands beside every
/// computed grade and is never changed by one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "PublishedGradeParts", into = "PublishedGradeParts")]
pub struct PublishedGrade {
    grade: Option<Cell>,
    rate: Option<Cell>,
}

/// The stored form of [`PublishedGrade`].
#[derive(Serialize, Deserialize)]
struct PublishedGradeParts {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    grade: Option<Cell>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rate: Option<Cell>,
}

/// A stored grade that says nothing.
#[derive(Debug, thiserror::Error)]
#[error("neither a grade nor a rate is given")]
struct NothingPublished;

impl PublishedGrade {
    /// From the cells of the grade and of the rate; `None` if the document prints neither.
    pub fn new(grade: Option<Cell>, rate: Option<Cell>) -> Option<Self> {
        (grade.is_some() || rate.is_some()).then_some(Self { grade, rate })
    }

    /// The cell of the grade (評価): A, 順調, ◎, ―.
    pub const fn grade(&self) -> Option<&Cell> {
        self.grade.as_ref()
    }

    /// The cell of the rate (達成率, 進捗率): 129.0%, 100%超. A number without a unit is in percent.
    pub const fn rate(&self) -> Option<&Cell> {
        self.rate.as_ref()
    }
}

impl TryFrom<PublishedGradeParts> for PublishedGrade {
    type Error = NothingPublished;
    fn try_from(PublishedGradeParts { grade, rate }: PublishedGradeParts) -> Result<Self, NothingPublished> {
        Self::new(grade, rate).ok_or(NothingPublished)
    }
}

impl From<PublishedGrade> for PublishedGradeParts {
    fn from(PublishedGrade { grade, rate }: PublishedGrade) -> Self {
        Self { grade, rate }
    }
}
