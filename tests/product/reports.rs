//! The printed report (集計表) as a file: what another reader finds in it, who gets it, and what is kept of it.

use std::{io::Write, process::Stdio};

use anyhow::{Context, Result, ensure};
use reqwest::{
    Response, StatusCode,
    header::{
        AUTHORIZATION, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
    },
};
use serde_json::{Value, json};
use shirube_access::{Grant, MunicipalRole};
use shirube_exchange::STRATEGIES;
use shirube_testing::{Backend, TestServer, both_backends};

use crate::{live::Draft, python};

both_backends!(
    another_reader_finds_every_cell_of_the_document,
    reports_are_had_in_every_format_and_kept,
    a_draft_is_had_by_its_people_alone,
    what_is_wrong_with_an_address_is_told,
);

/// What openpyxl reads of a workbook.
fn read(workbook: &[u8]) -> Result<Value> {
    let mut file = tempfile::NamedTempFile::with_suffix(".xlsx")?;
    file.write_all(workbook)?;
    let output = python::script("read_report.py")?.arg(file.path()).stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "the workbook is not read");
    Ok(serde_json::from_slice(&output.stdout)?)
}

async fn get(server: &TestServer, path: &str) -> Result<Response> {
    Ok(server.client().get(server.url(path)).send().await?)
}

/// What a sample document says of each row, in its order: label, targets, actuals and remark.
fn printed(nodes: &Value, all: &mut Vec<(String, [Vec<String>; 2], String)>) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let texts = |value: &Value| value.as_array().into_iter().flatten().map(text).collect::<Vec<_>>();
    for node in nodes.as_array().into_iter().flatten() {
        for of in node["indicators"].as_array().into_iter().flatten() {
            let figures = [texts(&of["targets"]), texts(&of["actuals"])];
            all.push((text(&of["label"]), figures, text(&of["remarks"]["R3"])));
        }
        if let Some(reason) = node["no_indicator"]["reason"].as_str() {
            let marks = vec![text(&node["no_indicator"]["mark"]); 5];
            all.push((reason.to_owned(), [marks.clone(), marks], text(&node["remarks"]["R3"])));
        }
        printed(&node["children"], all);
    }
}

async fn another_reader_finds_every_cell_of_the_document(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let workbook = get(&server, "/reports/012262/current.xlsx").await?.error_for_status()?.bytes().await?;
    let found = read(&workbook)?;
    let rows: Vec<Vec<&str>> = found["rows"]
        .as_array()
        .context("rows")?
        .iter()
        .map(|row| row.as_array().into_iter().flatten().map(|cell| cell.as_str().unwrap_or_default()).collect())
        .collect();

    let mut expected = Vec::new();
    printed(&serde_json::from_str::<Value>(STRATEGIES[0])?["plan"], &mut expected);
    let pairs: Vec<_> = rows.windows(2).filter(|pair| pair[0][3] == "目標値" && pair[1][3] == "実績値").collect();
    assert_eq!((pairs.len(), expected.len()), (56, 56));
    for (pair, (label, figures, remark)) in pairs.into_iter().zip(&expected) {
        ensure!(pair[0][0] == label || pair[0][1].starts_with(label.as_str()), "{label}: {:?}", pair[0]);
        assert_eq!([&pair[0][4..9], &pair[1][4..9]], figures.each_ref().map(Vec::as_slice), "{label}");
        assert_eq!(pair[0][10], remark, "{label}");
    }
    let total = rows.iter().find(|row| row[1].starts_with("施設新設等を行った企業の新規雇用者数")).context("a row")?;
    assert_eq!((total[1], total[9]), ("施設新設等を行った企業の新規雇用者数／0人（令和元年）→15人（5年間）", "15"));

    let texts: Vec<&str> = rows.iter().flatten().copied().filter(|text| !text.is_empty()).collect();
    for text in [
        "第２期砂川市まち・ひと・しごと創生総合戦略 数値目標・KPI集計表",
        "【資料４】",
        "基本目標4　安心して暮らし続けることができる地域をつくる",
        "(4) 市民が地域づくりの担い手となる環境の確保",
        "① 市民が主体的に地域づくりに参画することができる環境・仕組みづくり",
        "令和３年度実績値の増減理由及び今後の取り組み",
        "5年間の合計",
        "小計（事業数：16、ＫＰＩ数：15）",
        "合計（事業数：48、ＫＰＩ数：46）",
    ] {
        ensure!(texts.contains(&text), "{text} is not there");
    }
    assert_eq!(found["repeated"], "$1:$1");
    assert_eq!((&found["landscape"], &found["paper"]), (&json!("landscape"), &json!(8)));
    ensure!(
        found["breaks"].as_array().is_some_and(|breaks| breaks.len() >= 3),
        "a page for each goal: {}",
        found["breaks"]
    );
    ensure!(found["numbers"].as_u64() > Some(200), "figures are numbers: {}", found["numbers"]);
    Ok(())
}

