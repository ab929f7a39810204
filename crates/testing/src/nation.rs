//! A generated nation (架空の全国データ): strategies of all municipalities, made up from a seed, for measuring.
//!
//! Municipalities and catalogue are the real ones that ship with the product; every plan, label and figure is invented, and
//! says so wherever it is printed (架空). The same seed gives the same strategies to the last byte, one at a time, so that
//! nobody has to hold all of them.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, anyhow};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use shirube_domain::{
    DepartmentId, IndicatorId, NodeId, StrategyId,
    calendar::FiscalYear,
    municipality::Municipality,
    quantity::Unit,
    reference::{Aggregation, OfficialIndicator, StandardIndicator},
    strategy::{
        Accumulation, Baseline, Cell, Department, Direction, Figures, Indicator, Level, LevelKind, Lifecycle, Mapping,
        MappingParts, MappingStrength, PlanNode, Remark, Report, Role, Source, Strategy, StrategyParts, Target,
        TargetText, Term, YearFigures,
    },
};
use uuid::Uuid;

/// How many strategies each municipality has: 2016–2020 and 2021–2025.
pub const TERMS: u8 = 2;
/// How many indicators a strategy has. Each leaves out others of the catalogue.
pub const INDICATORS: usize = 56;
/// How many fiscal years it lasts.
pub const YEARS: i16 = 5;

const FIRST_YEAR: i16 = 2016;
/// 基本目標, each with goal targets of its own.
const GOALS: usize = 4;
const GOAL_TARGETS: usize = 2;
/// 施策 of each goal.
const MEASURES: usize = 2;
/// 事業 of each measure, each with a KPI.
const PROGRAMS: usize = 6;
const _: () = assert!(GOALS * (GOAL_TARGETS + MEASURES * PROGRAMS) == INDICATORS);
const DEPARTMENTS: [&str; 5] =
    ["企画課（架空）", "福祉課（架空）", "産業課（架空）", "教育課（架空）", "建設課（架空）"];
/// Standard indicators that go below zero.
const SIGNED: [&str; 4] = ["natural-change", "net-migration", "young-net-migration", "population-change-rate"];

/// The reference data that ship with the product, and the strategies that are made up over them.
#[derive(Debug)]
pub struct Nation {
    /// All municipalities, by code.
    pub municipalities: Vec<Municipality>,
    /// Their populations at the latest census.
    pub populations: Vec<Option<i64>>,
    /// The catalogue of standard indicators.
    pub standard: Vec<StandardIndicator>,
    /// The official series, by id.
    pub official: Vec<OfficialIndicator>,
    /// The values of each official series and year, in the order of the municipalities.
    pub columns: BTreeMap<(String, i16), Vec<Option<Decimal>>>,
}

impl Nation {
    /// Reads the reference data.
    pub fn new() -> Result<Self> {
        let failed = |error: Box<dyn std::error::Error + Send + Sync>| anyhow!(error);
        let mut municipalities = shirube_exchange::municipalities().map_err(failed)?;
        municipalities.sort_by_key(|of| of.code);
        let mut official = shirube_exchange::official_indicators().map_err(failed)?;
        official.sort_by(|one, other| one.id.cmp(&other.id));
        let place = |code| municipalities.binary_search_by_key(&code, |of| of.code).ok().context("a value of nobody");
        let mut columns: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for series in shirube_exchange::official_statistics().map_err(failed)? {
            let series = series.map_err(failed)?;
            for of in series.values {
                let column = columns.entry((series.indicator.clone(), of.year));
                let column = column.or_insert_with(|| vec![None; municipalities.len()]);
                column[place(of.municipality)?] = Some(of.value.normalize());
            }
        }
        let census = columns.iter().rfind(|((series, _), _)| series == "pop_census").context("there is no census")?.1;
        Ok(Self {
            populations: census.iter().map(|of| of.and_then(|of| of.to_i64())).collect(),
            standard: shirube_exchange::standard_indicators().map_err(failed)?,
            municipalities,
            official,
            columns,
        })
    }

    /// The strategies of a municipality (by its place), the earlier term first. Another `seed` gives other figures.
    pub fn strategies(&self, place: usize, seed: u64) -> Result<Vec<Strategy>> {
        (1..=TERMS).map(|term| self.strategy(place, term, seed)).collect()
    }

