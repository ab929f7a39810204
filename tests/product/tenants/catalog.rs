//! What the catalogs of both databases say of every table: whose rows it holds, and who may do what with them. Set UPDATE=1
//! to write `schema/tables-*.txt` anew, and read the difference.

use std::{collections::BTreeSet, env, fs};

use anyhow::Result;
use shirube_testing::{Backend, Sql, TestDatabase, both_backends};

use super::shape::{Shape, Table};

both_backends!(
    every_table_belongs_to_a_municipality_or_says_that_it_does_not,
    the_tables_have_the_shape_that_was_reviewed,
    migrations_down_and_up_again_give_the_same_tables,
);

/// Tables whose rows belong to no municipality, with the reason. A table that is not here belongs to municipalities.
const OF_NO_MUNICIPALITY: [(&str, &str); 17] = [
    ("seaql_migrations", "which migrations were run"),
    ("prefecture", "reference data"),
    ("municipality", "reference data"),
    ("standard_indicator", "reference data"),
    ("official_indicator", "reference data"),
    ("official_observation", "reference data, about municipalities and not of them"),
    ("user_account", "a person may work for several municipalities"),
    ("identity", "of a person"),
    ("session", "of a person"),
    ("refresh_token", "of a session"),
    ("reset_link", "of a person"),
    ("sign_in_attempt", "of somebody who is not known yet"),
    ("personal_key", "of a person"),
    ("instance_invitation", "to the instance"),
    ("instance_audit", "of the instance"),
    ("performed", "of whoever did it"),
    ("agenda", "whoever works it looks for what is due everywhere; it says where and when, and nothing else"),
];

/// Tables whose rows stay as they were written.
pub(super) const APPEND_ONLY: [&str; 6] =
    ["publication", "audit", "instance_audit", "grading_rule", "grading_rule_retirement", "default_grading_rule"];

/// Tables of municipalities whose rows are open to all: what is published, and the rules by which it is graded.
pub(super) const OPEN: [&str; 4] = ["publication", "grading_rule", "grading_rule_retirement", "default_grading_rule"];

/// Tables that only the owner fills.
const READ_ONLY: [&str; 6] = [
    "seaql_migrations",
    "prefecture",
    "municipality",
    "standard_indicator",
    "official_indicator",
    "official_observation",
];

fn is_common(table: &str) -> bool {
    OF_NO_MUNICIPALITY.iter().any(|(name, _)| *name == table)
}

/// The tables of municipalities of a shape.
pub(super) fn tenant_tables(shape: &Shape) -> Vec<&str> {
    shape.tables.keys().map(String::as_str).filter(|name| !is_common(name)).collect()
}

/// What is wrong with a table of municipalities.
fn problems(table: &Table) -> Vec<String> {
    let mut problems = Vec::new();
    match table.columns.first() {
        Some(first) if first.name == "municipality" && first.required => {}
        _ => problems.push("its first column is not `municipality`, NOT NULL".to_owned()),
    }
    if table.keys.iter().all(|key| key.kind != "primary key") {
        problems.push("it has no primary key".to_owned());
    }
    for key in table.keys.iter().filter(|key| key.kind != "index") {
        if key.columns.first().is_none_or(|column| column != "municipality") {
            problems.push(format!("{} ({}) does not begin with `municipality`", key.kind, key.columns.join(", ")));
        }
    }
    for foreign in table.foreign.values().filter(|foreign| !is_common(&foreign.to)) {
        if foreign.columns.first().is_none_or(|(own, other)| own != "municipality" || other != "municipality") {
            problems.push(format!("its foreign key to {} does not begin with `municipality`", foreign.to));
        }
    }
    problems
}

async fn every_table_belongs_to_a_municipality_or_says_that_it_does_not(backend: Backend) -> Result<()> {
    let database = TestDatabase::sample(backend).await?;
    let sql = Sql::connect(database.owner_url()).await?;
    let shape = Shape::read(backend, &sql).await?;
    for (name, table) in shape.tables.iter().filter(|(name, _)| !is_common(name)) {
        let problems = problems(table);
        assert!(
            problems.is_empty(),
            "the table {name} does not keep municipalities apart: {}. Begin its columns and keys with `municipality`, and \
             give it policies in a migration and grants in crates/store/src/locks.rs; or, if its rows belong to no \
             municipality, name it with the reason in OF_NO_MUNICIPALITY of this test.",
            problems.join("; ")
        );
    }
    for (name, _) in OF_NO_MUNICIPALITY {
        assert!(shape.tables.contains_key(name), "there is no table {name} any more; take it out of the list");
    }
    match backend {
        Backend::Sqlite => {
            let views = sql.texts("SELECT name FROM sqlite_master WHERE type = 'view'").await?;
            assert!(views.is_empty(), "a view is a way to rows around `Tenant`: {views:?}");
        }
        Backend::Postgres => {
            row_security_is_on(&shape);
            the_service_may_do_what_it_must_and_no_more(&shape, &sql).await?;
            nothing_leads_around_row_security(&sql).await?;
        }
    }
    Ok(())
}

