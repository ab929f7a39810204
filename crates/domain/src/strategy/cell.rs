use serde::{Deserialize, Serialize};

use crate::{
    quantity::{Amount, Finality},
    text::{is_dash, normalize},
};

/// A cell of the table of figures: the text as printed beside what it means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "CellParts", into = "CellParts")]
pub struct Cell {
    printed: Option<Box<str>>,
    content: Content,
}

/// The stored form of [`Cell`]: an amount, or an absence, or the printed words alone.
#[derive(Serialize, Deserialize)]
struct CellParts {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    printed: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    amount: Option<Amount>,
    #[serde(default, skip_serializing_if = "is_final")]
    finality: Finality,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    absent: Option<Absence>,
}

/// What a cell says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A number.
    Figure {
        /// The number; without a unit of its own it is in the indicator's unit.
        amount: Amount,
        /// How sure it is.
        finality: Finality,
    },
    /// No value, and why.
    Absent(Absence),
    /// A statement in words (達成, 実施済み).
    Words,
}

/// Why there is no value. Dash and blank are different things, and so are the reasons behind a dash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Absence {
    /// ―: no value belongs here.
    NotApplicable,
    /// Blank, 調査中, 集計中: the value is still to come.
    NotYetReported,
    /// 算出不可: it cannot be known in this year (a census indicator between two censuses).
    NotMeasurable,
    /// 未集計, 未把握, …: it could have been measured, and was not.
    NotMeasured,
    /// The program had not begun.
    NotStarted,
    /// The program had ended.
    Ended,
    /// 秘匿 (x): known, and kept back.
    Withheld,
}

/// Words that documents print in place of a number.
const ABSENCES: [(&str, Absence); 20] = [
    ("調査中", Absence::NotYetReported),
    ("集計中", Absence::NotYetReported),
    ("未確定", Absence::NotYetReported),
    ("未公表", Absence::NotYetReported),
    ("未報告", Absence::NotYetReported),
    ("算出不可", Absence::NotMeasurable),
    ("測定不可", Absence::NotMeasurable),
    ("把握不可", Absence::NotMeasurable),
    ("未集計", Absence::NotMeasured),
    ("未把握", Absence::NotMeasured),
    ("未調査", Absence::NotMeasured),
    ("未実施", Absence::NotMeasured),
    ("...", Absence::NotMeasured),
    ("未着手", Absence::NotStarted),
    ("未開始", Absence::NotStarted),
    ("終了", Absence::Ended),
    ("廃止", Absence::Ended),
    ("秘匿", Absence::Withheld),
    ("x", Absence::Withheld),
    ("X", Absence::Withheld),
];

/// The state of a cell as data users know it. It maps onto the code list OBS_STATUS of SDMX.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ObservationStatus {
    /// A final value.
    Reported,
    /// A provisional value (暫定値, 速報値).
    Provisional,
    /// An expected value (見込).
    Forecast,
    /// A statement in words.
    Described,
    /// No value, and why.
    Absent(Absence),
}

impl ObservationStatus {
    /// The code of SDMX's CL_OBS_STATUS (version 2.2).
    pub const fn sdmx(self) -> &'static str {
        match self {
            Self::Reported | Self::Described => "A",
            Self::Provisional => "P",
            Self::Forecast => "F",
            Self::Absent(Absence::NotApplicable | Absence::NotMeasurable | Absence::NotStarted | Absence::Ended) => "M",
            Self::Absent(Absence::NotYetReported) => "O",
            Self::Absent(Absence::NotMeasured) => "L",
            Self::Absent(Absence::Withheld) => "Q",
        }
    }
}

impl Cell {
    /// Reads a printed cell. A dash is read as not applicable and a blank as not yet reported;
    /// [`Cell::because`] tells more where more is known.
    pub fn read(printed: &str) -> Self {
        Self { content: Content::read(printed), printed: Some(printed.into()) }
    }

    /// Reads a printed target of a year. A blank one is not something that is still to be reported, and a dash in a year
    /// in which there can be no value says why there is none.
    pub fn read_target(printed: &str, outside: Option<Absence>) -> Self {
        let cell = Self::read(printed);
        if printed.trim().is_empty() { cell.because(Absence::NotApplicable) } else { cell.explained(outside) }
    }

    /// Reads the actual of a year; what is not printed was not measured. The author's word on why there is no value goes
    /// before what a dash outside the years of the row says.
    pub fn read_actual(printed: Option<&str>, stated: Option<Absence>, outside: Option<Absence>) -> Self {
        let cell = printed.map_or_else(|| Self::unprinted(Absence::NotMeasured), Self::read);
        match stated {
            Some(absence) => cell.because(absence),
            None => cell.explained(outside),
        }
    }

    /// The actual of a year of which nothing is known yet.
    pub fn open(outside: Option<Absence>) -> Self {
        Self::unprinted(outside.unwrap_or(Absence::NotYetReported))
    }

