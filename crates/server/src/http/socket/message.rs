//! The messages of the protocol.

use axum::extract::ws::Message;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// What a client says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum FromClient {
    ConnectionInit { payload: Option<Map<String, Value>> },
    Ping { payload: Option<Map<String, Value>> },
    Pong {},
    Subscribe { id: String, payload: Map<String, Value> },
    Complete { id: String },
}

impl FromClient {
    /// Reads a message; `None` if it is none of the protocol.
    pub(super) fn read(text: &str) -> Option<Self> {
        let message: Self = serde_json::from_str(text).ok()?;
        match &message {
            Self::Subscribe { id, .. } | Self::Complete { id } if id.is_empty() => None,
            _ => Some(message),
        }
    }
}

/// The token or key in the payload of `connection_init`, as in the header of that name; absent if there is none. One that
/// is there and cannot be read is not taken for none.
pub(super) fn bearer(payload: Option<&Map<String, Value>>) -> Result<Option<&str>, NotABearer> {
    let mut named = payload.into_iter().flatten().filter(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    let Some((_, value)) = named.next() else { return Ok(None) };
    let (scheme, token) = value.as_str().and_then(|value| value.split_once(' ')).ok_or(NotABearer)?;
    let one = named.next().is_none() && scheme.eq_ignore_ascii_case("bearer");
    if one { Ok(Some(token.trim_ascii())) } else { Err(NotABearer) }
}

/// Something stands in place of a token.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotABearer;

pub(super) fn acknowledged() -> Message {
    Message::text(json!({ "type": "connection_ack" }).to_string())
}

pub(super) fn pong(payload: Option<Map<String, Value>>) -> Message {
    let mut message = json!({ "type": "pong" });
    if let Some(payload) = payload {
        message["payload"] = payload.into();
    }
    Message::text(message.to_string())
}

/// An answer of an operation, which is JSON already.
pub(super) fn next(id: &str, answer: &[u8]) -> Message {
    let answer = String::from_utf8_lossy(answer);
    Message::text(format!(r#"{{"id":{},"type":"next","payload":{answer}}}"#, Value::from(id)))
}

/// The refusal of an operation, from an answer that holds errors alone.
pub(super) fn error(id: &str, answer: &[u8]) -> Message {
    let mut answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    Message::text(json!({ "id": id, "type": "error", "payload": answer["errors"].take() }).to_string())
}

pub(super) fn complete(id: &str) -> Message {
    Message::text(json!({ "id": id, "type": "complete" }).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read_to_the_letter() {
        let read = |text: &str| FromClient::read(text).is_some();
        for right in [
            r#"{"type":"connection_init"}"#,
            r#"{"type":"connection_init","payload":null}"#,
            r#"{"type":"connection_init","payload":{"a":1}}"#,
            r#"{"type":"ping"}"#,
            r#"{"type":"pong","payload":{}}"#,
            r#"{"id":"1","type":"subscribe","payload":{"query":"{ a }"}}"#,
            r#"{"id":"1","type":"complete"}"#,
        ] {
            assert!(read(right), "{right}");
        }
        for wrong in [
            "",
            "x",
            "[]",
            "{}",
            r#"{"type":"start"}"#,
            r#"{"type":"connection_init","payload":"x"}"#,
            r#"{"type":"subscribe","payload":{}}"#,
            r#"{"id":"","type":"subscribe","payload":{}}"#,
            r#"{"id":1,"type":"subscribe","payload":{}}"#,
            r#"{"id":"1","type":"subscribe"}"#,
            r#"{"type":"complete"}"#,
        ] {
            assert!(!read(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_token_is_read_or_refused() {
        let read = |payload: Value| {
            let Value::Object(payload) = payload else { panic!("an object") };
            bearer(Some(&payload)).map(|of| of.map(str::to_owned))
        };
        assert_eq!(bearer(None), Ok(None));
        assert_eq!(read(json!({ "other": 1 })), Ok(None));
        assert_eq!(read(json!({ "authorization": "bearer  x " })), Ok(Some("x".into())));
        for wrong in
            [json!({ "Authorization": 1 }), json!({ "Authorization": "x" }), json!({ "Authorization": "Basic x" })]
        {
            assert_eq!(read(wrong), Err(NotABearer));
        }
        assert_eq!(read(json!({ "Authorization": "Bearer x", "authorization": "Bearer y" })), Err(NotABearer));
    }

    #[test]
    fn an_id_is_given_back_as_it_is() {
        let told = next("\"\\\n砂", br#"{"data":null}"#).into_text().unwrap();
        let read: Value = serde_json::from_str(&told).unwrap();
        assert_eq!(read, json!({ "id": "\"\\\n砂", "type": "next", "payload": { "data": null } }));
    }
}
