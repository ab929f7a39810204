//! What is answered to a request beside GraphQL that is not granted.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use shirube_domain::Error;
use shirube_graphql::{Code, refusal};

use super::{body::Malformed, observe::RefusalCode};

/// A request that is not granted, as an answer.
pub(super) struct Refused(pub(super) Box<Response>);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        *self.0
    }
}

/// The answer of a status and a code.
pub(super) fn answer(status: StatusCode, code: Code, body: Vec<u8>) -> Refused {
    let mut response = (status, [(header::CONTENT_TYPE, "application/json; charset=utf-8")], body).into_response();
    response.extensions_mut().insert(RefusalCode(code.name()));
    Refused(Box::new(response))
}

/// The answer to a request that its caller can mend.
pub(super) fn bad(message: &str) -> Refused {
    answer(StatusCode::BAD_REQUEST, Code::BadUserInput, refusal(Code::BadUserInput, message))
}

impl From<Malformed> for Refused {
    fn from(Malformed { status, message }: Malformed) -> Self {
        answer(status, Code::BadUserInput, refusal(Code::BadUserInput, message))
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        let (status, code) = match &error {
            Error::BadInput(_) | Error::Problems(_) => (StatusCode::BAD_REQUEST, Code::BadUserInput),
            Error::Conflict(_) => (StatusCode::CONFLICT, Code::Conflict),
            Error::Unauthenticated => (StatusCode::UNAUTHORIZED, Code::Unauthenticated),
            Error::Forbidden { .. } => (StatusCode::FORBIDDEN, Code::Forbidden),
            Error::NotFound { .. } => (StatusCode::NOT_FOUND, Code::NotFound),
            Error::Unavailable(cause) => {
                tracing::warn!(cause = crate::chain(&**cause), "a request cannot be answered now");
                (StatusCode::SERVICE_UNAVAILABLE, Code::Unavailable)
            }
            _ => {
                tracing::error!(error = crate::chain(&error), "a request failed");
                (StatusCode::INTERNAL_SERVER_ERROR, Code::Internal)
            }
        };
        answer(status, code, refusal(code, &error.to_string()))
    }
}
