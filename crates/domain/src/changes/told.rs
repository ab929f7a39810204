//! What each part of a revision says. Every value is taken apart field by field, so that a new one is a compile error here
//! and not a change that nobody sees.

use std::fmt::Debug;

use super::{Part, Parts};
use crate::{
    DepartmentId,
    calendar::FiscalYear,
    lint::Subject,
    quantity::{Amount, Bound},
    strategy::{
        Absence, Accumulation, Baseline, Cell, Direction, Figures, Indicator, Lifecycle, MappingParts,
        ObservationStatus, PlanNode, Remark, Report, Requirement, Role, Scope, Source, Strategy, StrategyParts, Target,
        TargetStatement, Term, YearFigures,
    },
};

/// What a part says.
#[derive(Debug, Clone)]
pub(super) struct Told {
    /// As printed; `None` where nothing is.
    pub(super) printed: Option<String>,
    /// What it means, for people, where the printed text may leave it open.
    reading: String,
    /// All of it, to the letter: two parts are the same if this is.
    pub(super) exact: String,
    /// The state of a cell.
    pub(super) status: Option<ObservationStatus>,
}

impl Told {
    fn new(printed: impl Into<String>, exact: impl Debug) -> Self {
        Self { printed: Some(printed.into()), reading: String::new(), exact: format!("{exact:?}"), status: None }
    }

    fn meaning(self, reading: impl Into<String>) -> Self {
        Self { reading: reading.into(), ..self }
    }

    fn cell(cell: &Cell) -> Self {
        let status = cell.status();
        let amount = cell.amount().map(amount).unwrap_or_default();
        Self {
            printed: cell.printed().map(str::to_owned),
            reading: format!("{}{amount}", state(status)),
            exact: format!("{cell:?}"),
            status: Some(status),
        }
    }

    /// The printed text with what it means.
    pub(super) fn meant(&self) -> String {
        match &self.printed {
            Some(printed) if self.reading.is_empty() => printed.clone(),
            Some(printed) => format!("{printed}（{}）", self.reading),
            None => self.reading.clone(),
        }
    }

    /// Both, where two stand in one place.
    fn and(self, other: Self) -> Self {
        let printed = [self.printed, other.printed].into_iter().flatten().collect::<Vec<_>>().join("\n");
        Self { printed: Some(printed), exact: self.exact + &other.exact, ..other }
    }
}

/// Puts a part in; what stands there already stays before it.
fn put(parts: &mut Parts, part: Part, told: Told) {
    let told = match parts.remove(&part) {
        Some(earlier) => earlier.and(told),
        None => told,
    };
    parts.insert(part, told);
}

pub(super) fn of_strategy(parts: &StrategyParts) -> Parts {
    let StrategyParts {
        // The same in all revisions.
        id: _,
        municipality: _,
        title,
        term: Term { printed: term, number },
        first_year,
        last_year,
        report,
        source: Source { attribution, terms, notes },
        levels,
        departments,
        lineage,
        // Compared for themselves.
        nodes: _,
        indicators: _,
    } = parts;
    let Report {
        year,
        title: report_title,
        label,
        total_heading,
        rate_heading,
        grade_heading,
        goal_remark_heading,
        remark_heading,
    } = report;
    let headings = [label, total_heading, rate_heading, grade_heading, goal_remark_heading, remark_heading];
    let level_names: Vec<&str> = levels.iter().map(|level| level.name.as_str()).collect();
    let level_kinds: Vec<String> = levels.iter().map(|level| format!("{:?}", level.kind)).collect();
    let department_names: Vec<&str> = departments.iter().map(|department| department.name.as_str()).collect();
    let mut parts = Parts::from([
        (Part::Title, Told::new(title, title)),
        (Part::Term, Told::new(term, (term, number)).meaning(number.to_string())),
        (Part::PlanYears, Told::new(format!("{}～{}", first_year.label(), last_year.label()), (first_year, last_year))),
        (Part::ReportYear, Told::new(year.label(), year)),
        (
            Part::Report,
            Told::new(report_title, (report_title, headings))
                .meaning(headings.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join("、")),
        ),
        (
            Part::Source,
            Told::new(attribution, (attribution, terms, notes)).meaning(format!("{terms} {}", notes.join(" "))),
        ),
        (Part::Levels, Told::new(level_names.join(" > "), levels).meaning(level_kinds.join(" > "))),
        (Part::Departments, Told::new(department_names.join("、"), departments)),
    ]);
    if let Some(lineage) = lineage {
        let dropped = lineage.ancestors.iter().filter_map(|of| Some(format!("{}：{}", of.name, of.dropped.as_ref()?)));
        let dropped = dropped.collect::<Vec<_>>().join("、");
        put(&mut parts, Part::Lineage, Told::new(&lineage.term.printed, lineage).meaning(dropped));
    }
    parts
}

