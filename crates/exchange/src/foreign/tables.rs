//! Where the tables of a workbook are, and what their columns hold.

use std::collections::{BTreeMap, BTreeSet};

use shirube_domain::{
    calendar::{Era, FiscalYear},
    quantity::Amount,
    strategy::TargetReading,
    text::{Bilingual, is_dash},
};

use super::{
    Column, Confidence, Layout, Notes, Part, RowKind, Subject,
    headings::{self, folded},
    meaning,
};
use crate::book::{Sheet, Value, cell_name, column_name};

/// How many tables a sheet may have, and how many columns a table.
const TABLES: usize = 300;
const COLUMNS: usize = 200;

/// The sheets that are shown, without the cells that hold no result; both are told.
pub(super) fn shown(mut sheets: Vec<Sheet>, notes: &mut Notes) -> Vec<Sheet> {
    sheets.retain_mut(|sheet| {
        if sheet.hidden {
            let because = Bilingual::new("非表示のシートです", "the sheet is hidden");
            notes.unread(sheet.name.clone(), String::new(), because);
            return false;
        }
        let broken = |value: &Value| matches!(value, Value::Fault(_) | Value::Uncomputed);
        let without: Vec<_> = sheet.cells.iter().filter(|(_, value)| broken(value)).map(|(at, _)| *at).collect();
        for at in without {
            let because = Bilingual::new("計算結果がありません", "the formula has no result");
            notes.unread(place(sheet, at), sheet.text(at), because);
            sheet.cells.remove(&at);
        }
        true
    });
    sheets
}

/// The place of a cell: 集計表!B3.
pub(super) fn place(sheet: &Sheet, at: (u32, u32)) -> String {
    format!("{}!{}", sheet.name, cell_name(at))
}

/// The place of a row: 集計表!3.
pub(super) fn row_place(sheet: &Sheet, row: u32) -> String {
    format!("{}!{}", sheet.name, u64::from(row) + 1)
}

/// A table: the rows of its headings, and its columns.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) headings: u32,
    /// The first row below them.
    pub(super) body: u32,
    pub(super) columns: BTreeMap<u32, Head>,
}

/// What stands above a column, and what it holds.
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub(super) column: Column,
    pub(super) text: String,
    /// Whether the names in it are numbered.
    pub(super) marked: bool,
    /// The period that it names for what stands below.
    pub(super) period: Option<String>,
    /// Whether somebody said what it holds.
    said: bool,
    /// Whether it is the one that holds it, where several could.
    chosen: bool,
}

impl Table {
    /// The fiscal years of which it has results.
    fn result_years(&self) -> BTreeSet<FiscalYear> {
        let year = |head: &Head| match head.column {
            Column::Figures(year) | Column::Year(Part::Actual, Some(year)) => Some(year),
            _ => None,
        };
        self.columns.values().filter_map(year).collect()
    }

    pub(super) fn first(&self, of: Column) -> Option<u32> {
        self.columns.iter().find(|(_, head)| head.column == of).map(|(at, _)| *at)
    }

    /// The columns that hold names of the plan, from the top level.
    pub(super) fn levels(&self) -> Vec<u32> {
        let levels = self.columns.iter().filter_map(|(at, head)| match head.column {
            Column::Level(level) => Some((level, *at)),
            _ => None,
        });
        levels.collect::<BTreeMap<_, _>>().into_values().collect()
    }
}

/// The text above a column: of a cell that reaches over it, too.
fn above(sheet: &Sheet, at: (u32, u32)) -> String {
    let own = sheet.text(at);
    if !own.is_empty() {
        return own;
    }
    let over = sheet.merged.iter().find(|area| area.holds(at) && area.first.0 == at.0);
    over.map(|area| sheet.text(area.first)).unwrap_or_default()
}

/// The cells of a row that say something, without the blanks around it.
pub(super) fn row_cells(sheet: &Sheet, row: u32) -> impl Iterator<Item = (u32, String)> {
    let cells = sheet.cells.range((row, 0)..=(row, u32::MAX));
    cells
        .map(|((_, column), value)| (*column, value.to_string().trim().to_owned()))
        .filter(|(_, text)| !text.is_empty())
}

/// How many cells of a row hold words that stand above columns, and how many there are; `None` where one holds what stands in a
/// table: a figure, a dash, a sentence, a target, or more letters than a heading has.
fn heading_words(sheet: &Sheet, row: u32, letters: usize, known: impl Fn(&str) -> bool) -> Option<(usize, usize)> {
    let (mut words, mut all) = (0, 0);
    for (_, text) in row_cells(sheet, row) {
        let known = known(&text);
        let inside = (!known && Amount::parse(&text).is_some())
            || text.chars().all(is_dash)
            || text.chars().count() > letters
            || text.contains(['→', '⇒', '。']);
        if inside {
            return None;
        }
        words += usize::from(known);
        all += 1;
    }
    Some((words, all))
}

