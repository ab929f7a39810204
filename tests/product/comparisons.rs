//! Comparing municipalities: what pandas and scipy work out over the same data, what is refused, what bounds there are, and
//! that an answer can be asked for again. The numbers to agree with are made by `tests/reference/comparison.py`.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use shirube_access::{Scope, table::Publish};
use shirube_domain::{
    municipality::MunicipalityCode,
    strategy::{Strategy, StrategyParts},
};
use shirube_testing::{Backend, TestServer, TestService, both_backends};
use time::Duration;

both_backends!(
    ranks_and_summaries_agree_with_pandas,
    trends_agree_with_scipy,
    neighbours_and_correlations_agree_with_scipy,
    unlike_is_not_compared_with_unlike,
    kpis_of_municipalities_are_compared_by_their_own_targets,
    groups_of_every_size_have_an_answer,
    what_is_wrong_with_a_question_is_told_with_its_place,
    an_answer_is_the_same_after_later_publications,
    rows_come_as_files,
);

const REFERENCE: &str = include_str!("../reference/comparison.json");
const COMPARISON: &str = "query($indicators: [String!]!, $years: [Int!], $group: GroupInput, $since: Int) {
  comparison(indicators: $indicators, years: $years, group: $group, since: $since) { comparisons {
    members since
    measured { key year unit formula base baseYear baseUnit verdict reasons { code text { ja en } } }
    rowOf(municipality: \"012262\") {
      value { value rank percentile zScore quarter } perBase { value rank percentile zScore } change changePercent
      interval { low high } difference { expected pValue verdict } }
    rows(first: 2) { totalCount nodes { municipality { code } value { value rank } } }
    leftOut(first: 5) { totalCount nodes { municipality { code } code text { ja } } }
    summary { ...Summary } perBaseSummary { ...Summary } byPrefecture { prefecture { name } summary { n mean } } } } }
  fragment Summary on GroupSummary { n coverage sum mean weightedMean standardDeviation min max median
    quantiles { share value } histogram { from to count } }";

fn reference() -> Result<Value> {
    Ok(serde_json::from_str(REFERENCE)?)
}

/// Whether a number is the expected one to nine digits.
#[track_caller]
fn close(found: &Value, expected: &Value, what: &str) {
    let (Some(found_number), Some(number)) = (found.as_f64(), expected.as_f64()) else {
        assert_eq!(found, expected, "{what}");
        return;
    };
    let off = (found_number - number).abs();
    assert!(off <= 1e-9 * number.abs().max(1.0), "{what}: {found_number} is not {number}");
}

fn list(of: &Value) -> &[Value] {
    of.as_array().map_or(&[], Vec::as_slice)
}

#[track_caller]
fn summary(found: &Value, expected: &Value, what: &str) {
    close(&found["n"], &expected["n"], what);
    close(&found["mean"], &expected["mean"], what);
    close(&found["weightedMean"], &expected["weighted_mean"], what);
    close(&found["standardDeviation"], &expected["sd"], what);
    for (found, expected) in list(&found["quantiles"]).iter().zip(list(&expected["quantiles"])) {
        close(&found["value"], expected, what);
    }
    let bars: Vec<&Value> = list(&found["histogram"]).iter().map(|bar| &bar["count"]).collect();
    assert_eq!(bars, list(&expected["histogram"]).iter().collect::<Vec<_>>(), "{what}");
}

#[track_caller]
fn standing(found: &Value, expected: &Value, what: &str) {
    close(&found["value"], &expected["value"], what);
    close(&found["rank"], &expected["rank"], what);
    close(&found["percentile"], &expected["percentile"], what);
    close(&found["zScore"], &expected["z_score"], what);
}

