//! The rows of tables, from top to bottom: headings, indicators with their figures, and what does not count.

use std::collections::{BTreeMap, BTreeSet};

use shirube_domain::{
    calendar::FiscalYear,
    quantity::Amount,
    strategy::{Level, LevelKind},
    text::{Bilingual, is_dash},
};

use super::{
    Column, Confidence, Layout, Notes, Part, RowKind, Subject,
    headings::{self, Style, folded, kind_name},
    meaning::Statement,
    tables::{self, Facts, Head, Table, place, row_place},
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
    parts: BTreeSet<Part>,
}

/// What a row says, in the order of the document.
enum Event {
    /// A heading.
    Heading { key: Key, number: String, title: String, text: String },
    /// Names in the columns of levels, from the first column that says one; and what hangs on the last of them.
    Names { names: Vec<Option<Placed>>, marked: Vec<bool>, entry: Option<Box<Entry>> },
}

/// What tells headings of one level from those of another.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Key {
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
        let over = over(sheet);
        Rows { sheet, tables: &tables, corrections, notes, it: &mut it, events: &mut events, over, goal_targets: None }
            .read();
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
    Tree { stack: Vec::new(), it: &mut it }.grow(events, &level_heads, corrections, notes);
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

/// Reads the rows of a sheet.
struct Rows<'a, 'n> {
    sheet: &'a Sheet,
    tables: &'a [Table],
    corrections: &'a Layout,
    notes: &'n mut Notes,
    it: &'n mut Read,
    events: &'n mut Vec<Event>,
    /// The cells that are one with a cell above, and that cell.
    over: BTreeMap<(u32, u32), (u32, u32)>,
    /// Whether a line said that what follows are 数値目標, or that it is not.
    goal_targets: Option<bool>,
}

/// How many cells that are one with others are known.
const OVER: usize = 100_000;

/// The cells of a sheet that are one with a cell above.
fn over(sheet: &Sheet) -> BTreeMap<(u32, u32), (u32, u32)> {
    let rows = sheet.rows();
    let tall = sheet.merged.iter().filter(|area| area.first.0 < area.last.0);
    let below = tall.flat_map(|area| {
        let from = rows.partition_point(|row| *row <= area.first.0);
        let to = rows.partition_point(|row| *row <= area.last.0);
        rows[from..to].iter().map(|row| ((*row, area.first.1), area.first))
    });
    below.take(OVER).collect()
}

/// The indicator whose rows are being read.
struct Open {
    names: Vec<Option<Placed>>,
    marked: Vec<bool>,
    entry: Entry,
}

impl Rows<'_, '_> {
    fn read(&mut self) {
        let rows = self.sheet.rows();
        let mut open: Option<Open> = None;
        let mut left: Option<u32> = None;
        for (at, row) in rows.iter().copied().enumerate() {
            if self.tables.iter().any(|table| (table.headings..table.body).contains(&row)) {
                self.close(&mut open);
                continue;
            }
            let table = self.tables.iter().rfind(|table| table.body <= row);
            let cells: Vec<(u32, String)> = self.cells(row);
            let said = self.corrections.rows.get(&row_place(self.sheet, row)).copied();
            match said {
                Some(RowKind::Skip) => continue,
                Some(RowKind::Heading(level)) => {
                    self.close(&mut open);
                    let text = cells.first().map_or_else(String::new, |(_, text)| text.clone());
                    let (number, title) =
                        headings::marked(&text).map_or((String::new(), text.clone()), |of| (of.number, of.title));
                    self.events.push(Event::Heading { key: Key::Level(level), number, title, text });
                    continue;
                }
                Some(RowKind::Headings | RowKind::Figures) | None => {}
            }
            if said.is_none() && (is_count(&cells) || self.is_note(&cells, row)) {
                self.close(&mut open);
                continue;
            }
            if said.is_none()
                && let Some(event) = heading(table, &cells)
            {
                self.goal_targets = None;
                self.close(&mut open);
                let at = place(self.sheet, (row, cells[0].0));
                let because = Bilingual::new("番号の付いた見出しです", "a numbered heading");
                let Event::Heading { text, .. } = &event else { continue };
                self.notes.guess(at, Subject::Row, text, Confidence::Likely, because);
                self.events.push(event);
                continue;
            }
            // Behind a gap, words where figures stood are the headings of something that is not known.
            let gap = at > 0 && rows[at - 1] + 1 < row;
            if said.is_none() && gap && table.is_some_and(|table| table.is_left_by(&cells)) {
                self.close(&mut open);
                left = table.map(|table| table.headings);
            }
            match table {
                Some(table) if left == Some(table.headings) => self.rest(table, row),
                Some(table) => self.row(table, row, &mut open),
                None if at >= 3 || !is_title(&cells) => self.aside(row, &cells),
                None => {}
            }
        }
        self.close(&mut open);
    }

