use std::cmp::Ordering;

use shirube_domain::{
    municipality::{MunicipalityKind, Prefecture, SimilarGroup},
    text::search_key,
};

use crate::{App, Reference};

/// Which municipalities. What is absent does not narrow; an empty list finds nothing.
#[derive(Debug, Clone, Default)]
pub struct MunicipalityFilter {
    /// Of these prefectures.
    pub prefectures: Option<Vec<Prefecture>>,
    /// Of these kinds.
    pub kinds: Option<Vec<MunicipalityKind>>,
    /// Of these classes of similar municipalities.
    pub similar_groups: Option<Vec<SimilarGroup>>,
    /// With at least so many people at the latest census.
    pub population_from: Option<i64>,
    /// With at most so many people at the latest census.
    pub population_to: Option<i64>,
    /// Whose name or reading holds this text; width, case and kana do not matter.
    pub text: Option<String>,
    /// With, or without, a published strategy.
    pub has_strategy: Option<bool>,
}

/// The value by which municipalities are ordered. Equal ones are ordered by code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderBy {
    /// The code: from north to south.
    Code,
    /// The reading, in the order of the kana.
    Kana,
    /// The population at the latest census.
    Population,
}

/// An order and its direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MunicipalityOrder {
    /// The value.
    pub by: OrderBy,
    /// Largest first.
    pub descending: bool,
}

impl MunicipalityOrder {
    /// Compares two municipalities (by index).
    pub fn compare(self, reference: &Reference, one: usize, other: usize) -> Ordering {
        let kana = |at: usize| &reference.municipalities()[at].kana;
        let order = match self.by {
            OrderBy::Code => Ordering::Equal,
            OrderBy::Kana => kana(one).cmp(kana(other)),
            OrderBy::Population => reference.population(one).cmp(&reference.population(other)),
        };
        // Indexes are in the order of codes.
        let order = order.then_with(|| one.cmp(&other));
        if self.descending { order.reverse() } else { order }
    }
}

impl App {
    /// The municipalities (by index) of a filter, in order.
    pub fn municipalities(&self, filter: &MunicipalityFilter, order: MunicipalityOrder) -> Vec<usize> {
        let reference = self.reference();
        let needle = filter.text.as_deref().map(search_key);
        let allows = |at: usize| {
            let of = &reference.municipalities()[at];
            let population = || reference.population(at);
            within(filter.prefectures.as_deref(), of.prefecture())
                && within(filter.kinds.as_deref(), of.kind)
                && within(filter.similar_groups.as_deref(), of.similar_group)
                && filter.population_from.is_none_or(|least| population().is_some_and(|count| count >= least))
                && filter.population_to.is_none_or(|most| population().is_some_and(|count| count <= most))
                && needle.as_ref().is_none_or(|needle| reference.search_key(at).contains(needle.as_str()))
                && filter.has_strategy.is_none_or(|wanted| self.strategies(of.code).is_empty() != wanted)
        };
        let mut found: Vec<usize> = (0..reference.municipalities().len()).filter(|at| allows(*at)).collect();
        if order != (MunicipalityOrder { by: OrderBy::Code, descending: false }) {
            found.sort_unstable_by(|one, other| order.compare(reference, *one, *other));
        }
        found
    }
}

fn within<T: PartialEq>(list: Option<&[T]>, value: T) -> bool {
    list.is_none_or(|list| list.contains(&value))
}
