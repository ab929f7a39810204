//! The year of a city: its strategy is modelled, its departments report, the committee speaks, the council reads what is
//! published, and a provisional value becomes final.

use std::collections::HashMap;

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value, json};
use shirube_access::{Grant, MunicipalRole};
use shirube_domain::{
    DepartmentId,
    calendar::FiscalYear,
    lint::Subject,
    quantity::Finality,
    round,
    strategy::{Cell, Content, Strategy},
};
use shirube_exchange::{STRATEGIES, sample};
use shirube_testing::{Backend, TestServer, both_backends};
use time::Duration;
use uuid::Uuid;

use crate::{
    editing::written,
    sign_in::{change, changed},
};

both_backends!(the_year_of_a_city);

const CODE: &str = "131016";
/// What is asked of a task.
const TASK: &str = "id version state indicator { label } node { title } department { name } actual { printed status }
    remark returnReason correctionReason published onBehalf enteredBy";
/// Everything that is printed of a published strategy.
const READ: &str = "id title revision { number hash publishedAt note } nodes { key title remarks { year text } }
    indicators(first: 100) { nodes { key label figures { year target { printed } actual { printed status } } remarks { year text } } }
    opinions { year text answer indicator { label } }";

fn year(of: i16) -> Result<FiscalYear> {
    Ok(FiscalYear::new(of)?)
}

/// The sample of Sunagawa as a city of its own would send it, with fifteen departments; and the same as it stands before
/// anything of 令和３年度 was reported.
fn documents() -> Result<(Value, Value)> {
    let mut whole: Value = serde_json::from_str(STRATEGIES[0])?;
    whole["municipality"] = CODE.into();
    let mut count = 0;
    assign(whole["plan"].as_array_mut().context("a plan")?, &mut count);
    let mut before = whole.clone();
    strip(before["plan"].as_array_mut().context("a plan")?);
    Ok((whole, before))
}

/// Gives each node that has something to report to one of fifteen departments.
fn assign(nodes: &mut [Value], count: &mut usize) {
    for node in nodes {
        if node["indicators"].is_array() || node["no_indicator"].is_object() {
            node["department"] = format!("第{}課", *count % 15 + 1).into();
            *count += 1;
        }
        if let Some(children) = node.get_mut("children").and_then(Value::as_array_mut) {
            assign(children, count);
        }
    }
}

/// Takes away what is to be reported.
fn strip(nodes: &mut [Value]) {
    let without = |of: &mut Value, name: &str| {
        if let Some(years) = of.get_mut(name).and_then(Value::as_object_mut) {
            years.remove("R3");
        }
    };
    for node in nodes {
        without(node, "remarks");
        for indicator in node.get_mut("indicators").and_then(Value::as_array_mut).into_iter().flatten() {
            indicator["actuals"][0] = "".into();
            without(indicator, "remarks");
            without(indicator, "absences");
        }
        if let Some(children) = node.get_mut("children").and_then(Value::as_array_mut) {
            strip(children);
        }
    }
}

fn read(document: &Value) -> Result<Strategy> {
    sample::read(&document.to_string(), &mut Uuid::now_v7).map_err(|problems| anyhow::anyhow!("{problems:?}"))
}

/// What a strategy says, with its ids numbered in the order in which they stand.
fn without_ids(strategy: &Strategy) -> Result<Value> {
    fn number(value: &mut Value, known: &mut HashMap<String, usize>) {
        match value {
            Value::String(text) if Uuid::parse_str(text).is_ok() => {
                let next = known.len();
                *value = (*known.entry(text.clone()).or_insert(next)).into();
            }
            Value::Array(items) => items.iter_mut().for_each(|item| number(item, known)),
            Value::Object(fields) => {
                // Mappings are decided on when they are written.
                fields.retain(|name, _| name != "decided");
                fields.values_mut().for_each(|field| number(field, known));
            }
            _ => {}
        }
    }
    let mut value = serde_json::to_value(strategy)?;
    number(&mut value, &mut HashMap::new());
    Ok(value)
}

