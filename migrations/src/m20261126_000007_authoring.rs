//! Drafts that are edited bit by bit: versions of rows, mappings to standard indicators, and what the previous term held.

use sea_orm_migration::{
    prelude::*,
    schema::{
        boolean, integer, integer_null, small_integer, small_integer_null, string, string_len, string_null, text,
        text_null, uuid, uuid_null,
    },
};

use crate::close::close;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Columns that tables get, each in a statement of its own, as SQLite wants it.
fn columns() -> Vec<(&'static str, ColumnDef)> {
    let version = || integer("version").default(1).to_owned();
    vec![
        ("strategy", version()),
        ("strategy", uuid_null("previous_id")),
        ("strategy", string_null("previous_term")),
        ("strategy", small_integer_null("previous_term_number")),
        ("strategy", integer_null("previous_revision")),
        ("plan_node", version()),
        ("plan_node", uuid_null("continues")),
        ("indicator", version()),
        ("indicator", uuid_null("continues")),
        ("indicator", boolean("redefined").default(false).to_owned()),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        // On SQLite, too: a start that is killed halfway must leave nothing behind.
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, mut column) in columns() {
            manager.alter_table(Table::alter().table(table).add_column(&mut column).to_owned()).await?;
        }
        manager.create_table(mapping()).await?;
        manager.create_table(ancestor()).await?;
        close(manager, &["mapping", "ancestor"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["ancestor", "mapping"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        for (table, column) in columns().into_iter().rev() {
            let name = column.get_column_name();
            manager.alter_table(Table::alter().table(table).drop_column(name).to_owned()).await?;
        }
        Ok(())
    }
}

fn mapping() -> TableCreateStatement {
    Table::create()
        .table("mapping")
        .col(string_len("municipality", 6))
        .col(uuid("strategy_id"))
        .col(uuid("indicator_id"))
        .col(string("standard_indicator_id"))
        .col(small_integer("position"))
        .col(string("strength"))
        .col(string_null("factor"))
        .col(text_null("reason"))
        .primary_key(
            Index::create().col("municipality").col("strategy_id").col("indicator_id").col("standard_indicator_id"),
        )
        .foreign_key(
            ForeignKey::create()
                .name("mapping_indicator_id")
                .from("mapping", ("municipality", "strategy_id", "indicator_id"))
                .to("indicator", ("municipality", "strategy_id", "id"))
                .on_delete(ForeignKeyAction::Cascade),
        )
        .foreign_key(
            ForeignKey::create()
                .name("mapping_standard_indicator_id")
                .from("mapping", "standard_indicator_id")
                .to("standard_indicator", "id"),
        )
        .to_owned()
}

fn ancestor() -> TableCreateStatement {
    Table::create()
        .table("ancestor")
        .col(string_len("municipality", 6))
        .col(uuid("strategy_id"))
        .col(string("subject_kind"))
        .col(uuid("subject_id"))
        .col(integer("position"))
        .col(text("name"))
        .col(string_null("role"))
        .col(string_null("unit"))
        .col(string_null("direction"))
        .col(text_null("dropped"))
        .primary_key(Index::create().col("municipality").col("strategy_id").col("subject_kind").col("subject_id"))
        .foreign_key(
            ForeignKey::create()
                .name("ancestor_strategy_id")
                .from("ancestor", ("municipality", "strategy_id"))
                .to("strategy", ("municipality", "id"))
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}
