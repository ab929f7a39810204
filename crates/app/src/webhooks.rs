//! Webhooks: managed by a municipality's administrators, and delivered by the service.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;
use shirube_access::{
    Scope, WebhookSecret,
    table::{DeliverWebhooks, ManageWebhooks},
};
use shirube_domain::{
    DeliveryId, Error, WebhookId,
    municipality::MunicipalityCode,
    webhook::{Event, Verdict, WebhookUrl, verdict},
};
use shirube_store::{Asked, Delivery, DeliveryFilter, Job, Report, Webhook, WebhookChange};
use time::{UtcOffset, format_description::well_known::Rfc3339};

use crate::App;

const NO_WEBHOOK: Error = Error::NotFound { what: "the webhook" };
const NO_DELIVERY: Error = Error::NotFound { what: "the delivery" };

/// A webhook and its secret, which is shown when it is made or replaced.
#[derive(Debug)]
pub struct MadeWebhook {
    /// The webhook.
    pub webhook: Webhook,
    /// The secret.
    pub secret: WebhookSecret,
}

/// What somebody wants to change of a webhook. What is absent stays.
#[derive(Debug, Default)]
pub struct WebhookEdit<'a> {
    /// Where it sends to.
    pub url: Option<&'a str>,
    /// Of what it tells.
    pub events: Option<Vec<Event>>,
    /// Whether it tells anything.
    pub enabled: Option<bool>,
}

/// A page of deliveries.
#[derive(Debug)]
pub struct DeliveryPage {
    /// The deliveries, the latest first.
    pub deliveries: Vec<Delivery>,
    /// Whether there are more in the direction that was asked for.
    pub more: bool,
}

/// What somebody wants to be told of: something, each once, and not that they try it.
fn events(mut events: Vec<Event>) -> Result<Vec<Event>, Error> {
    events.sort_unstable();
    events.dedup();
    if events.is_empty() {
        return Err(Error::bad_input("events", "say of what it is to tell: one event at least"));
    }
    if events.contains(&Event::Ping) {
        return Err(Error::bad_input("events", "leave PING out; every webhook gets it when somebody tries it out"));
    }
    Ok(events)
}

/// What became of a delivery that was asked for, told at a place of the input.
fn entered(asked: Asked, place: &str, missing: Error) -> Result<Delivery, Error> {
    match asked {
        Asked::Entered(delivery) => Ok(*delivery),
        Asked::Pending => Err(Error::conflict(place, "it is still to be delivered; wait for what becomes of it")),
        Asked::Disabled => Err(Error::conflict(place, "the webhook is disabled; enable it first")),
        Asked::NotFound => Err(missing),
    }
}

impl App {
    fn webhook_url(&self, text: &str) -> Result<WebhookUrl, Error> {
        WebhookUrl::read(text, self.sender.reach()).map_err(|why| Error::bad_input("url", why))
    }

    fn webhook_secret(&self, webhook: &Webhook) -> Result<WebhookSecret, Error> {
        let key = self.options.keys.webhook_key().map_err(Error::internal)?;
        Ok(key.secret(webhook.municipality, webhook.id, webhook.turn))
    }

    /// The webhooks of a municipality, in the order in which they were made.
    pub async fn webhooks(&self, scope: &Scope, municipality: MunicipalityCode) -> Result<Vec<Webhook>, Error> {
        let permit = scope.permit::<ManageWebhooks>(municipality)?;
        Ok(self.store.tenant(permit, self.now()).await?.webhooks().await?)
    }

    /// The webhook of an id.
    pub async fn webhook(
        &self,
        scope: &Scope,
        municipality: MunicipalityCode,
        id: WebhookId,
    ) -> Result<Webhook, Error> {
        let permit = scope.permit::<ManageWebhooks>(municipality)?;
        self.store.tenant(permit, self.now()).await?.webhook(id).await?.ok_or(NO_WEBHOOK)
    }

