//! The reporting round: opening it, reporting, submitting, returning and approving, and correcting.

use std::collections::HashSet;

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, Result, SimpleObject};
use shirube_app::{App, Decided, Figure, Part, Reported, Selection};
use shirube_domain::{
    BadInput, DepartmentId, Error,
    lint::Subject,
    municipality::MunicipalityCode,
    round::{self, CannotSubmit, Decision},
};

use super::{UserError, UserErrorCode, authoring::change_of, department_id, draft_id, payload, settled};
use crate::{
    id::{GlobalId, RoundKey},
    query::{scope, service},
    scalars::{Date, FiscalYear},
    types::{Cause, ObservationStatus, Round, Task, TaskState, Warning},
};

#[derive(Default)]
pub(super) struct RoundMutation;

/// Until when a department is to submit its tasks.
#[derive(InputObject)]
pub(crate) struct DepartmentDue {
    /// The global id of the department.
    department: ID,
    /// The last day.
    due: Date,
}

/// Opens the reporting round of a fiscal year.
#[derive(InputObject)]
pub(crate) struct OpenRoundInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The id of the draft of the strategy.
    strategy: ID,
    /// The fiscal year whose results are collected.
    year: FiscalYear,
    /// Until when tasks are to be submitted, where a department has no day of its own.
    due: Date,
    /// The days of departments.
    department_dues: Option<Vec<DepartmentDue>>,
}

payload!(OpenRoundPayload {
    /// The round.
    round: Round,
});

/// Changes until when a round's tasks are owed, and brings its tasks in line with the plan as it is now.
#[derive(InputObject)]
pub(crate) struct ChangeRoundInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The id of the round.
    round: ID,
    /// Its version, as it was read.
    version: u32,
    /// Until when tasks are to be submitted, where a department has no day of its own.
    due: Date,
    /// The days of departments; they take the place of those before.
    department_dues: Option<Vec<DepartmentDue>>,
}

payload!(ChangeRoundPayload {
    /// The round; after a conflict, as somebody else left it.
    round: Round,
});

/// What is reported for one task. What is left out stays as it is; null takes away what is there.
#[derive(InputObject)]
pub(crate) struct FigureInput {
    /// The id of the task.
    task: ID,
    /// The version of the task as it was read; 0 for one that nobody has touched.
    #[graphql(default = 0)]
    version: u32,
    /// The actual (実績値) as it is to be printed: 36.6, △7.77％, ―.
    actual: MaybeUndefined<String>,
    /// What the actual says, where its text does not tell: a provisional value, or why there is none.
    status: Option<ObservationStatus>,
    /// The remark (所見, 増減理由及び今後の取り組み), up to 4,000 characters.
    remark: MaybeUndefined<String>,
    /// What moved the figure.
    causes: Option<Vec<Cause>>,
    /// A word of reason for a figure that looks wrong and is right.
    confirmation: MaybeUndefined<String>,
    /// Whether it is submitted to the planning section, too.
    #[graphql(default = false)]
    submit: bool,
}

/// Reports figures and remarks for tasks of one round, 1 to 500 of them.
#[derive(InputObject)]
pub(crate) struct ReportFiguresInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// What is reported, each task once.
    figures: Vec<FigureInput>,
}

/// What became of what was reported for one task.
#[derive(SimpleObject)]
pub(crate) struct ReportResult {
    /// The task as it is now, for those who may read drafts. After a conflict: as somebody else left it.
    task: Option<Task>,
    /// Whether what was entered is kept. It is kept, too, if it could not be submitted.
    kept: bool,
    /// The version of the task now; null where there is no such task, or where it is another department's.
    version: Option<u32>,
    /// How far the task is now; null likewise.
    state: Option<TaskState>,
    /// What looks wrong about the figure.
    warnings: Vec<Warning>,
    /// What the caller can mend in it; empty if all was done.
    user_errors: Vec<UserError>,
}

payload!(ReportFiguresPayload {
    /// What became of each, in the order of the input.
    results: Vec<ReportResult>,
    /// The round, for those who may read drafts.
    round: Round,
});

