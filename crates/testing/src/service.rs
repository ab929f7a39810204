use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
};

use anyhow::{Context, Result, ensure};
use futures_util::{Stream, StreamExt};
use serde_json::{Map, Value, json};
use shirube_access::{Grant, KeyFolder, Origin, Scope, oidc::Providers};
use shirube_app::{App, AppOptions, Clock};
use shirube_domain::webhook::Reach;
use shirube_graphql::{Allowed, Api, Asker, GraphqlRequest, GraphqlResponse, Unlimited};
use shirube_server::{CorsOrigins, LogFormat, RateSettings, Running, Settings, TrustedProxies};

use shirube_store::{Events, Store};
use tempfile::TempDir;
use time::Duration;
use tokio::{task::AbortHandle, time::timeout};

use crate::{Backend, TestDatabase, database::now};

/// The password of everybody in the tests.
pub const PASSWORD: &str = "correct horse battery staple";

/// A clock that a test turns forward.
#[derive(Debug, Clone, Default)]
struct TestClock {
    /// By how many seconds it is ahead.
    ahead: Arc<AtomicI64>,
}

impl TestClock {
    fn clock(&self) -> Clock {
        let ahead = self.ahead.clone();
        Clock::new(move || now() + Duration::seconds(ahead.load(Ordering::Relaxed)))
    }

    fn advance(&self, by: Duration) {
        self.ahead.fetch_add(by.whole_seconds(), Ordering::Relaxed);
    }
}

/// The service in process, without HTTP.
pub struct TestService {
    /// The application.
    pub app: Arc<App>,
    /// The schema over it.
    pub api: Arc<Api>,
    /// The database below.
    pub database: TestDatabase,
    statements: Arc<AtomicUsize>,
    clock: TestClock,
    /// The folder of the signing keys; it goes with the value.
    _keys: TempDir,
}

/// How long it may take until PostgreSQL is listened to.
const LISTENING: std::time::Duration = std::time::Duration::from_secs(10);

/// Waits until PostgreSQL is listened to. Everybody is told then that something may have been missed: who follows later is not.
/// Where the telling came before it was waited for, the whole time passes.
async fn listened(url: &str, events: &mut Events) {
    if url.starts_with("postgres") {
        let _ = timeout(LISTENING, events.next()).await;
    }
}

/// The service hears what is changed until the value is dropped.
#[derive(Debug)]
pub struct Hearing(AbortHandle);

impl Drop for Hearing {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The answers to a subscription.
pub type Answers = Pin<Box<dyn Stream<Item = Result<Answer>> + Send>>;

/// An answer of the service.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer(pub Value);

impl Answer {
    /// The data; an error if there are errors.
    pub fn data(self) -> Result<Value> {
        ensure!(self.0["errors"].is_null(), "{:#}", self.0["errors"]);
        Ok(self.0["data"].clone())
    }

    /// The code of the first error.
    pub fn code(&self) -> Option<&str> {
        self.0["errors"][0]["extensions"]["code"].as_str()
    }

    /// The message of the first error.
    pub fn message(&self) -> Option<&str> {
        self.0["errors"][0]["message"].as_str()
    }
}

impl TestService {
    /// The service over the sample data.
    pub async fn sample(backend: Backend) -> Result<Self> {
        Self::made(backend, true).await
    }

    /// The same, where nothing that is published can be read without an account.
    pub async fn private(backend: Backend) -> Result<Self> {
        Self::made(backend, false).await
    }

    async fn made(backend: Backend, public_read: bool) -> Result<Self> {
        let database = TestDatabase::sample(backend).await?;
        let statements = Arc::new(AtomicUsize::new(0));
        let counter = statements.clone();
        let store = database
            .observed(Some(Arc::new(move |_: &str| {
                counter.fetch_add(1, Ordering::Relaxed);
            })))
            .await?;
        Self::open(database, store, statements, public_read).await
    }

    /// The service over a store of a database that holds the sample data.
    pub async fn over(database: TestDatabase, store: Store, statements: Arc<AtomicUsize>) -> Result<Self> {
        Self::open(database, store, statements, true).await
    }

