use time::Date;

use super::{Task, TaskState};
use crate::DepartmentId;

/// How many tasks are how far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TaskCounts {
    /// Not touched yet.
    pub untouched: usize,
    /// Begun and not submitted.
    pub draft: usize,
    /// Submitted.
    pub submitted: usize,
    /// Returned.
    pub returned: usize,
    /// Approved.
    pub approved: usize,
}

impl TaskCounts {
    /// All of them.
    pub const fn total(self) -> usize {
        self.owed() + self.submitted + self.approved
    }

    /// Those that the department still owes.
    pub const fn owed(self) -> usize {
        self.untouched + self.draft + self.returned
    }

    /// Counts one more.
    pub fn add(&mut self, task: &Task) {
        *match task.state {
            TaskState::Draft if task.version == 0 => &mut self.untouched,
            TaskState::Draft => &mut self.draft,
            TaskState::Submitted => &mut self.submitted,
            TaskState::Returned => &mut self.returned,
            TaskState::Approved => &mut self.approved,
        } += 1;
    }
}

/// How far a department is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DepartmentProgress {
    /// The department; `None` for what no department owes.
    pub department: Option<DepartmentId>,
    /// Until when it is to submit.
    pub due: Date,
    /// Its tasks.
    pub counts: TaskCounts,
    /// How many days what it owes is late; 0 while it is not.
    pub days_late: u32,
}

/// How many days what is owed is late on a day; 0 while it is not.
pub fn days_late(due: Date, today: Date) -> u32 {
    u32::try_from((today - due).whole_days()).unwrap_or(0)
}

/// How far each department is, those first whose tasks come first, on a day.
pub fn progress<'a>(
    tasks: impl IntoIterator<Item = (&'a Task, Option<DepartmentId>)>,
    due: impl Fn(Option<DepartmentId>) -> Date,
    today: Date,
) -> Vec<DepartmentProgress> {
    let mut all: Vec<DepartmentProgress> = Vec::new();
    for (task, department) in tasks {
        let at = all.iter().position(|of| of.department == department).unwrap_or_else(|| {
            let counts = TaskCounts::default();
            all.push(DepartmentProgress { department, due: due(department), counts, days_late: 0 });
            all.len() - 1
        });
        all[at].counts.add(task);
    }
    for of in &mut all {
        if of.counts.owed() > 0 {
            of.days_late = days_late(of.due, today);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use time::macros::date;
    use uuid::Uuid;

    use super::*;
    use crate::{IndicatorId, lint::Subject, round::Entry};

    #[test]
    fn what_is_owed_after_its_day_is_late() {
        let task = |state, version| Task {
            subject: Subject::Indicator(IndicatorId::from_uuid(Uuid::nil())),
            version,
            state,
            entry: Entry::default(),
            returned: None,
            published: false,
            correction: None,
        };
        let (one, other) = (DepartmentId::from_uuid(Uuid::from_u128(1)), DepartmentId::from_uuid(Uuid::from_u128(2)));
        let tasks = [
            (task(TaskState::Draft, 0), Some(one)),
            (task(TaskState::Approved, 4), Some(other)),
            (task(TaskState::Returned, 3), Some(one)),
            (task(TaskState::Draft, 1), None),
        ];
        let due = |of| if of == Some(one) { date!(2022 - 05 - 20) } else { date!(2022 - 06 - 10) };
        let all = progress(tasks.iter().map(|(task, of)| (task, *of)), due, date!(2022 - 05 - 27));
        let late: Vec<_> = all.iter().map(|of| (of.department, of.counts.owed(), of.days_late)).collect();
        assert_eq!(late, [(Some(one), 2, 7), (Some(other), 0, 0), (None, 1, 0)]);
        assert_eq!(all[0].counts.total(), 2);
    }
}
