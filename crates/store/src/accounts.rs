//! Accounts: one's own, and all of them for those who run the instance.

use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect, prelude::Expr};
use serde_json::json;
use shirube_access::{
    InstanceRole, User,
    secret::SecretHash,
    table::{ManageOwnAccount, ManageUsers},
};
use shirube_domain::{SessionId, UserId};
use time::{Duration, OffsetDateTime};

use crate::{
    Commons, StoreResult,
    audit::Record,
    commons::{changing, every, user_of},
    rows::people::{instance_invitation, reset_link, session, user_account},
    sign_in::{Account, REFRESH, SESSION, account_of, end_sessions, set_password},
};

/// How long a link to a new password is good.
const RESET: Duration = Duration::days(1);

/// An account, as those who run the instance see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedUser {
    /// The user.
    pub user: User,
    /// Roles in the instance.
    pub roles: Vec<InstanceRole>,
    /// Since when it is there.
    pub created_at: OffsetDateTime,
    /// Since when it may not sign in.
    pub disabled_at: Option<OffsetDateTime>,
}

/// A session that goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedSession {
    /// The session.
    pub id: SessionId,
    /// When it began.
    pub created_at: OffsetDateTime,
    /// When it was last refreshed.
    pub refreshed_at: OffsetDateTime,
    /// From where it began.
    pub address: Option<String>,
}

/// What became of a change of a role in the instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleChange {
    /// It is made.
    Made,
    /// It was so before.
    Unchanged,
    /// Nobody would run the instance any more.
    LastOperator,
    /// There is no such user.
    NoUser,
}

fn listed(row: &user_account::Model) -> ListedUser {
    let roles = [(row.operator, InstanceRole::Operator), (row.researcher, InstanceRole::Researcher)];
    ListedUser {
        user: user_of(row),
        roles: roles.into_iter().filter(|(has, _)| *has).map(|(_, role)| role).collect(),
        created_at: row.created_at,
        disabled_at: row.disabled_at,
    }
}

impl Commons<ManageOwnAccount> {
    /// One's own account.
    pub async fn own(&self) -> StoreResult<Option<Account>> {
        Ok(self.account_row(*self.permit().target()).await?.as_ref().map(account_of))
    }

    /// One's sessions that go on, the latest first.
    pub async fn sessions(&self) -> StoreResult<Vec<ListedSession>> {
        let own = every::<session::Entity>()
            .filter(session::Column::UserId.eq(self.permit().target().uuid()))
            .filter(session::Column::EndedAt.is_null())
            .order_by_desc(session::Column::Id)
            .limit(100);
        let rows = self.all(own).await?;
        let goes_on =
            |row: &session::Model| self.at() < row.refreshed_at + REFRESH && self.at() < row.created_at + SESSION;
        Ok(rows
            .into_iter()
            .filter(goes_on)
            .map(|row| ListedSession {
                id: SessionId::from_uuid(row.id),
                created_at: row.created_at,
                refreshed_at: row.refreshed_at,
                address: row.address,
            })
            .collect())
    }

    /// Replaces the password and ends all other sessions.
    pub async fn change_password(self, hash: String, session: SessionId) -> StoreResult<()> {
        let user = *self.permit().target();
        set_password(&self, user, hash).await?;
        let ended = end_sessions(&self, user, Some(session), "password_change").await?;
        let record = Record::new("password_changed", "user").subject(user).after(json!({ "sessionsEnded": ended }));
        self.commit(record).await
    }

    /// Ends all sessions; says how many.
    pub async fn sign_out_everywhere(self) -> StoreResult<u64> {
        let user = *self.permit().target();
        let ended = end_sessions(&self, user, None, "sign_out_everywhere").await?;
        let record =
            Record::new("signed_out_everywhere", "user").subject(user).after(json!({ "sessionsEnded": ended }));
        self.commit(record).await?;
        Ok(ended)
    }
}

impl Commons<ManageUsers> {
    /// All users, by e-mail address.
    pub async fn users(&self) -> StoreResult<Vec<ListedUser>> {
        let rows = self.all(every::<user_account::Entity>().order_by_asc(user_account::Column::Email)).await?;
        Ok(rows.iter().map(listed).collect())
    }

    /// The user of an id.
    pub async fn user(&self, user: UserId) -> StoreResult<Option<ListedUser>> {
        Ok(self.account_row(user).await?.as_ref().map(listed))
    }

    /// The user of an e-mail address.
    pub async fn user_of_email(&self, email: &str) -> StoreResult<Option<ListedUser>> {
        let row = self.one(every::<user_account::Entity>().filter(user_account::Column::Email.eq(email))).await?;
        Ok(row.as_ref().map(listed))
    }

