//! Entering the results of a fiscal year by a workbook (実績入力用ブック): it is written for a round, sent back, looked at without
//! any effect, and then taken as a whole or not at all, by the same rules as figures that are reported one by one.

use std::{
    collections::{HashMap, HashSet},
    fmt::Write,
};

use sha2::{Digest, Sha256};
use shirube_access::{Scope, table::ReportFigures};
use shirube_domain::{
    DepartmentId, Error,
    edit::Change,
    lint::Subject,
    round::{ActualError, Step, Task, TaskState, read_actual, warnings},
    strategy::{Cell, Indicator, Role, Strategy},
    text::Bilingual,
};
use shirube_exchange::entry::{self, CellRemark, Entered, EntryBook, EntryKey, EntryRow, ReadBook, ReadRow, Severity};
use shirube_store::{FigureReport, Manner, Reported, StoredTask};

use crate::{App, Figure, Part, RoundView, round::NO_ROUND};

/// What a workbook changes, or would change.
#[derive(Debug)]
pub struct EntryReview {
    /// What has to be said for it to be taken as it was looked at.
    pub digest: String,
    /// Cell by cell.
    pub changes: Vec<CellChange>,
    /// How many of its rows say what is there already.
    pub unchanged: usize,
    /// What has to be mended, and what its sender should know.
    pub remarks: Vec<CellRemark>,
    /// Whether it was taken.
    pub applied: bool,
}

impl EntryReview {
    /// Of a workbook that is not read at all.
    fn refused(code: &'static str, text: Bilingual) -> Self {
        let remark = CellRemark { severity: Severity::Error, code, place: String::new(), text };
        Self { digest: String::new(), changes: Vec::new(), unchanged: 0, remarks: vec![remark], applied: false }
    }

    /// Whether nothing has to be mended.
    pub fn is_well(&self) -> bool {
        self.remarks.iter().all(|remark| remark.severity == Severity::Warning)
    }
}

/// A cell that says something new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellChange {
    /// The cell: J14.
    pub cell: String,
    /// What it is about.
    pub subject: Subject,
    /// The label of that.
    pub label: String,
    /// What of it: `actual`, `status` or `remark`.
    pub field: &'static str,
    /// What is there.
    pub before: String,
    /// What is to be there.
    pub after: String,
}

impl App {
    /// Writes the workbook of a round, for the rows of one department, by its name, or for all.
    pub async fn entry_book(&self, scope: &Scope, of: Part, department: Option<String>) -> Result<Vec<u8>, Error> {
        let round = self.round(scope, of).await?.ok_or(NO_ROUND)?;
        self.in_turn(move |_| {
            let wanted = |stored: &&StoredTask| department.is_none() || name(&round, stored) == department.as_deref();
            let rows: Vec<EntryRow> = round.tasks().iter().filter(wanted).map(|stored| row(&round, stored)).collect();
            if rows.is_empty() {
                return Err(Error::bad_input(
                    "department",
                    "no department of this name reports anything in this round",
                ));
            }
            let Part { municipality, strategy, year } = of;
            let title = round.version().strategy().parts().title.clone();
            entry::write(&EntryBook { key: EntryKey { municipality, strategy, year }, title, department, rows })
        })
        .await
    }

    /// Reads a workbook that came back. Nothing is changed unless `confirmed` is the digest of what it changes; then all of it
    /// is, or nothing.
    pub async fn take_entry_book(
        &self,
        scope: &Scope,
        of: Part,
        bytes: Vec<u8>,
        confirmed: Option<&str>,
    ) -> Result<EntryReview, Error> {
        let permit = scope.permit::<ReportFigures>(of.municipality)?;
        let within = permit.within().clone();
        let round = self.round(scope, of).await?.ok_or(NO_ROUND)?;
        let read = match self.in_turn(move |_| Ok(entry::read(&bytes))).await? {
            Ok(read) => read,
            Err(error) => return Ok(EntryReview::refused(error.code(), error.text())),
        };
        if read.key != (EntryKey { municipality: of.municipality, strategy: of.strategy, year: of.year }) {
            let ja = "別の自治体・戦略・年度のブックです。この年度のブックを送ってください。";
            let en = "the workbook is for another municipality, strategy or year; send that of this round";
            return Ok(EntryReview::refused("other_round", Bilingual::new(ja, en)));
        }
        let covers = |department| within.covers(department);
        let (mut review, reports) = look(&round, read, covers);
        let Some(confirmed) = confirmed else { return Ok(review) };
        if confirmed != review.digest {
            let told = "the workbook or what is reported changed since it was looked at; look at it again";
            return Err(Error::conflict("confirm", told));
        }
        if !review.is_well() {
            return Ok(review);
        }
        let tenant = self.store.tenant(permit, self.now()).await?;
        let outcomes = tenant.report(of.strategy, of.year, reports, Manner::AllOrNone).await?.ok_or(NO_ROUND)?;
        review.applied = outcomes.iter().all(|(_, reported)| matches!(reported, Reported::Kept { .. }));
        if review.applied {
            Ok(review)
        } else {
            // Somebody reported between the look and the writing.
            Err(Error::conflict("confirm", "somebody else reported meanwhile; look at the workbook again"))
        }
    }
}

