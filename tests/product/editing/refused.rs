//! What cannot be done is told at its place, and changes nothing.

use anyhow::Result;
use serde_json::{Value, json};
use shirube_testing::{Backend, TestServer, both_backends};

use super::{administrator, kpi, made, on, planner, refused, sample_draft, small_draft};
use crate::sign_in::change;

both_backends!(
    what_is_wrong_is_told_at_its_place,
    what_was_published_cannot_be_removed_but_ends,
    what_was_never_published_can_be_removed,
);

#[expect(clippy::too_many_lines, reason = "a list of what can be wrong")]
async fn what_is_wrong_is_told_at_its_place(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let bearer = planner(&server).await?;
    let draft = small_draft(&server, &bearer).await?;
    let everything = "query($id: ID!) { node(id: $id) { ... on Strategy { version title nodes { version title }
        indicators(first: 100) { nodes { version label } } } } }";
    let id = json!({ "id": draft.strategy["id"] });
    let before = server.ask_as(Some(&bearer), everything, id.clone()).await?.data()?;

    let strategy = |more| on(&draft.strategy, more);
    let node = |more| on(&draft.nodes[2], more);
    let indicator = |more| on(&draft.indicator, more);
    let new_node = |more: Value| {
        let mut input = json!({ "strategy": draft.strategy["id"], "title": "新しい事業" });
        input.as_object_mut().into_iter().for_each(|of| of.extend(more.as_object().cloned().unwrap_or_default()));
        input
    };
    let new_indicator = |more: Value| {
        let mut input = kpi(&draft.nodes[2]["id"], "新しい指標");
        input.as_object_mut().into_iter().for_each(|of| of.extend(more.as_object().cloned().unwrap_or_default()));
        input
    };
    let department = "ZGVwYXJ0bWVudDowMTIyNjI6QUFBQUFBQUFBQUFBQUFBQUFBQUFBQQ";
    let level = |name: &str, was: Value| json!({ "name": name, "kind": "GOAL", "was": was });
    let frame = |first: &str, last: &str| {
        json!({ "municipality": "012262", "frame": { "title": "x", "term": "x", "termNumber": 7, "firstYear": first,
            "lastYear": last, "levels": [{ "name": "目標", "kind": "GOAL" }] } })
    };
    let mut taken = frame("R8", "R12");
    taken["frame"]["termNumber"] = 3.into();
    let revised = |target: &str, replaced: &str, reason: &str| json!({ "target": { "printed": target, "accumulation": "YEARLY_AMOUNT" }, "replaced": replaced, "reason": reason });
    let mapping = |key: &str, strength: &str, factor: Value| json!({ "mappings": [{ "standardIndicator": key, "strength": strength, "factor": factor }] });
    for (field, input, told) in [
        ("createStrategy", json!({ "municipality": "012262" }), "BAD_USER_INPUT input.document"),
        ("createStrategy", frame("R12", "R8"), "BAD_USER_INPUT input.frame.lastYear"),
        ("createStrategy", taken, "CONFLICT input.frame.termNumber"),
        ("updateStrategy", strategy(json!({ "title": " " })), "BAD_USER_INPUT input.title"),
        ("updateStrategy", strategy(json!({ "lastYear": "R1" })), "BAD_USER_INPUT input.lastYear"),
        ("updateStrategy", strategy(json!({ "lastYear": "2100" })), "BAD_USER_INPUT input.lastYear"),
        ("updateStrategy", strategy(json!({ "termNumber": 2 })), "CONFLICT input.termNumber"),
        ("setLevels", strategy(json!({ "levels": [] })), "BAD_USER_INPUT input.levels"),
        ("setLevels", strategy(json!({ "levels": [level("x", 0.into())] })), "CONFLICT input.levels"),
        ("setLevels", strategy(json!({ "levels": [level("x", 9.into())] })), "BAD_USER_INPUT input.levels.0.was"),
        ("createNode", new_node(json!({ "title": "" })), "BAD_USER_INPUT input.title"),
        ("createNode", new_node(json!({ "title": "題".repeat(501) })), "BAD_USER_INPUT input.title"),
        ("createNode", new_node(json!({ "level": 3 })), "BAD_USER_INPUT input.level"),
        ("createNode", new_node(json!({ "parent": draft.nodes[2]["id"] })), "BAD_USER_INPUT input.level"),
        ("createNode", new_node(json!({ "department": department })), "BAD_USER_INPUT input.department"),
        ("createNode", new_node(json!({ "started": "R10", "ended": "R9" })), "BAD_USER_INPUT input.ended"),
        ("createNode", new_node(json!({ "continues": "x" })), "BAD_USER_INPUT input.continues"),
        (
            "createNode",
            new_node(json!({ "continues": "00000000-0000-0000-0000-000000000001" })),
            "BAD_USER_INPUT input.continues",
        ),
        ("updateNode", node(json!({ "number": "" })), "BAD_USER_INPUT input.number"),
        ("updateNode", node(json!({ "title": "a\u{7}" })), "BAD_USER_INPUT input.title"),
        ("moveNode", on(&draft.nodes[0], json!({ "parent": draft.nodes[2]["id"] })), "BAD_USER_INPUT input.parent"),
        ("moveNode", on(&draft.nodes[1], json!({ "parent": null, "level": 2 })), "BAD_USER_INPUT input.parent"),
        ("deleteNode", on(&draft.nodes[1], json!({})), "CONFLICT input.id"),
        ("createIndicator", new_indicator(json!({ "unit": "3人" })), "BAD_USER_INPUT input.unit"),
        (
            "createIndicator",
            new_indicator(json!({ "baseline": "7,74人（令和元年）" })),
            "BAD_USER_INPUT input.baseline",
        ),
        (
            "createIndicator",
            new_indicator(json!({ "target": { "printed": "増やす", "accumulation": "LEVEL" } })),
            "BAD_USER_INPUT input.target.printed",
        ),
        (
            "createIndicator",
            new_indicator(json!({ "target": { "printed": "50件" } })),
            "BAD_USER_INPUT input.target.accumulation",
        ),
        ("createIndicator", new_indicator(json!({ "target": null })), "BAD_USER_INPUT input.target"),
        ("createIndicator", new_indicator(json!({ "role": "MONITORED" })), "BAD_USER_INPUT input.target"),
        ("createIndicator", new_indicator(json!({ "monitoredReason": "x" })), "BAD_USER_INPUT input.monitoredReason"),
        (
            "createIndicator",
            new_indicator(json!({ "details": [{ "heading": "", "text": "x" }] })),
            "BAD_USER_INPUT input.details.0.heading",
        ),
        (
            "createIndicator",
            new_indicator(json!({ "figures": [{ "year": "R8" }, { "year": "令和8年度" }] })),
            "BAD_USER_INPUT input.figures.1.year",
        ),
        (
            "setFigures",
            indicator(json!({ "figures": [{ "year": 1990, "actual": "1" }] })),
            "BAD_USER_INPUT input.figures.0.year",
        ),
        (
            "setFigures",
            indicator(json!({ "figures": [{ "year": "R8", "actual": "1", "absence": "WITHHELD" }] })),
            "BAD_USER_INPUT input.figures.0.absence",
        ),
        ("setRemark", indicator(json!({ "year": "R8", "text": "" })), "BAD_USER_INPUT input.text"),
        ("reviseTarget", indicator(revised("60件", "いつか", "x")), "BAD_USER_INPUT input.replaced"),
        ("reviseTarget", indicator(revised("増やす", "FY2027", "x")), "BAD_USER_INPUT input.target.printed"),
        ("reviseTarget", indicator(revised("60件", "FY2027", " ")), "BAD_USER_INPUT input.reason"),
        (
            "setMappings",
            indicator(mapping("none", "SIMILAR", Value::Null)),
            "BAD_USER_INPUT input.mappings.0.standardIndicator",
        ),
        (
            "setMappings",
            indicator(mapping("births", "CONVERTIBLE", Value::Null)),
            "BAD_USER_INPUT input.mappings.0.factor",
        ),
        ("setMappings", indicator(mapping("births", "SIMILAR", json!("2"))), "BAD_USER_INPUT input.mappings.0.factor"),
        (
            "setMappings",
            indicator(json!({ "mappings": [
                { "standardIndicator": "births", "strength": "IDENTICAL", "differences": ["PERIOD"] },
            ] })),
            "BAD_USER_INPUT input.mappings.0.differences",
        ),
        ("explainDropped", strategy(json!({ "key": "x" })), "BAD_USER_INPUT input.key"),
        (
            "copyStrategy",
            json!({ "id": draft.strategy["id"], "title": "", "term": "x", "termNumber": 9,
            "firstYear": 2031, "lastYear": 2035 }),
            "BAD_USER_INPUT input.title",
        ),
    ] {
        assert_eq!(refused(&server, &bearer, field, input.clone()).await?, told, "{field} {input}");
    }
    assert_eq!(server.ask_as(Some(&bearer), everything, id).await?.data()?, before, "nothing was changed");
    Ok(())
}

