//! The reporting round (年度の実績報告): opening it, reporting, returning and approving, and opinions on it.

use std::sync::Arc;

use shirube_access::{
    Scope,
    table::{AnswerOpinion, GiveOpinion, ManageRounds, ReadDraft, ReportFigures},
};
use shirube_domain::{
    BadInput, DepartmentId, Error, OpinionId, StrategyId,
    calendar::{FiscalYear, day_in_japan},
    edit::Change,
    lint::Subject,
    municipality::MunicipalityCode,
    round::{
        Cause, Decision, DepartmentProgress, EntryChange, Round, RoundState, Step, TaskCounts, Warning, days_late,
        progress, read_actual, warnings,
    },
    strategy::{Department, ObservationStatus},
};
use shirube_store::{
    Decided, FigureReport, Manner, NewOpinion, Opinion, OpinionChange, Reported, RoundChange, RoundRecord, Selection,
    StoredTask,
};
use time::{Date, OffsetDateTime};

use crate::{App, Version, input};

/// How many figures one request may report.
const REPORTS: usize = 500;
/// How long a remark, an opinion or an answer may be.
const TEXT: usize = 4_000;

pub(crate) const NO_ROUND: Error = Error::NotFound { what: "the round" };
const NO_OPINION: Error = Error::NotFound { what: "the opinion" };

/// A round as somebody sees it.
#[derive(Debug)]
pub struct RoundView {
    round: Round,
    row_version: u32,
    opened_at: OffsetDateTime,
    version: Arc<Version>,
    tasks: Vec<StoredTask>,
    opinions: Vec<Opinion>,
    departments: Vec<Department>,
    today: Date,
}

impl RoundView {
    fn new(record: RoundRecord, now: OffsetDateTime) -> Self {
        let RoundRecord { round, version: row_version, opened_at, draft, tasks, opinions, departments } = record;
        let today = day_in_japan(now);
        Self {
            round,
            row_version,
            opened_at,
            version: Arc::new(Version::draft(draft)),
            tasks,
            opinions,
            departments,
            today,
        }
    }

    /// The round.
    pub const fn round(&self) -> &Round {
        &self.round
    }

    /// How often it was changed.
    pub const fn row_version(&self) -> u32 {
        self.row_version
    }

    /// When it was opened.
    pub const fn opened_at(&self) -> OffsetDateTime {
        self.opened_at
    }

    /// The strategy as it is now.
    pub const fn version(&self) -> &Arc<Version> {
        &self.version
    }

    /// The tasks, in the order of the document.
    pub fn tasks(&self) -> &[StoredTask] {
        &self.tasks
    }

    /// The place of the task about something.
    pub fn task_at(&self, subject: Subject) -> Option<usize> {
        self.tasks.iter().position(|stored| stored.task.subject == subject)
    }

    /// The opinions, in the order in which they were given.
    pub fn opinions(&self) -> &[Opinion] {
        &self.opinions
    }

    /// The department of an id, whether or not the plan still names it.
    pub fn department(&self, id: Option<DepartmentId>) -> Option<&Department> {
        self.departments.iter().find(|of| Some(of.id) == id)
    }

    /// How far it is.
    pub fn state(&self) -> RoundState {
        RoundState::of(self.tasks.iter().map(|stored| &stored.task))
    }

    /// How many tasks are how far.
    pub fn counts(&self) -> TaskCounts {
        let mut counts = TaskCounts::default();
        self.tasks.iter().for_each(|stored| counts.add(&stored.task));
        counts
    }

    /// How far each department is.
    pub fn progress(&self) -> Vec<DepartmentProgress> {
        let tasks = self.tasks.iter().map(|stored| (&stored.task, stored.department));
        progress(tasks, |department| self.round.due_of(department), self.today)
    }

    /// How many days a task is late that its department still owes; 0 while it is not.
    pub fn days_late(&self, stored: &StoredTask) -> u32 {
        let owed = stored.task.state.after(Step::Submit).is_ok();
        if owed { days_late(self.round.due_of(stored.department), self.today) } else { 0 }
    }

    /// What looks wrong about what is entered for a task.
    pub fn warnings(&self, stored: &StoredTask) -> Vec<Warning> {
        let Subject::Indicator(id) = stored.task.subject else { return Vec::new() };
        let indicators = self.version.strategy().indicators();
        let indicator = self.version.strategy().indicator_at(id).map(|at| &indicators[at]);
        let entered = indicator.zip(stored.task.entry.actual.as_ref());
        entered.map_or_else(Vec::new, |(indicator, actual)| warnings(indicator, self.round.year, actual))
    }
}

