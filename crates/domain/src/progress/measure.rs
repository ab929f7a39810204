use std::collections::BTreeSet;

use rust_decimal::{Decimal, RoundingStrategy};

use super::{Basis, Flag, Guide, Method, NoRate, PlanYears, Question, Toward, WhyNot, readings};
use crate::{
    calendar::{FiscalYear, Period},
    quantity::{Amount, Bound, Finality, Unit},
    strategy::{Absence, Accumulation, Cell, Content, Direction, Indicator, Requirement, Scope, TargetStatement},
};

/// Which side of the target is the good one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sense {
    /// The target or more.
    Higher,
    /// The target or less.
    Lower,
}

impl Sense {
    /// Whether a number is strictly better than another.
    pub fn better(self, number: Decimal, than: Decimal) -> bool {
        match self {
            Self::Higher => number > than,
            Self::Lower => number < than,
        }
    }
}

/// Where a target comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TargetSource {
    /// The cell of the year.
    Year,
    /// The cells of the years so far, added up.
    YearsToDate,
    /// The target of the plan.
    Plan,
    /// A straight line from the baseline to the target of the plan.
    StraightLine,
}

/// What is held against what, in the indicator's unit without its scale (千人 as 人).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    /// The actual.
    pub actual: Decimal,
    /// The target.
    pub target: Decimal,
    /// Where the target comes from.
    pub source: TargetSource,
    /// Where the way to the target begins: the baseline, or zero where years add up.
    pub start: Option<Decimal>,
    /// The baseline as it compares to the actual: where years add up, as much as the baseline makes in as many years.
    pub before: Option<Decimal>,
    /// Which side of the target is the good one.
    pub sense: Sense,
    /// Whether the target itself is not good enough (超, 未満).
    pub strict: bool,
    /// Whether the target asks to keep a level.
    pub keeps: bool,
    /// How many years of the plan have passed with this one.
    pub elapsed: u16,
    /// How many years the plan has.
    pub years: u16,
}

impl Measure {
    /// Whether the target is met.
    pub fn is_met(&self) -> bool {
        self.sense.better(self.actual, self.target) || (!self.strict && self.actual == self.target)
    }

    /// How far the actual is beyond the target; negative while it falls short.
    pub fn gap(&self) -> Option<Decimal> {
        match self.sense {
            Sense::Higher => self.actual.checked_sub(self.target),
            Sense::Lower => self.target.checked_sub(self.actual),
        }
    }

    /// Whether the way from the baseline leads away from the good side: a decline that is to be held, a ceiling above today's
    /// level, a first year that allows a setback.
    pub fn is_wrong_side(&self) -> bool {
        self.start.is_some_and(|start| self.sense.better(start, self.target))
    }

    /// Whether a method has to give way to 実績 ÷ 目標.
    pub(super) fn falls_back(&self, method: Method) -> bool {
        method == Method::ProgressFromBaseline && self.is_wrong_side()
    }
}

/// What the target of the plan asks for, whatever the actuals are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Aim {
    /// The target, in the indicator's unit without its scale.
    pub(crate) target: Decimal,
    /// Which side of it is the good one.
    pub(crate) sense: Sense,
    /// Whether the target itself is not good enough (超, 未満).
    pub(crate) strict: bool,
    /// Where the way to it begins: the baseline, or zero where years add up.
    pub(crate) start: Option<Decimal>,
    /// The year in which it is due.
    pub(crate) due: FiscalYear,
    /// Whether the years add up to a total of the plan.
    pub(crate) adds_up: bool,
}

impl Aim {
    /// Whether a number meets the target.
    pub(crate) fn is_met(&self, number: Decimal) -> bool {
        self.sense.better(number, self.target) || (!self.strict && number == self.target)
    }
}

/// Reads what the target of the plan asks for; none where it names no number.
pub(crate) fn aim(indicator: &Indicator, plan: PlanYears) -> Result<Option<Aim>, WhyNot> {
    let statement = indicator.statement().ok_or(WhyNot::MonitoredOnly)?;
    if matches!(statement.requirement, Requirement::Done | Requirement::Increase | Requirement::Decrease) {
        return Ok(None);
    }
    let question = &Question::new(Toward::Final, Method::ProgressFromBaseline);
    let (year, unit) = (plan.last, readings::unit(indicator));
    let mut reader = Reader { indicator, statement, plan, year, question, unit, flags: &mut BTreeSet::new() };
    Ok(Some(Aim {
        target: reader.plan_target()?,
        sense: reader.sense(),
        strict: is_strict(statement.requirement.amount()),
        start: reader.start()?,
        due: reader.due(),
        adds_up: reader.adds_up(),
    }))
}

