use std::{borrow::Cow, collections::BTreeMap};

use polars::prelude::{Column, DataFrame, IntoColumn, NamedFrom, PolarsResult, Series};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use shirube_domain::{
    comparison::{Catalogue, Formula},
    municipality::{Municipality, MunicipalityCode},
    reference::{OfficialIndicator, StandardIndicator},
};

use crate::history::Histories;

/// A column of an official series: a value for each municipality.
#[derive(Debug, Clone, Copy)]
pub struct OfficialColumn<'a> {
    /// The id of the series.
    pub series: &'a str,
    /// The year.
    pub year: i16,
    /// The values, in the order of the municipalities.
    pub values: &'a [Option<Decimal>],
}

/// What the instance knows of the world, in columns.
#[derive(Debug)]
pub struct World {
    municipalities: Vec<Municipality>,
    populations: Vec<Option<i64>>,
    standard: Vec<StandardIndicator>,
    official: Vec<OfficialIndicator>,
    /// A row for each municipality, a column for each series and year. What is missing is NaN, so that a column is one
    /// stretch of numbers; it never leaves this crate.
    frame: DataFrame,
    /// For each series, its years in order, each with its column.
    years: BTreeMap<String, Vec<(i16, usize)>>,
    /// What follows from it, kept.
    pub(crate) histories: Histories,
}

impl World {
    /// Lays the columns out. `populations` are those of the latest census; the municipalities come by code.
    pub fn new<'a>(
        municipalities: Vec<Municipality>,
        populations: Vec<Option<i64>>,
        standard: Vec<StandardIndicator>,
        official: Vec<OfficialIndicator>,
        columns: impl Iterator<Item = OfficialColumn<'a>>,
    ) -> PolarsResult<Self> {
        let mut years: BTreeMap<String, Vec<(i16, usize)>> = BTreeMap::new();
        let mut laid: Vec<Column> = Vec::new();
        for OfficialColumn { series, year, values } in columns {
            let number = |value: &Option<Decimal>| value.and_then(|value| value.to_f64()).unwrap_or(f64::NAN);
            let values: Vec<f64> = values.iter().map(number).collect();
            years.entry(series.to_owned()).or_default().push((year, laid.len()));
            laid.push(Series::new(format!("{series} {year}").into(), values).into_column());
        }
        for years in years.values_mut() {
            years.sort_unstable();
        }
        let frame = DataFrame::new(municipalities.len(), laid)?;
        Ok(Self { municipalities, populations, standard, official, frame, years, histories: Histories::default() })
    }

    /// All municipalities, by code.
    pub fn municipalities(&self) -> &[Municipality] {
        &self.municipalities
    }

    /// The place of a municipality.
    pub(crate) fn place(&self, code: MunicipalityCode) -> Option<usize> {
        self.municipalities.binary_search_by_key(&code, |of| of.code).ok()
    }

    /// The population of a municipality at the latest census.
    pub(crate) fn population(&self, place: usize) -> Option<i64> {
        self.populations.get(place).copied().flatten()
    }

    /// The populations of the latest census; NaN where there is none.
    #[expect(clippy::cast_precision_loss, reason = "populations are far below 2⁵³")]
    pub(crate) fn populations(&self) -> Vec<f64> {
        self.populations.iter().map(|of| of.map_or(f64::NAN, |of| of as f64)).collect()
    }

    /// What can be compared.
    pub fn catalogue(&self) -> Catalogue<'_> {
        Catalogue { standard: &self.standard, official: &self.official }
    }

    /// The note of the catalogue on a standard indicator.
    pub(crate) fn note(&self, standard: Option<usize>) -> Option<&str> {
        self.standard.get(standard?)?.notes.as_deref()
    }

    /// The column of a series and year.
    pub(crate) fn column(&self, series: &str, year: i16) -> Option<&[f64]> {
        let years = self.years.get(series)?;
        let at = years.binary_search_by_key(&year, |(year, _)| *year).ok()?;
        self.frame.columns().get(years[at].1)?.f64().ok()?.cont_slice().ok()
    }

    /// The years of a series, in order.
    pub(crate) fn years_of(&self, series: &str) -> impl DoubleEndedIterator<Item = i16> + '_ {
        self.years.get(series).into_iter().flatten().map(|(year, _)| *year)
    }

    /// The years in which a formula has values, in order.
    pub(crate) fn years(&self, formula: &Formula<'_>) -> Vec<i16> {
        let before = match formula {
            Formula::ChangeRate(_, years) => *years,
            _ => 0,
        };
        let series = formula.series();
        let whole = |year: i16| {
            series.iter().all(|of| self.column(of, year).is_some())
                && (before == 0 || series.iter().all(|of| self.column(of, year - before).is_some()))
        };
        series.first().map(|first| self.years_of(first).filter(|year| whole(*year)).collect()).unwrap_or_default()
    }

    /// The values of a formula in a year, one for each municipality; NaN where there is none.
    pub(crate) fn values(&self, formula: &Formula<'_>, year: i16) -> Option<Cow<'_, [f64]>> {
        match formula {
            Formula::Series(series) => self.column(series, year).map(Cow::Borrowed),
            Formula::Difference(one, other) => {
                let (one, other) = (self.column(one, year)?, self.column(other, year)?);
                Some(one.iter().zip(other).map(|(one, other)| one - other).collect())
            }
            Formula::ChangeRate(series, years) => {
                let (now, then) = (self.column(series, year)?, self.column(series, year - years)?);
                Some(now.iter().zip(then).map(|(now, then)| share(now - then, *then)).collect())
            }
            Formula::Share(of, among) => {
                let (of, among) = (self.sum(of, year)?, self.sum(among, year)?);
                Some(of.iter().zip(among.iter()).map(|(of, among)| share(*of, *among)).collect())
            }
        }
    }

    /// The sum of some series in a year.
    pub(crate) fn sum(&self, series: &[&str], year: i16) -> Option<Cow<'_, [f64]>> {
        let (first, rest) = series.split_first()?;
        let mut sum = Cow::Borrowed(self.column(first, year)?);
        for of in rest {
            let column = self.column(of, year)?;
            sum.to_mut().iter_mut().zip(column).for_each(|(sum, value)| *sum += value);
        }
        Some(sum)
    }
}

/// In percent; NaN of nothing.
fn share(of: f64, among: f64) -> f64 {
    if among > 0.0 { of / among * 100.0 } else { f64::NAN }
}