async fn ranks_and_summaries_agree_with_pandas(backend: Backend) -> Result<()> {
    let service = TestService::sample(backend).await?;
    for expected in list(&reference()?["comparisons"]) {
        let group = match expected["group"].as_str() {
            Some("hokkaido") => json!({ "prefectures": ["01"] }),
            Some("similar") => json!({ "similarGroups": ["都市Ⅰ－３"] }),
            _ => json!({}),
        };
        let what = format!("{} {} {}", expected["indicator"], expected["year"], expected["group"]);
        let variables = json!({ "indicators": [expected["indicator"]], "years": [expected["year"]], "group": group });
        let data = service.ask(COMPARISON, variables).await?.data()?;
        let found = &data["comparison"]["comparisons"][0];
        assert_eq!(found["members"], expected["members"], "{what}");
        assert_eq!(found["measured"]["year"], expected["year"], "{what}");
        let row = &found["rowOf"];
        standing(&row["value"], &expected["standing"], &what);
        summary(&found["summary"], &expected["summary"], &what);
        if let Some(per_base) = expected.get("per_base") {
            standing(&row["perBase"], per_base, &what);
            summary(&found["perBaseSummary"], &expected["per_base_summary"], &what);
        }
        if let Some(change) = expected.get("change") {
            close(&row["change"], change, &what);
        }
        match expected.get("chance") {
            Some(chance) => {
                close(&row["interval"]["low"], &chance["low"], &what);
                close(&row["interval"]["high"], &chance["high"], &what);
                close(&row["difference"]["expected"], &chance["expected"], &what);
                close(&row["difference"]["pValue"], &chance["p_value"], &what);
            }
            None => assert_eq!(row["difference"], Value::Null, "a balance or a change is no count: {what}"),
        }
        let counted: u64 = list(&found["byPrefecture"]).iter().filter_map(|of| of["summary"]["n"].as_u64()).sum();
        assert_eq!(Some(counted), found["summary"]["n"].as_u64(), "the prefectures are the whole: {what}");
    }
    Ok(())
}

async fn trends_agree_with_scipy(backend: Backend) -> Result<()> {
    let service = TestService::sample(backend).await?;
    let expected = &reference()?["trends"];
    let line = "line { slope slopeInterval { low high } rSquared pValue }
        theilSen { slope intercept slopeInterval { low high } }
        mannKendall { s z pValue tau } compoundGrowth levelChange { year before after pValue } points { year value }";
    let rows: Vec<(&String, &Value)> = expected["rows"].as_object().context("rows")?.iter().collect();
    let asked = rows.iter().map(|(code, _)| format!("m{code}: rowOf(municipality: \"{code}\") {{ {line} }}"));
    let asked = asked.collect::<Vec<_>>().join(" ");
    let query = format!(
        "{{ trends(indicator: \"births\", fromYear: 2016, toYear: 2023) {{ years {asked} group {{ {line} }}
            leftOut {{ totalCount }} rows(first: 1) {{ totalCount }} }} }}"
    );
    let data = service.ask(&query, json!({})).await?.data()?;
    let trends = &data["trends"];
    assert_eq!(trends["years"], expected["years"]);
    assert_eq!(trends["rows"]["totalCount"], 1741);
    let check = |found: &Value, expected: &Value, what: &str| {
        close(&found["line"]["slope"], &expected["slope"], what);
        close(&found["line"]["slopeInterval"]["low"], &expected["slope_low"], what);
        close(&found["line"]["slopeInterval"]["high"], &expected["slope_high"], what);
        close(&found["line"]["rSquared"], &expected["r_squared"], what);
        close(&found["line"]["pValue"], &expected["p_value"], what);
        close(&found["theilSen"]["slope"], &expected["theil_sen"], what);
        close(&found["theilSen"]["intercept"], &expected["theil_sen_intercept"], what);
        close(&found["theilSen"]["slopeInterval"]["low"], &expected["theil_sen_low"], what);
        close(&found["theilSen"]["slopeInterval"]["high"], &expected["theil_sen_high"], what);
        close(&found["mannKendall"]["s"], &expected["s"], what);
        close(&found["mannKendall"]["z"], &expected["z"], what);
        close(&found["mannKendall"]["pValue"], &expected["mann_kendall_p"], what);
        close(&found["mannKendall"]["tau"], &expected["tau"], what);
        close(&found["compoundGrowth"], &expected["growth"], what);
    };
    for (code, expected) in rows {
        check(&trends[format!("m{code}")], expected, code);
    }
    check(&trends["group"], &expected["group"], "Japan");
    Ok(())
}

