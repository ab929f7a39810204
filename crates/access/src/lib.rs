//! Who is asking, and what they may do.
//!
//! A request is believed or not ([`Tokens`], [`secret`], [`password`], [`oidc`]), and becomes a [`Scope`]: who asks, and
//! from where. A [`Scope`] is asked for a [`Permit`] to do something to something, after the access table in [`table`];
//! the effect demands the permit and takes its target out of it. This crate alone makes scopes and permits.

mod attempt;
mod email;
mod keyring;
pub mod oidc;
pub mod password;
mod role;
mod scope;
pub mod secret;
pub mod table;
mod token;
mod webhook;

pub use attempt::Attempt;
pub use email::normalize_email;
pub use keyring::{KeyError, KeyFolder, Keyring, SigningKey};
pub use role::{Grant, InstanceRole, KeyScope, MunicipalRole, Role, RoleError};
pub use scope::{
    Actor, ActorKind, Caller, KeyFacts, KeyOwner, NotBelieved, Origin, Permit, Scope, SessionFacts, User, Within,
    leaves_an_administrator,
};
pub use token::{ACCESS_SECONDS, AccessToken, Tokens};
pub use webhook::{WebhookKey, WebhookSecret};