async fn what_was_published_cannot_be_removed_but_ends(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let bearer = administrator(&server).await?;
    let selection = "nodes { id version title indicators { id version label } children { id } }";
    let draft = sample_draft(&server, &bearer, selection).await?;
    let nodes = draft["nodes"].as_array().cloned().unwrap_or_default();
    let named = |title: &str| nodes.iter().find(|of| of["title"] == title).cloned().unwrap_or_default();

    // A node with nothing on it, which stands in the published revision all the same.
    let bare = named("市民が主体的に地域づくりに参画することができる環境・仕組みづくり");
    assert_eq!(refused(&server, &bearer, "deleteNode", on(&bare, json!({}))).await?, "CONFLICT input.id");
    let program = named("豊かな労働環境の充実支援事業");
    let indicator = &program["indicators"][0];
    assert_eq!(refused(&server, &bearer, "deleteIndicator", on(indicator, json!({}))).await?, "CONFLICT input.id");

    // The program ends, and what hangs on it does, too.
    let shown = "node { ended indicators { version ended figures { year actual { printed } } } }";
    let input = on(&program, json!({ "year": "R5", "reason": "国の補助が終わるため" }));
    let ended = made(&server, &bearer, "endNode", input, shown).await?;
    assert_eq!(ended["node"]["ended"], 2023);
    assert_eq!(ended["node"]["indicators"][0]["ended"], 2023);
    assert_eq!(ended["node"]["indicators"][0]["version"], 2, "it was changed, too");
    assert_eq!(ended["node"]["indicators"][0]["figures"][0]["actual"]["printed"], "36.6", "its figures stay");
    Ok(())
}