/// Whether the words of a row stand above columns.
fn is_heading(sheet: &Sheet, row: u32, era: Era) -> bool {
    let known = |text: &str| headings::year(text, era).is_some() || headings::column(text).is_some();
    heading_words(sheet, row, 40, known).is_some_and(|(known, all)| known >= 3 && known * 2 >= all)
}

/// Whether a row below headings tells their columns further apart.
fn is_second(sheet: &Sheet, row: u32, era: Era) -> bool {
    let known = |text: &str| {
        headings::year(text, era).is_some()
            || headings::part(text).is_some()
            || matches!(folded(text).as_str(), "値" | "年度" | "時点" | "数値" | "時期")
    };
    heading_words(sheet, row, 20, known).is_some_and(|(known, all)| known >= 2 && known * 2 >= all)
}

/// How many rows of headings may stand above each other.
const HEADING_ROWS: usize = 3;

/// The tables of a sheet.
pub(super) fn find(sheet: &Sheet, corrections: &Layout, era: Era, notes: &mut Notes) -> Vec<Table> {
    let rows = sheet.rows();
    let kind = |row: u32| corrections.rows.get(&row_place(sheet, row)).copied();
    let mut starts: Vec<(u32, u32)> = Vec::new();
    let mut at = 0;
    while at < rows.len() {
        let row = rows[at];
        let heads = match kind(row) {
            Some(RowKind::Headings) => true,
            Some(_) => false,
            None => is_heading(sheet, row, era),
        };
        at += 1;
        if heads {
            let mut last = row;
            while at < rows.len()
                && rows[at] == last + 1
                && (last - row) as usize + 1 < HEADING_ROWS
                && kind(rows[at]).is_none_or(|kind| kind == RowKind::Headings)
                && is_second(sheet, rows[at], era)
            {
                last = rows[at];
                at += 1;
            }
            starts.push((row, last));
        }
    }
    let ends = starts.iter().skip(1).map(|(row, _)| *row).chain([u32::MAX]);
    let bounds: Vec<_> = starts.iter().copied().zip(ends).collect();
    if bounds.len() > TABLES {
        let because = Bilingual::new(
            format!("表は{TABLES}までです。これより下は読んでいません"),
            format!("a sheet may hold {TABLES} tables; what stands below was not read"),
        );
        notes.unread(row_place(sheet, bounds[TABLES].0.0), String::new(), because);
    }
    bounds
        .into_iter()
        .take(TABLES)
        .map(|((first, last), end)| {
            let below = |row: u32| rows.partition_point(|at| *at < row);
            let body = &rows[below(last + 1)..below(end)];
            table(sheet, (first, last), body, corrections, era, notes)
        })
        .collect()
}

fn table(
    sheet: &Sheet,
    (first, last): (u32, u32),
    body: &[u32],
    corrections: &Layout,
    era: Era,
    notes: &mut Notes,
) -> Table {
    let said = corrections.tables.iter().find(|of| of.headings == row_place(sheet, first));
    let bottom = body.last().copied().unwrap_or(last);
    let cells = sheet.cells.range((first, 0)..=(bottom, u32::MAX));
    let used: BTreeSet<u32> = cells.map(|((_, column), _)| *column).collect();
    let mut columns = BTreeMap::new();
    let (mut levels, mut left) = (0, vec![String::new(); (last - first) as usize + 1]);
    if let Some(beyond) = used.iter().nth(COLUMNS) {
        let because = Bilingual::new(
            format!("列は{COLUMNS}までです。これより右は読んでいません"),
            format!("a table may have {COLUMNS} columns; what stands further right was not read"),
        );
        notes.unread(place(sheet, (first, *beyond)), String::new(), because);
    }
    for at in used.into_iter().take(COLUMNS) {
        let text = stacked(sheet, (first, last), at, &mut left);
        let cells: Vec<String> =
            body.iter().map(|row| sheet.text((*row, at))).filter(|text| !text.is_empty()).collect();
        let named = said.and_then(|of| of.columns.get(&column_name(at)).copied());
        let (column, confidence) = match named {
            Some(column) => (column, Confidence::Sure),
            None => guess(&text, &cells, era),
        };
        let column = match column {
            Column::Level(_) if named.is_none() => {
                levels += 1;
                Column::Level(levels)
            }
            other => other,
        };
        if cells.is_empty() && text.is_empty() {
            continue;
        }
        let marked = numbered(sheet, body, at);
        columns.insert(at, Head { column, text, marked, period: None, said: named.is_some(), chosen: true });
        if named.is_none() && column == Column::Skip {
            for row in body.iter().filter(|row| sheet.cells.contains_key(&(**row, at))) {
                let because = Bilingual::new("列に見出しがありません", "its column has no heading");
                notes.unread(place(sheet, (*row, at)), sheet.text((*row, at)), because);
            }
        } else if named.is_none() && confidence < Confidence::Sure {
            let head = &columns[&at];
            let because = Bilingual::new(
                format!("見出し「{}」と中の値から", head.text.replace('\n', " ")),
                format!("by its heading “{}” and what stands below", head.text.replace('\n', " ")),
            );
            notes.guess(place(sheet, (first, at)), Subject::Column, column.to_string(), confidence, because);
        }
    }
    let mut table = Table { headings: first, body: last + 1, columns };
    settle(&mut table, era);
    table
}

