//! The printed report (集計表) of a fiscal year: laid out as municipalities print it, then written as a workbook, as a page for
//! printing, or as CSV.
//!
//! [`PrintedReport::of`] decides what stands where; it knows nothing of files. Each printed text stands as the document has it;
//! what can be counted (小計, 合計, 5年間の合計) is counted.

mod csv;
mod html;
mod page;
#[cfg(test)]
mod tests;
mod xlsx;

use std::{borrow::Cow, sync::Arc};

use shirube_domain::{
    calendar::FiscalYear,
    grade::{GradingRule, grade},
    progress::PlanYears,
    strategy::{
        Cell, Content, Counts, Figures, Indicator, LevelKind, PlanNode, Remark, Role, RoleKind, Strategy, YearFigures,
    },
};

pub use page::Paper;

/// The printed report of a fiscal year, laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintedReport {
    /// The fiscal year on whose result it reports.
    pub year: FiscalYear,
    /// The title.
    pub title: String,
    /// The label in its corner: 【資料４】.
    pub label: Option<String>,
    /// What stands above the columns.
    pub headings: Headings,
    /// A block for each node of the top level: 基本目標.
    pub blocks: Vec<Block>,
    /// The count of the whole: 合計（事業数：48、ＫＰＩ数：46）.
    pub total: String,
    /// Where the data come from, and under which terms.
    pub source: [String; 2],
}

/// What stands above the columns of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headings {
    /// Of the levels, from the top: 基本目標, 施策.
    pub levels: Vec<String>,
    /// Above the names of nodes: 施策名・事業名.
    pub name: String,
    /// Whether each year has a target of its own somewhere: then an indicator has two rows, 目標値 and 実績値, and its baseline
    /// and target stand in one cell with its label. Otherwise it has one row, and they have columns of their own.
    pub pairs: bool,
    /// The years: 3年度, 4年度.
    pub years: Vec<String>,
    /// Above the totals, where there are any: 5年間の合計.
    pub total: Option<String>,
    /// Above rates and grades: those that the document prints, and those of the rule that was asked for.
    pub grades: Vec<String>,
    /// Above what else is printed about an indicator: 担当課, 定義.
    pub details: Vec<String>,
    /// Above the remarks on the targets of goals: 令和３年度実績値に対する所見.
    pub goal_remark: String,
    /// Above the other remarks.
    pub remark: String,
}

/// What stands in a report for one node of the top level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// 基本目標1　安定した雇用を創出し、地域人材の活躍の場をつくる.
    pub heading: String,
    /// What is remarked on it as a whole.
    pub remark: Option<String>,
    /// Its 数値目標.
    pub targets: Vec<Row>,
    /// What stands below it.
    pub lines: Vec<Line>,
    /// 小計（事業数：9、ＫＰＩ数：8）.
    pub subtotal: String,
}

/// A line below a heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A node that has others below it.
    Heading {
        /// Its place among the levels, 1 below the top.
        level: usize,
        /// (1) 人材育成・雇用対策.
        text: String,
        /// What is remarked on it as a whole.
        remark: Option<String>,
    },
    /// A node with the rows of its indicators.
    Entry {
        /// Its place among the levels.
        level: usize,
        /// Its title; blank where a heading says it.
        name: String,
        /// A row for each indicator, or one that says why there is none.
        rows: Vec<Row>,
    },
}

/// An indicator in a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its role; `None` where a row says why there is no indicator.
    pub role: Option<RoleKind>,
    /// Its label, or why there is none.
    pub label: String,
    /// The baseline as printed, or blank.
    pub baseline: String,
    /// The target as printed, or why there is none.
    pub target: String,
    /// The targets of the years, as printed.
    pub targets: Vec<String>,
    /// The actuals of the years, as printed.
    pub actuals: Vec<String>,
    /// The totals of targets and actuals, as printed.
    pub totals: [String; 2],
    /// Rates and grades, a text for each of their headings.
    pub grades: Vec<String>,
    /// A text for each heading of details.
    pub details: Vec<String>,
    /// The remark of the year, or blank.
    pub remark: String,
}

impl Row {
    /// Label, baseline and target in one cell, as documents with two rows an indicator print them:
    /// 新規雇用者数／0人（令和元年）→15人（5年間）.
    pub fn statement(&self) -> Cow<'_, str> {
        match (self.baseline.as_str(), self.target.as_str()) {
            ("", "") => Cow::Borrowed(&self.label),
            (_, target) if self.role == Some(RoleKind::Monitored) => format!("{}\n{target}", self.label).into(),
            ("", target) => format!("{}／{target}", self.label).into(),
            (baseline, target) => format!("{}／{baseline}→{target}", self.label).into(),
        }
    }
}

