use rust_decimal::Decimal;

use super::{Observation, Origin, series::alike};
use crate::{
    calendar::{FiscalYear, Period, YearKind},
    progress::readings,
    quantity::Unit,
    reference::{OfficialIndicator, StandardIndicator},
    strategy::{Indicator, MappingDifference, MappingStrength},
};

/// An official series with its values for the municipality.
pub struct Candidate<'a> {
    /// The series.
    pub series: &'a OfficialIndicator,
    /// Its values by year.
    pub values: Vec<(i16, Decimal)>,
}

/// What official statistics say about the years before a plan, in the indicator's own unit: of a standard indicator that it is, or
/// that it is by a factor. Of several series that measure it, the one with its own kind of years goes first, then the longest.
pub fn history(
    indicator: &Indicator,
    first: FiscalYear,
    standard: &[StandardIndicator],
    candidates: &[Candidate<'_>],
) -> Vec<Observation> {
    let period = indicator.baseline.as_ref().and_then(|baseline| baseline.period);
    let own = period.and_then(Period::year_kind).unwrap_or(YearKind::Fiscal);
    let found = indicator.mappings.iter().find_map(|mapping| {
        let factor = match mapping.strength() {
            MappingStrength::Identical => Decimal::ONE,
            MappingStrength::Convertible => mapping.factor()?,
            MappingStrength::Similar | MappingStrength::NotComparable => return None,
        };
        // A factor mends the unit; the months are looked at when the series joins.
        let mended = |of: &MappingDifference| matches!(of, MappingDifference::Unit | MappingDifference::YearKind);
        if !mapping.parts().differences.iter().all(mended) {
            return None;
        }
        let standard = standard.iter().find(|standard| standard.id == mapping.standard())?;
        let measures = |of: &&Candidate<'_>| {
            of.series.standard_indicator.as_ref() == Some(&standard.id)
                && same_scale(standard, of.series)
                && !of.values.is_empty()
        };
        let best = candidates.iter().filter(measures);
        let best = best.max_by_key(|of| (alike(of.series.year_kind, own), of.values.len()))?;
        Some((best, factor))
    });
    let Some((Candidate { series, values }, factor)) = found else { return Vec::new() };
    let observe = |(year, value): &(i16, Decimal)| {
        let value = readings::printed(indicator, value.checked_div(factor)?)?.normalize();
        let period = Period::Year(series.year_kind, *year);
        Some(Observation { period, year: *year, value, origin: Origin::Official(series.id.clone()) })
    };
    values.iter().filter(|(year, _)| *year < first.year()).filter_map(observe).collect()
}

/// Whether both count in the same scale. 件 and 所 do; 千円 and 億円 do not.
fn same_scale(standard: &StandardIndicator, series: &OfficialIndicator) -> bool {
    let scale = |unit: &str| Unit::parse(unit).ok().map(|unit| unit.exponent());
    standard.unit.as_deref().and_then(scale).is_some_and(|exponent| scale(&series.unit) == Some(exponent))
}
