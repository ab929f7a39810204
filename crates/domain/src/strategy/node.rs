use serde::{Deserialize, Serialize};

use super::Absence;
use crate::{DepartmentId, NodeId, calendar::FiscalYear};

/// A level of the plan (階層): its name is data of the strategy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    /// The name that the document uses: 基本目標.
    pub name: String,
    /// What it is, so that levels of different documents can be told alike.
    pub kind: LevelKind,
}

/// What a level is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LevelKind {
    /// 基本目標.
    Goal,
    /// 基本的方向.
    Direction,
    /// 政策.
    Policy,
    /// 施策.
    Measure,
    /// 事業, which counts in 事業数.
    Program,
    /// Anything else.
    Other,
}

/// A place in the tree of a strategy: a goal, a direction, a measure, a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanNode {
    /// Its id, the same in all revisions.
    pub id: NodeId,
    /// The node above; `None` for the top level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<NodeId>,
    /// Its level, counted from 0 at the top.
    pub level: usize,
    /// The number or mark printed before the title: 1, (1), ①.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// The title.
    pub title: String,
    /// The department in charge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<DepartmentId>,
    /// The years in which it runs.
    #[serde(default, skip_serializing_if = "Lifecycle::is_whole_plan")]
    pub lifecycle: Lifecycle,
    /// Why it has no indicator, where the document says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_indicator: Option<NoIndicator>,
    /// Remarks by fiscal year.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<Remark>,
    /// The node of the previous term that it continues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continues: Option<NodeId>,
}

impl PlanNode {
    /// Its number and title, as a line of its own prints them: (1) 人材育成・雇用対策.
    pub fn heading(&self) -> String {
        match &self.number {
            Some(number) => format!("{number} {}", self.title),
            None => self.title.clone(),
        }
    }
}

/// A program without an indicator, with the reason that the document prints for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoIndicator {
    /// The reason: KPIの設定が困難なため設定しない.
    pub reason: String,
    /// The mark that fills the cells of its row, where the document prints a row for it: ―.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<String>,
}

/// A remark (所見, 増減理由及び今後の取り組み) on the result of a fiscal year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// The fiscal year whose result it explains.
    pub year: FiscalYear,
    /// The text as printed.
    pub text: String,
}

/// The years in which a node runs or an indicator is followed: all of the plan unless said otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "LifecycleParts", into = "LifecycleParts")]
pub struct Lifecycle {
    started: Option<FiscalYear>,
    ended: Option<FiscalYear>,
}

/// The stored form of [`Lifecycle`].
#[derive(Clone, Copy, Serialize, Deserialize)]
struct LifecycleParts {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    started: Option<FiscalYear>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended: Option<FiscalYear>,
}

/// A last year before the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it ends in {} but starts only in {}; the last year must not be before the first", .ended.label(), .started.label())]
pub struct EndsBeforeStart {
    started: FiscalYear,
    ended: FiscalYear,
}

impl Lifecycle {
    /// From a first year that is later than the plan's, or to a last year that is earlier than the plan's.
    pub fn new(started: Option<FiscalYear>, ended: Option<FiscalYear>) -> Result<Self, EndsBeforeStart> {
        match (started, ended) {
            (Some(started), Some(ended)) if ended < started => Err(EndsBeforeStart { started, ended }),
            _ => Ok(Self { started, ended }),
        }
    }

    /// The first year, where it is not the plan's.
    pub const fn started(self) -> Option<FiscalYear> {
        self.started
    }

    /// The last year, where it is not the plan's.
    pub const fn ended(self) -> Option<FiscalYear> {
        self.ended
    }

    /// Why there can be no value in a year: not started yet, or ended. `None` while it runs.
    pub fn absence(self, year: FiscalYear) -> Option<Absence> {
        if self.started.is_some_and(|started| year < started) {
            Some(Absence::NotStarted)
        } else if self.ended.is_some_and(|ended| year > ended) {
            Some(Absence::Ended)
        } else {
            None
        }
    }

    // serde hands over a reference.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
    pub(super) fn is_whole_plan(&self) -> bool {
        *self == Self::default()
    }
}

impl TryFrom<LifecycleParts> for Lifecycle {
    type Error = EndsBeforeStart;
    fn try_from(parts: LifecycleParts) -> Result<Self, EndsBeforeStart> {
        Self::new(parts.started, parts.ended)
    }
}

impl From<Lifecycle> for LifecycleParts {
    fn from(lifecycle: Lifecycle) -> Self {
        Self { started: lifecycle.started, ended: lifecycle.ended }
    }
}
