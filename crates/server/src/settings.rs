use std::{
    net::{SocketAddr, ToSocketAddrs},
    path::PathBuf,
};

use clap::{Args, Parser, Subcommand, ValueEnum};
use shirube_domain::webhook::Reach;
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
    Schema {
        /// Print the access table (Markdown) instead: who may do what
        #[arg(long)]
        access: bool,
    },
    /// Load the sample data into an empty database: all municipalities, official statistics, two real strategies
    Sample,
    /// Read a document as a strategy (.xlsx, .xls, .ods, .csv, or the sample format) and tell what came of it; nothing is written, and no
    /// database is needed
    Check(CheckArgs),
    /// Read a document as a strategy, and make a draft of it
    Import(ImportArgs),
    /// Write what is published into a file: a printed report, or a table of open data
    #[command(subcommand)]
    Export(ExportCommand),
    /// Manage users: invite, list, grant, revoke, reset, disable, enable, sign out
    #[command(subcommand)]
    User(UserCommand),
    /// Manage API keys: create, list, revoke
    #[command(subcommand)]
    Key(KeyCommand),
    /// Manage the keys that sign access tokens, and issue tokens
    #[command(subcommand)]
    Token(TokenCommand),
}

/// A document that becomes a strategy.
#[derive(Args)]
pub(crate) struct DocumentArgs {
    /// The document
    pub(crate) file: PathBuf,
    /// The code of the municipality, where the document does not name it
    #[arg(long, value_name = "CODE")]
    pub(crate) municipality: Option<String>,
    /// A JSON file with corrections, such as the layout that `shirube check --json` tells
    #[arg(long, value_name = "FILE")]
    pub(crate) layout: Option<PathBuf>,
    /// Tell everything as JSON, on one line
    #[arg(long)]
    pub(crate) json: bool,
}

/// `shirube check`
#[derive(Args)]
#[command(
    after_help = "Exit status: 0 if the strategy can be taken, 3 if something has to be mended first, 1 if the document cannot be read, 2 if the \
                  command was not understood."
)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) document: DocumentArgs,
    /// Write the strategy into this file, in the sample format, to be corrected and imported
    #[arg(long, value_name = "FILE")]
    pub(crate) strategy: Option<PathBuf>,
    /// Write the layout into this file, to be corrected and given back with --layout
    #[arg(long, value_name = "FILE")]
    pub(crate) write_layout: Option<PathBuf>,
    /// Tell every guess, and not only those that nothing speaks for
    #[arg(long)]
    pub(crate) all: bool,
}

/// `shirube import`
#[derive(Args)]
#[command(
    after_help = "Exit status: 0 if the draft was made, 3 if something has to be mended first, 1 if it failed, 2 if the command was not understood."
)]
pub(crate) struct ImportArgs {
    #[command(flatten)]
    pub(crate) document: DocumentArgs,
}

/// `shirube export …`
#[derive(Subcommand)]
pub(crate) enum ExportCommand {
    /// The printed report (集計表) of a strategy, as a workbook, a page for printing, or CSV
    Report {
        /// The code of the municipality
        municipality: String,
        /// Where to write it; it ends in .xlsx, .html or .csv
        file: PathBuf,
        /// The strategy: current, the number of its term, or its key
        #[arg(long, default_value = "current")]
        strategy: String,
        /// The number of its revision [default: the latest]
        #[arg(long)]
        revision: Option<u32>,
        /// On the result of which fiscal year: 2021, R3 [default: that up to which it reports]
        #[arg(long)]
        year: Option<String>,
        /// The grading rule by which rates and grades are added: the key of a shipped one, or code/key of a municipality's own
        #[arg(long)]
        rule: Option<String>,
        /// For A4 paper, and not for A3
        #[arg(long)]
        a4: bool,
        #[command(flatten)]
        told: ToldArgs,
    },
    /// The published figures, one observation a row, as CSV, SDMX-CSV, Parquet or Arrow
    Data {
        /// Where to write it; it ends in .csv, .sdmx.csv, .parquet or .arrow
        file: PathBuf,
        /// Those of a prefecture, by its two digits
        #[arg(long, value_name = "NN", conflicts_with_all = ["municipality", "indicator"])]
        prefecture: Option<String>,
        /// Those of a municipality, by its code
        #[arg(long, value_name = "CODE", conflicts_with = "indicator")]
        municipality: Option<String>,
        /// Those of one of its strategies: current, the number of its term, or its key
        #[arg(long, requires = "municipality")]
        strategy: Option<String>,
        /// Those of indicators that correspond to a standard indicator, by its id
        #[arg(long, value_name = "ID")]
        indicator: Option<String>,
        #[command(flatten)]
        told: ToldArgs,
    },
}

