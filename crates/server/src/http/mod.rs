//! The HTTP door.

mod address;
mod auth;
mod body;
mod cors;
mod data;
mod entry;
mod files;
mod graphiql;
mod graphql;
mod headers;
mod identity;
mod imports;
mod observe;
mod open_data;
mod pages;
mod rate;
mod refused;
mod reports;
mod socket;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use shirube_app::{App, Format};
use shirube_graphql::{Api, limits};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{CompressionLayer, CompressionLevel, DefaultPredicate, Predicate, predicate::NotForContentType},
};

use self::headers::Embedding;
pub use self::{address::TrustedProxies, cors::CorsOrigins, rate::RateSettings};
pub(crate) use self::{rate::Rates, socket::Places};
use crate::{Settings, telemetry};

/// What handlers share.
#[derive(Clone)]
pub(crate) struct Doors {
    app: Arc<App>,
    api: Arc<Api>,
    rates: Arc<Rates>,
    places: Arc<Places>,
    origins: CorsOrigins,
}

/// All routes, with what is the same for each.
pub(crate) fn routes(
    app: Arc<App>,
    api: Arc<Api>,
    rates: Arc<Rates>,
    places: Arc<Places>,
    settings: &Settings,
) -> Router {
    telemetry::metrics();
    let doors = Doors { app, api, rates, places, origins: settings.cors_origins.clone() };
    let trusted = Arc::new(settings.trusted_proxies.clone());
    let embedding = if settings.cors_origins.is_empty() { Embedding::SameOrigin } else { Embedding::CrossOrigin };
    let limit = || middleware::from_fn_with_state(doors.clone(), rate::limit);
    // What programs call: counted, and open to the pages that the settings name. A preflight is answered before anything is
    // counted, and a wrong method like any other request, so the fallback comes first.
    let identified = Router::new()
        .route("/graphql", get(socket::by_get).post(graphql::by_post))
        .merge(auth::own_routes())
        .merge(data::routes())
        .merge(open_data::routes())
        .merge(reports::routes())
        .merge(entry::routes())
        .merge(imports::routes())
        .method_not_allowed_fallback(not_allowed)
        .route_layer(limit())
        .route_layer(middleware::from_fn_with_state(doors.clone(), identity::identify));
    let open = auth::open_routes().method_not_allowed_fallback(not_allowed).route_layer(limit());
    let counted = identified.merge(open);
    Router::new()
        .merge(settings.cors_origins.open(counted))
        .route("/", get(async || axum::response::Redirect::to("/graphiql")))
        .route("/graphiql", get(graphiql::page))
        .route("/graphiql/{file}", get(graphiql::file))
        .route("/invitation", get(pages::invitation))
        .route("/signed-in", get(pages::signed_in))
        .route("/pages/{file}", get(pages::file))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(async || telemetry::metrics().render()))
        .fallback(async || (StatusCode::NOT_FOUND, "not found; the API is at /graphql\n"))
        .method_not_allowed_fallback(not_allowed)
        .layer(CatchPanicLayer::new())
        // The cheapest level: answers are read once. Parquet and workbooks are packed already.
        .layer(
            CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(
                DefaultPredicate::new()
                    .and(NotForContentType::const_new(Format::Parquet.media_type()))
                    .and(NotForContentType::const_new(files::WORKBOOK)),
            ),
        )
        .layer(middleware::map_response(files::weaken))
        .layer(middleware::from_fn_with_state(trusted, address::tell))
        .layer(middleware::from_fn(observe::observe))
        .layer(middleware::map_response_with_state(embedding, headers::close))
        .with_state(doors)
}

async fn not_allowed() -> (StatusCode, &'static str) {
    (StatusCode::METHOD_NOT_ALLOWED, "this method is not allowed here\n")
}

/// Whether the service can do all of its work: the database answers. The store knows how long to wait for a near database
/// and for a far one; the limit here is the one that no request passes.
async fn ready(State(doors): State<Doors>) -> Response {
    match tokio::time::timeout(Duration::from_secs(limits::SECONDS), doors.app.ping()).await {
        Ok(Ok(())) => "ready\n".into_response(),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer; published data are still served\n")
            .into_response(),
    }
}
