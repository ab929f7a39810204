//! What is heard of changes: here and on another replica, by those who may, and after the database was away.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures_util::StreamExt;
use serde_json::{Value, json};
use shirube_access::{Grant, MunicipalRole, Scope};
use shirube_testing::{Backend, PrivatePostgres, TestServer, TestService, both_backends};
use tokio::time::{sleep, timeout};

use super::{SOON, SUNAGAWA, Socket, draft, draft_changed, somebody};
use crate::{authoring::small, sign_in::change};

both_backends!(
    a_publication_is_heard,
    changes_of_a_draft_are_heard_by_its_people,
    a_role_that_is_taken_away_ends_it,
    who_reads_slowly_gets_the_latest_state,
);

const PUBLISHED: &str = "subscription { strategyPublished { title revision { number } municipality { code } } }";
const OF_AMA: &str = "subscription { strategyPublished(municipality: \"32525\") { title } }";

async fn add_department(server: &TestServer, bearer: &str, name: &str) -> Result<()> {
    let input = json!({ "municipality": SUNAGAWA, "name": name });
    let made = change(server, bearer, "createDepartment", input, "department { id }").await?;
    ensure!(made["userErrors"] == json!([]), "{made}");
    Ok(())
}

async fn publish(server: &TestServer, bearer: &str, id: &str) -> Result<()> {
    let made = change(server, bearer, "publishStrategy", json!({ "id": id }), "strategy { id }").await?;
    ensure!(made["userErrors"] == json!([]), "{made}");
    Ok(())
}

async fn a_publication_is_heard(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let planner = somebody(&server, "kikaku@sunagawa.test", MunicipalRole::Planner).await?;
    let id = draft(&server, &planner).await?;
    let mut socket = Socket::of(&server, None).await?;
    socket.subscribe("all", PUBLISHED).await?;
    let mut elsewhere = Socket::of(&server, None).await?;
    elsewhere.subscribe("ama", OF_AMA).await?;

    add_department(&server, &planner, "防災課").await?;
    publish(&server, &planner, &id).await?;
    let heard = socket.hear().await?;
    let title = "第２期砂川市まち・ひと・しごと創生総合戦略";
    let expected = json!({ "title": title, "revision": { "number": 2 }, "municipality": { "code": SUNAGAWA } });
    assert_eq!(heard, json!({ "id": "all", "type": "next", "payload": { "data": { "strategyPublished": expected } } }));
    socket.silent().await.context("once is enough")?;
    elsewhere.silent().await.context("another municipality's")?;
    Ok(())
}

async fn changes_of_a_draft_are_heard_by_its_people(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let planner = somebody(&server, "kikaku@sunagawa.test", MunicipalRole::Planner).await?;
    let document = small(SUNAGAWA.parse()?, 3, "次期");
    let input = json!({ "municipality": SUNAGAWA, "document": document });
    let made = change(&server, &planner, "createStrategy", input, "strategy { id }").await?;
    let (next, this) = (made["strategy"]["id"].as_str().context("an id")?, draft(&server, &planner).await?);
    let mut socket = Socket::of(&server, Some(&planner)).await?;
    socket.subscribe("next", &draft_changed(next)).await?;
    // Everything on one socket: who reads after subscribing misses nothing.
    socket.subscribe("read", "{ drafts(municipality: \"012262\") { id } }").await?;
    assert_eq!(socket.hear().await?["id"], "read");
    assert_eq!(socket.hear().await?["type"], "complete");

    add_department(&server, &planner, "防災課").await?;
    let change_of = |event: &str, kind: &str, strategy: Value| {
        json!({ "id": "next", "type": "next", "payload": { "data": {
        "draftChanged": { "event": event, "subjectKind": kind, "subject": null, "strategy": strategy } } } })
    };
    assert_eq!(socket.hear().await?, change_of("department_added", "department", json!({ "id": next })));

    // What becomes of another draft, or of people, changes nothing in this one.
    let app = server.app();
    app.invite(&Scope::machine(), SUNAGAWA.parse()?, "new@sunagawa.test", "新", MunicipalRole::Planner).await?;
    publish(&server, &planner, &this).await?;
    socket.silent().await?;

    change(&server, &planner, "deleteStrategy", json!({ "id": next }), "strategy { id }").await?;
    assert_eq!(socket.hear().await?, change_of("strategy_deleted", "strategy", Value::Null));
    assert_eq!(socket.hear().await?, json!({ "id": "next", "type": "complete" }));

    // To strangers a draft that is there is one that is not.
    let stranger = [Grant::Municipal("325252".parse()?, MunicipalRole::Administrator)];
    let stranger = server.user("somu@ama.test", &stranger).await?;
    let mut socket = Socket::of(&server, Some(&stranger)).await?;
    let mut told = Vec::new();
    for id in [this.as_str(), next] {
        socket.subscribe("x", &draft_changed(id)).await?;
        told.push(socket.hear().await?);
    }
    assert_eq!(told[0]["payload"][0]["extensions"]["code"], "NOT_FOUND", "{}", told[0]);
    assert_eq!(told[0], told[1]);
    Ok(())
}

