//! Parts of files: who reads Parquet over the network takes its end first, and then the columns that are asked for.

use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use reqwest::{
    Method, Response, StatusCode,
    header::{
        ACCEPT_ENCODING, ACCEPT_RANGES, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG,
        IF_NONE_MATCH, IF_RANGE, RANGE,
    },
};
use serde_json::{Value, json};
use shirube_testing::{Backend, TestDatabase, TestServer, both_backends};

use crate::python;

both_backends!(
    parts_are_had_of_what_is_held_whole,
    a_part_of_another_file_is_not_put_to_this_one,
    what_is_sent_while_it_is_made_has_no_parts,
    a_file_that_is_there_costs_little,
);

async fn ask(server: &TestServer, method: Method, path: &str, headers: &[(&str, &str)]) -> Result<Response> {
    let mut request = server.client().request(method, server.url(path));
    // The client would take packed answers, of which no parts are had.
    if !headers.iter().any(|(name, _)| *name == ACCEPT_ENCODING.as_str()) {
        request = request.header(ACCEPT_ENCODING, "identity");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Ok(request.send().await?)
}

async fn get(server: &TestServer, path: &str) -> Result<Response> {
    ask(server, Method::GET, path, &[]).await
}

/// The address of the rows of some answer.
async fn rows(server: &TestServer) -> Result<String> {
    let query = "{ comparison(indicators: [\"births\"]) { citation { csv } } }";
    let answer = server.ask(query, json!({})).await?.data()?;
    let address = answer["comparison"]["citation"]["csv"].as_str().context("an address")?;
    Ok(address.strip_prefix(&server.url("")).context("ours")?.to_owned())
}

fn header<'a>(response: &'a Response, name: &reqwest::header::HeaderName) -> &'a str {
    response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

async fn parts_are_had_of_what_is_held_whole(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let answer = rows(&server).await?;
    for path in [
        "/data/observations.parquet",
        "/data/observations/01.arrow",
        &answer,
        &answer.replace(".csv", ".parquet"),
        "/reports/012262/2.xlsx",
    ] {
        let whole = get(&server, path).await?;
        let (tag, kind) = (header(&whole, &ETAG).to_owned(), header(&whole, &CONTENT_TYPE).to_owned());
        assert_eq!(header(&whole, &ACCEPT_RANGES), "bytes", "{path}");
        let whole = whole.bytes().await?;
        let length = whole.len();

        let head = ask(&server, Method::HEAD, path, &[(RANGE.as_str(), "bytes=0-9")]).await?;
        assert_eq!(head.status(), StatusCode::OK, "parts are had by GET alone");
        let told = [CONTENT_LENGTH, ACCEPT_RANGES, ETAG].map(|name| header(&head, &name).to_owned());
        assert_eq!(told, [length.to_string(), "bytes".to_owned(), tag.clone()], "{path}");

        let (last, from) = (length - 1, length - 8);
        for (asked, first, last) in [
            ("bytes=0-0".to_owned(), 0, 0),
            ("bytes=4-99".to_owned(), 4, 99),
            (format!("bytes={from}-"), from, last),
            (format!("bytes={from}-{}", u64::MAX), from, last),
            ("bytes=-8".to_owned(), from, last),
            (format!("bytes=-{}", length + 1), 0, last),
        ] {
            // Whoever takes packed answers gets a part of the file as it is.
            let headers = [(RANGE.as_str(), asked.as_str()), (ACCEPT_ENCODING.as_str(), "gzip, br, zstd")];
            let part = ask(&server, Method::GET, path, &headers).await?;
            assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT, "{path} {asked}");
            assert_eq!(header(&part, &CONTENT_RANGE), format!("bytes {first}-{last}/{length}"), "{path} {asked}");
            assert_eq!(
                (header(&part, &ETAG), header(&part, &CONTENT_TYPE)),
                (tag.as_str(), kind.as_str()),
                "{path} {asked}"
            );
            assert_eq!(header(&part, &CONTENT_LENGTH), (last - first + 1).to_string(), "{path} {asked}");
            ensure!(!part.headers().contains_key(CONTENT_ENCODING), "{path} {asked}");
            ensure!(part.bytes().await? == whole[first..=last], "{path} {asked}");
        }
        for asked in [format!("bytes={length}-"), "bytes=-0".to_owned(), format!("bytes={}-{}", length + 5, length + 9)]
        {
            let refused = ask(&server, Method::GET, path, &[(RANGE.as_str(), &asked)]).await?;
            assert_eq!(refused.status(), StatusCode::RANGE_NOT_SATISFIABLE, "{path} {asked}");
            assert_eq!(header(&refused, &CONTENT_RANGE), format!("bytes */{length}"), "{path} {asked}");
            let told: Value = refused.json().await?;
            ensure!(told["errors"][0]["message"].as_str().is_some_and(|told| told.contains("バイト")), "{told}");
        }
        // What is no range, and what asks for several, is answered with the whole.
        for asked in ["bytes=9-4", "bytes=", "bytes=a-b", "rows=0-9", "bytes=0-1,4-5", "bytes=0-9,5-19,7-29"] {
            let answer = ask(&server, Method::GET, path, &[(RANGE.as_str(), asked)]).await?;
            assert_eq!(answer.status(), StatusCode::OK, "{path} {asked}");
            ensure!(answer.bytes().await? == whole, "{path} {asked}");
        }
    }
    Ok(())
}

