//! Webhooks, and what they deliver.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use shirube_app::{Delivery, DeliveryFilter, Webhook as AppWebhook};
use shirube_domain::{DeliveryId, Error, municipality::MunicipalityCode, webhook};
use uuid::Uuid;

use super::Municipality;
use crate::{
    error::outward,
    id::GlobalId,
    limits::{look_up, spend},
    page::{PAGE_DEFAULT, PageInfo, cursor, read_cursor, size},
    query::{scope, service},
    scalars::DateTime,
};

/// Something that happened, of which a webhook tells.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "webhook::Event")]
pub(crate) enum WebhookEvent {
    /// A revision of a strategy was published (公表).
    Published,
    /// Figures were returned to a department (差戻し).
    Returned,
    /// The day has passed by which figures were due (期限超過).
    Overdue,
    /// Somebody tries the webhook out, by testWebhook. Every webhook gets it, so that it cannot be chosen.
    Ping,
}

/// How far a delivery has come (配信状況).
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "webhook::DeliveryState")]
pub(crate) enum WebhookDeliveryState {
    /// It is still to be made, or to be tried again.
    Pending,
    /// The receiver answered with a status of 200 to 299.
    Delivered,
    /// It was given up.
    Failed,
}

#[derive(Clone)]
pub(crate) struct Webhook(pub(crate) AppWebhook);

/// A webhook (Webhook通知) of a municipality: where the service sends a signed message when something happens.
#[Object]
impl Webhook {
    /// The global id.
    pub(super) async fn id(&self) -> ID {
        GlobalId::Webhook(self.0.municipality, self.0.id).id()
    }

    /// The municipality.
    async fn municipality(&self, context: &Context<'_>) -> Result<Municipality> {
        Municipality::of(context, self.0.municipality)
    }

    /// Where it sends to.
    async fn url(&self) -> &str {
        &self.0.url
    }

    /// Of what it tells.
    async fn events(&self) -> Vec<WebhookEvent> {
        self.0.events.iter().map(|event| (*event).into()).collect()
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// The name of whoever made it.
    async fn created_by(&self) -> &str {
        &self.0.created_by
    }

    /// Since when it tells nothing; null if it does.
    async fn disabled_at(&self) -> Option<DateTime> {
        self.0.disabled_at.map(DateTime)
    }

    /// Why it tells nothing: it was switched off, or its receiver answered 410.
    async fn disabled_reason(&self) -> Option<&str> {
        self.0.disabled_why.as_deref()
    }

    /// What it delivered and has to deliver (配信履歴), the latest first: of 30 days, and 1,000 at most.
    async fn deliveries(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "In which states; all if absent.")] states: Option<Vec<WebhookDeliveryState>>,
        #[graphql(desc = "How many, 1 to 100, from the start or behind `after`.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
        #[graphql(desc = "How many, 1 to 100, from the end or before `before`.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which the page ends.")] before: Option<String>,
    ) -> Result<WebhookDeliveryConnection> {
        let (code, id) = (self.0.municipality, self.0.id);
        let list = format!("deliveries:{code}:{id}");
        let filter = || {
            let (first, last) = (size("first", first)?, size("last", last)?);
            if first.is_some() && last.is_some() {
                return Err(Error::bad_input("first", "give first or last, not both"));
            }
            Ok(DeliveryFilter {
                states: states.map(|states| states.into_iter().map(Into::into).collect()),
                older_than: place("after", after.as_deref(), &list)?,
                newer_than: place("before", before.as_deref(), &list)?,
                ascending: last.is_some(),
                limit: first.or(last).unwrap_or(PAGE_DEFAULT) as u64,
            })
        };
        look_up(context)?;
        let page = async { service(context).deliveries(scope(context), code, id, filter()?).await };
        let page = page.await.map_err(outward)?;
        spend(context, page.deliveries.len())?;
        let edge = |of: Delivery| WebhookDeliveryEdge {
            cursor: cursor(&list, &of.id.to_string()),
            node: WebhookDelivery { municipality: code, of },
        };
        let edges: Vec<_> = page.deliveries.into_iter().map(edge).collect();
        Ok(WebhookDeliveryConnection {
            nodes: edges.iter().map(|edge| edge.node.clone()).collect(),
            page_info: PageInfo {
                has_previous_page: if last.is_some() { page.more } else { after.is_some() },
                has_next_page: if last.is_some() { before.is_some() } else { page.more },
                start_cursor: edges.first().map(|edge| edge.cursor.clone()),
                end_cursor: edges.last().map(|edge| edge.cursor.clone()),
            },
            edges,
        })
    }
}

/// The delivery of a cursor.
fn place(argument: &str, given: Option<&str>, list: &str) -> Result<Option<DeliveryId>, Error> {
    let Some(given) = given else { return Ok(None) };
    let key = read_cursor(given, list).map_err(|message| Error::bad_input(argument, message))?;
    let id = Uuid::parse_str(&key).map_err(|_| Error::bad_input(argument, "the item of this cursor does not exist"))?;
    Ok(Some(DeliveryId::from_uuid(id)))
}

#[derive(Clone)]
pub(crate) struct WebhookDelivery {
    pub(crate) municipality: MunicipalityCode,
    pub(crate) of: Delivery,
}

/// What a webhook tells of one event (配信). It is tried again for about a day until the receiver takes it, always under the
/// same key; a receiver that has heard of a key already may leave it.
#[Object]
impl WebhookDelivery {
    /// The global id.
    pub(super) async fn id(&self) -> ID {
        GlobalId::WebhookDelivery(self.municipality, self.of.id).id()
    }

    /// The key of the delivery (UUID): what is sent as `webhook-id`, the same in every attempt.
    async fn key(&self) -> String {
        self.of.id.to_string()
    }

    /// Of what it tells.
    async fn event(&self) -> WebhookEvent {
        self.of.event.into()
    }

    /// What is sent: JSON, to the letter.
    async fn payload(&self, context: &Context<'_>) -> String {
        service(context).delivery_body(self.municipality, &self.of)
    }

    /// How far it has come.
    async fn state(&self) -> WebhookDeliveryState {
        self.of.state.into()
    }

    /// How often it was tried.
    async fn attempts(&self) -> u32 {
        self.of.attempts
    }

    /// The HTTP status of the last answer; null if there was none.
    async fn status(&self) -> Option<u16> {
        self.of.status
    }

    /// Why the last attempt failed, where the status does not say it.
    async fn reason(&self) -> Option<&str> {
        self.of.reason.as_deref()
    }

    /// When it happened.
    async fn created_at(&self) -> DateTime {
        DateTime(self.of.created_at)
    }

    /// When it was last tried.
    async fn attempted_at(&self) -> Option<DateTime> {
        self.of.attempted_at.map(DateTime)
    }

    /// When it is tried next; null if it is not.
    async fn next_attempt_at(&self) -> Option<DateTime> {
        self.of.next_at.map(DateTime)
    }
}

/// A page of deliveries, the latest first.
#[derive(SimpleObject)]
pub(crate) struct WebhookDeliveryConnection {
    /// The deliveries of the page, each with its cursor.
    edges: Vec<WebhookDeliveryEdge>,
    /// The deliveries of the page.
    nodes: Vec<WebhookDelivery>,
    /// Where the page lies in the list.
    page_info: PageInfo,
}

/// A delivery of a page.
#[derive(SimpleObject)]
pub(crate) struct WebhookDeliveryEdge {
    /// Where the delivery stands; give it as `after` or `before`.
    cursor: String,
    /// The delivery.
    node: WebhookDelivery,
}
