//! Observations: a strategy as a tidy table, one figure a row, as researchers open it.
//!
//! [`COLUMNS`] says once what the columns are; files and their descriptions are made of it. The concepts are those of SDMX
//! (REF_AREA, INDICATOR, TIME_PERIOD, MEASURE, OBS_VALUE, OBS_STATUS, UNIT_MEASURE, UNIT_MULT), under names that a reader of the
//! table understands.

mod changes;

use std::{borrow::Cow, sync::Arc};

pub use changes::{CHANGE, Change, Rows, changes};

use rust_decimal::Decimal;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    calendar::FiscalYear,
    municipality::Municipality,
    progress::WhyNot,
    quantity::{Amount, Unit},
    strategy::{
        Absence, Accumulation, Cell, Direction, Indicator, Mapping, MappingStrength, ObservationStatus, RoleKind,
        Scope, Strategy, TargetStatement,
    },
};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// Text.
    Text,
    /// A decimal number.
    Number,
    /// A whole number.
    Whole,
    /// An instant, in UTC.
    Instant,
}

/// A column of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name, in the header.
    pub name: &'static str,
    /// What it holds.
    pub kind: ColumnKind,
    /// Its concept in SDMX, where it has one there.
    pub sdmx: Option<&'static str>,
    /// Its title in Japanese.
    pub ja: &'static str,
    /// What it says.
    pub en: &'static str,
}

const fn text(name: &'static str, ja: &'static str, en: &'static str) -> Column {
    Column { name, kind: ColumnKind::Text, sdmx: None, ja, en }
}

const fn whole(name: &'static str, ja: &'static str, en: &'static str) -> Column {
    Column { name, kind: ColumnKind::Whole, sdmx: None, ja, en }
}

const fn sdmx(column: Column, concept: &'static str) -> Column {
    Column { sdmx: Some(concept), ..column }
}

/// The columns, in their order.
pub const COLUMNS: [Column; 26] = [
    sdmx(text("municipality_code", "全国地方公共団体コード", "6-digit code of the municipality"), "REF_AREA"),
    text("municipality", "自治体名", "name of the municipality"),
    text("prefecture", "都道府県名", "name of its prefecture"),
    text("strategy_id", "総合戦略のキー", "key of the strategy, the same in all revisions"),
    whole("term", "期", "number of the term of the strategy"),
    whole("revision", "公表版", "number of the revision in which this was published"),
    Column {
        name: "published_at",
        kind: ColumnKind::Instant,
        sdmx: None,
        ja: "公表日時",
        en: "when that revision was published (UTC)",
    },
    text("goal", "基本目標", "basic goal: node of the top level"),
    text("place", "施策・事業", "nodes below it, down to the one on which the indicator hangs"),
    sdmx(text("indicator_id", "指標のキー", "key of the indicator, the same in all revisions"), "INDICATOR"),
    text("indicator", "指標名", "label of the indicator as printed"),
    text("role", "指標の種類", "goal_target (数値目標), kpi (ＫＰＩ) or monitored (実績値の管理)"),
    text("direction", "望ましい方向", "higher, lower or unstated: which way is better"),
    text("accumulation", "集計の仕方", "yearly_amount, running_total, level or mean_of_years; blank without a target"),
    sdmx(
        text(
            "measure",
            "値の種類",
            "baseline (基準値), plan_target (目標値), target (年度の目標値) or actual (実績値)",
        ),
        "MEASURE",
    ),
    whole("fiscal_year", "年度", "fiscal year of a yearly target or actual; it begins in April"),
    sdmx(text("period", "期間", "period of the value: FY2021 is a fiscal year, CY2019 a calendar year"), "TIME_PERIOD"),
    sdmx(
        Column {
            name: "value",
            kind: ColumnKind::Number,
            sdmx: None,
            ja: "値",
            en: "the number in the unit with its multiplier; blank where there is none",
        },
        "OBS_VALUE",
    ),
    sdmx(text("unit", "単位", "unit without its multiplier"), "UNIT_MEASURE"),
    sdmx(whole("unit_mult", "単位の倍率", "power of ten of the unit: 3 for thousands (千)"), "UNIT_MULT"),
    text(
        "status",
        "値の状態",
        "reported, provisional, forecast, described (in words), or why there is no value: not_applicable, not_yet_reported, \
         not_measurable, not_measured, not_started, ended, withheld",
    ),
    sdmx(text("obs_status", "値の状態（SDMX）", "the same as a code of SDMX's CL_OBS_STATUS"), "OBS_STATUS"),
    text("printed", "印字", "the cell as the document prints it"),
    text("standard_indicator", "標準指標", "the standard indicator to which it corresponds most closely"),
    text("mapping", "標準指標との対応", "how closely: identical, convertible, similar or not_comparable"),
    text("remark", "所見", "what the municipality remarks on the actual of the year"),
];

