//! Use cases. Every door (GraphQL, command line, jobs) goes through this crate; what is published and the reference data
//! are answered from memory.

mod municipalities;
mod published;
mod reference;
mod sample;

use std::sync::Arc;

use arc_swap::ArcSwap;
pub use municipalities::{MunicipalityFilter, MunicipalityOrder, OrderBy};
pub use published::{At, PublishedRevision, PublishedStrategy};
use quick_cache::sync::Cache;
pub use reference::{OfficialSeries, Reference};
pub use sample::load_sample;
use shirube_domain::{Error, StrategyId, municipality::MunicipalityCode, strategy::Strategy};
use shirube_store::{Store, StoreResult};

use crate::published::Published;

/// How many older revisions are kept decoded.
const OLDER_REVISIONS: usize = 64;

/// The running service: the store, and what is held in memory of it.
#[derive(Debug)]
pub struct App {
    store: Store,
    reference: Reference,
    published: ArcSwap<Published>,
    older: Cache<(StrategyId, u32), Arc<PublishedRevision>>,
}

impl App {
    /// Reads the reference data and the latest publications into memory.
    pub async fn open(store: Store) -> StoreResult<Self> {
        let reference = Reference::read(&store).await?;
        let published = Published::read(&store, &Published::default()).await?;
        Ok(Self { store, reference, published: ArcSwap::from_pointee(published), older: Cache::new(OLDER_REVISIONS) })
    }

    /// Reads again what has been published since, here or by another process; says whether there was anything.
    pub async fn refresh(&self) -> StoreResult<bool> {
        let known = self.published.load();
        if self.store.publication_count().await? == known.count() {
            return Ok(false);
        }
        self.published.store(Arc::new(Published::read(&self.store, &known).await?));
        Ok(true)
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> StoreResult<()> {
        self.store.ping().await
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
    pub async fn revision(
        &self,
        strategy: &PublishedStrategy,
        at: At,
    ) -> Result<Option<Arc<PublishedRevision>>, Error> {
        let Some(stored) = strategy.find(at) else { return Ok(None) };
        let latest = strategy.latest();
        if stored.revision.number == latest.revision().number {
            return Ok(Some(latest.clone()));
        }
        let key = (stored.strategy, stored.revision.number);
        let revision = self
            .older
            .get_or_insert_async(&key, async {
                Ok::<_, Error>(Arc::new(PublishedRevision::new(self.store.publication(stored).await?)))
            })
            .await?;
        Ok(Some(revision))
    }

    /// A draft, read in a fixed number of statements; `None` if this municipality has no such strategy.
    pub async fn draft(&self, municipality: MunicipalityCode, id: StrategyId) -> Result<Option<Strategy>, Error> {
        let tenant = self.store.tenant(municipality).await?;
        Ok(tenant.draft(id).await?)
    }
}
