//! In what a mapping differs from its standard indicator, who decided it, and when.

use sea_orm_migration::{
    prelude::*,
    schema::{date_null, string, string_null},
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The columns, each in a statement of its own, as SQLite wants it.
fn columns() -> [ColumnDef; 3] {
    [string("differences").default("[]").to_owned(), string_null("decided_by"), date_null("decided_on")]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        // On SQLite, too: a start that is killed halfway must leave nothing behind.
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for mut column in columns() {
            manager.alter_table(Table::alter().table("mapping").add_column(&mut column).to_owned()).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in columns().into_iter().rev() {
            let name = column.get_column_name();
            manager.alter_table(Table::alter().table("mapping").drop_column(name).to_owned()).await?;
        }
        Ok(())
    }
}
