use std::collections::{BTreeSet, HashSet};

use sea_orm::{
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    prelude::Uuid,
    sea_query::{Expr, ExprTrait},
};
use serde_json::json;
use sha2::{Digest, Sha256};
use shirube_access::table::{Action, Publish};
use shirube_domain::{
    DepartmentId, StrategyId,
    calendar::FiscalYear,
    lint::Subject,
    municipality::MunicipalityCode,
    round::{Correction, PublishedOpinion, TaskState, subjects, without},
    strategy::{Publication, PublicationDocument, Revision, Strategy},
    webhook::Event,
};
use time::{Duration, OffsetDateTime};

use crate::{
    Store, StoreError, StoreResult, Tenant,
    audit::Record,
    round::StoredTask,
    rows::{
        convert::{parse, year},
        tenant::{publication, strategy},
    },
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

/// How a draft is to be published.
#[derive(Debug, Clone, Default)]
pub struct NewPublication {
    /// What readers should know of the revision.
    pub note: Option<String>,
    /// Up to which fiscal year results are published; all of them if absent.
    pub year: Option<FiscalYear>,
    /// Whether it may be published although something is missing.
    pub with_gaps: bool,
    /// From when on it is to be seen, if not at once.
    pub embargo: Option<OffsetDateTime>,
}

/// Something of a round that is not approved: what is missing, and who owes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The fiscal year of the round.
    pub year: FiscalYear,
    /// The indicator or node.
    pub subject: Subject,
    /// The department that owes it.
    pub department: Option<DepartmentId>,
    /// How far it is.
    pub state: TaskState,
}

/// What became of a draft that was to be published.
#[derive(Debug)]
pub enum DraftPublication {
    /// It is published as this revision, although this is missing.
    Published(Revision, Vec<Gap>),
    /// It is what this revision says already.
    Unchanged(u32),
    /// This is missing, and nobody said that it may be.
    Incomplete(Vec<Gap>),
    /// The last revision is to be seen only from this instant on; the next cannot come before it.
    Embargoed(OffsetDateTime),
    /// This municipality has no such strategy.
    NotFound,
}

impl Tenant<Publish> {
    /// Publishes a strategy as its next revision: numbered, hashed, never to change. The instant of publication is kept
    /// to the millisecond, as both databases can.
    pub async fn publish(self, strategy: &Strategy, note: Option<String>) -> StoreResult<Revision> {
        let revision = self.write_publication(strategy, note).await?;
        self.tell(Event::Published, &about_publication(strategy, &revision), self.at()).await?;
        self.commit(published(strategy, &revision)).await?;
        Ok(revision)
    }

