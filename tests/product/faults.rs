//! The service while its database fails: silent, slow or killed; locked or asked by many at once.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use shirube_access::{Grant, MunicipalRole};
use shirube_testing::{Answer, Backend, PASSWORD, PrivatePostgres, Proxy, TestDatabase, TestServer, both_backends};
use tokio::time::sleep;

both_backends!(many_writers_at_once_lose_nothing, a_lock_is_waited_for_and_then_told,);

const SUNAGAWA: &str = "012262";
const PUBLISHED: &str = "{ strategy(municipality: \"012262\") { title } }";
/// What needs the database: it is asked by a person of the municipality.
const STORED: &str = "{ departments(municipality: \"012262\") { name } drafts(municipality: \"012262\") { title } }";
const CREATE: &str = "mutation($input: CreateDepartmentInput!) { createDepartment(input: $input) { department { id } userErrors { message } } }";

/// Where the administrator makes departments: a municipality has room for 500.
const PLACES: [&str; 8] = [SUNAGAWA, "325252", "011002", "012025", "012033", "012041", "012050", "012068"];

/// How long a request may take at most, whatever the database does.
const ANSWERED: Duration = Duration::from_secs(11);
/// How long the service may take to be well again after its database is.
const WELL: Duration = Duration::from_secs(10);
/// How long what is published may take while the database fails. The tests share their cores.
const AT_ONCE: Duration = Duration::from_secs(1);

async fn administrator(server: &TestServer) -> Result<String> {
    let grants = PLACES.iter().map(|code| Ok(Grant::Municipal(code.parse()?, MunicipalRole::Administrator)));
    server.user("kato@sunagawa.test", &grants.collect::<Result<Vec<_>>>()?).await
}

/// Asks, and sees that the answer comes in time.
async fn within(limit: Duration, server: &TestServer, bearer: Option<&str>, query: &str) -> Result<Answer> {
    let asked = tokio::time::timeout(limit, server.ask_as(bearer, query, json!({}))).await;
    asked.with_context(|| format!("no answer within {limit:?} to {query}"))?
}

/// What is left of an error that came from the database: that it came.
fn unavailable(answer: &Answer) {
    assert_eq!(answer.code(), Some("UNAVAILABLE"), "{answer:?}");
    let told = answer.0.to_string();
    for inner in ["INSERT", "SELECT", "sqlx", "pool", "/tmp", "department\"", "127.0.0.1", "timed out"] {
        assert!(!told.contains(inner), "{inner}: {told}");
    }
}

async fn ready(server: &TestServer) -> Result<bool> {
    let asked = tokio::time::timeout(ANSWERED, server.client().get(server.url("/readyz")).send()).await;
    Ok(asked.context("/readyz is answered in time")??.status().is_success())
}

async fn sign_in(server: &TestServer) -> Result<u16> {
    let credentials = json!({ "email": "kato@sunagawa.test", "password": PASSWORD });
    let asked = tokio::time::timeout(ANSWERED, server.post("/auth/sign-in", credentials)).await;
    Ok(asked.context("a sign-in is answered in time")??.status().as_u16())
}

/// Waits until it is so, and says how long it took.
async fn until(limit: Duration, so: impl AsyncFn() -> Result<bool>) -> Result<Duration> {
    let start = Instant::now();
    while !so().await? {
        ensure!(start.elapsed() < limit, "not within {limit:?}");
        sleep(Duration::from_millis(50)).await;
    }
    Ok(start.elapsed())
}

/// A server on PostgreSQL by way of a network that can go bad.
async fn by_network(round_trip: Duration, connections: u32) -> Result<(Proxy, TestServer)> {
    let database = TestDatabase::sample(Backend::Postgres).await?;
    let proxy = Proxy::before(database.url()).await?;
    proxy.delay(round_trip);
    let url = proxy.url(database.url())?;
    let server = TestServer::with(database, |settings| {
        settings.database_url = url;
        settings.database_connections = connections;
    })
    .await?;
    Ok((proxy, server))
}

