use std::{collections::HashMap, iter};

use rust_decimal::Decimal;

use super::{Finding, LintRule, Part, Subject};
use crate::{
    calendar::{FiscalYear, Period},
    progress::{Inverse, Method, PlanYears, Question, Toward, progress},
    quantity::{Unit, print_number},
    strategy::{
        Accumulation, Cell, Direction, Indicator, Requirement, Role, Scope, Strategy, TargetStatement, YearFigures,
    },
    text::{Bilingual, normalize},
};

/// Runs every rule: first on each node and its indicators in the order of the document, then on all indicators
/// together.
pub(super) fn run(strategy: &Strategy) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, node) in strategy.nodes().iter().enumerate() {
        let bare = strategy.subtree(at).len() == 1 && strategy.own_indicators(at).is_empty();
        if bare && node.no_indicator.is_none() {
            findings.push(Finding {
                rule: LintRule::EmptyNode,
                subject: Subject::Node(node.id),
                part: Part::Whole,
                message: Bilingual::new(
                    format!("「{}」の下に何もなく、その理由も示されていません。", node.title),
                    format!("Nothing stands under “{}”, and no reason is given.", node.title),
                ),
            });
        }
        for indicator in &strategy.indicators()[strategy.own_indicators(at)] {
            Reader { strategy, indicator, findings: &mut findings }.read();
        }
    }
    repeated(strategy, &mut findings);
    findings
}

/// What percentage of its target a first year has to go beyond to be told of.
const BEATEN: Decimal = Decimal::from_parts(120, 0, 0, false, 0);

/// Reads one indicator.
struct Reader<'a> {
    strategy: &'a Strategy,
    indicator: &'a Indicator,
    findings: &'a mut Vec<Finding>,
}

