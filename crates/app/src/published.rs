use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use shirube_analytics::StrategyRows;
use shirube_domain::{
    Error, StrategyId,
    lint::{Finding, lint},
    municipality::MunicipalityCode,
    round::{Correction, PublishedOpinion},
    strategy::{Publication, Revision, Strategy},
};
use shirube_store::{Draft, RowVersions, Store, StoreError, StoreResult, StoredPublication};
use time::OffsetDateTime;

use crate::DataVersion;

/// A moment of a strategy's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// What is published now.
    Latest,
    /// A revision by its number.
    Revision(u32),
    /// What was published at an instant.
    Instant(OffsetDateTime),
}

/// A strategy as it was published in a revision, or as a draft; shared by all who read it.
#[derive(Debug)]
pub struct Version {
    revision: Option<Revision>,
    strategy: Strategy,
    corrections: Vec<Correction>,
    opinions: Vec<PublishedOpinion>,
    /// Of the rows of a draft.
    versions: Option<RowVersions>,
    findings: OnceLock<Vec<Finding>>,
    /// What it says in the frames.
    pub(crate) rows: OnceLock<Arc<StrategyRows>>,
}

impl Version {
    pub(crate) fn published(publication: Publication) -> Self {
        let Publication { revision, strategy, corrections, opinions } = publication;
        Self { revision: Some(revision), corrections, opinions, ..Self::gone(strategy) }
    }

    pub(crate) fn draft(Draft { strategy, versions }: Draft) -> Self {
        Self { versions: Some(versions), ..Self::gone(strategy) }
    }

    /// A strategy that is not stored any more.
    pub(crate) const fn gone(strategy: Strategy) -> Self {
        Self {
            revision: None,
            strategy,
            corrections: Vec::new(),
            opinions: Vec::new(),
            versions: None,
            findings: OnceLock::new(),
            rows: OnceLock::new(),
        }
    }

    /// The versions of the rows of a draft; `None` for what is published.
    pub const fn versions(&self) -> Option<&RowVersions> {
        self.versions.as_ref()
    }

    /// Which revision it is; `None` for a draft.
    pub const fn revision(&self) -> Option<&Revision> {
        self.revision.as_ref()
    }

    /// The strategy.
    pub const fn strategy(&self) -> &Strategy {
        &self.strategy
    }

    /// Why what an earlier revision said was changed in this one.
    pub fn corrections(&self) -> &[Correction] {
        &self.corrections
    }

    /// The opinions that were published with it.
    pub fn opinions(&self) -> &[PublishedOpinion] {
        &self.opinions
    }

    /// A number that another content hardly has, by which a later state is told from this one.
    pub fn fingerprint(&self) -> Result<u64, Error> {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let mut hasher = DefaultHasher::new();
        serde_json::to_vec(&self.strategy).map_err(Error::internal)?.hash(&mut hasher);
        Ok(hasher.finish())
    }

    /// What a careful reader would notice; worked out when first asked for.
    pub fn findings(&self) -> &[Finding] {
        self.findings.get_or_init(|| lint(self.strategy()))
    }
}

/// A strategy of which at least one revision is published.
#[derive(Debug)]
pub struct PublishedStrategy {
    /// All revisions, oldest first; never empty.
    revisions: Vec<StoredPublication>,
    latest: Arc<Version>,
}

impl PublishedStrategy {
    /// The id of the strategy.
    pub fn id(&self) -> StrategyId {
        self.latest.strategy().parts().id
    }

    /// The latest revision.
    pub const fn latest(&self) -> &Arc<Version> {
        &self.latest
    }

    /// All revisions, oldest first.
    pub fn revisions(&self) -> impl DoubleEndedIterator<Item = &Revision> {
        self.revisions.iter().map(|stored| &stored.revision)
    }

    /// Whether a revision was published at or before an instant.
    pub fn existed_at(&self, instant: OffsetDateTime) -> bool {
        self.find(At::Instant(instant)).is_some()
    }

    pub(crate) fn find(&self, at: At) -> Option<&StoredPublication> {
        match at {
            At::Latest => self.revisions.last(),
            At::Revision(number) => self.revisions.iter().find(|stored| stored.revision.number == number),
            At::Instant(instant) => self.revisions.iter().rfind(|stored| stored.revision.published_at <= instant),
        }
    }
}

