//! Who is asking: from what a request carries to a scope.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use quick_cache::sync::Cache;
use shirube_access::{
    KeyFacts, NotBelieved, Origin, Permit, Scope, SessionFacts,
    secret::{self, SecretKind, Shown},
    table::{Instance, NoteKeyUse, Recognize, ShowKey, SignIn},
};
use shirube_domain::{ApiKeyId, Error, SessionId};
use shirube_store::StoreResult;
use tokio::sync::watch;

use crate::App;

/// For how long it is believed what is stored about a session: a change on another replica takes effect within it.
const SESSION_AGE: Duration = Duration::from_secs(10);
/// The same for API keys.
const KEY_AGE: Duration = Duration::from_secs(3);
/// How many of each are held.
const HELD: usize = 10_000;
/// How often it is noted that a key is in use.
const NOTED: Duration = Duration::from_mins(1);

/// Why a request that says who asks is not answered.
#[derive(Debug)]
pub enum Unbelieved {
    /// It is not believed.
    NotBelieved,
    /// It cannot be looked up now.
    Failed(Error),
}

impl From<NotBelieved> for Unbelieved {
    fn from(_: NotBelieved) -> Self {
        Self::NotBelieved
    }
}

impl From<shirube_store::StoreError> for Unbelieved {
    fn from(error: shirube_store::StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<Error> for Unbelieved {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Something that was looked up, and when.
#[derive(Debug, Clone)]
struct Held<T> {
    value: Arc<T>,
    since: Instant,
}

/// What was looked up lately about those who ask.
#[derive(Debug)]
pub(crate) struct Facts {
    sessions: Cache<SessionId, Held<SessionFacts>>,
    keys: Cache<String, Held<KeyFacts>>,
    noted: Cache<ApiKeyId, Instant>,
    /// Counts how often it was forgotten.
    changes: watch::Sender<u64>,
}

impl Facts {
    pub(crate) fn new() -> Self {
        Self {
            sessions: Cache::new(HELD),
            keys: Cache::new(HELD),
            noted: Cache::new(HELD),
            changes: watch::Sender::new(0),
        }
    }

    /// Forgets a session that has ended.
    pub(crate) fn forget_session(&self, session: SessionId) {
        self.changes.send_if_modified(|changes| {
            *changes += 1;
            false
        });
        self.sessions.remove(&session);
    }

    /// Forgets everything, so that a change takes effect here at once.
    pub(crate) fn forget(&self) {
        // First, so that what was looked up before is not held afterwards.
        self.changes.send_modify(|changes| *changes += 1);
        self.sessions.clear();
        self.keys.clear();
    }
}

impl Facts {
    /// Tells whenever everything was forgotten.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// How often something was forgotten: what is looked up is held if it is the same before and after.
    fn count(&self) -> u64 {
        *self.changes.borrow()
    }
}

fn fresh<T>(held: Option<Held<T>>, age: Duration) -> Option<Arc<T>> {
    held.filter(|held| held.since.elapsed() < age).map(|held| held.value)
}

impl App {
    /// Who is asking, by the token or key that the request carries, if it carries one.
    pub async fn scope(&self, bearer: Option<&str>, origin: Origin) -> Result<Scope, Unbelieved> {
        let public_read = self.options.public_read;
        let Some(bearer) = bearer else { return Ok(Scope::anonymous(origin, public_read)) };
        if secret::looks_like(SecretKind::Key, bearer) {
            let shown = secret::read(SecretKind::Key, bearer).ok_or(NotBelieved)?;
            let facts = self.key_facts(&shown).await?.ok_or(NotBelieved)?;
            let scope = Scope::with_key(facts.clone(), origin, public_read, self.now())?;
            self.note_use(&shown, facts.id).await;
            return Ok(scope);
        }
        let token = self.tokens.verify(&self.keyring.load(), bearer, self.now())?;
        let facts = self.session_facts(token.session()).await?.ok_or(NotBelieved)?;
        Ok(Scope::signed_in(&token, facts, origin, public_read)?)
    }

    async fn session_facts(&self, session: SessionId) -> StoreResult<Option<Arc<SessionFacts>>> {
        if let Some(held) = fresh(self.facts.sessions.get(&session), SESSION_AGE) {
            return Ok(Some(held));
        }
        let (since, count) = (Instant::now(), self.facts.count());
        let commons = self.store.commons(Self::door(), self.now()).await?;
        let Some(facts) = commons.session_facts(session).await? else { return Ok(None) };
        let value = Arc::new(facts);
        if self.facts.count() == count {
            self.facts.sessions.insert(session, Held { value: value.clone(), since });
        }
        Ok(Some(value))
    }

    async fn key_facts(&self, shown: &Shown) -> Result<Option<Arc<KeyFacts>>, Unbelieved> {
        let hash = shown.hash.as_str();
        if let Some(held) = fresh(self.facts.keys.get(hash), KEY_AGE) {
            return Ok(Some(held));
        }
        let (since, count) = (Instant::now(), self.facts.count());
        let facts = match shown.municipality {
            Some(code) => {
                let permit = Scope::anonymous(Origin::default(), true).permit::<ShowKey>(code)?;
                self.store.tenant(permit, self.now()).await?.key_facts(&shown.hash).await?
            }
            None => self.store.commons(Self::door(), self.now()).await?.key_facts(&shown.hash).await?,
        };
        let Some(facts) = facts else { return Ok(None) };
        let value = Arc::new(facts);
        if self.facts.count() == count {
            self.facts.keys.insert(hash.to_owned(), Held { value: value.clone(), since });
        }
        Ok(Some(value))
    }

    /// Notes that a key is in use, so that its owner sees it; not more than once a minute.
    async fn note_use(&self, shown: &Shown, key: ApiKeyId) {
        if self.facts.noted.get(&key).is_some_and(|at| at.elapsed() < NOTED) {
            return;
        }
        self.facts.noted.insert(key, Instant::now());
        // Not worth refusing the request for.
        if let Err(error) = self.write_use(shown, key).await {
            tracing::warn!(%error, "the use of a key cannot be noted");
        }
    }

    async fn write_use(&self, shown: &Shown, key: ApiKeyId) -> Result<(), Error> {
        let scope = Scope::anonymous(Origin::default(), true);
        match shown.municipality {
            Some(code) => {
                let permit = scope.permit::<NoteKeyUse>(code)?;
                self.store.tenant(permit, self.now()).await?.key_used(key).await?;
            }
            None => {
                let permit = scope.permit::<SignIn>(Instance)?;
                self.store.commons(permit, self.now()).await?.key_used(key).await?;
            }
        }
        Ok(())
    }

    /// The permit with which the service looks up who is asking.
    fn door() -> Permit<Recognize> {
        Scope::anonymous(Origin::default(), true).permit(Instance).expect("everybody may say who they are")
    }
}