async fn reports_are_had_in_every_format_and_kept(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let answer = server.ask("{ strategy(municipality: \"325252\") { xlsx: reportUrl(format: XLSX, year: 2022) html: reportUrl(format: HTML) } }", json!({})).await?.data()?;
    let told = answer["strategy"]["xlsx"].as_str().context("an address")?.to_owned();
    ensure!(told.ends_with(".xlsx?revision=1&year=2022"), "{told}");
    for (address, media, starts) in [
        (told.as_str(), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "PK"),
        (answer["strategy"]["html"].as_str().context("an address")?, "text/html; charset=utf-8", "<!DOCTYPE html>"),
        (&server.url("/reports/325252/2.csv"), "text/csv; charset=utf-8", "基本目標,政策,指標"),
        (
            &server.url("/reports/32525/2.csv?bom=true&rule=nagano&paper=A4"),
            "text/csv; charset=utf-8",
            "\u{feff}基本目標",
        ),
    ] {
        let response = server.client().get(address).send().await?.error_for_status()?;
        assert_eq!(response.headers()[CONTENT_TYPE], media, "{address}");
        assert_eq!(response.headers()[CACHE_CONTROL], "public, no-cache", "{address}");
        let tag = response.headers()[ETAG].clone();
        let closed = response.headers()[CONTENT_SECURITY_POLICY].to_str()?.starts_with("default-src 'none'");
        ensure!(closed, "{address}");
        let first = response.bytes().await?;
        ensure!(first.starts_with(starts.as_bytes()), "{address}");
        let again = server.client().get(address).send().await?.bytes().await?;
        assert_eq!(first, again, "the same bytes: {address}");
        let held = server
            .client()
            .get(address)
            .header(IF_NONE_MATCH, format!("\"x\", W/{}", tag.to_str()?.trim_start_matches("W/")))
            .send()
            .await?;
        assert_eq!(held.status(), StatusCode::NOT_MODIFIED, "{address}");
    }
    let file = get(&server, "/reports/012262/2.xlsx").await?;
    assert_eq!(file.headers()[CONTENT_DISPOSITION], "attachment; filename=\"report-012262-2021-r1.xlsx\"");
    let spelled = get(&server, "/reports/%EF%BC%90%EF%BC%91%EF%BC%92%EF%BC%92%EF%BC%96%EF%BC%92%0A/2.xlsx").await?;
    assert_eq!(spelled.headers()[CONTENT_DISPOSITION], file.headers()[CONTENT_DISPOSITION], "０１２２６２ is the same");
    let graded = get(&server, "/reports/012262/2.csv?rule=nagano").await?.text().await?;
    ensure!(graded.lines().next().is_some_and(|line| line.contains("評価（長野県")), "{:?}", graded.lines().next());
    Ok(())
}

async fn a_draft_is_had_by_its_people_alone(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let draft = Draft::of_sunagawa(server.app()).await?;
    let planner =
        server.user("kikaku@sunagawa.test", &[Grant::Municipal("012262".parse()?, MunicipalRole::Planner)]).await?;
    let stranger = server.user("somu@ama.test", &[Grant::Municipal("325252".parse()?, MunicipalRole::Planner)]).await?;
    let query = "query($id: ID!) { node(id: $id) { ... on Strategy { reportUrl(format: XLSX) } } }";
    let answer = server.ask_as(Some(&planner), query, json!({ "id": draft.id })).await?.data()?;
    let address = answer["node"]["reportUrl"].as_str().context("an address")?.to_owned();
    ensure!(address.contains("revision=draft"), "{address}");
    for (bearer, expected) in [(Some(&planner), 200), (Some(&stranger), 404), (None, 401)] {
        let mut request = server.client().get(&address);
        if let Some(bearer) = bearer {
            request = request.header(AUTHORIZATION, format!("Bearer {bearer}"));
        }
        let response = request.send().await?;
        assert_eq!(response.status().as_u16(), expected, "{bearer:?}");
        assert_eq!(response.headers()[CACHE_CONTROL], "no-store", "{bearer:?}");
        ensure!(!response.headers().contains_key(ETAG), "{bearer:?}");
    }
    Ok(())
}

async fn what_is_wrong_with_an_address_is_told(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    for (path, status, told) in [
        ("/reports/012262/current", 400, "a report ends in .xlsx, .html or .csv"),
        ("/reports/012262/current.pdf", 400, "a report ends in"),
        ("/reports/999999/current.csv", 400, "municipality"),
        ("/reports/013331/current.csv", 404, "the strategy"),
        ("/reports/012262/9.csv", 404, "the strategy"),
        ("/reports/012262/first.csv", 400, "name a strategy by current, the number of its term, or its key"),
        ("/reports/012262/2.csv?year=2031", 400, "the plan runs from 2021 to 2025"),
        ("/reports/012262/2.csv?year=then", 400, "year"),
        ("/reports/012262/2.csv?revision=99", 404, "the revision"),
        ("/reports/012262/2.csv?revision=last", 400, "revision"),
        ("/reports/012262/2.csv?revision=draft", 400, "key"),
        ("/reports/012262/2.csv?rule=nowhere", 400, "there is no such grading rule"),
        ("/reports/012262/2.csv?paper=B4", 400, "A3 or A4"),
        ("/reports/012262/2.csv?colour=red", 400, "colour"),
    ] {
        let response = get(&server, path).await?;
        assert_eq!(response.status().as_u16(), status, "{path}");
        let answer: Value = response.json().await?;
        let message = answer["errors"][0]["message"].as_str().context("a message")?;
        ensure!(message.contains(told), "{path}: {message}");
    }
    Ok(())
}
