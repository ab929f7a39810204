use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use shirube_access::table::ReportFigures;
use shirube_app::{App, Gap as AppGap, Opinion as AppOpinion, PublishedStrategy, RoundView, StoredTask};
use shirube_domain::{DepartmentId, calendar, lint::Subject, municipality::MunicipalityCode, round};

use super::{
    Indicator, PlanNode, Strategy,
    figures::{Cell, YearFigures},
    strategy::Department,
};
use crate::{
    error::{bad_input, outward},
    id::{GlobalId, RoundKey},
    limits::spend,
    page::{PageArguments, connection, page_of},
    query::scope,
    scalars::{Date, DateTime, FiscalYear},
};

/// How far a round is (実績報告の状態).
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "round::RoundState")]
pub(crate) enum RoundState {
    /// It is being collected (受付中).
    Open,
    /// Everything of it is published (公表済).
    Published,
    /// Something that was published is being corrected (訂正中).
    Correcting,
}

/// How far a task is (報告の状態).
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "round::TaskState")]
pub(crate) enum TaskState {
    /// 入力中: the department has not submitted it.
    Draft,
    /// 提出済: it waits for the planning section.
    Submitted,
    /// 差戻し: the planning section returned it, with a reason.
    Returned,
    /// 承認済: it is part of the strategy.
    Approved,
}

/// What moved a figure (増減の要因).
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "round::Cause")]
pub(crate) enum Cause {
    /// 感染症.
    Infection,
    /// 物価.
    Prices,
    /// 人手.
    Labour,
    /// 需要.
    Demand,
    /// 天候.
    Weather,
    /// 制度.
    Institution,
    /// 財源.
    Funding,
    /// 遅延.
    Delay,
    /// その他.
    Other,
}

/// What looks wrong about a figure (確認が必要な値).
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "round::WarningKind")]
pub(crate) enum WarningKind {
    /// About 1,000 times the figure before, or a thousandth: 人 for 千人.
    UnitJump,
    /// 10 times the figure before or more, or a tenth or less.
    TenTimes,
    /// The other sign than the figure before.
    SignChanged,
    /// A running total that is smaller than the year before.
    RunningTotalFell,
    /// Words where numbers stood before.
    NotANumber,
    /// Another unit than the indicator's.
    UnitDiffers,
}

/// Something about a figure that looks wrong, and may be right: the reporter confirms it with a word of reason.
#[derive(SimpleObject)]
pub(crate) struct Warning {
    /// What kind of thing.
    kind: WarningKind,
    /// What a careful colleague would say, in Japanese.
    message_ja: String,
    /// What a careful colleague would say, in English.
    message_en: String,
}

impl From<round::Warning> for Warning {
    fn from(round::Warning { kind, message }: round::Warning) -> Self {
        Self { kind: kind.into(), message_ja: message.ja, message_en: message.en }
    }
}

/// How many tasks are how far.
#[derive(SimpleObject)]
pub(crate) struct TaskCounts {
    /// All of them.
    total: usize,
    /// Not touched yet (未着手).
    untouched: usize,
    /// Begun and not submitted (入力中).
    draft: usize,
    /// Submitted (提出済).
    submitted: usize,
    /// Returned (差戻し).
    returned: usize,
    /// Approved (承認済).
    approved: usize,
}

impl From<round::TaskCounts> for TaskCounts {
    fn from(counts: round::TaskCounts) -> Self {
        let total = counts.total();
        let round::TaskCounts { untouched, draft, submitted, returned, approved } = counts;
        Self { total, untouched, draft, submitted, returned, approved }
    }
}

#[derive(Clone)]
pub(crate) struct Round {
    municipality: MunicipalityCode,
    pub(crate) view: Arc<RoundView>,
    /// What is published of its strategy.
    history: Option<Arc<PublishedStrategy>>,
}

impl Round {
    pub(crate) fn new(app: &App, municipality: MunicipalityCode, view: Arc<RoundView>) -> Self {
        Self { municipality, history: app.strategy(municipality, view.round().strategy), view }
    }

    pub(crate) fn key(&self) -> RoundKey {
        let of = self.view.round();
        RoundKey { municipality: self.municipality, strategy: of.strategy, year: of.year }
    }

