use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, Result};
use shirube_app::{App, PublishedStrategy, Version};
use shirube_domain::{lint::Subject, municipality::MunicipalityCode, strategy};

use super::{
    Indicator, IndicatorConnection, IndicatorFilter, Municipality, PlanNode, PublishedOpinion, Revision,
    change::{Change, changes},
    grade::{self, Grade, GradeSummary, Grading},
    grade_preview::{GradePreview, preview},
    grading_rule::GradingRuleChoice,
    indicator::indicators,
    lineage::{Lineage, LineageKind, PreviousTerm},
    revision::{Finding, LintRule},
};
use crate::{
    id::{GlobalId, StrategyKey},
    limits::spend,
    page::PageArguments,
    scalars::FiscalYear,
};

/// Which way is better (望ましい方向).
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "strategy::Direction")]
pub(crate) enum Direction {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
    /// The source does not say, or says that neither is.
    Unstated,
}

/// As what a printed report (集計表) is had.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReportFormat {
    /// A workbook (.xlsx), in the layout that municipalities print.
    Xlsx,
    /// A web page for printing.
    Html,
    /// CSV (UTF-8), a line for each line of figures.
    Csv,
}

impl ReportFormat {
    const fn ending(self) -> &'static str {
        match self {
            Self::Xlsx => "xlsx",
            Self::Html => "html",
            Self::Csv => "csv",
        }
    }
}

#[derive(Clone)]
pub(crate) struct Strategy {
    /// Its revisions; `None` if nothing of it is published.
    pub(crate) history: Option<Arc<PublishedStrategy>>,
    pub(crate) version: Arc<Version>,
}

impl Strategy {
    /// The latest revision.
    pub(crate) fn latest(history: Arc<PublishedStrategy>) -> Self {
        Self { version: history.latest().clone(), history: Some(history) }
    }

    pub(crate) fn domain(&self) -> &strategy::Strategy {
        self.version.strategy()
    }

    pub(crate) fn parts(&self) -> &strategy::StrategyParts {
        self.domain().parts()
    }

    pub(crate) fn place(&self) -> StrategyKey {
        StrategyKey {
            municipality: self.parts().municipality,
            strategy: self.parts().id,
            revision: self.version.revision().map(|revision| revision.number),
        }
    }

    pub(crate) fn node(&self, at: usize) -> PlanNode {
        PlanNode { strategy: self.clone(), at }
    }

    pub(crate) fn indicator(&self, at: usize) -> Indicator {
        Indicator { strategy: self.clone(), at }
    }

    /// The findings on one node or indicator.
    pub(crate) fn findings_on(&self, context: &Context<'_>, subject: Subject) -> Result<Vec<Finding>> {
        let findings = self.version.findings();
        // All of them are looked at.
        spend(context, findings.len())?;
        let on = |at: &usize| findings[*at].subject == subject;
        Ok((0..findings.len()).filter(on).map(|at| Finding { strategy: self.clone(), at }).collect())
    }

    /// The department of an id.
    pub(crate) fn department(&self, id: Option<shirube_domain::DepartmentId>) -> Option<Department> {
        let of = self.domain().department(id?)?;
        Some(Department { municipality: self.parts().municipality, of: of.clone() })
    }
}

/// A strategy (総合戦略) of a municipality as it was published in a revision, or as a draft.
#[Object]
impl Strategy {
    /// The global id. It names this strategy in this revision, and always leads to the same content; that of a draft leads to
    /// the draft as it is.
    pub(super) async fn id(&self) -> ID {
        GlobalId::Strategy(self.place()).id()
    }

    /// The key of the strategy (UUID), the same in all revisions.
    async fn key(&self) -> String {
        self.parts().id.to_string()
    }

    /// The municipality to which it belongs.
    async fn municipality(&self, context: &Context<'_>) -> Result<Municipality> {
        Municipality::of(context, self.parts().municipality)
    }

    /// The title as printed.
    async fn title(&self) -> &str {
        &self.parts().title
    }

