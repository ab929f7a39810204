use serde::{Deserialize, Serialize};

use crate::{
    calendar::FiscalYear,
    lint::Subject,
    quantity::Finality,
    strategy::{Absence, Cell, Content, ObservationStatus as Status, Remark, Strategy},
    text::Bilingual,
};

/// What a department has entered for a task.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// The actual (実績値); `None` while nothing is entered.
    pub actual: Option<Cell>,
    /// The remark (所見, 増減理由及び今後の取り組み).
    pub remark: Option<String>,
    /// What moved the figure.
    pub causes: Vec<Cause>,
    /// The word of reason with which the reporter confirmed a figure that looks wrong.
    pub confirmation: Option<String>,
}

/// What moved a figure (増減の要因).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// 感染症.
    Infection,
    /// 物価.
    Prices,
    /// 人手.
    Labour,
    /// 需要.
    Demand,
    /// 天候.
    Weather,
    /// 制度.
    Institution,
    /// 財源.
    Funding,
    /// 遅延.
    Delay,
    /// その他.
    Other,
}

/// Why a text and a status make no actual.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActualError {
    /// A number, and a status that says there is none.
    #[error("“{0}” is a value, but the status says that there is none; leave the status out, or the value")]
    ValueAndAbsence(String),
    /// A status that speaks of a value, and no value.
    #[error("the status speaks of a value, and there is none; write the value as it is to be printed")]
    NoValue,
    /// A number that is final after its status, and provisional after its text.
    #[error("“{0}” says by itself that it is not final; take the words out, or give another status")]
    Finality(String),
    /// Words with the status of a number.
    #[error("“{0}” is not a number; write one such as 36.6 or △7.77％, or give the status DESCRIBED for words")]
    NotANumber(String),
}

impl ActualError {
    /// The same in both languages.
    pub fn text(&self) -> Bilingual {
        let ja = match self {
            Self::ValueAndAbsence(text) => {
                format!("「{text}」は値ですが、区分は値がないことを示しています。どちらかを消してください。")
            }
            Self::NoValue => {
                "区分は値があることを示していますが、値がありません。印刷するとおりに入力してください。".to_owned()
            }
            Self::Finality(text) => {
                format!("「{text}」は確定値でないことを示しています。その語を消すか、区分を変えてください。")
            }
            Self::NotANumber(text) => {
                format!("「{text}」は数ではありません。36.6 や △7.77％ のように入力するか、区分を空欄にしてください。")
            }
        };
        Bilingual::new(ja, self.to_string())
    }
}

/// What a strategy says about a subject in a year.
pub fn said(strategy: &Strategy, subject: Subject, of: FiscalYear) -> Entry {
    let remark = |remarks: &[Remark]| remarks.iter().find(|remark| remark.year == of).map(|remark| remark.text.clone());
    match subject {
        Subject::Node(id) => {
            let node = strategy.node_at(id).map(|at| &strategy.nodes()[at]);
            Entry { remark: node.and_then(|node| remark(&node.remarks)), ..Entry::default() }
        }
        Subject::Indicator(id) => {
            let indicator = strategy.indicator_at(id).map(|at| &strategy.indicators()[at]);
            let actual = indicator.and_then(|indicator| indicator.figures.year(of)).map(|of| of.actual.clone());
            // Of what has not begun it is known that there is nothing.
            let absence = indicator.and_then(|indicator| indicator.lifecycle.absence(of));
            let nothing = absence.map(|absence| Cell::read("―").because(absence));
            let blank = Status::Absent(Absence::NotYetReported);
            let unsaid = |cell: &Cell| cell.status() == blank || cell.printed().is_none();
            Entry {
                actual: actual.filter(|cell| !unsaid(cell)).or(nothing),
                remark: indicator.and_then(|indicator| remark(&indicator.remarks)),
                ..Entry::default()
            }
        }
    }
}

/// Reads an actual as it is to be printed, with the status where the text does not tell: 43.1 may be provisional, and ―
/// does not say why there is nothing. Without a text, the status of an absence prints ― (and blank for a value that is still
/// to come). `None` if neither is given.
pub fn read_actual(printed: Option<&str>, status: Option<Status>) -> Result<Option<Cell>, ActualError> {
    let Some(printed) = printed else {
        return match status {
            None => Ok(None),
            Some(Status::Absent(absence)) => Ok(Some(Cell::read(mark(absence)).because(absence))),
            Some(_) => Err(ActualError::NoValue),
        };
    };
    let cell = Cell::read(printed);
    let content = match (cell.content().clone(), status) {
        (content, None) | (content @ Content::Words, Some(Status::Described)) => content,
        (Content::Absent(_), Some(Status::Absent(absence))) => Content::Absent(absence),
        (Content::Absent(_), Some(_)) => return Err(ActualError::NoValue),
        (_, Some(Status::Absent(_))) => return Err(ActualError::ValueAndAbsence(printed.to_owned())),
        (Content::Words, Some(_)) => return Err(ActualError::NotANumber(printed.to_owned())),
        (Content::Figure { .. }, Some(Status::Described)) => Content::Words,
        (Content::Figure { amount, finality }, Some(status)) => {
            let stated = match status {
                Status::Provisional => Finality::Provisional,
                Status::Forecast => Finality::Forecast,
                _ => Finality::Final,
            };
            if finality != Finality::Final && finality != stated {
                return Err(ActualError::Finality(printed.to_owned()));
            }
            Content::Figure { amount, finality: stated }
        }
    };
    Ok(Some(Cell::from_parts(Some(printed.to_owned()), content)))
}

const fn mark(absence: Absence) -> &'static str {
    match absence {
        Absence::NotYetReported => "",
        _ => "―",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_says_what_a_text_does_not() {
        use Status as S;
        let absent = S::Absent(Absence::NotMeasurable);
        for (printed, status, expected) in [
            (Some("43.1"), None, Ok(Some(S::Reported))),
            (Some("43.1"), Some(S::Provisional), Ok(Some(S::Provisional))),
            (Some("暫定値43.1"), None, Ok(Some(S::Provisional))),
            (Some("暫定値43.1"), Some(S::Provisional), Ok(Some(S::Provisional))),
            (Some("暫定値43.1"), Some(S::Reported), Err(ActualError::Finality("暫定値43.1".into()))),
            (Some("43.1"), Some(absent), Err(ActualError::ValueAndAbsence("43.1".into()))),
            (Some("―"), None, Ok(Some(S::Absent(Absence::NotApplicable)))),
            (Some("―"), Some(absent), Ok(Some(absent))),
            (Some("―"), Some(S::Reported), Err(ActualError::NoValue)),
            (None, Some(absent), Ok(Some(absent))),
            (None, Some(S::Reported), Err(ActualError::NoValue)),
            (None, None, Ok(None)),
            (Some("達成"), None, Ok(Some(S::Described))),
            (Some("達成"), Some(S::Reported), Err(ActualError::NotANumber("達成".into()))),
            (Some("3"), Some(S::Described), Ok(Some(S::Described))),
        ] {
            let read = read_actual(printed, status);
            let (shown, status) = (format!("{printed:?} {status:?}"), read.map(|cell| cell.map(|cell| cell.status())));
            assert_eq!(status, expected, "{shown}");
        }
        let dash = read_actual(None, Some(absent)).unwrap().unwrap();
        assert_eq!(dash.printed(), Some("―"));
    }
}
