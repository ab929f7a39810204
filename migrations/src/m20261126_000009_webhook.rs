//! What the service has to do at what time, and the webhooks of municipalities.

use sea_orm_migration::{
    prelude::*,
    schema::{
        integer, small_integer_null, string, string_len, string_null, text, timestamp_with_time_zone,
        timestamp_with_time_zone_null, uuid,
    },
};

use crate::close::close;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        // On SQLite, too: a start that is killed halfway must leave nothing behind.
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [agenda(), webhook(), webhook_delivery()] {
            manager.create_table(table).await?;
        }
        manager.create_index(Index::create().name("agenda_due").table("agenda").col("due").to_owned()).await?;
        let mut deliveries = Index::create();
        deliveries.name("webhook_delivery_of").table("webhook_delivery");
        manager.create_index(deliveries.col("municipality").col("webhook_id").col("id").to_owned()).await?;
        close(manager, &["webhook", "webhook_delivery"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Their policies and indexes go with them.
        for table in ["webhook_delivery", "webhook", "agenda"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

/// Of no municipality: whoever works it looks for what is due in all of them, and learns nothing but where to go.
fn agenda() -> TableCreateStatement {
    Table::create()
        .table("agenda")
        .col(string("kind"))
        .col(string_len("municipality", 6))
        .col(uuid("subject"))
        .col(timestamp_with_time_zone("due"))
        .col(timestamp_with_time_zone_null("taken_until"))
        .primary_key(Index::create().col("kind").col("municipality").col("subject"))
        .foreign_key(
            ForeignKey::create().name("agenda_municipality").from("agenda", "municipality").to("municipality", "code"),
        )
        .to_owned()
}

fn webhook() -> TableCreateStatement {
    Table::create()
        .table("webhook")
        .col(string_len("municipality", 6))
        .col(uuid("id"))
        .col(text("url"))
        .col(string("events"))
        .col(integer("turn"))
        .col(timestamp_with_time_zone("created_at"))
        .col(string("created_by"))
        .col(timestamp_with_time_zone_null("disabled_at"))
        .col(string_null("disabled_why"))
        .primary_key(Index::create().col("municipality").col("id"))
        .foreign_key(
            ForeignKey::create()
                .name("webhook_municipality")
                .from("webhook", "municipality")
                .to("municipality", "code"),
        )
        .to_owned()
}

fn webhook_delivery() -> TableCreateStatement {
    Table::create()
        .table("webhook_delivery")
        .col(string_len("municipality", 6))
        .col(uuid("id"))
        .col(uuid("webhook_id"))
        .col(string("event"))
        .col(text("about"))
        .col(string("state"))
        .col(integer("attempts"))
        .col(small_integer_null("status"))
        .col(string_null("reason"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("attempted_at"))
        .col(timestamp_with_time_zone_null("next_at"))
        .primary_key(Index::create().col("municipality").col("id"))
        .foreign_key(
            ForeignKey::create()
                .name("webhook_delivery_webhook")
                .from("webhook_delivery", ("municipality", "webhook_id"))
                .to("webhook", ("municipality", "id"))
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}