/// All published strategies, as of one moment.
#[derive(Debug, Default)]
pub(crate) struct Published {
    by_municipality: HashMap<MunicipalityCode, Vec<Arc<PublishedStrategy>>>,
    /// How many publications there were, with those that are not to be seen yet.
    count: u64,
    /// When the next of those is to be seen.
    next: Option<OffsetDateTime>,
    /// What it is called; worked out when it is first asked for.
    version: OnceLock<DataVersion>,
}

impl Published {
    /// Reads what is published at an instant; documents that `known` holds are not read again.
    pub(crate) async fn read(store: &Store, known: &Self, now: OffsetDateTime) -> StoreResult<Self> {
        let mut publications = store.publications().await?;
        let count = publications.len() as u64;
        let next = publications.iter().map(|of| of.revision.published_at).filter(|from| *from > now).min();
        publications.retain(|of| of.revision.published_at <= now);
        let mut by_municipality: HashMap<MunicipalityCode, Vec<Arc<PublishedStrategy>>> = HashMap::new();
        for revisions in publications.chunk_by(|one, other| one.strategy == other.strategy) {
            let Some(last) = revisions.last() else { continue };
            let held = known
                .of(last.municipality)
                .iter()
                .find(|strategy| strategy.id() == last.strategy && strategy.latest.revision() == Some(&last.revision));
            let strategy = match held {
                Some(held) => held.clone(),
                None => match store.publication(last).await {
                    Ok(publication) => Arc::new(PublishedStrategy {
                        latest: Arc::new(Version::published(publication)),
                        revisions: revisions.to_vec(),
                    }),
                    // One that cannot be read must not take the others down.
                    Err(StoreError::Corrupt(error)) => {
                        tracing::error!(
                            municipality = %last.municipality,
                            strategy = %last.strategy,
                            revision = last.revision.number,
                            error = %error,
                            "a publication cannot be read and is not served"
                        );
                        continue;
                    }
                    Err(error) => return Err(error),
                },
            };
            by_municipality.entry(last.municipality).or_default().push(strategy);
        }
        for strategies in by_municipality.values_mut() {
            strategies.sort_by_key(|strategy| {
                let parts = strategy.latest.strategy().parts();
                std::cmp::Reverse((parts.first_year, parts.term.number))
            });
        }
        Ok(Self { by_municipality, count, next, version: OnceLock::new() })
    }

    /// Which version of the data it is, beside reference data of this digest.
    pub(crate) fn version(&self, reference: &str) -> DataVersion {
        let latest = || self.strategies().filter_map(|of| of.find(At::Latest));
        self.version.get_or_init(|| DataVersion::new(latest(), reference)).clone()
    }

    /// Whether the data were of this version at its instant, beside reference data of this digest.
    pub(crate) fn was(&self, version: &DataVersion, reference: &str) -> bool {
        let then = self.strategies().filter_map(|of| of.find(At::Instant(version.at())));
        DataVersion::new(then, reference) == *version
    }

    /// All strategies, in no order.
    pub(crate) fn strategies(&self) -> impl Iterator<Item = &Arc<PublishedStrategy>> {
        self.by_municipality.values().flatten()
    }

    /// Whether it is still all that is to be seen at an instant, where there are so many publications.
    pub(crate) fn is_all(&self, count: u64, now: OffsetDateTime) -> bool {
        self.count == count && self.next.is_none_or(|next| now < next)
    }

    /// When the next of what is not to be seen yet is.
    pub(crate) const fn next(&self) -> Option<OffsetDateTime> {
        self.next
    }

    /// The strategies of which another revision is the latest than in an earlier state, in one municipality or in all.
    pub(crate) fn since(
        &self,
        earlier: &Self,
        municipality: Option<MunicipalityCode>,
    ) -> Vec<(MunicipalityCode, StrategyId)> {
        let known = |code, of: &Arc<PublishedStrategy>| {
            let earlier = earlier.of(code).iter().find(|earlier| earlier.id() == of.id());
            earlier.is_some_and(|earlier| earlier.latest.revision() == of.latest.revision())
        };
        let within = self.by_municipality.iter().filter(|(code, _)| municipality.is_none_or(|only| only == **code));
        let all = within.flat_map(|(code, strategies)| strategies.iter().map(|of| (*code, of)));
        all.filter(|(code, of)| !known(*code, of)).map(|(code, of)| (code, of.id())).collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.by_municipality.values().map(Vec::len).sum()
    }

    /// The strategies of a municipality, the latest plan first.
    pub(crate) fn of(&self, municipality: MunicipalityCode) -> &[Arc<PublishedStrategy>] {
        self.by_municipality.get(&municipality).map_or(&[], Vec::as_slice)
    }
}
