//! Pages name paths, and paths move. A path in backticks must exist.

use super::{Problem, TextFile};

/// The folders whose paths the pages name.
const FOLDERS: &[&str] = &["crates/", "migrations/", "schema/", "deploy/", "tests/"];

/// The paths in this file that lead nowhere; none when it is not one of the pages.
pub(super) fn check(file: &TextFile, exists: impl Fn(&str) -> bool) -> Vec<Problem> {
    let is_page = ["README.md", "ARCHITECTURE.md"].contains(&file.path.as_str())
        || (file.path.starts_with("deploy/") && file.extension() == Some("md"));
    if !is_page {
        return Vec::new();
    }
    let lost = paths(&file.text).into_iter().filter(|(_, path)| !exists(path));
    lost.map(|(line, path)| file.problem(line, format!("there is no `{path}`"))).collect()
}

/// Every path in backticks, with its line. Fenced blocks are not looked into.
fn paths(page: &str) -> Vec<(usize, &str)> {
    let mut paths = Vec::new();
    let mut fenced = false;
    for (index, line) in page.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        // outside, inside, outside, …
        let spans = line.split('`').skip(1).step_by(2);
        let spans = spans.filter(|span| FOLDERS.iter().any(|folder| span.starts_with(folder)));
        paths.extend(spans.map(|span| (index + 1, certain_part(span))));
    }
    paths
}

/// The path up to the first piece that stands for many, as in `tests/cases/*.graphql`, without words that follow.
fn certain_part(span: &str) -> &str {
    let path = span.split_whitespace().next().unwrap_or_default();
    match path.find(['*', '<', '{', '…']) {
        Some(end) => &path[..path[..end].rfind('/').unwrap_or_default()],
        None => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(page: &str, expected: &[(usize, &str)]) {
        assert_eq!(paths(page), expected);
    }

    #[test]
    fn paths_in_backticks_are_found_with_their_lines() {
        check(
            "See `crates/domain/` and\n`schema/schema.graphql`.",
            &[(1, "crates/domain/"), (2, "schema/schema.graphql")],
        );
        check("crates/none and `domain` and `/etc/deploy/`", &[]);
        check("```\n`tests/none`\n```\n`tests/some --quick`", &[(4, "tests/some")]);
    }

    #[test]
    fn a_pattern_is_checked_as_far_as_it_is_certain() {
        check("`tests/cases/*.graphql` `crates/<name>/src`", &[(1, "tests/cases"), (1, "crates")]);
    }

    #[test]
    fn only_pages_are_read() {
        let file = |path: &str| TextFile { path: path.to_owned(), text: "\n`deploy/none`".to_owned() };
        assert_eq!(
            super::check(&file("deploy/README.md"), |_| false)[0].to_string(),
            "deploy/README.md:2: there is no `deploy/none`"
        );
        assert_eq!(super::check(&file("README.md"), |_| true), []);
        assert_eq!(super::check(&file("crates/domain/notes.md"), |_| false), []);
    }
}
