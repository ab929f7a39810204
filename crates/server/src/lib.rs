//! The program `shirube`: configuration, command line, telemetry and the HTTP door. Wiring, no rules.

mod commands;
mod documents;
mod exports;
mod http;
mod listen;
mod serve;
mod settings;
mod telemetry;

use std::{error::Error, process::ExitCode};

use clap::{Parser, error::ErrorKind};
pub use http::{CorsOrigins, RateSettings, TrustedProxies};
pub use serve::{Running, start, start_at};
pub use settings::{LogFormat, Settings};

use crate::settings::{Cli, Command};

/// Any error that ends the program. It is told in one line, with its causes.
pub type Failure = Box<dyn Error + Send + Sync>;

/// Runs the program with the arguments and environment of the process.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            print!("{error}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            let told = error.to_string();
            let line = told.lines().next().unwrap_or_default();
            eprintln!("{line}; see shirube --help");
            return ExitCode::from(2);
        }
    };
    match execute(cli) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {}", chain(&*error));
            ExitCode::FAILURE
        }
    }
}

fn execute(cli: Cli) -> Result<ExitCode, Failure> {
    let Cli { command, settings } = cli;
    if let Some(Command::Schema { access }) = command {
        print!("{}", if access { shirube_access::table::page() } else { shirube_graphql::sdl() });
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(Command::Check(args)) = &command {
        return documents::check(args);
    }
    telemetry::init(&settings)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command.unwrap_or(Command::Serve) {
            Command::Import(args) => return documents::import(&settings, &args).await,
            Command::Serve => serve::serve(settings).await,
            Command::Export(command) => exports::export(&settings, command).await,
            Command::Migrate => serve::migrate(&settings).await,
            Command::Sample => serve::sample(&settings).await,
            Command::User(command) => commands::user(&settings, command).await,
            Command::Key(command) => commands::key(&settings, command).await,
            Command::Token(command) => commands::token(&settings, command).await,
            Command::Schema { .. } | Command::Check(_) => Ok(()),
        }
        .map(|()| ExitCode::SUCCESS)
    })
}

/// An error and its causes in one line. A cause that its error repeats is told once.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut told = error.to_string();
    for cause in std::iter::successors(error.source(), |cause| (*cause).source()) {
        let cause = cause.to_string();
        if !told.contains(&cause) {
            told = format!("{told}: {cause}");
        }
    }
    told.replace(['\n', '\r'], " ")
}
