//! Rows from and to domain values. Each conversion takes a row apart field by field, so that a new column is a compile
//! error here and not a value that gets lost.

use std::str::FromStr;

use sea_orm::prelude::Uuid;
use serde::{Serialize, de::DeserializeOwned};
use shirube_domain::{
    DepartmentId, IndicatorId, NodeId, StrategyId,
    calendar::FiscalYear,
    quantity::Unit,
    strategy::{
        Baseline, Department, Detail, Indicator, Level, Lifecycle, NoIndicator, PlanNode, PrintedTotal, Remark, Report,
        Role, Source, Strategy, StrategyParts, SupersededTarget, Target, TargetStatement, Term, Weight,
    },
};

use super::columns::{AmountColumns, RequirementColumns, scope, scope_name};
use super::figures::{figure_rows, figures};
use super::tenant::{
    department, figure, indicator, indicator_detail, indicator_remark, level, node_remark, plan_node, strategy,
    target_revision,
};
use super::{
    authoring::{ancestor, mapping},
    lineage::{PreviousColumns, ancestor_rows, mapping_rows, mappings},
};
use crate::{StoreError, StoreResult};

/// The stored name of an enumeration's value, which is its name in published documents too.
pub(crate) fn name(value: impl Serialize) -> StoreResult<String> {
    match serde_json::to_value(value).map_err(StoreError::corrupt)? {
        serde_json::Value::String(name) => Ok(name),
        other => Err(StoreError::corrupt(format!("{other} is not a plain name"))),
    }
}

/// The value of a stored name.
pub(crate) fn named<T: DeserializeOwned>(name: String) -> StoreResult<T> {
    serde_json::from_value(serde_json::Value::String(name)).map_err(StoreError::corrupt)
}

/// Reads a stored text.
pub(crate) fn parse<T: FromStr<Err: std::error::Error + Send + Sync + 'static>>(text: &str) -> StoreResult<T> {
    text.parse().map_err(StoreError::corrupt)
}

pub(crate) fn year(year: i16) -> StoreResult<FiscalYear> {
    FiscalYear::new(year).map_err(StoreError::corrupt)
}

pub(super) fn unit(printed: Option<String>) -> StoreResult<Option<Unit>> {
    printed.map(|printed| Unit::parse(&printed).map_err(StoreError::corrupt)).transpose()
}

fn lifecycle(started: Option<i16>, ended: Option<i16>) -> StoreResult<Lifecycle> {
    Lifecycle::new(started.map(year).transpose()?, ended.map(year).transpose()?).map_err(StoreError::corrupt)
}

/// A count that was checked when the strategy was made: positions, levels and years fit in a column.
pub(super) fn small<T: TryFrom<usize, Error: std::error::Error + Send + Sync + 'static>>(
    value: usize,
) -> StoreResult<T> {
    value.try_into().map_err(StoreError::corrupt)
}

/// The version of a row that is new.
const FIRST_VERSION: i32 = 1;

/// The rows of a draft.
#[derive(Clone, Default)]
pub(crate) struct DraftRows {
    pub(crate) strategy: Vec<strategy::Model>,
    pub(crate) departments: Vec<department::Model>,
    pub(crate) levels: Vec<level::Model>,
    pub(crate) nodes: Vec<plan_node::Model>,
    pub(crate) indicators: Vec<indicator::Model>,
    pub(crate) target_revisions: Vec<target_revision::Model>,
    pub(crate) figures: Vec<figure::Model>,
    pub(crate) node_remarks: Vec<node_remark::Model>,
    pub(crate) indicator_remarks: Vec<indicator_remark::Model>,
    pub(crate) details: Vec<indicator_detail::Model>,
    pub(crate) mappings: Vec<mapping::Model>,
    pub(crate) ancestors: Vec<ancestor::Model>,
}