/// Whether an amount is a bound that is not good enough itself.
fn is_strict(amount: Option<&Amount>) -> bool {
    matches!(amount.and_then(|amount| amount.bound), Some(Bound::MoreThan | Bound::LessThan))
}

/// What an indicator gives to compare.
pub(super) enum Measured {
    /// Numbers.
    Numbers(Measure),
    /// No numbers, but an answer.
    Judged { met: bool, why: NoRate },
}

/// Reads what is to be compared.
pub(super) fn read(
    indicator: &Indicator,
    plan: PlanYears,
    year: FiscalYear,
    question: &Question,
    flags: &mut BTreeSet<Flag>,
) -> Result<Measured, WhyNot> {
    let Some(statement) = indicator.statement() else { return Err(WhyNot::MonitoredOnly) };
    if !plan.contains(year) {
        return Err(WhyNot::OutsidePlan);
    }
    if let Some(absence) = indicator.lifecycle.absence(year) {
        return Err(WhyNot::of(absence));
    }
    let unit = readings::unit(indicator);
    Reader { indicator, statement, plan, year, question, unit, flags }.read()
}

/// Reads one indicator in one year.
struct Reader<'a> {
    indicator: &'a Indicator,
    statement: &'a TargetStatement,
    plan: PlanYears,
    year: FiscalYear,
    question: &'a Question,
    /// The unit in which everything is read.
    unit: Option<&'a Unit>,
    flags: &'a mut BTreeSet<Flag>,
}

impl<'a> Reader<'a> {
    fn read(mut self) -> Result<Measured, WhyNot> {
        let numbered = self.question.toward != Toward::Final && self.cell_of(self.year).is_some();
        match self.statement.requirement {
            Requirement::Done => return self.done(),
            Requirement::Increase | Requirement::Decrease if !numbered => return self.moved(),
            _ => {}
        }
        let (target, source) = self.target()?;
        let actual = self.actual(source)?;
        let numbers = self.numbers(actual, target, source)?;
        Ok(Measured::Numbers(numbers))
    }

    fn numbers(&mut self, actual: Decimal, target: Decimal, source: TargetSource) -> Result<Measure, WhyNot> {
        let amount = match source {
            TargetSource::Year | TargetSource::YearsToDate => self.cell_of(self.year),
            TargetSource::Plan | TargetSource::StraightLine => self.statement.requirement.amount(),
        };
        if amount.is_some_and(|amount| amount.approximate) {
            self.flags.insert(Flag::Approximate);
        }
        Ok(Measure {
            actual,
            target,
            source,
            start: self.start()?,
            before: self.before(source)?,
            sense: self.sense(),
            strict: is_strict(amount),
            keeps: self.statement.requirement.keeps(),
            elapsed: years(self.plan.first, self.year),
            years: years(self.plan.first, self.plan.last),
        })
    }

    /// Which side is good: what the target requires tells it, and where it asks to keep a level, the indicator.
    fn sense(&self) -> Sense {
        match &self.statement.requirement {
            Requirement::AtMost(_)
            | Requirement::KeepAtMost(_)
            | Requirement::Zero(_)
            | Requirement::Decrease
            | Requirement::Rank(_) => Sense::Lower,
            Requirement::Growth(percent) if *percent < Decimal::ZERO => Sense::Lower,
            Requirement::Keep(_) | Requirement::Done if self.indicator.direction == Direction::Lower => Sense::Lower,
            Requirement::AtLeast(_)
            | Requirement::KeepAtLeast(_)
            | Requirement::Increase
            | Requirement::Growth(_)
            | Requirement::Keep(_)
            | Requirement::Done => Sense::Higher,
        }
    }

    /// Whether the years add up to a total of the plan.
    fn adds_up(&self) -> bool {
        self.indicator.is_totalled() || self.statement.accumulation == Accumulation::RunningTotal
    }

    /// The target that is asked for, and where it comes from.
    fn target(&mut self) -> Result<(Decimal, TargetSource), WhyNot> {
        if self.question.toward == Toward::Final {
            return Ok((self.plan_target()?, TargetSource::Plan));
        }
        let cell = self.indicator.figures.year(self.year).and_then(|figures| figures.target.as_ref());
        match cell.map(Cell::content) {
            Some(Content::Figure { .. }) => self.year_target(),
            Some(Content::Words) => Err(WhyNot::Words),
            Some(Content::Absent(absence @ (Absence::NotStarted | Absence::Ended))) => Err(WhyNot::of(*absence)),
            Some(Content::Absent(_)) | None => self.without_year_target(),
        }
    }

