use std::{env, fs, mem, path::PathBuf, thread, time::Duration};

use anyhow::{Context, Result};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, SqliteTransactionMode,
    Statement, TransactionOptions, TransactionTrait,
};
use shirube_access::Scope;
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

/// A database of a test's own. On PostgreSQL its tables belong to one role, and the service works under another.
#[derive(Debug)]
pub struct TestDatabase {
    url: String,
    owner_url: String,
    /// For whoever may do everything, beside the service.
    admin_url: String,
    _home: Home,
}

/// Where a database is kept; it goes with the value, so that hundreds of tests do not fill a disk.
#[derive(Debug)]
enum Home {
    /// A file in a folder of its own, or in one that somebody else holds.
    File { _folder: Option<TempDir> },
    /// On a server, by its superuser's URL.
    Server { url: String, name: String },
}

impl Drop for Home {
    fn drop(&mut self) {
        let Self::Server { url, name } = self else { return };
        let (url, sql) = (mem::take(url), format!("DROP DATABASE {name} WITH (FORCE)"));
        // A value is dropped inside of a runtime, which cannot be waited in.
        let dropped = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime
                .block_on(async { superuser(&url).await?.execute_unprepared(&sql).await.map_err(anyhow::Error::from) })
        });
        // A test may have stopped the server: what was on it goes with it.
        let _ = dropped.join();
    }
}

/// A transaction beside the service, undone when the value is dropped.
#[derive(Debug)]
pub struct Held(#[expect(dead_code, reason = "it is there to be dropped")] DatabaseTransaction);

/// The variable that names the throw-away server.
const SERVER: &str = "SHIRUBE_TEST_POSTGRES_URL";

static SQLITE_SAMPLE: OnceCell<(TempDir, PathBuf)> = OnceCell::const_new();
/// The database is kept, as the original of the others, until its server stops.
static POSTGRES_SAMPLE: OnceCell<(TestDatabase, String)> = OnceCell::const_new();

impl TestDatabase {
    /// A database without tables.
    pub async fn empty(backend: Backend) -> Result<Self> {
        match backend {
            Backend::Sqlite => {
                let folder = TempDir::new()?;
                Ok(Self::file(&folder.path().join("shirube.db"), Some(folder)))
            }
            Backend::Postgres => create(&server()?, None).await,
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
                Ok(Self::file(&copy, Some(folder)))
            }
            Backend::Postgres => {
                let (_, original) = POSTGRES_SAMPLE.get_or_try_init(postgres_sample).await?;
                create(&server()?, Some(original)).await
            }
        }
    }

    /// A database with the sample data on a server of the test's own, by its superuser's URL.
    pub(crate) async fn sample_on(server: &str) -> Result<Self> {
        let database = create(server, None).await?;
        fill(&database).await?;
        Ok(database)
    }

    fn file(file: &std::path::Path, folder: Option<TempDir>) -> Self {
        let url = format!("sqlite://{}", file.display());
        Self { owner_url: url.clone(), admin_url: url.clone(), url, _home: Home::File { _folder: folder } }
    }

    /// Its URL, for the service.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its URL, for the owner of its tables.
    pub fn owner_url(&self) -> &str {
        &self.owner_url
    }

    async fn admin(&self) -> Result<DatabaseConnection> {
        Ok(Database::connect(&self.admin_url).await?)
    }

    /// Runs a statement beside the service.
    pub async fn execute(&self, sql: &str) -> Result<()> {
        let admin = self.admin().await?;
        admin.execute_unprepared(sql).await?;
        Ok(admin.close().await?)
    }

    /// The first column, a text, of a query beside the service.
    pub async fn texts(&self, sql: &str) -> Result<Vec<String>> {
        let admin = self.admin().await?;
        let rows = admin.query_all_raw(Statement::from_string(admin.get_database_backend(), sql)).await?;
        let texts = rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?;
        admin.close().await?;
        Ok(texts)
    }

    /// Keeps everybody else from writing departments, as long as the value is held.
    pub async fn hold_departments(&self) -> Result<Held> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let transaction = self.admin().await?.begin_with_options(options).await?;
        if self.admin_url.starts_with("postgres") {
            transaction.execute_unprepared("LOCK TABLE department IN ACCESS EXCLUSIVE MODE").await?;
        }
        Ok(Held(transaction))
    }

    /// Its URL, for whoever runs the server of PostgreSQL; on SQLite everybody does.
    pub fn superuser_url(&self) -> Result<String> {
        Ok(self.admin_url.clone())
    }

    /// Connects to it as the service.
    pub async fn store(&self) -> Result<Store> {
        self.observed(None).await
    }

    /// Connects to it as the owner of its tables.
    pub async fn owners_store(&self) -> Result<Store> {
        Ok(Store::connect(&StoreOptions { url: self.owner_url.clone(), connections: 2, observer: None }).await?)
    }

    /// Connects to it; `observer` hears every statement.
    pub async fn observed(&self, observer: Option<Observer>) -> Result<Store> {
        Ok(Store::connect(&StoreOptions { url: self.url.clone(), connections: 4, observer }).await?)
    }
}

