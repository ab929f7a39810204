use std::sync::Mutex;

use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect, prelude::Uuid};
use serde_json::Value;
use shirube_access::{
    Actor, ActorKind,
    table::{ReadAudit, ReadInstanceAudit},
};
use shirube_domain::{AuditId, municipality::MunicipalityCode};
use time::OffsetDateTime;
use uuid::{ContextV7, Timestamp};

use crate::{
    Commons, StoreError, StoreResult, Tenant,
    commons::every,
    events::Event,
    rows::{members::audit, people::instance_audit},
};

/// A fresh id of an instant. Ids of one process grow even within a millisecond.
pub(crate) fn fresh_id(at: OffsetDateTime) -> Uuid {
    static CONTEXT: Mutex<ContextV7> = Mutex::new(ContextV7::new());
    let seconds = u64::try_from(at.unix_timestamp()).unwrap_or_default();
    Uuid::new_v7(Timestamp::from_unix(&CONTEXT, seconds, at.nanosecond()))
}

/// What is written down of a change, beside who made it and when.
#[derive(Debug)]
pub(crate) struct Record {
    event: &'static str,
    subject_kind: &'static str,
    subject: Option<String>,
    before: Option<Value>,
    after: Option<Value>,
    reason: Option<String>,
}

impl Record {
    /// Something happened to a subject of a kind.
    pub(crate) const fn new(event: &'static str, subject_kind: &'static str) -> Self {
        Self { event, subject_kind, subject: None, before: None, after: None, reason: None }
    }

    pub(crate) fn subject(mut self, subject: impl ToString) -> Self {
        self.subject = Some(subject.to_string());
        self
    }

    pub(crate) fn before(mut self, before: Value) -> Self {
        self.before = Some(before);
        self
    }

    pub(crate) fn after(mut self, after: Value) -> Self {
        self.after = Some(after);
        self
    }

    pub(crate) fn reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// What those hear who follow it.
    pub(crate) fn event(&self, municipality: Option<MunicipalityCode>) -> Event {
        Event::new(municipality, self.subject_kind, self.subject.as_deref(), self.event)
    }

    pub(crate) fn tenant_row(
        self,
        municipality: MunicipalityCode,
        actor: &Actor,
        action: &str,
        at: OffsetDateTime,
    ) -> audit::Model {
        let instance_audit::Model {
            id,
            at,
            actor_kind,
            actor_id,
            actor_name,
            address,
            request_id,
            action,
            event,
            subject_kind,
            subject,
            before,
            after,
            reason,
        } = self.common_row(actor, action, at);
        audit::Model {
            municipality: municipality.to_string(),
            id,
            at,
            actor_kind,
            actor_id,
            actor_name,
            address,
            request_id,
            action,
            event,
            subject_kind,
            subject,
            before,
            after,
            reason,
        }
    }

    pub(crate) fn common_row(self, actor: &Actor, action: &str, at: OffsetDateTime) -> instance_audit::Model {
        let Self { event, subject_kind, subject, before, after, reason } = self;
        let text = |value: Option<Value>| value.map(|value| value.to_string());
        instance_audit::Model {
            id: fresh_id(at),
            at,
            actor_kind: actor.kind.name().to_owned(),
            actor_id: actor.id,
            actor_name: actor.name.clone(),
            address: actor.address.map(|address| address.to_string()),
            request_id: actor.request.clone(),
            action: action.to_owned(),
            event: event.to_owned(),
            subject_kind: subject_kind.to_owned(),
            subject,
            before: text(before),
            after: text(after),
            reason,
        }
    }
}

/// A line of the audit trail (監査記録): who did what, when, from where, and what it was before and after.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    /// The id; later entries have larger ones.
    pub id: AuditId,
    /// When.
    pub at: OffsetDateTime,
    /// Who.
    pub actor_kind: ActorKind,
    /// The id of the user or key.
    pub actor_id: Option<Uuid>,
    /// The name then.
    pub actor_name: String,
    /// From which address.
    pub address: Option<String>,
    /// In which request.
    pub request_id: Option<String>,
    /// The action of the access table that was permitted.
    pub action: String,
    /// What happened.
    pub event: String,
    /// The kind of what it happened to.
    pub subject_kind: String,
    /// The id of what it happened to.
    pub subject: Option<String>,
    /// What it was before.
    pub before: Option<Value>,
    /// What it is since.
    pub after: Option<Value>,
    /// Why.
    pub reason: Option<String>,
}

