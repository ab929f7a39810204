//! Two editors at once: nothing is overwritten unseen, and an edit costs the same whatever the size of the draft.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use shirube_access::{MunicipalRole, Scope, table::EditStrategy};
use shirube_app::Edited;
use shirube_domain::{
    IndicatorId, NodeId, StrategyId,
    edit::{Change, Edit, IndicatorFields, NewIndicator, NewNode, NodeFields},
    strategy::{Direction, RoleKind, Strategy},
};
use shirube_exchange::{STRATEGIES, sample};
use shirube_testing::{Backend, TestServer, TestService, both_backends};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{SUNAGAWA, kpi, made, on, planner, small_draft, somebody};
use crate::sign_in::change;

both_backends!(
    who_comes_second_sees_what_the_first_one_did,
    of_many_at_once_each_is_told_what_became_of_theirs,
    a_place_that_shifts_is_no_change,
    an_edit_costs_the_same_whatever_the_size,
);

async fn who_comes_second_sees_what_the_first_one_did(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let (one, other) = (planner(&server).await?, somebody(&server, "b@x.test", MunicipalRole::Planner).await?);
    let draft = small_draft(&server, &one).await?;
    let node = &draft.nodes[2];

    let shown = "node { id version title number }";
    let first = made(&server, &one, "updateNode", on(node, json!({ "title": "起業支援事業" })), shown).await?;
    assert_eq!(first["node"]["version"], 2);
    let late = change(&server, &other, "updateNode", on(node, json!({ "number": "①" })), shown).await?;
    assert_eq!(late["userErrors"][0]["code"], "CONFLICT");
    assert_eq!(late["userErrors"][0]["path"], json!(["input", "version"]));
    assert_eq!(late["node"], first["node"], "they see it as it is now, and it is as the first one left it");

    let again = made(&server, &other, "updateNode", on(&late["node"], json!({ "number": "①" })), shown).await?;
    let both = json!({ "id": node["id"], "version": 3, "title": "起業支援事業", "number": "①" });
    assert_eq!(again["node"], both, "nothing was lost");

    // The same of everything that is changed.
    let stale = |of: &Value, more: Value| {
        let mut input = on(of, more);
        input["version"] = 99.into();
        input
    };
    let target = json!({ "printed": "60件（5年間）", "accumulation": "YEARLY_AMOUNT" });
    for (field, input) in [
        ("updateStrategy", stale(&draft.strategy, json!({ "title": "x" }))),
        ("setLevels", stale(&draft.strategy, json!({ "levels": [{ "name": "x", "kind": "GOAL" }] }))),
        ("explainDropped", stale(&draft.strategy, json!({ "key": Uuid::now_v7(), "reason": "x" }))),
        ("moveNode", stale(node, json!({ "position": 0 }))),
        ("endNode", stale(node, json!({ "year": "R9" }))),
        ("deleteNode", stale(node, json!({}))),
        ("updateIndicator", stale(&draft.indicator, json!({ "label": "x" }))),
        ("moveIndicator", stale(&draft.indicator, json!({ "position": 0 }))),
        ("endIndicator", stale(&draft.indicator, json!({ "year": "R9" }))),
        ("deleteIndicator", stale(&draft.indicator, json!({}))),
        ("setFigures", stale(&draft.indicator, json!({ "figures": [{ "year": "R8", "actual": "1" }] }))),
        ("setRemark", stale(&draft.indicator, json!({ "year": "R8", "text": "x" }))),
        ("reviseTarget", stale(&draft.indicator, json!({ "target": target, "replaced": "FY2027", "reason": "x" }))),
        ("setMappings", stale(&draft.indicator, json!({ "mappings": [] }))),
    ] {
        assert_eq!(super::refused(&server, &one, field, input).await?, "CONFLICT input.version", "{field}");
    }
    Ok(())
}

async fn of_many_at_once_each_is_told_what_became_of_theirs(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let bearer = planner(&server).await?;
    let draft = small_draft(&server, &bearer).await?;
    // Three change the same figure at once, and three add nodes.
    let cell = |at: usize| on(&draft.indicator, json!({ "figures": [{ "year": "R8", "actual": at.to_string() }] }));
    let node = |at: usize| json!({ "strategy": draft.strategy["id"], "title": format!("目標{at}"), "position": 0 });
    let shown = "indicator { figures(years: [\"R8\"]) { actual { printed } } }";
    let set = |at| change(&server, &bearer, "setFigures", cell(at), shown);
    let add = |at| made(&server, &bearer, "createNode", node(at), "");
    let cells = async { tokio::try_join!(set(0), set(1), set(2)) };
    let nodes = async { tokio::try_join!(add(0), add(1), add(2)) };
    let (cells, _) = tokio::try_join!(cells, nodes)?;
    let cells = [cells.0, cells.1, cells.2];
    let (won, lost): (Vec<_>, Vec<_>) = cells.iter().enumerate().partition(|(_, of)| of["userErrors"] == json!([]));
    assert_eq!((won.len(), lost.len()), (1, 2), "one was first");
    for (_, of) in lost {
        assert_eq!(of["userErrors"][0]["code"], "CONFLICT");
        let printed = &of["indicator"]["figures"][0]["actual"]["printed"];
        assert_eq!(printed, &json!(won[0].0.to_string()), "the others see what the first one wrote");
    }
    let query = "query($id: ID!) { node(id: $id) { ... on Strategy { roots { title } } } }";
    let data = server.ask_as(Some(&bearer), query, json!({ "id": draft.strategy["id"] })).await?.data()?;
    assert_eq!(data["node"]["roots"].as_array().map(Vec::len), Some(4), "every new node is there");
    Ok(())
}

