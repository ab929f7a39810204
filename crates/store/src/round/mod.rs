//! Reporting rounds: what is asked of whom, what they entered, and what became of it.

mod dates;
mod decide;
mod opinion;
mod report;

use std::collections::HashMap;

use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect, prelude::Uuid, sea_query::Expr};
use serde_json::json;
use shirube_access::table::{Action, ManageRounds, ReadDraft};
use shirube_domain::{
    DepartmentId, IndicatorId, NodeId, StrategyId,
    calendar::FiscalYear,
    lint::Subject,
    municipality::MunicipalityCode,
    round::{Entry, Round, Task, TaskState, said, subjects},
    strategy::{Department, Strategy},
};
use time::{Date, OffsetDateTime};

pub use self::{
    decide::{Decided, Selection},
    opinion::{NewOpinion, Opinion, OpinionChange},
    report::{FigureReport, Manner, Reported},
};
use crate::{
    Draft, StoreError, StoreResult, Tenant,
    audit::Record,
    rows::{
        columns::{AmountColumns, CellColumns},
        convert::{name, named, year},
        round::{due_date, reporting_round, reporting_task},
        tenant::department,
    },
};

/// A task as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTask {
    /// The task.
    pub task: Task,
    /// The department that owes it.
    pub department: Option<DepartmentId>,
    /// Whether the planning section entered it on behalf of the department.
    pub on_behalf: bool,
    /// The name of whoever entered it last.
    pub entered_by: Option<String>,
    /// When.
    pub entered_at: Option<OffsetDateTime>,
}

/// A round as it is stored.
struct StoredRound {
    round: Round,
    opened_at: OffsetDateTime,
    /// How often it was changed.
    version: u32,
    /// The last due day of which it was told that it has passed.
    overdue_told: Option<Date>,
}

/// A round with all that belongs to it.
#[derive(Debug)]
pub struct RoundRecord {
    /// The round.
    pub round: Round,
    /// How often it was changed: what is changed must be as the changer read it.
    pub version: u32,
    /// When it was opened.
    pub opened_at: OffsetDateTime,
    /// The strategy as it is now.
    pub draft: Draft,
    /// The tasks, in the order of the document.
    pub tasks: Vec<StoredTask>,
    /// The opinions, in the order in which they were given.
    pub opinions: Vec<Opinion>,
    /// The departments of the municipality: a task may be owed by one that the plan does not name any more.
    pub departments: Vec<Department>,
}

/// What became of a round that was to be opened or changed.
#[derive(Debug)]
pub enum RoundChange {
    /// It was done.
    Done,
    /// There is one of this year already.
    Already,
    /// Somebody else changed it since it was read.
    Stale,
    /// The year is not one of the plan, which runs from the first year to the last.
    OutsidePlan(FiscalYear, FiscalYear),
    /// Nothing is followed in this year.
    NothingToReport,
    /// The place of a due date whose department is not there.
    NoDepartment(usize),
    /// There is no such strategy, or no such round.
    NotFound,
}

/// The columns of a subject: the indicator or the node.
const fn subject_columns(subject: Subject) -> (Option<Uuid>, Option<Uuid>) {
    match subject {
        Subject::Indicator(id) => (Some(id.uuid()), None),
        Subject::Node(id) => (None, Some(id.uuid())),
    }
}

fn subject_of(indicator: Option<Uuid>, node: Option<Uuid>) -> StoreResult<Subject> {
    match (indicator, node) {
        (Some(id), None) => Ok(Subject::Indicator(IndicatorId::from_uuid(id))),
        (None, Some(id)) => Ok(Subject::Node(NodeId::from_uuid(id))),
        _ => Err(StoreError::corrupt("a task or opinion is about an indicator or a node")),
    }
}

