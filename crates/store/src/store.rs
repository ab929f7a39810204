use std::{fs::OpenOptions, os::unix::fs::OpenOptionsExt, path::Path, sync::Arc, time::Duration};

use sea_orm::sqlx::{
    postgres::PgConnectOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    IsolationLevel, RuntimeErr, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use shirube_access::{
    Permit,
    table::{Action, Effect},
};
use shirube_domain::municipality::MunicipalityCode;
use shirube_migrations::{Migrator, MigratorTrait, SchemaManager};
use time::OffsetDateTime;

use crate::{Announcer, Commons, StoreError, StoreResult, Tenant, postgres, sqlite};

/// A connected database.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) connection: DatabaseConnection,
    pub(crate) announcer: Announcer,
    /// Whether statements are narrowed to a municipality; test builds can see what holds without it.
    #[cfg(debug_assertions)]
    narrowed: bool,
}

/// Hears the text of each statement.
pub type Observer = Arc<dyn Fn(&str) + Send + Sync>;

/// How to connect.
#[derive(Clone)]
pub struct StoreOptions {
    /// A URL of SQLite (`sqlite://data/shirube.db`) or PostgreSQL (`postgres://user:password@host/database`).
    pub url: String,
    /// The largest number of connections.
    pub connections: u32,
    /// Called with every statement that is run; tests count with it.
    pub observer: Option<Observer>,
}

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// The embedded default.
    Sqlite,
    /// For production.
    Postgres,
}

impl Backend {
    /// The backend that a URL asks for.
    pub fn of_url(url: &str) -> StoreResult<Self> {
        match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => Ok(Self::Sqlite),
            Some("postgres" | "postgresql") => Ok(Self::Postgres),
            _ => Err(StoreError::Url { url: without_password(url) }),
        }
    }
}

impl Backend {
    /// The role and password in a URL of PostgreSQL.
    pub fn role_of_url(url: &str) -> StoreResult<(String, Option<String>)> {
        let wrong = || StoreError::Url { url: without_password(url) };
        let options: PgConnectOptions = url.parse().map_err(|_| wrong())?;
        let password = url.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@')).and_then(|(user, _)| {
            let (_, password) = user.split_once(':')?;
            let decoded = percent_encoding::percent_decode_str(password).decode_utf8().ok()?;
            Some(decoded.into_owned())
        });
        Ok((options.get_username().to_owned(), password))
    }
}

/// The same URL with the password left out, fit for a message.
pub(crate) fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    match rest.rsplit_once('@') {
        Some((user, host)) => {
            let user = user.split_once(':').map_or(user, |(user, _)| user);
            format!("{scheme}://{user}@{host}")
        }
        None => url.to_owned(),
    }
}

impl Store {
    /// Connects. A SQLite file is made, with its folder, if it is not there. No table is touched.
    pub async fn connect(options: &StoreOptions) -> StoreResult<Self> {
        let backend = Backend::of_url(&options.url)?;
        let patience = match backend {
            Backend::Sqlite => Duration::from_secs(2),
            Backend::Postgres => postgres::first_connection(&options.url).await?,
        };
        let mut connect = ConnectOptions::new(&options.url);
        connect
            .max_connections(options.connections)
            .acquire_timeout(patience)
            .connect_timeout(patience)
            .sqlx_logging(false);
        match backend {
            Backend::Sqlite => {
                make_file(&options.url)?;
                sqlite::close_confused(&mut connect);
                connect.map_sqlx_sqlite_opts(|sqlite: SqliteConnectOptions| {
                    sqlite
                        .create_if_missing(true)
                        .journal_mode(SqliteJournalMode::Wal)
                        .synchronous(SqliteSynchronous::Full)
                        .foreign_keys(true)
                        // Without it, REPLACE removes a row past the triggers that keep what is written once.
                        .pragma("recursive_triggers", "ON")
                        .busy_timeout(Duration::from_secs(2))
                });
            }
            Backend::Postgres => {
                postgres::replace_silent(&mut connect);
                connect.map_sqlx_postgres_opts(|postgres: PgConnectOptions| {
                    postgres.options([
                        ("statement_timeout", "5s"),
                        ("lock_timeout", "2s"),
                        ("idle_in_transaction_session_timeout", "15s"),
                    ])
                });
            }
        }
        let mut connection = Database::connect(connect).await.map_err(|error| match error {
            sea_orm::DbErr::Conn(_) => StoreError::Unavailable(error),
            other => other.into(),
        })?;
        if let Some(observer) = options.observer.clone() {
            connection.set_metric_callback(move |info| observer(&info.statement.sql));
        }
        Ok(Self {
            connection,
            announcer: Announcer::default(),
            #[cfg(debug_assertions)]
            narrowed: true,
        })
    }

    /// The same store with the narrowing of its statements taken away, so that a test sees whether the database's own lock
    /// holds by itself. Not in a release build.
    #[cfg(debug_assertions)]
    #[must_use]
    pub fn without_narrowing(self) -> Self {
        Self { narrowed: false, ..self }
    }

