//! Locks that hold whatever a statement says: what was published or audited is never changed or removed, and on
//! PostgreSQL a transaction sees the rows of the one municipality for which it was opened.
//!
//! A transaction says for whom it works by the settings `shirube.municipality` and `shirube.user`; unset, or left over
//! empty from an earlier use of the connection, they let nothing through. `(SELECT current_setting(…))` is evaluated once
//! a statement and not once a row.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Tables whose rows stay as they were written.
const APPEND_ONLY: [&str; 3] = ["publication", "audit", "instance_audit"];

/// Tables of tenants, closed to everybody else.
const CLOSED: [&str; 13] = [
    "department",
    "strategy",
    "level",
    "plan_node",
    "indicator",
    "target_revision",
    "figure",
    "node_remark",
    "indicator_remark",
    "indicator_detail",
    "invitation",
    "municipal_key",
    "audit",
];

const MINE: &str = "municipality = (SELECT nullif(current_setting('shirube.municipality', true), ''))";
const ME: &str = "user_id::text = (SELECT nullif(current_setting('shirube.user', true), ''))";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        // On SQLite, too: a start that is killed halfway must leave nothing behind.
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        if manager.get_database_backend() == DbBackend::Sqlite {
            for table in APPEND_ONLY {
                for event in ["UPDATE", "DELETE"] {
                    let trigger = format!(
                        "CREATE TRIGGER {table}_{event} BEFORE {event} ON {table} \
                         BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                    );
                    connection.execute_unprepared(&trigger).await?;
                }
            }
            return Ok(());
        }
        connection
            .execute_unprepared(
                "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$",
            )
            .await?;
        for table in APPEND_ONLY {
            let trigger = format!(
                "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} \
                 FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            );
            connection.execute_unprepared(&trigger).await?;
        }
        let closed = CLOSED.map(|table| format!("CREATE POLICY tenant ON {table} USING ({MINE}) WITH CHECK ({MINE})"));
        let others = [
            // What is published is open to all; only its municipality publishes.
            "CREATE POLICY open ON publication FOR SELECT USING (true)".to_owned(),
            format!("CREATE POLICY tenant ON publication FOR INSERT WITH CHECK ({MINE})"),
            // A user who signs in learns where they belong.
            format!("CREATE POLICY own ON membership FOR SELECT USING ({ME})"),
            format!("CREATE POLICY tenant ON membership USING ({MINE}) WITH CHECK ({MINE})"),
        ];
        for policy in closed.iter().chain(&others) {
            connection.execute_unprepared(policy).await?;
        }
        for table in CLOSED.into_iter().chain(["publication", "membership"]) {
            let lock =
                format!("ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; ALTER TABLE {table} FORCE ROW LEVEL SECURITY");
            connection.execute_unprepared(&lock).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        if manager.get_database_backend() == DbBackend::Sqlite {
            for table in APPEND_ONLY {
                for event in ["UPDATE", "DELETE"] {
                    connection.execute_unprepared(&format!("DROP TRIGGER {table}_{event}")).await?;
                }
            }
            return Ok(());
        }
        for table in CLOSED.into_iter().chain(["publication", "membership"]) {
            let lock = format!(
                "ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY; ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"
            );
            connection.execute_unprepared(&lock).await?;
            connection.execute_unprepared(&format!("DROP POLICY tenant ON {table}")).await?;
        }
        connection.execute_unprepared("DROP POLICY open ON publication; DROP POLICY own ON membership").await?;
        for table in APPEND_ONLY {
            connection.execute_unprepared(&format!("DROP TRIGGER append_only ON {table}")).await?;
        }
        connection.execute_unprepared("DROP FUNCTION refuse_change()").await?;
        Ok(())
    }
}
