//! The reporting round: tasks of departments with what they entered, until when they owe it, and opinions on it. A
//! publication remembers who made it.

use sea_orm_migration::{
    prelude::*,
    schema::{
        boolean, date, date_null, integer, small_integer, string, string_len, string_null, text, text_null,
        timestamp_with_time_zone, timestamp_with_time_zone_null, uuid, uuid_null,
    },
    sea_orm::DbBackend,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 4] = ["opinion", "reporting_task", "due_date", "reporting_round"];

const MINE: &str = "municipality = (SELECT nullif(current_setting('shirube.municipality', true), ''))";

/// A foreign key that carries the municipality and the strategy, whose rows go with what it names.
fn within_strategy(
    from: &str,
    columns: &[&'static str],
    to: &'static str,
    keys: &[&'static str],
) -> ForeignKeyCreateStatement {
    let mut reference = ForeignKey::create();
    reference.name(format!("{from}_{}", columns.last().unwrap_or(&to))).from_tbl(from.to_owned()).to_tbl(to);
    for (column, key) in ["municipality", "strategy_id"].iter().zip(["municipality", "strategy_id"]) {
        reference.from_col(*column).to_col(key);
    }
    for (column, key) in columns.iter().zip(keys) {
        reference.from_col(*column).to_col(*key);
    }
    reference.on_delete(ForeignKeyAction::Cascade);
    reference
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
        if manager.get_database_backend() == DbBackend::Postgres {
            for table in TABLES {
                let lock = format!(
                    "CREATE POLICY tenant ON {table} USING ({MINE}) WITH CHECK ({MINE}); \
                     ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; ALTER TABLE {table} FORCE ROW LEVEL SECURITY"
                );
                manager.get_connection().execute_unprepared(&lock).await?;
            }
        }
        Ok(())
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
        .col(date_null("overdue_told"))
        .primary_key(Index::create().col("municipality").col("strategy_id").col("fiscal_year"))
        .foreign_key(
            ForeignKey::create()
                .name("reporting_round_strategy_id")
                .from_tbl("reporting_round")
                .from_col("municipality")
                .from_col("strategy_id")
                .to_tbl("strategy")
                .to_col("municipality")
                .to_col("id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

fn due_date() -> TableCreateStatement {
    tenant_table("due_date")
        .col(uuid("department_id"))
        .col(date("due"))
        .primary_key(Index::create().col("municipality").col("strategy_id").col("fiscal_year").col("department_id"))
        .foreign_key(&mut within_strategy("due_date", &["fiscal_year"], "reporting_round", &["fiscal_year"]))
        .foreign_key(
            ForeignKey::create()
                .name("due_date_department_id")
                .from_tbl("due_date")
                .from_col("municipality")
                .from_col("department_id")
                .to_tbl("department")
                .to_col("municipality")
                .to_col("id")
                .on_delete(ForeignKeyAction::Cascade),
        )
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
        .foreign_key(&mut within_strategy("reporting_task", &["fiscal_year"], "reporting_round", &["fiscal_year"]))
        .foreign_key(&mut within_strategy("reporting_task", &["indicator_id"], "indicator", &["id"]))
        .foreign_key(&mut within_strategy("reporting_task", &["node_id"], "plan_node", &["id"]))
        .foreign_key(
            ForeignKey::create()
                .name("reporting_task_department_id")
                .from_tbl("reporting_task")
                .from_col("municipality")
                .from_col("department_id")
                .to_tbl("department")
                .to_col("municipality")
                .to_col("id"),
        )
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
        .foreign_key(&mut within_strategy("opinion", &["fiscal_year"], "reporting_round", &["fiscal_year"]))
        .foreign_key(&mut within_strategy("opinion", &["indicator_id"], "indicator", &["id"]))
        .foreign_key(&mut within_strategy("opinion", &["node_id"], "plan_node", &["id"]))
        .to_owned()
}
