//! GraphQL over HTTP, written by hand after the specification of that name.

use std::sync::Arc;

use axum::{
    Extension,
    body::Body,
    extract::{RawQuery, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde_json::{Map, Value};
use shirube_access::Scope;
use shirube_graphql::{Allowed, Code, GraphqlRequest, Outcome, limits, refusal, refusal_as_early};

use super::{
    Doors,
    body::{Malformed, bad, is_utf8, read_json},
    identity::TimeLeft,
    observe::{FieldCodes, Operation, RefusalCode},
    rate::{Purse, RateKey},
};

/// The media type of an answer. Under the older one, a well-formed request is answered 200 whatever became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Media {
    GraphqlResponse,
    Json,
}

impl Media {
    const fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        })
    }

    /// The best media type that the client accepts; `None` if it accepts neither.
    fn accepted(headers: &HeaderMap) -> Option<Self> {
        let given: Vec<&str> = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
        if given.is_empty() {
            return Some(Self::Json);
        }
        let ranges: Vec<_> = given.iter().flat_map(|value| value.split(',')).filter_map(read_range).collect();
        // For each type the most specific range that holds it decides.
        let quality = |media: &str| {
            let specific = |of: &str| ranges.iter().rfind(|(range, _)| range == of).map(|(_, quality)| *quality);
            specific(media).or_else(|| specific("application/*")).or_else(|| specific("*/*")).unwrap_or(0.0)
        };
        let (new, old) = (quality("application/graphql-response+json"), quality("application/json"));
        // A client that takes anything gets the older type, which every client knows.
        let named = ranges.iter().any(|(range, _)| range == "application/graphql-response+json");
        if new > 0.0 && (new > old || (named && new >= old)) {
            Some(Self::GraphqlResponse)
        } else {
            (old > 0.0).then_some(Self::Json)
        }
    }
}

/// A media range of Accept in lower case, with its quality. One that asks for another charset than UTF-8 is passed over.
fn read_range(range: &str) -> Option<(String, f32)> {
    let mut parts = range.split(';').map(str::trim);
    let media = parts.next()?.to_ascii_lowercase();
    let mut quality = 1.0;
    for parameter in parts {
        let (name, value) = parameter.split_once('=')?;
        match name.trim().to_ascii_lowercase().as_str() {
            "q" => quality = value.trim().parse().ok()?,
            "charset" if !is_utf8(value) => return None,
            _ => {}
        }
    }
    Some((media, quality))
}

/// `POST /graphql`.
pub(crate) async fn by_post(
    State(doors): State<Doors>,
    Extension(key): Extension<RateKey>,
    Extension(scope): Extension<Arc<Scope>>,
    Extension(left): Extension<TimeLeft>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let Some(media) = Media::accepted(&headers) else { return not_acceptable() };
    match read_post(&headers, body).await {
        Ok(request) => execute(&doors, Caller { key, scope, left }, request, Allowed::All, media).await,
        Err(malformed) => malformed.respond(media),
    }
}

/// `GET /graphql`. A browser that asks for a page is shown the one to try queries on.
pub(crate) async fn by_get(
    State(doors): State<Doors>,
    Extension(key): Extension<RateKey>,
    Extension(scope): Extension<Arc<Scope>>,
    Extension(left): Extension<TimeLeft>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let asks_page =
        headers.get(header::ACCEPT).is_some_and(|accept| accept.to_str().is_ok_and(|of| of.contains("text/html")));
    if query.is_none() && asks_page {
        return Redirect::to("/graphiql").into_response();
    }
    let Some(media) = Media::accepted(&headers) else { return not_acceptable() };
    match read_get(query.as_deref().unwrap_or_default()) {
        Ok(request) => execute(&doors, Caller { key, scope, left }, request, Allowed::Queries, media).await,
        Err(malformed) => malformed.respond(media),
    }
}

fn not_acceptable() -> Response {
    let told = "this door answers application/graphql-response+json and application/json";
    Malformed { status: StatusCode::NOT_ACCEPTABLE, message: told }.respond(Media::Json)
}

