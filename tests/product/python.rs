//! Python, with the packages that `cargo xtask test` has brought: what others read is read with it.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::{Context, Result};

/// The interpreter.
pub(crate) fn interpreter() -> Result<PathBuf> {
    let found = std::env::var_os("SHIRUBE_TEST_PYTHON").context("run the tests with `cargo xtask test`")?;
    Ok(found.into())
}

/// A script of `tests/python`. It reads nothing from a terminal.
pub(crate) fn script(name: &str) -> Result<Command> {
    let mut command = Command::new(interpreter()?);
    command.arg(format!("python/{name}")).stdin(Stdio::null());
    Ok(command)
}