    fn cells(&self, row: u32) -> Vec<(u32, String)> {
        let cells = self.sheet.cells.range((row, 0)..=(row, u32::MAX));
        cells.map(|((_, column), value)| (*column, value.to_string().trim().to_owned())).collect()
    }

    /// Keeps a line that says something about the whole: ※, 出典.
    fn is_note(&mut self, cells: &[(u32, String)], row: u32) -> bool {
        let Some((column, text)) = cells.first().filter(|_| cells.len() == 1) else { return false };
        let starts =
            ["※", "＊", "注", "(注", "（注", "出典", "資料：", "備考"].iter().any(|word| text.starts_with(word));
        if starts {
            let at = place(self.sheet, (row, *column));
            self.notes.guess(
                at,
                Subject::Row,
                text,
                Confidence::Likely,
                Bilingual::new("注記です", "a note on the whole"),
            );
            self.it.notes.push(text.clone());
        }
        starts
    }

    /// A line outside of every table.
    fn aside(&mut self, row: u32, cells: &[(u32, String)]) {
        if let [(_, text)] = cells
            && let Some(goals) = of_goals(text)
        {
            self.goal_targets = Some(goals);
            return;
        }
        for (column, text) in cells {
            if !is_title(&[(*column, text.clone())]) {
                let because = Bilingual::new("表の外にあります", "it stands outside of every table");
                self.notes.unread(place(self.sheet, (row, *column)), text, because);
            }
        }
    }

