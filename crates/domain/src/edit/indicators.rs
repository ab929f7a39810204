//! Indicators on the nodes.

use rust_decimal::Decimal;

use super::{Change, INDICATORS, YearEdit, department, figures, lifecycle, nodes, place, words};
use crate::{
    BadInput, DepartmentId, Error, IndicatorId, NodeId,
    calendar::FiscalYear,
    quantity::Unit,
    strategy::{
        Baseline, Department, Detail, Direction, Figures, Indicator, Lifecycle, PrintedTotal, Role, RoleKind,
        StrategyParts, Target, TargetStatement, TargetText, UnclearTarget, Weight,
    },
};

/// The most details of an indicator.
const DETAILS: usize = 30;

/// An indicator that is added.
#[derive(Debug, Clone)]
pub struct NewIndicator {
    /// Its id.
    pub id: IndicatorId,
    /// The node on which it hangs.
    pub node: NodeId,
    /// Its place among the indicators of the node, from 0; the last unless given.
    pub position: Option<usize>,
    /// Its values. Label, role and direction must be given, and the target if the role has one; the years of its node hold
    /// for it, too, unless others are.
    pub fields: IndicatorFields,
    /// The cells of its years. A year of the plan that is not given is still to be reported.
    pub figures: Vec<YearEdit>,
    /// The printed cells of its total column, where they are not what is counted.
    pub total: Option<PrintedTotal>,
}

/// Other values of an indicator.
#[derive(Debug, Clone, Default)]
pub struct IndicatorFields {
    /// The label.
    pub label: Option<String>,
    /// The role. What becomes monitored loses its target.
    pub role: Option<RoleKind>,
    /// Why there is no target.
    pub monitored_reason: Change<String>,
    /// The unit, as printed.
    pub unit: Change<String>,
    /// Which way is better. What a target requires stays as it was read, unless the target is given anew.
    pub direction: Option<Direction>,
    /// The baseline, as printed.
    pub baseline: Change<String>,
    /// The target: a correction. [`super::Edit::ReviseTarget`] replaces one and keeps the old.
    pub target: Option<TargetText>,
    /// What else is printed about it, as a whole.
    pub details: Option<Vec<Detail>>,
    /// How much it counts where grades of many are put together.
    pub weight: Change<Decimal>,
    /// The department that owns it.
    pub department: Change<DepartmentId>,
    /// The first year in which it is followed.
    pub started: Change<FiscalYear>,
    /// The last year in which it is followed.
    pub ended: Change<FiscalYear>,
    /// The indicator of the previous term that it continues.
    pub continues: Change<IndicatorId>,
    /// Whether it measures something else than the one that it continues, though unit and direction are the same.
    pub redefined: Option<bool>,
}

const NO_INDICATOR: Error = Error::NotFound { what: "the indicator" };

/// The index of an indicator.
pub(super) fn at(parts: &StrategyParts, id: IndicatorId) -> Result<usize, Error> {
    parts.indicators.iter().position(|of| of.id == id).ok_or(NO_INDICATOR)
}

pub(super) fn create(parts: &mut StrategyParts, new: NewIndicator, departments: &[Department]) -> Result<(), Error> {
    if parts.indicators.len() >= INDICATORS {
        return Err(Error::conflict(
            "",
            format!("the strategy has {INDICATORS} indicators already, which is the most"),
        ));
    }
    let NewIndicator { id, node, position, fields, figures: cells, total } = new;
    let above = &parts.nodes[nodes::at(parts, node)?];
    let inherits = fields.started.keeps() && fields.ended.keeps();
    let missing = |place: &str| Error::bad_input(place, "is missing; an indicator has one");
    let mut indicator = Indicator {
        id,
        node,
        label: String::new(),
        // Its own is read with the other values.
        role: Role::Monitored { reason: None },
        unit: None,
        direction: fields.direction.ok_or_else(|| missing("direction"))?,
        baseline: None,
        figures: Figures::default(),
        remarks: Vec::new(),
        department: None,
        lifecycle: if inherits { above.lifecycle } else { Lifecycle::default() },
        details: Vec::new(),
        mappings: Vec::new(),
        weight: None,
        continues: None,
        redefined: false,
    };
    if fields.label.is_none() {
        return Err(missing("label"));
    }
    if fields.role.is_none() {
        return Err(missing("role"));
    }
    change(&mut indicator, fields, departments)?;
    figures::cover(&mut indicator, &(parts.first_year..=parts.last_year));
    figures::change(parts, &mut indicator, cells, total.map_or(Change::Keep, Change::Set))?;
    insert(parts, indicator, position);
    Ok(())
}

pub(super) fn update(
    parts: &mut StrategyParts,
    id: IndicatorId,
    fields: IndicatorFields,
    departments: &[Department],
) -> Result<(), Error> {
    let at = at(parts, id)?;
    let indicator = &mut parts.indicators[at];
    change(indicator, fields, departments)?;
    figures::explain_open(indicator);
    Ok(())
}

