//! The strategy (総合戦略): the aggregate that everything else is about.
//!
//! A [`Strategy`] is whole and consistent or it does not exist: [`Strategy::new`] checks the parts, puts the nodes in
//! the order of the document (each before its children) and the indicators in the order of their nodes. What can be
//! counted is counted, never stored.

mod cell;
mod indicator;
mod lineage;
mod mapping;
mod node;
mod publication;
mod published_grade;
mod target;
mod weight;

use std::{collections::HashSet, ops::Range};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use cell::{Absence, Cell, Content, ObservationStatus};
pub use indicator::{
    Baseline, Detail, Direction, Figures, Indicator, PlanTotal, PrintedTotal, RepeatedYear, Role, RoleKind,
    UnreadBaseline, YearFigures,
};
pub use lineage::{Ancestor, Lineage, LineageEntry, LineageKind, NextTerm};
pub use mapping::{Decision, Mapping, MappingDifference, MappingError, MappingParts, MappingStrength};
pub use node::{EndsBeforeStart, Level, LevelKind, Lifecycle, NoIndicator, PlanNode, Remark};
pub use publication::{Publication, PublicationDocument, PublicationError, Revision};
pub use published_grade::PublishedGrade;
pub use target::{
    Accumulation, Requirement, Schedule, Scope, StatedRequirement, SupersededTarget, Target, TargetReading,
    TargetStatement, TargetText, UnclearTarget,
};
pub use weight::{NotAWeight, Weight};

use crate::{
    DepartmentId, IndicatorId, NodeId, StrategyId, calendar::FiscalYear, lint::Subject, municipality::MunicipalityCode,
};

/// A strategy (総合戦略) of a municipality over a period of fiscal years.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "StrategyParts", into = "StrategyParts")]
pub struct Strategy {
    parts: StrategyParts,
    /// For each node, the index behind the last node below it.
    subtree_end: Vec<usize>,
    /// For each node, the index of its first indicator; one more entry at the end.
    first_indicator: Vec<usize>,
    /// Ids of nodes, sorted, with their indexes.
    node_index: Vec<(Uuid, usize)>,
    /// Ids of indicators, sorted, with their indexes.
    indicator_index: Vec<(Uuid, usize)>,
}

/// What a strategy is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StrategyParts {
    /// Its id.
    pub id: StrategyId,
    /// The municipality to which it belongs.
    pub municipality: MunicipalityCode,
    /// The title as printed.
    pub title: String,
    /// The term.
    pub term: Term,
    /// The first fiscal year.
    pub first_year: FiscalYear,
    /// The last fiscal year.
    pub last_year: FiscalYear,
    /// The report from which the figures come.
    pub report: Report,
    /// Where it comes from and under which terms it may be used.
    pub source: Source,
    /// The levels of the tree, from the top.
    pub levels: Vec<Level>,
    /// What it continues, if it was made from the strategy of the previous term.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lineage: Option<Lineage>,
    /// The departments that nodes and indicators name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub departments: Vec<Department>,
    /// The nodes; brothers in the order of the document.
    pub nodes: Vec<PlanNode>,
    /// The indicators; those of one node in the order of the document.
    pub indicators: Vec<Indicator>,
}

/// A term of the strategy: 第２期.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// As printed.
    pub printed: String,
    /// Its number, 1 for the first.
    pub number: u8,
}

/// The printed report (集計表) of a fiscal year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The fiscal year up to which it reports.
    pub year: FiscalYear,
    /// Its title as printed.
    pub title: String,
    /// The label in its corner: 【資料４】.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The heading of the total column (5年間の合計); `None` where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_heading: Option<String>,
    /// The heading of the column of rates (達成率, 進捗率); `None` where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_heading: Option<String>,
    /// The heading of the column of grades (評価); `None` where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grade_heading: Option<String>,
    /// The heading of the remarks on goal targets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goal_remark_heading: Option<String>,
    /// The heading of the other remarks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remark_heading: Option<String>,
}

