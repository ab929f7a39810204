//! graphql-ws's PROTOCOL.md, sentence by sentence, and our own limits.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures_util::SinkExt;
use serde_json::{Value, json};
use shirube_access::MunicipalRole;
use shirube_testing::{Backend, TestDatabase, TestServer};
use tokio_tungstenite::tungstenite::{Message, http::StatusCode};

use super::{Draft, Socket, draft_changed, refusal, somebody};

const PROTOCOL: (&str, &str) = ("sec-websocket-protocol", "graphql-transport-ws");
const QUERY: &str = "query Who { viewer { kind } }";
/// It never has anything to say here.
const QUIET: &str = "subscription { strategyPublished { id } }";

async fn server() -> Result<TestServer> {
    TestServer::sample(Backend::Sqlite).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_and_mutations_are_answered_once() -> Result<()> {
    let server = server().await?;
    let mut socket = Socket::speaking(&server).await?;
    // A ping is answered before anything else, with what it carried.
    socket.say(json!({ "type": "ping", "payload": { "砂": 1 } })).await?;
    assert_eq!(socket.hear().await?, json!({ "type": "pong", "payload": { "砂": 1 } }));
    socket.say(json!({ "type": "connection_init" })).await?;
    assert_eq!(socket.hear().await?, json!({ "type": "connection_ack" }));
    socket.say(json!({ "type": "pong" })).await?;

    socket.subscribe("1", QUERY).await?;
    let answer = json!({ "data": { "viewer": { "kind": "ANONYMOUS" } } });
    assert_eq!(socket.hear().await?, json!({ "id": "1", "type": "next", "payload": answer }));
    assert_eq!(socket.hear().await?, json!({ "id": "1", "type": "complete" }));

    // An id that is done is free again.
    let planner = somebody(&server, "kikaku@sunagawa.test", MunicipalRole::Planner).await?;
    let mut socket = Socket::of(&server, Some(&planner)).await?;
    let input = json!({ "municipality": "012262", "name": "防災課" });
    let payload = json!({
        "query": "mutation($input: CreateDepartmentInput!) { createDepartment(input: $input) { department { name } } }",
        "variables": { "input": input }, "operationName": null, "extensions": null,
    });
    for made in ["防災課", ""] {
        socket.say(json!({ "id": "1", "type": "subscribe", "payload": payload })).await?;
        let answer = socket.hear().await?;
        let name = answer["payload"]["data"]["createDepartment"]["department"]["name"].as_str().unwrap_or_default();
        assert_eq!(name, made, "{answer}");
        assert_eq!(socket.hear().await?["type"], "complete");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_breaks_the_protocol_is_closed_with_its_code() -> Result<()> {
    let server = server().await?;
    let subscribe = json!({ "id": "1", "type": "subscribe", "payload": { "query": QUIET } }).to_string();
    let init = json!({ "type": "connection_init" }).to_string();
    let said = |payload: Value| json!({ "type": "connection_init", "payload": payload }).to_string();
    let large = json!({ "type": "ping", "payload": { "x": "x".repeat(64 * 1024) } }).to_string();
    let cases: Vec<(Vec<&str>, u16)> = vec![
        (vec!["x"], 4400),
        (vec!["[]"], 4400),
        (vec![r#"{"type":"start"}"#], 4400),
        (vec![&init, r#"{"id":"1","type":"subscribe"}"#], 4400),
        (vec![&init, r#"{"id":"","type":"subscribe","payload":{"query":"{ a }"}}"#], 4400),
        (vec![&init, r#"{"id":"1","type":"subscribe","payload":{}}"#], 4400),
        (vec![&init, r#"{"id":"1","type":"subscribe","payload":{"query":"{ a }","variables":1}}"#], 4400),
        (vec![&init, r#"{"type":"connection_ack"}"#], 4400),
        (vec![&subscribe], 4401),
        (vec![&init, &subscribe, &subscribe], 4409),
        (vec![&init, &init], 4429),
        (vec![&large], 1009),
    ];
    for (messages, code) in cases {
        let mut socket = Socket::speaking(&server).await?;
        for message in &messages {
            socket.say_text(message).await?;
        }
        assert_eq!(socket.closed().await.with_context(|| messages.concat())?, code, "{}", messages.concat());
    }
    for payload in [
        json!({ "Authorization": "Bearer nonsense" }),
        json!({ "authorization": "Bearer shk_nonsense" }),
        json!({ "Authorization": "Basic eA==" }),
        json!({ "Authorization": null }),
    ] {
        let mut socket = Socket::speaking(&server).await?;
        socket.say_text(&said(payload.clone())).await?;
        assert_eq!(socket.closed().await?, 4403, "{payload}");
    }
    let mut socket = Socket::speaking(&server).await?;
    socket.0.send(Message::binary(init.as_bytes().to_vec())).await?;
    assert_eq!(socket.closed().await?, 4400, "a binary message");
    let mut socket = Socket::open(&server, &[]).await?;
    assert_eq!(socket.closed().await?, 4406, "no protocol");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_says_nothing_is_closed_after_three_seconds() -> Result<()> {
    let server = server().await?;
    let (mut silent, began) = (Socket::speaking(&server).await?, Instant::now());
    let mut pinging = Socket::speaking(&server).await?;
    pinging.say(json!({ "type": "ping" })).await?;
    assert_eq!(silent.closed().await?, 4408);
    assert!(began.elapsed() >= Duration::from_millis(2_900), "{:?}", began.elapsed());
    assert_eq!(pinging.closed().await?, 4408, "a ping is no introduction");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_an_operation_ends_it_alone() -> Result<()> {
    let server = server().await?;
    let draft = Draft::of_sunagawa(server.app()).await?;
    let published = draft_changed("c3RyYXRlZ3k6eA");
    let mut socket = Socket::of(&server, None).await?;
    for (query, code) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { a: strategyPublished { id } b: strategyPublished { id } }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { strategyPublished(municipality: \"x\") { id } }", "BAD_USER_INPUT"),
        (&published, "BAD_USER_INPUT"),
        (&draft.changed(), "UNAUTHENTICATED"),
    ] {
        socket.subscribe("1", query).await?;
        let told = socket.hear().await?;
        assert_eq!((&told["id"], &told["type"]), (&json!("1"), &json!("error")), "{query}: {told}");
        assert_eq!(told["payload"][0]["extensions"]["code"], code, "{query}: {told}");
    }
    // Twenty run at a time, and one that is completed makes room.
    for at in 0..20 {
        socket.subscribe(&at.to_string(), QUIET).await?;
    }
    socket.subscribe("more", QUIET).await?;
    let told = socket.hear().await?;
    assert_eq!(told["payload"][0]["extensions"]["code"], "QUERY_TOO_COMPLEX", "{told}");
    socket.say(json!({ "id": "7", "type": "complete" })).await?;
    socket.say(json!({ "id": "none", "type": "complete" })).await?;
    socket.subscribe("7", QUERY).await?;
    assert_eq!(socket.hear().await?["type"], "next");
    assert_eq!(socket.hear().await?["type"], "complete");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_is_not_answered_over_http() -> Result<()> {
    let server = server().await?;
    let answer = server.ask(QUIET, json!({})).await?;
    assert_eq!(answer.code(), Some("BAD_USER_INPUT"), "{answer:?}");
    assert!(answer.message().is_some_and(|told| told.contains("graphql-transport-ws")), "{answer:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn foreign_pages_open_no_socket() -> Result<()> {
    let origins = "https://page.example".parse().map_err(anyhow::Error::msg)?;
    let server =
        TestServer::with(TestDatabase::sample(Backend::Sqlite).await?, |settings| settings.cors_origins = origins)
            .await?;
    let own = format!("http://{}", server.address());
    for welcome in ["https://page.example", &own] {
        Socket::open(&server, &[PROTOCOL, ("origin", welcome)]).await?;
    }
    for foreign in ["https://evil.example", "null"] {
        let refused = refusal(Socket::open(&server, &[PROTOCOL, ("origin", foreign)]).await)?;
        assert_eq!(refused, StatusCode::FORBIDDEN, "{foreign}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_taken_from_the_header_too_and_watched() -> Result<()> {
    let server = server().await?;
    let planner = somebody(&server, "kikaku@sunagawa.test", MunicipalRole::Planner).await?;
    let refused = refusal(Socket::open(&server, &[PROTOCOL, ("authorization", "Bearer nonsense")]).await)?;
    assert_eq!(refused, StatusCode::UNAUTHORIZED);

    let authorization = format!("Bearer {planner}");
    let mut by_header = Socket::open(&server, &[PROTOCOL, ("authorization", &authorization)]).await?;
    by_header.say(json!({ "type": "connection_init" })).await?;
    by_header.hear().await?;
    let mut by_payload = Socket::of(&server, Some(&planner)).await?;
    for socket in [&mut by_header, &mut by_payload] {
        socket.subscribe("1", QUERY).await?;
        assert_eq!(socket.hear().await?["payload"]["data"]["viewer"]["kind"], "USER");
        socket.hear().await?;
        socket.subscribe("2", QUIET).await?;
    }
    let mut nobodys = Socket::of(&server, None).await?;
    nobodys.subscribe("1", QUIET).await?;
    server.advance(time::Duration::minutes(16));
    assert_eq!(by_header.closed().await?, 4401, "the token has expired");
    assert_eq!(by_payload.closed().await?, 4401, "the token has expired");
    nobodys.silent().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_ends_closes_its_sockets() -> Result<()> {
    let server = server().await?;
    let leaving = somebody(&server, "leaving@sunagawa.test", MunicipalRole::Planner).await?;
    let staying = somebody(&server, "staying@sunagawa.test", MunicipalRole::Planner).await?;
    let (mut one, mut other) = (Socket::of(&server, Some(&leaving)).await?, Socket::of(&server, Some(&staying)).await?);
    let out = server.client().post(server.url("/auth/sign-out-everywhere")).bearer_auth(&leaving).json(&json!({}));
    ensure!(out.send().await?.status().is_success());
    assert_eq!(one.closed().await?, 4401);
    other.subscribe("1", QUERY).await?;
    assert_eq!(other.hear().await?["payload"]["data"]["viewer"]["kind"], "USER");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_says_goodbye() -> Result<()> {
    let server = server().await?;
    let mut following = Socket::of(&server, None).await?;
    following.subscribe("1", QUIET).await?;
    following.subscribe("2", QUERY).await?;
    assert_eq!(following.hear().await?["type"], "next");
    let mut silent = Socket::speaking(&server).await?;
    let began = Instant::now();
    let (stopped, following, silent) = tokio::join!(server.stop(), following.closed(), silent.closed());
    let () = stopped;
    assert_eq!((following?, silent?), (1001, 1001));
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_are_counted_like_requests() -> Result<()> {
    let server = TestServer::with(TestDatabase::sample(Backend::Sqlite).await?, |settings| {
        settings.rates.requests_per_minute = 5;
        settings.rates.cost_per_minute = 1_000;
    })
    .await?;
    // The upgrade and the introduction are two.
    let mut socket = Socket::of(&server, None).await?;
    for at in ["1", "2"] {
        socket.subscribe(at, QUERY).await?;
        let told = socket.hear().await?;
        // The values of each answer are rounded up to a thousand, which is all.
        let expected = if at == "1" { "next" } else { "error" };
        assert_eq!(told["type"], expected, "{told}");
        if at == "1" {
            socket.hear().await?;
        } else {
            assert_eq!(told["payload"][0]["extensions"]["code"], "RATE_LIMITED", "{told}");
        }
    }
    socket.say(json!({ "type": "ping" })).await?;
    assert_eq!(socket.hear().await?["type"], "pong");
    socket.subscribe("4", QUERY).await?;
    let told = socket.hear().await?;
    assert_eq!(told["payload"][0]["extensions"]["code"], "RATE_LIMITED", "{told}");
    assert!(told["payload"][0]["extensions"]["retryAfter"].as_u64().is_some_and(|after| after > 0), "{told}");
    socket.say(json!({ "type": "ping" })).await?;
    assert_eq!(socket.closed().await?, 1008);
    Ok(())
}
