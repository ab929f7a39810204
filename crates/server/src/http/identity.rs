//! Who is asking: from the header Authorization to a scope, before anything else is done.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Extension,
    extract::{Request, State},
    http::{HeaderMap, header},
    middleware::Next,
    response::Response,
};
use shirube_access::{Caller, KeyFacts, KeyOwner, Origin, Scope, table};
use shirube_app::Unbelieved;
use shirube_graphql::{limits, whole_seconds};
use uuid::Uuid;

use super::{
    Doors,
    address::ClientAddress,
    graphql,
    observe::{Asker, RequestId},
    rate::RateKey,
};

/// How much of the time for a request is left when it is known who asks, an extension of the request.
#[derive(Clone, Copy)]
pub(crate) struct TimeLeft(pub(crate) Duration);

/// Where a request comes from, as the audit trail keeps it.
pub(crate) fn origin(address: ClientAddress, id: RequestId) -> Origin {
    Origin { address: Some(address.0), request: Some(id.0) }
}

/// The token or key that a request carries. A header that is there and cannot be read is not taken for none.
pub(crate) fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Unbelieved> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = all.next() else { return Ok(None) };
    let text = value.to_str().ok().filter(|_| all.next().is_none());
    let (scheme, token) = text.and_then(|text| text.split_once(' ')).ok_or(Unbelieved::NotBelieved)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(Some(token.trim_ascii())) } else { Err(Unbelieved::NotBelieved) }
}

/// Tells each request who is asking, and by what they are counted. Those who are not who they say are answered here, and
/// counted by their address.
pub(crate) async fn identify(
    State(doors): State<Doors>,
    Extension(address): Extension<ClientAddress>,
    Extension(id): Extension<RequestId>,
    mut request: Request,
    next: Next,
) -> Response {
    let (start, whole) = (Instant::now(), Duration::from_secs(limits::SECONDS));
    let believed = match bearer(request.headers()) {
        Ok(bearer) => match tokio::time::timeout(whole, doors.app.scope(bearer, origin(address, id))).await {
            Ok(believed) => believed,
            Err(_) => {
                tracing::warn!("the database does not answer who is asking");
                return graphql::unavailable(request.headers());
            }
        },
        Err(unbelieved) => Err(unbelieved),
    };
    request.extensions_mut().insert(TimeLeft(whole.saturating_sub(start.elapsed())));
    let scope = match believed {
        Ok(scope) => scope,
        Err(unbelieved) => {
            let rated = doors.rates.check(&RateKey::Address(address.0));
            return match unbelieved {
                _ if !rated.allowed => graphql::too_many(request.headers(), whole_seconds(rated.reset)),
                Unbelieved::NotBelieved => {
                    metrics::counter!("shirube_not_believed_total").increment(1);
                    graphql::not_believed(request.headers())
                }
                Unbelieved::Failed(error) => {
                    tracing::warn!(error = crate::chain(&error), "who is asking cannot be looked up");
                    graphql::unavailable(request.headers())
                }
            };
        }
    };
    let asker = scope.actor().id;
    if let Some(key) = counted_as(&scope) {
        request.extensions_mut().insert(key);
    }
    request.extensions_mut().insert(Arc::new(scope));
    let mut response = next.run(request).await;
    if let Some(asker) = asker {
        response.extensions_mut().insert(Asker(asker));
    }
    response
}

/// By what somebody is counted who said who they are.
pub(crate) fn counted_as(scope: &Scope) -> Option<RateKey> {
    match scope.caller() {
        Caller::User(facts) => Some(RateKey::User(facts.user.id.uuid())),
        Caller::Key(facts) if may_in_bulk(scope) => Some(RateKey::Key(owner(facts))),
        Caller::Key(facts) => Some(RateKey::User(owner(facts))),
        Caller::Anonymous | Caller::Machine => None,
    }
}

/// By whom a key is counted: all keys of one owner together, so that more keys are no larger budget.
fn owner(facts: &KeyFacts) -> Uuid {
    match &facts.owner {
        KeyOwner::User(user, _) => user.id.uuid(),
        KeyOwner::Municipality(code) => Uuid::from_u128(code.five_digits().into()),
    }
}

fn may_in_bulk(scope: &Scope) -> bool {
    scope.permissions().iter().any(|(row, _)| row.action == <table::ReadInBulk as table::Action>::ROW.action)
}
