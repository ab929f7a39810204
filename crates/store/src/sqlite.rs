//! Keeping connections to SQLite honest about their transactions.

use sea_orm::{ConnectOptions, sqlx::Connection as _};

/// Closes a connection that is given back and believes that it is in a transaction. SQLite undoes a transaction by itself
/// when the disk is full or fails. The library's own undoing then fails, and it goes on to count a transaction that is not
/// there: on such a connection it only sets marks where it should begin, and what is committed later is acknowledged and
/// lost.
pub(crate) fn close_confused(connect: &mut ConnectOptions) {
    connect.map_sqlx_sqlite_pool_opts(|pool| {
        pool.after_release(|connection, _| {
            Box::pin(async move {
                // What was asked before is done when this is answered, an undoing among it.
                connection.ping().await?;
                Ok(!connection.is_in_transaction())
            })
        })
    });
}

#[cfg(test)]
mod tests {
    use sea_orm::{ConnectionTrait, Statement};
    use shirube_access::table::Effect;

    use crate::{Store, StoreError, StoreOptions, StoreResult};

    #[tokio::test]
    async fn a_full_disk_passes_and_nothing_acknowledged_is_lost() -> StoreResult<()> {
        let folder = tempfile::tempdir().map_err(StoreError::Folder)?;
        let url = format!("sqlite://{}", folder.path().join("full.db").display());
        let options = StoreOptions { url, connections: 1, observer: None };
        let store = Store::connect(&options).await?;
        store.connection.execute_unprepared("CREATE TABLE t (x)").await?;
        // It holds for this one connection, and so passes with it.
        store.connection.execute_unprepared("PRAGMA max_page_count = 3").await?;
        let write = async |sql: &str| -> StoreResult<()> {
            let transaction = store.begin(Effect::Writes).await?;
            transaction.execute_unprepared(sql).await?;
            Ok(transaction.commit().await?)
        };
        let full = write("INSERT INTO t VALUES (zeroblob(100000))").await;
        assert!(matches!(full, Err(StoreError::Unavailable(_))), "{full:?}");
        for name in ["a", "b", "c"] {
            drop(store.begin(Effect::Reads).await?);
            write(&format!("INSERT INTO t VALUES ('{name}')")).await?;
        }
        let other = Store::connect(&options).await?;
        let sql = "SELECT group_concat(x) FROM t";
        let statement = Statement::from_string(other.connection.get_database_backend(), sql);
        let row = other.connection.query_one_raw(statement).await?.expect("a row");
        assert_eq!(row.try_get_by_index::<String>(0)?, "a,b,c");
        Ok(())
    }
}