/// A task as it was read.
#[derive(InputObject)]
pub(crate) struct TaskVersion {
    /// The id of the task.
    task: ID,
    /// Its version.
    version: u32,
}

/// Tasks of a round: some, all of a department, or all.
#[derive(InputObject)]
pub(crate) struct TaskSelection {
    /// The id of the round.
    round: ID,
    /// These tasks, 1 to 500, each once.
    tasks: Option<Vec<TaskVersion>>,
    /// All tasks of this department for which it is the time, by its id. Not together with `tasks`.
    department: Option<ID>,
}

/// Submits tasks to the planning section, as they are entered.
#[derive(InputObject)]
pub(crate) struct SubmitFiguresInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// Which tasks; those of other departments are left alone.
    selection: TaskSelection,
}

payload!(SubmitFiguresPayload {
    /// What became of each task that it concerned.
    results: Vec<ReportResult>,
    /// The round, for those who may read drafts.
    round: Round,
});

/// Puts last year's remarks where there are none.
#[derive(InputObject)]
pub(crate) struct CarryForwardRemarksInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// Which tasks; those that have a remark, and those of other departments, are left alone.
    selection: TaskSelection,
}

payload!(CarryForwardRemarksPayload {
    /// The tasks that have a remark now, for those who may read drafts.
    tasks: Vec<Task>,
    /// The round, for those who may read drafts.
    round: Round,
});

/// Returns what was submitted or approved, with a reason.
#[derive(InputObject)]
pub(crate) struct ReturnFiguresInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// Which tasks.
    selection: TaskSelection,
    /// What the department is to mend, on one line.
    reason: String,
}

payload!(ReturnFiguresPayload {
    /// The tasks that were returned.
    tasks: Vec<Task>,
    /// The round.
    round: Round,
});

/// Approves what was submitted: it becomes part of the strategy.
#[derive(InputObject)]
pub(crate) struct ApproveFiguresInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// Which tasks.
    selection: TaskSelection,
}

payload!(ApproveFiguresPayload {
    /// The tasks that were approved.
    tasks: Vec<Task>,
    /// The round.
    round: Round,
});

/// Opens what was published to be corrected.
#[derive(InputObject)]
pub(crate) struct OpenCorrectionsInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// Which tasks.
    selection: TaskSelection,
    /// Why, on one line: it is published with the next revision.
    reason: String,
}

payload!(OpenCorrectionsPayload {
    /// The tasks that are to be corrected.
    tasks: Vec<Task>,
    /// The round.
    round: Round,
});

pub(crate) fn round_key(id: &ID, place: &str) -> Result<RoundKey, Error> {
    match GlobalId::parse(id, place)? {
        GlobalId::Round(key) => Ok(key),
        _ => Err(Error::bad_input(place, "this is not the id of a round")),
    }
}

pub(crate) fn task_id(id: &ID, place: &str) -> Result<(RoundKey, Subject), Error> {
    match GlobalId::parse(id, place)? {
        GlobalId::Task(key, subject) => Ok((key, subject)),
        _ => Err(Error::bad_input(place, "this is not the id of a task")),
    }
}

impl From<RoundKey> for Part {
    fn from(RoundKey { municipality, strategy, year }: RoundKey) -> Self {
        Self { municipality, strategy, year }
    }
}

/// The due dates of departments. One of another municipality is not there.
fn dues(
    municipality: MunicipalityCode,
    dues: Option<Vec<DepartmentDue>>,
) -> Result<Vec<(DepartmentId, time::Date)>, Error> {
    let read = |(at, DepartmentDue { department, due }): (usize, DepartmentDue)| {
        let place = format!("departmentDues[{at}].department");
        match department_id(&department, &place)? {
            (code, id) if code == municipality => Ok((id, due.0)),
            _ => Err(Error::bad_input(place, "there is no such department")),
        }
    };
    dues.unwrap_or_default().into_iter().enumerate().map(read).collect()
}

