//! What is heard of changes: here and on another replica, by those who may, and after the database was away.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use futures_util::StreamExt;
use serde_json::{Value, json};
use shirube_access::{Grant, MunicipalRole, Scope};
use shirube_store::Heard;
use shirube_testing::{Backend, PrivatePostgres, TestDatabase, TestServer, TestService, both_backends};
use tokio::time::{sleep, timeout};

use super::{Draft, SILENCE, SOON, SUNAGAWA, Socket, somebody};

both_backends!(
    a_publication_is_heard,
    changes_of_a_draft_are_heard_by_its_people,
    a_role_that_is_taken_away_ends_it,
    who_reads_slowly_gets_the_latest_state,
);

const PUBLISHED: &str = "subscription { strategyPublished { title revision { number } municipality { code } } }";
const OF_AMA: &str = "subscription { strategyPublished(municipality: \"32525\") { title } }";

async fn a_publication_is_heard(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let draft = Draft::of_sunagawa(server.app()).await?;
    let mut socket = Socket::of(&server, None).await?;
    socket.follow("all", PUBLISHED).await?;
    let mut elsewhere = Socket::of(&server, None).await?;
    elsewhere.follow("ama", OF_AMA).await?;

    for number in 1..=2 {
        draft.change(server.app(), &format!("第{number}係")).await?;
        draft.publish(server.app()).await?;
        let expected =
            json!({ "title": "戦略 次期", "revision": { "number": number }, "municipality": { "code": SUNAGAWA } });
        let payload = json!({ "data": { "strategyPublished": expected } });
        assert_eq!(socket.hear().await?, json!({ "id": "all", "type": "next", "payload": payload }));
    }
    socket.silent().await.context("once each is enough")?;
    elsewhere.silent().await.context("another municipality's")?;
    Ok(())
}

async fn changes_of_a_draft_are_heard_by_its_people(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let (app, sunagawa) = (server.app(), SUNAGAWA.parse()?);
    let planner = somebody(&server, "kikaku@sunagawa.test", MunicipalRole::Planner).await?;
    let (draft, another) = (Draft::of_sunagawa(app).await?, Draft::new(app, sunagawa, 4).await?);
    let mut socket = Socket::of(&server, Some(&planner)).await?;
    socket.follow("it", &draft.changed()).await?;

    let heard = |event: &str, kind: &str, strategy: Value| {
        let change = json!({ "event": event, "subjectKind": kind, "subject": null, "strategy": strategy });
        json!({ "id": "it", "type": "next", "payload": { "data": { "draftChanged": change } } })
    };
    for name in ["防災課", "税務課"] {
        draft.change(app, name).await?;
        assert_eq!(socket.hear().await?, heard("department_renamed", "department", json!({ "id": draft.id })));
    }
    // What becomes of another draft, of people, or of a publication changes nothing in this one.
    another.change(app, "会計課").await?;
    another.publish(app).await?;
    app.invite(&Scope::machine(), sunagawa, "new@sunagawa.test", "新", MunicipalRole::Planner).await?;
    socket.silent().await?;

    draft.delete(app).await?;
    assert_eq!(socket.hear().await?, heard("strategy_deleted", "strategy", Value::Null));
    assert_eq!(socket.hear().await?, json!({ "id": "it", "type": "complete" }));

    // To strangers a draft that is there is one that is not.
    let stranger = [Grant::Municipal("325252".parse()?, MunicipalRole::Administrator)];
    let stranger = server.user("somu@ama.test", &stranger).await?;
    let mut socket = Socket::of(&server, Some(&stranger)).await?;
    let mut told = Vec::new();
    for of in [&another, &draft] {
        socket.subscribe("x", &of.changed()).await?;
        told.push(socket.hear().await?);
    }
    assert_eq!(told[0]["payload"][0]["extensions"]["code"], "NOT_FOUND", "{}", told[0]);
    assert_eq!(told[0], told[1]);
    Ok(())
}

async fn a_role_that_is_taken_away_ends_it(backend: Backend) -> Result<()> {
    let server = TestServer::sample(backend).await?;
    let app = server.app();
    let leaving = somebody(&server, "leaving@sunagawa.test", MunicipalRole::Reviewer).await?;
    let draft = Draft::of_sunagawa(app).await?;
    let mut socket = Socket::of(&server, Some(&leaving)).await?;
    socket.follow("1", &draft.changed()).await?;
    draft.change(app, "防災課").await?;
    assert_eq!(socket.hear().await?["payload"]["data"]["draftChanged"]["event"], "department_renamed");

    let members = app.members(&Scope::machine(), SUNAGAWA.parse()?).await?;
    let member = members.iter().find(|of| of.user.email == "leaving@sunagawa.test").context("a member")?;
    let began = Instant::now();
    app.revoke_role(&Scope::machine(), SUNAGAWA.parse()?, member.id, None).await?;
    let told = socket.hear().await?;
    assert_eq!((&told["id"], &told["type"]), (&json!("1"), &json!("error")), "{told}");
    assert_eq!(told["payload"][0]["extensions"]["code"], "NOT_FOUND", "{told}");
    // Without being told it would be noticed after ten seconds.
    ensure!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    draft.change(app, "税務課").await?;
    socket.silent().await?;
    // Who they are is believed all the same.
    socket.subscribe("2", "{ viewer { kind } }").await?;
    assert_eq!(socket.hear().await?["type"], "next");
    Ok(())
}