/// Near in size (on a logarithmic scale, twice the weight), in age, and in what people work at.
fn neighbourhood(count: u32) -> Value {
    json!({ "of": "012262", "count": count, "variables": [
        { "indicator": "pop_census", "year": 2020, "scale": "LOG", "weight": 2 },
        { "indicator": "pop_65plus", "year": 2020, "perBase": true, "base": { "series": "pop_census" } },
        { "indicator": "employed_tertiary", "year": 2020, "perBase": true, "base": { "series": "employed" }, "weight": 0.5 },
    ] })
}

async fn neighbours_and_correlations_agree_with_scipy(backend: Backend) -> Result<()> {
    let service = TestService::sample(backend).await?;
    let expected = reference()?;
    let query = "query($near: NeighbourhoodInput!) { neighbours(neighbours: $near) {
        variables { own mean standardDeviation measured { key year baseUnit } }
        rows { nodes { municipality { code } distance } } leftOut { nodes { municipality { name } code } } } }";
    let data = service.ask(query, json!({ "near": neighbourhood(20) })).await?.data()?;
    let rows = list(&data["neighbours"]["rows"]["nodes"]);
    let codes: Vec<&Value> = rows.iter().map(|row| &row["municipality"]["code"]).collect();
    assert_eq!(codes, list(&expected["neighbours"]["codes"]).iter().collect::<Vec<_>>());
    for (row, distance) in rows.iter().zip(list(&expected["neighbours"]["distances"])) {
        close(&row["distance"], distance, "a distance");
    }

    let query = "{ correlation(
        x: { indicator: \"births\", year: 2022, perBase: true }, y: { indicator: \"physicians\", year: 2022, perBase: true }
      ) { verdict pearson { r n interval { low high } pValue } spearman { r n } line { slope intercept }
          rows(first: 1) { totalCount nodes { x y } } } }";
    let data = service.ask(query, json!({})).await?.data()?;
    let (found, expected) = (&data["correlation"], &expected["correlation"]);
    close(&found["pearson"]["n"], &expected["n"], "n");
    close(&found["pearson"]["r"], &expected["pearson"], "Pearson");
    close(&found["pearson"]["interval"]["low"], &expected["pearson_low"], "its interval");
    close(&found["pearson"]["interval"]["high"], &expected["pearson_high"], "its interval");
    close(&found["spearman"]["r"], &expected["spearman"], "Spearman");
    close(&found["line"]["slope"], &expected["slope"], "the slope");
    close(&found["line"]["intercept"], &expected["intercept"], "the intercept");

    // The same neighbours as a group of a comparison, with the municipality itself.
    let group = json!({ "neighbours": neighbourhood(20) });
    let data = service.ask(COMPARISON, json!({ "indicators": ["births"], "group": group })).await?.data()?;
    assert_eq!(data["comparison"]["comparisons"][0]["members"], 21);
    Ok(())
}

