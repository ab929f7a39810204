//! People: users, their roles, invitations.

use async_graphql::{Context, Enum, ID, Object, Result};
use shirube_access::{Grant, InstanceRole};
use shirube_app::{Invitation as AppInvitation, InvitationState as AppInvitationState, ListedUser, Member};

use super::{Municipality, strategy::Department};
use crate::{id::GlobalId, page::connection, scalars::DateTime};

/// A role (役割): what somebody may do, in a municipality or in the instance.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "shirube_access::Role")]
pub(crate) enum Role {
    /// Runs the instance (運用者).
    Operator,
    /// Compares municipalities over what is published (研究者).
    Researcher,
    /// Manages the people of a municipality (管理者).
    Administrator,
    /// The planning section of a municipality (企画課).
    Planner,
    /// A department of a municipality (担当課).
    Reporter,
    /// A committee or council of a municipality (外部有識者会議, 議会).
    Reviewer,
}

#[derive(Clone)]
pub(crate) struct User(pub(crate) shirube_access::User);

/// Somebody who can sign in (利用者).
#[Object]
impl User {
    /// The global id.
    pub(super) async fn id(&self) -> ID {
        GlobalId::User(self.0.id).id()
    }

    /// The e-mail address with which they sign in.
    async fn email(&self) -> &str {
        &self.0.email
    }

    /// The name.
    async fn name(&self) -> &str {
        &self.0.name
    }
}

#[derive(Clone)]
pub(crate) struct Membership(pub(crate) Member);

/// A role that somebody has in a municipality.
#[Object]
impl Membership {
    /// The global id.
    pub(super) async fn id(&self) -> ID {
        GlobalId::Membership(self.0.municipality, self.0.id).id()
    }

    /// Who.
    async fn user(&self) -> User {
        User(self.0.user.clone())
    }

    /// Whether they may sign in at all; the operators of the instance decide.
    async fn enabled(&self) -> bool {
        self.0.enabled
    }

    /// The municipality.
    async fn municipality(&self, context: &Context<'_>) -> Result<Municipality> {
        Municipality::of(context, self.0.municipality)
    }

    /// The role.
    async fn role(&self) -> Role {
        self.0.role.role().into()
    }

    /// The department of a REPORTER.
    async fn department(&self) -> Option<Department> {
        let of = self.0.department.clone()?;
        Some(Department { municipality: self.0.municipality, of })
    }

    /// Since when.
    async fn granted_at(&self) -> DateTime {
        DateTime(self.0.granted_at)
    }
}

connection!(Membership, MembershipEdge, MembershipConnection, "roles in a municipality");

/// Whether an invitation can be accepted (招待の状態).
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "AppInvitationState")]
pub(crate) enum InvitationState {
    /// It can.
    Open,
    /// It was.
    Accepted,
    /// It was taken back.
    Cancelled,
    /// Its time is over.
    Expired,
}

#[derive(Clone)]
pub(crate) struct Invitation(pub(crate) AppInvitation);

/// An invitation (招待): a link that works once.
#[Object]
impl Invitation {
    /// The global id.
    pub(super) async fn id(&self) -> ID {
        let municipality = match self.0.grant {
            Grant::Municipal(code, _) => Some(code),
            Grant::Instance(_) => None,
        };
        GlobalId::Invitation(municipality, self.0.id).id()
    }

    /// For whom; null for the link with which a new instance gets its first operator.
    async fn email(&self) -> Option<&str> {
        self.0.email.as_deref()
    }

    /// The name of the invited.
    async fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    /// The role that it gives.
    async fn role(&self) -> Role {
        self.0.grant.role().into()
    }

    /// The municipality in which it gives the role; null for a role in the instance.
    async fn municipality(&self, context: &Context<'_>) -> Result<Option<Municipality>> {
        match self.0.grant {
            Grant::Municipal(code, _) => Municipality::of(context, code).map(Some),
            Grant::Instance(_) => Ok(None),
        }
    }

    /// The key of the department of a REPORTER.
    async fn department_key(&self) -> Option<String> {
        match self.0.grant {
            Grant::Municipal(_, role) => role.department().map(|id| id.to_string()),
            Grant::Instance(_) => None,
        }
    }

    /// The name of whoever invited.
    async fn invited_by(&self) -> &str {
        &self.0.invited_by
    }

    /// When.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// Until when it can be accepted.
    async fn expires_at(&self) -> DateTime {
        DateTime(self.0.expires_at)
    }

    /// Whether it can be accepted.
    async fn state(&self) -> InvitationState {
        self.0.state.into()
    }
}

connection!(Invitation, InvitationEdge, InvitationConnection, "invitations");

#[derive(Clone)]
pub(crate) struct Account(pub(crate) ListedUser);

/// A user's account, as those who run the instance see it.
#[Object]
impl Account {
    /// The global id.
    pub(super) async fn id(&self) -> ID {
        GlobalId::Account(self.0.user.id).id()
    }

    /// The user.
    async fn user(&self) -> User {
        User(self.0.user.clone())
    }

    /// Roles in the instance: OPERATOR, RESEARCHER.
    async fn roles(&self) -> Vec<Role> {
        self.0.roles.iter().map(|role| InstanceRole::role(*role).into()).collect()
    }

    /// Since when it is there.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// Since when the user may not sign in; null if they may.
    async fn disabled_at(&self) -> Option<DateTime> {
        self.0.disabled_at.map(DateTime)
    }
}

connection!(Account, AccountEdge, AccountConnection, "accounts");
