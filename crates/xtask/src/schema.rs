//! The committed GraphQL schema and access table: written by the server, compared in CI.

use std::fs;
use std::iter;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::checkout::{Checkout, spelled};
use anyhow::{Context as _, Result, bail};

/// What is committed, and the arguments with which the server prints it.
const FILES: &[(&str, &[&str])] =
    &[("schema/schema.graphql", &["schema"]), ("schema/access.md", &["schema", "--access"])];

/// Writes the files as the server has them. An old one stays until the new one is complete.
pub(crate) fn write(checkout: &Checkout) -> Result<()> {
    let built = checkout.build("shirube", &[])?;
    for (file, arguments) in FILES {
        let printed = print(checkout, &built, arguments)?;
        let (file, new) = (checkout.root().join(file), checkout.root().join(format!("{file}.new")));
        fs::write(&new, printed).with_context(|| format!("cannot write {}", new.display()))?;
        fs::rename(&new, &file).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

/// Fails when a committed file is not what the server has.
pub(crate) fn check(checkout: &Checkout) -> Result<()> {
    let built = checkout.build("shirube", &[])?;
    for (file, arguments) in FILES {
        // A file that is missing or not even text differs from the first line on.
        let committed = fs::read_to_string(checkout.root().join(file)).unwrap_or_default();
        if let Some(difference) = difference(&committed, &print(checkout, &built, arguments)?) {
            bail!("{file} differs from the code; `cargo xtask schema` mends it. {difference}");
        }
    }
    Ok(())
}

/// What the built server prints.
fn print(checkout: &Checkout, built: &Path, arguments: &[&str]) -> Result<String> {
    let mut shirube = Command::new(built);
    shirube.args(arguments).current_dir(checkout.root()).stdin(Stdio::null()).stderr(Stdio::inherit());
    let output = shirube.output().with_context(|| format!("cannot run `{}`", spelled(&shirube)))?;
    if !output.status.success() {
        bail!("`{}` failed ({})", spelled(&shirube), output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{}` did not print text", spelled(&shirube)))
}

/// The first line that differs, as a sentence; none when the texts are equal to the last byte.
fn difference(committed: &str, generated: &str) -> Option<String> {
    // A text without a closing line feed has one line less than with it, so that this difference is seen, too.
    let count = committed.split('\n').count().max(generated.split('\n').count());
    let to_the_end = |text| str::split(text, '\n').map(Some).chain(iter::repeat(None));
    let mut pairs = (1..=count).zip(to_the_end(committed).zip(to_the_end(generated)));
    let (number, (old, new)) = pairs.find(|(_, (old, new))| old != new)?;
    let shown = |line: Option<&str>| line.map_or("the end".to_owned(), |line| format!("{line:?}"));
    Some(format!("Line {number}: committed {}, generated {}", shown(old), shown(new)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(committed: &str, generated: &str, expected: Option<&str>) {
        assert_eq!(difference(committed, generated).as_deref(), expected);
    }

    #[test]
    fn the_first_differing_line_is_named() {
        check("a\nb\n", "a\nb\n", None);
        check("a\nb\nc\n", "a\nx\ny\n", Some(r#"Line 2: committed "b", generated "x""#));
        check("a\n", "a\nb\n", Some(r#"Line 2: committed "", generated "b""#));
        check("a\n", "a", Some(r#"Line 2: committed "", generated the end"#));
        check("a\r\n", "a\n", Some(r#"Line 1: committed "a\r", generated "a""#));
    }
}
