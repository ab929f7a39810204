use async_graphql::{Enum, Object};
use shirube_domain::{
    quantity,
    strategy::{self, Absence},
};

use crate::scalars::{Decimal, FiscalYear};

pub(crate) struct Unit<'a>(pub(crate) &'a quantity::Unit);

/// A unit with its scale (単位), such as 千人: thousands of 人.
#[Object]
impl Unit<'_> {
    /// As printed: 千人, ％.
    async fn printed(&self) -> &str {
        self.0.printed()
    }

    /// Without its scale, in ordinary characters: 人, %.
    async fn symbol(&self) -> &str {
        self.0.symbol()
    }

    /// The scale as a power of ten: 3 for 千人, 8 for 億円, 0 for none.
    async fn exponent(&self) -> u32 {
        self.0.exponent()
    }
}

/// A bound printed with a number.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "quantity::Bound")]
pub(crate) enum Bound {
    /// 以上: the number or more.
    AtLeast,
    /// 以下, 以内: the number or less.
    AtMost,
    /// 超: more than the number.
    MoreThan,
    /// 未満: less than the number.
    LessThan,
}

pub(crate) struct Quantity<'a> {
    pub(crate) amount: &'a quantity::Amount,
    /// The unit of the indicator, for a number that is printed without one.
    pub(crate) unit: Option<&'a quantity::Unit>,
}

/// A number as printed, with its unit.
#[Object]
impl Quantity<'_> {
    /// The number, in the unit with its scale: 902.9 for 902.9 千人.
    async fn value(&self) -> Decimal {
        Decimal(self.amount.value)
    }

    /// The number in the base unit: 902900 for 902.9 千人.
    async fn base_value(&self) -> Option<Decimal> {
        self.in_unit().map_or(Some(self.amount.value), |unit| unit.to_base(self.amount.value)).map(Decimal)
    }

    /// The unit: the one printed with the number, or else the indicator's.
    async fn unit(&self) -> Option<Unit<'_>> {
        self.in_unit().map(Unit)
    }

    /// The bound printed with the number (75%以上).
    async fn bound(&self) -> Option<Bound> {
        self.amount.bound.map(Into::into)
    }

    /// Whether it is said to be about right only (約, おおむね).
    async fn approximate(&self) -> bool {
        self.amount.approximate
    }
}

impl Quantity<'_> {
    fn in_unit(&self) -> Option<&quantity::Unit> {
        self.amount.unit.as_ref().or(self.unit)
    }
}

/// What a cell says (値の状態). Codes of SDMX's OBS_STATUS stand in `sdmxStatus`.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ObservationStatus {
    /// A final value (確定値).
    Reported,
    /// A provisional value (暫定値, 速報値).
    Provisional,
    /// An expected value (見込).
    Forecast,
    /// A statement in words.
    Described,
    /// ―: no value belongs here.
    NotApplicable,
    /// Blank: the value is still to come.
    NotYetReported,
    /// 算出不可: it cannot be known in this year.
    NotMeasurable,
    /// 未集計, 未把握: it could have been measured, and was not.
    NotMeasured,
    /// The program had not begun.
    NotStarted,
    /// The program had ended.
    Ended,
    /// 秘匿: known, and kept back.
    Withheld,
}

impl From<strategy::ObservationStatus> for ObservationStatus {
    fn from(status: strategy::ObservationStatus) -> Self {
        match status {
            strategy::ObservationStatus::Reported => Self::Reported,
            strategy::ObservationStatus::Provisional => Self::Provisional,
            strategy::ObservationStatus::Forecast => Self::Forecast,
            strategy::ObservationStatus::Described => Self::Described,
            strategy::ObservationStatus::Absent(absence) => match absence {
                Absence::NotApplicable => Self::NotApplicable,
                Absence::NotYetReported => Self::NotYetReported,
                Absence::NotMeasurable => Self::NotMeasurable,
                Absence::NotMeasured => Self::NotMeasured,
                Absence::NotStarted => Self::NotStarted,
                Absence::Ended => Self::Ended,
                Absence::Withheld => Self::Withheld,
            },
        }
    }
}

impl From<ObservationStatus> for strategy::ObservationStatus {
    fn from(status: ObservationStatus) -> Self {
        match status {
            ObservationStatus::Reported => Self::Reported,
            ObservationStatus::Provisional => Self::Provisional,
            ObservationStatus::Forecast => Self::Forecast,
            ObservationStatus::Described => Self::Described,
            ObservationStatus::NotApplicable => Self::Absent(Absence::NotApplicable),
            ObservationStatus::NotYetReported => Self::Absent(Absence::NotYetReported),
            ObservationStatus::NotMeasurable => Self::Absent(Absence::NotMeasurable),
            ObservationStatus::NotMeasured => Self::Absent(Absence::NotMeasured),
            ObservationStatus::NotStarted => Self::Absent(Absence::NotStarted),
            ObservationStatus::Ended => Self::Absent(Absence::Ended),
            ObservationStatus::Withheld => Self::Absent(Absence::Withheld),
        }
    }
}

pub(crate) struct Cell<'a> {
    cell: &'a strategy::Cell,
    unit: Option<&'a quantity::Unit>,
}

