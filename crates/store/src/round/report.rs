use std::collections::HashMap;

use sea_orm::{ColumnTrait, QueryFilter, QuerySelect, prelude::Uuid};
use serde_json::{Value, json};
use shirube_access::{ActorKind, table::ReportFigures};
use shirube_domain::{
    StrategyId,
    calendar::FiscalYear,
    edit::Change,
    lint::Subject,
    round::{CannotSubmit, EntryChange, Step, Task, Warning, WrongStep, warnings},
    strategy::Indicator,
};

use super::{Decided, Selection, StoredTask};
use crate::{
    StoreResult, Tenant,
    audit::Record,
    rows::{
        columns::CellColumns,
        convert::with_figures,
        round::reporting_task,
        tenant::{figure, indicator, indicator_remark, node_remark},
    },
};

/// What somebody reports for one task.
#[derive(Debug, Clone)]
pub struct FigureReport {
    /// What it is about.
    pub subject: Subject,
    /// The version of the task as it was read.
    pub version: u32,
    /// What is entered anew.
    pub change: EntryChange,
    /// Whether it is submitted, too.
    pub submit: bool,
}

/// What became of it.
#[derive(Debug)]
pub enum Reported {
    /// It is kept, whether or not it could be submitted.
    Kept {
        /// The task as it is now.
        task: StoredTask,
        /// What looks wrong about the figure.
        warnings: Vec<Warning>,
        /// Why it was not submitted, if it was to be.
        unsubmitted: Option<CannotSubmit>,
    },
    /// Somebody else changed the task since; it is like this now.
    Stale(StoredTask),
    /// It is not the time for it.
    WrongStep(StoredTask, WrongStep),
    /// Another department owes it.
    NotYours,
    /// This round asks for no such thing.
    NotFound,
}

/// How many reports are entered together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Each by itself: one that cannot be kept does not keep the others out.
    Each,
    /// All of them, or none.
    AllOrNone,
}

impl Tenant<ReportFigures> {
    /// Enters what is reported for many tasks of a round, in a number of statements that does not depend on how many they are.
    /// `None` if there is no such round. No subject may stand twice.
    pub async fn report(
        self,
        strategy: StrategyId,
        year: FiscalYear,
        reports: Vec<FigureReport>,
        manner: Manner,
    ) -> StoreResult<Option<Vec<(Subject, Reported)>>> {
        if self.load_rounds(strategy, Some(year)).await?.is_empty() {
            return Ok(None);
        }
        let subjects: Vec<Uuid> = reports.iter().map(|report| report.subject.uuid()).collect();
        let tasks = self.tasks(strategy, year).filter(reporting_task::Column::SubjectId.is_in(subjects.clone()));
        let tasks = self.load_tasks(tasks.lock_exclusive()).await?;
        let mut tasks: HashMap<Uuid, StoredTask> =
            tasks.into_iter().map(|stored| (stored.task.subject.uuid(), stored)).collect();
        let indicators = self.indicators(strategy, &subjects).await?;

        let (mut changed, mut records) = (Vec::new(), Vec::new());
        let mut outcomes = Vec::with_capacity(reports.len());
        for report in reports {
            let subject = report.subject;
            let (before, reported) = match tasks.remove(&subject.uuid()) {
                Some(stored) if stored.task.subject == subject => self.apply(stored, report, year, &indicators),
                _ => (None, Reported::NotFound),
            };
            if let (Some(before), Reported::Kept { task, .. }) = (before, &reported) {
                records.push(entered_record(year, &before, task));
                changed.push(task.clone());
            }
            outcomes.push((subject, reported));
        }
        let kept = |(_, reported): &(Subject, Reported)| matches!(reported, Reported::Kept { .. });
        if manner == Manner::AllOrNone && !outcomes.iter().all(kept) {
            return Ok(Some(outcomes));
        }
        self.write_tasks(strategy, year, &changed).await?;
        self.commit_all(records).await?;
        Ok(Some(outcomes))
    }

    /// Applies a report to its task; gives the task as it was, if it changed, and what became of the report.
    fn apply(
        &self,
        stored: StoredTask,
        report: FigureReport,
        year: FiscalYear,
        indicators: &HashMap<Uuid, Indicator>,
    ) -> (Option<Task>, Reported) {
        let within = self.permit().within();
        if !within.covers(stored.department) {
            return (None, Reported::NotYours);
        }
        if stored.task.version != report.version {
            return (None, Reported::Stale(stored));
        }
        let mut task = stored.task.clone();
        if report.change != EntryChange::default()
            && let Err(error) = task.enter(report.change)
        {
            return (None, Reported::WrongStep(stored, error));
        }
        let indicator = indicators.get(&task.subject.uuid());
        let warnings = match (&task.entry.actual, indicator) {
            (Some(actual), Some(indicator)) => warnings(indicator, year, actual),
            _ => Vec::new(),
        };
        let unsubmitted = if report.submit { task.submit(&warnings).err() } else { None };
        if task == stored.task {
            return (None, Reported::Kept { task: stored, warnings, unsubmitted });
        }
        task.version += 1;
        let before = stored.task.clone();
        let kept = self.entered(StoredTask { task, ..stored }, &before);
        (Some(before), Reported::Kept { task: kept, warnings, unsubmitted })
    }