/// Where data come from, and under which terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The attribution to be shown wherever they are.
    pub attribution: String,
    /// The terms of use.
    pub terms: String,
    /// What a reader must know about the transcription.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// A department (担当課).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Department {
    /// Its id.
    pub id: DepartmentId,
    /// Its name.
    pub name: String,
}

/// What is counted in a part of the plan, as in 小計（事業数：９、ＫＰＩ数：８）.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// 事業数; `None` where no level of the plan is one of programs.
    pub programs: Option<usize>,
    /// ＫＰＩ数.
    pub kpis: usize,
    /// 数値目標.
    pub goal_targets: usize,
    /// Indicators that are only followed.
    pub monitored: usize,
}

/// Why parts do not make a strategy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StrategyError {
    /// The last fiscal year is before the first.
    #[error("the plan ends before it begins; give a last year that is not before the first")]
    EndsBeforeStart,
    /// A plan of more than 30 years is a typing mistake.
    #[error("the plan lasts {0} years; a strategy of more than 30 is taken for a typing mistake")]
    TooLong(i16),
    /// No level.
    #[error("the plan has no levels; name at least one")]
    NoLevels,
    /// A node's parent is missing.
    #[error("the node “{0}” hangs on a node that this strategy does not have")]
    Unreachable(String),
    /// A node is not on a level below its parent.
    #[error("the node “{0}” must stand on a level of the plan that is below its parent's")]
    Level(String),
    /// An id stands twice.
    #[error("the id {0} stands twice")]
    RepeatedId(Uuid),
    /// An indicator's node is missing.
    #[error("the indicator “{0}” hangs on no node of this strategy")]
    NoNode(String),
    /// A department is missing.
    #[error("“{0}” names a department that the strategy does not list")]
    NoDepartment(String),
    /// Something continues what the previous term did not hold.
    #[error("“{0}” continues something that the previous term did not hold")]
    NoAncestor(String),
    /// A title or label is blank.
    #[error("a {0} is blank; give its text")]
    Blank(&'static str),
}

impl Strategy {
    /// Checks the parts and puts them in order.
    pub fn new(mut parts: StrategyParts) -> Result<Self, StrategyError> {
        check_frame(&parts)?;
        parts.nodes = preorder(std::mem::take(&mut parts.nodes), parts.levels.len())?;
        let node_index = index(parts.nodes.iter().map(|node| node.id.uuid()))?;
        let position = |id: NodeId| find(&node_index, id.uuid());

        let mut placed = Vec::with_capacity(parts.indicators.len());
        for indicator in std::mem::take(&mut parts.indicators) {
            let node = position(indicator.node).ok_or_else(|| StrategyError::NoNode(indicator.label.clone()))?;
            placed.push((node, indicator));
        }
        placed.sort_by_key(|(node, _)| *node);
        let first_indicator =
            (0..=parts.nodes.len()).map(|node| placed.partition_point(|(of, _)| *of < node)).collect();
        parts.indicators = placed.into_iter().map(|(_, indicator)| indicator).collect();
        let indicator_index = index(parts.indicators.iter().map(|indicator| indicator.id.uuid()))?;
        check_departments(&parts)?;
        check_lineage(&parts)?;

        let mut subtree_end = vec![0; parts.nodes.len()];
        let mut open: Vec<usize> = Vec::new();
        for (at, node) in parts.nodes.iter().enumerate() {
            while open.last().is_some_and(|top| Some(parts.nodes[*top].id) != node.parent) {
                subtree_end[open.pop().expect("the loop saw it")] = at;
            }
            open.push(at);
        }
        for at in open {
            subtree_end[at] = parts.nodes.len();
        }
        Ok(Self { parts, subtree_end, first_indicator, node_index, indicator_index })
    }

    /// Everything that it is made of, in order.
    pub const fn parts(&self) -> &StrategyParts {
        &self.parts
    }

    /// Takes it apart again.
    pub fn into_parts(self) -> StrategyParts {
        self.parts
    }

    /// All nodes, each before those below it.
    pub fn nodes(&self) -> &[PlanNode] {
        &self.parts.nodes
    }

