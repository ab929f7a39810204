//! Publications: immutable, numbered, hashed documents.

use sea_orm_migration::{
    prelude::*,
    schema::{integer, small_integer, string_len, text, text_null, timestamp_with_time_zone, uuid},
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        // On SQLite, too: a start that is killed halfway must leave nothing behind.
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("publication")
                    .col(string_len("municipality", 6))
                    .col(uuid("strategy_id"))
                    .col(integer("revision"))
                    .col(timestamp_with_time_zone("published_at"))
                    .col(small_integer("report_year"))
                    .col(string_len("hash", 64))
                    .col(text_null("note"))
                    .col(text("document"))
                    .primary_key(Index::create().col("municipality").col("strategy_id").col("revision"))
                    // No cascade: what was published outlives every draft.
                    .foreign_key(
                        ForeignKey::create()
                            .name("publication_strategy")
                            .from("publication", ("municipality", "strategy_id"))
                            .to("strategy", ("municipality", "id")),
                    )
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("publication").to_owned()).await
    }
}
