//! Signing in: accounts, sessions, refresh tokens, attempts with other providers.

use std::net::IpAddr;

use sea_orm::{ColumnTrait, QueryFilter, QuerySelect, prelude::Expr};
use serde_json::json;
use shirube_access::{
    Actor, ActorKind, SessionFacts, User,
    secret::{SecretHash, Shown},
    table::{Recognize, SignIn},
};
use shirube_domain::{SessionId, UserId};
use time::{Duration, OffsetDateTime};

use crate::{
    Commons, StoreResult,
    audit::{Record, fresh_id},
    commons::{changing, every, removing, user_of},
    rows::{
        convert::parse,
        people::{identity, refresh_token, reset_link, session, sign_in_attempt, user_account},
    },
};

/// How long a refresh token is good, unused.
pub(crate) const REFRESH: Duration = Duration::days(14);
/// How long a session lasts at most.
pub(crate) const SESSION: Duration = Duration::days(90);
/// How long a sign-in with another provider may take.
const ATTEMPT: Duration = Duration::minutes(10);

/// An account, with the hash of its password.
#[derive(Clone)]
pub struct Account {
    /// The user.
    pub user: User,
    /// The stored hash of the password, if there is one.
    pub password: Option<String>,
    /// Whether the user may sign in at all.
    pub enabled: bool,
}

/// What became of a refresh token that was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refreshed {
    /// It was good, and the new one stands in its place.
    Renewed(UserId, SessionId),
    /// It had been used before: somebody else has it, too. The session was ended.
    Reused(SessionId),
    /// It is not good.
    Unknown,
}

/// A sign-in with another provider that has begun.
#[derive(Clone)]
pub struct StoredAttempt {
    /// The provider.
    pub provider: String,
    /// What the provider must send back.
    pub state: String,
    /// What the provider must sign.
    pub nonce: String,
    /// What proves that we are the ones who began.
    pub verifier: String,
    /// The invitation that is being accepted, if one is.
    pub invitation: Option<Shown>,
}

/// A new hash of the same password, for one with outdated parameters.
#[derive(Clone)]
pub struct Rehashed {
    /// The hash that it replaces, if it still is the one.
    pub old: String,
    /// The new one.
    pub new: String,
}

/// Who signed in, as the actor of the record.
pub(crate) fn actor_of(user: &User, by: &Actor) -> Actor {
    Actor { kind: ActorKind::User, id: Some(user.id.uuid()), name: user.name.clone(), ..by.clone() }
}

pub(crate) fn account_of(row: &user_account::Model) -> Account {
    Account { user: user_of(row), password: row.password.clone(), enabled: row.disabled_at.is_none() }
}

impl Commons<SignIn> {
    /// The account of an e-mail address.
    pub async fn account(&self, email: &str) -> StoreResult<Option<Account>> {
        let row = self.one(every::<user_account::Entity>().filter(user_account::Column::Email.eq(email))).await?;
        Ok(row.as_ref().map(account_of))
    }

    /// The account to which another provider's user is bound.
    pub async fn account_of_identity(&self, issuer: &str, subject: &str) -> StoreResult<Option<Account>> {
        let key = (issuer.to_owned(), subject.to_owned());
        let found = every::<identity::Entity>()
            .filter(identity::Column::Issuer.eq(key.0))
            .filter(identity::Column::Subject.eq(key.1));
        let Some(bound) = self.one(found).await? else { return Ok(None) };
        Ok(self.account_row(UserId::from_uuid(bound.user_id)).await?.as_ref().map(account_of))
    }

    /// Whether a user has signed in from an address before.
    pub async fn knows_address(&self, user: UserId, address: IpAddr) -> StoreResult<bool> {
        let found = every::<session::Entity>()
            .filter(session::Column::UserId.eq(user.uuid()))
            .filter(session::Column::Address.eq(address.to_string()))
            .limit(1);
        Ok(self.one(found).await?.is_some())
    }

