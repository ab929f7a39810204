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
use shirube_access::Scope;
use shirube_app::Format;
use shirube_graphql::{Code, CostBudget, Overspent, refusal, whole_seconds};

use super::{
    Doors, graphql,
    identity::TimeLeft,
    rate::{Purse, RateKey},
    refused::{Refused, answer},
};

/// What a file costs of the budget of values.
const COST: usize = 10_000;
/// A day: long enough to spare work, short enough that a mended mistake of the program shows.
const KEPT: (&str, &str) = ("public, max-age=86400", "private, max-age=86400");

pub(super) fn routes() -> Router<Doors> {
    Router::new().route("/data/{file}", get(file))
}

async fn file(
    State(doors): State<Doors>,
    Extension(key): Extension<RateKey>,
    Extension(scope): Extension<Arc<Scope>>,
    Extension(left): Extension<TimeLeft>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let named = file.rsplit_once('.');
    let format = named.and_then(|(_, ending)| Format::ALL.into_iter().find(|of| of.extension() == ending));
    let (Some((id, _)), Some(format)) = (named, format) else {
        let told = "there is no such file; write the id of an answer and .csv, .parquet or .arrow";
        return Err(answer(StatusCode::NOT_FOUND, Code::NotFound, refusal(Code::NotFound, told)));
    };
    match (Purse { rates: &*doors.rates, key }).spend(COST) {
        Ok(()) => {}
        Err(Overspent::For(time)) => return Ok(graphql::too_many(&headers, whole_seconds(time))),
        Err(Overspent::Ever { .. }) => {
            let told = "a file costs more than the whole budget of this caller; ask for its rows by GraphQL";
            return Err(answer(StatusCode::BAD_REQUEST, Code::TooComplex, refusal(Code::TooComplex, told)));
        }
    }
    let kept = if headers.contains_key(header::AUTHORIZATION) { KEPT.1 } else { KEPT.0 };
    let work = async {
        let answered = doors.app.ask_again(&scope, id).await?;
        let tag = format!("\"{}.{}\"", answered.id.tag(), format.extension());
        if headers.get(header::IF_NONE_MATCH).is_some_and(|of| of.as_bytes() == tag.as_bytes()) {
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
