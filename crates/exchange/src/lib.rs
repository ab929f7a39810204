//! Documents in and out: the sample format of strategies, printed reports, and the reference data that ship with the product.
//! No database, no network.

pub mod book;
pub mod entry;
pub mod foreign;
pub mod open_data;
#[cfg(test)]
mod outlook;
#[cfg(test)]
mod progress;
mod reference;
pub mod report;
pub mod sample;
#[cfg(test)]
mod snapshot;
mod style;
#[cfg(test)]
mod suggest;

pub use reference::{
    MUNICIPALITIES, OfficialSeries, municipalities, official_indicators, official_statistics, standard_indicators,
};

/// The strategies that ship with the product, in the sample format: 砂川市 第２期 and 海士町 第２期.
/// The next municipality is added by writing one file and naming it here.
pub const STRATEGIES: &[&str] =
    &[include_str!("../data/strategies/012262-2.json"), include_str!("../data/strategies/325252-2.json")];