    /// The delivery of an id.
    pub async fn delivery(
        &self,
        scope: &Scope,
        municipality: MunicipalityCode,
        id: DeliveryId,
    ) -> Result<Delivery, Error> {
        let permit = scope.permit::<ManageWebhooks>(municipality)?;
        self.store.tenant(permit, self.now()).await?.delivery(id).await?.ok_or(NO_DELIVERY)
    }

    /// Deliveries of a webhook, the latest first. `filter.limit` is the size of the page; `filter.ascending` asks for the
    /// oldest that fit, which come latest first, too.
    pub async fn deliveries(
        &self,
        scope: &Scope,
        municipality: MunicipalityCode,
        webhook: WebhookId,
        filter: DeliveryFilter,
    ) -> Result<DeliveryPage, Error> {
        let permit = scope.permit::<ManageWebhooks>(municipality)?;
        let (size, ascending) = (usize::try_from(filter.limit).unwrap_or(usize::MAX), filter.ascending);
        let filter = DeliveryFilter { limit: filter.limit + 1, ..filter };
        let mut deliveries = self.store.tenant(permit, self.now()).await?.deliveries(webhook, &filter).await?;
        let more = deliveries.len() > size;
        deliveries.truncate(size);
        if ascending {
            deliveries.reverse();
        }
        Ok(DeliveryPage { deliveries, more })
    }

    /// Makes a webhook; its secret is shown once.
    pub async fn make_webhook(
        &self,
        scope: &Scope,
        municipality: MunicipalityCode,
        url: &str,
        wanted: Vec<Event>,
    ) -> Result<MadeWebhook, Error> {
        let permit = scope.permit::<ManageWebhooks>(municipality)?;
        let (url, wanted) = (self.webhook_url(url)?, events(wanted)?);
        let webhook = self.store.tenant(permit, self.now()).await?.make_webhook(&url, &wanted).await?;
        let secret = self.webhook_secret(&webhook)?;
        Ok(MadeWebhook { webhook, secret })
    }

    /// Changes where a webhook sends to, of what it tells, and whether it does. What is absent stays.
    pub async fn change_webhook(
        &self,
        scope: &Scope,
        municipality: MunicipalityCode,
        id: WebhookId,
        edit: WebhookEdit<'_>,
    ) -> Result<Webhook, Error> {
        let permit = scope.permit::<ManageWebhooks>(municipality)?;
        let url = edit.url.map(|url| self.webhook_url(url)).transpose()?;
        let change = WebhookChange { url, events: edit.events.map(events).transpose()?, enabled: edit.enabled };
        self.store.tenant(permit, self.now()).await?.change_webhook(id, change).await?.ok_or(NO_WEBHOOK)
    }

    /// Removes a webhook with all its deliveries; gives what it was.
    pub async fn remove_webhook(
        &self,
        scope: &Scope,
        municipality: MunicipalityCode,
        id: WebhookId,
    ) -> Result<Webhook, Error> {
        let permit = scope.permit::<ManageWebhooks>(municipality)?;
        self.store.tenant(permit, self.now()).await?.remove_webhook(id).await?.ok_or(NO_WEBHOOK)
    }

    /// Gives a webhook another secret, which is shown once. What is sent from now on is signed with it.
    pub async fn replace_webhook_secret(
        &self,
        scope: &Scope,
        municipality: MunicipalityCode,
        id: WebhookId,
    ) -> Result<MadeWebhook, Error> {
        let permit = scope.permit::<ManageWebhooks>(municipality)?;
        let webhook = self.store.tenant(permit, self.now()).await?.turn_secret(id).await?.ok_or(NO_WEBHOOK)?;
        let secret = self.webhook_secret(&webhook)?;
        Ok(MadeWebhook { webhook, secret })
    }

    /// Tries a webhook out.
    pub async fn try_webhook(
        &self,
        scope: &Scope,
        municipality: MunicipalityCode,
        id: WebhookId,
    ) -> Result<Delivery, Error> {
        let permit = scope.permit::<ManageWebhooks>(municipality)?;
        entered(self.store.tenant(permit, self.now()).await?.ping(id).await?, "id", NO_WEBHOOK)
    }