    fn row(&mut self, table: &Table, row: u32, open: &mut Option<Open>) {
        let text = |at: u32| self.sheet.text((row, at));
        let placed = |at: u32| {
            Some(Placed { at: place(self.sheet, (row, at)), text: text(at) }).filter(|of| !of.text.is_empty())
        };
        let levels = table.levels();
        let names: Vec<Option<Placed>> = levels.iter().map(|at| placed(*at)).collect();
        let marked: Vec<bool> = levels.iter().map(|at| table.columns[at].marked).collect();
        let label_at = table.first(Column::Indicator).or_else(|| table.first(Column::GoalTarget));
        let label = label_at.and_then(placed);
        let section = table.first(Column::Section).map(text).and_then(|text| headings::part(&text));
        let figures = table.columns.iter().any(|(at, head)| {
            matches!(
                head.column,
                Column::Figures(_) | Column::Year(..) | Column::Baseline | Column::Target | Column::Total
            ) && !text(*at).is_empty()
        });
        if let Some(Placed { at, text }) = &label
            && !figures
            && self.cells(row).iter().filter(|(_, text)| !text.is_empty()).count() == 1
            && self.is_aside(at, text)
        {
            return self.close(open);
        }
        if label.is_none() && section.is_none() && !figures {
            self.close(open);
            if names.iter().any(Option::is_some) {
                return self.events.push(Event::Names { names, marked, entry: None });
            }
            return self.rest(table, row);
        }
        let goes_on = open.as_ref().is_some_and(|open| {
            let same = |one: &Option<Placed>, other: &Option<Placed>| match (one, other) {
                (Some(one), Some(other)) => folded(&one.text) == folded(&other.text),
                (None, _) => true,
                (Some(_), None) => false,
            };
            let alike = same(&label, &Some(open.entry.label.clone()))
                && names.len() == open.names.len()
                && names.iter().zip(&open.names).all(|(one, other)| one.is_none() || same(one, other));
            match section {
                Some(part) => alike && !open.entry.parts.contains(&part),
                // Two rows without a word: targets, then actuals.
                None => {
                    open.entry.parts.is_empty() && table.has_figures() && table.holds_figures_alone(&self.cells(row))
                }
            }
        });
        if !goes_on {
            let above = open.as_ref().map(|open| open.entry.label.text.clone());
            self.close(open);
            let label = label.clone().or_else(|| self.continued(table, row, above?));
            let entry = Entry {
                at: label.as_ref().map_or_else(|| row_place(self.sheet, row), |label| label.at.clone()),
                goal_target: match self.goal_targets {
                    Some(goals) => goals,
                    None => label_at.is_some_and(|at| table.columns[&at].column == Column::GoalTarget),
                },
                label: label.unwrap_or_default(),
                ..Entry::default()
            };
            *open = Some(Open { names, marked, entry });
        }
        let Some(open) = open else { return };
        let unsaid = section.is_none() && goes_on;
        if unsaid {
            open.entry.become_pair();
            let because = Bilingual::new(
                "2行で1組の上を目標値、下を実績値としました",
                "of a pair of rows the first is taken for targets",
            );
            self.notes.guess(row_place(self.sheet, row), Subject::Row, "実績値", Confidence::Unsure, because);
        }
        open.entry.parts.extend(section);
        let part = section.unwrap_or(Part::Actual);
        for (at, head) in &table.columns {
            // What is one cell for several rows is said of each.
            let shared = || {
                let of_rows = matches!(
                    head.column,
                    Column::Department | Column::Detail | Column::Remark | Column::Year(Part::Grade, _)
                );
                let first = self.over.get(&(row, *at)).filter(|_| of_rows)?;
                Some(Placed { at: place(self.sheet, *first), text: self.sheet.text(*first) })
                    .filter(|of| !of.text.is_empty())
            };
            if let Some(cell) = placed(*at).or_else(shared) {
                open.entry.cell(head, cell, part);
            }
        }
        // A row may be of rates or grades.
        let word = || table.first(Column::Section).map(text);
        match section {
            Some(Part::Rate) => self.it.headings.rate = self.it.headings.rate.take().or_else(word),
            Some(Part::Grade) => self.it.headings.grade = self.it.headings.grade.take().or_else(word),
            _ => {}
        }
        if section == Some(Part::Target)
            || unsaid
            || table.columns.values().any(|head| matches!(head.column, Column::Year(Part::Target, Some(_))))
        {
            self.it.yearly_targets = true;
        }
    }

    /// A line of one text that is no indicator: what the indicators below it are, or something that is not known.
    fn is_aside(&mut self, at: &str, text: &str) -> bool {
        match of_goals(text) {
            Some(goals) => self.goal_targets = Some(goals),
            None => {
                let said = Statement::read(text);
                if said.target.is_some() || said.reason.is_some() {
                    return false;
                }
                let because = Bilingual::new(
                    "見出しとも指標とも分かりません",
                    "it is not known whether it is a heading or an indicator",
                );
                self.notes.unread(at, text, because);
            }
        }
        true
    }

    /// The label of a row that has none but more to say: 女性 below 健康寿命 and 男性.
    fn continued(&mut self, table: &Table, row: u32, above: String) -> Option<Placed> {
        let figures =
            table.columns.iter().find(|(_, head)| matches!(head.column, Column::Figures(_) | Column::Year(..)))?;
        let words: Vec<String> = table
            .columns
            .range(..figures.0)
            .filter(|(_, head)| head.column == Column::Detail)
            .map(|(at, _)| self.sheet.text((row, *at)))
            .filter(|text| !text.is_empty())
            .collect();
        let (at, words) = (row_place(self.sheet, row), words.join("・"));
        let text = if words.is_empty() { above } else { format!("{above}（{words}）") };
        let because = Bilingual::new(
            "名称がないので、上の指標の続きとしました",
            "it has no label, and is taken to go on with the one above",
        );
        self.notes.guess(&at, Subject::Statement, &text, Confidence::Unsure, because);
        Some(Placed { at, text })
    }