    /// A dash in a year in which there can be no value says why there is none.
    fn explained(self, outside: Option<Absence>) -> Self {
        let dashed = self.printed().is_some_and(|text| !text.is_empty() && text.chars().all(is_dash));
        match outside.filter(|_| dashed) {
            Some(absence) => self.because(absence),
            None => self,
        }
    }

    /// A cell that the document does not print.
    pub const fn unprinted(absence: Absence) -> Self {
        Self { printed: None, content: Content::Absent(absence) }
    }

    /// From its two halves, as stored.
    pub fn from_parts(printed: Option<String>, content: Content) -> Self {
        Self { printed: printed.map(Into::into), content }
    }

    /// The same cell with its absence explained; a cell that has a value stays as it is.
    #[must_use]
    pub fn because(mut self, absence: Absence) -> Self {
        if let Content::Absent(reason) = &mut self.content {
            *reason = absence;
        }
        self
    }

    /// The printed text; `None` where the document prints nothing for it.
    pub fn printed(&self) -> Option<&str> {
        self.printed.as_deref()
    }

    /// What it says.
    pub const fn content(&self) -> &Content {
        &self.content
    }

    /// The number, if it is one.
    pub const fn amount(&self) -> Option<&Amount> {
        match &self.content {
            Content::Figure { amount, .. } => Some(amount),
            _ => None,
        }
    }

    /// Its state.
    pub const fn status(&self) -> ObservationStatus {
        match self.content {
            Content::Figure { finality: Finality::Final, .. } => ObservationStatus::Reported,
            Content::Figure { finality: Finality::Provisional, .. } => ObservationStatus::Provisional,
            Content::Figure { finality: Finality::Forecast, .. } => ObservationStatus::Forecast,
            Content::Absent(absence) => ObservationStatus::Absent(absence),
            Content::Words => ObservationStatus::Described,
        }
    }
}

// serde hands over a reference.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn is_final(finality: &Finality) -> bool {
    *finality == Finality::Final
}

impl From<CellParts> for Cell {
    fn from(CellParts { printed, amount, finality, absent }: CellParts) -> Self {
        let content = match (amount, absent) {
            (Some(amount), _) => Content::Figure { amount, finality },
            (None, Some(absence)) => Content::Absent(absence),
            (None, None) => Content::Words,
        };
        Self { printed, content }
    }
}

impl From<Cell> for CellParts {
    fn from(Cell { printed, content }: Cell) -> Self {
        let (amount, finality, absent) = match content {
            Content::Figure { amount, finality } => (Some(amount), finality, None),
            Content::Absent(absence) => (None, Finality::Final, Some(absence)),
            Content::Words => (None, Finality::Final, None),
        };
        Self { printed, amount, finality, absent }
    }
}

impl Content {
    fn read(printed: &str) -> Self {
        let trimmed = printed.trim();
        if trimmed.is_empty() {
            return Self::Absent(Absence::NotYetReported);
        }
        if trimmed.chars().all(is_dash) {
            return Self::Absent(Absence::NotApplicable);
        }
        let normal = normalize(trimmed);
        if let Some((_, absence)) = ABSENCES.iter().find(|(words, _)| *words == normal) {
            return Self::Absent(*absence);
        }
        match Amount::parse_with_finality(trimmed) {
            Some((amount, finality)) => Self::Figure { amount, finality },
            None => Self::Words,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_that_documents_print() {
        use ObservationStatus as S;
        for (printed, status, value) in [
            ("36.6", S::Reported, Some("36.6")),
            ("△7.77％", S::Reported, Some("-7.77")),
            ("暫定値43.1", S::Provisional, Some("43.1")),
            ("見込 5", S::Forecast, Some("5")),
            ("0", S::Reported, Some("0")),
            ("―", S::Absent(Absence::NotApplicable), None),
            ("－", S::Absent(Absence::NotApplicable), None),
            ("-", S::Absent(Absence::NotApplicable), None),
            ("", S::Absent(Absence::NotYetReported), None),
            ("　", S::Absent(Absence::NotYetReported), None),
            ("調査中", S::Absent(Absence::NotYetReported), None),
            ("…", S::Absent(Absence::NotMeasured), None),
            ("Ｘ", S::Absent(Absence::Withheld), None),
            ("達成", S::Described, None),
        ] {
            let cell = Cell::read(printed);
            assert_eq!(cell.status(), status, "{printed}");
            assert_eq!(cell.amount().map(|amount| amount.value.to_string()).as_deref(), value, "{printed}");
            assert_eq!(cell.printed(), Some(printed));
            let stored = serde_json::to_string(&cell).unwrap();
            assert_eq!(serde_json::from_str::<Cell>(&stored).unwrap(), cell, "{stored}");
        }
    }

    #[test]
    fn a_reason_explains_an_absence_and_never_hides_a_value() {
        assert_eq!(Cell::read("―").because(Absence::Ended).status(), ObservationStatus::Absent(Absence::Ended));
        assert_eq!(Cell::read("5").because(Absence::Ended).status(), ObservationStatus::Reported);
    }
}