/// How a command that writes a file tells of it.
#[derive(Args)]
pub(crate) struct ToldArgs {
    /// Begin a CSV with a byte order mark, which Excel needs
    #[arg(long)]
    pub(crate) bom: bool,
    /// Tell what was written as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `shirube user …`
#[derive(Subcommand)]
pub(crate) enum UserCommand {
    /// Invite somebody, and print the link to send to them
    Invite {
        /// The e-mail address of the invited
        #[arg(long)]
        email: String,
        /// The name of the invited
        #[arg(long)]
        name: String,
        /// operator, researcher, administrator, planner, reporter or reviewer
        #[arg(long)]
        role: String,
        /// The code of the municipality, for a role in one
        #[arg(long, value_name = "CODE")]
        municipality: Option<String>,
        /// The name of the department, for a reporter
        #[arg(long)]
        department: Option<String>,
    },
    /// List all users, or those with a role in a municipality
    List {
        /// The code of the municipality
        #[arg(long, value_name = "CODE")]
        municipality: Option<String>,
    },
    /// Keep a user from signing in, and end their sessions
    Disable {
        /// The e-mail address of the user
        email: String,
        /// Why, for the audit trail
        #[arg(long)]
        reason: Option<String>,
    },
    /// Let a user sign in again
    Enable {
        /// The e-mail address of the user
        email: String,
        /// Why, for the audit trail
        #[arg(long)]
        reason: Option<String>,
    },
    /// Give a user a role
    Grant(RoleArgs),
    /// Take a role from a user
    Revoke(RoleArgs),
    /// Print a link with which a user chooses a new password
    Reset {
        /// The e-mail address of the user
        email: String,
    },
    /// End all sessions of a user
    SignOut {
        /// The e-mail address of the user
        email: String,
    },
}

/// A role of a user.
#[derive(Args)]
pub(crate) struct RoleArgs {
    /// The e-mail address of the user
    pub(crate) email: String,
    /// operator, researcher, administrator, planner, reporter or reviewer
    #[arg(long)]
    pub(crate) role: String,
    /// The code of the municipality, for a role in one
    #[arg(long, value_name = "CODE")]
    pub(crate) municipality: Option<String>,
    /// The name of the department, for a reporter
    #[arg(long)]
    pub(crate) department: Option<String>,
}

/// Whose an API key is.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct KeyOwnerArgs {
    /// The e-mail address of the user whose key it is
    #[arg(long)]
    pub(crate) email: Option<String>,
    /// The code of the municipality whose key it is
    #[arg(long, value_name = "CODE")]
    pub(crate) municipality: Option<String>,
}

/// `shirube key …`
#[derive(Subcommand)]
pub(crate) enum KeyCommand {
    /// Create a key, and print its secret, once
    Create {
        #[command(flatten)]
        owner: KeyOwnerArgs,
        /// A name by which to know it again
        #[arg(long)]
        name: String,
        /// What it is for: read_published, bulk, read_drafts, report_figures
        #[arg(long, value_delimiter = ',', required = true, value_name = "SCOPES")]
        scope: Vec<String>,
        /// For how many days it is good
        #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=366))]
        days: u16,
    },
    /// List keys
    List {
        #[command(flatten)]
        owner: KeyOwnerArgs,
    },
    /// Revoke a key
    Revoke {
        #[command(flatten)]
        owner: KeyOwnerArgs,
        /// The id that `shirube key list` prints
        id: String,
    },
}

/// `shirube token …`
#[derive(Subcommand)]
pub(crate) enum TokenCommand {
    /// Add a new signing key, which takes over within a minute; nobody is signed out
    Rotate {
        /// Remove the old keys at once: every access token must be refreshed
        #[arg(long)]
        revoke_old: bool,
    },
    /// List the signing keys
    Keys,
    /// Sign a user in, and print the tokens
    Issue {
        /// The e-mail address of the user
        email: String,
    },
}

