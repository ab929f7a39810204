//! The workbook in which results are entered: out and back without loss, looked at first, taken as a whole, and every damage
//! told with its cell.

use anyhow::{Context, Result, ensure};
use reqwest::{
    StatusCode,
    header::{AUTHORIZATION, CONTENT_DISPOSITION},
};
use serde_json::{Value, json};
use shirube_access::{Grant, MunicipalRole, Scope};
use shirube_app::Part;
use shirube_domain::{calendar::FiscalYear, round::Round};
use shirube_testing::{Backend, TestService, both_backends};

use crate::{
    forms::with_form,
    python,
    reporting::{CODE, City, document},
};

both_backends!(
    what_comes_back_unchanged_changes_nothing,
    what_is_filled_in_is_looked_at_and_then_taken,
    one_mistake_keeps_everything_out,
    every_damage_is_told_with_its_cell,
    a_department_enters_its_own_rows_alone,
    what_is_no_workbook_is_refused,
    four_thousand_rows_go_out_and_come_back,
);

/// The workbook of a round, and where it is sent back to.
async fn book(city: &City, bearer: &str, department: Option<&str>) -> Result<(Vec<u8>, String)> {
    let query = "query($id: ID!, $department: String) { node(id: $id) { ... on Round {
        entryBookUrl(department: $department) } } }";
    let variables = json!({ "id": city.round, "department": department });
    let answer = city.server.ask_as(Some(bearer), query, variables).await?.data()?;
    let address = answer["node"]["entryBookUrl"].as_str().context("an address")?;
    let response = city.server.client().get(address).header(AUTHORIZATION, format!("Bearer {bearer}")).send().await?;
    let response = response.error_for_status()?;
    assert_eq!(response.headers()[CONTENT_DISPOSITION], "attachment; filename=\"entry-131016-2022.xlsx\"");
    let back = address.split_once(".xlsx").context("a workbook")?.0.to_owned();
    Ok((response.bytes().await?.to_vec(), back))
}

/// Sends a workbook back; gives the status and what is told.
async fn send(city: &City, bearer: &str, address: &str, workbook: &[u8]) -> Result<(StatusCode, Value)> {
    let request = city.server.client().post(address).header(AUTHORIZATION, format!("Bearer {bearer}"));
    let response = with_form(request, &[("file", workbook)]).send().await?;
    Ok((response.status(), response.json().await?))
}

/// The workbook after somebody edited it with another program.
fn edited(workbook: &[u8], steps: &Value) -> Result<Vec<u8>> {
    let folder = tempfile::tempdir()?;
    let [source, target] = ["in.xlsx", "out.xlsx"].map(|name| folder.path().join(name));
    std::fs::write(&source, workbook)?;
    let mut edit = python::script("edit_entry.py")?;
    ensure!(
        edit.args([&source, &target]).arg(steps.to_string()).status()?.success(),
        "the workbook is not edited: {steps}"
    );
    Ok(std::fs::read(target)?)
}

/// What is entered in the tasks of a round.
async fn entered(city: &City) -> Result<Vec<(Value, Value)>> {
    let query = "query($id: ID!) { node(id: $id) { ... on Round { tasks(first: 10) { nodes { remark actual { printed } } } } } }";
    let answer = city.server.ask_as(Some(&city.planner), query, json!({ "id": city.round })).await?.data()?;
    let tasks = answer["node"]["tasks"]["nodes"].as_array().context("tasks")?.clone();
    Ok(tasks.into_iter().map(|task| (task["actual"]["printed"].clone(), task["remark"].clone())).collect())
}

async fn what_comes_back_unchanged_changes_nothing(backend: Backend) -> Result<()> {
    let city = City::new(backend, 3).await?;
    let (workbook, address) = book(&city, &city.planner, None).await?;
    for bytes in [workbook.clone(), edited(&workbook, &json!([]))?] {
        let (status, told) = send(&city, &city.planner, &address, &bytes).await?;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(
            (&told["changes"], &told["errors"], &told["warnings"]),
            (&json!([]), &json!([]), &json!([])),
            "{told}"
        );
        assert_eq!((&told["unchanged"], &told["applied"]), (&json!(4), &json!(false)));
    }
    Ok(())
}

