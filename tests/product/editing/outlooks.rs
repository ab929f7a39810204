//! The outlook of an indicator: what is said of the figures of a plan, what official statistics add to it, and what is wrong
//! with a question.

use anyhow::Result;
use serde_json::{Value, json};
use shirube_testing::{Backend, TestServer, both_backends};

use super::{made, on, planner, sample_draft};

both_backends!(
    official_statistics_from_before_the_plan_join_what_is_mapped,
    another_definition_stays_out,
    a_confidence_is_a_share,
);

const SHOWN: &str = "indicator { id version outlook(year: 2021) {
    verdict whyNot progressWhyNot reason cautions attribution current target
    observations { year value origin period { code } official { key } }
    recommended { method value low high chance } trend { s pValue } steps { ja } } }";

/// An indicator of the draft of 砂川市 by its label.
async fn indicator(server: &TestServer, bearer: &str, label: &str) -> Result<Value> {
    let selection = format!("indicators(first: 1, filter: {{ text: \"{label}\" }}) {{ nodes {{ id version }} }}");
    Ok(sample_draft(server, bearer, &selection).await?["indicators"]["nodes"][0].clone())
}

/// Its outlook as of 令和３年度, mapped to a standard indicator.
async fn mapped(server: &TestServer, label: &str, standard: &str) -> Result<Value> {
    let bearer = planner(server).await?;
    let of = indicator(server, &bearer, label).await?;
    let mappings = json!({ "mappings": [{ "standardIndicator": standard, "strength": "IDENTICAL" }] });
    let payload = made(server, &bearer, "setMappings", on(&of, mappings), SHOWN).await?;
    Ok(payload["indicator"]["outlook"].clone())
}

async fn official_statistics_from_before_the_plan_join_what_is_mapped(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let births = mapped(&server, "出生数", "births").await?;
    let observed: Vec<(i64, &str, &str)> = births["observations"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|of| {
            let text = |name: &str| of[name].as_str().unwrap_or_default();
            (of["year"].as_i64().unwrap_or_default(), text("value"), text("origin"))
        })
        .collect();
    let expected = [
        (2016, "92", "OFFICIAL"),
        (2017, "85", "OFFICIAL"),
        (2018, "100", "OFFICIAL"),
        (2019, "74", "BASELINE"),
        (2020, "76", "OFFICIAL"),
        (2021, "72", "FIGURE"),
    ];
    assert_eq!(observed, expected);
    assert_eq!(births["observations"][0]["period"]["code"], "CY2016");
    assert_eq!(births["observations"][0]["official"]["key"], "births");
    assert_eq!((&births["verdict"], &births["reason"]), (&json!("OFF_TRACK"), &json!("NO_CLEAR_TREND")));
    assert_eq!(births["recommended"]["method"], "LAST_VALUE");
    // Six observations are enough for a chance; 108 is farther from 72 than four years lead as a rule.
    assert!(births["recommended"]["chance"].as_f64().is_some_and(|chance| chance < 0.2), "{births}");
    assert_eq!(births["cautions"], json!(["OFFICIAL_JOINED"]));
    assert!(births["attribution"].as_str().is_some_and(|text| text.contains("SSDSE")));

    // Nothing was reported yet, and the census tells what became of the baseline.
    let employed = mapped(&server, "就業者数", "employed-persons").await?;
    assert_eq!((&employed["current"], &employed["target"]), (&json!("7444"), &json!("6300")));
    assert_eq!(employed["verdict"], "MET", "{employed}");
    assert!(employed["cautions"].as_array().is_some_and(|all| all.contains(&json!("LATEST_EARLIER"))), "{employed}");
    Ok(())
}

async fn another_definition_stays_out(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    // Households that used a coupon are no births.
    let other = mapped(&server, "参加親子組数", "births").await?;
    assert!(other["cautions"].as_array().is_some_and(|all| all.contains(&json!("HISTORY_DIFFERS"))), "{other}");
    assert_eq!(other["observations"].as_array().map(Vec::len), Some(2));
    assert_eq!((&other["attribution"], &other["recommended"]["chance"]), (&Value::Null, &Value::Null));
    Ok(())
}

async fn a_confidence_is_a_share(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let ask = async |confidence: f64| {
        let query = "query ($confidence: Float!) { strategy(municipality: \"325252\") {
            indicators(first: 1) { nodes { outlook(year: 2023, confidence: $confidence) {
                verdict recommended { low high } } } } } }";
        server.ask(query, json!({ "confidence": confidence })).await
    };
    for wrong in [0.0, 1.0, 90.0, -1.0] {
        let answer = ask(wrong).await?;
        assert_eq!(answer.code(), Some("BAD_USER_INPUT"), "{wrong}: {}", answer.0);
        assert!(answer.message().is_some_and(|text| text.contains("0.5 to 0.99")), "{}", answer.0);
    }
    // A wider interval for who wants to be surer.
    let width = async |confidence: f64| -> Result<f64> {
        let data = ask(confidence).await?.data()?;
        let of = &data["strategy"]["indicators"]["nodes"][0]["outlook"]["recommended"];
        let end = |name: &str| of[name].as_str().and_then(|text| text.parse::<f64>().ok()).unwrap_or(f64::NAN);
        Ok(end("high") - end("low"))
    };
    assert!(width(0.5).await? < width(0.99).await?);
    Ok(())
}
