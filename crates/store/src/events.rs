//! Events: what was changed, told to whoever follows it, in this process and in others.
//!
//! An event is made of each line in the audit trail and says no more than what it is about: whoever hears of it reads the
//! thing anew, if they may. On PostgreSQL it is sent by the transaction itself, so that every replica hears of it when it is
//! committed and not before; SQLite has one process, which tells itself.

use std::time::Duration;

use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, Statement,
    sqlx::{
        self,
        postgres::{PgListener, PgPoolOptions},
    },
};
use serde::{Deserialize, Serialize};
use shirube_domain::municipality::MunicipalityCode;
use tokio::{
    sync::broadcast::{
        self,
        error::{RecvError, TryRecvError},
    },
    time::{sleep, timeout},
};

use crate::{Backend, Store, StoreError, StoreResult};

/// The channel of PostgreSQL, one for each database.
const CHANNEL: &str = "shirube";
/// How many events are kept for a listener that is slow. One that is slower is told that it missed some.
const HELD: usize = 1_024;
/// The longest subject that is told, in bytes: PostgreSQL refuses a message of 8,000. Ids are far shorter.
const SUBJECT: usize = 500;
/// After how long without a word the connection is asked for a sign of life, and how long it may take to give one or to be
/// made.
const QUIET: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(5);
/// How long is waited before a lost connection is made anew.
const RETRY: Duration = Duration::from_millis(500);

/// Something was changed. It names what was, and tells nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The municipality to which it belongs; `None` for what belongs to the instance.
    pub municipality: Option<MunicipalityCode>,
    /// The kind of what was changed, as in the audit trail.
    pub subject_kind: String,
    /// Its id.
    pub subject: Option<String>,
    /// What happened to it, as in the audit trail.
    pub event: String,
}

impl Event {
    pub(crate) fn new(
        municipality: Option<MunicipalityCode>,
        subject_kind: &str,
        subject: Option<&str>,
        event: &str,
    ) -> Self {
        Self {
            municipality,
            subject_kind: subject_kind.to_owned(),
            subject: subject.filter(|subject| subject.len() <= SUBJECT).map(str::to_owned),
            event: event.to_owned(),
        }
    }
}

/// What a listener hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// Something was changed.
    Event(Event),
    /// Events may have been missed: what is followed must be read anew.
    Missed,
}

/// What has happened since a listener last asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Batch {
    /// These events, each once, in their order.
    Events(Vec<Event>),
    /// Nobody knows what.
    Missed,
}

/// Tells events to whoever listens.
#[derive(Debug, Clone)]
pub struct Announcer(broadcast::Sender<Heard>);

impl Default for Announcer {
    fn default() -> Self {
        Self(broadcast::Sender::new(HELD))
    }
}

impl Announcer {
    /// Tells all who listen now. Nobody need be listening.
    pub fn tell(&self, heard: Heard) {
        let _ = self.0.send(heard);
    }

    /// Listens from now on.
    pub fn listen(&self) -> Events {
        Events(self.0.subscribe())
    }
}

/// A listener.
#[derive(Debug)]
pub struct Events(broadcast::Receiver<Heard>);

impl Events {
    /// Waits for the next. Given up while it waits, it loses nothing.
    pub async fn next(&mut self) -> Heard {
        match self.0.recv().await {
            Ok(heard) => heard,
            Err(RecvError::Lagged(_)) => Heard::Missed,
            // Whoever tells is gone, and with it everything that could happen.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }

    /// Waits for an event that is wanted, and takes with it what else has happened meanwhile: who is slow gets one large
    /// step in place of many small ones. Given up while it waits, it loses nothing that is wanted.
    pub async fn batch(&mut self, wanted: impl Fn(&Event) -> bool) -> Batch {
        let mut events: Vec<Event> = Vec::new();
        loop {
            match self.next().await {
                Heard::Missed => break,
                Heard::Event(event) if wanted(&event) => events.push(event),
                Heard::Event(_) => continue,
            }
            loop {
                match self.0.try_recv() {
                    Ok(Heard::Event(event)) if wanted(&event) && !events.contains(&event) => events.push(event),
                    Ok(Heard::Event(_)) => {}
                    Ok(Heard::Missed) | Err(TryRecvError::Lagged(_)) => {
                        self.0 = self.0.resubscribe();
                        return Batch::Missed;
                    }
                    Err(TryRecvError::Empty | TryRecvError::Closed) => return Batch::Events(events),
                }
            }
        }
        // All that is kept happened before now, when everything is read anew.
        self.0 = self.0.resubscribe();
        Batch::Missed
    }
}

/// Commits what a transaction wrote, and tells of it. On PostgreSQL this is one statement more, within the transaction.
pub(crate) async fn commit(
    transaction: DatabaseTransaction,
    announcer: &Announcer,
    events: Vec<Event>,
) -> StoreResult<()> {
    let embedded = transaction.get_database_backend() == DbBackend::Sqlite;
    if !embedded {
        notify(&transaction, &events).await?;
    }
    transaction.commit().await?;
    if embedded {
        for event in events {
            announcer.tell(Heard::Event(event));
        }
    }
    Ok(())
}

/// Lets PostgreSQL tell all replicas at the commit.
async fn notify(transaction: &DatabaseTransaction, events: &[Event]) -> StoreResult<()> {
    let sql = "SELECT pg_notify($1, told.event::text) FROM json_array_elements($2::json) AS told(event)";
    let events = serde_json::to_string(events).map_err(StoreError::corrupt)?;
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, [CHANNEL.into(), events.into()]);
    transaction.execute_raw(statement).await?;
    Ok(())
}

impl Store {
    /// Listens to what is changed from now on.
    pub fn events(&self) -> Events {
        self.announcer.listen()
    }

