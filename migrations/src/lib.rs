//! The tables, one change a file, run on SQLite and PostgreSQL alike.
//!
//! Rules: tables of tenants carry the municipality first in their primary key and in every foreign key; numbers are
//! stored as decimal text, since SQLite has no exact decimals; periods and units are stored as the domain prints them.

use sea_orm_migration::prelude::*;
pub use sea_orm_migration::{MigratorTrait, SchemaManager};

mod close;
mod m20261123_000001_reference;
mod m20261123_000002_draft;
mod m20261123_000003_publication;
mod m20261125_000004_people;
mod m20261125_000005_locks;
mod m20261126_000006_round;
mod m20261126_000007_authoring;
mod m20261126_000008_performed;
mod m20261126_000009_webhook;
mod m20261126_000010_mapping;
mod m20261126_000011_published_grade;
mod m20261126_000012_weight;
mod m20261126_000013_grading_rule;

/// All migrations, in order.
#[derive(Debug)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261123_000001_reference::Migration),
            Box::new(m20261123_000002_draft::Migration),
            Box::new(m20261123_000003_publication::Migration),
            Box::new(m20261125_000004_people::Migration),
            Box::new(m20261125_000005_locks::Migration),
            Box::new(m20261126_000006_round::Migration),
            Box::new(m20261126_000007_authoring::Migration),
            Box::new(m20261126_000008_performed::Migration),
            Box::new(m20261126_000009_webhook::Migration),
            Box::new(m20261126_000010_mapping::Migration),
            Box::new(m20261126_000011_published_grade::Migration),
            Box::new(m20261126_000012_weight::Migration),
            Box::new(m20261126_000013_grading_rule::Migration),
        ]
    }
}
