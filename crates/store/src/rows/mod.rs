//! Rows of the database, one module a table. They never leave this crate.

pub(crate) mod authoring;
pub(crate) mod columns;
pub(crate) mod convert;
pub(crate) mod figures;
pub(crate) mod global;
pub(crate) mod grading_rules;
mod lineage;
pub(crate) mod members;
pub(crate) mod people;
pub(crate) mod performed;
pub(crate) mod round;
pub(crate) mod tenant;
pub(crate) mod webhooks;