/// A cell of the table of figures: the text as printed beside what it means.
#[Object]
impl Cell<'_> {
    /// The text as printed, verbatim; null where the document prints nothing for it. ― and a blank are different texts.
    async fn printed(&self) -> Option<&str> {
        self.cell.printed()
    }

    /// What the cell says.
    async fn status(&self) -> ObservationStatus {
        self.cell.status().into()
    }

    /// The same as a code of SDMX's code list OBS_STATUS: A, P, F, M, O, L or Q.
    async fn sdmx_status(&self) -> &'static str {
        self.cell.status().sdmx()
    }

    /// The number, if it is one.
    async fn quantity(&self) -> Option<Quantity<'_>> {
        self.cell.amount().map(|amount| Quantity { amount, unit: self.unit })
    }
}

impl<'a> Cell<'a> {
    /// `unit` is that of the indicator.
    pub(super) const fn new(cell: &'a strategy::Cell, unit: Option<&'a quantity::Unit>) -> Self {
        Self { cell, unit }
    }
}

pub(crate) struct PublishedGrade<'a> {
    pub(super) of: &'a strategy::PublishedGrade,
    /// Whether the grade that was computed is another one.
    pub(super) differs: Option<bool>,
}

/// What the document itself prints of how far an indicator has come in a fiscal year (公表された評価).
#[Object]
impl PublishedGrade<'_> {
    /// The grade (評価) as printed, verbatim: A, 順調, ◎; null where none is printed.
    async fn grade(&self) -> Option<&str> {
        self.of.grade().and_then(strategy::Cell::printed)
    }

    /// The rate (達成率, 進捗率): 129.0%, 100%超; null where none is printed. A number without a unit is in percent.
    async fn rate(&self) -> Option<Cell<'_>> {
        self.of.rate().map(|cell| Cell::new(cell, None))
    }

    /// On a computed grade: whether the printed grade is another one, by its label. Null where no grade is printed, and on
    /// figures, where nothing is computed.
    async fn differs(&self) -> Option<bool> {
        self.differs
    }
}

pub(crate) enum YearFigures<'a> {
    /// Of an indicator.
    Indicator {
        /// The figures.
        figures: &'a strategy::YearFigures,
        /// The indicator.
        of: &'a strategy::Indicator,
    },
    /// Of a program without an indicator, whose cells hold a mark.
    Marked {
        /// The year.
        year: shirube_domain::calendar::FiscalYear,
        /// The cell that stands in both rows.
        cell: strategy::Cell,
    },
}

/// Target and actual of a fiscal year (年度の目標値と実績値).
#[Object]
impl YearFigures<'_> {
    /// The fiscal year.
    async fn year(&self) -> FiscalYear {
        FiscalYear(self.of_year())
    }

    /// The fiscal year as a document prints it: 令和3年度.
    async fn year_label(&self) -> String {
        self.of_year().label()
    }

    /// The target (目標値); null where the document has no yearly targets.
    async fn target(&self) -> Option<Cell<'_>> {
        match self {
            Self::Indicator { figures, of } => figures.target.as_ref().map(|cell| Cell::new(cell, of.unit.as_ref())),
            Self::Marked { cell, .. } => Some(Cell::new(cell, None)),
        }
    }

    /// The actual (実績値).
    async fn actual(&self) -> Cell<'_> {
        match self {
            Self::Indicator { figures, of } => Cell::new(&figures.actual, of.unit.as_ref()),
            Self::Marked { cell, .. } => Cell::new(cell, None),
        }
    }

    /// The grade and rate (評価, 達成率) that the document itself prints; null where it prints neither.
    async fn published(&self) -> Option<PublishedGrade<'_>> {
        match self {
            Self::Indicator { figures, .. } => {
                figures.published.as_ref().map(|of| PublishedGrade { of, differs: None })
            }
            Self::Marked { .. } => None,
        }
    }

    /// The running total of the actuals up to this year, where figures add up; null for levels and means.
    async fn running_total(&self) -> Option<Decimal> {
        match self {
            Self::Indicator { figures, of } => of.running_total(figures.year).map(Decimal),
            Self::Marked { .. } => None,
        }
    }
}

impl YearFigures<'_> {
    fn of_year(&self) -> shirube_domain::calendar::FiscalYear {
        match self {
            Self::Indicator { figures, .. } => figures.year,
            Self::Marked { year, .. } => *year,
        }
    }
}

pub(crate) struct PlanTotal(pub(crate) strategy::PlanTotal);

/// The total column (5年間の合計), counted from the yearly figures.
#[Object]
impl PlanTotal {
    /// The sum of the yearly targets; null where this indicator has no total.
    async fn target(&self) -> Option<Decimal> {
        self.0.target.map(Decimal)
    }

    /// The sum of the actuals so far; null where this indicator has no total, or nothing is reported yet.
    async fn actual(&self) -> Option<Decimal> {
        self.0.actual.map(Decimal)
    }

    /// What the cell in the row of targets prints: 55, or ― where there is no total.
    async fn target_printed(&self) -> &str {
        &self.0.target_printed
    }

    /// What the cell in the row of actuals prints.
    async fn actual_printed(&self) -> &str {
        &self.0.actual_printed
    }
}
