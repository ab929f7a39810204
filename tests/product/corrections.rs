//! What is published of rounds: what was approved and nothing else, and corrected with its reason.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use shirube_access::{Grant, MunicipalRole};
use shirube_testing::{Backend, TestServer, both_backends};

use crate::{
    reporting::{CODE, City},
    sign_in::{change, changed},
};

both_backends!(
    what_was_returned_is_not_published,
    an_earlier_year_is_corrected_while_the_next_is_open,
    a_correction_that_finds_nothing_wrong_is_over,
    what_was_published_before_its_round_is_corrected_too,
    figures_of_a_round_go_through_the_round,
    who_entered_it_is_who_entered_it,
    a_round_goes_with_its_plan,
);

impl City {
    /// What is published of an indicator in a year: the printed actual.
    async fn printed(&self, indicator: usize, year: i16) -> Result<Value> {
        let query = format!(
            "{{ strategy(municipality: \"{CODE}\") {{ report {{ year }} indicators(first: 100) {{
                nodes {{ figures(years: [{year}]) {{ actual {{ printed }} }} }} }} }} }}"
        );
        let read = self.server.ask(&query, json!({})).await?.data()?;
        Ok(read["strategy"]["indicators"]["nodes"][indicator]["figures"][0]["actual"]["printed"].clone())
    }

    /// Some task of the round, as it is now.
    fn one(&self, task: &Value) -> Value {
        json!({ "round": self.round, "tasks": [{ "task": task["id"], "version": task["version"] }] })
    }

    async fn approve_all(&self) -> Result<()> {
        self.done("approveFigures", json!({ "selection": self.all() }), "tasks { id }").await?;
        Ok(())
    }

    async fn publish(&self, more: Value) -> Result<Value> {
        let mut input = json!({ "id": self.draft });
        input.as_object_mut().into_iter().for_each(|of| of.extend(more.as_object().cloned().unwrap_or_default()));
        self.tried("publishStrategy", input, "revision { number reportYear } gaps { year state }").await
    }
}

async fn what_was_returned_is_not_published(backend: Backend) -> Result<()> {
    let city = City::new(backend, 2).await?;
    city.report_all().await?;
    city.approve_all().await?;
    // Before it was ever published, it is blank; the remark is not told either.
    let task = city.tasks().await?[0].clone();
    let input = json!({ "selection": city.one(&task), "reason": "桁が違う" });
    city.done("returnFigures", input, "tasks { state }").await?;
    let first = city.publish(json!({ "withGaps": true })).await?;
    assert_eq!(
        (&first["revision"]["number"], &first["gaps"]),
        (&json!(1), &json!([{ "year": 2022, "state": "RETURNED" }]))
    );
    assert_eq!((city.printed(0, 2022).await?, city.printed(1, 2022).await?), (json!(""), json!("130")));
    // Afterwards, it is as it was published last, until the correction is approved.
    let task = city.tasks().await?[1].clone();
    let input = json!({ "selection": city.one(&task), "reason": "訂正" });
    let opened = city.done("openCorrections", input, "tasks { id version }").await?["tasks"][0].clone();
    let figure = json!([{ "task": opened["id"], "version": opened["version"], "actual": "131", "submit": true }]);
    city.report(&city.planner, figure).await?;
    city.approve_all().await?;
    let task = city.tasks().await?[1].clone();
    let input = json!({ "selection": city.one(&task), "reason": "やはり違う" });
    city.done("returnFigures", input, "tasks { state }").await?;
    assert_eq!(city.publish(json!({ "withGaps": true })).await?["userErrors"][0]["code"], "CONFLICT", "nothing is new");
    assert_eq!(city.printed(1, 2022).await?, "130");
    Ok(())
}

