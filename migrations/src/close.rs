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