    /// One strategy of a municipality (by its place): the first or the second term.
    pub fn strategy(&self, place: usize, term: u8, seed: u64) -> Result<Strategy> {
        let of = &self.municipalities[place];
        let first = FIRST_YEAR + YEARS * i16::from(term - 1);
        let years = (first..first + YEARS).map(FiscalYear::new).collect::<Result<Vec<_>, _>>()?;
        let code = u64::from(of.code.five_digits());
        let population = self.populations[place].unwrap_or(1_000).max(100);
        let mut author = Author {
            chance: Chance(seed ^ (code << 8) ^ u64::from(term)),
            // A municipality's departments are the same in all its strategies.
            departments: departments(&mut Chance(seed ^ (code << 8))),
            years,
            population: population.to_f64().unwrap_or_default(),
            nodes: Vec::new(),
            indicators: Vec::new(),
        };
        let id = StrategyId::from_uuid(author.chance.id());
        // Each municipality leaves out others.
        let from = usize::try_from(author.chance.below(self.standard.len() as u64))?;
        let mut standard = self.standard.iter().cycle().skip(from).take(INDICATORS);
        author.plan(&mut standard)?;
        let printed = ["第１期", "第２期"][usize::from(term - 1)];
        let parts = StrategyParts {
            id,
            municipality: of.code,
            title: format!("生成データ（架空）{printed}総合戦略"),
            term: Term { printed: printed.to_owned(), number: term },
            first_year: author.years[0],
            last_year: author.years[author.years.len() - 1],
            report: Report {
                year: author.years[author.years.len() - 1],
                title: format!("生成データ（架空）{printed}総合戦略 集計表"),
                label: None,
                total_heading: None,
                rate_heading: None,
                grade_heading: None,
                goal_remark_heading: None,
                remark_heading: None,
            },
            source: Source {
                attribution: "生成データ（架空）。実在の計画・実績ではありません。".to_owned(),
                terms: "測定のための架空のデータです。引用しないでください。".to_owned(),
                notes: Vec::new(),
            },
            levels: [("基本目標", LevelKind::Goal), ("施策", LevelKind::Measure), ("事業", LevelKind::Program)]
                .map(|(name, kind)| Level { name: name.to_owned(), kind })
                .into(),
            lineage: None,
            departments: author.departments,
            nodes: author.nodes,
            indicators: author.indicators,
        };
        Ok(Strategy::new(parts)?)
    }
}

fn departments(chance: &mut Chance) -> Vec<Department> {
    let department = |name: &str| Department { id: DepartmentId::from_uuid(chance.id()), name: name.to_owned() };
    DEPARTMENTS.map(department).into()
}

/// Numbers that look like chance and are the same every time (SplitMix64; Steele, Lea and Flood 2014).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Between two numbers.
    #[expect(clippy::cast_precision_loss, reason = "53 bits")]
    fn between(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Whether something happens that does so many times of a hundred.
    fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn id(&mut self) -> Uuid {
        let bits = u128::from(self.next()) << 64 | u128::from(self.next());
        uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid()
    }
}

/// Makes a strategy up.
struct Author {
    chance: Chance,
    departments: Vec<Department>,
    years: Vec<FiscalYear>,
    population: f64,
    nodes: Vec<PlanNode>,
    indicators: Vec<Indicator>,
}

