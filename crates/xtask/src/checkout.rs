//! The checkout that a task works on, and how programs are run in it.

use std::env;
use std::ffi::OsString;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use cargo_metadata::{Message, Metadata, MetadataCommand, Package};

/// The checkout around the current folder.
pub(crate) struct Checkout {
    metadata: Metadata,
}

impl Checkout {
    /// Asks cargo where the workspace is and what its members are. Nothing is resolved or built for it.
    pub(crate) fn find() -> Result<Self> {
        let metadata = MetadataCommand::new().no_deps().exec()?;
        Ok(Self { metadata })
    }

    /// The folder of the root manifest.
    pub(crate) fn root(&self) -> &Path {
        self.metadata.workspace_root.as_std_path()
    }

    /// The crates of the workspace.
    pub(crate) fn packages(&self) -> &[Package] {
        &self.metadata.packages
    }

    /// `cargo SUBCOMMAND`, to be run at the root, by the cargo that runs this task. What that cargo says of this task's own
    /// package is taken away: build scripts look at it, and would run again where a person types the same command.
    pub(crate) fn cargo(&self, subcommand: &str) -> Command {
        let program = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
        let mut cargo = Command::new(program);
        cargo.arg(subcommand).current_dir(self.root());
        let of_package = env::vars_os().map(|(name, _)| name).filter(|name| {
            let name = name.to_string_lossy();
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        });
        for name in of_package {
            cargo.env_remove(name);
        }
        cargo
    }

    /// Where cargo puts what it builds.
    pub(crate) fn target(&self) -> &Path {
        self.metadata.target_directory.as_std_path()
    }

    /// Builds a program and says where it is. The whole workspace takes part in choosing the features, as in the tests:
    /// `cargo run -p` would choose other ones and build the database layer a second time.
    pub(crate) fn build(&self, program: &str, options: &[&str]) -> Result<PathBuf> {
        let mut cargo = self.cargo("build");
        cargo.args(["--quiet", "--locked", "--workspace", "--bin", program]).args(options);
        cargo.arg("--message-format=json-render-diagnostics").stdout(Stdio::piped());
        let mut child = cargo.spawn().context("cannot run cargo")?;
        let stdout = child.stdout.take().context("cargo has no output")?;
        let mut built = None;
        for message in Message::parse_stream(BufReader::new(stdout)) {
            if let Message::CompilerArtifact(artifact) = message? {
                built = artifact.executable.or(built);
            }
        }
        let status = child.wait()?;
        if !status.success() {
            bail!("`{}` failed ({status})", spelled(&cargo));
        }
        let built = built.with_context(|| format!("cargo built no program `{program}`"))?;
        Ok(built.into_std_path_buf())
    }
}

/// Runs the command with its output passed through; its failure is an error that names it.
pub(crate) fn succeed(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot run `{}`", spelled(command)))?;
    if !status.success() {
        bail!("`{}` failed ({status})", spelled(command));
    }
    Ok(())
}

/// The command as a person would type it.
pub(crate) fn spelled(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let words = [program.file_name().unwrap_or(program.as_os_str())].into_iter().chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
