use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    Accumulation, Cell, Content, Lifecycle, Mapping, PublishedGrade, Remark, Schedule, Scope, Target, TargetStatement,
    Weight,
};
use crate::{
    DepartmentId, IndicatorId, NodeId,
    calendar::{FiscalYear, Period},
    quantity::{Amount, Unit, print_number},
};

/// An indicator (指標): something followed by numbers, or by yes and no, on a plan node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Indicator {
    /// Its id, the same in all revisions.
    pub id: IndicatorId,
    /// The plan node on which it hangs.
    pub node: NodeId,
    /// Its label as printed. Labels are not unique.
    pub label: String,
    /// Its role, with the target that the role asks for.
    pub role: Role,
    /// The unit of its figures, where one is printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
    /// Which way is better. A fact of its own: it does not follow from target and baseline.
    pub direction: Direction,
    /// The baseline (基準値).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Baseline>,
    /// The yearly figures.
    #[serde(default)]
    pub figures: Figures,
    /// Remarks (所見, 増減理由及び今後の取り組み) by fiscal year.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<Remark>,
    /// The department that owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<DepartmentId>,
    /// The years in which it is followed.
    #[serde(default, skip_serializing_if = "Lifecycle::is_whole_plan")]
    pub lifecycle: Lifecycle,
    /// What else the document prints about it: 定義, 算出式, 出所, 確認方法 …
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<Detail>,
    /// The standard indicators to which it corresponds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mappings: Vec<Mapping>,
    /// How much it counts where grades of many are put together; 1 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<Weight>,
    /// The indicator of the previous term that it continues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continues: Option<IndicatorId>,
    /// Whether it measures something else than the one that it continues, though unit and direction are the same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub redefined: bool,
}

/// The role of an indicator. Only a KPI counts in ＫＰＩ数; what is only followed has no target, and says why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 数値目標 of a goal.
    GoalTarget(Target),
    /// ＫＰＩ.
    Kpi(Target),
    /// 実績値の管理: only the actual is followed.
    Monitored {
        /// The printed reason why there is no target.
        reason: Option<String>,
    },
}

/// The role of an indicator without its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoleKind {
    /// 数値目標 of a goal.
    GoalTarget,
    /// ＫＰＩ.
    Kpi,
    /// 実績値の管理.
    Monitored,
}

impl Role {
    /// Which role it is.
    pub const fn kind(&self) -> RoleKind {
        match self {
            Self::GoalTarget(_) => RoleKind::GoalTarget,
            Self::Kpi(_) => RoleKind::Kpi,
            Self::Monitored { .. } => RoleKind::Monitored,
        }
    }
}

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
    /// The municipality does not say, or says that neither is.
    Unstated,
}

/// A baseline (基準値): its printed text, and what it says. A text such as －件（令和元年） has a unit and a period, and no
/// value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    /// The text as printed.
    pub printed: String,
    /// The value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
    /// The unit, where one is printed; it may be there without a value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
    /// The period that it speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
}

/// A baseline with a number that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” holds a number that cannot be read; write it as 36.7％（令和元年）")]
pub struct UnreadBaseline(String);

impl Baseline {
    /// Reads 36.7％（令和元年）, 3人（第1期6年間）, －件（令和2年） or 8.
    pub fn read(printed: &str) -> Self {
        let normal = crate::text::normalize(printed);
        // The period is looked for in the normalised text, and so is the bracket: 100％（令和元年) mixes two widths.
        // A bracket that is no period (住民アンケート) says something else about the value; the printed text keeps it.
        let (head, period) = match normal.strip_suffix(')').and_then(|text| text.rsplit_once('(')) {
            Some((head, bracket)) => (head.trim_end(), Period::parse(bracket, None).ok()),
            None => (&*normal, None),
        };
        let dashed = head.trim_start_matches(crate::text::is_dash);
        let amount = Amount::parse(head);
        let unit = match &amount {
            Some(amount) => amount.unit.clone(),
            None if dashed.len() < head.len() => Unit::parse(dashed).ok(),
            None => None,
        };
        Self { printed: printed.to_owned(), amount, unit, period }
    }

    /// The same, unless its text holds a number before the bracket that tells the period, and the number was not understood.
    pub fn understood(self) -> Result<Self, UnreadBaseline> {
        let normal = crate::text::normalize(&self.printed);
        let holds_number = normal.split('(').next().is_some_and(|head| head.contains(|c: char| c.is_ascii_digit()));
        if self.amount.is_none() && holds_number { Err(UnreadBaseline(self.printed)) } else { Ok(self) }
    }

