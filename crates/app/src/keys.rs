//! API keys.

use shirube_access::{
    KeyScope, Scope,
    secret::{Secret, SecretKind},
    table::{MakeOwnKeys, ManageMunicipalKeys, ManageOwnAccount},
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

/// Whose a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyPlace {
    /// A municipality's.
    Municipality(MunicipalityCode),
    /// A user's own.
    User(UserId),
}

impl App {
    /// Makes a key.
    pub async fn make_key(
        &self,
        scope: &Scope,
        place: KeyPlace,
        name: &str,
        mut scopes: Vec<KeyScope>,
        expires_at: OffsetDateTime,
    ) -> Result<MadeKey, Error> {
        let now = self.now();
        let check = |scopes: &mut Vec<KeyScope>, municipality: Option<MunicipalityCode>| {
            scopes.sort_unstable();
            scopes.dedup();
            if scopes.is_empty() {
                return Err(Error::bad_input("scopes", "say what the key is for: one scope at least"));
            }
            if let Some(wrong) = scopes.iter().find(|scope| municipality.is_none() && scope.is_municipal()) {
                let message = format!("only a key of a municipality can have the scope {}", wrong.name());
                return Err(Error::bad_input("scopes", message));
            }
            if municipality.is_some() && scopes.contains(&KeyScope::Bulk) {
                let message = "a key of a municipality reads no more at once than its people may; leave bulk out";
                return Err(Error::bad_input("scopes", message));
            }
            if expires_at <= now || expires_at > now + LONGEST {
                let message = "a key is good for a year at most; name an instant before that";
                return Err(Error::bad_input("expiresAt", message));
            }
            Ok(Secret::new(SecretKind::Key, municipality))
        };
        let (key, secret) = match place {
            KeyPlace::Municipality(code) => {
                let permit = scope.permit::<ManageMunicipalKeys>(code)?;
                let secret = check(&mut scopes, Some(code))?;
                let new = NewKey { hash: secret.hash(), name: input::name("name", name)?, scopes, expires_at };
                (self.store.tenant(permit, now).await?.make_key(new).await?, secret)
            }
            KeyPlace::User(user) => {
                let permit = scope.permit::<MakeOwnKeys>(user)?;
                let secret = check(&mut scopes, None)?;
                let new = NewKey { hash: secret.hash(), name: input::name("name", name)?, scopes, expires_at };
                (self.store.commons(permit, now).await?.make_key(new).await?, secret)
            }
        };
        Ok(MadeKey { key, secret })
    }

    /// The keys of a municipality, or a user's own.
    pub async fn keys(&self, scope: &Scope, place: KeyPlace) -> Result<Vec<ApiKey>, Error> {
        match place {
            KeyPlace::Municipality(code) => {
                let permit = scope.permit::<ManageMunicipalKeys>(code)?;
                Ok(self.store.tenant(permit, self.now()).await?.keys().await?)
            }
            KeyPlace::User(user) => {
                let permit = scope.permit::<ManageOwnAccount>(user)?;
                Ok(self.store.commons(permit, self.now()).await?.keys().await?)
            }
        }
    }

    /// Revokes a key.
    pub async fn revoke_key(&self, scope: &Scope, place: KeyPlace, id: ApiKeyId) -> Result<ApiKey, Error> {
        let revoked = match place {
            KeyPlace::Municipality(code) => {
                let permit = scope.permit::<ManageMunicipalKeys>(code)?;
                self.store.tenant(permit, self.now()).await?.revoke_key(id).await?
            }
            KeyPlace::User(user) => {
                let permit = scope.permit::<ManageOwnAccount>(user)?;
                self.store.commons(permit, self.now()).await?.revoke_key(id).await?
            }
        };
        self.facts.forget();
        revoked.ok_or(Error::NotFound { what: "the API key" })
    }
}