/// The texts above a column, from the top. In a CSV nothing says how far a heading reaches: to the next one, as long as there is
/// something below.
fn stacked(sheet: &Sheet, (first, last): (u32, u32), at: u32, left: &mut [String]) -> String {
    let own: Vec<String> = (first..=last).map(|row| above(sheet, (row, at))).collect();
    let mut lines: Vec<String> = Vec::new();
    for (line, text) in own.iter().enumerate() {
        let below = own[line + 1..].iter().any(|text| !text.is_empty());
        let reaches = text.is_empty()
            && below
            && own[..line].iter().zip(left.iter()).all(|(own, left)| own.is_empty() || own == left);
        let text = if reaches { left[line].clone() } else { text.clone() };
        if !text.is_empty() && !lines.contains(&text) {
            lines.push(text.clone());
        }
        left[line] = text;
    }
    lines.join("\n")
}

/// What a column holds, by its heading and by what stands in it.
fn guess(text: &str, cells: &[String], era: Era) -> (Column, Confidence) {
    let share = |holds: &dyn Fn(&str) -> bool| {
        let held = cells.iter().filter(|text| holds(text)).count();
        !cells.is_empty() && held * 10 >= cells.len() * 8
    };
    let parts: BTreeSet<Part> = cells.iter().filter_map(|text| headings::part(text)).collect();
    if parts.contains(&Part::Target) && parts.contains(&Part::Actual) && share(&|text| headings::part(text).is_some()) {
        return (Column::Section, Confidence::Sure);
    }
    if let Some((year, part)) = headings::year(text, era) {
        return (part.map_or(Column::Figures(year), |part| Column::Year(part, Some(year))), Confidence::Sure);
    }
    let number = |text: &str| Amount::parse(text).is_some() || text.chars().all(is_dash);
    let told = |text: &str| text.contains(|c: char| c.is_numeric()) || TargetReading::of(text).amount.is_some();
    // 値 and 年度 below 基準値.
    let last = text.lines().last().map(folded).unwrap_or_default();
    let period = text.lines().count() > 1 && matches!(last.as_str(), "年度" | "時点" | "時期" | "年");
    let of_period = text.lines().next().filter(|_| period).and_then(headings::column).and_then(Column::period_of);
    if let Some(of) = of_period {
        return (of, Confidence::Sure);
    }
    let ways = share(&|text| meaning::stated_direction(text).is_some() && text.chars().count() <= 8);
    match headings::column(text) {
        // 方向 names a level of the plan, and which way is better.
        Some(Column::Level(_)) | None if ways && !text.is_empty() => (Column::Direction, Confidence::Likely),
        // 達成度 is a word for both.
        Some(Column::Year(Part::Grade, year)) if share(&number) => (Column::Year(Part::Rate, year), Confidence::Likely),
        Some(Column::Level(_))
            if folded(text) == "目標" && !share(&|text| headings::marked(text).is_some()) && share(&told) =>
        {
            (Column::Target, Confidence::Likely)
        }
        Some(Column::Section)
            if share(&|text| matches!(folded(text).to_lowercase().as_str(), "kpi" | "数値目標" | "実績値の管理")) =>
        {
            (Column::Role, Confidence::Likely)
        }
        Some(Column::Section) if !cells.is_empty() => (Column::Detail, Confidence::Likely),
        Some(column) => (column, Confidence::Sure),
        None if text.is_empty() => (Column::Skip, Confidence::Unsure),
        None => (Column::Detail, Confidence::Likely),
    }
}

/// Whether most names of a column are numbered, in rows that hold more than it.
fn numbered(sheet: &Sheet, body: &[u32], at: u32) -> bool {
    let mut names = BTreeMap::new();
    for row in body {
        let text = sheet.text((*row, at));
        if !text.is_empty() && row_cells(sheet, *row).count() > 1 {
            names.insert(text.clone(), headings::marked(&text).is_some());
        }
    }
    let marked = names.values().filter(|marked| **marked).count();
    marked > 0 && marked * 10 >= names.len() * 8
}

