//! Starting and stopping.

use std::{fmt::Write as _, io::Write as _, net::SocketAddr, sync::Arc, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};
use shirube_access::{
    KeyFolder, Scope,
    oidc::{ProviderSettings, Providers},
};
use shirube_app::{App, AppOptions, Clock, load_sample};
use shirube_graphql::Api;
use shirube_store::{Backend, SecondLock, Store, StoreError, StoreOptions};
use time::OffsetDateTime;
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
    task::JoinHandle,
};
use uuid::Uuid;

use crate::{
    Failure, LogFormat, Settings,
    http::{self, Places, Rates},
    listen, telemetry,
};

/// How often other processes' publications are looked for.
const REFRESH: Duration = Duration::from_secs(5);
/// The least time between two looks for new publications, when an embargo ends.
const SOONEST: Duration = Duration::from_millis(20);
/// How long is waited for an answer: enough to make a connection to a far database anew.
const ANSWER: Duration = Duration::from_secs(10);

/// A running server.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// The application that it serves.
    pub app: Arc<App>,
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

/// The one clock of the service.
#[expect(clippy::disallowed_methods, reason = "this is the one place that asks what time it is")]
pub(crate) fn clock() -> Clock {
    Clock::new(OffsetDateTime::now_utc)
}

/// Connects, brings an embedded database up to this version, checks another one.
pub(crate) async fn open(options: &StoreOptions) -> Result<Store, Failure> {
    let store = Store::connect(options).await?;
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
    let scope = Scope::machine();
    let loaded = load_sample(store, &scope, &mut Uuid::now_v7, clock().now(), progress).await;
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

/// Opens the application over a store.
pub(crate) async fn application(
    settings: &Settings,
    store: Store,
    public_url: String,
    clock: Clock,
) -> Result<App, Failure> {
    let providers = match &settings.oidc_providers {
        Some(file) => {
            let told =
                |error: &dyn std::fmt::Display| format!("the file {} of --oidc-providers: {error}", file.display());
            let json = std::fs::read_to_string(file).map_err(|error| told(&error))?;
            ProviderSettings::read_all(&json).map_err(|error| told(&error))?
        }
        None => Vec::new(),
    };
    // Without providers nobody comes back to it, and an address that could be none is as well.
    let redirect = if providers.is_empty() { "http://localhost/signed-in" } else { &format!("{public_url}/signed-in") };
    let options = AppOptions {
        providers: Arc::new(Providers::new(providers, redirect)?),
        public_url,
        public_read: settings.public_read,
        keys: KeyFolder::new(settings.keys.clone()),
        reach: settings.webhook_private.clone(),
        clock,
    };
    Ok(App::open(store, options).await?)
}

/// Where the instance is reached from outside: as the settings say, or where it listens.
pub(crate) fn public_url(settings: &Settings, address: SocketAddr) -> String {
    settings.public_url.clone().unwrap_or_else(|| format!("http://{address}"))
}

/// Starts a server: opens the database, loads the sample data where they are wanted, and listens.
pub async fn start(settings: &Settings) -> Result<Running, Failure> {
    start_at(settings, clock()).await
}

/// The same with another clock: a test does not wait until something expires.
pub async fn start_at(settings: &Settings, clock: Clock) -> Result<Running, Failure> {
    let listener = bind(settings.listen).await?;
    let address = listener.local_addr()?;
    let store = open(&settings.store()).await?;
    if settings.wants_sample()? {
        fill(&store).await?;
    }
    if let SecondLock::Off(why) = store.second_lock().await? {
        tracing::warn!(why, "the second lock between municipalities is off; deploy/README.md tells how to set it up");
    }
    if settings.public_url.is_none() && address.ip().is_unspecified() {
        tracing::warn!("links and tokens name an address that nobody can reach; set --public-url");
    }
    let app = Arc::new(application(settings, store, public_url(settings, address), clock).await?);
    let api = Arc::new(Api::new(app.clone(), settings.introspection));
    let rates = Arc::new(Rates::new(&settings.rates));
    let (stop, stopped) = watch::channel(false);
    let places = Arc::new(Places::new(stopped.clone()));
    let routes = http::routes(app.clone(), api, rates.clone(), places.clone(), settings);
    let running = app.clone();
    let task = tokio::spawn(async move {
        let hearing = app.clone();
        let hear = tokio::spawn(async move { hearing.hear().await });
        let refresh = tokio::spawn(refresh(app.clone(), rates, stopped.clone()));
        let told = stopped.clone();
        let agenda = tokio::spawn(async move { app.work_agenda(told).await });
        listen::serve(listener, routes, places, stopped).await;
        refresh.abort();
        hear.abort();
        if agenda.await.is_err() {
            tracing::error!("the task of the agenda failed");
        }
    });
    Ok(Running { address, app: running, stop, task })
}

/// Looks for new publications until the server stops. A failure is logged when it begins, not every time; a database that
/// takes the question and never answers is one, too. The histograms of the metrics are drained and idle callers forgotten in
/// the same rhythm.
async fn refresh(app: Arc<App>, rates: Arc<Rates>, mut stopped: watch::Receiver<bool>) {
    let mut failing = false;
    let rhythm = |app: &App| app.until_release().map_or(REFRESH, |release| release.clamp(SOONEST, REFRESH));
    while tokio::time::timeout(rhythm(&app), stopped.changed()).await.is_err() {
        telemetry::metrics().run_upkeep();
        rates.tidy();
        if let Err(error) = app.refresh_keys() {
            tracing::warn!(error = crate::chain(&error), "the signing keys cannot be read again");
        }
        let looked = tokio::time::timeout(ANSWER, app.refresh()).await;
        let failed = !matches!(looked, Ok(Ok(_)));
        match looked {
            Ok(Ok(true)) => {
                tracing::info!(strategies = app.strategy_count(), "publications and grading rules refreshed");
            }
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
    // Heard from the beginning: a start that is told to stop stops, whatever it does.
    let mut signals = Signals::new()?;
    let running = tokio::select! {
        running = start(&settings) => running?,
        () = signals.next() => return Ok(()),
    };
    // A link is a secret: it goes to whoever has the terminal, and not into the log.
    let first = running.app.first_operator().await?;
    welcome(running.address, first.as_deref(), settings.log_format != LogFormat::Json);
    tracing::info!(address = %running.address, "ready");
    signals.next().await;
    tracing::info!("stopping: no new connections, requests in flight are finished");
    running.stop().await;
    tracing::info!("stopped");
    Ok(())
}

/// Says where it is and what to try first, and how a new instance gets its operator. Nobody need be listening.
fn welcome(address: SocketAddr, first_operator: Option<&str>, chatty: bool) {
    let mut told = String::new();
    if let Some(link) = first_operator {
        told = format!(
            "Nobody runs this instance yet. Whoever opens this link becomes its operator; it works once, within seven \
             days:\n  {link}\n\n"
        );
    }
    if chatty {
        let _ = write!(
            told,
            "Shirube {version} is ready at http://{address}/graphql\n\
             \n  In a browser:  http://{address}/graphiql\
             \n  In a shell:    curl -s http://{address}/graphql -H 'content-type: application/json' \\\
             \n                   -d '{{\"query\":\"{{ strategy(municipality: \\\"012262\\\") {{ title counts {{ programs kpis }} }} }}\"}}'\
             \n  Stop it with Ctrl-C.\n",
            version = env!("CARGO_PKG_VERSION"),
        );
    }
    let _ = std::io::stdout().lock().write_all(told.as_bytes());
}

/// What asks the process to end.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// `shirube migrate`: brings the tables up to this version, as their owner, and sets up the role under which the service
/// works, where it is another one.
pub(crate) async fn migrate(settings: &Settings) -> Result<(), Failure> {
    let store = Store::connect(&settings.owners_store()).await?;
    let run = store.migrate().await?;
    if let Some((role, password)) = settings.service_role()? {
        store.set_up_service_role(&role, password.as_deref()).await?;
        println!("The service works under the role “{role}”, which owns no table.");
    }
    match run {
        0 => println!("The database is up to date."),
        1 => println!("1 migration was run; the database is up to date."),
        count => println!("{count} migrations were run; the database is up to date."),
    }
    Ok(store.close().await?)
}

/// `shirube sample`.
pub(crate) async fn sample(settings: &Settings) -> Result<(), Failure> {
    let store = open(&settings.owners_store()).await?;
    if fill(&store).await? {
        println!("The sample data are loaded. A server that runs already must be started again.");
    } else {
        return Err("the database holds data already; the sample data go into an empty one".into());
    }
    Ok::<_, StoreError>(store.close().await?).map_err(Into::into)
}