impl DraftRows {
    /// The rows of a strategy.
    pub(crate) fn of(strategy: &Strategy) -> StoreResult<Self> {
        let StrategyParts {
            id,
            municipality,
            title,
            term,
            first_year,
            last_year,
            report,
            source,
            levels,
            lineage,
            departments,
            nodes,
            indicators,
        } = strategy.parts();
        let owner = Owner { municipality: municipality.to_string(), strategy: id.uuid() };
        let previous = PreviousColumns::of(lineage.as_ref())?;
        let mut rows = Self { ancestors: ancestor_rows(&owner, lineage.as_ref())?, ..Self::default() };
        rows.strategy.push(strategy::Model {
            municipality: owner.municipality.clone(),
            id: owner.strategy,
            title: title.clone(),
            term: term.printed.clone(),
            term_number: term.number.into(),
            first_year: first_year.year(),
            last_year: last_year.year(),
            report_year: report.year.year(),
            report_title: report.title.clone(),
            report_label: report.label.clone(),
            total_heading: report.total_heading.clone(),
            rate_heading: report.rate_heading.clone(),
            grade_heading: report.grade_heading.clone(),
            goal_remark_heading: report.goal_remark_heading.clone(),
            remark_heading: report.remark_heading.clone(),
            attribution: source.attribution.clone(),
            terms: source.terms.clone(),
            source_notes: serde_json::to_string(&source.notes).map_err(StoreError::corrupt)?,
            version: FIRST_VERSION,
            previous_id: previous.id,
            previous_term: previous.term,
            previous_term_number: previous.term_number,
            previous_revision: previous.revision,
        });
        for Department { id, name } in departments {
            let row = department::Model { municipality: owner.municipality.clone(), id: id.uuid(), name: name.clone() };
            rows.departments.push(row);
        }
        for (position, level) in levels.iter().enumerate() {
            rows.levels.push(level::Model {
                municipality: owner.municipality.clone(),
                strategy_id: owner.strategy,
                position: small(position)?,
                name: level.name.clone(),
                kind: name(level.kind)?,
            });
        }
        for (position, node) in nodes.iter().enumerate() {
            rows.node(&owner, position, node)?;
        }
        for (position, indicator) in indicators.iter().enumerate() {
            rows.indicator(&owner, position, indicator)?;
        }
        Ok(rows)
    }

    fn node(&mut self, owner: &Owner, position: usize, node: &PlanNode) -> StoreResult<()> {
        let PlanNode { id, parent, level, number, title, department, lifecycle, no_indicator, remarks, continues } =
            node;
        for Remark { year, text } in remarks {
            self.node_remarks.push(node_remark::Model {
                municipality: owner.municipality.clone(),
                strategy_id: owner.strategy,
                node_id: id.uuid(),
                fiscal_year: year.year(),
                text: text.clone(),
            });
        }
        self.nodes.push(plan_node::Model {
            municipality: owner.municipality.clone(),
            strategy_id: owner.strategy,
            id: id.uuid(),
            parent_id: parent.map(NodeId::uuid),
            level: small(*level)?,
            position: small(position)?,
            number: number.clone(),
            title: title.clone(),
            department_id: department.map(DepartmentId::uuid),
            started: lifecycle.started().map(FiscalYear::year),
            ended: lifecycle.ended().map(FiscalYear::year),
            no_indicator_reason: no_indicator.as_ref().map(|of| of.reason.clone()),
            no_indicator_mark: no_indicator.as_ref().and_then(|of| of.mark.clone()),
            version: FIRST_VERSION,
            continues: continues.map(NodeId::uuid),
        });
        Ok(())
    }