/// Holds a workbook against a round: what it changes, what is wrong with it, and what is to be reported.
fn look(
    round: &RoundView,
    read: ReadBook,
    covers: impl Fn(Option<DepartmentId>) -> bool,
) -> (EntryReview, Vec<FigureReport>) {
    let ReadBook { department, rows, mut remarks, .. } = read;
    let tasks: HashMap<Subject, &StoredTask> =
        round.tasks().iter().map(|stored| (stored.task.subject, stored)).collect();
    let (mut changes, mut reports, mut unchanged) = (Vec::new(), Vec::new(), 0);
    let mut present = HashSet::with_capacity(rows.len());
    for row in rows {
        present.insert(row.subject);
        let mut error = |code, cell: &str, ja: String, en: String| {
            remarks.push(CellRemark::new(Severity::Error, code, cell, Bilingual::new(ja, en)));
        };
        let Some(stored) = tasks.get(&row.subject) else {
            error(
                "unknown_row",
                &row.cells[0],
                format!("「{}」はこの年度の報告の対象ではありません。行を削除してください。", row.label),
                format!("“{}” is not asked for in this round; remove the row", row.label),
            );
            continue;
        };
        let label = label(round.version().strategy(), row.subject);
        let before = entered(&stored.task);
        if row.entered == before {
            unchanged += 1;
            continue;
        }
        let closed = stored.task.state.after(Step::Enter).is_err();
        if !covers(stored.department) {
            error(
                "not_yours",
                &row.cells[0],
                format!("「{label}」は他の担当課の行です。元に戻すか、行を削除してください。"),
                format!("another department reports “{label}”; put it back, or remove the row"),
            );
        } else if closed {
            error(
                "closed",
                &row.cells[0],
                format!("「{label}」は承認済みです。変えるには、企画課による差戻しが必要です。"),
                format!("“{label}” is approved; the planning section has to return it first"),
            );
        } else if stored.task.version != row.version {
            let now = if before.actual.is_empty() { "（空欄）" } else { &before.actual };
            error(
                "changed_meanwhile",
                &row.cells[0],
                format!(
                    "「{label}」はブックの作成後に変更され、現在の実績値は {now} です。ブックを取り直してください。"
                ),
                format!("“{label}” was changed after the workbook was made, and is {now} now; take a new workbook"),
            );
        } else {
            match report(&row, &before) {
                Ok(report) => {
                    remarks.extend(doubts(round, &row, &report));
                    changes.extend(differences(&row, &before, &label));
                    reports.push(report);
                }
                Err((cell, code, told)) => error(code, &cell, told.ja, told.en),
            }
        }
        if !row.label.is_empty() && row.label != written(round.version().strategy(), row.subject).trim() {
            let (ja, en) = (
                format!("指標名が「{}」に書き換えられています。「{label}」の行として扱います。", row.label),
                format!("the label was changed to “{}”; the row is taken as that of “{label}”", row.label),
            );
            remarks.push(CellRemark::new(Severity::Warning, "changed_label", &row.cells[0], Bilingual::new(ja, en)));
        }
    }
    let wanted = |stored: &&StoredTask| department.is_none() || name(round, stored) == department.as_deref();
    let expected = round.tasks().iter().filter(wanted);
    for stored in expected.filter(|stored| !present.contains(&stored.task.subject)) {
        let label = label(round.version().strategy(), stored.task.subject);
        let (ja, en) = (
            format!("「{label}」の行がありません。この行は変更されません。"),
            format!("the row of “{label}” is not there; nothing of it is changed"),
        );
        remarks.push(CellRemark::new(Severity::Warning, "missing_row", "", Bilingual::new(ja, en)));
    }
    let digest = digest(&reports, &changes);
    (EntryReview { digest, changes, unchanged, remarks, applied: false }, reports)
}

