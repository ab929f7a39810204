//! Webhooks of a municipality, and what they have to deliver.
//!
//! What a webhook tells is written down as a delivery in the transaction of what happened, so that it is told if and only
//! if it happened. The agenda has one entry a webhook: it is delivered to by one worker at a time, and a slow receiver holds
//! up nobody else's.

use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, prelude::Expr, sea_query::LockType};
use serde_json::{Value, json};
use shirube_access::table::{Action, ManageWebhooks};
use shirube_domain::{
    DeliveryId, WebhookId,
    municipality::MunicipalityCode,
    strategy::{Revision, Strategy},
    webhook::{DeliveryState, Event, WebhookUrl},
};
use time::{Duration, OffsetDateTime};

use crate::{
    StoreError, StoreResult, Tenant,
    agenda::JobKind,
    audit::{Record, fresh_id},
    rows::webhooks::{webhook, webhook_delivery},
};

/// The most webhooks of a municipality.
const WEBHOOKS: usize = 20;
/// For how long deliveries are kept.
pub(crate) const KEPT: Duration = Duration::days(30);

/// A webhook, without its secret, which is stored nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// The id.
    pub id: WebhookId,
    /// Whose it is.
    pub municipality: MunicipalityCode,
    /// Where it sends to.
    pub url: String,
    /// Of what it tells.
    pub events: Vec<Event>,
    /// How often its secret has been replaced.
    pub turn: u32,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// The name of who made it.
    pub created_by: String,
    /// Since when it tells nothing.
    pub disabled_at: Option<OffsetDateTime>,
    /// Why not.
    pub disabled_why: Option<String>,
}

/// What a webhook tells of one event.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// The id, the same in every attempt.
    pub id: DeliveryId,
    /// Which webhook tells it.
    pub webhook: WebhookId,
    /// Of what it tells.
    pub event: Event,
    /// What it tells of that.
    pub about: Value,
    /// How far it has come.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    /// The HTTP status of the last answer.
    pub status: Option<u16>,
    /// Why the last attempt failed, in a few words.
    pub reason: Option<String>,
    /// When it happened.
    pub created_at: OffsetDateTime,
    /// When it was last tried.
    pub attempted_at: Option<OffsetDateTime>,
    /// When it is tried next.
    pub next_at: Option<OffsetDateTime>,
}

/// What is to be changed of a webhook. What is absent stays.
#[derive(Debug, Default)]
pub struct WebhookChange {
    /// Where it sends to.
    pub url: Option<WebhookUrl>,
    /// Of what it tells.
    pub events: Option<Vec<Event>>,
    /// Whether it tells anything.
    pub enabled: Option<bool>,
}

/// Which deliveries of a webhook, the latest first. What is absent does not narrow.
#[derive(Debug, Clone, Default)]
pub struct DeliveryFilter {
    /// In one of these states.
    pub states: Option<Vec<DeliveryState>>,
    /// Older than this one.
    pub older_than: Option<DeliveryId>,
    /// Newer than this one.
    pub newer_than: Option<DeliveryId>,
    /// The oldest of them first.
    pub ascending: bool,
    /// At most so many.
    pub limit: u64,
}

/// What became of a delivery that somebody asked for.
#[derive(Debug)]
pub enum Asked {
    /// It will be made.
    Entered(Box<Delivery>),
    /// There is one already that is still to be made.
    Pending,
    /// The webhook is disabled.
    Disabled,
    /// There is no such webhook or delivery.
    NotFound,
}

fn stored_events(events: &[Event]) -> String {
    events.iter().map(|event| event.name()).collect::<Vec<_>>().join(" ")
}

fn event(stored: &str) -> StoreResult<Event> {
    Event::named(stored).ok_or_else(|| StoreError::corrupt(format!("{stored} is no event")))
}

fn count(stored: i32) -> StoreResult<u32> {
    u32::try_from(stored).map_err(StoreError::corrupt)
}