impl Reader<'_> {
    fn report(&mut self, rule: LintRule, part: Part, ja: String, en: String) {
        let subject = Subject::Indicator(self.indicator.id);
        self.findings.push(Finding { rule, subject, part, message: Bilingual::new(ja, en) });
    }

    fn read(&mut self) {
        self.units();
        let Some(statement) = self.indicator.statement() else { return };
        self.direction(statement);
        self.scope(statement);
        self.against_baseline(statement);
        self.years_go_back(statement);
        self.years_against_final(statement);
        self.flat(statement);
        self.printed_total();
        self.beaten();
        self.due(statement);
        self.owner();
    }

    /// ふるさと応援寄附者の情報メール: 231 in the first year, of 120. What is to be kept, and what may fall behind its baseline, is not
    /// meant to be beaten narrowly.
    fn beaten(&mut self) {
        let plan = PlanYears::of(self.strategy);
        let question = Question::new(Toward::Year, Method::ActualToTarget { inverse: Inverse::default() });
        let first = progress(self.indicator, plan, plan.first, &question);
        let moves = first.measure.is_some_and(|measure| !measure.keeps && !measure.is_wrong_side());
        let Some(percent) = first.percent().filter(|percent| moves && *percent > BEATEN) else { return };
        let (year, percent) = (plan.first, print_number(percent.round_dp(1)));
        self.report(
            LintRule::BeatenInFirstYear,
            Part::YearTarget(year),
            format!("初年度（{}）の実績が目標の{percent}%で、目標が低すぎたかもしれません。", year.label()),
            format!("The first year, {year}, reached {percent} % of its target, which may have been set too low."),
        );
    }

    /// A target of 令和12年 in a plan that ends in 令和7年度.
    fn due(&mut self, statement: &TargetStatement) {
        let Scope::In(period) = statement.scope else { return };
        let plan = PlanYears::of(self.strategy);
        if let Some(year) = period.first_day().and_then(FiscalYear::of).filter(|year| *year > plan.last) {
            self.report(
                LintRule::DueAfterPlan,
                Part::Target,
                format!("目標の時期（{}）が計画期間の後で、期間中に測れません。", year.label()),
                format!("The target is due in {year}, after the plan has ended, and cannot be measured in it."),
            );
        }
    }

    fn owner(&mut self) {
        let indicators = self.strategy.indicators();
        let owned = |indicator: &Indicator| {
            let node = self.strategy.node_at(indicator.node).map(|at| &self.strategy.nodes()[at]);
            indicator.department.is_some() || node.is_some_and(|node| node.department.is_some())
        };
        if !owned(self.indicator) && indicators.iter().any(owned) {
            self.report(
                LintRule::NoOwner,
                Part::Whole,
                "担当課がありません。".to_owned(),
                "No department owns it.".to_owned(),
            );
        }
    }

    /// 525件 → 670枚; 1,625千人 → 1,638件.
    fn units(&mut self) {
        let indicator = self.indicator;
        let target = indicator.statement().and_then(|statement| statement.requirement.amount()?.unit.as_ref());
        let baseline = indicator.baseline.as_ref().and_then(|baseline| baseline.unit.as_ref());
        if let (Some(baseline), Some(target)) = (baseline, target) {
            if baseline != target {
                self.report(
                    LintRule::UnitDiffers,
                    Part::Target,
                    format!("基準値の単位「{baseline}」と目標値の単位「{target}」が違います。"),
                    format!("The baseline is in {baseline}, the target in {target}."),
                );
            }
        } else if let (Some(stated), Some(unit)) = (baseline.or(target), &indicator.unit)
            && stated != unit
        {
            let part = if baseline.is_some() { Part::Baseline } else { Part::Target };
            self.report(
                LintRule::UnitDiffers,
                part,
                format!("単位「{stated}」が指標の単位「{unit}」と違います。"),
                format!("The unit {stated} is not that of the indicator, {unit}."),
            );
        }
        for figures in indicator.figures.years() {
            self.unit_of_cell(figures.target.as_ref(), Part::YearTarget(figures.year));
            self.unit_of_cell(Some(&figures.actual), Part::YearActual(figures.year));
        }
    }

    fn unit_of_cell(&mut self, cell: Option<&Cell>, part: Part) {
        let printed = cell.and_then(|cell| cell.amount()?.unit.as_ref());
        if let (Some(printed), Some(unit)) = (printed, &self.indicator.unit)
            && printed != unit
        {
            self.report(
                LintRule::UnitDiffers,
                part,
                format!("セルの単位「{printed}」が指標の単位「{unit}」と違います。"),
                format!("The cell is in {printed}, the indicator in {unit}."),
            );
        }
    }

    /// 実質公債費比率 18%以内, marked as better when higher.
    fn direction(&mut self, statement: &TargetStatement) {
        let ceiling = matches!(statement.requirement, Requirement::AtMost(_) | Requirement::KeepAtMost(_));
        let floor = matches!(statement.requirement, Requirement::AtLeast(_) | Requirement::KeepAtLeast(_));
        let contradiction = match self.indicator.direction {
            Direction::Higher if ceiling => Some(("高いほど良い", "上限", "higher", "an upper bound")),
            Direction::Lower if floor => Some(("低いほど良い", "下限", "lower", "a lower bound")),
            _ => None,
        };
        if let Some((ja, bound_ja, en, bound_en)) = contradiction {
            self.report(
                LintRule::DirectionContradictsTarget,
                Part::Direction,
                format!("「{ja}」指標とされていますが、目標「{}」は{bound_ja}です。", statement.printed),
                format!("It is marked as better when {en}, but its target “{}” is {bound_en}.", statement.printed),
            );
        }
    }

    /// A rate as a total of five years; a total over the plan whose total column is a dash.
    fn scope(&mut self, statement: &TargetStatement) {
        let whole_plan = statement.scope == Scope::WholePlan;
        let climbs = self.indicator.figures.targets().nth(1).is_some();
        if whole_plan && statement.accumulation == Accumulation::Level && climbs {
            self.report(
                LintRule::ScopeDoesNotFit,
                Part::Target,
                format!(
                    "目標「{}」は期間全体の値とされていますが、各年度の値は合計する量ではなく水準です。",
                    statement.printed
                ),
                format!(
                    "The target “{}” claims the whole period, but its row holds levels that do not add up.",
                    statement.printed
                ),
            );
        }
        let totalled = self.indicator.plan_total();
        let dashed = |printed: &str| !printed.is_empty() && printed.chars().all(crate::text::is_dash);
        if let Some(sum) = totalled.target.filter(|_| dashed(&totalled.target_printed)) {
            self.report(
                LintRule::ScopeDoesNotFit,
                Part::Total,
                format!("目標「{}」は期間全体の値ですが、合計欄は「{}」です（各年度の合計は{sum}）。", statement.printed, totalled.target_printed),
                format!(
                    "The target “{}” is one for the whole period, but the total column prints “{}” (the years add up to {sum}).",
                    statement.printed, totalled.target_printed
                ),
            );
        }
    }

    fn against_baseline(&mut self, statement: &TargetStatement) {
        let indicator = self.indicator;
        let Some((baseline, value)) = indicator.baseline.as_ref().and_then(|of| Some((of, of.value()?))) else {
            return;
        };
        let Some(target) = statement.requirement.amount() else { return };
        if let (Some(Period::Term { years, .. }), Scope::WholePlan) = (baseline.period, statement.scope) {
            let plan = self.strategy.years().count();
            if usize::from(years) != plan {
                self.report(
                    LintRule::BaselineSpanDiffers,
                    Part::Baseline,
                    format!("基準値は{years}年間、目標値は{plan}年間の値です。"),
                    format!("The baseline is a total of {years} years, the target one of {plan}."),
                );
            }
        }
        if !same_unit(baseline.unit.as_ref(), target.unit.as_ref(), indicator.unit.as_ref()) {
            return;
        }
        let unmet = match statement.requirement {
            Requirement::KeepAtLeast(_) => value < target.value,
            Requirement::KeepAtMost(_) => value > target.value,
            _ => false,
        };
        if unmet {
            self.report(
                LintRule::NotKeptAtBaseline,
                Part::Target,
                format!(
                    "「{}」とありますが、基準値「{}」はその水準に達していません。",
                    statement.printed, baseline.printed
                ),
                format!(
                    "“{}” asks to keep a level that the baseline “{}” does not reach.",
                    statement.printed, baseline.printed
                ),
            );
        }
        // A floor or ceiling that is to be kept may lie on either side of the baseline, and so may a stated ceiling
        // (地方債残高 86 → おおむね100億円以下).
        if statement.requirement.keeps() || target.bound.is_some() {
            return;
        }
        if worse(indicator.direction, target.value, value) {
            let (ja, en) = sides(indicator.direction);
            self.report(
                LintRule::TargetBehindBaseline,
                Part::Target,
                format!(
                    "{ja}良い指標ですが、目標「{}」は基準値「{}」より後退しています。",
                    statement.printed, baseline.printed
                ),
                format!(
                    "{en} is better, but the target “{}” is worse than the baseline “{}”.",
                    statement.printed, baseline.printed
                ),
            );
        } else if statement.scope != Scope::WholePlan || statement.accumulation != Accumulation::YearlyAmount {
            let behind = indicator.figures.targets().find(|(_, amount)| {
                same_unit(amount.unit.as_ref(), target.unit.as_ref(), indicator.unit.as_ref())
                    && worse(indicator.direction, amount.value, value)
            });
            if let Some((year, amount)) = behind {
                let (ja, en) = sides(indicator.direction);
                self.report(
                    LintRule::YearTargetBehindBaseline,
                    Part::YearTarget(year),
                    format!(
                        "{ja}良い指標ですが、{}の目標{}は基準値「{}」より後退しています。",
                        year.label(),
                        amount.value,
                        baseline.printed
                    ),
                    format!(
                        "{en} is better, but the target of {year}, {}, is worse than the baseline “{}”.",
                        amount.value, baseline.printed
                    ),
                );
            }
        }
    }

    /// 駅前地区: 327 in R7 after 330 in R6.
    fn years_go_back(&mut self, statement: &TargetStatement) {
        if self.indicator.is_totalled() || matches!(statement.requirement, Requirement::Done | Requirement::Rank(_)) {
            return;
        }
        let targets: Vec<_> = self.indicator.figures.targets().collect();
        for pair in targets.windows(2) {
            let ((before, earlier), (year, later)) = (pair[0], pair[1]);
            if earlier.unit == later.unit && worse(self.indicator.direction, later.value, earlier.value) {
                let (ja, en) = sides(self.indicator.direction);
                self.report(
                    LintRule::YearTargetsGoBack,
                    Part::YearTarget(year),
                    format!(
                        "{ja}良い指標ですが、{}の目標{}は{}の目標{}より後退しています。",
                        year.label(),
                        later.value,
                        before.label(),
                        earlier.value
                    ),
                    format!(
                        "{en} is better, but the target of {year}, {}, is worse than that of {before}, {}.",
                        later.value, earlier.value
                    ),
                );
            }
        }
    }

    fn years_against_final(&mut self, statement: &TargetStatement) {
        let indicator = self.indicator;
        let Some(stated) = statement.requirement.amount() else { return };
        // A misprinted unit is told by itself; here numbers of another scale must not be compared.
        let scale = |unit: Option<&Unit>| unit.map_or(0, Unit::exponent);
        let own = indicator.unit.as_ref();
        if stated.unit.is_some()
            && own.is_some_and(|own| own.symbol() == stated.unit.as_ref().map_or("", Unit::symbol))
            && scale(stated.unit.as_ref()) != scale(own)
        {
            return;
        }
        let mut report = |year: Option<FiscalYear>, found: Decimal| {
            let part = year.map_or(Part::Total, Part::YearTarget);
            let (ja, en) = year.map_or_else(
                || ("各年度の目標の合計".to_owned(), "the yearly targets add up to".to_owned()),
                |year| (format!("{}の目標", year.label()), format!("the target of {year} is")),
            );
            self.report(
                LintRule::FinalContradictsYears,
                part,
                format!("{ja}は{found}で、目標「{}」と一致しません。", statement.printed),
                format!("{en} {found}, which is not the stated target “{}”.", statement.printed),
            );
        };
        match statement.scope {
            Scope::WholePlan if statement.accumulation == Accumulation::YearlyAmount => {
                if let Some(sum) = indicator.plan_total().target.filter(|sum| *sum != stated.value) {
                    report(None, sum);
                }
            }
            Scope::EachYear => {
                let other = indicator.figures.targets().find(|(_, amount)| amount.value != stated.value);
                if let Some((year, amount)) = other {
                    report(Some(year), amount.value);
                }
            }
            Scope::In(period) => {
                // A year of any kind is compared with the fiscal year of its name, as documents do.
                let last = match period {
                    Period::Year(_, year) => FiscalYear::new(year).ok(),
                    Period::Span(_, years) => FiscalYear::new(years.last()).ok(),
                    _ => period.last_day().and_then(FiscalYear::of),
                };
                let in_year = last.and_then(|year| indicator.figures.year(year)?.target.as_ref()?.amount());
                if let (Some(year), Some(amount)) = (last, in_year)
                    && amount.value != stated.value
                    && statement.accumulation != Accumulation::MeanOfYears
                {
                    report(Some(year), amount.value);
                }
            }
            _ => {}
        }
    }

    /// 60％（令和7年）, and 60.0 in every year.
    fn flat(&mut self, statement: &TargetStatement) {
        if !matches!(statement.scope, Scope::In(_)) || statement.requirement.keeps() {
            return;
        }
        let mut targets = self.indicator.figures.targets().map(|(_, amount)| amount.value);
        let Some(first) = targets.next() else { return };
        let (count, same) = targets.fold((1, true), |(count, same), value| (count + 1, same && value == first));
        if count > 1 && same {
            self.report(
                LintRule::FlatTarget,
                Part::Target,
                format!("目標「{}」は最終年度の値ですが、各年度の目標はすべて{first}です。", statement.printed),
                format!(
                    "The target “{}” is one for the final year, but every year's target is {first}.",
                    statement.printed
                ),
            );
        }
    }

    fn printed_total(&mut self) {
        let total = self.indicator.plan_total();
        let printed = [(total.target, &total.target_printed), (total.actual, &total.actual_printed)];
        for (sum, printed) in printed {
            let read = Cell::read(printed);
            if let (Some(sum), Some(read)) = (sum, read.amount())
                && read.value != sum
            {
                self.report(
                    LintRule::TotalContradictsYears,
                    Part::Total,
                    format!("合計欄は「{printed}」ですが、各年度の合計は{sum}です。"),
                    format!("The total column prints “{printed}”, but the years add up to {sum}."),
                );
            }
        }
    }
}

