//! Rows of the database, one module a table. They never leave this crate.

pub(crate) mod authoring;
mod columns;
pub(crate) mod convert;
mod figures;
pub(crate) mod global;
mod lineage;
pub(crate) mod members;
pub(crate) mod people;
pub(crate) mod tenant;
