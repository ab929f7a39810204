//! The draft of a strategy, in rows that can be edited one by one.

use sea_orm_migration::{
    prelude::*,
    schema::{
        boolean, integer, small_integer, small_integer_null, string, string_len, string_null, text, text_null, uuid,
        uuid_null,
    },
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// A table of a tenant: its first column is the municipality, which is also the first of its primary key.
fn tenant_table(name: &'static str) -> TableCreateStatement {
    let mut table = Table::create();
    table.table(name).col(string_len("municipality", 6));
    table
}

/// A foreign key that carries the municipality, so that a reference into another tenant cannot be written.
fn reference(
    from: &'static str,
    column: &'static [&'static str],
    to: &'static str,
    key: &'static [&'static str],
) -> ForeignKeyCreateStatement {
    let mut reference = ForeignKey::create();
    reference
        .name(format!("{from}_{}", column.last().unwrap_or(&to)))
        .from_tbl(from)
        .from_col("municipality")
        .to_tbl(to)
        .to_col("municipality");
    for (column, key) in column.iter().zip(key) {
        reference.from_col(*column).to_col(*key);
    }
    reference
}

/// A foreign key to the strategy, whose rows go with it.
fn of_strategy(from: &'static str) -> ForeignKeyCreateStatement {
    let mut reference = reference(from, &["strategy_id"], "strategy", &["id"]);
    reference.on_delete(ForeignKeyAction::Cascade);
    reference
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        // On SQLite, too: a start that is killed halfway must leave nothing behind.
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            department(),
            strategy(),
            level(),
            plan_node(),
            indicator(),
            target_revision(),
            figure(),
            node_remark(),
            indicator_remark(),
            indicator_detail(),
        ] {
            manager.create_table(table).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            "indicator_detail",
            "indicator_remark",
            "node_remark",
            "figure",
            "target_revision",
            "indicator",
            "plan_node",
            "level",
            "strategy",
            "department",
        ] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn department() -> TableCreateStatement {
    tenant_table("department")
        .col(uuid("id"))
        .col(string("name"))
        .primary_key(Index::create().col("municipality").col("id"))
        .index(Index::create().unique().name("department_name").col("municipality").col("name"))
        .foreign_key(
            ForeignKey::create()
                .name("department_municipality")
                .from("department", "municipality")
                .to("municipality", "code"),
        )
        .to_owned()
}

fn strategy() -> TableCreateStatement {
    tenant_table("strategy")
        .col(uuid("id"))
        .col(string("title"))
        .col(string("term"))
        .col(small_integer("term_number"))
        .col(small_integer("first_year"))
        .col(small_integer("last_year"))
        .col(small_integer("report_year"))
        .col(string("report_title"))
        .col(string_null("report_label"))
        .col(string_null("total_heading"))
        .col(string_null("goal_remark_heading"))
        .col(string_null("remark_heading"))
        .col(text("attribution"))
        .col(text("terms"))
        .col(text("source_notes"))
        .primary_key(Index::create().col("municipality").col("id"))
        .index(Index::create().unique().name("strategy_term").col("municipality").col("term_number"))
        .foreign_key(
            ForeignKey::create()
                .name("strategy_municipality")
                .from("strategy", "municipality")
                .to("municipality", "code"),
        )
        .to_owned()
}

fn level() -> TableCreateStatement {
    tenant_table("level")
        .col(uuid("strategy_id"))
        .col(small_integer("position"))
        .col(string("name"))
        .col(string("kind"))
        .primary_key(Index::create().col("municipality").col("strategy_id").col("position"))
        .foreign_key(&mut of_strategy("level"))
        .to_owned()
}

fn plan_node() -> TableCreateStatement {
    tenant_table("plan_node")
        .col(uuid("strategy_id"))
        .col(uuid("id"))
        .col(uuid_null("parent_id"))
        .col(small_integer("level"))
        .col(integer("position"))
        .col(string_null("number"))
        .col(string("title"))
        .col(uuid_null("department_id"))
        .col(small_integer_null("started"))
        .col(small_integer_null("ended"))
        .col(text_null("no_indicator_reason"))
        .col(string_null("no_indicator_mark"))
        .primary_key(Index::create().col("municipality").col("strategy_id").col("id"))
        .foreign_key(&mut of_strategy("plan_node"))
        .foreign_key(&mut reference("plan_node", &["strategy_id", "parent_id"], "plan_node", &["strategy_id", "id"]))
        .foreign_key(&mut reference("plan_node", &["strategy_id", "level"], "level", &["strategy_id", "position"]))
        .foreign_key(&mut reference("plan_node", &["department_id"], "department", &["id"]))
        .to_owned()
}