    /// The same task with who has entered what is new in it; whoever only submits has entered nothing.
    fn entered(&self, stored: StoredTask, before: &Task) -> StoredTask {
        if stored.task.entry == before.entry {
            return stored;
        }
        let actor = self.permit().actor();
        StoredTask {
            on_behalf: actor.kind == ActorKind::User && !self.permit().within().is_own(stored.department),
            entered_by: Some(actor.name.clone()),
            entered_at: Some(self.at()),
            ..stored
        }
    }

    /// Submits tasks as they are entered: of a department, those that were not submitted yet. `None` if there is no such
    /// round.
    pub async fn submit(
        self,
        strategy: StrategyId,
        year: FiscalYear,
        selection: &Selection,
    ) -> StoreResult<Option<Vec<(Subject, Reported)>>> {
        let report =
            |(subject, version)| FigureReport { subject, version, change: EntryChange::default(), submit: true };
        let reports = match selection {
            Selection::Tasks(tasks) => tasks.iter().copied().map(report).collect(),
            Selection::Department(_) | Selection::All => {
                let due = |stored: &StoredTask| {
                    self.permit().within().covers(stored.department) && stored.task.state.after(Step::Submit).is_ok()
                };
                let tasks = self.selected(strategy, year, selection).await?;
                let tasks = tasks.into_iter().filter(due);
                tasks.map(|stored| report((stored.task.subject, stored.task.version))).collect()
            }
        };
        self.report(strategy, year, reports, Manner::Each).await
    }

    /// Indicators with their figures, by id: two statements.
    async fn indicators(&self, strategy: StrategyId, ids: &[Uuid]) -> StoreResult<HashMap<Uuid, Indicator>> {
        let rows = self
            .rows::<indicator::Entity>()
            .filter(indicator::Column::StrategyId.eq(strategy.uuid()))
            .filter(indicator::Column::Id.is_in(ids.iter().copied()));
        let figures = self
            .rows::<figure::Entity>()
            .filter(figure::Column::StrategyId.eq(strategy.uuid()))
            .filter(figure::Column::IndicatorId.is_in(ids.iter().copied()));
        let found = with_figures(self.all(rows).await?, self.all(figures).await?)?;
        Ok(found.into_iter().map(|indicator| (indicator.id.uuid(), indicator)).collect())
    }

    /// Puts the remark of the year before into tasks that have none and wait for their department, as a starting point. `None`
    /// if there is no such round.
    pub async fn carry_remarks(
        self,
        strategy: StrategyId,
        year: FiscalYear,
        selection: &Selection,
    ) -> StoreResult<Option<Vec<Decided>>> {
        if self.load_rounds(strategy, Some(year)).await?.is_empty() {
            return Ok(None);
        }
        let before = year.year() - 1;
        let of_indicators = self
            .rows::<indicator_remark::Entity>()
            .filter(indicator_remark::Column::StrategyId.eq(strategy.uuid()))
            .filter(indicator_remark::Column::FiscalYear.eq(before));
        let of_nodes = self
            .rows::<node_remark::Entity>()
            .filter(node_remark::Column::StrategyId.eq(strategy.uuid()))
            .filter(node_remark::Column::FiscalYear.eq(before));
        let mut remarks: HashMap<Uuid, String> =
            self.all(of_indicators).await?.into_iter().map(|row| (row.indicator_id, row.text)).collect();
        remarks.extend(self.all(of_nodes).await?.into_iter().map(|row| (row.node_id, row.text)));

        let found = self.selected(strategy, year, selection).await?;
        let mut outcomes = selection.missing(&found);
        let (mut changed, mut records) = (Vec::new(), Vec::new());
        for stored in found {
            if !selection.version_fits(&stored.task) {
                outcomes.push(Decided::Stale(stored));
                continue;
            }
            let waits = stored.task.entry.remark.is_none() && stored.task.state.after(Step::Submit).is_ok();
            let remark = remarks.remove(&stored.task.subject.uuid());
            let Some(remark) = remark.filter(|_| waits && self.permit().within().covers(stored.department)) else {
                continue;
            };
            let mut task = stored.task.clone();
            if task.enter(EntryChange { remark: Change::Set(remark), ..EntryChange::default() }).is_err() {
                continue;
            }
            task.version += 1;
            let before = stored.task.clone();
            let kept = self.entered(StoredTask { task, ..stored }, &before);
            records.push(entered_record(year, &before, &kept));
            changed.push(kept.clone());
            outcomes.push(Decided::Done(kept));
        }
        self.write_tasks(strategy, year, &changed).await?;
        self.commit_all(records).await?;
        Ok(Some(outcomes))
    }
}

/// What the audit trail tells of a task.
pub(super) fn told(year: FiscalYear, task: &Task) -> Value {
    let entry = &task.entry;
    json!({
        "year": year.year(),
        "actual": entry.actual.as_ref().and_then(|cell| cell.printed()),
        "status": entry.actual.as_ref().and_then(|cell| Some(CellColumns::of(cell).ok()?.status)),
        "remark": entry.remark,
        "causes": entry.causes,
        "state": task.state,
    })
}

fn entered_record(year: FiscalYear, before: &Task, after: &StoredTask) -> Record {
    let mut now = told(year, &after.task);
    now["onBehalf"] = after.on_behalf.into();
    let record = Record::new("figures_reported", after.task.subject.kind())
        .subject(after.task.subject.uuid())
        .before(told(year, before))
        .after(now);
    let why = after.task.correction.iter().chain(&after.task.entry.confirmation).cloned().collect::<Vec<_>>();
    if why.is_empty() { record } else { record.reason(why.join(" / ")) }
}
