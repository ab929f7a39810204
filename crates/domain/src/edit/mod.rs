//! Small edits of a strategy: each is a value that, applied to a strategy, gives a new and valid one, or tells what is wrong
//! and where.
//!
//! Printed texts are read as everywhere: the text is kept, what it means stands beside it, and the author's word counts
//! where a text does not tell. Places are those of the inputs of the API (`figures[0].year`). What was published, and who
//! may edit, is not known here.

mod figures;
mod frame;
mod indicators;
mod nodes;
#[cfg(test)]
mod tests;
mod words;

use uuid::Uuid;

pub use figures::{MappingEdit, YearEdit};
pub use frame::{FrameEdit, LevelEdit, NewStrategy};
pub use indicators::{IndicatorFields, NewIndicator};
pub use nodes::{NewNode, NodeFields};

use crate::{
    DepartmentId, Error, IndicatorId, NodeId,
    calendar::{FiscalYear, Period},
    lint::Subject,
    strategy::{Decision, Department, Lifecycle, PrintedTotal, Strategy, StrategyError, StrategyParts, TargetText},
};

/// The most nodes of a strategy.
pub const NODES: usize = 2_000;
/// The most indicators of a strategy.
pub const INDICATORS: usize = 5_000;
/// By how many years a cell or remark may lie outside the plan.
const MARGIN: i16 = 10;

/// What becomes of a value that may be absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Change<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// It is absent from now on.
    Clear,
    /// It is this from now on.
    Set(T),
}

impl<T> Change<T> {
    /// The value after the change.
    #[must_use]
    pub fn onto(self, old: Option<T>) -> Option<T> {
        match self {
            Self::Keep => old,
            Self::Clear => None,
            Self::Set(new) => Some(new),
        }
    }

    /// The same change of what the value is read as.
    pub fn read<U, E>(self, read: impl FnOnce(T) -> Result<U, E>) -> Result<Change<U>, E> {
        Ok(match self {
            Self::Keep => Change::Keep,
            Self::Clear => Change::Clear,
            Self::Set(new) => Change::Set(read(new)?),
        })
    }

    const fn keeps(&self) -> bool {
        matches!(self, Self::Keep)
    }
}

/// A small edit of a strategy.
#[derive(Debug, Clone)]
pub enum Edit {
    /// Title, term, years, report and source.
    Frame(FrameEdit),
    /// The levels, as a whole.
    Levels(Vec<LevelEdit>),
    /// A new node.
    CreateNode(NewNode),
    /// Other values of a node.
    UpdateNode(NodeId, NodeFields),
    /// Another place for a node and all below it.
    MoveNode {
        /// The node.
        id: NodeId,
        /// The node below which it comes to stand; none for the top level.
        parent: Change<NodeId>,
        /// Its level; the one below its new parent's unless given.
        level: Option<usize>,
        /// Its place among its brothers, from 0; the last unless given.
        position: Option<usize>,
    },
    /// A node that is taken away, with nothing on it or below it.
    DeleteNode(NodeId),
    /// A new indicator.
    CreateIndicator(Box<NewIndicator>),
    /// Other values of an indicator.
    UpdateIndicator(IndicatorId, Box<IndicatorFields>),
    /// Another place for an indicator.
    MoveIndicator {
        /// The indicator.
        id: IndicatorId,
        /// The node on which it comes to hang, if it is another one.
        node: Option<NodeId>,
        /// Its place among the indicators of the node, from 0; the last unless given.
        position: Option<usize>,
    },
    /// An indicator that is taken away.
    DeleteIndicator(IndicatorId),
    /// The last year of an indicator, or of a node with all that is below it.
    End(Subject, FiscalYear),
    /// Cells of an indicator's years, and of its total column.
    Figures {
        /// The indicator.
        id: IndicatorId,
        /// The years that change.
        years: Vec<YearEdit>,
        /// The printed cells of the total column, where they are not what is counted.
        total: Change<PrintedTotal>,
    },
    /// The remark of a year; none if there is no text.
    Remark(Subject, FiscalYear, Option<String>),
    /// Another target in the middle of the plan; what it replaces is kept.
    ReviseTarget {
        /// The indicator.
        id: IndicatorId,
        /// The new target.
        target: TargetText,
        /// The yearly targets that change with it, as printed; `None` where there is none any more.
        yearly: Vec<(FiscalYear, Option<String>)>,
        /// When it was replaced.
        replaced: Period,
        /// Why.
        reason: String,
    },
    /// The standard indicators to which an indicator corresponds, as a whole.
    Mappings(IndicatorId, Vec<MappingEdit>),
    /// Why something of the previous term, of this key, was dropped.
    ExplainDropped(Uuid, Option<String>),
}