impl TaskSelection {
    /// The round, and which of its tasks; `may` asks whether the caller may, before anything is said about the rest.
    fn read(&self, may: impl FnOnce(MunicipalityCode) -> Result<(), Error>) -> Result<(RoundKey, Selection), Error> {
        let key = round_key(&self.round, "selection.round")?;
        may(key.municipality)?;
        let selection = match (&self.tasks, &self.department) {
            (Some(_), Some(_)) => {
                let told = "give tasks or a department, not both";
                return Err(Error::bad_input("selection.department", told));
            }
            (Some(tasks), None) => {
                let read = |(at, of): (usize, &TaskVersion)| {
                    let place = format!("selection.tasks[{at}].task");
                    match task_id(&of.task, &place)? {
                        (round, subject) if round == key => Ok((subject, of.version)),
                        _ => Err(Error::bad_input(place, "this is a task of another round")),
                    }
                };
                Selection::Tasks(tasks.iter().enumerate().map(read).collect::<Result<_, Error>>()?)
            }
            (None, Some(department)) => match department_id(department, "selection.department")? {
                (code, id) if code == key.municipality => Selection::Department(id),
                _ => return Err(Error::bad_input("selection.department", "there is no such department")),
            },
            (None, None) => Selection::All,
        };
        Ok((key, selection))
    }

    /// Where something of the input is said about a subject.
    fn place(selection: &Selection, subject: Subject) -> String {
        let at = match selection {
            Selection::Tasks(tasks) => tasks.iter().position(|(of, _)| *of == subject),
            Selection::Department(_) | Selection::All => None,
        };
        at.map_or("selection".to_owned(), |at| format!("selection.tasks[{at}]"))
    }
}

