//! Use cases. Every door (GraphQL, `/auth`, command line, jobs) goes through this crate, which asks for the permit and
//! calls the crates below; what is published and the reference data are answered from memory.

mod accounts;
mod agenda;
mod analytics;
mod audit;
mod authoring;
mod changes;
mod editing;
mod entry;
mod events;
mod grading_rules;
mod identity;
mod imports;
mod input;
mod invitations;
mod keys;
mod members;
mod municipalities;
mod open_data;
mod providers;
mod published;
mod publishing;
mod reference;
mod repeats;
mod reports;
mod round;
mod sample;
mod sender;
mod sign_in;
mod throttle;
mod webhooks;

use std::{fmt, sync::Arc, time::Duration};

pub use analytics::{AnswerId, Answered, BadAnswerId, BadDataVersion, DataVersion, Format};
use arc_swap::ArcSwap;
pub use audit::AuditPage;
pub use changes::Compared;
pub use editing::Edited;
pub use entry::{CellChange, EntryReview};
pub use events::Publications;
pub use grading_rules::{RuleChange, SavedRule};
pub use identity::Unbelieved;
pub use imports::propose_without_database;
pub use invitations::Invited;
pub use keys::{KeyPlace, MadeKey};
pub use municipalities::{MunicipalityFilter, MunicipalityOrder, OrderBy};
pub use open_data::{DataSet, Metadata, OpenData};
pub use providers::Begun;
pub use published::{At, PublishedStrategy, Version};
pub use publishing::Publishing;
use quick_cache::sync::Cache;
pub use reference::{OfficialSeries, Reference};
pub use repeats::Recalled;
pub use reports::{
    FoundReport, NoRuleName, NoStrategyName, ReportFormat, ReportQuestion, RuleName, State, StrategyName,
};
pub use round::{Figure, Part, RoundView};
pub use sample::load_sample;
use shirube_access::{
    KeyFolder, Keyring, Scope, Tokens,
    oidc::Providers,
    password,
    table::{Instance, ReadDraft, ReadPublished},
};
pub use shirube_analytics::observations::Columns;
use shirube_domain::{Error, StrategyId, grade::GradingRule, municipality::MunicipalityCode, webhook::Reach};
pub use shirube_exchange::{
    book::FILE as BOOK_BYTES,
    entry::{CellRemark, Severity},
    foreign::{Confidence, Proposal},
    open_data::{Words, header as open_data_header},
    report::Paper,
};
use shirube_store::{Announcer, Store, StoreResult};
pub use shirube_store::{
    ApiKey, AuditEntry, AuditFilter, Batch, Decided, Delivery, DeliveryFilter, Event, Events, Gap, Invitation,
    InvitationState, ListedSession, ListedUser, Member, NewOpinion, NewPublication, Opinion, OpinionChange, Reported,
    RowVersions, RuleVersion, Selection, StoredRule, StoredTask, Webhook,
};
pub use sign_in::{SignInError, SignedIn};
use time::OffsetDateTime;
use tokio::sync::{Mutex, watch};
pub use webhooks::{DeliveryPage, MadeWebhook, WebhookEdit};

use crate::{
    analytics::Analytics, grading_rules::SavedRules, identity::Facts, open_data::Files, published::Published,
    sender::Sender, throttle::Throttles,
};

/// How many older revisions are kept decoded.
const OLDER_REVISIONS: usize = 64;

/// How many older versions of grading rules are kept decoded.
const OLDER_RULES: usize = 256;

/// The one clock of the service.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> OffsetDateTime + Send + Sync>);