/// The columns that tell a row from all others. `period` is blank in some: one without a period is told by that.
pub const KEY: [&str; 4] = ["strategy_id", "indicator_id", "measure", "period"];

/// The columns of a table, or of one of changes.
pub fn columns(of_changes: bool) -> impl Iterator<Item = &'static Column> {
    COLUMNS.iter().chain(of_changes.then_some(&CHANGE))
}

/// The value of a column in a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Field<'a> {
    /// Nothing.
    None,
    /// A text.
    Text(Cow<'a, str>),
    /// A decimal number.
    Number(Decimal),
    /// A whole number.
    Whole(i64),
}

/// Of what a table of observations is made.
#[derive(Debug, Clone, Copy)]
pub struct Published<'a> {
    /// The municipality.
    pub municipality: &'a Municipality,
    /// The strategy.
    pub strategy: &'a Strategy,
    /// The number of the revision.
    pub revision: u32,
    /// When it was published.
    pub at: OffsetDateTime,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Measured {
    /// 基準値.
    Baseline,
    /// 目標値 of the plan.
    PlanTarget,
    /// 目標値 of a year.
    Target(FiscalYear),
    /// 実績値 of a year.
    Actual(FiscalYear),
}

impl Measured {
    const fn name(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::PlanTarget => "plan_target",
            Self::Target(_) => "target",
            Self::Actual(_) => "actual",
        }
    }

    const fn year(self) -> Option<FiscalYear> {
        match self {
            Self::Baseline | Self::PlanTarget => None,
            Self::Target(year) | Self::Actual(year) => Some(year),
        }
    }
}

/// An observation: a value of an indicator.
#[derive(Debug, Clone)]
pub struct Observation<'a> {
    /// The indicator.
    pub indicator: &'a Indicator,
    /// What the value is.
    pub measured: Measured,
    /// The basic goal, and the nodes below it.
    place: [Arc<str>; 2],
    /// The period that it speaks of.
    period: String,
    /// The number, if it is one.
    pub value: Option<Decimal>,
    unit: Option<&'a Unit>,
    status: ObservationStatus,
    /// As printed.
    pub printed: &'a str,
}

/// A row of a table.
#[derive(Debug, Clone)]
pub struct Row<'a> {
    /// Of what it tells something.
    pub of: Published<'a>,
    /// What it tells.
    pub observation: Observation<'a>,
    /// What became of it, in a table of changes.
    pub change: Option<Change>,
}

impl Row<'_> {
    /// Its fields, one for each of [`columns`].
    pub fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        let change = self.change.map(|change| Field::Text(Cow::Borrowed(change.name())));
        self.observation.fields(&self.of).into_iter().chain(change)
    }
}

