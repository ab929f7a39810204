use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use shirube_graphql::Code;
use tracing::Instrument;
use uuid::Uuid;

/// The name of the operation that a request executed, left by the handler for the log.
#[derive(Clone)]
pub(crate) struct Operation(pub(crate) Option<String>);

/// The code with which a GraphQL request was refused, left by the handler for the log and the metrics.
#[derive(Clone, Copy)]
pub(crate) struct RefusalCode(pub(crate) &'static str);

/// The codes of the errors of fields of an answer, left by the handler for the log and the metrics.
#[derive(Clone)]
pub(crate) struct FieldCodes(pub(crate) Vec<Code>);

/// The id of the user or API key that asked, left for the log. It names nobody by itself.
#[derive(Clone, Copy)]
pub(crate) struct Asker(pub(crate) Uuid);

/// The id of a request, an extension of each request.
#[derive(Clone)]
pub(crate) struct RequestId(pub(crate) String);

/// The header with the id of a request.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest path and query, in bytes.
const URL_BYTES: usize = 8 * 1024;

/// Gives each request an id, logs it once when it is answered, and counts it. The id is always our own: one that a
/// client sends is not trusted to be unique or harmless.
pub(crate) async fn observe(mut request: Request, next: Next) -> Response {
    let id = Uuid::now_v7().to_string();
    request.extensions_mut().insert(RequestId(id.clone()));
    let start = Instant::now();
    let method = request.method().clone();
    // The route and not the path: a path is the client's text, and without bound.
    let route = request.extensions().get::<MatchedPath>().map_or("unknown", MatchedPath::as_str).to_owned();
    let url = request.uri().path_and_query().map_or(0, |url| url.as_str().len());
    let ambiguous = request.headers().contains_key(header::CONTENT_LENGTH)
        && request.headers().contains_key(header::TRANSFER_ENCODING);
    let mut response = if url > URL_BYTES {
        (StatusCode::URI_TOO_LONG, "the URL is longer than 8 KiB; use POST\n").into_response()
    } else if ambiguous {
        (StatusCode::BAD_REQUEST, "Content-Length and Transfer-Encoding exclude each other\n").into_response()
    } else {
        // Everything that is logged on the way carries the id.
        next.run(request).instrument(tracing::info_span!("request", request_id = %id)).await
    };
    let elapsed = start.elapsed();
    let status = response.status().as_u16();
    let operation = response.extensions_mut().remove::<Operation>().and_then(|operation| operation.0);
    let asker = response.extensions_mut().remove::<Asker>().map(|asker| asker.0.to_string());
    let refusal = response.extensions_mut().remove::<RefusalCode>().map(|code| code.0);
    let fields = response.extensions_mut().remove::<FieldCodes>().map(|codes| codes.0).unwrap_or_default();
    let code = refusal.or_else(|| fields.first().map(|code| code.name()));
    tracing::info!(
        request_id = id,
        method = method.as_str(),
        route,
        status,
        duration_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
        operation,
        code,
        asker,
        "answered"
    );
    let labels = [("route", route), ("status", status.to_string())];
    metrics::counter!("shirube_http_requests_total", &labels).increment(1);
    metrics::histogram!("shirube_http_request_duration_seconds", &labels[..1]).record(elapsed.as_secs_f64());
    if let Some(code) = refusal {
        metrics::counter!("shirube_graphql_refusals_total", "code" => code).increment(1);
    }
    // Among them the attempts to see or do what belongs to another municipality.
    for code in fields {
        metrics::counter!("shirube_graphql_field_errors_total", "code" => code.name()).increment(1);
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}
