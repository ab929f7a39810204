//! What became of the previous term: what goes on, under the same name or another, what is new, and what was dropped.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::{
    Cell, Direction, Figures, Indicator, Lifecycle, PlanNode, Report, Role, RoleKind, Source, Strategy, StrategyError,
    StrategyParts, Term, YearFigures,
};
use crate::{IndicatorId, NewIds, NodeId, StrategyId, calendar::FiscalYear, lint::Subject, quantity::Unit};

/// From what a strategy was made (前期との対応). It tells all that the previous term held, so that what nobody continues can
/// be asked for whatever became of that term's own records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lineage {
    /// The strategy of the previous term.
    pub previous: StrategyId,
    /// Its term.
    pub term: Term,
    /// The revision from which it was made; `None` if it was a draft.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u32>,
    /// What the previous term held, in the order of its document: nodes first, then indicators.
    pub ancestors: Vec<Ancestor>,
}

/// A node or indicator of the previous term, as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ancestor {
    /// Which it was.
    pub subject: Subject,
    /// Its title or label.
    pub name: String,
    /// The role of an indicator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<RoleKind>,
    /// The unit of an indicator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
    /// The direction of good of an indicator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// Why it was dropped, where somebody said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dropped: Option<String>,
}

/// What became of something from one term to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LineageKind {
    /// It goes on as it was.
    Continued,
    /// It goes on under another name.
    Renamed,
    /// It goes on, and measures something else: its unit, its direction or what is measured changed.
    Redefined,
    /// It was not there before.
    New,
    /// It was there before, and nothing continues it.
    Dropped,
}

/// What became of a node or indicator from one term to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineageEntry<'a> {
    /// What became of it.
    pub kind: LineageKind,
    /// The node or indicator of this term; `None` for what was dropped.
    pub subject: Option<Subject>,
    /// What it was in the previous term; `None` for what is new.
    pub ancestor: Option<&'a Ancestor>,
}

/// The frame of a next term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextTerm {
    /// The title.
    pub title: String,
    /// The term.
    pub term: Term,
    /// The first fiscal year.
    pub first_year: FiscalYear,
    /// The last fiscal year.
    pub last_year: FiscalYear,
    /// Whether baselines and targets are taken over, to be changed where they differ. Without them, each indicator is
    /// only followed until it is given its target.
    pub targets: bool,
}

/// Why an indicator of a next term has no target yet.
const NO_TARGET_YET: &str = "目標値未設定";

impl Lineage {
    /// What was said of something of the previous term.
    pub fn ancestor(&self, subject: Subject) -> Option<&Ancestor> {
        self.ancestors.iter().find(|of| of.subject == subject)
    }
}

