//! What was done under an id that its caller chose, so that it is not done a second time. The row is written in the very
//! transaction of the change; its answer follows.

use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, Insert, IntoActiveModel, PaginatorTrait, QueryFilter,
    prelude::Expr,
    sea_query::{ExprTrait, OnConflict},
};
use shirube_access::{
    Attempt, Permit,
    table::{Action, KeepAnswer, Place, RecallMutation, Target},
};
use shirube_domain::municipality::MunicipalityCode;
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    Commons, StoreError, StoreResult,
    commons::{changing, every, removing},
    rows::{
        convert::parse,
        performed::{Column, Entity, Model},
    },
    tenant::set,
};

/// For how long a mutation is remembered.
const REMEMBERED: Duration = Duration::days(1);
/// The most mutations of one caller that are remembered at a time.
const MOST: usize = 10_000;
/// The longest answer that is kept, in bytes.
const ANSWER: usize = 256 * 1024;

/// A mutation that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Performed {
    /// By what it is known that the same was sent.
    pub fingerprint: String,
    /// The action of the access table that was permitted.
    pub action: String,
    /// The municipality to which it was done, if it was done to one.
    pub municipality: Option<MunicipalityCode>,
    /// The answer, as JSON, if it was kept.
    pub answer: Option<String>,
}

fn own(attempt: &Attempt) -> Condition {
    let (kind, id) = attempt.caller();
    Condition::all().add(Column::CallerKind.eq(kind.name())).add(Column::CallerId.eq(id))
}

fn this(attempt: &Attempt) -> Condition {
    own(attempt).add(Column::ClientMutationId.eq(attempt.id()))
}

/// Tells PostgreSQL whose rows the transaction is to see.
async fn open(transaction: &DatabaseTransaction, attempt: &Attempt) -> StoreResult<()> {
    set(transaction, "shirube.caller", &attempt.caller().1.to_string()).await
}

/// Writes down that the mutation for which a permit was asked is done, if that may be sent again. One that was done
/// within a day is refused, and with it all else in the transaction.
pub(crate) async fn remember<A: Action>(
    transaction: &DatabaseTransaction,
    permit: &Permit<A>,
    at: OffsetDateTime,
) -> StoreResult<()> {
    let Some(attempt) = permit.attempt().filter(|attempt| !attempt.is_done()) else { return Ok(()) };
    open(transaction, attempt).await?;
    let (kind, caller_id) = attempt.caller();
    let municipality = match permit.target().place() {
        Place::Municipality(code) => Some(code.to_string()),
        Place::Instance | Place::User(_) => None,
    };
    let row = Model {
        caller_kind: kind.name().to_owned(),
        caller_id,
        client_mutation_id: attempt.id().to_owned(),
        fingerprint: attempt.fingerprint().to_owned(),
        action: A::ROW.action.to_owned(),
        municipality,
        at,
        answer: None,
    };
    let over = OnConflict::columns([Column::CallerKind, Column::CallerId, Column::ClientMutationId])
        .update_columns([Column::Fingerprint, Column::Action, Column::Municipality, Column::At, Column::Answer])
        .action_and_where(Expr::col((Entity, Column::At)).lte(at - REMEMBERED))
        .to_owned();
    let written = Insert::one(row.into_active_model()).on_conflict(over).exec_without_returning(transaction).await?;
    if written == 1 { Ok(()) } else { Err(StoreError::Performed) }
}

impl Commons<RecallMutation> {
    /// What was done within a day under an id of the caller's; an error where nothing was, and there is no room for more.
    pub async fn performed(&self, attempt: &Attempt) -> StoreResult<Option<Performed>> {
        open(self.connection(), attempt).await?;
        let lately = Column::At.gt(self.at() - REMEMBERED);
        let Some(row) = self.one(every::<Entity>().filter(this(attempt)).filter(lately.clone())).await? else {
            let count = every::<Entity>().filter(own(attempt)).filter(lately).count(self.connection()).await?;
            return if count < MOST as u64 { Ok(None) } else { Err(StoreError::ManyPerformed(MOST)) };
        };
        let Model {
            caller_kind: _,
            caller_id: _,
            client_mutation_id: _,
            fingerprint,
            action,
            municipality,
            at: _,
            answer,
        } = row;
        let municipality = municipality.as_deref().map(parse).transpose()?;
        Ok(Some(Performed { fingerprint, action, municipality, answer }))
    }
}

impl Commons<KeepAnswer> {
    /// Keeps the answer to a mutation that was done, unless it is long, and forgets everybody's that are a day old.
    pub async fn keep_answer(self, attempt: &Attempt, answer: String) -> StoreResult<()> {
        open(self.connection(), attempt).await?;
        if answer.len() <= ANSWER {
            changing::<Entity>()
                .col_expr(Column::Answer, Expr::value(answer))
                .filter(this(attempt))
                .exec(self.connection())
                .await?;
        }
        let old = self.at() - REMEMBERED;
        set(self.connection(), "shirube.forget", &old.format(&Rfc3339).map_err(StoreError::corrupt)?).await?;
        removing::<Entity>().filter(Column::At.lte(old)).exec(self.connection()).await?;
        self.commit_unrecorded().await
    }
}