    /// The value without its unit.
    pub fn value(&self) -> Option<Decimal> {
        self.amount.as_ref().map(|amount| amount.value)
    }
}

/// A printed column that the model has no word for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detail {
    /// The heading of the column: 定義.
    pub heading: String,
    /// The text.
    pub text: String,
}

/// The figures of an indicator by fiscal year, in order, each year once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "FiguresParts", into = "FiguresParts")]
pub struct Figures {
    years: Vec<YearFigures>,
    printed_total: Option<PrintedTotal>,
}

/// The stored form of [`Figures`].
#[derive(Clone, Serialize, Deserialize)]
struct FiguresParts {
    years: Vec<YearFigures>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    total: Option<PrintedTotal>,
}

/// Target and actual of one fiscal year, with what the document makes of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct YearFigures {
    /// The year.
    pub year: FiscalYear,
    /// The target (目標値); `None` where the document has no yearly targets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Cell>,
    /// The actual (実績値).
    pub actual: Cell,
    /// The grade and rate (評価, 達成率) that the document itself prints.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<PublishedGrade>,
}

/// The cells of the total column, where the document prints in them something else than the totals of its figures.
/// It is evidence to be shown; the totals themselves are always counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrintedTotal {
    /// In the row of targets.
    pub target: String,
    /// In the row of actuals.
    pub actual: String,
}

/// A fiscal year that stands twice in the figures of one indicator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{} stands twice; give each fiscal year once", .0.label())]
pub struct RepeatedYear(pub FiscalYear);

impl Figures {
    /// Sorts the years; each may stand once.
    pub fn new(mut years: Vec<YearFigures>, printed_total: Option<PrintedTotal>) -> Result<Self, RepeatedYear> {
        years.sort_by_key(|figures| figures.year);
        match years.windows(2).find(|pair| pair[0].year == pair[1].year) {
            Some(pair) => Err(RepeatedYear(pair[0].year)),
            None => Ok(Self { years, printed_total }),
        }
    }

    /// All years, in order.
    pub fn years(&self) -> &[YearFigures] {
        &self.years
    }

    /// One year.
    pub fn year(&self, year: FiscalYear) -> Option<&YearFigures> {
        self.years.binary_search_by_key(&year, |figures| figures.year).ok().map(|at| &self.years[at])
    }

    /// The cells of the total column, where they differ from what is counted.
    pub const fn printed_total(&self) -> Option<&PrintedTotal> {
        self.printed_total.as_ref()
    }

    /// The numbers of the yearly targets.
    pub fn targets(&self) -> impl Iterator<Item = (FiscalYear, &Amount)> {
        self.years.iter().filter_map(|figures| Some((figures.year, figures.target.as_ref()?.amount()?)))
    }

    /// The numbers of the actuals.
    pub fn actuals(&self) -> impl Iterator<Item = (FiscalYear, &Amount)> {
        self.years.iter().filter_map(|figures| Some((figures.year, figures.actual.amount()?)))
    }
}

impl TryFrom<FiguresParts> for Figures {
    type Error = RepeatedYear;
    fn try_from(parts: FiguresParts) -> Result<Self, RepeatedYear> {
        Self::new(parts.years, parts.total)
    }
}

impl From<Figures> for FiguresParts {
    fn from(figures: Figures) -> Self {
        Self { years: figures.years, total: figures.printed_total }
    }
}

/// The total column (5年間の合計), counted from the yearly figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanTotal {
    /// The sum of the yearly targets; `None` where this indicator has no total, or no yearly target is a number.
    pub target: Option<Decimal>,
    /// The sum of the actuals so far; `None` likewise.
    pub actual: Option<Decimal>,
    /// What the cell of targets prints.
    pub target_printed: String,
    /// What the cell of actuals prints.
    pub actual_printed: String,
}

impl Indicator {
    /// The target, if the role has one.
    pub const fn target(&self) -> Option<&Target> {
        match &self.role {
            Role::GoalTarget(target) | Role::Kpi(target) => Some(target),
            Role::Monitored { .. } => None,
        }
    }

    /// The statement of the target in force.
    pub fn statement(&self) -> Option<&TargetStatement> {
        self.target().map(|target| &target.statement)
    }

    /// Whether the amounts of its years add up to a total of the plan that the document follows.
    pub fn is_totalled(&self) -> bool {
        self.statement().is_some_and(|statement| {
            statement.accumulation == Accumulation::YearlyAmount && statement.scope == Scope::WholePlan
        })
    }

