//! A strategy is written bit by bit: what each edit may do, who was first, what the trail tells, what became of the
//! previous term.

mod conflicts;
mod lineage;
mod outlooks;
mod rebuilt;
mod refused;
mod told;

pub(crate) use rebuilt::written;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use shirube_access::{Grant, InstanceRole, MunicipalRole};
use shirube_testing::TestServer;

use crate::sign_in::change;

const SUNAGAWA: &str = "012262";

async fn somebody(server: &TestServer, email: &str, role: MunicipalRole) -> Result<String> {
    server.user(email, &[Grant::Municipal(SUNAGAWA.parse()?, role)]).await
}

async fn planner(server: &TestServer) -> Result<String> {
    somebody(server, "kikaku@sunagawa.test", MunicipalRole::Planner).await
}

async fn administrator(server: &TestServer) -> Result<String> {
    somebody(server, "somu@sunagawa.test", MunicipalRole::Administrator).await
}

async fn operator(server: &TestServer) -> Result<String> {
    server.user("unei@instance.test", &[Grant::Instance(InstanceRole::Operator)]).await
}

/// Runs an edit that must be made.
async fn made(server: &TestServer, bearer: &str, field: &str, input: Value, gives: &str) -> Result<Value> {
    let payload = change(server, bearer, field, input, gives).await?;
    ensure!(payload["userErrors"] == json!([]), "{field}: {payload}");
    Ok(payload)
}

/// Runs an edit that must be refused with something to mend: `CODE input.path`.
async fn refused(server: &TestServer, bearer: &str, field: &str, input: Value) -> Result<String> {
    let payload = change(server, bearer, field, input, "").await?;
    let error = &payload["userErrors"][0];
    let path: Vec<&str> = error["path"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let code = error["code"].as_str().with_context(|| format!("{field} was made: {payload}"))?;
    Ok(format!("{code} {}", path.join(".")))
}

/// The draft of the sample, of which a revision is published.
async fn sample_draft(server: &TestServer, bearer: &str, selection: &str) -> Result<Value> {
    let query = format!("{{ drafts(municipality: \"{SUNAGAWA}\") {{ {selection} }} }}");
    Ok(server.ask_as(Some(bearer), &query, json!({})).await?.data()?["drafts"][0].clone())
}

/// A new draft of three levels, with a goal, a measure and a program below each other.
async fn small_draft(server: &TestServer, bearer: &str) -> Result<Small> {
    let frame = json!({
        "title": "第３期総合戦略", "term": "第３期", "termNumber": 3, "firstYear": "R8", "lastYear": "R12",
        "levels": [
            { "name": "基本目標", "kind": "GOAL" },
            { "name": "施策", "kind": "MEASURE" },
            { "name": "事業", "kind": "PROGRAM" },
        ],
    });
    let input = json!({ "municipality": SUNAGAWA, "frame": frame });
    let strategy = made(server, bearer, "createStrategy", input, "strategy { id version }").await?["strategy"].clone();
    let mut above = Value::Null;
    let mut nodes = Vec::new();
    for title in ["仕事をつくる", "企業を育てる", "創業支援事業"] {
        let input = json!({ "strategy": strategy["id"], "parent": above, "title": title });
        let node = made(server, bearer, "createNode", input, "node { id version }").await?["node"].clone();
        above = node["id"].clone();
        nodes.push(node);
    }
    let input = kpi(&nodes[2]["id"], "創業件数");
    let indicator = made(server, bearer, "createIndicator", input, "indicator { id version }").await?;
    Ok(Small { strategy, nodes, indicator: indicator["indicator"].clone() })
}

/// A KPI on a node.
fn kpi(node: &Value, label: &str) -> Value {
    json!({
        "node": node, "label": label, "role": "KPI", "unit": "件", "direction": "HIGHER", "baseline": "8件（令和6年度）",
        "target": { "printed": "50件（5年間）", "accumulation": "YEARLY_AMOUNT" },
    })
}

/// A small draft: ids with versions.
struct Small {
    strategy: Value,
    nodes: Vec<Value>,
    indicator: Value,
}

/// Input on something, at the version that was read.
fn on(of: &Value, more: Value) -> Value {
    let mut input = json!({ "id": of["id"], "version": of["version"] });
    if let (Some(input), Value::Object(more)) = (input.as_object_mut(), more) {
        input.extend(more);
    }
    input
}