/// The words in which a cell is reported.
fn reported(cell: &Cell) -> Value {
    let status = match cell.content() {
        Content::Figure { finality: Finality::Provisional, .. } => json!("PROVISIONAL"),
        Content::Absent(absence) => json!(format!("{absence:?}").chars().fold(String::new(), |name, letter| {
            if letter.is_uppercase() && !name.is_empty() {
                name + "_" + &letter.to_string()
            } else {
                name + &letter.to_ascii_uppercase().to_string()
            }
        })),
        _ => Value::Null,
    };
    json!({ "actual": cell.printed(), "status": status })
}

/// A city with its people.
struct City {
    server: TestServer,
    administrator: String,
    reviewer: String,
    /// By the name of their department.
    reporters: HashMap<String, String>,
}

impl City {
    async fn new(backend: Backend) -> Result<Self> {
        let server = TestServer::sample(backend).await?;
        let role = |role| Grant::Municipal(CODE.parse().expect("a code"), role);
        let administrator = server.user("kanri@city.test", &[role(MunicipalRole::Administrator)]).await?;
        let reviewer = server.user("iin@city.test", &[role(MunicipalRole::Reviewer)]).await?;
        Ok(Self { server, administrator, reviewer, reporters: HashMap::new() })
    }

    async fn ask(&self, bearer: &str, query: &str, variables: Value) -> Result<Value> {
        self.server.ask_as(Some(bearer), query, variables).await?.data()
    }

    /// As the administrator.
    async fn done(&self, field: &str, input: Value, gives: &str) -> Result<Value> {
        changed(&self.server, &self.administrator, field, input, gives).await
    }

    /// A reporter for each department.
    async fn hire(&mut self) -> Result<()> {
        let query = format!("{{ departments(municipality: \"{CODE}\") {{ key name }} }}");
        let departments = self.ask(&self.administrator, &query, json!({})).await?["departments"].clone();
        for (at, of) in departments.as_array().context("departments")?.iter().enumerate() {
            let key = of["key"].as_str().context("a key")?.parse()?;
            let role = MunicipalRole::Reporter(DepartmentId::from_uuid(key));
            let grant = [Grant::Municipal(CODE.parse()?, role)];
            let bearer = self.server.user(&format!("tanto{at}@city.test"), &grant).await?;
            self.reporters.insert(of["name"].as_str().context("a name")?.to_owned(), bearer);
        }
        Ok(())
    }

    fn reporter(&self, department: &Value) -> Result<&str> {
        let name = department["name"].as_str().context("a task of a department")?;
        Ok(self.reporters.get(name).with_context(|| format!("nobody reports for {name}"))?)
    }

    async fn tasks(&self, round: &Value) -> Result<Vec<Value>> {
        let query = format!(
            "query($id: ID!) {{ node(id: $id) {{ ... on Round {{ tasks(first: 100) {{ nodes {{ {TASK} }} }} }} }} }}"
        );
        let tasks = self.ask(&self.administrator, &query, json!({ "id": round })).await?;
        Ok(tasks["node"]["tasks"]["nodes"].as_array().context("tasks")?.clone())
    }

    async fn report(&self, bearer: &str, figures: Value) -> Result<Value> {
        let gives = format!(
            "results {{ kept version state task {{ {TASK} }} warnings {{ kind messageJa }} userErrors {{ code path }} }}"
        );
        change(&self.server, bearer, "reportFigures", json!({ "figures": figures }), &gives).await
    }

    async fn state(&self, round: &Value) -> Result<Value> {
        let query = "query($id: ID!) { node(id: $id) { ... on Round { state } } }";
        Ok(self.ask(&self.administrator, query, json!({ "id": round })).await?["node"]["state"].clone())
    }