    /// Whether anybody runs the instance.
    pub async fn has_operator(&self) -> StoreResult<bool> {
        Ok(!self.operators_but(None).await?.is_empty())
    }

    async fn operators_but(&self, user: Option<UserId>) -> StoreResult<Vec<user_account::Model>> {
        let operators = every::<user_account::Entity>()
            .filter(user_account::Column::Operator.eq(true))
            .filter(user_account::Column::DisabledAt.is_null())
            // Locked: of two who take the last two operators' roles at once, one sees what the other did.
            .lock_exclusive();
        let mut rows = self.all(operators).await?;
        rows.retain(|row| Some(row.id) != user.map(UserId::uuid));
        Ok(rows)
    }

    /// Lets a user sign in, or not; their sessions end.
    pub async fn set_enabled(self, user: UserId, enabled: bool, reason: Option<String>) -> StoreResult<RoleChange> {
        let Some(row) = self.account_row(user).await? else { return Ok(RoleChange::NoUser) };
        if row.disabled_at.is_none() == enabled {
            return Ok(RoleChange::Unchanged);
        }
        if !enabled && row.operator && self.operators_but(Some(user)).await?.is_empty() {
            return Ok(RoleChange::LastOperator);
        }
        let disabled = (!enabled).then_some(self.at());
        changing::<user_account::Entity>()
            .col_expr(user_account::Column::DisabledAt, Expr::value(disabled))
            .filter(user_account::Column::Id.eq(user.uuid()))
            .exec(self.connection())
            .await?;
        if !enabled {
            end_sessions(&self, user, None, "disabled").await?;
            // Nor do they come back by a link of their own making.
            changing::<instance_invitation::Entity>()
                .col_expr(instance_invitation::Column::CancelledAt, Expr::value(self.at()))
                .filter(instance_invitation::Column::InviterId.eq(user.uuid()))
                .filter(instance_invitation::Column::AcceptedAt.is_null())
                .filter(instance_invitation::Column::CancelledAt.is_null())
                .exec(self.connection())
                .await?;
        }
        let mut record = Record::new(if enabled { "user_enabled" } else { "user_disabled" }, "user").subject(user);
        if let Some(reason) = reason {
            record = record.reason(reason);
        }
        self.commit(record).await?;
        Ok(RoleChange::Made)
    }

    /// Gives a user a role in the instance, or takes it.
    pub async fn set_role(self, user: UserId, role: InstanceRole, has: bool) -> StoreResult<RoleChange> {
        let Some(row) = self.account_row(user).await? else { return Ok(RoleChange::NoUser) };
        let (column, had) = match role {
            InstanceRole::Operator => (user_account::Column::Operator, row.operator),
            InstanceRole::Researcher => (user_account::Column::Researcher, row.researcher),
        };
        if had == has {
            return Ok(RoleChange::Unchanged);
        }
        if role == InstanceRole::Operator && !has && self.operators_but(Some(user)).await?.is_empty() {
            return Ok(RoleChange::LastOperator);
        }
        changing::<user_account::Entity>()
            .col_expr(column, Expr::value(has))
            .filter(user_account::Column::Id.eq(user.uuid()))
            .exec(self.connection())
            .await?;
        let roles = |has: bool| json!({ role.role().name(): has });
        let event = if has { "role_granted" } else { "role_revoked" };
        self.commit(Record::new(event, "user").subject(user).before(roles(had)).after(roles(has))).await?;
        Ok(RoleChange::Made)
    }

    /// Makes a link with which a user chooses a new password, good for a day; `false` if there is no such user.
    pub async fn make_reset_link(self, user: UserId, hash: &SecretHash) -> StoreResult<bool> {
        if self.account_row(user).await?.is_none() {
            return Ok(false);
        }
        self.insert::<reset_link::Entity>(reset_link::Model {
            hash: hash.as_str().to_owned(),
            user_id: user.uuid(),
            created_at: self.at(),
            expires_at: self.at() + RESET,
            used_at: None,
        })
        .await?;
        self.commit(Record::new("reset_link_made", "user").subject(user)).await?;
        Ok(true)
    }

    /// Ends all sessions of a user; says how many.
    pub async fn end_sessions_of(self, user: UserId) -> StoreResult<u64> {
        let ended = end_sessions(&self, user, None, "operator").await?;
        let record =
            Record::new("signed_out_everywhere", "user").subject(user).after(json!({ "sessionsEnded": ended }));
        self.commit(record).await?;
        Ok(ended)
    }
}