fn indicator() -> TableCreateStatement {
    tenant_table("indicator")
        .col(uuid("strategy_id"))
        .col(uuid("id"))
        .col(uuid("node_id"))
        .col(integer("position"))
        .col(text("label"))
        .col(string("role"))
        .col(text_null("monitored_reason"))
        .col(string_null("unit"))
        .col(string("direction"))
        .col(text_null("baseline_printed"))
        .col(string_null("baseline_value"))
        .col(string_null("baseline_unit"))
        .col(string_null("baseline_bound"))
        .col(boolean("baseline_approximate"))
        .col(string_null("baseline_period"))
        .col(text_null("target_printed"))
        .col(string_null("requirement"))
        .col(string_null("target_value"))
        .col(string_null("target_unit"))
        .col(string_null("target_bound"))
        .col(boolean("target_approximate"))
        .col(string_null("accumulation"))
        .col(string_null("scope"))
        .col(uuid_null("department_id"))
        .col(small_integer_null("started"))
        .col(small_integer_null("ended"))
        .col(string_null("total_target_printed"))
        .col(string_null("total_actual_printed"))
        .primary_key(Index::create().col("municipality").col("strategy_id").col("id"))
        .foreign_key(&mut of_strategy("indicator"))
        .foreign_key(&mut reference("indicator", &["strategy_id", "node_id"], "plan_node", &["strategy_id", "id"]))
        .foreign_key(&mut reference("indicator", &["department_id"], "department", &["id"]))
        .to_owned()
}

fn of_indicator(from: &'static str) -> ForeignKeyCreateStatement {
    let mut reference = reference(from, &["strategy_id", "indicator_id"], "indicator", &["strategy_id", "id"]);
    reference.on_delete(ForeignKeyAction::Cascade);
    reference
}

fn target_revision() -> TableCreateStatement {
    tenant_table("target_revision")
        .col(uuid("strategy_id"))
        .col(uuid("indicator_id"))
        .col(small_integer("number"))
        .col(string("replaced"))
        .col(text("reason"))
        .col(text("statement"))
        .col(text("yearly"))
        .primary_key(Index::create().col("municipality").col("strategy_id").col("indicator_id").col("number"))
        .foreign_key(&mut of_indicator("target_revision"))
        .to_owned()
}

fn figure() -> TableCreateStatement {
    tenant_table("figure")
        .col(uuid("strategy_id"))
        .col(uuid("indicator_id"))
        .col(small_integer("fiscal_year"))
        .col(string("row"))
        .col(text_null("printed"))
        .col(string("status"))
        .col(string_null("value"))
        .col(string_null("unit"))
        .col(string_null("bound"))
        .col(boolean("approximate"))
        .primary_key(
            Index::create().col("municipality").col("strategy_id").col("indicator_id").col("fiscal_year").col("row"),
        )
        .foreign_key(&mut of_indicator("figure"))
        .to_owned()
}

fn node_remark() -> TableCreateStatement {
    let mut of_node = reference("node_remark", &["strategy_id", "node_id"], "plan_node", &["strategy_id", "id"]);
    tenant_table("node_remark")
        .col(uuid("strategy_id"))
        .col(uuid("node_id"))
        .col(small_integer("fiscal_year"))
        .col(text("text"))
        .primary_key(Index::create().col("municipality").col("strategy_id").col("node_id").col("fiscal_year"))
        .foreign_key(of_node.on_delete(ForeignKeyAction::Cascade))
        .to_owned()
}

fn indicator_remark() -> TableCreateStatement {
    tenant_table("indicator_remark")
        .col(uuid("strategy_id"))
        .col(uuid("indicator_id"))
        .col(small_integer("fiscal_year"))
        .col(text("text"))
        .primary_key(Index::create().col("municipality").col("strategy_id").col("indicator_id").col("fiscal_year"))
        .foreign_key(&mut of_indicator("indicator_remark"))
        .to_owned()
}

fn indicator_detail() -> TableCreateStatement {
    tenant_table("indicator_detail")
        .col(uuid("strategy_id"))
        .col(uuid("indicator_id"))
        .col(small_integer("position"))
        .col(string("heading"))
        .col(text("text"))
        .primary_key(Index::create().col("municipality").col("strategy_id").col("indicator_id").col("position"))
        .foreign_key(&mut of_indicator("indicator_detail"))
        .to_owned()
}