    /// Publishes a draft, unless it is what the last revision says already, or something is missing and nobody said that it
    /// may be. What is not approved is not published: in its place stands what was published last. What is published of
    /// rounds is marked so; why it was corrected goes with the revision.
    pub async fn publish_draft(self, id: StrategyId, new: NewPublication) -> StoreResult<DraftPublication> {
        let Some(draft) = self.load_draft(id).await? else { return Ok(DraftPublication::NotFound) };
        let tasks = self.hold_tasks(id).await?;
        let last = self.last_publication(id).await?;
        let wanted = |year: FiscalYear| new.year.is_none_or(|last| year <= last);
        let (approved, rest): (Vec<_>, Vec<_>) =
            tasks.into_iter().partition(|(year, stored)| wanted(*year) && stored.task.state == TaskState::Approved);
        let asked: HashSet<_> = rest
            .iter()
            .map(|(year, _)| *year)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .flat_map(|year| subjects(&draft, year).into_iter().map(move |(subject, _)| (subject, year)))
            .collect();
        // What a plan has ended since is not missed.
        let gaps: Vec<Gap> = rest
            .iter()
            .filter(|(year, stored)| wanted(*year) && asked.contains(&(stored.task.subject, *year)))
            .map(|(year, StoredTask { task, department, .. })| Gap {
                year: *year,
                subject: task.subject,
                department: *department,
                state: task.state,
            })
            .collect();
        if !gaps.is_empty() && !new.with_gaps {
            return Ok(DraftPublication::Incomplete(gaps));
        }
        let from = new.embargo.unwrap_or_else(|| self.at());
        if let Some(last) = &last
            && last.revision.published_at > from
        {
            return Ok(DraftPublication::Embargoed(last.revision.published_at));
        }
        // The report is the one of the latest year of which something is approved.
        let reported = approved.iter().map(|(year, _)| *year).max();
        let draft = match reported.filter(|year| *year > draft.parts().report.year) {
            Some(year) => self.report_up_to(draft, year).await?,
            None => draft,
        };
        let hidden: HashSet<_> = rest.iter().map(|(year, stored)| (stored.task.subject, *year)).collect();
        let unapproved = |subject, year| hidden.contains(&(subject, year));
        let strategy = without(draft, unapproved, last.as_ref().map(|last| &last.strategy));
        let strategy = strategy.map_err(StoreError::corrupt)?;
        let correction = |(year, stored): &(FiscalYear, StoredTask)| {
            let reason = stored.task.correction.clone()?;
            Some(Correction { subject: stored.task.subject, year: *year, reason })
        };
        let corrections: Vec<Correction> = approved.iter().filter_map(correction).collect();
        let opinions = self.public_opinions(id).await?;
        if let Some(last) = &last
            && (&last.strategy, &last.opinions) == (&strategy, &opinions)
        {
            return Ok(DraftPublication::Unchanged(last.revision.number));
        }
        let document = Document::of(&strategy, corrections, opinions)?;
        let number = last.map_or(0, |last| last.revision.number);
        let revision = self.write_document(&strategy, document, number, new.note, from).await?;
        self.mark_published(id, approved).await?;
        // Told when it is to be seen, and not a fraction of a second before.
        let told = new.embargo.map_or(self.at(), |from| from + Duration::SECOND);
        self.tell(Event::Published, &about_publication(&strategy, &revision), told).await?;
        self.commit(published(&strategy, &revision)).await?;
        Ok(DraftPublication::Published(revision, gaps))
    }

    /// Says in the draft up to which year it reports.
    async fn report_up_to(&self, draft: Strategy, year: FiscalYear) -> StoreResult<Strategy> {
        let mut parts = draft.into_parts();
        parts.report.year = year;
        self.update::<strategy::Entity>()
            .col_expr(strategy::Column::ReportYear, Expr::value(year.year()))
            .col_expr(strategy::Column::Version, Expr::col(strategy::Column::Version).add(1))
            .filter(strategy::Column::Id.eq(parts.id.uuid()))
            .exec(self.connection())
            .await?;
        Strategy::new(parts).map_err(StoreError::corrupt)
    }

    pub(crate) async fn write_publication(&self, strategy: &Strategy, note: Option<String>) -> StoreResult<Revision> {
        let last = self.last_revision(strategy.parts().id).await?.unwrap_or(0);
        self.write_document(strategy, Document::of(strategy, Vec::new(), Vec::new())?, last, note, self.at()).await
    }

    async fn write_document(
        &self,
        strategy: &Strategy,
        Document { text, hash }: Document,
        last: u32,
        note: Option<String>,
        from: OffsetDateTime,
    ) -> StoreResult<Revision> {
        let parts = strategy.parts();
        self.check_owner(parts.municipality)?;
        let number = last + 1;
        let at = from.truncate_to_millisecond();
        let author = Some(self.permit().actor().name.clone()).filter(|name| !name.is_empty());
        let row = publication::Model {
            municipality: parts.municipality.to_string(),
            strategy_id: parts.id.uuid(),
            revision: i32::try_from(number).map_err(StoreError::corrupt)?,
            published_at: at,
            report_year: parts.report.year.year(),
            hash: hash.clone(),
            note: note.clone(),
            document: text,
            author: author.clone(),
        };
        self.insert::<publication::Entity>(vec![row]).await?;
        Ok(Revision { number, published_at: at, report_year: parts.report.year, hash, note, author })
    }
}

impl<A: Action<Target = MunicipalityCode>> Tenant<A> {
    /// The last revision with what it says, if there is one.
    pub(crate) async fn last_publication(&self, id: StrategyId) -> StoreResult<Option<Publication>> {
        let last = self
            .rows::<publication::Entity>()
            .filter(publication::Column::StrategyId.eq(id.uuid()))
            .order_by_desc(publication::Column::Revision)
            .limit(1);
        self.one(last).await?.map(read).transpose()
    }