/// Each table of municipalities is locked for everybody, its owner included.
fn row_security_is_on(shape: &Shape) {
    for name in tenant_tables(shape) {
        let locks = &shape.tables[name].locks;
        assert!(
            locks.iter().any(|lock| lock == "row security forced"),
            "{name}: a migration must ENABLE and FORCE ROW LEVEL SECURITY; the catalog says {locks:?}"
        );
        let policies: Vec<&String> = locks.iter().filter(|lock| lock.starts_with("policy ")).collect();
        let setting = "NULLIF(current_setting('shirube.municipality'::text, true), ''::text)";
        assert!(policies.iter().any(|policy| policy.contains(setting)), "{name} has no policy: {policies:?}");
        for policy in policies {
            let fits = match name {
                open if OPEN.contains(&open) && policy.starts_with("policy open for SELECT ") => {
                    policy.ends_with(" using true")
                }
                open if OPEN.contains(&open) => {
                    policy.starts_with("policy tenant for INSERT ") && policy.contains(setting)
                }
                // A user who signs in learns where they belong.
                "membership" if policy.starts_with("policy own for SELECT ") => policy.contains("'shirube.user'"),
                _ => policy.matches(setting).count() == 2,
            };
            assert!(fits, "{name}: {policy}");
        }
    }
}

async fn the_service_may_do_what_it_must_and_no_more(shape: &Shape, sql: &Sql) -> Result<()> {
    let sees = "SELECT c.relname || ' ' || a.privilege_type || \
                CASE WHEN a.is_grantable THEN ' and passes it on' ELSE '' END \
                FROM pg_class c, aclexplode(c.relacl) a WHERE c.relnamespace = 'public'::regnamespace \
                AND a.grantee IN (0, 'shirube_service'::regrole)";
    let granted: BTreeSet<String> = sql.texts(sees).await?.into_iter().collect();
    let expected: BTreeSet<String> = shape
        .tables
        .keys()
        .flat_map(|name| {
            let rights: &[&str] = match name.as_str() {
                name if READ_ONLY.contains(&name) => &["SELECT"],
                name if APPEND_ONLY.contains(&name) => &["SELECT", "INSERT"],
                _ => &["SELECT", "INSERT", "UPDATE", "DELETE"],
            };
            rights.iter().map(move |right| format!("{name} {right}"))
        })
        .collect();
    let forgotten: Vec<&String> = expected.difference(&granted).collect();
    let more: Vec<&String> = granted.difference(&expected).collect();
    assert!(
        forgotten.is_empty() && more.is_empty(),
        "GRANTS in crates/store/src/locks.rs forget {forgotten:?} and give needlessly {more:?}; a new table is named there \
         and, if nobody changes its rows, in this test"
    );
    let of_columns = "SELECT attrelid::regclass::text FROM pg_attribute WHERE attacl IS NOT NULL \
                      AND attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)";
    assert!(sql.texts(of_columns).await?.is_empty(), "rights are granted on tables, not on columns");
    Ok(())
}

async fn nothing_leads_around_row_security(sql: &Sql) -> Result<()> {
    let relations = "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace \
                     AND relkind NOT IN ('r', 'i')";
    let found = sql.texts(relations).await?;
    assert!(found.is_empty(), "views, materialized views, sequences and foreign tables in reach: {found:?}");
    let functions = "SELECT p.proname::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace \
                     WHERE p.prosecdef AND n.nspname NOT IN ('pg_catalog', 'information_schema')";
    let found = sql.texts(functions).await?;
    assert!(found.is_empty(), "SECURITY DEFINER functions in reach: {found:?}");
    let schemas =
        "SELECT nspname::text FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'";
    assert_eq!(sql.texts(schemas).await?, ["public"], "the tables of another schema are not looked at");
    Ok(())
}

async fn page(backend: Backend, database: &TestDatabase) -> Result<String> {
    Ok(Shape::read(backend, &Sql::connect(database.owner_url()).await?).await?.page())
}

async fn the_tables_have_the_shape_that_was_reviewed(backend: Backend) -> Result<()> {
    let database = TestDatabase::sample(backend).await?;
    let page = page(backend, &database).await?;
    let file = match backend {
        Backend::Sqlite => "../schema/tables-sqlite.txt",
        Backend::Postgres => "../schema/tables-postgres.txt",
    };
    if env::var_os("UPDATE").is_some() {
        fs::write(file, &page)?;
    }
    let reviewed = fs::read_to_string(file).unwrap_or_default();
    let differs = page.lines().zip(reviewed.lines()).find(|(now, then)| now != then);
    assert!(page == reviewed, "{file} differs at {differs:?}; set UPDATE=1 to write it anew");
    Ok(())
}

async fn migrations_down_and_up_again_give_the_same_tables(backend: Backend) -> Result<()> {
    let database = TestDatabase::empty(backend).await?;
    let store = database.owners_store().await?;
    store.migrate().await?;
    let first = page(backend, &database).await?;
    store.drop_everything().await?;
    let sql = Sql::connect(database.owner_url()).await?;
    let left: Vec<String> = Shape::read(backend, &sql).await?.tables.into_keys().collect();
    assert_eq!(left, ["seaql_migrations"], "what migrations made they take away");
    store.migrate().await?;
    assert_eq!(page(backend, &database).await?, first);
    Ok(())
}
