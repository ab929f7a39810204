//! Progress and grades through the API: rules that are shipped, rules that are given as data, and what is wrong with one.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use shirube_access::{Grant, MunicipalRole};
use shirube_testing::{Backend, TestServer, TestService, both_backends};

use crate::sign_in::change;

both_backends!(
    four_bodies_disagree_about_the_same_figures,
    a_rule_given_as_data_grades_like_one_that_is_shipped,
    what_is_wrong_with_a_rule_is_told_with_its_place,
    weights_are_told_beside_the_plain_summary,
);

/// The grades of one indicator of 砂川市 in 令和３年度 by a rule.
async fn grades(service: &TestService, label: &str, rules: &[&str]) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for rule in rules {
        let query = "query ($label: String!, $rule: String!) { strategy(municipality: \"012262\") {
            indicators(filter: { text: $label }, first: 1) { nodes { grade(year: 2021, rule: { preset: $rule }) {
                grade printedRate whyNot mark steps { ja en } } } } } }";
        let data = service.ask(query, json!({ "label": label, "rule": rule })).await?.data()?;
        let grade = &data["strategy"]["indicators"]["nodes"][0]["grade"];
        let steps = grade["steps"].as_array().map_or(0, Vec::len);
        assert!(steps >= 2, "it says how it was found: {grade}");
        let text = |name: &str| grade[name].as_str().map(str::to_owned);
        let told = text("grade").or_else(|| text("whyNot")).unwrap_or_default();
        found.push(format!("{told} {}", text("printedRate").unwrap_or_else(|| "–".into())));
    }
    Ok(found)
}

async fn four_bodies_disagree_about_the_same_figures(backend: Backend) -> Result<()> {
    let service = TestService::sample(backend).await?;
    let four = ["nagano", "ibaraki", "tama", "uda"];
    // The target of the year is behind the baseline: 長野県 falls back to 実績 ÷ 目標, which 茨城県 uses anyway.
    assert_eq!(
        grades(&service, "市内企業就職率", &four).await?,
        ["A 101.7%", "A 101.6%", "① 91.5%", "A 101.7%"],
        "茨城県 cuts off"
    );
    // One visitor in two, of a way of two thousand.
    assert_eq!(grades(&service, "観光入込客数", &four).await?, ["C -36105.0%", "B 55.4%", "① 55.1%", "D 55.5%"]);
    // Due in the last year: a guide value for 長野県, nothing for 茨城県, the target of the plan for the others.
    assert_eq!(grades(&service, "出生数", &four).await?, ["C -29.4%", "NOT_DUE –", "① 66.7%", "C 66.7%"]);
    Ok(())
}

fn rule() -> Value {
    json!({
        "key": "ours", "version": 2, "name": { "ja": "本市の評価", "en": "Ours" },
        "source": { "body": "砂川市", "title": "総合戦略" }, "caps": { "above": 100, "below": 0 },
        "cases": [{
            "question": { "toward": "year", "method": { "kind": "actual_to_target" } },
            "bands": [
                { "grade": "◎", "when": [{ "rate_at_least": 100 }], "points": 3 },
                { "grade": "○", "when": [{ "rate_at_least": "66.6" }], "points": 2 },
                { "grade": "△", "points": 0.5 },
            ],
        }],
    })
}

async fn a_rule_given_as_data_grades_like_one_that_is_shipped(backend: Backend) -> Result<()> {
    let service = TestService::sample(backend).await?;
    let query = "query ($rule: GradingRuleChoice!) { strategy(municipality: \"012262\") {
        gradeSummary(grading: { year: 2021, rule: $rule }) { total graded grades { grade count share } meanPoints rule { key version } }
        grades(grading: { year: 2021, rule: $rule }) { grade points indicator { label } }
        roots { gradeSummary(grading: { year: 2021, rule: $rule }) { total graded } } } }";
    let strategy = service.ask(query, json!({ "rule": { "document": rule() } })).await?.data()?["strategy"].clone();
    let summary = &strategy["gradeSummary"];
    assert_eq!(summary["rule"], json!({ "key": "ours", "version": 2 }));
    let given: Vec<&str> =
        strategy["grades"].as_array().into_iter().flatten().filter_map(|grade| grade["grade"].as_str()).collect();
    for grade in summary["grades"].as_array().into_iter().flatten() {
        let count = given.iter().filter(|of| grade["grade"] == **of).count();
        assert_eq!(grade["count"], count, "{summary}");
    }
    assert_eq!((summary["total"].as_u64(), summary["graded"].as_u64()), (Some(52), Some(given.len() as u64)));
    assert!(summary["meanPoints"].is_string(), "{summary}");
    let below = |name: &str| -> u64 {
        let roots = strategy["roots"].as_array().into_iter().flatten();
        roots.filter_map(|root| root["gradeSummary"][name].as_u64()).sum()
    };
    assert_eq!((below("total"), below("graded")), (52, given.len() as u64), "the goals add up to the strategy");

    // What is shipped is data as well.
    let shipped = service.ask("{ gradingRules { key document } }", Value::Null).await?.data()?["gradingRules"].clone();
    let count = "query ($rule: GradingRuleChoice!) { strategy(municipality: \"325252\") {
        gradeSummary(grading: { year: \"R5\", rule: $rule }) { graded grades { grade count } without { whyNot count } } } }";
    for rule in shipped.as_array().into_iter().flatten() {
        let by_key = service.ask(count, json!({ "rule": { "preset": rule["key"] } })).await?.data()?;
        let by_data = service.ask(count, json!({ "rule": { "document": rule["document"] } })).await?.data()?;
        assert_eq!(by_key, by_data, "{}", rule["key"]);
    }
    Ok(())
}

async fn what_is_wrong_with_a_rule_is_told_with_its_place(backend: Backend) -> Result<()> {
    let service = TestService::sample(backend).await?;
    let query = "query ($rule: GradingRuleChoice!) { strategy(municipality: \"012262\") {
        gradeSummary(grading: { year: 2021, rule: $rule }) { graded } } }";
    let mut wrong = rule();
    wrong["cases"][0]["bands"] = json!([]);
    wrong["version"] = json!(0);
    let mut unknown = rule();
    unknown["cases"][0]["question"]["method"]["kind"] = json!("guess");
    for (choice, told) in [
        (json!({ "document": wrong }), "cases[0].bands"),
        (json!({ "document": unknown }), "guess"),
        (json!({ "document": "not JSON" }), "rule.document"),
        (json!({ "preset": "nowhere" }), "gradingRules"),
        (json!({}), "one of the three"),
        (json!({ "preset": "uda", "document": rule() }), "one of the three"),
    ] {
        let answer = service.ask(query, json!({ "rule": choice })).await?;
        assert_eq!(answer.code(), Some("BAD_USER_INPUT"), "{:#}", answer.0);
        assert!(answer.message().is_some_and(|message| message.contains(told)), "{:#}", answer.0);
    }
    Ok(())
}