    async fn open(
        database: TestDatabase,
        store: Store,
        statements: Arc<AtomicUsize>,
        public_read: bool,
    ) -> Result<Self> {
        // Whoever comes second finds one installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (keys, clock) = (TempDir::new()?, TestClock::default());
        let options = AppOptions {
            public_url: "http://shirube.test".to_owned(),
            public_read,
            keys: KeyFolder::new(keys.path().join("keys")),
            providers: Arc::new(Providers::new(Vec::new(), "http://localhost/signed-in")?),
            reach: Reach::default(),
            clock: clock.clock(),
        };
        let app = Arc::new(App::open(store, options).await?);
        let api = Arc::new(Api::new(app.clone(), true));
        Ok(Self { app, api, database, statements, clock, _keys: keys })
    }

    /// Turns the clock of the service forward.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Asks a query without an account.
    pub async fn ask(&self, query: &str, variables: Value) -> Result<Answer> {
        self.ask_as(None, query, variables).await
    }

    /// Asks a query with a token or key, of which the service must think well.
    pub async fn ask_as(&self, bearer: Option<&str>, query: &str, variables: Value) -> Result<Answer> {
        let scope = self.scope(bearer).await?;
        self.ask_of(&Arc::new(scope), query, variables).await
    }

    /// Who asks with a token or key.
    pub async fn scope(&self, bearer: Option<&str>) -> Result<Scope> {
        let scope = self.app.scope(bearer, Origin::default()).await;
        scope.map_err(|error| anyhow::anyhow!("not believed: {error:?}"))
    }

    /// Asks a query as somebody.
    pub async fn ask_of(&self, scope: &Arc<Scope>, query: &str, variables: Value) -> Result<Answer> {
        let variables = match variables {
            Value::Object(variables) => variables,
            _ => Map::new(),
        };
        let request = GraphqlRequest { query: query.to_owned(), operation_name: None, variables };
        let response = self.api.execute(request, Allowed::All, scope.clone(), &Unlimited).await;
        Ok(Answer(serde_json::from_slice(&response.body)?))
    }

    /// Lets the service hear what is changed, as a server does, as long as the value is held.
    pub async fn hearing(&self) -> Hearing {
        let mut events = self.app.events();
        let app = self.app.clone();
        let hearing = Hearing(tokio::spawn(async move { app.hear().await }).abort_handle());
        listened(self.database.url(), &mut events).await;
        hearing
    }

    /// Subscribes with a token or key, of which the service must think well. Nothing is done unless the stream is polled.
    pub async fn subscribe(&self, bearer: Option<&str>, query: &str) -> Result<Answers> {
        let scope = Arc::new(self.scope(bearer).await?);
        let request = GraphqlRequest { query: query.to_owned(), ..GraphqlRequest::default() };
        let asker = Asker { bearer: bearer.map(str::to_owned), origin: Origin::default() };
        let answers = self.api.subscribe(request, asker, scope, Arc::new(Unlimited));
        let read = |answer: GraphqlResponse| Ok(Answer(serde_json::from_slice(&answer.body)?));
        Ok(Box::pin(answers.map(read)))
    }

    /// Makes a user with these roles, and signs them in; gives the access token.
    pub async fn user(&self, email: &str, grants: &[Grant]) -> Result<String> {
        user(&self.app, email, grants).await
    }

    /// How many statements the database has been asked since the last call.
    pub fn statements(&self) -> usize {
        self.statements.swap(0, Ordering::Relaxed)
    }
}

async fn user(app: &App, email: &str, grants: &[Grant]) -> Result<String> {
    let machine = Scope::machine();
    let mut token = None;
    for grant in grants {
        let invited = match *grant {
            Grant::Instance(role) => app.invite_to_instance(&machine, email, email, role).await?,
            Grant::Municipal(code, role) => app.invite(&machine, code, email, email, role).await?,
        };
        let (_, secret) = invited.link.split_once('#').context("a link holds a secret")?;
        let accepted = app.accept_invitation(secret, PASSWORD, None, None, Origin::default()).await;
        token = Some(accepted.map_err(|error| anyhow::anyhow!("not accepted: {error:?}"))?.access_token);
    }
    token.context("a user has a role")
}

/// A server on a port of its own.
pub struct TestServer {
    running: Running,
    client: reqwest::Client,
    settings: Settings,
    clock: TestClock,
    database: Arc<TestDatabase>,
    /// The folder of the signing keys; it goes with the last server that uses it.
    keys: Arc<TempDir>,
}

impl TestServer {
    /// A server over the sample data.
    pub async fn sample(backend: Backend) -> Result<Self> {
        Self::over(TestDatabase::sample(backend).await?, true).await
    }

