//! The grading rules of municipalities: versions that stay as they were saved, which of them were retired, and by which rule
//! strategies are graded unless another is named.

use sea_orm_migration::{
    prelude::*,
    schema::{integer, string, string_len, string_null, text, text_null, timestamp_with_time_zone},
};

use crate::close::keep_open;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        // On SQLite, too: a start that is killed halfway must leave nothing behind.
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [grading_rule(), grading_rule_retirement(), default_grading_rule()] {
            manager.create_table(table).await?;
        }
        keep_open(manager, &["grading_rule", "grading_rule_retirement", "default_grading_rule"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Their policies and triggers go with them.
        for table in ["default_grading_rule", "grading_rule_retirement", "grading_rule"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn grading_rule() -> TableCreateStatement {
    Table::create()
        .table("grading_rule")
        .col(string_len("municipality", 6))
        .col(string("key"))
        .col(integer("version"))
        .col(timestamp_with_time_zone("saved_at"))
        .col(string_null("saved_by"))
        .col(text_null("note"))
        .col(text("document"))
        .primary_key(Index::create().col("municipality").col("key").col("version"))
        .foreign_key(
            ForeignKey::create()
                .name("grading_rule_municipality")
                .from("grading_rule", "municipality")
                .to("municipality", "code"),
        )
        .to_owned()
}

/// A rule is retired if its last version is.
fn grading_rule_retirement() -> TableCreateStatement {
    Table::create()
        .table("grading_rule_retirement")
        .col(string_len("municipality", 6))
        .col(string("key"))
        .col(integer("version"))
        .col(timestamp_with_time_zone("retired_at"))
        .primary_key(Index::create().col("municipality").col("key").col("version"))
        .foreign_key(
            ForeignKey::create()
                .name("grading_rule_retirement_of")
                .from("grading_rule_retirement", ("municipality", "key", "version"))
                .to("grading_rule", ("municipality", "key", "version")),
        )
        .to_owned()
}

/// The last row holds; one without a key takes back what was before.
fn default_grading_rule() -> TableCreateStatement {
    Table::create()
        .table("default_grading_rule")
        .col(string_len("municipality", 6))
        .col(integer("number"))
        .col(string_null("key"))
        .col(timestamp_with_time_zone("set_at"))
        .primary_key(Index::create().col("municipality").col("number"))
        .foreign_key(
            ForeignKey::create()
                .name("default_grading_rule_municipality")
                .from("default_grading_rule", "municipality")
                .to("municipality", "code"),
        )
        .to_owned()
}