fn stored_task(row: reporting_task::Model) -> StoreResult<StoredTask> {
    let reporting_task::Model {
        municipality: _,
        strategy_id: _,
        fiscal_year: _,
        subject_id: _,
        indicator_id,
        node_id,
        department_id,
        version,
        state,
        printed,
        status,
        value,
        unit,
        bound,
        approximate,
        remark,
        causes,
        confirmation,
        returned,
        published,
        correction,
        on_behalf,
        entered_by,
        entered_at,
    } = row;
    let amount = AmountColumns { value, unit, bound, approximate };
    let actual = status.map(|status| CellColumns { printed, status, amount }.cell()).transpose()?;
    let task = Task {
        subject: subject_of(indicator_id, node_id)?,
        version: u32::try_from(version).map_err(StoreError::corrupt)?,
        state: named(state)?,
        entry: Entry {
            actual,
            remark,
            causes: serde_json::from_str(&causes).map_err(StoreError::corrupt)?,
            confirmation,
        },
        returned,
        published,
        correction,
    };
    let department = department_id.map(DepartmentId::from_uuid);
    Ok(StoredTask { task, department, on_behalf, entered_by, entered_at })
}

/// The row of a task. The municipality is set when it is inserted.
fn task_row(strategy: StrategyId, of: FiscalYear, stored: &StoredTask) -> StoreResult<reporting_task::Model> {
    let StoredTask { task, department, on_behalf, entered_by, entered_at } = stored;
    let Task { subject, version, state, entry, returned, published, correction } = task;
    let Entry { actual, remark, causes, confirmation } = entry;
    let (indicator_id, node_id) = subject_columns(*subject);
    let columns = actual.as_ref().map(CellColumns::of).transpose()?;
    let (printed, status, amount) = match columns {
        Some(CellColumns { printed, status, amount }) => (printed, Some(status), amount),
        None => (None, None, AmountColumns::of(None)?),
    };
    let AmountColumns { value, unit, bound, approximate } = amount;
    Ok(reporting_task::Model {
        municipality: String::new(),
        strategy_id: strategy.uuid(),
        fiscal_year: of.year(),
        subject_id: subject.uuid(),
        indicator_id,
        node_id,
        department_id: department.map(DepartmentId::uuid),
        version: i32::try_from(*version).map_err(StoreError::corrupt)?,
        state: name(state)?,
        printed,
        status,
        value,
        unit,
        bound,
        approximate,
        remark: remark.clone(),
        causes: serde_json::to_string(causes).map_err(StoreError::corrupt)?,
        confirmation: confirmation.clone(),
        returned: returned.clone(),
        published: *published,
        correction: correction.clone(),
        on_behalf: *on_behalf,
        entered_by: entered_by.clone(),
        entered_at: *entered_at,
    })
}

impl<A: Action<Target = MunicipalityCode>> Tenant<A> {
    /// The rounds of a strategy, the earliest first: two statements.
    async fn load_rounds(&self, strategy: StrategyId, of: Option<FiscalYear>) -> StoreResult<Vec<StoredRound>> {
        let mut rounds = self
            .rows::<reporting_round::Entity>()
            .filter(reporting_round::Column::StrategyId.eq(strategy.uuid()))
            .order_by_asc(reporting_round::Column::FiscalYear);
        let mut dues = self.rows::<due_date::Entity>().filter(due_date::Column::StrategyId.eq(strategy.uuid()));
        if let Some(of) = of {
            rounds = rounds.filter(reporting_round::Column::FiscalYear.eq(of.year()));
            dues = dues.filter(due_date::Column::FiscalYear.eq(of.year()));
        }
        let rounds = self.all(rounds).await?;
        if rounds.is_empty() {
            return Ok(Vec::new());
        }
        let mut by_year: HashMap<i16, Vec<(DepartmentId, Date)>> = HashMap::new();
        for row in self.all(dues.order_by_asc(due_date::Column::DepartmentId)).await? {
            by_year.entry(row.fiscal_year).or_default().push((DepartmentId::from_uuid(row.department_id), row.due));
        }
        rounds
            .into_iter()
            .map(|row| {
                let reporting_round::Model {
                    municipality: _,
                    strategy_id: _,
                    fiscal_year,
                    due,
                    opened_at,
                    version,
                    overdue_told,
                } = row;
                let dues = by_year.remove(&fiscal_year).unwrap_or_default();
                Ok(StoredRound {
                    round: Round { strategy, year: year(fiscal_year)?, due, dues },
                    opened_at,
                    version: u32::try_from(version).map_err(StoreError::corrupt)?,
                    overdue_told,
                })
            })
            .collect()
    }

