//! The reporting round (年度の実績報告): one fiscal year's collection of figures and remarks.
//!
//! A round gives each indicator that is followed in its year to a department as a task. The department enters what it
//! has, the planning section approves, and only what is approved becomes part of the strategy; publishing then makes the
//! revision. What was entered is never lost on the way: it stays with the task whatever becomes of it.

mod entry;
mod opinion;
mod progress;
mod published;
mod task;
mod warning;

pub use entry::{ActualError, Cause, Entry, read_actual, said};
pub use opinion::PublishedOpinion;
pub use progress::{DepartmentProgress, TaskCounts, days_late, progress};
pub use published::without;
pub use task::{CannotSubmit, Decision, EntryChange, Round, RoundState, Step, Task, TaskState, WrongStep, subjects};
pub use warning::{Warning, WarningKind, warnings};

use serde::{Deserialize, Serialize};

use crate::{calendar::FiscalYear, lint::Subject};

/// Why something that was published already was changed: published with the revision that changes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// The indicator or node whose figure or remark was changed.
    pub subject: Subject,
    /// The fiscal year of the figure.
    pub year: FiscalYear,
    /// Why, in the municipality's words.
    pub reason: String,
}
