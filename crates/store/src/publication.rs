use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;
use sha2::{Digest, Sha256};
use shirube_access::table::{Action, Publish};
use shirube_domain::{
    StrategyId,
    calendar::FiscalYear,
    municipality::MunicipalityCode,
    strategy::{Publication, PublicationDocument, Revision, Strategy},
    webhook::Event,
};
use time::OffsetDateTime;

use crate::{
    Store, StoreError, StoreResult, Tenant,
    audit::Record,
    rows::{convert::parse, tenant::publication},
    webhooks::about_publication,
};

/// What is known of a stored publication without reading its document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPublication {
    /// The municipality.
    pub municipality: MunicipalityCode,
    /// The strategy.
    pub strategy: StrategyId,
    /// The revision.
    pub revision: Revision,
}

/// What became of a draft that was to be published.
#[derive(Debug)]
pub enum DraftPublication {
    /// It is published as this revision.
    Published(Revision),
    /// It is what this revision says already.
    Unchanged(i32),
    /// This municipality has no such strategy.
    NotFound,
}

impl Tenant<Publish> {
    /// Publishes a strategy as its next revision: numbered, hashed, never to change. The instant of publication is kept
    /// to the millisecond, as both databases can.
    pub async fn publish(self, strategy: &Strategy, note: Option<String>) -> StoreResult<Revision> {
        let revision = self.write_publication(strategy, note).await?;
        self.tell(Event::Published, &about_publication(strategy, &revision)).await?;
        self.commit(published(strategy, &revision)).await?;
        Ok(revision)
    }

    /// Publishes a draft as it is stored, unless it is what the last revision says already.
    pub async fn publish_draft(self, id: StrategyId, note: Option<String>) -> StoreResult<DraftPublication> {
        let Some(strategy) = self.load_draft(id).await? else { return Ok(DraftPublication::NotFound) };
        let (document, last) = (Document::of(&strategy)?, self.last_revision(id).await?);
        match last {
            Some((number, hash)) if hash == document.hash => Ok(DraftPublication::Unchanged(number)),
            last => {
                let revision = self.write_document(&strategy, document, last, note).await?;
                self.tell(Event::Published, &about_publication(&strategy, &revision)).await?;
                self.commit(published(&strategy, &revision)).await?;
                Ok(DraftPublication::Published(revision))
            }
        }
    }

    pub(crate) async fn write_publication(&self, strategy: &Strategy, note: Option<String>) -> StoreResult<Revision> {
        let last = self.last_revision(strategy.parts().id).await?;
        self.write_document(strategy, Document::of(strategy)?, last, note).await
    }

    async fn write_document(
        &self,
        strategy: &Strategy,
        Document { text, hash }: Document,
        last: Option<(i32, String)>,
        note: Option<String>,
    ) -> StoreResult<Revision> {
        let parts = strategy.parts();
        self.check_owner(parts.municipality)?;
        let number = last.map_or(0, |(number, _)| number) + 1;
        let at = self.at().truncate_to_millisecond();
        let row = publication::Model {
            municipality: parts.municipality.to_string(),
            strategy_id: parts.id.uuid(),
            revision: number,
            published_at: at,
            report_year: parts.report.year.year(),
            hash: hash.clone(),
            note: note.clone(),
            document: text,
        };
        self.insert::<publication::Entity>(vec![row]).await?;
        Ok(Revision {
            number: u32::try_from(number).map_err(StoreError::corrupt)?,
            published_at: at,
            report_year: parts.report.year,
            hash,
            note,
        })
    }
}

impl<A: Action<Target = MunicipalityCode>> Tenant<A> {
    /// The number and the hash of the last revision, if there is one.
    pub(crate) async fn last_revision(&self, strategy: StrategyId) -> StoreResult<Option<(i32, String)>> {
        let revisions = self
            .rows::<publication::Entity>()
            .filter(publication::Column::StrategyId.eq(strategy.uuid()))
            .select_only()
            .columns([publication::Column::Revision, publication::Column::Hash])
            .order_by_desc(publication::Column::Revision)
            .limit(1);
        self.first(revisions.into_tuple()).await
    }
}