    /// Asks a query of one text on a connection of the pool as it lies there, so that a test sees what an earlier use left
    /// behind. Not in a release build.
    #[cfg(debug_assertions)]
    pub async fn left_behind(&self, sql: &'static str) -> StoreResult<Option<String>> {
        let row =
            self.connection.query_one_raw(Statement::from_string(self.connection.get_database_backend(), sql)).await?;
        Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.flatten())
    }

    /// Which database it is.
    pub fn backend(&self) -> Backend {
        match self.connection.get_database_backend() {
            DbBackend::Sqlite => Backend::Sqlite,
            _ => Backend::Postgres,
        }
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> StoreResult<()> {
        match self.backend() {
            Backend::Sqlite => Ok(self.connection.ping().await?),
            // A connection gives a sign of life before it is handed out. A second one would cost a second round trip.
            Backend::Postgres => match self.connection.get_postgres_connection_pool().acquire().await {
                Ok(_) => Ok(()),
                Err(error) => Err(StoreError::Unavailable(DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error))))),
            },
        }
    }

    /// How many migrations are waiting. A database that a newer version made is an error. Nothing is written.
    pub async fn pending_migrations(&self) -> StoreResult<usize> {
        let known = Migrator::migrations();
        let manager = SchemaManager::new(&self.connection);
        if !manager.has_table("seaql_migrations").await? {
            return Ok(known.len());
        }
        // Asked by hand: the library makes the table first if it is not there, which the role of the service may not.
        let sql = "SELECT version FROM seaql_migrations";
        let statement = Statement::from_string(self.connection.get_database_backend(), sql);
        let rows = self.connection.query_all_raw(statement).await?;
        let applied = rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<Vec<String>, _>>()?;
        match applied.iter().find(|version| known.iter().all(|migration| migration.name() != *version)) {
            Some(unknown) => Err(StoreError::Newer(unknown.clone())),
            None => Ok(known.len() - applied.len()),
        }
    }

    /// Runs the waiting migrations, and says how many there were. Running it twice does no harm.
    pub async fn migrate(&self) -> StoreResult<usize> {
        let pending = self.pending_migrations().await?;
        // Where there is nothing to do, the role of the service may say so, too, which can make no table.
        if pending > 0 {
            Migrator::up(&self.connection, None).await?;
        }
        Ok(pending)
    }

    /// Undoes all migrations; everything is lost. For tests of the migrations.
    pub async fn drop_everything(&self) -> StoreResult<()> {
        Ok(Migrator::down(&self.connection, None).await?)
    }

    /// Checks that the tables are those of this version.
    pub async fn check_version(&self) -> StoreResult<()> {
        match self.pending_migrations().await? {
            0 => Ok(()),
            pending => Err(StoreError::Behind(pending)),
        }
    }

    /// Opens the rows of the municipality for which the permit is, as of `at`.
    pub async fn tenant<A: Action<Target = MunicipalityCode>>(
        &self,
        permit: Permit<A>,
        at: OffsetDateTime,
    ) -> StoreResult<Tenant<A>> {
        let tenant = Tenant::over(self.begin(A::ROW.effect).await?, &self.announcer, permit, at).await?;
        #[cfg(debug_assertions)]
        let tenant = tenant.with_narrowing(self.narrowed);
        Ok(tenant)
    }

    /// Opens what belongs to no municipality, as of `at`.
    pub async fn commons<A: Action>(&self, permit: Permit<A>, at: OffsetDateTime) -> StoreResult<Commons<A>> {
        Ok(Commons::over(self.begin(A::ROW.effect).await?, &self.announcer, permit, at))
    }

    /// Begins a transaction. One that writes takes SQLite's one place for writers at once, since a reader that turns into
    /// a writer is refused where another was quicker; one that reads sees one state of the data throughout.
    pub(crate) async fn begin(&self, effect: Effect) -> StoreResult<DatabaseTransaction> {
        let options = match (self.backend(), effect) {
            (Backend::Sqlite, Effect::Writes) => TransactionOptions {
                sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                ..TransactionOptions::default()
            },
            (Backend::Postgres, Effect::Reads) => TransactionOptions {
                isolation_level: Some(IsolationLevel::RepeatableRead),
                ..TransactionOptions::default()
            },
            _ => TransactionOptions::default(),
        };
        Ok(self.connection.begin_with_options(options).await?)
    }

    /// Closes all connections.
    pub async fn close(self) -> StoreResult<()> {
        Ok(self.connection.close().await?)
    }
}

/// Makes the folder and the file of a SQLite database, which its owner alone may read; what is there stays as it is, and a
/// database in memory needs neither. SQLite gives the files beside it the same rights.
fn make_file(url: &str) -> StoreResult<()> {
    let path = url.trim_start_matches("sqlite:").trim_start_matches("//").split('?').next().unwrap_or_default();
    let path = percent_encoding::percent_decode_str(path).decode_utf8_lossy();
    if path.is_empty() || path.starts_with(":memory:") || url.contains("mode=memory") {
        return Ok(());
    }
    let path = Path::new(&*path);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(StoreError::Folder)?;
    }
    // Where it cannot be made, SQLite says why.
    let _ = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_never_holds_a_password() {
        assert_eq!(without_password("postgres://me:secret@host/db"), "postgres://me@host/db");
        assert_eq!(without_password("postgres://me:se@cret@host/db"), "postgres://me@host/db");
        assert_eq!(without_password("sqlite://data/x.db"), "sqlite://data/x.db");
        let error = Backend::of_url("mysql://me:secret@host/db").unwrap_err().to_string();
        assert!(error.contains("mysql://me@host/db") && !error.contains("secret"), "{error}");
    }
}