/// A round, by its municipality, strategy and fiscal year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// The municipality.
    pub municipality: MunicipalityCode,
    /// The strategy.
    pub strategy: StrategyId,
    /// The fiscal year.
    pub year: FiscalYear,
}

/// What somebody reports for a task, as it was typed.
#[derive(Debug, Clone)]
pub struct Figure {
    /// What it is about.
    pub subject: Subject,
    /// The version of the task as it was read.
    pub version: u32,
    /// The actual as it is to be printed.
    pub actual: Change<String>,
    /// What it says, where the text does not tell.
    pub status: Option<ObservationStatus>,
    /// The remark.
    pub remark: Change<String>,
    /// What moved the figure; as before if `None`.
    pub causes: Option<Vec<Cause>>,
    /// A word of reason for a figure that looks wrong.
    pub confirmation: Change<String>,
    /// Whether it is submitted, too.
    pub submit: bool,
}

impl Figure {
    pub(crate) fn read(self) -> Result<FigureReport, BadInput> {
        let Self { subject, version, actual, status, remark, causes, confirmation, submit } = self;
        let told = |error| match error {
            Error::BadInput(told) => told,
            other => BadInput { place: String::new(), message: other.to_string() },
        };
        let actual = match (actual.read(|text| input::cell("actual", &text)).map_err(told)?, status) {
            (Change::Keep, None) => Change::Keep,
            (Change::Clear, None) => Change::Clear,
            (change, status) => {
                let read = read_actual(change.onto(None).as_deref(), status);
                let read = read.map_err(|error| BadInput { place: "actual".into(), message: error.to_string() })?;
                read.map_or(Change::Clear, Change::Set)
            }
        };
        if matches!((&actual, subject), (Change::Set(_), Subject::Node(_))) {
            let message = "a program without an indicator has no figure; give its remark alone";
            return Err(BadInput { place: "actual".into(), message: message.into() });
        }
        let remark = optional(remark, |text| input::optional_text("remark", text, TEXT)).map_err(told)?;
        let confirmation = optional(confirmation, |text| input::reason("confirmation", text)).map_err(told)?;
        let causes = causes.map(|mut causes| {
            causes.sort_unstable();
            causes.dedup();
            causes
        });
        Ok(FigureReport { subject, version, change: EntryChange { actual, remark, causes, confirmation }, submit })
    }
}

/// The same change of what a text is read as; a text that says nothing takes away what is there.
fn optional(
    change: Change<String>,
    read: impl FnOnce(Option<String>) -> Result<Option<String>, Error>,
) -> Result<Change<String>, Error> {
    Ok(match change {
        Change::Keep => Change::Keep,
        Change::Clear => Change::Clear,
        Change::Set(text) => read(Some(text))?.map_or(Change::Clear, Change::Set),
    })
}

fn changed(change: RoundChange) -> Result<(), Error> {
    match change {
        RoundChange::Done => Ok(()),
        RoundChange::Stale => {
            Err(Error::conflict("version", "somebody else changed it since; read it anew, and try again"))
        }
        RoundChange::Already => Err(Error::conflict("year", "the round of this year is open already")),
        RoundChange::OutsidePlan(first, last) => {
            let told = format!("the plan runs from {} to {}; give one of its years", first.label(), last.label());
            Err(Error::bad_input("year", told))
        }
        RoundChange::NothingToReport => {
            Err(Error::conflict("year", "the plan follows nothing in this year; give it indicators first"))
        }
        RoundChange::NoDepartment(at) => {
            Err(Error::bad_input(format!("departmentDues[{at}].department"), "there is no such department"))
        }
        RoundChange::NotFound => Err(NO_ROUND),
    }
}

fn opinion(change: OpinionChange) -> Result<OpinionChange, Error> {
    match change {
        OpinionChange::NotFound => Err(NO_OPINION),
        change => Ok(change),
    }
}

/// Each thing stands in one request once, and there is an end to how many.
fn check_subjects(place: &str, subjects: impl ExactSizeIterator<Item = Subject>) -> Result<(), Error> {
    if subjects.len() == 0 || subjects.len() > REPORTS {
        return Err(Error::bad_input(place, format!("give 1 to {REPORTS} of them")));
    }
    let mut seen = std::collections::HashSet::new();
    for (at, subject) in subjects.enumerate() {
        if !seen.insert(subject) {
            return Err(Error::bad_input(format!("{place}[{at}]"), "this one stands twice; give each once"));
        }
    }
    Ok(())
}