    /// Begins a session of a user who proved who they are; a new hash of the password replaces the stored one. Refresh tokens
    /// that are good no more are removed.
    pub async fn begin_session(
        self,
        user: &User,
        method: &'static str,
        refresh: &SecretHash,
        rehashed: Option<Rehashed>,
    ) -> StoreResult<SessionId> {
        let id = fresh_id(self.at());
        let by = self.permit().actor().clone();
        self.insert::<session::Entity>(session::Model {
            id,
            user_id: user.id.uuid(),
            created_at: self.at(),
            refreshed_at: self.at(),
            address: by.address.map(|address| address.to_string()),
            ended_at: None,
            ended_by: None,
        })
        .await?;
        removing::<refresh_token::Entity>()
            .filter(refresh_token::Column::ExpiresAt.lte(self.at()))
            .exec(self.connection())
            .await?;
        self.insert::<refresh_token::Entity>(token(refresh, id, self.at())).await?;
        if let Some(Rehashed { old, new }) = rehashed {
            changing::<user_account::Entity>()
                .col_expr(user_account::Column::Password, Expr::value(new))
                .filter(user_account::Column::Id.eq(user.id.uuid()))
                .filter(user_account::Column::Password.eq(old))
                .exec(self.connection())
                .await?;
        }
        let record = Record::new("signed_in", "session").subject(id).after(json!({ "method": method }));
        self.commit_as(actor_of(user, &by), record).await?;
        Ok(SessionId::from_uuid(id))
    }

    /// Uses up a refresh token and puts another in its place. One that was used before ends its session: whoever used it
    /// first, or whoever uses it now, has stolen it.
    pub async fn refresh(self, shown: &SecretHash, next: &SecretHash) -> StoreResult<Refreshed> {
        let at = self.at();
        let found = every::<refresh_token::Entity>().filter(refresh_token::Column::Hash.eq(shown.as_str()));
        let Some(row) = self.one(found).await? else { return Ok(Refreshed::Unknown) };
        let found = every::<session::Entity>().filter(session::Column::Id.eq(row.session_id));
        let Some(session) = self.one(found).await? else { return Ok(Refreshed::Unknown) };
        let Some(account) = self.account_row(UserId::from_uuid(session.user_id)).await? else {
            return Ok(Refreshed::Unknown);
        };
        if session.ended_at.is_some() {
            return Ok(Refreshed::Unknown);
        }
        // The condition decides, not what was read: of two at once, one finds it used.
        let used = changing::<refresh_token::Entity>()
            .col_expr(refresh_token::Column::UsedAt, Expr::value(at))
            .filter(refresh_token::Column::Hash.eq(shown.as_str()))
            .filter(refresh_token::Column::UsedAt.is_null())
            .exec(self.connection())
            .await?;
        let actor = actor_of(&user_of(&account), self.permit().actor());
        if used.rows_affected == 0 {
            // Of several that find it used at once, one ends the session and tells of it.
            if !self.end(SessionId::from_uuid(session.id), "reuse").await? {
                return Ok(Refreshed::Unknown);
            }
            let record = Record::new("refresh_token_reused", "session")
                .subject(session.id)
                .reason("a refresh token was used twice; the session was ended");
            self.commit_as(actor, record).await?;
            return Ok(Refreshed::Reused(SessionId::from_uuid(session.id)));
        }
        let over = row.expires_at <= at || session.created_at + SESSION <= at || account.disabled_at.is_some();
        if over {
            return Ok(Refreshed::Unknown);
        }
        self.insert::<refresh_token::Entity>(token(next, session.id, at)).await?;
        changing::<session::Entity>()
            .col_expr(session::Column::RefreshedAt, Expr::value(at))
            .filter(session::Column::Id.eq(session.id))
            .exec(self.connection())
            .await?;
        let record = Record::new("refreshed", "session").subject(session.id);
        self.commit_as(actor, record).await?;
        Ok(Refreshed::Renewed(UserId::from_uuid(session.user_id), SessionId::from_uuid(session.id)))
    }

