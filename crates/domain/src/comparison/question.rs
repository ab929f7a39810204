use serde::{Deserialize, Serialize};

use super::{Group, Neighbourhood};
use crate::{BadInput, Error};

/// How many municipalities a list may name; there are some 1,700.
pub const MUNICIPALITIES: usize = 2_000;
/// How many indicators one comparison has at most.
const INDICATORS: usize = 10;
/// How many years.
const YEARS: usize = 20;
/// How many pairs of indicator and year.
const PAIRS: usize = 40;
/// How many bars a histogram has at most.
const BINS: u32 = 100;

/// A question about municipalities. Absent years mean the latest; an answer says which one that was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Question {
    /// How municipalities compare in indicators of some years.
    Comparison(ComparisonQuestion),
    /// How an indicator moved over years.
    Trends(TrendQuestion),
    /// Which municipalities are nearest to one.
    Neighbours(NeighbourQuestion),
    /// How two indicators go together over municipalities.
    Correlation(CorrelationQuestion),
    /// How far municipalities have come by their own targets.
    Progress(ProgressQuestion),
}

/// The base by which values are divided, where another one is wanted than the indicator's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Base {
    /// The official series that counts the base; the indicator's own if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<String>,
    /// The year of the base; if absent, the year of the value, or the nearest before it, or else the nearest after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub year: Option<i16>,
}

/// An indicator in a year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// The key of a standard indicator or official series.
    pub indicator: String,
    /// The year, of the kind that the indicator counts in; the latest if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub year: Option<i16>,
    /// Whether it is divided by its base.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub per_base: bool,
    /// Another base than its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Base>,
}

/// Which rank is the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// The largest value.
    #[default]
    Largest,
    /// The smallest value.
    Smallest,
    /// The best value: the largest, or the smallest where less is better.
    Best,
}

/// How municipalities compare in indicators of some years.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComparisonQuestion {
    /// The keys of the indicators.
    pub indicators: Vec<String>,
    /// The years; the latest of each indicator if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub years: Vec<i16>,
    /// Which municipalities.
    #[serde(default)]
    pub group: Group,
    /// Another base than the indicators' own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Base>,
    /// The year from which the change is told; the one before the year that is compared if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<i16>,
    /// Which rank is the first.
    #[serde(default)]
    pub order: Order,
    /// How many bars the histogram has.
    pub bins: u32,
    /// The confidence of intervals, and one less the level of significance.
    pub confidence: f64,
}

/// How an indicator moved over years.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrendQuestion {
    /// The key of the indicator.
    pub indicator: String,
    /// The first year; the first of all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<i16>,
    /// The last year; the last of all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<i16>,
    /// Whether values are divided by their base.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub per_base: bool,
    /// Another base than the indicator's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Base>,
    /// Which municipalities.
    #[serde(default)]
    pub group: Group,
    /// The confidence of intervals.
    pub confidence: f64,
}

/// Which municipalities are nearest to one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NeighbourQuestion {
    /// Whose neighbours, how many, and by what.
    pub neighbourhood: Neighbourhood,
    /// Among which municipalities.
    #[serde(default)]
    pub among: Group,
}

/// How two indicators go together over municipalities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorrelationQuestion {
    /// The one.
    pub x: Variable,
    /// The other.
    pub y: Variable,
    /// Which municipalities.
    #[serde(default)]
    pub group: Group,
    /// The confidence of intervals.
    pub confidence: f64,
}

/// How far municipalities have come by their own targets, in the KPIs that correspond to one standard indicator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgressQuestion {
    /// The key of the standard indicator.
    pub indicator: String,
    /// The fiscal year; the latest with a figure if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub year: Option<i16>,
    /// Which municipalities.
    #[serde(default)]
    pub group: Group,
    /// How many bars the histograms have.
    pub bins: u32,
}

impl ComparisonQuestion {
    /// Whether it names the series of its base, so that what has no base of its own can be divided, too.
    pub fn base_is_named(&self) -> bool {
        self.base.as_ref().is_some_and(|base| base.series.is_some())
    }
}

/// What is wrong with a question, gathered.
#[derive(Debug, Default)]
pub(super) struct Check(Vec<BadInput>);

impl Check {
    pub(super) fn wrong(&mut self, place: &str, message: &str) {
        self.0.push(BadInput { place: place.to_owned(), message: message.to_owned() });
    }

    pub(super) fn at_most(&mut self, place: &str, found: usize, limit: usize, what: &str) {
        if found > limit {
            self.wrong(place, &format!("holds {found} {what}; give at most {limit}"));
        }
    }

    fn confidence(&mut self, confidence: f64) {
        if !(0.5..=0.999).contains(&confidence) {
            self.wrong("confidence", "is not 0.5 to 0.999; 0.95 is the common one");
        }
    }

    fn bins(&mut self, bins: u32) {
        if !(1..=BINS).contains(&bins) {
            self.wrong("bins", &format!("is not 1 to {BINS}"));
        }
    }
}

impl Question {
    /// The same question in the one spelling that it has: lists sorted, each entry once. Says what is wrong with one that
    /// cannot be answered whatever the data.
    pub fn normalise(mut self) -> Result<Self, Error> {
        let mut check = Check::default();
        match &mut self {
            Self::Comparison(of) => {
                // The order of the indicators is the order of the answer.
                let mut seen = std::collections::HashSet::new();
                of.indicators.retain(|key| seen.insert(key.clone()));
                of.years.sort_unstable();
                of.years.dedup();
                of.group.normalise();
                if of.indicators.is_empty() {
                    check.wrong("indicators", "is empty; name at least one, such as births");
                }
                check.at_most("indicators", of.indicators.len(), INDICATORS, "indicators");
                check.at_most("years", of.years.len(), YEARS, "years");
                let pairs = of.indicators.len() * of.years.len().max(1);
                check.at_most("years", pairs, PAIRS, "pairs of indicator and year");
                check.bins(of.bins);
                check.confidence(of.confidence);
                of.group.check("group", &mut check);
            }
            Self::Trends(of) => {
                of.group.normalise();
                if let (Some(from), Some(to)) = (of.from, of.to)
                    && from > to
                {
                    check.wrong("fromYear", "is after toYear; exchange the two");
                }
                check.confidence(of.confidence);
                of.group.check("group", &mut check);
            }
            Self::Neighbours(of) => {
                of.among.normalise();
                of.neighbourhood.of = of.neighbourhood.of.current();
                of.neighbourhood.check("neighbours", &mut check);
                of.among.check("among", &mut check);
            }
            Self::Correlation(of) => {
                of.group.normalise();
                check.confidence(of.confidence);
                of.group.check("group", &mut check);
            }
            Self::Progress(of) => {
                of.group.normalise();
                check.bins(of.bins);
                of.group.check("group", &mut check);
            }
        }
        if check.0.is_empty() { Ok(self) } else { Err(Error::Problems(check.0)) }
    }

    /// The group that it asks about.
    pub const fn group(&self) -> &Group {
        match self {
            Self::Comparison(of) => &of.group,
            Self::Trends(of) => &of.group,
            Self::Neighbours(of) => &of.among,
            Self::Correlation(of) => &of.group,
            Self::Progress(of) => &of.group,
        }
    }
}