    pub(crate) fn task(&self, at: usize) -> Task {
        Task { round: self.clone(), at }
    }

    pub(crate) fn find(&self, subject: Subject) -> Option<Task> {
        self.view.task_at(subject).map(|at| self.task(at))
    }

    fn department(&self, id: Option<DepartmentId>) -> Option<Department> {
        self.view.department(id).map(|of| Department { municipality: self.municipality, of: of.clone() })
    }

    fn draft(&self) -> Strategy {
        Strategy { history: self.history.clone(), version: self.view.version().clone() }
    }

    fn indicator(&self, subject: Subject) -> Option<Indicator> {
        let Subject::Indicator(id) = subject else { return None };
        let draft = self.draft();
        draft.domain().indicator_at(id).map(|at| draft.indicator(at))
    }

    fn node(&self, subject: Subject) -> Option<PlanNode> {
        let Subject::Node(id) = subject else { return None };
        let draft = self.draft();
        draft.domain().node_at(id).map(|at| draft.node(at))
    }
}

/// A reporting round (年度の実績報告): one fiscal year's collection of figures and remarks of a strategy.
#[Object]
impl Round {
    /// The global id.
    pub(super) async fn id(&self) -> ID {
        GlobalId::Round(self.key()).id()
    }

    /// How often it was changed. Give it back with a change: what somebody else changed since is not overwritten.
    async fn version(&self) -> u32 {
        self.view.row_version()
    }

    /// The draft of the strategy, as it is now.
    async fn strategy(&self) -> Strategy {
        self.draft()
    }

    /// The fiscal year whose results are collected.
    async fn year(&self) -> FiscalYear {
        FiscalYear(self.view.round().year)
    }

    /// The fiscal year as a document prints it: 令和3年度.
    async fn year_label(&self) -> String {
        self.view.round().year.label()
    }

    /// How far it is.
    async fn state(&self) -> RoundState {
        self.view.state().into()
    }

    /// Where the workbook is had in which its results can be entered (実績入力用ブック), with a token or key. Filled in, it is sent
    /// to the same address without `.xlsx` as a form with a field `file`: what it would change is told cell by cell, with what
    /// has to be mended. Sent again with `?confirm=` and the word that was told, it is taken as a whole or not at all.
    async fn entry_book_url(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The name of a department whose rows alone are wanted; all rows if absent.")]
        department: Option<String>,
    ) -> String {
        let app: &Arc<App> = context.data_unchecked();
        let RoundKey { municipality, strategy, year } = self.key();
        let address = format!("{}/rounds/{municipality}/{strategy}/{}/entry.xlsx", app.public_url(), year.year());
        match department {
            None => address,
            Some(name) => format!("{address}?department={}", utf8_percent_encode(&name, NON_ALPHANUMERIC)),
        }
    }

    /// When it was opened.
    async fn opened_at(&self) -> DateTime {
        DateTime(self.view.opened_at())
    }

    /// Until when tasks are to be submitted, where a department has no day of its own.
    async fn due(&self) -> Date {
        Date(self.view.round().due)
    }

    /// How many tasks are how far.
    async fn counts(&self) -> TaskCounts {
        self.view.counts().into()
    }

    /// How far each department is: who owes what, and how late it is.
    async fn progress(&self) -> Vec<DepartmentProgress> {
        let of = |of| DepartmentProgress { round: self.clone(), of };
        self.view.progress().into_iter().map(of).collect()
    }