/// The answer to a caller that asks too often, whatever it asked.
pub(crate) fn too_many(headers: &HeaderMap, seconds: u64) -> Response {
    let media = Media::accepted(headers).unwrap_or(Media::Json);
    let body = refusal_as_early(&format!("too many requests within a minute; ask again in {seconds} s"), seconds);
    respond(media, StatusCode::TOO_MANY_REQUESTS, body, Some(Code::RateLimited))
}

/// The answer to a caller that is not who it says, whatever it asked and whatever is wrong: one and the same.
pub(crate) fn not_believed(headers: &HeaderMap) -> Response {
    let media = Media::accepted(headers).unwrap_or(Media::Json);
    let body =
        refusal(Code::Unauthenticated, "the access token or API key is not valid; sign in again, or leave it out");
    let mut response = respond(media, StatusCode::UNAUTHORIZED, body, Some(Code::Unauthenticated));
    let challenge = HeaderValue::from_static("Bearer realm=\"shirube\", error=\"invalid_token\"");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    response
}

/// The answer to a caller that cannot be looked up now.
pub(crate) fn unavailable(headers: &HeaderMap) -> Response {
    let media = Media::accepted(headers).unwrap_or(Media::Json);
    let body = refusal(Code::Unavailable, "the service is temporarily unavailable; try again later");
    respond(media, StatusCode::SERVICE_UNAVAILABLE, body, Some(Code::Unavailable))
}

/// The answer to a caller for whom there is no place now.
pub(crate) fn full(headers: &HeaderMap, told: &str) -> Response {
    let media = Media::accepted(headers).unwrap_or(Media::Json);
    respond(media, StatusCode::SERVICE_UNAVAILABLE, refusal(Code::Unavailable, told), Some(Code::Unavailable))
}

async fn read_post(headers: &HeaderMap, body: Body) -> Result<GraphqlRequest, Malformed> {
    match read_json(headers, body, limits::BODY_BYTES).await? {
        Value::Object(fields) => read_fields(fields),
        Value::Array(_) => Err(bad("several requests in one body are not answered; send each by itself")),
        _ => Err(bad("the body is not a JSON object; send one with the key query")),
    }
}

impl Malformed {
    fn respond(&self, media: Media) -> Response {
        respond(media, self.status, refusal(Code::BadUserInput, self.message), Some(Code::BadUserInput))
    }
}

fn read_get(query: &str) -> Result<GraphqlRequest, Malformed> {
    let mut fields = Map::new();
    for (name, value) in form_pairs(query)? {
        let value = match name.as_str() {
            "query" | "operationName" => Value::String(value),
            "variables" | "extensions" if value.is_empty() => Value::Null,
            "variables" | "extensions" => serde_json::from_str(&value)
                .map_err(|_| bad("the parameters variables and extensions hold JSON objects"))?,
            _ => continue,
        };
        fields.insert(name, value);
    }
    read_fields(fields)
}

/// The pairs of a query string, percent-decoded. What is not UTF-8 is refused rather than replaced.
fn form_pairs(query: &str) -> Result<Vec<(String, String)>, Malformed> {
    let decode = |text: &str| {
        percent_encoding::percent_decode_str(&text.replace('+', " "))
            .decode_utf8()
            .map(std::borrow::Cow::into_owned)
            .map_err(|_| bad("the query string is not UTF-8"))
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(name)?, decode(value)?))
        })
        .collect()
}

pub(super) fn read_fields(mut fields: Map<String, Value>) -> Result<GraphqlRequest, Malformed> {
    let query = match fields.remove("query") {
        Some(Value::String(query)) => query,
        None | Some(Value::Null) => return Err(bad("the key query is missing; it holds the GraphQL document")),
        Some(_) => return Err(bad("the key query holds a string")),
    };
    let operation_name = match fields.remove("operationName") {
        None | Some(Value::Null) => None,
        Some(Value::String(name)) => Some(name).filter(|name| !name.is_empty()),
        Some(_) => return Err(bad("the key operationName holds a string")),
    };
    let variables = match fields.remove("variables") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(variables)) => variables,
        Some(_) => return Err(bad("the key variables holds an object")),
    };
    match fields.remove("extensions") {
        None | Some(Value::Null | Value::Object(_)) => Ok(GraphqlRequest { query, operation_name, variables }),
        Some(_) => Err(bad("the key extensions holds an object")),
    }
}