    /// All indicators, in the order of their nodes.
    pub fn indicators(&self) -> &[Indicator] {
        &self.parts.indicators
    }

    /// The fiscal years of the plan.
    pub fn years(&self) -> impl DoubleEndedIterator<Item = FiscalYear> + use<> {
        (self.parts.first_year.year()..=self.parts.last_year.year()).filter_map(|year| FiscalYear::new(year).ok())
    }

    /// The index of a node.
    pub fn node_at(&self, id: NodeId) -> Option<usize> {
        find(&self.node_index, id.uuid())
    }

    /// The index of an indicator.
    pub fn indicator_at(&self, id: IndicatorId) -> Option<usize> {
        find(&self.indicator_index, id.uuid())
    }

    /// The index of the node above a node.
    pub fn parent(&self, node: usize) -> Option<usize> {
        self.parts.nodes[node].parent.and_then(|id| self.node_at(id))
    }

    /// The nodes from the top down to one.
    pub fn way(&self, node: usize) -> Vec<&PlanNode> {
        let mut way: Vec<&PlanNode> =
            std::iter::successors(Some(node), |at| self.parent(*at)).map(|at| &self.nodes()[at]).collect();
        way.reverse();
        way
    }

    /// The nodes of the top level.
    pub fn roots(&self) -> impl Iterator<Item = usize> + '_ {
        self.siblings(0, self.nodes().len())
    }

    /// The nodes right below a node, in the order of the document.
    pub fn children(&self, node: usize) -> impl Iterator<Item = usize> + '_ {
        self.siblings(node + 1, self.subtree_end[node])
    }

    fn siblings(&self, first: usize, end: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(Some(first), |at| self.subtree_end.get(*at).copied()).take_while(move |at| *at < end)
    }

    /// A node and all below it.
    pub fn subtree(&self, node: usize) -> Range<usize> {
        node..self.subtree_end[node]
    }

    /// The indicators that hang on a node itself.
    pub fn own_indicators(&self, node: usize) -> Range<usize> {
        self.first_indicator[node]..self.first_indicator[node + 1]
    }

    /// The indicators of a node and of all below it.
    pub fn subtree_indicators(&self, node: usize) -> Range<usize> {
        self.first_indicator[node]..self.first_indicator[self.subtree_end[node]]
    }

    /// The department of an id.
    pub fn department(&self, id: DepartmentId) -> Option<&Department> {
        self.parts.departments.iter().find(|department| department.id == id)
    }

    /// Counts a node and all below it.
    pub fn counts(&self, node: usize) -> Counts {
        self.count(self.subtree(node), self.subtree_indicators(node))
    }

    /// Counts the whole strategy.
    pub fn total_counts(&self) -> Counts {
        self.count(0..self.nodes().len(), 0..self.indicators().len())
    }

    fn count(&self, nodes: Range<usize>, indicators: Range<usize>) -> Counts {
        let is_program = |level: usize| self.parts.levels[level].kind == LevelKind::Program;
        let has_programs = self.parts.levels.iter().any(|level| level.kind == LevelKind::Program);
        let role = |wanted: fn(&Role) -> bool| {
            self.parts.indicators[indicators.clone()].iter().filter(|indicator| wanted(&indicator.role)).count()
        };
        Counts {
            programs: has_programs
                .then(|| self.parts.nodes[nodes].iter().filter(|node| is_program(node.level)).count()),
            kpis: role(|role| matches!(role, Role::Kpi(_))),
            goal_targets: role(|role| matches!(role, Role::GoalTarget(_))),
            monitored: role(|role| matches!(role, Role::Monitored { .. })),
        }
    }
}

impl TryFrom<StrategyParts> for Strategy {
    type Error = StrategyError;
    fn try_from(parts: StrategyParts) -> Result<Self, StrategyError> {
        Self::new(parts)
    }
}

impl From<Strategy> for StrategyParts {
    fn from(strategy: Strategy) -> Self {
        strategy.parts
    }
}

