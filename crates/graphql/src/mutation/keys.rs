//! API keys.

use async_graphql::{Context, ID, InputObject, Object, Result};
use shirube_access::Caller;
use shirube_domain::Error;

use super::{key_id, payload, settled};
use crate::{
    query::{scope, service},
    scalars::{DateTime, MunicipalityCode},
    types::{ApiKey, KeyScope},
};

#[derive(Default)]
pub(super) struct KeyMutation;

/// Makes an API key.
#[derive(InputObject)]
pub(crate) struct CreateApiKeyInput {
    /// Given back as it is.
    client_mutation_id: Option<String>,
    /// The municipality to which the key is to belong; absent for a key of one's own.
    municipality: Option<MunicipalityCode>,
    /// A name by which to know it again.
    name: String,
    /// What it is for.
    scopes: Vec<KeyScope>,
    /// Until when it is good, a year at most.
    expires_at: DateTime,
}

payload!(CreateApiKeyPayload {
    /// The key.
    api_key: ApiKey,
    /// The secret, to be sent as `Authorization: Bearer …`. It is shown once.
    secret: String,
});

/// Revokes an API key.
#[derive(InputObject)]
pub(crate) struct RevokeApiKeyInput {
    /// Given back as it is.
    client_mutation_id: Option<String>,
    /// The id of the key.
    id: ID,
}

payload!(RevokeApiKeyPayload {
    /// The key.
    api_key: ApiKey,
});

#[Object]
impl KeyMutation {
    /// Makes an API key, of a municipality or of one's own. The secret in the answer is shown once.
    async fn create_api_key(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which key.")] input: CreateApiKeyInput,
    ) -> Result<CreateApiKeyPayload> {
        let (app, scope) = (service(context), scope(context));
        let scopes = input.scopes.into_iter().map(Into::into).collect();
        let expires_at = input.expires_at.0;
        let made = match (input.municipality, scope.caller()) {
            (Some(code), _) => app.make_municipal_key(scope, code.0.current(), &input.name, scopes, expires_at).await,
            (None, Caller::User(facts)) => {
                app.make_own_key(scope, facts.user.id, &input.name, scopes, expires_at).await
            }
            (None, Caller::Key(_)) => {
                Err(Error::Forbidden { needs: "a user who signed in; no API key may do it".to_owned() })
            }
            (None, Caller::Anonymous | Caller::Machine) => Err(Error::Unauthenticated),
        };
        let (made, user_errors) = settled(made)?;
        let (api_key, secret) = made.map(|made| (ApiKey(made.key), made.secret.reveal().to_owned())).unzip();
        Ok(CreateApiKeyPayload { client_mutation_id: input.client_mutation_id, api_key, secret, user_errors })
    }

    /// Revokes an API key, of a municipality or of one's own. It stops within seconds on every replica.
    async fn revoke_api_key(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which key.")] input: RevokeApiKeyInput,
    ) -> Result<RevokeApiKeyPayload> {
        let revoked = async {
            let (place, id) = key_id(&input.id, "id")?;
            service(context).revoke_key(scope(context), place, id).await
        };
        let (api_key, user_errors) = settled(revoked.await)?;
        let api_key = api_key.map(ApiKey);
        Ok(RevokeApiKeyPayload { client_mutation_id: input.client_mutation_id, api_key, user_errors })
    }
}
