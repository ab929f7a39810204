//! What a regional strategy (総合戦略) is, and what its numbers mean.
//!
//! Pure: no I/O, no async, no clock and no randomness of its own. Everything that other crates store, serve, compare
//! or print is built from the values of this one.

pub mod calendar;
pub mod changes;
pub mod comparison;
pub mod edit;
mod error;
pub mod grade;
mod id;
pub mod lint;
pub mod municipality;
pub mod observation;
pub mod outlook;
pub mod progress;
pub mod quantity;
pub mod reference;
pub mod round;
pub mod statistics;
pub mod strategy;
pub mod suggest;
pub mod text;
pub mod webhook;

pub use error::{BadInput, Error};
pub use id::{
    ApiKeyId, AuditId, DeliveryId, DepartmentId, IndicatorId, InvitationId, MembershipId, NewIds, NodeId, OpinionId,
    SessionId, StrategyId, UserId, WebhookId,
};
