//! Reporting figures: who may, what two who do it at once see, what looks wrong, and what is published of it.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use shirube_access::{Grant, KeyScope, MunicipalRole, Scope};
use shirube_app::{Figure, KeyPlace, Part};
use shirube_domain::{DepartmentId, calendar::FiscalYear, edit::Change, lint::Subject};
use shirube_testing::{Backend, TestServer, TestService, both_backends};
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

use crate::sign_in::{change, changed};

both_backends!(
    of_two_who_edit_one_cell_one_is_told_of_the_other,
    fifty_who_edit_fifty_cells_at_once_lose_nothing,
    a_reporter_reports_for_the_own_department_alone,
    a_key_reports_without_reading,
    what_looks_wrong_is_kept_and_asked_about,
    a_mistake_in_one_figure_leaves_the_others_alone,
    a_task_goes_its_way_and_no_other,
    last_years_remarks_are_a_starting_point,
    progress_tells_who_owes_what_and_how_late,
    an_opinion_and_its_answer_are_published_if_they_are_public,
    what_is_missing_may_be_published_if_that_is_said,
    an_embargo_is_kept,
    the_trail_answers_who_changed_a_figure_and_why,
    a_batch_costs_a_fixed_number_of_statements,
    a_round_follows_the_plan,
);

pub(crate) const CODE: &str = "131016";
const TASK: &str = "id version state actual { printed status } remark causes returnReason enteredBy onBehalf";
const RESULT: &str =
    "results { kept version state warnings { kind } userErrors { code path } task { id version actual { printed } } }";

/// An indicator of the plan: a label, the department, the figures of 令和３年度 on.
fn indicator(at: usize, department: &str, last: &str) -> Value {
    json!({
        "label": format!("指標{at}"), "role": "kpi", "unit": "人", "direction": "higher", "baseline": "100人（令和元年度）",
        "target": "200人（令和7年度）", "accumulation": "level", "department": department,
        "targets": ["120", "140", "160", "180", "200"], "actuals": [last, "", "", "", ""],
        "remarks": { "R3": format!("所見{at}") },
    })
}

/// A plan with so many indicators of two departments, and a program without one.
pub(crate) fn document(indicators: usize) -> Value {
    let all: Vec<Value> =
        (0..indicators).map(|at| indicator(at, if at % 2 == 0 { "福祉課" } else { "商工課" }, "110")).collect();
    json!({
        "format": "shirube-strategy/1", "municipality": CODE, "title": "総合戦略", "term": "第２期", "term_number": 2,
        "first_year": "R3", "last_year": "R7", "report": { "year": "R3", "title": "集計表" },
        "source": { "attribution": "試験市", "terms": "公表資料" }, "levels": [{ "name": "事業", "kind": "program" }],
        "plan": [
            { "title": "事業1", "indicators": all },
            { "title": "事業2", "department": "福祉課", "no_indicator": { "reason": "困難なため", "mark": "―" } },
        ],
    })
}

/// A city whose round of 令和４年度 is open.
pub(crate) struct City {
    pub(crate) server: TestServer,
    pub(crate) planner: String,
    pub(crate) draft: Value,
    pub(crate) round: Value,
}

impl City {
    pub(crate) async fn new(backend: Backend, indicators: usize) -> Result<Self> {
        let server = TestServer::sample(backend).await?;
        let planner =
            server.user("kikaku@city.test", &[Grant::Municipal(CODE.parse()?, MunicipalRole::Planner)]).await?;
        let input = json!({ "municipality": CODE, "document": document(indicators) });
        let made = changed(&server, &planner, "createStrategy", input, "strategy { id }").await?;
        let draft = made["strategy"]["id"].clone();
        let input = json!({ "strategy": draft, "year": "R4", "due": "2023-05-31" });
        let opened = changed(&server, &planner, "openRound", input, "round { id }").await?;
        Ok(Self { server, planner, draft, round: opened["round"]["id"].clone() })
    }

    pub(crate) async fn done(&self, field: &str, input: Value, gives: &str) -> Result<Value> {
        changed(&self.server, &self.planner, field, input, gives).await
    }