    /// The term as printed: 第２期.
    async fn term(&self) -> &str {
        &self.parts().term.printed
    }

    /// The number of the term.
    async fn term_number(&self) -> u8 {
        self.parts().term.number
    }

    /// The first fiscal year of the plan.
    async fn first_year(&self) -> FiscalYear {
        FiscalYear(self.parts().first_year)
    }

    /// The last fiscal year of the plan.
    async fn last_year(&self) -> FiscalYear {
        FiscalYear(self.parts().last_year)
    }

    /// The levels of its tree, from the top.
    async fn levels(&self) -> Vec<Level<'_>> {
        (0..self.parts().levels.len()).map(|depth| Level { of: &self.parts().levels[depth], depth }).collect()
    }

    /// The nodes of the top level (基本目標), in the order of the document.
    async fn roots(&self, context: &Context<'_>) -> Result<Vec<PlanNode>> {
        spend(context, self.domain().roots().count())?;
        Ok(self.domain().roots().map(|at| self.node(at)).collect())
    }

    /// All nodes, each before those below it: the whole tree in the order of the document, however deep it is.
    async fn nodes(&self, context: &Context<'_>) -> Result<Vec<PlanNode>> {
        spend(context, self.domain().nodes().len())?;
        Ok((0..self.domain().nodes().len()).map(|at| self.node(at)).collect())
    }

    /// Its indicators (指標), in the order of the document.
    async fn indicators(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which indicators; all if absent.")] filter: Option<IndicatorFilter>,
        #[graphql(desc = "How many, 1 to 100, from the start or behind `after`.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
        #[graphql(desc = "How many, 1 to 100, from the end or before `before`.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which the page ends.")] before: Option<String>,
    ) -> Result<IndicatorConnection> {
        let arguments = PageArguments { first, after, last, before };
        let page = indicators(self, filter.unwrap_or_default(), &arguments)?;
        spend(context, page.len())?;
        Ok(page)
    }

    /// What is counted in all: 事業数, ＫＰＩ数.
    async fn counts(&self) -> Counts {
        self.domain().total_counts().into()
    }

    /// The departments (担当課) that it names.
    async fn departments(&self) -> Vec<Department> {
        let municipality = self.parts().municipality;
        self.parts().departments.iter().map(|of| Department { municipality, of: of.clone() }).collect()
    }

    /// The printed report (集計表) from which the figures come.
    async fn report(&self) -> Report<'_> {
        Report(&self.parts().report)
    }

    /// Where its printed report (集計表) of a fiscal year is had as a file, in this revision or as the draft is, as municipalities
    /// print it. The address takes more: `paper` (A3 or A4), `rule` (a grading rule whose rates and grades are added: `nagano`,
    /// or `code/key` for a municipality's own), and `bom=true` for CSV that Excel opens.
    async fn report_url(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "As what.")] format: ReportFormat,
        #[graphql(desc = "On the result of which fiscal year; that up to which it reports if absent.")] year: Option<
            FiscalYear,
        >,
    ) -> String {
        let app: &Arc<App> = context.data_unchecked();
        let (StrategyKey { municipality, strategy, revision }, ending) = (self.place(), format.ending());
        let revision = revision.map_or("draft".to_owned(), |number| number.to_string());
        let year = year.map_or(self.parts().report.year, |year| year.0).year();
        format!("{}/reports/{municipality}/{strategy}.{ending}?revision={revision}&year={year}", app.public_url())
    }

    /// Where it comes from and under which terms it may be used.
    async fn source(&self) -> Source<'_> {
        Source(&self.parts().source)
    }

    /// What a careful reader would notice (点検結果).
    async fn findings(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only what these rules found; all if absent.")] rules: Option<Vec<LintRule>>,
    ) -> Result<Vec<Finding>> {
        let findings = self.version.findings();
        spend(context, findings.len())?;
        let wanted = |at: &usize| rules.as_ref().is_none_or(|rules| rules.contains(&findings[*at].rule.into()));
        Ok((0..findings.len()).filter(wanted).map(|at| Finding { strategy: self.clone(), at }).collect())
    }

    /// The grades (評価) of all its indicators in a fiscal year by a rule, in the order of the document.
    async fn grades(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which year, and by which rule.")] grading: Grading,
    ) -> Result<Vec<Grade>> {
        grade::grades(context, self, 0..self.domain().indicators().len(), grading).await
    }

    /// The grades of all its indicators, counted (集計).
    async fn grade_summary(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which year, and by which rule.")] grading: Grading,
    ) -> Result<GradeSummary> {
        grade::summary(context, self, 0..self.domain().indicators().len(), grading).await
    }

    /// What grading by another rule would change (評価基準の見直しの影響): both summaries, and each indicator with another
    /// grade, or with none for another reason. A rule need not be saved for it.
    async fn grade_preview(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The fiscal year.")] year: FiscalYear,
        #[graphql(desc = "The rule that is tried out.")] rule: GradingRuleChoice,
        #[graphql(desc = "The rule with which it is compared; if absent, the municipality's default.")] against: Option<
            GradingRuleChoice,
        >,
    ) -> Result<GradePreview> {
        preview(context, self, year, rule, against).await
    }

    /// The strategy of the previous term from which it was made (前期の戦略); null if it was made anew.
    async fn previous(&self) -> Option<PreviousTerm<'_>> {
        self.parts().lineage.as_ref().map(PreviousTerm)
    }

    /// What became of everything from the previous term to this one: nodes, then indicators, then what was dropped. Empty
    /// if it was made anew.
    async fn lineage(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only these; all if absent.")] kinds: Option<Vec<LineageKind>>,
    ) -> Result<Vec<Lineage>> {
        let entries = self.domain().lineage();
        // All of them are looked at.
        spend(context, entries.len())?;
        let wanted =
            |of: &strategy::LineageEntry<'_>| kinds.as_ref().is_none_or(|kinds| kinds.contains(&of.kind.into()));
        Ok(entries.into_iter().filter(wanted).map(|entry| Lineage::new(self, entry)).collect())
    }

    /// How often its frame, its levels or what is said of its previous term was changed, to be sent with the next such
    /// change; null for what is published.
    async fn version(&self) -> Option<i32> {
        self.version.versions().map(|versions| versions.strategy)
    }

    /// The revision in which it was published like this; null for a draft (策定中).
    async fn revision(&self) -> Option<Revision> {
        let municipality = self.parts().municipality;
        self.version.revision().cloned().map(|of| Revision { municipality, of })
    }

    /// All its revisions, the latest first.
    async fn revisions(&self, context: &Context<'_>) -> Result<Vec<Revision>> {
        let Some(history) = &self.history else { return Ok(Vec::new()) };
        spend(context, history.revisions().count())?;
        let municipality = self.parts().municipality;
        Ok(history.revisions().rev().cloned().map(|of| Revision { municipality, of }).collect())
    }

    /// The opinions of the committee or council (意見) that were published with it.
    async fn opinions(&self, context: &Context<'_>) -> Result<Vec<PublishedOpinion>> {
        let count = self.version.opinions().len();
        spend(context, count)?;
        Ok((0..count).map(|at| PublishedOpinion { strategy: self.clone(), at }).collect())
    }

    /// What differs between two of its revisions (新旧対照), cell by cell, in the order of the document.
    async fn changes(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The number of the revision that is compared.")] from: u32,
        #[graphql(desc = "The number of the revision with which it is compared.")] to: u32,
    ) -> Result<Vec<Change>> {
        changes(context, self, [from, to]).await
    }

    /// The same strategy in another revision; null if there is none.
    async fn at(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The number of a revision.")] revision: Option<u32>,
        #[graphql(desc = "An instant: what was published then.")] as_of: Option<crate::scalars::DateTime>,
    ) -> Result<Option<Self>> {
        let app: &Arc<App> = context.data_unchecked();
        match self.history.clone() {
            Some(history) => crate::query::revision(app, history, revision, as_of.map(|instant| instant.0)).await,
            None => Ok(None),
        }
    }
}

