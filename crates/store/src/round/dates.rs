//! What comes with time alone: due days that pass. The agenda says when to look.

use sea_orm::{ColumnTrait, QueryFilter, sea_query::Expr};
use serde_json::json;
use shirube_access::table::{Action, KeepDates};
use shirube_domain::{
    StrategyId,
    calendar::{FiscalYear, begins_in_japan, day_in_japan},
    lint::Subject,
    municipality::MunicipalityCode,
    round::{Step, progress, subjects},
    webhook::Event,
};
use time::Date;

use super::{StoredRound, StoredTask};
use crate::{
    StoreResult, Tenant,
    agenda::{Job, JobKind},
    rows::round::reporting_round,
};

impl<A: Action<Target = MunicipalityCode>> Tenant<A> {
    /// Has it looked for what is overdue when the next of a strategy's due days has passed.
    pub(super) async fn watch_dues(&self, strategy: StrategyId) -> StoreResult<()> {
        self.strike(JobKind::Overdue, strategy.uuid()).await?;
        let rounds = self.load_rounds(strategy, None).await?;
        let today = day_in_japan(self.at());
        // One that has passed already is looked at once, too.
        let untold = |stored: &StoredRound, day: &Date| stored.overdue_told.is_none_or(|told| told < *day);
        let next = rounds.iter().flat_map(|stored| days(stored).filter(|day| untold(stored, day))).min();
        match next.and_then(|day| day.max(today.previous_day()?).next_day()) {
            Some(day) => self.enter(JobKind::Overdue, [strategy.uuid()], begins_in_japan(day)).await,
            None => Ok(()),
        }
    }
}

fn days(stored: &StoredRound) -> impl Iterator<Item = Date> + '_ {
    std::iter::once(stored.round.due).chain(stored.round.dues.iter().map(|(_, due)| *due))
}

impl Tenant<KeepDates> {
    /// Tells of each department whose due day has passed since it was last looked, and that still owes something: once.
    pub async fn tell_overdue(self, job: &Job) -> StoreResult<()> {
        let strategy = StrategyId::from_uuid(job.subject);
        // Before the agenda, as whoever changes a round does.
        let plan = self.load_draft(strategy).await?;
        if !self.hold(job).await? {
            return Ok(());
        }
        let Some(plan) = plan else {
            self.strike(job.kind, job.subject).await?;
            return self.commit_unrecorded().await;
        };
        let today = day_in_japan(self.at());
        let tasks = self.hold_tasks(strategy).await?;
        for stored in self.load_rounds(strategy, None).await? {
            let asked = subjects(&plan, stored.round.year);
            let is_asked = |of: &StoredTask| asked.iter().any(|(subject, _)| *subject == of.task.subject);
            let of_round = tasks.iter().filter(|(year, of)| *year == stored.round.year && is_asked(of));
            let of_round: Vec<&StoredTask> = of_round.map(|(_, task)| task).collect();
            let counted = of_round.iter().map(|stored| (&stored.task, stored.department));
            let late = progress(counted, |department| stored.round.due_of(department), today);
            let untold = |due: Date| stored.overdue_told.is_none_or(|told| told < due);
            for of in late.into_iter().filter(|of| of.days_late > 0 && untold(of.due)) {
                let owed = of_round
                    .iter()
                    .filter(|stored| {
                        stored.department == of.department && stored.task.state.after(Step::Submit).is_ok()
                    })
                    .map(|stored| subject_key(stored.task.subject));
                let about = json!({
                    "strategy": strategy.to_string(),
                    "year": stored.round.year.year(),
                    "department": of.department.map(|id| id.to_string()),
                    "due": of.due.to_string(),
                    "owed": owed.collect::<Vec<_>>(),
                });
                self.tell(Event::Overdue, &about, self.at()).await?;
            }
            self.update::<reporting_round::Entity>()
                .col_expr(reporting_round::Column::OverdueTold, Expr::value(today.previous_day()))
                .filter(reporting_round::Column::StrategyId.eq(strategy.uuid()))
                .filter(reporting_round::Column::FiscalYear.eq(stored.round.year.year()))
                .exec(self.connection())
                .await?;
        }
        self.watch_dues(strategy).await?;
        self.commit_unrecorded().await
    }
}

/// What a subject is called outside.
fn subject_key(subject: Subject) -> serde_json::Value {
    json!({ (subject.kind()): subject.uuid().to_string() })
}

/// What is told of tasks that were returned.
pub(super) fn about_returned(
    strategy: StrategyId,
    year: FiscalYear,
    reason: &str,
    returned: &[StoredTask],
) -> serde_json::Value {
    let tasks = returned.iter().map(|stored| {
        let mut task = subject_key(stored.task.subject);
        task["department"] = stored.department.map(|id| id.to_string()).into();
        task
    });
    json!({
        "strategy": strategy.to_string(),
        "year": year.year(),
        "reason": reason,
        "tasks": tasks.collect::<Vec<_>>(),
    })
}
