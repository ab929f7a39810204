use sea_orm::{
    ColumnTrait, QueryFilter, QuerySelect,
    prelude::Uuid,
    sea_query::{Expr, ExprTrait},
};
use shirube_access::table::{Action, ManageRounds};
use shirube_domain::{
    DepartmentId, StrategyId,
    calendar::FiscalYear,
    lint::Subject,
    municipality::MunicipalityCode,
    round::{Decision, Entry, Task, WrongStep, said},
    webhook::Event,
};

use super::{StoredTask, dates::about_returned, report::told};
use crate::{
    StoreResult, Tenant,
    audit::Record,
    rows::{
        figures::{ACTUAL_ROW, actual_row},
        round::reporting_task,
        tenant::{figure, indicator, indicator_remark, node_remark, plan_node},
    },
};

/// Which tasks of a round.
#[derive(Debug, Clone)]
pub enum Selection {
    /// These, as they were read: the version of each.
    Tasks(Vec<(Subject, u32)>),
    /// All of a department.
    Department(DepartmentId),
    /// All.
    All,
}

impl Selection {
    /// The tasks that were named and are not there.
    pub(super) fn missing(&self, found: &[StoredTask]) -> Vec<Decided> {
        let Self::Tasks(named) = self else { return Vec::new() };
        let known = |subject: &Subject| found.iter().any(|stored| stored.task.subject == *subject);
        named.iter().filter(|(subject, _)| !known(subject)).map(|(subject, _)| Decided::NotFound(*subject)).collect()
    }

    /// Whether a task is as it was read, where that was said.
    pub(super) fn version_fits(&self, task: &Task) -> bool {
        match self {
            Self::Tasks(tasks) => tasks.contains(&(task.subject, task.version)),
            Self::Department(_) | Self::All => true,
        }
    }
}

/// What became of a task about which something was decided.
#[derive(Debug)]
pub enum Decided {
    /// It was done.
    Done(StoredTask),
    /// Somebody else changed the task since; it is like this now.
    Stale(StoredTask),
    /// It is not the time for it.
    WrongStep(StoredTask, WrongStep),
    /// This round has no such task.
    NotFound(Subject),
}

impl<A: Action<Target = MunicipalityCode>> Tenant<A> {
    /// The selected tasks, held until this is done.
    pub(super) async fn selected(
        &self,
        strategy: StrategyId,
        year: FiscalYear,
        selection: &Selection,
    ) -> StoreResult<Vec<StoredTask>> {
        let tasks = self.tasks(strategy, year);
        let tasks = match selection {
            Selection::Tasks(of) => {
                let subjects = of.iter().map(|(subject, _)| subject.uuid());
                tasks.filter(reporting_task::Column::SubjectId.is_in(subjects))
            }
            Selection::Department(id) => tasks.filter(reporting_task::Column::DepartmentId.eq(id.uuid())),
            Selection::All => tasks,
        };
        self.load_tasks(tasks.lock_exclusive()).await
    }
}

impl Tenant<ManageRounds> {
    /// Decides about tasks, each by itself, in a number of statements that does not depend on how many they are. Of a
    /// department, those for which it is the time. `None` if there is no such round.
    pub async fn decide(
        self,
        strategy: StrategyId,
        year: FiscalYear,
        selection: &Selection,
        decision: &Decision,
    ) -> StoreResult<Option<Vec<Decided>>> {
        // What is approved becomes part of the strategy, which nobody may be publishing at that moment.
        let Some(plan) = self.load_draft(strategy).await? else { return Ok(None) };
        if self.load_rounds(strategy, Some(year)).await?.is_empty() {
            return Ok(None);
        }
        let found = self.selected(strategy, year, selection).await?;
        let mut outcomes = selection.missing(&found);
        let (mut changed, mut records) = (Vec::new(), Vec::new());
        for stored in found {
            if !selection.version_fits(&stored.task) {
                outcomes.push(Decided::Stale(stored));
                continue;
            }
            let mut decided = stored.clone();
            match decided.task.decide(decision) {
                Ok(()) => {
                    decided.task.version += 1;
                    let printed = said(&plan, decided.task.subject, year);
                    let same =
                        (&printed.actual, &printed.remark) == (&decided.task.entry.actual, &decided.task.entry.remark);
                    if *decision == Decision::Approve && same {
                        // There is nothing to be corrected after all.
                        decided.task.correction = None;
                    }
                    records.push(record(year, decision, (&stored.task, &printed), &decided.task));
                    changed.push(decided.clone());
                    outcomes.push(Decided::Done(decided));
                }
                Err(error) if matches!(selection, Selection::Tasks(_)) => {
                    outcomes.push(Decided::WrongStep(stored, error));
                }
                Err(_) => {}
            }
        }
        self.write_tasks(strategy, year, &changed).await?;
        if *decision == Decision::Approve {
            self.adopt(strategy, year, &changed).await?;
        }
        if let Decision::Return(reason) = decision
            && !changed.is_empty()
        {
            self.tell(Event::Returned, &about_returned(strategy, year, reason, &changed), self.at()).await?;
        }
        self.commit_all(records).await?;
        Ok(Some(outcomes))
    }