/// What something continues of the previous term, by its name then.
fn continued(parts: &mut Parts, strategy: &Strategy, of: Option<Subject>, redefined: bool) {
    let Some(of) = of else { return };
    let ancestor = strategy.parts().lineage.as_ref().and_then(|lineage| lineage.ancestor(of));
    let reading = if redefined { "定義変更" } else { "" };
    put(parts, Part::Lineage, Told::new(ancestor.map_or("", |of| &of.name), (of, redefined)).meaning(reading));
}

pub(super) fn of_node(strategy: &Strategy, node: &PlanNode) -> Parts {
    // Its place is compared for itself.
    let PlanNode { id: _, parent: _, level, number, title, department, lifecycle, no_indicator, remarks, continues } =
        node;
    let mut parts = Parts::new();
    let name = strategy.parts().levels.get(*level).map_or("", |level| &level.name);
    put(&mut parts, Part::Level, Told::new(name, level).meaning(level.to_string()));
    if let Some(number) = number {
        put(&mut parts, Part::Number, Told::new(number, number));
    }
    put(&mut parts, Part::Title, Told::new(title, title));
    in_charge(&mut parts, strategy, *department);
    runs(&mut parts, *lifecycle);
    if let Some(none) = no_indicator {
        let mark = none.mark.clone().unwrap_or_default();
        put(&mut parts, Part::NoIndicator, Told::new(&none.reason, none).meaning(mark));
    }
    remarked(&mut parts, remarks);
    continued(&mut parts, strategy, continues.map(Subject::Node), false);
    parts
}

pub(super) fn of_indicator(strategy: &Strategy, indicator: &Indicator) -> Parts {
    let Indicator {
        id: _,
        // Its place is compared for itself.
        node: _,
        label,
        role,
        unit,
        direction,
        baseline,
        figures,
        remarks,
        department,
        lifecycle,
        details,
        mappings,
        weight,
        continues,
        redefined,
    } = indicator;
    let mut parts = Parts::new();
    put(&mut parts, Part::Title, Told::new(label, label));
    let (told, target) = match role {
        Role::GoalTarget(target) => (Told::new("数値目標", "goal_target"), Some(target)),
        Role::Kpi(target) => (Told::new("ＫＰＩ", "kpi"), Some(target)),
        Role::Monitored { reason } => {
            (Told::new("実績値の管理", reason).meaning(reason.clone().unwrap_or_default()), None)
        }
    };
    put(&mut parts, Part::Role, told);
    if let Some(target) = target {
        aimed(&mut parts, target);
    }
    if let Some(unit) = unit {
        put(&mut parts, Part::Unit, Told::new(unit.printed(), unit));
    }
    let better = match direction {
        Direction::Higher => "増加",
        Direction::Lower => "減少",
        Direction::Unstated => "―",
    };
    put(&mut parts, Part::Direction, Told::new(better, direction));
    if let Some(baseline) = baseline {
        let Baseline { printed, amount: value, unit, period } = baseline;
        let value = value.as_ref().map(amount).or_else(|| unit.as_ref().map(ToString::to_string));
        let period = period.map(|period| period.to_string());
        let reading = [value, period].into_iter().flatten().collect::<Vec<_>>().join("、");
        put(&mut parts, Part::Baseline, Told::new(printed, baseline).meaning(reading));
    }
    in_years(&mut parts, figures);
    remarked(&mut parts, remarks);
    in_charge(&mut parts, strategy, *department);
    runs(&mut parts, *lifecycle);
    for detail in details {
        put(&mut parts, Part::Details, Told::new(format!("{}：{}", detail.heading, detail.text), detail));
    }
    for mapping in mappings {
        put(&mut parts, Part::Mappings, mapped(mapping.parts()));
    }
    if let Some(weight) = weight {
        put(&mut parts, Part::Weight, Told::new(weight.value().to_string(), weight));
    }
    continued(&mut parts, strategy, continues.map(Subject::Indicator), *redefined);
    parts
}

/// A mapping; who decided it is for those who may read drafts, and stays out of the reading.
fn mapped(of: &MappingParts) -> Told {
    let MappingParts { standard, strength, factor, differences, reason, decided } = of;
    let factor = factor.map(|factor| format!("×{factor}")).unwrap_or_default();
    let differences: Vec<String> = differences.iter().map(|of| format!("{of:?}")).collect();
    let differences = differences.join("・");
    let day = decided.as_ref().map(|of| format!(" ({})", of.on)).unwrap_or_default();
    let reading = format!("{strength:?}{factor} {differences} {}{day}", reason.as_deref().unwrap_or_default());
    Told::new(standard, of).meaning(reading)
}

fn aimed(parts: &mut Parts, target: &Target) {
    let Target { statement, superseded } = target;
    put(parts, Part::Target, stated(statement));
    for earlier in superseded {
        let printed = format!("{}（{}まで：{}）", earlier.statement.printed, earlier.replaced, earlier.reason);
        let years = earlier.yearly.iter().map(|(year, cell)| format!("{}：{}", year.label(), Told::cell(cell).meant()));
        let years = years.collect::<Vec<_>>().join("、");
        put(parts, Part::EarlierTargets, Told::new(printed, earlier).meaning(years));
    }
}