    /// What everybody reads.
    async fn published(&self, arguments: &str) -> Result<Value> {
        let query = format!("{{ strategy(municipality: \"{CODE}\"{arguments}) {{ {READ} }} }}");
        Ok(self.server.ask(&query, json!({})).await?.data()?["strategy"].clone())
    }
}

/// What a task is to report: the figure and the remark that the document prints.
fn figures(expected: &Strategy, of: FiscalYear) -> Vec<Map<String, Value>> {
    let text = |remarks: &[shirube_domain::strategy::Remark]| {
        remarks.iter().find(|remark| remark.year == of).map(|remark| remark.text.clone())
    };
    let subjects = round::subjects(expected, of).into_iter();
    subjects
        .map(|(subject, _)| {
            let (mut figure, remark) = match subject {
                Subject::Indicator(id) => {
                    let indicator = &expected.indicators()[expected.indicator_at(id).expect("it is there")];
                    let cell = &indicator.figures.year(of).expect("a figure").actual;
                    (reported(cell), text(&indicator.remarks))
                }
                Subject::Node(id) => {
                    (json!({}), text(&expected.nodes()[expected.node_at(id).expect("it is there")].remarks))
                }
            };
            if let Some(remark) = remark {
                figure["remark"] = remark.into();
            }
            figure.as_object().cloned().unwrap_or_default()
        })
        .collect()
}

