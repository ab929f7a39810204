//! The one error that callers of Shirube see: as many variants as a caller has next moves.

use std::fmt;

/// What went wrong, seen from the caller's chair. Its `Display` is written for the caller and holds nothing internal;
/// the cause chain of the last two variants is for the log alone.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The caller can mend the input: what is wrong, where, and how to mend it.
    #[error("{0}")]
    BadInput(BadInput),
    /// The caller can mend the input in several places, which are told all at once.
    #[error("{}", in_one_line(.0))]
    Problems(Vec<BadInput>),
    /// What is asked for does not go together with what is there: a name that is taken, the last administrator.
    #[error("{0}")]
    Conflict(BadInput),
    /// The caller must say who it is first, or anew.
    #[error("sign in first: send an access token or an API key as `Authorization: Bearer …`")]
    Unauthenticated,
    /// The caller is known and may not do this.
    #[error("your roles do not allow this: it needs {needs}")]
    Forbidden {
        /// Who may, for people.
        needs: String,
    },
    /// There is no such thing, or none that the caller may see: the two are one answer.
    #[error("{what} was not found")]
    NotFound {
        /// The kind of thing that was asked for, such as `strategy`.
        what: &'static str,
    },
    /// The service cannot answer now; the same request may succeed later.
    #[error("the service is temporarily unavailable; try again later")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A defect or a broken invariant of ours; the caller can do nothing but report the request id.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Input that the caller can mend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadInput {
    /// Where it is: the name of an argument, or a path into a document (`nodes[3].indicators[0].target`).
    pub place: String,
    /// What is wrong and how to mend it, in one sentence.
    pub message: String,
}

impl fmt::Display for BadInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.place.is_empty() { f.write_str(&self.message) } else { write!(f, "{}: {}", self.place, self.message) }
    }
}

fn in_one_line(problems: &[BadInput]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl Error {
    /// A mistake in the input at `place`.
    pub fn bad_input(place: impl Into<String>, message: impl fmt::Display) -> Self {
        Self::BadInput(BadInput { place: place.into(), message: message.to_string() })
    }

    /// A contradiction to what is there, at `place` of the input.
    pub fn conflict(place: impl Into<String>, message: impl fmt::Display) -> Self {
        Self::Conflict(BadInput { place: place.into(), message: message.to_string() })
    }

    /// The same error of a part of the input that stands at `place` of the whole.
    #[must_use]
    pub fn within(self, place: &str) -> Self {
        let within = |BadInput { place: part, message }| {
            let place = if part.is_empty() { place.to_owned() } else { format!("{place}.{part}") };
            BadInput { place, message }
        };
        match self {
            Self::BadInput(problem) => Self::BadInput(within(problem)),
            Self::Problems(problems) => Self::Problems(problems.into_iter().map(within).collect()),
            Self::Conflict(problem) => Self::Conflict(within(problem)),
            other => other,
        }
    }

    /// A broken invariant, with its cause for the log.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }
}