    /// Makes approved entries part of the strategy.
    async fn adopt(&self, strategy: StrategyId, year: FiscalYear, approved: &[StoredTask]) -> StoreResult<()> {
        let (mut figures, mut of_indicators, mut of_nodes) = (Vec::new(), Vec::new(), Vec::new());
        let (mut indicators, mut nodes): (Vec<Uuid>, Vec<Uuid>) = (Vec::new(), Vec::new());
        for StoredTask { task, .. } in approved {
            let text = task.entry.remark.clone();
            let (municipality, strategy_id, fiscal_year) = (String::new(), strategy.uuid(), year.year());
            match task.subject {
                Subject::Indicator(id) => {
                    indicators.push(id.uuid());
                    if let Some(cell) = &task.entry.actual {
                        figures.push(actual_row(strategy, id, year, cell)?);
                    }
                    of_indicators.extend(text.map(|text| indicator_remark::Model {
                        municipality,
                        strategy_id,
                        indicator_id: id.uuid(),
                        fiscal_year,
                        text,
                    }));
                }
                Subject::Node(id) => {
                    nodes.push(id.uuid());
                    of_nodes.extend(text.map(|text| node_remark::Model {
                        municipality,
                        strategy_id,
                        node_id: id.uuid(),
                        fiscal_year,
                        text,
                    }));
                }
            }
        }
        self.update::<indicator::Entity>()
            .col_expr(indicator::Column::Version, Expr::col(indicator::Column::Version).add(1))
            .filter(indicator::Column::StrategyId.eq(strategy.uuid()))
            .filter(indicator::Column::Id.is_in(indicators.clone()))
            .exec(self.connection())
            .await?;
        self.update::<plan_node::Entity>()
            .col_expr(plan_node::Column::Version, Expr::col(plan_node::Column::Version).add(1))
            .filter(plan_node::Column::StrategyId.eq(strategy.uuid()))
            .filter(plan_node::Column::Id.is_in(nodes.clone()))
            .exec(self.connection())
            .await?;
        self.delete::<figure::Entity>()
            .filter(figure::Column::StrategyId.eq(strategy.uuid()))
            .filter(figure::Column::FiscalYear.eq(year.year()))
            .filter(figure::Column::Row.eq(ACTUAL_ROW))
            .filter(figure::Column::IndicatorId.is_in(indicators.clone()))
            .exec(self.connection())
            .await?;
        self.delete::<indicator_remark::Entity>()
            .filter(indicator_remark::Column::StrategyId.eq(strategy.uuid()))
            .filter(indicator_remark::Column::FiscalYear.eq(year.year()))
            .filter(indicator_remark::Column::IndicatorId.is_in(indicators))
            .exec(self.connection())
            .await?;
        self.delete::<node_remark::Entity>()
            .filter(node_remark::Column::StrategyId.eq(strategy.uuid()))
            .filter(node_remark::Column::FiscalYear.eq(year.year()))
            .filter(node_remark::Column::NodeId.is_in(nodes))
            .exec(self.connection())
            .await?;
        self.insert::<figure::Entity>(figures).await?;
        self.insert::<indicator_remark::Entity>(of_indicators).await?;
        self.insert::<node_remark::Entity>(of_nodes).await
    }
}

/// Approving changes what the plan says, everything else the task alone.
fn record(year: FiscalYear, decision: &Decision, (before, printed): (&Task, &Entry), after: &Task) -> Record {
    let earlier = match decision {
        Decision::Approve => told(year, &Task { entry: printed.clone(), ..before.clone() }),
        Decision::Return(_) | Decision::Correct(_) => told(year, before),
    };
    let (event, reason) = match decision {
        Decision::Return(reason) => ("figures_returned", Some(reason)),
        Decision::Approve => ("figures_approved", before.correction.as_ref()),
        Decision::Correct(reason) => ("correction_opened", Some(reason)),
    };
    let record =
        Record::new(event, after.subject.kind()).subject(after.subject.uuid()).before(earlier).after(told(year, after));
    match reason {
        Some(reason) => record.reason(reason.clone()),
        None => record,
    }
}