async fn a_part_of_another_file_is_not_put_to_this_one(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let answer = rows(&server).await?;
    for path in ["/data/observations.parquet", &answer] {
        let tag = header(&get(&server, path).await?, &ETAG).to_owned();
        let weak = format!("W/{tag}");
        for (held, status) in [
            (tag.as_str(), StatusCode::PARTIAL_CONTENT),
            ("\"another\"", StatusCode::OK),
            (&weak, StatusCode::OK),
            ("Thu, 26 Nov 2026 00:00:00 GMT", StatusCode::OK),
            ("nonsense", StatusCode::OK),
        ] {
            let part =
                ask(&server, Method::GET, path, &[(RANGE.as_str(), "bytes=2-5"), (IF_RANGE.as_str(), held)]).await?;
            assert_eq!(part.status(), status, "{path} if {held}");
        }
        let held = [(RANGE.as_str(), "bytes=2-5"), (IF_NONE_MATCH.as_str(), tag.as_str())];
        assert_eq!(ask(&server, Method::GET, path, &held).await?.status(), StatusCode::NOT_MODIFIED, "{path}");
    }
    // Lines that are packed on the way (the client unpacks them) are other bytes than those of which parts are had, and their tag
    // says so.
    let packed = ask(&server, Method::GET, &answer, &[(ACCEPT_ENCODING.as_str(), "gzip")]).await?;
    let tag = header(&packed, &ETAG).to_owned();
    ensure!(tag.starts_with("W/\"") && !packed.headers().contains_key(ACCEPT_RANGES), "{tag}");
    let held = ask(&server, Method::GET, &answer, &[(IF_NONE_MATCH.as_str(), &tag)]).await?;
    assert_eq!(held.status(), StatusCode::NOT_MODIFIED, "it is kept all the same");
    // Parquet is packed by itself.
    let whole = ask(&server, Method::GET, "/data/observations.parquet", &[(ACCEPT_ENCODING.as_str(), "gzip")]).await?;
    ensure!(header(&whole, &ETAG).starts_with('"') && header(&whole, &ACCEPT_RANGES) == "bytes");
    Ok(())
}

async fn what_is_sent_while_it_is_made_has_no_parts(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    for path in ["/data/observations.csv", "/data/observations.sdmx.csv"] {
        let whole = ask(&server, Method::GET, path, &[(RANGE.as_str(), "bytes=0-9")]).await?;
        assert_eq!((whole.status(), header(&whole, &ACCEPT_RANGES)), (StatusCode::OK, "none"), "{path}");
    }
    Ok(())
}

/// A file costs 10,000 values and 500 for each of the two strategies when it is made, and the 10,000 alone while it is there.
async fn a_file_that_is_there_costs_little(backend: Backend) -> Result<()> {
    let database = TestDatabase::sample(backend).await?;
    let server = TestServer::with(database, |settings| settings.rates.cost_per_minute = 31_000).await?;
    for status in [StatusCode::OK, StatusCode::OK, StatusCode::OK, StatusCode::TOO_MANY_REQUESTS] {
        assert_eq!(ask(&server, Method::HEAD, "/data/observations.parquet", &[]).await?.status(), status);
    }
    Ok(())
}

/// DuckDB asks how long a file is that it does not have, and takes nothing of it but parts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn duckdb_reads_over_the_network() -> Result<()> {
    let server = TestServer::sample(Backend::Sqlite).await?;
    let mut read = python::script("read_over_network.py")?;
    let address = server.url("/data/observations.parquet");
    let output = tokio::task::spawn_blocking(move || read.arg(address).stderr(Stdio::inherit()).output()).await??;
    ensure!(output.status.success(), "it is not read");
    let found: Value = serde_json::from_slice(&output.stdout)?;
    assert_eq!(found["over the network"], found["whole"]);
    ensure!(found["parts"].as_u64() > Some(0), "{found}");
    Ok(())
}