async fn who_reads_slowly_gets_the_latest_state(backend: Backend) -> Result<()> {
    let service = TestService::sample(backend).await?;
    let _hearing = service.hearing().await;
    let planner = [Grant::Municipal(SUNAGAWA.parse()?, MunicipalRole::Planner)];
    let planner = service.user("kikaku@sunagawa.test", &planner).await?;
    let draft = Draft::of_sunagawa(&service.app).await?;
    let mut changes = service.subscribe(Some(&planner), &draft.changed()).await?;
    let mut published = service.subscribe(None, PUBLISHED).await?;
    // Both begin to follow, and are told what is still being told of the draft that was made.
    for answers in [&mut changes, &mut published] {
        while timeout(SILENCE, answers.next()).await.is_ok() {}
    }
    let mut told = service.app.events();
    for at in 1..=20 {
        draft.change(&service.app, &format!("課{at}")).await?;
        draft.publish(&service.app).await?;
    }
    // Until everything has been told; nobody has read it meanwhile.
    let mut publications = 0;
    while publications < 20 {
        match timeout(SOON, told.next()).await.context("the publications are told")? {
            Heard::Event(event) => publications += usize::from(event.event == "published"),
            Heard::Missed => bail!("a reader of every event misses none"),
        }
    }
    let first = timeout(SOON, changes.next()).await?.context("a change")??.data()?;
    assert_eq!(first["draftChanged"]["event"], Value::Null, "several things happened: {first}");
    let first = timeout(SOON, published.next()).await?.context("a publication")??.data()?;
    assert_eq!(first["strategyPublished"]["revision"]["number"], 20, "the latest alone: {first}");
    for answers in [&mut changes, &mut published] {
        ensure!(timeout(SILENCE, answers.next()).await.is_err(), "there is no queue");
    }
    Ok(())
}

/// A server whose tokens its replicas believe, too: they are reached by one address.
async fn reachable(database: TestDatabase) -> Result<TestServer> {
    TestServer::with(database, |settings| settings.public_url = Some("http://shirube.test".to_owned())).await
}

/// What SQLite cannot show: it has one process. An event with its name was heard: who looks for changes now and then finds
/// publications alone, and names nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_replica_hears_at_once() -> Result<()> {
    let one = reachable(TestDatabase::sample(Backend::Postgres).await?).await?;
    let planner = somebody(&one, "kikaku@sunagawa.test", MunicipalRole::Planner).await?;
    let draft = Draft::of_sunagawa(one.app()).await?;
    let other = one.replica().await?;
    let mut socket = Socket::of(&other, Some(&planner)).await?;
    socket.follow("draft", &draft.changed()).await?;
    socket.follow("published", PUBLISHED).await?;
    draft.change(one.app(), "防災課").await?;
    assert_eq!(socket.hear().await?["payload"]["data"]["draftChanged"]["event"], "department_renamed");
    draft.publish(one.app()).await?;
    assert_eq!(socket.hear().await?["payload"]["data"]["strategyPublished"]["revision"]["number"], 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_comes_back_is_heard_again() -> Result<()> {
    let postgres = PrivatePostgres::start()?;
    let one = reachable(postgres.sample().await?).await?;
    let planner = somebody(&one, "kikaku@sunagawa.test", MunicipalRole::Planner).await?;
    let draft = Draft::of_sunagawa(one.app()).await?;
    let other = one.replica().await?;
    let mut socket = Socket::of(&other, Some(&planner)).await?;
    socket.follow("draft", &draft.changed()).await?;
    socket.follow("published", PUBLISHED).await?;
    postgres.crash()?;
    sleep(Duration::from_secs(1)).await;
    postgres.restart()?;
    let began = Instant::now();
    while draft.change(one.app(), "防災課").await.is_err() {
        ensure!(began.elapsed() < SOON, "the database is back");
        sleep(Duration::from_millis(100)).await;
    }
    draft.publish(one.app()).await?;
    // Whether it is heard, read anew afterwards, or both: nothing that happened is lost to those who follow.
    let mut unheard = BTreeSet::from(["draft", "published"]);
    while !unheard.is_empty() {
        let told = socket.hear().await?;
        unheard.retain(|id| told["id"] != *id);
    }
    while socket.silent().await.is_err() {}
    draft.change(one.app(), "税務課").await?;
    assert_eq!(socket.hear().await?["payload"]["data"]["draftChanged"]["event"], "department_renamed");
    Ok(())
}
