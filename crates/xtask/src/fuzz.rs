//! The readers of what others send, under libFuzzer: it makes up files that reach new code, and tells of a panic, of a file that
//! takes long, and of one that takes much memory.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail};

use crate::checkout::{Checkout, succeed};
use crate::{machine, python};

/// What is made up, each by a file of this name in `tests/fuzz/targets`.
const TARGETS: [&str; 6] = ["file", "table", "xlsx", "ods", "xls", "sample"];
/// Beyond what the limits of the readers let a file take.
const LIMITS: [&str; 4] = ["-rss_limit_mb=2048", "-malloc_limit_mb=1024", "-timeout=60", "-max_len=400000"];

/// Runs the targets one after the other, each for some seconds, up to the first finding.
pub(crate) fn run(checkout: &Checkout, named: &[String], seconds: u32) -> Result<ExitCode> {
    if let Some(unknown) = named.iter().find(|name| !TARGETS.contains(&name.as_str())) {
        bail!("there is no target “{unknown}”; name some of {}", TARGETS.join(", "));
    }
    machine::install(&Vec::from_iter(python::missing()))?;
    let list = checkout.root().join("tests/python/requirements.txt");
    let python = python::with_packages(checkout, "test-python", &list)?;
    let work = checkout.target().join("fuzz");
    let seeds = work.join("seeds");
    let strategies = ["012262-2", "325252-2"]
        .map(|name| checkout.root().join(format!("crates/exchange/data/strategies/{name}.json")));
    let mut write = Command::new(python);
    succeed(write.arg(checkout.root().join("tests/python/write_seeds.py")).args(strategies).arg(&seeds))?;
    let tool = cargo_fuzz(checkout)?;
    for target in TARGETS.into_iter().filter(|target| named.is_empty() || named.iter().any(|name| name == target)) {
        let corpus = work.join("corpus").join(target);
        fs::create_dir_all(&corpus)?;
        let mut fuzz = Command::new(&tool);
        // libFuzzer's marks are an unstable option of the compiler. The readers are safe Rust, so that no sanitizer is needed.
        fuzz.env("RUSTC_BOOTSTRAP", "1").args(["fuzz", "run", "--sanitizer", "none", "--fuzz-dir"]);
        fuzz.arg(checkout.root().join("tests/fuzz")).arg("--target-dir").arg(work.join("build")).arg(target);
        fuzz.args([&corpus, &seeds.join(target)]).arg("--").arg(format!("-max_total_time={seconds}")).args(LIMITS);
        succeed(fuzz.current_dir(checkout.root())).with_context(|| format!("the target {target} found something"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The program cargo-fuzz, which is installed beside what is built if the machine has none.
fn cargo_fuzz(checkout: &Checkout) -> Result<PathBuf> {
    if let Some(found) = machine::on_path("cargo-fuzz") {
        return Ok(found);
    }
    let home = checkout.target().join("fuzz/tools");
    let tool = home.join("bin/cargo-fuzz");
    if !tool.exists() {
        succeed(checkout.cargo("install").args(["--locked", "--root"]).arg(&home).arg("cargo-fuzz"))?;
    }
    Ok(tool)
}