async fn a_place_that_shifts_is_no_change(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let bearer = planner(&server).await?;
    let draft = small_draft(&server, &bearer).await?;
    let input = json!({ "strategy": draft.strategy["id"], "title": "先に立つ目標", "position": 0 });
    made(&server, &bearer, "createNode", input, "").await?;
    let mut first = kpi(&draft.nodes[2]["id"], "先に立つ指標");
    first["position"] = 0.into();
    made(&server, &bearer, "createIndicator", first, "").await?;
    let input = on(&draft.nodes[0], json!({ "number": "2" }));
    assert_eq!(made(&server, &bearer, "updateNode", input, "node { number }").await?["node"]["number"], "2");
    let input = on(&draft.indicator, json!({ "unit": "社" }));
    let shown = "indicator { node { indicators { label } } }";
    let moved = made(&server, &bearer, "updateIndicator", input, shown).await?;
    let labels = json!([{ "label": "先に立つ指標" }, { "label": "創業件数" }]);
    assert_eq!(moved["indicator"]["node"]["indicators"], labels);
    Ok(())
}

/// The same plan under another id, with every indicator many times over.
fn enlarged(number: u8, times: usize) -> Result<Strategy> {
    let strategy =
        sample::read(STRATEGIES[0], &mut Uuid::now_v7).map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
    let mut parts = strategy.into_parts();
    parts.id = StrategyId::from_uuid(Uuid::now_v7());
    parts.term.number = number;
    let original = parts.indicators.clone();
    for _ in 1..times {
        parts.indicators.extend(original.iter().cloned().map(|mut indicator| {
            indicator.id = IndicatorId::from_uuid(Uuid::now_v7());
            indicator
        }));
    }
    Ok(Strategy::new(parts)?)
}

async fn an_edit_costs_the_same_whatever_the_size(backend: Backend) -> Result<()> {
    let service = TestService::sample(backend).await?;
    let (machine, code) = (Scope::machine(), SUNAGAWA.parse()?);
    let mut costs: Vec<Vec<usize>> = Vec::new();
    for (number, times) in [(8, 1), (9, 10)] {
        let draft = enlarged(number, times)?;
        let store = service.database.store().await?;
        let permit = machine.permit::<EditStrategy>(code)?;
        store.tenant(permit, OffsetDateTime::UNIX_EPOCH).await?.create_draft(&draft).await?;
        let (first, indicator) = (draft.nodes()[0].id, draft.indicators()[0].id);
        let titled = |title: &str| NodeFields { title: Some(title.to_owned()), ..NodeFields::default() };
        let label = IndicatorFields {
            label: Some("新しい指標".to_owned()),
            role: Some(RoleKind::Monitored),
            direction: Some(Direction::Higher),
            ..IndicatorFields::default()
        };
        let new = NewNode {
            id: NodeId::from_uuid(Uuid::now_v7()),
            parent: None,
            level: None,
            position: Some(0),
            fields: titled("前に立つ"),
        };
        let new_indicator = NewIndicator {
            id: IndicatorId::from_uuid(Uuid::now_v7()),
            node: first,
            position: Some(0),
            fields: label.clone(),
            figures: Vec::new(),
            total: None,
        };
        let longer = shirube_domain::edit::FrameEdit {
            last_year: Some(shirube_domain::calendar::FiscalYear::new(2026)?),
            ..Default::default()
        };
        let unit = IndicatorFields { unit: Change::Set("名".to_owned()), ..IndicatorFields::default() };
        let mut cost = Vec::new();
        for edit in [
            Edit::UpdateNode(first, titled("別の題名")),
            Edit::CreateNode(new),
            Edit::CreateIndicator(Box::new(new_indicator)),
            Edit::UpdateIndicator(indicator, Box::new(unit)),
            Edit::MoveNode { id: first, parent: Change::Keep, level: None, position: None },
            Edit::Frame(longer),
        ] {
            service.statements();
            let edited = service.app.edit_strategy(&machine, code, draft.parts().id, edit, None, None).await?;
            assert!(matches!(edited, Edited::Made(_)));
            cost.push(service.statements());
        }
        costs.push(cost);
    }
    let small = costs.first().context("costs")?;
    assert_eq!(costs[1], *small, "ten times the indicators");
    assert!(small.iter().all(|of| *of <= 25), "{small:?}");
    Ok(())
}
