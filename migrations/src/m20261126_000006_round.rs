//! The reporting round: tasks of departments with what they entered, until when they owe it, and opinions on it. A
//! publication remembers who made it.

use sea_orm_migration::{
    prelude::*,
    schema::{
        boolean, date, date_null, integer, small_integer, string, string_len, string_null, text, text_null,
        timestamp_with_time_zone, timestamp_with_time_zone_null, uuid, uuid_null,
    },
};

use crate::close::close;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 4] = ["opinion", "reporting_task", "due_date", "reporting_round"];

/// A foreign key that carries the municipality and the strategy; what it hangs on takes its rows with it.
fn within_strategy(
    from: &'static str,
    column: &'static str,
    to: &'static str,
    key: &'static str,
) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("{from}_{column}"))
        .from(from, ("municipality", "strategy_id", column))
        .to(to, ("municipality", "strategy_id", key))
        .on_delete(ForeignKeyAction::Cascade)
        .to_owned()
}

fn of_department(from: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("{from}_department_id"))
        .from(from, ("municipality", "department_id"))
        .to("department", ("municipality", "id"))
        .to_owned()
}

fn tenant_table(name: &'static str) -> TableCreateStatement {
    let mut table = Table::create();
    table.table(name).col(string_len("municipality", 6)).col(uuid("strategy_id")).col(small_integer("fiscal_year"));
    table
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        // On SQLite, too: a start that is killed halfway must leave nothing behind.
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [reporting_round(), due_date(), reporting_task(), opinion()] {
            manager.create_table(table).await?;
        }
        manager.alter_table(Table::alter().table("publication").add_column(string_null("author")).to_owned()).await?;
        close(manager, &TABLES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("publication").drop_column("author").to_owned()).await?;
        for table in TABLES {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn reporting_round() -> TableCreateStatement {
    tenant_table("reporting_round")
        .col(date("due"))
        .col(timestamp_with_time_zone("opened_at"))
        .col(integer("version"))
        .col(date_null("overdue_told"))
        .primary_key(Index::create().col("municipality").col("strategy_id").col("fiscal_year"))
        .foreign_key(
            ForeignKey::create()
                .name("reporting_round_strategy_id")
                .from("reporting_round", ("municipality", "strategy_id"))
                .to("strategy", ("municipality", "id"))
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

fn due_date() -> TableCreateStatement {
    tenant_table("due_date")
        .col(uuid("department_id"))
        .col(date("due"))
        .primary_key(Index::create().col("municipality").col("strategy_id").col("fiscal_year").col("department_id"))
        .foreign_key(&mut within_strategy("due_date", "fiscal_year", "reporting_round", "fiscal_year"))
        .foreign_key(of_department("due_date").on_delete(ForeignKeyAction::Cascade))
        .to_owned()
}

fn reporting_task() -> TableCreateStatement {
    tenant_table("reporting_task")
        .col(uuid("subject_id"))
        .col(uuid_null("indicator_id"))
        .col(uuid_null("node_id"))
        .col(uuid_null("department_id"))
        .col(integer("version"))
        .col(string("state"))
        .col(text_null("printed"))
        .col(string_null("status"))
        .col(string_null("value"))
        .col(string_null("unit"))
        .col(string_null("bound"))
        .col(boolean("approximate"))
        .col(text_null("remark"))
        .col(text("causes"))
        .col(text_null("confirmation"))
        .col(text_null("returned"))
        .col(boolean("published"))
        .col(text_null("correction"))
        .col(boolean("on_behalf"))
        .col(string_null("entered_by"))
        .col(timestamp_with_time_zone_null("entered_at"))
        .primary_key(Index::create().col("municipality").col("strategy_id").col("fiscal_year").col("subject_id"))
        .foreign_key(&mut within_strategy("reporting_task", "fiscal_year", "reporting_round", "fiscal_year"))
        .foreign_key(&mut within_strategy("reporting_task", "indicator_id", "indicator", "id"))
        .foreign_key(&mut within_strategy("reporting_task", "node_id", "plan_node", "id"))
        .foreign_key(&mut of_department("reporting_task"))
        .to_owned()
}

fn opinion() -> TableCreateStatement {
    tenant_table("opinion")
        .col(uuid("id"))
        .col(uuid_null("indicator_id"))
        .col(uuid_null("node_id"))
        .col(integer("version"))
        .col(text("text"))
        .col(boolean("public"))
        .col(uuid_null("author_id"))
        .col(string("author"))
        .col(timestamp_with_time_zone("given_at"))
        .col(text_null("answer"))
        .col(string_null("answered_by"))
        .col(timestamp_with_time_zone_null("answered_at"))
        .primary_key(Index::create().col("municipality").col("strategy_id").col("fiscal_year").col("id"))
        .foreign_key(&mut within_strategy("opinion", "fiscal_year", "reporting_round", "fiscal_year"))
        .foreign_key(&mut within_strategy("opinion", "indicator_id", "indicator", "id"))
        .foreign_key(&mut within_strategy("opinion", "node_id", "plan_node", "id"))
        .to_owned()
}