    /// The tasks, in the order of the document.
    async fn tasks(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which tasks; all if absent.")] filter: Option<TaskFilter>,
        #[graphql(desc = "How many, 1 to 100, from the start or behind `after`.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
        #[graphql(desc = "How many, 1 to 100, from the end or before `before`.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which the page ends.")] before: Option<String>,
    ) -> Result<TaskConnection> {
        let filter = filter.unwrap_or_default();
        let department =
            filter.department.map(|id| match GlobalId::parse(&id, "filter.department").map_err(outward)? {
                GlobalId::Department(code, id) if code == self.municipality => Ok(id),
                _ => Err(bad_input("filter.department", "this is not a department of this municipality")),
            });
        let department = department.transpose()?;
        let within = scope(context).permit::<ReportFigures>(self.municipality);
        let is_mine = |stored: &StoredTask| within.as_ref().is_ok_and(|of| of.within().is_own(stored.department));
        let wanted = |stored: &StoredTask| {
            filter.mine.is_none_or(|mine| is_mine(stored) == mine)
                && filter.states.as_ref().is_none_or(|states| states.contains(&stored.task.state.into()))
                && (department.is_none() || stored.department == department)
                && filter.late.is_none_or(|late| (self.view.days_late(stored) > 0) == late)
        };
        let tasks = self.view.tasks();
        let found: Vec<usize> = (0..tasks.len()).filter(|at| wanted(&tasks[*at])).collect();
        let arguments = PageArguments { first, after, last, before };
        let list = format!("tasks:{}", self.key().text());
        let page = page_of(&found, &list, &arguments, |at| key(tasks[*at].task.subject)).map_err(outward)?;
        let page = TaskConnection::new(page, &list, found.len(), |at| {
            (self.task(found[at]), key(tasks[found[at]].task.subject))
        });
        spend(context, page.len())?;
        Ok(page)
    }

    /// The opinions of the committee or council (意見), in the order in which they were given.
    async fn opinions(&self, context: &Context<'_>) -> Result<Vec<Opinion>> {
        spend(context, self.view.opinions().len())?;
        Ok(self.view.opinions().iter().map(|of| Opinion { round: self.clone(), of: of.clone() }).collect())
    }
}

fn key(subject: Subject) -> String {
    match subject {
        Subject::Node(id) => id.to_string(),
        Subject::Indicator(id) => id.to_string(),
    }
}

/// Which tasks of a round. What is absent does not narrow.
#[derive(InputObject, Default)]
pub(crate) struct TaskFilter {
    /// That are so far.
    states: Option<Vec<TaskState>>,
    /// That this department owes, by its global id.
    department: Option<ID>,
    /// That are late, or are not.
    late: Option<bool>,
    /// That the caller's own departments owe, or that others do.
    mine: Option<bool>,
}

pub(crate) struct DepartmentProgress {
    round: Round,
    of: round::DepartmentProgress,
}

/// How far a department is with its tasks (担当課の進捗).
#[Object]
impl DepartmentProgress {
    /// The department; null for what no department owes.
    async fn department(&self) -> Option<Department> {
        self.round.department(self.of.department)
    }

    /// Until when it is to submit its tasks.
    async fn due(&self) -> Date {
        Date(self.of.due)
    }

    /// How many of its tasks are how far.
    async fn counts(&self) -> TaskCounts {
        self.of.counts.into()
    }

    /// How many days late it is with what it still owes; 0 while it is not.
    async fn days_late(&self) -> u32 {
        self.of.days_late
    }
}

#[derive(Clone)]
pub(crate) struct Task {
    pub(crate) round: Round,
    pub(crate) at: usize,
}

connection!(Task, TaskEdge, TaskConnection, "tasks (報告)");

impl Task {
    pub(crate) fn stored(&self) -> &StoredTask {
        &self.round.view.tasks()[self.at]
    }

    fn task(&self) -> &round::Task {
        &self.stored().task
    }

    /// How often it was changed until now.
    pub(crate) fn version_now(&self) -> u32 {
        self.task().version
    }

    fn year(&self) -> calendar::FiscalYear {
        self.round.view.round().year
    }

    fn domain_indicator(&self) -> Option<&shirube_domain::strategy::Indicator> {
        let Subject::Indicator(id) = self.task().subject else { return None };
        let strategy = self.round.view.version().strategy();
        strategy.indicator_at(id).map(|at| &strategy.indicators()[at])
    }

    fn figures(&self, year: calendar::FiscalYear) -> Option<YearFigures<'_>> {
        let of = self.domain_indicator()?;
        of.figures.year(year).map(|figures| YearFigures::Indicator { figures, of })
    }
}

/// A task of a round (報告): an indicator whose figure and remark are asked of a department, or a program without an
/// indicator, whose remark is.
#[Object]
impl Task {
    /// The global id.
    pub(super) async fn id(&self) -> ID {
        GlobalId::Task(self.round.key(), self.task().subject).id()
    }

