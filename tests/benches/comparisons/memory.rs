//! What answering takes of memory: each side in a process of its own, which holds its columns and nothing else.

use std::{env, fs, path::Path, process::Command};

use anyhow::{Context, Result, ensure};

/// Told to the process that measures one side: the side, and the folder of the columns.
pub(crate) const SIDE: &str = "SHIRUBE_BENCH_SIDE";

/// What a side takes, in kB.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Taken {
    /// With the columns laid out.
    pub(crate) held: u64,
    /// At the peak, while questions were answered.
    pub(crate) peak: u64,
}

/// Runs this program again as one side.
pub(crate) fn of(side: &str, folder: &Path) -> Result<Taken> {
    let mut command = Command::new(env::current_exe()?);
    let output = command.env(SIDE, format!("{side} {}", folder.display())).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8(output.stdout)?;
    let mut numbers = told.split_whitespace().map(str::parse);
    let mut next = || numbers.next().context("the other process said nothing")?.context("not a number");
    Ok(Taken { held: next()?, peak: next()? })
}

/// Measures what some work takes, and prints it for the process that asked.
pub(crate) fn tell(work: impl FnOnce() -> Result<()>) -> Result<()> {
    // From here on the peak is counted anew (proc_pid_clear_refs(5)).
    fs::write("/proc/self/clear_refs", "5")?;
    let held = status("VmRSS:")?;
    work()?;
    println!("{held} {}", status("VmHWM:")?);
    Ok(())
}

fn status(field: &str) -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)).context("the system does not say it")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
