//! The audit trail answers who changed this figure, when, from what to what, and why; and whoever runs the instance does
//! not read drafts in it. What an edit changes is read back.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use shirube_testing::{Backend, TestServer, both_backends};

use super::{SUNAGAWA, administrator, made, on, operator, planner, small_draft};

both_backends!(
    the_trail_tells_from_what_to_what_and_why,
    a_revised_target_keeps_the_old_one,
    mappings_are_published_with_the_indicator,
    a_plan_is_rearranged,
);

async fn trail(server: &TestServer, bearer: &str, key: &str) -> Result<Vec<Value>> {
    let query = "query($code: MunicipalityCode!, $key: String!) {
        audit(municipality: $code, first: 10, filter: { subjectKey: $key }) {
            nodes { event actorName subjectKind before after reason }
        }
    }";
    let data = server.ask_as(Some(bearer), query, json!({ "code": SUNAGAWA, "key": key })).await?.data()?;
    Ok(data["audit"]["nodes"].as_array().context("lines")?.clone())
}

fn read(json: &Value) -> Result<Value> {
    Ok(serde_json::from_str(json.as_str().context("JSON")?)?)
}

async fn the_trail_tells_from_what_to_what_and_why(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let bearer = planner(&server).await?;
    let draft = small_draft(&server, &bearer).await?;
    let figures = |text: &str| json!({ "figures": [{ "year": "R8", "actual": text }], "reason": "転記の誤り" });
    let shown = "indicator { id key version }";
    let first = made(&server, &bearer, "setFigures", on(&draft.indicator, figures("9")), shown).await?;
    let second = made(&server, &bearer, "setFigures", on(&first["indicator"], figures("11")), shown).await?;
    let key = second["indicator"]["key"].as_str().context("a key")?;

    let lines = trail(&server, &administrator(&server).await?, key).await?;
    let last = &lines[0];
    assert_eq!((&last["event"], &last["subjectKind"]), (&json!("figures_set"), &json!("indicator")));
    assert!(last["actorName"].as_str().is_some_and(|name| name.contains("kikaku")), "{last}");
    assert_eq!(last["reason"], "転記の誤り");
    let (before, after) = (read(&last["before"])?, read(&last["after"])?);
    let printed = |value: &Value| value["figures"]["years"]["2026"]["actual"]["printed"].clone();
    assert_eq!((printed(&before), printed(&after)), (json!("9"), json!("11")));
    let only: Vec<&String> = after["figures"]["years"].as_object().context("years")?.keys().collect();
    assert_eq!(only, ["2026"], "of nothing else is told");
    assert!(after.get("label").is_none() && after["strategy"].is_string(), "{after}");
    assert_eq!(lines[2]["event"], "indicator_created");
    assert_eq!(lines[2]["before"], Value::Null, "it was nothing before");
    assert_eq!(read(&lines[2]["after"])?["label"], "創業件数");

    // An edit that changes nothing is told of nobody.
    let same = made(&server, &bearer, "setFigures", on(&second["indicator"], figures("11")), shown).await?;
    assert_eq!(same["indicator"]["version"], second["indicator"]["version"]);

    // Whoever runs the instance sees that something was done, and by whom.
    let seen = trail(&server, &operator(&server).await?, key).await?;
    assert_eq!(seen.len(), 3);
    for (line, hidden) in lines.iter().zip(seen) {
        assert_eq!((&hidden["event"], &hidden["actorName"]), (&line["event"], &line["actorName"]));
        for field in ["before", "after", "reason"] {
            assert_eq!(hidden[field], Value::Null, "a draft is not theirs to read");
        }
    }
    Ok(())
}