    pub(crate) async fn tried(&self, field: &str, input: Value, gives: &str) -> Result<Value> {
        change(&self.server, &self.planner, field, input, gives).await
    }

    pub(crate) async fn reporter(&self, department: &str) -> Result<String> {
        let query = format!("{{ departments(municipality: \"{CODE}\") {{ key name }} }}");
        let all = self.server.ask_as(Some(&self.planner), &query, json!({})).await?.data()?;
        let mut all = all["departments"].as_array().context("departments")?.iter();
        let key = &all.find(|of| of["name"] == department).context("the department")?["key"];
        let id = DepartmentId::from_uuid(key.as_str().context("a key")?.parse()?);
        let role = Grant::Municipal(CODE.parse()?, MunicipalRole::Reporter(id));
        self.server.user(&format!("{department}@city.test"), &[role]).await
    }

    pub(crate) async fn tasks(&self) -> Result<Vec<Value>> {
        self.tasks_with(TASK).await
    }

    pub(crate) async fn tasks_with(&self, fields: &str) -> Result<Vec<Value>> {
        let round = self.read(&format!("tasks(first: 100) {{ nodes {{ {fields} }} }}")).await?;
        Ok(round["tasks"]["nodes"].as_array().context("tasks")?.clone())
    }

    pub(crate) async fn read(&self, fields: &str) -> Result<Value> {
        let query = format!("query($id: ID!) {{ node(id: $id) {{ ... on Round {{ {fields} }} }} }}");
        let read = self.server.ask_as(Some(&self.planner), &query, json!({ "id": self.round })).await?;
        Ok(read.data()?["node"].clone())
    }

    pub(crate) async fn report(&self, bearer: &str, figures: Value) -> Result<Value> {
        change(&self.server, bearer, "reportFigures", json!({ "figures": figures }), RESULT).await
    }

