use sea_orm::{DbErr, RuntimeErr, SqlErr};
use shirube_domain::Error;

/// What can go wrong in the store, translated once from the database's own errors.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The database cannot be reached, or does not answer in time.
    #[error("the database cannot be reached")]
    Unavailable(#[source] DbErr),
    /// The database cannot be reached to begin with, for this reason.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// A row with this key is there already.
    #[error("a row with this key is there already")]
    Conflict(#[source] DbErr),
    /// The tables were made by a newer version of the product.
    #[error("the database was made by a newer version of Shirube (it holds the migration {0}); upgrade this program")]
    Newer(String),
    /// Migrations are waiting.
    #[error("the database needs {0} migration(s) first; run `shirube migrate`")]
    Behind(usize),
    /// The URL does not name a database that can be used.
    #[error("“{url}” is not a database URL; write sqlite://path/to/file.db or postgres://user:password@host/database")]
    Url {
        /// The URL, without its password.
        url: String,
    },
    /// The folder of the database file cannot be made.
    #[error("the folder of the database file cannot be made")]
    Folder(#[source] std::io::Error),
    /// The role of the service cannot be made.
    #[error(
        "the database role “{0}” is not there and this role may not make it; make it as an administrator (`CREATE ROLE … LOGIN \
         PASSWORD …`), and run `shirube migrate` again"
    )]
    Role(String),
    /// There are as many as there may be.
    #[error("there are {most} {what} already, which is the most; remove some first")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many.
        most: usize,
    },
    /// The mutation was done under this id already.
    #[error("a mutation was done under this id already")]
    Performed,
    /// As many mutations of this caller are remembered as may be.
    #[error(
        "{0} mutations were sent with an id within a day, which is the most; send this one later, or without an id"
    )]
    ManyPerformed(usize),
    /// Any other error of the database.
    #[error("the database refused a statement")]
    Database(#[source] DbErr),
    /// A row that this program did not write, or wrote wrongly.
    #[error("a stored value cannot be read: {0}")]
    Corrupt(Box<dyn std::error::Error + Send + Sync>),
}

/// The result of an operation on the store.
pub type StoreResult<T> = Result<T, StoreError>;

impl StoreError {
    pub(crate) fn corrupt(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Corrupt(error.into())
    }
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        match &error {
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => Self::Unavailable(error),
            DbErr::Exec(RuntimeErr::SqlxError(sqlx)) | DbErr::Query(RuntimeErr::SqlxError(sqlx)) => {
                use sea_orm::sqlx::Error as Sqlx;
                if matches!(
                    **sqlx,
                    Sqlx::Io(_) | Sqlx::Tls(_) | Sqlx::PoolTimedOut | Sqlx::PoolClosed | Sqlx::WorkerCrashed
                ) || passes(sqlx)
                {
                    Self::Unavailable(error)
                } else if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) {
                    Self::Conflict(error)
                } else {
                    Self::Database(error)
                }
            }
            _ => Self::Database(error),
        }
    }
}

/// Whether the database says that the same statement may succeed later: it is stopping or starting, has no connection or
/// room on the disk to spare, or gave up on a time limit, a lock or two who waited for each other.
fn passes(error: &sea_orm::sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sea_orm::sqlx::error::DatabaseError::code);
    code.is_some_and(|code| {
        let postgres =
            code.len() == 5 && ["57014", "55P03", "57P", "53", "40", "08"].iter().any(|of| code.starts_with(of));
        // SQLite's codes are numbers, the kind in the last byte: BUSY, LOCKED, IOERR, FULL, CANTOPEN.
        let sqlite =
            code.len() < 5 && code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 10 | 13 | 14));
        postgres || sqlite
    })
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) | StoreError::Unreachable(_) => Self::Unavailable(Box::new(error)),
            StoreError::TooMany { .. } | StoreError::Performed => Self::conflict("", error),
            StoreError::ManyPerformed(_) => Self::conflict("clientMutationId", error),
            _ => Self::internal(error),
        }
    }
}
