//! The HTTP door.

mod graphiql;
mod graphql;
mod observe;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use shirube_app::App;
use shirube_graphql::Api;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{CompressionLayer, CompressionLevel},
    set_header::SetResponseHeaderLayer,
};

use crate::telemetry;

/// What handlers share.
#[derive(Clone)]
pub(crate) struct Doors {
    app: Arc<App>,
    api: Arc<Api>,
}

/// All routes, with what is the same for each.
pub(crate) fn routes(app: Arc<App>, api: Arc<Api>) -> Router {
    telemetry::metrics();
    let header = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    Router::new()
        .route("/", get(async || axum::response::Redirect::to("/graphiql")))
        .route("/graphql", get(graphql::by_get).post(graphql::by_post))
        .route("/graphiql", get(graphiql::page))
        .route("/graphiql/{file}", get(graphiql::file))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(async || telemetry::metrics().render()))
        .fallback(async || (StatusCode::NOT_FOUND, "not found; the API is at /graphql\n"))
        .method_not_allowed_fallback(async || (StatusCode::METHOD_NOT_ALLOWED, "this method is not allowed here\n"))
        .layer(CatchPanicLayer::new())
        // The cheapest level: answers are read once.
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(header::X_FRAME_OPTIONS, "DENY"))
        .layer(header(header::REFERRER_POLICY, "no-referrer"))
        .layer(header(header::CACHE_CONTROL, "no-store"))
        .layer(middleware::from_fn(observe::observe))
        .with_state(Doors { app, api })
}

/// Whether the service can do all of its work: the database answers.
async fn ready(State(doors): State<Doors>) -> Response {
    match tokio::time::timeout(Duration::from_secs(2), doors.app.ping()).await {
        Ok(Ok(())) => "ready\n".into_response(),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer; published data are still served\n")
            .into_response(),
    }
}
