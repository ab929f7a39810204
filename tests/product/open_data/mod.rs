//! Open data: tables that other people's tools read as one, whose sums are those of the API, and descriptions that validators
//! accept.

mod changes;
mod morning;
mod ranges;

use std::{collections::BTreeMap, process::Stdio};

use anyhow::{Context, Result, ensure};
use reqwest::{
    Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH},
};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use shirube_testing::{Backend, TestServer, both_backends};

use crate::{live::Draft, python};

both_backends!(
    a_table_is_had_of_every_set_and_kept_until_something_is_published,
    what_is_wrong_with_an_address_is_told,
    who_may_not_read_gets_no_table,
);

async fn get(server: &TestServer, path: &str) -> Result<Response> {
    Ok(server.client().get(server.url(path)).send().await?)
}

/// The records of a table, without its header.
async fn records(server: &TestServer, path: &str) -> Result<Vec<BTreeMap<String, String>>> {
    let text = get(server, path).await?.error_for_status()?.text().await?;
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    Ok(reader.deserialize().collect::<Result<_, _>>()?)
}

/// The sum of the yearly figures of a strategy, as GraphQL gives them.
async fn sum(server: &TestServer, municipality: &str, of: &str) -> Result<(usize, Decimal)> {
    let (mut after, mut count, mut sum) = (Value::Null, 0, Decimal::ZERO);
    loop {
        let query = format!(
            "query($code: MunicipalityCode!, $after: String) {{ strategy(municipality: $code) {{ indicators(first: 50, after: $after) {{
               pageInfo {{ hasNextPage endCursor }} nodes {{ figures {{ {of} {{ quantity {{ value }} }} }} }} }} }} }}"
        );
        let answer = server.ask(&query, json!({ "code": municipality, "after": after })).await?.data()?;
        let page = &answer["strategy"]["indicators"];
        for figures in
            page["nodes"].as_array().context("indicators")?.iter().filter_map(|of| of["figures"].as_array()).flatten()
        {
            if let Some(value) = figures[of]["quantity"]["value"].as_str() {
                count += 1;
                sum += value.parse::<Decimal>()?;
            }
        }
        if page["pageInfo"]["hasNextPage"] != true {
            return Ok((count, sum));
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tools_of_others_read_it() -> Result<()> {
    let server = TestServer::sample(Backend::Sqlite).await?;
    let mut check = python::script("check_open_data.py")?;
    let base = server.url("");
    let output = tokio::task::spawn_blocking(move || check.arg(base).stderr(Stdio::inherit()).output()).await??;
    ensure!(output.status.success(), "it is not read");
    let found: Value = serde_json::from_slice(&output.stdout)?;
    assert_eq!((&found["by prefecture"], &found["csv"]), (&found["whole"], &found["whole"]));
    let mut values = 0;
    for row in found["whole"].as_array().context("sums")? {
        values += row[3].as_u64().context("a count")?;
        let (code, measure) = (row[0].as_str().context("a code")?, row[1].as_str().context("a measure")?);
        if !["actual", "target"].contains(&measure) {
            continue;
        }
        let (count, sum) = sum(&server, code, measure).await?;
        assert_eq!(row[3], count, "{code} {measure}");
        let told = row[4].as_f64().unwrap_or_default();
        let sum: f64 = sum.to_string().parse()?;
        ensure!((told - sum).abs() < 1e-6, "{code} {measure}: {told} is not {sum}");
    }
    assert_eq!(found["pandas"], values);
    assert_eq!(found["frictionless"], json!({ "valid": true, "errors": [] }));
    assert_eq!(
        (&found["csvw"]["valid"], &found["dcat"]["conforms"]),
        (&json!(true), &json!(true)),
        "{}",
        found["dcat"]["told"]
    );
    let lines = records(&server, "/data/observations.csv").await?.len();
    assert_eq!(found["csvw"]["rows"], lines);
    let of_sunagawa = records(&server, "/data/observations/012262.csv").await?.len();
    assert_eq!(found["arrow"], of_sunagawa);
    let sdmx = records(&server, "/data/observations.sdmx.csv").await?.len();
    ensure!(found["sdmx"].as_object().is_some_and(|of| of.values().any(|count| *count == sdmx)), "{}", found["sdmx"]);
    Ok(())
}

async fn a_table_is_had_of_every_set_and_kept_until_something_is_published(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let all = records(&server, "/data/observations.csv?bom=true").await?;
    let hokkaido = records(&server, "/data/observations/01.csv").await?;
    let ama = records(&server, "/data/observations/325252.csv").await?;
    assert_eq!(all.len(), hokkaido.len() + ama.len());
    assert_eq!(records(&server, "/data/observations/32525/2.csv").await?, ama);
    assert_eq!(records(&server, "/data/observations/13.csv").await?.len(), 0);
    let births = records(&server, "/data/indicators/births.csv").await?;
    ensure!(!births.is_empty() && births.iter().all(|of| of["indicator"].contains('生')), "{births:?}");

    let row = |label: &str, measure: &str, year: &str| {
        let of = |of: &&BTreeMap<String, String>| {
            of["indicator"] == label && of["measure"] == measure && of["fiscal_year"] == year
        };
        hokkaido.iter().find(of).cloned().context("a row")
    };
    let tourists = row("観光入込客数", "actual", "2021")?;
    let told = ["municipality_code", "value", "unit", "unit_mult", "period", "obs_status", "printed", "direction"];
    assert_eq!(
        told.map(|name| tourists[name].as_str()),
        ["012262", "902.9", "人", "3", "FY2021", "A", "902.9", "higher"]
    );
    let baseline = row("就業者数", "baseline", "")?;
    assert_eq!((baseline["value"].as_str(), baseline["period"].as_str()), ("7740", "CY2015"));
    let dash = row("就業者数", "actual", "2021")?;
    assert_eq!((dash["value"].as_str(), dash["obs_status"].as_str(), dash["printed"].as_str()), ("", "M", "―"));

    let first = get(&server, "/data/observations.parquet").await?;
    assert_eq!(first.headers()[CONTENT_TYPE], "application/vnd.apache.parquet");
    assert_eq!(first.headers()[CACHE_CONTROL], "public, no-cache");
    let (tag, bytes) = (first.headers()[ETAG].clone(), first.bytes().await?);
    assert_eq!(get(&server, "/data/observations.parquet").await?.bytes().await?, bytes, "the same bytes");
    let held =
        || server.client().get(server.url("/data/observations.parquet")).header(IF_NONE_MATCH, tag.clone()).send();
    assert_eq!(held().await?.status(), StatusCode::NOT_MODIFIED);
    let draft = Draft::of_sunagawa(server.app()).await?;
    draft.publish(server.app()).await?;
    assert_eq!(held().await?.status(), StatusCode::OK, "something was published");
    Ok(())
}

async fn what_is_wrong_with_an_address_is_told(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    for (path, status) in [
        ("/data/observations/012262.xlsx", 400),
        ("/data/observations/99.csv", 400),
        ("/data/observations/nowhere.csv", 400),
        ("/data/observations/012262/9.csv", 404),
        ("/data/observations/012262/first.csv", 400),
        ("/data/indicators/nothing.csv", 404),
        ("/data/observations.csv?colour=red", 400),
        ("/data/observations.arrow", 400),
    ] {
        let response = get(&server, path).await?;
        assert_eq!(response.status().as_u16(), status, "{path}");
        let answer: Value = response.json().await?;
        ensure!(answer["errors"][0]["message"].is_string(), "{path}: {answer}");
    }
    Ok(())
}

async fn who_may_not_read_gets_no_table(backend: Backend) -> Result<()> {
    let database = shirube_testing::TestDatabase::sample(backend).await?;
    let server = TestServer::with(database, |settings| settings.public_read = false).await?;
    for path in
        ["/data/observations.csv", "/data/observations/012262.parquet", "/data/catalog.jsonld", "/reports/012262/2.csv"]
    {
        assert_eq!(get(&server, path).await?.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
    Ok(())
}
