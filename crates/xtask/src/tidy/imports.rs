//! Who may import whom. Normal and build dependencies count; what only the tests of a crate use is its own business.

use cargo_metadata::{DependencyKind, Package};

use super::{Problem, TextFile};

/// Which of our crates a crate may import. A crate that is not here does not belong to the house yet.
const IMPORTS: &[(&str, Imports)] = &[
    ("shirube-domain", Imports::Only(&[])),
    ("shirube-access", Imports::Only(&["shirube-domain"])),
    ("shirube-migrations", Imports::Only(&[])),
    ("shirube-store", Imports::Only(&["shirube-domain", "shirube-access", "shirube-migrations"])),
    ("shirube-analytics", Imports::Only(&["shirube-domain"])),
    ("shirube-exchange", Imports::Only(&["shirube-domain"])),
    (
        "shirube-app",
        Imports::Only(&["shirube-domain", "shirube-access", "shirube-store", "shirube-analytics", "shirube-exchange"]),
    ),
    ("shirube-graphql", Imports::Only(&["shirube-domain", "shirube-access", "shirube-app"])),
    (
        "shirube-server",
        Imports::Only(&["shirube-domain", "shirube-graphql", "shirube-app", "shirube-store", "shirube-access"]),
    ),
    ("shirube-testing", Imports::Anything),
    ("shirube-tests", Imports::Anything),
    ("xtask", Imports::Anything),
];

/// Crates that are the end of every chain: nobody imports them, not even in tests.
const ENDS: &[&str] = &["shirube-tests", "xtask"];

/// Which crates may name a library; its satellites (`axum-extra`) count as the library. The first match decides.
const OWNERS: &[(&str, &[&str])] = &[
    ("sea-orm-migration", &["shirube-migrations"]),
    ("sea-orm", &["shirube-store"]),
    ("async-graphql", &["shirube-graphql"]),
    ("apollo-compiler", &["shirube-graphql"]),
    ("polars", &["shirube-analytics"]),
    ("jsonwebtoken", &["shirube-access"]),
    ("axum", &["shirube-server"]),
];

/// Libraries without an owner that a crate must do without all the same: the domain is pure.
const REFUSED: &[(&str, &[&str])] = &[("shirube-domain", &["tokio"])];

/// What a crate may import.
enum Imports {
    /// These of our crates, and no library that another crate owns.
    Only(&'static [&'static str]),
    /// For tests and tasks, which stand outside the product.
    Anything,
}

/// The problems of one crate; `manifest` is its `Cargo.toml`.
pub(super) fn check(package: &Package, manifest: &TextFile) -> Vec<Problem> {
    let krate = package.name.as_str();
    let mut problems = Vec::new();
    if rule(krate).is_none() {
        problems.push(manifest.problem(1, format!("{krate} is not in the table of imports that tidy checks")));
    }
    for dependency in &package.dependencies {
        if let Some(reason) = objection(krate, &dependency.name, dependency.kind) {
            let key = dependency.rename.as_ref().unwrap_or(&dependency.name);
            problems.push(manifest.problem(line_of(key, dependency.kind, &manifest.text), reason));
        }
    }
    problems
}

/// Why the crate may not import this one, if so.
fn objection(krate: &str, dependency: &str, kind: DependencyKind) -> Option<String> {
    if ENDS.contains(&dependency) {
        return Some(format!("nobody imports {dependency}"));
    }
    let Some(Imports::Only(ours)) = rule(krate) else { return None };
    if kind == DependencyKind::Development {
        return None;
    }
    if rule(dependency).is_some() {
        let allowed = if ours.is_empty() { "none of our crates".to_owned() } else { ours.join(", ") };
        return (!ours.contains(&dependency))
            .then(|| format!("{krate} may not import {dependency}; it may import {allowed}"));
    }
    if let Some((library, owners)) = OWNERS.iter().find(|(library, _)| is_part_of(dependency, library)) {
        return (!owners.contains(&krate)).then(|| format!("only {} may name {library}", owners.join(", ")));
    }
    let (_, refused) = REFUSED.iter().find(|(name, _)| *name == krate)?;
    let library = refused.iter().find(|library| is_part_of(dependency, library))?;
    Some(format!("{krate} must never see {library}"))
}