    /// Tasks of a round; all, those of some subjects, or those of a department.
    fn tasks(&self, strategy: StrategyId, of: FiscalYear) -> sea_orm::Select<reporting_task::Entity> {
        self.rows::<reporting_task::Entity>()
            .filter(reporting_task::Column::StrategyId.eq(strategy.uuid()))
            .filter(reporting_task::Column::FiscalYear.eq(of.year()))
            // In one order, so that two who take the same rows do not wait for each other.
            .order_by_asc(reporting_task::Column::SubjectId)
    }

    /// All tasks of a strategy, with their years, held until this is done.
    pub(crate) async fn hold_tasks(&self, strategy: StrategyId) -> StoreResult<Vec<(FiscalYear, StoredTask)>> {
        let tasks = self
            .rows::<reporting_task::Entity>()
            .filter(reporting_task::Column::StrategyId.eq(strategy.uuid()))
            .order_by_asc(reporting_task::Column::FiscalYear)
            .order_by_asc(reporting_task::Column::SubjectId)
            .lock_exclusive();
        let rows = self.all(tasks).await?.into_iter();
        rows.map(|row| Ok((year(row.fiscal_year)?, stored_task(row)?))).collect()
    }

    /// Notes that these tasks are published. Those that were already stay as they are.
    pub(crate) async fn mark_published(
        &self,
        strategy: StrategyId,
        tasks: Vec<(FiscalYear, StoredTask)>,
    ) -> StoreResult<()> {
        let news = tasks.into_iter().filter(|(_, of)| !of.task.published || of.task.correction.is_some());
        let rows = news.map(|(year, mut stored)| {
            stored.task.published = true;
            stored.task.correction = None;
            stored.task.version += 1;
            task_row(strategy, year, &stored)
        });
        self.put::<reporting_task::Entity>(rows.collect::<StoreResult<_>>()?).await
    }

    async fn load_tasks(&self, tasks: sea_orm::Select<reporting_task::Entity>) -> StoreResult<Vec<StoredTask>> {
        self.all(tasks).await?.into_iter().map(stored_task).collect()
    }

    /// Writes tasks, over what was there.
    async fn write_tasks(&self, strategy: StrategyId, of: FiscalYear, tasks: &[StoredTask]) -> StoreResult<()> {
        let rows = tasks.iter().map(|task| task_row(strategy, of, task)).collect::<StoreResult<_>>()?;
        self.put::<reporting_task::Entity>(rows).await
    }

    /// Whether all these departments are there; the place of the first that is not.
    async fn missing_department(&self, dues: &[(DepartmentId, Date)]) -> StoreResult<Option<usize>> {
        if dues.is_empty() {
            return Ok(None);
        }
        let known: Vec<Uuid> =
            self.all(self.rows::<department::Entity>()).await?.into_iter().map(|row| row.id).collect();
        Ok(dues.iter().position(|(department, _)| !known.contains(&department.uuid())))
    }

    async fn write_dues(&self, round: &Round) -> StoreResult<()> {
        let row = |(department, due): &(DepartmentId, Date)| due_date::Model {
            municipality: String::new(),
            strategy_id: round.strategy.uuid(),
            fiscal_year: round.year.year(),
            department_id: department.uuid(),
            due: *due,
        };
        self.insert::<due_date::Entity>(round.dues.iter().map(row).collect()).await
    }
}

impl Tenant<ReadDraft> {
    /// The rounds of a strategy, the earliest first.
    pub async fn rounds(&self, strategy: StrategyId) -> StoreResult<Vec<Round>> {
        Ok(self.load_rounds(strategy, None).await?.into_iter().map(|stored| stored.round).collect())
    }