    /// A server over a database.
    pub async fn over(database: TestDatabase, introspection: bool) -> Result<Self> {
        Self::with(database, |settings| settings.introspection = introspection).await
    }

    /// A server over a database, with other settings than usual. Usually no limit on rates is ever met.
    pub async fn with(database: TestDatabase, change: impl FnOnce(&mut Settings)) -> Result<Self> {
        let keys = Arc::new(TempDir::new()?);
        let mut settings = Settings {
            listen: "127.0.0.1:0".parse()?,
            database_url: database.url().to_owned(),
            database_connections: 4,
            owner_database_url: None,
            sample: Some(false),
            public_url: None,
            public_read: true,
            keys: keys.path().join("keys"),
            oidc_providers: None,
            webhook_private: Reach::default(),
            introspection: true,
            trusted_proxies: TrustedProxies::default(),
            cors_origins: CorsOrigins::default(),
            rates: RateSettings {
                requests_per_minute: 1_000_000_000,
                requests_per_minute_signed_in: 1_000_000_000,
                requests_per_minute_key: 1_000_000_000,
                cost_per_minute: 1_000_000_000_000,
                cost_per_minute_signed_in: 1_000_000_000_000,
                cost_per_minute_key: 1_000_000_000_000,
            },
            log: "info".to_owned(),
            log_format: LogFormat::Json,
        };
        change(&mut settings);
        Self::start(settings, TestClock::default(), Arc::new(database), keys).await
    }

    /// Another server over the same database, with the same settings, keys and clock, and known under the same URL.
    pub async fn replica(&self) -> Result<Self> {
        let mut settings = self.settings.clone();
        settings.public_url.get_or_insert_with(|| self.app().public_url().to_owned());
        Self::start(settings, self.clock.clone(), self.database.clone(), self.keys.clone()).await
    }

    async fn start(
        settings: Settings,
        clock: TestClock,
        database: Arc<TestDatabase>,
        keys: Arc<TempDir>,
    ) -> Result<Self> {
        let started = shirube_server::start_at(&settings, clock.clock()).await;
        let running = started.map_err(anyhow::Error::from_boxed)?;
        listened(&settings.database_url, &mut running.app.events()).await;
        // The client asks for a provider even where it speaks plain HTTP; whoever comes second finds one installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self { running, client, settings, clock, database, keys })
    }

    /// Turns the clock of the server and its replicas forward. Throttles and caches run on the machine's own.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// The folder of the keys with which it signs tokens.
    pub fn keys(&self) -> KeyFolder {
        KeyFolder::new(self.settings.keys.clone())
    }

    /// The URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.running.address)
    }

    /// The application that it serves.
    pub const fn app(&self) -> &Arc<App> {
        &self.running.app
    }

    /// The database below.
    pub fn database(&self) -> &TestDatabase {
        &self.database
    }

    /// Sends JSON by POST.
    pub async fn post(&self, path: &str, body: Value) -> Result<reqwest::Response> {
        Ok(self.client.post(self.url(path)).json(&body).send().await?)
    }

    /// Its address.
    pub const fn address(&self) -> std::net::SocketAddr {
        self.running.address
    }

    /// A client for it.
    pub const fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// Makes a user with these roles, and signs them in; gives the access token.
    pub async fn user(&self, email: &str, grants: &[Grant]) -> Result<String> {
        user(self.app(), email, grants).await
    }

    /// Asks a query by POST.
    pub async fn ask(&self, query: &str, variables: Value) -> Result<Answer> {
        self.ask_as(None, query, variables).await
    }

    /// Asks a query by POST, with a token if there is one.
    pub async fn ask_as(&self, bearer: Option<&str>, query: &str, variables: Value) -> Result<Answer> {
        let body = json!({ "query": query, "variables": variables });
        let mut request = self.client.post(self.url("/graphql")).json(&body);
        if let Some(bearer) = bearer {
            request = request.bearer_auth(bearer);
        }
        let response = request.send().await?;
        let text = response.text().await?;
        Ok(Answer(serde_json::from_str(&text).with_context(|| text)?))
    }

    /// Stops it, does something while nobody serves, and starts it again.
    pub async fn restart(self, meanwhile: impl AsyncFnOnce(&TestDatabase) -> Result<()>) -> Result<Self> {
        self.running.stop().await;
        meanwhile(&self.database).await?;
        Self::start(self.settings, self.clock, self.database, self.keys).await
    }

    /// Stops it, and waits until it has.
    pub async fn stop(self) {
        self.running.stop().await;
    }
}
