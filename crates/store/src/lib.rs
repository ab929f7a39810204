//! Rows: the draft tables, publications, people and what they did, reference data, on SQLite and PostgreSQL. The only crate
//! that sees the database.
//!
//! Nothing is reached without a permit. Rows of a municipality are reached through [`Tenant`], which is opened for one
//! municipality by a permit for it and narrows every statement to it; what belongs to no municipality through
//! [`Commons`]. What can be done with either depends on what was permitted. A change is made together with its line in the
//! audit trail, or not at all. Publications, saved grading rules and reference data are open to all and read whole, by
//! [`Store`].

mod accounts;
mod agenda;
mod audit;
mod commons;
mod deliveries;
mod draft;
mod edit;
mod edit_record;
mod error;
mod events;
mod grading_rules;
mod invitations;
mod keys;
mod locks;
mod members;
mod performed;
mod postgres;
mod publication;
mod reference;
mod round;
mod rows;
mod sign_in;
mod sqlite;
mod store;
mod tenant;
mod webhooks;

pub use accounts::{ListedSession, ListedUser, RoleChange};
pub use agenda::{Job, JobKind};
pub use audit::{AuditEntry, AuditFilter};
pub use commons::Commons;
pub use deliveries::Report;
pub use draft::DraftDeletion;
pub use edit::{Draft, DraftChange, RowVersions};
pub use error::{StoreError, StoreResult};
pub use events::{Announcer, Batch, Event, Events, Heard};
pub use grading_rules::{DefaultSetting, RULE_VERSIONS, RULES, RuleRetirement, RuleSaving, RuleVersion, StoredRule};
pub use invitations::{Accepting, Credential, Invitation, InvitationState, NewInvitation};
pub use keys::{ApiKey, NewKey};
pub use locks::SecondLock;
pub use members::{DepartmentChange, Member, MemberChange};
pub use performed::Performed;
pub use publication::{DraftPublication, Gap, NewPublication, StoredPublication};
pub use reference::{InitialData, SeriesResult};
pub use round::{
    Decided, FigureReport, Manner, NewOpinion, Opinion, OpinionChange, Reported, RoundChange, RoundRecord, Selection,
    StoredTask,
};
pub use sign_in::{Account, Refreshed, Rehashed, StoredAttempt};
pub use store::{Backend, Observer, Store, StoreOptions};
pub use tenant::Tenant;
pub use webhooks::{Asked, Delivery, DeliveryFilter, Webhook, WebhookChange};