impl Clock {
    /// A clock that asks `now`.
    pub fn new(now: impl Fn() -> OffsetDateTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// What time it is.
    pub fn now(&self) -> OffsetDateTime {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

/// How the service treats those who ask.
#[derive(Debug, Clone)]
pub struct AppOptions {
    /// Where the instance is reached from outside, without a slash at the end: the issuer of its tokens.
    pub public_url: String,
    /// Whether what is published can be read without an account.
    pub public_read: bool,
    /// Where the keys lie that sign access tokens, and the one from which the secrets of webhooks are derived.
    pub keys: KeyFolder,
    /// The providers with which one can sign in.
    pub providers: Arc<Providers>,
    /// What webhooks may reach, beside the public internet.
    pub reach: Reach,
    /// The clock.
    pub clock: Clock,
}

/// The running service: the store, and what is held in memory of it.
#[derive(Debug)]
pub struct App {
    store: Store,
    options: AppOptions,
    reference: Reference,
    published: ArcSwap<Published>,
    /// Tells when something new is published.
    publications: watch::Sender<()>,
    /// Held by whoever reads what is published or saved anew, so that nobody goes back to what was read before.
    reading: Mutex<()>,
    older: Cache<(MunicipalityCode, StrategyId, u32), Arc<Version>>,
    rules: ArcSwap<SavedRules>,
    older_rules: Cache<RuleVersion, Arc<GradingRule>>,
    tokens: Tokens,
    keyring: ArcSwap<Keyring>,
    analytics: Analytics,
    files: Files,
    facts: Facts,
    throttles: Throttles,
    sender: Sender,
    /// Tells what was changed, after it was acted on.
    announcer: Announcer,
}

impl App {
    /// Reads the reference data, the latest publications, the saved grading rules and the keys into memory.
    pub async fn open(store: Store, options: AppOptions) -> Result<Self, Error> {
        let reference = Reference::read(&store).await?;
        let published = Published::read(&store, &Published::default(), options.clock.now()).await?;
        let rules = SavedRules::read(&store, &SavedRules::default()).await?;
        let keyring = options.keys.open(options.clock.now()).map_err(Error::internal)?;
        tokio::task::spawn_blocking(password::warm_up).await.map_err(Error::internal)?;
        Ok(Self {
            store,
            reference,
            published: ArcSwap::from_pointee(published),
            publications: watch::Sender::new(()),
            reading: Mutex::new(()),
            older: Cache::new(OLDER_REVISIONS),
            rules: ArcSwap::from_pointee(rules),
            older_rules: Cache::new(OLDER_RULES),
            tokens: Tokens::new(options.public_url.clone()),
            keyring: ArcSwap::from_pointee(keyring),
            analytics: Analytics::new(),
            files: Files::new(),
            facts: Facts::new(),
            throttles: Throttles::new(),
            sender: Sender::new(options.reach.clone()),
            announcer: Announcer::default(),
            options,
        })
    }

    /// Reads again what has been published and which grading rules have been saved since, here or by another process; says
    /// whether there was anything.
    pub async fn refresh(&self) -> StoreResult<bool> {
        let _reading = self.reading.lock().await;
        let rules = self.refresh_rules().await?;
        let known = self.published.load();
        let now = self.now();
        if known.is_all(self.store.publication_count().await?, now) {
            return Ok(rules);
        }
        let published = Published::read(&self.store, &known, now).await?;
        if let Err(error) = self.lay_out_ahead(&published).await {
            tracing::error!(error = %error, "frames cannot be laid out ahead; the first question after this waits for them");
        }
        self.published.store(Arc::new(published));
        self.publications.send_replace(());
        Ok(true)
    }

    /// How long it may take until something more is to be seen that is known already: an embargo that ends.
    pub fn until_release(&self) -> Option<Duration> {
        let next = self.published.load().next()?;
        Some((next - self.now()).try_into().unwrap_or_default())
    }

    /// Reads the keys again that sign access tokens, in case they were rotated.
    pub fn refresh_keys(&self) -> Result<(), Error> {
        let keyring = self.options.keys.open(self.now()).map_err(Error::internal)?;
        self.keyring.store(Arc::new(keyring));
        Ok(())
    }

    /// The public keys with which anybody can verify an access token, as a JWK set.
    pub fn jwks(&self) -> serde_json::Value {
        self.keyring.load().jwks()
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> StoreResult<()> {
        self.store.ping().await
    }

    /// Where the instance is reached from outside, without a slash at the end.
    pub fn public_url(&self) -> &str {
        &self.options.public_url
    }

    fn now(&self) -> OffsetDateTime {
        self.options.clock.now()
    }

    /// Asks whether the caller may read what is published, and the reference data beside it.
    pub fn may_read(&self, scope: &Scope) -> Result<(), Error> {
        scope.permit::<ReadPublished>(Instance).map(|_| ())
    }

    /// Municipalities, standard indicators and official statistics.
    pub const fn reference(&self) -> &Reference {
        &self.reference
    }

    /// The published strategies of a municipality, the latest plan first.
    pub fn strategies(&self, municipality: MunicipalityCode) -> Vec<Arc<PublishedStrategy>> {
        self.published.load().of(municipality).to_vec()
    }

    /// The published strategy of an id. The municipality is part of the question: an id of another one finds nothing.
    pub fn strategy(&self, municipality: MunicipalityCode, id: StrategyId) -> Option<Arc<PublishedStrategy>> {
        self.published.load().of(municipality).iter().find(|strategy| strategy.id() == id).cloned()
    }

    /// How many strategies are published.
    pub fn strategy_count(&self) -> usize {
        self.published.load().len()
    }

    /// A published strategy as it was at some time. The latest revision is answered from memory; an older one costs one
    /// statement unless it was asked for lately. `None` if there was none.
    pub async fn revision(&self, strategy: &PublishedStrategy, at: At) -> Result<Option<Arc<Version>>, Error> {
        let Some(stored) = strategy.find(at) else { return Ok(None) };
        let latest = strategy.latest();
        if Some(&stored.revision) == latest.revision() {
            return Ok(Some(latest.clone()));
        }
        let key = (stored.municipality, stored.strategy, stored.revision.number);
        let revision = self
            .older
            .get_or_insert_async(&key, async {
                Ok::<_, Error>(Arc::new(Version::published(self.store.publication(stored).await?)))
            })
            .await?;
        Ok(Some(revision))
    }

    /// The drafts of a municipality, by id, the earliest term first.
    pub async fn draft_ids(&self, scope: &Scope, municipality: MunicipalityCode) -> Result<Vec<StrategyId>, Error> {
        let permit = scope.permit::<ReadDraft>(municipality)?;
        Ok(self.store.tenant(permit, self.now()).await?.drafts().await?)
    }

    /// A draft, read in a fixed number of statements; `None` if this municipality has no such strategy.
    pub async fn draft(
        &self,
        scope: &Scope,
        municipality: MunicipalityCode,
        id: StrategyId,
    ) -> Result<Option<Arc<Version>>, Error> {
        let permit = scope.permit::<ReadDraft>(municipality)?;
        let draft = self.store.tenant(permit, self.now()).await?.draft(id).await?;
        Ok(draft.map(|draft| Arc::new(Version::draft(draft))))
    }
}