async fn unlike_is_not_compared_with_unlike(backend: Backend) -> Result<()> {
    let service = TestService::sample(backend).await?;
    // Each municipality counts its own migrants.
    let data = service.ask(COMPARISON, json!({ "indicators": ["supported-migrants"] })).await?.data()?;
    let refused = &data["comparison"]["comparisons"][0];
    assert_eq!(refused["measured"]["verdict"], "NOT_COMPARABLE");
    let codes: Vec<&Value> = list(&refused["measured"]["reasons"]).iter().map(|of| &of["code"]).collect();
    assert!(codes.contains(&&json!("LOCAL_DEFINITION")), "{refused}");
    assert_eq!((&refused["rows"]["totalCount"], &refused["rowOf"]), (&json!(0), &Value::Null));

    // Visitors are no nights.
    let query = "query($one: String!, $other: String!) { comparability(one: $one, other: $other) {
        verdict reasons { code text { ja en } } } }";
    let pair = json!({ "one": "tourist-arrivals", "other": "overnight-guests" });
    let data = service.ask(query, pair).await?.data()?;
    let verdict = &data["comparability"];
    assert_eq!(verdict["verdict"], "NOT_COMPARABLE");
    let codes: Vec<&str> = list(&verdict["reasons"]).iter().filter_map(|of| of["code"].as_str()).collect();
    assert_eq!(
        codes,
        ["INDICATOR_DIFFERS", "DIMENSION_DIFFERS", "UNIT_DIFFERS", "YEAR_KIND_UNKNOWN", "SOURCE_DIFFERS"]
    );

    // A census is no register: with care.
    let data = service.ask(query, json!({ "one": "pop_census", "other": "pop_juki_jan1" })).await?.data()?;
    assert_eq!(data["comparability"]["verdict"], "WITH_CARE", "{data}");
    let data = service.ask(query, json!({ "one": "births", "other": "births" })).await?.data()?;
    assert_eq!(data["comparability"], json!({ "verdict": "COMPARABLE", "reasons": [] }));

    // Two indicators side by side: each is ranked for itself, and their kinship is told.
    let both = "{ comparison(indicators: [\"births\", \"real-debt-service-ratio\"]) {
        comparisons { measured { key verdict } rows(first: 1) { totalCount } }
        comparability { one other comparability { verdict } } } }";
    let data = service.ask(both, json!({})).await?.data()?;
    assert_eq!(list(&data["comparison"]["comparisons"]).len(), 2);
    assert_eq!(data["comparison"]["comparability"][0]["comparability"]["verdict"], "NOT_COMPARABLE");
    Ok(())
}

async fn kpis_of_municipalities_are_compared_by_their_own_targets(backend: Backend) -> Result<()> {
    let service = TestService::sample(backend).await?;
    let query =
        "query($indicator: String!, $year: FiscalYear) { progressComparison(indicator: $indicator, year: $year) {
        year members met achievement { n median } ambition { n }
        rows { nodes { municipality { name } kpi { indicatorId label strength } achievement fromBaseline met
            ambition { required before percentile } } }
        leftOut(first: 3) { totalCount nodes { code whyNot text { ja } } } } }";
    let data = service.ask(query, json!({ "indicator": "tourist-arrivals", "year": 2021 })).await?.data()?;
    let found = &data["progressComparison"];
    let rows = list(&found["rows"]["nodes"]);
    let sunagawa = rows.iter().find(|row| row["municipality"]["name"] == "砂川市").context("砂川市")?;
    // 902.9 of 1,627 thousand visitors.
    let achievement = sunagawa["achievement"].as_f64().context("a rate")?;
    assert!((achievement - 55.49).abs() < 0.01, "{sunagawa}");
    assert_eq!(sunagawa["met"], false);
    let id = &sunagawa["kpi"]["indicatorId"];
    let node =
        service.ask("query($id: ID!) { node(id: $id) { ... on Indicator { label } } }", json!({ "id": id })).await?;
    assert_eq!(node.data()?["node"]["label"], sunagawa["kpi"]["label"]);
    let left_out = found["leftOut"]["totalCount"].as_u64().context("a count")?;
    assert!(left_out >= 1_738, "nearly nobody has published anything yet: {left_out}");

    let data = service.ask(query, json!({ "indicator": "births" })).await?.data()?;
    assert!(!list(&data["progressComparison"]["leftOut"]["nodes"]).is_empty());
    let answer = service.ask(query, json!({ "indicator": "pop_census" })).await?;
    assert!(answer.message().is_some_and(|of| of.contains("standard indicators")), "{answer:?}");
    Ok(())
}