    /// How often it was changed. Give it back with a change: what somebody else changed since is not overwritten.
    async fn version(&self) -> u32 {
        self.task().version
    }

    /// The round.
    async fn round(&self) -> &Round {
        &self.round
    }

    /// How far it is.
    async fn state(&self) -> TaskState {
        self.task().state.into()
    }

    /// The indicator; null for a program without one.
    async fn indicator(&self) -> Option<Indicator> {
        self.round.indicator(self.task().subject)
    }

    /// The program without an indicator; null for an indicator.
    async fn node(&self) -> Option<PlanNode> {
        self.round.node(self.task().subject)
    }

    /// The department that owes it.
    async fn department(&self) -> Option<Department> {
        self.round.department(self.stored().department)
    }

    /// Until when it is to be submitted.
    async fn due(&self) -> Date {
        Date(self.round.view.round().due_of(self.stored().department))
    }

    /// How many days late it is, while the department owes it; 0 while it is not.
    async fn days_late(&self) -> u32 {
        self.round.view.days_late(self.stored())
    }

    /// The actual (実績値) as it is entered; null while there is none.
    async fn actual(&self) -> Option<Cell<'_>> {
        let unit = self.domain_indicator().and_then(|of| of.unit.as_ref());
        self.task().entry.actual.as_ref().map(|cell| Cell::new(cell, unit))
    }

    /// The remark (所見, 増減理由及び今後の取り組み) as it is entered.
    async fn remark(&self) -> Option<&str> {
        self.task().entry.remark.as_deref()
    }

    /// What moved the figure.
    async fn causes(&self) -> Vec<Cause> {
        self.task().entry.causes.iter().map(|cause| (*cause).into()).collect()
    }

    /// The word of reason with which the reporter confirmed a figure that looks wrong.
    async fn confirmation(&self) -> Option<&str> {
        self.task().entry.confirmation.as_deref()
    }

    /// What looks wrong about the figure.
    async fn warnings(&self) -> Vec<Warning> {
        self.round.view.warnings(self.stored()).into_iter().map(Into::into).collect()
    }

    /// Why the planning section returned it, while it is returned.
    async fn return_reason(&self) -> Option<&str> {
        self.task().returned.as_deref()
    }

    /// Why it is corrected after it was published; until it is published again.
    async fn correction_reason(&self) -> Option<&str> {
        self.task().correction.as_deref()
    }

    /// Whether it was published.
    async fn published(&self) -> bool {
        self.task().published
    }

    /// Whether the planning section entered it on behalf of the department.
    async fn on_behalf(&self) -> bool {
        self.stored().on_behalf
    }

    /// The name of whoever entered it last.
    async fn entered_by(&self) -> Option<&str> {
        self.stored().entered_by.as_deref()
    }

    /// When it was entered last.
    async fn entered_at(&self) -> Option<DateTime> {
        self.stored().entered_at.map(DateTime)
    }

    /// The target of the year (目標値), beside the entry; null where there is none.
    async fn target(&self) -> Option<Cell<'_>> {
        let of = self.domain_indicator()?;
        let cell = of.figures.year(self.year())?.target.as_ref()?;
        Some(Cell::new(cell, of.unit.as_ref()))
    }

    /// Target and actual of the year before (前年度の目標値と実績値), beside the entry.
    async fn previous(&self) -> Option<YearFigures<'_>> {
        self.figures(self.year().previous()?)
    }

    /// The remark of the year before.
    async fn previous_remark(&self) -> Option<&str> {
        let year = self.year().previous()?;
        let strategy = self.round.view.version().strategy();
        let remarks = match self.task().subject {
            Subject::Indicator(_) => &self.domain_indicator()?.remarks,
            Subject::Node(id) => &strategy.nodes()[strategy.node_at(id)?].remarks,
        };
        remarks.iter().find(|remark| remark.year == year).map(|remark| remark.text.as_str())
    }

    /// The opinions on it.
    async fn opinions(&self, context: &Context<'_>) -> Result<Vec<Opinion>> {
        // All of the round are looked at.
        spend(context, self.round.view.opinions().len())?;
        let mine = self.round.view.opinions().iter().filter(|of| of.subject == self.task().subject);
        Ok(mine.map(|of| Opinion { round: self.round.clone(), of: of.clone() }).collect())
    }
}

