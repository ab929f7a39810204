//! Python, for what others read with it: spreadsheets, bulk files, statistics.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, io};

use anyhow::{Context as _, Result};

use crate::checkout::{Checkout, succeed};
use crate::machine::Need;

/// What the machine lacks for it, if anything.
pub(crate) fn missing() -> Option<Need> {
    let mut python = Command::new("python3");
    python.args(["-c", "import ensurepip, venv"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let there = python.status().is_ok_and(|status| status.success());
    (!there).then_some(Need { what: "Python 3 with venv", package: "python3-venv" })
}

/// A Python that has the packages which a file lists with their versions. It is made on demand in the folder of what is built,
/// once for each content of the file.
pub(crate) fn with_packages(checkout: &Checkout, name: &str, list: &Path) -> Result<PathBuf> {
    let wanted = fs::read(list).with_context(|| format!("cannot read {}", list.display()))?;
    let folder = checkout.target().join(name);
    let (python, installed) = (folder.join("bin/python"), folder.join("installed"));
    if fs::read(&installed).is_ok_and(|held| held == wanted) {
        return Ok(python);
    }
    // stdout belongs to the test runner
    let mut venv = Command::new("python3");
    succeed(venv.args(["-m", "venv", "--clear"]).arg(&folder).stdin(Stdio::null()).stdout(io::stderr()))?;
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]).arg(list);
    succeed(pip.stdin(Stdio::null()).stdout(io::stderr()))?;
    fs::write(installed, wanted)?;
    Ok(python)
}