fn change(of: &mut Indicator, fields: IndicatorFields, departments: &[Department]) -> Result<(), Error> {
    let IndicatorFields {
        label,
        role,
        monitored_reason,
        unit,
        direction,
        baseline,
        target,
        details,
        weight,
        department: owner,
        started,
        ended,
        continues,
        redefined,
    } = fields;
    words::replace("label", &mut of.label, label, words::LINE)?;
    let unit = unit.read(|text| Unit::parse(&text).map_err(|error| Error::bad_input("unit", error)))?;
    of.unit = unit.onto(of.unit.take());
    of.direction = direction.unwrap_or(of.direction);
    let baseline = words::optional("baseline", baseline, words::LINE)?;
    let baseline = baseline
        .read(|text| Baseline::read(&text).understood().map_err(|error| Error::bad_input("baseline", error)))?;
    of.baseline = baseline.onto(of.baseline.take());
    set_role(of, role, monitored_reason, target)?;
    if let Some(details) = details {
        of.details = read_details(details)?;
    }
    let weight = weight.read(|value| Weight::new(value).map_err(|error| Error::bad_input("weight", error)))?;
    of.weight = weight.onto(of.weight);
    of.department = department(owner, departments, of.department)?;
    of.lifecycle = lifecycle(started, ended, of.lifecycle)?;
    of.continues = continues.onto(of.continues);
    of.redefined = redefined.unwrap_or(of.redefined);
    Ok(())
}

fn set_role(
    of: &mut Indicator,
    kind: Option<RoleKind>,
    reason: Change<String>,
    target: Option<TargetText>,
) -> Result<(), Error> {
    let reason = words::optional("monitoredReason", reason, words::LINE)?;
    let kind = kind.unwrap_or_else(|| of.role.kind());
    if kind == RoleKind::Monitored {
        if target.is_some() {
            let told = "an indicator that is only monitored has no target; leave it out, or make it a KPI";
            return Err(Error::bad_input("target", told));
        }
        let old = match &of.role {
            Role::Monitored { reason } => reason.clone(),
            Role::GoalTarget(_) | Role::Kpi(_) => None,
        };
        of.role = Role::Monitored { reason: reason.onto(old) };
        return Ok(());
    }
    if matches!(reason, Change::Set(_)) {
        let told = "belongs to a monitored indicator; a goal target or KPI has a target";
        return Err(Error::bad_input("monitoredReason", told));
    }
    let old = of.target().cloned();
    let target = match (target.map(|text| read_target("target", text, of)).transpose()?, old) {
        (Some(statement), old) => Target { statement, superseded: old.map(|old| old.superseded).unwrap_or_default() },
        (None, Some(old)) => old,
        (None, None) => {
            let told = "is missing; a goal target or KPI has one: give it as printed, or make it monitored";
            return Err(Error::bad_input("target", told));
        }
    };
    of.role = if kind == RoleKind::Kpi { Role::Kpi(target) } else { Role::GoalTarget(target) };
    Ok(())
}

/// Reads a target of an indicator.
pub(super) fn read_target(place: &str, text: TargetText, of: &Indicator) -> Result<TargetStatement, Error> {
    let printed = words::required(&format!("{place}.printed"), text.printed, words::LINE)?;
    TargetText { printed, ..text }.read(of.baseline.as_ref(), of.direction).map_err(|unclear| {
        let problem = |problem: UnclearTarget| {
            let (part, message) = match &problem {
                UnclearTarget::Requirement(_) => ("printed", problem.to_string()),
                UnclearTarget::Accumulation => {
                    ("accumulation", "is missing; give YEARLY_AMOUNT, RUNNING_TOTAL, LEVEL or MEAN_OF_YEARS".to_owned())
                }
            };
            BadInput { place: format!("{place}.{part}"), message }
        };
        Error::Problems(unclear.into_iter().map(problem).collect())
    })
}

fn read_details(details: Vec<Detail>) -> Result<Vec<Detail>, Error> {
    if details.len() > DETAILS {
        return Err(Error::bad_input("details", format!("give {DETAILS} details at most")));
    }
    let detail = |(at, Detail { heading, text })| {
        Ok(Detail {
            heading: words::required(&format!("details[{at}].heading"), heading, words::SHORT)?,
            text: words::required(&format!("details[{at}].text"), text, words::LONG)?,
        })
    };
    details.into_iter().enumerate().map(detail).collect()
}

pub(super) fn relocate(
    parts: &mut StrategyParts,
    id: IndicatorId,
    node: Option<NodeId>,
    position: Option<usize>,
) -> Result<(), Error> {
    let at = at(parts, id)?;
    let node = node.unwrap_or(parts.indicators[at].node);
    nodes::at(parts, node)?;
    let indicator = parts.indicators.remove(at);
    insert(parts, Indicator { node, ..indicator }, position);
    Ok(())
}

/// Puts an indicator in its place among those of its node.
fn insert(parts: &mut StrategyParts, indicator: Indicator, position: Option<usize>) {
    let brothers = parts.indicators.iter().enumerate().filter(|(_, of)| of.node == indicator.node).map(|(at, _)| at);
    let at = place(brothers, position, parts.indicators.len());
    parts.indicators.insert(at, indicator);
}
