//! What became of the previous term: what goes on, under which name, what is new, and what was dropped, with or without a
//! word.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use shirube_testing::{Backend, TestServer, both_backends};

use super::{made, on, planner, refused};

both_backends!(a_copied_term_tells_what_became_of_the_last_one, a_term_is_copied_without_targets);

const LINEAGE: &str = "lineage { kind previousKey previousName previousRole previousUnit reason
    node { title } indicator { label } }";

/// The names of what became of one kind: new name, or the old one of what was dropped.
fn of_kind(strategy: &Value, kind: &str) -> Vec<String> {
    let entries = strategy["lineage"].as_array().cloned().unwrap_or_default();
    let name = |of: &Value| {
        let now = [&of["node"]["title"], &of["indicator"]["label"], &of["previousName"]];
        now.into_iter().find_map(Value::as_str).unwrap_or_default().to_owned()
    };
    entries.iter().filter(|of| of["kind"] == kind).map(name).collect()
}

async fn copied(server: &TestServer, bearer: &str, targets: bool) -> Result<Value> {
    let latest = "{ strategy(municipality: \"012262\") { id } }";
    let id = server.ask(latest, json!({})).await?.data()?["strategy"]["id"].clone();
    let input = json!({
        "id": id, "title": "第３期総合戦略", "term": "第３期", "termNumber": 3, "firstYear": "R8", "lastYear": "R12",
        "targets": targets,
    });
    let shown = format!(
        "strategy {{ id version title previous {{ term revision }} counts {{ programs kpis goalTargets monitored }}
         nodes {{ id version title remarks {{ text }} lineage {{ kind }} }}
         indicators(first: 100) {{ nodes {{ id version label baseline {{ printed }} target {{ printed }} remarks {{ text }}
             figures {{ year target {{ printed }} actual {{ printed }} }} }} }} {LINEAGE} }}"
    );
    Ok(made(server, bearer, "copyStrategy", input, &shown).await?["strategy"].clone())
}

