//! API keys.

use async_graphql::{Context, Enum, ID, Object, Result};

use super::Municipality;
use crate::{id::GlobalId, scalars::DateTime};

/// What an API key is for. It does nothing else, and never more than its owner may.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "shirube_access::KeyScope")]
pub(crate) enum KeyScope {
    /// Reading what is published.
    ReadPublished,
    /// Reading it in bulk: larger budgets.
    Bulk,
    /// Reading the municipality's own drafts.
    ReadDrafts,
    /// Reporting the municipality's own figures.
    ReportFigures,
}

pub(crate) struct ApiKey(pub(crate) shirube_app::ApiKey);

/// An API key. Its secret is shown once, when it is made.
#[Object]
impl ApiKey {
    /// The global id.
    pub(super) async fn id(&self) -> ID {
        GlobalId::ApiKey(self.0.municipality, self.0.id).id()
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it is for.
    async fn scopes(&self) -> Vec<KeyScope> {
        self.0.scopes.iter().map(|scope| (*scope).into()).collect()
    }

    /// The municipality to which it belongs; null for a user's own key.
    async fn municipality(&self, context: &Context<'_>) -> Result<Option<Municipality>> {
        self.0.municipality.map(|code| Municipality::of(context, code)).transpose()
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// Until when it is good.
    async fn expires_at(&self) -> DateTime {
        DateTime(self.0.expires_at)
    }

    /// When it was last used, to the minute; null if never.
    async fn used_at(&self) -> Option<DateTime> {
        self.0.used_at.map(DateTime)
    }

    /// When it was revoked; null if it was not.
    async fn revoked_at(&self) -> Option<DateTime> {
        self.0.revoked_at.map(DateTime)
    }
}