    fn indicator(&mut self, owner: &Owner, position: usize, indicator: &Indicator) -> StoreResult<()> {
        let Indicator {
            id,
            node,
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
        let (role, monitored_reason, target) = match role {
            Role::GoalTarget(target) => ("goal_target", None, Some(target)),
            Role::Kpi(target) => ("kpi", None, Some(target)),
            Role::Monitored { reason } => ("monitored", reason.clone(), None),
        };
        let statement = target.map(|target| &target.statement);
        let base = AmountColumns::of(baseline.as_ref().and_then(|baseline| baseline.amount.as_ref()))?;
        let requirement = statement.map(|statement| RequirementColumns::of(&statement.requirement)).transpose()?;
        let (requirement, aim) = match requirement {
            Some(RequirementColumns { kind, amount }) => (Some(kind), amount),
            None => (None, AmountColumns::of(None)?),
        };
        for (number, superseded) in target.iter().flat_map(|target| &target.superseded).enumerate() {
            self.target_revisions.push(target_revision::Model {
                municipality: owner.municipality.clone(),
                strategy_id: owner.strategy,
                indicator_id: id.uuid(),
                number: small(number)?,
                replaced: superseded.replaced.code(),
                reason: superseded.reason.clone(),
                statement: serde_json::to_string(&superseded.statement).map_err(StoreError::corrupt)?,
                yearly: serde_json::to_string(&superseded.yearly).map_err(StoreError::corrupt)?,
            });
        }
        self.figures.extend(figure_rows(owner, *id, figures)?);
        for Remark { year, text } in remarks {
            self.indicator_remarks.push(indicator_remark::Model {
                municipality: owner.municipality.clone(),
                strategy_id: owner.strategy,
                indicator_id: id.uuid(),
                fiscal_year: year.year(),
                text: text.clone(),
            });
        }
        for (position, Detail { heading, text }) in details.iter().enumerate() {
            self.details.push(indicator_detail::Model {
                municipality: owner.municipality.clone(),
                strategy_id: owner.strategy,
                indicator_id: id.uuid(),
                position: small(position)?,
                heading: heading.clone(),
                text: text.clone(),
            });
        }
        self.mappings.extend(mapping_rows(owner, *id, mappings)?);
        let total = figures.printed_total();
        self.indicators.push(indicator::Model {
            municipality: owner.municipality.clone(),
            strategy_id: owner.strategy,
            id: id.uuid(),
            node_id: node.uuid(),
            position: small(position)?,
            label: label.clone(),
            role: role.to_owned(),
            monitored_reason,
            unit: unit.as_ref().map(|unit| unit.printed().to_owned()),
            direction: name(direction)?,
            baseline_printed: baseline.as_ref().map(|baseline| baseline.printed.clone()),
            baseline_value: base.value,
            // A baseline such as －件 has a unit without an amount.
            baseline_unit: baseline.as_ref().and_then(|of| Some(of.unit.as_ref()?.printed().to_owned())),
            baseline_bound: base.bound,
            baseline_approximate: base.approximate,
            baseline_period: baseline.as_ref().and_then(|baseline| Some(baseline.period?.code())),
            target_printed: statement.map(|statement| statement.printed.clone()),
            requirement,
            target_value: aim.value,
            target_unit: aim.unit,
            target_bound: aim.bound,
            target_approximate: aim.approximate,
            accumulation: statement.map(|statement| name(statement.accumulation)).transpose()?,
            scope: statement.map(|statement| scope_name(statement.scope)),
            department_id: department.map(DepartmentId::uuid),
            started: lifecycle.started().map(FiscalYear::year),
            ended: lifecycle.ended().map(FiscalYear::year),
            total_target_printed: total.map(|total| total.target.clone()),
            total_actual_printed: total.map(|total| total.actual.clone()),
            version: FIRST_VERSION,
            continues: continues.map(IndicatorId::uuid),
            redefined: *redefined,
            weight: weight.map(|weight| weight.value().to_string()),
        });
        Ok(())
    }

    /// Replaces departments by those of the same name that are there already.
    pub(crate) fn adopt_departments(&mut self, known: &[department::Model]) {
        let mut ids = std::collections::HashMap::new();
        self.departments.retain(|row| {
            let adopted = known.iter().find(|of| of.name == row.name);
            ids.extend(adopted.map(|of| (row.id, of.id)));
            adopted.is_none()
        });
        let adopt = |id: &mut Option<Uuid>| *id = id.map(|id| ids.get(&id).copied().unwrap_or(id));
        self.nodes.iter_mut().for_each(|row| adopt(&mut row.department_id));
        self.indicators.iter_mut().for_each(|row| adopt(&mut row.department_id));
    }

    /// The strategy of the rows. Rows are taken in their stored order of position.
    pub(crate) fn into_strategy(mut self) -> StoreResult<Option<Strategy>> {
        let Some(row) = self.strategy.pop() else { return Ok(None) };
        let strategy::Model {
            municipality,
            id,
            title,
            term,
            term_number,
            first_year,
            last_year,
            report_year,
            report_title,
            report_label,
            total_heading,
            rate_heading,
            grade_heading,
            goal_remark_heading,
            remark_heading,
            attribution,
            terms,
            source_notes,
            version: _,
            previous_id,
            previous_term,
            previous_term_number,
            previous_revision,
        } = row;
        let previous = PreviousColumns {
            id: previous_id,
            term: previous_term,
            term_number: previous_term_number,
            revision: previous_revision,
        };
        let mut nodes: Vec<_> =
            self.nodes.into_iter().map(|row| Ok((row.position, node(row)?))).collect::<StoreResult<_>>()?;
        nodes.sort_by_key(|(position, _)| *position);
        let mut nodes: Vec<PlanNode> = nodes.into_iter().map(|(_, node)| node).collect();
        let mut indicators: Vec<_> = self.indicators;
        indicators.sort_by_key(|row| row.position);

        // What hangs on nodes and indicators is sorted by its owner once, and handed out in order.
        let mut hanging = Hanging {
            figures: group(self.figures, |row| row.indicator_id),
            revisions: group(self.target_revisions, |row| row.indicator_id),
            remarks: group(self.indicator_remarks, |row| row.indicator_id),
            details: group(self.details, |row| row.indicator_id),
            mappings: group(self.mappings, |row| row.indicator_id),
        };
        let mut node_remarks = group(self.node_remarks, |row| row.node_id);
        for node in &mut nodes {
            node.remarks = node_remarks
                .remove(&node.id.uuid())
                .unwrap_or_default()
                .into_iter()
                .map(|node_remark::Model { municipality: _, strategy_id: _, node_id: _, fiscal_year, text }| {
                    Ok(Remark { year: year(fiscal_year)?, text })
                })
                .collect::<StoreResult<_>>()?;
        }
        let parts = StrategyParts {
            id: StrategyId::from_uuid(id),
            municipality: parse(&municipality)?,
            title,
            term: Term { printed: term, number: u8::try_from(term_number).map_err(StoreError::corrupt)? },
            first_year: year(first_year)?,
            last_year: year(last_year)?,
            report: Report {
                year: year(report_year)?,
                title: report_title,
                label: report_label,
                total_heading,
                rate_heading,
                grade_heading,
                goal_remark_heading,
                remark_heading,
            },
            source: Source {
                attribution,
                terms,
                notes: serde_json::from_str(&source_notes).map_err(StoreError::corrupt)?,
            },
            levels: {
                let mut levels = self.levels;
                levels.sort_by_key(|row| row.position);
                levels
                    .into_iter()
                    .map(|level::Model { municipality: _, strategy_id: _, position: _, name, kind }| {
                        Ok(Level { name, kind: named(kind)? })
                    })
                    .collect::<StoreResult<_>>()?
            },
            lineage: previous.lineage(self.ancestors)?,
            departments: named_departments(self.departments, &nodes, &indicators),
            nodes,
            indicators: indicators.into_iter().map(|row| hanging.indicator(row)).collect::<StoreResult<_>>()?,
        };
        Strategy::new(parts).map(Some).map_err(StoreError::corrupt)
    }
}

/// The departments that nodes and indicators name, in the order in which the document names them first. The table holds
/// those of all strategies of the municipality.
fn named_departments(
    rows: Vec<department::Model>,
    nodes: &[PlanNode],
    indicators: &[indicator::Model],
) -> Vec<Department> {
    let mut named: Vec<Uuid> = Vec::new();
    for node in nodes {
        let own = indicators.iter().filter(|row| row.node_id == node.id.uuid()).filter_map(|row| row.department_id);
        named.extend(node.department.map(DepartmentId::uuid).into_iter().chain(own));
    }
    let mut departments: Vec<(usize, Department)> = rows
        .into_iter()
        .filter_map(|department::Model { municipality: _, id, name }| {
            let at = named.iter().position(|of| *of == id)?;
            Some((at, Department { id: DepartmentId::from_uuid(id), name }))
        })
        .collect();
    departments.sort_by_key(|(at, _)| *at);
    departments.into_iter().map(|(_, department)| department).collect()
}

/// Whose rows they are.
pub(super) struct Owner {
    pub(super) municipality: String,
    pub(super) strategy: Uuid,
}

type ByOwner<R> = std::collections::HashMap<Uuid, Vec<R>>;

fn group<R>(rows: Vec<R>, owner: fn(&R) -> Uuid) -> ByOwner<R> {
    let mut groups = ByOwner::new();
    for row in rows {
        groups.entry(owner(&row)).or_default().push(row);
    }
    groups
}

/// Indicators with their figures, and without what else hangs on them.
pub(crate) fn with_figures(rows: Vec<indicator::Model>, figures: Vec<figure::Model>) -> StoreResult<Vec<Indicator>> {
    let mut hanging = Hanging {
        figures: group(figures, |row| row.indicator_id),
        revisions: ByOwner::new(),
        remarks: ByOwner::new(),
        details: ByOwner::new(),
        mappings: ByOwner::new(),
    };
    rows.into_iter().map(|row| hanging.indicator(row)).collect()
}

fn node(row: plan_node::Model) -> StoreResult<PlanNode> {
    let plan_node::Model {
        municipality: _,
        strategy_id: _,
        id,
        parent_id,
        level,
        position: _,
        number,
        title,
        department_id,
        started,
        ended,
        no_indicator_reason,
        no_indicator_mark,
        version: _,
        continues,
    } = row;
    Ok(PlanNode {
        id: NodeId::from_uuid(id),
        parent: parent_id.map(NodeId::from_uuid),
        level: usize::try_from(level).map_err(StoreError::corrupt)?,
        number,
        title,
        department: department_id.map(DepartmentId::from_uuid),
        lifecycle: lifecycle(started, ended)?,
        no_indicator: no_indicator_reason.map(|reason| NoIndicator { reason, mark: no_indicator_mark }),
        remarks: Vec::new(),
        continues: continues.map(NodeId::from_uuid),
    })
}

/// What hangs on indicators, by indicator.
struct Hanging {
    figures: ByOwner<figure::Model>,
    revisions: ByOwner<target_revision::Model>,
    remarks: ByOwner<indicator_remark::Model>,
    details: ByOwner<indicator_detail::Model>,
    mappings: ByOwner<mapping::Model>,
}

impl Hanging {
    #[expect(clippy::too_many_lines, reason = "a row of many columns, each named once")]
    fn indicator(&mut self, row: indicator::Model) -> StoreResult<Indicator> {
        let indicator::Model {
            municipality: _,
            strategy_id: _,
            id,
            node_id,
            position: _,
            label,
            role,
            monitored_reason,
            unit: unit_printed,
            direction,
            baseline_printed,
            baseline_value,
            baseline_unit,
            baseline_bound,
            baseline_approximate,
            baseline_period,
            target_printed,
            requirement,
            target_value,
            target_unit,
            target_bound,
            target_approximate,
            accumulation,
            scope: stored_scope,
            department_id,
            started,
            ended,
            total_target_printed,
            total_actual_printed,
            version: _,
            continues,
            redefined,
            weight,
        } = row;
        let missing = |what: &str| StoreError::corrupt(format!("the indicator {id} has no {what}"));
        let mut target = || -> StoreResult<Target> {
            let amount = AmountColumns {
                value: target_value.clone(),
                unit: target_unit.clone(),
                bound: target_bound.clone(),
                approximate: target_approximate,
            };
            let kind = requirement.clone().ok_or_else(|| missing("requirement"))?;
            Ok(Target {
                statement: TargetStatement {
                    printed: target_printed.clone().ok_or_else(|| missing("target"))?,
                    requirement: RequirementColumns { kind, amount }.requirement()?,
                    accumulation: named(accumulation.clone().ok_or_else(|| missing("accumulation"))?)?,
                    scope: scope(stored_scope.as_deref().ok_or_else(|| missing("scope"))?)?,
                },
                superseded: superseded(self.revisions.remove(&id).unwrap_or_default())?,
            })
        };
        let role = match role.as_str() {
            "goal_target" => Role::GoalTarget(target()?),
            "kpi" => Role::Kpi(target()?),
            "monitored" => Role::Monitored { reason: monitored_reason },
            other => return Err(StoreError::corrupt(format!("{other} is not a role"))),
        };
        let baseline = match baseline_printed {
            None => None,
            Some(printed) => {
                let amount = AmountColumns {
                    // The unit of the amount is that of the baseline.
                    unit: baseline_unit.clone().filter(|_| baseline_value.is_some()),
                    value: baseline_value,
                    bound: baseline_bound,
                    approximate: baseline_approximate,
                };
                Some(Baseline {
                    printed,
                    amount: amount.amount()?,
                    unit: unit(baseline_unit)?,
                    period: baseline_period.as_deref().map(parse).transpose()?,
                })
            }
        };
        let total =
            total_target_printed.zip(total_actual_printed).map(|(target, actual)| PrintedTotal { target, actual });
        let remarks = self.remarks.remove(&id).unwrap_or_default();
        let mut details = self.details.remove(&id).unwrap_or_default();
        details.sort_by_key(|row| row.position);
        Ok(Indicator {
            id: IndicatorId::from_uuid(id),
            node: NodeId::from_uuid(node_id),
            label,
            role,
            unit: unit(unit_printed)?,
            direction: named(direction)?,
            baseline,
            figures: figures(self.figures.remove(&id).unwrap_or_default(), total)?,
            remarks: remarks
                .into_iter()
                .map(
                    |indicator_remark::Model {
                         municipality: _,
                         strategy_id: _,
                         indicator_id: _,
                         fiscal_year,
                         text,
                     }| Ok(Remark { year: year(fiscal_year)?, text }),
                )
                .collect::<StoreResult<_>>()?,
            department: department_id.map(DepartmentId::from_uuid),
            lifecycle: lifecycle(started, ended)?,
            details: details
                .into_iter()
                .map(
                    |indicator_detail::Model {
                         municipality: _,
                         strategy_id: _,
                         indicator_id: _,
                         position: _,
                         heading,
                         text,
                     }| Detail { heading, text },
                )
                .collect(),
            mappings: mappings(self.mappings.remove(&id).unwrap_or_default())?,
            weight: weight.map(|weight| Weight::new(parse(&weight)?).map_err(StoreError::corrupt)).transpose()?,
            continues: continues.map(IndicatorId::from_uuid),
            redefined,
        })
    }
}

fn superseded(mut rows: Vec<target_revision::Model>) -> StoreResult<Vec<SupersededTarget>> {
    rows.sort_by_key(|row| row.number);
    rows.into_iter()
        .map(|row| {
            let target_revision::Model {
                municipality: _,
                strategy_id: _,
                indicator_id: _,
                number: _,
                replaced,
                reason,
                statement,
                yearly,
            } = row;
            Ok(SupersededTarget {
                statement: serde_json::from_str(&statement).map_err(StoreError::corrupt)?,
                yearly: serde_json::from_str(&yearly).map_err(StoreError::corrupt)?,
                replaced: parse(&replaced)?,
                reason,
            })
        })
        .collect()
}
