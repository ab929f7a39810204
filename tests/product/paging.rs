//! Connections: every item once, in order, forwards and backwards; filters, orders, and cursors out of place.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use shirube_testing::{Backend, TestService, both_backends};

both_backends!(
    all_municipalities_are_visited_once_in_order,
    filters_narrow_and_orders_order,
    municipalities_are_found_by_every_spelling,
    indicators_are_filtered_and_paged,
    cursors_out_of_place_are_refused,
);

const PAGE: &str = "query($first: Int, $after: String, $last: Int, $before: String, $by: MunicipalityOrder) {
  municipalities(first: $first, after: $after, last: $last, before: $before, orderBy: $by) {
    totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } nodes { code kana population }
  } }";

/// All municipalities, page by page, in the order in which they are visited.
async fn walk(service: &TestService, forwards: bool, by: &Value) -> Result<Vec<Value>> {
    let mut visited = Vec::new();
    let mut cursor = Value::Null;
    loop {
        let variables = if forwards {
            json!({ "first": 100, "after": cursor, "by": by })
        } else {
            json!({ "last": 100, "before": cursor, "by": by })
        };
        let page = service.ask(PAGE, variables).await?.data()?["municipalities"].clone();
        assert_eq!(page["totalCount"], 1741);
        let mut nodes = page["nodes"].as_array().context("nodes")?.clone();
        let info = &page["pageInfo"];
        let more = if forwards { &info["hasNextPage"] } else { &info["hasPreviousPage"] };
        assert_eq!(more == true, nodes.len() == 100, "only the last page is short");
        cursor = if forwards { info["endCursor"].clone() } else { info["startCursor"].clone() };
        if !forwards {
            nodes.reverse();
        }
        visited.append(&mut nodes);
        if more == false {
            return Ok(visited);
        }
    }
}

async fn all_municipalities_are_visited_once_in_order(backend: Backend) -> Result<()> {
    let service = TestService::sample(backend).await?;
    for field in ["CODE", "KANA", "POPULATION"] {
        for direction in ["ASC", "DESC"] {
            let by = json!({ "field": field, "direction": direction });
            let forwards = walk(&service, true, &by).await?;
            let mut backwards = walk(&service, false, &by).await?;
            backwards.reverse();
            assert_eq!(forwards, backwards, "{by}");
            let key = |of: &Value| match field {
                "CODE" => (0, String::new(), of["code"].to_string()),
                "KANA" => (0, of["kana"].to_string(), of["code"].to_string()),
                _ => (of["population"].as_i64().unwrap_or(-1), String::new(), of["code"].to_string()),
            };
            let keys: Vec<_> = forwards.iter().map(key).collect();
            let in_order = if direction == "ASC" { |one, two| one < two } else { |one, two| one > two };
            assert!(keys.windows(2).all(|pair| in_order(&pair[0], &pair[1])), "{by}");
            assert_eq!(forwards.len(), 1741);
        }
    }
    Ok(())
}

async fn count(service: &TestService, filter: Value) -> Result<u64> {
    let query = "query($filter: MunicipalityFilter) { municipalities(filter: $filter, first: 1) { totalCount } }";
    let data = service.ask(query, json!({ "filter": filter })).await?.data()?;
    data["municipalities"]["totalCount"].as_u64().context("a count")
}

async fn filters_narrow_and_orders_order(backend: Backend) -> Result<()> {
    let service = TestService::sample(backend).await?;
    for (filter, expected) in [
        (json!({}), 1741),
        (json!({ "prefectures": ["01"] }), 179),
        (json!({ "prefectures": ["010006", "13"] }), 179 + 62),
        (json!({ "prefectures": [] }), 0),
        (json!({ "kinds": ["SPECIAL_WARD"] }), 23),
        (json!({ "kinds": ["VILLAGE", "DESIGNATED_CITY"] }), 183 + 20),
        (json!({ "similarGroups": ["都市Ⅰ－３"] }), 52),
        (json!({ "similarGroups": ["都市I-3"], "prefectures": ["01"] }), 8),
        (json!({ "populationFrom": 1_000_000 }), 11),
        (json!({ "populationFrom": 16486, "populationTo": 16486 }), 1),
        (json!({ "hasStrategy": true }), 2),
        (json!({ "hasStrategy": false }), 1739),
        (json!({ "text": "no such place" }), 0),
    ] {
        assert_eq!(count(&service, filter.clone()).await?, expected, "{filter}");
    }
    for (filter, told) in [
        (json!({ "prefectures": ["48"] }), "is not a prefecture"),
        (json!({ "prefectures": ["010007"] }), "is not a prefecture"),
        (json!({ "similarGroups": ["都市Ⅸ－９"] }), "is not a class of similar municipalities"),
    ] {
        let query = "query($filter: MunicipalityFilter) { municipalities(filter: $filter) { totalCount } }";
        let answer = service.ask(query, json!({ "filter": filter })).await?;
        assert_eq!(answer.code(), Some("BAD_USER_INPUT"));
        assert!(answer.message().is_some_and(|message| message.contains(told)), "{answer:?}");
    }
    Ok(())
}