async fn a_revised_target_keeps_the_old_one(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let bearer = planner(&server).await?;
    let draft = small_draft(&server, &bearer).await?;
    let shown = "indicator { id version target { printed requirement accumulation scope quantity { value }
        superseded { printed reason replaced { code } yearly { year target { printed } } } }
        figures { year target { printed } } }";
    let yearly = json!({ "figures": [{ "year": "R8", "target": "10" }, { "year": "R9", "target": "10" }] });
    let first = made(&server, &bearer, "setFigures", on(&draft.indicator, yearly), shown).await?;
    let input = json!({
        "target": { "printed": "65件（5年間）", "accumulation": "YEARLY_AMOUNT" },
        "yearly": [{ "year": "R9", "target": "15" }],
        "replaced": "令和8年度", "reason": "創業塾の定員を増やしたため",
    });
    let revised = made(&server, &bearer, "reviseTarget", on(&first["indicator"], input), shown).await?;
    let target = &revised["indicator"]["target"];
    assert_eq!((&target["printed"], &target["quantity"]["value"]), (&json!("65件（5年間）"), &json!("65")));
    assert_eq!((&target["requirement"], &target["scope"]), (&json!("AT_LEAST"), &json!("WHOLE_PLAN")));
    let old = json!([{
        "printed": "50件（5年間）", "reason": "創業塾の定員を増やしたため", "replaced": { "code": "FY2026" },
        "yearly": [{ "year": 2026, "target": { "printed": "10" } }, { "year": 2027, "target": { "printed": "10" } }],
    }]);
    assert_eq!(target["superseded"], old);
    assert_eq!(revised["indicator"]["figures"][1]["target"]["printed"], "15");
    // What was only misread is corrected, and what was replaced before stays.
    let input = json!({ "target": { "printed": "66件（5年間）", "accumulation": "YEARLY_AMOUNT" } });
    let mended = made(&server, &bearer, "updateIndicator", on(&revised["indicator"], input), shown).await?;
    assert_eq!(mended["indicator"]["target"]["superseded"], old);
    Ok(())
}

async fn mappings_are_published_with_the_indicator(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let bearer = planner(&server).await?;
    let draft = small_draft(&server, &bearer).await?;
    let mappings = json!({ "mappings": [
        { "standardIndicator": "births", "strength": "CONVERTIBLE", "factor": "1000", "differences": ["UNIT"],
          "reason": "千人単位のため" },
        { "standardIndicator": "marriages", "strength": "NOT_COMPARABLE" },
    ] });
    let shown = "indicator { id version mappings { standardIndicatorKey standardIndicator { key } strength factor
        differences reason decidedBy decidedOn } }";
    let mapped = made(&server, &bearer, "setMappings", on(&draft.indicator, mappings), shown).await?;
    let of = &mapped["indicator"]["mappings"];
    assert_eq!(of[0]["standardIndicator"]["key"], "births");
    assert_eq!((&of[0]["factor"], &of[0]["reason"]), (&json!("1000"), &json!("千人単位のため")));
    assert_eq!((&of[0]["differences"], &of[1]["differences"]), (&json!(["UNIT"]), &json!([])));
    assert_eq!((&of[1]["strength"], &of[1]["factor"]), (&json!("NOT_COMPARABLE"), &Value::Null));
    assert_eq!(of[0]["decidedBy"], "kikaku@sunagawa.test", "who may read drafts sees who decided");
    assert!(of[0]["decidedOn"].is_string());

    made(&server, &bearer, "publishStrategy", json!({ "id": draft.strategy["id"] }), "").await?;
    let query = "{ strategy(municipality: \"012262\", term: 3) { version indicators(first: 1) { nodes { version
        mappings { standardIndicatorKey strength decidedBy decidedOn } } } } }";
    let read = server.ask(query, json!({})).await?.data()?["strategy"].clone();
    let published = &read["indicators"]["nodes"][0]["mappings"][0];
    assert_eq!(published["standardIndicatorKey"], "births");
    assert_eq!((&published["decidedBy"], &published["decidedOn"]), (&Value::Null, &of[0]["decidedOn"]));
    assert_eq!((&read["version"], &read["indicators"]["nodes"][0]["version"]), (&Value::Null, &Value::Null));
    let none =
        made(&server, &bearer, "setMappings", on(&mapped["indicator"], json!({ "mappings": [] })), shown).await?;
    assert_eq!(none["indicator"]["mappings"], json!([]));
    Ok(())
}

