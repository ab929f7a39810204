//! What the doors of files share: who asks, what it costs them, and how long an answer may be kept.

use std::{collections::BTreeMap, ops::RangeInclusive, sync::Arc};

use axum::{
    Extension,
    body::{Body, Bytes},
    extract::{FromRequest, Multipart, Request, multipart::MultipartError},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, IntoResponseParts, Response},
};
use headers::{AcceptRanges, ContentRange, ETag, HeaderMapExt, IfNoneMatch, IfRange};
use http_range_header::{RangeUnsatisfiableError, parse_range_header};
use shirube_access::Scope;
use shirube_graphql::{Code, CostBudget, Overspent, refusal, whole_seconds};

use super::{
    Doors, body, graphql,
    identity::TimeLeft,
    rate::{Purse, RateKey},
    refused::{Refused, answer, bad},
};

/// Who asks for a file, and how long they are still waited on.
pub(super) type Caller = (Extension<RateKey>, Extension<Arc<Scope>>, Extension<TimeLeft>);

/// What a file costs of the budget of values, at least.
pub(super) const COST: usize = 10_000;
/// The media type of a workbook.
pub(super) const WORKBOOK: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// How long a file may be kept: by whoever passes it on, and by its asker alone where they said who they are.
pub(super) struct Kept {
    anybody: &'static str,
    asker: &'static str,
}

/// A day: long enough to spare work, short enough that a mended mistake of the program shows.
pub(super) const A_DAY: Kept = Kept { anybody: "public, max-age=86400", asker: "private, max-age=86400" };
/// Until it is asked for again: something may have been published since.
pub(super) const UNTIL_ASKED: Kept = Kept { anybody: "public, no-cache", asker: "private, no-cache" };

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

/// The fields of a form, which is read to its end before it is refused, so that its sender hears of it.
pub(super) async fn form(request: Request, limit: usize, what: &str) -> Result<BTreeMap<String, Vec<u8>>, Refused> {
    let (parts, body) = request.into_parts();
    let bytes = body::read(body, limit).await?;
    let form = Multipart::from_request(Request::from_parts(parts, Body::from(bytes)), &()).await;
    let mut form = form.map_err(|_| bad(&format!("send {what} as multipart/form-data, in a field `file`")))?;
    let broken = |error: MultipartError| bad(&format!("the form cannot be read: {}", error.body_text()));
    let mut fields = BTreeMap::new();
    while let Some(field) = form.next_field().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        fields.insert(name, field.bytes().await.map_err(broken)?.to_vec());
    }
    Ok(fields)
}

/// Whether a caller holds what a tag names, as it says by `If-None-Match`.
pub(super) fn holds(headers: &HeaderMap, tag: &str) -> bool {
    let held = headers.typed_get::<IfNoneMatch>();
    held.zip(tag.parse::<ETag>().ok()).is_some_and(|(held, tag)| !held.precondition_passes(&tag))
}

/// A file that is held whole, or the part of it that is asked for.
pub(super) fn send(
    method: &Method,
    headers: &HeaderMap,
    tag: &str,
    told: impl IntoResponseParts,
    bytes: Bytes,
) -> Result<Response, Refused> {
    let length = bytes.len() as u64;
    let mut response = match part(method, headers, tag, length).map_err(|OutOfReach| out_of_reach(length))? {
        None => (told, bytes).into_response(),
        Some((part, range)) => {
            let mut response = (StatusCode::PARTIAL_CONTENT, told, bytes.slice(part)).into_response();
            response.headers_mut().typed_insert(range);
            response
        }
    };
    response.headers_mut().typed_insert(AcceptRanges::bytes());
    Ok(response)
}

/// A part of which the file has nothing.
struct OutOfReach;

/// Which part of a file is asked for. What cannot be read, and several parts at once, are answered with the whole, as RFC 9110
/// leaves it to us; so is who holds a part of another file than this one (`If-Range`).
fn part(
    method: &Method,
    headers: &HeaderMap,
    tag: &str,
    length: u64,
) -> Result<Option<(RangeInclusive<usize>, ContentRange)>, OutOfReach> {
    let of_this = match headers.typed_try_get::<IfRange>() {
        Ok(held) => held.is_none_or(|held| !held.is_modified(tag.parse().ok().as_ref(), None)),
        Err(_) => false,
    };
    let asked = headers.get(header::RANGE).and_then(|asked| parse_range_header(asked.to_str().ok()?).ok());
    let Some(asked) = asked.filter(|_| of_this && method == Method::GET) else { return Ok(None) };
    let ranges = match asked.validate(length) {
        Ok(ranges) => ranges,
        Err(RangeUnsatisfiableError::Unsatisfiable) => return Err(OutOfReach),
        Err(_) => return Ok(None),
    };
    let [range] = ranges.as_slice() else { return Ok(None) };
    let ends = usize::try_from(*range.start()).ok().zip(usize::try_from(*range.end()).ok());
    Ok(ends.zip(ContentRange::bytes(range.clone(), length).ok()).map(|((first, last), told)| (first..=last, told)))
}

fn out_of_reach(length: u64) -> Refused {
    let told = format!(
        "Range: このファイルは {length} バイトで、指定された範囲には何もありません。 / this file has {length} bytes, and none of them is in this range"
    );
    let mut refused = answer(StatusCode::RANGE_NOT_SATISFIABLE, Code::BadUserInput, refusal(Code::BadUserInput, &told));
    refused.0.headers_mut().typed_insert(ContentRange::unsatisfied_bytes(length));
    refused
}

/// A strong tag says that the bytes are the same, by which parts are put together. Packed on the way, they are others.
pub(super) async fn weaken(mut response: Response) -> Response {
    if response.headers().contains_key(header::CONTENT_ENCODING)
        && let Some(tag) = response.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok())
        && !tag.starts_with("W/")
        && let Ok(weak) = HeaderValue::from_str(&format!("W/{tag}"))
    {
        response.headers_mut().insert(header::ETAG, weak);
    }
    response
}

/// Says how long an answer may be kept, and by which tag it is asked for again.
pub(super) fn keep(response: &mut Response, headers: &HeaderMap, kept: &Kept, tag: Option<&str>) {
    let kept = if headers.contains_key(header::AUTHORIZATION) { kept.asker } else { kept.anybody };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    if let Some(tag) = tag.and_then(|tag| HeaderValue::from_str(tag).ok()) {
        response.headers_mut().insert(header::ETAG, tag);
    }
}