async fn municipalities_are_found_by_every_spelling(backend: Backend) -> Result<()> {
    let service = TestService::sample(backend).await?;
    for text in ["すながわ", "スナガワ", "ｽﾅｶﾞﾜ", "砂川"] {
        let query = "query($text: String) { municipalities(filter: { text: $text }) { nodes { code name } } }";
        let data = service.ask(query, json!({ "text": text })).await?.data()?;
        let nodes = data["municipalities"]["nodes"].as_array().context("nodes")?;
        assert!(nodes.contains(&json!({ "code": "012262", "name": "砂川市" })), "{text}: {nodes:?}");
    }
    for code in ["012262", "01226", "０１２２６２"] {
        let query = "query($code: MunicipalityCode!) { municipality(code: $code) { name similarGroup } }";
        let data = service.ask(query, json!({ "code": code })).await?.data()?;
        assert_eq!(data["municipality"], json!({ "name": "砂川市", "similarGroup": "都市Ⅰ－３" }));
    }
    // 那珂川町 became 那珂川市 and took another code.
    let data = service.ask("{ municipality(code: \"40305\") { code name formerCodes } }", Value::Null).await?.data()?;
    assert_eq!(data["municipality"]["name"], "那珂川市");
    assert_eq!(data["municipality"]["formerCodes"], json!(["403059"]));
    // A code with a right check digit that no municipality has.
    let data = service.ask("{ municipality(code: \"01999\") { name } }", Value::Null).await?.data()?;
    assert_eq!(data["municipality"], Value::Null);
    let query =
        "{ municipality(code: \"012262\") { officialStatistics(keys: [\"births\"]) { values { year value } } } }";
    let data = service.ask(query, Value::Null).await?.data()?;
    let values = data["municipality"]["officialStatistics"][0]["values"].as_array().context("values")?;
    assert_eq!(values.len(), 8);
    assert_eq!(
        (&values[3], &values[5]),
        (&json!({ "year": 2019, "value": "74" }), &json!({ "year": 2021, "value": "72" }))
    );
    Ok(())
}

async fn indicators_are_filtered_and_paged(backend: Backend) -> Result<()> {
    let service = TestService::sample(backend).await?;
    let tree = "{ strategy(municipality: \"012262\") { roots { id } other: roots { id } } }";
    let goal = service.ask(tree, Value::Null).await?.data()?["strategy"]["roots"][1]["id"].clone();
    let query = "query($filter: IndicatorFilter, $first: Int, $after: String) { strategy(municipality: \"012262\") {
      indicators(filter: $filter, first: $first, after: $after) { totalCount edges { cursor node { label } } } } }";
    for (filter, expected) in [
        (json!({}), 52),
        (json!({ "roles": ["KPI"] }), 46),
        (json!({ "roles": ["GOAL_TARGET", "MONITORED"] }), 6),
        (json!({ "node": goal }), 10),
        (json!({ "node": goal, "roles": ["KPI"] }), 9),
        (json!({ "text": "補助金交付件数" }), 3),
        (json!({ "department": "nobody" }), 0),
    ] {
        let data = service.ask(query, json!({ "filter": filter })).await?.data()?;
        assert_eq!(data["strategy"]["indicators"]["totalCount"], expected, "{filter}");
    }
    let mut labels = Vec::new();
    let mut after = Value::Null;
    loop {
        let data = service.ask(query, json!({ "first": 7, "after": after })).await?.data()?;
        let edges = data["strategy"]["indicators"]["edges"].as_array().context("edges")?.clone();
        let Some(last) = edges.last() else { break };
        after = last["cursor"].clone();
        labels.extend(edges.iter().map(|edge| edge["node"]["label"].clone()));
    }
    assert_eq!(labels.len(), 52);
    assert_eq!((&labels[0], &labels[51]), (&json!("就業者数"), &json!("補助金交付件数")));
    Ok(())
}

async fn cursors_out_of_place_are_refused(backend: Backend) -> Result<()> {
    let service = TestService::sample(backend).await?;
    let standard = "{ standardIndicators(first: 1) { edges { cursor } } }";
    let foreign = service.ask(standard, Value::Null).await?.data()?["standardIndicators"]["edges"][0]["cursor"].clone();
    let own =
        service.ask(PAGE, json!({ "first": 1 })).await?.data()?["municipalities"]["pageInfo"]["endCursor"].clone();
    for (variables, told) in [
        (json!({ "after": foreign }), "another list"),
        (json!({ "after": own, "by": { "field": "KANA" } }), "another order"),
        (json!({ "after": "nonsense" }), "not a cursor"),
        (json!({ "first": 101 }), "ask for 1 to 100"),
        (json!({ "first": -1 }), "ask for 1 to 100"),
        (json!({ "first": 1, "last": 1 }), "not both"),
    ] {
        let answer = service.ask(PAGE, variables.clone()).await?;
        assert_eq!(answer.code(), Some("BAD_USER_INPUT"), "{variables}");
        assert!(answer.message().is_some_and(|message| message.contains(told)), "{variables}: {answer:?}");
    }
    Ok(())
}
