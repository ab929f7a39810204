//! What a workbook says, in the order of the document, and what it comes to as a tree.

use std::collections::{BTreeMap, BTreeSet};

use shirube_domain::{
    calendar::FiscalYear,
    strategy::{Level, LevelKind},
    text::Bilingual,
};

use super::{
    Column, Confidence, Layout, Notes, Part, Subject,
    facts::Facts,
    headings::{self, Style, folded},
    rows::Rows,
    tables::{self, Head, Table, place, row_place},
    tree::Tree,
};
use crate::book::{Sheet, column_name};

/// What a workbook holds, as a tree.
#[derive(Default)]
pub(super) struct Read {
    pub(super) levels: Vec<Level>,
    pub(super) roots: Vec<Node>,
    /// The fiscal years that columns name.
    pub(super) years: BTreeSet<FiscalYear>,
    /// Those of targets of the plan.
    pub(super) target_years: BTreeSet<FiscalYear>,
    /// Whether years have targets of their own.
    pub(super) yearly_targets: bool,
    /// The headings that a report keeps: of totals, rates, grades, remarks on goals and other remarks.
    pub(super) headings: Headings,
    /// Lines that say something about the whole: ※, 出典.
    pub(super) notes: Vec<String>,
    /// How the columns were understood.
    pub(super) tables: Vec<super::TableLayout>,
}

/// The headings that a report keeps.
#[derive(Default)]
pub(super) struct Headings {
    pub(super) total: Option<String>,
    pub(super) rate: Option<String>,
    pub(super) grade: Option<String>,
    pub(super) goal_remark: Option<String>,
    pub(super) remark: Option<String>,
}

/// A place of the plan.
#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) level: usize,
    pub(super) number: Option<String>,
    pub(super) title: String,
    /// What the document writes for it.
    pub(super) text: String,
    pub(super) entries: Vec<Entry>,
    pub(super) children: Vec<Node>,
}

/// A text and its place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) at: String,
    pub(super) text: String,
}

/// An indicator as its rows print it.
#[derive(Debug, Default)]
pub(super) struct Entry {
    /// The place of its first cell.
    pub(super) at: String,
    pub(super) label: Placed,
    /// Whether it stands under 数値目標.
    pub(super) goal_target: bool,
    pub(super) role: Option<String>,
    pub(super) unit: Option<Placed>,
    pub(super) baseline: Option<String>,
    pub(super) baseline_period: Option<String>,
    /// The cells that tell its target: a number, a number with a unit.
    pub(super) targets: Vec<String>,
    pub(super) target_period: Option<String>,
    pub(super) direction: Option<Placed>,
    pub(super) accumulation: Option<Placed>,
    /// The cells of years; without one, of the year that is reported on.
    pub(super) figures: BTreeMap<(Part, Option<FiscalYear>), Placed>,
    /// The two cells of the total column: of targets and of actuals.
    pub(super) totals: [Option<String>; 2],
    pub(super) remark: Option<String>,
    pub(super) department: Option<String>,
    pub(super) details: Vec<(String, String)>,
    /// What its rows say that they hold.
    pub(super) parts: BTreeSet<Part>,
}

/// What a row says, in the order of the document.
pub(super) enum Event {
    /// A heading.
    Heading { key: Key, number: String, title: String, text: String },
    /// Names in the columns of levels, from the first column that says one; and what hangs on the last of them.
    Names { names: Vec<Option<Placed>>, marked: Vec<bool>, entry: Option<Box<Entry>> },
}

/// What tells headings of one level from those of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    Style(Style, Option<String>),
    /// Somebody said so.
    Level(u8),
}

