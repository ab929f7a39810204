//! The rows of a sheet, from top to bottom: headings, indicators with their figures, and what does not count.

use std::collections::BTreeMap;

use shirube_domain::{
    quantity::Amount,
    text::{Bilingual, is_dash},
};

use super::{
    Column, Confidence, Layout, Notes, Part, RowKind, Subject,
    entries::{Entry, Event, Key, Placed, Read},
    headings::{self, Style, folded},
    meaning::Statement,
    tables::{Table, place, row_cells, row_place},
};
use crate::book::Sheet;

/// Reads the rows of a sheet.
pub(super) struct Rows<'a, 'n> {
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
    /// Whether that line stood outside of tables, and none has begun since.
    goals_said: bool,
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

impl<'a, 'n> Rows<'a, 'n> {
    pub(super) fn new(
        sheet: &'a Sheet,
        tables: &'a [Table],
        corrections: &'a Layout,
        notes: &'n mut Notes,
        it: &'n mut Read,
        events: &'n mut Vec<Event>,
    ) -> Self {
        Self { sheet, tables, corrections, notes, it, events, over: over(sheet), goal_targets: None, goals_said: false }
    }

    pub(super) fn read(&mut self) {
        let rows = self.sheet.rows();
        let mut open: Option<Open> = None;
        let mut left: Option<u32> = None;
        for (at, row) in rows.iter().copied().enumerate() {
            if let Some(table) = self.tables.iter().find(|table| (table.headings..table.body).contains(&row)) {
                self.close(&mut open);
                // A line counts for the table below it, and for what follows the line in a table.
                if table.headings == row && !std::mem::take(&mut self.goals_said) {
                    self.goal_targets = None;
                }
                continue;
            }
            let table = self.tables.iter().rfind(|table| table.body <= row);
            let cells: Vec<(u32, String)> = row_cells(self.sheet, row).collect();
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
                Some(table) => self.row(table, row, &cells, &mut open),
                None if at >= 3 || !is_title(&cells) => self.aside(row, &cells),
                None => {}
            }
        }
        self.close(&mut open);
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
            (self.goal_targets, self.goals_said) = (Some(goals), true);
            return;
        }
        for (column, text) in cells {
            if !is_title(&[(*column, text.clone())]) {
                let because = Bilingual::new("表の外にあります", "it stands outside of every table");
                self.notes.unread(place(self.sheet, (row, *column)), text, because);
            }
        }
    }

    fn row(&mut self, table: &Table, row: u32, cells: &[(u32, String)], open: &mut Option<Open>) {
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
            && self.corrections.rows.get(&row_place(self.sheet, row)) != Some(&RowKind::Figures)
            && cells.len() == 1
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
                None => open.entry.parts.is_empty() && table.has_figures() && table.holds_figures_alone(cells),
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
        for (at, text) in row_cells(self.sheet, row) {
            let counted = table.columns.get(&at).is_some_and(|head| head.column == Column::Skip);
            if !counted {
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
        cells.iter().all(|(at, _)| {
            let column = self.columns.get(at).map(|head| head.column);
            matches!(column, None | Some(Column::Figures(_) | Column::Total | Column::Remark | Column::Skip))
        })
    }

    /// Whether a row holds words alone, some of them where figures stand.
    fn is_left_by(&self, cells: &[(u32, String)]) -> bool {
        let words = |text: &str| !text.contains(|c: char| c.is_numeric()) && !text.chars().all(is_dash);
        let figures = |at: &u32| {
            let column = self.columns.get(at).map(|head| head.column);
            matches!(
                column,
                Some(Column::Figures(_) | Column::Year(..) | Column::Baseline | Column::Target | Column::Unit)
            )
        };
        cells.len() > 1
            && cells.iter().all(|(_, text)| words(text) && text.chars().count() < 20)
            && cells.iter().filter(|(at, _)| figures(at)).count() > 1
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
