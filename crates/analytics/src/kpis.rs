use std::{ops::Range, sync::Arc};

use shirube_domain::{IndicatorId, StrategyId, calendar::FiscalYear, municipality::MunicipalityCode};

use crate::StrategyRows;

/// The KPIs from which figures come, in the order in which the figures name them: an answer reads one after the other.
#[derive(Debug, Default)]
pub(crate) struct Kpis {
    kpis: Vec<Kpi>,
    /// All labels, one behind the other.
    labels: String,
}

#[derive(Debug)]
pub(crate) struct Kpi {
    pub(crate) municipality: MunicipalityCode,
    pub(crate) strategy: StrategyId,
    pub(crate) revision: u32,
    pub(crate) first_year: FiscalYear,
    pub(crate) indicator: IndicatorId,
    label: Range<usize>,
}

impl Kpis {
    /// Lists the KPIs of some strategies. `named` are the figures in their order, each with its KPI by its number among those of
    /// all strategies; it becomes the place in the list.
    pub(crate) fn list(strategies: &[Arc<StrategyRows>], named: &mut [u32]) -> Self {
        let ends = strategies.iter().scan(0, |end, of| {
            *end += of.indicators.len();
            Some(*end)
        });
        let ends: Vec<usize> = ends.collect();
        let mut places: Vec<Option<u32>> = vec![None; ends.last().copied().unwrap_or_default()];
        let mut all = Self { kpis: Vec::with_capacity(places.len()), labels: String::new() };
        for kpi in named {
            let number = *kpi as usize;
            *kpi = *places[number].get_or_insert_with(|| {
                let of = ends.partition_point(|end| *end <= number);
                let place = all.kpis.len();
                all.push(&strategies[of], number + strategies[of].indicators.len() - ends[of]);
                u32::try_from(place).unwrap_or(u32::MAX)
            });
        }
        all
    }

    fn push(&mut self, of: &StrategyRows, indicator: usize) {
        let (indicator, label) = &of.indicators[indicator];
        let from = self.labels.len();
        self.labels.push_str(label);
        self.kpis.push(Kpi {
            municipality: of.municipality,
            strategy: of.strategy,
            revision: of.revision,
            first_year: of.first_year,
            indicator: *indicator,
            label: from..self.labels.len(),
        });
    }

    /// A KPI by its place, with its label.
    pub(crate) fn get(&self, place: u32) -> (&Kpi, &str) {
        let kpi = &self.kpis[place as usize];
        (kpi, &self.labels[kpi.label.clone()])
    }
}
