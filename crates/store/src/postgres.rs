//! Connecting to PostgreSQL, and finding out which connections have died without a word.

use std::{
    error::Error as _,
    io::ErrorKind,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use sea_orm::{
    ConnectOptions,
    sqlx::{self, ConnectOptions as _, Connection as _, PgConnection, postgres::PgConnectOptions},
};
use tokio::time::{sleep, timeout};

use crate::{StoreError, StoreResult, store::without_password};

/// How long a connection may take to show that it lives: a round trip of a second, and some more.
const SIGN_OF_LIFE: Duration = Duration::from_millis(1_500);
/// How long the first connection may take.
const FIRST: Duration = Duration::from_secs(10);
/// How long a server that is starting, or has no place to spare, is asked again.
const STARTING: Duration = Duration::from_secs(2);
/// The limits of what a request waits for a connection.
const PATIENCE: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(8));

/// Makes one connection, and says how long to wait for later ones: a near database is given up soon, and one of which each
/// round trip takes a second can still be reached. A pool tries again what fails and says only that time went by; here the
/// reason is told, and at once where the system tells it at once.
pub(crate) async fn first_connection(url: &str) -> StoreResult<Duration> {
    let options: PgConnectOptions = url.parse().map_err(|_| StoreError::Url { url: without_password(url) })?;
    let start = Instant::now();
    loop {
        let attempt = Instant::now();
        match timeout(FIRST.saturating_sub(start.elapsed()), options.connect()).await {
            Ok(Ok(connection)) => {
                let took = attempt.elapsed();
                // It was made to see whether it can be; that it ends badly is no reason not to start.
                let _ = connection.close().await;
                return Ok((took * 2).clamp(PATIENCE.0, PATIENCE.1));
            }
            Ok(Err(error)) if passes_soon(&error) && start.elapsed() < STARTING => sleep(STARTING / 20).await,
            Ok(Err(error)) => return Err(StoreError::Unreachable(explain(&options, &error).await)),
            Err(_) => {
                let reason = format!("{} does not answer within {} seconds", place(&options), FIRST.as_secs());
                return Err(StoreError::Unreachable(reason));
            }
        }
    }
}

fn passes_soon(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    matches!(code.as_deref(), Some("57P03" | "53300"))
}

/// Where the server should be.
fn place(options: &PgConnectOptions) -> String {
    match options.get_socket() {
        Some(folder) => folder.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    }
}

/// Why there is no connection, without the password.
async fn explain(options: &PgConnectOptions, error: &sqlx::Error) -> String {
    let (place, role) = (place(options), options.get_username());
    match error {
        sqlx::Error::Io(error) if error.kind() == ErrorKind::ConnectionRefused => {
            format!("{place} refused the connection; is PostgreSQL running there?")
        }
        sqlx::Error::Io(error) => {
            let host = options.get_host();
            let named = options.get_socket().is_some() || error.raw_os_error().is_some();
            if !named && tokio::net::lookup_host((host, options.get_port())).await.is_err() {
                format!("the name of the host “{host}” is not known")
            } else {
                format!("{place}: {error}")
            }
        }
        sqlx::Error::Database(error) => match error.code().as_deref() {
            Some("28P01") => format!("{place} takes another password for the role “{role}”, or has no such role"),
            Some("3D000") => {
                format!("{place} has no database “{}”; create it first", options.get_database().unwrap_or(role))
            }
            _ => format!("{place} says: {}", error.message()),
        },
        other => {
            let cause = other.source().map(|cause| format!(": {cause}")).unwrap_or_default();
            format!("{place}: {other}{cause}")
        }
    }
}

/// When a connection last failed to give a sign of life.
#[derive(Clone, Default)]
struct Silence(Arc<Mutex<Option<Instant>>>);

impl Silence {
    /// Whether a connection has been idle since before the last silence. What made one connection die in silence (a
    /// failover, a firewall that forgot) made the others die, too; waiting for each in its turn would take long.
    fn reaches(&self, idle_for: Duration) -> bool {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_some_and(|last| last.elapsed() <= idle_for)
    }

    /// Asks a connection for a sign of life. One that has none is dropped without a farewell.
    async fn alive(&self, connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
        match timeout(SIGN_OF_LIFE, connection.ping()).await {
            Ok(answered) => Ok(answered.is_ok()),
            Err(_) => {
                *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
                Err(std::io::Error::new(ErrorKind::TimedOut, "a connection gave no sign of life and is replaced")
                    .into())
            }
        }
    }
}

/// Gives the pool a limit on how long it waits for a connection to show that it lives, when it is taken and when it is given
/// back. The pool's own tests have none: each would take a whole wait for a connection, and one that dies while it is used
/// would keep its place for good.
pub(crate) fn replace_silent(connect: &mut ConnectOptions) {
    let taken = Silence::default();
    let released = taken.clone();
    connect.test_before_acquire(false);
    connect.map_sqlx_postgres_before_acquire(move |connection, idle| {
        let silence = taken.clone();
        Box::pin(async move { Ok(!silence.reaches(idle.idle_for) && silence.alive(connection).await?) })
    });
    connect.map_sqlx_postgres_pool_opts(move |pool| {
        let silence = released.clone();
        pool.after_release(move |connection, _| {
            let silence = silence.clone();
            Box::pin(async move { silence.alive(connection).await })
        })
    });
}