async fn a_role_that_is_taken_away_ends_it(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let administrator = somebody(&server, "somu@sunagawa.test", MunicipalRole::Administrator).await?;
    let leaving = somebody(&server, "leaving@sunagawa.test", MunicipalRole::Reviewer).await?;
    let id = draft(&server, &leaving).await?;
    let mut socket = Socket::of(&server, Some(&leaving)).await?;
    socket.subscribe("1", &draft_changed(&id)).await?;
    add_department(&server, &administrator, "防災課").await?;
    assert_eq!(socket.hear().await?["payload"]["data"]["draftChanged"]["event"], "department_added");

    let members = server.app().members(&Scope::machine(), SUNAGAWA.parse()?).await?;
    let member = members.iter().find(|of| of.user.email == "leaving@sunagawa.test").context("a member")?;
    let began = Instant::now();
    server.app().revoke_role(&Scope::machine(), SUNAGAWA.parse()?, member.id, None).await?;
    let told = socket.hear().await?;
    assert_eq!((&told["id"], &told["type"]), (&json!("1"), &json!("error")), "{told}");
    assert_eq!(told["payload"][0]["extensions"]["code"], "NOT_FOUND", "{told}");
    // Without being told it would be noticed after ten seconds.
    ensure!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    add_department(&server, &administrator, "税務課").await?;
    socket.silent().await?;
    // Who they are is believed all the same.
    socket.subscribe("2", "{ viewer { kind } }").await?;
    assert_eq!(socket.hear().await?["type"], "next");
    Ok(())
}

async fn who_reads_slowly_gets_the_latest_state(backend: Backend) -> Result<()> {
    let service = TestService::sample(backend).await?;
    let _hearing = service.hearing();
    let sunagawa = SUNAGAWA.parse()?;
    let planner = service.user("kikaku@sunagawa.test", &[Grant::Municipal(sunagawa, MunicipalRole::Planner)]).await?;
    let id = service.ask_as(Some(&planner), "{ drafts(municipality: \"012262\") { id } }", json!({})).await?.data()?;
    let id = id["drafts"][0]["id"].as_str().context("a draft")?;
    let mut drafts = service.subscribe(Some(&planner), &draft_changed(id)).await?;
    let mut published = service.subscribe(None, PUBLISHED).await?;
    for answers in [&mut drafts, &mut published] {
        ensure!(timeout(Duration::from_millis(500), answers.next()).await.is_err(), "nothing has happened");
    }
    let draft = service.app.draft_ids(&Scope::machine(), sunagawa).await?[0];
    for at in 1..=20 {
        service.app.add_department(&Scope::machine(), sunagawa, &format!("課{at}")).await?;
        service.app.publish_strategy(&Scope::machine(), sunagawa, draft, None).await?;
    }
    // Until everything has been told; nobody has read it meanwhile.
    sleep(Duration::from_secs(1)).await;
    let first = timeout(SOON, drafts.next()).await?.context("a change")??.data()?;
    assert_eq!(first["draftChanged"]["event"], Value::Null, "several things happened: {first}");
    let first = timeout(SOON, published.next()).await?.context("a publication")??.data()?;
    assert_eq!(first["strategyPublished"]["revision"]["number"], 21, "the latest alone: {first}");
    for answers in [&mut drafts, &mut published] {
        ensure!(timeout(Duration::from_millis(1_500), answers.next()).await.is_err(), "there is no queue");
    }
    Ok(())
}

/// What SQLite cannot show: it has one process.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_replica_hears_within_a_second() -> Result<()> {
    let one = TestServer::sample(Backend::Postgres).await?;
    let planner = somebody(&one, "kikaku@sunagawa.test", MunicipalRole::Planner).await?;
    let id = draft(&one, &planner).await?;
    let other = one.replica().await?;
    // Long enough for its connection to the database to be made.
    sleep(Duration::from_secs(1)).await;
    let mut socket = Socket::of(&other, Some(&planner)).await?;
    socket.subscribe("draft", &draft_changed(&id)).await?;
    socket.subscribe("published", PUBLISHED).await?;
    socket.subscribe("begun", "{ viewer { kind } }").await?;
    socket.hear().await?;
    socket.hear().await?;
    add_department(&one, &planner, "防災課").await?;
    let began = Instant::now();
    assert_eq!(socket.hear().await?["payload"]["data"]["draftChanged"]["event"], "department_added");
    publish(&one, &planner, &id).await?;
    assert_eq!(socket.hear().await?["payload"]["data"]["strategyPublished"]["revision"]["number"], 2);
    ensure!(began.elapsed() < Duration::from_secs(2), "two changes, a second each: {:?}", began.elapsed());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_comes_back_is_heard_again() -> Result<()> {
    let postgres = PrivatePostgres::start()?;
    let one = TestServer::over(postgres.sample().await?, true).await?;
    let planner = somebody(&one, "kikaku@sunagawa.test", MunicipalRole::Planner).await?;
    let id = draft(&one, &planner).await?;
    let other = one.replica().await?;
    let mut socket = Socket::of(&other, Some(&planner)).await?;
    socket.subscribe("draft", &draft_changed(&id)).await?;
    socket.subscribe("published", PUBLISHED).await?;
    postgres.crash()?;
    sleep(Duration::from_secs(1)).await;
    postgres.restart()?;
    // Whether it is heard or read anew afterwards: nothing that happened is lost to those who follow.
    let began = Instant::now();
    while add_department(&one, &planner, "防災課").await.is_err() {
        ensure!(began.elapsed() < SOON, "the database is back");
        sleep(Duration::from_millis(100)).await;
    }
    publish(&one, &planner, &id).await?;
    let mut heard = [socket.hear().await?, socket.hear().await?].map(|told| told["id"].to_string());
    heard.sort();
    assert_eq!(heard, ["\"draft\"", "\"published\""]);
    sleep(Duration::from_secs(1)).await;
    add_department(&one, &planner, "税務課").await?;
    let began = Instant::now();
    loop {
        let told = socket.hear().await?;
        if told["payload"]["data"]["draftChanged"]["event"] == "department_added" {
            break;
        }
    }
    ensure!(began.elapsed() < Duration::from_secs(2), "it listens again: {:?}", began.elapsed());
    Ok(())
}