fn check_selection(selection: &Selection) -> Result<(), Error> {
    match selection {
        Selection::Tasks(tasks) => check_subjects("selection.tasks", tasks.iter().map(|(subject, _)| *subject)),
        Selection::Department(_) | Selection::All => Ok(()),
    }
}

impl App {
    /// The rounds of a strategy, the earliest first.
    pub async fn rounds(
        &self,
        scope: &Scope,
        municipality: MunicipalityCode,
        of: StrategyId,
    ) -> Result<Vec<Round>, Error> {
        let permit = scope.permit::<ReadDraft>(municipality)?;
        Ok(self.store.tenant(permit, self.now()).await?.rounds(of).await?)
    }

    /// A round with all that belongs to it, in a fixed number of statements; `None` if there is none.
    pub async fn round(&self, scope: &Scope, of: Part) -> Result<Option<Arc<RoundView>>, Error> {
        let permit = scope.permit::<ReadDraft>(of.municipality)?;
        let now = self.now();
        let record = self.store.tenant(permit, now).await?.round(of.strategy, of.year).await?;
        Ok(record.map(|record| Arc::new(RoundView::new(record, now))))
    }

    /// Opens the round of a fiscal year: each indicator that is followed in it becomes a task of the department that owes it.
    pub async fn open_round(
        &self,
        scope: &Scope,
        municipality: MunicipalityCode,
        round: Round,
    ) -> Result<Arc<RoundView>, Error> {
        let permit = scope.permit::<ManageRounds>(municipality)?;
        check_dues(&round)?;
        changed(self.store.tenant(permit, self.now()).await?.open_round(&round).await?)?;
        self.there(scope, municipality, &round).await
    }

    /// Changes until when a round's tasks are owed, and brings its tasks in line with the plan.
    pub async fn change_round(
        &self,
        scope: &Scope,
        municipality: MunicipalityCode,
        round: Round,
        version: u32,
    ) -> Result<Arc<RoundView>, Error> {
        let permit = scope.permit::<ManageRounds>(municipality)?;
        check_dues(&round)?;
        changed(self.store.tenant(permit, self.now()).await?.change_round(&round, version).await?)?;
        self.there(scope, municipality, &round).await
    }

    async fn there(
        &self,
        scope: &Scope,
        municipality: MunicipalityCode,
        round: &Round,
    ) -> Result<Arc<RoundView>, Error> {
        let of = Part { municipality, strategy: round.strategy, year: round.year };
        self.round(scope, of).await?.ok_or(NO_ROUND)
    }

    /// Asks whether the caller may report figures in a municipality, before anything is said about what they typed.
    pub fn may_report(&self, scope: &Scope, municipality: MunicipalityCode) -> Result<(), Error> {
        scope.permit::<ReportFigures>(municipality).map(|_| ())
    }

    /// Asks whether the caller may give opinions in a municipality, before anything is said about what they typed.
    pub fn may_give_opinion(&self, scope: &Scope, municipality: MunicipalityCode) -> Result<(), Error> {
        scope.permit::<GiveOpinion>(municipality).map(|_| ())
    }

    /// Asks whether the caller may run the rounds of a municipality, before anything is said about what they typed.
    pub fn may_manage_rounds(&self, scope: &Scope, municipality: MunicipalityCode) -> Result<(), Error> {
        scope.permit::<ManageRounds>(municipality).map(|_| ())
    }

    /// Reports figures and remarks, each by itself. What is entered is kept whether or not it can be submitted. Gives what
    /// became of each, in their order; a mistake in one does not keep the others out.
    pub async fn report_figures(
        &self,
        scope: &Scope,
        of: Part,
        figures: Vec<Figure>,
    ) -> Result<Vec<Result<Reported, BadInput>>, Error> {
        let permit = scope.permit::<ReportFigures>(of.municipality)?;
        check_subjects("figures", figures.iter().map(|figure| figure.subject))?;
        let read: Vec<Result<FigureReport, BadInput>> = figures.into_iter().map(Figure::read).collect();
        let reports = read.iter().filter_map(|report| report.as_ref().ok()).cloned().collect();
        let tenant = self.store.tenant(permit, self.now()).await?;
        let reported = tenant.report(of.strategy, of.year, reports, Manner::Each).await?.ok_or(NO_ROUND)?;
        let mut reported = reported.into_iter().map(|(_, reported)| reported);
        // Each report that could be read has its outcome.
        Ok(read.into_iter().filter_map(|report| report.map(|_| reported.next()).transpose()).collect())
    }