pub(super) fn read(sheets: &[Sheet], corrections: &Layout, facts: &Facts, notes: &mut Notes) -> Read {
    let mut it = Read::default();
    let found: Vec<(&Sheet, Vec<Table>)> =
        sheets.iter().map(|sheet| (sheet, tables::find(sheet, corrections, facts.era, notes))).collect();
    let with_tables = found.iter().filter(|(_, tables)| !tables.is_empty()).count();
    let (mut events, mut level_heads) = (Vec::new(), Vec::new());
    for (sheet, tables) in found {
        if tables.is_empty() {
            if let Some((at, value)) = sheet.cells.iter().next() {
                let because = Bilingual::new("表が見つからないシートです", "no table was found in this sheet");
                notes.unread(place(sheet, *at), value.to_string(), because);
            }
            continue;
        }
        let from = events.len();
        Rows::new(sheet, &tables, corrections, notes, &mut it, &mut events).read();
        let named: Vec<Event> = events.split_off(from);
        events.extend(held(named, notes));
        let of_a_year = headings::year(&sheet.name, facts.era).is_some();
        let of_goals = with_tables > 1
            && !of_a_year
            && !events[from..].iter().any(Event::is_of_a_goal)
            && !tables.iter().any(has_goals);
        if of_goals {
            events.insert(from, Event::of_sheet(sheet));
            let because =
                Bilingual::new("シートの名前を基本目標としました", "the name of the sheet is taken for a goal");
            notes.guess(row_place(sheet, 0), Subject::Row, &sheet.name, Confidence::Unsure, because);
        }
        for table in &tables {
            it.table(sheet, table);
            let heads: Vec<Head> = table.levels().iter().map(|at| table.columns[at].clone()).collect();
            if heads.len() > level_heads.len() {
                level_heads = heads;
            }
        }
    }
    Tree::new(&mut it).grow(events, &level_heads, corrections, notes);
    it
}

/// The events without names on which nothing hangs and that carry no number: legends and signatures below a table, which are told.
fn held(events: Vec<Event>, notes: &mut Notes) -> Vec<Event> {
    let mut kept: Vec<Event> = Vec::with_capacity(events.len());
    // The first level that an indicator further down names itself: what is above it is inherited.
    let mut inherits: Option<usize> = None;
    for event in events.into_iter().rev() {
        match &event {
            Event::Heading { .. } => inherits = None,
            Event::Names { names, marked, entry } => {
                let said: Vec<usize> = (0..names.len()).filter(|at| names[*at].is_some()).collect();
                let needed = inherits.is_some_and(|first| said.iter().any(|at| *at < first));
                let numbered = said.iter().any(|at| marked[*at]);
                if entry.is_none() && !needed && !numbered {
                    for name in names.iter().flatten() {
                        let because = Bilingual::new("その下に指標がありません", "no indicator hangs on it");
                        notes.unread(&name.at, &name.text, because);
                    }
                    continue;
                }
                inherits = match (said.first(), inherits) {
                    _ if entry.is_some() => Some(said.first().copied().unwrap_or(usize::MAX)),
                    (Some(first), Some(before)) => Some(before.min(*first)),
                    (_, before) => before,
                };
            }
        }
        kept.push(event);
    }
    kept.reverse();
    kept
}

/// Whether a table has a column for the goals.
fn has_goals(table: &Table) -> bool {
    let goal = |head: &&Head| matches!(headings::level(&head.text), Some((_, LevelKind::Goal)));
    table.levels().iter().filter_map(|at| table.columns.get(at)).any(|head| goal(&head))
}

impl Event {
    fn is_of_a_goal(&self) -> bool {
        matches!(self, Self::Heading { key: Key::Style(Style::Word, _) | Key::Level(1), .. })
    }

    fn of_sheet(sheet: &Sheet) -> Self {
        let name = sheet.name.trim();
        let (number, title) =
            headings::marked(name).map_or((String::new(), name.to_owned()), |of| (of.number, of.title));
        Self::Heading {
            key: Key::Style(Style::Word, Some("基本目標".to_owned())),
            number,
            title,
            text: name.to_owned(),
        }
    }
}

impl Read {
    fn table(&mut self, sheet: &Sheet, table: &Table) {
        let goals = table.first(Column::GoalTarget).is_some();
        let mut columns = BTreeMap::new();
        for (at, head) in &table.columns {
            columns.insert(column_name(*at), head.column);
            let text = || Some(super::meaning::joined(&head.text)).filter(|text| !text.is_empty());
            match head.column {
                Column::Figures(year) | Column::Year(_, Some(year)) => {
                    self.years.insert(year);
                }
                Column::Target => {
                    let year = head.period.as_deref().and_then(|period| FiscalYear::parse(period, None).ok());
                    self.target_years.extend(year);
                }
                Column::Total => self.headings.total = self.headings.total.take().or_else(text),
                Column::Remark if goals => self.headings.goal_remark = self.headings.goal_remark.take().or_else(text),
                Column::Remark => self.headings.remark = self.headings.remark.take().or_else(text),
                _ => {}
            }
            match head.column {
                Column::Year(Part::Rate, _) => {
                    self.headings.rate = self.headings.rate.take().or_else(|| Some(word(&head.text, "達成率")));
                }
                Column::Year(Part::Grade, _) => {
                    self.headings.grade = self.headings.grade.take().or_else(|| Some(word(&head.text, "評価")));
                }
                _ => {}
            }
        }
        self.tables.push(super::TableLayout { headings: row_place(sheet, table.headings), columns });
    }
}