impl Strategy {
    /// What became of everything from the previous term to this one: the nodes and indicators of this term in the order of
    /// the document, then what was dropped. Empty if it was not made from another strategy.
    pub fn lineage(&self) -> Vec<LineageEntry<'_>> {
        let Some(lineage) = &self.parts().lineage else { return Vec::new() };
        let known: HashMap<Subject, &Ancestor> = lineage.ancestors.iter().map(|of| (of.subject, of)).collect();
        let nodes = self.nodes().iter().map(|node| node_entry(node, |of| known.get(&of).copied()));
        let indicators = self.indicators().iter().map(|of| indicator_entry(of, |of| known.get(&of).copied()));
        let mut entries: Vec<_> = nodes.chain(indicators).collect();
        let continued: HashSet<Subject> =
            entries.iter().filter_map(|entry| entry.ancestor).map(|of| of.subject).collect();
        entries.extend(
            lineage.ancestors.iter().filter(|of| !continued.contains(&of.subject)).map(|ancestor| LineageEntry {
                kind: LineageKind::Dropped,
                subject: None,
                ancestor: Some(ancestor),
            }),
        );
        entries
    }

    /// What a node was in the previous term; `None` if the strategy was not made from another one.
    pub fn node_lineage(&self, node: usize) -> Option<LineageEntry<'_>> {
        let lineage = self.parts().lineage.as_ref()?;
        Some(node_entry(&self.nodes()[node], |of| lineage.ancestor(of)))
    }

    /// What an indicator was in the previous term; `None` if the strategy was not made from another one.
    pub fn indicator_lineage(&self, indicator: usize) -> Option<LineageEntry<'_>> {
        let lineage = self.parts().lineage.as_ref()?;
        Some(indicator_entry(&self.indicators()[indicator], |of| lineage.ancestor(of)))
    }

    /// The frame of the next term: nodes and indicators under new ids, without figures and remarks, each with what it
    /// continues. What had ended is not taken over, and is told to be dropped for that reason. `revision` is the one of
    /// this strategy that is copied.
    pub(crate) fn next_term(
        &self,
        revision: Option<u32>,
        next: NextTerm,
        ids: &mut impl NewIds,
    ) -> Result<Self, StrategyError> {
        let parts = self.parts();
        let id = StrategyId::from_uuid(ids.next());
        let mut kept: HashMap<NodeId, NodeId> = HashMap::new();
        let mut nodes = Vec::new();
        for node in self.nodes() {
            let parent = node.parent.map(|parent| kept.get(&parent).copied());
            // What hangs on something that had ended ends with it.
            if node.lifecycle.ended().is_some() || parent == Some(None) {
                continue;
            }
            let own = NodeId::from_uuid(ids.next());
            kept.insert(node.id, own);
            nodes.push(PlanNode {
                id: own,
                parent: parent.flatten(),
                lifecycle: Lifecycle::default(),
                remarks: Vec::new(),
                continues: Some(node.id),
                ..node.clone()
            });
        }
        let years = || (next.first_year.year()..=next.last_year.year()).filter_map(|year| FiscalYear::new(year).ok());
        let mut indicators = Vec::new();
        for of in self.indicators().iter().filter(|of| of.lifecycle.ended().is_none()) {
            let Some(node) = kept.get(&of.node) else { continue };
            let open =
                years().map(|year| YearFigures { year, target: None, actual: Cell::open(None), published: None });
            indicators.push(Indicator {
                id: IndicatorId::from_uuid(ids.next()),
                node: *node,
                role: next_role(&of.role, next.targets),
                baseline: of.baseline.clone().filter(|_| next.targets),
                figures: Figures::new(open.collect(), None).unwrap_or_default(),
                remarks: Vec::new(),
                lifecycle: Lifecycle::default(),
                continues: Some(of.id),
                redefined: false,
                ..of.clone()
            });
        }
        let named: HashSet<_> =
            nodes.iter().map(|of| of.department).chain(indicators.iter().map(|of| of.department)).flatten().collect();
        Self::new(StrategyParts {
            id,
            municipality: parts.municipality,
            report: Report { year: next.first_year, title: next.title.clone(), label: None, ..parts.report.clone() },
            title: next.title,
            term: next.term,
            first_year: next.first_year,
            last_year: next.last_year,
            source: Source { notes: Vec::new(), ..parts.source.clone() },
            levels: parts.levels.clone(),
            lineage: Some(Lineage {
                previous: parts.id,
                term: parts.term.clone(),
                revision,
                ancestors: self.as_ancestors(&kept),
            }),
            departments: parts.departments.iter().filter(|of| named.contains(&of.id)).cloned().collect(),
            nodes,
            indicators,
        })
    }

    /// Everything that it holds, for the next term to remember.
    fn as_ancestors(&self, kept: &HashMap<NodeId, NodeId>) -> Vec<Ancestor> {
        let ended = |of: Lifecycle| of.ended().map(|year| format!("{}で終了", year.label()));
        let nodes = self.nodes().iter().map(|node| Ancestor {
            subject: Subject::Node(node.id),
            name: node.title.clone(),
            role: None,
            unit: None,
            direction: None,
            dropped: ended(node.lifecycle).or_else(|| self.ended_above(node).and_then(ended)),
        });
        let indicators = self.indicators().iter().map(|of| {
            let above = self.node_at(of.node).map(|at| &self.nodes()[at]).filter(|node| !kept.contains_key(&node.id));
            let above = above.and_then(|node| ended(node.lifecycle).or_else(|| self.ended_above(node).and_then(ended)));
            Ancestor {
                subject: Subject::Indicator(of.id),
                name: of.label.clone(),
                role: Some(of.role.kind()),
                unit: of.unit.clone(),
                direction: Some(of.direction),
                dropped: ended(of.lifecycle).or(above),
            }
        });
        nodes.chain(indicators).collect()
    }

    /// The years of the nearest node above that had ended.
    fn ended_above(&self, node: &PlanNode) -> Option<Lifecycle> {
        let mut at = self.node_at(node.id).and_then(|at| self.parent(at));
        while let Some(above) = at {
            let lifecycle = self.nodes()[above].lifecycle;
            if lifecycle.ended().is_some() {
                return Some(lifecycle);
            }
            at = self.parent(above);
        }
        None
    }
}

fn next_role(role: &Role, targets: bool) -> Role {
    let fresh = |target: &super::Target| super::Target { statement: target.statement.clone(), superseded: Vec::new() };
    match role {
        Role::GoalTarget(target) if targets => Role::GoalTarget(fresh(target)),
        Role::Kpi(target) if targets => Role::Kpi(fresh(target)),
        Role::GoalTarget(_) | Role::Kpi(_) => Role::Monitored { reason: Some(NO_TARGET_YET.to_owned()) },
        Role::Monitored { reason } => Role::Monitored { reason: reason.clone() },
    }
}

fn node_entry<'a>(node: &PlanNode, ancestor: impl Fn(Subject) -> Option<&'a Ancestor>) -> LineageEntry<'a> {
    let ancestor = node.continues.and_then(|id| ancestor(Subject::Node(id)));
    let kind = match ancestor {
        None => LineageKind::New,
        Some(of) if of.name != node.title => LineageKind::Renamed,
        Some(_) => LineageKind::Continued,
    };
    LineageEntry { kind, subject: Some(Subject::Node(node.id)), ancestor }
}

fn indicator_entry<'a>(of: &Indicator, ancestor: impl Fn(Subject) -> Option<&'a Ancestor>) -> LineageEntry<'a> {
    let found = of.continues.and_then(|id| ancestor(Subject::Indicator(id)));
    let kind = match found {
        None => LineageKind::New,
        Some(was) if of.redefined || was.unit != of.unit || was.direction != Some(of.direction) => {
            LineageKind::Redefined
        }
        Some(was) if was.name != of.label => LineageKind::Renamed,
        Some(_) => LineageKind::Continued,
    };
    LineageEntry { kind, subject: Some(Subject::Indicator(of.id)), ancestor: found }
}
