//! Nodes of the plan.

use super::{Change, NODES, department, lifecycle, place, words};
use crate::{
    DepartmentId, Error, NodeId,
    calendar::FiscalYear,
    strategy::{Department, Lifecycle, NoIndicator, PlanNode, StrategyParts},
};

/// A node that is added.
#[derive(Debug, Clone)]
pub struct NewNode {
    /// Its id.
    pub id: NodeId,
    /// The node above; `None` for the top level.
    pub parent: Option<NodeId>,
    /// Its level; the one below its parent's unless given.
    pub level: Option<usize>,
    /// Its place among its brothers, from 0; the last unless given.
    pub position: Option<usize>,
    /// Its values. Its title must be given; the years of its parent hold for it, too, unless others are.
    pub fields: NodeFields,
}

/// Other values of a node.
#[derive(Debug, Clone, Default)]
pub struct NodeFields {
    /// The number or mark before the title.
    pub number: Change<String>,
    /// The title.
    pub title: Option<String>,
    /// The department in charge.
    pub department: Change<DepartmentId>,
    /// The first year in which it runs.
    pub started: Change<FiscalYear>,
    /// The last year in which it runs.
    pub ended: Change<FiscalYear>,
    /// Why it has no indicator.
    pub no_indicator: Change<NoIndicator>,
    /// The node of the previous term that it continues.
    pub continues: Change<NodeId>,
}

const NO_NODE: Error = Error::NotFound { what: "the node" };

/// The index of a node.
pub(super) fn at(parts: &StrategyParts, id: NodeId) -> Result<usize, Error> {
    parts.nodes.iter().position(|node| node.id == id).ok_or(NO_NODE)
}

/// The indexes of a node and of all below it; nodes stand before those below them.
pub(super) fn subtree(parts: &StrategyParts, at: usize) -> Vec<usize> {
    let mut within = vec![parts.nodes[at].id];
    let mut found = vec![at];
    for (index, node) in parts.nodes.iter().enumerate().skip(at + 1) {
        if !node.parent.is_some_and(|parent| within.contains(&parent)) {
            break;
        }
        within.push(node.id);
        found.push(index);
    }
    found
}

pub(super) fn create(parts: &mut StrategyParts, new: NewNode, departments: &[Department]) -> Result<(), Error> {
    if parts.nodes.len() >= NODES {
        return Err(Error::conflict("", format!("the strategy has {NODES} nodes already, which is the most")));
    }
    let above = new.parent.map(|parent| at(parts, parent)).transpose()?.map(|at| &parts.nodes[at]);
    let level = new.level.unwrap_or_else(|| above.map_or(0, |above| above.level + 1));
    let mut node = PlanNode {
        id: new.id,
        parent: new.parent,
        level,
        number: None,
        title: String::new(),
        department: None,
        lifecycle: above.map_or_else(Lifecycle::default, |above| above.lifecycle),
        no_indicator: None,
        remarks: Vec::new(),
        continues: None,
    };
    if !(new.fields.started.keeps() && new.fields.ended.keeps()) {
        node.lifecycle = Lifecycle::default();
    }
    let titled = new.fields.title.is_some();
    change(&mut node, new.fields, departments)?;
    if !titled {
        return Err(Error::bad_input("title", "is missing; a node has a title"));
    }
    insert(parts, vec![node], new.position);
    Ok(())
}

pub(super) fn update(
    parts: &mut StrategyParts,
    id: NodeId,
    fields: NodeFields,
    departments: &[Department],
) -> Result<(), Error> {
    let at = at(parts, id)?;
    change(&mut parts.nodes[at], fields, departments)
}

fn change(node: &mut PlanNode, fields: NodeFields, departments: &[Department]) -> Result<(), Error> {
    let NodeFields { number, title, department: of, started, ended, no_indicator, continues } = fields;
    node.number = words::optional("number", number, words::MARK)?.onto(node.number.take());
    words::replace("title", &mut node.title, title, words::LINE)?;
    node.department = department(of, departments, node.department)?;
    node.lifecycle = lifecycle(started, ended, node.lifecycle)?;
    let no_indicator = no_indicator.read(|NoIndicator { reason, mark }| {
        let reason = words::required("noIndicator.reason", reason, words::LINE)?;
        let mark = mark.map(|mark| words::required("noIndicator.mark", mark, words::MARK)).transpose()?;
        Ok::<_, Error>(NoIndicator { reason, mark })
    })?;
    node.no_indicator = no_indicator.onto(node.no_indicator.take());
    node.continues = continues.onto(node.continues);
    Ok(())
}

pub(super) fn relocate(
    parts: &mut StrategyParts,
    id: NodeId,
    parent: Change<NodeId>,
    level: Option<usize>,
    position: Option<usize>,
) -> Result<(), Error> {
    let moved = subtree(parts, at(parts, id)?);
    let stays = parent.keeps().then(|| parts.nodes[moved[0]].level);
    let parent = parent.onto(parts.nodes[moved[0]].parent);
    let above = parent.map(|parent| at(parts, parent)).transpose()?;
    if above.is_some_and(|above| moved.contains(&above)) {
        return Err(Error::bad_input("parent", "a node cannot come to stand below itself"));
    }
    let below = above.map_or(0, |above| parts.nodes[above].level + 1);
    let level = level.or(stays).unwrap_or(below);
    let (old, levels) = (parts.nodes[moved[0]].level, parts.levels.len());
    let mut branch: Vec<PlanNode> = parts.nodes.drain(moved[0]..=moved[moved.len() - 1]).collect();
    for node in &mut branch {
        // Those below keep their distance.
        node.level = node.level - old + level;
        if node.level >= levels {
            let told = format!("“{}” would stand on level {}, but the plan has {levels}", node.title, node.level);
            return Err(Error::bad_input("parent", told));
        }
    }
    branch[0].parent = parent;
    insert(parts, branch, position);
    Ok(())
}

/// Puts a node with all below it in its place among its brothers.
fn insert(parts: &mut StrategyParts, branch: Vec<PlanNode>, position: Option<usize>) {
    let parent = branch[0].parent;
    let brothers = parts.nodes.iter().enumerate().filter(|(_, node)| node.parent == parent).map(|(at, _)| at);
    let at = place(brothers, position, parts.nodes.len());
    parts.nodes.splice(at..at, branch);
}

pub(super) fn delete(parts: &mut StrategyParts, id: NodeId) -> Result<(), Error> {
    let at = at(parts, id)?;
    let used =
        parts.nodes.iter().any(|node| node.parent == Some(id)) || parts.indicators.iter().any(|of| of.node == id);
    if used {
        return Err(Error::conflict("id", "there are nodes or indicators below it; remove or move them first"));
    }
    parts.nodes.remove(at);
    Ok(())
}
