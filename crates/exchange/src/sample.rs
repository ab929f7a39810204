//! The sample format: a strategy as one JSON file that a person can write, `shirube-strategy/1`.
//!
//! The file says what the document prints; [`read`] works out what the texts mean, and takes the author's word where a
//! text does not tell. Every problem is told with its place (`plan[0].children[1].indicators[0].target`), all at once.
//! The format is described in `crates/exchange/data/strategies/README.md`.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde::Deserialize;
use shirube_domain::{
    BadInput, DepartmentId, IndicatorId, NewIds, NodeId, StrategyId,
    calendar::FiscalYear,
    municipality::MunicipalityCode,
    quantity::Unit,
    strategy::{
        Absence, Accumulation, Baseline, Cell, Decision, Department, Detail, Direction, Figures, Indicator, Level,
        Lifecycle, Mapping, MappingDifference, MappingParts, MappingStrength, NoIndicator, PlanNode, PrintedTotal,
        PublishedGrade, Remark, Report, Role, Source, StatedRequirement, Strategy, StrategyError, StrategyParts,
        Target, TargetStatement, TargetText, Term, UnclearTarget, YearFigures,
    },
};

/// The name and version of the format, in its field `format`.
pub const FORMAT: &str = "shirube-strategy/1";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    municipality: String,
    title: String,
    term: String,
    term_number: u8,
    first_year: String,
    last_year: String,
    report: ReportFile,
    source: SourceFile,
    levels: Vec<Level>,
    /// Who decided on the mappings of the file, and when.
    mappings_decided: Option<Decision>,
    plan: Vec<NodeFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReportFile {
    year: String,
    title: String,
    label: Option<String>,
    total_heading: Option<String>,
    rate_heading: Option<String>,
    grade_heading: Option<String>,
    goal_remark_heading: Option<String>,
    remark_heading: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceFile {
    attribution: String,
    terms: String,
    #[serde(default)]
    notes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NodeFile {
    number: Option<String>,
    title: String,
    /// Counted from 0; the level below its parent's unless given.
    level: Option<usize>,
    department: Option<String>,
    started: Option<String>,
    ended: Option<String>,
    no_indicator: Option<NoIndicator>,
    #[serde(default)]
    remarks: BTreeMap<String, String>,
    #[serde(default)]
    indicators: Vec<IndicatorFile>,
    #[serde(default)]
    children: Vec<NodeFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IndicatorFile {
    label: String,
    role: RoleFile,
    reason: Option<String>,
    unit: Option<String>,
    direction: Direction,
    baseline: Option<String>,
    target: Option<String>,
    requirement: Option<StatedRequirement>,
    accumulation: Option<Accumulation>,
    targets: Option<Vec<Option<String>>>,
    actuals: Vec<Option<String>>,
    rates: Option<Vec<Option<String>>>,
    grades: Option<Vec<Option<String>>>,
    total: Option<[String; 2]>,
    #[serde(default)]
    absences: BTreeMap<String, Absence>,
    #[serde(default)]
    remarks: BTreeMap<String, String>,
    department: Option<String>,
    started: Option<String>,
    ended: Option<String>,
    #[serde(default)]
    details: Vec<Detail>,
    #[serde(default)]
    mappings: Vec<MappingFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MappingFile {
    standard: String,
    strength: MappingStrength,
    factor: Option<Decimal>,
    #[serde(default)]
    differences: BTreeSet<MappingDifference>,
    reason: Option<String>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum RoleFile {
    GoalTarget,
    Kpi,
    Monitored,
}

/// Reads a strategy. Ids are new at every reading.
pub fn read(json: &str, ids: &mut impl NewIds) -> Result<Strategy, Vec<BadInput>> {
    let deserializer = &mut serde_json::Deserializer::from_str(json);
    let file: File = serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let place = match error.path().to_string() {
            path if path == "." => String::new(),
            path => path,
        };
        vec![BadInput { place, message: error.into_inner().to_string() }]
    })?;
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(json) {
        // Something stands behind the file's last bracket.
        return Err(vec![BadInput { place: String::new(), message: error.to_string() }]);
    }
    if file.format != FORMAT {
        let message = format!("“{}” is not a format that can be read; write “{FORMAT}”", file.format);
        return Err(vec![BadInput { place: "format".into(), message }]);
    }
    let mut reader = Reader {
        ids,
        problems: Vec::new(),
        years: Vec::new(),
        departments: Vec::new(),
        levels: file.levels.len(),
        nodes: Vec::new(),
        indicators: Vec::new(),
        decided: file.mappings_decided.clone(),
    };
    let strategy = reader.strategy(file);
    match strategy {
        Some(strategy) if reader.problems.is_empty() => Ok(strategy),
        _ => Err(reader.problems),
    }
}

struct Reader<'a, I> {
    ids: &'a mut I,
    problems: Vec<BadInput>,
    years: Vec<FiscalYear>,
    departments: Vec<Department>,
    levels: usize,
    nodes: Vec<PlanNode>,
    indicators: Vec<Indicator>,
    decided: Option<Decision>,
}

/// The printed cells of an indicator's years, a list for each row that is printed.
struct YearCells {
    targets: Option<Vec<Option<String>>>,
    actuals: Vec<Option<String>>,
    rates: Option<Vec<Option<String>>>,
    grades: Option<Vec<Option<String>>>,
}

/// What a node hands down to what hangs on it.
struct Above {
    node: NodeId,
    level: usize,
    lifecycle: Lifecycle,
}

impl<I: NewIds> Reader<'_, I> {
    fn problem(&mut self, place: impl Into<String>, message: impl ToString) {
        self.problems.push(BadInput { place: place.into(), message: message.to_string() });
    }

    /// The value, or a problem at its place.
    fn tell<T, E: ToString>(&mut self, place: &str, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.problem(place, error.to_string())).ok()
    }

    fn year(&mut self, place: &str, text: &str) -> Option<FiscalYear> {
        self.tell(place, FiscalYear::parse(text, None))
    }

    fn strategy(&mut self, file: File) -> Option<Strategy> {
        let municipality = self.tell("municipality", file.municipality.parse::<MunicipalityCode>());
        let first_year = self.year("first_year", &file.first_year);
        let last_year = self.year("last_year", &file.last_year);
        let report_year = self.year("report.year", &file.report.year);
        let (municipality, first_year, last_year, report_year) = (municipality?, first_year?, last_year?, report_year?);
        if last_year < first_year {
            self.problem("last_year", StrategyError::EndsBeforeStart);
            return None;
        }
        if last_year.year() - first_year.year() >= 30 {
            self.problem("last_year", StrategyError::TooLong(last_year.year() - first_year.year() + 1));
            return None;
        }
        self.years = (first_year.year()..=last_year.year()).filter_map(|year| FiscalYear::new(year).ok()).collect();
        for (at, node) in file.plan.into_iter().enumerate() {
            self.node(&format!("plan[{at}]"), node, None);
        }
        if !self.problems.is_empty() {
            return None;
        }
        let parts = StrategyParts {
            id: StrategyId::from_uuid(self.ids.next()),
            municipality,
            title: file.title,
            term: Term { printed: file.term, number: file.term_number },
            first_year,
            last_year,
            report: Report {
                year: report_year,
                title: file.report.title,
                label: file.report.label,
                total_heading: file.report.total_heading,
                rate_heading: file.report.rate_heading,
                grade_heading: file.report.grade_heading,
                goal_remark_heading: file.report.goal_remark_heading,
                remark_heading: file.report.remark_heading,
            },
            source: Source { attribution: file.source.attribution, terms: file.source.terms, notes: file.source.notes },
            levels: file.levels,
            lineage: None,
            departments: std::mem::take(&mut self.departments),
            nodes: std::mem::take(&mut self.nodes),
            indicators: std::mem::take(&mut self.indicators),
        };
        self.tell("plan", Strategy::new(parts))
    }

    fn node(&mut self, place: &str, file: NodeFile, above: Option<&Above>) {
        let level = file.level.unwrap_or_else(|| above.map_or(0, |above| above.level + 1));
        if level >= self.levels {
            return self.problem(
                place,
                format!("it is on level {level}, counted from 0, but the plan names {} levels", self.levels),
            );
        }
        self.blank(&format!("{place}.title"), &file.title);
        if above.is_some_and(|above| level <= above.level) {
            return self.problem(format!("{place}.level"), StrategyError::Level(file.title));
        }
        let lifecycle = self
            .lifecycle(place, file.started, file.ended)
            .unwrap_or_else(|| above.map_or_else(Lifecycle::default, |above| above.lifecycle));
        let id = NodeId::from_uuid(self.ids.next());
        let department = file.department.map(|name| self.department(name));
        let remarks = self.remarks(place, file.remarks);
        self.nodes.push(PlanNode {
            id,
            parent: above.map(|above| above.node),
            level,
            number: file.number,
            title: file.title,
            department,
            lifecycle,
            no_indicator: file.no_indicator,
            remarks,
            continues: None,
        });
        let above = Above { node: id, level, lifecycle };
        for (at, indicator) in file.indicators.into_iter().enumerate() {
            if let Some(indicator) = self.indicator(&format!("{place}.indicators[{at}]"), indicator, &above) {
                self.indicators.push(indicator);
            }
        }
        for (at, child) in file.children.into_iter().enumerate() {
            self.node(&format!("{place}.children[{at}]"), child, Some(&above));
        }
    }

    fn blank(&mut self, place: &str, text: &str) {
        if text.trim().is_empty() {
            self.problem(place, "is blank; give its text");
        }
    }

    /// The lifecycle that is stated; `None` where none is.
    fn lifecycle(&mut self, place: &str, started: Option<String>, ended: Option<String>) -> Option<Lifecycle> {
        if started.is_none() && ended.is_none() {
            return None;
        }
        let started = started.and_then(|text| self.year(&format!("{place}.started"), &text));
        let ended = ended.and_then(|text| self.year(&format!("{place}.ended"), &text));
        self.tell(place, Lifecycle::new(started, ended))
    }

    fn department(&mut self, name: String) -> DepartmentId {
        if let Some(known) = self.departments.iter().find(|of| of.name == name) {
            return known.id;
        }
        let id = DepartmentId::from_uuid(self.ids.next());
        self.departments.push(Department { id, name });
        id
    }

    fn remarks(&mut self, place: &str, remarks: BTreeMap<String, String>) -> Vec<Remark> {
        let mut read: Vec<Remark> = remarks
            .into_iter()
            .filter_map(|(year, text)| Some(Remark { year: self.year(&format!("{place}.remarks"), &year)?, text }))
            .collect();
        read.sort_by_key(|remark| remark.year);
        if let Some(pair) = read.windows(2).find(|pair| pair[0].year == pair[1].year) {
            let year = pair[0].year.label();
            self.problem(format!("{place}.remarks"), format!("{year} stands twice; write one remark for each year"));
        }
        read
    }

    fn indicator(&mut self, place: &str, file: IndicatorFile, above: &Above) -> Option<Indicator> {
        self.blank(&format!("{place}.label"), &file.label);
        let lifecycle = self.lifecycle(place, file.started, file.ended).unwrap_or(above.lifecycle);
        let unit = file.unit.and_then(|unit| self.tell(&format!("{place}.unit"), Unit::parse(&unit)));
        let baseline = file.baseline.as_deref().map(Baseline::read);
        let baseline = baseline.and_then(|of| self.tell(&format!("{place}.baseline"), of.understood()));
        if file.role != RoleFile::Monitored && file.reason.is_some() {
            self.problem(
                format!("{place}.reason"),
                "belongs to a monitored indicator; a goal_target or kpi has a target",
            );
        }
        if file.role == RoleFile::Monitored && (file.requirement.is_some() || file.accumulation.is_some()) {
            self.problem(place, "a monitored indicator has no requirement and no accumulation; leave them out");
        }
        let role = match (file.role, file.target) {
            (RoleFile::Monitored, None) => Some(Role::Monitored { reason: file.reason }),
            (RoleFile::Monitored, Some(_)) => {
                self.problem(
                    format!("{place}.target"),
                    "an indicator that is only monitored has no target; leave it out, or make it a kpi",
                );
                None
            }
            (RoleFile::GoalTarget | RoleFile::Kpi, None) => {
                self.problem(place, "a goal_target or kpi needs its target; give it as printed, or make it monitored");
                None
            }
            (role, Some(printed)) => self
                .statement(
                    place,
                    TargetText { printed, requirement: file.requirement, accumulation: file.accumulation },
                    baseline.as_ref(),
                    file.direction,
                )
                .map(|statement| Target { statement, superseded: Vec::new() })
                .map(|target| if role == RoleFile::Kpi { Role::Kpi(target) } else { Role::GoalTarget(target) }),
        };
        let absences = file
            .absences
            .into_iter()
            .filter_map(|(year, absence)| Some((self.year(&format!("{place}.absences"), &year)?, absence)))
            .collect::<BTreeMap<_, _>>();
        if let Some(outside) = absences.keys().find(|year| !self.years.contains(year)) {
            let message = format!("{} is not a year of the plan", outside.label());
            self.problem(format!("{place}.absences"), message);
        }
        let cells = YearCells { targets: file.targets, actuals: file.actuals, rates: file.rates, grades: file.grades };
        let figures = self.figures(place, cells, file.total, lifecycle, &absences);
        let remarks = self.remarks(place, file.remarks);
        let department = file.department.map(|name| self.department(name));
        let mappings = self.mappings(place, file.mappings);
        Some(Indicator {
            id: IndicatorId::from_uuid(self.ids.next()),
            node: above.node,
            label: file.label,
            role: role?,
            unit,
            direction: file.direction,
            baseline,
            figures: figures?,
            remarks,
            department,
            lifecycle,
            details: file.details,
            mappings,
            continues: None,
            redefined: false,
        })
    }

    fn mappings(&mut self, place: &str, files: Vec<MappingFile>) -> Vec<Mapping> {
        let mut mappings: Vec<Mapping> = Vec::new();
        for (at, MappingFile { standard, strength, factor, differences, reason }) in files.into_iter().enumerate() {
            let place = format!("{place}.mappings[{at}]");
            if mappings.iter().any(|of| of.standard() == standard) {
                self.problem(format!("{place}.standard"), format!("“{standard}” stands twice"));
                continue;
            }
            let decided = self.decided.clone();
            let parts = MappingParts { standard, strength, factor, differences, reason, decided };
            match Mapping::new(parts) {
                Ok(mapping) => mappings.push(mapping),
                Err(error) => self.problem(format!("{place}.{}", error.part()), error),
            }
        }
        mappings
    }

    fn statement(
        &mut self,
        place: &str,
        text: TargetText,
        baseline: Option<&Baseline>,
        direction: Direction,
    ) -> Option<TargetStatement> {
        match text.read(baseline, direction) {
            Ok(statement) => Some(statement),
            Err(unclear) => {
                for problem in unclear {
                    let part = match problem {
                        UnclearTarget::Requirement(_) => "target",
                        UnclearTarget::Accumulation => "accumulation",
                    };
                    self.problem(format!("{place}.{part}"), problem);
                }
                None
            }
        }
    }

    fn figures(
        &mut self,
        place: &str,
        YearCells { targets, actuals, rates, grades }: YearCells,
        total: Option<[String; 2]>,
        lifecycle: Lifecycle,
        absences: &BTreeMap<FiscalYear, Absence>,
    ) -> Option<Figures> {
        let wanted = self.years.len();
        let counts = [
            ("targets", targets.as_ref().map(Vec::len)),
            ("actuals", Some(actuals.len())),
            ("rates", rates.as_ref().map(Vec::len)),
            ("grades", grades.as_ref().map(Vec::len)),
        ];
        for (name, count) in counts {
            if let Some(count) = count.filter(|count| *count != wanted) {
                self.problem(
                    format!("{place}.{name}"),
                    format!("holds {count} cells, but the plan has {wanted} years; give a cell for each year"),
                );
                return None;
            }
        }
        let [mut targets, mut rates, mut grades] = [targets, rates, grades].map(|cells| cells.map(Vec::into_iter));
        let next = |cells: &mut Option<std::vec::IntoIter<Option<String>>>| cells.as_mut()?.next().flatten();
        let years = self
            .years
            .iter()
            .zip(actuals)
            .map(|(&year, actual)| {
                let target = next(&mut targets).map(|printed| Cell::read_target(&printed, lifecycle.absence(year)));
                let stated = absences.get(&year).copied();
                let actual = Cell::read_actual(actual.as_deref(), stated, lifecycle.absence(year));
                let [grade, rate] = [&mut grades, &mut rates].map(|cells| next(cells).map(|text| Cell::read(&text)));
                YearFigures { year, target, actual, published: PublishedGrade::new(grade, rate) }
            })
            .collect();
        let total = total.map(|[target, actual]| PrintedTotal { target, actual });
        self.tell(place, Figures::new(years, total))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use shirube_domain::{
        lint::{LintRule, Subject, lint},
        strategy::ObservationStatus,
    };

    use super::*;

    fn ids() -> impl NewIds {
        let mut next = 0_u128;
        move || {
            next += 1;
            uuid::Uuid::from_u128(next)
        }
    }

    /// A strategy that ships with the product.
    pub(crate) fn strategy(at: usize) -> Strategy {
        read(crate::STRATEGIES[at], &mut ids()).unwrap()
    }

    /// The findings on a strategy: rule and the name of what it is about.
    fn findings(strategy: &Strategy) -> Vec<(LintRule, &str)> {
        let name = |subject| match subject {
            Subject::Node(id) => &*strategy.nodes()[strategy.node_at(id).unwrap()].title,
            Subject::Indicator(id) => &*strategy.indicators()[strategy.indicator_at(id).unwrap()].label,
        };
        lint(strategy).into_iter().map(|finding| (finding.rule, name(finding.subject))).collect()
    }

    #[test]
    fn a_careful_reader_of_sunagawa_finds_these_and_nothing_else() {
        assert_eq!(
            findings(&strategy(0)),
            [
                (LintRule::TargetBehindBaseline, "就業者数"),
                (LintRule::ScopeDoesNotFit, "砂川高校からの市内企業就職率"),
                (LintRule::YearTargetBehindBaseline, "砂川高校からの市内企業就職率"),
                (LintRule::BaselineSpanDiffers, "新規就農者数"),
                (LintRule::BeatenInFirstYear, "創業支援事業に基づく新規創業件数及び事業承継件数"),
                (LintRule::ScopeDoesNotFit, "機器を導入したハウス数"),
                (LintRule::UnitDiffers, "観光入込客数"),
                (LintRule::BeatenInFirstYear, "ふるさと応援寄附者の情報メール新規登録件数"),
                (LintRule::YearTargetsGoBack, "施設前の歩行者通行数"),
                (LintRule::UnitDiffers, "妊婦健康診査補助券使用枚数"),
                (LintRule::FlatTarget, "クーポンを利用した世帯の割合"),
                (LintRule::FlatTarget, "英語検定合格率"),
                (LintRule::BeatenInFirstYear, "英語検定合格率"),
                (LintRule::FlatTarget, "事業所が参照したデータ件数"),
                (LintRule::BeatenInFirstYear, "事業所が参照したデータ件数"),
                (LintRule::FlatTarget, "国保特定健診受診率"),
                (LintRule::FlatTarget, "保健指導実施率"),
                (LintRule::BeatenInFirstYear, "SNS砂川市公式アカウント登録率"),
                (LintRule::TargetBehindBaseline, "補助金交付件数"),
                (LintRule::TargetBehindBaseline, "補助金交付件数"),
                (LintRule::EmptyNode, "市民が主体的に地域づくりに参画することができる環境・仕組みづくり"),
                (LintRule::SameFigureTwice, "観光入込客数"),
                (LintRule::SameLabel, "補助金交付件数"),
                (LintRule::SameLabel, "補助金交付件数"),
            ]
        );
    }

    #[test]
    fn a_careful_reader_of_ama_finds_these_and_nothing_else() {
        assert_eq!(
            findings(&strategy(1)),
            [
                (LintRule::NotKeptAtBaseline, "地域の一員であるという感覚をもつ住民の割合"),
                (
                    LintRule::TargetBehindBaseline,
                    "しゃん山（農産物直売所）に新規登録した生産者の数（計画期間中に年間50万円未満）"
                ),
                (LintRule::DirectionContradictsTarget, "実質公債比率"),
                (LintRule::SameFigureTwice, "結婚した夫婦の平均年齢（女）"),
            ]
        );
    }

    #[test]
    fn targets_that_nobody_can_be_held_to_are_found() {
        let found = |from: &str, to: &str| {
            let changed = crate::STRATEGIES[0].replacen(from, to, 1);
            assert_ne!(changed, crate::STRATEGIES[0], "the sample holds {from}");
            findings(&read(&changed, &mut ids()).unwrap()).into_iter().map(|(rule, _)| rule).collect::<Vec<_>>()
        };
        assert!(found("6,300人（令和7年）", "6,300人（令和12年）").contains(&LintRule::DueAfterPlan));
        let owned = found("\"label\": \"就業者数\"", "\"department\": \"商工労働課\", \"label\": \"就業者数\"");
        assert_eq!(
            owned.iter().filter(|rule| **rule == LintRule::NoOwner).count(),
            49,
            "of what has a target, but that one"
        );
    }

    #[test]
    fn counts_are_those_of_the_document() {
        let sunagawa = strategy(0);
        let counts: Vec<_> = sunagawa
            .roots()
            .map(|goal| sunagawa.counts(goal))
            .map(|counts| (counts.programs.unwrap(), counts.kpis))
            .collect();
        assert_eq!(counts, [(9, 8), (7, 9), (16, 15), (16, 14)]);
        let total = sunagawa.total_counts();
        assert_eq!((total.programs, total.kpis, total.goal_targets, total.monitored), (Some(48), 46, 4, 2));
        let ama = strategy(1).total_counts();
        assert_eq!((ama.programs, ama.kpis), (None, 67));
    }

    #[test]
    fn years_outside_a_program_are_explained() {
        let sunagawa = strategy(0);
        let statuses = |label: &str| -> Vec<ObservationStatus> {
            let indicator = sunagawa.indicators().iter().find(|of| of.label == label).unwrap();
            indicator.figures.years().iter().map(|figures| figures.actual.status()).collect()
        };
        let absent = ObservationStatus::Absent;
        let open = absent(Absence::NotYetReported);
        let ended = absent(Absence::Ended);
        assert_eq!(statuses("機器を導入したハウス数"), [ObservationStatus::Reported, ended, ended, ended, ended]);
        assert_eq!(statuses("支援金交付件数"), [absent(Absence::NotStarted), open, open, open, open]);
        assert_eq!(statuses("就業者数"), [absent(Absence::NotMeasurable), open, open, open, open]);
        assert_eq!(statuses("国保特定健診受診率"), [ObservationStatus::Provisional, open, open, open, open]);
    }

    #[test]
    fn a_stored_strategy_is_read_back_as_it_was() {
        for at in 0..crate::STRATEGIES.len() {
            let strategy = strategy(at);
            let stored = serde_json::to_string(&strategy).unwrap();
            assert_eq!(serde_json::from_str::<Strategy>(&stored).unwrap(), strategy);
        }
    }

    /// The problems of the first sample file after a change of its text.
    fn problems(from: &str, to: &str) -> Vec<String> {
        let changed = crate::STRATEGIES[0].replacen(from, to, 1);
        assert_ne!(changed, crate::STRATEGIES[0], "the sample holds {from}");
        read(&changed, &mut ids()).unwrap_err().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_mistake_is_told_with_its_place() {
        let first = "plan[0].indicators[0]";
        for (from, to, told) in [
            ("\"012262\"", "\"012263\"", "municipality: “012263” has a wrong check digit"),
            ("\"R7\"", "\"R1\"", "last_year: the plan ends before it begins"),
            (
                "\"7,740人（平成27年）\"",
                "\"7,74人（平成27年）\"",
                &format!("{first}.baseline: “7,74人（平成27年）” holds a number"),
            ),
            (
                "\"R3\": \"not_measurable\"",
                "\"R13\": \"not_measurable\"",
                &format!("{first}.absences: 令和13年度 is not"),
            ),
            ("\"就業者数\"", "\" \"", &format!("{first}.label: is blank")),
            ("\"人\"", "\"3人\"", &format!("{first}.unit: “3人” is not a unit")),
            ("6,300人（令和7年）", "増やす", &format!("{first}.target: “増やす” does not say how much")),
            ("\"goal_target\"", "\"monitored\"", &format!("{first}.target: an indicator that is only monitored")),
            ("\"label\": \"就業者数\"", "\"lable\": \"就業者数\"", &format!("{first}.lable: unknown field")),
            ("[\"―\", \"\", \"\", \"\", \"\"]", "[\"―\"]", &format!("{first}.actuals: holds 1 cells")),
            (
                "\"standard\": \"employed-persons\", \"strength\": \"identical\"",
                "\"standard\": \"employed-persons\", \"strength\": \"convertible\"",
                &format!("{first}.mappings[0].factor: is missing"),
            ),
            ("shirube-strategy/1", "shirube-strategy/9", "format: “shirube-strategy/9” is not a format"),
        ] {
            let problems = problems(from, to);
            assert!(problems.iter().any(|problem| problem.starts_with(told)), "{told}\n{problems:#?}");
        }
    }
}
