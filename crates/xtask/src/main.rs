//! The project's tasks, run as `cargo xtask TASK`: tests, the generated schema, the house rules, what CI runs,
//! benchmarks, and a generated nation to measure on.
//!
//! A task prepares what it needs by itself (a database server, a package), so that a fresh checkout needs no manual
//! step. This crate is built before everything else and therefore has few dependencies: no async runtime and none of
//! the product's own crates.

mod bench;
mod checkout;
mod ci;
mod fuzz;
mod machine;
mod postgres;
mod python;
mod schema;
mod test;
mod tidy;

use std::process::{Command, ExitCode, ExitStatus};

use anyhow::Result;
use checkout::Checkout;
use clap::{Parser, Subcommand};

/// The command line.
#[derive(Parser)]
#[command(bin_name = "cargo xtask", about = "The project's tasks")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

/// What can be asked for.
#[derive(Subcommand)]
enum Task {
    /// Run the tests of the workspace, with a throw-away PostgreSQL server beside them
    Test {
        /// Passed on to `cargo test`; `-p CRATE` among them replaces `--workspace`
        #[arg(last = true)]
        args: Vec<String>,
    },
    /// Write schema/schema.graphql and schema/access.md as the server has them
    Schema {
        /// Write nothing; fail when a committed file differs
        #[arg(long)]
        check: bool,
    },
    /// Check who imports whom, the paths that the pages name, and the source files
    Tidy,
    /// Run what CI runs, in its order, up to the first failure
    Ci,
    /// Run the benchmarks; DuckDB is measured beside them where there are Python and a network
    Bench,
    /// Run the readers of what others send under libFuzzer, up to the first finding
    Fuzz {
        /// For how many seconds each
        #[arg(long, default_value_t = 600)]
        seconds: u32,
        /// Some of file, table, xlsx, ods, xls and sample; all of them if none is named
        targets: Vec<String>,
    },
    /// Publish made-up strategies of all municipalities in a database, to measure the service over them
    #[command(disable_help_flag = true)]
    Nation {
        /// `[--municipalities N] [--seed N] DATABASE`, or `--help`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
}

fn main() -> ExitCode {
    run(&Cli::parse().task).unwrap_or_else(|error| {
        eprintln!("xtask: {error:#}");
        ExitCode::FAILURE
    })
}

/// Does the task; a failing cargo has said why itself, so that its exit code is enough.
fn run(task: &Task) -> Result<ExitCode> {
    let checkout = Checkout::find()?;
    match task {
        Task::Test { args } => Ok(exit_code(test::prepare(&checkout, args)?.run()?)),
        Task::Schema { check: false } => schema::write(&checkout).map(|()| ExitCode::SUCCESS),
        Task::Schema { check: true } => schema::check(&checkout).map(|()| ExitCode::SUCCESS),
        Task::Tidy => tidy::run(&checkout).map(|()| ExitCode::SUCCESS),
        Task::Ci => Ok(ci::run(&checkout)),
        Task::Bench => Ok(exit_code(bench::run(&checkout)?)),
        Task::Fuzz { seconds, targets } => fuzz::run(&checkout, targets, *seconds),
        Task::Nation { args } => {
            let mut nation = Command::new(checkout.build("nation", &["--release"])?);
            Ok(exit_code(nation.args(args).status()?))
        }
    }
}

/// The exit code of a finished program, for passing on; one that a signal ended has none and counts as a failure.
fn exit_code(status: ExitStatus) -> ExitCode {
    status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
}
