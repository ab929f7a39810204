//! Signing in, from outside: people, tokens and keys, those who guess, other providers.

mod flows;
mod guessing;
mod keys;
mod people;
mod providers;
mod replicas;
mod tokens;

use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result, ensure};
use reqwest::{Response, StatusCode, header::HeaderMap};
use serde_json::{Value, json};
use shirube_access::{Grant, InstanceRole, MunicipalRole, Scope};
use shirube_domain::municipality::MunicipalityCode;
use shirube_testing::{Backend, PASSWORD, TestDatabase, TestServer};
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

/// Where the servers say that they are reached. Nobody listens there.
const PUBLIC_URL: &str = "http://127.0.0.1:9";
/// The municipality of most tests, and another one: 砂川市 and 札幌市.
const SUNAGAWA: &str = "012262";
const SAPPORO: &str = "011002";
/// Who is asking.
const VIEWER: &str = "{ viewer { kind user { id name email } roles { role municipality { code } departmentKey }
    sessions { key } apiKeys { id name usedAt revokedAt } } }";

/// A server behind a proxy, so that a test comes from whatever address it wants.
async fn server(backend: Backend) -> Result<TestServer> {
    let trusted = "127.0.0.1".parse().map_err(anyhow::Error::msg)?;
    TestServer::with(TestDatabase::sample(backend).await?, |settings| {
        settings.public_url = Some(PUBLIC_URL.to_owned());
        settings.trusted_proxies = trusted;
    })
    .await
}

/// An address that nobody has come from yet, in this whole run.
fn somewhere() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    // The network that is set aside for measurements.
    std::net::Ipv4Addr::from((198 << 24) + (18 << 16) + NEXT.fetch_add(1, Ordering::Relaxed)).to_string()
}

/// Posts to `/auth/…` from an address.
async fn post_from(server: &TestServer, from: &str, path: &str, body: &Value) -> Result<Response> {
    let request = server.client().post(server.url(path)).header("x-forwarded-for", from).json(body);
    Ok(request.send().await?)
}

/// Posts to `/auth/…` from an address of its own.
async fn post(server: &TestServer, path: &str, body: Value) -> Result<Response> {
    post_from(server, &somewhere(), path, &body).await
}

/// Posts to `/auth/…` with an access token.
async fn post_as(server: &TestServer, bearer: &str, path: &str, body: Value) -> Result<Response> {
    let request = server.client().post(server.url(path)).header("x-forwarded-for", somewhere());
    Ok(request.bearer_auth(bearer).json(&body).send().await?)
}

/// What whoever signs in is given.
#[derive(Debug, Clone)]
struct Tokens {
    access: String,
    refresh: String,
}

impl Tokens {
    async fn of(response: Response) -> Result<Self> {
        let (status, cached) = (response.status(), response.headers().get("cache-control").cloned());
        let answer: Value = response.json().await?;
        ensure!(status == StatusCode::OK, "{status} {answer}");
        ensure!(cached.is_some_and(|policy| policy == "no-store"), "tokens are kept by nobody on the way");
        ensure!(answer["tokenType"] == "Bearer" && answer["expiresIn"] == 900, "{answer}");
        let text = |name: &str| answer[name].as_str().map(str::to_owned).context("a token");
        Ok(Self { access: text("accessToken")?, refresh: text("refreshToken")? })
    }
}

async fn sign_in(server: &TestServer, email: &str, password: &str) -> Result<Response> {
    post(server, "/auth/sign-in", json!({ "email": email, "password": password })).await
}

async fn signed_in(server: &TestServer, email: &str) -> Result<Tokens> {
    Tokens::of(sign_in(server, email, PASSWORD).await?).await
}

async fn refresh(server: &TestServer, token: &str) -> Result<Response> {
    post(server, "/auth/refresh", json!({ "refreshToken": token })).await
}

/// The secret behind the # of a link.
fn secret(link: &str) -> Result<String> {
    let (page, secret) = link.split_once('#').context("a link holds a secret")?;
    ensure!(page == format!("{PUBLIC_URL}/invitation"), "{link}");
    Ok(secret.to_owned())
}

async fn accept(server: &TestServer, secret: &str, password: &str) -> Result<Response> {
    post(server, "/auth/invitation/accept", json!({ "invitation": secret, "password": password })).await
}

fn code(text: &str) -> Result<MunicipalityCode> {
    Ok(text.parse()?)
}

fn administrator(of: &str) -> Result<Grant> {
    Ok(Grant::Municipal(code(of)?, MunicipalRole::Administrator))
}