/// What a changed row reports, or what is wrong with it: the cell, a word for programs, and the text.
fn report(row: &ReadRow, before: &Entered) -> Result<FigureReport, (String, &'static str, Bilingual)> {
    let change = |before: &str, after: &str| match (before == after, after) {
        (true, _) => Change::Keep,
        (false, "") => Change::Clear,
        (false, after) => Change::Set(after.to_owned()),
    };
    let (Entered { actual, status, remark }, [actual_cell, status_cell, remark_cell]) = (&row.entered, &row.cells);
    if matches!(row.subject, Subject::Node(_)) && !(actual.is_empty() && status.is_none()) {
        let ja = "この事業には指標がないので、実績値と区分は入力できません。所見だけを入力してください。";
        let en = "this program has no indicator and no figure; give its remark alone";
        let cell = if actual.is_empty() { status_cell } else { actual_cell };
        return Err((cell.clone(), "no_figure", Bilingual::new(ja, en)));
    }
    let figure = (actual != &before.actual || *status != before.status).then_some(actual.as_str());
    if let Some(actual) = figure
        && let Err(error) = read_actual(Some(actual).filter(|text| !text.is_empty()), *status)
    {
        let cell = if error == ActualError::NoValue { status_cell } else { actual_cell };
        return Err((cell.clone(), "unreadable", error.text()));
    }
    let figure = Figure {
        subject: row.subject,
        version: row.version,
        status: figure.and(*status),
        actual: match figure {
            None => Change::Keep,
            Some("") => Change::Clear,
            Some(actual) => Change::Set(actual.to_owned()),
        },
        remark: change(&before.remark, remark),
        causes: None,
        confirmation: Change::Keep,
        submit: false,
    };
    figure.read().map_err(|told| {
        let cell = if told.place.starts_with("remark") { remark_cell } else { actual_cell };
        let ja = "長すぎるか、使えない文字が含まれています。短くするか、入力し直してください。";
        (cell.clone(), "unusable", Bilingual::new(ja, told.message))
    })
}

/// What looks wrong about a figure.
fn doubts(round: &RoundView, row: &ReadRow, report: &FigureReport) -> Vec<CellRemark> {
    let (Subject::Indicator(id), Change::Set(actual)) = (row.subject, &report.change.actual) else {
        return Vec::new();
    };
    let strategy = round.version().strategy();
    let found = strategy.indicator_at(id).map(|at| warnings(&strategy.indicators()[at], round.round().year, actual));
    let told = found.into_iter().flatten();
    told.map(|warning| CellRemark::new(Severity::Warning, "doubtful", &row.cells[0], warning.message)).collect()
}

fn differences(row: &ReadRow, before: &Entered, label: &str) -> Vec<CellChange> {
    let status = |of: &Entered| entry::status_name(of.status).to_owned();
    let after = &row.entered;
    let fields = [
        ("actual", before.actual.clone(), after.actual.clone()),
        ("status", status(before), status(after)),
        ("remark", before.remark.clone(), after.remark.clone()),
    ];
    let cells = row.cells.iter().zip(fields).filter(|(_, (_, before, after))| before != after);
    cells
        .map(|(cell, (field, before, after))| CellChange {
            cell: cell.clone(),
            subject: row.subject,
            label: label.to_owned(),
            field,
            before,
            after,
        })
        .collect()
}

