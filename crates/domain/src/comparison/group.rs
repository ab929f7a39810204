use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::question::{Check, MUNICIPALITIES, Variable};
use crate::municipality::{Municipality, MunicipalityCode, MunicipalityKind, Prefecture, SimilarGroup};

/// Which municipalities are compared. What is absent does not narrow; an empty list finds nobody.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Group {
    /// Of these prefectures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefectures: Option<Vec<Prefecture>>,
    /// Of these kinds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kinds: Option<Vec<MunicipalityKind>>,
    /// Of these classes of similar municipalities (類似団体).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub similar_groups: Option<Vec<SimilarGroup>>,
    /// With at least so many people at the latest census.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub population_from: Option<i64>,
    /// With at most so many people at the latest census.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub population_to: Option<i64>,
    /// These municipalities, by code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub municipalities: Option<Vec<MunicipalityCode>>,
    /// The nearest neighbours of a municipality among those that the rest of the group finds, and the municipality itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub neighbours: Option<Neighbourhood>,
}

/// The nearest neighbours of a municipality: those at the smallest distance, where each variable is standardised (its mean
/// taken away, divided by its standard deviation over the group) and its square weighted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Neighbourhood {
    /// Whose neighbours.
    pub of: MunicipalityCode,
    /// How many.
    pub count: usize,
    /// The variables by which they are near or far.
    pub variables: Vec<Weighted>,
}

/// How many neighbours can be asked for.
pub const NEIGHBOURS: usize = 1_800;
/// How many variables a neighbourhood has at most.
const VARIABLES: usize = 20;

/// A variable and how much it weighs in a distance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weighted {
    /// The variable.
    pub variable: Variable,
    /// The weight of its squared difference: greater than zero.
    pub weight: f64,
    /// On which scale it is measured.
    #[serde(default, skip_serializing_if = "Scale::is_linear")]
    pub scale: Scale,
}

/// The scale on which a variable is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// As it is.
    #[default]
    Linear,
    /// Its natural logarithm, for what a few large places would stretch: populations, amounts. Values that are not positive
    /// have none.
    Log,
}

impl Scale {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    fn is_linear(&self) -> bool {
        *self == Self::Linear
    }
}

impl Group {
    /// Which of the municipalities belong to it, by place, before neighbours are looked for. `population` is that of the
    /// latest census.
    pub fn members(&self, all: &[Municipality], population: impl Fn(usize) -> Option<i64>) -> Vec<u32> {
        let named: Option<HashSet<MunicipalityCode>> =
            self.municipalities.as_ref().map(|codes| codes.iter().map(|code| code.current()).collect());
        let among = |at: &usize| {
            let of = &all[*at];
            self.prefectures.as_ref().is_none_or(|wanted| wanted.contains(&of.prefecture()))
                && self.kinds.as_ref().is_none_or(|wanted| wanted.contains(&of.kind))
                && self.similar_groups.as_ref().is_none_or(|wanted| wanted.contains(&of.similar_group))
                && self.population_from.is_none_or(|from| population(*at).is_some_and(|of| of >= from))
                && self.population_to.is_none_or(|to| population(*at).is_some_and(|of| of <= to))
                && named.as_ref().is_none_or(|named| named.contains(&of.code))
        };
        let places = (0..all.len()).filter(among);
        places.filter_map(|at| u32::try_from(at).ok()).collect()
    }

    /// The same group in the one spelling that it has.
    pub(super) fn normalise(&mut self) {
        fn once<T: Ord>(list: Option<&mut Vec<T>>) {
            if let Some(list) = list {
                list.sort_unstable();
                list.dedup();
            }
        }
        once(self.prefectures.as_mut());
        once(self.kinds.as_mut());
        once(self.similar_groups.as_mut());
        if let Some(codes) = &mut self.municipalities {
            for code in codes.iter_mut() {
                *code = code.current();
            }
        }
        once(self.municipalities.as_mut());
        if let Some(neighbours) = &mut self.neighbours {
            neighbours.of = neighbours.of.current();
        }
    }

    pub(super) fn check(&self, place: &str, check: &mut Check) {
        if let Some(codes) = &self.municipalities {
            check.at_most(&format!("{place}.municipalities"), codes.len(), MUNICIPALITIES, "municipalities");
        }
        if let (Some(from), Some(to)) = (self.population_from, self.population_to)
            && from > to
        {
            check.wrong(&format!("{place}.populationFrom"), "is more than populationTo; exchange the two");
        }
        if let Some(neighbours) = &self.neighbours {
            neighbours.check(&format!("{place}.neighbours"), check);
        }
    }
}

impl Neighbourhood {
    pub(super) fn check(&self, place: &str, check: &mut Check) {
        if !(1..=NEIGHBOURS).contains(&self.count) {
            check.wrong(&format!("{place}.count"), &format!("is not 1 to {NEIGHBOURS}"));
        }
        if self.variables.is_empty() {
            check.wrong(
                &format!("{place}.variables"),
                "is empty; name what makes municipalities near, such as total-population",
            );
        }
        check.at_most(&format!("{place}.variables"), self.variables.len(), VARIABLES, "variables");
        for (at, one) in self.variables.iter().enumerate() {
            if !(one.weight > 0.0 && one.weight <= 1e6) {
                check.wrong(&format!("{place}.variables[{at}].weight"), "is not greater than 0 and at most 1,000,000");
            }
        }
    }
}
