//! GraphQL over WebSocket, to the letter of graphql-ws's `graphql-transport-ws`.
//!
//! One task serves a socket: it reads, runs all operations and writes, one after the other, so that a client that does not
//! read stops everything of its own and nothing is kept for it. Its operations do nothing unless it asks for their next
//! answer.

mod message;
mod operations;
mod places;
mod session;

use axum::{
    Extension, RequestExt,
    extract::{Request, State, ws::WebSocketUpgrade},
    handler::Handler,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

pub(crate) use self::places::Places;
use self::session::Session;
use super::{
    Doors, address::ClientAddress, cors::CorsOrigins, graphql, identity::bearer, observe::RequestId, rate::RateKey,
};

/// The name of the protocol.
const PROTOCOL: &str = "graphql-transport-ws";
/// The largest message that a client may send, in bytes.
const MESSAGE_BYTES: usize = 64 * 1024;
/// What is read of a larger one, to be able to say what is wrong.
const READ_BYTES: usize = 2 * MESSAGE_BYTES;
/// How much is written at once. A larger message grows the buffer, and is its only content.
const WRITE_BYTES: usize = 16 * 1024;

/// Whether a request asks for a WebSocket.
fn asked_for(headers: &HeaderMap) -> bool {
    headers.get(header::UPGRADE).is_some_and(|upgrade| upgrade.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Whether pages of this origin may open sockets: those of the instance itself, and those that may read its answers. Who is
/// no browser names no origin.
fn from_welcome_page(headers: &HeaderMap, origins: &CorsOrigins, public_url: &str) -> bool {
    let mut all = headers.get_all(header::ORIGIN).iter();
    let Some(origin) = all.next() else { return true };
    let own = |host: &[u8]| {
        let authority =
            origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, authority)| authority);
        authority.is_some_and(|authority| authority.as_bytes().eq_ignore_ascii_case(host))
    };
    let host = headers.get(header::HOST).map(HeaderValue::as_bytes);
    all.next().is_none()
        && (origins.allow(origin) || origin.as_bytes() == public_url.as_bytes() || host.is_some_and(own))
}

/// `GET /graphql`: opens a socket for who asks for one, and answers a query otherwise.
pub(crate) async fn by_get(State(doors): State<Doors>, mut request: Request) -> Response {
    type Opening = (Extension<ClientAddress>, Extension<RequestId>, Extension<RateKey>, WebSocketUpgrade);
    if !asked_for(request.headers()) {
        return graphql::by_get.call(request, doors).await;
    }
    let opening = request.extract_parts_with_state::<Opening, _>(&doors).await;
    let (Extension(ClientAddress(address)), Extension(RequestId(id)), Extension(key), upgrade) = match opening {
        Ok(opening) => opening,
        Err(refused) => return refused,
    };
    let headers = request.headers();
    if !from_welcome_page(headers, &doors.origins, doors.app.public_url()) {
        let told = "pages of this origin may not open a WebSocket; SHIRUBE_CORS_ORIGINS tells which may\n";
        return (StatusCode::FORBIDDEN, told).into_response();
    }
    let place = match doors.places.take(address) {
        Ok(place) => place,
        Err(full) => return graphql::full(headers, full.told()),
    };
    // It was read before, to tell who asks.
    let bearer = bearer(headers).ok().flatten().map(str::to_owned);
    let upgrade = upgrade
        .protocols([PROTOCOL])
        .max_message_size(READ_BYTES)
        .max_frame_size(READ_BYTES)
        .write_buffer_size(WRITE_BYTES);
    let session = Session::new(doors, place, address, id, key, bearer);
    upgrade.on_upgrade(|socket| session.serve(socket))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_welcome_pages_open_sockets() {
        let may = |origin: &[&str]| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, "localhost:8080".parse().unwrap());
            for origin in origin {
                headers.append(header::ORIGIN, origin.parse().unwrap());
            }
            let origins = "https://page.example".parse().unwrap();
            from_welcome_page(&headers, &origins, "https://shirube.example.jp")
        };
        assert!(may(&[]), "no browser");
        for welcome in ["https://page.example", "https://shirube.example.jp", "http://localhost:8080"] {
            assert!(may(&[welcome]), "{welcome}");
        }
        for foreign in
            ["https://evil.example", "null", "", "http://localhost:8081", "https://page.example.evil.example"]
        {
            assert!(!may(&[foreign]), "{foreign}");
        }
        assert!(!may(&["https://page.example", "https://evil.example"]));
    }
}