/// Who asks, who pays, and how much time is left.
struct Caller {
    key: RateKey,
    scope: Arc<Scope>,
    left: TimeLeft,
}

async fn execute(
    doors: &Doors,
    Caller { key, scope, left }: Caller,
    request: GraphqlRequest,
    allowed: Allowed,
    media: Media,
) -> Response {
    let purse = Purse { rates: &*doors.rates, key };
    let execution = doors.api.execute(request, allowed, scope, &purse);
    let Ok(answer) = tokio::time::timeout(left.0, execution).await else {
        let body = refusal(Code::Unavailable, "the request took longer than 10 seconds and was given up");
        return respond(media, StatusCode::SERVICE_UNAVAILABLE, body, Some(Code::Unavailable));
    };
    let (status, code) = match answer.outcome {
        Outcome::Executed => (StatusCode::OK, None),
        Outcome::NotAllowed => (StatusCode::METHOD_NOT_ALLOWED, Some(Code::BadUserInput)),
        Outcome::Refused(code) => (refused(code, media), Some(code)),
    };
    let mut response = respond(media, status, answer.body, code);
    if status == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
    }
    if let Some(seconds) = answer.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response.extensions_mut().insert(Operation(answer.operation));
    if !answer.codes.is_empty() {
        response.extensions_mut().insert(FieldCodes(answer.codes));
    }
    response
}

const fn refused(code: Code, media: Media) -> StatusCode {
    match (code, media) {
        (Code::Internal, _) => StatusCode::INTERNAL_SERVER_ERROR,
        (Code::Unavailable, _) => StatusCode::SERVICE_UNAVAILABLE,
        (Code::RateLimited, Media::GraphqlResponse) => StatusCode::TOO_MANY_REQUESTS,
        (_, Media::GraphqlResponse) => StatusCode::BAD_REQUEST,
        (_, Media::Json) => StatusCode::OK,
    }
}

fn respond(media: Media, status: StatusCode, body: Vec<u8>, code: Option<Code>) -> Response {
    let mut response = (status, [(header::CONTENT_TYPE, media.header())], body).into_response();
    if let Some(code) = code {
        response.extensions_mut().insert(RefusalCode(code.name()));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(accept: &str) -> Option<Media> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, accept.parse().unwrap());
        Media::accepted(&headers)
    }

    #[test]
    fn the_media_type_is_negotiated() {
        assert_eq!(Media::accepted(&HeaderMap::new()), Some(Media::Json));
        assert_eq!(accepted("*/*"), Some(Media::Json));
        assert_eq!(accepted("application/json"), Some(Media::Json));
        assert_eq!(accepted("application/json; charset=utf-8"), Some(Media::Json));
        assert_eq!(accepted("application/graphql-response+json, application/json"), Some(Media::GraphqlResponse));
        assert_eq!(accepted("application/graphql-response+json;q=0.5, application/json"), Some(Media::Json));
        assert_eq!(accepted("text/html"), None);
        assert_eq!(accepted("application/json;q=0"), None);
        assert_eq!(accepted("application/json;q=0, */*"), Some(Media::GraphqlResponse));
        assert_eq!(accepted("application/json; charset=iso-8859-1"), None);
    }

    #[test]
    fn a_query_string_is_decoded() {
        let request = read_get("query=%7B+a%28b%3A%22%E7%A0%82%22%29%20%7D&variables=%7B%22x%22%3A1%7D&operationName=")
            .ok()
            .unwrap();
        assert_eq!(request.query, "{ a(b:\"砂\") }");
        assert_eq!(request.variables["x"], 1);
        assert_eq!(request.operation_name, None);
        assert!(read_get("query=%FF").is_err());
        assert!(read_get("query=a&variables=x").is_err());
        assert!(read_get("").is_err());
    }
}