impl PrintedReport {
    /// Lays out the report of a fiscal year. Figures of later years are not shown. With a rule, its rates and grades stand
    /// beside those that the document prints.
    pub fn of(strategy: &Strategy, year: FiscalYear, rule: Option<&Arc<GradingRule>>) -> Self {
        let parts = strategy.parts();
        let layout = Layout::of(strategy, year, rule);
        let (title, total) = (&parts.report.title, strategy.total_counts());
        Self {
            year,
            title: of_the_year(title, parts.report.year, year).unwrap_or_else(|| title.clone()),
            label: parts.report.label.clone(),
            blocks: strategy.roots().map(|root| layout.block(root)).collect(),
            headings: layout.headings,
            total: counted("合計", total),
            source: [parts.source.attribution.clone(), parts.source.terms.clone()],
        }
    }

    /// Writes it as a workbook (.xlsx) for a size of paper. The same report gives the same bytes.
    pub fn to_xlsx(&self, paper: Paper) -> Result<Vec<u8>, shirube_domain::Error> {
        xlsx::write(self, paper).map_err(shirube_domain::Error::internal)
    }

    /// Writes it as a web page for printing.
    pub fn to_html(&self, paper: Paper) -> String {
        html::write(self, paper)
    }

    /// Writes it as CSV, a line for each line of figures: UTF-8, and with a byte order mark if Excel is to open it.
    pub fn to_csv(&self, mark: bool) -> Vec<u8> {
        csv::write(self, mark)
    }
}

/// What the rows of a report are made by.
struct Layout<'a> {
    strategy: &'a Strategy,
    year: FiscalYear,
    rule: Option<&'a Arc<GradingRule>>,
    headings: Headings,
    years: Vec<FiscalYear>,
    /// The headings of details without 担当課.
    details: Vec<&'a str>,
    departments: bool,
}

impl<'a> Layout<'a> {
    fn of(strategy: &'a Strategy, year: FiscalYear, rule: Option<&'a Arc<GradingRule>>) -> Self {
        let parts = strategy.parts();
        let mut details: Vec<&str> = Vec::new();
        for detail in strategy.indicators().iter().flat_map(|indicator| &indicator.details) {
            if !details.contains(&detail.heading.as_str()) {
                details.push(&detail.heading);
            }
        }
        let named = strategy.indicators().iter().any(|of| of.department.is_some());
        let departments = named || strategy.nodes().iter().any(|of| of.department.is_some());
        let years: Vec<FiscalYear> = strategy.years().collect();
        let graded = rule.into_iter().flat_map(|rule| {
            let name = &rule.name.ja;
            [format!("達成率・進捗率（{name}）"), format!("評価（{name}）")]
        });
        let report = &parts.report;
        let heading = |printed: &Option<String>, words: &str| match printed {
            Some(printed) => of_the_year(printed, report.year, year).unwrap_or_else(|| printed.clone()),
            None => format!("{}実績値{words}", year.label()),
        };
        let headings = Headings {
            levels: parts.levels.iter().map(|level| level.name.clone()).collect(),
            name: name_heading(strategy),
            pairs: strategy.indicators().iter().any(|of| of.figures.years().iter().any(|of| of.target.is_some())),
            years: year_headings(&years),
            total: report.total_heading.clone(),
            grades: report.rate_heading.iter().chain(&report.grade_heading).cloned().chain(graded).collect(),
            details: departments
                .then_some("担当課")
                .into_iter()
                .chain(details.iter().copied())
                .map(Into::into)
                .collect(),
            goal_remark: heading(&report.goal_remark_heading, "に対する所見"),
            remark: heading(&report.remark_heading, "の増減理由及び今後の取り組み"),
        };
        Self { strategy, year, rule, headings, years, details, departments }
    }

