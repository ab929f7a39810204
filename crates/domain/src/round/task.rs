use serde::{Deserialize, Serialize};
use time::Date;

use super::{Cause, Entry, Warning};
use crate::{
    DepartmentId, StrategyId,
    calendar::FiscalYear,
    edit::Change,
    lint::Subject,
    strategy::{Absence, Cell, Lifecycle, ObservationStatus, Strategy},
};

/// A reporting round of a strategy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// The strategy.
    pub strategy: StrategyId,
    /// The fiscal year whose results are collected.
    pub year: FiscalYear,
    /// Until when tasks are to be submitted, where a department has no day of its own.
    pub due: Date,
    /// The days of departments.
    pub dues: Vec<(DepartmentId, Date)>,
}

/// How far a round is: it follows from its tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoundState {
    /// It is being collected.
    Open,
    /// Everything of it is published.
    Published,
    /// Something that was published is being corrected.
    Correcting,
}

impl RoundState {
    /// How far a round with these tasks is.
    pub fn of<'a>(tasks: impl IntoIterator<Item = &'a Task>) -> Self {
        tasks.into_iter().fold(Self::Published, |state, task| match (state, task) {
            (Self::Open, _) | (_, Task { published: false, .. }) => Self::Open,
            (_, Task { correction: Some(_), .. }) => Self::Correcting,
            (state, _) => state,
        })
    }
}

impl Round {
    /// Until when a department is to submit its tasks.
    pub fn due_of(&self, department: Option<DepartmentId>) -> Date {
        let own = self.dues.iter().find(|(of, _)| Some(*of) == department);
        own.map_or(self.due, |(_, due)| *due)
    }
}

/// A task of a round: an indicator whose figure and remark are asked for, or a program without an indicator, whose remark
/// is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// What it is about.
    pub subject: Subject,
    /// How often it was changed: what is changed must be as the changer read it.
    pub version: u32,
    /// How far it is.
    pub state: TaskState,
    /// What is entered.
    pub entry: Entry,
    /// Why it was returned, while it is.
    pub returned: Option<String>,
    /// Whether what it says was published.
    pub published: bool,
    /// Why it is corrected after it was published; until it is published again.
    pub correction: Option<String>,
}

/// How far a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// 入力中: the department has not submitted it.
    Draft,
    /// 提出済: it waits for the planning section.
    Submitted,
    /// 差戻し: the planning section returned it with a reason.
    Returned,
    /// 承認済: it is part of the strategy.
    Approved,
}

/// What is done to a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Something is entered.
    Enter,
    /// The department submits it.
    Submit,
    /// The planning section returns it.
    Return,
    /// The planning section approves it.
    Approve,
    /// It was published, and is to be corrected.
    Correct,
}

/// What the planning section decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It goes back to the department, for this reason.
    Return(String),
    /// It becomes part of the strategy.
    Approve,
    /// What was published is to be corrected, for this reason.
    Correct(String),
}

/// A step that cannot be taken from where a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WrongStep {
    /// Entering into what is approved.
    #[error("it is approved; ask the planning section to return it")]
    Approved,
    /// Submitting what is submitted, or approved.
    #[error("it was submitted already")]
    AlreadySubmitted,
    /// Returning or approving what was not submitted.
    #[error("it was not submitted")]
    NotSubmitted,
    /// Approving what is approved.
    #[error("it was approved already")]
    AlreadyApproved,
    /// Returning what is published.
    #[error("it is published; open a correction of it, with its reason")]
    Published,
    /// Correcting what is not published, or is being corrected.
    #[error("it is not published, or is being corrected already")]
    NothingToCorrect,
}

impl TaskState {
    /// Where a step leads. Entering into a submitted task takes it back; it must be submitted again.
    pub const fn after(self, step: Step) -> Result<Self, WrongStep> {
        match (self, step) {
            (Self::Draft | Self::Submitted, Step::Enter) => Ok(Self::Draft),
            (Self::Returned, Step::Enter)
            | (Self::Submitted | Self::Approved, Step::Return)
            | (Self::Approved, Step::Correct) => Ok(Self::Returned),
            (Self::Approved, Step::Enter) => Err(WrongStep::Approved),
            (Self::Draft | Self::Returned, Step::Submit) => Ok(Self::Submitted),
            (Self::Submitted | Self::Approved, Step::Submit) => Err(WrongStep::AlreadySubmitted),
            (Self::Draft | Self::Returned, Step::Return | Step::Approve) => Err(WrongStep::NotSubmitted),
            (Self::Submitted, Step::Approve) => Ok(Self::Approved),
            (Self::Approved, Step::Approve) => Err(WrongStep::AlreadyApproved),
            (_, Step::Correct) => Err(WrongStep::NothingToCorrect),
        }
    }
}

/// What is entered anew.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntryChange {
    /// The actual.
    pub actual: Change<Cell>,
    /// The remark.
    pub remark: Change<String>,
    /// What moved the figure; as before if `None`.
    pub causes: Option<Vec<Cause>>,
    /// The word of reason for a figure that looks wrong.
    pub confirmation: Change<String>,
}

