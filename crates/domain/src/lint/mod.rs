//! What a careful reader of a strategy would notice: each finding with its place and a sentence in both languages.
//!
//! A finding is a remark, never a correction: what is printed stays as it is printed. A sentence claims only what the
//! document shows, since many of these things are meant (a decline to be held, a figure that is goal target and KPI).

mod rules;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{IndicatorId, NodeId, calendar::FiscalYear, strategy::Strategy, text::Bilingual};

/// A finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule that found it.
    pub rule: LintRule,
    /// The node or indicator that it is about.
    pub subject: Subject,
    /// The part of it.
    pub part: Part,
    /// What a reader would say.
    pub message: Bilingual,
}

/// What a finding, a task or an opinion is about: a part of a strategy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A node.
    Node(NodeId),
    /// An indicator.
    Indicator(IndicatorId),
}

impl Subject {
    /// Its id, whatever it is.
    pub const fn uuid(self) -> Uuid {
        match self {
            Self::Node(id) => id.uuid(),
            Self::Indicator(id) => id.uuid(),
        }
    }

    /// What it is called where it is told of: `node` or `indicator`.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Node(_) => "node",
            Self::Indicator(_) => "indicator",
        }
    }
}

/// The part of a node or indicator that a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// All of it.
    Whole,
    /// The label.
    Label,
    /// The baseline.
    Baseline,
    /// The target as stated.
    Target,
    /// The direction of good.
    Direction,
    /// The target of a year.
    YearTarget(FiscalYear),
    /// The actual of a year.
    YearActual(FiscalYear),
    /// The total column.
    Total,
}

/// The rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LintRule {
    /// Baseline, target or a cell carry another unit than the indicator (525件 → 670枚; 1,638件 for 千人).
    UnitDiffers,
    /// The target is worse than the baseline.
    TargetBehindBaseline,
    /// A year's target is worse than the baseline, though the final one is not.
    YearTargetBehindBaseline,
    /// A year's target is worse than that of the year before.
    YearTargetsGoBack,
    /// The yearly targets do not lead to the stated target.
    FinalContradictsYears,
    /// The printed total is not the sum of the years.
    TotalContradictsYears,
    /// Two indicators carry the same figures.
    SameFigureTwice,
    /// Different indicators carry the same label.
    SameLabel,
    /// A target for the final year that is the same in every year.
    FlatTarget,
    /// A node with nothing on it or below it, and no reason for it.
    EmptyNode,
    /// The scope printed with the target does not fit its row.
    ScopeDoesNotFit,
    /// The direction of good and the bound of the target contradict each other.
    DirectionContradictsTarget,
    /// A level is to be kept that the baseline does not reach.
    NotKeptAtBaseline,
    /// Baseline and target are totals of a different number of years.
    BaselineSpanDiffers,
    /// The first year goes beyond its target by more than a fifth: the target may have been set too low.
    BeatenInFirstYear,
    /// The target is due after the plan has ended, and cannot be measured in it.
    DueAfterPlan,
    /// No department owns it, though others are owned.
    NoOwner,
}

/// All findings on a strategy, in the order of the document.
pub fn lint(strategy: &Strategy) -> Vec<Finding> {
    rules::run(strategy)
}
