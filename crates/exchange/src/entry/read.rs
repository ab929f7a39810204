use std::collections::{BTreeMap, HashMap};

use rust_decimal::Decimal;
use shirube_domain::{
    IndicatorId, NodeId, StrategyId,
    calendar::FiscalYear,
    lint::Subject,
    strategy::{Cell, Content, ObservationStatus},
    text::{Bilingual, normalize},
};
use uuid::Uuid;

use super::{ABOUT, CellRemark, Column, Entered, EntryKey, FORMAT, ROWS, ReadBook, ReadRow, SHEET, STATUSES, Severity};
use crate::book::{self, BookError, Sheet, Value, cell_name};

/// Why a workbook is not read as one of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// It cannot be read at all.
    #[error(transparent)]
    Book(#[from] BookError),
    /// It was not written by this service, or its hidden sheet is gone.
    #[error(
        "this is not an entry workbook of this service, or its hidden sheet is gone; take a new one and copy your figures into it"
    )]
    NotOurs,
    /// The row of headings is gone.
    #[error("the row of headings is gone from the sheet 実績; take a new workbook and copy your figures into it")]
    NoHeadings,
}

impl EntryError {
    /// A word for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Book(error) => error.code(),
            Self::NotOurs => "not_ours",
            Self::NoHeadings => "no_headings",
        }
    }

    /// What is told.
    pub fn text(self) -> Bilingual {
        let ja = match self {
            Self::Book(error) => return error.text(),
            Self::NotOurs => {
                "このシステムの実績入力用ブックではないか、非表示シートが削除されています。ブックを取り直し、値を写してください。"
            }
            Self::NoHeadings => "シート「実績」の見出し行がありません。ブックを取り直し、値を写してください。",
        };
        Bilingual::new(ja, self.to_string())
    }
}

/// Reads a workbook that came back.
pub fn read(bytes: &[u8]) -> Result<ReadBook, EntryError> {
    let sheets = book::read(bytes)?;
    let about = sheets.iter().find(|sheet| sheet.name == ABOUT).ok_or(EntryError::NotOurs)?;
    let (key, department) = key(about).ok_or(EntryError::NotOurs)?;
    let named = sheets.iter().find(|sheet| sheet.name == SHEET);
    let others = sheets.iter().filter(|sheet| sheet.name != SHEET && sheet.name != ABOUT);
    let found = named.into_iter().chain(others).find_map(|sheet| Some((sheet, headings(sheet)?)));
    let (sheet, row) = found.ok_or(EntryError::NoHeadings)?;
    let mut reader = Reader { sheet, columns: HashMap::new(), remarks: Vec::new(), seen: HashMap::new() };
    if sheet.name != SHEET {
        reader.tell(
            Severity::Warning,
            "sheet_renamed",
            "",
            format!("シート「{}」を「{SHEET}」として読みました。", sheet.name),
            format!("the sheet “{}” was read as 実績", sheet.name),
        );
    }
    let rows = if reader.columns(row) { reader.rows(row) } else { Vec::new() };
    Ok(ReadBook { key, department, rows, remarks: reader.remarks })
}

/// What a workbook is for: which round, and whose rows.
fn key(about: &Sheet) -> Option<(EntryKey, Option<String>)> {
    let told: BTreeMap<String, String> =
        about.rows().into_iter().map(|row| (about.text((row, 0)), about.text((row, 1)))).collect();
    let get = |name: &str| told.get(name).map(String::as_str);
    if get("format")? != FORMAT {
        return None;
    }
    let key = EntryKey {
        municipality: get("municipality")?.parse().ok()?,
        strategy: StrategyId::from_uuid(Uuid::parse_str(get("strategy")?).ok()?),
        year: FiscalYear::new(get("year")?.parse().ok()?).ok()?,
    };
    Some((key, get("department").filter(|name| !name.is_empty()).map(str::to_owned)))
}

/// The row of the headings.
fn headings(sheet: &Sheet) -> Option<u32> {
    let is = |value: &Value, of: Column| matches!(value, Value::Text(text) if text.trim() == of.heading());
    let holds = |row: u32, of: Column| sheet.cells.range((row, 0)..=(row, u32::MAX)).any(|(_, value)| is(value, of));
    sheet
        .cells
        .iter()
        .find_map(|((row, _), value)| (is(value, Column::Id) && holds(*row, Column::Actual)).then_some(*row))
}

/// What is wrong was told; nothing more comes of the row.
struct Told;