/// Which lines of the audit trail, newest first. What is absent does not narrow.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// From this instant on.
    pub from: Option<OffsetDateTime>,
    /// Before this instant.
    pub to: Option<OffsetDateTime>,
    /// By this user or key.
    pub actor: Option<Uuid>,
    /// Of this action.
    pub action: Option<String>,
    /// On something of this kind.
    pub subject_kind: Option<String>,
    /// On this very thing.
    pub subject: Option<String>,
    /// This entry alone.
    pub id: Option<AuditId>,
    /// Older than this entry.
    pub older_than: Option<AuditId>,
    /// Newer than this entry.
    pub newer_than: Option<AuditId>,
    /// The oldest of them first.
    pub ascending: bool,
    /// At most so many.
    pub limit: u64,
}

/// The smallest id of an instant: ids begin with their milliseconds, so that a range of time is a range of ids.
fn bound(at: OffsetDateTime) -> Uuid {
    let milliseconds = u64::try_from(at.unix_timestamp_nanos().div_euclid(1_000_000)).unwrap_or_default();
    Uuid::from_u128(u128::from(milliseconds) << 80)
}

macro_rules! narrowed {
    ($selection:expr, $filter:expr, $table:ident) => {{
        use $table::Column;
        let AuditFilter {
            from,
            to,
            actor,
            action,
            subject_kind,
            subject,
            id,
            older_than,
            newer_than,
            ascending,
            limit,
        } = $filter;
        let mut selection = $selection;
        for (column, value) in
            [(Column::Action, action), (Column::SubjectKind, subject_kind), (Column::Subject, subject)]
        {
            if let Some(value) = value {
                selection = selection.filter(column.eq(value.clone()));
            }
        }
        if let Some(actor) = actor {
            selection = selection.filter(Column::ActorId.eq(*actor));
        }
        if let Some(id) = id {
            selection = selection.filter(Column::Id.eq(id.uuid()));
        }
        if let Some(from) = from {
            selection = selection.filter(Column::Id.gte(bound(*from)));
        }
        for id in [to.map(bound), older_than.map(AuditId::uuid)].into_iter().flatten() {
            selection = selection.filter(Column::Id.lt(id));
        }
        if let Some(newer_than) = newer_than {
            selection = selection.filter(Column::Id.gt(newer_than.uuid()));
        }
        let selection = selection.limit(*limit);
        if *ascending { selection.order_by_asc(Column::Id) } else { selection.order_by_desc(Column::Id) }
    }};
}

impl Tenant<ReadAudit> {
    /// Lines of the municipality's audit trail, newest first unless the filter says otherwise.
    pub async fn entries(&self, filter: &AuditFilter) -> StoreResult<Vec<AuditEntry>> {
        let rows = self.all(narrowed!(self.rows::<audit::Entity>(), filter, audit)).await?;
        rows.into_iter()
            .map(|row| {
                let audit::Model {
                    municipality: _,
                    id,
                    at,
                    actor_kind,
                    actor_id,
                    actor_name,
                    address,
                    request_id,
                    action,
                    event,
                    subject_kind,
                    subject,
                    before,
                    after,
                    reason,
                } = row;
                entry(instance_audit::Model {
                    id,
                    at,
                    actor_kind,
                    actor_id,
                    actor_name,
                    address,
                    request_id,
                    action,
                    event,
                    subject_kind,
                    subject,
                    before,
                    after,
                    reason,
                })
            })
            .collect()
    }
}

impl Commons<ReadInstanceAudit> {
    /// Lines of the instance's own audit trail, newest first unless the filter says otherwise.
    pub async fn entries(&self, filter: &AuditFilter) -> StoreResult<Vec<AuditEntry>> {
        let rows = self.all(narrowed!(every::<instance_audit::Entity>(), filter, instance_audit)).await?;
        rows.into_iter().map(entry).collect()
    }
}

fn entry(row: instance_audit::Model) -> StoreResult<AuditEntry> {
    let instance_audit::Model {
        id,
        at,
        actor_kind,
        actor_id,
        actor_name,
        address,
        request_id,
        action,
        event,
        subject_kind,
        subject,
        before,
        after,
        reason,
    } = row;
    let kind = ActorKind::ALL.into_iter().find(|kind| kind.name() == actor_kind);
    let value = |text: Option<String>| text.map(|text| serde_json::from_str(&text)).transpose();
    Ok(AuditEntry {
        id: AuditId::from_uuid(id),
        at,
        actor_kind: kind.ok_or_else(|| StoreError::corrupt(format!("{actor_kind} is not a kind of actor")))?,
        actor_id,
        actor_name,
        address,
        request_id,
        action,
        event,
        subject_kind,
        subject,
        before: value(before).map_err(StoreError::corrupt)?,
        after: value(after).map_err(StoreError::corrupt)?,
        reason,
    })
}
