//! The root of all mutations. Each takes one input and gives a payload with what was changed, and with what the caller can
//! mend in `userErrors`.

mod authoring;
mod departments;
mod grading_rules;
mod keys;
mod once;
mod opinions;
mod people;
mod round;
mod strategies;
mod users;
mod webhooks;

use async_graphql::{Enum, ID, MergedObject, Result, SimpleObject};
pub(crate) use once::Once;
pub(crate) use round::{round_key, task_id};
use shirube_domain::{BadInput, Error, StrategyId, municipality::MunicipalityCode};

use crate::{
    error::outward,
    id::{GlobalId, StrategyKey},
};

/// Everything that can be changed.
#[derive(MergedObject, Default)]
pub(crate) struct Mutation(
    people::PeopleMutation,
    users::UserMutation,
    departments::DepartmentMutation,
    grading_rules::GradingRuleMutation,
    keys::KeyMutation,
    strategies::StrategyMutation,
    round::RoundMutation,
    opinions::OpinionMutation,
    webhooks::WebhookMutation,
    authoring::AuthoringMutation,
);

/// A code in `userErrors`.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UserErrorCode {
    /// A value is wrong.
    BadUserInput,
    /// It does not go together with what is there.
    Conflict,
    /// A figure looks wrong, and nobody said that it is right.
    Unconfirmed,
    /// It is another department's.
    Forbidden,
    /// It is not there.
    NotFound,
}

/// Something that the caller can mend.
#[derive(SimpleObject, Clone)]
pub(crate) struct UserError {
    /// What a client may branch on.
    code: UserErrorCode,
    /// What is wrong and how to mend it.
    message: String,
    /// Where it is: a path that begins with "input".
    path: Vec<String>,
}

impl UserError {
    /// An error at a place of the input.
    pub(crate) fn at(code: UserErrorCode, problem: BadInput) -> Self {
        let place = problem.place.split(['.', '[', ']']).filter(|part| !part.is_empty() && *part != "input");
        let path = std::iter::once("input").chain(place).map(str::to_owned).collect();
        Self { code, message: problem.message, path }
    }
}

/// What a mutation gives: what it changed, or what is to be mended. Any other error is one of the field, which is null then
/// and leaves the other mutations of the request what they did.
pub(crate) fn settled<T>(result: Result<T, Error>) -> Result<(Option<T>, Vec<UserError>)> {
    match result {
        Ok(changed) => Ok((Some(changed), Vec::new())),
        Err(Error::BadInput(of)) => Ok((None, vec![UserError::at(UserErrorCode::BadUserInput, of)])),
        Err(Error::Problems(all)) => {
            Ok((None, all.into_iter().map(|of| UserError::at(UserErrorCode::BadUserInput, of)).collect()))
        }
        Err(Error::Conflict(of)) => Ok((None, vec![UserError::at(UserErrorCode::Conflict, of)])),
        Err(error) => Err(outward(error)),
    }
}

/// Defines the payload of a mutation.
macro_rules! payload {
    ($name:ident { $(#[doc = $doc:literal] $field:ident: $type:ty,)+ }) => {
        #[doc = concat!("What became of the mutation: what was changed, or what is to be mended.")]
        #[derive(async_graphql::SimpleObject)]
        pub(crate) struct $name {
            /// What the client sent as `clientMutationId`.
            client_mutation_id: Option<String>,
            $(#[doc = $doc] $field: Option<$type>,)+
            /// What the caller can mend; empty if it was done.
            user_errors: Vec<$crate::mutation::UserError>,
        }
    };
}
pub(crate) use payload;

/// Reads the id of a kind of thing.
macro_rules! read_id {
    ($name:ident, $variant:ident($($part:ident),+) -> $type:ty, $what:literal) => {
        pub(crate) fn $name(id: &ID, place: &str) -> Result<$type, Error> {
            match GlobalId::parse(id, place)? {
                GlobalId::$variant($($part),+) => Ok(($($part),+)),
                _ => Err(Error::bad_input(place, concat!("this is not the id of ", $what))),
            }
        }
    };
}

read_id!(user_id, User(id) -> shirube_domain::UserId, "a user");
read_id!(department_id, Department(code, id) -> (MunicipalityCode, shirube_domain::DepartmentId), "a department");
read_id!(membership_id, Membership(code, id) -> (MunicipalityCode, shirube_domain::MembershipId), "a membership");
read_id!(invitation_id, Invitation(code, id) -> (Option<MunicipalityCode>, shirube_domain::InvitationId), "an invitation");
read_id!(strategy_key, Strategy(key) -> StrategyKey, "a strategy");
read_id!(key_id, ApiKey(code, id) -> (Option<MunicipalityCode>, shirube_domain::ApiKeyId), "an API key");
read_id!(webhook_id, Webhook(code, id) -> (MunicipalityCode, shirube_domain::WebhookId), "a webhook");
read_id!(delivery_id, WebhookDelivery(code, id) -> (MunicipalityCode, shirube_domain::DeliveryId), "a delivery");

/// Reads the id of a draft.
pub(crate) fn draft_id(id: &ID, place: &str) -> Result<(MunicipalityCode, StrategyId), Error> {
    let StrategyKey { municipality, strategy, revision } = strategy_key(id, place)?;
    match revision {
        None => Ok((municipality, strategy)),
        Some(_) => Err(Error::bad_input(place, "this is the id of a revision, which never changes; give the draft's")),
    }
}