    /// A round with all that belongs to it, in a fixed number of statements. `None` if there is none.
    pub async fn round(&self, strategy: StrategyId, of: FiscalYear) -> StoreResult<Option<RoundRecord>> {
        let Some(stored) = self.load_rounds(strategy, Some(of)).await?.pop() else { return Ok(None) };
        let StoredRound { round, opened_at, version, overdue_told: _ } = stored;
        let Some(draft) = self.draft(strategy).await? else { return Ok(None) };
        let mut tasks = self.load_tasks(self.tasks(strategy, of)).await?;
        let places: HashMap<Uuid, usize> =
            subjects_in_order(&draft.strategy).enumerate().map(|(at, id)| (id, at)).collect();
        tasks.sort_by_key(|stored| places.get(&stored.task.subject.uuid()).copied());
        let opinions = self.load_opinions(strategy, of).await?;
        let departments = self.department_rows().await?;
        Ok(Some(RoundRecord { round, version, opened_at, draft, tasks, opinions, departments }))
    }
}

/// The ids of all nodes and indicators, in the order of the document.
fn subjects_in_order(strategy: &Strategy) -> impl Iterator<Item = Uuid> + '_ {
    strategy.nodes().iter().enumerate().flat_map(|(at, node)| {
        let indicators = strategy.indicators()[strategy.own_indicators(at)].iter();
        std::iter::once(node.id.uuid()).chain(indicators.map(|indicator| indicator.id.uuid()))
    })
}

impl Tenant<ManageRounds> {
    /// Opens the round of a year: a task for each thing that is followed in it, with what the strategy says already.
    pub async fn open_round(self, round: &Round) -> StoreResult<RoundChange> {
        let Round { strategy, year: of, due, dues } = round;
        let Some(plan) = self.load_draft(*strategy).await? else { return Ok(RoundChange::NotFound) };
        let (first, last) = (plan.parts().first_year, plan.parts().last_year);
        if !(first..=last).contains(of) {
            return Ok(RoundChange::OutsidePlan(first, last));
        }
        if !self.load_rounds(*strategy, Some(*of)).await?.is_empty() {
            return Ok(RoundChange::Already);
        }
        if let Some(at) = self.missing_department(dues).await? {
            return Ok(RoundChange::NoDepartment(at));
        }
        let last = self.last_publication(*strategy).await?;
        let tasks = fresh_tasks(&plan, last.as_ref().map(|last| &last.strategy), *of);
        if tasks.is_empty() {
            return Ok(RoundChange::NothingToReport);
        }
        let row = reporting_round::Model {
            municipality: String::new(),
            strategy_id: strategy.uuid(),
            fiscal_year: of.year(),
            due: *due,
            opened_at: self.at(),
            version: 1,
            overdue_told: None,
        };
        self.insert::<reporting_round::Entity>(vec![row]).await?;
        self.write_dues(round).await?;
        let rows = tasks.iter().map(|task| task_row(*strategy, *of, task)).collect::<StoreResult<_>>()?;
        self.insert::<reporting_task::Entity>(rows).await?;
        self.watch_dues(*strategy).await?;
        let record = Record::new("round_opened", "round").subject(strategy).after(told(round));
        self.commit(record).await?;
        Ok(RoundChange::Done)
    }

