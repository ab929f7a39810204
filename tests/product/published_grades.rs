//! The grades and rates that a document itself prints stand beside every computed grade.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use shirube_access::{Grant, MunicipalRole};
use shirube_testing::{Backend, TestServer, both_backends};

use crate::sign_in::change;

both_backends!(what_a_document_prints_stands_beside_what_is_computed);

const CODE: &str = "012262";

/// A plan with a KPI that is graded by its own document: rightly, otherwise than it says it is, and not at all.
pub(crate) fn document() -> Value {
    json!({
        "format": "shirube-strategy/1", "municipality": CODE, "title": "第３期総合戦略", "term": "第３期", "term_number": 3,
        "first_year": "R3", "last_year": "R7",
        "report": { "year": "R5", "title": "集計表", "rate_heading": "達成率", "grade_heading": "評価" },
        "source": { "attribution": "試験市", "terms": "公表資料" },
        "levels": [{ "name": "基本目標", "kind": "goal" }],
        "plan": [{ "title": "仕事をつくる", "indicators": [{
            "label": "雇用創出数", "role": "kpi", "unit": "人", "direction": "higher", "target": "10,000人（5年間）",
            "accumulation": "running_total", "weight": "2.5",
            "targets": ["2,000", "4,000", "6,000", "8,000", "10,000"], "actuals": ["2,748", "5,163", "7,077", "", ""],
            "rates": ["137.4％", "129.0%", "117.9", "―", null], "grades": ["Ａ", "B", null, "―", null],
        }] }],
    })
}

async fn done(server: &TestServer, bearer: &str, field: &str, input: Value, gives: &str) -> Result<Value> {
    let payload = change(server, bearer, field, input, gives).await?;
    assert_eq!(payload["userErrors"], json!([]), "{field}");
    Ok(payload)
}

async fn what_a_document_prints_stands_beside_what_is_computed(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let bearer = server.user("kikaku@city.test", &[Grant::Municipal(CODE.parse()?, MunicipalRole::Planner)]).await?;
    let input = json!({ "municipality": CODE, "document": document() });
    let gives = "strategy { id indicators(first: 1) { nodes { id version } } }";
    let made = done(&server, &bearer, "createStrategy", input, gives).await?["strategy"].clone();
    done(&server, &bearer, "publishStrategy", json!({ "id": made["id"] }), "").await?;

    let query = "query ($year: FiscalYear!) { strategy(municipality: \"012262\", term: 3) {
        report { rateHeading gradeHeading }
        indicators(first: 1) { nodes {
            figures(years: [$year]) { published { grade rate { printed quantity { value } } differs } }
            grade(year: $year, rule: { preset: \"ibaraki\" }) { grade printedRate published { grade rate { printed } differs } }
        } } } }";
    let ask = async |year: i16| -> Result<(Value, Value)> {
        let told = server.ask(query, json!({ "year": year })).await?.data()?["strategy"].clone();
        assert_eq!(told["report"], json!({ "rateHeading": "達成率", "gradeHeading": "評価" }));
        let of = &told["indicators"]["nodes"][0];
        Ok((of["figures"][0]["published"].clone(), of["grade"].clone()))
    };
    let (printed, grade) = ask(2021).await?;
    let rate = json!({ "printed": "137.4％", "quantity": { "value": "137.4" } });
    assert_eq!(printed, json!({ "grade": "Ａ", "rate": rate, "differs": null }));
    assert_eq!(grade["published"], json!({ "grade": "Ａ", "rate": { "printed": "137.4％" }, "differs": false }));
    let (_, grade) = ask(2022).await?;
    assert_eq!((&grade["grade"], &grade["printedRate"]), (&json!("A"), &json!("129.0%")));
    assert_eq!(grade["published"]["differs"], true, "a difference is shown, and neither grade is changed: {grade}");
    let (printed, grade) = ask(2023).await?;
    assert_eq!((&printed["grade"], &printed["rate"]["quantity"]["value"]), (&Value::Null, &json!("117.9")));
    assert_eq!(grade["published"]["differs"], Value::Null, "there is a rate alone");
    let (_, grade) = ask(2024).await?;
    assert_eq!((&grade["grade"], &grade["published"]["differs"]), (&Value::Null, &json!(false)), "both say nothing");
    let (printed, grade) = ask(2025).await?;
    assert_eq!((&printed, &grade["published"]), (&Value::Null, &Value::Null), "nothing is printed");

    // What was misread is mended with the figures of the year, and told between the revisions.
    let on = &made["indicators"]["nodes"][0];
    let input = json!({ "id": on["id"], "version": on["version"], "figures": [{ "year": 2022, "grade": "A" }] });
    done(&server, &bearer, "setFigures", input, "").await?;
    done(&server, &bearer, "publishStrategy", json!({ "id": made["id"] }), "").await?;
    assert_eq!(ask(2022).await?.1["published"]["differs"], false);
    let changes =
        "{ strategy(municipality: \"012262\", term: 3) { changes(from: 1, to: 2) { part year before after } } }";
    let told = server.ask(changes, json!({})).await?.data()?["strategy"]["changes"].clone();
    let wanted = json!({ "part": "YEAR_GRADE", "year": 2022, "before": "B 129.0%", "after": "A 129.0%" });
    assert_eq!(told.as_array().context("changes")?, &[wanted]);
    Ok(())
}
