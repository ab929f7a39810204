//! The shape of the tables, as a database's own catalog tells it.

use std::{collections::BTreeMap, fmt::Write as _};

use anyhow::{Context, Result};
use shirube_testing::{Backend, Sql, Texts};

/// What is known of all tables.
#[derive(Debug, Default)]
pub(super) struct Shape {
    pub(super) tables: BTreeMap<String, Table>,
}

/// What is known of a table.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) columns: Vec<Column>,
    pub(super) keys: Vec<Key>,
    pub(super) foreign: BTreeMap<String, Foreign>,
    /// Policies, triggers and whether row security is on.
    pub(super) locks: Vec<String>,
}

#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    kind: String,
    pub(super) required: bool,
    default: Option<String>,
}

#[derive(Debug)]
pub(super) struct Key {
    /// "primary key", "unique" or "index".
    pub(super) kind: &'static str,
    name: Option<String>,
    pub(super) columns: Vec<String>,
}

#[derive(Debug, Default)]
pub(super) struct Foreign {
    pub(super) to: String,
    pub(super) columns: Vec<(String, String)>,
    on_delete: String,
}

const SQLITE_COLUMNS: &str = "SELECT m.name, p.name, p.type, CAST(p.\"notnull\" AS TEXT), p.dflt_value \
    FROM sqlite_master m, pragma_table_info(m.name) p WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
    ORDER BY m.name, p.cid";
const SQLITE_KEYS: &str = "SELECT m.name, l.name, CASE WHEN l.origin = 'pk' THEN 'p' WHEN l.\"unique\" THEN 'u' ELSE 'i' END, \
    (SELECT group_concat(name) FROM (SELECT coalesce(name, '(expression)') AS name FROM pragma_index_info(l.name) ORDER BY seqno)) \
    FROM sqlite_master m, pragma_index_list(m.name) l WHERE m.type = 'table' ORDER BY 1, 3 = 'p' DESC, 3 = 'u' DESC, 4";
const SQLITE_FOREIGN: &str = "SELECT m.name, printf('%03d', f.id), f.\"table\", f.\"from\", f.\"to\", f.on_delete \
    FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table' ORDER BY m.name, f.id, f.seq";
const SQLITE_LOCKS: &str = "SELECT tbl_name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY tbl_name, name";

const POSTGRES_COLUMNS: &str = "SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), \
    a.attnotnull::int::text, pg_get_expr(d.adbin, d.adrelid) \
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid \
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum \
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'f') AND a.attnum > 0 AND NOT a.attisdropped \
    ORDER BY c.relname, a.attnum";
const POSTGRES_KEYS: &str = "SELECT t.relname::text, i.relname::text, \
    CASE WHEN x.indisprimary THEN 'p' WHEN x.indisunique THEN 'u' ELSE 'i' END, \
    (SELECT string_agg(coalesce(a.attname::text, '(expression)'), ',' ORDER BY k.place) \
     FROM unnest(x.indkey) WITH ORDINALITY k(number, place) \
     LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number) \
    FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid \
    WHERE t.relnamespace = 'public'::regnamespace ORDER BY 1, x.indisprimary DESC, x.indisunique DESC, 4";
const POSTGRES_FOREIGN: &str = "SELECT c.conrelid::regclass::text, c.conname::text, c.confrelid::regclass::text, \
    a.attname::text, b.attname::text, \
    CASE c.confdeltype WHEN 'a' THEN 'NO ACTION' WHEN 'c' THEN 'CASCADE' ELSE c.confdeltype::text END \
    FROM pg_constraint c, unnest(c.conkey, c.confkey) WITH ORDINALITY k(own, other, place), pg_attribute a, pg_attribute b \
    WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace AND a.attrelid = c.conrelid AND a.attnum = k.own \
    AND b.attrelid = c.confrelid AND b.attnum = k.other ORDER BY 1, 2, k.place";