impl Author {
    fn plan<'a>(&mut self, standard: &mut impl Iterator<Item = &'a StandardIndicator>) -> Result<()> {
        let mut next = || standard.next().context("the catalogue is shorter than a plan");
        for goal in 1..=GOALS {
            let above = self.node(None, 0, format!("架空の基本目標 {goal}"));
            for _ in 0..GOAL_TARGETS {
                self.indicator(above, Role::GoalTarget, next()?)?;
            }
            for measure in 1..=MEASURES {
                let above = self.node(Some(above), 1, format!("架空の施策 {goal}-{measure}"));
                for program in 1..=PROGRAMS {
                    let program = self.node(Some(above), 2, format!("架空の事業 {goal}-{measure}-{program}"));
                    self.indicator(program, Role::Kpi, next()?)?;
                }
            }
        }
        Ok(())
    }

    fn node(&mut self, parent: Option<NodeId>, level: usize, title: String) -> NodeId {
        let id = NodeId::from_uuid(self.chance.id());
        let department = self.departments[self.nodes.len() % DEPARTMENTS.len()].id;
        self.nodes.push(PlanNode {
            id,
            parent,
            level,
            number: None,
            title,
            department: (level == 2).then_some(department),
            lifecycle: Lifecycle::default(),
            no_indicator: None,
            remarks: Vec::new(),
            continues: None,
        });
        id
    }

    fn indicator(&mut self, node: NodeId, role: fn(Target) -> Role, standard: &StandardIndicator) -> Result<()> {
        let mapped = self.mapping(standard)?;
        let accumulation = match standard.aggregation {
            Aggregation::Sum if self.chance.percent(15) => Accumulation::RunningTotal,
            Aggregation::Sum => Accumulation::YearlyAmount,
            Aggregation::Last => Accumulation::Level,
        };
        let course = self.course(standard, accumulation);
        let print = |value: f64| print(value * mapped.scale, course.digits + mapped.digits);
        let unit = mapped.unit.as_deref().unwrap_or_default();
        let (before, last) = (self.years[0].year() - 1, self.years[self.years.len() - 1].year());
        let baseline = Baseline::read(&format!("{}{unit}（{before}年度）", print(course.baseline)));
        let printed = format!("{}{unit}（{last}年度）", print(course.years[course.years.len() - 1].0));
        let text = TargetText { printed, requirement: None, accumulation: Some(accumulation) };
        let statement = text.read(Some(&baseline), standard.direction).map_err(|unclear| anyhow!("{unclear:?}"))?;
        let figures = self.years.clone().into_iter().zip(&course.years).map(|(year, (target, actual))| {
            let actual = self.printed(&print(*actual));
            YearFigures {
                year,
                target: Some(Cell::read_target(&print(*target), None)),
                actual: Cell::read_actual(Some(&actual), None, None),
                published: None,
            }
        });
        let figures = Figures::new(figures.collect(), None)?;
        let last = self.years[self.years.len() - 1];
        let remark = Remark {
            year: last, text: "（架空）増減の理由と今後の取り組みは作られていません。".to_owned()
        };
        let remarks = if self.chance.percent(25) { vec![remark] } else { Vec::new() };
        self.indicators.push(Indicator {
            id: IndicatorId::from_uuid(self.chance.id()),
            node,
            label: format!("{}（架空）", standard.name.ja),
            role: role(Target { statement, superseded: Vec::new() }),
            unit: mapped.unit.as_deref().map(Unit::parse).transpose()?,
            direction: standard.direction,
            baseline: Some(baseline),
            figures,
            remarks,
            department: None,
            lifecycle: Lifecycle::default(),
            details: Vec::new(),
            mappings: vec![mapped.mapping],
            weight: None,
            continues: None,
            redefined: false,
        });
        Ok(())
    }

    /// How the indicator corresponds to the standard one, and in which unit it is printed.
    fn mapping(&mut self, standard: &StandardIndicator) -> Result<Mapped> {
        let own = standard.unit.clone();
        let other: Option<(&str, i64, u32, u32)> = match own.as_deref() {
            // The printed unit, and the factor to the standard one as a decimal: its digits and how many are behind the point.
            Some("人") => Some(("千人", 1_000, 0, 3)),
            Some("件") => Some(("千件", 1_000, 0, 3)),
            Some("千円") => Some(("百万円", 1_000, 0, 3)),
            Some("億円") => Some(("百万円", 1, 2, 0)),
            _ => None,
        };
        let drawn = self.chance.below(100);
        let (strength, factor) = match (drawn, other) {
            (0..10, Some((_, factor, behind, _))) => (MappingStrength::Convertible, Some(Decimal::new(factor, behind))),
            (10..17, _) => (MappingStrength::Similar, None),
            (17..20, _) => (MappingStrength::NotComparable, None),
            _ => (MappingStrength::Identical, None),
        };
        let mapping = Mapping::new(MappingParts {
            standard: standard.id.clone(),
            strength,
            factor,
            differences: BTreeSet::new(),
            reason: Some("架空".to_owned()),
            decided: None,
        })?;
        let scale = factor.and_then(|of| of.to_f64()).map_or(1.0, |of| 1.0 / of);
        match other.filter(|_| factor.is_some()) {
            Some((unit, _, _, digits)) => Ok(Mapped { mapping, unit: Some(unit.to_owned()), scale, digits }),
            None => Ok(Mapped { mapping, unit: own, scale, digits: 0 }),
        }
    }

    /// The way from the baseline to the target, and how it was walked.
    fn course(&mut self, standard: &StandardIndicator, accumulation: Accumulation) -> Course {
        let signed = SIGNED.contains(&standard.id.as_str());
        let (size, digits) = match standard.unit.as_deref() {
            _ if signed => (-self.chance.between(0.2, 8.0), 0),
            None => (self.chance.between(1.0, 2.0), 2),
            Some("%") => (self.chance.between(15.0, 75.0), 1),
            Some("歳") => (self.chance.between(76.0, 84.0), 1),
            Some("g/人日") => (self.chance.between(600.0, 1_100.0), 0),
            // So many for a thousand people: from one to a hundred, the same for all in one indicator.
            Some(_) => {
                let common = Chance(standard.id.bytes().map(u64::from).sum()).between(0.0, 2.0);
                let thousands = self.population / 1_000.0;
                (10_f64.powf(common) * thousands * self.chance.between(0.4, 1.6), 0)
            }
        };
        let size =
            if signed && standard.unit.as_deref() != Some("%") { size * self.population / 1_000.0 } else { size };
        let digits = if signed && standard.unit.as_deref() == Some("%") { 1 } else { digits };
        // One of ten asks to keep the level.
        let better = if standard.direction == Direction::Lower { -1.0 } else { 1.0 };
        let asked = if self.chance.percent(10) { 0.0 } else { size.abs() * self.chance.between(0.02, 0.25) * better };
        let walked = asked * self.chance.between(-0.3, 1.5);
        let (mut target_sum, mut actual_sum) = (0.0, 0.0);
        let years = (1..=YEARS).map(|year| {
            let share = f64::from(year) / f64::from(YEARS);
            let target = size + asked * share;
            let actual = size + walked * share + size.abs() * self.chance.between(-0.04, 0.04);
            (target_sum, actual_sum) = (target_sum + target, actual_sum + actual);
            if accumulation == Accumulation::RunningTotal { (target_sum, actual_sum) } else { (target, actual) }
        });
        Course { years: years.collect(), baseline: size, digits }
    }

    /// The actual as it is printed: most are figures, some are provisional, some are not there.
    fn printed(&mut self, figure: &str) -> String {
        match self.chance.below(100) {
            0..3 => String::new(),
            3..5 => "―".to_owned(),
            5 => "調査中".to_owned(),
            6..9 => format!("暫定値{figure}"),
            9 => format!("見込{figure}"),
            _ => figure.to_owned(),
        }
    }
}

