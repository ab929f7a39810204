//! Rows of the database, one module a table. They never leave this crate.

pub(crate) mod convert;
pub(crate) mod global;
pub(crate) mod tenant;
