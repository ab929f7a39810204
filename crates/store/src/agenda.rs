//! The agenda: what the service has to do at what time. An entry says what kind of job it is, in which municipality, on
//! what and when; what the job needs to know it reads from the municipality's own rows.
//!
//! A job is entered in the transaction that makes it necessary ([`Tenant::enter`]). Whoever works the agenda takes what is
//! due ([`Commons::take`]): for a while the entry is theirs, and then anybody's again, so that a job whose worker dies is
//! taken by another. The job's effect is written in one transaction with the entry's end, which first asks whether the
//! entry is still theirs ([`Tenant::hold`]), so that it is written once.
//!
//! Instants are kept to the second: SQLite compares them as texts, and texts of one length compare as instants do.

use sea_orm::{
    ColumnTrait, Condition, ExprTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    prelude::{Expr, Uuid},
    sea_query::{LockBehavior, LockType, OnConflict},
};
use shirube_access::{
    Permit,
    table::{Action, WorkAgenda},
};
use shirube_domain::municipality::MunicipalityCode;
use time::{Duration, OffsetDateTime};

use crate::{
    Commons, Store, StoreResult, Tenant,
    commons::{changing, every, removing},
    rows::{convert::parse, webhooks::agenda},
};

/// For how long a job is its worker's: longer than any takes.
const TAKEN: Duration = Duration::seconds(60);

/// A kind of job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobKind {
    /// A webhook has something to tell; the subject is the webhook.
    Webhook,
    /// A due day of a round has passed; the subject is the strategy.
    Overdue,
}

impl JobKind {
    const ALL: [Self; 2] = [Self::Webhook, Self::Overdue];

    const fn name(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Overdue => "overdue",
        }
    }
}

/// A job that was taken from the agenda.
#[derive(Debug, Clone, Copy)]
pub struct Job {
    /// What is to be done.
    pub kind: JobKind,
    /// Where.
    pub municipality: MunicipalityCode,
    /// On what.
    pub subject: Uuid,
    taken_until: OffsetDateTime,
}

/// The entries that are due and nobody's.
fn free(at: OffsetDateTime) -> Condition {
    let now = whole(at);
    let nobodys = agenda::Column::TakenUntil.is_null().or(agenda::Column::TakenUntil.lte(now));
    // What a newer version of the program entered is left to it.
    let known = agenda::Column::Kind.is_in(JobKind::ALL.map(JobKind::name));
    Condition::all().add(agenda::Column::Due.lte(now)).add(nobodys).add(known)
}

fn whole(at: OffsetDateTime) -> OffsetDateTime {
    at.truncate_to_second()
}

/// One entry.
fn entry(kind: JobKind, municipality: MunicipalityCode, subject: Uuid) -> Condition {
    Condition::all()
        .add(agenda::Column::Kind.eq(kind.name()))
        .add(agenda::Column::Municipality.eq(municipality.to_string()))
        .add(agenda::Column::Subject.eq(subject))
}

impl Store {
    /// Whether anything is due. A look that takes no lock, for whoever looks every second.
    pub async fn is_due(&self, _permit: &Permit<WorkAgenda>, at: OffsetDateTime) -> StoreResult<bool> {
        let due = every::<agenda::Entity>().filter(free(at)).limit(1);
        Ok(due.one(&self.connection).await?.is_some())
    }
}

impl Commons<WorkAgenda> {
    /// Takes what is due, the longest due first: for a minute it is nobody else's.
    pub async fn take(self, most: usize) -> StoreResult<Vec<Job>> {
        let due = every::<agenda::Entity>()
            .filter(free(self.at()))
            .order_by_asc(agenda::Column::Due)
            .limit(most as u64)
            // What another replica takes at this moment is passed over and not waited for.
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
        let taken_until = whole(self.at()) + TAKEN;
        let mut jobs = Vec::new();
        let mut taken = Condition::any();
        for row in self.all(due).await? {
            let municipality = parse(&row.municipality)?;
            let Some(kind) = JobKind::ALL.into_iter().find(|kind| kind.name() == row.kind) else { continue };
            taken = taken.add(entry(kind, municipality, row.subject));
            jobs.push(Job { kind, municipality, subject: row.subject, taken_until });
        }
        if !jobs.is_empty() {
            changing::<agenda::Entity>()
                .col_expr(agenda::Column::TakenUntil, Expr::value(taken_until))
                .filter(taken)
                .exec(self.connection())
                .await?;
            self.commit_unrecorded().await?;
        }
        Ok(jobs)
    }
}

impl<A: Action<Target = MunicipalityCode>> Tenant<A> {
    /// Enters a job on each subject, due at an instant. Where there is an entry already, the earlier instant counts; to put
    /// it off, [`Tenant::strike`] it first.
    pub(crate) async fn enter(
        &self,
        kind: JobKind,
        subjects: impl IntoIterator<Item = Uuid>,
        due: OffsetDateTime,
    ) -> StoreResult<()> {
        let mut subjects: Vec<Uuid> = subjects.into_iter().collect();
        if subjects.is_empty() {
            return Ok(());
        }
        // In one order, so that no two writers wait for each other.
        subjects.sort_unstable();
        let rows = subjects.into_iter().map(|subject| {
            agenda::Model {
                kind: kind.name().to_owned(),
                municipality: self.municipality().to_string(),
                subject,
                due: whole(due),
                taken_until: None,
            }
            .into_active_model()
        });
        let earlier = Expr::cust("CASE WHEN excluded.due < agenda.due THEN excluded.due ELSE agenda.due END");
        let there = OnConflict::columns([agenda::Column::Kind, agenda::Column::Municipality, agenda::Column::Subject])
            .value(agenda::Column::Due, earlier)
            .to_owned();
        sea_orm::Insert::many(rows).on_conflict(there).exec_without_returning(self.connection()).await?;
        Ok(())
    }

    /// Takes a job off the agenda, whoever has taken it.
    pub(crate) async fn strike(&self, kind: JobKind, subject: Uuid) -> StoreResult<()> {
        let entry = entry(kind, self.municipality(), subject);
        removing::<agenda::Entity>().filter(entry).exec(self.connection()).await?;
        Ok(())
    }

    /// Whether a job that was taken is still its worker's. If so, nobody else can take it or change its entry until the
    /// transaction ends, in which it is to be struck or put off.
    pub(crate) async fn hold(&self, job: &Job) -> StoreResult<bool> {
        let mine =
            entry(job.kind, self.municipality(), job.subject).add(agenda::Column::TakenUntil.eq(job.taken_until));
        let held = changing::<agenda::Entity>()
            .col_expr(agenda::Column::TakenUntil, Expr::value(job.taken_until))
            .filter(mine)
            .exec(self.connection())
            .await?;
        Ok(held.rows_affected > 0)
    }

    /// Gives a job back that is held, due at an instant.
    pub(crate) async fn put_off(&self, job: &Job, due: OffsetDateTime) -> StoreResult<()> {
        changing::<agenda::Entity>()
            .col_expr(agenda::Column::Due, Expr::value(whole(due)))
            .col_expr(agenda::Column::TakenUntil, Expr::value(None::<OffsetDateTime>))
            .filter(entry(job.kind, self.municipality(), job.subject))
            .exec(self.connection())
            .await?;
        Ok(())
    }
}