impl Edit {
    /// The node or indicator that it is about; `None` for the strategy itself.
    pub fn subject(&self) -> Option<Subject> {
        match self {
            Self::Frame(_) | Self::Levels(_) | Self::ExplainDropped(..) => None,
            Self::CreateNode(new) => Some(Subject::Node(new.id)),
            Self::UpdateNode(id, _) | Self::MoveNode { id, .. } | Self::DeleteNode(id) => Some(Subject::Node(*id)),
            Self::CreateIndicator(new) => Some(Subject::Indicator(new.id)),
            Self::UpdateIndicator(id, _)
            | Self::MoveIndicator { id, .. }
            | Self::DeleteIndicator(id)
            | Self::Figures { id, .. }
            | Self::ReviseTarget { id, .. }
            | Self::Mappings(id, _) => Some(Subject::Indicator(*id)),
            Self::End(subject, _) | Self::Remark(subject, ..) => Some(*subject),
        }
    }

    /// Its name in the audit trail.
    pub const fn event(&self) -> &'static str {
        match self {
            Self::Frame(_) => "strategy_updated",
            Self::Levels(_) => "levels_set",
            Self::CreateNode(_) => "node_created",
            Self::UpdateNode(..) => "node_updated",
            Self::MoveNode { .. } => "node_moved",
            Self::DeleteNode(_) => "node_deleted",
            Self::CreateIndicator(_) => "indicator_created",
            Self::UpdateIndicator(..) => "indicator_updated",
            Self::MoveIndicator { .. } => "indicator_moved",
            Self::DeleteIndicator(_) => "indicator_deleted",
            Self::End(Subject::Node(_), _) => "node_ended",
            Self::End(Subject::Indicator(_), _) => "indicator_ended",
            Self::Figures { .. } => "figures_set",
            Self::Remark(..) => "remark_set",
            Self::ReviseTarget { .. } => "target_revised",
            Self::Mappings(..) => "mappings_set",
            Self::ExplainDropped(..) => "dropped_explained",
        }
    }

    /// Of what, and of which years, it says what is reported: an actual or a remark.
    pub fn reports(&self) -> Vec<(Subject, FiscalYear)> {
        match self {
            Self::Figures { id, years, total: _ } => {
                let reported = years.iter().filter(|of| !of.actual.keeps() || of.absence.is_some());
                reported.map(|of| (Subject::Indicator(*id), of.year)).collect()
            }
            Self::Remark(subject, year, _) => vec![(*subject, *year)],
            _ => Vec::new(),
        }
    }

    /// The node or indicator that it takes away.
    pub const fn deletes(&self) -> Option<Subject> {
        match self {
            Self::DeleteNode(id) => Some(Subject::Node(*id)),
            Self::DeleteIndicator(id) => Some(Subject::Indicator(*id)),
            _ => None,
        }
    }

    /// The strategy after the edit. `departments` are those of the municipality; `decision` says who makes the edit, and when.
    pub fn apply(self, strategy: Strategy, departments: &[Department], decision: &Decision) -> Result<Strategy, Error> {
        let mut parts = strategy.into_parts();
        match self {
            Self::Frame(edit) => frame::update(&mut parts, edit)?,
            Self::Levels(levels) => frame::set_levels(&mut parts, levels)?,
            Self::CreateNode(new) => nodes::create(&mut parts, new, departments)?,
            Self::UpdateNode(id, fields) => nodes::update(&mut parts, id, fields, departments)?,
            Self::MoveNode { id, parent, level, position } => {
                nodes::relocate(&mut parts, id, parent, level, position)?;
            }
            Self::DeleteNode(id) => nodes::delete(&mut parts, id)?,
            Self::CreateIndicator(new) => indicators::create(&mut parts, *new, departments)?,
            Self::UpdateIndicator(id, fields) => indicators::update(&mut parts, id, *fields, departments)?,
            Self::MoveIndicator { id, node, position } => indicators::relocate(&mut parts, id, node, position)?,
            Self::DeleteIndicator(id) => {
                let at = indicators::at(&parts, id)?;
                parts.indicators.remove(at);
            }
            Self::End(subject, year) => end(&mut parts, subject, year)?,
            Self::Figures { id, years, total } => figures::set(&mut parts, id, years, total)?,
            Self::Remark(subject, year, text) => figures::set_remark(&mut parts, subject, year, text)?,
            Self::ReviseTarget { id, target, yearly, replaced, reason } => {
                figures::revise_target(&mut parts, id, target, yearly, replaced, reason)?;
            }
            Self::Mappings(id, mappings) => figures::set_mappings(&mut parts, id, mappings, decision)?,
            Self::ExplainDropped(key, reason) => frame::explain_dropped(&mut parts, key, reason)?,
        }
        name_departments(&mut parts, departments);
        Strategy::new(parts).map_err(refused)
    }
}

