//! The rows of answers as files (`/data`): the id that an answer gave, and the format as its ending. The same address gives
//! the same bytes, so that it can be kept by whoever passes it on.

use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use headers::{ETag, HeaderMapExt, IfNoneMatch};
use shirube_access::Scope;
use shirube_app::Format;
use shirube_graphql::{Code, CostBudget, Overspent, refusal, whole_seconds};

use super::{
    Doors, graphql,
    identity::TimeLeft,
    rate::{Purse, RateKey},
    refused::{Refused, answer},
};

/// Who asks for a file, and how long they are still waited on.
pub(super) type Caller = (Extension<RateKey>, Extension<Arc<Scope>>, Extension<TimeLeft>);

/// What a file costs of the budget of values, at least.
pub(super) const COST: usize = 10_000;
/// A day: long enough to spare work, short enough that a mended mistake of the program shows.
const KEPT: (&str, &str) = ("public, max-age=86400", "private, max-age=86400");

pub(super) fn routes() -> Router<Doors> {
    Router::new().route("/data/{file}", get(file))
}

async fn file(
    State(doors): State<Doors>,
    (Extension(key), Extension(scope), Extension(left)): Caller,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let named = file.rsplit_once('.');
    let format = named.and_then(|(_, ending)| Format::ALL.into_iter().find(|of| of.extension() == ending));
    let (Some((id, _)), Some(format)) = (named, format) else {
        let told = "there is no such file; write the id of an answer and .csv, .parquet or .arrow";
        return Err(answer(StatusCode::NOT_FOUND, Code::NotFound, refusal(Code::NotFound, told)));
    };
    if let Some(too_many) = pay(&doors, key, COST, &headers)? {
        return Ok(too_many);
    }
    let kept = if headers.contains_key(header::AUTHORIZATION) { KEPT.1 } else { KEPT.0 };
    let work = async {
        let answered = doors.app.ask_again(&scope, id).await?;
        let tag = format!("\"{}.{}\"", answered.id.tag(), format.extension());
        if holds(&headers, &tag) {
            return Ok((tag, None));
        }
        Ok((tag, Some(doors.app.file(answered, format).await?)))
    };
    let (tag, bytes) = match tokio::time::timeout(left.0, work).await {
        Ok(done) => done.map_err(|error: shirube_domain::Error| Refused::from(error))?,
        Err(_) => return Ok(graphql::unavailable(&headers)),
    };
    let mut response = match bytes {
        Some(bytes) => {
            let name = format!(
                "attachment; filename=\"shirube-{}.{}\"",
                tag.get(1..9).unwrap_or_default(),
                format.extension()
            );
            let told = [(header::CONTENT_TYPE, format.media_type()), (header::CONTENT_DISPOSITION, &name)];
            (told, bytes).into_response()
        }
        None => StatusCode::NOT_MODIFIED.into_response(),
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}

/// Takes what a file costs out of the budget of a caller; the answer to one who has spent it.
pub(super) fn pay(doors: &Doors, key: RateKey, cost: usize, headers: &HeaderMap) -> Result<Option<Response>, Refused> {
    match (Purse { rates: &*doors.rates, key }).spend(cost) {
        Ok(()) => Ok(None),
        Err(Overspent::For(time)) => Ok(Some(graphql::too_many(headers, whole_seconds(time)))),
        Err(Overspent::Ever { .. }) => {
            let told = "a file costs more than the whole budget of this caller; ask for its content by GraphQL";
            Err(answer(StatusCode::BAD_REQUEST, Code::TooComplex, refusal(Code::TooComplex, told)))
        }
    }
}

/// Whether a caller holds what a tag names, as it says by `If-None-Match`.
pub(super) fn holds(headers: &HeaderMap, tag: &str) -> bool {
    let held = headers.typed_get::<IfNoneMatch>();
    held.zip(tag.parse::<ETag>().ok()).is_some_and(|(held, tag)| !held.precondition_passes(&tag))
}