/// What one column says of another.
fn settle(table: &mut Table, era: Era) {
    // A list of indicators may call them by what they hang on: 項目.
    if !table.columns.values().any(|head| head.column.is_label())
        && let Some(last) = table.levels().last()
        && let Some(head) = table.columns.get_mut(last)
    {
        head.column = Column::Indicator;
    }
    choose(table, Column::is_label, label_rank);
    // 現状値 beside 策定時 is a result.
    choose(table, |column| column == Column::Baseline, |text| i32::from(!text.contains("現状")));
    choose(table, |column| column == Column::Target, target_rank);
    let mut seen = BTreeSet::new();
    for head in table.columns.values_mut() {
        head.column = match (head.column, head.chosen) {
            (Column::Skip | Column::Detail | Column::Remark | Column::Level(_) | Column::Number, _) => head.column,
            (column, false) => second(column, &head.text, era),
            (column, true) if column != Column::Target && !seen.insert(column) => Column::Detail,
            (column, true) => column,
        };
    }
    let results = table.result_years();
    settle_targets(table, &results);
    for head in table.columns.values_mut() {
        match head.column {
            Column::Baseline | Column::Target => head.period = headings::period(&head.text, era),
            // A rate without a year is that of the only year with a result.
            Column::Year(part @ (Part::Rate | Part::Grade), None) if results.len() == 1 => {
                head.column = Column::Year(part, results.first().copied());
            }
            _ => {}
        }
    }
}

/// Words for a target that took the place of another.
const REVISED: [&str; 5] = ["見直し", "変更", "改定", "改訂", "修正"];

/// Which of several columns of labels names the indicator: 指標名 before 数値目標 before 指標種別.
fn label_rank(heading: &str) -> i32 {
    if heading.contains("指標名") || heading.contains("名称") {
        3
    } else if ["種別", "区分", "番号", "分類"].iter().any(|word| heading.contains(word)) {
        0
    } else {
        2 - i32::from(heading.contains("数値目標"))
    }
}

/// Which of several columns of targets is in force: the one that was stated last.
fn target_rank(heading: &str) -> i32 {
    if REVISED.iter().any(|word| heading.contains(word)) {
        2
    } else {
        1 - i32::from(heading.contains("中間") || heading.contains("当初"))
    }
}

/// What a column holds beside the one that was chosen before it.
fn second(column: Column, heading: &str, era: Era) -> Column {
    let text = folded(heading);
    match column {
        Column::Baseline if text.contains("現状") => Column::Year(Part::Actual, headings::year_beside(heading, era)),
        Column::Target if text.contains("中間") => match headings::year_beside(heading, era) {
            Some(year) => Column::Year(Part::Target, Some(year)),
            None => Column::Detail,
        },
        // 目標値 beside 目標 says the same with its unit.
        Column::Target if target_rank(&text) == 1 => Column::Target,
        _ => Column::Detail,
    }
}

/// 目標値（R6） beside R2 to R6, or beyond all results, is the target of the plan, and not one of its years.
fn settle_targets(table: &mut Table, results: &BTreeSet<FiscalYear>) {
    let targets: Vec<FiscalYear> = table
        .columns
        .values()
        .filter_map(|head| match head.column {
            Column::Year(Part::Target, year) => year,
            _ => None,
        })
        .collect();
    if table.first(Column::Target).is_some() {
        return;
    }
    let beyond: Vec<FiscalYear> =
        targets.iter().copied().filter(|year| results.last().is_some_and(|last| year > last)).collect();
    for head in table.columns.values_mut() {
        if let Column::Year(Part::Target, Some(year)) = head.column
            && (targets.len() == 1 && results.len() > 1 || beyond == [year])
        {
            head.column = Column::Target;
        }
    }
}

/// Of the columns that hold one thing, leaves the one with the best heading chosen; the first of several.
fn choose(table: &mut Table, of: fn(Column) -> bool, rank: fn(&str) -> i32) {
    let held = table.columns.iter().filter(|(_, head)| of(head.column) && !head.said);
    let best =
        held.clone().max_by_key(|(at, head)| (rank(&folded(&head.text)), std::cmp::Reverse(**at))).map(|(at, _)| *at);
    let other: Vec<u32> = held.map(|(at, _)| *at).filter(|at| Some(*at) != best).collect();
    for at in other {
        if let Some(head) = table.columns.get_mut(&at) {
            head.chosen = false;
        }
    }
}
