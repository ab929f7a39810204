//! API keys.

use async_graphql::{Context, ID, InputObject, Object, Result};
use shirube_access::Scope;
use shirube_app::{App, KeyPlace};
use shirube_domain::{Error, municipality::MunicipalityCode as DomainCode};

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
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
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
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The id of the key.
    id: ID,
}

payload!(RevokeApiKeyPayload {
    /// The key.
    api_key: ApiKey,
});

/// A municipality's, or the caller's own.
fn place(scope: &Scope, municipality: Option<DomainCode>) -> Result<KeyPlace, Error> {
    match municipality {
        Some(code) => Ok(KeyPlace::Municipality(code)),
        None => App::own(scope).map(|(user, _)| KeyPlace::User(user)),
    }
}

#[Object]
impl KeyMutation {
    /// Makes an API key, of a municipality or of one's own. The secret in the answer is shown once.
    async fn create_api_key(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which key.")] input: CreateApiKeyInput,
    ) -> Result<Option<CreateApiKeyPayload>> {
        let (app, scope) = (service(context), scope(context));
        let scopes = input.scopes.into_iter().map(Into::into).collect();
        let expires_at = input.expires_at.0;
        let made = async {
            let place = place(scope, input.municipality.map(|code| code.0.current()))?;
            app.make_key(scope, place, &input.name, scopes, expires_at).await
        };
        let (made, user_errors) = settled(made.await)?;
        let (api_key, secret) = made.map(|made| (ApiKey(made.key), made.secret.reveal().to_owned())).unzip();
        Ok(Some(CreateApiKeyPayload { client_mutation_id: input.client_mutation_id, api_key, secret, user_errors }))
    }

    /// Revokes an API key, of a municipality or of one's own. It stops within seconds on every replica.
    async fn revoke_api_key(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which key.")] input: RevokeApiKeyInput,
    ) -> Result<Option<RevokeApiKeyPayload>> {
        let revoked = async {
            let (municipality, id) = key_id(&input.id, "id")?;
            let place = place(scope(context), municipality)?;
            service(context).revoke_key(scope(context), place, id).await
        };
        let (api_key, user_errors) = settled(revoked.await)?;
        let api_key = api_key.map(ApiKey);
        Ok(Some(RevokeApiKeyPayload { client_mutation_id: input.client_mutation_id, api_key, user_errors }))
    }
}
