//! What the instance knows of the world: standard indicators and official statistics.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{calendar::YearKind, municipality::MunicipalityCode, strategy::Direction, text::Bilingual};

/// A standard indicator (標準指標): an entry of the catalogue that makes municipalities comparable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandardIndicator {
    /// Its stable id: `births`.
    pub id: String,
    /// Its name.
    pub name: Bilingual,
    /// Its theme: `population`, `work` …
    pub theme: String,
    /// The unit in which it is compared; `None` for a bare index.
    pub unit: Option<String>,
    /// What is counted or measured: `people`, `money`, `ratio` …
    pub dimension: String,
    /// Stock, flow, ratio or index.
    pub kind: MeasureKind,
    /// How yearly values are brought together.
    pub aggregation: Aggregation,
    /// Which way is better.
    pub direction: Direction,
    /// The base by which it is divided to compare places of different size: `per_1000_population`, `intrinsic` …
    pub per_capita_basis: String,
    /// How far values of different municipalities can be compared.
    pub comparability: Comparability,
    /// The official survey from which it comes.
    pub official_source: Option<String>,
    /// Names under which documents print it.
    pub synonyms: Vec<String>,
    /// What to look out for.
    pub notes: Option<String>,
}

/// What kind of measure an indicator is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeasureKind {
    /// Counted at a time.
    Stock,
    /// Counted over a time.
    Flow,
    /// A share or rate.
    Ratio,
    /// An index or mean.
    Index,
}

impl MeasureKind {
    /// What it is called, in Japanese and English.
    pub const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Stock => ("時点の量", "a stock"),
            Self::Flow => ("期間の量", "a flow"),
            Self::Ratio => ("割合", "a ratio"),
            Self::Index => ("指数", "an index"),
        }
    }

    /// Whether the values of several places add up to the value of all of them.
    pub const fn adds_up(self) -> bool {
        matches!(self, Self::Stock | Self::Flow)
    }
}

/// How yearly values are brought together over several years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aggregation {
    /// They add up.
    Sum,
    /// The last one stands.
    Last,
}

/// How far values of different municipalities can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparability {
    /// One official definition for all.
    Official,
    /// Similar definitions; read the notes before comparing.
    ComparableWithCare,
    /// Each municipality defines its own.
    LocalDefinition,
}

/// A series of the official statistics (公的統計).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficialIndicator {
    /// Its stable id: `pop_census`.
    pub id: String,
    /// Its name.
    pub name: Bilingual,
    /// The unit of its values.
    pub unit: String,
    /// What its years are.
    pub year_kind: YearKind,
    /// The day or days of the year that a value speaks of, as the source prints them.
    pub as_of: String,
    /// The survey.
    pub source: String,
    /// The standard indicator that it measures.
    pub standard_indicator: Option<String>,
}

/// A value of an official series for one municipality and year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfficialValue {
    /// The municipality.
    pub municipality: MunicipalityCode,
    /// The year, of the kind that the series counts in.
    pub year: i16,
    /// The value, in the unit of the series.
    pub value: Decimal,
}

/// The attribution that the terms of the official statistics ask for wherever they are shown.
pub const OFFICIAL_ATTRIBUTION: &str = "SSDSE-市区町村（独立行政法人統計センター）を加工して作成";
