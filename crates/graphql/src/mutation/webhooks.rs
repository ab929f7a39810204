//! Webhooks: made, changed, tried out, and what they told told again.

use async_graphql::{Context, ID, InputObject, Object, Result};
use shirube_app::{MadeWebhook, WebhookEdit};

use super::{delivery_id, payload, settled, webhook_id};
use crate::{
    query::{scope, service},
    scalars::MunicipalityCode,
    types::{Webhook, WebhookDelivery, WebhookEvent},
};

#[derive(Default)]
pub(super) struct WebhookMutation;

/// Makes a webhook.
#[derive(InputObject)]
pub(crate) struct CreateWebhookInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The municipality of whose events it tells.
    municipality: MunicipalityCode,
    /// Where it sends to: https, port 443 or 1024 and above, a public address.
    url: String,
    /// Of what it tells.
    events: Vec<WebhookEvent>,
}

payload!(CreateWebhookPayload {
    /// The webhook.
    webhook: Webhook,
    /// The secret with which the receiver verifies signatures, such as whsec_…. It is shown once.
    secret: String,
});

/// Changes a webhook. What is absent or null stays.
#[derive(InputObject)]
pub(crate) struct UpdateWebhookInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The id of the webhook.
    id: ID,
    /// Where it sends to.
    url: Option<String>,
    /// Of what it tells.
    events: Option<Vec<WebhookEvent>>,
    /// Whether it tells anything. What was not delivered when it is disabled is given up.
    enabled: Option<bool>,
}

payload!(UpdateWebhookPayload {
    /// The webhook.
    webhook: Webhook,
});

/// Removes a webhook with all its deliveries.
#[derive(InputObject)]
pub(crate) struct DeleteWebhookInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The id of the webhook.
    id: ID,
}

payload!(DeleteWebhookPayload {
    /// The webhook as it was.
    webhook: Webhook,
});

/// Gives a webhook another secret.
#[derive(InputObject)]
pub(crate) struct RotateWebhookSecretInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The id of the webhook.
    id: ID,
}

payload!(RotateWebhookSecretPayload {
    /// The webhook.
    webhook: Webhook,
    /// The new secret. It is shown once.
    secret: String,
});

/// Tries a webhook out.
#[derive(InputObject)]
pub(crate) struct TestWebhookInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The id of the webhook.
    id: ID,
}

payload!(TestWebhookPayload {
    /// The delivery of the event PING. Ask for it again to see what became of it.
    delivery: WebhookDelivery,
});

/// Makes a delivery again.
#[derive(InputObject)]
pub(crate) struct RedeliverInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The id of the delivery.
    id: ID,
}

payload!(RedeliverPayload {
    /// The delivery.
    delivery: WebhookDelivery,
});

fn parts(made: Option<MadeWebhook>) -> (Option<Webhook>, Option<String>) {
    made.map(|MadeWebhook { webhook, secret }| (Webhook(webhook), secret.reveal())).unzip()
}

#[Object]
impl WebhookMutation {
    /// Makes a webhook (Webhook通知) of a municipality. The secret in the answer is shown once.
    async fn create_webhook(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which webhook.")] input: CreateWebhookInput,
    ) -> Result<Option<CreateWebhookPayload>> {
        let code = input.municipality.0.current();
        let events = input.events.into_iter().map(Into::into).collect();
        let made = service(context).make_webhook(scope(context), code, &input.url, events).await;
        let (made, user_errors) = settled(made)?;
        let (webhook, secret) = parts(made);
        Ok(Some(CreateWebhookPayload { client_mutation_id: input.client_mutation_id, webhook, secret, user_errors }))
    }

    /// Changes where a webhook sends to and of what it tells, disables or enables it.
    async fn update_webhook(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which webhook, and what is to change.")] input: UpdateWebhookInput,
    ) -> Result<Option<UpdateWebhookPayload>> {
        let changed = async {
            let (code, id) = webhook_id(&input.id, "id")?;
            let events = input.events.map(|events| events.into_iter().map(Into::into).collect());
            let edit = WebhookEdit { url: input.url.as_deref(), events, enabled: input.enabled };
            service(context).change_webhook(scope(context), code, id, edit).await
        };
        let (webhook, user_errors) = settled(changed.await)?;
        let webhook = webhook.map(Webhook);
        Ok(Some(UpdateWebhookPayload { client_mutation_id: input.client_mutation_id, webhook, user_errors }))
    }

    /// Removes a webhook with all its deliveries.
    async fn delete_webhook(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which webhook.")] input: DeleteWebhookInput,
    ) -> Result<Option<DeleteWebhookPayload>> {
        let removed = async {
            let (code, id) = webhook_id(&input.id, "id")?;
            service(context).remove_webhook(scope(context), code, id).await
        };
        let (webhook, user_errors) = settled(removed.await)?;
        let webhook = webhook.map(Webhook);
        Ok(Some(DeleteWebhookPayload { client_mutation_id: input.client_mutation_id, webhook, user_errors }))
    }

    /// Gives a webhook another secret. What is sent from now on is signed with it.
    async fn rotate_webhook_secret(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which webhook.")] input: RotateWebhookSecretInput,
    ) -> Result<Option<RotateWebhookSecretPayload>> {
        let replaced = async {
            let (code, id) = webhook_id(&input.id, "id")?;
            service(context).replace_webhook_secret(scope(context), code, id).await
        };
        let (made, user_errors) = settled(replaced.await)?;
        let (webhook, secret) = parts(made);
        let client_mutation_id = input.client_mutation_id;
        Ok(Some(RotateWebhookSecretPayload { client_mutation_id, webhook, secret, user_errors }))
    }

    /// Tries a webhook out: sends the event PING (疎通確認).
    async fn test_webhook(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which webhook.")] input: TestWebhookInput,
    ) -> Result<Option<TestWebhookPayload>> {
        let tried = async {
            let (municipality, id) = webhook_id(&input.id, "id")?;
            let of = service(context).try_webhook(scope(context), municipality, id).await?;
            Ok(WebhookDelivery { municipality, of })
        };
        let (delivery, user_errors) = settled(tried.await)?;
        Ok(Some(TestWebhookPayload { client_mutation_id: input.client_mutation_id, delivery, user_errors }))
    }

    /// Makes a delivery again that was made or given up (再送), under the same key.
    async fn redeliver(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which delivery.")] input: RedeliverInput,
    ) -> Result<Option<RedeliverPayload>> {
        let repeated = async {
            let (municipality, id) = delivery_id(&input.id, "id")?;
            let of = service(context).redeliver(scope(context), municipality, id).await?;
            Ok(WebhookDelivery { municipality, of })
        };
        let (delivery, user_errors) = settled(repeated.await)?;
        Ok(Some(RedeliverPayload { client_mutation_id: input.client_mutation_id, delivery, user_errors }))
    }
}