#[derive(Clone)]
pub(crate) struct Opinion {
    pub(crate) round: Round,
    pub(crate) of: AppOpinion,
}

/// An opinion of the committee or council (外部有識者会議・議会の意見) on an indicator or node of a round, with its answer.
#[Object]
impl Opinion {
    /// The global id.
    pub(super) async fn id(&self) -> ID {
        GlobalId::Opinion(self.round.key(), self.of.id).id()
    }

    /// How often it was changed. Give it back with a change: what somebody else changed since is not overwritten.
    async fn version(&self) -> u32 {
        self.of.version
    }

    /// The round.
    async fn round(&self) -> &Round {
        &self.round
    }

    /// The indicator that it is about, if it is about one.
    async fn indicator(&self) -> Option<Indicator> {
        self.round.indicator(self.of.subject)
    }

    /// The node that it is about, if it is about one.
    async fn node(&self) -> Option<PlanNode> {
        self.round.node(self.of.subject)
    }

    /// The opinion.
    async fn text(&self) -> &str {
        &self.of.text
    }

    /// Whether it is published, together with its answer and without names.
    async fn public(&self) -> bool {
        self.of.public
    }

    /// The name of whoever gave it.
    async fn author(&self) -> &str {
        &self.of.author
    }

    /// When it was given.
    async fn given_at(&self) -> DateTime {
        DateTime(self.of.given_at)
    }

    /// The answer of the planning section.
    async fn answer(&self) -> Option<&str> {
        self.of.answer.as_deref()
    }

    /// The name of whoever answered.
    async fn answered_by(&self) -> Option<&str> {
        self.of.answered_by.as_deref()
    }

    /// When it was answered.
    async fn answered_at(&self) -> Option<DateTime> {
        self.of.answered_at.map(DateTime)
    }
}

pub(crate) struct Gap {
    pub(crate) strategy: Strategy,
    pub(crate) of: AppGap,
}

/// Something that is missing before everything of a strategy is reported (未報告), and who owes it.
#[Object]
impl Gap {
    /// The fiscal year of the round.
    async fn year(&self) -> FiscalYear {
        FiscalYear(self.of.year)
    }

    /// The indicator whose figure is missing, if it is one.
    async fn indicator(&self) -> Option<Indicator> {
        let Subject::Indicator(id) = self.of.subject else { return None };
        self.strategy.domain().indicator_at(id).map(|at| self.strategy.indicator(at))
    }

    /// The program without an indicator whose remark is missing, if it is one.
    async fn node(&self) -> Option<PlanNode> {
        let Subject::Node(id) = self.of.subject else { return None };
        self.strategy.domain().node_at(id).map(|at| self.strategy.node(at))
    }

    /// The department that owes it.
    async fn department(&self) -> Option<Department> {
        self.strategy.department(self.of.department)
    }

    /// How far it is.
    async fn state(&self) -> TaskState {
        self.of.state.into()
    }
}

pub(crate) struct PublishedOpinion {
    pub(crate) strategy: Strategy,
    pub(crate) at: usize,
}

impl PublishedOpinion {
    fn of(&self) -> &round::PublishedOpinion {
        &self.strategy.version.opinions()[self.at]
    }
}

/// An opinion of the committee or council (意見) as it was published, with its answer and without names.
#[Object]
impl PublishedOpinion {
    /// The fiscal year whose results it is about.
    async fn year(&self) -> FiscalYear {
        FiscalYear(self.of().year)
    }

    /// The indicator that it is about, if it is about one.
    async fn indicator(&self) -> Option<Indicator> {
        let Subject::Indicator(id) = self.of().subject else { return None };
        self.strategy.domain().indicator_at(id).map(|at| self.strategy.indicator(at))
    }

    /// The node that it is about, if it is about one.
    async fn node(&self) -> Option<PlanNode> {
        let Subject::Node(id) = self.of().subject else { return None };
        self.strategy.domain().node_at(id).map(|at| self.strategy.node(at))
    }

    /// The opinion.
    async fn text(&self) -> &str {
        &self.of().text
    }

    /// The answer of the municipality.
    async fn answer(&self) -> Option<&str> {
        self.of().answer.as_deref()
    }
}
