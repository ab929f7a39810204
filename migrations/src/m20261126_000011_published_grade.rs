//! The headings of the columns in which a document prints its own rates and grades. The cells are rows of figures.

use sea_orm_migration::{prelude::*, schema::string_null, sea_orm::DbBackend};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The columns, each in a statement of its own, as SQLite wants it.
const COLUMNS: [&str; 2] = ["rate_heading", "grade_heading"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        // On SQLite, too: a start that is killed halfway must leave nothing behind.
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in COLUMNS {
            let mut column = string_null(name);
            manager.alter_table(Table::alter().table("strategy").add_column(&mut column).to_owned()).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // The rows go, too, which nobody could read any more. The owner of the table sees them only while its lock is lifted.
        let locked = manager.get_database_backend() == DbBackend::Postgres;
        let database = manager.get_connection();
        if locked {
            database.execute_unprepared("ALTER TABLE figure NO FORCE ROW LEVEL SECURITY").await?;
        }
        let mut printed = Query::delete();
        manager
            .exec_stmt(printed.from_table("figure").and_where(Expr::col("row").is_in(["grade", "rate"])).to_owned())
            .await?;
        if locked {
            database.execute_unprepared("ALTER TABLE figure FORCE ROW LEVEL SECURITY").await?;
        }
        for name in COLUMNS.into_iter().rev() {
            manager.alter_table(Table::alter().table("strategy").drop_column(name).to_owned()).await?;
        }
        Ok(())
    }
}