    /// A row that holds nothing but what goes with an indicator.
    fn rest(&mut self, table: &Table, row: u32) {
        for (at, text) in self.cells(row) {
            let counted = table.columns.get(&at).is_some_and(|head| head.column == Column::Skip);
            if !text.is_empty() && !counted {
                let because =
                    Bilingual::new("どの指標のものか分かりません", "it is not known to which indicator it belongs");
                self.notes.unread(place(self.sheet, (row, at)), text, because);
            }
        }
    }

    fn close(&mut self, open: &mut Option<Open>) {
        if let Some(Open { names, marked, entry }) = open.take() {
            self.events.push(Event::Names { names, marked, entry: Some(Box::new(entry)) });
        }
    }
}

impl Table {
    /// Whether what stands in a row are figures, and nothing that tells it from the row above.
    fn holds_figures_alone(&self, cells: &[(u32, String)]) -> bool {
        cells.iter().filter(|(_, text)| !text.is_empty()).all(|(at, _)| {
            let column = self.columns.get(at).map(|head| head.column);
            matches!(column, None | Some(Column::Figures(_) | Column::Total | Column::Remark | Column::Skip))
        })
    }

    /// Whether a row holds words alone, some of them where figures stand.
    fn is_left_by(&self, cells: &[(u32, String)]) -> bool {
        let mut told = cells.iter().filter(|(_, text)| !text.is_empty()).peekable();
        let words = |text: &str| !text.contains(|c: char| c.is_numeric()) && !text.chars().all(is_dash);
        let figures = |at: &u32| {
            let column = self.columns.get(at).map(|head| head.column);
            matches!(
                column,
                Some(Column::Figures(_) | Column::Year(..) | Column::Baseline | Column::Target | Column::Unit)
            )
        };
        told.peek().is_some()
            && told.clone().count() > 1
            && told.clone().all(|(_, text)| words(text) && text.chars().count() < 20)
            && told.filter(|(at, _)| figures(at)).count() > 1
    }

    /// Whether a row has figures of which only the row can say what they are.
    fn has_figures(&self) -> bool {
        self.columns.values().any(|head| matches!(head.column, Column::Figures(_)))
    }
}

/// Whether a line says that what follows are 数値目標, or KPI.
fn of_goals(text: &str) -> Option<bool> {
    let word = folded(text).to_uppercase();
    match word.trim_matches(|c: char| "【】[]〔〕■◆●○・()".contains(c)) {
        "数値目標" => Some(true),
        "KPI" | "重要業績評価指標" | "重要業績評価指標(KPI" => Some(false),
        _ => None,
    }
}

/// Whether a row counts: 小計（事業数：9、ＫＰＩ数：8）.
fn is_count(cells: &[(u32, String)]) -> bool {
    let counts = |text: &str| {
        let text = folded(text);
        ["小計", "合計", "総計"].iter().any(|word| text.starts_with(word)) || text == "計" || text.contains("事業数:")
    };
    cells.first().is_some_and(|(_, text)| counts(text))
}

/// Whether a row is part of a title.
fn is_title(cells: &[(u32, String)]) -> bool {
    cells.iter().any(|(_, text)| {
        text.contains("現在")
            || text.contains("戦略")
            || text.contains("計画")
            || text.contains("KPI")
            || text.contains("ＫＰＩ")
            || text.starts_with(['【', '#'])
    })
}

/// A row that is nothing but a numbered heading, with or without something beside it that is no figure.
fn heading(table: Option<&Table>, cells: &[(u32, String)]) -> Option<Event> {
    let (column, text) = cells.first()?;
    // 基本目標2 and its title in two cells.
    if let [(_, number), (_, title)] = cells
        && headings::marked(number).is_none()
        && headings::marked(title).is_none()
        && Amount::parse(title).is_none()
    {
        let text = format!("{number}　{title}");
        let marked = headings::marked(&text).filter(|of| of.style == Style::Word && of.title == title.trim())?;
        return Some(Event::Heading {
            key: Key::Style(marked.style, marked.word),
            number: marked.number,
            title: marked.title,
            text,
        });
    }
    let marked = headings::marked(text)?;
    let goal = marked.style == Style::Word;
    let alone = match table {
        Some(table) => {
            let of = |at: &u32| table.columns.get(at).map(|head| head.column);
            // A name in a column of names that are all numbered is one of them.
            let named = matches!(of(column), Some(Column::Level(_))) && table.columns[column].marked;
            let beside =
                cells.iter().skip(1).all(|(at, _)| matches!(of(at), None | Some(Column::Skip | Column::Remark)));
            beside && (goal || !named)
        }
        None => goal || cells.len() == 1,
    };
    alone.then(|| Event::Heading {
        key: Key::Style(marked.style, marked.word),
        number: marked.number,
        title: marked.title,
        text: text.clone(),
    })
}

