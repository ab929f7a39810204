//! How the tables of a workbook are laid out: what is guessed, and what whoever knows the document says instead.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use shirube_domain::{BadInput, calendar::FiscalYear, strategy::Level};

/// How a workbook is understood. Every part of it can be given as a correction; what is left out is guessed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Layout {
    /// The code of the municipality.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub municipality: Option<String>,
    /// The title of the strategy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The term as printed: 第２期.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub term: Option<String>,
    /// Its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub term_number: Option<u8>,
    /// The first fiscal year of the plan: R3.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_year: Option<String>,
    /// The last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_year: Option<String>,
    /// The fiscal year on whose result it reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report_year: Option<String>,
    /// The levels of the plan, from the top.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub levels: Option<Vec<Level>>,
    /// What the columns of each table hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<TableLayout>,
    /// What rows are, where it is not what they look like: `{ "集計表!12": "heading 2" }`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub rows: BTreeMap<String, RowKind>,
}

impl Layout {
    /// Reads corrections, as JSON. Every mistake is told with its place.
    pub fn read(json: &str) -> Result<Self, BadInput> {
        let deserializer = &mut serde_json::Deserializer::from_str(json);
        serde_path_to_error::deserialize(deserializer).map_err(|error| {
            let place = Some(error.path().to_string()).filter(|path| path != ".").unwrap_or_default();
            BadInput { place, message: error.into_inner().to_string() }
        })
    }
}

/// What the columns of a table hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableLayout {
    /// The row of its headings, the first if there are several: 集計表!3.
    pub headings: String,
    /// What stands in each column, by its letter.
    pub columns: BTreeMap<String, Column>,
}

/// What a figure of a year is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// 目標値.
    Target,
    /// 実績値.
    Actual,
    /// 達成率, 進捗率.
    Rate,
    /// 評価.
    Grade,
}

/// What stands in a column. Written as a word or two: `indicator`, `level 2`, `actual R3`, `figures R3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Column {
    /// The name of a place of the plan, counted from 1 among the columns that hold one.
    Level(u8),
    /// A running number.
    Number,
    /// The label of an indicator, alone or with its baseline and target.
    Indicator,
    /// The label of a 数値目標.
    GoalTarget,
    /// The role of an indicator, in words.
    Role,
    /// Its unit.
    Unit,
    /// Its baseline.
    Baseline,
    /// The period of the baseline.
    BaselinePeriod,
    /// Its target.
    Target,
    /// The period of the target.
    TargetPeriod,
    /// Which way is better.
    Direction,
    /// What kind of figure it is: 単年, 累計.
    Accumulation,
    /// What the figures of the row are: 目標値 or 実績値 (区分).
    Section,
    /// Figures of a year: of which kind, the row says or they are actuals.
    Figures(FiscalYear),
    /// A target, actual, rate or grade of a year; without one, of the year that is reported on.
    Year(Part, Option<FiscalYear>),
    /// The total over the years.
    Total,
    /// The remark.
    Remark,
    /// The department in charge.
    Department,
    /// Something that the model has no word for, kept with its heading.
    Detail,
    /// Nothing that counts.
    Skip,
}

/// What a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum RowKind {
    /// Headings of columns.
    Headings,
    /// A heading of a level, counted from 1.
    Heading(u8),
    /// Figures.
    Figures,
    /// Nothing that counts.
    Skip,
}

/// A word that says neither what a column nor what a row is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// Of a column.
    #[error(
        "“{0}” is not what a column can hold; write level 1, number, indicator, goal_target, role, unit, baseline, \
         baseline_period, target, target_period, direction, accumulation, section, figures R3, target R3, actual R3, \
         rate R3, grade R3, total, remark, department, detail or skip"
    )]
    Column(String),
    /// Of a row.
    #[error("“{0}” is not what a row can be; write headings, heading 1, figures or skip")]
    Row(String),
}

/// The columns that are one word.
const WORDS: [(&str, Column); 21] = [
    ("number", Column::Number),
    ("indicator", Column::Indicator),
    ("goal_target", Column::GoalTarget),
    ("role", Column::Role),
    ("unit", Column::Unit),
    ("baseline", Column::Baseline),
    ("baseline_period", Column::BaselinePeriod),
    ("target", Column::Target),
    ("target_period", Column::TargetPeriod),
    ("direction", Column::Direction),
    ("accumulation", Column::Accumulation),
    ("section", Column::Section),
    ("actual", Column::Year(Part::Actual, None)),
    ("rate", Column::Year(Part::Rate, None)),
    ("grade", Column::Year(Part::Grade, None)),
    ("year_target", Column::Year(Part::Target, None)),
    ("total", Column::Total),
    ("remark", Column::Remark),
    ("department", Column::Department),
    ("detail", Column::Detail),
    ("skip", Column::Skip),
];

