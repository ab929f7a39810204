//! Who is asking, and what they may do.

use std::sync::Arc;

use async_graphql::{Context, Enum, Object, Result};
use shirube_access::{
    Caller, Grant, KeyOwner, Scope,
    table::{Place, Row},
};
use shirube_app::{App, KeyPlace};
use shirube_domain::municipality::MunicipalityCode;

use super::{ApiKey, Municipality, User, people::Role};
use crate::{
    error::outward,
    limits::{look_up, spend},
    scalars::DateTime,
};

/// How somebody says who they are.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ViewerKind {
    /// Not at all.
    Anonymous,
    /// As a user who signed in.
    User,
    /// With an API key.
    ApiKey,
}

pub(crate) struct Viewer(pub(crate) Arc<Scope>);

/// Who is asking (自分), and what they may do.
#[Object]
impl Viewer {
    /// How the caller says who they are.
    async fn kind(&self) -> ViewerKind {
        match self.0.caller() {
            Caller::User(_) => ViewerKind::User,
            Caller::Key(_) => ViewerKind::ApiKey,
            Caller::Anonymous | Caller::Machine => ViewerKind::Anonymous,
        }
    }

    /// The user: who signed in, or whose API key it is.
    async fn user(&self) -> Option<User> {
        match self.0.caller() {
            Caller::User(facts) => Some(User(facts.user.clone())),
            Caller::Key(facts) => match &facts.owner {
                KeyOwner::User(user, _) => Some(User(user.clone())),
                KeyOwner::Municipality(_) => None,
            },
            Caller::Anonymous | Caller::Machine => None,
        }
    }

    /// The roles of the user.
    async fn roles(&self) -> Vec<ViewerRole> {
        let grants = match self.0.caller() {
            Caller::User(facts) => facts.grants.as_slice(),
            Caller::Key(facts) => match &facts.owner {
                KeyOwner::User(_, grants) => grants.as_slice(),
                KeyOwner::Municipality(_) => &[],
            },
            Caller::Anonymous | Caller::Machine => &[],
        };
        grants.iter().copied().map(ViewerRole).collect()
    }

    /// What the caller may do, and where, after the access table.
    async fn permissions(&self) -> Vec<Permission> {
        self.0.permissions().into_iter().map(|(row, place)| Permission { row, place }).collect()
    }

    /// The user's own API keys, the latest first.
    async fn api_keys(&self, context: &Context<'_>) -> Result<Vec<ApiKey>> {
        let app: &Arc<App> = context.data_unchecked();
        let (user, _) = App::own(&self.0).map_err(outward)?;
        look_up(context)?;
        let keys = app.keys(&self.0, KeyPlace::User(user)).await.map_err(outward)?;
        spend(context, keys.len())?;
        Ok(keys.into_iter().map(ApiKey).collect())
    }

    /// The user's sessions that go on, the latest first.
    async fn sessions(&self, context: &Context<'_>) -> Result<Vec<Session>> {
        let app: &Arc<App> = context.data_unchecked();
        look_up(context)?;
        let sessions = app.sessions(&self.0).await.map_err(outward)?;
        spend(context, sessions.len())?;
        Ok(sessions.into_iter().map(Session).collect())
    }
}

pub(crate) struct ViewerRole(Grant);

/// A role of the caller, and where.
#[Object]
impl ViewerRole {
    /// The role.
    async fn role(&self) -> Role {
        self.0.role().into()
    }

    /// The municipality; null for a role in the instance.
    async fn municipality(&self, context: &Context<'_>) -> Result<Option<Municipality>> {
        match self.0 {
            Grant::Municipal(code, _) => Municipality::of(context, code).map(Some),
            Grant::Instance(_) => Ok(None),
        }
    }

    /// The key of the department of a REPORTER.
    async fn department_key(&self) -> Option<String> {
        match self.0 {
            Grant::Municipal(_, role) => role.department().map(|id| id.to_string()),
            Grant::Instance(_) => None,
        }
    }
}

pub(crate) struct Permission {
    row: &'static Row,
    place: Place,
}

impl Permission {
    const fn code(&self) -> Option<MunicipalityCode> {
        match self.place {
            Place::Municipality(code) => Some(code),
            Place::Instance | Place::User(_) => None,
        }
    }
}

/// Something that the caller may do (権限).
#[Object]
impl Permission {
    /// The action of the access table, such as ReadDraft.
    async fn action(&self) -> &str {
        self.row.action
    }

    /// What it is, in Japanese.
    async fn description_ja(&self) -> &str {
        self.row.japanese
    }

    /// What it is, in English.
    async fn description_en(&self) -> &str {
        self.row.english
    }

    /// The municipality in which it may be done; null for the instance and the own account.
    async fn municipality(&self, context: &Context<'_>) -> Result<Option<Municipality>> {
        self.code().map(|code| Municipality::of(context, code)).transpose()
    }
}

pub(crate) struct Session(shirube_app::ListedSession);

/// A sign-in that goes on (ログイン中のセッション).
#[Object]
impl Session {
    /// The key of the session (UUID).
    async fn key(&self) -> String {
        self.0.id.to_string()
    }

    /// When it began.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When it was last refreshed.
    async fn refreshed_at(&self) -> DateTime {
        DateTime(self.0.refreshed_at)
    }

    /// The address from which it began.
    async fn address(&self) -> Option<&str> {
        self.0.address.as_deref()
    }
}