impl Entry {
    /// Whether another sheet tells other years of the same indicator.
    fn goes_on_in(&self, other: &Self) -> bool {
        let sheet = |of: &Self| of.at.rsplit_once('!').map(|(sheet, _)| sheet.to_owned());
        !self.label.text.is_empty()
            && folded(&self.label.text) == folded(&other.label.text)
            && sheet(self) != sheet(other)
            && self.goal_target == other.goal_target
            && self.figures.keys().all(|key| !other.figures.contains_key(key))
    }

    /// What was read as actuals are the targets of a pair of rows.
    fn become_pair(&mut self) {
        let targets = std::mem::take(&mut self.figures);
        self.figures = targets.into_iter().map(|((_, year), text)| ((Part::Target, year), text)).collect();
        self.totals = [self.totals[1].take(), None];
        self.parts = BTreeSet::from([Part::Target, Part::Actual]);
    }

    /// Adds what another sheet tells of it. What both tell stays as it was, but for a remark, which is the last one.
    fn add(&mut self, other: Self) {
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

    fn cell(&mut self, head: &Head, cell: Placed, part: Part) {
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

/// Grows the tree of a plan out of what the rows say.
struct Tree<'r> {
    /// The way to where the next thing hangs: an index for each node, and its level.
    stack: Vec<(usize, usize)>,
    it: &'r mut Read,
}

impl Tree<'_> {
    fn grow(mut self, events: Vec<Event>, level_heads: &[Head], corrections: &Layout, notes: &mut Notes) {
        // How deep headings go is known only at the end.
        let mut deepest = 0;
        let mut keys: Vec<(Key, usize)> = Vec::new();
        let mut depth_now = 0;
        for event in &events {
            if let Event::Heading { key, .. } = event {
                let known = keys.iter().find(|(of, _)| of == key).map(|(_, depth)| *depth);
                let depth = known.unwrap_or_else(|| match key {
                    Key::Level(level) => usize::from(*level) - 1,
                    Key::Style(Style::Word, Some(word))
                        if headings::level(word).is_some_and(|(_, kind)| kind == LevelKind::Goal) =>
                    {
                        0
                    }
                    Key::Style(..) => depth_now,
                });
                if known.is_none() {
                    keys.push((key.clone(), depth));
                }
                depth_now = depth + 1;
                deepest = deepest.max(depth_now);
            }
        }
        self.it.levels = corrections.levels.clone().unwrap_or_else(|| levels(&keys, deepest, level_heads, notes));
        for event in events {
            match event {
                Event::Heading { key, number, title, text } => {
                    let depth = keys.iter().find(|(of, _)| *of == key).map_or(0, |(_, depth)| *depth);
                    self.enter(depth, Some(number).filter(|number| !number.is_empty()), title, text);
                }
                Event::Names { names, marked, entry } => {
                    self.names(deepest, names, &marked);
                    if let Some(entry) = entry {
                        self.hang(*entry, notes);
                    }
                }
            }
        }
    }

    fn names(&mut self, deepest: usize, names: Vec<Option<Placed>>, marked: &[bool]) {
        // A name that stands again is the same place, as long as nothing above it was said anew.
        let mut anew = false;
        for (at, name) in names.into_iter().enumerate() {
            let level = deepest + at;
            let Some(name) = name.filter(|name| !name.text.chars().all(is_dash)) else { continue };
            let here = self.stack.iter().position(|(_, of)| *of == level);
            if !anew && here.is_some_and(|depth| self.node(depth).text == name.text) {
                continue;
            }
            anew = true;
            let title = super::meaning::joined(&name.text);
            let split = headings::marked(&title)
                .filter(|of| marked[at] || !matches!(of.style, Style::Plain | Style::Letter | Style::Parts(_)));
            let (number, title) = split.map_or((None, title), |of| (Some(of.number), of.title));
            self.enter(level, number, title, name.text);
        }
    }

    /// Goes to a node of a level: a new one, unless one beside it is called the same, on an earlier page or sheet.
    fn enter(&mut self, level: usize, number: Option<String>, title: String, text: String) {
        self.leave(level);
        let siblings = self.siblings();
        let there = siblings.iter().position(|of| of.level == level && of.number == number && of.title == title);
        let at = there.unwrap_or_else(|| {
            siblings.push(Node { level, number, title, text, ..Node::default() });
            siblings.len() - 1
        });
        self.stack.push((at, level));
    }

    /// Leaves a level and all below it.
    fn leave(&mut self, level: usize) {
        self.stack.retain(|(_, of)| *of < level);
    }

    fn node(&mut self, depth: usize) -> &mut Node {
        let mut nodes = &mut self.it.roots;
        for (at, _) in &self.stack[..depth] {
            nodes = &mut nodes[*at].children;
        }
        &mut nodes[self.stack[depth].0]
    }

    fn siblings(&mut self) -> &mut Vec<Node> {
        match self.stack.len() {
            0 => &mut self.it.roots,
            depth => &mut self.node(depth - 1).children,
        }
    }

    fn hang(&mut self, entry: Entry, notes: &mut Notes) {
        if self.stack.is_empty() {
            let because = Bilingual::new(
                "見出しがないので、全体の下に置きました",
                "there is no heading above it; it hangs below the whole",
            );
            notes.guess(&entry.at, Subject::Levels, kind_name(LevelKind::Goal), Confidence::Unsure, because);
            if self.it.levels.is_empty() {
                self.it.levels.push(Level { name: kind_name(LevelKind::Goal).to_owned(), kind: LevelKind::Goal });
            }
            self.enter(0, None, "全体".to_owned(), String::new());
        }
        let depth = self.stack.len() - 1;
        let entries = &mut self.node(depth).entries;
        // A sheet for each year says more of the same indicators.
        match entries.iter_mut().find(|of| of.goes_on_in(&entry)) {
            Some(before) => before.add(entry),
            None => entries.push(entry),
        }
    }
}

/// The levels of a plan: those of its headings, then those of its columns.
fn levels(keys: &[(Key, usize)], deepest: usize, columns: &[Head], notes: &mut Notes) -> Vec<Level> {
    let of_columns: Vec<Level> = columns
        .iter()
        .map(|head| {
            let (name, kind) = headings::level(&head.text).unwrap_or_else(|| (head.text.clone(), LevelKind::Other));
            Level { name, kind }
        })
        .collect();
    let worded = |depth: usize| {
        keys.iter().find_map(|(key, of)| match key {
            Key::Style(_, Some(word)) if *of == depth => headings::level(word).map(|(name, kind)| Level { name, kind }),
            _ => None,
        })
    };
    let named: Vec<Option<Level>> = (0..deepest).map(worded).collect();
    // What no word names lies between what is named: goals above, programs below.
    let unnamed = named.iter().skip(1).filter(|level| level.is_none()).count();
    let between: &[LevelKind] = match unnamed {
        0 | 1 => &[LevelKind::Measure],
        _ => &[LevelKind::Direction, LevelKind::Measure],
    };
    let mut between = between.iter().copied();
    let of_headings = named.into_iter().enumerate().map(|(depth, level)| {
        level.unwrap_or_else(|| {
            let kind = if depth == 0 { LevelKind::Goal } else { between.next().unwrap_or(LevelKind::Other) };
            Level { name: kind_name(kind).to_owned(), kind }
        })
    });
    let levels: Vec<Level> = of_headings.chain(of_columns).collect();
    if !levels.is_empty() {
        let names: Vec<&str> = levels.iter().map(|level| level.name.as_str()).collect();
        let confidence = if unnamed == 0 { Confidence::Likely } else { Confidence::Unsure };
        let because = Bilingual::new(
            "見出しの番号の付け方と列の見出しから",
            "by how headings are numbered, and by the headings of columns",
        );
        notes.guess("", Subject::Levels, names.join(" > "), confidence, because);
    }
    levels
}