struct Reader<'a> {
    sheet: &'a Sheet,
    columns: HashMap<&'static str, u32>,
    remarks: Vec<CellRemark>,
    /// The rows in which each subject stands.
    seen: HashMap<Uuid, u32>,
}

impl Reader<'_> {
    fn tell(
        &mut self,
        severity: Severity,
        code: &'static str,
        cell: &str,
        ja: impl Into<String>,
        en: impl Into<String>,
    ) {
        self.remarks.push(CellRemark::new(severity, code, cell, Bilingual::new(ja, en)));
    }

    fn error(&mut self, code: &'static str, at: (u32, u32), ja: impl Into<String>, en: impl Into<String>) {
        self.tell(Severity::Error, code, &cell_name(at), ja, en);
    }

    /// Finds the columns by their headings; tells those that were added, and whether all are there that are needed.
    fn columns(&mut self, row: u32) -> bool {
        let cells: Vec<(u32, String)> = self
            .sheet
            .cells
            .range((row, 0)..=(row, u32::MAX))
            .map(|((_, at), value)| (*at, value.to_string()))
            .collect();
        for (at, text) in cells {
            let text = text.trim();
            match Column::ALL.into_iter().find(|of| of.heading() == text) {
                None => self.tell(
                    Severity::Warning,
                    "added_column",
                    &cell_name((row, at)),
                    format!("列「{text}」が追加されています。この列は取り込みません。"),
                    format!("the column “{text}” was added; it is not taken"),
                ),
                Some(of) => {
                    if self.columns.insert(of.heading(), at).is_some() {
                        self.error(
                            "repeated_column",
                            (row, at),
                            format!("見出し「{text}」の列が二つあります。一つを削除してください。"),
                            format!("there are two columns “{text}”; remove one"),
                        );
                    }
                }
            }
        }
        let missing: Vec<&str> =
            Column::NEEDED.into_iter().map(Column::heading).filter(|name| !self.columns.contains_key(name)).collect();
        for name in &missing {
            self.error(
                "missing_column",
                (row, 0),
                format!("見出し「{name}」の列がありません。見出しを元に戻してください。"),
                format!("the column “{name}” is missing; put its heading back"),
            );
        }
        missing.is_empty() && !self.remarks.iter().any(|remark| remark.code == "repeated_column")
    }

    fn at(&self, row: u32, of: Column) -> (u32, u32) {
        (row, self.columns.get(of.heading()).copied().unwrap_or(u32::MAX))
    }

    fn rows(&mut self, headings: u32) -> Vec<ReadRow> {
        let below: Vec<u32> = self.sheet.rows().into_iter().filter(|row| *row > headings).collect();
        let mut rows = Vec::new();
        for row in below {
            rows.extend(self.row(row).ok().flatten());
            if rows.len() > ROWS {
                let told = self.at(row, Column::Label);
                self.error(
                    "too_many_rows",
                    told,
                    format!("行が{ROWS}を超えています。担当課ごとのブックに分けてください。"),
                    format!("there are more than {ROWS} rows; take a workbook for each department"),
                );
                break;
            }
        }
        rows
    }

    /// A row; nothing of one that holds nothing.
    fn row(&mut self, row: u32) -> Result<Option<ReadRow>, Told> {
        let [id, version, label] = [Column::Id, Column::Version, Column::Label].map(|of| self.at(row, of));
        let entered = [Column::Actual, Column::Status, Column::Remark].map(|of| self.at(row, of));
        let label_text = self.sheet.text(label);
        let subject = match self.sheet.text(id).as_str() {
            "" => {
                if !label_text.is_empty() || entered.iter().any(|at| self.sheet.cells.contains_key(at)) {
                    self.error(
                        "added_row",
                        label,
                        "この行はブックになかった行です。行は追加できません。削除してください。",
                        "this row was not in the workbook; rows cannot be added, remove it",
                    );
                }
                return Ok(None);
            }
            text => subject(text),
        };
        let Some(subject) = subject else {
            self.error(
                "changed_id",
                id,
                "非表示の行番号が書き換えられています。ブックを取り直し、値を写してください。",
                "the hidden id of this row was changed; take a new workbook and copy your figures into it",
            );
            return Err(Told);
        };
        if let Some(first) = self.seen.insert(subject.uuid(), row) {
            let first = cell_name((first, label.1));
            self.error(
                "repeated_row",
                label,
                format!("{first} と同じ行です。写した行を削除してください。"),
                format!("this is the same row as {first}; remove the copy"),
            );
            return Err(Told);
        }
        let Ok(version) = self.sheet.text(version).parse() else {
            self.error(
                "changed_version",
                version,
                "非表示の版が書き換えられています。ブックを取り直し、値を写してください。",
                "the hidden version of this row was changed; take a new workbook and copy your figures into it",
            );
            return Err(Told);
        };
        for at in entered {
            if let Some(area) = self.sheet.merged.iter().find(|area| area.holds(at)) {
                let range = format!("{}:{}", cell_name(area.first), cell_name(area.last));
                self.error(
                    "merged_cells",
                    at,
                    format!("{range} のセルが結合されています。結合を解除し、行ごとに入力してください。"),
                    format!("the cells {range} are merged; unmerge them and fill each row"),
                );
                return Err(Told);
            }
        }
        let [actual, status, remark] = entered;
        let read = Entered { actual: self.typed(actual)?, status: self.status(status)?, remark: self.typed(remark)? };
        let unread = matches!(Cell::read(&read.actual).content(), Content::Words)
            && normalize(&read.actual).contains(|c: char| c.is_ascii_digit());
        if unread {
            self.tell(
                Severity::Warning,
                "words",
                &cell_name(actual),
                format!("「{}」は数として読めないので、文字として取り込みます。", read.actual),
                format!("“{}” is not read as a number, and is taken as words", read.actual),
            );
        }
        Ok(Some(ReadRow { subject, version, label: label_text, entered: read, cells: entered.map(cell_name) }))
    }

    /// What was typed into a cell, as a text, unless it cannot be known.
    fn typed(&mut self, at: (u32, u32)) -> Result<String, Told> {
        match self.sheet.cells.get(&at) {
            None => return Ok(String::new()),
            Some(Value::Text(text)) => return Ok(text.trim().replace("\r\n", "\n")),
            Some(Value::Number(number)) => return Ok(digits(*number)),
            Some(Value::Date) => self.error(
                "date",
                at,
                "日付に変わっています。先頭に ' を付けて、印刷するとおりに入力し直してください。",
                "this became a date; type it again as it is to be printed, with ' before it",
            ),
            Some(Value::Flag(_)) => self.error(
                "flag",
                at,
                "TRUE／FALSE は取り込めません。言葉で入力してください（例：実施済み）。",
                "TRUE and FALSE are not taken; use words, such as 実施済み",
            ),
            Some(Value::Fault(fault)) => {
                let (ja, en) = (format!("数式がエラー（{fault}）です。値を入力してください。"), format!("the formula fails ({fault}); type the value"));
                self.error("fault", at, ja, en);
            }
            Some(Value::Uncomputed) => self.error(
                "uncomputed",
                at,
                "数式の計算結果が保存されていません。表計算ソフトで開いて保存し直すか、値を入力してください。",
                "the result of the formula was not stored; open and save the workbook in a spreadsheet, or type the value",
            ),
        }
        Err(Told)
    }

    fn status(&mut self, at: (u32, u32)) -> Result<Option<ObservationStatus>, Told> {
        let text = self.sheet.text(at);
        let normal = normalize(&text);
        let bare = normal.strip_suffix('値').unwrap_or(&normal);
        if bare.is_empty() {
            return Ok(None);
        }
        let found = STATUSES.into_iter().find(|(name, _)| *name == bare).map(|(_, status)| status);
        if found.is_none() {
            self.error(
                "status",
                at,
                format!("区分「{text}」はありません。確定・暫定・見込から選ぶか、空欄にしてください。"),
                format!("there is no 区分 “{text}”; choose 確定, 暫定 or 見込, or leave it blank"),
            );
            return Err(Told);
        }
        Ok(found)
    }
}

fn subject(text: &str) -> Option<Subject> {
    let (kind, id) = text.split_once(':')?;
    let id = Uuid::parse_str(id).ok()?;
    match kind {
        "indicator" => Some(Subject::Indicator(IndicatorId::from_uuid(id))),
        "node" => Some(Subject::Node(NodeId::from_uuid(id))),
        _ => None,
    }
}

/// A number as a spreadsheet shows it, with at most fifteen digits: 0.1 + 0.2 is 0.3.
fn digits(number: f64) -> String {
    match Decimal::from_scientific(&format!("{number:.14e}")) {
        Ok(decimal) => decimal.normalize().to_string(),
        Err(_) => number.to_string(),
    }
}
