//! What the service logs: no marked text, no secret.

use std::{
    io,
    sync::{Mutex, PoisonError},
};

use anyhow::{Result, ensure};
use serde_json::json;
use shirube_testing::{Backend, PASSWORD, TestServer, TestService, both_backends};

use super::world::{MARK, World};

both_backends!(requests_are_logged_without_secrets);

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Writes into the memory of this process.
struct Memory;

impl io::Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Hears what is logged in this process from now on.
pub(super) fn listen() {
    let lines = tracing_subscriber::fmt().with_ansi(false).with_env_filter("info,shirube=debug");
    // Whoever comes second finds one installed.
    let _ = lines.with_writer(|| Memory).try_init();
}

/// Looks for what must not be in the log.
pub(super) fn holds_nothing_of(world: &World) -> Result<()> {
    let log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
    let log = String::from_utf8_lossy(&log);
    let secrets = world.secrets.iter().map(String::as_str);
    for secret in secrets.chain([MARK]).filter(|secret| !secret.is_empty()) {
        let line = log.lines().find(|line| line.contains(secret));
        ensure!(line.is_none(), "the log holds {secret}: {line:?}");
    }
    Ok(())
}

async fn requests_are_logged_without_secrets(backend: Backend) -> Result<()> {
    listen();
    let mut world = World::new(TestService::sample(backend).await?).await?;
    let (emails, keys) = (world.emails(), world.key_secrets());
    let database =
        std::mem::replace(&mut world.service.database, shirube_testing::TestDatabase::empty(Backend::Sqlite).await?);
    let server = TestServer::over(database, true).await?;
    let everything = "query Everything($text: String!, $code: MunicipalityCode!) {
        viewer { user { name } } drafts(municipality: $code) { title } memberships(municipality: $code) { nodes { id } }
        municipalities(filter: { text: $text }) { totalCount }
    }";
    let mut bearers: Vec<String> = keys;
    for email in emails {
        let told = server.post("/auth/sign-in", json!({ "email": email, "password": PASSWORD })).await?;
        let told: serde_json::Value = serde_json::from_str(&told.text().await?)?;
        bearers.extend(told["accessToken"].as_str().map(str::to_owned));
        world.secrets.extend(told["refreshToken"].as_str().map(str::to_owned));
        server.post("/auth/sign-in", json!({ "email": email, "password": format!("not {PASSWORD}") })).await?;
        server.post("/auth/refresh", json!({ "refreshToken": told["refreshToken"] })).await?;
        server.post("/auth/sign-in", json!({ "email": [email], "password": PASSWORD })).await?;
    }
    ensure!(bearers.len() > 8, "people sign in: {bearers:?}");
    let mark = world.marks.keys().next().cloned().unwrap_or_default();
    for bearer in &bearers {
        let ask = |body: String, bearer: String| {
            let request = server.client().post(server.url("/graphql")).bearer_auth(bearer).body(body);
            request.header("content-type", "application/json").send()
        };
        for code in super::world::CODES.into_iter().chain([mark.as_str()]) {
            let variables = json!({ "text": mark, "code": code });
            ask(json!({ "query": everything, "variables": variables }).to_string(), bearer.clone()).await?;
            ask(json!({ "query": format!("{{ {mark} }}") }).to_string(), format!("{bearer}x")).await?;
            ask(format!("{{\"query\": {mark}"), bearer.clone()).await?;
        }
        let of_url = format!("/graphql?query={{viewer{{kind}}}}&token={bearer}");
        server.client().get(server.url(&of_url)).send().await?;
        server.client().get(server.url(&format!("/{bearer}/{mark}"))).send().await?;
    }
    world.secrets.extend(bearers);
    server.stop().await;
    {
        let log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
        ensure!(String::from_utf8_lossy(&log).contains("answered"), "requests are logged");
    }
    holds_nothing_of(&world)
}
