//! A municipality's own workbook becomes a strategy: recognised, corrected by its sender, and then taken.

use anyhow::{Context, Result, ensure};
use reqwest::{StatusCode, header::AUTHORIZATION};
use serde_json::{Value, json};
use shirube_access::{Grant, MunicipalRole};
use shirube_domain::municipality::MunicipalityCode;
use shirube_testing::{Backend, TestServer, both_backends};

use crate::{forms::with_form, python};

both_backends!(
    a_workbook_is_recognised_corrected_and_taken,
    who_makes_no_strategies_sends_none,
    what_cannot_be_read_is_told
);

/// 千代田区, which has no strategy yet.
const CODE: &str = "131016";
const SUNAGAWA: &str = "../crates/exchange/data/strategies/012262-2.json";
const AMA: &str = "../crates/exchange/data/strategies/325252-2.json";

async fn planner(server: &TestServer) -> Result<String> {
    let code: MunicipalityCode = CODE.parse()?;
    server.user("kikaku@city.test", &[Grant::Municipal(code, MunicipalRole::Planner)]).await
}

/// Sends a form with a file and, if given, corrections; gives the status and what is told.
async fn send(
    server: &TestServer,
    bearer: Option<&str>,
    code: &str,
    file: &[u8],
    layout: Option<&Value>,
) -> Result<(StatusCode, Value)> {
    let layout = layout.map(ToString::to_string);
    let mut fields = vec![("file", file)];
    fields.extend(layout.as_ref().map(|layout| ("layout", layout.as_bytes())));
    let mut request = with_form(server.client().post(server.url(&format!("/imports/{code}"))), &fields);
    if let Some(bearer) = bearer {
        request = request.header(AUTHORIZATION, format!("Bearer {bearer}"));
    }
    let response = request.send().await?;
    Ok((response.status(), response.json().await?))
}

/// The table of a strategy as another program writes it.
fn written(strategy: &str, kind: &str) -> Result<Vec<u8>> {
    let folder = tempfile::tempdir()?;
    let target = folder.path().join(format!("table.{kind}"));
    let mut write = python::script("write_foreign.py")?;
    ensure!(write.arg(strategy).arg(&target).status()?.success(), "no table is written: {strategy} {kind}");
    Ok(std::fs::read(target)?)
}

/// What a table prints of a plan: everything but what somebody has decided beside it.
fn printed(plan: &Value) -> Value {
    match plan {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(name, _)| *name != "mappings");
            Value::Object(kept.map(|(name, value)| (name.clone(), printed(value))).collect())
        }
        Value::Array(all) => Value::Array(all.iter().map(printed).collect()),
        other => other.clone(),
    }
}

async fn a_workbook_is_recognised_corrected_and_taken(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let planner = planner(&server).await?;
    for (strategy, kinds) in [(SUNAGAWA, ["xlsx", "xls", "ods", "csv"]), (AMA, ["xlsx", "xls", "ods", "csv"])] {
        let original: Value = serde_json::from_str(&std::fs::read_to_string(strategy)?)?;
        for kind in kinds {
            let (status, told) = send(&server, Some(&planner), CODE, &written(strategy, kind)?, None).await?;
            assert_eq!(status, StatusCode::OK, "{told}");
            assert_eq!((&told["problems"], &told["unread"]), (&json!([]), &json!([])), "{strategy} {kind}");
            assert_eq!(printed(&told["strategy"]["plan"]), printed(&original["plan"]), "{strategy} {kind}");
            assert_eq!(told["strategy"]["municipality"], CODE, "it is read for the municipality that is asked");
        }
    }
    // Its sender corrects what was guessed, and it is taken.
    let file = written(SUNAGAWA, "xlsx")?;
    let layout = json!({ "term": "第５期", "term_number": 5 });
    let (_, told) = send(&server, Some(&planner), CODE, &file, Some(&layout)).await?;
    assert_eq!(told["strategy"]["term_number"], 5);
    let mut strategy = told["strategy"].clone();
    strategy["plan"][0]["indicators"][0]["direction"] = json!("lower");
    let query = "mutation($input: CreateStrategyInput!) { createStrategy(input: $input) {
        userErrors { message path } strategy { title indicators(first: 1) { totalCount nodes { label direction } } } } }";
    let input = json!({ "input": { "municipality": CODE, "document": strategy } });
    let answer = server.ask_as(Some(&planner), query, input).await?.data()?;
    let made = &answer["createStrategy"];
    assert_eq!(made["userErrors"], json!([]));
    assert_eq!(made["strategy"]["indicators"]["totalCount"], 52);
    assert_eq!(made["strategy"]["indicators"]["nodes"][0], json!({ "label": "就業者数", "direction": "LOWER" }));
    Ok(())
}

async fn who_makes_no_strategies_sends_none(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let planner = planner(&server).await?;
    let code: MunicipalityCode = CODE.parse()?;
    let reviewer = server.user("iin@city.test", &[Grant::Municipal(code, MunicipalRole::Reviewer)]).await?;
    for (bearer, code, status, word) in [
        (None, CODE, StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"),
        (Some(&reviewer), CODE, StatusCode::FORBIDDEN, "FORBIDDEN"),
        (Some(&planner), "012262", StatusCode::NOT_FOUND, "NOT_FOUND"),
        (Some(&planner), "999999", StatusCode::BAD_REQUEST, "BAD_USER_INPUT"),
    ] {
        let (found, told) = send(&server, bearer.map(String::as_str), code, b"a,b", None).await?;
        assert_eq!((found, &told["errors"][0]["extensions"]["code"]), (status, &json!(word)), "{told}");
    }
    Ok(())
}

async fn what_cannot_be_read_is_told(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let planner = planner(&server).await?;
    for (file, layout, words) in [
        (&b"\xFF\xFF"[..], None, ["CP932", "文字コード"]),
        (b"PK\x03\x04", None, ["no workbook that can be read", "読めるブックではありません"]),
        (b"\xD0\xCF\x11\xE0", None, ["no workbook that can be read", "読めるブックではありません"]),
        (
            b"a,b",
            Some(json!({ "tables": [{ "headings": "CSV!1", "columns": { "A": "goal" } }] })),
            ["layout.tables[0].columns.A", "is not what a column can hold"],
        ),
    ] {
        let (status, told) = send(&server, Some(&planner), CODE, file, layout.as_ref()).await?;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{told}");
        assert!(words.iter().all(|word| told.to_string().contains(word)), "{told}");
    }
    // A table in which nothing is found is no mistake: what is missing is told.
    let (status, told) = send(&server, Some(&planner), CODE, "名前,値\nあ,1\n".as_bytes(), None).await?;
    assert_eq!(status, StatusCode::OK);
    let places: Vec<&Value> = told["problems"].as_array().context("problems")?.iter().map(|of| &of["place"]).collect();
    assert_eq!(places, ["first_year", "plan"]);
    assert_eq!(told["unread"][0]["at"], "CSV!A1");
    Ok(())
}