/// Reads an address to listen on: numbers, or a name such as localhost.
fn read_address(text: &str) -> Result<SocketAddr, String> {
    let mut found = text.to_socket_addrs().map_err(|error| error.to_string())?;
    found.next().ok_or_else(|| "this name has no address".to_owned())
}

/// Every setting, by flag or environment.
#[derive(Args, Clone)]
#[allow(rustdoc::bare_urls, reason = "the help is read in a terminal")]
pub struct Settings {
    /// Where to listen
    #[arg(long, env = "SHIRUBE_LISTEN", default_value = "127.0.0.1:8080", value_parser = read_address, global = true, value_name = "ADDRESS:PORT")]
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

    /// The database as its owner, for `shirube migrate` and `sample` on PostgreSQL [default: the one above]
    #[arg(long, env = "SHIRUBE_OWNER_DATABASE_URL", hide_env_values = true, global = true, value_name = "URL")]
    pub owner_database_url: Option<String>,

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

    /// Where the instance is reached from outside, such as https://shirube.example.jp [default: http:// and where it listens]
    #[arg(long, env = "SHIRUBE_PUBLIC_URL", value_parser = read_public_url, global = true, value_name = "URL")]
    pub public_url: Option<String>,

    /// Whether what is published can be read without an account
    #[arg(
        long,
        env = "SHIRUBE_PUBLIC_READ",
        default_value_t = true,
        action = clap::ArgAction::Set,
        global = true,
        value_name = "true|false"
    )]
    pub public_read: bool,

    /// The folder of the keys that sign access tokens; made, with a first key, where there is none
    #[arg(long, env = "SHIRUBE_KEYS", default_value = "data/keys", global = true, value_name = "FOLDER")]
    pub keys: PathBuf,

    /// A JSON file with the OpenID Connect providers with which one can sign in [default: none]
    #[arg(long, env = "SHIRUBE_OIDC_PROVIDERS", global = true, value_name = "FILE")]
    pub oidc_providers: Option<PathBuf>,

    /// What webhooks may reach beside the public internet: true for this machine and private networks, or addresses and networks with commas between them [default: nothing]
    #[arg(
        long,
        env = "SHIRUBE_WEBHOOK_PRIVATE",
        default_value = "",
        hide_default_value = true,
        global = true,
        value_name = "true|NETWORKS"
    )]
    pub webhook_private: Reach,

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
        default_value = "info,sea_orm_migration=warn,sqlx::postgres::notice=warn",
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

/// Reads the public URL: a scheme and a host, without anything behind them.
fn read_public_url(text: &str) -> Result<String, String> {
    let told = || format!("“{text}” is not a public URL; write https://host, with the port if it is not the usual one");
    let url = text.strip_suffix('/').unwrap_or(text);
    let uri: axum::http::Uri = url.parse().map_err(|_| told())?;
    let plain = matches!(uri.scheme_str(), Some("https" | "http"))
        && uri.authority().is_some_and(|authority| !authority.as_str().contains('@'))
        && uri.path_and_query().is_none_or(|rest| rest == "/");
    if plain { Ok(url.to_owned()) } else { Err(told()) }
}

impl Settings {
    /// How to connect to the database.
    pub(crate) fn store(&self) -> StoreOptions {
        StoreOptions { url: self.database_url.clone(), connections: self.database_connections, observer: None }
    }

    /// How to connect to the database as the owner of its tables.
    pub(crate) fn owners_store(&self) -> StoreOptions {
        let url = self.owner_database_url.as_ref().unwrap_or(&self.database_url);
        StoreOptions { url: url.clone(), ..self.store() }
    }

    /// The role and password of the service on PostgreSQL, where they are not those of the owner.
    pub(crate) fn service_role(&self) -> StoreResult<Option<(String, Option<String>)>> {
        match &self.owner_database_url {
            Some(owner) if Backend::of_url(owner)? == Backend::Postgres => {
                let service = Backend::role_of_url(&self.database_url)?;
                let same = Backend::role_of_url(owner)?.0 == service.0;
                Ok((!same).then_some(service))
            }
            _ => Ok(None),
        }
    }

    /// Whether an empty database is to be filled with the sample data.
    pub(crate) fn wants_sample(&self) -> StoreResult<bool> {
        let embedded = Backend::of_url(&self.database_url)? == Backend::Sqlite;
        Ok(self.sample.unwrap_or(embedded))
    }
}
