//! What the machine must bring: programs on the search path, and Debian packages for those that are missing.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::checkout::succeed;

/// Something that a task cannot do without.
pub(crate) struct Need {
    /// As a person calls it.
    pub(crate) what: &'static str,
    /// The Debian package that brings it.
    pub(crate) package: &'static str,
}

/// Installs what is missing where that can be done without asking anyone: as root on Debian and its relatives.
/// Elsewhere it is an error, one sentence that says what to install.
pub(crate) fn install(missing: &[Need]) -> Result<()> {
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<_> = missing.iter().map(|need| need.package).collect();
    if !is_root()? || on_path("apt-get").is_none() {
        let what: Vec<_> = missing.iter().map(|need| need.what).collect();
        bail!("{} not found: install it first (Debian: `apt-get install {}`)", what.join(", "), packages.join(" "));
    }
    eprintln!("xtask: installing {}", packages.join(", "));
    if packages.contains(&"postgresql") {
        refuse_default_cluster()?;
    }
    succeed(apt_get().arg("update"))?;
    succeed(apt_get().args(["install", "-y", "--no-install-recommends"]).args(packages))
}

/// Where the program is on the search path.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Whether the task runs as the superuser.
pub(crate) fn is_root() -> Result<bool> {
    let id = Command::new("id").arg("-u").output().context("cannot run `id -u`")?;
    Ok(id.stdout.trim_ascii() == b"0")
}

/// `apt-get`, asking no questions. What it prints goes to stderr: stdout belongs to the test runner.
fn apt_get() -> Command {
    let mut apt_get = Command::new("apt-get");
    apt_get.env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null()).stdout(io::stderr());
    apt_get
}

/// Debian's server package would set up a permanent cluster and start it; the tests only want the programs.
/// An existing configuration is somebody's decision and stays.
fn refuse_default_cluster() -> Result<()> {
    let file = Path::new("/etc/postgresql-common/createcluster.conf");
    if file.exists() {
        return Ok(());
    }
    fs::create_dir_all("/etc/postgresql-common")
        .and_then(|()| fs::write(file, "create_main_cluster = false\n"))
        .with_context(|| format!("cannot write {}", file.display()))
}