/// The last line of a heading, which says what its column holds; a usual word where that is a year.
fn word(heading: &str, usual: &str) -> String {
    let last = heading.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or(usual);
    if last.contains(|c: char| c.is_ascii_digit() || ('０'..='９').contains(&c)) {
        usual.to_owned()
    } else {
        last.to_owned()
    }
}

impl Entry {
    /// Whether another sheet tells other years of the same indicator.
    pub(super) fn goes_on_in(&self, other: &Self) -> bool {
        let sheet = |of: &Self| of.at.rsplit_once('!').map(|(sheet, _)| sheet.to_owned());
        !self.label.text.is_empty()
            && folded(&self.label.text) == folded(&other.label.text)
            && sheet(self) != sheet(other)
            && self.goal_target == other.goal_target
            && self.figures.keys().all(|key| !other.figures.contains_key(key))
    }

    /// What was read as actuals are the targets of a pair of rows.
    pub(super) fn become_pair(&mut self) {
        let targets = std::mem::take(&mut self.figures);
        self.figures = targets.into_iter().map(|((_, year), text)| ((Part::Target, year), text)).collect();
        self.totals = [self.totals[1].take(), None];
        self.parts = BTreeSet::from([Part::Target, Part::Actual]);
    }

    /// Adds what another sheet tells of it. What both tell stays as it was, but for a remark, which is the last one.
    pub(super) fn add(&mut self, other: Self) {
        self.figures.extend(other.figures);
        self.unit = self.unit.take().or(other.unit);
        self.baseline = self.baseline.take().or(other.baseline);
        self.baseline_period = self.baseline_period.take().or(other.baseline_period);
        self.target_period = self.target_period.take().or(other.target_period);
        self.direction = self.direction.take().or(other.direction);
        self.accumulation = self.accumulation.take().or(other.accumulation);
        self.department = self.department.take().or(other.department);
        self.remark = other.remark.or(self.remark.take());
        for target in other.targets {
            if !self.targets.contains(&target) {
                self.targets.push(target);
            }
        }
        for detail in other.details {
            if !self.details.contains(&detail) {
                self.details.push(detail);
            }
        }
    }

    pub(super) fn cell(&mut self, head: &Head, cell: Placed, part: Part) {
        let heading = || super::meaning::joined(&head.text);
        match head.column {
            Column::Figures(year) => {
                self.figures.entry((part, Some(year))).or_insert(cell);
            }
            Column::Year(of, year) => {
                self.figures.entry((of, year)).or_insert(cell);
            }
            Column::Total => {
                let at = usize::from(part != Part::Target);
                self.totals[at].get_or_insert(cell.text);
            }
            Column::Unit => {
                self.unit.get_or_insert(cell);
            }
            Column::Baseline => {
                self.baseline_period = self.baseline_period.take().or_else(|| head.period.clone());
                self.baseline.get_or_insert(cell.text);
            }
            Column::BaselinePeriod => {
                self.baseline_period.get_or_insert(cell.text);
            }
            Column::Target => {
                self.target_period = self.target_period.take().or_else(|| head.period.clone());
                self.targets.push(cell.text);
            }
            Column::TargetPeriod => {
                self.target_period.get_or_insert(cell.text);
            }
            Column::Direction => {
                self.direction.get_or_insert(cell);
            }
            Column::Accumulation => {
                self.accumulation.get_or_insert(cell);
            }
            Column::Role => {
                self.role.get_or_insert(cell.text);
            }
            Column::Remark => match &self.remark {
                None => self.remark = Some(cell.text),
                Some(remark) if *remark != cell.text => self.details.push((heading(), cell.text)),
                Some(_) => {}
            },
            Column::Department => {
                self.department.get_or_insert(cell.text);
            }
            Column::Detail => {
                let detail = (heading(), cell.text);
                if !self.details.contains(&detail) {
                    self.details.push(detail);
                }
            }
            // № 3 says nothing; （再掲） does.
            Column::Number if cell.text.chars().any(char::is_alphabetic) => self.details.push((heading(), cell.text)),
            Column::Level(_)
            | Column::Number
            | Column::Indicator
            | Column::GoalTarget
            | Column::Section
            | Column::Skip => {}
        }
    }
}