const OPERATOR: Grant = Grant::Instance(InstanceRole::Operator);
const RESEARCHER: Grant = Grant::Instance(InstanceRole::Researcher);

/// The secret of an invitation that the machine makes.
async fn invited(server: &TestServer, email: &str, grant: Grant) -> Result<String> {
    let (app, machine) = (server.app(), Scope::machine());
    let invited = match grant {
        Grant::Instance(role) => app.invite_to_instance(&machine, email, email, role).await?,
        Grant::Municipal(code, role) => app.invite(&machine, code, email, email, role).await?,
    };
    secret(&invited.link)
}

/// Somebody with a role, who has just signed in.
async fn somebody(server: &TestServer, email: &str, grant: Grant) -> Result<Tokens> {
    Tokens::of(accept(server, &invited(server, email, grant).await?, PASSWORD).await?).await
}

/// Asks as somebody, who must be believed and allowed to.
async fn ask(server: &TestServer, bearer: &str, query: &str, variables: Value) -> Result<Value> {
    server.ask_as(Some(bearer), query, variables).await?.data()
}

/// Runs a mutation of one input as somebody, without looking at what became of it.
pub(crate) async fn change(server: &TestServer, bearer: &str, field: &str, input: Value, gives: &str) -> Result<Value> {
    let mut kind = field.to_owned();
    kind[..1].make_ascii_uppercase();
    let query = format!(
        "mutation($input: {kind}Input!) {{ {field}(input: $input) {{ {gives} userErrors {{ code path message }} }} }}"
    );
    Ok(ask(server, bearer, &query, json!({ "input": input })).await?[field].clone())
}

/// Runs a mutation that must do what it says.
pub(crate) async fn changed(
    server: &TestServer,
    bearer: &str,
    field: &str,
    input: Value,
    gives: &str,
) -> Result<Value> {
    let payload = change(server, bearer, field, input, gives).await?;
    ensure!(payload["userErrors"] == json!([]), "{field}: {payload}");
    Ok(payload)
}

/// Runs a mutation with which something is wrong that can be mended; gives the code and the place.
async fn mended(server: &TestServer, bearer: &str, field: &str, input: Value) -> Result<String> {
    let payload = change(server, bearer, field, input, "").await?;
    let error = &payload["userErrors"][0];
    let text = |value: &Value| value.as_str().map(str::to_owned).with_context(|| format!("{field}: {payload}"));
    Ok(format!("{} {}", text(&error["code"])?, text(&error["path"][1])?))
}

/// An instant some days from now on, by the clock of the machine.
#[expect(clippy::disallowed_methods, reason = "tests have a clock of their own")]
fn in_days(days: i64) -> Result<String> {
    Ok((OffsetDateTime::now_utc() + Duration::days(days)).format(&Rfc3339)?)
}

/// Whether a token or key is believed.
async fn believed(server: &TestServer, bearer: &str) -> Result<bool> {
    let answer = server.ask_as(Some(bearer), "{ viewer { kind } }", json!({})).await?;
    match answer.code() {
        Some("UNAUTHENTICATED") => Ok(false),
        _ => answer.data().map(|_| true),
    }
}

/// An answer, as far as somebody could learn from it: the status, the headers but the date and the request's id, the body.
type Seen = (StatusCode, HeaderMap, String);

async fn seen(response: Response) -> Result<Seen> {
    let (status, mut headers) = (response.status(), response.headers().clone());
    for name in ["x-request-id", "date"] {
        headers.remove(name);
    }
    Ok((status, headers, response.text().await?))
}

/// The events of the audit trail of a municipality, or of the instance, the oldest first: who, what, to what.
async fn trail(server: &TestServer, bearer: &str, municipality: Option<&str>) -> Result<Vec<String>> {
    let query = "query($of: MunicipalityCode) { audit(municipality: $of, first: 100) { nodes {
        event actorKind actorName subjectKind address requestId } } }";
    let data = ask(server, bearer, query, json!({ "of": municipality })).await?;
    let entries = data["audit"]["nodes"].as_array().context("entries")?;
    let told = |entry: &Value| {
        let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        let machine = entry["actorKind"] == "MACHINE";
        let by = if machine { "MACHINE".to_owned() } else { text("actorName") };
        ensure!(machine || (!text("address").is_empty() && !text("requestId").is_empty()), "from where? {entry}");
        Ok(format!("{by} {} {}", text("event"), text("subjectKind")))
    };
    entries.iter().rev().map(told).collect()
}
