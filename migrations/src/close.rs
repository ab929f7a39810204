use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

/// The rows of the municipality for which a transaction was opened.
const MINE: &str = "municipality = (SELECT nullif(current_setting('shirube.municipality', true), ''))";

/// Closes tables of municipalities on PostgreSQL: a transaction sees the rows of the one for which it was opened, and no
/// others. The lock goes with its table.
pub(crate) async fn close(manager: &SchemaManager<'_>, tables: &[&str]) -> Result<(), DbErr> {
    if manager.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    for table in tables {
        let lock = format!(
            "CREATE POLICY tenant ON {table} USING ({MINE}) WITH CHECK ({MINE}); \
             ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; ALTER TABLE {table} FORCE ROW LEVEL SECURITY"
        );
        manager.get_connection().execute_unprepared(&lock).await?;
    }
    Ok(())
}

/// Keeps tables of municipalities open to all readers: rows are added by their municipality alone, and stay as they were
/// written. The locks go with their table.
pub(crate) async fn keep_open(manager: &SchemaManager<'_>, tables: &[&str]) -> Result<(), DbErr> {
    let postgres = manager.get_database_backend() == DbBackend::Postgres;
    for table in tables {
        let locks = if postgres {
            vec![
                format!("CREATE POLICY open ON {table} FOR SELECT USING (true)"),
                format!("CREATE POLICY tenant ON {table} FOR INSERT WITH CHECK ({MINE})"),
                format!("ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"),
                format!("ALTER TABLE {table} FORCE ROW LEVEL SECURITY"),
                format!(
                    "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} \
                     FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
                ),
            ]
        } else {
            let trigger = |event| {
                format!(
                    "CREATE TRIGGER {table}_{event} BEFORE {event} ON {table} \
                     BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
            };
            ["UPDATE", "DELETE"].map(trigger).to_vec()
        };
        for lock in locks {
            manager.get_connection().execute_unprepared(&lock).await?;
        }
    }
    Ok(())
}
