use std::{collections::HashMap, sync::OnceLock};

use rust_decimal::{Decimal, prelude::ToPrimitive};
use sha2::{Digest, Sha256};
use shirube_analytics::OfficialColumn;
use shirube_domain::{
    calendar::FiscalYear,
    municipality::{Municipality, MunicipalityCode},
    outlook::{self, Candidate, Observation},
    reference::{OfficialIndicator, StandardIndicator},
    strategy::Indicator,
    suggest::{Catalogue, Suggestion},
    text::search_key,
};
use shirube_store::{Store, StoreResult};

/// The official series of the census population, by which municipalities are filtered and ordered.
const POPULATION: &str = "pop_census";

/// Reference data in memory. Official values lie in columns: one for each series and year, with a place for each
/// municipality.
#[derive(Debug)]
pub struct Reference {
    municipalities: Vec<Municipality>,
    /// For each municipality, its name and reading folded for searching.
    search_keys: Vec<String>,
    /// For each municipality, its population at the latest census.
    populations: Vec<Option<i64>>,
    by_code: HashMap<MunicipalityCode, usize>,
    standard: Vec<StandardIndicator>,
    /// The names of the standard indicators folded for suggesting them; made when they are first asked for.
    names: OnceLock<Catalogue>,
    official: Vec<OfficialSeries>,
    /// Of all of it, by which another edition is told from this one; made when it is first asked for.
    digest: OnceLock<String>,
}

/// An official series with its values.
#[derive(Debug)]
pub struct OfficialSeries {
    /// The series.
    pub indicator: OfficialIndicator,
    /// Its years in order, each with a value for each municipality.
    years: Vec<(i16, Vec<Option<Decimal>>)>,
}

impl OfficialSeries {
    /// The values of a municipality (by its index), in order of years.
    pub fn values(&self, municipality: usize) -> impl Iterator<Item = (i16, Decimal)> {
        self.years.iter().filter_map(move |(year, values)| Some((*year, values[municipality]?)))
    }
}

impl Reference {
    pub(crate) async fn read(store: &Store) -> StoreResult<Self> {
        let municipalities = store.municipalities().await?;
        let by_code: HashMap<_, _> = municipalities.iter().enumerate().map(|(at, of)| (of.code, at)).collect();
        let mut official: Vec<OfficialSeries> = store
            .official_indicators()
            .await?
            .into_iter()
            .map(|indicator| OfficialSeries { indicator, years: Vec::new() })
            .collect();
        // The values come sorted by series and year.
        let mut at = 0;
        for (indicator, value) in store.official_values().await? {
            while official.get(at).is_some_and(|series| series.indicator.id != indicator) {
                at += 1;
            }
            let (Some(series), Some(place)) = (official.get_mut(at), by_code.get(&value.municipality)) else {
                continue;
            };
            if series.years.last().is_none_or(|(year, _)| *year != value.year) {
                series.years.push((value.year, vec![None; municipalities.len()]));
            }
            if let Some((_, values)) = series.years.last_mut() {
                values[*place] = Some(value.value.normalize());
            }
        }
        let population = official.iter().find(|series| series.indicator.id == POPULATION);
        let latest = |at: usize| population?.values(at).last()?.1.to_i64();
        Ok(Self {
            digest: OnceLock::new(),
            search_keys: municipalities
                .iter()
                .map(|of| format!("{}\n{}", search_key(&of.name), search_key(&of.kana)))
                .collect(),
            populations: (0..municipalities.len()).map(latest).collect(),
            standard: store.standard_indicators().await?,
            names: OnceLock::new(),
            municipalities,
            by_code,
            official,
        })
    }

    /// All municipalities, by code.
    pub fn municipalities(&self) -> &[Municipality] {
        &self.municipalities
    }

    /// The index of a municipality. A code that was given up leads to its successor.
    pub fn find(&self, code: MunicipalityCode) -> Option<usize> {
        self.by_code.get(&code).or_else(|| self.by_code.get(&code.current())).copied()
    }

    /// The population of a municipality (by its index) at the latest census.
    pub fn population(&self, municipality: usize) -> Option<i64> {
        self.populations[municipality]
    }

    /// The folded name and reading of a municipality (by its index), one a line.
    pub(crate) fn search_key(&self, municipality: usize) -> &str {
        &self.search_keys[municipality]
    }

    /// The standard indicators, in the order of the catalogue.
    pub fn standard_indicators(&self) -> &[StandardIndicator] {
        &self.standard
    }

    /// Whether there is a standard indicator of this id.
    pub(crate) fn is_standard(&self, id: &str) -> bool {
        self.standard.iter().any(|of| of.id == id)
    }

    /// The standard indicators that an indicator may correspond to, the best first.
    pub fn suggestions(&self, indicator: &Indicator) -> Vec<Suggestion> {
        self.names.get_or_init(|| Catalogue::new(&self.standard)).suggestions(indicator, &self.standard)
    }

    /// What official statistics say about an indicator of a municipality in the years before its plan, for its outlook.
    pub fn history(
        &self,
        indicator: &Indicator,
        municipality: MunicipalityCode,
        first: FiscalYear,
    ) -> Vec<Observation> {
        let Some(place) = self.find(municipality) else { return Vec::new() };
        let mapped = |series: &&OfficialSeries| {
            let standard = series.indicator.standard_indicator.as_deref();
            indicator.mappings.iter().any(|mapping| standard == Some(mapping.standard()))
        };
        let candidates: Vec<_> = self
            .official
            .iter()
            .filter(mapped)
            .map(|series| Candidate { series: &series.indicator, values: series.values(place).collect() })
            .collect();
        outlook::history(indicator, first, &self.standard, &candidates)
    }

    /// The official series, by id.
    pub fn official(&self) -> &[OfficialSeries] {
        &self.official
    }

    /// What is known of the official series, by id.
    pub fn official_indicators(&self) -> Vec<OfficialIndicator> {
        self.official.iter().map(|of| of.indicator.clone()).collect()
    }

    /// The columns of the official series, by id and year.
    pub(crate) fn official_columns(&self) -> impl Iterator<Item = OfficialColumn<'_>> {
        self.official.iter().flat_map(|of| {
            of.years.iter().map(move |(year, values)| OfficialColumn { series: &of.indicator.id, year: *year, values })
        })
    }

    /// A digest of all of it, by which another edition is told from this one.
    pub(crate) fn digest(&self) -> &str {
        self.digest.get_or_init(|| digest(&self.municipalities, &self.standard, &self.official))
    }
}

/// SHA-256 of everything that answers are made of.
fn digest(municipalities: &[Municipality], standard: &[StandardIndicator], official: &[OfficialSeries]) -> String {
    let mut hasher = Sha256::new();
    let mut line = |text: String| hasher.update(text + "\n");
    for of in municipalities {
        line(format!("{} {} {} {}", of.code, of.name, of.kind.name(), of.similar_group));
    }
    for of in standard {
        let unit = of.unit.as_deref().unwrap_or_default();
        line(format!("{} {unit} {} {:?} {:?}", of.id, of.per_capita_basis, of.comparability, of.aggregation));
    }
    for of in official {
        line(format!("{} {}", of.indicator.id, of.indicator.unit));
        for (year, values) in &of.years {
            line(year.to_string());
            for value in values {
                line(value.map(|value| value.to_string()).unwrap_or_default());
            }
        }
    }
    format!("{:x}", hasher.finalize())
}