fn check_frame(parts: &StrategyParts) -> Result<(), StrategyError> {
    let years = parts.last_year.year() - parts.first_year.year() + 1;
    let blank = |text: &str| text.trim().is_empty();
    match () {
        () if years < 1 => Err(StrategyError::EndsBeforeStart),
        () if years > 30 => Err(StrategyError::TooLong(years)),
        () if parts.levels.is_empty() => Err(StrategyError::NoLevels),
        () if blank(&parts.title) => Err(StrategyError::Blank("strategy's title")),
        () if parts.nodes.iter().any(|node| blank(&node.title)) => Err(StrategyError::Blank("node's title")),
        () if parts.indicators.iter().any(|of| blank(&of.label)) => Err(StrategyError::Blank("indicator's label")),
        () => Ok(()),
    }
}

fn check_departments(parts: &StrategyParts) -> Result<(), StrategyError> {
    let known = |id: Option<DepartmentId>| id.is_none_or(|id| parts.departments.iter().any(|of| of.id == id));
    let nodes = parts.nodes.iter().map(|node| (node.department, &node.title));
    let indicators = parts.indicators.iter().map(|indicator| (indicator.department, &indicator.label));
    match nodes.chain(indicators).find(|(id, _)| !known(*id)) {
        Some((_, name)) => Err(StrategyError::NoDepartment(name.clone())),
        None => Ok(()),
    }
}

fn check_lineage(parts: &StrategyParts) -> Result<(), StrategyError> {
    let ancestors = parts.lineage.iter().flat_map(|lineage| &lineage.ancestors);
    let known: HashSet<Subject> = ancestors.map(|ancestor| ancestor.subject).collect();
    let nodes = parts.nodes.iter().map(|node| (node.continues.map(Subject::Node), &node.title));
    let indicators = parts.indicators.iter().map(|of| (of.continues.map(Subject::Indicator), &of.label));
    match nodes.chain(indicators).find(|(continues, _)| continues.is_some_and(|of| !known.contains(&of))) {
        Some((_, name)) => Err(StrategyError::NoAncestor(name.clone())),
        None => Ok(()),
    }
}

/// Sorts nodes so that each stands before those below it and brothers keep their order.
fn preorder(nodes: Vec<PlanNode>, levels: usize) -> Result<Vec<PlanNode>, StrategyError> {
    let known = index(nodes.iter().map(|node| node.id.uuid()))?;
    let mut children = vec![Vec::new(); nodes.len()];
    // Last first, so that a stack gives them out in their order.
    let mut stack = Vec::new();
    for (at, node) in nodes.iter().enumerate().rev() {
        let above = match node.parent {
            None => None,
            Some(parent) => {
                Some(find(&known, parent.uuid()).ok_or_else(|| StrategyError::Unreachable(node.title.clone()))?)
            }
        };
        if node.level >= levels || above.is_some_and(|above| nodes[above].level >= node.level) {
            return Err(StrategyError::Level(node.title.clone()));
        }
        above.map_or(&mut stack, |above| &mut children[above]).push(at);
    }
    let mut order = Vec::with_capacity(nodes.len());
    while let Some(at) = stack.pop() {
        order.push(at);
        stack.append(&mut children[at]);
    }
    let mut nodes: Vec<Option<PlanNode>> = nodes.into_iter().map(Some).collect();
    // Levels grow downwards, so that no node can be below itself: all are reached.
    Ok(order.into_iter().filter_map(|at| nodes[at].take()).collect())
}

/// Sorted ids with their positions; each may stand once.
fn index(ids: impl Iterator<Item = Uuid>) -> Result<Vec<(Uuid, usize)>, StrategyError> {
    let mut index: Vec<(Uuid, usize)> = ids.enumerate().map(|(at, id)| (id, at)).collect();
    index.sort_unstable();
    match index.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        Some(pair) => Err(StrategyError::RepeatedId(pair[0].0)),
        None => Ok(index),
    }
}

fn find(index: &[(Uuid, usize)], id: Uuid) -> Option<usize> {
    index.binary_search_by_key(&id, |(id, _)| *id).ok().map(|at| index[at].1)
}