pub(crate) fn webhook_of(row: webhook::Model) -> StoreResult<Webhook> {
    let webhook::Model { municipality, id, url, events, turn, created_at, created_by, disabled_at, disabled_why } = row;
    Ok(Webhook {
        id: WebhookId::from_uuid(id),
        municipality: crate::rows::convert::parse(&municipality)?,
        url,
        events: events.split_whitespace().map(event).collect::<StoreResult<_>>()?,
        turn: count(turn)?,
        created_at,
        created_by,
        disabled_at,
        disabled_why,
    })
}

pub(crate) fn delivery_of(row: webhook_delivery::Model) -> StoreResult<Delivery> {
    let webhook_delivery::Model {
        municipality: _,
        id,
        webhook_id,
        event: event_name,
        about,
        state,
        attempts,
        status,
        reason,
        created_at,
        attempted_at,
        next_at,
    } = row;
    Ok(Delivery {
        id: DeliveryId::from_uuid(id),
        webhook: WebhookId::from_uuid(webhook_id),
        event: event(&event_name)?,
        about: serde_json::from_str(&about).map_err(StoreError::corrupt)?,
        state: DeliveryState::named(&state).ok_or_else(|| StoreError::corrupt(format!("{state} is no state")))?,
        attempts: count(attempts)?,
        status: status.map(u16::try_from).transpose().map_err(StoreError::corrupt)?,
        reason,
        created_at,
        attempted_at,
        next_at,
    })
}

/// What is told of a publication.
pub(crate) fn about_publication(strategy: &Strategy, revision: &Revision) -> Value {
    let parts = strategy.parts();
    json!({
        "strategy": parts.id.to_string(),
        "term": parts.term.number,
        "revision": revision.number,
        "hash": revision.hash,
    })
}

impl<A: Action<Target = MunicipalityCode>> Tenant<A> {
    /// Lets every webhook that wants to know of an event tell of it, from an instant on. What it tells is made last with the
    /// transaction, and delivered after that. Three statements at most, however many webhooks there are.
    pub(crate) async fn tell(&self, event: Event, about: &Value, from: OffsetDateTime) -> StoreResult<()> {
        let enabled = self.rows::<webhook::Entity>().filter(webhook::Column::DisabledAt.is_null());
        // None of them goes before the transaction ends.
        let enabled = enabled.lock(LockType::KeyShare);
        let mut wanted = Vec::new();
        for row in self.all(enabled).await? {
            let webhook = webhook_of(row)?;
            if webhook.events.contains(&event) {
                wanted.push(webhook.id);
            }
        }
        self.enter_deliveries(&wanted, event, about, from).await.map(|_| ())
    }

    async fn enter_deliveries(
        &self,
        webhooks: &[WebhookId],
        event: Event,
        about: &Value,
        from: OffsetDateTime,
    ) -> StoreResult<Vec<webhook_delivery::Model>> {
        let row = |webhook: &WebhookId| webhook_delivery::Model {
            municipality: self.municipality().to_string(),
            id: fresh_id(self.at()),
            webhook_id: webhook.uuid(),
            event: event.name().to_owned(),
            about: about.to_string(),
            state: DeliveryState::Pending.name().to_owned(),
            attempts: 0,
            status: None,
            reason: None,
            created_at: self.at(),
            attempted_at: None,
            next_at: Some(from.truncate_to_second()),
        };
        let rows: Vec<_> = webhooks.iter().map(row).collect();
        self.insert::<webhook_delivery::Entity>(rows.clone()).await?;
        self.enter(JobKind::Webhook, webhooks.iter().map(|webhook| webhook.uuid()), from).await?;
        Ok(rows)
    }

    pub(crate) async fn webhook_row(&self, id: WebhookId) -> StoreResult<Option<webhook::Model>> {
        self.one(self.rows::<webhook::Entity>().filter(webhook::Column::Id.eq(id.uuid()))).await
    }

