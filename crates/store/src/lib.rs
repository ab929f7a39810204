//! Rows: the draft tables, publications and reference data, on SQLite and PostgreSQL. The only crate that sees the
//! database.
//!
//! Rows of a municipality are reached through [`Tenant`], which is opened for one municipality and narrows every
//! statement to it. Reference data and publications are read whole at start-up, by [`Store`].

mod draft;
mod error;
mod publication;
mod reference;
mod rows;
mod store;
mod tenant;

pub use error::{StoreError, StoreResult};
pub use publication::StoredPublication;
pub use reference::{InitialData, SeriesResult};
pub use store::{Backend, Observer, Store, StoreOptions};
pub use tenant::Tenant;
