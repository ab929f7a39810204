//! The audit trail.

use std::sync::Arc;

use async_graphql::{Enum, ID, InputObject, Object, Result, SimpleObject};
use shirube_access::{ActorKind as AccessActorKind, Scope};
use shirube_app::{App, AuditEntry as AppEntry, AuditFilter as AppFilter};
use shirube_domain::{AuditId, Error, municipality::MunicipalityCode};
use uuid::Uuid;

use crate::{
    error::outward,
    id::GlobalId,
    page::{PAGE_DEFAULT, PAGE_LIMIT, PageArguments, PageInfo, cursor, read_cursor, size},
    scalars::DateTime,
};

/// What kind of a caller did something.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "AccessActorKind")]
pub(crate) enum ActorKind {
    /// Somebody who did not say who they are.
    Anonymous,
    /// A user.
    User,
    /// A program with an API key.
    Key,
    /// The command line, or a job of the service.
    Machine,
}

#[derive(Clone)]
pub(crate) struct AuditEntry {
    /// Whose trail it is in; `None` for that of the instance.
    pub(crate) municipality: Option<MunicipalityCode>,
    pub(crate) of: Box<AppEntry>,
}

/// A line of the audit trail (監査記録): who did what, when, from where, and what it was before and after. It is written
/// together with the change, and never changed itself.
#[Object]
impl AuditEntry {
    /// The global id.
    pub(super) async fn id(&self) -> ID {
        GlobalId::AuditEntry(self.municipality, self.of.id).id()
    }

    /// The key of the line (UUID); later ones have larger keys.
    async fn key(&self) -> String {
        self.of.id.to_string()
    }

    /// When.
    async fn at(&self) -> DateTime {
        DateTime(self.of.at)
    }

    /// What kind of a caller it was.
    async fn actor_kind(&self) -> ActorKind {
        self.of.actor_kind.into()
    }

    /// The key of the user or API key (UUID).
    async fn actor_key(&self) -> Option<String> {
        self.of.actor_id.map(|id| id.to_string())
    }

    /// The name that the user or API key had then.
    async fn actor_name(&self) -> &str {
        &self.of.actor_name
    }

    /// The address of the client.
    async fn address(&self) -> Option<&str> {
        self.of.address.as_deref()
    }

    /// The id of the request, which is in the log and in the answer's header `x-request-id`.
    async fn request_id(&self) -> Option<&str> {
        self.of.request_id.as_deref()
    }

    /// The action of the access table that was permitted, such as ManagePeople.
    async fn action(&self) -> &str {
        &self.of.action
    }

    /// What happened, such as role_granted.
    async fn event(&self) -> &str {
        &self.of.event
    }

    /// The kind of what it happened to, such as membership.
    async fn subject_kind(&self) -> &str {
        &self.of.subject_kind
    }

    /// The key of what it happened to (UUID; that of a grading rule is its name).
    async fn subject_key(&self) -> Option<&str> {
        self.of.subject.as_deref()
    }

    /// What it was before, as JSON.
    async fn before(&self) -> Option<String> {
        self.of.before.as_ref().map(ToString::to_string)
    }

    /// What it is since, as JSON.
    async fn after(&self) -> Option<String> {
        self.of.after.as_ref().map(ToString::to_string)
    }

    /// Why.
    async fn reason(&self) -> Option<&str> {
        self.of.reason.as_deref()
    }
}

/// A page of the audit trail, newest first.
#[derive(SimpleObject)]
pub(crate) struct AuditEntryConnection {
    /// The lines of the page, each with its cursor.
    edges: Vec<AuditEntryEdge>,
    /// The lines of the page.
    nodes: Vec<AuditEntry>,
    /// Where the page lies in the list.
    page_info: PageInfo,
}

/// A line of a page of the audit trail.
#[derive(SimpleObject)]
pub(crate) struct AuditEntryEdge {
    /// Where the line stands; give it as `after` or `before`.
    cursor: String,
    /// The line.
    node: AuditEntry,
}

impl AuditEntryConnection {
    pub(crate) fn len(&self) -> usize {
        self.edges.len()
    }
}

