//! How official series moved before plans began. It follows from the world alone, so that it is worked out once.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use shirube_domain::{
    comparison::Subject,
    statistics::{real, trend::ols},
    strategy::Direction,
};

use crate::World;

/// How far the history before a plan reaches back.
const HISTORY: i16 = 10;
/// The fewest years that make one.
const YEARS: usize = 3;

/// The histories that were asked for, by the place of the standard indicator and the first year of the plans.
#[derive(Debug, Default)]
pub(crate) struct Histories(RwLock<HashMap<History, Arc<[f64]>>>);

/// The place of a standard indicator, and the first year of the plans.
type History = (usize, i16);

impl World {
    /// For each municipality the yearly change of an indicator in the years before one, in percent of their mean, positive where
    /// it was for the better; NaN where it is not known, and nobody where no official series has enough of these years.
    pub(crate) fn history(&self, subject: &Subject<'_>, first_year: i16) -> Arc<[f64]> {
        let (Some(standard), Some(formula)) = (subject.standard, &subject.formula) else { return Arc::default() };
        let within = |year: &i16| (first_year - HISTORY..first_year).contains(year);
        let years: Vec<i16> = self.years(formula).into_iter().filter(within).collect();
        if years.len() < YEARS {
            return Arc::default();
        }
        let Histories(known) = &self.histories;
        if let Some(known) = known.read().unwrap_or_else(PoisonError::into_inner).get(&(standard, first_year)) {
            return known.clone();
        }
        let columns: Vec<_> = years.iter().filter_map(|year| Some((*year, self.values(formula, *year)?))).collect();
        let better = if subject.direction == Direction::Lower { -1.0 } else { 1.0 };
        let history = |place: usize| {
            let values = columns.iter().map(|(year, values)| (f64::from(*year), values[place]));
            slope(&values.filter(|(_, value)| value.is_finite()).collect::<Vec<_>>()).map_or(f64::NAN, |of| of * better)
        };
        let histories: Arc<[f64]> = (0..self.municipalities().len()).map(history).collect();
        known.write().unwrap_or_else(PoisonError::into_inner).insert((standard, first_year), histories.clone());
        histories
    }
}

/// The slope in percent of the mean.
fn slope(points: &[(f64, f64)]) -> Option<f64> {
    if points.len() < YEARS {
        return None;
    }
    let mean = points.iter().map(|(_, value)| value).sum::<f64>() / real(points.len());
    Some(ols(points, 0.95)?.slope / mean.abs() * 100.0)
}
