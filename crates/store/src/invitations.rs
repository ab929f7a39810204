//! Invitations: a link that works once. To a municipality it is one of its rows; to the instance it belongs to nobody.

use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, prelude::Expr};
use serde_json::json;
use shirube_access::{
    Grant, InstanceRole, MunicipalRole, User,
    secret::SecretHash,
    table::{AcceptInvitation, ManagePeople, ManageUsers, ReadPeople, SignIn},
};
use shirube_domain::{DepartmentId, InvitationId};
use time::OffsetDateTime;

use crate::{
    Commons, StoreError, StoreResult, Tenant,
    audit::{Record, fresh_id},
    commons::{changing, every, municipal_role, user_of},
    rows::{
        convert::parse,
        members::invitation,
        people::{identity, instance_invitation, user_account},
    },
    sign_in::{Account, account_of, actor_of},
};

/// How many invitations are listed.
const LISTED: u64 = 1_000;
/// The most open invitations of a municipality.
const OPEN: usize = 500;

/// Whether an invitation can still be accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvitationState {
    /// It can.
    Open,
    /// It was.
    Accepted,
    /// It was taken back.
    Cancelled,
    /// Its time is over.
    Expired,
}

/// An invitation (招待).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The id.
    pub id: InvitationId,
    /// For whom; one to run a new instance is for whoever has the link.
    pub email: Option<String>,
    /// The name of the invited.
    pub name: Option<String>,
    /// The role that it gives.
    pub grant: Grant,
    /// Who invited.
    pub invited_by: String,
    /// When.
    pub created_at: OffsetDateTime,
    /// Until when it can be accepted.
    pub expires_at: OffsetDateTime,
    /// Whether it can be accepted.
    pub state: InvitationState,
}

/// What is written of a new invitation.
#[derive(Debug, Clone)]
pub struct NewInvitation {
    /// The hash of the link's secret.
    pub hash: SecretHash,
    /// For whom.
    pub email: Option<String>,
    /// The name of the invited.
    pub name: Option<String>,
    /// Until when it can be accepted.
    pub expires_at: OffsetDateTime,
}

/// How the invited will sign in.
#[derive(Clone)]
pub enum Credential {
    /// With a password, of which this is the hash.
    Password(String),
    /// As a user of another provider.
    Identity {
        /// The provider.
        issuer: String,
        /// The user there.
        subject: String,
    },
}

/// Who accepts an invitation.
#[derive(Clone)]
pub enum Accepting {
    /// Somebody new.
    New {
        /// The e-mail address.
        email: String,
        /// The name.
        name: String,
        /// How they will sign in.
        credential: Credential,
    },
    /// Somebody who has an account and proved it.
    Known(User),
}

fn state(
    expires_at: OffsetDateTime,
    accepted_at: Option<OffsetDateTime>,
    cancelled_at: Option<OffsetDateTime>,
    now: OffsetDateTime,
) -> InvitationState {
    match (accepted_at, cancelled_at) {
        (Some(_), _) => InvitationState::Accepted,
        (_, Some(_)) => InvitationState::Cancelled,
        _ if expires_at <= now => InvitationState::Expired,
        _ => InvitationState::Open,
    }
}

fn municipal(row: invitation::Model, now: OffsetDateTime) -> StoreResult<Invitation> {
    let invitation::Model {
        municipality,
        id,
        hash: _,
        email,
        name,
        role,
        department_id,
        invited_by,
        inviter_id: _,
        created_at,
        expires_at,
        accepted_at,
        cancelled_at,
    } = row;
    Ok(Invitation {
        id: InvitationId::from_uuid(id),
        email: Some(email),
        name: Some(name),
        grant: Grant::Municipal(parse(&municipality)?, municipal_role(role, department_id)?),
        invited_by,
        created_at,
        expires_at,
        state: state(expires_at, accepted_at, cancelled_at, now),
    })
}