pub(crate) struct Level<'a> {
    pub(super) of: &'a strategy::Level,
    pub(super) depth: usize,
}

/// What a level is.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "strategy::LevelKind")]
pub(crate) enum LevelKind {
    /// 基本目標.
    Goal,
    /// 基本的方向.
    Direction,
    /// 政策.
    Policy,
    /// 施策.
    Measure,
    /// 事業, which counts in 事業数.
    Program,
    /// Anything else.
    Other,
}

/// A level of a plan (階層): 基本目標, 施策, 事業 …
#[Object]
impl Level<'_> {
    /// The name that the document uses.
    async fn name(&self) -> &str {
        &self.of.name
    }

    /// What it is, so that levels of different documents can be told alike.
    async fn kind(&self) -> LevelKind {
        self.of.kind.into()
    }

    /// How deep it lies, 0 for the top.
    async fn depth(&self) -> usize {
        self.depth
    }
}

/// What is counted in a part of the plan, as in 小計（事業数：９、ＫＰＩ数：８）. Counted, never copied.
#[derive(async_graphql::SimpleObject)]
pub(crate) struct Counts {
    /// 事業数; null where no level of the plan is one of programs.
    programs: Option<usize>,
    /// ＫＰＩ数.
    kpis: usize,
    /// 数値目標 of goals.
    goal_targets: usize,
    /// Indicators that are only followed (実績値の管理).
    monitored: usize,
}