/// Which lines of the audit trail. What is absent does not narrow.
#[derive(InputObject, Default)]
pub(crate) struct AuditFilter {
    /// From this instant on.
    from: Option<DateTime>,
    /// Before this instant.
    to: Option<DateTime>,
    /// By the user of this id.
    user: Option<ID>,
    /// By an API key of this id.
    api_key: Option<ID>,
    /// Of this action of the access table, such as ManagePeople.
    action: Option<String>,
    /// On something of this kind, such as membership.
    subject_kind: Option<String>,
    /// On the thing of this key (UUID).
    subject_key: Option<String>,
}

impl AuditFilter {
    fn into_app(self) -> Result<AppFilter, Error> {
        let Self { from, to, user, api_key, action, subject_kind, subject_key } = self;
        let wrong = |place: &str| Error::bad_input(place, "this is an id of something else");
        let user = match user {
            Some(id) => match GlobalId::parse(&id, "filter.user")? {
                GlobalId::User(user) => Some(user.uuid()),
                _ => return Err(wrong("filter.user")),
            },
            None => None,
        };
        let key = match api_key {
            Some(id) => match GlobalId::parse(&id, "filter.apiKey")? {
                GlobalId::ApiKey(_, key) => Some(key.uuid()),
                _ => return Err(wrong("filter.apiKey")),
            },
            None => None,
        };
        if user.is_some() && key.is_some() {
            return Err(Error::bad_input("filter.apiKey", "give user or apiKey, not both"));
        }
        Ok(AppFilter {
            from: from.map(|instant| instant.0),
            to: to.map(|instant| instant.0),
            actor: user.or(key),
            action,
            subject_kind,
            subject: subject_key,
            ..AppFilter::default()
        })
    }
}

/// A page of the audit trail of a municipality, or of the instance.
pub(crate) async fn audit(
    app: &Arc<App>,
    scope: &Scope,
    municipality: Option<MunicipalityCode>,
    filter: AuditFilter,
    arguments: &PageArguments,
) -> Result<AuditEntryConnection> {
    let page = async {
        let list = municipality.map_or("audit".to_owned(), |code| format!("audit:{code}"));
        let (first, last) = (size("first", arguments.first)?, size("last", arguments.last)?);
        if first.is_some() && last.is_some() {
            return Err(Error::bad_input("first", "give first or last, not both"));
        }
        let filter = AppFilter {
            older_than: place("after", arguments.after.as_deref(), &list)?,
            newer_than: place("before", arguments.before.as_deref(), &list)?,
            ascending: last.is_some(),
            limit: first.or(last).unwrap_or(PAGE_DEFAULT).min(PAGE_LIMIT) as u64,
            ..filter.into_app()?
        };
        let found = app.audit(scope, municipality, filter).await?;
        let edges: Vec<AuditEntryEdge> = found
            .entries
            .into_iter()
            .map(|entry| AuditEntryEdge {
                cursor: cursor(&list, &entry.id.to_string()),
                node: AuditEntry { municipality, of: Box::new(entry) },
            })
            .collect();
        Ok(AuditEntryConnection {
            nodes: edges.iter().map(|edge| edge.node.clone()).collect(),
            page_info: PageInfo {
                has_previous_page: if last.is_some() { found.more } else { arguments.after.is_some() },
                has_next_page: if last.is_some() { arguments.before.is_some() } else { found.more },
                start_cursor: edges.first().map(|edge| edge.cursor.clone()),
                end_cursor: edges.last().map(|edge| edge.cursor.clone()),
            },
            edges,
        })
    };
    page.await.map_err(outward)
}

/// The line of a cursor.
fn place(argument: &str, given: Option<&str>, list: &str) -> Result<Option<AuditId>, Error> {
    let Some(given) = given else { return Ok(None) };
    let key = read_cursor(given, list).map_err(|message| Error::bad_input(argument, message))?;
    let id = Uuid::parse_str(&key).map_err(|_| Error::bad_input(argument, "the item of this cursor does not exist"))?;
    Ok(Some(AuditId::from_uuid(id)))
}