const POSTGRES_LOCKS: &str = "SELECT relname::text, 'row security ' || \
    CASE WHEN relforcerowsecurity THEN 'forced' ELSE 'enabled, not for the owner' END \
    FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relrowsecurity \
    UNION ALL SELECT tablename::text, 'policy ' || policyname || ' for ' || cmd || ' to ' || array_to_string(roles, ', ') || \
    coalesce(' using ' || qual, '') || coalesce(' with check ' || with_check, '') || \
    CASE WHEN permissive = 'PERMISSIVE' THEN '' ELSE ' restrictive' END FROM pg_policies WHERE schemaname = 'public' \
    UNION ALL SELECT tgrelid::regclass::text, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2";

/// Takes a row apart that has so many texts.
fn parts<const N: usize>(row: Texts) -> Result<[Option<String>; N]> {
    row.try_into().ok().context("a row of another length")
}

impl Shape {
    /// Asks the catalog.
    pub(super) async fn read(backend: Backend, sql: &Sql) -> Result<Self> {
        let [columns, keys, foreign, locks] = match backend {
            Backend::Sqlite => [SQLITE_COLUMNS, SQLITE_KEYS, SQLITE_FOREIGN, SQLITE_LOCKS],
            Backend::Postgres => [POSTGRES_COLUMNS, POSTGRES_KEYS, POSTGRES_FOREIGN, POSTGRES_LOCKS],
        };
        let mut shape = Self::default();
        for row in sql.rows(columns).await? {
            let [table, name, kind, required, default] = parts(row)?;
            let name = name.context("a name")?;
            let required = required.as_deref() == Some("1");
            let column = Column { name, kind: kind.unwrap_or_default(), required, default };
            shape.table(table).columns.push(column);
        }
        for row in sql.rows(keys).await? {
            let [table, name, kind, columns] = parts(row)?;
            let kind = match kind.as_deref() {
                Some("p") => "primary key",
                Some("u") => "unique",
                _ => "index",
            };
            // SQLite numbers the indexes that it makes by itself.
            let name = name.filter(|name| !name.starts_with("sqlite_autoindex"));
            let columns = columns.unwrap_or_default().split(',').map(str::to_owned).collect();
            shape.table(table).keys.push(Key { kind, name, columns });
        }
        for row in sql.rows(foreign).await? {
            let [table, name, to, from, column, on_delete] = parts(row)?;
            let foreign = shape.table(table).foreign.entry(name.context("a name")?).or_default();
            foreign.to = to.unwrap_or_default();
            foreign.on_delete = on_delete.unwrap_or_default();
            foreign.columns.push((from.unwrap_or_default(), column.unwrap_or_default()));
        }
        for row in sql.rows(locks).await? {
            let [table, lock] = parts(row)?;
            shape.table(table).locks.push(lock.unwrap_or_default());
        }
        Ok(shape)
    }

    fn table(&mut self, name: Option<String>) -> &mut Table {
        self.tables.entry(name.unwrap_or_default()).or_default()
    }

    /// As a page, for people to read and for the next run to compare.
    pub(super) fn page(&self) -> String {
        let mut page = String::new();
        for (name, table) in &self.tables {
            let _ = writeln!(page, "table {name}");
            for Column { name, kind, required, default } in &table.columns {
                let required = if *required { " not null" } else { "" };
                let default = default.as_ref().map(|value| format!(" default {value}")).unwrap_or_default();
                let _ = writeln!(page, "  {name} {kind}{required}{default}");
            }
            for Key { kind, name, columns } in &table.keys {
                let name = name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
                let _ = writeln!(page, "  {kind}{name} ({})", columns.join(", "));
            }
            let mut foreign: Vec<String> = table
                .foreign
                .values()
                .map(|Foreign { to, columns, on_delete }| {
                    let (own, other): (Vec<&str>, Vec<&str>) =
                        columns.iter().map(|(own, other)| (own.as_str(), other.as_str())).unzip();
                    format!("  ({}) of {to} ({}), on delete {on_delete}", own.join(", "), other.join(", "))
                })
                .collect();
            foreign.sort();
            for line in foreign {
                let _ = writeln!(page, "{line}");
            }
            for lock in &table.locks {
                let _ = writeln!(page, "  {lock}");
            }
            page.push('\n');
        }
        page
    }
}