async fn what_is_filled_in_is_looked_at_and_then_taken(backend: Backend) -> Result<()> {
    let city = City::new(backend, 3).await?;
    let (workbook, address) = book(&city, &city.planner, None).await?;
    let filled = edited(
        &workbook,
        &json!([
            ["set", "J5", "１３０人"],
            ["set", "L5", "順調に増えた。 "],
            ["set", "J6", 135.5],
            ["set", "K6", "暫定"],
            ["set", "J7", 13_000],
            ["set", "L8", "議論を重ねた。"],
        ]),
    )?;
    let (status, told) = send(&city, &city.planner, &address, &filled).await?;
    assert_eq!((status, &told["errors"]), (StatusCode::OK, &json!([])));
    let change = |place: &str, label: &str, field: &str, after: &str| json!({ "place": format!("実績!{place}"), "label": label, "field": field, "before": "", "after": after });
    assert_eq!(
        told["changes"],
        json!([
            change("J5", "指標0", "actual", "１３０人"),
            change("L5", "指標0", "remark", "順調に増えた。"),
            change("J6", "指標1", "actual", "135.5"),
            change("K6", "指標1", "status", "暫定"),
            change("J7", "指標2", "actual", "13000"),
            change("L8", "事業2", "remark", "議論を重ねた。"),
        ])
    );
    assert_eq!((&told["warnings"][0]["place"], &told["warnings"][0]["code"]), (&json!("実績!J7"), &json!("doubtful")));
    assert!(entered(&city).await?.iter().all(|(actual, _)| actual.is_null()), "nothing is changed by looking");

    let word = told["confirm"].as_str().context("a word")?;
    let (status, answer) = send(&city, &city.planner, &format!("{address}?confirm=of-another"), &filled).await?;
    assert_eq!((status, &answer["errors"][0]["extensions"]["code"]), (StatusCode::CONFLICT, &json!("CONFLICT")));
    let (status, answer) = send(&city, &city.planner, &format!("{address}?confirm={word}"), &filled).await?;
    assert_eq!((status, &answer["applied"]), (StatusCode::OK, &json!(true)), "{answer}");
    let now = entered(&city).await?;
    assert_eq!(now[0], (json!("１３０人"), json!("順調に増えた。")));
    assert_eq!((&now[1].0, &now[3].1), (&json!("135.5"), &json!("議論を重ねた。")));

    // What was taken says what is there; and whoever still holds the old workbook does not undo it.
    let (_, again) = send(&city, &city.planner, &address, &filled).await?;
    assert_eq!((&again["changes"], &again["errors"]), (&json!([]), &json!([])));
    let (_, stale) = send(&city, &city.planner, &address, &edited(&workbook, &json!([["set", "J5", "99"]]))?).await?;
    assert_eq!(
        (&stale["errors"][0]["place"], &stale["errors"][0]["code"]),
        (&json!("実績!J5"), &json!("changed_meanwhile"))
    );
    assert_eq!(stale["confirm"], Value::Null, "what is wrong cannot be confirmed");
    Ok(())
}

async fn one_mistake_keeps_everything_out(backend: Backend) -> Result<()> {
    let city = City::new(backend, 3).await?;
    let (workbook, address) = book(&city, &city.planner, None).await?;
    let steps = json!([["set", "J5", "130"], ["set", "K6", "たぶん"], ["date", "J7"]]);
    let filled = edited(&workbook, &steps)?;
    let (status, told) = send(&city, &city.planner, &address, &filled).await?;
    assert_eq!(status, StatusCode::OK, "it is looked at");
    let errors: Vec<_> =
        told["errors"].as_array().context("errors")?.iter().map(|of| (&of["place"], &of["code"])).collect();
    assert_eq!(errors, [(&json!("実績!K6"), &json!("status")), (&json!("実績!J7"), &json!("date"))]);
    for language in ["ja", "en"] {
        ensure!(told["errors"][1]["message"][language].as_str().is_some_and(|text| !text.is_empty()));
    }
    let (status, told) = send(&city, &city.planner, &format!("{address}?confirm=x"), &filled).await?;
    assert!(status == StatusCode::CONFLICT || status == StatusCode::UNPROCESSABLE_ENTITY, "{status} {told}");
    assert!(entered(&city).await?.iter().all(|(actual, _)| actual.is_null()), "all or nothing");
    Ok(())
}

