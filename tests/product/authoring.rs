//! A strategy comes to life through the API alone: written as one document, published, and never gone again.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use shirube_access::{Grant, MunicipalRole};
use shirube_domain::municipality::MunicipalityCode;
use shirube_exchange::STRATEGIES;
use shirube_testing::{Backend, TestServer, both_backends};

use crate::sign_in::change;

both_backends!(
    a_strategy_is_written_and_published,
    every_problem_is_told_and_nothing_is_written,
    a_draft_may_be_thrown_away,
);

const MADE: &str = "strategy { id key title term counts { programs kpis } revision { number note } }";

async fn planner(server: &TestServer) -> Result<String> {
    server.user("kikaku@sunagawa.test", &[Grant::Municipal("012262".parse()?, MunicipalRole::Planner)]).await
}

/// A small strategy of a municipality whose texts all end in the same one.
pub(crate) fn small(code: MunicipalityCode, term: usize, text: &str) -> Value {
    json!({
        "format": "shirube-strategy/1", "municipality": code.to_string(), "title": format!("戦略 {text}"),
        "term": format!("第{term}期"), "term_number": term, "first_year": "R3", "last_year": "R7",
        "report": { "year": "R3", "title": format!("集計表 {text}") },
        "source": { "attribution": text, "terms": text },
        "levels": [{ "name": "基本目標", "kind": "goal" }],
        "plan": [{ "title": format!("目標 {text}") }],
    })
}

/// The sample of Sunagawa as the plan of the next term.
fn document() -> Result<Value> {
    let mut document: Value = serde_json::from_str(STRATEGIES[0])?;
    (document["term"], document["term_number"]) = ("第３期".into(), 3.into());
    Ok(document)
}

async fn created(server: &TestServer, bearer: &str, document: &Value) -> Result<Value> {
    change(server, bearer, "createStrategy", json!({ "municipality": "012262", "document": document }), MADE).await
}

async fn draft_terms(server: &TestServer, bearer: &str) -> Result<Vec<Value>> {
    let drafts =
        server.ask_as(Some(bearer), "{ drafts(municipality: \"012262\") { term } }", json!({})).await?.data()?;
    Ok(drafts["drafts"].as_array().context("drafts")?.iter().map(|of| of["term"].clone()).collect())
}

async fn a_strategy_is_written_and_published(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let bearer = planner(&server).await?;
    let published =
        "{ strategy(municipality: \"012262\", term: 3) { id title counts { programs kpis } revision { number } } }";

    let made = created(&server, &bearer, &document()?).await?;
    assert_eq!(made["userErrors"], json!([]));
    let draft = &made["strategy"];
    assert_eq!(draft["counts"], json!({ "programs": 48, "kpis": 46 }));
    assert_eq!(draft["revision"], Value::Null);
    assert_eq!(server.ask(published, json!({})).await?.data()?["strategy"], Value::Null, "a draft is not published");
    let again = created(&server, &bearer, &document()?).await?;
    assert_eq!(again["strategy"], Value::Null);
    assert_eq!(again["userErrors"][0]["code"], "CONFLICT");
    assert_eq!(again["userErrors"][0]["path"], json!(["input", "document", "term_number"]));

    let input = json!({ "id": draft["id"], "note": "議会報告" });
    let first = change(&server, &bearer, "publishStrategy", input.clone(), MADE).await?;
    assert_eq!(first["strategy"]["revision"], json!({ "number": 1, "note": "議会報告" }), "{first}");
    assert_eq!(first["strategy"]["key"], draft["key"], "the key leads from the draft to what is published");
    let read = server.ask(published, json!({})).await?.data()?;
    assert_eq!(read["strategy"]["counts"], draft["counts"]);
    assert_eq!(read["strategy"]["id"], first["strategy"]["id"]);

    // The same once more, and the id of what is published in place of the draft's.
    for (field, input, code) in [
        ("publishStrategy", input, "CONFLICT"),
        ("deleteStrategy", json!({ "id": draft["id"] }), "CONFLICT"),
        ("publishStrategy", json!({ "id": first["strategy"]["id"] }), "BAD_USER_INPUT"),
        ("deleteStrategy", json!({ "id": first["strategy"]["id"] }), "BAD_USER_INPUT"),
    ] {
        let refused = change(&server, &bearer, field, input, MADE).await?;
        assert_eq!(refused["strategy"], Value::Null);
        assert_eq!(refused["userErrors"][0]["code"], code, "{refused}");
        assert_eq!(refused["userErrors"][0]["path"], json!(["input", "id"]));
    }
    assert_eq!(server.ask(published, json!({})).await?.data()?, read, "nothing was changed");

    let admin = [Grant::Municipal("012262".parse()?, MunicipalRole::Administrator)];
    let admin = server.user("somu@sunagawa.test", &admin).await?;
    let trail = "{ audit(municipality: \"012262\", first: 100, filter: { subjectKind: \"strategy\" }) \
                 { nodes { event actorName after } } }";
    let trail = server.ask_as(Some(&admin), trail, json!({})).await?.data()?["audit"]["nodes"].clone();
    assert_eq!((&trail[0]["event"], &trail[1]["event"]), (&json!("published"), &json!("strategy_created")), "{trail}");
    assert!(trail[0]["actorName"].as_str().is_some_and(|name| name.contains("kikaku")), "{trail}");
    Ok(())
}

