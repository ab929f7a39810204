//! The workbook in which departments enter the results of a fiscal year (実績入力用ブック), and how it is read back.
//!
//! Each row carries the id of what it is about and the version of the task as it was written out, in hidden columns; so rows
//! may be moved, and what somebody else changed meanwhile is noticed. Columns are found by their headings. [`read()`] tells
//! everything that it does not understand with its cell, and gives what was entered; it decides nothing.

mod read;
#[cfg(test)]
mod tests;
mod write;

use shirube_domain::{
    StrategyId, calendar::FiscalYear, lint::Subject, municipality::MunicipalityCode, strategy::ObservationStatus,
    text::Bilingual,
};

pub use read::{EntryError, read};
pub use write::write;

/// The name and version of the format, in a hidden sheet of the workbook.
const FORMAT: &str = "shirube-entry/1";
/// The sheet of the rows.
const SHEET: &str = "実績";
/// The sheet of what a program needs to know.
const ABOUT: &str = "_shirube";
/// What a status is called in the column 区分; a blank one says that the text tells.
const STATUSES: [(&str, ObservationStatus); 3] = [
    ("確定", ObservationStatus::Reported),
    ("暫定", ObservationStatus::Provisional),
    ("見込", ObservationStatus::Forecast),
];
/// What a status is called in the column 区分; blank for one that has no name there.
pub fn status_name(status: Option<ObservationStatus>) -> &'static str {
    STATUSES.iter().find(|(_, of)| Some(*of) == status).map_or("", |(name, _)| name)
}

/// The most rows that a workbook may have.
pub const ROWS: usize = 5_000;

/// Which round of which strategy a workbook is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryKey {
    /// The municipality.
    pub municipality: MunicipalityCode,
    /// The strategy.
    pub strategy: StrategyId,
    /// The fiscal year whose results are entered.
    pub year: FiscalYear,
}

/// A workbook before it is written.
#[derive(Debug, Clone)]
pub struct EntryBook {
    /// What it is for.
    pub key: EntryKey,
    /// The strategy's title.
    pub title: String,
    /// The department whose rows these are; `None` for all.
    pub department: Option<String>,
    /// The rows, in the order of the document.
    pub rows: Vec<EntryRow>,
}

/// A row of it: an indicator, or a program whose remark alone is asked for.
#[derive(Debug, Clone)]
pub struct EntryRow {
    /// What it is about.
    pub subject: Subject,
    /// The version of its task.
    pub version: u32,
    /// 基本目標.
    pub goal: String,
    /// Where it stands below: measure and program.
    pub place: String,
    /// The label of the indicator, or why there is none.
    pub label: String,
    /// The unit.
    pub unit: String,
    /// Baseline and target of the plan, as printed.
    pub statement: String,
    /// The actual of the year before, as printed.
    pub before: String,
    /// The target of the year, as printed.
    pub target: String,
    /// What is entered so far.
    pub entered: Entered,
    /// The department in charge.
    pub department: String,
    /// How far its task is, in words.
    pub state: &'static str,
    /// Whether anything can be entered now.
    pub open: bool,
}

/// What is entered in a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entered {
    /// The actual as it is to be printed; blank if there is none.
    pub actual: String,
    /// What the column 区分 says.
    pub status: Option<ObservationStatus>,
    /// The remark; blank if there is none.
    pub remark: String,
}

/// A row that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadRow {
    /// What it is about.
    pub subject: Subject,
    /// The version of its task when the workbook was written.
    pub version: u32,
    /// The label that stands in it.
    pub label: String,
    /// What is entered.
    pub entered: Entered,
    /// The cells of actual, status and remark: H14.
    pub cells: [String; 3],
}

/// A workbook that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadBook {
    /// What it is for.
    pub key: EntryKey,
    /// The department whose rows it was written with; `None` for all.
    pub department: Option<String>,
    /// Its rows, in their order.
    pub rows: Vec<ReadRow>,
    /// What was not understood, or looks odd.
    pub remarks: Vec<CellRemark>,
}

/// Whether something keeps a workbook from being taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// It has to be mended.
    Error,
    /// It is told, and no more.
    Warning,
}

/// Something about a cell, a row or a column that its sender should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellRemark {
    /// How bad it is.
    pub severity: Severity,
    /// A word for programs: `repeated_row`.
    pub code: &'static str,
    /// The place: 実績!H14.
    pub place: String,
    /// What it is, and how it is mended.
    pub text: Bilingual,
}

impl CellRemark {
    /// About a cell of the sheet of rows, or of the whole of it where none is named.
    pub fn new(severity: Severity, code: &'static str, cell: &str, text: Bilingual) -> Self {
        let place = if cell.is_empty() { SHEET.to_owned() } else { format!("{SHEET}!{cell}") };
        Self { severity, code, place, text }
    }
}

/// The columns of the sheet, in their order, with the headings by which they are found again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Column {
    Id,
    Version,
    Goal,
    Place,
    Label,
    Unit,
    Statement,
    Before,
    Target,
    Actual,
    Status,
    Remark,
    Department,
    State,
}

impl Column {
    const ALL: [Self; 14] = [
        Self::Id,
        Self::Version,
        Self::Goal,
        Self::Place,
        Self::Label,
        Self::Unit,
        Self::Statement,
        Self::Before,
        Self::Target,
        Self::Actual,
        Self::Status,
        Self::Remark,
        Self::Department,
        Self::State,
    ];
    /// Those without which nothing can be read.
    const NEEDED: [Self; 6] = [Self::Id, Self::Version, Self::Label, Self::Actual, Self::Status, Self::Remark];

    const fn heading(self) -> &'static str {
        match self {
            Self::Id => "行番号",
            Self::Version => "版",
            Self::Goal => "基本目標",
            Self::Place => "施策・事業",
            Self::Label => "指標",
            Self::Unit => "単位",
            Self::Statement => "基準値→目標値",
            Self::Before => "前年度実績値",
            Self::Target => "本年度目標値",
            Self::Actual => "実績値",
            Self::Status => "区分",
            Self::Remark => "増減理由及び今後の取り組み",
            Self::Department => "担当課",
            Self::State => "状況",
        }
    }
}
