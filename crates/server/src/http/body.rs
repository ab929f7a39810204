//! Bodies of requests: JSON in UTF-8, up to a limit.

use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderMap, StatusCode, header},
};
use http_body_util::BodyExt;
use serde_json::Value;
use shirube_graphql::limits;

/// What is wrong with a request before it is one.
pub(crate) struct Malformed {
    pub(crate) status: StatusCode,
    pub(crate) message: &'static str,
}

/// A request that its sender can mend.
pub(crate) const fn bad(message: &'static str) -> Malformed {
    Malformed { status: StatusCode::BAD_REQUEST, message }
}

/// Whether a charset is UTF-8.
pub(crate) fn is_utf8(charset: &str) -> bool {
    matches!(charset.trim().trim_matches('"').to_ascii_lowercase().as_str(), "utf-8" | "utf8")
}

/// Reads a body of up to `most` bytes as JSON.
pub(crate) async fn read_json(headers: &HeaderMap, body: Body, most: usize) -> Result<Value, Malformed> {
    let unsupported = |message| Malformed { status: StatusCode::UNSUPPORTED_MEDIA_TYPE, message };
    if headers.contains_key(header::CONTENT_ENCODING) {
        return Err(unsupported("a compressed body is not read; send it as it is"));
    }
    let told = "send the request as application/json in UTF-8";
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let mut parts = content_type.ok_or(unsupported(told))?.split(';').map(str::trim);
    let json = parts.next().is_some_and(|media| media.eq_ignore_ascii_case("application/json"));
    let utf8 = parts.all(|parameter| match parameter.split_once('=') {
        Some((name, charset)) if name.trim().eq_ignore_ascii_case("charset") => is_utf8(charset),
        _ => true,
    });
    if !json || !utf8 {
        return Err(unsupported(told));
    }
    let read = tokio::time::timeout(Duration::from_secs(limits::SECONDS), read(body, most));
    let late = Malformed { status: StatusCode::REQUEST_TIMEOUT, message: "the body did not arrive within 10 seconds" };
    let bytes = read.await.map_err(|_| late)??;
    let text = str::from_utf8(&bytes).map_err(|_| bad("the body is not UTF-8"))?;
    serde_json::from_str(text)
        .map_err(|_| bad("the body is not JSON, or nested more than 128 deep; send a JSON object"))
}

/// Reads a body up to the limit. What is beyond it is read and thrown away, so that the client hears the answer instead of
/// a closed connection; a client that goes on and on is cut off.
pub(crate) async fn read(mut body: Body, most: usize) -> Result<Vec<u8>, Malformed> {
    const DISCARDED: usize = 32 * limits::BODY_BYTES;
    let (mut bytes, mut arrived) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| bad("the body could not be read"))?;
        let Some(data) = frame.data_ref() else { continue };
        arrived += data.len();
        if arrived <= most {
            bytes.extend_from_slice(data);
        } else if arrived > DISCARDED {
            break;
        }
    }
    if arrived > most {
        return Err(Malformed {
            status: StatusCode::PAYLOAD_TOO_LARGE,
            message: "the body is too large; 1 MiB is the most for /graphql, 16 KiB for /auth, 10 MiB for a workbook",
        });
    }
    Ok(bytes)
}