/// All observations of a strategy, in the order of the document.
pub fn observations(strategy: &Strategy) -> Vec<Observation<'_>> {
    let mut all = Vec::new();
    for indicator in strategy.indicators() {
        let place = place(strategy, indicator);
        let place = || place.clone();
        if let Some(baseline) = &indicator.baseline {
            let status = match baseline.amount {
                Some(_) => ObservationStatus::Reported,
                None => ObservationStatus::Absent(Absence::NotApplicable),
            };
            all.push(Observation {
                indicator,
                measured: Measured::Baseline,
                place: place(),
                period: baseline.period.map(crate::calendar::Period::code).unwrap_or_default(),
                value: baseline.value(),
                unit: baseline.unit.as_ref().or(indicator.unit.as_ref()),
                status,
                printed: &baseline.printed,
            });
        }
        if let Some(statement) = indicator.statement() {
            all.push(plan_target(strategy, indicator, statement, place()));
        }
        for figures in indicator.figures.years() {
            if let Some(target) = &figures.target {
                all.push(observed(indicator, Measured::Target(figures.year), target, place()));
            }
            all.push(observed(indicator, Measured::Actual(figures.year), &figures.actual, place()));
        }
    }
    all
}

fn plan_target<'a>(
    strategy: &Strategy,
    indicator: &'a Indicator,
    statement: &'a TargetStatement,
    place: [Arc<str>; 2],
) -> Observation<'a> {
    let parts = strategy.parts();
    let amount = statement.requirement.amount();
    let period = match statement.scope {
        Scope::In(period) => period.code(),
        Scope::EachYear | Scope::WholePlan => format!("FY{}/FY{}", parts.first_year.year(), parts.last_year.year()),
        Scope::Unstated => format!("FY{}", parts.last_year.year()),
    };
    let status = if amount.is_some() { ObservationStatus::Reported } else { ObservationStatus::Described };
    Observation {
        indicator,
        measured: Measured::PlanTarget,
        place,
        period,
        value: amount.map(|amount| amount.value),
        unit: unit(indicator, amount),
        status,
        printed: &statement.printed,
    }
}

fn observed<'a>(indicator: &'a Indicator, measured: Measured, cell: &'a Cell, place: [Arc<str>; 2]) -> Observation<'a> {
    Observation {
        indicator,
        measured,
        place,
        period: measured.year().map(|year| format!("FY{}", year.year())).unwrap_or_default(),
        value: cell.amount().map(|amount| amount.value),
        unit: unit(indicator, cell.amount()),
        status: cell.status(),
        printed: cell.printed().unwrap_or_default(),
    }
}

fn unit<'a>(indicator: &'a Indicator, amount: Option<&'a Amount>) -> Option<&'a Unit> {
    amount.map_or(indicator.unit.as_ref(), |amount| indicator.unit_of(amount))
}

impl Observation<'_> {
    /// Its row, a field for each of [`COLUMNS`].
    fn fields<'s>(&'s self, of: &Published<'s>) -> [Field<'s>; COLUMNS.len()] {
        fn text(text: &str) -> Field<'_> {
            if text.is_empty() { Field::None } else { Field::Text(Cow::Borrowed(text)) }
        }
        let owned = |text: String| if text.is_empty() { Field::None } else { Field::Text(Cow::Owned(text)) };
        let (parts, indicator, [goal, place]) = (of.strategy.parts(), self.indicator, &self.place);
        let mapping = closest(indicator);
        let remark = match self.measured {
            Measured::Actual(year) => indicator.remarks.iter().find(|remark| remark.year == year),
            _ => None,
        };
        [
            owned(of.municipality.code.to_string()),
            text(&of.municipality.name),
            text(of.municipality.prefecture().name()),
            owned(parts.id.to_string()),
            Field::Whole(parts.term.number.into()),
            Field::Whole(of.revision.into()),
            owned(of.at.format(&Rfc3339).unwrap_or_default()),
            text(goal),
            text(place),
            owned(indicator.id.to_string()),
            text(&indicator.label),
            text(role(indicator.role.kind())),
            text(direction(indicator.direction)),
            text(indicator.statement().map_or("", |statement| accumulation(statement.accumulation))),
            text(self.measured.name()),
            self.measured.year().map_or(Field::None, |year| Field::Whole(year.year().into())),
            owned(self.period.clone()),
            self.value.map_or(Field::None, Field::Number),
            text(self.unit.map_or("", |unit| unit.symbol())),
            self.unit.map_or(Field::None, |unit| Field::Whole(unit.exponent().into())),
            text(status(self.status)),
            text(self.status.sdmx()),
            text(self.printed),
            text(mapping.map_or("", Mapping::standard)),
            text(mapping.map_or("", |mapping| strength(mapping.strength()))),
            text(remark.map_or("", |remark| &remark.text)),
        ]
    }
}

