//! The root of all subscriptions. Each tells what is new from the moment on in which it was begun, so that a client
//! subscribes first and reads what is there afterwards.

mod follow;
mod rounds;
mod strategies;

use async_graphql::MergedSubscription;

pub(crate) use follow::{EachEvent, Subscriber};

/// Everything that can be followed, over a WebSocket (graphql-transport-ws).
#[derive(MergedSubscription, Default)]
pub(crate) struct Subscription(strategies::StrategySubscription, rounds::RoundSubscription);