    /// Makes a delivery again that was made or given up.
    pub async fn redeliver(
        &self,
        scope: &Scope,
        municipality: MunicipalityCode,
        id: DeliveryId,
    ) -> Result<Delivery, Error> {
        let permit = scope.permit::<ManageWebhooks>(municipality)?;
        entered(self.store.tenant(permit, self.now()).await?.redeliver(id).await?, "id", NO_DELIVERY)
    }

    /// What is sent: the same text in every attempt.
    pub fn delivery_body(&self, municipality: MunicipalityCode, delivery: &Delivery) -> String {
        let mut data = delivery.about.clone();
        if delivery.event == Event::Published {
            let (term, revision) = (&data["term"], &data["revision"]);
            let query = format!(
                "{{strategy(municipality:\"{municipality}\",term:{term},revision:{revision})\
                 {{id title revision{{number publishedAt hash}}}}}}"
            );
            let query = utf8_percent_encode(&query, NON_ALPHANUMERIC);
            data["url"] = format!("{}/graphql?query={query}", self.public_url()).into();
        }
        let at = delivery.created_at.to_offset(UtcOffset::UTC).truncate_to_millisecond();
        json!({
            "id": delivery.id.to_string(),
            "type": delivery.event.name(),
            "timestamp": at.format(&Rfc3339).unwrap_or_default(),
            "municipality": municipality.to_string(),
            "data": data,
        })
        .to_string()
    }

    /// Delivers what a webhook has to tell now, and writes down what became of it.
    pub(crate) async fn deliver(&self, job: &Job) -> Result<(), Error> {
        let permit = || Scope::machine().permit::<DeliverWebhooks>(job.municipality);
        let tenant = self.store.tenant(permit()?, self.now()).await?;
        let next = tenant.next_delivery(WebhookId::from_uuid(job.subject)).await?;
        // No transaction waits for a receiver.
        drop(tenant);
        let report = match next {
            Some((webhook, delivery)) => {
                // What is told can be read here, whoever published it.
                if delivery.event == Event::Published {
                    self.refresh().await?;
                }
                Some(self.attempt(&webhook, &delivery).await?)
            }
            None => None,
        };
        Ok(self.store.tenant(permit()?, self.now()).await?.finish(job, report).await?)
    }

    /// Tries a delivery once.
    async fn attempt(&self, webhook: &Webhook, delivery: &Delivery) -> Result<Report, Error> {
        let failed =
            |why: String| Report { delivery: delivery.id, verdict: Verdict::Again, status: None, reason: Some(why) };
        // What may be reached may have changed since.
        let url = match WebhookUrl::read(&webhook.url, self.sender.reach()) {
            Ok(url) => url,
            Err(why) => return Ok(failed(why)),
        };
        let body = self.delivery_body(webhook.municipality, delivery);
        let timestamp = self.now().unix_timestamp();
        let signature = self.webhook_secret(webhook)?.sign(delivery.id, timestamp, &body);
        let headers = [
            ("webhook-id", delivery.id.to_string()),
            ("webhook-timestamp", timestamp.to_string()),
            ("webhook-signature", signature),
        ];
        let answer = self.sender.post(&url, headers, body).await;
        let (municipality, id) = (webhook.municipality, webhook.id);
        Ok(match answer {
            Ok(status) => {
                tracing::info!(%municipality, webhook = %id, delivery = %delivery.id, status, "a webhook was answered");
                let reason = (300..400).contains(&status).then(|| "redirects are not followed".to_owned());
                Report { delivery: delivery.id, verdict: verdict(status), status: Some(status), reason }
            }
            Err(error) => {
                tracing::info!(%municipality, webhook = %id, delivery = %delivery.id, %error, "a webhook was not answered");
                failed(error.to_string())
            }
        })
    }
}