    fn block(&self, root: usize) -> Block {
        let node = &self.strategy.nodes()[root];
        let of_goal = |of: &&Indicator| of.role.kind() == RoleKind::GoalTarget;
        let own = &self.strategy.indicators()[self.strategy.own_indicators(root)];
        let targets = own.iter().filter(of_goal).map(|of| self.row(of, node)).collect();
        let mut rows: Vec<Row> = own.iter().filter(|of| !of_goal(of)).map(|of| self.row(of, node)).collect();
        rows.extend(self.without(node));
        let mut lines = Vec::new();
        if !rows.is_empty() {
            lines.push(Line::Entry { level: node.level, name: String::new(), rows });
        }
        for at in self.strategy.subtree(root).skip(1) {
            self.lines(at, &mut lines);
        }
        Block {
            heading: match &node.number {
                Some(number) => format!("{}{number}　{}", self.headings.levels[node.level], node.title),
                None => format!("{}　{}", self.headings.levels[node.level], node.title),
            },
            remark: remark(&node.remarks, self.year).filter(|_| node.no_indicator.is_none()),
            targets,
            lines,
            subtotal: counted("小計", self.strategy.counts(root)),
        }
    }

    /// A node below the top: with a name beside its figures if it is one of the lowest level, else with a heading.
    fn lines(&self, at: usize, lines: &mut Vec<Line>) {
        let node = &self.strategy.nodes()[at];
        let own = &self.strategy.indicators()[self.strategy.own_indicators(at)];
        let mut rows: Vec<Row> = own.iter().map(|of| self.row(of, node)).collect();
        rows.extend(self.without(node));
        let remark = remark(&node.remarks, self.year).filter(|_| node.no_indicator.is_none());
        let lowest = self.strategy.subtree(at).len() == 1 && node.level + 1 == self.headings.levels.len();
        let (level, text) = (node.level, node.heading());
        if !lowest {
            lines.push(Line::Heading { level, text, remark });
            if !rows.is_empty() {
                lines.push(Line::Entry { level, name: String::new(), rows });
            }
            return;
        }
        if rows.is_empty() {
            rows.push(self.blank(String::new(), ""));
        }
        // What is remarked on a program as a whole goes before what is remarked on its first indicator.
        if let Some(remark) = remark {
            let first = &mut rows[0].remark;
            *first = if first.is_empty() { remark } else { format!("{remark}\n{first}") };
        }
        lines.push(Line::Entry { level, name: text, rows });
    }

    fn row(&self, indicator: &Indicator, node: &PlanNode) -> Row {
        let indicator = &*as_of(indicator, self.year);
        let cells = |cell: fn(&YearFigures) -> Option<&Cell>| {
            let printed = |year: &FiscalYear| indicator.figures.year(*year).and_then(cell)?.printed();
            self.years.iter().map(|year| printed(year).unwrap_or_default().to_owned()).collect()
        };
        let target = match &indicator.role {
            Role::GoalTarget(target) | Role::Kpi(target) => target.statement.printed.clone(),
            Role::Monitored { reason } => reason.clone().unwrap_or_default(),
        };
        let total = indicator.plan_total();
        let mut details = Vec::with_capacity(self.headings.details.len());
        if self.departments {
            details.push(self.department(indicator, node));
        }
        details.extend(self.details.iter().map(|heading| {
            let found = indicator.details.iter().filter(|detail| detail.heading == **heading);
            found.map(|detail| detail.text.as_str()).collect::<Vec<_>>().join("\n")
        }));
        Row {
            role: Some(indicator.role.kind()),
            label: indicator.label.clone(),
            baseline: indicator.baseline.as_ref().map(|of| of.printed.clone()).unwrap_or_default(),
            target,
            targets: cells(|figures| figures.target.as_ref()),
            actuals: cells(|figures| Some(&figures.actual)),
            totals: [total.target_printed, total.actual_printed],
            grades: self.grades(indicator),
            details,
            remark: remark(&indicator.remarks, self.year).unwrap_or_default(),
        }
    }

    /// A row that says why a node has no indicator.
    fn without(&self, node: &PlanNode) -> Option<Row> {
        let said = node.no_indicator.as_ref()?;
        let mut row = self.blank(said.reason.clone(), said.mark.as_deref().unwrap_or_default());
        row.remark = remark(&node.remarks, self.year).unwrap_or_default();
        if self.departments {
            row.details[0] = self.named(node.department);
        }
        Some(row)
    }

    fn blank(&self, label: String, mark: &str) -> Row {
        let marks = vec![mark.to_owned(); self.years.len()];
        Row {
            role: None,
            label,
            baseline: String::new(),
            target: String::new(),
            targets: marks.clone(),
            actuals: marks,
            totals: [mark, mark].map(Into::into),
            grades: vec![String::new(); self.headings.grades.len()],
            details: vec![String::new(); self.headings.details.len()],
            remark: String::new(),
        }
    }

    fn department(&self, indicator: &Indicator, node: &PlanNode) -> String {
        self.named(indicator.department.or(node.department))
    }

