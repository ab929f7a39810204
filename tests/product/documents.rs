//! The two real documents, answered by `schema/operations/strategy.graphql`, against their transcriptions cell by cell.

use std::{fs, str::FromStr};

use anyhow::{Context, Result};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use shirube_testing::{Backend, TestService, both_backends};

both_backends!(sunagawa_is_answered_whole, ama_is_answered_whole);

const WHOLE: &str = include_str!("../../schema/operations/strategy.graphql");

async fn whole(backend: Backend, code: &str) -> Result<Value> {
    let service = TestService::sample(backend).await?;
    Ok(service.ask(WHOLE, json!({ "code": code })).await?.data()?["strategy"].clone())
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn number(value: &Value) -> Option<Decimal> {
    let text = value.as_str().map(str::to_owned).or_else(|| Some(value.as_number()?.to_string()))?;
    Decimal::from_str(&text).ok()
}

/// The printed cells of a row pair: targets, actuals, both totals.
fn printed_cells(figures: &Value, totals: [&Value; 2]) -> Vec<Value> {
    let row = |name: &str| items(figures).iter().map(|year| year[name]["printed"].clone()).collect::<Vec<_>>();
    [row("target"), row("actual"), totals.into_iter().cloned().collect()].concat()
}

/// The same of the transcription.
fn transcribed_cells(row: &Value) -> Vec<Value> {
    let years = ["R3", "R4", "R5", "R6", "R7"];
    let of = |name: &str| years.iter().map(|year| row["yearly"][year][name].clone()).collect::<Vec<_>>();
    [of("target"), of("actual"), vec![row["total_5y"]["target"].clone(), row["total_5y"]["actual"].clone()]].concat()
}

async fn sunagawa_is_answered_whole(backend: Backend) -> Result<()> {
    let document: Value = serde_json::from_str(&fs::read_to_string("fixtures/sunagawa-r3.json")?)?;
    let strategy = whole(backend, "012262").await?;
    assert_eq!(strategy["title"], document["strategy"]["title"]);
    assert_eq!(strategy["report"]["label"], document["document"]["label"]);
    assert_eq!(strategy["counts"], json!({ "programs": 48, "kpis": 46, "goalTargets": 4, "monitored": 2 }));

    let mut nodes = items(&strategy["nodes"]).iter();
    let mut next = |depth: u64| -> Result<&Value> {
        let node = nodes.next().context("the answer has fewer nodes than the document")?;
        assert_eq!(node["level"]["depth"], depth, "{}", node["title"]);
        Ok(node)
    };
    let (mut rows, mut remarks) = (0, 0);
    let mut compare = |indicator: &Value, row: &Value| {
        assert_eq!(indicator["label"], row["label"]);
        let cells = printed_cells(
            &indicator["figures"],
            [&indicator["total"]["targetPrinted"], &indicator["total"]["actualPrinted"]],
        );
        assert_eq!(cells, transcribed_cells(row), "{}", row["label"]);
        assert_eq!(indicator["remarks"], json!([{ "year": 2021, "text": row["remarks"] }]));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        assert_eq!(text(&indicator["baseline"]["printed"]), text(&row["baseline_text"]));
        assert_eq!(text(&indicator["target"]["printed"]), text(&row["target_text"]));
        assert_eq!(indicator["unit"]["printed"], row["unit"]);
        assert_eq!(number(&indicator["baseline"]["quantity"]["value"]), number(&row["baseline_value"]));
        assert_eq!(number(&indicator["target"]["quantity"]["value"]), number(&row["target_value"]));
        rows += 1;
        remarks += usize::from(row["remarks"].is_string());
    };
    let mut unset = 0;
    for goal in items(&document["goals"]) {
        let node = next(0)?;
        assert_eq!(node["number"], goal["number"].to_string());
        assert_eq!(node["title"], goal["title"]);
        assert_eq!(node["counts"]["programs"], goal["subtotal"]["programs"]);
        assert_eq!(node["counts"]["kpis"], goal["subtotal"]["kpis"]);
        assert_eq!(items(&node["indicators"]).len(), items(&goal["targets"]).len());
        for (indicator, target) in items(&node["indicators"]).iter().zip(items(&goal["targets"])) {
            assert_eq!(indicator["role"], "GOAL_TARGET");
            compare(indicator, target);
        }
        for direction in items(&goal["directions"]) {
            let node = next(1)?;
            assert_eq!((&node["number"], &node["title"]), (&direction["number"], &direction["title"]));
            for measure in items(&direction["measures"]) {
                let node = next(2)?;
                assert_eq!((&node["number"], &node["title"]), (&measure["number"], &measure["title"]));
                for program in items(&measure["programs"]) {
                    let node = next(3)?;
                    assert_eq!(node["title"], program["name"]);
                    assert_eq!(items(&node["indicators"]).len(), items(&program["kpis"]).len());
                    for (indicator, kpi) in items(&node["indicators"]).iter().zip(items(&program["kpis"])) {
                        let counted = kpi["counted"] == true;
                        assert_eq!(indicator["role"], if counted { "KPI" } else { "MONITORED" });
                        if !counted {
                            assert_eq!(indicator["monitoredReason"], program["no_kpi_reason"]);
                        }
                        compare(indicator, kpi);
                    }
                    if items(&program["kpis"]).is_empty() {
                        assert_eq!(node["noIndicator"]["reason"], program["no_kpi_reason"]);
                        let mark = &node["noIndicator"]["mark"];
                        let cells = printed_cells(&node["noIndicator"]["figures"], [mark, mark]);
                        assert_eq!(cells, transcribed_cells(&program["unset_row"]));
                        assert_eq!(node["remarks"], json!([{ "year": 2021, "text": program["remarks"] }]));
                        unset += 1;
                    }
                }
            }
        }
    }
    assert!(next(0).is_err(), "the answer has more nodes than the document");
    assert_eq!((rows + unset, remarks + unset), (56, 56));
    quirks(&strategy)
}

/// What DESIGN names: the texts that mean something else than they seem to.
fn quirks(strategy: &Value) -> Result<()> {
    let indicator = |label: &str| -> Result<&Value> {
        let all = items(&strategy["nodes"]).iter().flat_map(|node| items(&node["indicators"]));
        all.into_iter().find(|of| of["label"] == label).with_context(|| label.to_owned())
    };
    let actual = |label: &str| Ok::<_, anyhow::Error>(&indicator(label)?["figures"][0]["actual"]);

    let population = indicator("人口増減率")?;
    let change = &population["figures"][0]["actual"];
    assert_eq!((&change["printed"], &change["quantity"]["value"]), (&json!("△7.77％"), &json!("-7.77")));
    assert_eq!(change["quantity"]["unit"]["symbol"], "%");
    assert_eq!(population["baseline"]["period"]["code"], "CY2015/CY2020");
    assert_eq!(population["target"]["scopePeriod"]["code"], "CY2020/CY2025");

    let provisional = actual("国保特定健診受診率")?;
    assert_eq!((&provisional["status"], &provisional["sdmxStatus"]), (&json!("PROVISIONAL"), &json!("P")));
    assert_eq!(provisional["quantity"]["value"], "43.1");

    let visitors = actual("観光入込客数")?;
    assert_eq!(visitors["quantity"]["value"], "902.9");
    assert_eq!(visitors["quantity"]["baseValue"], "902900");

    assert_eq!(actual("機器を導入したハウス数")?["status"], "REPORTED");
    assert_eq!(indicator("機器を導入したハウス数")?["figures"][1]["actual"]["status"], "ENDED");
    assert_eq!(actual("支援金交付件数")?["status"], "NOT_STARTED");
    assert_eq!(actual("施設前の歩行者通行数")?["status"], "NOT_MEASURED");
    assert_eq!(actual("就業者数")?["status"], "NOT_MEASURABLE");
    assert_eq!(indicator("出生数")?["figures"][0]["target"]["status"], "NOT_APPLICABLE");
    assert_eq!(indicator("出生数")?["figures"][1]["actual"]["status"], "NOT_YET_REPORTED");

    assert_eq!(indicator("新規就農者数")?["baseline"]["period"]["code"], "TERM1/6");
    let no_value = &indicator("支援を受けた組数")?["baseline"];
    assert_eq!((&no_value["quantity"], &no_value["unit"]["symbol"]), (&Value::Null, &json!("組")));

    let schedule = |label: &str| indicator(label).map(|of| &of["target"]["schedule"]);
    assert_eq!(schedule("就業者数")?, "FINAL_YEAR_ONLY");
    assert_eq!(schedule("機器を導入したハウス数")?, "FIRST_YEAR_ONLY");
    assert_eq!(schedule("支援金交付件数")?, "FROM_LATER_YEAR");
    assert_eq!(schedule("新規就農者数")?, "EVERY_YEAR");
    let requirement = |label: &str| indicator(label).map(|of| &of["target"]["requirement"]);
    assert_eq!(requirement("砂川高校入学間口数")?, "KEEP");
    assert_eq!(requirement("学童保育所待機児童数")?, "ZERO");
    assert_eq!(requirement("お試し暮らしの利用組数")?, "AT_LEAST");
    assert_eq!(indicator("お試し暮らしの利用組数")?["total"]["target"], "55");
    assert_eq!(indicator("チームを構成する事業者数")?["target"]["accumulation"], "LEVEL");
    Ok(())
}

async fn ama_is_answered_whole(backend: Backend) -> Result<()> {
    let table = fs::read_to_string("fixtures/ama.tsv")?;
    let rows: Vec<Vec<&str>> =
        table.lines().filter(|line| !line.starts_with('#')).skip(1).map(|line| line.split('\t').collect()).collect();
    let strategy = whole(backend, "325252").await?;
    let levels: Vec<&Value> = items(&strategy["levels"]).iter().map(|level| &level["name"]).collect();
    assert_eq!(levels, ["基本目標", "政策"]);
    assert_eq!(strategy["counts"], json!({ "programs": null, "kpis": 67, "goalTargets": 0, "monitored": 0 }));

    let mut goal = String::new();
    let mut answered = Vec::new();
    for node in items(&strategy["nodes"]) {
        let title =
            format!("{}{}", node["number"].as_str().unwrap_or_default(), node["title"].as_str().unwrap_or_default());
        if node["level"]["depth"] == 0 {
            goal.clone_from(&title);
        }
        answered.extend(items(&node["indicators"]).iter().map(|of| (goal.clone(), title.clone(), of)));
    }
    assert_eq!(answered.len(), rows.len());
    for ((goal, policy, indicator), row) in answered.iter().zip(&rows) {
        let [in_goal, in_policy, label, unit, _, base, target, printed, years @ ..] = row.as_slice() else {
            anyhow::bail!("the table has another shape");
        };
        assert_eq!((goal.as_str(), policy.as_str()), (*in_goal, *in_policy));
        assert_eq!(indicator["label"], *label);
        assert_eq!(indicator["unit"]["printed"], *unit);
        assert_eq!(number(&indicator["baseline"]["quantity"]["value"]), Decimal::from_str(base).ok());
        assert_eq!(indicator["target"]["printed"], *printed);
        let stated = &indicator["target"];
        let required = number(&stated["quantity"]["value"]).or_else(|| number(&stated["rank"]));
        assert_eq!(required, Decimal::from_str(target).ok(), "{label}");
        for (figures, actual) in items(&indicator["figures"]).iter().zip(years) {
            let cell = &figures["actual"];
            assert_eq!(number(&cell["quantity"]["value"]), Decimal::from_str(actual).ok());
            let status = if *actual == "null" { "NOT_MEASURED" } else { "REPORTED" };
            assert_eq!(cell["status"], status, "{label}");
        }
    }
    let kinds = |label: &str| {
        let target = answered.iter().find(|(_, _, of)| of["label"] == label).map(|(_, _, of)| &of["target"]);
        let target = target.cloned().unwrap_or_default();
        (target["requirement"].clone(), target["scope"].clone(), target["accumulation"].clone())
    };
    let kind = |one: &str, two: &str, three: &str| (json!(one), json!(two), json!(three));
    assert_eq!(kinds("身の回りの自然環境が豊かと感じる住民の割合"), kind("KEEP_AT_LEAST", "UNSTATED", "LEVEL"));
    assert_eq!(kinds("実質公債比率"), kind("KEEP_AT_MOST", "WHOLE_PLAN", "LEVEL"));
    assert_eq!(kinds("地方債残高"), kind("AT_MOST", "WHOLE_PLAN", "LEVEL"));
    assert_eq!(kinds("福祉事業所の新たな雇用数：諏訪苑"), kind("AT_LEAST", "WHOLE_PLAN", "YEARLY_AMOUNT"));
    assert_eq!(kinds("建設事業発注額"), kind("KEEP_AT_LEAST", "EACH_YEAR", "YEARLY_AMOUNT"));
    assert_eq!(kinds("70歳未満の死亡数"), kind("AT_MOST", "IN_PERIOD", "MEAN_OF_YEARS"));
    assert_eq!(kinds("地方交付税獲得指数"), kind("RANK", "WHOLE_PLAN", "LEVEL"));
    assert_eq!(kinds("清掃センターでのゴミの焼却量"), kind("AT_MOST", "UNSTATED", "YEARLY_AMOUNT"));
    Ok(())
}
