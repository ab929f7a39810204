//! API keys: a user's own, and a municipality's.

use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, prelude::Expr};
use serde_json::json;
use shirube_access::{
    KeyFacts, KeyOwner, KeyScope,
    secret::SecretHash,
    table::{MakeOwnKeys, ManageMunicipalKeys, ManageOwnAccount, NoteKeyUse, Recognize, ShowKey, SignIn},
};
use shirube_domain::{ApiKeyId, UserId, municipality::MunicipalityCode};
use time::{Duration, OffsetDateTime};

use crate::{
    Commons, StoreError, StoreResult, Tenant,
    audit::{Record, fresh_id},
    commons::{changing, every, user_of},
    rows::{members::municipal_key, people::personal_key},
};

/// How exactly it is known when a key was last used.
const USED: Duration = Duration::minutes(1);

/// How many keys are listed.
const LISTED: u64 = 200;
/// The most keys of one owner that are neither revoked nor expired.
const LIVE: usize = 50;

fn room(live: u64) -> StoreResult<()> {
    if live < LIVE as u64 { Ok(()) } else { Err(StoreError::TooMany { what: "API keys", most: LIVE }) }
}

/// An API key, without its secret, which nobody knows any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The id.
    pub id: ApiKeyId,
    /// The municipality to which it belongs; none if it is a user's own.
    pub municipality: Option<MunicipalityCode>,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub scopes: Vec<KeyScope>,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// Until when it is good.
    pub expires_at: OffsetDateTime,
    /// When it was last used, to the minute.
    pub used_at: Option<OffsetDateTime>,
    /// When it was revoked.
    pub revoked_at: Option<OffsetDateTime>,
}

/// What is written of a new key.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// The hash of the secret.
    pub hash: SecretHash,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub scopes: Vec<KeyScope>,
    /// Until when it is good.
    pub expires_at: OffsetDateTime,
}

pub(crate) fn scopes_of(stored: &str) -> StoreResult<Vec<KeyScope>> {
    let scope = |name| KeyScope::named(name).ok_or_else(|| StoreError::corrupt(format!("{name} is no scope")));
    stored.split(' ').map(scope).collect()
}

fn stored_scopes(scopes: &[KeyScope]) -> String {
    scopes.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(" ")
}

fn municipal(row: municipal_key::Model) -> StoreResult<ApiKey> {
    let municipal_key::Model { municipality, id, name, hash: _, scopes, created_at, expires_at, used_at, revoked_at } =
        row;
    Ok(ApiKey {
        id: ApiKeyId::from_uuid(id),
        municipality: Some(crate::rows::convert::parse(&municipality)?),
        name,
        scopes: scopes_of(&scopes)?,
        created_at,
        expires_at,
        used_at,
        revoked_at,
    })
}

fn personal(row: personal_key::Model) -> StoreResult<ApiKey> {
    let personal_key::Model { id, user_id: _, name, hash: _, scopes, created_at, expires_at, used_at, revoked_at } =
        row;
    Ok(ApiKey {
        id: ApiKeyId::from_uuid(id),
        municipality: None,
        name,
        scopes: scopes_of(&scopes)?,
        created_at,
        expires_at,
        used_at,
        revoked_at,
    })
}

impl Tenant<ManageMunicipalKeys> {
    /// All keys of the municipality, the latest first.
    pub async fn keys(&self) -> StoreResult<Vec<ApiKey>> {
        let rows = self
            .all(self.rows::<municipal_key::Entity>().order_by_desc(municipal_key::Column::Id).limit(LISTED))
            .await?;
        rows.into_iter().map(municipal).collect()
    }

    /// Makes a key.
    pub async fn make_key(self, new: NewKey) -> StoreResult<ApiKey> {
        let live = self
            .rows::<municipal_key::Entity>()
            .filter(municipal_key::Column::RevokedAt.is_null())
            .filter(municipal_key::Column::ExpiresAt.gt(self.at()));
        room(live.count(self.connection()).await?)?;
        let row = municipal_key::Model {
            municipality: self.municipality().to_string(),
            id: fresh_id(self.at()),
            name: new.name,
            hash: new.hash.as_str().to_owned(),
            scopes: stored_scopes(&new.scopes),
            created_at: self.at(),
            expires_at: new.expires_at,
            used_at: None,
            revoked_at: None,
        };
        let record = Record::new("key_made", "api_key").subject(row.id);
        let record = record.after(json!({ "name": row.name, "scopes": row.scopes }));
        self.insert::<municipal_key::Entity>(vec![row.clone()]).await?;
        self.commit(record).await?;
        municipal(row)
    }

    /// Revokes a key; `None` if there is no such key.
    pub async fn revoke_key(self, id: ApiKeyId) -> StoreResult<Option<ApiKey>> {
        let at = self.at();
        let found = self.rows::<municipal_key::Entity>().filter(municipal_key::Column::Id.eq(id.uuid()));
        let Some(row) = self.one(found).await? else { return Ok(None) };
        if row.revoked_at.is_some() {
            return municipal(row).map(Some);
        }
        self.update::<municipal_key::Entity>()
            .col_expr(municipal_key::Column::RevokedAt, Expr::value(at))
            .filter(municipal_key::Column::Id.eq(id.uuid()))
            .exec(self.connection())
            .await?;
        self.commit(Record::new("key_revoked", "api_key").subject(id)).await?;
        municipal(municipal_key::Model { revoked_at: Some(at), ..row }).map(Some)
    }
}