    /// The total column. What is not totalled prints ―.
    pub fn plan_total(&self) -> PlanTotal {
        let totalled = self.is_totalled();
        let target = sum(self.figures.targets().map(|(_, amount)| amount.value)).filter(|_| totalled);
        let actual = sum(self.figures.actuals().map(|(_, amount)| amount.value)).filter(|_| totalled);
        let print = |value: Option<Decimal>| match value {
            Some(value) => print_number(value),
            None if totalled => String::new(),
            None => "―".to_owned(),
        };
        let printed = self.figures.printed_total();
        PlanTotal {
            target,
            actual,
            target_printed: printed.map_or_else(|| print(target), |printed| printed.target.clone()),
            actual_printed: printed.map_or_else(|| print(actual), |printed| printed.actual.clone()),
        }
    }

    /// The running total of the actuals up to a year, where yearly figures add up or are kept as a running total;
    /// `None` for levels and means, and where no figure is there yet.
    pub fn running_total(&self, year: FiscalYear) -> Option<Decimal> {
        let so_far = self.figures.actuals().take_while(|(of, _)| *of <= year).map(|(_, amount)| amount.value);
        match self.statement()?.accumulation {
            Accumulation::YearlyAmount => sum(so_far),
            Accumulation::RunningTotal => so_far.last(),
            Accumulation::Level | Accumulation::MeanOfYears => None,
        }
    }

    /// When the target asks for a figure, in a plan that runs from `first` to `last`.
    pub fn schedule(&self, first: FiscalYear, last: FiscalYear) -> Option<Schedule> {
        let statement = self.statement()?;
        let says = |figures: &&YearFigures| {
            figures.target.as_ref().is_some_and(|cell| !matches!(cell.content(), Content::Absent(_)))
        };
        let years = self.figures.years().iter().filter(says).map(|figures| figures.year);
        let mut years = years.filter(|year| (first..=last).contains(year));
        let Some(from) = years.next() else {
            // A document without yearly targets says it by the scope alone.
            return Some(if statement.scope == Scope::EachYear {
                Schedule::EveryYear
            } else {
                Schedule::FinalYearOnly
            });
        };
        let (count, to) = years.fold((1, from), |(count, _), year| (count + 1, year));
        let unbroken = count == to.year() - from.year() + 1;
        Some(match (from == first, to == last, unbroken) {
            (true, true, true) => Schedule::EveryYear,
            (false, true, true) if from == last => Schedule::FinalYearOnly,
            (false, true, true) => Schedule::FromYear(from),
            (true, false, true) if to == first => Schedule::FirstYearOnly,
            _ => Schedule::SomeYears,
        })
    }

    /// The unit of an amount: its own, or the indicator's.
    pub fn unit_of<'a>(&'a self, amount: &'a Amount) -> Option<&'a Unit> {
        amount.unit.as_ref().or(self.unit.as_ref())
    }
}

/// The sum; `None` of nothing, or where it leaves the range of decimals.
fn sum(mut values: impl Iterator<Item = Decimal>) -> Option<Decimal> {
    let first = values.next()?;
    values.try_fold(first, Decimal::checked_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_baseline_that_documents_print() {
        for (text, value, unit, period) in [
            ("36.7％（令和元年）", Some("36.7"), Some("%"), Some("CY2019")),
            ("100％（令和元年)", Some("100"), Some("%"), Some("CY2019")),
            ("115件（令和元年度）", Some("115"), Some("件"), Some("FY2019")),
            ("3人（第1期6年間）", Some("3"), Some("人"), Some("TERM1/6")),
            ("△7.04％（平成27年～令和２年）", Some("-7.04"), Some("%"), Some("CY2015/CY2020")),
            ("－件（令和2年）", None, Some("件"), Some("CY2020")),
            ("－（令和元年）", None, None, Some("CY2019")),
            ("36.7％（住民アンケート）", Some("36.7"), Some("%"), None),
            ("3人（平成27～31年度）", Some("3"), Some("人"), Some("FY2015/FY2019")),
            ("－", None, None, None),
            ("8", Some("8"), None, None),
            ("", None, None, None),
        ] {
            let baseline = Baseline::read(text);
            assert_eq!(baseline.value().map(|value| value.to_string()).as_deref(), value, "{text}");
            assert_eq!(baseline.unit.as_ref().map(Unit::symbol), unit, "{text}");
            assert_eq!(baseline.period.map(Period::code).as_deref(), period, "{text}");
            assert_eq!(baseline.printed, text);
        }
    }

    #[test]
    fn a_year_stands_once() {
        let year = FiscalYear::new(2021).unwrap();
        let figures = |year| YearFigures { year, target: None, actual: Cell::read("1"), published: None };
        assert_eq!(Figures::new(vec![figures(year), figures(year)], None), Err(RepeatedYear(year)));
    }
}
