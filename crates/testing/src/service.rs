use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value, json};
use shirube_app::App;
use shirube_graphql::{Allowed, Api, GraphqlRequest, Unlimited};
use shirube_server::{CorsOrigins, LogFormat, RateSettings, Running, Settings, TrustedProxies};

use crate::{Backend, TestDatabase};

/// The service in process, without HTTP.
pub struct TestService {
    /// The application.
    pub app: Arc<App>,
    /// The schema over it.
    pub api: Api,
    /// The database below.
    pub database: TestDatabase,
    statements: Arc<AtomicUsize>,
}

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
        let database = TestDatabase::sample(backend).await?;
        let statements = Arc::new(AtomicUsize::new(0));
        let counter = statements.clone();
        let store = database
            .observed(Some(Arc::new(move |_: &str| {
                counter.fetch_add(1, Ordering::Relaxed);
            })))
            .await?;
        let app = Arc::new(App::open(store).await?);
        let api = Api::new(app.clone(), true);
        Ok(Self { app, api, database, statements })
    }

    /// Asks a query.
    pub async fn ask(&self, query: &str, variables: Value) -> Result<Answer> {
        let variables = match variables {
            Value::Object(variables) => variables,
            _ => Map::new(),
        };
        let request = GraphqlRequest { query: query.to_owned(), operation_name: None, variables };
        let response = self.api.execute(request, Allowed::All, &Unlimited).await;
        Ok(Answer(serde_json::from_slice(&response.body)?))
    }

    /// How many statements the database has been asked since the last call.
    pub fn statements(&self) -> usize {
        self.statements.swap(0, Ordering::Relaxed)
    }
}

/// A server on a port of its own.
#[derive(Debug)]
pub struct TestServer {
    running: Running,
    client: reqwest::Client,
    _database: TestDatabase,
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
        let mut settings = Settings {
            listen: "127.0.0.1:0".parse()?,
            database_url: database.url().to_owned(),
            database_connections: 4,
            sample: Some(false),
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
        let running = shirube_server::start(&settings).await.map_err(anyhow::Error::from_boxed)?;
        // The client asks for a provider even where it speaks plain HTTP; whoever comes second finds one installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self { running, client, _database: database })
    }

    /// The URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.running.address)
    }

    /// Its address.
    pub const fn address(&self) -> std::net::SocketAddr {
        self.running.address
    }

    /// A client for it.
    pub const fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// Asks a query by POST.
    pub async fn ask(&self, query: &str, variables: Value) -> Result<Answer> {
        let body = json!({ "query": query, "variables": variables });
        let response = self.client.post(self.url("/graphql")).json(&body).send().await?;
        let text = response.text().await?;
        Ok(Answer(serde_json::from_str(&text).with_context(|| text)?))
    }

    /// Stops it, and waits until it has.
    pub async fn stop(self) {
        self.running.stop().await;
    }
}