fn instance(row: instance_invitation::Model, now: OffsetDateTime) -> StoreResult<Invitation> {
    let instance_invitation::Model {
        id,
        hash: _,
        email,
        name,
        role,
        invited_by,
        inviter_id: _,
        created_at,
        expires_at,
        accepted_at,
        cancelled_at,
    } = row;
    let role =
        InstanceRole::named(&role).ok_or_else(|| StoreError::corrupt(format!("{role} is no role in the instance")))?;
    Ok(Invitation {
        id: InvitationId::from_uuid(id),
        email,
        name,
        grant: Grant::Instance(role),
        invited_by,
        created_at,
        expires_at,
        state: state(expires_at, accepted_at, cancelled_at, now),
    })
}

fn invited_by(actor: &shirube_access::Actor) -> String {
    if actor.name.is_empty() { actor.kind.name().to_owned() } else { actor.name.clone() }
}

impl Tenant<ReadPeople> {
    /// The invitations of late, the latest first; those that are open are all among them.
    pub async fn invitations(&self) -> StoreResult<Vec<Invitation>> {
        let rows =
            self.all(self.rows::<invitation::Entity>().order_by_desc(invitation::Column::Id).limit(LISTED)).await?;
        rows.into_iter().map(|row| municipal(row, self.at())).collect()
    }
}

impl Tenant<ManagePeople> {
    /// Invites somebody; `None` if there is no such department.
    pub async fn invite(self, new: NewInvitation, role: MunicipalRole) -> StoreResult<Option<Invitation>> {
        if let Some(department) = role.department()
            && !self.has_department(department).await?
        {
            return Ok(None);
        }
        let open = self
            .rows::<invitation::Entity>()
            .filter(invitation::Column::AcceptedAt.is_null())
            .filter(invitation::Column::CancelledAt.is_null())
            .filter(invitation::Column::ExpiresAt.gt(self.at()));
        if open.count(self.connection()).await? >= OPEN as u64 {
            return Err(StoreError::TooMany { what: "open invitations", most: OPEN });
        }
        let row = invitation::Model {
            municipality: self.municipality().to_string(),
            id: fresh_id(self.at()),
            hash: new.hash.as_str().to_owned(),
            email: new.email.unwrap_or_default(),
            name: new.name.unwrap_or_default(),
            role: role.role().name().to_owned(),
            department_id: role.department().map(DepartmentId::uuid),
            invited_by: invited_by(self.permit().actor()),
            inviter_id: self.permit().actor().id,
            created_at: self.at(),
            expires_at: new.expires_at,
            accepted_at: None,
            cancelled_at: None,
        };
        let made = municipal(row.clone(), self.at())?;
        let record = Record::new("invited", "invitation").subject(made.id).after(json!({
            "email": row.email, "role": row.role, "department": row.department_id,
        }));
        self.insert::<invitation::Entity>(vec![row]).await?;
        self.commit(record).await?;
        Ok(Some(made))
    }

    /// Takes an open invitation back; `None` if there is no such open one.
    pub async fn cancel_invitation(self, id: InvitationId) -> StoreResult<Option<Invitation>> {
        let at = self.at();
        let found = self.rows::<invitation::Entity>().filter(invitation::Column::Id.eq(id.uuid()));
        let Some(row) = self.one(found).await? else { return Ok(None) };
        let cancelled = self
            .update::<invitation::Entity>()
            .col_expr(invitation::Column::CancelledAt, Expr::value(at))
            .filter(invitation::Column::Id.eq(id.uuid()))
            .filter(invitation::Column::AcceptedAt.is_null())
            .filter(invitation::Column::CancelledAt.is_null())
            .exec(self.connection())
            .await?;
        if cancelled.rows_affected == 0 {
            return Ok(None);
        }
        self.commit(Record::new("invitation_cancelled", "invitation").subject(id)).await?;
        Ok(Some(municipal(invitation::Model { cancelled_at: Some(at), ..row }, at)?))
    }
}

impl Tenant<AcceptInvitation> {
    /// The open invitation of a link, and the account that its e-mail address has already.
    pub async fn invitation(&self, hash: &SecretHash) -> StoreResult<Option<(Invitation, Option<Account>)>> {
        let found = self.rows::<invitation::Entity>().filter(invitation::Column::Hash.eq(hash.as_str()));
        let Some(row) = self.one(found).await? else { return Ok(None) };
        let of = every::<user_account::Entity>().filter(user_account::Column::Email.eq(row.email.clone()));
        let account = of.one(self.connection()).await?;
        let invitation = municipal(row, self.at())?;
        let open = invitation.state == InvitationState::Open;
        Ok(open.then(|| (invitation, account.as_ref().map(account_of))))
    }

