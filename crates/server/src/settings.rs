use std::net::SocketAddr;

use clap::{Args, Parser, Subcommand, ValueEnum};
use shirube_store::{Backend, StoreOptions, StoreResult};

use crate::http::{CorsOrigins, RateSettings, TrustedProxies};

/// Shirube (しるべ): regional strategies (総合戦略) of municipalities, served as GraphQL.
#[derive(Parser)]
#[command(name = "shirube", version, about, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) settings: Settings,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Serve the API (the default)
    Serve,
    /// Bring the tables of the database up to this version
    Migrate,
    /// Print the GraphQL schema (SDL)
    Schema,
    /// Load the sample data into an empty database: all municipalities, official statistics, two real strategies
    Sample,
}

/// Every setting, by flag or environment.
#[derive(Args, Clone)]
pub struct Settings {
    /// Where to listen
    #[arg(long, env = "SHIRUBE_LISTEN", default_value = "127.0.0.1:8080", global = true, value_name = "ADDRESS:PORT")]
    pub listen: SocketAddr,

    /// The database: sqlite://path/to/file.db or postgres://user:password@host/database
    #[arg(
        long,
        env = "SHIRUBE_DATABASE_URL",
        default_value = "sqlite://data/shirube.db",
        hide_env_values = true,
        global = true,
        value_name = "URL"
    )]
    pub database_url: String,

    /// The largest number of connections to the database
    #[arg(
        long,
        env = "SHIRUBE_DATABASE_CONNECTIONS",
        default_value_t = 10,
        value_parser = clap::value_parser!(u32).range(1..=1000),
        global = true,
        value_name = "NUMBER"
    )]
    pub database_connections: u32,

    /// Load the sample data when the database is empty [default: true for SQLite, false for PostgreSQL]
    #[arg(long, env = "SHIRUBE_SAMPLE", global = true, value_name = "true|false")]
    pub sample: Option<bool>,

    /// Answer introspection, which tools such as GraphiQL need
    #[arg(
        long,
        env = "SHIRUBE_INTROSPECTION",
        default_value_t = true,
        action = clap::ArgAction::Set,
        global = true,
        value_name = "true|false"
    )]
    pub introspection: bool,

    /// The proxies whose X-Forwarded-For is believed: addresses or networks, with commas between them [default: none]
    #[arg(
        long,
        env = "SHIRUBE_TRUSTED_PROXIES",
        default_value = "",
        hide_default_value = true,
        global = true,
        value_name = "NETWORKS"
    )]
    pub trusted_proxies: TrustedProxies,

    /// The origins whose pages may call the API, such as https://example.org, with commas between them [default: none]
    #[arg(
        long,
        env = "SHIRUBE_CORS_ORIGINS",
        default_value = "",
        hide_default_value = true,
        global = true,
        value_name = "ORIGINS"
    )]
    pub cors_origins: CorsOrigins,

    /// How much callers may ask in a minute.
    #[command(flatten)]
    pub rates: RateSettings,

    /// Which events to log: error, warn, info, debug, trace, or a filter such as info,shirube_app=debug
    #[arg(
        long,
        env = "SHIRUBE_LOG",
        default_value = "info,sea_orm_migration=warn",
        global = true,
        value_name = "FILTER"
    )]
    pub log: String,

    /// How to log; auto is human on a terminal and JSON otherwise
    #[arg(long, env = "SHIRUBE_LOG_FORMAT", value_enum, default_value_t = LogFormat::Auto, global = true, value_name = "FORMAT")]
    pub log_format: LogFormat,
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Human on a terminal, JSON otherwise.
    Auto,
    /// For people.
    Human,
    /// For machines, an object a line.
    Json,
}

impl Settings {
    /// How to connect to the database.
    pub(crate) fn store(&self) -> StoreOptions {
        StoreOptions { url: self.database_url.clone(), connections: self.database_connections, observer: None }
    }

    /// Whether an empty database is to be filled with the sample data.
    pub(crate) fn wants_sample(&self) -> StoreResult<bool> {
        let embedded = Backend::of_url(&self.database_url)? == Backend::Sqlite;
        Ok(self.sample.unwrap_or(embedded))
    }
}