impl From<strategy::Counts> for Counts {
    fn from(strategy::Counts { programs, kpis, goal_targets, monitored }: strategy::Counts) -> Self {
        Self { programs, kpis, goal_targets, monitored }
    }
}

#[derive(Clone)]
pub(crate) struct Department {
    pub(crate) municipality: MunicipalityCode,
    pub(crate) of: strategy::Department,
}

/// A department (担当課).
#[Object]
impl Department {
    /// The global id.
    pub(super) async fn id(&self) -> ID {
        GlobalId::Department(self.municipality, self.of.id).id()
    }

    /// The key of the department (UUID).
    async fn key(&self) -> String {
        self.of.id.to_string()
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.of.name
    }
}

pub(crate) struct Report<'a>(&'a strategy::Report);

/// The printed report (集計表) of a fiscal year.
#[Object]
impl Report<'_> {
    /// The fiscal year up to which it reports.
    async fn year(&self) -> FiscalYear {
        FiscalYear(self.0.year)
    }

    /// Its title as printed.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// The label in its corner: 【資料４】.
    async fn label(&self) -> Option<&str> {
        self.0.label.as_deref()
    }

    /// The heading of the total column (5年間の合計); null where there is none.
    async fn total_heading(&self) -> Option<&str> {
        self.0.total_heading.as_deref()
    }

    /// The heading of the column of rates: 達成率, 進捗率; null where there is none.
    async fn rate_heading(&self) -> Option<&str> {
        self.0.rate_heading.as_deref()
    }

    /// The heading of the column of grades: 評価; null where there is none.
    async fn grade_heading(&self) -> Option<&str> {
        self.0.grade_heading.as_deref()
    }

    /// The heading of the remarks on goal targets.
    async fn goal_remark_heading(&self) -> Option<&str> {
        self.0.goal_remark_heading.as_deref()
    }

    /// The heading of the other remarks.
    async fn remark_heading(&self) -> Option<&str> {
        self.0.remark_heading.as_deref()
    }
}

pub(crate) struct Source<'a>(&'a strategy::Source);

/// Where data come from, and under which terms (出典と利用条件).
#[Object]
impl Source<'_> {
    /// The attribution to be shown wherever they are.
    async fn attribution(&self) -> &str {
        &self.0.attribution
    }

    /// The terms of use.
    async fn terms(&self) -> &str {
        &self.0.terms
    }

    /// What a reader must know about the transcription.
    async fn notes(&self) -> &[String] {
        &self.0.notes
    }
}
