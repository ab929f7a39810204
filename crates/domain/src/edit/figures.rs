//! What hangs on nodes and indicators: yearly cells, remarks, revised targets, mappings.

use std::{collections::BTreeSet, ops::RangeInclusive};

use rust_decimal::Decimal;

use super::{Change, indicators, near_plan, nodes, words};
use crate::{
    Error, IndicatorId,
    calendar::{FiscalYear, Period},
    lint::Subject,
    strategy::{
        Absence, Cell, Content, Decision, Figures, Indicator, Mapping, MappingDifference, MappingError, MappingParts,
        MappingStrength, PrintedTotal, PublishedGrade, Remark, Role, StrategyParts, SupersededTarget, TargetText,
        YearFigures,
    },
};

/// The most revisions of a target.
const REVISIONS: usize = 50;
/// The most mappings of an indicator.
const MAPPINGS: usize = 20;

/// Cells of a year as they are to be.
#[derive(Debug, Clone)]
pub struct YearEdit {
    /// The year.
    pub year: FiscalYear,
    /// The target as printed; without one, no target is printed for the year.
    pub target: Change<String>,
    /// The actual as printed; without one, the document prints none.
    pub actual: Change<String>,
    /// Why there is no actual, where the text does not tell.
    pub absence: Option<Absence>,
    /// The rate (達成率, 進捗率) that the document itself prints, as printed.
    pub rate: Change<String>,
    /// The grade (評価) that the document itself prints, as printed.
    pub grade: Change<String>,
}

/// A mapping as it is to be.
#[derive(Debug, Clone)]
pub struct MappingEdit {
    /// The id of the standard indicator.
    pub standard: String,
    /// How far the indicator corresponds to it.
    pub strength: MappingStrength,
    /// By what its values are multiplied, for what is convertible.
    pub factor: Option<Decimal>,
    /// In what the two differ.
    pub differences: BTreeSet<MappingDifference>,
    /// Why it was decided so.
    pub reason: Option<String>,
}

/// Gives each year of the plan a cell; what was only waiting outside the plan goes.
pub(super) fn cover(of: &mut Indicator, plan: &RangeInclusive<FiscalYear>) {
    let total = of.figures.printed_total().cloned();
    let idle = |of: &YearFigures| of.target.is_none() && is_open(&of.actual) && of.published.is_none();
    let mut years: Vec<YearFigures> = of.figures.years().to_vec();
    years.retain(|figures| plan.contains(&figures.year) || !idle(figures));
    for year in (plan.start().year()..=plan.end().year()).filter_map(|year| FiscalYear::new(year).ok()) {
        if !years.iter().any(|figures| figures.year == year) {
            let actual = Cell::open(of.lifecycle.absence(year));
            years.push(YearFigures { year, target: None, actual, published: None });
        }
    }
    of.figures = Figures::new(years, total).expect("each year was added once");
}

/// Says of years that are only waiting why they do, after the indicator's years have changed.
pub(super) fn explain_open(of: &mut Indicator) {
    let total = of.figures.printed_total().cloned();
    let mut years: Vec<YearFigures> = of.figures.years().to_vec();
    for figures in years.iter_mut().filter(|figures| is_open(&figures.actual)) {
        figures.actual = Cell::open(of.lifecycle.absence(figures.year));
    }
    of.figures = Figures::new(years, total).expect("the years are those that were there");
}

/// Whether nothing was ever said of a cell.
fn is_open(cell: &Cell) -> bool {
    let waits =
        matches!(cell.content(), Content::Absent(Absence::NotYetReported | Absence::NotStarted | Absence::Ended));
    cell.printed().is_none() && waits
}

pub(super) fn set(
    parts: &mut StrategyParts,
    id: IndicatorId,
    years: Vec<YearEdit>,
    total: Change<PrintedTotal>,
) -> Result<(), Error> {
    let at = indicators::at(parts, id)?;
    let mut indicator = parts.indicators[at].clone();
    change(parts, &mut indicator, years, total)?;
    parts.indicators[at] = indicator;
    Ok(())
}