/// The document of a strategy, and its hash.
struct Document {
    text: String,
    hash: String,
}

impl Document {
    fn of(strategy: &Strategy) -> StoreResult<Self> {
        let text = serde_json::to_string(&PublicationDocument::new(strategy.clone())).map_err(StoreError::corrupt)?;
        Ok(Self { hash: hash(&text), text })
    }
}

/// The line in the audit trail of a publication.
pub(crate) fn published(strategy: &Strategy, revision: &Revision) -> Record {
    Record::new("published", "strategy")
        .subject(strategy.parts().id)
        .after(json!({ "revision": revision.number, "hash": revision.hash }))
}

/// SHA-256 of a document, in hexadecimal.
fn hash(document: &str) -> String {
    use std::fmt::Write as _;
    Sha256::digest(document).iter().fold(String::with_capacity(64), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes everything");
        text
    })
}

/// All publications. They are open to all, so that no tenant is asked for.
fn open() -> sea_orm::Select<publication::Entity> {
    #[expect(clippy::disallowed_methods, reason = "what is published is open to all")]
    publication::Entity::find()
}

impl Store {
    /// How many publications there are. They are never changed or removed, so a new number means new ones.
    pub async fn publication_count(&self) -> StoreResult<u64> {
        Ok(open().count(&self.connection).await?)
    }

    /// All publications, without their documents.
    pub async fn publications(&self) -> StoreResult<Vec<StoredPublication>> {
        use publication::Column;
        type Row = (String, sea_orm::prelude::Uuid, i32, OffsetDateTime, i16, String, Option<String>);
        let rows: Vec<Row> = open()
            .select_only()
            .columns([
                Column::Municipality,
                Column::StrategyId,
                Column::Revision,
                Column::PublishedAt,
                Column::ReportYear,
                Column::Hash,
                Column::Note,
            ])
            .order_by_asc(Column::Municipality)
            .order_by_asc(Column::StrategyId)
            .order_by_asc(Column::Revision)
            .into_tuple()
            .all(&self.connection)
            .await?;
        rows.into_iter()
            .map(|(municipality, strategy, number, published_at, report_year, hash, note)| {
                Ok(StoredPublication {
                    municipality: parse(&municipality)?,
                    strategy: StrategyId::from_uuid(strategy),
                    revision: Revision {
                        number: u32::try_from(number).map_err(StoreError::corrupt)?,
                        published_at,
                        report_year: FiscalYear::new(report_year).map_err(StoreError::corrupt)?,
                        hash,
                        note,
                    },
                })
            })
            .collect()
    }

    /// Reads a publication and checks its hash.
    pub async fn publication(&self, stored: &StoredPublication) -> StoreResult<Publication> {
        let number = i32::try_from(stored.revision.number).map_err(StoreError::corrupt)?;
        let found = open()
            .filter(publication::Column::Municipality.eq(stored.municipality.to_string()))
            .filter(publication::Column::StrategyId.eq(stored.strategy.uuid()))
            .filter(publication::Column::Revision.eq(number));
        let row = found.one(&self.connection).await?;
        let document = row.ok_or_else(|| StoreError::corrupt("a publication is gone"))?.document;
        if hash(&document) != stored.revision.hash {
            return Err(StoreError::corrupt(format!(
                "revision {} of the strategy {} is not what was published: its hash differs",
                stored.revision.number, stored.strategy
            )));
        }
        let document: PublicationDocument = serde_json::from_str(&document).map_err(StoreError::corrupt)?;
        let strategy = document.into_strategy().map_err(StoreError::corrupt)?;
        Ok(Publication { revision: stored.revision.clone(), strategy })
    }
}
