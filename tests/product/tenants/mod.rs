//! Municipalities kept apart: what nobody may see is looked for in every answer, each of the two locks is tried without the
//! other, and the databases' catalogs are asked whether a table was forgotten.

mod catalog;
mod generate;
mod locks;
mod log;
mod model;
mod pool;
mod property;
mod random;
mod shape;
mod world;
