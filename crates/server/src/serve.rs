//! Starting and stopping.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};
use shirube_app::{App, load_sample};
use shirube_graphql::Api;
use shirube_store::{Backend, Store, StoreError};
use time::OffsetDateTime;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use uuid::Uuid;

use crate::{
    Failure, LogFormat, Settings,
    http::{self, Rates},
    listen, telemetry,
};

/// How often other processes' publications are looked for.
const REFRESH: Duration = Duration::from_secs(5);

/// A running server.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Running {
    /// Stops accepting, lets requests in flight finish, and ends.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        if self.task.await.is_err() {
            tracing::error!("the server's task failed");
        }
    }
}

/// Connects, brings an embedded database up to this version, checks another one.
async fn open(settings: &Settings) -> Result<Store, Failure> {
    let store = Store::connect(&settings.store()).await?;
    match store.backend() {
        Backend::Sqlite => {
            store.migrate().await?;
        }
        Backend::Postgres => store.check_version().await?,
    }
    Ok(store)
}

/// Fills an empty database, with a progress bar on a terminal; says whether it was empty.
async fn fill(store: &Store) -> Result<bool, Failure> {
    if !store.is_empty().await? {
        return Ok(false);
    }
    tracing::info!("loading the sample data, once");
    let style = "Loading sample data {bar:40} {pos}/{len} rows {elapsed}";
    let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template(style)?);
    let progress = |written, rows| {
        bar.set_length(rows as u64);
        bar.inc(written as u64);
    };
    let loaded = load_sample(store, &mut Uuid::now_v7, OffsetDateTime::now_utc(), progress).await;
    bar.finish_and_clear();
    Ok(loaded?)
}

/// Binds the address first, so that a port in use is told before any work is done.
async fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    let explain = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            format!("{address} is in use by another program; stop it, or choose another address with --listen")
        }
        _ => format!("cannot listen on {address}: {error}; choose another address with --listen"),
    };
    TcpListener::bind(address).await.map_err(|error| explain(error).into())
}

/// Starts a server: opens the database, loads the sample data where they are wanted, and listens.
pub async fn start(settings: &Settings) -> Result<Running, Failure> {
    let listener = bind(settings.listen).await?;
    let address = listener.local_addr()?;
    let store = open(settings).await?;
    if settings.wants_sample()? {
        fill(&store).await?;
    }
    let app = Arc::new(App::open(store).await?);
    let api = Arc::new(Api::new(app.clone(), settings.introspection));
    let rates = Arc::new(Rates::new(&settings.rates));
    let routes = http::routes(app.clone(), api, rates.clone(), settings);
    let (stop, stopped) = watch::channel(false);
    let task = tokio::spawn(async move {
        let refresh = tokio::spawn(refresh(app, rates, stopped.clone()));
        listen::serve(listener, routes, stopped).await;
        refresh.abort();
    });
    Ok(Running { address, stop, task })
}

/// Looks for new publications until the server stops. A failure is logged when it begins, not every time; a database that
/// takes the question and never answers is one, too. The histograms of the metrics are drained and idle callers forgotten in
/// the same rhythm.
async fn refresh(app: Arc<App>, rates: Arc<Rates>, mut stopped: watch::Receiver<bool>) {
    let mut failing = false;
    while tokio::time::timeout(REFRESH, stopped.changed()).await.is_err() {
        telemetry::metrics().run_upkeep();
        rates.tidy();
        let looked = tokio::time::timeout(REFRESH, app.refresh()).await;
        let failed = !matches!(looked, Ok(Ok(_)));
        match looked {
            Ok(Ok(true)) => tracing::info!(strategies = app.strategy_count(), "publications refreshed"),
            Ok(Ok(false)) if failing => tracing::info!("the database answers again"),
            Ok(Err(error)) if !failing => {
                tracing::warn!(error = crate::chain(&error), "cannot look for new publications");
            }
            Err(_) if !failing => tracing::warn!("the database does not answer; cannot look for new publications"),
            _ => {}
        }
        failing = failed;
    }
}

/// `shirube serve`.
pub(crate) async fn serve(settings: Settings) -> Result<(), Failure> {
    let running = start(&settings).await?;
    if settings.log_format != LogFormat::Json {
        welcome(running.address);
    }
    tracing::info!(address = %running.address, "ready");
    signal().await?;
    tracing::info!("stopping: no new connections, requests in flight are finished");
    running.stop().await;
    tracing::info!("stopped");
    Ok(())
}

/// Says where it is and what to try first.
fn welcome(address: SocketAddr) {
    println!(
        "Shirube {version} is ready at http://{address}/graphql\n\
         \n  In a browser:  http://{address}/graphiql\
         \n  In a shell:    curl -s http://{address}/graphql -H 'content-type: application/json' \\\
         \n                   -d '{{\"query\":\"{{ strategy(municipality: \\\"012262\\\") {{ title counts {{ programs kpis }} }} }}\"}}'\
         \n  Stop it with Ctrl-C.",
        version = env!("CARGO_PKG_VERSION"),
    );
}

/// Waits until the process is asked to end.
async fn signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// `shirube migrate`.
pub(crate) async fn migrate(settings: &Settings) -> Result<(), Failure> {
    let store = Store::connect(&settings.store()).await?;
    match store.migrate().await? {
        0 => println!("The database is up to date."),
        1 => println!("1 migration was run; the database is up to date."),
        count => println!("{count} migrations were run; the database is up to date."),
    }
    Ok(store.close().await?)
}

/// `shirube sample`.
pub(crate) async fn sample(settings: &Settings) -> Result<(), Failure> {
    let store = open(settings).await?;
    if fill(&store).await? {
        println!("The sample data are loaded. A server that runs already must be started again.");
    } else {
        return Err("the database holds data already; the sample data go into an empty one".into());
    }
    Ok::<_, StoreError>(store.close().await?).map_err(Into::into)
}
