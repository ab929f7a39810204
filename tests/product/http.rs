//! The HTTP door: methods, media types, sizes, slow and broken connections, health, and stopping.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use reqwest::{
    Method, StatusCode,
    header::{ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap},
};
use serde_json::{Value, json};
use shirube_testing::{Backend, TestServer};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const QUERY: &str = "{\"query\":\"{ instance { version } }\"}";
const NEW: &str = "application/graphql-response+json";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_are_none() -> Result<()> {
    let server = TestServer::sample(Backend::Sqlite).await?;
    let huge = format!("{{\"query\":\"{{ x }}\",\"variables\":{{\"x\":\"{}\"}}}}", "x".repeat(10 * 1024 * 1024));
    let deep = format!("{{\"query\":\"{{ x }}\",\"variables\":{{\"x\":{}{}}}}}", "[".repeat(500), "]".repeat(500));
    let json = "application/json";
    for (body, media, expected) in [
        (QUERY.as_bytes(), json, 200),
        (b"{", json, 400),
        (b"", json, 400),
        (b"\"text\"", json, 400),
        (b"[{\"query\":\"{ instance { version } }\"}]", json, 400),
        (b"{\"query\":1}", json, 400),
        (b"{\"variables\":{}}", json, 400),
        (b"{\"query\":\"{ x }\",\"variables\":[]}", json, 400),
        (b"{\"query\":\"{ x }\",\"operationName\":1}", json, 400),
        (b"{\"query\":\"\xff\xfe\"}", json, 400),
        (deep.as_bytes(), json, 400),
        (huge.as_bytes(), json, 413),
        (QUERY.as_bytes(), "text/plain", 415),
        (QUERY.as_bytes(), "application/x-www-form-urlencoded", 415),
        (QUERY.as_bytes(), "multipart/form-data; boundary=x", 415),
        (QUERY.as_bytes(), "application/json; charset=shift_jis", 415),
    ] {
        let request = server.client().post(server.url("/graphql")).header(CONTENT_TYPE, media).header(ACCEPT, NEW);
        let response = request.body(body.to_vec()).send().await?;
        let start = String::from_utf8_lossy(&body[..body.len().min(50)]).into_owned();
        assert_eq!(response.status().as_u16(), expected, "{start} as {media}");
        let answer: Value = response.json().await?;
        assert_eq!(answer["errors"].is_array(), expected != 200, "{start}");
    }
    let post = || server.client().post(server.url("/graphql")).header(CONTENT_TYPE, json).body(QUERY);
    assert_eq!(post().header(ACCEPT, "text/csv").send().await?.status(), StatusCode::NOT_ACCEPTABLE);
    assert_eq!(post().header(CONTENT_ENCODING, "gzip").send().await?.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let delete = server.client().request(Method::DELETE, server.url("/graphql")).send().await?;
    assert_eq!(delete.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert!(delete.headers().contains_key(ALLOW));
    let long = server.url(&format!("/graphql?query={}", "x".repeat(9_000)));
    assert_eq!(server.client().get(long).send().await?.status(), StatusCode::URI_TOO_LONG);
    assert_eq!(server.client().get(server.url("/nowhere")).send().await?.status(), StatusCode::NOT_FOUND);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_are_asked_by_get_and_by_post() -> Result<()> {
    let server = TestServer::sample(Backend::Sqlite).await?;
    let query = [
        ("query", "query($c: MunicipalityCode!) { municipality(code: $c) { name } }"),
        ("variables", "{\"c\":\"01226\"}"),
    ];
    let url = reqwest::Url::parse_with_params(&server.url("/graphql"), query)?;
    let response = server.client().get(url).header(ACCEPT, NEW).send().await?;
    let headers: HeaderMap = response.headers().clone();
    assert_eq!(headers.get(CONTENT_TYPE).context("a media type")?, "application/graphql-response+json; charset=utf-8");
    assert_eq!(headers.get(CACHE_CONTROL).context("a policy")?, "no-store");
    assert_eq!(headers.get("x-content-type-options").context("a policy")?, "nosniff");
    assert!(headers.contains_key("x-request-id"));
    assert!(!headers.contains_key("server") && !headers.contains_key("access-control-allow-origin"));
    assert_eq!(response.json::<Value>().await?, json!({ "data": { "municipality": { "name": "砂川市" } } }));

    // A refused document: 400 under the new media type, 200 under the old one, and never data.
    for (accept, status) in [(NEW, 400), ("application/json", 200)] {
        let url = reqwest::Url::parse_with_params(&server.url("/graphql"), [("query", "{ nonsense }")])?;
        let response = server.client().get(url).header(ACCEPT, accept).send().await?;
        assert_eq!(response.status().as_u16(), status);
        assert!(response.json::<Value>().await?.get("data").is_none());
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_metrics_and_the_page() -> Result<()> {
    let server = TestServer::sample(Backend::Sqlite).await?;
    let get = async |path: &str| -> Result<(StatusCode, String)> {
        let response = server.client().get(server.url(path)).send().await?;
        Ok((response.status(), response.text().await?))
    };
    assert_eq!(get("/healthz").await?, (StatusCode::OK, "ok\n".into()));
    assert_eq!(get("/readyz").await?, (StatusCode::OK, "ready\n".into()));
    let (_, metrics) = get("/metrics").await?;
    assert!(metrics.contains("shirube_http_requests_total{route=\"/healthz\",status=\"200\"}"), "{metrics}");
    let (status, page) = get("/graphiql").await?;
    assert_eq!(status, StatusCode::OK);
    assert!(!page.contains("https://"), "the page needs nothing from elsewhere");
    for file in page.split(['"', '\'']).filter(|part| part.starts_with("/graphiql/")) {
        let (status, content) = get(file).await?;
        assert_eq!(status, StatusCode::OK, "{file}");
        assert!(!content.is_empty());
    }
    assert_eq!(get("/").await?.0, StatusCode::SEE_OTHER);
    Ok(())
}

/// Writes bytes on a connection and reads until the server closes it.
async fn raw(server: &TestServer, bytes: &[u8]) -> Result<String> {
    let mut stream = TcpStream::connect(server.address()).await?;
    stream.write_all(bytes).await?;
    let mut answer = Vec::new();
    // A reset while reading is a way of closing, too.
    let _ = tokio::time::timeout(Duration::from_secs(15), stream.read_to_end(&mut answer)).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_and_broken_connections_are_closed() -> Result<()> {
    let server = TestServer::sample(Backend::Sqlite).await?;
    let start = Instant::now();
    let head = "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    let unfinished = format!("{head}connection: close\r\ncontent-length: 100\r\n\r\n{{");
    let (silent, half, body) =
        tokio::join!(raw(&server, b""), raw(&server, head.as_bytes()), raw(&server, unfinished.as_bytes()),);
    assert!(start.elapsed() < Duration::from_secs(14));
    assert_eq!(silent?, "");
    assert!(half?.is_empty() || start.elapsed() > Duration::from_secs(9));
    assert!(body?.starts_with("HTTP/1.1 408"));

    let large = format!("GET /healthz HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "x".repeat(200_000));
    assert!(raw(&server, large.as_bytes()).await?.starts_with("HTTP/1.1 431"));
    let smuggled =
        format!("{head}content-length: 3\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n0\r\n\r\n");
    assert!(raw(&server, smuggled.as_bytes()).await?.starts_with("HTTP/1.1 400"));
    assert!(raw(&server, b"nonsense\r\n\r\n").await?.starts_with("HTTP/1.1 400"));
    assert!(server.ask("{ instance { version } }", json!({})).await?.data().is_ok());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopping_server_finishes_what_is_in_flight() -> Result<()> {
    let server = TestServer::sample(Backend::Sqlite).await?;
    let address = server.address();
    let mut stream = TcpStream::connect(address).await?;
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        QUERY.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&QUERY.as_bytes()[..5]).await?;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let stopping = tokio::spawn(server.stop());
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(TcpStream::connect(address).await.is_err(), "no new connections");
    stream.write_all(&QUERY.as_bytes()[5..]).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"version\""), "{answer}");
    stopping.await?;
    Ok(())
}