async fn groups_of_every_size_have_an_answer(backend: Backend) -> Result<()> {
    let service = TestService::sample(backend).await?;
    let ask = async |group: Value| -> Result<Value> {
        let data =
            service.ask(COMPARISON, json!({ "indicators": ["births"], "years": [2023], "group": group })).await?;
        Ok(data.data()?["comparison"]["comparisons"][0].clone())
    };
    let nobody = ask(json!({ "municipalities": [] })).await?;
    assert_eq!((&nobody["members"], &nobody["summary"]["n"]), (&json!(0), &json!(0)));
    assert_eq!((&nobody["summary"]["mean"], &nobody["summary"]["coverage"]), (&Value::Null, &Value::Null));
    assert_eq!(nobody["rowOf"], Value::Null);

    let alone = ask(json!({ "municipalities": ["012262"] })).await?;
    let row = &alone["rowOf"];
    assert_eq!((&row["value"]["rank"], &row["value"]["percentile"]), (&json!(1), &json!(100.0)));
    assert_eq!((&row["value"]["zScore"], &alone["summary"]["standardDeviation"]), (&Value::Null, &json!(0.0)));
    assert_eq!(row["difference"]["verdict"], "NOT_DIFFERENT", "from itself");

    // Both municipalities have no births of the young in the register of the census: all equal, and all missing.
    let equal = "{ comparison(indicators: [\"establishments_private_2014\"], group: { municipalities: [\"012262\", \"012262\"] }) {
        comparisons { members rows { nodes { value { rank zScore quarter } } } } } }";
    let data = service.ask(equal, json!({})).await?.data()?;
    assert_eq!(data["comparison"]["comparisons"][0]["members"], 1, "named twice, it is one");
    Ok(())
}

async fn what_is_wrong_with_a_question_is_told_with_its_place(backend: Backend) -> Result<()> {
    let service = TestService::sample(backend).await?;
    let many: Vec<String> = (0..10_000).map(|_| "012262".to_owned()).collect();
    let nobody = MunicipalityCode::from_five_digits(1_999)?.to_string();
    let cases = [
        (json!({ "indicators": ["birth"] }), "indicators[0]", "standardIndicators"),
        (json!({ "indicators": [] }), "indicators", "name at least one"),
        (json!({ "indicators": ["births"], "years": [1999] }), "year", "2016"),
        (json!({ "indicators": ["births"], "since": 1999 }), "since", "2016"),
        (json!({ "indicators": ["births"], "group": { "prefectures": ["48"] } }), "group.prefectures", "01 to 47"),
        (json!({ "indicators": ["births"], "group": { "similarGroups": ["都市"] } }), "group.similarGroups", "都市"),
        (json!({ "indicators": ["births"], "group": { "populationFrom": 2, "populationTo": 1 } }), "group", "exchange"),
        (json!({ "indicators": ["births"], "group": { "municipalities": ["999997"] } }), "999997", "not the code"),
        (json!({ "indicators": ["births"], "group": { "municipalities": [nobody] } }), "group.municipalities", "leave"),
        (
            json!({ "indicators": ["births"], "group": { "neighbours": { "of": "012262", "count": 0, "variables": [] } } }),
            "group.neighbours.count",
            "1 to",
        ),
    ];
    for (variables, place, told) in cases {
        let answer = service.ask(COMPARISON, variables.clone()).await?;
        assert_eq!(answer.code(), Some("BAD_USER_INPUT"), "{variables}");
        let message = answer.message().unwrap_or_default();
        assert!(message.contains(place) && message.contains(told), "{variables}: {message}");
    }
    // More values than a request may carry.
    let answer =
        service.ask(COMPARISON, json!({ "indicators": ["births"], "group": { "municipalities": many } })).await?;
    assert!(answer.code().is_some(), "{answer:?}");
    let version = "query($version: String) { comparison(indicators: [\"births\"], dataVersion: $version) { citation { answerId } } }";
    for wrong in ["", "x", "20261126T010203004Z-0123456789ab"] {
        let answer = service.ask(version, json!({ "version": wrong })).await?;
        assert_eq!(answer.code(), Some("BAD_USER_INPUT"), "{wrong}");
        assert!(answer.message().is_some_and(|of| of.contains("dataVersion")), "{answer:?}");
    }
    Ok(())
}

const VISITORS: &str = "query($version: String) {
  progressComparison(indicator: \"tourist-arrivals\", year: 2021, dataVersion: $version) {
    citation { answerId dataVersion licence attributions csv }
    rows { nodes { kpi { label revision } achievement } } } }";

