//! What has changed since a version of the data: whoever holds the old table makes the new one of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Stdio,
};

use anyhow::{Context, Result, ensure};
use reqwest::{
    StatusCode,
    header::{ETAG, IF_NONE_MATCH},
};
use serde_json::{Value, json};
use shirube_access::{Grant, MunicipalRole};
use shirube_exchange::STRATEGIES;
use shirube_testing::{Backend, TestServer, both_backends};

use super::{get, records};
use crate::{python, sign_in::changed};

both_backends!(
    changes_make_the_new_table_of_the_old_one,
    what_is_no_version_held_here_is_told,
    changes_are_kept_until_something_is_published,
    where_nothing_changed_little_is_paid,
    a_name_that_meant_another_strategy_is_told,
);

type Row = BTreeMap<String, String>;
/// Rows by their key, and how many of each, since two would be told apart by nothing.
type Table = BTreeMap<Vec<String>, Row>;

/// As `primaryKey` names it in the descriptions.
const KEY: [&str; 4] = ["strategy_id", "indicator_id", "measure", "period"];
const SDMX_KEY: [&str; 5] = ["REF_AREA", "STRATEGY", "INDICATOR", "MEASURE", "TIME_PERIOD"];
/// Tables in which something changes, and one in which nothing does.
const TABLES: [&str; 6] = [
    "/data/observations.csv",
    "/data/observations/01.csv",
    "/data/observations/012262.csv",
    "/data/observations/012262/2.csv",
    "/data/indicators/births.csv",
    "/data/observations/32.csv",
];
const SDMX: &str = "/data/observations.sdmx.csv";

fn key(row: &Row, of: &[&str]) -> Vec<String> {
    of.iter().map(|name| row[*name].clone()).collect()
}

fn table(rows: Vec<Row>, of: &[&str]) -> Result<Table> {
    let (count, table) = (rows.len(), rows.into_iter().map(|row| (key(&row, of), row)).collect::<Table>());
    ensure!(table.len() == count, "a key is that of two rows");
    Ok(table)
}

/// Applies changes as README.md tells: rows that are named are taken away, and put there unless they are withdrawn.
fn apply(old: &Table, changes: Vec<Row>, of: &[&str]) -> Table {
    let mut new = old.clone();
    for mut row in changes {
        let key = key(&row, of);
        new.remove(&key);
        let gone = row.get("ACTION").is_some_and(|action| action == "D");
        if row.contains_key("ACTION") {
            row.insert("ACTION".to_owned(), "I".to_owned());
        }
        if row.remove("change").as_deref() != Some("withdrawn") && !gone {
            new.insert(key, row);
        }
    }
    new
}

/// A planner of 砂川市 and the plan.
struct City {
    server: TestServer,
    planner: String,
    plan: Value,
}

impl City {
    async fn new(backend: Backend) -> Result<Self> {
        let server = TestServer::sample(backend).await?;
        let planner = [Grant::Municipal("012262".parse()?, MunicipalRole::Planner)];
        let planner = server.user("kikaku@sunagawa.test", &planner).await?;
        let drafts = server.ask_as(Some(&planner), "{ drafts(municipality: \"012262\") { id } }", json!({})).await?;
        let plan = drafts.data()?["drafts"][0]["id"].clone();
        Ok(Self { server, planner, plan })
    }

