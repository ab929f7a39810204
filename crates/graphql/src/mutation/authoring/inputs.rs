//! Inputs that several mutations share, and what they mean.

use async_graphql::{Enum, InputObject, MaybeUndefined};
use shirube_domain::{
    Error, StrategyId,
    calendar::Period,
    edit::{FrameEdit, LevelEdit, MappingEdit, NewStrategy, YearEdit},
    municipality::MunicipalityCode,
    strategy::{self, PrintedTotal, TargetText, Term},
};
use uuid::Uuid;

use super::change_of;
use crate::{
    scalars::{Decimal, FiscalYear},
    types::{Accumulation, LevelKind, MappingDifference, MappingStrength, RequirementKind},
};

/// A strategy to begin with: its frame, without nodes.
#[derive(InputObject)]
pub(crate) struct StrategyFrameInput {
    /// The title as printed.
    title: String,
    /// The term as printed: 第３期.
    term: String,
    /// The number of the term, from 1.
    term_number: u8,
    /// The first fiscal year.
    first_year: FiscalYear,
    /// The last fiscal year.
    last_year: FiscalYear,
    /// The levels of the tree, from the top.
    levels: Vec<LevelInput>,
    /// The printed report; by default of the first year, under the title of the strategy.
    report: Option<ReportInput>,
    /// Where it comes from; by default the title is the attribution.
    source: Option<SourceInput>,
}

impl StrategyFrameInput {
    pub(in crate::mutation) fn into_domain(self, municipality: MunicipalityCode) -> NewStrategy {
        let Self { title, term, term_number, first_year, last_year, levels, report, source } = self;
        NewStrategy {
            id: StrategyId::from_uuid(Uuid::now_v7()),
            municipality,
            title,
            term: Term { printed: term, number: term_number },
            first_year: first_year.0,
            last_year: last_year.0,
            levels: levels.into_iter().map(LevelInput::into_domain).collect(),
            more: frame_edit(report, source),
        }
    }
}

/// A level of the tree (階層) as it is to be.
#[derive(InputObject)]
pub(crate) struct LevelInput {
    /// The name that the document uses: 基本目標.
    name: String,
    /// What it is.
    kind: LevelKind,
    /// How deep it lay until now (`depth`), so that its nodes stay on it; absent for a new level.
    was: Option<usize>,
}

impl LevelInput {
    pub(super) fn into_domain(self) -> LevelEdit {
        let Self { name, kind, was } = self;
        LevelEdit { level: strategy::Level { name, kind: kind.into() }, was }
    }
}

/// The printed report (集計表). What is absent stays as it is; null takes away what may be absent.
#[derive(InputObject, Default)]
pub(crate) struct ReportInput {
    /// The fiscal year up to which it reports.
    year: Option<FiscalYear>,
    /// Its title as printed.
    title: Option<String>,
    /// The label in its corner: 【資料４】.
    label: MaybeUndefined<String>,
    /// The heading of the total column: 5年間の合計.
    total_heading: MaybeUndefined<String>,
    /// The heading of the column of rates: 達成率, 進捗率.
    rate_heading: MaybeUndefined<String>,
    /// The heading of the column of grades: 評価.
    grade_heading: MaybeUndefined<String>,
    /// The heading of the remarks on goal targets.
    goal_remark_heading: MaybeUndefined<String>,
    /// The heading of the other remarks.
    remark_heading: MaybeUndefined<String>,
}

/// Where data come from, and under which terms (出典と利用条件). What is absent stays as it is.
#[derive(InputObject, Default)]
pub(crate) struct SourceInput {
    /// The attribution to be shown wherever they are.
    attribution: Option<String>,
    /// The terms of use.
    terms: Option<String>,
    /// What a reader must know about the transcription, as a whole.
    notes: Option<Vec<String>>,
}

/// Report and source as parts of an edit of the frame.
pub(super) fn frame_edit(report: Option<ReportInput>, source: Option<SourceInput>) -> FrameEdit {
    let ReportInput {
        year,
        title,
        label,
        total_heading,
        rate_heading,
        grade_heading,
        goal_remark_heading,
        remark_heading,
    } = report.unwrap_or_default();
    let SourceInput { attribution, terms, notes } = source.unwrap_or_default();
    FrameEdit {
        report_year: year.map(|year| year.0),
        report_title: title,
        report_label: change_of(label),
        total_heading: change_of(total_heading),
        rate_heading: change_of(rate_heading),
        grade_heading: change_of(grade_heading),
        goal_remark_heading: change_of(goal_remark_heading),
        remark_heading: change_of(remark_heading),
        attribution,
        terms,
        notes,
        ..FrameEdit::default()
    }
}

/// Why a program has no indicator, as printed.
#[derive(InputObject)]
pub(crate) struct NoIndicatorInput {
    /// The reason: KPIの設定が困難なため設定しない.
    reason: String,
    /// The mark that fills the cells of its row, where the document prints one: ―.
    mark: Option<String>,
}