    /// Hears what other processes change, on a connection of its own, and tells it to those who listen here. It never ends:
    /// a lost connection is made anew, and the listeners are told that they may have missed something.
    pub async fn hear_others(&self) {
        if self.backend() == Backend::Sqlite {
            std::future::pending::<()>().await;
        }
        let mut failing = false;
        loop {
            let lost = match self.listener().await {
                Ok(mut listener) => {
                    if failing {
                        tracing::info!("changes by other processes are heard again");
                    }
                    failing = false;
                    // Nobody heard what happened before.
                    self.announcer.tell(Heard::Missed);
                    self.hear(&mut listener).await
                }
                Err(error) => error,
            };
            if !failing {
                tracing::warn!(error = %lost, "changes by other processes are not heard; they are looked for now and then");
            }
            failing = true;
            sleep(RETRY).await;
        }
    }

    /// A connection that listens. It is not one of those that requests wait for.
    async fn listener(&self) -> Result<PgListener, sqlx::Error> {
        let options = self.connection.get_postgres_connection_pool().connect_options();
        let pool = PgPoolOptions::new().max_connections(1).max_lifetime(None).idle_timeout(None);
        let pool = pool.acquire_timeout(PATIENCE).connect_with((*options).clone()).await?;
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.eager_reconnect(false);
        timeout(PATIENCE, listener.listen(CHANNEL)).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))?;
        Ok(listener)
    }

    /// Hears until the connection is lost, and says why it was.
    async fn hear(&self, listener: &mut PgListener) -> sqlx::Error {
        loop {
            match timeout(QUIET, listener.try_recv()).await {
                Ok(Ok(Some(told))) => {
                    // What another version tells and this one cannot read is a change all the same.
                    let event = serde_json::from_str(told.payload()).map_or(Heard::Missed, Heard::Event);
                    self.announcer.tell(event);
                }
                Ok(Ok(None)) => return std::io::Error::from(std::io::ErrorKind::ConnectionReset).into(),
                Ok(Err(error)) => return error,
                Err(_) => match timeout(PATIENCE, sqlx::query("SELECT 1").execute(&mut *listener)).await {
                    Ok(Ok(_)) => {}
                    Ok(Err(error)) => return error,
                    Err(_) => return sqlx::Error::PoolTimedOut,
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(subject: &str) -> Event {
        Event::new(None, "strategy", Some(subject), "published")
    }

    #[tokio::test]
    async fn a_slow_listener_takes_one_step_in_place_of_many() {
        let announcer = Announcer::default();
        let mut events = announcer.listen();
        for subject in ["a", "unwanted", "b", "a"] {
            announcer.tell(Heard::Event(event(subject)));
        }
        let wanted = |of: &Event| of.subject.as_deref() != Some("unwanted");
        assert_eq!(events.batch(wanted).await, Batch::Events(vec![event("a"), event("b")]));
        announcer.tell(Heard::Event(event("a")));
        announcer.tell(Heard::Missed);
        announcer.tell(Heard::Event(event("b")));
        assert_eq!(events.batch(wanted).await, Batch::Missed);
        assert!(timeout(Duration::from_millis(10), events.batch(wanted)).await.is_err(), "all of it is read anew");
    }

    #[tokio::test]
    async fn a_listener_that_lags_is_told_and_nothing_piles_up() {
        let announcer = Announcer::default();
        let mut events = announcer.listen();
        for number in 0..3 * HELD {
            announcer.tell(Heard::Event(event(&number.to_string())));
        }
        assert_eq!(events.batch(|_| true).await, Batch::Missed);
        announcer.tell(Heard::Event(event("later")));
        assert_eq!(events.batch(|_| true).await, Batch::Events(vec![event("later")]));
    }

    #[test]
    fn an_event_fits_into_a_message_of_the_database() {
        let long = "x".repeat(10_000);
        let told = serde_json::to_string(&event(&long)).unwrap();
        assert!(told.len() < 8_000, "{}", told.len());
    }
}