    fn named(&self, id: Option<shirube_domain::DepartmentId>) -> String {
        id.and_then(|id| self.strategy.department(id)).map(|of| of.name.clone()).unwrap_or_default()
    }

    fn grades(&self, indicator: &Indicator) -> Vec<String> {
        let report = &self.strategy.parts().report;
        let published = indicator.figures.year(self.year).and_then(|figures| figures.published.as_ref());
        let printed = |cell: Option<&Cell>| cell.and_then(Cell::printed).unwrap_or_default().to_owned();
        let rate = report.rate_heading.iter().map(|_| printed(published.and_then(|of| of.rate())));
        let mark = report.grade_heading.iter().map(|_| printed(published.and_then(|of| of.grade())));
        let computed = self.rule.into_iter().flat_map(|rule| {
            let grade = grade(rule, indicator, PlanYears::of(self.strategy), self.year);
            let label = match (grade.band(), grade.mark()) {
                (Ok(band), _) => band.grade.clone(),
                (Err(_), Some(mark)) => mark.grade.clone(),
                (Err(_), None) => "―".to_owned(),
            };
            [grade.printed_rate().unwrap_or_else(|| "―".to_owned()), label]
        });
        rate.chain(mark).chain(computed).collect()
    }
}

/// The indicator as it was reported up to a year: a later figure is not shown, a later dash is.
fn as_of(indicator: &Indicator, year: FiscalYear) -> Cow<'_, Indicator> {
    let later = |of: &YearFigures| of.year > year && !matches!(of.actual.content(), Content::Absent(_));
    if !indicator.figures.years().iter().any(later) {
        return Cow::Borrowed(indicator);
    }
    let hidden = |of: &YearFigures| {
        let actual = Cell::open(indicator.lifecycle.absence(of.year));
        YearFigures { actual, published: None, ..of.clone() }
    };
    let figures = indicator.figures.years().iter().map(|of| if later(of) { hidden(of) } else { of.clone() }).collect();
    // What the document prints as a total holds the later figures.
    let figures = Figures::new(figures, None).expect("the years stand once each, as before");
    Cow::Owned(Indicator { figures, ..indicator.clone() })
}

fn remark(remarks: &[Remark], year: FiscalYear) -> Option<String> {
    remarks.iter().find(|remark| remark.year == year).map(|remark| remark.text.clone())
}

/// 小計（事業数：9、ＫＰＩ数：8）.
fn counted(what: &str, Counts { programs, kpis, .. }: Counts) -> String {
    match programs {
        Some(programs) => format!("{what}（事業数：{programs}、ＫＰＩ数：{kpis}）"),
        None => format!("{what}（ＫＰＩ数：{kpis}）"),
    }
}

/// Above the names of nodes stand those of the two lowest levels below the top: 施策名・事業名.
fn name_heading(strategy: &Strategy) -> String {
    let levels = &strategy.parts().levels;
    let below = &levels[1.min(levels.len() - 1)..];
    let kinds = |of: &[shirube_domain::strategy::Level]| {
        of.iter().map(|level| format!("{}名", level.name)).collect::<Vec<_>>().join("・")
    };
    let lowest_two = below.len().saturating_sub(2);
    // A direction is a heading wherever there are programs, and is not named above them.
    match below.iter().position(|level| level.kind == LevelKind::Program) {
        Some(at) => kinds(&below[at.saturating_sub(1)..=at]),
        None => kinds(&below[lowest_two..]),
    }
}

/// The years as documents print them: 3年度, with its era where the plan passes from one to another.
fn year_headings(years: &[FiscalYear]) -> Vec<String> {
    let one_era = years.windows(2).all(|pair| pair[0].era_year().era == pair[1].era_year().era);
    let heading = |year: &FiscalYear| match year.era_year().year {
        1 => year.label(),
        number if one_era => format!("{number}年度"),
        _ => year.label(),
    };
    years.iter().map(heading).collect()
}

/// A text that names the year of the report, for another year: 令和３年度実績値に対する所見. `None` where it names none.
fn of_the_year(text: &str, printed: FiscalYear, year: FiscalYear) -> Option<String> {
    let full = |text: String| -> String {
        text.chars()
            .map(|c| c.to_digit(10).and_then(|digit| char::from_u32('０' as u32 + digit)).unwrap_or(c))
            .collect()
    };
    let (plain, wide) = (printed.label(), full(printed.label()));
    if text.contains(&wide) {
        Some(text.replace(&wide, &full(year.label())))
    } else {
        text.contains(&plain).then(|| text.replace(&plain, &year.label()))
    }
}
