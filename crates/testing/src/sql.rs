use anyhow::Result;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, Statement};

/// One connection past the product: tests see with it what a database holds, and what its roles may do.
#[derive(Debug)]
pub struct Sql(DatabaseConnection);

/// A row of texts.
pub type Texts = Vec<Option<String>>;

impl Sql {
    /// Connects.
    pub async fn connect(url: &str) -> Result<Self> {
        let mut options = ConnectOptions::new(url);
        // One, so that what is set for a session is seen by the next statement.
        options.max_connections(1).sqlx_logging(false);
        Ok(Self(Database::connect(options).await?))
    }

    /// Runs statements; says how many rows the last one changed.
    pub async fn run(&self, sql: &str) -> Result<u64> {
        Ok(self.0.execute_unprepared(sql).await?.rows_affected())
    }

    /// The rows of a query whose columns are all texts.
    pub async fn rows(&self, sql: &str) -> Result<Vec<Texts>> {
        let rows = self.0.query_all_raw(Statement::from_string(self.0.get_database_backend(), sql)).await?;
        rows.iter().map(|row| (0..row.column_names().len()).map(|at| Ok(row.try_get_by_index(at)?)).collect()).collect()
    }

    /// The texts of the first column of a query.
    pub async fn texts(&self, sql: &str) -> Result<Vec<String>> {
        Ok(self.rows(sql).await?.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect())
    }

    /// What the database says to statements that it refuses; an error if it runs them.
    pub async fn refusal(&self, sql: &str) -> Result<String> {
        match self.0.execute_unprepared(sql).await {
            Ok(_) => anyhow::bail!("the database did not refuse: {sql}"),
            Err(error) => Ok(error.to_string()),
        }
    }
}