/// Whether two amounts may be compared as they are: their units, or what stands in for them, are the same.
fn same_unit(one: Option<&Unit>, other: Option<&Unit>, default: Option<&Unit>) -> bool {
    one.or(default) == other.or(default)
}

fn worse(direction: Direction, value: Decimal, than: Decimal) -> bool {
    match direction {
        Direction::Higher => value < than,
        Direction::Lower => value > than,
        Direction::Unstated => false,
    }
}

const fn sides(direction: Direction) -> (&'static str, &'static str) {
    match direction {
        Direction::Lower => ("低いほど", "Less"),
        _ => ("高いほど", "More"),
    }
}

/// Figures and labels that stand more than once.
fn repeated(strategy: &Strategy, findings: &mut Vec<Finding>) {
    let indicators = strategy.indicators();
    let mut by_label: HashMap<String, Vec<usize>> = HashMap::new();
    let mut by_actuals: HashMap<Vec<Decimal>, Vec<usize>> = HashMap::new();
    for (at, indicator) in indicators.iter().enumerate() {
        by_label.entry(normalize(&indicator.label).into_owned()).or_default().push(at);
        let actuals: Vec<Decimal> = indicator.figures.actuals().map(|(_, amount)| amount.value).collect();
        let mut distinct = actuals.clone();
        distinct.sort_unstable();
        distinct.dedup();
        // Short or constant series coincide by chance.
        if distinct.len() >= 3 {
            by_actuals.entry(actuals).or_default().push(at);
        }
    }
    let mut found: Vec<(usize, Finding)> = Vec::new();
    for group in by_label.into_values().filter(|group| group.len() > 1) {
        for (position, &at) in group.iter().enumerate().skip(1) {
            let twin = group[..position].iter().find(|&&earlier| same_figures(&indicators[earlier], &indicators[at]));
            let (rule, ja, en) = match twin {
                Some(&twin) => (
                    LintRule::SameFigureTwice,
                    format!("{}「{}」と同じ目標値・実績値です。", role(&indicators[twin]).0, indicators[twin].label),
                    format!(
                        "It has the same targets and actuals as the {} “{}”.",
                        role(&indicators[twin]).1,
                        indicators[twin].label
                    ),
                ),
                None => (
                    LintRule::SameLabel,
                    format!("「{}」という名前の指標が{}個あります。", indicators[at].label, group.len()),
                    format!("{} indicators are called “{}”.", group.len(), indicators[at].label),
                ),
            };
            found.push((at, finding(&indicators[at], rule, Part::Label, ja, en)));
        }
    }
    for group in by_actuals.into_values() {
        for (&first, &at) in iter::repeat(&group[0]).zip(&group[1..]) {
            if normalize(&indicators[first].label) != normalize(&indicators[at].label) {
                let label = &indicators[first].label;
                found.push((
                    at,
                    finding(
                        &indicators[at],
                        LintRule::SameFigureTwice,
                        Part::Whole,
                        format!("すべての年度の実績値が「{label}」と同じです。"),
                        format!("Its actuals are those of “{label}” in every year."),
                    ),
                ));
            }
        }
    }
    found.sort_by_key(|(at, finding)| (*at, finding.rule));
    findings.extend(found.into_iter().map(|(_, finding)| finding));
}

fn finding(indicator: &Indicator, rule: LintRule, part: Part, ja: String, en: String) -> Finding {
    Finding { rule, subject: Subject::Indicator(indicator.id), part, message: Bilingual::new(ja, en) }
}

const fn role(indicator: &Indicator) -> (&'static str, &'static str) {
    match indicator.role {
        Role::GoalTarget(_) => ("数値目標", "goal target"),
        Role::Kpi(_) => ("ＫＰＩ", "KPI"),
        Role::Monitored { .. } => ("管理指標", "monitored indicator"),
    }
}

/// Whether two indicators hold the same numbers in every year, and at least one.
fn same_figures(one: &Indicator, other: &Indicator) -> bool {
    let numbers = |figures: &YearFigures| {
        let target = figures.target.as_ref().and_then(Cell::amount).map(|amount| amount.value);
        (figures.year, target, figures.actual.amount().map(|amount| amount.value))
    };
    one.figures.actuals().next().is_some()
        && one.figures.years().iter().map(numbers).eq(other.figures.years().iter().map(numbers))
}