async fn weights_are_told_beside_the_plain_summary(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let bearer =
        server.user("kikaku@city.test", &[Grant::Municipal("012262".parse()?, MunicipalRole::Planner)]).await?;
    let indicator = |label: &str, actual: &str| {
        json!({
            "label": label, "role": "kpi", "unit": "人", "direction": "higher", "target": "100人（各年度）",
            "accumulation": "level", "targets": ["100"], "actuals": [actual],
        })
    };
    let document = json!({
        "format": "shirube-strategy/1", "municipality": "012262", "title": "総合戦略", "term": "第３期", "term_number": 3,
        "first_year": "R3", "last_year": "R3", "report": { "year": "R3", "title": "集計表" },
        "source": { "attribution": "試験市", "terms": "公表資料" }, "levels": [{ "name": "基本目標", "kind": "goal" }],
        "plan": [
            { "title": "仕事", "indicators": [indicator("就業", "100"), indicator("創業", "30")] },
            { "title": "子育て", "indicators": [indicator("出生", "95")] },
        ],
    });
    let input = json!({ "municipality": "012262", "document": document });
    let gives = "strategy { id indicators(first: 1) { nodes { id version weight } } }";
    let made = change(&server, &bearer, "createStrategy", input, gives).await?["strategy"].clone();
    let job = &made["indicators"]["nodes"][0];
    assert_eq!(job["weight"], Value::Null);

    let query = "{ drafts(municipality: \"012262\") { term ...Summary nodes { ...Of } } }
        fragment Summary on Strategy { gradeSummary(grading: { year: 2021, rule: { preset: \"sano\" } }) { ...Told } }
        fragment Of on PlanNode { gradeSummary(grading: { year: 2021, rule: { preset: \"sano\" } }) { ...Told } }
        fragment Told on GradeSummary { meanPoints weightedMeanPoints grades { share weightedShare } }";
    let ask = async || -> Result<Vec<String>> {
        let drafts = server.ask_as(Some(&bearer), query, json!({})).await?.data()?["drafts"].clone();
        let draft = drafts.as_array().and_then(|all| all.iter().find(|of| of["term"] == "第３期")).cloned();
        let draft = draft.context("the draft")?;
        let nodes = draft["nodes"].as_array().context("nodes")?.iter();
        let told = |of: &Value| {
            let of = &of["gradeSummary"];
            let text = |value: &Value| value.as_str().unwrap_or("–").to_owned();
            let best = &of["grades"][0];
            [&of["meanPoints"], &of["weightedMeanPoints"], &best["share"], &best["weightedShare"]].map(text).join(" ")
        };
        Ok([&draft].into_iter().chain(nodes).map(told).collect())
    };
    // The whole, and each goal: points and the share of the best grade, each with the weighted one.
    assert_eq!(ask().await?, ["4.67 – 33.3 –", "4 – 50 –", "6 – 0 –"]);
    let input = json!({ "id": job["id"], "version": job["version"], "weight": "3" });
    let weighed = change(&server, &bearer, "updateIndicator", input, "indicator { id version weight }").await?;
    assert_eq!(weighed["indicator"]["weight"], "3");
    assert_eq!(ask().await?, ["4.67 5.6 33.3 60", "4 5.5 50 75", "6 – 0 –"], "where weights are set");

    let now = &weighed["indicator"];
    let zero = json!({ "id": now["id"], "version": now["version"], "weight": "0" });
    let refused = change(&server, &bearer, "updateIndicator", zero, "").await?["userErrors"][0].clone();
    assert_eq!(refused["path"], json!(["input", "weight"]));
    assert!(refused["message"].as_str().is_some_and(|text| text.contains("above 0")), "it says how to mend: {refused}");
    let none = json!({ "id": now["id"], "version": now["version"], "weight": null });
    change(&server, &bearer, "updateIndicator", none, "").await?;
    assert_eq!(ask().await?[0], "4.67 – 33.3 –");
    Ok(())
}
