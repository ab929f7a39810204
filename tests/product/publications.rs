//! Publications: numbered, immutable, answered as of any instant, and seen when another process publishes.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use shirube_access::{
    Scope,
    table::{EditStrategy, Publish},
};
use shirube_domain::{
    StrategyId,
    calendar::FiscalYear,
    municipality::MunicipalityCode,
    strategy::{Strategy, StrategyParts, Term},
};
use shirube_store::Store;
use shirube_testing::{Backend, TestService, both_backends};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

both_backends!(
    a_later_revision_leaves_the_earlier_as_it_was,
    a_later_plan_leaves_what_was_current_before,
    ids_lead_back_to_what_they_named,
);

const TITLE: &str = "query($revision: Int, $asOf: DateTime) {
  strategy(municipality: \"012262\", revision: $revision, asOf: $asOf) {
    id key title revision { number hash } revisions { number }
  } }";

/// Publishes for a municipality, as another process would.
async fn publish(
    store: &Store,
    municipality: MunicipalityCode,
    strategy: &Strategy,
    at: OffsetDateTime,
    note: Option<String>,
) -> Result<()> {
    let permit = Scope::machine().permit::<Publish>(municipality)?;
    store.tenant(permit, at).await?.publish(strategy, note).await?;
    Ok(())
}

async fn a_later_revision_leaves_the_earlier_as_it_was(backend: Backend) -> Result<()> {
    let service = TestService::sample(backend).await?;
    let code = "012262".parse()?;
    let published = service.app.strategies(code).first().context("a strategy")?.clone();
    let first_at = published.latest().revision().context("it is published")?.published_at;
    let first = service.ask(TITLE, json!({})).await?.data()?["strategy"].clone();

    // Another process publishes a revision.
    let store = service.database.store().await?;
    let parts = StrategyParts { title: "改訂版".into(), ..published.latest().strategy().parts().clone() };
    let second_at = first_at + Duration::hours(1);
    publish(&store, code, &Strategy::new(parts)?, second_at, Some("訂正".into())).await?;

    assert_eq!(service.ask(TITLE, json!({})).await?.data()?["strategy"]["revision"]["number"], 1, "not seen yet");
    service.advance(Duration::days(1));
    assert!(service.app.refresh().await?);
    assert!(!service.app.refresh().await?, "nothing new");

    let latest = service.ask(TITLE, json!({})).await?.data()?["strategy"].clone();
    assert_eq!((&latest["title"], &latest["revision"]["number"]), (&json!("改訂版"), &json!(2)));
    assert_eq!(latest["revisions"], json!([{ "number": 2 }, { "number": 1 }]));
    assert_eq!(latest["key"], first["key"], "the key follows the strategy through its revisions");
    assert_ne!(latest["id"], first["id"], "an id names one revision");
    assert_ne!(latest["revision"]["hash"], first["revision"]["hash"]);

    let at = |instant: OffsetDateTime| -> Result<Value> {
        Ok(json!({ "asOf": instant.format(&time::format_description::well_known::Rfc3339)? }))
    };
    for variables in [json!({ "revision": 1 }), at(first_at)?, at(second_at - Duration::seconds(1))?] {
        let answer = service.ask(TITLE, variables.clone()).await?.data()?["strategy"].clone();
        assert_eq!((&answer["title"], &answer["id"]), (&first["title"], &first["id"]), "{variables}");
    }
    assert_eq!(service.ask(TITLE, at(second_at)?).await?.data()?["strategy"]["title"], "改訂版");
    for variables in [json!({ "revision": 3 }), at(first_at - Duration::days(1))?] {
        assert_eq!(service.ask(TITLE, variables).await?.data()?["strategy"], Value::Null);
    }
    let both = service.ask(TITLE, json!({ "revision": 1, "asOf": "2026-01-01T00:00:00Z" })).await?;
    assert_eq!(both.code(), Some("BAD_USER_INPUT"));
    Ok(())
}

async fn a_later_plan_leaves_what_was_current_before(backend: Backend) -> Result<()> {
    let service = TestService::sample(backend).await?;
    let code = "012262".parse()?;
    let current = service.app.strategies(code).first().context("a strategy")?.clone();
    let before = current.latest().revision().context("it is published")?.published_at;
    let mut parts = current.latest().strategy().parts().clone();
    parts.id = StrategyId::from_uuid(Uuid::now_v7());
    parts.term = Term { printed: "第３期".into(), number: 3 };
    (parts.first_year, parts.last_year) = (FiscalYear::new(2026)?, FiscalYear::new(2030)?);
    let third = Strategy::new(parts)?;
    let store = service.database.store().await?;
    let editing = Scope::machine().permit::<EditStrategy>(code)?;
    store.tenant(editing, before).await?.create_draft(&third).await?;
    publish(&store, code, &third, before + Duration::days(1), None).await?;
    service.advance(Duration::days(1));
    service.app.refresh().await?;

    let query =
        "query($asOf: DateTime, $term: Int) { strategy(municipality: \"012262\", asOf: $asOf, term: $term) { term } }";
    let then = before.format(&time::format_description::well_known::Rfc3339)?;
    for (variables, term) in
        [(json!({}), "第３期"), (json!({ "asOf": then }), "第２期"), (json!({ "term": 2 }), "第２期")]
    {
        assert_eq!(service.ask(query, variables).await?.data()?["strategy"]["term"], term);
    }
    let foreign = publish(&store, "325252".parse()?, &third, before, None).await;
    assert!(foreign.is_err(), "another municipality's strategy is not published");
    Ok(())
}

async fn ids_lead_back_to_what_they_named(backend: Backend) -> Result<()> {
    let service = TestService::sample(backend).await?;
    let query = "{ strategy(municipality: \"012262\") { id municipality { id prefecture { id } }
      roots { id indicators { id } } } standardIndicators(first: 1) { nodes { id officialIndicators { id } } } }";
    let data = service.ask(query, json!(null)).await?.data()?;
    let strategy = &data["strategy"];
    let standard = &data["standardIndicators"]["nodes"][0];
    let ids = [
        ("Strategy", &strategy["id"]),
        ("Municipality", &strategy["municipality"]["id"]),
        ("Prefecture", &strategy["municipality"]["prefecture"]["id"]),
        ("PlanNode", &strategy["roots"][0]["id"]),
        ("Indicator", &strategy["roots"][0]["indicators"][0]["id"]),
        ("StandardIndicator", &standard["id"]),
        ("OfficialIndicator", &standard["officialIndicators"][0]["id"]),
    ];
    let all: Vec<&Value> = ids.iter().map(|(_, id)| *id).collect();
    let query = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }";
    let nodes = service.ask(query, json!({ "ids": all })).await?.data()?["nodes"].clone();
    let expected: Vec<Value> = ids.iter().map(|(kind, id)| json!({ "__typename": kind, "id": id })).collect();
    assert_eq!(nodes, json!(expected));

    let one = "query($id: ID!) { node(id: $id) { id } }";
    // An id whose municipality code has a wrong check digit, and one of a standard indicator that does not exist.
    assert_eq!(service.ask(one, json!({ "id": "bXVuaWNpcGFsaXR5OjAxMjI2MQ" })).await?.code(), Some("BAD_USER_INPUT"));
    assert_eq!(service.ask(one, json!({ "id": "c3RhbmRhcmQ6bm9uZQ" })).await?.data()?["node"], Value::Null);
    let many: Vec<&Value> = std::iter::repeat_n(ids[0].1, 101).collect();
    let answer = service.ask(query, json!({ "ids": many })).await?;
    assert_eq!(answer.code(), Some("BAD_USER_INPUT"));
    Ok(())
}