impl Tenant<ShowKey> {
    /// What is stored about the key of a secret.
    pub async fn key_facts(&self, shown: &SecretHash) -> StoreResult<Option<KeyFacts>> {
        let found = self.rows::<municipal_key::Entity>().filter(municipal_key::Column::Hash.eq(shown.as_str()));
        let Some(row) = self.one(found).await? else { return Ok(None) };
        Ok(Some(KeyFacts {
            id: ApiKeyId::from_uuid(row.id),
            name: row.name,
            owner: KeyOwner::Municipality(self.municipality()),
            scopes: scopes_of(&row.scopes)?,
            expires_at: row.expires_at,
            live: row.revoked_at.is_none(),
        }))
    }
}

impl Tenant<NoteKeyUse> {
    /// Notes that a key was used, to the minute.
    pub async fn key_used(self, key: ApiKeyId) -> StoreResult<()> {
        let at = self.at();
        let found = self.rows::<municipal_key::Entity>().filter(municipal_key::Column::Id.eq(key.uuid()));
        if self.one(found).await?.is_none_or(|row| row.used_at.is_some_and(|used| used + USED > at)) {
            return Ok(());
        }
        self.update::<municipal_key::Entity>()
            .col_expr(municipal_key::Column::UsedAt, Expr::value(at))
            .filter(municipal_key::Column::Id.eq(key.uuid()))
            .exec(self.connection())
            .await?;
        self.commit_unrecorded().await
    }
}

impl Commons<MakeOwnKeys> {
    /// Makes a key of one's own.
    pub async fn make_key(self, new: NewKey) -> StoreResult<ApiKey> {
        let user = *self.permit().target();
        let live = every::<personal_key::Entity>()
            .filter(personal_key::Column::UserId.eq(user.uuid()))
            .filter(personal_key::Column::RevokedAt.is_null())
            .filter(personal_key::Column::ExpiresAt.gt(self.at()));
        room(live.count(self.connection()).await?)?;
        let row = personal_key::Model {
            id: fresh_id(self.at()),
            user_id: user.uuid(),
            name: new.name,
            hash: new.hash.as_str().to_owned(),
            scopes: stored_scopes(&new.scopes),
            created_at: self.at(),
            expires_at: new.expires_at,
            used_at: None,
            revoked_at: None,
        };
        let record = Record::new("key_made", "api_key").subject(row.id);
        let record = record.after(json!({ "user": user.to_string(), "name": row.name, "scopes": row.scopes }));
        self.insert::<personal_key::Entity>(row.clone()).await?;
        self.commit(record).await?;
        personal(row)
    }
}

impl Commons<ManageOwnAccount> {
    /// One's own keys, the latest first.
    pub async fn keys(&self) -> StoreResult<Vec<ApiKey>> {
        let own = every::<personal_key::Entity>()
            .filter(personal_key::Column::UserId.eq(self.permit().target().uuid()))
            .order_by_desc(personal_key::Column::Id)
            .limit(LISTED);
        self.all(own).await?.into_iter().map(personal).collect()
    }

    /// Revokes one's own key; `None` if there is no such key.
    pub async fn revoke_key(self, id: ApiKeyId) -> StoreResult<Option<ApiKey>> {
        let at = self.at();
        let own = every::<personal_key::Entity>()
            .filter(personal_key::Column::UserId.eq(self.permit().target().uuid()))
            .filter(personal_key::Column::Id.eq(id.uuid()));
        let Some(row) = self.one(own).await? else { return Ok(None) };
        if row.revoked_at.is_some() {
            return personal(row).map(Some);
        }
        changing::<personal_key::Entity>()
            .col_expr(personal_key::Column::RevokedAt, Expr::value(at))
            .filter(personal_key::Column::Id.eq(id.uuid()))
            .exec(self.connection())
            .await?;
        self.commit(Record::new("key_revoked", "api_key").subject(id)).await?;
        personal(personal_key::Model { revoked_at: Some(at), ..row }).map(Some)
    }
}

impl Commons<SignIn> {
    /// Notes that a user's API key was used, to the minute.
    pub async fn key_used(self, key: ApiKeyId) -> StoreResult<()> {
        let at = self.at();
        let found = every::<personal_key::Entity>().filter(personal_key::Column::Id.eq(key.uuid()));
        if self.one(found).await?.is_none_or(|row| row.used_at.is_some_and(|used| used + USED > at)) {
            return Ok(());
        }
        changing::<personal_key::Entity>()
            .col_expr(personal_key::Column::UsedAt, Expr::value(at))
            .filter(personal_key::Column::Id.eq(key.uuid()))
            .exec(self.connection())
            .await?;
        self.commit_unrecorded().await
    }
}

impl Commons<Recognize> {
    /// What is stored about a user's API key.
    pub async fn key_facts(&self, shown: &SecretHash) -> StoreResult<Option<KeyFacts>> {
        let found = every::<personal_key::Entity>().filter(personal_key::Column::Hash.eq(shown.as_str()));
        let Some(row) = self.one(found).await? else { return Ok(None) };
        let Some(account) = self.account_row(UserId::from_uuid(row.user_id)).await? else { return Ok(None) };
        let grants = self.grants(&account).await?;
        Ok(Some(KeyFacts {
            id: ApiKeyId::from_uuid(row.id),
            name: row.name,
            owner: KeyOwner::User(user_of(&account), grants),
            scopes: scopes_of(&row.scopes)?,
            expires_at: row.expires_at,
            live: row.revoked_at.is_none() && account.disabled_at.is_none(),
        }))
    }
}