#[expect(clippy::too_many_lines, reason = "a year is told from its beginning to its end")]
async fn the_year_of_a_city(backend: Backend) -> Result<()> {
    let mut city = City::new(backend).await?;
    let (whole, before) = documents()?;
    let expected = read(&whole)?;

    // 企画課 models the strategy and opens 令和３年度.
    let draft = written(&city.server, &city.administrator, &before).await?["id"].clone();
    city.hire().await?;
    assert_eq!(city.reporters.len(), 15);
    let input = json!({ "strategy": draft, "year": "R3", "due": "2022-05-31" });
    let opened = city.done("openRound", input, "round { id yearLabel state counts { total untouched } }").await?;
    let round = opened["round"]["id"].clone();
    assert_eq!(opened["round"]["yearLabel"], "令和3年度");
    assert_eq!(opened["round"]["counts"], json!({ "total": 56, "untouched": 56 }));

    // Fifteen reporters enter 56 rows. What looks wrong is kept, and confirmed with a word of reason.
    let tasks = city.tasks(&round).await?;
    let figures = figures(&expected, year(2021)?);
    assert_eq!((tasks.len(), figures.len()), (56, 56));
    // One slips by three digits: it is kept, and asked about.
    let at = tasks.iter().position(|task| task["indicator"]["label"] == "砂川高校からの市内企業就職率");
    let at = at.context("a task")?;
    let slip = json!([{ "task": tasks[at]["id"], "actual": "36,600", "submit": true }]);
    let slip = city.report(city.reporter(&tasks[at]["department"])?, slip).await?;
    assert_eq!(slip["userErrors"][0]["code"], "UNCONFIRMED", "{slip}");
    assert_eq!(slip["results"][0]["task"]["actual"]["printed"], "36,600");
    let tasks = city.tasks(&round).await?;
    for bearer in city.reporters.values() {
        let mine: Vec<(&Value, &Map<String, Value>)> = tasks
            .iter()
            .zip(&figures)
            .filter(|(task, _)| city.reporter(&task["department"]).is_ok_and(|of| of == bearer))
            .collect();
        let entered = mine.iter().map(|(task, figure)| {
            let mut figure = (*figure).clone();
            figure.insert("task".into(), task["id"].clone());
            figure.insert("version".into(), task["version"].clone());
            figure.insert("submit".into(), true.into());
            Value::Object(figure)
        });
        let answer = city.report(bearer, entered.collect()).await?;
        let results = answer["results"].as_array().context("results")?;
        for (result, (task, _)) in results.iter().zip(mine) {
            assert_eq!((&result["kept"], &result["state"]), (&json!(true), &json!("SUBMITTED")), "{task}: {answer}");
        }
    }

    // One is returned and mended.
    let tasks = city.tasks(&round).await?;
    let selection = json!({ "round": round, "tasks": [{ "task": tasks[at]["id"], "version": tasks[at]["version"] }] });
    let returned = json!({ "selection": selection, "reason": "増減の理由を書き足してください" });
    let returned = city.done("returnFigures", returned, &format!("tasks {{ {TASK} }}")).await?["tasks"][0].clone();
    assert_eq!(
        (&returned["state"], &returned["returnReason"]),
        (&json!("RETURNED"), &json!("増減の理由を書き足してください"))
    );
    let mended = json!([{ "task": returned["id"], "version": returned["version"], "submit": true,
        "remark": figures[at]["remark"] }]);
    let mended = city.report(city.reporter(&returned["department"])?, mended).await?;
    assert_eq!(mended["results"][0]["task"]["state"], "SUBMITTED", "{mended}");

    // Nothing is published that is not approved; what is missing is told with who owes it.
    let gives = "revision { number note } gaps { state indicator { label } node { title } department { name } }";
    let early = change(&city.server, &city.administrator, "publishStrategy", json!({ "id": draft }), gives).await?;
    assert_eq!(early["userErrors"][0]["path"], json!(["input", "withGaps"]), "{early}");
    assert_eq!(early["gaps"].as_array().map(Vec::len), Some(56));
    assert_eq!(city.published("").await?, Value::Null);

    // The committee's opinion is answered, and will be published.
    let opinion =
        json!({ "round": round, "subject": tasks[at]["id"], "text": "地元就職の支援を続けてほしい。", "public": true });
    let given = changed(&city.server, &city.reviewer, "giveOpinion", opinion, "opinion { id version }").await?;
    let answer =
        json!({ "id": given["opinion"]["id"], "version": given["opinion"]["version"], "answer": "継続します。" });
    city.done("answerOpinion", answer, "opinion { answer answeredBy }").await?;

    // Approved and published, it is what the city printed.
    let approved = city.done("approveFigures", json!({ "selection": { "round": round } }), "tasks { state }").await?;
    assert_eq!(approved["tasks"].as_array().map(Vec::len), Some(56));
    let input = json!({ "id": draft, "note": "令和３年度実績" });
    let first = city.done("publishStrategy", input, gives).await?;
    assert_eq!((&first["revision"]["number"], &first["gaps"]), (&json!(1), &json!([])));
    let strategy = city.server.app().strategies(CODE.parse()?).first().context("a strategy")?.clone();
    assert_eq!(without_ids(strategy.latest().strategy())?, without_ids(&expected)?);
    let council = city.published("").await?;
    assert_eq!(council["opinions"][0]["answer"], "継続します。");
    assert_eq!(city.state(&round).await?, "PUBLISHED");

    // A day later, the provisional value becomes final.
    city.server.advance(Duration::days(1));
    let city = City { administrator: again(&city.server, "kanri@city.test").await?, ..city };
    let tasks = city.tasks(&round).await?;
    let task = tasks.iter().find(|task| task["actual"]["status"] == "PROVISIONAL").context("暫定値")?;
    assert_eq!(
        (&task["indicator"]["label"], &task["actual"]["printed"]),
        (&json!("国保特定健診受診率"), &json!("暫定値43.1"))
    );
    let selection = json!({ "round": round, "tasks": [{ "task": task["id"], "version": task["version"] }] });
    let refused = json!({ "selection": selection, "reason": "確定したため" });
    let refused = change(&city.server, &city.administrator, "returnFigures", refused, "").await?;
    assert_eq!(refused["userErrors"][0]["code"], "CONFLICT", "what is published is corrected, not returned: {refused}");
    let opened = json!({ "selection": selection, "reason": "暫定値が確定したため" });
    let opened = city.done("openCorrections", opened, &format!("tasks {{ {TASK} }}")).await?["tasks"][0].clone();
    assert_eq!(city.state(&round).await?, "CORRECTING");
    let corrected = json!([{ "task": opened["id"], "version": opened["version"], "actual": "43.4", "status": "REPORTED", "submit": true }]);
    let corrected = city.report(&city.administrator, corrected).await?;
    assert_eq!(corrected["results"][0]["task"]["onBehalf"], true, "{corrected}");
    city.done("approveFigures", json!({ "selection": { "round": round } }), "tasks { state }").await?;
    let second = city.done("publishStrategy", json!({ "id": draft, "note": "確定値" }), gives).await?;
    assert_eq!(second["revision"]["number"], 2);
    assert_eq!(city.state(&round).await?, "PUBLISHED");

    // What the council saw stays as it was, byte for byte.
    let seen = council["revision"]["publishedAt"].as_str().context("an instant")?;
    assert_eq!(city.published(&format!(", asOf: \"{seen}\"")).await?.to_string(), council.to_string());
    assert_eq!(city.published(", revision: 1").await?.to_string(), council.to_string());
    let now = city.published("").await?;
    assert_eq!(now["revision"]["number"], 2);
    assert_ne!(now["revision"]["hash"], council["revision"]["hash"]);

    let query = format!(
        "{{ strategy(municipality: \"{CODE}\") {{ changes(from: 1, to: 2) {{
            kind part year before after afterStatus indicator {{ label }} reason }} }} }}"
    );
    let changes = city.server.ask(&query, json!({})).await?.data()?;
    assert_eq!(
        changes["strategy"]["changes"],
        json!([{ "kind": "CHANGED", "part": "YEAR_ACTUAL", "year": 2021, "before": "暫定値43.1", "after": "43.4",
            "afterStatus": "REPORTED", "indicator": { "label": "国保特定健診受診率" }, "reason": "暫定値が確定したため" }])
    );

    // 令和４年度 is opened with the figures of 令和３年度 beside it.
    let input = json!({ "strategy": draft, "year": "R4", "due": "2023-05-31" });
    let opened = city.done("openRound", input, "round { id }").await?;
    let query = "query($id: ID!) { node(id: $id) { ... on Round { tasks(first: 100) { nodes {
        indicator { label } previous { year actual { printed } } previousRemark target { printed } } } } } }";
    let beside = city.ask(&city.administrator, query, json!({ "id": opened["round"]["id"] })).await?;
    let beside = beside["node"]["tasks"]["nodes"].as_array().context("tasks")?;
    let rate = beside.iter().find(|task| task["indicator"]["label"] == "国保特定健診受診率").context("a task")?;
    assert_eq!(rate["previous"], json!({ "year": 2021, "actual": { "printed": "43.4" } }));
    // What ended in 令和３年度 is not asked for any more.
    let asked: Vec<Subject> = round::subjects(&expected, year(2022)?).into_iter().map(|(subject, _)| subject).collect();
    let before = round::subjects(&expected, year(2021)?).into_iter().zip(&figures);
    let before: Vec<_> = before.filter(|((subject, _), _)| asked.contains(subject)).map(|(_, figure)| figure).collect();
    assert_eq!(beside.len(), before.len());
    for (task, figure) in beside.iter().zip(before) {
        ensure!(task["previousRemark"] == figure.get("remark").cloned().unwrap_or_default(), "{task}");
    }
    Ok(())
}

/// A new access token: the old one does not last a day.
async fn again(server: &TestServer, email: &str) -> Result<String> {
    let credentials = json!({ "email": email, "password": shirube_testing::PASSWORD });
    let answer: Value = server.post("/auth/sign-in", credentials).await?.json().await?;
    Ok(answer["accessToken"].as_str().context("a token")?.to_owned())
}
