//! Documents and values that are wrong, hostile or too large: each gets its code, and the service stays up.

use anyhow::Result;
use serde_json::{Value, json};
use shirube_testing::{Backend, TestServer};

const NAME: &str = "query($code: MunicipalityCode!) { municipality(code: $code) { name } }";

async fn refusals(cases: &[(String, Value, &str, &str)]) -> Result<()> {
    let server = TestServer::sample(Backend::Sqlite).await?;
    for (query, variables, code, told) in cases {
        let start = query.chars().take(60).collect::<String>();
        let answer = server.ask(query, variables.clone()).await?;
        assert_eq!(answer.code(), Some(*code), "{start} {variables} {answer:?}");
        assert!(answer.message().is_some_and(|message| message.contains(told)), "{start}: {:?}", answer.message());
        assert!(answer.0["data"].as_object().is_none_or(|data| data.values().any(Value::is_null)), "{start}");
        assert!(answer.0["errors"].as_array().is_some_and(|errors| errors.len() <= 5));
    }
    let name = server.ask(NAME, json!({ "code": "01226" })).await?.data()?;
    assert_eq!(name["municipality"]["name"], "砂川市", "the service is well");
    server.stop().await;
    Ok(())
}

fn case(query: &str, code: &'static str, told: &'static str) -> (String, Value, &'static str, &'static str) {
    (query.to_owned(), json!({}), code, told)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_documents() -> Result<()> {
    refusals(&[
        case("{ municipality(", "GRAPHQL_PARSE_FAILED", "syntax error"),
        case("", "GRAPHQL_PARSE_FAILED", "syntax error"),
        case("{ nonsense }", "GRAPHQL_VALIDATION_FAILED", "nonsense"),
        case("{ municipality { name } }", "GRAPHQL_VALIDATION_FAILED", "code"),
        case("{ prefectures }", "GRAPHQL_VALIDATION_FAILED", "subselection"),
        case("{ instance }", "GRAPHQL_VALIDATION_FAILED", ""),
        case("mutation { x }", "GRAPHQL_VALIDATION_FAILED", "x"),
        case("subscription { x }", "GRAPHQL_VALIDATION_FAILED", "x"),
        case("query a { instance { version } } query b { instance { version } }", "BAD_USER_INPUT", ""),
        case(
            "{ municipalities(filter: { text: \"a\", text: \"b\" }) { totalCount } }",
            "GRAPHQL_VALIDATION_FAILED",
            "only one input field named \"text\"",
        ),
        case("{ municipalities(first: 99999999999) { totalCount } }", "GRAPHQL_VALIDATION_FAILED", ""),
    ])
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_values() -> Result<()> {
    let with = |code: Value, told| (NAME.to_owned(), json!({ "code": code }), "BAD_USER_INPUT", told);
    refusals(&[
        with(json!("012263"), "wrong check digit: 2 was expected"),
        with(json!("0122"), "5 digits, or 6"),
        with(json!("砂川市"), "5 digits, or 6"),
        with(json!("48201"), "not the code of a municipality"),
        with(json!(1226), "a string of 5 or 6 digits"),
        with(json!(null), ""),
        with(json!("01226\u{0}"), "NUL"),
        case(&NAME.replace("$code) {", "\"01226\\u0000\") {").replace("($code: MunicipalityCode!)", ""), "BAD_USER_INPUT", "NUL"),
        (NAME.to_owned(), json!({}), "BAD_USER_INPUT", "code"),
        case("{ municipality(code: \"999999\") { name } }", "BAD_USER_INPUT", "not the code of a municipality"),
        case("{ node(id: \"x\") { id } }", "BAD_USER_INPUT", "not an id of this service"),
        case("{ strategy(municipality: \"012262\", asOf: \"yesterday\") { id } }", "BAD_USER_INPUT", "not an instant"),
        (
            "query($n: Int) { municipalities(first: $n) { totalCount } }".to_owned(),
            json!({ "n": 99_999_999_999_i64 }),
            "BAD_USER_INPUT",
            "",
        ),
        (
            "query($n: Int) { municipalities(first: $n) { totalCount } }".to_owned(),
            json!({ "n": "many" }),
            "BAD_USER_INPUT",
            "",
        ),
        case(
            "{ municipality(code: \"012262\") { officialStatistics(keys: [\"x\"]) { values { year } } } }",
            "BAD_USER_INPUT",
            "not an official series",
        ),
        case(
            "{ strategy(municipality: \"012262\") { indicators(filter: { node: \"x\" }) { totalCount } } }",
            "BAD_USER_INPUT",
            "not an id of this service",
        ),
        case(
            "{ strategy(municipality: \"012262\") { id x: indicators { nodes { figures(years: [\"３年度\"]) { year } } } } }",
            "BAD_USER_INPUT",
            "not a fiscal year",
        ),
    ])
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_documents() -> Result<()> {
    let nested = |open: &str, close: &str, times: usize, inner: &str| {
        format!("{}{inner}{}", open.repeat(times), close.repeat(times))
    };
    let doubling = (0..40).fold(String::from("{ instance { ...f0 } }"), |text, at| {
        format!("{text} fragment f{at} on Instance {{ ...f{next} ...f{next} }}", next = at + 1)
    }) + " fragment f40 on Instance { version }";
    let aliases = (0..1000).map(|at| format!("a{at}:instance{{version}}")).collect::<Vec<_>>().join(" ");
    let many_fields = format!("{{{}}}", "instance{version}".repeat(60));
    let directives = format!("{{ instance {} {{ version }} }}", "@include(if: true)".repeat(60));
    let deep = nested(
        "{ strategy(municipality: \"012262\") { roots ",
        "",
        1,
        &format!("{}{}", nested("{ children ", "}", 20, "{ id }"), "}}"),
    );
    let lists = "{ __type(name: \"Query\") { fields { type { fields { type { fields { name } } } } } } }";
    let costly = "{ municipalities(first: 100) { nodes { strategies { nodes { indicators { figures { actual { printed } } } } } } } }";
    let too_complex = |text: &str, told: &'static str| case(text, "QUERY_TOO_COMPLEX", told);
    let cycles = format!(
        "{{ strategy(municipality: \"325252\") {{ nodes {{ indicators {{ {} key {} }} }} }} }}",
        "node { indicators { ".repeat(6),
        "} }".repeat(6)
    );
    let years = "query($y: [FiscalYear!]) { strategy(municipality: \"012262\") { indicators { nodes { figures(years: $y) { year } } } } }";
    refusals(&[
        too_complex(&cycles, "more than 50000 items"),
        (years.to_owned(), json!({ "y": vec![2021; 2_000] }), "QUERY_TOO_COMPLEX", "values in variables"),
        (NAME.to_owned(), json!({ "code": "0".repeat(30_000) }), "QUERY_TOO_COMPLEX", "characters in variables"),
        too_complex(&nested("{l(x:", ")}", 1, &nested("[", "]", 2_000, "")), "nested brackets"),
        too_complex(&nested("{a", "}", 2_000, ""), "nested brackets"),
        too_complex(&doubling, "selections"),
        too_complex(&format!("{{{aliases}}}"), "the limit is"),
        too_complex(&many_fields, "fields of the top level"),
        too_complex(&directives, "directives"),
        too_complex(&deep, "nested fields"),
        too_complex(lists, "nested lists of introspection"),
        too_complex(costly, "smaller pages"),
        too_complex(&format!("{{ instance {{ version }} }}{}", " ".repeat(20_000)), "characters"),
        case("{ instance { ...a } } fragment a on Instance { ...a }", "GRAPHQL_VALIDATION_FAILED", ""),
    ])
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_field_is_null_up_to_where_null_may_stand() -> Result<()> {
    let server = TestServer::sample(Backend::Sqlite).await?;
    let query = "{ a: strategy(municipality: \"012262\") { title roots { id } indicators(first: 0) { totalCount } }
      b: strategy(municipality: \"325252\") { term }
      node(id: \"x\") { id }
      nodes(ids: []) { id } }";
    let answer = server.ask(query, json!({})).await?;
    // The connection may not be null, so the strategy is.
    assert_eq!(answer.0["data"], json!({ "a": null, "b": { "term": "第2期" }, "node": null, "nodes": [] }));
    let paths: Vec<&Value> = answer.0["errors"].as_array().into_iter().flatten().map(|error| &error["path"]).collect();
    assert_eq!(paths, [&json!(["a", "indicators"]), &json!(["node"])]);
    let all = server.ask("{ municipalities(first: 0) { totalCount } }", json!({})).await?;
    assert_eq!(all.0["data"], Value::Null);
    assert!(all.0.as_object().is_some_and(|answer| answer.contains_key("data")));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn introspection_can_be_switched_off() -> Result<()> {
    let database = shirube_testing::TestDatabase::sample(Backend::Sqlite).await?;
    let server = TestServer::over(database, false).await?;
    for query in
        ["{ __schema { types { name } } }", "{ ...f } fragment f on Query { __type(name: \"Query\") { name } }"]
    {
        let answer = server.ask(query, json!({})).await?;
        assert_eq!(answer.code(), Some("GRAPHQL_VALIDATION_FAILED"));
        assert!(answer.message().is_some_and(|message| message.contains("switched off")));
    }
    assert!(server.ask("{ __typename }", json!({})).await?.data().is_ok());
    Ok(())
}