async fn a_copied_term_tells_what_became_of_the_last_one(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let bearer = planner(&server).await?;
    let copy = copied(&server, &bearer, true).await?;
    assert_eq!(copy["previous"], json!({ "term": "第２期", "revision": 1 }));
    let indicators = copy["indicators"]["nodes"].as_array().context("indicators")?.clone();
    for of in &indicators {
        assert_eq!(of["remarks"], json!([]));
        let figures = of["figures"].as_array().context("figures")?;
        assert_eq!(figures.len(), 5);
        assert!(figures.iter().all(|year| year["target"].is_null() && year["actual"]["printed"].is_null()), "{of}");
    }
    // What had ended is not taken over, and is told to have ended.
    let ended: Vec<&Value> =
        copy["lineage"].as_array().context("lineage")?.iter().filter(|of| of["kind"] == "DROPPED").collect();
    assert_eq!(ended.len(), 2, "a program and its KPI: {ended:?}");
    assert!(ended.iter().all(|of| of["reason"] == "令和3年度で終了"), "{ended:?}");
    assert_eq!(of_kind(&copy, "NEW"), [""; 0]);
    assert_eq!(of_kind(&copy, "RENAMED"), [""; 0]);

    let find = |label: &str| indicators.iter().find(|of| of["label"] == label).cloned().context("an indicator");
    let node = copy["nodes"].as_array().context("nodes")?.last().context("a node")?.clone();
    made(&server, &bearer, "updateNode", on(&node, json!({ "title": "新しい名前の事業" })), "").await?;
    let renamed = on(&find("新規就農者数")?, json!({ "label": "新たに農業を始めた人の数" }));
    made(&server, &bearer, "updateIndicator", renamed, "").await?;
    let unit = on(&find("観光入込客数")?, json!({ "unit": "千人泊" }));
    made(&server, &bearer, "updateIndicator", unit, "").await?;
    let measured = on(&find("英語検定合格率")?, json!({ "redefined": true }));
    made(&server, &bearer, "updateIndicator", measured, "").await?;
    made(&server, &bearer, "deleteIndicator", on(&find("研修終了者数")?, json!({})), "").await?;
    made(&server, &bearer, "deleteIndicator", on(&find("国保特定健診受診率")?, json!({})), "").await?;
    let new = json!({ "node": node["id"], "label": "関係人口", "role": "MONITORED", "direction": "HIGHER" });
    made(&server, &bearer, "createIndicator", new, "").await?;

    let query = format!("query($id: ID!) {{ node(id: $id) {{ ... on Strategy {{ version {LINEAGE} }} }} }}");
    let now = server.ask_as(Some(&bearer), &query, json!({ "id": copy["id"] })).await?.data()?["node"].clone();
    assert_eq!(of_kind(&now, "RENAMED"), ["新しい名前の事業", "新たに農業を始めた人の数"]);
    assert_eq!(of_kind(&now, "REDEFINED"), ["観光入込客数", "英語検定合格率"]);
    assert_eq!(of_kind(&now, "NEW"), ["関係人口"]);
    let silent: Vec<Value> = now["lineage"]
        .as_array()
        .context("lineage")?
        .iter()
        .filter(|of| of["kind"] == "DROPPED" && of["reason"].is_null())
        .cloned()
        .collect();
    let names: Vec<&Value> = silent.iter().map(|of| &of["previousName"]).collect();
    assert_eq!(names, ["研修終了者数", "国保特定健診受診率"], "dropped without a word");
    assert_eq!(silent[0]["previousRole"], "KPI");

    let why = json!({ "id": copy["id"], "version": now["version"], "key": silent[0]["previousKey"], "reason": "県の事業に移ったため" });
    made(&server, &bearer, "explainDropped", why, "").await?;
    let query_key = now["lineage"].as_array().context("lineage")?.iter().find(|of| of["kind"] == "RENAMED");
    let continued =
        json!({ "id": copy["id"], "version": 2, "key": query_key.context("renamed")?["previousKey"], "reason": "x" });
    assert_eq!(refused(&server, &bearer, "explainDropped", continued).await?, "CONFLICT input.key");

    // It is published with the plan.
    made(&server, &bearer, "publishStrategy", json!({ "id": copy["id"] }), "").await?;
    let published = "{ strategy(municipality: \"012262\", term: 3) {
        dropped: lineage(kinds: [DROPPED]) { previousName reason } renamed: lineage(kinds: [RENAMED]) { node { title } } } }";
    let read = server.ask(published, json!({})).await?.data()?["strategy"].clone();
    let reasons: Vec<&Value> = read["dropped"]
        .as_array()
        .context("dropped")?
        .iter()
        .filter(|of| of["reason"] == "県の事業に移ったため")
        .collect();
    assert_eq!(reasons, [&json!({ "previousName": "研修終了者数", "reason": "県の事業に移ったため" })]);
    assert_eq!(read["renamed"][0]["node"]["title"], "新しい名前の事業");
    Ok(())
}

async fn a_term_is_copied_without_targets(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let bearer = planner(&server).await?;
    let copy = copied(&server, &bearer, false).await?;
    assert_eq!((&copy["counts"]["kpis"], &copy["counts"]["goalTargets"]), (&json!(0), &json!(0)));
    assert_eq!(copy["nodes"][0]["lineage"]["kind"], "CONTINUED");
    let of = &copy["indicators"]["nodes"][0];
    assert_eq!((&of["baseline"], &of["target"]), (&Value::Null, &Value::Null));
    let input = json!({
        "role": "GOAL_TARGET", "baseline": "6,900人（令和2年）",
        "target": { "printed": "6,000人（令和12年）", "accumulation": "LEVEL" },
    });
    let shown = "indicator { role target { printed requirement } lineage { kind previousRole } }";
    let set = made(&server, &bearer, "updateIndicator", on(of, input), shown).await?;
    assert_eq!(set["indicator"]["target"]["requirement"], "AT_LEAST");
    assert_eq!(set["indicator"]["lineage"], json!({ "kind": "CONTINUED", "previousRole": "GOAL_TARGET" }));
    // The same term again, and from a draft.
    let input = json!({
        "id": copy["id"], "title": "x", "term": "第４期", "termNumber": 3, "firstYear": "R13", "lastYear": "R17",
    });
    assert_eq!(refused(&server, &bearer, "copyStrategy", input.clone()).await?, "CONFLICT input.termNumber");
    let mut next = input;
    next["termNumber"] = 4.into();
    let next = made(&server, &bearer, "copyStrategy", next, "strategy { previous { revision term } }").await?;
    assert_eq!(next["strategy"]["previous"], json!({ "revision": null, "term": "第３期" }));
    Ok(())
}
