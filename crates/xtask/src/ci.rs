//! What CI runs. A developer runs the same with `cargo xtask ci`.

use std::io::{self, Read, Write};
use std::process::{ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::checkout::{Checkout, spelled, succeed};
use crate::{schema, test, tidy};

/// Runs every step up to the first failure. The last line on stdout is the sum of the tests, once they ran.
pub(crate) fn run(checkout: &Checkout) -> ExitCode {
    let mut tally = Tally::default();
    let outcome = steps(checkout, &mut tally);
    if let Err(error) = &outcome {
        eprintln!("xtask: {error:#}");
    }
    if tally != Tally::default() {
        println!("{} passed, {} failed", tally.passed, tally.failed);
    }
    if outcome.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The steps, in the order that finds a mistake of substance first.
fn steps(checkout: &Checkout, tally: &mut Tally) -> Result<()> {
    step("test", || {
        // One failing program must not hide the others: the sum is over all.
        let mut run = test::prepare(checkout, &["--no-fail-fast".to_owned()])?;
        let mut cargo = run.cargo.stdout(Stdio::piped()).spawn().context("cannot run cargo")?;
        let printed = pass_on(cargo.stdout.take().context("cargo has no output")?)?;
        *tally = Tally::of(&String::from_utf8_lossy(&printed));
        let status = cargo.wait()?;
        if !status.success() {
            bail!("`{}` failed ({status})", spelled(&run.cargo));
        }
        Ok(())
    })?;
    step("fmt", || succeed(checkout.cargo("fmt").args(["--all", "--check"])))?;
    step("clippy", || {
        let mut clippy = checkout.cargo("clippy");
        succeed(clippy.args(["--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))
    })?;
    // What is run is not built as the tests are: without their debug assertions, and what hangs on them.
    step("release", || {
        succeed(checkout.cargo("check").args(["--release", "--workspace", "--bin", "shirube", "--locked"]))
    })?;
    step("tidy", || tidy::run(checkout))?;
    step("schema", || schema::check(checkout))?;
    step("doc", || {
        let mut doc = checkout.cargo("doc");
        doc.args(["--workspace", "--no-deps", "--locked", "--document-private-items"]);
        succeed(doc.env("RUSTDOCFLAGS", "-D warnings"))
    })
}

/// Does one step under a heading and says how long it took.
fn step(name: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    println!("== {name}");
    let start = Instant::now();
    let outcome = work();
    let verdict = if outcome.is_ok() { "done" } else { "failed" };
    println!("== {name} {verdict} in {:.1} s", start.elapsed().as_secs_f64());
    outcome.with_context(|| format!("{name} failed"))
}

/// Copies to stdout as it comes, without waiting for whole lines, and returns a copy.
fn pass_on(mut from: impl Read) -> io::Result<Vec<u8>> {
    let mut stdout = io::stdout().lock();
    let mut all = Vec::new();
    let mut piece = [0; 8192];
    loop {
        let length = from.read(&mut piece)?;
        if length == 0 {
            return Ok(all);
        }
        stdout.write_all(&piece[..length])?;
        stdout.flush()?;
        all.extend_from_slice(&piece[..length]);
    }
}

/// How many tests ended how.
#[derive(Debug, Default, PartialEq)]
struct Tally {
    passed: u64,
    failed: u64,
}

impl Tally {
    /// Sums the closing lines of the test programs, such as
    /// `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s`.
    fn of(printed: &str) -> Self {
        let mut tally = Self::default();
        for line in printed.lines().filter_map(|line| line.strip_prefix("test result: ")) {
            let words: Vec<_> = line.split([' ', ';', '.']).collect();
            for pair in words.windows(2) {
                match (pair[0].parse::<u64>(), pair[1]) {
                    (Ok(number), "passed") => tally.passed += number,
                    (Ok(number), "failed") => tally.failed += number,
                    _ => {}
                }
            }
        }
        tally
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_are_summed() {
        let printed = "
running 4 tests
test calendar::reads_7_passed ... ok
test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s

test result: FAILED. 40 passed; 2 failed; 0 ignored; 0 measured; 9 filtered out; finished in 1.20s
";
        assert_eq!(Tally::of(printed), Tally { passed: 43, failed: 2 });
        assert_eq!(Tally::of("error: could not compile"), Tally::default());
    }
}