    /// The number of the cell of the year, with those before it where years are added up.
    fn year_target(&mut self) -> Result<(Decimal, TargetSource), WhyNot> {
        let to_date = self.question.basis == Basis::ToDate;
        match self.statement.accumulation {
            Accumulation::YearlyAmount if to_date && self.indicator.is_totalled() => {
                let (indicator, so_far) = (self.indicator, self.plan.first..=self.year);
                let mut total = Decimal::ZERO;
                for (_, cell) in indicator.figures.targets().filter(|(year, _)| so_far.contains(year)) {
                    total = total.checked_add(self.number(cell)?).ok_or(WhyNot::OutOfRange)?;
                }
                Ok((total, TargetSource::YearsToDate))
            }
            Accumulation::RunningTotal if !to_date => {
                let now = self.cell_number(self.year)?;
                let before =
                    self.indicator.figures.targets().map(|(year, _)| year).filter(|year| *year < self.year).last();
                let before = before.map_or(Ok(Decimal::ZERO), |year| self.cell_number(year))?;
                Ok((now.checked_sub(before).ok_or(WhyNot::OutOfRange)?, TargetSource::Year))
            }
            _ => Ok((self.cell_number(self.year)?, TargetSource::Year)),
        }
    }

    fn cell_of(&self, year: FiscalYear) -> Option<&'a Amount> {
        self.indicator.figures.year(year)?.target.as_ref()?.amount()
    }

    fn cell_number(&mut self, year: FiscalYear) -> Result<Decimal, WhyNot> {
        let cell = self.cell_of(year).ok_or(WhyNot::NoTarget)?;
        self.number(cell)
    }

    /// The target of a year that has none of its own.
    fn without_year_target(&mut self) -> Result<(Decimal, TargetSource), WhyNot> {
        let due = self.due();
        let bare = self.indicator.figures.targets().next().is_none();
        let each_year = bare && self.holds_throughout()?;
        if self.year >= due || each_year || self.question.toward == Toward::YearOrFinal {
            return Ok((self.plan_target()?, TargetSource::Plan));
        }
        if let Some(guide) = self.question.guide
            && let Some(target) = self.guide_value(guide, due)?
        {
            self.flags.insert(Flag::GuideValue);
            return Ok((target, TargetSource::StraightLine));
        }
        let later = self.indicator.figures.targets().map(|(year, _)| year).find(|year| *year > self.year);
        Err(match later {
            Some(year) => WhyNot::NotDue(year),
            None if bare => WhyNot::NotDue(due),
            None => WhyNot::NoTarget,
        })
    }

    /// Whether the target of the plan is to hold in every year: it says so, or asks to keep a level, or sets a limit for the time
    /// of the plan that the baseline does not reach (地方債 86億円 → 計画期間中100億円以下).
    fn holds_throughout(&mut self) -> Result<bool, WhyNot> {
        Ok(match self.statement.scope {
            Scope::EachYear => true,
            Scope::In(_) => false,
            _ if self.statement.requirement.keeps() => true,
            Scope::Unstated => false,
            Scope::WholePlan => {
                let level = self.statement.accumulation == Accumulation::Level;
                let target = self.statement.requirement.amount().filter(|_| level);
                let target = target.map(|amount| self.number(amount)).transpose()?;
                self.baseline()?.zip(target).is_some_and(|(baseline, target)| self.sense().better(baseline, target))
            }
        })
    }

    /// The year in which the target of the plan is due.
    fn due(&self) -> FiscalYear {
        let stated = match self.statement.scope {
            Scope::In(period) => period.last_day().and_then(FiscalYear::of),
            Scope::EachYear | Scope::WholePlan | Scope::Unstated => None,
        };
        stated.filter(|year| self.plan.contains(*year)).unwrap_or(self.plan.last)
    }

    /// The number that the target of the plan names.
    fn plan_target(&mut self) -> Result<Decimal, WhyNot> {
        match &self.statement.requirement {
            Requirement::Rank(rank) => Ok(Decimal::from(*rank)),
            // Where there is no baseline, the actuals are changes themselves.
            Requirement::Growth(percent) => match self.baseline()? {
                Some(baseline) => {
                    let factor = Decimal::ONE_HUNDRED.checked_add(*percent);
                    let grown =
                        factor.and_then(|factor| baseline.checked_mul(factor)?.checked_div(Decimal::ONE_HUNDRED));
                    grown.ok_or(WhyNot::OutOfRange)
                }
                None => Ok(*percent),
            },
            requirement => {
                let amount = requirement.amount().ok_or(WhyNot::NoTarget)?;
                self.number(amount)
            }
        }
    }

    /// The point of the straight line in the year; `None` where there is no baseline to draw it from. What asks to keep a level,
    /// and what sets a limit on the wrong side of the baseline, asks for the same in every year.
    fn guide_value(&mut self, guide: Guide, due: FiscalYear) -> Result<Option<Decimal>, WhyNot> {
        let Guide::StraightLine { decimals } = guide;
        let target = self.plan_target()?;
        if self.statement.requirement.keeps() {
            return Ok(Some(target));
        }
        let Some(start) = self.start()? else { return Ok(None) };
        if self.sense().better(start, target) {
            self.flags.insert(Flag::WrongSide);
            return Ok(Some(target));
        }
        let (passed, all) = (years(self.plan.first, self.year), years(self.plan.first, due));
        let way = target.checked_sub(start).and_then(|way| way.checked_mul(passed.into())?.checked_div(all.into()));
        let point = way.and_then(|way| start.checked_add(way)).ok_or(WhyNot::OutOfRange)?;
        let Some(decimals) = decimals else { return Ok(Some(point)) };
        let factor = self.unit.map_or(Decimal::ONE, Unit::factor);
        let rounded = point.checked_div(factor).and_then(|point| {
            point.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero).checked_mul(factor)
        });
        rounded.map(Some).ok_or(WhyNot::OutOfRange)
    }

    /// The actual that compares to a target of that source.
    fn actual(&mut self, source: TargetSource) -> Result<Decimal, WhyNot> {
        let total = source != TargetSource::Year;
        match self.statement.accumulation {
            Accumulation::YearlyAmount if total && self.indicator.is_totalled() => self.total(),
            Accumulation::RunningTotal if !total && self.question.basis == Basis::YearAlone => {
                let now = self.figure(self.year)?;
                let before = self.year.previous().filter(|year| self.plan.contains(*year));
                let before = before
                    .map_or(Ok(Decimal::ZERO), |year| self.figure(year).map_err(|_| WhyNot::TotalIncomplete(year)))?;
                now.checked_sub(before).ok_or(WhyNot::OutOfRange)
            }
            Accumulation::MeanOfYears if total => self.mean(),
            _ => self.figure(self.year),
        }
    }

    /// The actual of a year.
    fn figure(&mut self, year: FiscalYear) -> Result<Decimal, WhyNot> {
        let Some(figures) = self.indicator.figures.year(year) else { return Err(WhyNot::NotYetReported) };
        match figures.actual.content() {
            Content::Figure { amount, finality } => {
                match finality {
                    Finality::Final => {}
                    Finality::Provisional => drop(self.flags.insert(Flag::Provisional)),
                    Finality::Forecast => drop(self.flags.insert(Flag::Forecast)),
                }
                if amount.approximate {
                    self.flags.insert(Flag::Approximate);
                }
                self.number(amount)
            }
            Content::Absent(absence) => Err(WhyNot::of(*absence)),
            Content::Words => Err(WhyNot::Words),
        }
    }

    /// The actuals of the plan so far, added up. A year in which there was nothing to count counts nothing; one that was not
    /// counted leaves the total unknown.
    fn total(&mut self) -> Result<Decimal, WhyNot> {
        let mut total = match self.figure(self.year) {
            // The program ended, or there is nothing to count in this year: what was reached stands.
            Err(WhyNot::NotApplicable | WhyNot::Ended) if self.year > self.plan.first => Decimal::ZERO,
            figure => figure?,
        };
        let mut year = self.year;
        while let Some(before) = year.previous().filter(|before| self.plan.contains(*before)) {
            year = before;
            let figure = match self.figure(year) {
                Ok(figure) => figure,
                Err(WhyNot::NotApplicable | WhyNot::NotStarted | WhyNot::Ended) => Decimal::ZERO,
                Err(WhyNot::OutOfRange) => return Err(WhyNot::OutOfRange),
                Err(_) => return Err(WhyNot::TotalIncomplete(year)),
            };
            total = total.checked_add(figure).ok_or(WhyNot::OutOfRange)?;
        }
        Ok(total)
    }

    /// The mean of the actuals of those of its years that have one.
    fn mean(&mut self) -> Result<Decimal, WhyNot> {
        let (from, to) = match self.statement.scope {
            Scope::In(period) => (fiscal(period.first_day()), fiscal(period.last_day())),
            _ => (None, None),
        };
        let (from, to) = (from.unwrap_or(self.plan.first), to.unwrap_or(self.plan.last));
        let span = from..=to.min(self.year);
        let reported: Vec<FiscalYear> =
            self.indicator.figures.actuals().map(|(year, _)| year).filter(|year| span.contains(year)).collect();
        if reported.is_empty() {
            return self.figure(self.year);
        }
        if reported.len() < usize::from(years(from, to)) {
            self.flags.insert(Flag::PartialMean);
        }
        let mut total = Decimal::ZERO;
        for year in &reported {
            total = total.checked_add(self.figure(*year)?).ok_or(WhyNot::OutOfRange)?;
        }
        total.checked_div(Decimal::from(reported.len())).ok_or(WhyNot::OutOfRange)
    }

    fn baseline(&mut self) -> Result<Option<Decimal>, WhyNot> {
        let amount = self.indicator.baseline.as_ref().and_then(|baseline| baseline.amount.as_ref());
        amount.map(|amount| self.number(amount)).transpose()
    }

    /// Where the way to the target begins.
    fn start(&mut self) -> Result<Option<Decimal>, WhyNot> {
        if self.adds_up() { Ok(Some(Decimal::ZERO)) } else { self.baseline() }
    }

    /// The baseline as it compares to the actual of a source.
    fn before(&mut self, source: TargetSource) -> Result<Option<Decimal>, WhyNot> {
        let Some(baseline) = self.baseline()? else { return Ok(None) };
        if !self.adds_up() {
            return Ok(Some(baseline));
        }
        let its_years = self.indicator.baseline.as_ref().and_then(|baseline| baseline.period).map_or(1, Period::years);
        let start = self.indicator.lifecycle.started().unwrap_or(self.plan.first).max(self.plan.first);
        let alone = source == TargetSource::Year && self.question.basis == Basis::YearAlone;
        let counted = if alone { 1 } else { years(start, self.year) };
        let before = baseline.checked_mul(counted.into()).and_then(|before| before.checked_div(its_years.into()));
        before.map(Some).ok_or(WhyNot::OutOfRange)
    }

    /// A number in the unit in which everything is read, without its scale. One of another unit is read as if it were in this
    /// one, and flagged: documents misprint units, and a lint tells of it.
    fn number(&mut self, amount: &Amount) -> Result<Decimal, WhyNot> {
        if readings::differs(amount, self.unit) {
            self.flags.insert(Flag::UnitDiffers);
        }
        readings::number(amount, self.unit).ok_or(WhyNot::OutOfRange)
    }

    /// Something that is to be done.
    fn done(&mut self) -> Result<Measured, WhyNot> {
        let actual = self.indicator.figures.year(self.year).map(|figures| &figures.actual);
        let done = match actual.map(Cell::content) {
            None => return Err(WhyNot::NotYetReported),
            Some(Content::Absent(absence)) => return Err(WhyNot::of(*absence)),
            Some(Content::Figure { .. }) => self.figure(self.year)? > Decimal::ZERO,
            Some(Content::Words) => {
                let printed = actual.and_then(|cell| cell.printed()).unwrap_or_default();
                readings::is_done(printed).ok_or(WhyNot::JudgedByPeople)?
            }
        };
        self.judged(done)
    }

    /// More or less than before, without a number.
    fn moved(&mut self) -> Result<Measured, WhyNot> {
        let baseline = self.before(TargetSource::Plan)?.ok_or(WhyNot::NoBaseline)?;
        let actual = self.actual(TargetSource::Plan)?;
        self.judged(self.sense().better(actual, baseline))
    }

    /// What is not met yet may still be met while there is time.
    fn judged(&self, met: bool) -> Result<Measured, WhyNot> {
        let due = if self.statement.scope == Scope::EachYear { self.year } else { self.due() };
        if !met && self.year < due {
            return Err(WhyNot::NotDue(due));
        }
        Ok(Measured::Judged { met, why: NoRate::WithoutNumber })
    }
}

fn fiscal(day: Option<time::Date>) -> Option<FiscalYear> {
    day.and_then(FiscalYear::of)
}

/// How many years there are from one to another, both counted.
fn years(first: FiscalYear, last: FiscalYear) -> u16 {
    u16::try_from(i32::from(last.year()) - i32::from(first.year()) + 1).unwrap_or(1).max(1)
}
