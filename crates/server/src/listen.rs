//! Connections, with limits on what a slow or large one may take.

use std::{
    convert::Infallible,
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
    response::Response,
};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
};
use tokio_io_timeout::TimeoutStream;
use tower::{Service, ServiceExt};

use crate::http::Places;

/// How long a client may take to send the head of a request, and an idle connection is kept.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a client may leave an answer unread.
const WRITE_TIMEOUT: Duration = Duration::from_secs(20);
/// The largest head of a request, in bytes.
const HEAD_BYTES: usize = 16 * 1024;
/// The largest number of header fields.
const HEADERS: usize = 100;
/// The largest number of connections at a time.
const CONNECTIONS: usize = 2_000;
/// How long requests in flight may take to finish when the server stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(20);

/// Serves connections until `stopped` turns true, then lets requests in flight finish, and sockets say goodbye.
pub(crate) async fn serve(
    listener: TcpListener,
    routes: Router,
    sockets: Arc<Places>,
    mut stopped: watch::Receiver<bool>,
) {
    // HTTP/1.1 alone: telling versions apart would wait for a client's first bytes without a limit, and a proxy in front
    // speaks HTTP/2 to browsers.
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(HEAD_BYTES).max_headers(HEADERS);
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        // A place first: what cannot be served waits in the system's queue.
        let next = async {
            let place = places.clone().acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            () = told_to_stop(&mut stopped) => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, say: the next moment may be better, a busy loop is not.
                tracing::warn!(%error, "a connection cannot be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let routes = routes.clone();
        let service = tower::service_fn(move |request: Request<Incoming>| {
            let routes = routes.clone();
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            answer(routes, request)
        });
        let builder = builder.clone();
        let mut stopped = stopped.clone();
        tokio::spawn(async move {
            let connection = builder.serve_connection(TokioIo::new(bounded(stream)), TowerToHyperService::new(service));
            let mut connection = pin!(connection.with_upgrades());
            let ended = tokio::select! {
                ended = &mut connection => ended,
                () = told_to_stop(&mut stopped) => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            // A client that goes away, or breaks the protocol, is its own affair.
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(place);
        });
    }
    drop(listener);
    let all = u32::try_from(CONNECTIONS).expect("there are few");
    let finished = async { tokio::join!(places.acquire_many(all), sockets.left()) };
    if tokio::time::timeout(STOP_TIMEOUT, finished).await.is_err() {
        tracing::warn!("requests in flight did not finish in time");
    }
}

/// Waits until the server stops.
async fn told_to_stop(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// A stream on which a client that stops reading is given up.
fn bounded(stream: TcpStream) -> Pin<Box<TimeoutStream<TcpStream>>> {
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(WRITE_TIMEOUT));
    Box::pin(stream)
}

async fn answer(mut routes: Router, request: Request) -> Result<Response, Infallible> {
    ServiceExt::<Request>::ready(&mut routes).await?.call(request).await
}