    /// Submits tasks as they are entered.
    pub async fn submit_figures(
        &self,
        scope: &Scope,
        of: Part,
        selection: &Selection,
    ) -> Result<Vec<(Subject, Reported)>, Error> {
        let permit = scope.permit::<ReportFigures>(of.municipality)?;
        check_selection(selection)?;
        self.store.tenant(permit, self.now()).await?.submit(of.strategy, of.year, selection).await?.ok_or(NO_ROUND)
    }

    /// Puts last year's remarks where there are none, as a starting point; gives what became of the tasks that it concerned.
    pub async fn carry_remarks(&self, scope: &Scope, of: Part, selection: &Selection) -> Result<Vec<Decided>, Error> {
        let permit = scope.permit::<ReportFigures>(of.municipality)?;
        check_selection(selection)?;
        self.store
            .tenant(permit, self.now())
            .await?
            .carry_remarks(of.strategy, of.year, selection)
            .await?
            .ok_or(NO_ROUND)
    }

    /// Returns or approves what was submitted, or opens corrections of what was published.
    pub async fn decide_figures(
        &self,
        scope: &Scope,
        of: Part,
        selection: &Selection,
        decision: Decision,
    ) -> Result<Vec<Decided>, Error> {
        let permit = scope.permit::<ManageRounds>(of.municipality)?;
        check_selection(selection)?;
        let reason =
            |text| input::reason("reason", Some(text))?.ok_or_else(|| Error::bad_input("reason", "give a reason"));
        let decision = match decision {
            Decision::Return(text) => Decision::Return(reason(text)?),
            Decision::Correct(text) => Decision::Correct(reason(text)?),
            Decision::Approve => Decision::Approve,
        };
        let tenant = self.store.tenant(permit, self.now()).await?;
        tenant.decide(of.strategy, of.year, selection, &decision).await?.ok_or(NO_ROUND)
    }

    /// Gives an opinion on an indicator or node of a round.
    pub async fn give_opinion(
        &self,
        scope: &Scope,
        municipality: MunicipalityCode,
        strategy: StrategyId,
        new: NewOpinion,
    ) -> Result<OpinionChange, Error> {
        let permit = scope.permit::<GiveOpinion>(municipality)?;
        let text = input::text("text", &new.text, TEXT)?;
        let new = NewOpinion { text, ..new };
        opinion(self.store.tenant(permit, self.now()).await?.give_opinion(strategy, new).await?).map_err(|error| {
            match error {
                Error::NotFound { .. } => NO_ROUND,
                error => error,
            }
        })
    }

    /// Answers an opinion, and says whether it is published.
    pub async fn answer_opinion(
        &self,
        scope: &Scope,
        municipality: MunicipalityCode,
        of: (StrategyId, OpinionId),
        version: u32,
        answer: &str,
        public: Option<bool>,
    ) -> Result<OpinionChange, Error> {
        let permit = scope.permit::<AnswerOpinion>(municipality)?;
        let answer = input::text("answer", answer, TEXT)?;
        let tenant = self.store.tenant(permit, self.now()).await?;
        opinion(tenant.answer_opinion(of.0, of.1, version, answer, public).await?)
    }
}

fn check_dues(round: &Round) -> Result<(), Error> {
    // A year's results are collected after it began, and not a lifetime later.
    let (first, last) = (round.year.first_day(), round.year.last_day() + time::Duration::days(5 * 366));
    let place = |at: usize| if at == 0 { "due".to_owned() } else { format!("departmentDues[{}].due", at - 1) };
    let days = std::iter::once(round.due).chain(round.dues.iter().map(|(_, due)| *due));
    if let Some((at, _)) = days.enumerate().find(|(_, day)| !(first..=last).contains(day)) {
        return Err(Error::bad_input(place(at), "give a day after the fiscal year began, within five years"));
    }
    for (at, (department, _)) in round.dues.iter().enumerate() {
        if round.dues[..at].iter().any(|(of, _)| of == department) {
            return Err(Error::bad_input(
                format!("departmentDues[{at}]"),
                "this department stands twice; give it once",
            ));
        }
    }
    Ok(())
}
