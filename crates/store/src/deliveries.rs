//! Delivering: what a webhook is to tell next, and what became of it.

use sea_orm::{ColumnTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, prelude::Expr};
use serde_json::json;
use shirube_access::table::DeliverWebhooks;
use shirube_domain::{
    DeliveryId, WebhookId,
    webhook::{DeliveryState, Verdict, wait},
};

use crate::{
    StoreError, StoreResult, Tenant,
    agenda::Job,
    audit::Record,
    rows::webhooks::webhook_delivery,
    webhooks::{Delivery, KEPT, Webhook, delivery_of, webhook_of},
};

/// How many deliveries of a webhook are kept, beside those that are still to be made.
const MOST: u64 = 1_000;

/// What became of an attempt at a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The delivery.
    pub delivery: DeliveryId,
    /// What is to become of it.
    pub verdict: Verdict,
    /// The HTTP status of the answer, if there was one.
    pub status: Option<u16>,
    /// Why it failed, in a few words.
    pub reason: Option<String>,
}

impl Tenant<DeliverWebhooks> {
    /// What a webhook is to tell now, the longest due first.
    pub async fn next_delivery(&self, id: WebhookId) -> StoreResult<Option<(Webhook, Delivery)>> {
        use webhook_delivery::Column;
        let Some(webhook) = self.webhook_row(id).await?.filter(|row| row.disabled_at.is_none()) else {
            return Ok(None);
        };
        let due = self.pending(id).filter(Column::NextAt.lte(self.at().truncate_to_second()));
        let next = self.one(due.order_by_asc(Column::NextAt).order_by_asc(Column::Id)).await?;
        next.map(|row| Ok((webhook_of(webhook)?, delivery_of(row)?))).transpose()
    }

    /// Writes down what became of an attempt, if there was something to deliver, and gives the job back to the agenda. A job
    /// that has been taken by somebody else meanwhile is left to them.
    pub async fn finish(self, job: &Job, report: Option<Report>) -> StoreResult<()> {
        let webhook = WebhookId::from_uuid(job.subject);
        let row = self.locked_webhook(webhook).await?;
        if !self.hold(job).await? {
            return Ok(());
        }
        let mut record = None;
        if let Some(report) = report
            && let Some(row) = self.delivery_row(report.delivery).await?
            // Not one that was given up meanwhile.
            && row.state == DeliveryState::Pending.name()
        {
            let gone = report.verdict == Verdict::Gone;
            self.write_attempt(row, report).await?;
            if gone {
                let why = "the receiver answered that it is gone (410)";
                self.disable(webhook, why).await?;
                record = Some(Record::new("webhook_disabled", "webhook").subject(webhook).after(json!({ "why": why })));
            }
        }
        // What happened in the moment in which it was disabled.
        if row.is_some_and(|row| row.disabled_at.is_some()) {
            self.give_up(webhook).await?;
        }
        self.forget(webhook).await?;
        match self.webhook_due(webhook).await? {
            Some(due) => self.put_off(job, due).await?,
            None => self.strike(job.kind, job.subject).await?,
        }
        match record {
            Some(record) => self.commit(record).await,
            None => self.commit_unrecorded().await,
        }
    }

    async fn write_attempt(&self, row: webhook_delivery::Model, report: Report) -> StoreResult<()> {
        use webhook_delivery::Column;
        let attempts = row.attempts + 1;
        let again = wait(u32::try_from(attempts).map_err(StoreError::corrupt)?, report.delivery);
        let (state, next_at) = match (report.verdict, again) {
            (Verdict::Delivered, _) => (DeliveryState::Delivered, None),
            (Verdict::Again, Some(wait)) => (DeliveryState::Pending, Some((self.at() + wait).truncate_to_second())),
            (Verdict::Again, None) | (Verdict::Gone, _) => (DeliveryState::Failed, None),
        };
        let status = report.status.map(i16::try_from).transpose().map_err(StoreError::corrupt)?;
        self.update::<webhook_delivery::Entity>()
            .col_expr(Column::State, Expr::value(state.name()))
            .col_expr(Column::Attempts, Expr::value(attempts))
            .col_expr(Column::Status, Expr::value(status))
            .col_expr(Column::Reason, Expr::value(report.reason))
            .col_expr(Column::AttemptedAt, Expr::value(self.at()))
            .col_expr(Column::NextAt, Expr::value(next_at))
            .filter(Column::Id.eq(row.id))
            .exec(self.connection())
            .await?;
        Ok(())
    }

    /// Removes deliveries that are over and too old, or too many.
    async fn forget(&self, webhook: WebhookId) -> StoreResult<()> {
        use webhook_delivery::Column;
        let over = Column::WebhookId.eq(webhook.uuid()).and(Column::State.ne(DeliveryState::Pending.name()));
        let surplus = self.rows::<webhook_delivery::Entity>().filter(over.clone()).select_only().column(Column::Id);
        let surplus: Option<(sea_orm::prelude::Uuid,)> =
            self.first(surplus.order_by_desc(Column::Id).offset(MOST).limit(1).into_tuple()).await?;
        // To the second, as SQLite compares texts.
        let old = (self.at() - KEPT).truncate_to_second();
        let mut forgotten = sea_orm::Condition::any().add(Column::CreatedAt.lt(old));
        if let Some((id,)) = surplus {
            forgotten = forgotten.add(Column::Id.lte(id));
        }
        let gone = self.delete::<webhook_delivery::Entity>().filter(over).filter(forgotten);
        gone.exec(self.connection()).await?;
        Ok(())
    }
}
