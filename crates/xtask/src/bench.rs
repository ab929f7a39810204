//! The benchmarks, with DuckDB beside them.

use std::process::ExitStatus;

use anyhow::{Context as _, Result};

use crate::checkout::Checkout;
use crate::python;

/// Runs them with their output passed through. Without Python or a network they run all the same, and say what they could
/// not measure.
pub(crate) fn run(checkout: &Checkout) -> Result<ExitStatus> {
    let mut cargo = checkout.cargo("bench");
    cargo.args(["--locked", "-p", "shirube-tests", "--bench", "answers", "--bench", "comparisons"]);
    let list = checkout.root().join("tests/benches/comparisons/requirements.txt");
    match python::with_packages(checkout, "bench-python", &list) {
        Ok(python) => {
            cargo.env("SHIRUBE_BENCH_PYTHON", python);
        }
        Err(error) => eprintln!("xtask: DuckDB will not be measured: {error:#}"),
    }
    cargo.status().context("cannot run cargo")
}