async fn every_damage_is_told_with_its_cell(backend: Backend) -> Result<()> {
    let city = City::new(backend, 3).await?;
    let (workbook, address) = book(&city, &city.planner, None).await?;
    for (steps, kind, code, place) in [
        (json!([["insert_column", 10]]), "", "", ""),
        (json!([["insert_column", 10], ["set", "J4", "メモ"]]), "warnings", "added_column", "実績!J4"),
        (json!([["move_row", 5, 20]]), "", "", ""),
        (json!([["delete_row", 6]]), "warnings", "missing_row", "実績"),
        (json!([["copy_row", 5, 9]]), "errors", "repeated_row", "実績!E9"),
        (json!([["set", "E9", "指標4"], ["set", "J9", "5"]]), "errors", "added_row", "実績!E9"),
        (json!([["set", "A5", "indicator:0"]]), "errors", "changed_id", "実績!A5"),
        (json!([["set", "A5", format!("indicator:{}", uuid::Uuid::nil())]]), "errors", "unknown_row", "実績!J5"),
        (json!([["set", "E5", "別の指標"], ["set", "J5", "5"]]), "warnings", "changed_label", "実績!J5"),
        (json!([["merge", "L5:L6"]]), "errors", "merged_cells", "実績!L5"),
        (json!([["set", "J5", "=1+1"]]), "errors", "uncomputed", "実績!J5"),
        (json!([["set", "J5", true]]), "errors", "flag", "実績!J5"),
        (json!([["set", "J5", "R3に12件くらい"]]), "warnings", "words", "実績!J5"),
        (json!([["set", "K5", "暫定"]]), "errors", "unreadable", "実績!K5"),
        (json!([["set", "J5", "実施済み"], ["set", "K5", "暫定"]]), "errors", "unreadable", "実績!J5"),
        (json!([["set", "K8", "暫定"]]), "errors", "no_figure", "実績!K8"),
        (json!([["set", "J8", "12"]]), "errors", "no_figure", "実績!J8"),
        (json!([["set", "L5", "あ".repeat(4_001)]]), "errors", "unusable", "実績!L5"),
        (json!([["set", "J4", "結果"]]), "errors", "no_headings", ""),
        (json!([["rename", "入力"]]), "warnings", "sheet_renamed", "実績"),
        (json!([["remove_hidden"]]), "errors", "not_ours", ""),
    ] {
        let (status, told) = send(&city, &city.planner, &address, &edited(&workbook, &steps)?).await?;
        assert_eq!(status, StatusCode::OK, "{steps}: {told}");
        if kind.is_empty() {
            assert_eq!(
                (&told["errors"], &told["changes"], &told["unchanged"]),
                (&json!([]), &json!([]), &json!(4)),
                "{steps}"
            );
            continue;
        }
        let all = told[kind].as_array().context("a list")?;
        ensure!(all.iter().any(|of| of["code"] == code && of["place"] == place), "{steps}: {told}");
    }
    assert!(entered(&city).await?.iter().all(|(actual, _)| actual.is_null()));
    Ok(())
}

async fn a_department_enters_its_own_rows_alone(backend: Backend) -> Result<()> {
    let city = City::new(backend, 3).await?;
    let reporter = city.reporter("福祉課").await?;
    let (own, address) = book(&city, &reporter, Some("福祉課")).await?;
    let (_, told) = send(&city, &reporter, &address, &edited(&own, &json!([["set", "J5", "130"]]))?).await?;
    assert_eq!(
        (&told["errors"], &told["warnings"], &told["changes"][0]["label"]),
        (&json!([]), &json!([]), &json!("指標0"))
    );
    // 指標1 is 商工課's.
    let (all, _) = book(&city, &reporter, None).await?;
    let (_, told) = send(&city, &reporter, &address, &edited(&all, &json!([["set", "J6", "130"]]))?).await?;
    assert_eq!((&told["errors"][0]["code"], &told["errors"][0]["place"]), (&json!("not_yours"), &json!("実績!J6")));

    let nobody = [Grant::Municipal("325252".parse()?, MunicipalRole::Planner)];
    let stranger = city.server.user("somu@ama.test", &nobody).await?;
    let reviewer = [Grant::Municipal(CODE.parse()?, MunicipalRole::Reviewer)];
    let reviewer = city.server.user("iin@city.test", &reviewer).await?;
    for (bearer, expected) in [(&stranger, 404), (&reviewer, 403)] {
        let (status, told) = send(&city, bearer, &address, &own).await?;
        assert_eq!(status.as_u16(), expected, "{told}");
    }
    let get = city.server.client().get(format!("{address}.xlsx?department=nowhere"));
    let refused = get.header(AUTHORIZATION, format!("Bearer {reporter}")).send().await?;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    let get = city.server.client().get(format!("{address}.xlsx")).send().await?;
    assert_eq!(get.status(), StatusCode::UNAUTHORIZED);
    Ok(())
}