async fn an_earlier_year_is_corrected_while_the_next_is_open(backend: Backend) -> Result<()> {
    let city = City::new(backend, 2).await?;
    city.report_all().await?;
    city.approve_all().await?;
    city.publish(json!({})).await?;
    let input = json!({ "strategy": city.draft, "year": "R5", "due": "2024-05-31" });
    let next = city.done("openRound", input, "round { id tasks(first: 1) { nodes { id } } }").await?["round"].clone();
    let figure = json!([{ "task": next["tasks"]["nodes"][0]["id"], "actual": "150", "submit": true }]);
    city.report(&city.planner, figure).await?;
    city.done("approveFigures", json!({ "selection": { "round": next["id"] } }), "tasks { id }").await?;

    let task = city.tasks().await?[1].clone();
    let input = json!({ "selection": city.one(&task), "reason": "誤記" });
    let opened = city.done("openCorrections", input, "tasks { id version }").await?["tasks"][0].clone();
    let figure = json!([{ "task": opened["id"], "version": opened["version"], "actual": "133", "submit": true }]);
    city.report(&city.planner, figure).await?;
    city.approve_all().await?;
    assert_eq!(city.publish(json!({})).await?["gaps"][0]["year"], 2023, "the next year is not complete");
    let second = city.publish(json!({ "year": "R4" })).await?;
    assert_eq!(second["revision"], json!({ "number": 2, "reportYear": 2022 }), "{second}");
    assert_eq!((city.printed(1, 2022).await?, city.printed(0, 2023).await?), (json!("133"), json!("")));
    Ok(())
}

async fn a_correction_that_finds_nothing_wrong_is_over(backend: Backend) -> Result<()> {
    let city = City::new(backend, 1).await?;
    city.report_all().await?;
    city.approve_all().await?;
    city.publish(json!({})).await?;
    let task = city.tasks().await?[0].clone();
    let input = json!({ "selection": city.one(&task), "reason": "照会があったため" });
    let opened = city.done("openCorrections", input, "tasks { id version }").await?["tasks"][0].clone();
    let again = json!({ "selection": city.one(&opened), "reason": "重ねて" });
    assert_eq!(city.tried("openCorrections", again, "").await?["userErrors"][0]["code"], "CONFLICT");
    let input = json!({ "selection": city.one(&opened) });
    city.done("submitFigures", input, "results { state }").await?;
    city.approve_all().await?;
    assert_eq!(city.read("state").await?["state"], "PUBLISHED");
    assert_eq!(city.tasks_with("correctionReason").await?[0]["correctionReason"], Value::Null);
    Ok(())
}

/// The sample was published before anybody opened a round.
async fn what_was_published_before_its_round_is_corrected_too(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let planner = [Grant::Municipal("012262".parse()?, MunicipalRole::Planner)];
    let planner = server.user("kikaku@sunagawa.test", &planner).await?;
    let drafts =
        server.ask_as(Some(&planner), "{ drafts(municipality: \"012262\") { id } }", json!({})).await?.data()?;
    let input = json!({ "strategy": drafts["drafts"][0]["id"], "year": "R3", "due": "2022-05-31" });
    let gives =
        "round { id state counts { total approved } tasks(first: 100) { nodes { id version actual { printed } } } }";
    let round = changed(&server, &planner, "openRound", input, gives).await?["round"].clone();
    assert_eq!((&round["state"], &round["counts"]), (&json!("PUBLISHED"), &json!({ "total": 56, "approved": 56 })));
    let mut tasks = round["tasks"]["nodes"].as_array().context("tasks")?.iter();
    let task = tasks.find(|task| task["actual"]["printed"] == "暫定値43.1").context("暫定値")?;
    let figure = json!({ "figures": [{ "task": task["id"], "version": task["version"], "actual": "43.4" }] });
    let told = change(&server, &planner, "reportFigures", figure, "").await?;
    assert_eq!(told["userErrors"][0]["code"], "CONFLICT", "it is published: {told}");
    let selection = json!({ "round": round["id"], "tasks": [{ "task": task["id"], "version": task["version"] }] });
    let input = json!({ "selection": selection, "reason": "確定したため" });
    changed(&server, &planner, "openCorrections", input, "tasks { id }").await?;
    Ok(())
}

async fn figures_of_a_round_go_through_the_round(backend: Backend) -> Result<()> {
    let city = City::new(backend, 2).await?;
    let query = "query($id: ID!) { node(id: $id) { ... on Strategy { indicators { nodes { id version } } } } }";
    let draft = city.server.ask_as(Some(&city.planner), query, json!({ "id": city.draft })).await?.data()?;
    let indicators = &draft["node"]["indicators"]["nodes"];
    let on = |at: usize, more: Value| {
        let mut input = json!({ "id": indicators[at]["id"], "version": indicators[at]["version"] });
        input.as_object_mut().into_iter().for_each(|of| of.extend(more.as_object().cloned().unwrap_or_default()));
        input
    };
    let actual = |year: &str| json!({ "figures": [{ "year": year, "actual": "99" }] });
    let refused = city.tried("setFigures", on(0, actual("R4")), "").await?;
    assert_eq!(
        (&refused["userErrors"][0]["code"], &refused["userErrors"][0]["path"]),
        (&json!("CONFLICT"), &json!(["input", "figures"]))
    );
    let refused = city.tried("setRemark", on(0, json!({ "year": "R4", "text": "所見" })), "").await?;
    assert_eq!(refused["userErrors"][0]["code"], "CONFLICT");
    // The year before has no round, and a target is the planner's.
    let target = json!({ "figures": [{ "year": "R4", "target": "141" }, { "year": "R3", "actual": "111" }] });
    city.done("setFigures", on(0, target), "indicator { version }").await?;
    // What somebody has reported is not taken away with its indicator.
    city.report(&city.planner, json!([{ "task": city.tasks().await?[1]["id"], "actual": "120" }])).await?;
    let refused = city.tried("deleteIndicator", on(1, json!({})), "").await?;
    assert_eq!(refused["userErrors"][0]["code"], "CONFLICT", "{refused}");
    assert_eq!(city.tasks().await?.len(), 3);
    Ok(())
}