    /// The same for whoever is to change it or what it delivers: they come one after the other. Locks are taken in this
    /// order: the webhook, its entry in the agenda, its deliveries.
    pub(crate) async fn locked_webhook(&self, id: WebhookId) -> StoreResult<Option<webhook::Model>> {
        let found = self.rows::<webhook::Entity>().filter(webhook::Column::Id.eq(id.uuid()));
        self.one(found.lock(LockType::NoKeyUpdate)).await
    }

    pub(crate) async fn delivery_row(&self, id: DeliveryId) -> StoreResult<Option<webhook_delivery::Model>> {
        self.one(self.rows::<webhook_delivery::Entity>().filter(webhook_delivery::Column::Id.eq(id.uuid()))).await
    }

    /// The deliveries of a webhook that are still to be made.
    pub(crate) fn pending(&self, id: WebhookId) -> sea_orm::Select<webhook_delivery::Entity> {
        self.rows::<webhook_delivery::Entity>()
            .filter(webhook_delivery::Column::WebhookId.eq(id.uuid()))
            .filter(webhook_delivery::Column::State.eq(DeliveryState::Pending.name()))
    }

    /// Makes a webhook tell nothing, and gives up what it has not told.
    pub(crate) async fn disable(&self, id: WebhookId, why: &str) -> StoreResult<()> {
        self.update::<webhook::Entity>()
            .col_expr(webhook::Column::DisabledAt, Expr::value(self.at()))
            .col_expr(webhook::Column::DisabledWhy, Expr::value(why))
            .filter(webhook::Column::Id.eq(id.uuid()))
            .exec(self.connection())
            .await?;
        self.give_up(id).await
    }

    /// Gives up what a webhook has not told.
    pub(crate) async fn give_up(&self, id: WebhookId) -> StoreResult<()> {
        self.update::<webhook_delivery::Entity>()
            .col_expr(webhook_delivery::Column::State, Expr::value(DeliveryState::Failed.name()))
            .col_expr(webhook_delivery::Column::Reason, Expr::value("the webhook was disabled"))
            .col_expr(webhook_delivery::Column::NextAt, Expr::value(None::<OffsetDateTime>))
            .filter(webhook_delivery::Column::WebhookId.eq(id.uuid()))
            .filter(webhook_delivery::Column::State.eq(DeliveryState::Pending.name()))
            .exec(self.connection())
            .await?;
        Ok(())
    }

    /// When there is something to be done about a webhook: to try a delivery, or to forget one.
    pub(crate) async fn webhook_due(&self, id: WebhookId) -> StoreResult<Option<OffsetDateTime>> {
        use webhook_delivery::Column;
        let next = self.pending(id).select_only().column(Column::NextAt).order_by_asc(Column::NextAt).limit(1);
        let next: Option<(Option<OffsetDateTime>,)> = self.first(next.into_tuple()).await?;
        if let Some((due,)) = next {
            return Ok(Some(due.unwrap_or_else(|| self.at())));
        }
        let oldest = self.rows::<webhook_delivery::Entity>().filter(Column::WebhookId.eq(id.uuid()));
        let oldest = oldest.select_only().column(Column::CreatedAt).order_by_asc(Column::Id).limit(1);
        let oldest: Option<(OffsetDateTime,)> = self.first(oldest.into_tuple()).await?;
        // A little later than to the second, so that it is old enough then.
        Ok(oldest.map(|(created_at,)| created_at + KEPT + Duration::minutes(1)))
    }
}

impl Tenant<ManageWebhooks> {
    /// All webhooks, in the order in which they were made.
    pub async fn webhooks(&self) -> StoreResult<Vec<Webhook>> {
        let rows = self.all(self.rows::<webhook::Entity>().order_by_asc(webhook::Column::Id)).await?;
        rows.into_iter().map(webhook_of).collect()
    }

