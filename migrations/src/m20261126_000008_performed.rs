//! What was done under an id that its caller chose, so that a mutation that is sent again is not done again. It belongs to
//! whoever did it, who may work for several municipalities; on PostgreSQL a transaction sees the rows of the one caller for
//! whom it says that it works, and those that it says are old enough to go.

use sea_orm_migration::{
    prelude::*,
    schema::{string, string_len, string_len_null, text_null, timestamp_with_time_zone, uuid},
    sea_orm::DbBackend,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const LOCK: &str = "
    CREATE POLICY own ON performed
        USING (caller_id::text = (SELECT nullif(current_setting('shirube.caller', true), '')));
    CREATE POLICY old ON performed FOR SELECT
        USING (at <= (SELECT nullif(current_setting('shirube.forget', true), '')::timestamptz));
    CREATE POLICY forgotten ON performed FOR DELETE
        USING (at <= (SELECT nullif(current_setting('shirube.forget', true), '')::timestamptz));
    ALTER TABLE performed ENABLE ROW LEVEL SECURITY;
    ALTER TABLE performed FORCE ROW LEVEL SECURITY";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        // On SQLite, too: a start that is killed halfway must leave nothing behind.
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let performed = Table::create()
            .table("performed")
            .col(string("caller_kind"))
            .col(uuid("caller_id"))
            .col(string_len("client_mutation_id", 255))
            .col(string_len("fingerprint", 64))
            .col(string("action"))
            .col(string_len_null("municipality", 6))
            .col(timestamp_with_time_zone("at"))
            .col(text_null("answer"))
            .primary_key(Index::create().col("caller_kind").col("caller_id").col("client_mutation_id"))
            .to_owned();
        manager.create_table(performed).await?;
        // Rows go by their age.
        manager.create_index(Index::create().name("performed_at").table("performed").col("at").to_owned()).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            manager.get_connection().execute_unprepared(LOCK).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("performed").to_owned()).await
    }
}