/// A round as it is now, for those who may read drafts.
pub(super) async fn read_round(context: &Context<'_>, key: RoundKey) -> Result<Option<Round>, Error> {
    match service(context).round(scope(context), key.into()).await {
        Ok(view) => Ok(view.map(|view| Round::new(service(context), key.municipality, view))),
        // An API key that reports need not read.
        Err(Error::Forbidden { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) fn problem(code: UserErrorCode, place: &str, message: impl std::fmt::Display) -> UserError {
    UserError::at(code, BadInput { place: place.to_owned(), message: message.to_string() })
}

pub(super) const STALE: &str = "somebody else changed it since; read it anew, and try again";

impl ReportResult {
    /// What became of one report. `round` is the round as it is since, if the caller sees it.
    fn of(
        round: Option<&Round>,
        subject: Option<Subject>,
        outcome: &Result<Reported, BadInput>,
        user_errors: Vec<UserError>,
    ) -> Self {
        let stored = match outcome {
            Ok(Reported::Kept { task, .. } | Reported::Stale(task) | Reported::WrongStep(task, _)) => Some(task),
            _ => None,
        };
        let (kept, warnings) = match outcome {
            Ok(Reported::Kept { warnings, .. }) => (true, warnings.clone().into_iter().map(Into::into).collect()),
            _ => (false, Vec::new()),
        };
        let task = round
            .zip(subject)
            .and_then(|(round, subject)| round.find(subject))
            .filter(|_| !matches!(outcome, Ok(Reported::NotYours)));
        let stored = stored.or_else(|| task.as_ref().map(Task::stored));
        Self {
            kept,
            version: stored.map(|of| of.task.version),
            state: stored.map(|of| of.task.state.into()),
            task: task.clone(),
            warnings,
            user_errors,
        }
    }
}

/// What cannot be done with a report, with its place below `place`.
fn objections(outcome: &Result<Reported, BadInput>, place: &str) -> Vec<UserError> {
    let at = |field: &str| if place.is_empty() { field.to_owned() } else { format!("{place}.{field}") };
    let told = match outcome {
        Err(told) => problem(UserErrorCode::BadUserInput, &at(&told.place), &told.message),
        Ok(Reported::Kept { unsubmitted: None, .. }) => return Vec::new(),
        Ok(Reported::Kept { unsubmitted: Some(error), .. }) => match error {
            CannotSubmit::Missing(field) => problem(UserErrorCode::BadUserInput, &at(field), error),
            CannotSubmit::Unconfirmed => problem(UserErrorCode::Unconfirmed, &at("confirmation"), error),
            CannotSubmit::Step(_) => problem(UserErrorCode::Conflict, &at("submit"), error),
        },
        Ok(Reported::Stale(_)) => problem(UserErrorCode::Conflict, &at("version"), STALE),
        Ok(Reported::WrongStep(_, error)) => problem(UserErrorCode::Conflict, &at("task"), error),
        Ok(Reported::NotYours) => {
            problem(UserErrorCode::Forbidden, &at("task"), "another department owes it; its own people report it")
        }
        Ok(Reported::NotFound) => problem(UserErrorCode::NotFound, &at("task"), "this round has no such task"),
    };
    vec![told]
}

/// What is reported for one task, or why it cannot be read.
type Read = Result<Figure, BadInput>;

impl ReportFiguresInput {
    /// The round of the first task that can be read, and what is reported in it, in the order of the input.
    fn read(self, app: &App, scope: &shirube_access::Scope) -> Result<(RoundKey, Vec<Read>), Error> {
        let ids: Vec<_> = self.figures.iter().map(|of| task_id(&of.task, "task")).collect();
        let Some(round) = ids.iter().find_map(|id| id.as_ref().ok()).map(|(round, _)| *round) else {
            return Err(match ids.into_iter().next() {
                Some(Err(Error::BadInput(told))) => Error::bad_input("figures[0].task", told.message),
                _ => Error::bad_input("figures", "give 1 to 500 of them"),
            });
        };
        app.may_report(scope, round.municipality)?;
        let mut seen = HashSet::new();
        let mut read = Vec::with_capacity(ids.len());
        for (id, of) in ids.into_iter().zip(self.figures) {
            let wrong = |message: &str| Err(BadInput { place: "task".to_owned(), message: message.to_owned() });
            read.push(match id {
                Ok((key, _)) if key != round => wrong("this is a task of another round; report each round by itself"),
                Ok((_, subject)) if !seen.insert(subject) => wrong("this task stands twice; give each once"),
                Ok((_, subject)) => Ok(of.read(subject)),
                Err(Error::BadInput(told)) => Err(told),
                Err(error) => return Err(error),
            });
        }
        Ok((round, read))
    }
}

impl FigureInput {
    fn read(self, subject: Subject) -> Figure {
        Figure {
            subject,
            version: self.version,
            actual: change_of(self.actual),
            status: self.status.map(Into::into),
            remark: change_of(self.remark),
            causes: self.causes.map(|causes| causes.into_iter().map(Into::into).collect()),
            confirmation: change_of(self.confirmation),
            submit: self.submit,
        }
    }
}

/// The tasks about which it was decided, the round as it is since, and what could not be done.
fn told(
    decided: Vec<Decided>,
    round: Option<Round>,
    selection: &Selection,
) -> (Vec<Task>, Option<Round>, Vec<UserError>) {
    let place = |subject, field: &str| format!("{}.{field}", TaskSelection::place(selection, subject));
    let (mut tasks, mut problems) = (Vec::new(), Vec::new());
    for outcome in decided {
        match outcome {
            Decided::Done(stored) => {
                tasks.extend(round.as_ref().and_then(|round| round.find(stored.task.subject)));
            }
            Decided::Stale(stored) => {
                problems.push(problem(UserErrorCode::Conflict, &place(stored.task.subject, "version"), STALE));
            }
            Decided::WrongStep(stored, error) => {
                problems.push(problem(UserErrorCode::Conflict, &place(stored.task.subject, "task"), error));
            }
            Decided::NotFound(subject) => {
                let told = "this round has no such task";
                problems.push(problem(UserErrorCode::NotFound, &place(subject, "task"), told));
            }
        }
    }
    (tasks, round, problems)
}

/// Decides about tasks; gives those about which it was decided, the round, and what could not be done.
async fn decide(
    context: &Context<'_>,
    selection: &TaskSelection,
    decision: Decision,
) -> Result<(Option<Vec<Task>>, Option<Round>, Vec<UserError>)> {
    let decided = async {
        let may = |code| service(context).may_manage_rounds(scope(context), code);
        let (key, selection) = selection.read(may)?;
        let decided = service(context).decide_figures(scope(context), key.into(), &selection, decision).await?;
        let round = read_round(context, key).await?;
        Ok(told(decided, round, &selection))
    };
    let (done, mut user_errors) = settled(decided.await)?;
    let Some((tasks, round, problems)) = done else { return Ok((None, None, user_errors)) };
    user_errors.extend(problems);
    Ok((Some(tasks), round, user_errors))
}

#[Object]
impl RoundMutation {
    /// Opens the reporting round (年度の実績報告) of a fiscal year: each indicator that is followed in it becomes a task of the
    /// department that owes it.
    async fn open_round(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which year, and until when.")] input: OpenRoundInput,
    ) -> Result<Option<OpenRoundPayload>> {
        let opened = async {
            let (municipality, strategy) = draft_id(&input.strategy, "strategy")?;
            service(context).may_manage_rounds(scope(context), municipality)?;
            let dues = dues(municipality, input.department_dues)?;
            let round = round::Round { strategy, year: input.year.0, due: input.due.0, dues };
            let view = service(context).open_round(scope(context), municipality, round).await?;
            Ok(Round::new(service(context), municipality, view))
        };
        let (round, user_errors) = settled(opened.await)?;
        Ok(Some(OpenRoundPayload { client_mutation_id: input.client_mutation_id, round, user_errors }))
    }

    /// Changes until when a round's tasks are owed, and brings its tasks in line with the plan as it is now: what is new in it
    /// becomes a task, and each task is owed by the department that the plan names.
    async fn change_round(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which round, and until when.")] input: ChangeRoundInput,
    ) -> Result<Option<ChangeRoundPayload>> {
        let changed = async {
            let key = round_key(&input.round, "round")?;
            let RoundKey { municipality, strategy, year } = key;
            service(context).may_manage_rounds(scope(context), municipality)?;
            let dues = dues(municipality, input.department_dues)?;
            let round = round::Round { strategy, year, due: input.due.0, dues };
            match service(context).change_round(scope(context), municipality, round, input.version).await {
                Ok(view) => Ok((Some(Round::new(service(context), municipality, view)), None)),
                Err(Error::Conflict(told)) => Ok((read_round(context, key).await?, Some(told))),
                Err(error) => Err(error),
            }
        };
        let (done, mut user_errors) = settled(changed.await)?;
        let (round, conflict) = done.unwrap_or_default();
        user_errors.extend(conflict.map(|told| UserError::at(UserErrorCode::Conflict, told)));
        Ok(Some(ChangeRoundPayload { client_mutation_id: input.client_mutation_id, round, user_errors }))
    }

    /// Reports figures and remarks (実績値と所見), each by itself: what is wrong with one does not keep the others out, and
    /// what is entered is kept whether or not it can be submitted.
    async fn report_figures(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What is reported.")] mut input: ReportFiguresInput,
    ) -> Result<Option<ReportFiguresPayload>> {
        let client_mutation_id = input.client_mutation_id.take();
        let shown = context.look_ahead();
        let shown = shown.field("round").exists() || shown.field("results").field("task").exists();
        let reported = async {
            let (key, read) = input.read(service(context), scope(context))?;
            let figures: Vec<Figure> = read.iter().filter_map(|read| read.as_ref().ok()).cloned().collect();
            let outcomes = service(context).report_figures(scope(context), key.into(), figures).await?;
            let mut outcomes = outcomes.into_iter();
            let outcome = |read: Read| match read {
                Ok(figure) => outcomes.next().map(|outcome| (Some(figure.subject), outcome)),
                Err(told) => Some((None, Err(told))),
            };
            let outcomes: Vec<_> = read.into_iter().filter_map(outcome).collect();
            let round = if shown { read_round(context, key).await? } else { None };
            Ok((outcomes, round))
        };
        let (done, mut user_errors) = settled(reported.await)?;
        let Some((outcomes, round)) = done else {
            return Ok(Some(ReportFiguresPayload { client_mutation_id, results: None, round: None, user_errors }));
        };
        let results: Vec<ReportResult> = outcomes
            .iter()
            .enumerate()
            .map(|(at, (subject, outcome))| {
                ReportResult::of(round.as_ref(), *subject, outcome, objections(outcome, &format!("figures[{at}]")))
            })
            .collect();
        user_errors.extend(results.iter().flat_map(|result| result.user_errors.iter().cloned()));
        Ok(Some(ReportFiguresPayload { client_mutation_id, results: Some(results), round, user_errors }))
    }

    /// Submits tasks to the planning section (提出), as they are entered.
    async fn submit_figures(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which tasks.")] input: SubmitFiguresInput,
    ) -> Result<Option<SubmitFiguresPayload>> {
        let submitted = async {
            let may = |code| service(context).may_report(scope(context), code);
            let (key, selection) = input.selection.read(may)?;
            let outcomes = service(context).submit_figures(scope(context), key.into(), &selection).await?;
            let round = read_round(context, key).await?;
            let result = |(subject, outcome)| {
                let outcome = Ok(outcome);
                // What is missing in a task is no field of this input.
                let place = TaskSelection::place(&selection, subject);
                let told = objections(&outcome, "")
                    .into_iter()
                    .map(|told| UserError::at(told.code, BadInput { place: place.clone(), message: told.message }));
                ReportResult::of(round.as_ref(), Some(subject), &outcome, told.collect())
            };
            let results: Vec<ReportResult> = outcomes.into_iter().map(result).collect();
            Ok((results, round))
        };
        let (done, mut user_errors) = settled(submitted.await)?;
        let client_mutation_id = input.client_mutation_id;
        let Some((results, round)) = done else {
            return Ok(Some(SubmitFiguresPayload { client_mutation_id, results: None, round: None, user_errors }));
        };
        user_errors.extend(results.iter().flat_map(|result| result.user_errors.iter().cloned()));
        Ok(Some(SubmitFiguresPayload { client_mutation_id, results: Some(results), round, user_errors }))
    }

    /// Puts last year's remarks (前年度の所見) where there are none, as a starting point.
    async fn carry_forward_remarks(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which tasks.")] input: CarryForwardRemarksInput,
    ) -> Result<Option<CarryForwardRemarksPayload>> {
        let carried = async {
            let may = |code| service(context).may_report(scope(context), code);
            let (key, selection) = input.selection.read(may)?;
            let carried = service(context).carry_remarks(scope(context), key.into(), &selection).await?;
            let round = read_round(context, key).await?;
            Ok(told(carried, round, &selection))
        };
        let (done, mut user_errors) = settled(carried.await)?;
        let (tasks, round, problems) =
            done.map_or((None, None, Vec::new()), |(tasks, round, problems)| (Some(tasks), round, problems));
        user_errors.extend(problems);
        Ok(Some(CarryForwardRemarksPayload { client_mutation_id: input.client_mutation_id, tasks, round, user_errors }))
    }

    /// Returns what was submitted or approved (差戻し), with a reason. What was published is corrected instead.
    async fn return_figures(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which tasks, and why.")] input: ReturnFiguresInput,
    ) -> Result<Option<ReturnFiguresPayload>> {
        let (tasks, round, user_errors) = decide(context, &input.selection, Decision::Return(input.reason)).await?;
        Ok(Some(ReturnFiguresPayload { client_mutation_id: input.client_mutation_id, tasks, round, user_errors }))
    }

    /// Approves what was submitted (承認): it becomes part of the strategy.
    async fn approve_figures(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which tasks.")] input: ApproveFiguresInput,
    ) -> Result<Option<ApproveFiguresPayload>> {
        let (tasks, round, user_errors) = decide(context, &input.selection, Decision::Approve).await?;
        Ok(Some(ApproveFiguresPayload { client_mutation_id: input.client_mutation_id, tasks, round, user_errors }))
    }

    /// Opens what was published to be corrected (訂正): it is reported and approved again, and published with the reason.
    async fn open_corrections(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which tasks, and why.")] input: OpenCorrectionsInput,
    ) -> Result<Option<OpenCorrectionsPayload>> {
        let (tasks, round, user_errors) = decide(context, &input.selection, Decision::Correct(input.reason)).await?;
        Ok(Some(OpenCorrectionsPayload { client_mutation_id: input.client_mutation_id, tasks, round, user_errors }))
    }
}