pub(super) fn change(
    parts: &StrategyParts,
    of: &mut Indicator,
    edits: Vec<YearEdit>,
    total: Change<PrintedTotal>,
) -> Result<(), Error> {
    let total = total.read(|PrintedTotal { target, actual }| {
        let target = words::bounded("total.target", target, words::SHORT)?;
        let actual = words::bounded("total.actual", actual, words::SHORT)?;
        Ok::<_, Error>(PrintedTotal { target, actual })
    })?;
    let mut years: Vec<YearFigures> = of.figures.years().to_vec();
    let mut seen = Vec::new();
    for (at, YearEdit { year, target, actual, absence, rate, grade }) in edits.into_iter().enumerate() {
        let place = |field: &str| format!("figures[{at}].{field}");
        near_plan(parts, &place("year"), year)?;
        if seen.contains(&year) {
            return Err(Error::bad_input(place("year"), format!("{} stands twice; give each year once", year.label())));
        }
        seen.push(year);
        let outside = of.lifecycle.absence(year);
        let index = years.iter().position(|figures| figures.year == year).unwrap_or_else(|| {
            years.push(YearFigures { year, target: None, actual: Cell::open(outside), published: None });
            years.len() - 1
        });
        let figures = &mut years[index];
        let target = target.read(|text| {
            let text = words::bounded(&place("target"), text, words::SHORT)?;
            Ok::<_, Error>(Cell::read_target(&text, outside))
        })?;
        figures.target = target.onto(figures.target.take());
        match actual {
            Change::Set(text) => {
                let text = words::bounded(&place("actual"), text, words::SHORT)?;
                figures.actual = Cell::read_actual(Some(&text), absence, outside);
            }
            Change::Clear => figures.actual = Cell::read_actual(None, absence, outside),
            Change::Keep => {
                if let Some(absence) = absence {
                    figures.actual = figures.actual.clone().because(absence);
                }
            }
        }
        let printed =
            |field: &str, text: String| Ok::<_, Error>(Cell::read(&words::bounded(&place(field), text, words::SHORT)?));
        let (was_grade, was_rate) = match &figures.published {
            Some(of) => (of.grade().cloned(), of.rate().cloned()),
            None => (None, None),
        };
        let grade = grade.read(|text| printed("grade", text))?.onto(was_grade);
        figures.published = PublishedGrade::new(grade, rate.read(|text| printed("rate", text))?.onto(was_rate));
        if absence.is_some() && !matches!(figures.actual.content(), Content::Absent(_)) {
            return Err(Error::bad_input(place("absence"), "the actual has a value; leave the reason for none out"));
        }
    }
    // Nothing is kept of a year outside the plan of which nothing is said any more.
    let plan = parts.first_year..=parts.last_year;
    years.retain(|of| {
        plan.contains(&of.year) || of.target.is_some() || of.actual.printed().is_some() || of.published.is_some()
    });
    let total = total.onto(of.figures.printed_total().cloned());
    of.figures = Figures::new(years, total).expect("each year was added once");
    Ok(())
}

pub(super) fn set_remark(
    parts: &mut StrategyParts,
    subject: Subject,
    year: FiscalYear,
    text: Option<String>,
) -> Result<(), Error> {
    near_plan(parts, "year", year)?;
    let text = text.map(|text| words::required("text", text, words::LONG)).transpose()?;
    let remarks = match subject {
        Subject::Node(id) => {
            let at = nodes::at(parts, id)?;
            &mut parts.nodes[at].remarks
        }
        Subject::Indicator(id) => {
            let at = indicators::at(parts, id)?;
            &mut parts.indicators[at].remarks
        }
    };
    remarks.retain(|remark| remark.year != year);
    remarks.extend(text.map(|text| Remark { year, text }));
    remarks.sort_by_key(|remark| remark.year);
    Ok(())
}

pub(super) fn revise_target(
    parts: &mut StrategyParts,
    id: IndicatorId,
    text: TargetText,
    yearly: Vec<(FiscalYear, Option<String>)>,
    replaced: Period,
    reason: String,
) -> Result<(), Error> {
    let at = indicators::at(parts, id)?;
    let reason = words::required("reason", reason, words::LONG)?;
    let mut of = parts.indicators[at].clone();
    let statement = indicators::read_target("target", text, &of)?;
    let before =
        of.figures.years().iter().filter_map(|figures| Some((figures.year, figures.target.clone()?))).collect();
    let (Role::GoalTarget(target) | Role::Kpi(target)) = &mut of.role else {
        let told = "it has no target that could be revised; make it a KPI first";
        return Err(Error::bad_input("id", told));
    };
    if target.superseded.len() >= REVISIONS {
        return Err(Error::conflict("id", format!("its target was revised {REVISIONS} times, which is the most")));
    }
    let old = std::mem::replace(&mut target.statement, statement);
    target.superseded.push(SupersededTarget { statement: old, yearly: before, replaced, reason });
    let cells = yearly.into_iter().map(|(year, target)| YearEdit {
        year,
        target: target.map_or(Change::Clear, Change::Set),
        actual: Change::Keep,
        absence: None,
        rate: Change::Keep,
        grade: Change::Keep,
    });
    change(parts, &mut of, cells.collect(), Change::Keep).map_err(|error| match error {
        Error::BadInput(told) => Error::bad_input(told.place.replacen("figures", "yearly", 1), told.message),
        other => other,
    })?;
    parts.indicators[at] = of;
    Ok(())
}

/// Sets the mappings of an indicator. What says the same as before keeps who decided it; the rest is decided now.
pub(super) fn set_mappings(
    parts: &mut StrategyParts,
    id: IndicatorId,
    edits: Vec<MappingEdit>,
    decision: &Decision,
) -> Result<(), Error> {
    let index = indicators::at(parts, id)?;
    if edits.len() > MAPPINGS {
        return Err(Error::bad_input("mappings", format!("give {MAPPINGS} mappings at most")));
    }
    let before = std::mem::take(&mut parts.indicators[index].mappings);
    let mut mappings: Vec<Mapping> = Vec::with_capacity(edits.len());
    for (at, MappingEdit { standard, strength, factor, differences, reason }) in edits.into_iter().enumerate() {
        let place = |field: &str| format!("mappings[{at}].{field}");
        if mappings.iter().any(|of| of.standard() == standard) {
            return Err(Error::bad_input(place("standardIndicator"), format!("“{standard}” stands twice")));
        }
        let reason = reason.map(|text| words::required(&place("reason"), text, words::LONG)).transpose()?;
        let decided = Some(decision.clone());
        let mapping = Mapping::new(MappingParts { standard, strength, factor, differences, reason, decided });
        let mapping = mapping.map_err(|error: MappingError| Error::bad_input(place(error.part()), error))?;
        mappings.push(before.iter().find(|of| of.says_the_same(&mapping)).cloned().unwrap_or(mapping));
    }
    parts.indicators[index].mappings = mappings;
    Ok(())
}