fn stated(statement: &TargetStatement) -> Told {
    let TargetStatement { printed, requirement, accumulation, scope } = statement;
    let required = match requirement {
        Requirement::AtLeast(least) => format!("{}以上", amount(least)),
        Requirement::AtMost(most) => format!("{}以下", amount(most)),
        Requirement::Keep(level) => format!("{}を維持", amount(level)),
        Requirement::KeepAtLeast(level) => format!("{}以上を維持", amount(level)),
        Requirement::KeepAtMost(level) => format!("{}以下を維持", amount(level)),
        Requirement::Zero(none) => format!("{}（なし）", amount(none)),
        Requirement::Increase => "増加".to_owned(),
        Requirement::Decrease => "減少".to_owned(),
        Requirement::Growth(percent) => format!("基準値比{percent}％"),
        Requirement::Rank(rank) => format!("{rank}位以内"),
        Requirement::Done => "実施".to_owned(),
    };
    let measured = match accumulation {
        Accumulation::YearlyAmount => "各年の量",
        Accumulation::RunningTotal => "累計",
        Accumulation::Level => "水準",
        Accumulation::MeanOfYears => "平均",
    };
    let by = match scope {
        Scope::EachYear => "各年度".to_owned(),
        Scope::WholePlan => "計画期間".to_owned(),
        Scope::In(period) => period.to_string(),
        Scope::Unstated => "期間の記載なし".to_owned(),
    };
    Told::new(printed, statement).meaning(format!("{required}、{measured}、{by}"))
}

fn in_years(parts: &mut Parts, figures: &Figures) {
    for YearFigures { year, target, actual, published } in figures.years() {
        if let Some(target) = target {
            put(parts, Part::YearTarget(*year), Told::cell(target));
        }
        put(parts, Part::YearActual(*year), Told::cell(actual));
        if let Some(published) = published {
            let cells = [published.grade(), published.rate()].map(|cell| cell.and_then(Cell::printed));
            let printed = cells.into_iter().flatten().collect::<Vec<_>>().join(" ");
            let [grade, rate] = cells.map(Option::unwrap_or_default);
            let reading = format!("評価：{grade}、率：{rate}");
            put(parts, Part::YearGrade(*year), Told::new(printed, published).meaning(reading));
        }
    }
    if let Some(total) = figures.printed_total() {
        put(parts, Part::Total, Told::new(format!("{} / {}", total.target, total.actual), total));
    }
}

fn remarked(parts: &mut Parts, remarks: &[Remark]) {
    for Remark { year, text } in remarks {
        put(parts, Part::Remark(*year), Told::new(text, text));
    }
}

fn in_charge(parts: &mut Parts, strategy: &Strategy, department: Option<DepartmentId>) {
    if let Some(id) = department {
        let name = strategy.department(id).map_or("", |department| &department.name);
        put(parts, Part::Department, Told::new(name, id));
    }
}

fn runs(parts: &mut Parts, lifecycle: Lifecycle) {
    if lifecycle != Lifecycle::default() {
        let year = |year: Option<FiscalYear>| year.map(FiscalYear::label).unwrap_or_default();
        let printed = format!("{}～{}", year(lifecycle.started()), year(lifecycle.ended()));
        put(parts, Part::Lifecycle, Told::new(printed, lifecycle));
    }
}

fn amount(amount: &Amount) -> String {
    let Amount { value, unit, bound, approximate } = amount;
    let about = if *approximate { "約" } else { "" };
    let unit = unit.as_ref().map_or("", |unit| unit.printed());
    let bound = match bound {
        Some(Bound::AtLeast) => "以上",
        Some(Bound::AtMost) => "以下",
        Some(Bound::MoreThan) => "超",
        Some(Bound::LessThan) => "未満",
        None => "",
    };
    format!("{about}{value}{unit}{bound}")
}

const fn state(status: ObservationStatus) -> &'static str {
    match status {
        ObservationStatus::Reported => "確定値",
        ObservationStatus::Provisional => "暫定値",
        ObservationStatus::Forecast => "見込",
        ObservationStatus::Described => "文言",
        ObservationStatus::Absent(Absence::NotApplicable) => "該当なし",
        ObservationStatus::Absent(Absence::NotYetReported) => "未報告",
        ObservationStatus::Absent(Absence::NotMeasurable) => "算出不可",
        ObservationStatus::Absent(Absence::NotMeasured) => "未集計",
        ObservationStatus::Absent(Absence::NotStarted) => "未開始",
        ObservationStatus::Absent(Absence::Ended) => "終了",
        ObservationStatus::Absent(Absence::Withheld) => "秘匿",
    }
}