/// Asks many times at once what needs the database; gives how many were answered with data.
async fn ask_at_once(server: &Arc<TestServer>, bearer: &str, times: usize) -> Result<usize> {
    let mut asked = tokio::task::JoinSet::new();
    for _ in 0..times {
        let (server, bearer) = (server.clone(), bearer.to_owned());
        asked.spawn(async move { within(ANSWERED, &server, Some(&bearer), STORED).await });
    }
    let mut answered = 0;
    while let Some(answer) = asked.join_next().await {
        let answer = answer??;
        if answer.0["errors"].is_null() {
            answered += 1;
        } else {
            unavailable(&answer);
        }
    }
    Ok(answered)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_fall_silent_are_replaced() -> Result<()> {
    const CONNECTIONS: u32 = 20;
    let (proxy, server) = by_network(Duration::ZERO, CONNECTIONS).await?;
    let server = Arc::new(server);
    let bearer = administrator(&server).await?;
    // Slow, so that all connections are in use at the same time.
    proxy.delay(Duration::from_millis(50));
    until(WELL, async || {
        ask_at_once(&server, &bearer, 40).await?;
        Ok(proxy.accepted() > u64::from(CONNECTIONS))
    })
    .await?;

    // Half of them fall silent while they are in use, half while they are idle.
    let in_use = tokio::spawn({
        let (server, bearer) = (server.clone(), bearer.clone());
        async move { ask_at_once(&server, &bearer, 10).await }
    });
    sleep(Duration::from_millis(150)).await;
    proxy.silence();
    assert_eq!(in_use.await??, 0, "they are given up in time");
    assert!(!ready(&server).await?);
    assert_eq!(sign_in(&server).await?, 503);
    unavailable(&within(ANSWERED, &server, Some(&bearer), STORED).await?);
    within(AT_ONCE, &server, None, PUBLISHED).await?.data()?;

    proxy.delay(Duration::ZERO);
    proxy.heal();
    let healed = Instant::now();
    let took = until(WELL, async || ready(&server).await).await?;
    let all = until(WELL.saturating_sub(healed.elapsed()), async || Ok(ask_at_once(&server, &bearer, 40).await? == 40))
        .await?;
    assert_eq!(sign_in(&server).await?, 200);
    eprintln!("{CONNECTIONS} silent connections: ready after {took:?}, everything answered {all:?} later");
    Ok(())
}

/// As above, with all connections idle, and with all of them in use.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_connection_is_lost_for_good() -> Result<()> {
    const CONNECTIONS: u32 = 10;
    let (proxy, server) = by_network(Duration::ZERO, CONNECTIONS).await?;
    let server = Arc::new(server);
    let bearer = administrator(&server).await?;
    for in_use in [0, 20] {
        proxy.delay(Duration::from_millis(50));
        ask_at_once(&server, &bearer, 20).await?;
        let asked = tokio::spawn({
            let (server, bearer) = (server.clone(), bearer.clone());
            async move { ask_at_once(&server, &bearer, in_use).await }
        });
        sleep(Duration::from_millis(150)).await;
        proxy.silence();
        asked.await??;
        proxy.delay(Duration::ZERO);
        proxy.heal();
        let took = until(WELL, async || ready(&server).await).await?;
        until(WELL, async || Ok(ask_at_once(&server, &bearer, 20).await? == 20)).await?;
        eprintln!("{CONNECTIONS} connections that fell silent, {in_use} requests in flight: ready after {took:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_far_away_is_reached() -> Result<()> {
    let start = Instant::now();
    let (proxy, server) = by_network(Duration::from_secs(1), 10).await?;
    eprintln!("with round trips of 1 s, a start takes {:?}", start.elapsed());
    assert!(ready(&server).await?, "ready at once");
    assert_eq!(server.client().get(server.url("/healthz")).send().await?.status(), 200);
    within(AT_ONCE, &server, None, PUBLISHED).await?.data()?;
    // Nobody has this account. Whether there is time to find that out or not, it is told in time.
    assert!(matches!(sign_in(&server).await?, 401 | 503));
    assert!(ready(&server).await?, "and still");
    proxy.delay(Duration::ZERO);
    until(WELL, async || Ok(sign_in(&server).await? == 401)).await?;
    Ok(())
}

/// What became of the departments that several writers made for as long as it was not stopped.
#[derive(Default)]
struct Written {
    acknowledged: Mutex<BTreeSet<String>>,
    /// What was refused, sent again, and refused until the end.
    open: Mutex<BTreeSet<String>>,
    refused: AtomicUsize,
    stop: AtomicBool,
}

impl Written {
    fn count(&self) -> usize {
        self.acknowledged.lock().expect("no writer panics with it").len()
    }
}

/// Writes, and sends again what was refused, since nobody knows whether it was done.
async fn write(server: Arc<TestServer>, bearer: String, writer: usize, written: Arc<Written>) -> Result<()> {
    for number in 0.. {
        let name = format!("課{writer}-{number}");
        let place = PLACES[number % PLACES.len()];
        let variables = json!({ "input": { "clientMutationId": name, "municipality": place, "name": name } });
        loop {
            if written.stop.load(Ordering::Relaxed) {
                written.open.lock().expect("no writer panics with it").insert(name);
                return Ok(());
            }
            let asked = tokio::time::timeout(ANSWERED, server.ask_as(Some(&bearer), CREATE, variables.clone())).await;
            let answer = asked.context("a write is answered in time")??;
            let made = &answer.0["data"]["createDepartment"];
            let done_before = answer.message().is_some_and(|told| told.contains("was done already"));
            if answer.0["errors"].is_null() || done_before {
                // Above all not that the name is taken, which whoever does it twice would hear.
                ensure!(made["department"]["id"].is_string() || done_before, "{answer:?}");
                written.acknowledged.lock().expect("no writer panics with it").insert(name);
                break;
            }
            unavailable(&answer);
            written.refused.fetch_add(1, Ordering::Relaxed);
            sleep(Duration::from_millis(20)).await;
        }
    }
    Ok(())
}

/// The departments that writers made, and those of which the audit trail says so, with repetitions.
async fn stored(database: &TestDatabase) -> Result<(Vec<String>, Vec<String>)> {
    let mut departments = database.texts("SELECT name FROM department WHERE name LIKE '課%' ORDER BY name").await?;
    let lines = database.texts("SELECT \"after\" FROM audit WHERE event = 'department_added'").await?;
    let name = |line: &String| -> Result<String> {
        Ok(serde_json::from_str::<Value>(line)?["name"].as_str().context("a name")?.to_owned())
    };
    let mut recorded = lines.iter().map(name).collect::<Result<Vec<_>>>()?;
    departments.sort();
    recorded.sort();
    Ok((departments, recorded))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_outlives_the_database() -> Result<()> {
    let postgres = PrivatePostgres::start()?;
    let server = TestServer::with(postgres.sample().await?, |settings| settings.database_connections = 10).await?;
    let server = Arc::new(server);
    let bearer = administrator(&server).await?;
    let written = Arc::new(Written::default());
    let writers: Vec<_> =
        (0..8).map(|writer| tokio::spawn(write(server.clone(), bearer.clone(), writer, written.clone()))).collect();
    for (how, fault) in [("crash", PrivatePostgres::crash as fn(&_) -> _), ("kill", PrivatePostgres::kill)] {
        let before = written.count();
        until(WELL, async || Ok(written.count() > before + 20)).await?;
        fault(&postgres)?;
        let (refused, down) = (written.refused.load(Ordering::Relaxed), Instant::now());
        until(WELL, async || Ok(!ready(&server).await?)).await?;
        assert_eq!(server.client().get(server.url("/healthz")).send().await?.status(), 200);
        while down.elapsed() < Duration::from_secs(3) {
            within(AT_ONCE, &server, None, PUBLISHED).await?.data()?;
            sleep(Duration::from_millis(50)).await;
        }
        assert!(written.refused.load(Ordering::Relaxed) > refused, "{how}: writers are told");
        tokio::task::block_in_place(|| postgres.restart())?;
        let (restarted, before) = (Instant::now(), written.count());
        until(WELL, async || ready(&server).await).await?;
        until(WELL, async || Ok(written.count() > before)).await?;
        eprintln!("{how}: writing again {:?} after the restart", restarted.elapsed());
    }
    written.stop.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await??;
    }
    let (departments, recorded) = stored(server.database()).await?;
    assert_eq!(departments, recorded, "a change and its line in the audit trail are one");
    let departments: BTreeSet<String> = departments.into_iter().collect();
    assert_eq!(departments.len(), recorded.len(), "nothing is there twice");
    let acknowledged = written.acknowledged.lock().expect("no writer panics with it").clone();
    let lost: Vec<_> = acknowledged.difference(&departments).collect();
    assert!(lost.is_empty(), "{lost:?}");
    let open = written.open.lock().expect("no writer panics with it").clone();
    let unknown: Vec<_> = departments.difference(&acknowledged).filter(|name| !open.contains(*name)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    eprintln!(
        "{} acknowledged, {} stored, {} refused",
        acknowledged.len(),
        departments.len(),
        written.refused.load(Ordering::Relaxed)
    );
    Ok(())
}

async fn many_writers_at_once_lose_nothing(backend: Backend) -> Result<()> {
    let server = TestServer::with(TestDatabase::sample(backend).await?, |settings| settings.database_connections = 10);
    let server = Arc::new(server.await?);
    let bearer = administrator(&server).await?;
    let mut writers = tokio::task::JoinSet::new();
    for number in 0..50 {
        let (server, bearer) = (server.clone(), bearer.clone());
        writers.spawn(async move {
            let name = format!("課{number}");
            let variables = json!({ "input": { "municipality": SUNAGAWA, "name": name } });
            let answer = tokio::time::timeout(ANSWERED, server.ask_as(Some(&bearer), CREATE, variables)).await??;
            if answer.0["errors"].is_null() {
                assert!(answer.0["data"]["createDepartment"]["department"]["id"].is_string(), "{answer:?}");
                Ok(Some(name))
            } else {
                unavailable(&answer);
                anyhow::Ok(None)
            }
        });
    }
    let mut acknowledged = Vec::new();
    while let Some(made) = writers.join_next().await {
        acknowledged.extend(made??);
    }
    acknowledged.sort();
    let (departments, recorded) = stored(server.database()).await?;
    assert_eq!((&departments, &recorded), (&acknowledged, &acknowledged));
    eprintln!("{backend:?}: {} of 50 were written", acknowledged.len());
    Ok(())
}

async fn a_lock_is_waited_for_and_then_told(backend: Backend) -> Result<()> {
    let server = TestServer::over(TestDatabase::sample(backend).await?, true).await?;
    let bearer = administrator(&server).await?;
    let create = |name: &str| json!({ "input": { "municipality": SUNAGAWA, "name": name } });
    let held = server.database().hold_departments().await?;
    let start = Instant::now();
    let answer = server.ask_as(Some(&bearer), CREATE, create("課1")).await?;
    unavailable(&answer);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    within(AT_ONCE, &server, None, PUBLISHED).await?.data()?;
    drop(held);
    until(WELL, async || {
        let answer = server.ask_as(Some(&bearer), CREATE, create("課2")).await?;
        Ok(answer.0["errors"].is_null())
    })
    .await?;
    assert_eq!(stored(server.database()).await?.0, ["課2"], "what was refused was not written");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_that_takes_too_long_is_given_up() -> Result<()> {
    let server = TestServer::sample(Backend::Postgres).await?;
    let bearer = administrator(&server).await?;
    let slow = "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS \
                'BEGIN PERFORM pg_sleep(20); RETURN NEW; END'; \
                CREATE TRIGGER slow BEFORE INSERT ON department FOR EACH ROW EXECUTE FUNCTION slow()";
    server.database().execute(slow).await?;
    let variables = json!({ "input": { "municipality": SUNAGAWA, "name": "課1" } });
    let start = Instant::now();
    let answer = server.ask_as(Some(&bearer), CREATE, variables.clone()).await?;
    unavailable(&answer);
    assert!((4..8).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    server.database().execute("DROP TRIGGER slow ON department").await?;
    server.ask_as(Some(&bearer), CREATE, variables).await?.data()?;
    Ok(())
}
