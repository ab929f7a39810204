//! How much a caller may ask, who a caller is, and which pages may: rates, budgets, proxies, origins.

use anyhow::{Context, Result};
use reqwest::{
    Method, Response, StatusCode,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap, LOCATION, ORIGIN, RETRY_AFTER, VARY},
};
use serde_json::{Value, json};
use shirube_testing::{Backend, TestDatabase, TestServer};

const QUERY: &str = "{ instance { version } }";
const NEW: &str = "application/graphql-response+json";

/// A server on which an address may ask this often, and for so many values, in a minute.
async fn limited(requests: u32, values: u64, trusted: &str) -> Result<TestServer> {
    let trusted = trusted.parse().map_err(anyhow::Error::msg)?;
    TestServer::with(TestDatabase::sample(Backend::Sqlite).await?, |settings| {
        settings.rates.requests_per_minute = requests;
        settings.rates.cost_per_minute = values;
        settings.trusted_proxies = trusted;
    })
    .await
}

async fn post(server: &TestServer, query: &str, headers: &[(&str, &str)]) -> Result<Response> {
    let mut request = server.client().post(server.url("/graphql")).json(&json!({ "query": query }));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Ok(request.send().await?)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str> {
    Ok(headers.get(name).with_context(|| format!("the header {name}"))?.to_str()?)
}

/// The seconds after which to come back, told by the header and by the error alike.
async fn early(response: Response) -> Result<u64> {
    let seconds = text(response.headers(), RETRY_AFTER.as_str())?.parse()?;
    let answer: Value = response.json().await?;
    assert_eq!(answer["errors"][0]["extensions"], json!({ "code": "RATE_LIMITED", "retryAfter": seconds }));
    assert!(answer.get("data").is_none());
    Ok(seconds)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_too_often_is_told_when_to_come_back() -> Result<()> {
    let server = limited(3, 1_000_000, "").await?;
    for left in [2, 1, 0] {
        let response = post(&server, QUERY, &[]).await?;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(text(response.headers(), "ratelimit-policy")?, "\"requests\";q=3;w=60");
        let time = if left > 0 { 0 } else { 20 };
        assert_eq!(text(response.headers(), "ratelimit")?, format!("\"requests\";r={left};t={time}"));
        assert!(!response.headers().contains_key(RETRY_AFTER));
    }
    for accept in [NEW, "application/json", "text/csv"] {
        let response = post(&server, QUERY, &[(ACCEPT.as_str(), accept)]).await?;
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS, "{accept}");
        let media = if accept == NEW { NEW } else { "application/json" };
        assert!(text(response.headers(), CONTENT_TYPE.as_str())?.starts_with(media), "{accept}");
        assert_eq!(text(response.headers(), "ratelimit-policy")?, "\"requests\";q=3;w=60");
        let told = text(response.headers(), "ratelimit")?.to_owned();
        let seconds = early(response).await?;
        assert!((1..=20).contains(&seconds), "one of three a minute comes back in 20 s: {seconds}");
        assert_eq!(told, format!("\"requests\";r=0;t={seconds}"));
    }
    // Each way of asking is counted, and what operators and people at the page ask is not.
    let get = async |path| Ok::<_, reqwest::Error>(server.client().get(server.url(path)).send().await?);
    assert_eq!(get("/graphql?query={instance{version}}").await?.status(), StatusCode::TOO_MANY_REQUESTS);
    for path in ["/healthz", "/readyz", "/metrics", "/graphiql"] {
        let response = get(path).await?;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert!(!response.headers().contains_key("ratelimit"), "{path}");
    }
    assert!(get("/metrics").await?.text().await?.contains("shirube_graphql_refusals_total{code=\"RATE_LIMITED\"}"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_limit_holds_for_requests_that_are_none() -> Result<()> {
    let server = limited(2, 1_000_000, "").await?;
    let nonsense = || server.client().post(server.url("/graphql")).body("nonsense").send();
    assert_eq!(nonsense().await?.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let deleted = server.client().delete(server.url("/graphql")).send().await?;
    assert_eq!(deleted.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(nonsense().await?.status(), StatusCode::TOO_MANY_REQUESTS);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_values_of_a_minute_are_a_budget() -> Result<()> {
    // Some 1,300 values by estimate: a hundred municipalities with a dozen fields each.
    let large = "{ municipalities(first: 100) { nodes { name kana code population prefecture { name code }
        a: name b: name c: name d: name e: name } } }";
    let server = limited(1_000, 1_000, "").await?;
    let response = post(&server, large, &[(ACCEPT.as_str(), NEW)]).await?;
    let answer: Value = response.json().await?;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "QUERY_TOO_COMPLEX", "more than a minute's worth: {answer}");

    let server = limited(1_000, 2_000, "127.0.0.1").await?;
    let ask =
        async |accept, client| post(&server, large, &[(ACCEPT.as_str(), accept), ("x-forwarded-for", client)]).await;
    assert_eq!(ask(NEW, "192.0.2.1").await?.status(), StatusCode::OK);
    let response = ask(NEW, "192.0.2.1").await?;
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!((1..=60).contains(&early(response).await?));
    // A client of the older media type knows no other status of a well-formed request.
    let response = ask("application/json", "192.0.2.1").await?;
    assert_eq!(response.status(), StatusCode::OK);
    assert!((1..=60).contains(&early(response).await?));
    assert_eq!(ask(NEW, "192.0.2.2").await?.status(), StatusCode::OK, "another caller has a budget of its own");
    // What is refused for another reason costs nothing.
    for _ in 0..10 {
        let refused = post(&server, "{ nonsense }", &[("x-forwarded-for", "192.0.2.3")]).await?;
        assert_eq!(refused.json::<Value>().await?["errors"][0]["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED");
    }
    assert_eq!(ask(NEW, "192.0.2.3").await?.status(), StatusCode::OK);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_trusted_proxy_is_believed() -> Result<()> {
    let statuses = async |server: &TestServer| {
        let mut statuses = Vec::new();
        for client in ["192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.9, 192.0.2.2", "192.0.2.1, 192.0.2.3"] {
            statuses.push(post(server, QUERY, &[("x-forwarded-for", client)]).await?.status().as_u16());
        }
        Ok::<_, anyhow::Error>(statuses)
    };
    let server = limited(1, 1_000_000, "").await?;
    assert_eq!(statuses(&server).await?, [200, 429, 429, 429, 429], "a header is anybody's claim");
    let server = limited(1, 1_000_000, "10.0.0.0/8").await?;
    assert_eq!(statuses(&server).await?, [200, 429, 429, 429, 429], "another proxy is trusted");
    let server = limited(1, 1_000_000, "10.0.0.0/8,127.0.0.0/8").await?;
    assert_eq!(statuses(&server).await?, [200, 429, 200, 429, 200]);
    Ok(())
}

const PAGE: &str = "https://example.org";

async fn preflight(server: &TestServer, origin: &str) -> Result<Response> {
    let request = server.client().request(Method::OPTIONS, server.url("/graphql")).header(ORIGIN, origin);
    let request = request.header("access-control-request-method", "POST");
    Ok(request.header("access-control-request-headers", "content-type,authorization").send().await?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn foreign_pages_are_shut_out() -> Result<()> {
    let server = TestServer::sample(Backend::Sqlite).await?;
    let response = post(&server, QUERY, &[(ORIGIN.as_str(), PAGE)]).await?;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(text(response.headers(), "cross-origin-resource-policy")?, "same-origin");
    let preflight = preflight(&server, PAGE).await?;
    assert_eq!(preflight.status(), StatusCode::METHOD_NOT_ALLOWED);
    for headers in [response.headers(), preflight.headers()] {
        assert!(!headers.keys().any(|name| name.as_str().starts_with("access-control-")), "{headers:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_a_named_origin_are_let_in() -> Result<()> {
    let origins = format!("https://other.example, {PAGE}").parse().map_err(anyhow::Error::msg)?;
    let database = TestDatabase::sample(Backend::Sqlite).await?;
    let server = TestServer::with(database, |settings| {
        settings.cors_origins = origins;
        settings.rates.requests_per_minute = 2;
    })
    .await?;
    for _ in 0..3 {
        // A preflight is a browser's doing, and is not counted.
        let response = preflight(&server, PAGE).await?;
        assert_eq!(response.status(), StatusCode::OK);
        let header = |name| text(response.headers(), name);
        assert_eq!(header("access-control-allow-origin")?, PAGE);
        assert_eq!(header("access-control-allow-methods")?, "GET,POST");
        assert_eq!(header("access-control-allow-headers")?, "content-type,authorization");
        assert_eq!(header("access-control-max-age")?, "600");
        assert!(!response.headers().contains_key("access-control-allow-credentials"));
    }
    for status in [StatusCode::OK, StatusCode::OK, StatusCode::TOO_MANY_REQUESTS] {
        let response = post(&server, QUERY, &[(ORIGIN.as_str(), PAGE)]).await?;
        assert_eq!(response.status(), status);
        let headers = response.headers();
        assert_eq!(text(headers, "access-control-allow-origin")?, PAGE);
        let exposed = text(headers, "access-control-expose-headers")?;
        assert_eq!(
            exposed,
            "x-request-id,retry-after,ratelimit,ratelimit-policy,etag,accept-ranges,content-range,shirube-data-version"
        );
        let varies: Vec<&str> = headers.get_all(VARY).iter().filter_map(|value| value.to_str().ok()).collect();
        assert!(varies.iter().any(|names| names.eq_ignore_ascii_case("origin")), "{varies:?}");
        assert_eq!(text(headers, "cross-origin-resource-policy")?, "cross-origin");
    }
    for stranger in ["https://example.org.example", "https://sub.example.org", "http://example.org", "null"] {
        for response in [preflight(&server, stranger).await?, post(&server, QUERY, &[("origin", stranger)]).await?] {
            assert!(!response.headers().contains_key("access-control-allow-origin"), "{stranger}");
        }
    }
    // Other routes stay closed.
    for path in ["/metrics", "/healthz", "/graphiql"] {
        let response = server.client().get(server.url(path)).header(ORIGIN, PAGE).send().await?;
        assert!(!response.headers().contains_key("access-control-allow-origin"), "{path}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_closes_what_browsers_leave_open() -> Result<()> {
    let server = TestServer::sample(Backend::Sqlite).await?;
    let long = format!("/graphql?query={}", "x".repeat(9_000));
    for path in ["/", "/graphql", "/graphiql", "/healthz", "/readyz", "/metrics", "/nowhere", &long] {
        let response = server.client().get(server.url(path)).send().await?;
        let headers = response.headers();
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(text(headers, name)?, value, "{path}");
        }
        let policy = text(headers, "content-security-policy")?;
        let page = policy.contains("script-src 'self'");
        assert_eq!(page, path == "/graphiql", "only the page loads anything");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(text(headers, "permissions-policy")?.contains("geolocation=()"));
        assert!(!headers.contains_key("server") && !headers.contains_key("x-powered-by"));
        assert_eq!(headers.contains_key(LOCATION), path == "/");
    }
    Ok(())
}