    /// Ends the session of a refresh token; says whether there was one.
    pub async fn sign_out(self, shown: &SecretHash) -> StoreResult<Option<SessionId>> {
        let found = every::<refresh_token::Entity>().filter(refresh_token::Column::Hash.eq(shown.as_str()));
        let Some(row) = self.one(found).await? else { return Ok(None) };
        let session = SessionId::from_uuid(row.session_id);
        let found = every::<session::Entity>().filter(session::Column::Id.eq(row.session_id));
        let Some(stored) = self.one(found).await? else { return Ok(None) };
        let Some(account) = self.account_row(UserId::from_uuid(stored.user_id)).await? else { return Ok(None) };
        if !self.end(session, "sign_out").await? {
            return Ok(None);
        }
        let actor = actor_of(&user_of(&account), self.permit().actor());
        self.commit_as(actor, Record::new("signed_out", "session").subject(session)).await?;
        Ok(Some(session))
    }

    /// Remembers a sign-in with another provider that has begun, and forgets those that never ended.
    pub async fn remember_attempt(self, hash: &SecretHash, attempt: StoredAttempt) -> StoreResult<()> {
        let StoredAttempt { provider, state, nonce, verifier, invitation } = attempt;
        removing::<sign_in_attempt::Entity>()
            .filter(sign_in_attempt::Column::ExpiresAt.lte(self.at()))
            .exec(self.connection())
            .await?;
        self.insert::<sign_in_attempt::Entity>(sign_in_attempt::Model {
            hash: hash.as_str().to_owned(),
            provider,
            state,
            nonce,
            verifier,
            invitation_place: invitation.as_ref().and_then(|of| of.municipality).map(|code| code.to_string()),
            invitation: invitation.map(|of| of.hash.as_str().to_owned()),
            expires_at: self.at() + ATTEMPT,
        })
        .await?;
        self.commit_unrecorded().await
    }

    /// Takes a remembered attempt, which works once.
    pub async fn take_attempt(self, hash: &SecretHash) -> StoreResult<Option<StoredAttempt>> {
        let found = every::<sign_in_attempt::Entity>().filter(sign_in_attempt::Column::Hash.eq(hash.as_str()));
        let Some(row) = self.one(found).await? else { return Ok(None) };
        let taken = removing::<sign_in_attempt::Entity>()
            .filter(sign_in_attempt::Column::Hash.eq(hash.as_str()))
            .exec(self.connection())
            .await?;
        let at = self.at();
        self.commit_unrecorded().await?;
        let sign_in_attempt::Model {
            hash: _,
            provider,
            state,
            nonce,
            verifier,
            invitation_place,
            invitation,
            expires_at,
        } = row;
        let municipality = invitation_place.as_deref().map(parse).transpose()?;
        let invitation = invitation.map(|hash| Shown { municipality, hash: hash.into() });
        let good = taken.rows_affected == 1 && at < expires_at;
        Ok(good.then_some(StoredAttempt { provider, state, nonce, verifier, invitation }))
    }

    /// The account of a user whose link to a new password is good.
    pub async fn account_of_reset_link(&self, shown: &SecretHash) -> StoreResult<Option<Account>> {
        let found = every::<reset_link::Entity>().filter(reset_link::Column::Hash.eq(shown.as_str()));
        let Some(row) = self.one(found).await? else { return Ok(None) };
        if row.used_at.is_some() || row.expires_at <= self.at() {
            return Ok(None);
        }
        let account = self.account_row(UserId::from_uuid(row.user_id)).await?;
        Ok(account.as_ref().map(account_of).filter(|account| account.enabled))
    }