/// Ends an indicator, or a node with all that is below it. What ends earlier already stays as it is.
fn end(parts: &mut StrategyParts, subject: Subject, year: FiscalYear) -> Result<(), Error> {
    let (nodes, on): (Vec<NodeId>, _) = match subject {
        Subject::Node(id) => {
            let at = nodes::at(parts, id)?;
            (nodes::subtree(parts, at).into_iter().map(|at| parts.nodes[at].id).collect(), None)
        }
        Subject::Indicator(id) => (Vec::new(), Some(indicators::at(parts, id)?)),
    };
    let earlier = |of: Lifecycle| Some(of.ended().map_or(year, |ended| ended.min(year)));
    let ended =
        |of: Lifecycle| Lifecycle::new(of.started(), earlier(of)).map_err(|error| Error::bad_input("year", error));
    for node in parts.nodes.iter_mut().filter(|node| nodes.contains(&node.id)) {
        node.lifecycle = ended(node.lifecycle)?;
    }
    for (at, of) in parts.indicators.iter_mut().enumerate() {
        if on == Some(at) || nodes.contains(&of.node) {
            of.lifecycle = ended(of.lifecycle)?;
            figures::explain_open(of);
        }
    }
    Ok(())
}

/// Lists the departments that nodes and indicators name, in the order in which the document names them first.
fn name_departments(parts: &mut StrategyParts, known: &[Department]) {
    let mut named: Vec<DepartmentId> = Vec::new();
    let mut name = |id: Option<DepartmentId>| named.extend(id.filter(|id| !named.contains(id)));
    // A node and its indicators one after the other. Indicators stand in the order of their nodes but where one has just
    // come or moved, which is put right with the rest.
    for node in &parts.nodes {
        name(node.department);
        parts.indicators.iter().filter(|of| of.node == node.id).for_each(|of| name(of.department));
    }
    let mut all = std::mem::take(&mut parts.departments);
    all.extend(known.iter().cloned());
    parts.departments = named.iter().filter_map(|id| all.iter().find(|of| of.id == *id).cloned()).collect();
}

/// The department of an id, if the municipality has it.
fn department(
    change: Change<DepartmentId>,
    departments: &[Department],
    old: Option<DepartmentId>,
) -> Result<Option<DepartmentId>, Error> {
    match change {
        Change::Set(id) if !departments.iter().any(|of| of.id == id) => {
            Err(Error::bad_input("department", "this municipality has no such department"))
        }
        change => Ok(change.onto(old)),
    }
}

/// The years of a row after a change; those of what is above it where none were given.
fn lifecycle(started: Change<FiscalYear>, ended: Change<FiscalYear>, old: Lifecycle) -> Result<Lifecycle, Error> {
    Lifecycle::new(started.onto(old.started()), ended.onto(old.ended()))
        .map_err(|error| Error::bad_input("ended", error))
}

/// Where something comes to stand in a list of which its brothers are a part, so that it is the one of `position` among
/// them; behind everything if there are not so many.
fn place(brothers: impl Iterator<Item = usize>, position: Option<usize>, end: usize) -> usize {
    position.and_then(|position| brothers.into_iter().nth(position)).unwrap_or(end)
}

/// Refuses a year that lies far outside the plan.
fn near_plan(parts: &StrategyParts, place: &str, year: FiscalYear) -> Result<(), Error> {
    let near = parts.first_year.year() - MARGIN..=parts.last_year.year() + MARGIN;
    if near.contains(&year.year()) {
        return Ok(());
    }
    let told = format!("{} lies more than {MARGIN} years outside the plan", year.label());
    Err(Error::bad_input(place, told))
}

/// A strategy that cannot be, told at the input that would make it so.
fn refused(error: StrategyError) -> Error {
    let place = match error {
        StrategyError::EndsBeforeStart | StrategyError::TooLong(_) => "lastYear",
        StrategyError::NoLevels => "levels",
        StrategyError::Level(_) => "level",
        StrategyError::NoAncestor(_) => "continues",
        StrategyError::Unreachable(_)
        | StrategyError::RepeatedId(_)
        | StrategyError::NoNode(_)
        | StrategyError::NoDepartment(_)
        | StrategyError::Blank(_) => return Error::internal(error),
    };
    Error::bad_input(place, error)
}
