//! The second lock on PostgreSQL: the service works under a role that owns no table, so that row-level security holds for
//! it and it cannot take the policies away.

use sea_orm::{ConnectionTrait, DbBackend, Statement, TransactionTrait};

use crate::{Backend, Store, StoreError, StoreResult};

/// What the service may do with a kind of table. What is not here is not granted.
const GRANTS: [(&str, &[&str]); 3] = [
    (
        "SELECT",
        &[
            "seaql_migrations",
            "prefecture",
            "municipality",
            "standard_indicator",
            "official_indicator",
            "official_observation",
        ],
    ),
    (
        "SELECT, INSERT",
        &["publication", "audit", "instance_audit", "grading_rule", "grading_rule_retirement", "default_grading_rule"],
    ),
    (
        "SELECT, INSERT, UPDATE, DELETE",
        &[
            "department",
            "strategy",
            "level",
            "plan_node",
            "indicator",
            "target_revision",
            "figure",
            "node_remark",
            "indicator_remark",
            "indicator_detail",
            "reporting_round",
            "due_date",
            "reporting_task",
            "opinion",
            "mapping",
            "ancestor",
            "membership",
            "invitation",
            "municipal_key",
            "user_account",
            "identity",
            "session",
            "refresh_token",
            "sign_in_attempt",
            "reset_link",
            "personal_key",
            "instance_invitation",
            "performed",
            "agenda",
            "webhook",
            "webhook_delivery",
        ],
    ),
];

/// Whether the database itself keeps the municipalities apart, beside this program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecondLock {
    /// It does.
    On,
    /// SQLite has none.
    None,
    /// It could, and does not, for this reason.
    Off(&'static str),
}

impl Store {
    /// Whether the database keeps the municipalities apart, too.
    pub async fn second_lock(&self) -> StoreResult<SecondLock> {
        if self.backend() == Backend::Sqlite {
            return Ok(SecondLock::None);
        }
        // Who may become the owner is as good as the owner; and a table of municipalities is one whose key begins with them.
        let sql = "SELECT rolsuper OR rolbypassrls AS bypasses, EXISTS (SELECT FROM pg_tables \
                   WHERE schemaname = current_schema() AND pg_has_role(current_user, tableowner, 'MEMBER')) AS owns, \
                   EXISTS (SELECT FROM pg_index JOIN pg_class t ON t.oid = indrelid \
                   JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = indkey[0] WHERE indisprimary \
                   AND a.attname = 'municipality' AND t.relnamespace = current_schema()::regnamespace \
                   AND NOT t.relrowsecurity) AS open FROM pg_roles WHERE rolname = current_user";
        let row = self.connection.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
        let row = row.ok_or_else(|| StoreError::corrupt("the role of this connection is gone"))?;
        Ok(match (row.try_get("", "bypasses")?, row.try_get("", "owns")?, row.try_get("", "open")?) {
            (true, ..) => SecondLock::Off("the database role bypasses row-level security"),
            (_, true, _) => SecondLock::Off("the database role owns the tables and could take row-level security away"),
            (.., true) => SecondLock::Off("row-level security is disabled on a table of municipalities"),
            _ => SecondLock::On,
        })
    }

    /// Makes the role of the service, if it is not there, and grants it what the service needs and nothing more. `self` is
    /// connected as the owner of the tables. Running it twice does no harm.
    pub async fn set_up_service_role(&self, role: &str, password: Option<&str>) -> StoreResult<()> {
        let transaction = self.connection.begin().await?;
        let run = async |sql: String| transaction.execute_unprepared(&sql).await.map_err(StoreError::from);
        let known = Statement::from_sql_and_values(
            DbBackend::Postgres,
            "SELECT 1 FROM pg_roles WHERE rolname = $1",
            [role.into()],
        );
        let name = quoted(role, '"');
        if transaction.query_one_raw(known).await?.is_none() {
            let password = password.map(|of| format!(" PASSWORD {}", quoted(of, '\''))).unwrap_or_default();
            let made = format!("CREATE ROLE {name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS{password}");
            // The statement holds the password, so its error is told without it.
            run(made).await.map_err(|_| StoreError::Role(role.to_owned()))?;
        }
        run(format!("GRANT USAGE ON SCHEMA public TO {name}")).await?;
        run(format!("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {name}")).await?;
        for (rights, tables) in GRANTS {
            run(format!("GRANT {rights} ON {} TO {name}", tables.join(", "))).await?;
        }
        Ok(transaction.commit().await?)
    }
}

/// A name or text as SQL spells it.
fn quoted(text: &str, quote: char) -> String {
    let doubled = text.replace(quote, &format!("{quote}{quote}"));
    format!("{quote}{doubled}{quote}")
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn names_and_texts_are_spelled_as_sql_reads_them() {
        assert_eq!(quoted("shirube", '"'), "\"shirube\"");
        assert_eq!(quoted("a\"; DROP", '"'), "\"a\"\"; DROP\"");
        assert_eq!(quoted("it's", '\''), "'it''s'");
    }
}