    /// Uses a link up: sets the password and ends all sessions. `false` if somebody was quicker.
    pub async fn use_reset_link(self, shown: &SecretHash, password: String) -> StoreResult<bool> {
        let Some(Account { user, .. }) = self.account_of_reset_link(shown).await? else { return Ok(false) };
        let used = changing::<reset_link::Entity>()
            .col_expr(reset_link::Column::UsedAt, Expr::value(self.at()))
            .filter(reset_link::Column::Hash.eq(shown.as_str()))
            .filter(reset_link::Column::UsedAt.is_null())
            .exec(self.connection())
            .await?;
        if used.rows_affected == 0 {
            return Ok(false);
        }
        set_password(&self, user.id, password).await?;
        let ended = end_sessions(&self, user.id, None, "reset").await?;
        let record = Record::new("password_reset", "user").subject(user.id).after(json!({ "sessionsEnded": ended }));
        let actor = actor_of(&user, self.permit().actor());
        self.commit_as(actor, record).await?;
        Ok(true)
    }

    /// Ends a session; says whether it had not ended before.
    async fn end(&self, session: SessionId, by: &'static str) -> StoreResult<bool> {
        let ended = changing::<session::Entity>()
            .col_expr(session::Column::EndedAt, Expr::value(self.at()))
            .col_expr(session::Column::EndedBy, Expr::value(by))
            .filter(session::Column::Id.eq(session.uuid()))
            .filter(session::Column::EndedAt.is_null())
            .exec(self.connection())
            .await?;
        Ok(ended.rows_affected > 0)
    }
}

impl Commons<Recognize> {
    /// What is stored about a session.
    pub async fn session_facts(&self, session: SessionId) -> StoreResult<Option<SessionFacts>> {
        let found = every::<session::Entity>().filter(session::Column::Id.eq(session.uuid()));
        let Some(row) = self.one(found).await? else { return Ok(None) };
        let Some(account) = self.account_row(UserId::from_uuid(row.user_id)).await? else { return Ok(None) };
        let live = row.ended_at.is_none() && account.disabled_at.is_none() && self.at() < row.created_at + SESSION;
        let grants = if live { self.grants(&account).await? } else { Vec::new() };
        Ok(Some(SessionFacts { session, user: user_of(&account), live, grants }))
    }
}

fn token(hash: &SecretHash, session: sea_orm::prelude::Uuid, at: OffsetDateTime) -> refresh_token::Model {
    refresh_token::Model {
        hash: hash.as_str().to_owned(),
        session_id: session,
        expires_at: at + REFRESH,
        used_at: None,
    }
}

/// Ends all sessions of a user but one.
pub(crate) async fn end_sessions<A: shirube_access::table::Action>(
    commons: &Commons<A>,
    user: UserId,
    but: Option<SessionId>,
    by: &'static str,
) -> StoreResult<u64> {
    let mut update = changing::<session::Entity>()
        .col_expr(session::Column::EndedAt, Expr::value(commons.at()))
        .col_expr(session::Column::EndedBy, Expr::value(by))
        .filter(session::Column::UserId.eq(user.uuid()))
        .filter(session::Column::EndedAt.is_null());
    if let Some(but) = but {
        update = update.filter(session::Column::Id.ne(but.uuid()));
    }
    Ok(update.exec(commons.connection()).await?.rows_affected)
}

/// Replaces a password. Links to choose another one are good no more.
pub(crate) async fn set_password<A: shirube_access::table::Action>(
    commons: &Commons<A>,
    user: UserId,
    hash: String,
) -> StoreResult<()> {
    changing::<user_account::Entity>()
        .col_expr(user_account::Column::Password, Expr::value(hash))
        .filter(user_account::Column::Id.eq(user.uuid()))
        .exec(commons.connection())
        .await?;
    changing::<reset_link::Entity>()
        .col_expr(reset_link::Column::UsedAt, Expr::value(commons.at()))
        .filter(reset_link::Column::UserId.eq(user.uuid()))
        .filter(reset_link::Column::UsedAt.is_null())
        .exec(commons.connection())
        .await?;
    Ok(())
}

/// The table of accounts, for those who join it.
pub(crate) fn accounts(ids: impl IntoIterator<Item = sea_orm::prelude::Uuid>) -> sea_orm::Select<user_account::Entity> {
    every::<user_account::Entity>().filter(user_account::Column::Id.is_in(ids))
}