    /// The number of the last revision, if there is one.
    pub(crate) async fn last_revision(&self, strategy: StrategyId) -> StoreResult<Option<u32>> {
        let last = self
            .rows::<publication::Entity>()
            .filter(publication::Column::StrategyId.eq(strategy.uuid()))
            .select_only()
            .column(publication::Column::Revision)
            .order_by_desc(publication::Column::Revision)
            .limit(1);
        let number: Option<(i32,)> = self.first(last.into_tuple()).await?;
        number.map(|(number,)| u32::try_from(number).map_err(StoreError::corrupt)).transpose()
    }
}

/// The document of a strategy, and its hash.
struct Document {
    text: String,
    hash: String,
}

impl Document {
    fn of(strategy: &Strategy, corrections: Vec<Correction>, opinions: Vec<PublishedOpinion>) -> StoreResult<Self> {
        let document = PublicationDocument::new(strategy.clone(), corrections, opinions);
        let text = serde_json::to_string(&document).map_err(StoreError::corrupt)?;
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
    format!("{:x}", Sha256::digest(document))
}

/// All publications. They are open to all, so that no tenant is asked for.
fn open() -> sea_orm::Select<publication::Entity> {
    #[expect(clippy::disallowed_methods, reason = "what is published is open to all")]
    publication::Entity::find()
}

/// What a row says of its revision.
type RevisionRow = (String, Uuid, i32, OffsetDateTime, i16, String, Option<String>, Option<String>);

fn stored(row: RevisionRow) -> StoreResult<StoredPublication> {
    let (municipality, strategy, number, published_at, report_year, hash, note, author) = row;
    Ok(StoredPublication {
        municipality: parse(&municipality)?,
        strategy: StrategyId::from_uuid(strategy),
        revision: Revision {
            number: u32::try_from(number).map_err(StoreError::corrupt)?,
            published_at,
            report_year: year(report_year)?,
            hash,
            note,
            author,
        },
    })
}

/// Takes a publication apart and checks its hash.
fn read(row: publication::Model) -> StoreResult<Publication> {
    let publication::Model {
        municipality,
        strategy_id,
        revision,
        published_at,
        report_year,
        hash: expected,
        note,
        document,
        author,
    } = row;
    let of = (municipality, strategy_id, revision, published_at, report_year, expected, note, author);
    let StoredPublication { strategy, revision, .. } = stored(of)?;
    if hash(&document) != revision.hash {
        return Err(StoreError::corrupt(format!(
            "revision {} of the strategy {strategy} is not what was published: its hash differs",
            revision.number
        )));
    }
    let document: PublicationDocument = serde_json::from_str(&document).map_err(StoreError::corrupt)?;
    document.into_publication(revision).map_err(StoreError::corrupt)
}

impl Store {
    /// How many publications there are. They are never changed or removed, so a new number means new ones.
    pub async fn publication_count(&self) -> StoreResult<u64> {
        Ok(open().count(&self.connection).await?)
    }

    /// All publications, also those that are not to be seen yet, without their documents.
    pub async fn publications(&self) -> StoreResult<Vec<StoredPublication>> {
        use publication::Column;
        let rows: Vec<RevisionRow> = open()
            .select_only()
            .columns([
                Column::Municipality,
                Column::StrategyId,
                Column::Revision,
                Column::PublishedAt,
                Column::ReportYear,
                Column::Hash,
                Column::Note,
                Column::Author,
            ])
            .order_by_asc(Column::Municipality)
            .order_by_asc(Column::StrategyId)
            .order_by_asc(Column::Revision)
            .into_tuple()
            .all(&self.connection)
            .await?;
        rows.into_iter().map(stored).collect()
    }

    /// Reads a publication and checks its hash.
    pub async fn publication(&self, of: &StoredPublication) -> StoreResult<Publication> {
        let number = i32::try_from(of.revision.number).map_err(StoreError::corrupt)?;
        let found = open()
            .filter(publication::Column::Municipality.eq(of.municipality.to_string()))
            .filter(publication::Column::StrategyId.eq(of.strategy.uuid()))
            .filter(publication::Column::Revision.eq(number));
        let row = found.one(&self.connection).await?;
        read(row.ok_or_else(|| StoreError::corrupt("a publication is gone"))?)
    }
}
