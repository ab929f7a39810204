//! API keys.

use shirube_access::{
    KeyScope, Scope,
    secret::{Secret, SecretKind},
    table::{MakeOwnKeys, ManageMunicipalKeys},
};
use shirube_domain::{ApiKeyId, Error, UserId, municipality::MunicipalityCode};
use shirube_store::{ApiKey, NewKey};
use time::{Duration, OffsetDateTime};

use crate::{App, input};

/// For how long a key is good at most.
const LONGEST: Duration = Duration::days(366);

/// A key and its secret, which is shown once.
#[derive(Debug)]
pub struct MadeKey {
    /// The key.
    pub key: ApiKey,
    /// The secret.
    pub secret: Secret,
}

impl App {
    fn new_key(
        &self,
        municipality: Option<MunicipalityCode>,
        name: &str,
        mut scopes: Vec<KeyScope>,
        expires_at: OffsetDateTime,
    ) -> Result<(NewKey, Secret), Error> {
        scopes.sort_unstable();
        scopes.dedup();
        if scopes.is_empty() {
            return Err(Error::bad_input("scopes", "say what the key is for: one scope at least"));
        }
        if let Some(wrong) = scopes.iter().find(|scope| municipality.is_none() && scope.is_municipal()) {
            let message = format!("only a key of a municipality can have the scope {}", wrong.name());
            return Err(Error::bad_input("scopes", message));
        }
        let now = self.now();
        if expires_at <= now || expires_at > now + LONGEST {
            return Err(Error::bad_input("expiresAt", "a key is good for a year at most; name an instant before that"));
        }
        let secret = Secret::new(SecretKind::Key, municipality);
        Ok((NewKey { hash: secret.hash(), name: input::name("name", name)?, scopes, expires_at }, secret))
    }

    /// Makes a key of a user's own.
    pub async fn make_own_key(
        &self,
        scope: &Scope,
        user: UserId,
        name: &str,
        scopes: Vec<KeyScope>,
        expires_at: OffsetDateTime,
    ) -> Result<MadeKey, Error> {
        let permit = scope.permit::<MakeOwnKeys>(user)?;
        let (new, secret) = self.new_key(None, name, scopes, expires_at)?;
        let key = self.store.commons(permit, self.now()).await?.make_key(new).await?;
        Ok(MadeKey { key, secret })
    }

    /// Makes a key of a municipality.
    pub async fn make_municipal_key(
        &self,
        scope: &Scope,
        municipality: MunicipalityCode,
        name: &str,
        scopes: Vec<KeyScope>,
        expires_at: OffsetDateTime,
    ) -> Result<MadeKey, Error> {
        let permit = scope.permit::<ManageMunicipalKeys>(municipality)?;
        let (new, secret) = self.new_key(Some(municipality), name, scopes, expires_at)?;
        let key = self.store.tenant(permit, self.now()).await?.make_key(new).await?;
        Ok(MadeKey { key, secret })
    }

    /// The caller's own keys.
    pub async fn own_keys(&self, scope: &Scope) -> Result<Vec<ApiKey>, Error> {
        let permit = Self::own_account(scope)?;
        Ok(self.store.commons(permit, self.now()).await?.keys().await?)
    }

    /// The keys of a municipality.
    pub async fn municipal_keys(&self, scope: &Scope, municipality: MunicipalityCode) -> Result<Vec<ApiKey>, Error> {
        let permit = scope.permit::<ManageMunicipalKeys>(municipality)?;
        Ok(self.store.tenant(permit, self.now()).await?.keys().await?)
    }

    /// Revokes a key: one of a municipality, or the caller's own.
    pub async fn revoke_key(
        &self,
        scope: &Scope,
        municipality: Option<MunicipalityCode>,
        id: ApiKeyId,
    ) -> Result<ApiKey, Error> {
        let revoked = match municipality {
            Some(code) => {
                let permit = scope.permit::<ManageMunicipalKeys>(code)?;
                self.store.tenant(permit, self.now()).await?.revoke_key(id).await?
            }
            None => {
                let permit = Self::own_account(scope)?;
                self.store.commons(permit, self.now()).await?.revoke_key(id).await?
            }
        };
        self.facts.forget();
        revoked.ok_or(Error::NotFound { what: "the API key" })
    }
}
