//! Typed ids: one macro makes them, so that an indicator's id can never stand where a node's is asked for.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Takes the id from its stored form.
            pub const fn from_uuid(uuid: Uuid) -> Self { Self(uuid) }
            /// The stored form.
            pub const fn uuid(self) -> Uuid { self.0 }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { self.0.fmt(f) }
        }
    )*};
}

ids! {
    /// Identifies a strategy (総合戦略) of a municipality, the same in its draft and in all its revisions.
    StrategyId;
    /// Identifies a plan node (a goal, measure, program …), the same in all revisions.
    NodeId;
    /// Identifies an indicator (指標), the same in all revisions.
    IndicatorId;
    /// Identifies a department (担当課) of a municipality.
    DepartmentId;
    /// Identifies a person who can sign in (利用者), the same in all municipalities.
    UserId;
    /// Identifies a sign-in with all its refreshes, up to the sign-out.
    SessionId;
    /// Identifies a role that a user has in a municipality.
    MembershipId;
    /// Identifies an invitation (招待).
    InvitationId;
    /// Identifies an API key.
    ApiKeyId;
    /// Identifies an opinion of the committee or council (意見).
    OpinionId;
    /// Identifies a line of the audit trail (監査記録).
    AuditId;
    /// Identifies a webhook of a municipality.
    WebhookId;
    /// Identifies what a webhook tells of one event, the same in every attempt.
    DeliveryId;
}

/// Where new ids come from. The domain has no randomness of its own.
pub trait NewIds {
    /// A fresh UUIDv7.
    fn next(&mut self) -> Uuid;
}

impl<F: FnMut() -> Uuid> NewIds for F {
    fn next(&mut self) -> Uuid {
        self()
    }
}
