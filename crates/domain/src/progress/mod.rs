//! How far an indicator has come (達成率, 進捗率): exact arithmetic that has an answer for every kind of target.
//!
//! [`progress`] is total. It gives a rate in percent; or, where no rate can be made, whether the target is met; or the reason
//! why there is nothing to say. It divides by no zero, and puts no zero in the place of what is not known. What is asked (the
//! target of the year or of the plan, the method, the pace) is a [`Question`], which a grading rule holds as data.
//!
//! The methods are those that municipalities print; each names a body that uses it.

mod explain;
mod measure;
mod rate;
pub(crate) mod readings;
#[cfg(test)]
pub(crate) mod tests;
mod why;

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub(crate) use measure::{Aim, aim};
pub use measure::{Measure, Sense, TargetSource};
pub use why::{Flag, NoRate, WhyNot};

use self::measure::Measured;
use crate::{
    calendar::FiscalYear,
    quantity::Number,
    strategy::{Indicator, Strategy},
};

/// Which target an actual is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Toward {
    /// The target of the fiscal year.
    Year,
    /// The target of the plan (最終目標).
    Final,
    /// The target of the fiscal year; in a year that has none, that of the plan.
    YearOrFinal,
}

/// What is compared of an indicator whose years add up: one that is kept as yearly amounts and one that is kept as a running
/// total are the same to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The total since the plan began, with the yearly targets added up likewise.
    #[default]
    ToDate,
    /// What the year itself added.
    YearAlone,
}

/// What stands in for the target of a year that has none of its own (目安値).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Guide {
    /// A straight line from the baseline to the target of the plan (静岡県, 千葉県, 長野県).
    StraightLine {
        /// To how many decimals, in the indicator's unit, it is rounded; exact if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        decimals: Option<u32>,
    },
}

/// How a rate is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Method {
    /// 実績 ÷ 目標 (佐野市, 厚木市, 茨城県).
    ActualToTarget {
        /// How it is turned around where less is better.
        #[serde(default)]
        inverse: Inverse,
    },
    /// (実績 − 基準) ÷ (目標 − 基準) (千葉県, 長野県, 宮城県 進捗割合型).
    ProgressFromBaseline,
    /// 実績 ÷ the level that is to be kept, and 2 − 実績 ÷ level where less is better (宮城県 現状維持型Ⅰ, Ⅱ).
    LevelKept {
        /// Which level.
        #[serde(default)]
        level: KeptLevel,
    },
}

/// 実績 ÷ 目標 where less is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Inverse {
    /// 目標 ÷ 実績 (宇陀市).
    #[default]
    TargetToActual,
    /// 1 + (目標 − 実績) ÷ 目標.
    OnePlusGap,
}

/// The level that is to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeptLevel {
    /// The target.
    #[default]
    Target,
    /// The baseline.
    Baseline,
}

/// A rate is divided by the share of the plan that has passed (多摩市, 宮城県).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Pace {
    /// The years that have passed of the years of the plan: 20, 40, 60, 80, 100 % of five.
    Elapsed,
    /// The shares of the first, second, … year in percent; the last goes for later years.
    Table {
        /// The shares.
        shares: Vec<Number>,
    },
}

/// What is asked about an indicator in a year.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Which target.
    pub toward: Toward,
    /// How the rate is made.
    pub method: Method,
    /// What is compared where years add up.
    #[serde(default)]
    pub basis: Basis,
    /// What stands in for a missing target of the year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guide: Option<Guide>,
    /// Whether the rate is held against the time that has passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pace: Option<Pace>,
}

impl Question {
    /// A question without a guide value and without a pace.
    pub const fn new(toward: Toward, method: Method) -> Self {
        Self { toward, method, basis: Basis::ToDate, guide: None, pace: None }
    }
}

/// The years of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PlanYears {
    /// The first.
    pub first: FiscalYear,
    /// The last.
    pub last: FiscalYear,
}

impl PlanYears {
    /// Those of a strategy.
    pub const fn of(strategy: &Strategy) -> Self {
        let parts = strategy.parts();
        Self { first: parts.first_year, last: parts.last_year }
    }

    /// Whether a year is one of them.
    pub fn contains(self, year: FiscalYear) -> bool {
        (self.first..=self.last).contains(&year)
    }
}

/// What there is to say about how far an indicator has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A rate.
    Rate {
        /// In percent, to twelve decimals; a rule rounds it to those that it prints.
        percent: Decimal,
        /// Whether the target is met.
        met: bool,
    },
    /// No rate can be made, but it is known whether the target is met.
    Verdict {
        /// Whether it is met.
        met: bool,
        /// Why there is no rate.
        why: NoRate,
    },
    /// Nothing can be said.
    Nothing(WhyNot),
}

/// How far an indicator has come in a fiscal year, with everything that the answer was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The answer.
    pub outcome: Outcome,
    /// The numbers that were compared, where there were numbers.
    pub measure: Option<Measure>,
    /// The method by which they were compared: the one that was asked for, unless a flag says otherwise.
    pub method: Method,
    /// The rate before it was held against the pace, and the share of the plan that had passed, in percent.
    pub before_pace: Option<(Decimal, Decimal)>,
    /// What a reader has to know about it.
    pub flags: BTreeSet<Flag>,
}

impl Progress {
    /// The rate in percent, if there is one.
    pub const fn percent(&self) -> Option<Decimal> {
        match self.outcome {
            Outcome::Rate { percent, .. } => Some(percent),
            _ => None,
        }
    }

    /// Whether the target is met, if that is known.
    pub const fn met(&self) -> Option<bool> {
        match self.outcome {
            Outcome::Rate { met, .. } | Outcome::Verdict { met, .. } => Some(met),
            Outcome::Nothing(_) => None,
        }
    }
}

/// How far an indicator has come in a fiscal year.
pub fn progress(indicator: &Indicator, plan: PlanYears, year: FiscalYear, question: &Question) -> Progress {
    let mut flags = BTreeSet::new();
    let mut method = question.method;
    let mut measure = None;
    let mut before_pace = None;
    let outcome = match measure::read(indicator, plan, year, question, &mut flags) {
        Err(why) => Outcome::Nothing(why),
        Ok(Measured::Judged { met, why }) => Outcome::Verdict { met, why },
        Ok(Measured::Numbers(numbers)) => {
            if numbers.falls_back(method) {
                flags.insert(Flag::WrongSide);
                method = Method::ActualToTarget { inverse: Inverse::default() };
            }
            let outcome = rate::rate(method, &numbers, &mut flags);
            let outcome = match (&question.pace, outcome) {
                (Some(pace), Outcome::Rate { percent, met }) => match rate::of_pace(percent, pace, &numbers) {
                    Some((share, paced)) => {
                        before_pace = Some((percent, share));
                        Outcome::Rate { percent: paced, met }
                    }
                    None => Outcome::Nothing(WhyNot::OutOfRange),
                },
                (_, outcome) => outcome,
            };
            measure = Some(numbers);
            outcome
        }
    };
    Progress { outcome, measure, method, before_pace, flags }
}