    /// Accepts an invitation: makes the account of somebody new, and gives the role. `None` if somebody was quicker.
    pub async fn accept(self, hash: &SecretHash, by: Accepting) -> StoreResult<Option<User>> {
        let found = self.rows::<invitation::Entity>().filter(invitation::Column::Hash.eq(hash.as_str()));
        let Some(row) = self.one(found).await? else { return Ok(None) };
        let accepted = self
            .update::<invitation::Entity>()
            .col_expr(invitation::Column::AcceptedAt, Expr::value(self.at()))
            .filter(invitation::Column::Hash.eq(hash.as_str()))
            .filter(invitation::Column::AcceptedAt.is_null())
            .filter(invitation::Column::CancelledAt.is_null())
            .exec(self.connection())
            .await?;
        if accepted.rows_affected == 0 {
            return Ok(None);
        }
        let user = match by {
            Accepting::Known(user) => user,
            Accepting::New { email, name, credential } => {
                let (account, identity) = new_account(&email, &name, credential, None, self.at());
                let user = user_of(&account);
                self.insert_common::<user_account::Entity>(account).await?;
                if let Some(identity) = identity {
                    self.insert_common::<identity::Entity>(identity).await?;
                }
                user
            }
        };
        let role = municipal_role(row.role, row.department_id)?;
        if !self.roles_of(user.id).await?.contains(&role) {
            self.write_membership(user.id, role).await?;
        }
        let record = Record::new("invitation_accepted", "invitation").subject(row.id).after(json!({
            "user": user.id.to_string(), "role": role.role().name(),
            "department": role.department().map(|id| id.to_string()),
        }));
        let actor = actor_of(&user, self.permit().actor());
        self.commit_as(actor, record).await?;
        Ok(Some(user))
    }
}

impl Commons<ManageUsers> {
    /// The invitations to the instance of late, the latest first.
    pub async fn invitations(&self) -> StoreResult<Vec<Invitation>> {
        let all = every::<instance_invitation::Entity>().order_by_desc(instance_invitation::Column::Id).limit(LISTED);
        self.all(all).await?.into_iter().map(|row| instance(row, self.at())).collect()
    }

    /// Invites somebody to a role in the instance.
    pub async fn invite(self, new: NewInvitation, role: InstanceRole) -> StoreResult<Invitation> {
        let row = instance_invitation::Model {
            id: fresh_id(self.at()),
            hash: new.hash.as_str().to_owned(),
            email: new.email,
            name: new.name,
            role: role.role().name().to_owned(),
            invited_by: invited_by(self.permit().actor()),
            inviter_id: self.permit().actor().id,
            created_at: self.at(),
            expires_at: new.expires_at,
            accepted_at: None,
            cancelled_at: None,
        };
        let made = instance(row.clone(), self.at())?;
        let record = Record::new("invited", "invitation").subject(made.id);
        let record = record.after(json!({ "email": row.email, "role": row.role }));
        self.insert::<instance_invitation::Entity>(row).await?;
        self.commit(record).await?;
        Ok(made)
    }

    /// Takes an open invitation back; `None` if there is no such open one.
    pub async fn cancel_invitation(self, id: InvitationId) -> StoreResult<Option<Invitation>> {
        let at = self.at();
        let found = every::<instance_invitation::Entity>().filter(instance_invitation::Column::Id.eq(id.uuid()));
        let Some(row) = self.one(found).await? else { return Ok(None) };
        let cancelled = changing::<instance_invitation::Entity>()
            .col_expr(instance_invitation::Column::CancelledAt, Expr::value(at))
            .filter(instance_invitation::Column::Id.eq(id.uuid()))
            .filter(instance_invitation::Column::AcceptedAt.is_null())
            .filter(instance_invitation::Column::CancelledAt.is_null())
            .exec(self.connection())
            .await?;
        if cancelled.rows_affected == 0 {
            return Ok(None);
        }
        self.commit(Record::new("invitation_cancelled", "invitation").subject(id)).await?;
        Ok(Some(instance(instance_invitation::Model { cancelled_at: Some(at), ..row }, at)?))
    }
}