    /// The indicators of the draft.
    async fn indicators(&self) -> Result<Vec<Value>> {
        let query = "query($id: ID!) { node(id: $id) { ... on Strategy { indicators(first: 100) { nodes {
            id label version node { id } mappings { standardIndicatorKey } } } } } }";
        let read = self.server.ask_as(Some(&self.planner), query, json!({ "id": self.plan })).await?.data()?;
        Ok(read["node"]["indicators"]["nodes"].as_array().context("indicators")?.clone())
    }

    async fn find(&self, of: impl Fn(&Value) -> bool) -> Result<Value> {
        self.indicators().await?.into_iter().find(of).context("the indicator")
    }

    async fn edit(&self, field: &str, on: &Value, more: Value) -> Result<()> {
        let mut input = json!({ "id": on["id"], "version": on["version"] });
        input.as_object_mut().into_iter().for_each(|of| of.extend(more.as_object().cloned().unwrap_or_default()));
        changed(&self.server, &self.planner, field, input, "").await?;
        Ok(())
    }

    async fn edit_named(&self, label: &str, field: &str, more: Value) -> Result<()> {
        self.edit(field, &self.find(|of| of["label"] == label).await?, more).await
    }

    async fn publish(&self) -> Result<()> {
        changed(&self.server, &self.planner, "publishStrategy", json!({ "id": self.plan }), "").await?;
        Ok(())
    }

    /// One of several publications, each of which changes something else.
    async fn publish_something(&self, step: usize) -> Result<()> {
        let figure = |year: &str, of: &str, text: Value| json!({ "figures": [{ "year": year, of: text }] });
        match step {
            // A correction, and remarks.
            0 => {
                self.edit_named("観光入込客数", "setFigures", figure("R3", "actual", json!("903.1"))).await?;
                self.edit_named("就業者数", "setRemark", json!({ "year": "R3", "text": "訂正した。" })).await?;
            }
            // A baseline that is withdrawn, one whose period was wrong, and a name of another spelling.
            1 => {
                self.edit_named("就業者数", "updateIndicator", json!({ "baseline": null })).await?;
                let baseline = json!({ "baseline": "1,625千人（平成30年）", "label": "観光入込客数（延べ）" });
                self.edit_named("観光入込客数", "updateIndicator", baseline).await?;
            }
            // What was corrected is as it was published first: whoever holds that table hears of no change of the value.
            2 => {
                self.edit_named("観光入込客数（延べ）", "setFigures", figure("R3", "actual", json!("902.9"))).await?;
                let baseline = json!({ "baseline": "1,625千人（令和元年）", "label": "観光入込客数" });
                self.edit_named("観光入込客数（延べ）", "updateIndicator", baseline).await?;
            }
            // What does not correspond to a standard indicator any more, and a new indicator.
            3 => {
                let births = self.find(|of| of["mappings"].to_string().contains("births")).await?;
                self.edit("setMappings", &births, json!({ "mappings": [] })).await?;
                let input = json!({
                    "node": births["node"]["id"], "label": "関係人口", "role": "MONITORED", "direction": "HIGHER",
                    "figures": [{ "year": "R3", "actual": "12人" }],
                });
                changed(&self.server, &self.planner, "createIndicator", input, "").await?;
            }
            // A plan of which nothing was published before.
            4 => {
                let mut document: Value = serde_json::from_str(STRATEGIES[0])?;
                (document["term"], document["term_number"]) = ("第３期".into(), 3.into());
                let input = json!({ "municipality": "012262", "document": document });
                let made = changed(&self.server, &self.planner, "createStrategy", input, "strategy { id }").await?;
                let input = json!({ "id": made["strategy"]["id"] });
                changed(&self.server, &self.planner, "publishStrategy", input, "").await?;
                return Ok(());
            }
            // A target that is withdrawn, and figures here and there.
            _ => {
                self.edit_named("観光入込客数", "setFigures", figure("R3", "target", Value::Null)).await?;
                for (at, on) in self.indicators().await?.iter().enumerate().skip(5).step_by(7) {
                    self.edit("setFigures", on, figure("R3", "actual", json!(format!("{at}{step}")))).await?;
                }
            }
        }
        self.publish().await
    }

    /// The version of the data now.
    async fn version(&self) -> Result<String> {
        let response = get(&self.server, "/data/observations/32.csv").await?;
        Ok(response.headers()["shirube-data-version"].to_str()?.to_owned())
    }

    async fn tables(&self) -> Result<Vec<Table>> {
        let mut tables = Vec::new();
        for path in TABLES {
            tables.push(table(records(&self.server, path).await?, &KEY)?);
        }
        tables.push(table(records(&self.server, SDMX).await?, &SDMX_KEY)?);
        Ok(tables)
    }
}

