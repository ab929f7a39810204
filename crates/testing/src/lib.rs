//! For tests only: throw-away databases on both backends, the whole service in process, and a generated nation.
//!
//! A test is written once and run on both databases by [`both_backends!`]. Databases that hold the sample data are copies
//! of one that is made at the first request, so that each test has its own and none waits long for it.

mod database;
pub mod nation;
mod postgres;
mod proxy;
mod service;
mod sql;

pub use database::{Backend, Held, TestDatabase};
pub use postgres::PrivatePostgres;
pub use proxy::Proxy;
pub use service::{Answer, Answers, Hearing, PASSWORD, TestServer, TestService};
pub use sql::{Sql, Texts};

/// Makes `sqlite::name` and `postgres::name` of each test function. Each takes a [`Backend`].
#[macro_export]
macro_rules! both_backends {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() -> anyhow::Result<()> {
                super::$name($crate::Backend::Sqlite).await
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() -> anyhow::Result<()> {
                super::$name($crate::Backend::Postgres).await
            })+
        }
    };
}