impl Commons<SignIn> {
    /// The open invitation of a link to the instance, and the account that its e-mail address has already.
    pub async fn invitation(&self, hash: &SecretHash) -> StoreResult<Option<(Invitation, Option<Account>)>> {
        let found = every::<instance_invitation::Entity>().filter(instance_invitation::Column::Hash.eq(hash.as_str()));
        let Some(row) = self.one(found).await? else { return Ok(None) };
        let account = match &row.email {
            Some(email) => self.account(email).await?,
            None => None,
        };
        let invitation = instance(row, self.at())?;
        let open = invitation.state == InvitationState::Open;
        Ok(open.then_some((invitation, account)))
    }

    /// Accepts an invitation to the instance: makes the account of somebody new, and gives the role. `None` if somebody
    /// was quicker.
    pub async fn accept(self, hash: &SecretHash, by: Accepting) -> StoreResult<Option<User>> {
        let found = every::<instance_invitation::Entity>().filter(instance_invitation::Column::Hash.eq(hash.as_str()));
        let Some(row) = self.one(found).await? else { return Ok(None) };
        let accepted = changing::<instance_invitation::Entity>()
            .col_expr(instance_invitation::Column::AcceptedAt, Expr::value(self.at()))
            .filter(instance_invitation::Column::Hash.eq(hash.as_str()))
            .filter(instance_invitation::Column::AcceptedAt.is_null())
            .filter(instance_invitation::Column::CancelledAt.is_null())
            .exec(self.connection())
            .await?;
        if accepted.rows_affected == 0 {
            return Ok(None);
        }
        // The link of a new instance is for its first operator, and for nobody after.
        if row.email.is_none() {
            let operators = every::<user_account::Entity>().filter(user_account::Column::Operator.eq(true));
            if self.one(operators.lock_exclusive()).await?.is_some() {
                return Ok(None);
            }
        }
        let role = InstanceRole::named(&row.role).ok_or_else(|| StoreError::corrupt("a role that is none"))?;
        let user = match by {
            Accepting::Known(user) => {
                let column = match role {
                    InstanceRole::Operator => user_account::Column::Operator,
                    InstanceRole::Researcher => user_account::Column::Researcher,
                };
                changing::<user_account::Entity>()
                    .col_expr(column, Expr::value(true))
                    .filter(user_account::Column::Id.eq(user.id.uuid()))
                    .exec(self.connection())
                    .await?;
                user
            }
            Accepting::New { email, name, credential } => {
                let (account, identity) = new_account(&email, &name, credential, Some(role), self.at());
                let user = user_of(&account);
                self.insert::<user_account::Entity>(account).await?;
                if let Some(identity) = identity {
                    self.insert::<identity::Entity>(identity).await?;
                }
                user
            }
        };
        let record = Record::new("invitation_accepted", "invitation").subject(row.id);
        let record = record.after(json!({ "user": user.id.to_string(), "role": role.role().name() }));
        let actor = actor_of(&user, self.permit().actor());
        self.commit_as(actor, record).await?;
        Ok(Some(user))
    }
}

fn new_account(
    email: &str,
    name: &str,
    credential: Credential,
    role: Option<InstanceRole>,
    at: OffsetDateTime,
) -> (user_account::Model, Option<identity::Model>) {
    let id = fresh_id(at);
    let (password, identity) = match credential {
        Credential::Password(hash) => (Some(hash), None),
        Credential::Identity { issuer, subject } => {
            (None, Some(identity::Model { issuer, subject, user_id: id, bound_at: at }))
        }
    };
    let account = user_account::Model {
        id,
        email: email.to_owned(),
        name: name.to_owned(),
        password,
        operator: role == Some(InstanceRole::Operator),
        researcher: role == Some(InstanceRole::Researcher),
        created_at: at,
        disabled_at: None,
    };
    (account, identity)
}