impl From<NoIndicatorInput> for strategy::NoIndicator {
    fn from(NoIndicatorInput { reason, mark }: NoIndicatorInput) -> Self {
        Self { reason, mark }
    }
}

/// A target (目標値) as printed, with the author's word where the text does not tell.
#[derive(InputObject)]
pub(crate) struct TargetInput {
    /// The text as printed: 40.0％（5年間）, 計画期間中におおむね100億円以下. Number, unit, bound and scope are read from it.
    printed: String,
    /// What must hold, where the text, the baseline and the direction do not tell.
    requirement: Option<RequirementKind>,
    /// What kind of figure it is measured on. Only a mean of years is told by the text.
    accumulation: Option<Accumulation>,
}

impl From<TargetInput> for TargetText {
    fn from(TargetInput { printed, requirement, accumulation }: TargetInput) -> Self {
        Self { printed, requirement: requirement.map(Into::into), accumulation: accumulation.map(Into::into) }
    }
}

/// A printed column that the model has no word for.
#[derive(InputObject)]
pub(crate) struct DetailInput {
    /// The heading of the column: 定義.
    heading: String,
    /// The text.
    text: String,
}

impl From<DetailInput> for strategy::Detail {
    fn from(DetailInput { heading, text }: DetailInput) -> Self {
        Self { heading, text }
    }
}

/// Why there is no value (値がない理由).
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "strategy::Absence")]
pub(crate) enum Absence {
    /// ―: no value belongs here.
    NotApplicable,
    /// The value is still to come (調査中).
    NotYetReported,
    /// It cannot be known in this year (算出不可).
    NotMeasurable,
    /// It could have been measured, and was not (未集計).
    NotMeasured,
    /// The program had not begun.
    NotStarted,
    /// The program had ended.
    Ended,
    /// Known, and kept back (秘匿).
    Withheld,
}

/// The cells of a fiscal year, as printed. What is absent stays as it is.
#[derive(InputObject)]
pub(crate) struct YearFiguresInput {
    /// The fiscal year.
    year: FiscalYear,
    /// The target: 1,250, ―, 暫定値43.1. Null where no target is printed for the year.
    target: MaybeUndefined<String>,
    /// The actual. Null where the document prints none.
    actual: MaybeUndefined<String>,
    /// Why there is no actual, where the text (―, a blank) does not tell.
    absence: Option<Absence>,
    /// The rate (達成率, 進捗率) that the document itself prints: 129.0%. Null where it prints none.
    rate: MaybeUndefined<String>,
    /// The grade (評価) that the document itself prints: A. Null where it prints none.
    grade: MaybeUndefined<String>,
}

impl From<YearFiguresInput> for YearEdit {
    fn from(YearFiguresInput { year, target, actual, absence, rate, grade }: YearFiguresInput) -> Self {
        Self {
            year: year.0,
            target: change_of(target),
            actual: change_of(actual),
            absence: absence.map(Into::into),
            rate: change_of(rate),
            grade: change_of(grade),
        }
    }
}

/// The cells of the total column, where the document prints something else than the totals of its figures.
#[derive(InputObject)]
pub(crate) struct PrintedTotalInput {
    /// In the row of targets.
    target: String,
    /// In the row of actuals.
    actual: String,
}

impl From<PrintedTotalInput> for PrintedTotal {
    fn from(PrintedTotalInput { target, actual }: PrintedTotalInput) -> Self {
        Self { target, actual }
    }
}

/// The target of a fiscal year, as printed.
#[derive(InputObject)]
pub(crate) struct YearTargetInput {
    /// The fiscal year.
    pub(super) year: FiscalYear,
    /// The target; null where there is none any more.
    pub(super) target: Option<String>,
}

/// How an indicator corresponds to a standard indicator (標準指標との対応).
#[derive(InputObject)]
pub(crate) struct MappingInput {
    /// The key of the standard indicator: births.
    standard_indicator: String,
    /// How far it corresponds.
    strength: MappingStrength,
    /// By what its values are multiplied to be those of the standard indicator; for CONVERTIBLE.
    factor: Option<Decimal>,
    /// In what the two differ; nothing for IDENTICAL.
    #[graphql(default)]
    differences: Vec<MappingDifference>,
    /// Why it was decided so.
    reason: Option<String>,
}

impl From<MappingInput> for MappingEdit {
    fn from(MappingInput { standard_indicator, strength, factor, differences, reason }: MappingInput) -> Self {
        Self {
            standard: standard_indicator,
            strength: strength.into(),
            factor: factor.map(|factor| factor.0),
            differences: differences.into_iter().map(Into::into).collect(),
            reason,
        }
    }
}

/// Reads a period by its code (FY2021) or as printed (平成30年3月).
pub(super) fn period(place: &str, text: &str) -> Result<Period, Error> {
    text.parse().or_else(|_| Period::parse(text, None)).map_err(|error| Error::bad_input(place, error))
}