async fn changes_make_the_new_table_of_the_old_one(backend: Backend) -> Result<()> {
    let city = City::new(backend).await?;
    let mut held = vec![(city.version().await?, city.tables().await?)];
    let mut seen = BTreeSet::new();
    for step in 0..6 {
        city.publish_something(step).await?;
        let now = city.tables().await?;
        for (version, old) in &held {
            for ((path, old), new) in TABLES.iter().zip(old).zip(&now) {
                let changes = records(&city.server, &format!("{path}?since={version}")).await?;
                seen.extend(changes.iter().map(|row| row["change"].clone()));
                for row in &changes {
                    let before = old.get(&key(row, &KEY));
                    let same = before.is_some_and(|before| {
                        before.iter().all(|(name, text)| {
                            ["revision", "published_at"].contains(&name.as_str()) || row[name] == *text
                        })
                    });
                    let expected = match (before, new.get(&key(row, &KEY))) {
                        (None, _) => "added",
                        (Some(_), None) => "withdrawn",
                        (Some(_), Some(_)) if same => "republished",
                        (Some(_), Some(_)) => "changed",
                    };
                    assert_eq!(row["change"], expected, "step {step}, {path} since {version}: {row:?}");
                }
                ensure!(apply(old, changes, &KEY) == *new, "step {step}, {path} since {version}");
            }
            let (old, new) = (&old[TABLES.len()], &now[TABLES.len()]);
            let changes = records(&city.server, &format!("{SDMX}?since={version}")).await?;
            ensure!(changes.iter().all(|row| ["R", "D"].contains(&row["ACTION"].as_str())), "{changes:?}");
            ensure!(apply(old, changes, &SDMX_KEY) == *new, "step {step}, {SDMX} since {version}");
        }
        held.push((city.version().await?, now));
    }
    assert_eq!(seen, ["added", "changed", "republished", "withdrawn"].map(str::to_owned).into());

    // What was put right again is no change for whoever did not see it wrong.
    let told = |rows: &[Row]| {
        let of = |row: &&Row| {
            row["indicator"] == "観光入込客数" && row["measure"] == "actual" && row["fiscal_year"] == "2021"
        };
        rows.iter().find(of).map(|row| row["change"].clone())
    };
    for (at, change) in [(0, "republished"), (1, "changed")] {
        let rows = records(&city.server, &format!("/data/observations/012262.csv?since={}", held[at].0)).await?;
        assert_eq!(told(&rows).as_deref(), Some(change), "since publication {at}");
    }
    // Where no revision is another one, nothing is told, and nothing since now.
    assert_eq!(records(&city.server, &format!("/data/observations/32.csv?since={}", held[0].0)).await?.len(), 0);
    let package: Value = get(&city.server, "/data/datapackage.json").await?.json().await?;
    let resources = package["resources"].as_array().context("resources")?;
    let changes = resources.iter().find(|of| of["name"] == "observations-changes").context("the changes")?;
    let path = changes["path"].as_str().context("an address")?.strip_prefix(&city.server.url("")).context("ours")?;
    assert_eq!(path, format!("/data/observations.csv?since={}", held.last().context("a version")?.0));
    assert_eq!(records(&city.server, path).await?.len(), 0);
    assert_eq!(changes["schema"]["primaryKey"], json!(KEY));
    Ok(())
}

/// With DuckDB and pandas, as README.md tells, and the SDMX reader.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tools_of_others_apply_changes() -> Result<()> {
    let city = City::new(Backend::Sqlite).await?;
    let folder = tempfile::tempdir()?;
    let version = city.version().await?;
    for name in ["observations.parquet", "observations.csv"] {
        let bytes = get(&city.server, &format!("/data/{name}")).await?.bytes().await?;
        std::fs::write(folder.path().join(name), bytes)?;
    }
    for step in [0, 3, 5] {
        city.publish_something(step).await?;
    }
    let mut apply = python::script("apply_changes.py")?;
    let base = city.server.url("");
    let output = tokio::task::spawn_blocking(move || {
        apply.args([&base, &version]).arg(folder.path()).stderr(Stdio::inherit()).output()
    })
    .await??;
    ensure!(output.status.success(), "they are not read");
    let found: Value = serde_json::from_slice(&output.stdout)?;
    assert_eq!((&found["duckdb"], &found["pandas"]), (&json!(true), &json!(true)), "{found}");
    assert_eq!(found["parquet"], found["csv"], "the same changes in both formats");
    for change in ["added", "changed", "republished", "withdrawn"] {
        ensure!(found["csv"][change].as_u64() > Some(0), "{change}: {found}");
    }
    assert_eq!(found["sdmx"], "Replace");
    Ok(())
}