#[expect(clippy::disallowed_methods, reason = "tests have a clock of their own")]
pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

async fn fill(database: &TestDatabase) -> Result<()> {
    let store = database.owners_store().await?;
    store.migrate().await?;
    if database.url != database.owner_url {
        store.set_up_service_role(SERVICE, Some(PASSWORD)).await?;
    }
    load_sample(&store, &Scope::machine(), &mut Uuid::now_v7, now(), |_, _| {}).await?;
    // Closing brings the write-ahead log of SQLite into the file, and lets PostgreSQL copy the database.
    store.close().await?;
    Ok(())
}

async fn sqlite_sample() -> Result<(TempDir, PathBuf)> {
    let folder = TempDir::new()?;
    let file = folder.path().join("sample.db");
    fill(&TestDatabase::file(&file, None)).await?;
    Ok((folder, file))
}

async fn postgres_sample() -> Result<(TestDatabase, String)> {
    let database = TestDatabase::sample_on(&server()?).await?;
    let name = database.url.rsplit('/').next().unwrap_or_default().to_owned();
    Ok((database, name))
}

/// The role that owns the tables, and the one under which the service works.
const OWNER: &str = "shirube_owner";
const SERVICE: &str = "shirube_service";
/// Their password: the server listens on this machine alone, and lives as long as the tests.
const PASSWORD: &str = "throw-away";

/// The superuser's URL of the throw-away server.
fn server() -> Result<String> {
    env::var(SERVER)
        .with_context(|| format!("{SERVER} is not set: run the tests with `cargo xtask test`, which starts a server"))
}

/// Makes a database on a server, as a copy of another one if one is named.
async fn create(server: &str, template: Option<&str>) -> Result<TestDatabase> {
    let name = format!("test_{}", Uuid::now_v7().simple());
    let admin = superuser(server).await?;
    for role in [OWNER, SERVICE] {
        // Another test may be making it at this moment.
        let made = format!(
            "DO $$ BEGIN CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'; \
             EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        );
        admin.execute_unprepared(&made).await?;
    }
    let template = template.map(|template| format!(" TEMPLATE {template}")).unwrap_or_default();
    admin.execute_unprepared(&format!("CREATE DATABASE {name} OWNER {OWNER}{template}")).await?;
    admin.close().await?;
    let (authority, host) = server.rsplit_once('@').context("the URL of the server names no host")?;
    let (host, _) = host.rsplit_once('/').context("the URL of the server names no database")?;
    let url = |role: &str| format!("postgres://{role}:{PASSWORD}@{host}/{name}");
    let admin_url = format!("{authority}@{host}/{name}");
    let home = Home::Server { url: server.to_owned(), name: name.clone() };
    Ok(TestDatabase { url: url(SERVICE), owner_url: url(OWNER), admin_url, _home: home })
}

/// Connects to a server as its superuser. Statements with passwords are in no log.
async fn superuser(server: &str) -> Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(server);
    options.sqlx_logging(false).max_connections(1).acquire_timeout(Duration::from_secs(5));
    Ok(Database::connect(options).await?)
}