    /// The webhook of an id.
    pub async fn webhook(&self, id: WebhookId) -> StoreResult<Option<Webhook>> {
        self.webhook_row(id).await?.map(webhook_of).transpose()
    }

    /// The delivery of an id.
    pub async fn delivery(&self, id: DeliveryId) -> StoreResult<Option<Delivery>> {
        self.delivery_row(id).await?.map(delivery_of).transpose()
    }

    /// Deliveries of a webhook, the latest first unless the filter says otherwise.
    pub async fn deliveries(&self, webhook: WebhookId, filter: &DeliveryFilter) -> StoreResult<Vec<Delivery>> {
        use webhook_delivery::Column;
        let DeliveryFilter { states, older_than, newer_than, ascending, limit } = filter;
        let mut found =
            self.rows::<webhook_delivery::Entity>().filter(Column::WebhookId.eq(webhook.uuid())).limit(*limit);
        if let Some(states) = states {
            found = found.filter(Column::State.is_in(states.iter().map(|state| state.name())));
        }
        if let Some(id) = older_than {
            found = found.filter(Column::Id.lt(id.uuid()));
        }
        if let Some(id) = newer_than {
            found = found.filter(Column::Id.gt(id.uuid()));
        }
        found = if *ascending { found.order_by_asc(Column::Id) } else { found.order_by_desc(Column::Id) };
        self.all(found).await?.into_iter().map(delivery_of).collect()
    }

    /// Makes a webhook.
    pub async fn make_webhook(self, url: &WebhookUrl, events: &[Event]) -> StoreResult<Webhook> {
        if self.rows::<webhook::Entity>().count(self.connection()).await? >= WEBHOOKS as u64 {
            return Err(StoreError::TooMany { what: "webhooks", most: WEBHOOKS });
        }
        let row = webhook::Model {
            municipality: self.municipality().to_string(),
            id: fresh_id(self.at()),
            url: url.to_string(),
            events: stored_events(events),
            turn: 0,
            created_at: self.at(),
            created_by: self.permit().actor().name.clone(),
            disabled_at: None,
            disabled_why: None,
        };
        self.insert::<webhook::Entity>(vec![row.clone()]).await?;
        let record = Record::new("webhook_made", "webhook").subject(row.id);
        self.commit(record.after(json!({ "to": url.origin(), "events": row.events }))).await?;
        webhook_of(row)
    }

    /// Changes a webhook; `None` if there is no such webhook.
    pub async fn change_webhook(self, id: WebhookId, change: WebhookChange) -> StoreResult<Option<Webhook>> {
        let Some(row) = self.locked_webhook(id).await? else { return Ok(None) };
        let WebhookChange { url, events, enabled } = change;
        let told = |row: &webhook::Model| json!({ "events": row.events, "enabled": row.disabled_at.is_none() });
        let (before, mut after) = (told(&row), row.clone());
        if let Some(url) = &url {
            after.url = url.to_string();
        }
        if let Some(events) = events {
            after.events = stored_events(&events);
        }
        if enabled == Some(true) {
            (after.disabled_at, after.disabled_why) = (None, None);
        }
        self.update::<webhook::Entity>()
            .col_expr(webhook::Column::Url, Expr::value(after.url.clone()))
            .col_expr(webhook::Column::Events, Expr::value(after.events.clone()))
            .col_expr(webhook::Column::DisabledAt, Expr::value(after.disabled_at))
            .col_expr(webhook::Column::DisabledWhy, Expr::value(after.disabled_why.clone()))
            .filter(webhook::Column::Id.eq(id.uuid()))
            .exec(self.connection())
            .await?;
        if enabled == Some(false) && after.disabled_at.is_none() {
            let why = "switched off";
            self.disable(id, why).await?;
            (after.disabled_at, after.disabled_why) = (Some(self.at()), Some(why.to_owned()));
        }
        let mut now = told(&after);
        if let Some(url) = url {
            now["to"] = url.origin().into();
        }
        self.commit(Record::new("webhook_changed", "webhook").subject(id).before(before).after(now)).await?;
        webhook_of(after).map(Some)
    }