    /// Reports as a client does that is told, on a busy machine, to send the same again: the same, under the same name.
    async fn report_in_the_end(&self, input: Value) -> Result<Value> {
        let query = format!("mutation ($input: ReportFiguresInput!) {{ reportFigures(input: $input) {{ {RESULT} }} }}");
        for _ in 0..50 {
            let answer = self.server.ask_as(Some(&self.planner), &query, json!({ "input": input })).await?;
            if answer.code() != Some("UNAVAILABLE") {
                return Ok(answer.data()?["reportFigures"].clone());
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        anyhow::bail!("it is unavailable for ever")
    }

    pub(crate) fn all(&self) -> Value {
        json!({ "round": self.round })
    }

    /// Reports everything.
    pub(crate) async fn report_all(&self) -> Result<()> {
        for task in self.tasks_with("id version indicator { label }").await? {
            let mut figure =
                json!({ "task": task["id"], "version": task["version"], "submit": true, "remark": "順調" });
            if !task["indicator"].is_null() {
                figure["actual"] = "130".into();
            }
            let told = self.report(&self.planner, json!([figure])).await?;
            assert_eq!(told["userErrors"], json!([]), "{told}");
        }
        Ok(())
    }
}

async fn of_two_who_edit_one_cell_one_is_told_of_the_other(backend: Backend) -> Result<()> {
    let city = City::new(backend, 2).await?;
    let (first, second) = (city.reporter("福祉課").await?, city.planner.clone());
    let task = city.tasks().await?[0].clone();
    let figure = |actual: &str| json!([{ "task": task["id"], "version": task["version"], "actual": actual }]);
    let (one, other) = tokio::join!(city.report(&first, figure("121")), city.report(&second, figure("122")));
    let (one, other) = (one?, other?);
    let kept = |answer: &Value| answer["results"][0]["kept"] == true;
    assert_ne!(kept(&one), kept(&other), "one of them: {one} {other}");
    let (won, lost) = if kept(&one) { (one, other) } else { (other, one) };
    assert_eq!(lost["userErrors"][0]["code"], "CONFLICT");
    assert_eq!(lost["userErrors"][0]["path"], json!(["input", "figures", "0", "version"]));
    assert_eq!(lost["results"][0]["task"], won["results"][0]["task"], "the loser sees what the other entered");
    // With what they read now, they may say it again.
    let version = &lost["results"][0]["version"];
    let again = city.report(&second, json!([{ "task": task["id"], "version": version, "actual": "123" }])).await?;
    assert_eq!(again["results"][0]["kept"], true);
    assert_eq!(city.tasks().await?[0]["actual"]["printed"], "123");
    // Nobody overwrites what they have not seen by leaving the version out.
    let blind = city.report(&second, json!([{ "task": task["id"], "actual": "9" }])).await?;
    assert_eq!(blind["userErrors"][0]["code"], "CONFLICT");
    Ok(())
}

async fn fifty_who_edit_fifty_cells_at_once_lose_nothing(backend: Backend) -> Result<()> {
    let city = City::new(backend, 50).await?;
    let tasks = city.tasks_with("id version indicator { label }").await?;
    let indicators: Vec<&Value> = tasks.iter().filter(|task| !task["indicator"].is_null()).collect();
    let asked = indicators.iter().enumerate().map(|(at, task)| {
        let figures = json!([{ "task": task["id"], "version": 0, "actual": (120 + at).to_string() }]);
        city.report_in_the_end(json!({ "figures": figures, "clientMutationId": format!("{at}") }))
    });
    for answer in futures_util::future::join_all(asked).await {
        let answer = answer?;
        assert_eq!(answer["results"][0]["kept"], true, "{answer}");
    }
    for (at, task) in city.tasks().await?.iter().take(50).enumerate() {
        assert_eq!(task["actual"]["printed"], (120 + at).to_string());
    }
    Ok(())
}

async fn a_reporter_reports_for_the_own_department_alone(backend: Backend) -> Result<()> {
    let city = City::new(backend, 2).await?;
    let reporter = city.reporter("福祉課").await?;
    let tasks = city.tasks().await?;
    let figures: Vec<Value> =
        tasks[..2].iter().map(|task| json!({ "task": task["id"], "actual": "125", "submit": true })).collect();
    let told = city.report(&reporter, figures.into()).await?;
    let (own, other) = (&told["results"][0], &told["results"][1]);
    assert_eq!((&own["kept"], &own["state"]), (&json!(true), &json!("SUBMITTED")));
    assert_eq!((&other["kept"], &other["userErrors"][0]["code"]), (&json!(false), &json!("FORBIDDEN")));
    let tasks = city.tasks().await?;
    assert_eq!((&tasks[0]["onBehalf"], &tasks[1]["actual"]), (&json!(false), &Value::Null));
    // The planning section does it on behalf, and that is kept.
    city.report(&city.planner, json!([{ "task": tasks[1]["id"], "actual": "126" }])).await?;
    assert_eq!(city.tasks().await?[1]["onBehalf"], true);
    // Nor does a reporter approve, or speak for the committee.
    let input = json!({ "input": { "selection": city.all() } });
    let query = "mutation($input: ApproveFiguresInput!) { approveFigures(input: $input) { userErrors { code } } }";
    assert_eq!(city.server.ask_as(Some(&reporter), query, input).await?.code(), Some("FORBIDDEN"));
    Ok(())
}

async fn a_key_reports_without_reading(backend: Backend) -> Result<()> {
    let city = City::new(backend, 1).await?;
    let ends = OffsetDateTime::from(std::time::SystemTime::now()) + Duration::days(30);
    let place = KeyPlace::Municipality(CODE.parse()?);
    let app = city.server.app();
    let made = app.make_key(&Scope::machine(), place, "福祉システム", vec![KeyScope::ReportFigures], ends).await?;
    let key = made.secret.reveal().to_owned();
    let task = city.tasks().await?[0]["id"].clone();
    let told = city.report(&key, json!([{ "task": task, "actual": "131", "submit": true }])).await?;
    assert_eq!(told["results"][0]["state"], "SUBMITTED", "{told}");
    assert_eq!(told["results"][0]["task"], Value::Null, "it was not given the right to read drafts");
    let tasks = city.tasks().await?;
    assert_eq!((&tasks[0]["actual"]["printed"], &tasks[0]["enteredBy"]), (&json!("131"), &json!("福祉システム")));
    Ok(())
}

async fn what_looks_wrong_is_kept_and_asked_about(backend: Backend) -> Result<()> {
    let city = City::new(backend, 1).await?;
    let task = city.tasks().await?[0]["id"].clone();
    let told = city.report(&city.planner, json!([{ "task": task, "actual": "110,000", "submit": true }])).await?;
    let result = &told["results"][0];
    assert_eq!((&result["kept"], &result["state"]), (&json!(true), &json!("DRAFT")), "{told}");
    assert_eq!(result["warnings"], json!([{ "kind": "UNIT_JUMP" }]));
    assert_eq!(
        told["userErrors"],
        json!([{ "code": "UNCONFIRMED", "path": ["input", "figures", "0", "confirmation"],
        "message": told["userErrors"][0]["message"] }])
    );
    assert_eq!(city.tasks().await?[0]["actual"]["printed"], "110,000", "no keystroke is lost");
    let confirmed = json!([{ "task": task, "version": 1, "confirmation": "集計方法を変えた", "submit": true }]);
    assert_eq!(city.report(&city.planner, confirmed).await?["results"][0]["state"], "SUBMITTED");
    // A word of reason is one for that figure.
    let another = json!([{ "task": task, "version": 2, "actual": "1.1", "submit": true }]);
    let told = city.report(&city.planner, another).await?;
    assert_eq!(told["results"][0]["userErrors"][0]["code"], "UNCONFIRMED", "{told}");
    Ok(())
}

async fn a_mistake_in_one_figure_leaves_the_others_alone(backend: Backend) -> Result<()> {
    let city = City::new(backend, 5).await?;
    let ids: Vec<Value> = city.tasks().await?.iter().map(|task| task["id"].clone()).collect();
    let figures = json!([
        { "task": ids[0], "actual": "120" },
        { "task": ids[1], "actual": "120", "status": "NOT_MEASURABLE" },
        { "task": ids[2], "submit": true },
        { "task": ids[3], "remark": "長".repeat(4_001) },
        { "task": ids[4], "actual": "120", "causes": ["WEATHER", "PRICES", "WEATHER"] },
        { "task": ids[5], "actual": "5" },
    ]);
    let told = city.report(&city.planner, figures).await?;
    let kept: Vec<&Value> = told["results"].as_array().context("results")?.iter().map(|of| &of["kept"]).collect();
    assert_eq!(kept, [true, false, true, false, true, false], "{told}");
    let paths: Vec<&Value> = told["userErrors"].as_array().context("errors")?.iter().map(|of| &of["path"]).collect();
    let path = |at: &str, field: &str| json!(["input", "figures", at, field]);
    assert_eq!(paths, [&path("1", "actual"), &path("2", "actual"), &path("3", "remark"), &path("5", "actual")]);
    assert_eq!(city.tasks().await?[4]["causes"], json!(["PRICES", "WEATHER"]));
    // Nor do ids that are none, or that stand twice.
    let figures = json!([
        { "task": "abc", "actual": "1" }, { "task": ids[0], "version": 1, "actual": "121" },
        { "task": ids[0], "version": 1, "actual": "122" }, { "task": city.round, "actual": "1" },
    ]);
    let told = city.report(&city.planner, figures).await?;
    let kept: Vec<&Value> = told["results"].as_array().context("results")?.iter().map(|of| &of["kept"]).collect();
    assert_eq!(kept, [false, true, false, false], "{told}");
    assert_eq!(told["userErrors"].as_array().map(Vec::len), Some(3));
    assert_eq!(city.tasks().await?[0]["actual"]["printed"], "121");
    // Of nothing that can be read, nothing is written.
    let before = city.tasks().await?;
    for figures in [json!([]), json!([{ "task": "abc" }])] {
        let told = city.report(&city.planner, figures).await?;
        assert_eq!((&told["results"], &told["userErrors"][0]["code"]), (&Value::Null, &json!("BAD_USER_INPUT")));
    }
    assert_eq!(city.tasks().await?, before);
    Ok(())
}

async fn a_task_goes_its_way_and_no_other(backend: Backend) -> Result<()> {
    let city = City::new(backend, 2).await?;
    let selection = |version: u32, id: &Value| json!({ "selection": { "round": city.round, "tasks": [{ "task": id, "version": version }] } });
    let id = city.tasks().await?[0]["id"].clone();
    let early = city.tried("approveFigures", selection(0, &id), "").await?;
    assert_eq!(early["userErrors"][0]["path"], json!(["input", "selection", "tasks", "0", "task"]), "{early}");
    city.report(&city.planner, json!([{ "task": id, "actual": "120", "submit": true }])).await?;
    let stale = city.tried("approveFigures", selection(0, &id), "").await?;
    assert_eq!(stale["userErrors"][0]["path"], json!(["input", "selection", "tasks", "0", "version"]), "{stale}");
    let none = json!({ "selection": city.all(), "reason": "　" });
    assert_eq!(city.tried("returnFigures", none, "").await?["userErrors"][0]["path"], json!(["input", "reason"]));
    city.done("approveFigures", selection(1, &id), "tasks { state }").await?;
    let late = city.report(&city.planner, json!([{ "task": id, "version": 2, "actual": "121" }])).await?;
    assert_eq!(late["userErrors"][0]["code"], "CONFLICT", "{late}");
    // Only what is approved is part of the strategy.
    let query = "query($id: ID!) { node(id: $id) { ... on Strategy { indicators { nodes { figures(years: [2022]) { actual { printed } } } } } } }";
    let draft = city.server.ask_as(Some(&city.planner), query, json!({ "id": city.draft })).await?.data()?;
    let printed: Vec<&Value> = draft["node"]["indicators"]["nodes"]
        .as_array()
        .context("indicators")?
        .iter()
        .map(|of| &of["figures"][0]["actual"]["printed"])
        .collect();
    assert_eq!(printed, ["120", ""]);
    let corrections = json!({ "selection": city.all(), "reason": "訂正" });
    let told = city.done("openCorrections", corrections, "tasks { id }").await?;
    assert_eq!(told["tasks"], json!([]), "what is not published is not corrected");
    Ok(())
}

async fn last_years_remarks_are_a_starting_point(backend: Backend) -> Result<()> {
    let city = City::new(backend, 2).await?;
    let tasks = city.tasks_with("id version previousRemark previous { actual { printed } } target { printed }").await?;
    assert_eq!(tasks[0]["previousRemark"], "所見0");
    assert_eq!(
        (&tasks[0]["previous"]["actual"]["printed"], &tasks[0]["target"]["printed"]),
        (&json!("110"), &json!("140"))
    );
    city.report(&city.planner, json!([{ "task": tasks[1]["id"], "remark": "今年の所見" }])).await?;
    let carried = city.done("carryForwardRemarks", json!({ "selection": city.all() }), "tasks { remark }").await?;
    assert_eq!(carried["tasks"], json!([{ "remark": "所見0" }]), "what is there stays");
    let remarks: Vec<Value> = city.tasks().await?.iter().map(|task| task["remark"].clone()).collect();
    assert_eq!(remarks, [json!("所見0"), json!("今年の所見"), Value::Null]);
    Ok(())
}

async fn progress_tells_who_owes_what_and_how_late(backend: Backend) -> Result<()> {
    let city = City::new(backend, 3).await?;
    let departments = format!("{{ departments(municipality: \"{CODE}\") {{ id name }} }}");
    let departments = city.server.ask_as(Some(&city.planner), &departments, json!({})).await?.data()?;
    let mut all = departments["departments"].as_array().context("departments")?.iter();
    let trade = all.find(|of| of["name"] == "商工課").context("商工課")?["id"].clone();
    let today = OffsetDateTime::from(std::time::SystemTime::now()).to_offset(time::macros::offset!(+9)).date();
    let tomorrow = today.next_day().context("tomorrow")?;
    let input = json!({ "round": city.round, "version": 1, "due": "2023-05-31",
        "departmentDues": [{ "department": trade, "due": tomorrow.to_string() }] });
    let far = city.tried("changeRound", input.clone(), "").await?;
    if tomorrow.year() < 2028 {
        assert_eq!(far["userErrors"], json!([]), "{far}");
    }
    let submitted = json!([{ "task": city.tasks().await?[0]["id"], "actual": "120", "submit": true }]);
    city.report(&city.planner, submitted).await?;
    let progress =
        city.read("progress { department { name } due daysLate counts { total untouched submitted } }").await?;
    let late = (today - time::macros::date!(2023 - 05 - 31)).whole_days();
    assert_eq!(
        progress["progress"],
        json!([
            { "department": { "name": "福祉課" }, "due": "2023-05-31", "daysLate": late,
              "counts": { "total": 3, "untouched": 2, "submitted": 1 } },
            { "department": { "name": "商工課" }, "due": tomorrow.to_string(), "daysLate": 0,
              "counts": { "total": 1, "untouched": 1, "submitted": 0 } },
        ])
    );
    let late = city.read("tasks(filter: { late: true, states: [DRAFT] }) { totalCount }").await?;
    assert_eq!(late["tasks"]["totalCount"], 2);
    Ok(())
}

async fn an_opinion_and_its_answer_are_published_if_they_are_public(backend: Backend) -> Result<()> {
    let city = City::new(backend, 1).await?;
    let reviewer = [Grant::Municipal(CODE.parse()?, MunicipalRole::Reviewer)];
    let reviewer = city.server.user("iin@city.test", &reviewer).await?;
    let subject = city.tasks().await?[0]["id"].clone();
    let mut given = Vec::new();
    for (text, public) in [("よい取組です。", true), ("内々の意見です。", false)] {
        let input = json!({ "round": city.round, "subject": subject, "text": text, "public": public });
        let made = changed(&city.server, &reviewer, "giveOpinion", input, "opinion { id version author }").await?;
        given.push(made["opinion"].clone());
    }
    let answer = |version: u32, text: &str| json!({ "id": given[0]["id"], "version": version, "answer": text });
    city.done("answerOpinion", answer(1, "続けます。"), "opinion { answer }").await?;
    let stale = city.tried("answerOpinion", answer(1, "やめます。"), "opinion { answer version }").await?;
    assert_eq!(stale["userErrors"][0]["code"], "CONFLICT");
    assert_eq!(stale["opinion"], json!({ "answer": "続けます。", "version": 2 }));
    let query = "mutation($input: AnswerOpinionInput!) { answerOpinion(input: $input) { userErrors { code } } }";
    let input = json!({ "input": answer(2, "自答") });
    assert_eq!(city.server.ask_as(Some(&reviewer), query, input).await?.code(), Some("FORBIDDEN"));

    city.report_all().await?;
    city.done("approveFigures", json!({ "selection": city.all() }), "tasks { id }").await?;
    city.done("publishStrategy", json!({ "id": city.draft }), "revision { number }").await?;
    let query = format!("{{ strategy(municipality: \"{CODE}\") {{ opinions {{ year text answer }} }} }}");
    let read = city.server.ask(&query, json!({})).await?.data()?;
    let public = json!([{ "year": 2022, "text": "よい取組です。", "answer": "続けます。" }]);
    assert_eq!(read["strategy"]["opinions"], public);
    Ok(())
}

async fn what_is_missing_may_be_published_if_that_is_said(backend: Backend) -> Result<()> {
    let city = City::new(backend, 2).await?;
    let id = city.tasks().await?[0]["id"].clone();
    city.report(&city.planner, json!([{ "task": id, "actual": "120", "submit": true }])).await?;
    city.done("approveFigures", json!({ "selection": city.all() }), "tasks { id }").await?;
    let gives = "revision { number } gaps { year state department { name } indicator { label } node { title } }";
    let refused = city.tried("publishStrategy", json!({ "id": city.draft }), gives).await?;
    assert_eq!((&refused["revision"], &refused["userErrors"][0]["code"]), (&Value::Null, &json!("CONFLICT")));
    let owed = json!([
        { "year": 2022, "state": "DRAFT", "department": { "name": "商工課" }, "indicator": { "label": "指標1" }, "node": null },
        { "year": 2022, "state": "DRAFT", "department": { "name": "福祉課" }, "indicator": null, "node": { "title": "事業2" } },
    ]);
    let sorted = |gaps: &Value| {
        let mut gaps = gaps.as_array().cloned().unwrap_or_default();
        gaps.sort_by_key(|gap| gap["indicator"].is_null());
        Value::Array(gaps)
    };
    assert_eq!(sorted(&refused["gaps"]), owed);
    let made = city.done("publishStrategy", json!({ "id": city.draft, "withGaps": true }), gives).await?;
    assert_eq!((&made["revision"]["number"], sorted(&made["gaps"])), (&json!(1), owed));
    assert_eq!(city.read("state").await?["state"], "OPEN", "the rest is still asked for");
    let query = format!("{{ strategy(municipality: \"{CODE}\") {{ report {{ year }} revision {{ reportYear }} }} }}");
    let read = city.server.ask(&query, json!({})).await?.data()?;
    assert_eq!(read["strategy"], json!({ "report": { "year": 2022 }, "revision": { "reportYear": 2022 } }));
    Ok(())
}

async fn an_embargo_is_kept(backend: Backend) -> Result<()> {
    let city = City::new(backend, 1).await?;
    city.report_all().await?;
    city.done("approveFigures", json!({ "selection": city.all() }), "tasks { id }").await?;
    let now = OffsetDateTime::from(std::time::SystemTime::now());
    let at = |hours: i64| (now + Duration::hours(hours)).format(&Rfc3339);
    let past = json!({ "id": city.draft, "embargo": at(-1)? });
    assert_eq!(city.tried("publishStrategy", past, "").await?["userErrors"][0]["path"], json!(["input", "embargo"]));
    let input = json!({ "id": city.draft, "embargo": at(1)? });
    let made = city.done("publishStrategy", input, "strategy { id } revision { number hash publishedAt }").await?;
    assert_eq!((&made["revision"]["number"], &made["strategy"]), (&json!(1), &Value::Null));
    let query =
        format!("{{ strategy(municipality: \"{CODE}\") {{ revision {{ number hash }} revisions {{ number }} }} }}");
    assert_eq!(city.server.ask(&query, json!({})).await?.data()?["strategy"], Value::Null);
    // Nothing comes before it.
    city.done("openCorrections", json!({ "selection": city.all(), "reason": "訂正" }), "tasks { id }").await?;
    let again = json!({ "id": city.draft, "withGaps": true, "note": "先に" });
    assert_eq!(city.tried("publishStrategy", again, "").await?["userErrors"][0]["path"], json!(["input", "embargo"]));
    city.server.advance(Duration::minutes(61));
    city.server.app().refresh().await?;
    let read = city.server.ask(&query, json!({})).await?.data()?;
    assert_eq!(read["strategy"]["revision"]["hash"], made["revision"]["hash"]);
    assert_eq!(read["strategy"]["revisions"], json!([{ "number": 1 }]));
    Ok(())
}

async fn the_trail_answers_who_changed_a_figure_and_why(backend: Backend) -> Result<()> {
    let city = City::new(backend, 1).await?;
    let administrator = [Grant::Municipal(CODE.parse()?, MunicipalRole::Administrator)];
    let administrator = city.server.user("kanri@city.test", &administrator).await?;
    let reporter = city.reporter("福祉課").await?;
    let task = city.tasks_with("id indicator { key }").await?[0].clone();
    city.report(&reporter, json!([{ "task": task["id"], "actual": "12" }])).await?;
    let jump = json!([{ "task": task["id"], "version": 1, "actual": "1,200", "confirmation": "町村合併のため", "submit": true }]);
    city.report(&reporter, jump).await?;
    let query = format!(
        "query($key: String!) {{ audit(municipality: \"{CODE}\", filter: {{ subjectKind: \"indicator\", subjectKey: $key }}) \
         {{ nodes {{ event actorName reason before after }} }} }}"
    );
    let trail = city.server.ask_as(Some(&administrator), &query, json!({ "key": task["indicator"]["key"] })).await?;
    let last = trail.data()?["audit"]["nodes"][0].clone();
    assert_eq!((&last["event"], &last["reason"]), (&json!("figures_reported"), &json!("町村合併のため")));
    assert!(last["actorName"].as_str().is_some_and(|name| name.contains("福祉課")), "{last}");
    let side = |side: &str| -> Result<Value> {
        Ok(match &last[side] {
            Value::String(text) => serde_json::from_str(text)?,
            value => value.clone(),
        })
    };
    assert_eq!((side("before")?["actual"].clone(), side("after")?["actual"].clone()), (json!("12"), json!("1,200")));
    Ok(())
}

async fn a_batch_costs_a_fixed_number_of_statements(backend: Backend) -> Result<()> {
    let service = TestService::sample(backend).await?;
    let (app, machine, municipality) = (&service.app, Scope::machine(), CODE.parse()?);
    let strategy = app.create_strategy(&machine, municipality, &document(61).to_string()).await?.strategy().parts().id;
    let year = FiscalYear::new(2022)?;
    let due = time::macros::date!(2023 - 05 - 31);
    let round = shirube_domain::round::Round { strategy, year, due, dues: Vec::new() };
    let view = app.open_round(&machine, municipality, round).await?;
    let figure = |subject: Subject| Figure {
        subject,
        version: 0,
        actual: Change::Set("120".to_owned()),
        status: None,
        remark: Change::Set("順調".to_owned()),
        causes: None,
        confirmation: Change::Keep,
        submit: true,
    };
    let mut all: Vec<Figure> = view.tasks()[..61].iter().map(|stored| figure(stored.task.subject)).collect();
    let part = Part { municipality, strategy, year };
    let one = vec![all.pop().context("a figure")?];
    service.statements();
    app.report_figures(&machine, part, one).await?;
    let for_one = service.statements();
    app.report_figures(&machine, part, all).await?;
    let for_sixty = service.statements();
    assert_eq!(for_one, for_sixty, "60 figures cost what one costs");
    Ok(())
}

async fn a_round_follows_the_plan(backend: Backend) -> Result<()> {
    let city = City::new(backend, 1).await?;
    let input = |year: &str, due: &str| json!({ "strategy": city.draft, "year": year, "due": due });
    for (input, path, code) in [
        (input("R4", "2023-05-31"), "year", "CONFLICT"),
        (input("R2", "2021-05-31"), "year", "BAD_USER_INPUT"),
        (input("R5", "2021-05-31"), "due", "BAD_USER_INPUT"),
    ] {
        let told = city.tried("openRound", input, "round { id }").await?;
        assert_eq!(told["userErrors"][0]["path"], json!(["input", path]), "{told}");
        assert_eq!(told["userErrors"][0]["code"], code, "{told}");
    }
    let rounds = format!("{{ rounds(municipality: \"{CODE}\") {{ id year due }} }}");
    let rounds = city.server.ask_as(Some(&city.planner), &rounds, json!({})).await?.data()?;
    assert_eq!(rounds["rounds"], json!([{ "id": city.round, "year": 2022, "due": "2023-05-31" }]));
    // A draft goes with its rounds.
    city.done("deleteStrategy", json!({ "id": city.draft }), "strategy { id }").await?;
    for table in ["reporting_round", "reporting_task", "due_date", "opinion"] {
        let left = format!("SELECT CAST(count(*) AS TEXT) FROM {table}");
        assert_eq!(city.server.database().texts(&left).await?, ["0"], "{table}");
    }
    Ok(())
}
