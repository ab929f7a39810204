//! Reference data: prefectures, municipalities, standard indicators, official statistics. Global, the same for all.

use sea_orm_migration::{
    prelude::*,
    schema::{double, integer, small_integer, string, string_len, string_null, text, text_null},
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
                    .table("prefecture")
                    .col(string_len("code", 6).primary_key())
                    .col(string("name"))
                    .col(string("name_en"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("municipality")
                    .col(string_len("code", 6).primary_key())
                    .col(string_len("prefecture_code", 6))
                    .col(string("name"))
                    .col(string("kana"))
                    .col(string("kind"))
                    .col(string("similar_group"))
                    .col(double("latitude"))
                    .col(double("longitude"))
                    .col(string_null("website"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("municipality_prefecture")
                            .from("municipality", "prefecture_code")
                            .to("prefecture", "code"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("standard_indicator")
                    .col(string("id").primary_key())
                    .col(integer("position"))
                    .col(string("name"))
                    .col(string("name_en"))
                    .col(string("theme"))
                    .col(string_null("unit"))
                    .col(string("dimension"))
                    .col(string("kind"))
                    .col(string("aggregation"))
                    .col(string("direction"))
                    .col(string("per_capita_basis"))
                    .col(string("comparability"))
                    .col(text_null("official_source"))
                    .col(text("synonyms"))
                    .col(text_null("notes"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("official_indicator")
                    .col(string("id").primary_key())
                    .col(string("name"))
                    .col(string("name_en"))
                    .col(string("unit"))
                    .col(string("year_kind"))
                    .col(string("as_of"))
                    .col(string("source"))
                    .col(string_null("standard_indicator_id"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("official_indicator_standard_indicator")
                            .from("official_indicator", "standard_indicator_id")
                            .to("standard_indicator", "id"),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("official_observation")
                    .col(string("indicator_id"))
                    .col(small_integer("year"))
                    .col(string_len("municipality", 6))
                    .col(string("value"))
                    .primary_key(Index::create().col("indicator_id").col("year").col("municipality"))
                    .foreign_key(
                        ForeignKey::create()
                            .name("official_observation_indicator")
                            .from("official_observation", "indicator_id")
                            .to("official_indicator", "id"),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .name("official_observation_municipality")
                            .from("official_observation", "municipality")
                            .to("municipality", "code"),
                    )
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["official_observation", "official_indicator", "standard_indicator", "municipality", "prefecture"]
        {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
