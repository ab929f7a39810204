//! What differs between two revisions of a strategy (新旧対照), cell by cell.
//!
//! Two revisions that are published as the same document have no changes, and any others have some. Equality of the values
//! would forgive what is printed (％ and %, 1.0 and 1.00); here it counts. That remarks on different years stand in another
//! order says nothing and is no change.

mod opinions;
mod order;
mod told;

use std::collections::{BTreeMap, BTreeSet, HashMap};

pub use self::opinions::opinion_changes;
use self::told::Told;
use crate::{
    IndicatorId, NodeId,
    calendar::FiscalYear,
    strategy::{ObservationStatus, Strategy},
};

/// One thing that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What happened.
    pub kind: ChangeKind,
    /// To what.
    pub subject: Subject,
    /// To which part of it.
    pub part: Part,
    /// What stood there before, as printed; `None` where nothing did. Where both revisions print the same text and mean
    /// different things by it, what is meant stands in brackets behind it.
    pub before: Option<String>,
    /// What stands there now, likewise.
    pub after: Option<String>,
    /// The state of the cell before, for the cells of the years. 暫定値 that became final may change in nothing else.
    pub before_status: Option<ObservationStatus>,
    /// The state of the cell now, likewise.
    pub after_status: Option<ObservationStatus>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    /// A node or indicator is new; with all that is on it.
    Added,
    /// A node or indicator is gone; with all that was on it.
    Removed,
    /// A node or indicator has another place.
    Moved,
    /// A part has another content.
    Changed,
}

/// To what a change happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// The strategy itself.
    Strategy,
    /// A node.
    Node(NodeId),
    /// An indicator.
    Indicator(IndicatorId),
}

/// A part of a strategy, node or indicator, in the order in which changes are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// All of it.
    Whole,
    /// What it hangs on, or its place among its brothers.
    Place,
    /// The level of a node.
    Level,
    /// The number or mark before the title.
    Number,
    /// The title or label.
    Title,
    /// The term.
    Term,
    /// The years of the plan.
    PlanYears,
    /// The fiscal year up to which the strategy reports.
    ReportYear,
    /// The title and headings of the report.
    Report,
    /// The source and its terms.
    Source,
    /// The levels of the tree.
    Levels,
    /// The departments that nodes and indicators name.
    Departments,
    /// The role of an indicator.
    Role,
    /// The unit.
    Unit,
    /// The direction of good.
    Direction,
    /// The baseline.
    Baseline,
    /// The target as stated.
    Target,
    /// Targets that were replaced in the middle of the plan.
    EarlierTargets,
    /// The department in charge.
    Department,
    /// What it continues of the previous term.
    Lineage,
    /// The standard indicators to which it corresponds.
    Mappings,
    /// How much it counts among others.
    Weight,
    /// The years in which it runs.
    Lifecycle,
    /// Why it has no indicator.
    NoIndicator,
    /// What else the document prints about it.
    Details,
    /// The target of a year.
    YearTarget(FiscalYear),
    /// The actual of a year.
    YearActual(FiscalYear),
    /// The grade and rate that the document itself prints for a year.
    YearGrade(FiscalYear),
    /// The total column.
    Total,
    /// The remark on a year.
    Remark(FiscalYear),
    /// An opinion on a year that is published, with its answer.
    Opinion(FiscalYear),
}

impl Part {
    /// The fiscal year, for what belongs to one.
    pub const fn year(self) -> Option<FiscalYear> {
        match self {
            Self::YearTarget(year)
            | Self::YearActual(year)
            | Self::YearGrade(year)
            | Self::Remark(year)
            | Self::Opinion(year) => Some(year),
            _ => None,
        }
    }
}

type Parts = BTreeMap<Part, Told>;

/// What differs between two revisions of one strategy, in the order of the document: of the strategy itself, then of each
/// node and the indicators on it. What is gone stands where it stood.
pub fn changes(old: &Strategy, new: &Strategy) -> Vec<Change> {
    let mut found = compared(Subject::Strategy, &told::of_strategy(old.parts()), &told::of_strategy(new.parts()));
    let moves = moves(old, new);
    let (before, after) = (subjects(old), subjects(new));
    let place: HashMap<Subject, usize> = before.iter().enumerate().map(|(at, subject)| (*subject, at)).collect();
    let stays: BTreeSet<usize> = after.iter().filter_map(|subject| place.get(subject).copied()).collect();
    let mut gone = (0..before.len()).filter(|at| !stays.contains(at)).peekable();
    for subject in after {
        let Some(at) = place.get(&subject) else {
            found.push(whole(ChangeKind::Added, subject, None, Some(name(new, subject))));
            continue;
        };
        while let Some(earlier) = gone.next_if(|earlier| earlier < at) {
            found.push(removed(old, before[earlier]));
        }
        found.extend(moves.get(&subject).cloned());
        found.extend(compared(subject, &parts(old, subject), &parts(new, subject)));
    }
    found.extend(gone.map(|at| removed(old, before[at])));
    found
}