async fn a_plan_is_rearranged(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let bearer = planner(&server).await?;
    let draft = small_draft(&server, &bearer).await?;
    let [goal, measure, program] = [0, 1, 2].map(|at| draft.nodes[at].clone());
    let input = json!({ "strategy": draft.strategy["id"], "title": "人を呼ぶ", "number": "2" });
    let other = made(&server, &bearer, "createNode", input, "node { id version }").await?["node"].clone();
    let tree = "node { id version strategy { id version levels { name }
        nodes { title level { depth } parent { title } } } }";
    // The measure goes to the other goal with its program; then that goal to the front.
    made(&server, &bearer, "moveNode", on(&measure, json!({ "parent": other["id"] })), tree).await?;
    let moved = made(&server, &bearer, "moveNode", on(&other, json!({ "position": 0 })), tree).await?;
    let titles = |of: &Value| -> Vec<(String, u64)> {
        let nodes = of["node"]["strategy"]["nodes"].as_array().cloned().unwrap_or_default();
        let one = |of: &Value| {
            (of["title"].as_str().unwrap_or_default().to_owned(), of["level"]["depth"].as_u64().unwrap_or(9))
        };
        nodes.iter().map(one).collect()
    };
    let expected = [("人を呼ぶ", 0), ("企業を育てる", 1), ("創業支援事業", 2), ("仕事をつくる", 0)];
    assert_eq!(titles(&moved), expected.map(|(title, depth)| (title.to_owned(), depth)));

    // A level comes between, one is renamed; nodes stay on theirs.
    let levels = json!({ "levels": [
        { "name": "重点目標", "kind": "GOAL", "was": 0 }, { "name": "基本的方向", "kind": "DIRECTION" },
        { "name": "施策", "kind": "MEASURE", "was": 1 }, { "name": "事業", "kind": "PROGRAM", "was": 2 },
    ] });
    let set = made(&server, &bearer, "setLevels", on(&draft.strategy, levels), "strategy { version levels { name } }")
        .await?;
    assert_eq!(set["strategy"]["version"], 2);
    assert_eq!(set["strategy"]["levels"][0]["name"], "重点目標");
    let input = json!({ "node": goal["id"], "position": 0 });
    let shown = "indicator { node { title } }";
    let moved = made(&server, &bearer, "moveIndicator", on(&draft.indicator, input), shown).await?;
    assert_eq!(moved["indicator"]["node"]["title"], "仕事をつくる");
    let mut now = program;
    now["version"] = 2.into();
    let top = made(&server, &bearer, "moveNode", on(&now, json!({ "parent": null, "position": 0 })), tree).await?;
    let expected = [("創業支援事業", 0), ("人を呼ぶ", 0), ("企業を育てる", 2), ("仕事をつくる", 0)];
    assert_eq!(titles(&top), expected.map(|(title, depth)| (title.to_owned(), depth)));

    // A department, and away with it again.
    let input = json!({ "municipality": SUNAGAWA, "name": "商工課" });
    let department =
        made(&server, &bearer, "createDepartment", input, "department { id }").await?["department"].clone();
    let shown = "node { id version department { name } started ended noIndicator { reason mark } }";
    let more = json!({ "department": department["id"], "started": "R9", "noIndicator": { "reason": "設定が困難", "mark": "―" } });
    let changed = made(&server, &bearer, "updateNode", on(&top["node"], more), shown).await?;
    assert_eq!((&changed["node"]["department"]["name"], &changed["node"]["started"]), (&json!("商工課"), &json!(2027)));
    assert_eq!(changed["node"]["noIndicator"], json!({ "reason": "設定が困難", "mark": "―" }));
    let more = json!({ "department": null, "noIndicator": null });
    let cleared = made(&server, &bearer, "updateNode", on(&changed["node"], more), shown).await?;
    assert_eq!((&cleared["node"]["department"], &cleared["node"]["started"]), (&Value::Null, &json!(2027)));
    // The plan is extended by a year, which is still to be reported.
    let input = json!({ "id": draft.strategy["id"], "version": 2, "lastYear": "R13", "report": { "totalHeading": "6年間の合計" } });
    let shown = "strategy { lastYear report { totalHeading } indicators(first: 1) { nodes { figures { year actual { status } } } } }";
    let longer = made(&server, &bearer, "updateStrategy", input, shown).await?;
    assert_eq!(longer["strategy"]["report"]["totalHeading"], "6年間の合計");
    let last = json!({ "year": 2031, "actual": { "status": "NOT_YET_REPORTED" } });
    assert_eq!(longer["strategy"]["indicators"]["nodes"][0]["figures"][5], last);
    Ok(())
}
