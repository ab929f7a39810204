//! The house rules that no compiler checks. Every problem is printed with its place, all at once.

mod imports;
mod pages;
mod sources;

use std::path::Path;
use std::process::Command;
use std::{fmt, fs};

use anyhow::{Context as _, Result, bail};

use crate::checkout::{Checkout, spelled};

/// Checks the whole checkout, committed or not.
pub(crate) fn run(checkout: &Checkout) -> Result<()> {
    let mut problems = Vec::new();
    for package in checkout.packages() {
        let path = package.manifest_path.strip_prefix(checkout.root())?.to_string();
        let text = fs::read_to_string(&package.manifest_path)?;
        problems.extend(imports::check(package, &TextFile { path, text }));
    }
    for file in text_files(checkout)? {
        problems.extend(sources::check(&file));
        problems.extend(pages::check(&file, |path| checkout.root().join(path).exists()));
    }
    problems.sort();
    for problem in &problems {
        eprintln!("{problem}");
    }
    match problems.len() {
        0 => Ok(()),
        1 => bail!("1 problem"),
        many => bail!("{many} problems"),
    }
}

/// A file of the checkout.
struct TextFile {
    /// From the root, with forward slashes.
    path: String,
    text: String,
}

impl TextFile {
    /// What its name says it is, such as `rs`.
    fn extension(&self) -> Option<&str> {
        Path::new(&self.path).extension()?.to_str()
    }

    /// A problem at the place in this file; lines count from 1.
    fn problem(&self, line: usize, message: String) -> Problem {
        Problem { path: self.path.clone(), line, message }
    }
}

/// Something to mend.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Problem {
    path: String,
    line: usize,
    message: String,
}

impl fmt::Display for Problem {
    /// In the form that editors and terminals make a link of.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

/// The text files that git tracks or would track, so that a new file is checked before it is committed.
fn text_files(checkout: &Checkout) -> Result<Vec<TextFile>> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"]);
    let output = git.current_dir(checkout.root()).output().context("cannot run git")?;
    if !output.status.success() {
        bail!("`{}` failed: {}", spelled(&git), String::from_utf8_lossy(&output.stderr).trim());
    }
    let paths = String::from_utf8(output.stdout).context("a file name is not UTF-8")?;
    let paths = paths.split_terminator('\0');
    // What cannot be read as text is a picture, an archive, or a file deleted since git last looked.
    Ok(paths
        .filter_map(|path| {
            let text = fs::read_to_string(checkout.root().join(path)).ok()?;
            Some(TextFile { path: path.to_owned(), text })
        })
        .collect())
}
