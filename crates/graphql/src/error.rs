//! Errors, translated once: from the domain's one error, and from what the executor finds, to the vocabulary of codes.

use async_graphql::{ErrorExtensionValues, ErrorExtensions, ServerError};
use shirube_domain::Error;

/// A code in `extensions.code`: what a client may branch on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The text is not GraphQL.
    ParseFailed,
    /// The document does not fit the schema.
    ValidationFailed,
    /// A value, variable, id or cursor is wrong.
    BadUserInput,
    /// The caller must say who it is first, or anew.
    Unauthenticated,
    /// The caller is known and may not do this.
    Forbidden,
    /// There is no such thing, or none that the caller may see.
    NotFound,
    /// It does not go together with what is there.
    Conflict,
    /// The request asks for too much at once.
    TooComplex,
    /// The caller has asked for too much in a short time.
    RateLimited,
    /// The service cannot answer now.
    Unavailable,
    /// A defect of the service.
    Internal,
}

impl Code {
    const ALL: [Self; 11] = [
        Self::ParseFailed,
        Self::ValidationFailed,
        Self::BadUserInput,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::NotFound,
        Self::Conflict,
        Self::TooComplex,
        Self::RateLimited,
        Self::Unavailable,
        Self::Internal,
    ];

    /// The code that an error carries.
    pub(crate) fn of(error: &ServerError) -> Self {
        let name = error.extensions.as_ref().and_then(|extensions| extensions.get("code"));
        Self::ALL.into_iter().find(|code| name == Some(&code.name().into())).unwrap_or(Self::Internal)
    }

    /// Its name in answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::ValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::Conflict => "CONFLICT",
            Self::TooComplex => "QUERY_TOO_COMPLEX",
            Self::RateLimited => "RATE_LIMITED",
            Self::Unavailable => "UNAVAILABLE",
            Self::Internal => "INTERNAL_SERVER_ERROR",
        }
    }
}

/// An error of the domain on its way out. Causes are logged here, once, and never sent.
pub(crate) fn outward(error: Error) -> async_graphql::Error {
    let code = match &error {
        Error::BadInput(_) | Error::Problems(_) => Code::BadUserInput,
        Error::Conflict(_) => Code::Conflict,
        Error::Unauthenticated => Code::Unauthenticated,
        Error::Forbidden { .. } => Code::Forbidden,
        Error::NotFound { .. } => Code::NotFound,
        Error::Unavailable(cause) => {
            tracing::warn!(cause = chain(&**cause), "the store is unavailable");
            Code::Unavailable
        }
        Error::Internal(cause) => {
            tracing::error!(cause = chain(&**cause), "a resolver failed");
            Code::Internal
        }
        _ => Code::Internal,
    };
    coded(error.to_string(), code)
}

/// A mistake in an argument.
pub(crate) fn bad_input(argument: &str, message: impl std::fmt::Display) -> async_graphql::Error {
    outward(Error::bad_input(argument, message))
}

/// An error with its code.
pub(crate) fn coded(message: String, code: Code) -> async_graphql::Error {
    async_graphql::Error::new(message).extend_with(|_, extensions| extensions.set("code", code.name()))
}

/// A cause and its causes in one line.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// An error of a whole request.
pub(crate) fn request_error(code: Code, message: impl Into<String>) -> ServerError {
    let mut error = ServerError::new(message, None);
    set_code(&mut error, code);
    error
}

/// An error of a request that comes too early.
pub(crate) fn early(message: impl Into<String>, retry_after: u64) -> ServerError {
    let mut error = request_error(Code::RateLimited, message);
    error.extensions.get_or_insert_with(ErrorExtensionValues::default).set("retryAfter", retry_after);
    error
}

pub(crate) fn set_code(error: &mut ServerError, code: Code) {
    error.extensions.get_or_insert_with(ErrorExtensionValues::default).set("code", code.name());
}

/// What the executor finds by itself, and therefore carries no code, is a value that cannot be coerced.
pub(crate) fn complete(error: &mut ServerError) {
    if error.extensions.as_ref().is_none_or(|extensions| extensions.get("code").is_none()) {
        set_code(error, Code::BadUserInput);
    }
}