/// The basic goal of an indicator, and the nodes below it.
fn place(strategy: &Strategy, indicator: &Indicator) -> [Arc<str>; 2] {
    let way = strategy.node_at(indicator.node).map(|at| strategy.way(at)).unwrap_or_default();
    let below = way.iter().skip(1).map(|node| node.heading()).collect::<Vec<_>>().join(" > ");
    [way.first().map(|node| node.heading()).unwrap_or_default().into(), below.into()]
}

/// The standard indicator to which an indicator corresponds most closely.
pub fn closest(indicator: &Indicator) -> Option<&Mapping> {
    let rank = |mapping: &&Mapping| match mapping.strength() {
        MappingStrength::Identical => 0,
        MappingStrength::Convertible => 1,
        MappingStrength::Similar => 2,
        MappingStrength::NotComparable => 3,
    };
    indicator.mappings.iter().min_by_key(rank)
}

const fn role(of: RoleKind) -> &'static str {
    match of {
        RoleKind::GoalTarget => "goal_target",
        RoleKind::Kpi => "kpi",
        RoleKind::Monitored => "monitored",
    }
}

const fn direction(of: Direction) -> &'static str {
    match of {
        Direction::Higher => "higher",
        Direction::Lower => "lower",
        Direction::Unstated => "unstated",
    }
}

const fn accumulation(of: Accumulation) -> &'static str {
    match of {
        Accumulation::YearlyAmount => "yearly_amount",
        Accumulation::RunningTotal => "running_total",
        Accumulation::Level => "level",
        Accumulation::MeanOfYears => "mean_of_years",
    }
}

const fn strength(of: MappingStrength) -> &'static str {
    match of {
        MappingStrength::Identical => "identical",
        MappingStrength::Convertible => "convertible",
        MappingStrength::Similar => "similar",
        MappingStrength::NotComparable => "not_comparable",
    }
}

const fn status(of: ObservationStatus) -> &'static str {
    match of {
        ObservationStatus::Reported => "reported",
        ObservationStatus::Provisional => "provisional",
        ObservationStatus::Forecast => "forecast",
        ObservationStatus::Described => "described",
        ObservationStatus::Absent(absence) => WhyNot::of(absence).code(),
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;

    #[track_caller]
    fn stored(name: &str, of: impl Serialize) {
        assert_eq!(serde_json::to_value(of).unwrap(), name);
    }

    #[test]
    fn words_are_those_in_which_documents_are_stored() {
        for of in [RoleKind::GoalTarget, RoleKind::Kpi, RoleKind::Monitored] {
            stored(role(of), of);
        }
        for of in [Direction::Higher, Direction::Lower, Direction::Unstated] {
            stored(direction(of), of);
        }
        for of in
            [Accumulation::YearlyAmount, Accumulation::RunningTotal, Accumulation::Level, Accumulation::MeanOfYears]
        {
            stored(accumulation(of), of);
        }
        for of in [
            MappingStrength::Identical,
            MappingStrength::Convertible,
            MappingStrength::Similar,
            MappingStrength::NotComparable,
        ] {
            stored(strength(of), of);
        }
        for of in [
            Absence::NotApplicable,
            Absence::NotYetReported,
            Absence::NotMeasurable,
            Absence::NotMeasured,
            Absence::NotStarted,
            Absence::Ended,
            Absence::Withheld,
        ] {
            stored(status(ObservationStatus::Absent(of)), of);
        }
    }
}