async fn an_answer_is_the_same_after_later_publications(backend: Backend) -> Result<()> {
    let service = TestService::sample(backend).await?;
    let code = "012262".parse()?;
    let first = service.ask(VISITORS, json!({})).await?.data()?["progressComparison"].clone();
    let version = first["citation"]["dataVersion"].as_str().context("a version")?.to_owned();
    let id = first["citation"]["answerId"].as_str().context("an id")?.to_owned();
    let anybody = Scope::machine();
    let file = async |id: &str| -> Result<Vec<u8>> {
        let answered = service.app.ask_again(&anybody, id).await?;
        Ok(service.app.file(answered, shirube_app::Format::Parquet).await?)
    };
    let bytes = file(&id).await?;

    // A revision in which the KPI is called otherwise, published by another process.
    let published = service.app.strategies(code).first().context("a strategy")?.clone();
    let mut parts = StrategyParts { title: "改訂版".into(), ..published.latest().strategy().parts().clone() };
    for indicator in &mut parts.indicators {
        indicator.label = format!("{}（改訂）", indicator.label);
    }
    let at = published.latest().revision().context("it is published")?.published_at + Duration::hours(1);
    let permit = Scope::machine().permit::<Publish>(code)?;
    service.database.store().await?.tenant(permit, at).await?.publish(&Strategy::new(parts)?, None).await?;
    service.advance(Duration::days(1));
    assert!(service.app.refresh().await?);

    let now = service.ask(VISITORS, json!({})).await?.data()?["progressComparison"].clone();
    assert_ne!(now["citation"]["dataVersion"], version);
    assert!(now.to_string().contains("（改訂）"), "{now}");
    let then = service.ask(VISITORS, json!({ "version": version })).await?.data()?["progressComparison"].clone();
    assert_eq!(then, first);
    assert_eq!(file(&id).await?, bytes);

    // Another replica, that never saw the earlier version, answers the same.
    let replica = TestService::over(
        shirube_testing::TestDatabase::empty(backend).await?,
        service.database.store().await?,
        std::sync::Arc::default(),
    )
    .await?;
    replica.advance(Duration::days(1));
    replica.app.refresh().await?;
    let again = replica.ask(VISITORS, json!({ "version": version })).await?.data()?["progressComparison"].clone();
    assert_eq!(again["rows"], first["rows"]);
    Ok(())
}

async fn rows_come_as_files(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let query = "{ comparison(indicators: [\"births\"], years: [2023]) { citation { csv parquet arrow attributions licence } } }";
    let citation = server.ask(query, json!({})).await?.data()?["comparison"]["citation"].clone();
    assert!(list(&citation["attributions"]).iter().any(|of| of.as_str().is_some_and(|of| of.contains("SSDSE"))));
    let client = reqwest::Client::new();
    for (format, begins) in [("csv", &b"municipality_code,"[..]), ("parquet", b"PAR1"), ("arrow", b"ARROW1")] {
        let url = citation[format].as_str().context("an address")?;
        let path = url.split_once("/data/").context("a path")?.1;
        let response = client.get(server.url(&format!("/data/{path}"))).send().await?;
        assert_eq!(response.status(), 200);
        let tag = response.headers()["etag"].clone();
        let bytes = response.bytes().await?;
        assert!(bytes.starts_with(begins), "{format}");
        if format == "csv" {
            let text = std::str::from_utf8(&bytes)?;
            assert_eq!(text.lines().count(), 1742);
            let first = text.lines().nth(1).context("a row")?;
            assert!(first.contains(",births,2023,人,") && first.contains(",1,"), "{first}");
        }
        let again = client.get(server.url(&format!("/data/{path}"))).header("if-none-match", tag).send().await?;
        assert_eq!(again.status(), 304);
    }
    for (path, status) in [("/data/x.csv", 400), ("/data/x.xlsx", 404), ("/data/x", 404), ("/data/.csv", 400)] {
        let response = client.get(server.url(path)).send().await?;
        assert_eq!(response.status().as_u16(), status, "{path}");
    }
    server.stop().await;
    Ok(())
}