async fn what_is_no_version_held_here_is_told(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let now = get(&server, "/data/observations.csv").await?.headers()["shirube-data-version"].to_str()?.to_owned();
    let (at, digest) = now.split_once('-').context("a version")?;
    let other: String = digest.chars().map(|of| if of == '0' { '1' } else { '0' }).collect();
    for (since, status) in [
        ("", 400),
        ("yesterday", 400),
        ("2026-11-26", 400),
        (at, 400),
        (&format!("{at}-{other}"), 404),
        (&format!("20010101T000000000Z-{digest}"), 404),
        (&format!("29991231T235959999Z-{digest}"), 404),
    ] {
        for table in ["observations.csv", "observations.sdmx.csv", "observations/01.parquet", "indicators/births.arrow"]
        {
            let response = get(&server, &format!("/data/{table}?since={since}")).await?;
            assert_eq!(response.status().as_u16(), status, "{table} since {since:?}");
            let answer: Value = response.json().await?;
            let message = answer["errors"][0]["message"].as_str().context("a message")?;
            ensure!(message.contains("データ") && message.contains("data"), "in both languages: {message}");
        }
    }
    Ok(())
}

async fn changes_are_kept_until_something_is_published(backend: Backend) -> Result<()> {
    let city = City::new(backend).await?;
    let version = city.version().await?;
    for ending in ["csv", "sdmx.csv", "parquet"] {
        let path = format!("/data/observations.{ending}?since={version}");
        let first = get(&city.server, &path).await?;
        let whole = get(&city.server, &format!("/data/observations.{ending}")).await?;
        assert_ne!(first.headers()[ETAG], whole.headers()[ETAG], "a table of changes is another thing");
        let held =
            || city.server.client().get(city.server.url(&path)).header(IF_NONE_MATCH, &first.headers()[ETAG]).send();
        assert_eq!(held().await?.status(), StatusCode::NOT_MODIFIED);
    }
    city.publish_something(0).await?;
    let path = format!("/data/observations.parquet?since={version}");
    let tag = |response: &reqwest::Response| response.headers()[ETAG].clone();
    let (one, later) = (get(&city.server, &path).await?, city.version().await?);
    let other = get(&city.server, &format!("/data/observations.parquet?since={later}")).await?;
    assert_ne!(tag(&one), tag(&other), "since another version");
    assert_eq!(one.headers()["shirube-data-version"].to_str()?, later, "what the changes lead to");
    assert_eq!(get(&city.server, &path).await?.bytes().await?, one.bytes().await?, "the same bytes");
    Ok(())
}

/// A new plan is the current one, and the table of that name is another than before.
async fn a_name_that_meant_another_strategy_is_told(backend: Backend) -> Result<()> {
    let city = City::new(backend).await?;
    let version = city.version().await?;
    let changes =
        async |name: &str| get(&city.server, &format!("/data/observations/012262/{name}.csv?since={version}")).await;
    city.publish_something(0).await?;
    assert_eq!(changes("current").await?.status(), StatusCode::OK);
    city.publish_something(4).await?;
    let refused = changes("current").await?;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    let answer: Value = refused.json().await?;
    let message = answer["errors"][0]["message"].as_str().context("a message")?;
    ensure!(message.contains("キー") && message.contains("key"), "{message}");
    // The term is still the same plan; the next one is had by its term, of which there was no table before.
    for name in ["2", "3"] {
        let response = changes(name).await?.error_for_status()?;
        ensure!(response.text().await?.lines().count() > 1, "{name}");
    }
    Ok(())
}

/// A table costs 10,000 values and 500 for each of the two strategies, and one of no changes the 10,000 alone.
async fn where_nothing_changed_little_is_paid(backend: Backend) -> Result<()> {
    let database = shirube_testing::TestDatabase::sample(backend).await?;
    let server = TestServer::with(database, |settings| settings.rates.cost_per_minute = 21_000).await?;
    let whole = get(&server, "/data/observations.csv").await?;
    let version = whole.headers()["shirube-data-version"].to_str()?;
    for status in [StatusCode::OK, StatusCode::TOO_MANY_REQUESTS] {
        assert_eq!(get(&server, &format!("/data/observations.csv?since={version}")).await?.status(), status);
    }
    Ok(())
}
