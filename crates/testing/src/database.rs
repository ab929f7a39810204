use std::{env, fs, path::PathBuf};

use anyhow::{Context, Result};
use sea_orm::{ConnectionTrait, Database};
use shirube_app::load_sample;
use shirube_store::{Observer, Store, StoreOptions};
use tempfile::TempDir;
use time::OffsetDateTime;
use tokio::sync::OnceCell;
use uuid::Uuid;

/// The database on which a test runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// The embedded default.
    Sqlite,
    /// For production; `cargo xtask test` starts a server for it.
    Postgres,
}

/// A database of a test's own.
#[derive(Debug)]
pub struct TestDatabase {
    url: String,
    /// The folder of the file; it goes with the value.
    _folder: Option<TempDir>,
}

/// The variable that names the throw-away server.
const SERVER: &str = "SHIRUBE_TEST_POSTGRES_URL";

static SQLITE_SAMPLE: OnceCell<(TempDir, PathBuf)> = OnceCell::const_new();
static POSTGRES_SAMPLE: OnceCell<String> = OnceCell::const_new();

impl TestDatabase {
    /// A database without tables.
    pub async fn empty(backend: Backend) -> Result<Self> {
        match backend {
            Backend::Sqlite => {
                let folder = TempDir::new()?;
                let url = sqlite_url(&folder.path().join("shirube.db"));
                Ok(Self { url, _folder: Some(folder) })
            }
            Backend::Postgres => create(None).await,
        }
    }

    /// A database with the sample data.
    pub async fn sample(backend: Backend) -> Result<Self> {
        match backend {
            Backend::Sqlite => {
                let (_, original) = SQLITE_SAMPLE.get_or_try_init(sqlite_sample).await?;
                let folder = TempDir::new()?;
                let copy = folder.path().join("shirube.db");
                fs::copy(original, &copy)?;
                Ok(Self { url: sqlite_url(&copy), _folder: Some(folder) })
            }
            Backend::Postgres => create(Some(POSTGRES_SAMPLE.get_or_try_init(postgres_sample).await?)).await,
        }
    }

    /// Its URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Connects to it.
    pub async fn store(&self) -> Result<Store> {
        self.observed(None).await
    }

    /// Connects to it; `observer` hears every statement.
    pub async fn observed(&self, observer: Option<Observer>) -> Result<Store> {
        Ok(Store::connect(&StoreOptions { url: self.url.clone(), connections: 4, observer }).await?)
    }
}

fn sqlite_url(file: &std::path::Path) -> String {
    format!("sqlite://{}", file.display())
}

async fn fill(database: &TestDatabase) -> Result<()> {
    let store = database.store().await?;
    store.migrate().await?;
    load_sample(&store, &mut Uuid::now_v7, OffsetDateTime::now_utc(), |_, _| {}).await?;
    // Closing brings the write-ahead log of SQLite into the file, and lets PostgreSQL copy the database.
    store.close().await?;
    Ok(())
}

async fn sqlite_sample() -> Result<(TempDir, PathBuf)> {
    let folder = TempDir::new()?;
    let file = folder.path().join("sample.db");
    let database = TestDatabase { url: sqlite_url(&file), _folder: None };
    fill(&database).await?;
    Ok((folder, file))
}

async fn postgres_sample() -> Result<String> {
    let database = create(None).await?;
    fill(&database).await?;
    Ok(database.url.rsplit('/').next().unwrap_or_default().to_owned())
}

/// Makes a database on the throw-away server, as a copy of another one if one is named.
async fn create(template: Option<&str>) -> Result<TestDatabase> {
    let server = env::var(SERVER).with_context(|| {
        format!("{SERVER} is not set: run the tests with `cargo xtask test`, which starts a server")
    })?;
    let name = format!("test_{}", Uuid::now_v7().simple());
    let admin = Database::connect(&server).await?;
    let template = template.map(|template| format!(" TEMPLATE {template}")).unwrap_or_default();
    admin.execute_unprepared(&format!("CREATE DATABASE {name}{template}")).await?;
    admin.close().await?;
    let (base, _) = server.rsplit_once('/').context("the URL of the server names no database")?;
    Ok(TestDatabase { url: format!("{base}/{name}"), _folder: None })
}