/// Nodes, each with the indicators on it behind it.
fn subjects(strategy: &Strategy) -> Vec<Subject> {
    let mut subjects = Vec::with_capacity(strategy.nodes().len() + strategy.indicators().len());
    for (at, node) in strategy.nodes().iter().enumerate() {
        subjects.push(Subject::Node(node.id));
        let own = &strategy.indicators()[strategy.own_indicators(at)];
        subjects.extend(own.iter().map(|indicator| Subject::Indicator(indicator.id)));
    }
    subjects
}

fn name(strategy: &Strategy, subject: Subject) -> String {
    match subject {
        Subject::Strategy => strategy.parts().title.clone(),
        Subject::Node(id) => strategy.node_at(id).map(|at| strategy.nodes()[at].title.clone()).unwrap_or_default(),
        Subject::Indicator(id) => {
            strategy.indicator_at(id).map(|at| strategy.indicators()[at].label.clone()).unwrap_or_default()
        }
    }
}

fn parts(strategy: &Strategy, subject: Subject) -> Parts {
    match subject {
        Subject::Strategy => told::of_strategy(strategy.parts()),
        Subject::Node(id) => {
            strategy.node_at(id).map(|at| told::of_node(strategy, &strategy.nodes()[at])).unwrap_or_default()
        }
        Subject::Indicator(id) => strategy
            .indicator_at(id)
            .map(|at| told::of_indicator(strategy, &strategy.indicators()[at]))
            .unwrap_or_default(),
    }
}

const fn whole(kind: ChangeKind, subject: Subject, before: Option<String>, after: Option<String>) -> Change {
    Change { kind, subject, part: Part::Whole, before, after, before_status: None, after_status: None }
}

fn removed(old: &Strategy, subject: Subject) -> Change {
    whole(ChangeKind::Removed, subject, Some(name(old, subject)), None)
}

/// The parts that differ.
fn compared(subject: Subject, old: &Parts, new: &Parts) -> Vec<Change> {
    let all: BTreeSet<Part> = old.keys().chain(new.keys()).copied().collect();
    let mut found = Vec::new();
    for part in all {
        let (before, after) = (old.get(&part), new.get(&part));
        if before.map(|told| &told.exact) == after.map(|told| &told.exact) {
            continue;
        }
        let both = before.zip(after).is_some_and(|(before, after)| before.printed == after.printed);
        let shown = |told: &Told| if both { Some(told.meant()) } else { told.printed.clone() };
        found.push(Change {
            kind: ChangeKind::Changed,
            subject,
            part,
            before: before.and_then(shown),
            after: after.and_then(shown),
            before_status: before.and_then(|told| told.status),
            after_status: after.and_then(|told| told.status),
        });
    }
    found
}

/// Brothers: things that stand beside each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Brothers {
    /// The nodes below a node, or of the top level.
    Nodes(Option<NodeId>),
    /// The indicators on a node.
    Indicators(NodeId),
}

impl Brothers {
    /// The title of what they hang on.
    fn on(self, strategy: &Strategy) -> Option<String> {
        match self {
            Self::Nodes(above) => above.map(|id| name(strategy, Subject::Node(id))),
            Self::Indicators(node) => Some(name(strategy, Subject::Node(node))),
        }
    }
}

/// Where a thing stands: among which brothers, and as which of them, from 1.
type Place = (Brothers, usize);

/// The nodes and indicators that have another place, as few as explain the new order.
fn moves(old: &Strategy, new: &Strategy) -> HashMap<Subject, Change> {
    let old_places: HashMap<Subject, Place> = places(old).into_iter().collect();
    let mut moved = HashMap::new();
    // Those that stay among their brothers: with their places then and now.
    let mut staying: BTreeMap<Brothers, Vec<(Subject, [usize; 2])>> = BTreeMap::new();
    for (subject, (brothers, now)) in places(new) {
        match old_places.get(&subject) {
            None => {}
            Some((were, then)) if *were == brothers => {
                staying.entry(brothers).or_default().push((subject, [*then, now]));
            }
            Some((were, _)) => {
                moved.insert(subject, to_place(subject, were.on(old), brothers.on(new)));
            }
        }
    }
    for brothers in staying.into_values() {
        let then: Vec<usize> = brothers.iter().map(|(_, [then, _])| *then).collect();
        for at in order::out_of_order(&then) {
            let (subject, [then, now]) = brothers[at];
            let told = |place: usize| Some(format!("{place}番目"));
            moved.insert(subject, to_place(subject, told(then), told(now)));
        }
    }
    moved
}

fn to_place(subject: Subject, before: Option<String>, after: Option<String>) -> Change {
    Change { part: Part::Place, ..whole(ChangeKind::Moved, subject, before, after) }
}

fn places(strategy: &Strategy) -> Vec<(Subject, Place)> {
    let nodes = strategy.nodes().iter().map(|node| (Subject::Node(node.id), Brothers::Nodes(node.parent)));
    let indicators = strategy.indicators().iter().map(|of| (Subject::Indicator(of.id), Brothers::Indicators(of.node)));
    let mut counts: HashMap<Brothers, usize> = HashMap::new();
    let counted = nodes.chain(indicators).map(|(subject, brothers)| {
        let count = counts.entry(brothers).or_default();
        *count += 1;
        (subject, (brothers, *count))
    });
    counted.collect()
}