/// Names what a workbook changes, and of which versions.
fn digest(reports: &[FigureReport], changes: &[CellChange]) -> String {
    let mut hash = Sha256::new();
    for report in reports {
        hash.update(report.subject.uuid().as_bytes());
        hash.update(report.version.to_be_bytes());
    }
    for change in changes {
        hash.update(change.subject.uuid().as_bytes());
        for text in [change.field, &change.before, &change.after] {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        }
    }
    hash.finalize().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What a task holds, as a workbook shows it.
fn entered(task: &Task) -> Entered {
    let actual = task.entry.actual.as_ref();
    let printed = actual.and_then(Cell::printed).unwrap_or_default();
    // What the text tells by itself needs no status.
    let status = actual.filter(|cell| Cell::read(printed).status() != cell.status()).map(Cell::status);
    Entered {
        actual: printed.trim().to_owned(),
        status: status.filter(|status| !entry::status_name(Some(*status)).is_empty()),
        remark: task.entry.remark.as_deref().unwrap_or_default().trim().to_owned(),
    }
}

/// The name of the department that owes a task.
fn name<'a>(round: &'a RoundView, stored: &StoredTask) -> Option<&'a str> {
    round.department(stored.department).map(|of| of.name.as_str())
}

fn label(strategy: &Strategy, subject: Subject) -> String {
    match subject {
        Subject::Indicator(id) => strategy.indicator_at(id).map(|at| strategy.indicators()[at].label.clone()),
        Subject::Node(id) => strategy.node_at(id).map(|at| strategy.nodes()[at].title.clone()),
    }
    .unwrap_or_default()
}

/// What stands in the column 指標: the label of an indicator, or why there is none.
fn written(strategy: &Strategy, subject: Subject) -> &str {
    match subject {
        Subject::Indicator(id) => strategy.indicator_at(id).map(|at| strategy.indicators()[at].label.as_str()),
        Subject::Node(id) => {
            let node = strategy.node_at(id).map(|at| &strategy.nodes()[at]);
            node.and_then(|node| node.no_indicator.as_ref()).map(|of| of.reason.as_str())
        }
    }
    .unwrap_or_default()
}

fn row(round: &RoundView, stored: &StoredTask) -> EntryRow {
    let (strategy, year) = (round.version().strategy(), round.round().year);
    let indicator = match stored.task.subject {
        Subject::Indicator(id) => strategy.indicator_at(id).map(|at| &strategy.indicators()[at]),
        Subject::Node(_) => None,
    };
    let node = match (stored.task.subject, indicator) {
        (Subject::Node(id), _) => strategy.node_at(id),
        (_, Some(indicator)) => strategy.node_at(indicator.node),
        _ => None,
    };
    let way = node.map(|at| strategy.way(at)).unwrap_or_default();
    let printed = |cell: Option<&Cell>| cell.and_then(Cell::printed).unwrap_or_default().to_owned();
    let figures = |of: &Indicator, year| of.figures.year(year).cloned();
    let before = indicator.zip(year.previous()).and_then(|(of, year)| figures(of, year));
    let now = indicator.and_then(|of| figures(of, year));
    EntryRow {
        subject: stored.task.subject,
        version: stored.task.version,
        goal: way.first().map(|node| node.heading()).unwrap_or_default(),
        place: way.iter().skip(1).map(|node| node.heading()).collect::<Vec<_>>().join(" ＞ "),
        label: written(strategy, stored.task.subject).to_owned(),
        unit: indicator.and_then(|of| of.unit.as_ref()).map(|unit| unit.printed().to_owned()).unwrap_or_default(),
        statement: indicator.map(statement).unwrap_or_default(),
        before: printed(before.as_ref().map(|of| &of.actual)),
        target: printed(now.as_ref().and_then(|of| of.target.as_ref())),
        entered: entered(&stored.task),
        department: name(round, stored).unwrap_or_default().to_owned(),
        state: match stored.task.state {
            TaskState::Draft => "入力中",
            TaskState::Submitted => "提出済",
            TaskState::Returned => "差戻し",
            TaskState::Approved => "承認済",
        },
        open: stored.task.state.after(Step::Enter).is_ok(),
    }
}

/// Baseline and target of the plan, as printed.
fn statement(indicator: &Indicator) -> String {
    let baseline = indicator.baseline.as_ref().map_or("", |of| of.printed.as_str());
    let target = match &indicator.role {
        Role::GoalTarget(target) | Role::Kpi(target) => target.statement.printed.as_str(),
        Role::Monitored { .. } => return baseline.to_owned(),
    };
    if baseline.is_empty() { target.to_owned() } else { format!("{baseline}→{target}") }
}
