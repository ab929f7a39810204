//! The tests of the workspace, with everything they need beside them.

use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::{fs, io};

use anyhow::{Context as _, Result};

use crate::checkout::{Checkout, succeed};
use crate::machine::{self, Need};
use crate::postgres::{self, Server};
use crate::python;

/// A run of `cargo test` that can begin.
pub(crate) struct TestRun {
    /// `cargo test …`, told where the server is.
    pub(crate) cargo: Command,
    /// Runs as long as this value lives.
    _server: Server,
}

impl TestRun {
    /// Runs the tests with their output passed through.
    pub(crate) fn run(mut self) -> Result<ExitStatus> {
        self.cargo.status().context("cannot run cargo")
    }
}

/// Brings what the tests need: PostgreSQL's programs and a server, the packages of the conformance suite, and a Python
/// with readers of the documents that the product writes.
pub(crate) fn prepare(checkout: &Checkout, args: &[String]) -> Result<TestRun> {
    let conformance = checkout.root().join("tests/conformance");
    let in_javascript = conformance.join("package-lock.json").exists();

    let mut missing = Vec::new();
    if postgres::programs().is_none() {
        missing.push(Need { what: "PostgreSQL 15 or newer", package: "postgresql" });
    }
    if in_javascript && machine::on_path("node").is_none() {
        missing.push(Need { what: "Node.js", package: "nodejs" });
    }
    if in_javascript && machine::on_path("npm").is_none() {
        missing.push(Need { what: "npm", package: "npm" });
    }
    missing.extend(python::missing());
    machine::install(&missing)?;

    if in_javascript {
        install_node_modules(&conformance)?;
    }
    let programs = postgres::programs().context("this system's PostgreSQL is older than 15: install a newer one")?;
    let server = Server::start(&programs).context("cannot start PostgreSQL for the tests")?;

    let python =
        python::with_packages(checkout, "test-python", &checkout.root().join("tests/python/requirements.txt"))?;

    let mut cargo = checkout.cargo("test");
    cargo.arg("--locked").env("SHIRUBE_TEST_POSTGRES_URL", server.url());
    // Some tests kill a server, and start one of their own for it.
    cargo.env("SHIRUBE_TEST_POSTGRES_PROGRAMS", &programs);
    // What others will read with Python is read with Python.
    cargo.env("SHIRUBE_TEST_PYTHON", python);
    if !names_a_package(args) {
        cargo.arg("--workspace");
    }
    cargo.args(args);
    Ok(TestRun { cargo, _server: server })
}

/// Installs the locked packages, unless that was done for this very lock file. npm empties `node_modules` first, so
/// that the copy of the lock file in it is there only after success.
fn install_node_modules(folder: &Path) -> Result<()> {
    let lock = fs::read(folder.join("package-lock.json"))?;
    let installed = folder.join("node_modules/.installed-package-lock.json");
    if fs::read(&installed).is_ok_and(|copy| copy == lock) {
        return Ok(());
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(folder);
    // stdout belongs to the test runner
    succeed(npm.stdin(Stdio::null()).stdout(io::stderr()))?;
    // npm makes no folder where there are no packages to install
    fs::create_dir_all(folder.join("node_modules"))?;
    Ok(fs::write(installed, lock)?)
}

/// Whether cargo's own part of the arguments picks crates, which `--workspace` would override.
fn names_a_package(args: &[String]) -> bool {
    let mut own = args.iter().take_while(|arg| *arg != "--");
    own.any(|arg| (arg.starts_with("-p") && !arg.starts_with("--")) || arg.starts_with("--package"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(args: &str, expected: bool) {
        let args: Vec<_> = args.split_whitespace().map(str::to_owned).collect();
        assert_eq!(names_a_package(&args), expected, "{args:?}");
    }

    #[test]
    fn a_package_is_named_by_any_spelling_of_cargo() {
        check("-p shirube-domain", true);
        check("-pshirube-domain", true);
        check("--no-fail-fast --package=shirube-domain", true);
        check("--profile release", false);
        check("calendar -- -p", false);
        check("", false);
    }
}