/// How an indicator corresponds to the standard one.
struct Mapped {
    mapping: Mapping,
    unit: Option<String>,
    /// By what a value of the standard indicator is multiplied to be printed.
    scale: f64,
    /// How many more digits behind the point it takes.
    digits: u32,
}

/// The figures of an indicator, as those of the standard one.
struct Course {
    baseline: f64,
    /// Target and actual of each year.
    years: Vec<(f64, f64)>,
    /// Digits behind the point.
    digits: u32,
}

/// A number as documents print it.
fn print(value: f64, digits: u32) -> String {
    let printed = format!("{:.*}", digits as usize, value.abs());
    let zero = printed.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    if value < 0.0 && !zero { format!("△{printed}") } else { printed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_strategies_and_another_one_does_not() -> Result<()> {
        let nation = Nation::new()?;
        let (one, again, other) = (nation.strategy(0, 2, 1)?, nation.strategy(0, 2, 1)?, nation.strategy(0, 2, 2)?);
        assert_eq!(one, again);
        assert_ne!(one.parts().id, other.parts().id);
        assert_ne!(one.indicators()[0].figures, other.indicators()[0].figures);
        Ok(())
    }

    #[test]
    fn a_strategy_says_that_it_is_made_up_and_has_what_is_promised() -> Result<()> {
        let nation = Nation::new()?;
        for strategy in nation.strategies(1_000, 1)? {
            assert!(strategy.parts().title.contains("架空"));
            assert_eq!(strategy.indicators().len(), INDICATORS);
            assert_eq!(strategy.total_counts().programs, Some(GOALS * MEASURES * PROGRAMS));
            for indicator in strategy.indicators() {
                assert!(indicator.label.contains("架空"), "{}", indicator.label);
                assert!(indicator.baseline.as_ref().is_some_and(|of| of.value().is_some()), "{}", indicator.label);
                assert!(
                    indicator.statement().is_some_and(|of| of.requirement.amount().is_some()),
                    "{}",
                    indicator.label
                );
                assert_eq!(indicator.figures.targets().count(), 5);
                assert_eq!(indicator.mappings.len(), 1);
            }
            let actuals: usize = strategy.indicators().iter().map(|of| of.figures.actuals().count()).sum();
            assert!((200..INDICATORS * 5).contains(&actuals), "{actuals}");
        }
        Ok(())
    }
}