const PARTS: [(&str, Part); 4] =
    [("target", Part::Target), ("actual", Part::Actual), ("rate", Part::Rate), ("grade", Part::Grade)];

impl Column {
    /// Whether it holds labels of indicators.
    pub(super) const fn is_label(self) -> bool {
        matches!(self, Self::Indicator | Self::GoalTarget)
    }

    /// The column of the periods of what a column holds.
    pub(super) const fn period_of(self) -> Option<Self> {
        match self {
            Self::Baseline => Some(Self::BaselinePeriod),
            Self::Target => Some(Self::TargetPeriod),
            _ => None,
        }
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Level(level) => write!(f, "level {level}"),
            Self::Figures(year) => write!(f, "figures {}", year.short()),
            Self::Year(part, Some(year)) => {
                let (name, _) = PARTS.iter().find(|(_, of)| of == part).unwrap_or(&PARTS[0]);
                write!(f, "{name} {}", year.short())
            }
            word => f.write_str(WORDS.iter().find(|(_, of)| of == word).map_or("skip", |(name, _)| name)),
        }
    }
}

impl FromStr for Column {
    type Err = LayoutError;

    fn from_str(text: &str) -> Result<Self, LayoutError> {
        let fail = || LayoutError::Column(text.to_owned());
        if let Some((_, column)) = WORDS.iter().find(|(name, _)| *name == text) {
            return Ok(*column);
        }
        let (name, of) = text.split_once(' ').ok_or_else(fail)?;
        if name == "level" {
            return of.parse().ok().filter(|level| *level > 0).map(Self::Level).ok_or_else(fail);
        }
        let year = FiscalYear::parse(of, None).map_err(|_| fail())?;
        if name == "figures" {
            return Ok(Self::Figures(year));
        }
        let part = PARTS.iter().find(|(word, _)| *word == name);
        part.map(|(_, part)| Self::Year(*part, Some(year))).ok_or_else(fail)
    }
}

impl TryFrom<String> for Column {
    type Error = LayoutError;

    fn try_from(text: String) -> Result<Self, LayoutError> {
        text.parse()
    }
}

impl From<Column> for String {
    fn from(column: Column) -> Self {
        column.to_string()
    }
}

impl TryFrom<String> for RowKind {
    type Error = LayoutError;

    fn try_from(text: String) -> Result<Self, LayoutError> {
        match text.as_str() {
            "headings" => Ok(Self::Headings),
            "figures" => Ok(Self::Figures),
            "skip" => Ok(Self::Skip),
            _ => text
                .strip_prefix("heading ")
                .and_then(|level| level.parse().ok())
                .filter(|level| *level > 0)
                .map(Self::Heading)
                .ok_or_else(|| LayoutError::Row(text.clone())),
        }
    }
}

impl From<RowKind> for String {
    fn from(kind: RowKind) -> Self {
        match kind {
            RowKind::Headings => "headings".to_owned(),
            RowKind::Figures => "figures".to_owned(),
            RowKind::Skip => "skip".to_owned(),
            RowKind::Heading(level) => format!("heading {level}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_words_and_words_are_columns() {
        for text in ["level 2", "figures R3", "target H31", "actual R元", "grade R6", "indicator", "rate", "skip"] {
            let column: Column = text.parse().unwrap();
            let again: Column = column.to_string().parse().unwrap();
            assert_eq!(again, column, "{text}");
        }
        for text in ["", "level", "level 0", "figures", "figures R", "targets R3", "heading 1"] {
            assert_eq!(text.parse::<Column>(), Err(LayoutError::Column(text.to_owned())));
        }
    }

    #[test]
    fn a_correction_tells_what_it_does_not_know() {
        let wrong = Layout::read(r#"{"rows": {"表!3": "title"}}"#).unwrap_err();
        assert_eq!(wrong.place, "rows.表!3");
        assert!(wrong.message.contains("“title” is not what a row can be"), "{wrong:?}");
        let wrong = Layout::read(r#"{"municipal": "012262"}"#).unwrap_err();
        assert!(wrong.message.contains("unknown field `municipal`"), "{wrong:?}");
    }
}