async fn every_problem_is_told_and_nothing_is_written(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let bearer = planner(&server).await?;
    let before = draft_terms(&server, &bearer).await?;

    let mut document = document()?;
    document["plan"][0]["indicators"][0]["unit"] = "3人".into();
    document["plan"][0]["indicators"][0]["baseline"] = "7,74人（平成27年）".into();
    let told = created(&server, &bearer, &document).await?;
    let paths: Vec<&Value> =
        told["userErrors"].as_array().context("errors")?.iter().map(|error| &error["path"]).collect();
    let place = |field: &str| json!(["input", "document", "plan", "0", "indicators", "0", field]);
    assert_eq!(told["strategy"], Value::Null);
    assert!(paths.contains(&&place("unit")) && paths.contains(&&place("baseline")), "{told}");

    for (document, path) in [
        (json!({ "format": "shirube-strategy/1" }), json!(["input", "document"])),
        (json!("not JSON"), json!(["input", "document"])),
        (serde_json::from_str(STRATEGIES[1])?, json!(["input", "document", "municipality"])),
    ] {
        let told = created(&server, &bearer, &document).await?;
        assert_eq!(told["strategy"], Value::Null);
        assert_eq!(told["userErrors"][0]["code"], "BAD_USER_INPUT", "{told}");
        assert_eq!(told["userErrors"][0]["path"], path, "{told}");
    }
    let query = "mutation($input: CreateStrategyInput!) { createStrategy(input: $input) { userErrors { code } } }";
    let input = json!({ "input": { "municipality": "012262", "document": [1] } });
    assert_eq!(server.ask_as(Some(&bearer), query, input).await?.code(), Some("BAD_USER_INPUT"));
    assert_eq!(draft_terms(&server, &bearer).await?, before);
    Ok(())
}

async fn a_draft_may_be_thrown_away(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let bearer = planner(&server).await?;
    let before = draft_terms(&server, &bearer).await?;
    // As text, too; and twice, since the term is free again.
    for _ in 0..2 {
        let made = created(&server, &bearer, &document()?.to_string().into()).await?;
        assert_eq!(draft_terms(&server, &bearer).await?.len(), before.len() + 1);
        let id = &made["strategy"]["id"];
        let gone = change(&server, &bearer, "deleteStrategy", json!({ "id": id }), MADE).await?;
        assert_eq!(gone["strategy"], made["strategy"], "what it was");
        assert_eq!(draft_terms(&server, &bearer).await?, before);
        let query = "mutation($input: DeleteStrategyInput!) { deleteStrategy(input: $input) { userErrors { code } } }";
        let again = server.ask_as(Some(&bearer), query, json!({ "input": { "id": id } })).await?;
        ensure!(again.code() == Some("NOT_FOUND"), "{again:?}");
    }
    for table in ["level", "plan_node", "indicator", "figure", "node_remark", "indicator_remark", "indicator_detail"] {
        let orphans = format!(
            "SELECT CAST(count(*) AS TEXT) FROM {table} \
             WHERE NOT EXISTS (SELECT 1 FROM strategy WHERE strategy.id = {table}.strategy_id)"
        );
        assert_eq!(server.database().texts(&orphans).await?, ["0"], "{table}");
    }
    Ok(())
}