async fn what_is_no_workbook_is_refused(backend: Backend) -> Result<()> {
    let city = City::new(backend, 1).await?;
    let (_, address) = book(&city, &city.planner, None).await?;
    for (bytes, code) in [
        (b"".to_vec(), "not_a_workbook"),
        ("基本目標,指標\n".as_bytes().to_vec(), "not_a_workbook"),
        (archive(&[("[Content_Types].xml", b"<x/>".as_slice())])?, "not_a_workbook"),
        (archive(&[("xl/vbaProject.bin", b"x".as_slice())])?, "macros"),
        (archive(&[("xl/externalLinks/externalLink1.xml", b"<x/>".as_slice())])?, "links"),
        (archive(&[("xl/workbook.xml", vec![b' '; 101 << 20].as_slice())])?, "too_much"),
    ] {
        let (status, told) = send(&city, &city.planner, &address, &bytes).await?;
        assert_eq!((status, &told["errors"][0]["code"]), (StatusCode::OK, &json!(code)), "{told}");
        assert_eq!(told["confirm"], Value::Null);
    }
    let (status, _) = send(&city, &city.planner, &address, &vec![0; 11 << 20]).await?;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    let bare = city.server.client().post(&address).header(AUTHORIZATION, format!("Bearer {}", city.planner));
    assert_eq!(bare.body("x").send().await?.status(), StatusCode::BAD_REQUEST);
    Ok(())
}

async fn four_thousand_rows_go_out_and_come_back(backend: Backend) -> Result<()> {
    let service = TestService::sample(backend).await?;
    let (app, machine, municipality) = (&service.app, Scope::machine(), CODE.parse()?);
    let made = app.create_strategy(&machine, municipality, &document(4_000).to_string()).await?;
    let (strategy, year) = (made.strategy().parts().id, FiscalYear::new(2022)?);
    app.open_round(&machine, municipality, Round { strategy, year, due: year.last_day(), dues: Vec::new() }).await?;
    let part = Part { municipality, strategy, year };
    let workbook = app.entry_book(&machine, part, None).await?;
    let same = app.take_entry_book(&machine, part, workbook.clone(), None).await?;
    assert_eq!((same.changes.len(), same.unchanged, same.remarks.len()), (0, 4_001, 0));

    let steps: Vec<Value> = (5..4_005).map(|row| json!(["set", format!("J{row}"), 100 + row % 40])).collect();
    let filled = edited(&workbook, &steps.into())?;
    let looked_at = app.take_entry_book(&machine, part, filled.clone(), None).await?;
    assert_eq!((looked_at.changes.len(), looked_at.is_well()), (4_000, true));
    let taken = app.take_entry_book(&machine, part, filled.clone(), Some(&looked_at.digest)).await?;
    assert!(taken.applied);
    let again = app.take_entry_book(&machine, part, filled, None).await?;
    assert_eq!((again.changes.len(), again.unchanged), (0, 4_001));
    Ok(())
}

/// A packed file of these parts.
fn archive(parts: &[(&str, &[u8])]) -> Result<Vec<u8>> {
    use std::io::Write;
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in parts {
        writer.start_file(*name, zip::write::SimpleFileOptions::default())?;
        writer.write_all(content)?;
    }
    Ok(writer.finish()?.into_inner())
}