    /// Removes a webhook with all its deliveries; `None` if there is no such webhook.
    pub async fn remove_webhook(self, id: WebhookId) -> StoreResult<Option<Webhook>> {
        // Nobody may be telling it of something at this moment.
        let found = self.rows::<webhook::Entity>().filter(webhook::Column::Id.eq(id.uuid()));
        let Some(row) = self.one(found.lock_exclusive()).await? else { return Ok(None) };
        self.strike(JobKind::Webhook, id.uuid()).await?;
        self.delete::<webhook::Entity>().filter(webhook::Column::Id.eq(id.uuid())).exec(self.connection()).await?;
        self.commit(Record::new("webhook_removed", "webhook").subject(id)).await?;
        webhook_of(row).map(Some)
    }

    /// Replaces the secret of a webhook by the next one; `None` if there is no such webhook.
    pub async fn turn_secret(self, id: WebhookId) -> StoreResult<Option<Webhook>> {
        let Some(mut row) = self.locked_webhook(id).await? else { return Ok(None) };
        row.turn += 1;
        self.update::<webhook::Entity>()
            .col_expr(webhook::Column::Turn, Expr::value(row.turn))
            .filter(webhook::Column::Id.eq(id.uuid()))
            .exec(self.connection())
            .await?;
        self.commit(Record::new("webhook_secret_replaced", "webhook").subject(id)).await?;
        webhook_of(row).map(Some)
    }

    /// Tries a webhook out, unless such a try is still to be made.
    pub async fn ping(self, id: WebhookId) -> StoreResult<Asked> {
        let Some(row) = self.locked_webhook(id).await? else { return Ok(Asked::NotFound) };
        if row.disabled_at.is_some() {
            return Ok(Asked::Disabled);
        }
        let waiting = self.pending(id).filter(webhook_delivery::Column::Event.eq(Event::Ping.name()));
        if self.one(waiting).await?.is_some() {
            return Ok(Asked::Pending);
        }
        let mut entered = self.enter_deliveries(&[id], Event::Ping, &json!({}), self.at()).await?;
        self.commit(Record::new("webhook_tried", "webhook").subject(id)).await?;
        let delivery = entered.pop().ok_or_else(|| StoreError::corrupt("a delivery was not entered"))?;
        Ok(Asked::Entered(Box::new(delivery_of(delivery)?)))
    }

    /// Makes a delivery again that was made or given up, under the same id.
    pub async fn redeliver(self, id: DeliveryId) -> StoreResult<Asked> {
        use webhook_delivery::Column;
        let Some(mut row) = self.delivery_row(id).await? else { return Ok(Asked::NotFound) };
        let webhook = WebhookId::from_uuid(row.webhook_id);
        if row.state == DeliveryState::Pending.name() {
            return Ok(Asked::Pending);
        }
        if self.locked_webhook(webhook).await?.is_none_or(|webhook| webhook.disabled_at.is_some()) {
            return Ok(Asked::Disabled);
        }
        self.enter(JobKind::Webhook, [webhook.uuid()], self.at()).await?;
        DeliveryState::Pending.name().clone_into(&mut row.state);
        (row.attempts, row.next_at) = (0, Some(self.at().truncate_to_second()));
        self.update::<webhook_delivery::Entity>()
            .col_expr(Column::State, Expr::value(row.state.clone()))
            .col_expr(Column::Attempts, Expr::value(row.attempts))
            .col_expr(Column::NextAt, Expr::value(row.next_at))
            .filter(Column::Id.eq(id.uuid()))
            .exec(self.connection())
            .await?;
        self.commit(Record::new("delivery_repeated", "webhook").subject(webhook)).await?;
        Ok(Asked::Entered(Box::new(delivery_of(row)?)))
    }
}