/// Why a task cannot be submitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CannotSubmit {
    /// It is not the time for it.
    #[error(transparent)]
    Step(#[from] WrongStep),
    /// Something is missing: `actual` or `remark`.
    #[error("there is no {0} yet; enter it, or give the status that says why there is none")]
    Missing(&'static str),
    /// The figure looks wrong, and nobody said that it is right.
    #[error("the figure looks wrong; mend it, or confirm it with a word of reason")]
    Unconfirmed,
}

impl Task {
    /// Enters something. A confirmation is one of the figure for which it was given: a new figure needs a new one.
    pub fn enter(&mut self, change: EntryChange) -> Result<(), WrongStep> {
        let state = self.state.after(Step::Enter)?;
        let EntryChange { actual, remark, causes, confirmation } = change;
        let entry = std::mem::take(&mut self.entry);
        let figure = actual.onto(entry.actual.clone());
        let confirmed = entry.confirmation.filter(|_| figure == entry.actual);
        self.entry = Entry {
            actual: figure,
            remark: remark.onto(entry.remark),
            causes: causes.unwrap_or(entry.causes),
            confirmation: confirmation.onto(confirmed),
        };
        self.state = state;
        Ok(())
    }

    /// Submits it. `warnings` is what looks wrong about its figure.
    pub fn submit(&mut self, warnings: &[Warning]) -> Result<(), CannotSubmit> {
        let state = self.state.after(Step::Submit)?;
        if let Some(missing) = self.missing() {
            return Err(CannotSubmit::Missing(missing));
        }
        if !warnings.is_empty() && self.entry.confirmation.is_none() {
            return Err(CannotSubmit::Unconfirmed);
        }
        self.returned = None;
        self.state = state;
        Ok(())
    }

    /// Takes a decision of the planning section.
    pub fn decide(&mut self, decision: &Decision) -> Result<(), WrongStep> {
        let (step, returned) = match decision {
            Decision::Return(reason) => (Step::Return, Some(reason.clone())),
            Decision::Approve => (Step::Approve, None),
            Decision::Correct(_) => (Step::Correct, None),
        };
        match step {
            Step::Return if self.published && self.correction.is_none() => return Err(WrongStep::Published),
            Step::Correct if !self.published || self.correction.is_some() => return Err(WrongStep::NothingToCorrect),
            _ => self.state = self.state.after(step)?,
        }
        self.returned = returned;
        if let Decision::Correct(reason) = decision {
            self.correction = Some(reason.clone());
        }
        Ok(())
    }

    /// What is missing before it can be submitted, in the words of the form: `actual`, `remark`. An indicator needs its
    /// actual, if only to say that there is none; a program without an indicator needs its remark.
    pub fn missing(&self) -> Option<&'static str> {
        match self.subject {
            Subject::Indicator(_) => {
                let said = self
                    .entry
                    .actual
                    .as_ref()
                    .is_some_and(|cell| cell.status() != ObservationStatus::Absent(Absence::NotYetReported));
                (!said).then_some("actual")
            }
            Subject::Node(_) => self.entry.remark.is_none().then_some("remark"),
        }
    }
}

/// What a round of a year asks of a strategy, in the order of the document: the indicators, and the programs without an
/// indicator for which the document prints a row. What has not begun yet is asked for, since documents explain it; what has
/// ended is not. Each comes with the department that owes it: its own, or that of the nearest node above.
pub fn subjects(strategy: &Strategy, year: FiscalYear) -> Vec<(Subject, Option<DepartmentId>)> {
    let nodes = strategy.nodes();
    let mut asked = Vec::new();
    let mut departments: Vec<Option<DepartmentId>> = Vec::with_capacity(nodes.len());
    for (at, node) in nodes.iter().enumerate() {
        let department = node.department.or_else(|| strategy.parent(at).and_then(|above| departments[above]));
        departments.push(department);
        let goes_on = |lifecycle: Lifecycle| lifecycle.absence(year) != Some(Absence::Ended);
        if node.no_indicator.is_some() && goes_on(node.lifecycle) {
            asked.push((Subject::Node(node.id), department));
        }
        for indicator in &strategy.indicators()[strategy.own_indicators(at)] {
            if goes_on(indicator.lifecycle) {
                asked.push((Subject::Indicator(indicator.id), indicator.department.or(department)));
            }
        }
    }
    asked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_goes_its_way() {
        use TaskState as S;
        let way = [Step::Enter, Step::Submit, Step::Return, Step::Enter, Step::Submit, Step::Approve, Step::Correct];
        let states = [S::Draft, S::Submitted, S::Returned, S::Returned, S::Submitted, S::Approved, S::Returned];
        let mut state = S::Draft;
        for (step, expected) in way.into_iter().zip(states) {
            state = state.after(step).unwrap();
            assert_eq!(state, expected, "{step:?}");
        }
        assert_eq!(S::Submitted.after(Step::Enter), Ok(S::Draft), "taken back");
        assert_eq!(S::Approved.after(Step::Enter), Err(WrongStep::Approved));
        assert_eq!(S::Draft.after(Step::Approve), Err(WrongStep::NotSubmitted));
        assert_eq!(S::Submitted.after(Step::Correct), Err(WrongStep::NothingToCorrect));
    }
}