    /// Changes until when a round's tasks are owed, if it is still at the version that was `read`, and brings its tasks in
    /// line with the plan as it is now: what is new in it becomes a task, each task is owed by the department that the plan
    /// names, and a task that nobody touched goes where the plan does not ask for it any more.
    pub async fn change_round(self, round: &Round, read: u32) -> StoreResult<RoundChange> {
        let Round { strategy, year: of, due, dues } = round;
        let Some(plan) = self.load_draft(*strategy).await? else { return Ok(RoundChange::NotFound) };
        let Some(stored) = self.load_rounds(*strategy, Some(*of)).await?.pop() else {
            return Ok(RoundChange::NotFound);
        };
        if stored.version != read {
            return Ok(RoundChange::Stale);
        }
        if let Some(at) = self.missing_department(dues).await? {
            return Ok(RoundChange::NoDepartment(at));
        }
        let version = i32::try_from(stored.version + 1).map_err(StoreError::corrupt)?;
        self.update::<reporting_round::Entity>()
            .col_expr(reporting_round::Column::Due, Expr::value(*due))
            .col_expr(reporting_round::Column::Version, Expr::value(version))
            .filter(reporting_round::Column::StrategyId.eq(strategy.uuid()))
            .filter(reporting_round::Column::FiscalYear.eq(of.year()))
            .exec(self.connection())
            .await?;
        self.delete::<due_date::Entity>()
            .filter(due_date::Column::StrategyId.eq(strategy.uuid()))
            .filter(due_date::Column::FiscalYear.eq(of.year()))
            .exec(self.connection())
            .await?;
        self.write_dues(round).await?;
        let mut records = vec![
            Record::new("round_changed", "round").subject(strategy).before(told(&stored.round)).after(told(round)),
        ];
        self.follow_plan(&plan, *of, &mut records).await?;
        self.watch_dues(*strategy).await?;
        self.commit_all(records).await?;
        Ok(RoundChange::Done)
    }

    /// Brings the tasks of a round in line with the plan.
    async fn follow_plan(&self, plan: &Strategy, of: FiscalYear, records: &mut Vec<Record>) -> StoreResult<()> {
        let strategy = plan.parts().id;
        let last = self.last_publication(strategy).await?;
        let asked = fresh_tasks(plan, last.as_ref().map(|last| &last.strategy), of);
        let known = self.load_tasks(self.tasks(strategy, of).lock_exclusive()).await?;
        let mut changed = Vec::new();
        for fresh in &asked {
            let Some(known) = known.iter().find(|known| known.task.subject == fresh.task.subject) else {
                changed.push(fresh.clone());
                continue;
            };
            if known.department != fresh.department {
                let mut moved = StoredTask { department: fresh.department, ..known.clone() };
                moved.task.version += 1;
                let owed = |stored: &StoredTask| json!({ "year": of.year(), "department": stored.department.map(|id| id.to_string()) });
                let record = Record::new("task_moved", known.task.subject.kind());
                records.push(record.subject(known.task.subject.uuid()).before(owed(known)).after(owed(&moved)));
                changed.push(moved);
            }
        }
        self.write_tasks(strategy, of, &changed).await?;
        let unasked = known.iter().filter(|known| known.task.version == 0);
        let unasked = unasked.filter(|known| asked.iter().all(|of| of.task.subject != known.task.subject));
        self.delete::<reporting_task::Entity>()
            .filter(reporting_task::Column::StrategyId.eq(strategy.uuid()))
            .filter(reporting_task::Column::FiscalYear.eq(of.year()))
            .filter(reporting_task::Column::SubjectId.is_in(unasked.map(|known| known.task.subject.uuid())))
            .exec(self.connection())
            .await?;
        Ok(())
    }
}

/// The tasks of a year as they are before anybody touched them, with what the plan says already. What was published like
/// that is approved.
fn fresh_tasks(plan: &Strategy, last: Option<&Strategy>, of: FiscalYear) -> Vec<StoredTask> {
    let task = |(subject, department)| {
        let entry = said(plan, subject, of);
        let mut task = Task {
            subject,
            version: 0,
            state: TaskState::Draft,
            entry,
            returned: None,
            published: false,
            correction: None,
        };
        if task.missing().is_none() && last.is_some_and(|last| said(last, subject, of) == task.entry) {
            (task.state, task.published) = (TaskState::Approved, true);
        }
        StoredTask { task, department, on_behalf: false, entered_by: None, entered_at: None }
    };
    subjects(plan, of).into_iter().map(task).collect()
}

fn told(round: &Round) -> serde_json::Value {
    let dues: serde_json::Map<_, _> =
        round.dues.iter().map(|(department, due)| (department.to_string(), due.to_string().into())).collect();
    json!({ "year": round.year.year(), "due": round.due.to_string(), "dues": dues })
}