async fn who_entered_it_is_who_entered_it(backend: Backend) -> Result<()> {
    let city = City::new(backend, 2).await?;
    let reporter = city.reporter("福祉課").await?;
    let tasks = city.tasks().await?;
    // Entered by the planning section and submitted by the department, and the other way round.
    city.report(&city.planner, json!([{ "task": tasks[0]["id"], "actual": "120" }])).await?;
    city.report(&reporter, json!([{ "task": tasks[0]["id"], "version": 1, "submit": true }])).await?;
    city.report(&reporter, json!([{ "task": tasks[2]["id"], "remark": "順調" }])).await?;
    city.report(&city.planner, json!([{ "task": tasks[2]["id"], "version": 1, "submit": true }])).await?;
    let tasks = city.tasks().await?;
    assert_eq!((&tasks[0]["state"], &tasks[0]["onBehalf"]), (&json!("SUBMITTED"), &json!(true)));
    assert_eq!((&tasks[2]["state"], &tasks[2]["onBehalf"]), (&json!("SUBMITTED"), &json!(false)));
    // What is submitted is not taken back by a remark of last year.
    city.done("carryForwardRemarks", json!({ "selection": city.all() }), "tasks { id }").await?;
    let after = city.tasks().await?;
    assert_eq!(after[0]["state"], "SUBMITTED");
    assert_eq!((&after[1]["remark"], &after[1]["onBehalf"]), (&json!("所見1"), &json!(true)));
    Ok(())
}

async fn a_round_goes_with_its_plan(backend: Backend) -> Result<()> {
    let city = City::new(backend, 3).await?;
    let query = "query($id: ID!) { node(id: $id) { ... on Strategy { indicators { nodes { id version } } } } }";
    let draft = city.server.ask_as(Some(&city.planner), query, json!({ "id": city.draft })).await?.data()?;
    let last = &draft["node"]["indicators"]["nodes"][2];
    let departments = format!("{{ departments(municipality: \"{CODE}\") {{ id name }} }}");
    let departments = city.server.ask_as(Some(&city.planner), &departments, json!({})).await?.data()?;
    let mut all = departments["departments"].as_array().context("departments")?.iter();
    let trade = all.find(|of| of["name"] == "商工課").context("商工課")?["id"].clone();
    let first = &draft["node"]["indicators"]["nodes"][0];
    let input = json!({ "id": last["id"], "version": last["version"], "year": "R3" });
    city.done("endIndicator", input, "indicator { version }").await?;
    let input = json!({ "id": first["id"], "version": first["version"], "department": trade });
    city.done("updateIndicator", input, "indicator { version }").await?;

    let due = |version: u32| json!({ "round": city.round, "version": version, "due": "2023-06-30" });
    let gives = "round { version due tasks(first: 100) { totalCount nodes { department { name } version } } }";
    let changed = city.done("changeRound", due(1), gives).await?["round"].clone();
    assert_eq!((&changed["version"], &changed["due"]), (&json!(2), &json!("2023-06-30")));
    assert_eq!(changed["tasks"]["totalCount"], 3, "what ended is not asked for any more");
    let moved = json!({ "department": { "name": "商工課" }, "version": 1 });
    assert_eq!(changed["tasks"]["nodes"][0], moved);
    let stale = city.tried("changeRound", due(1), "round { version }").await?;
    assert_eq!(
        (&stale["userErrors"][0]["path"], &stale["round"]["version"]),
        (&json!(["input", "version"]), &json!(2))
    );
    Ok(())
}