async fn what_was_never_published_can_be_removed(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let bearer = planner(&server).await?;
    let draft = small_draft(&server, &bearer).await?;
    let remark = on(&draft.indicator, json!({ "year": "R8", "text": "順調" }));
    made(&server, &bearer, "setRemark", remark, "").await?;
    let mut indicator = draft.indicator.clone();
    indicator["version"] = 2.into();
    let counts = "strategy { counts { kpis } nodes { id } }";
    let gone = made(&server, &bearer, "deleteIndicator", on(&indicator, json!({})), counts).await?;
    assert_eq!(gone["strategy"]["counts"]["kpis"], 0);
    let gone = made(&server, &bearer, "deleteNode", on(&draft.nodes[2], json!({})), counts).await?;
    assert_eq!(gone["strategy"]["nodes"].as_array().map(Vec::len), Some(2));
    for (field, of) in [("updateIndicator", &indicator), ("updateNode", &draft.nodes[2])] {
        let query = format!(
            "mutation($input: {}Input!) {{ {field}(input: $input) {{ userErrors {{ code }} }} }}",
            if field == "updateNode" { "UpdateNode" } else { "UpdateIndicator" }
        );
        let answer = server.ask_as(Some(&bearer), &query, json!({ "input": on(of, json!({})) })).await?;
        assert_eq!(answer.code(), Some("NOT_FOUND"), "{field}");
    }
    let left = "SELECT CAST(count(*) AS TEXT) FROM indicator_remark WHERE text = '順調'";
    assert_eq!(server.database().texts(left).await?, ["0"], "what hung on it went with it");
    let again = change(&server, &bearer, "createIndicator", kpi(&draft.nodes[1]["id"], "指標"), "indicator { label }");
    assert_eq!(again.await?["indicator"]["label"], "指標");
    Ok(())
}
