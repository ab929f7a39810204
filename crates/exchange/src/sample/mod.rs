//! The sample format: a strategy as one JSON file that a person can write, `shirube-strategy/1`.
//!
//! The file says what the document prints; [`read`] works out what the texts mean, and takes the author's word where a
//! text does not tell. Every problem is told with its place (`plan[0].children[1].indicators[0].target`), all at once.
//! The format is described in `crates/exchange/data/strategies/README.md`.

pub(crate) mod file;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeMap;

use file::{File, IndicatorFile, MappingFile, NodeFile, RoleFile};
use shirube_domain::{
    BadInput, DepartmentId, IndicatorId, NewIds, NodeId, StrategyId,
    calendar::FiscalYear,
    municipality::MunicipalityCode,
    quantity::Unit,
    strategy::{
        Absence, Baseline, Cell, Decision, Department, Direction, Figures, Indicator, Lifecycle, Mapping, MappingParts,
        PlanNode, PrintedTotal, PublishedGrade, Remark, Report, Role, Source, Strategy, StrategyError, StrategyParts,
        Target, TargetStatement, TargetText, Term, UnclearTarget, Weight, YearFigures,
    },
};

/// The name and version of the format, in its field `format`.
pub const FORMAT: &str = "shirube-strategy/1";

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
        let weight = file.weight.and_then(|of| self.tell(&format!("{place}.weight"), Weight::new(of.0)));
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
            weight,
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
            let factor = factor.map(|factor| factor.0);
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
