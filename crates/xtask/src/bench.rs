//! The benchmarks, with DuckDB beside them.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context as _, Result};

use crate::checkout::{Checkout, succeed};

/// What the benchmarks are held against.
const PACKAGES: [&str; 2] = ["duckdb==2.0.1", "pyarrow==26.0.1"];

/// Runs them with their output passed through. Without Python or a network they run all the same, and say what they could
/// not measure.
pub(crate) fn run(checkout: &Checkout) -> Result<ExitStatus> {
    let mut cargo = checkout.cargo("bench");
    cargo.args(["--locked", "-p", "shirube-tests", "--bench", "answers", "--bench", "comparisons"]);
    match python(checkout) {
        Ok(python) => {
            cargo.env("SHIRUBE_BENCH_PYTHON", python);
        }
        Err(error) => eprintln!("xtask: DuckDB will not be measured: {error:#}"),
    }
    cargo.status().context("cannot run cargo")
}

/// A Python that has the packages, made on demand in the folder of what is built.
fn python(checkout: &Checkout) -> Result<PathBuf> {
    let folder = checkout.target().join("bench-python");
    let (python, installed) = (folder.join("bin/python"), folder.join("installed"));
    let wanted = PACKAGES.join(" ");
    if fs::read_to_string(&installed).is_ok_and(|held| held == wanted) {
        return Ok(python);
    }
    let mut venv = Command::new("python3");
    succeed(venv.args(["-m", "venv", "--clear"]).arg(&folder).stdin(Stdio::null()))?;
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(PACKAGES);
    succeed(pip.stdin(Stdio::null()))?;
    fs::write(installed, wanted)?;
    Ok(python)
}
