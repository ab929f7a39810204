//! Mappings and lineage from and to domain values.

use sea_orm::prelude::Uuid;
use shirube_domain::{
    IndicatorId, NodeId, StrategyId,
    lint::Subject,
    strategy::{Ancestor, Decision, Lineage, Mapping, MappingParts, Term},
};

use super::{
    authoring::{ancestor, mapping},
    convert::{Owner, name, named, parse, small, unit},
};
use crate::{StoreError, StoreResult};

const NODE: &str = "node";
const INDICATOR: &str = "indicator";

pub(super) fn mapping_rows(
    owner: &Owner,
    indicator: IndicatorId,
    mappings: &[Mapping],
) -> StoreResult<Vec<mapping::Model>> {
    let row = |(position, of): (usize, &Mapping)| {
        let MappingParts { standard, strength, factor, differences, reason, decided } = of.parts();
        Ok(mapping::Model {
            municipality: owner.municipality.clone(),
            strategy_id: owner.strategy,
            indicator_id: indicator.uuid(),
            standard_indicator_id: standard.clone(),
            position: small(position)?,
            strength: name(strength)?,
            factor: factor.map(|factor| factor.to_string()),
            differences: serde_json::to_string(differences).map_err(StoreError::corrupt)?,
            reason: reason.clone(),
            decided_by: decided.as_ref().and_then(|of| of.by.clone()),
            decided_on: decided.as_ref().map(|of| of.on),
        })
    };
    mappings.iter().enumerate().map(row).collect()
}

pub(super) fn mappings(mut rows: Vec<mapping::Model>) -> StoreResult<Vec<Mapping>> {
    rows.sort_by_key(|row| row.position);
    rows.into_iter()
        .map(|row| {
            let mapping::Model {
                municipality: _,
                strategy_id: _,
                indicator_id: _,
                standard_indicator_id,
                position: _,
                strength,
                factor,
                differences,
                reason,
                decided_by: by,
                decided_on,
            } = row;
            Mapping::new(MappingParts {
                standard: standard_indicator_id,
                strength: named(strength)?,
                factor: factor.map(|factor| parse(&factor)).transpose()?,
                differences: serde_json::from_str(&differences).map_err(StoreError::corrupt)?,
                reason,
                decided: decided_on.map(|on| Decision { by, on }),
            })
            .map_err(StoreError::corrupt)
        })
        .collect()
}

/// The columns of the strategy's own row that say from what it was made.
#[derive(Default)]
pub(super) struct PreviousColumns {
    pub(super) id: Option<Uuid>,
    pub(super) term: Option<String>,
    pub(super) term_number: Option<i16>,
    pub(super) revision: Option<i32>,
}

impl PreviousColumns {
    pub(super) fn of(lineage: Option<&Lineage>) -> StoreResult<Self> {
        let Some(Lineage { previous, term, revision, ancestors: _ }) = lineage else { return Ok(Self::default()) };
        Ok(Self {
            id: Some(previous.uuid()),
            term: Some(term.printed.clone()),
            term_number: Some(term.number.into()),
            revision: revision.map(i32::try_from).transpose().map_err(StoreError::corrupt)?,
        })
    }

    pub(super) fn lineage(self, mut rows: Vec<ancestor::Model>) -> StoreResult<Option<Lineage>> {
        let Self { id, term, term_number, revision } = self;
        let (Some(id), Some(printed), Some(number)) = (id, term, term_number) else { return Ok(None) };
        rows.sort_by_key(|row| row.position);
        Ok(Some(Lineage {
            previous: StrategyId::from_uuid(id),
            term: Term { printed, number: u8::try_from(number).map_err(StoreError::corrupt)? },
            revision: revision.map(u32::try_from).transpose().map_err(StoreError::corrupt)?,
            ancestors: rows.into_iter().map(ancestor).collect::<StoreResult<_>>()?,
        }))
    }
}

pub(super) fn ancestor_rows(owner: &Owner, lineage: Option<&Lineage>) -> StoreResult<Vec<ancestor::Model>> {
    let row = |(position, of): (usize, &Ancestor)| {
        let Ancestor { subject, name: title, role, unit, direction, dropped } = of;
        let (subject_kind, subject_id) = match subject {
            Subject::Node(id) => (NODE, id.uuid()),
            Subject::Indicator(id) => (INDICATOR, id.uuid()),
        };
        Ok(ancestor::Model {
            municipality: owner.municipality.clone(),
            strategy_id: owner.strategy,
            subject_kind: subject_kind.to_owned(),
            subject_id,
            position: small(position)?,
            name: title.clone(),
            role: role.map(name).transpose()?,
            unit: unit.as_ref().map(|unit| unit.printed().to_owned()),
            direction: direction.map(name).transpose()?,
            dropped: dropped.clone(),
        })
    };
    lineage.into_iter().flat_map(|lineage| &lineage.ancestors).enumerate().map(row).collect()
}

fn ancestor(row: ancestor::Model) -> StoreResult<Ancestor> {
    let ancestor::Model {
        municipality: _,
        strategy_id: _,
        subject_kind,
        subject_id,
        position: _,
        name,
        role,
        unit: printed,
        direction,
        dropped,
    } = row;
    Ok(Ancestor {
        subject: match subject_kind.as_str() {
            NODE => Subject::Node(NodeId::from_uuid(subject_id)),
            INDICATOR => Subject::Indicator(IndicatorId::from_uuid(subject_id)),
            other => return Err(StoreError::corrupt(format!("{other} is not a part of a strategy"))),
        },
        name,
        role: role.map(named).transpose()?,
        unit: unit(printed)?,
        direction: direction.map(named).transpose()?,
        dropped,
    })
}