/// The row of the table.
fn rule(name: &str) -> Option<&'static Imports> {
    IMPORTS.iter().find(|(row, _)| *row == name).map(|(_, imports)| imports)
}

/// Whether the crate is the library or one of its satellites.
fn is_part_of(name: &str, library: &str) -> bool {
    name.strip_prefix(library).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// The line of the manifest that names the dependency.
fn line_of(key: &str, kind: DependencyKind, manifest: &str) -> usize {
    let table = match kind {
        DependencyKind::Development => "dev-dependencies",
        DependencyKind::Build => "build-dependencies",
        _ => "dependencies",
    };
    let mut inside = false;
    let line = manifest.lines().position(|line| {
        if let Some(header) = line.trim().strip_prefix('[') {
            let header = header.split(']').next().unwrap_or_default();
            // `[dependencies]`, or for one target only: `[target.'cfg(unix)'.dependencies]`
            inside = header.rsplit('.').next() == Some(table);
            return header.strip_suffix(key).is_some_and(|rest| rest.ends_with(&format!("{table}.")));
        }
        inside && line.split(['.', '=', ' ']).next() == Some(key)
    });
    line.map_or(1, |index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use DependencyKind::{Build, Development, Normal};

    fn check(krate: &str, dependency: &str, kind: DependencyKind, expected: Option<&str>) {
        assert_eq!(objection(krate, dependency, kind).as_deref(), expected, "{krate} imports {dependency}");
    }

    #[test]
    fn our_crates_follow_the_table() {
        check("shirube-store", "shirube-domain", Normal, None);
        let reason = "shirube-exchange may not import shirube-store; it may import shirube-domain";
        check("shirube-exchange", "shirube-store", Normal, Some(reason));
        check("shirube-exchange", "shirube-store", Build, Some(reason));
        let reason = "shirube-domain may not import shirube-app; it may import none of our crates";
        check("shirube-domain", "shirube-app", Normal, Some(reason));
    }

    #[test]
    fn a_library_is_named_by_its_owner_only() {
        check("shirube-store", "sea-orm", Normal, None);
        check("shirube-migrations", "sea-orm-migration", Normal, None);
        check("shirube-app", "sea-orm", Normal, Some("only shirube-store may name sea-orm"));
        check("shirube-store", "sea-orm-migration", Normal, Some("only shirube-migrations may name sea-orm-migration"));
        check("shirube-graphql", "axum-extra", Normal, Some("only shirube-server may name axum"));
        check("shirube-domain", "tokio-util", Normal, Some("shirube-domain must never see tokio"));
        check("shirube-domain", "serde", Normal, None);
    }

    #[test]
    fn tests_and_tasks_are_free_and_nobody_builds_on_them() {
        check("shirube-testing", "sea-orm", Normal, None);
        check("shirube-domain", "tokio", Development, None);
        check("shirube-app", "shirube-testing", Development, None);
        check("shirube-tests", "shirube-testing", Normal, None);
        check("shirube-testing", "shirube-tests", Normal, Some("nobody imports shirube-tests"));
        check("shirube-app", "xtask", Development, Some("nobody imports xtask"));
        let reason = "shirube-app may not import shirube-testing; it may import shirube-domain, shirube-access, \
                      shirube-store, shirube-analytics, shirube-exchange";
        check("shirube-app", "shirube-testing", Normal, Some(reason));
    }

    #[test]
    fn the_line_is_that_of_the_right_table() {
        let manifest = "[package]\nname = \"axum\"\n\n[dependencies]\naxum-extra = \"1\"\naxum.workspace = true\n
[dev-dependencies]\naxum = { workspace = true }\n\n[target.'cfg(unix)'.build-dependencies]\naxum=\"1\"\n
[dependencies.polars]\nversion = \"1\"\n";
        assert_eq!(line_of("axum", Normal, manifest), 6);
        assert_eq!(line_of("axum", Development, manifest), 9);
        assert_eq!(line_of("axum", Build, manifest), 12);
        assert_eq!(line_of("polars", Normal, manifest), 14);
    }
}
