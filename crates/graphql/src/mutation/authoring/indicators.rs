//! The indicators of a draft, and what hangs on them.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, Result};
use shirube_domain::{
    Error, IndicatorId,
    edit::{Edit, IndicatorFields, NewIndicator},
    lint::Subject,
};
use uuid::Uuid;

use super::{
    Asked, change_of, department_of, draft_indicator, draft_node, draft_part, edited,
    inputs::{DetailInput, MappingInput, PrintedTotalInput, TargetInput, YearFiguresInput, YearTargetInput, period},
    key_of, node_within,
    nodes::set,
    year_of,
};
use crate::{
    mutation::payload,
    scalars::{Decimal, FiscalYear},
    types::{Direction, Indicator, IndicatorRole, Strategy},
};

#[derive(Default)]
pub(super) struct IndicatorMutation;

#[derive(Default)]
pub(super) struct FigureMutation;

/// Adds an indicator to a node of a draft.
#[derive(InputObject)]
pub(crate) struct CreateIndicatorInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The id of the node in the draft on which it hangs.
    node: ID,
    /// Its place among the indicators of the node, from 0; the last if absent.
    position: Option<usize>,
    /// Its label as printed.
    label: String,
    /// Its role.
    role: IndicatorRole,
    /// Why an indicator that is only followed has no target, as printed.
    monitored_reason: Option<String>,
    /// The unit of its figures as printed: 千人, ％.
    unit: Option<String>,
    /// Which way is better.
    direction: Direction,
    /// The baseline as printed: 36.7％（令和元年）.
    baseline: Option<String>,
    /// The target, for a GOAL_TARGET or KPI.
    target: Option<TargetInput>,
    /// What else the document prints about it.
    details: Option<Vec<DetailInput>>,
    /// How much it counts where grades of many are put together: above 0, up to 1000; what has none counts 1.
    weight: Option<Decimal>,
    /// The id of the department that owns it.
    department: Option<ID>,
    /// The first year in which it is followed, where it is not the plan's. Without it and `ended`, the years of its node
    /// hold.
    started: Option<FiscalYear>,
    /// The last year in which it is followed, where it is not the plan's.
    ended: Option<FiscalYear>,
    /// The cells of its years. A year of the plan that is not given is still to be reported.
    figures: Option<Vec<YearFiguresInput>>,
    /// The cells of the total column, only where they are not the sums of the years.
    total: Option<PrintedTotalInput>,
    /// The key of the indicator of the previous term that it continues.
    continues: Option<String>,
    /// Whether it measures something else than that one, though unit and direction are the same.
    redefined: Option<bool>,
}

payload!(CreateIndicatorPayload {
    /// The indicator.
    indicator: Indicator,
});

/// Changes an indicator of a draft. What is absent stays as it is; null takes away what may be absent.
#[derive(InputObject)]
pub(crate) struct UpdateIndicatorInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The id of the indicator in the draft.
    id: ID,
    /// Its version as it was read.
    version: i32,
    /// Its label as printed.
    label: Option<String>,
    /// Its role. What becomes MONITORED loses its target.
    role: Option<IndicatorRole>,
    /// Why an indicator that is only followed has no target, as printed.
    monitored_reason: MaybeUndefined<String>,
    /// The unit of its figures as printed.
    unit: MaybeUndefined<String>,
    /// Which way is better. What a target requires stays as it was read, unless the target is given anew.
    direction: Option<Direction>,
    /// The baseline as printed.
    baseline: MaybeUndefined<String>,
    /// The target: a correction of what was entered. `reviseTarget` replaces a target in the middle of the plan.
    target: Option<TargetInput>,
    /// What else the document prints about it, as a whole.
    details: Option<Vec<DetailInput>>,
    /// How much it counts where grades of many are put together: above 0, up to 1000. Null counts 1, as what has none does.
    weight: MaybeUndefined<Decimal>,
    /// The id of the department that owns it.
    department: MaybeUndefined<ID>,
    /// The first year in which it is followed, where it is not the plan's.
    started: MaybeUndefined<FiscalYear>,
    /// The last year in which it is followed, where it is not the plan's.
    ended: MaybeUndefined<FiscalYear>,
    /// The key of the indicator of the previous term that it continues.
    continues: MaybeUndefined<String>,
    /// Whether it measures something else than that one, though unit and direction are the same.
    redefined: Option<bool>,
    /// Why, for the audit trail.
    reason: Option<String>,
}

payload!(UpdateIndicatorPayload {
    /// The indicator since; or as it is, if it was changed since it was read.
    indicator: Indicator,
});

/// Moves an indicator of a draft.
#[derive(InputObject)]
pub(crate) struct MoveIndicatorInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The id of the indicator in the draft.
    id: ID,
    /// Its version as it was read.
    version: i32,
    /// The id of the node on which it comes to hang; absent if it stays on the same one.
    node: Option<ID>,
    /// Its place among the indicators of the node, from 0; the last if absent.
    position: Option<usize>,
    /// Why, for the audit trail.
    reason: Option<String>,
}

payload!(MoveIndicatorPayload {
    /// The indicator since; or as it is, if it was changed since it was read.
    indicator: Indicator,
});

/// Ends an indicator of a draft.
#[derive(InputObject)]
pub(crate) struct EndIndicatorInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The id of the indicator in the draft.
    id: ID,
    /// Its version as it was read.
    version: i32,
    /// Its last year.
    year: FiscalYear,
    /// Why, for the audit trail.
    reason: Option<String>,
}

payload!(EndIndicatorPayload {
    /// The indicator since; or as it is, if it was changed since it was read.
    indicator: Indicator,
});

/// Removes an indicator of a draft that was never published.
#[derive(InputObject)]
pub(crate) struct DeleteIndicatorInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The id of the indicator in the draft.
    id: ID,
    /// Its version as it was read.
    version: i32,
    /// Why, for the audit trail.
    reason: Option<String>,
}

payload!(DeleteIndicatorPayload {
    /// The draft since; or as it is, if the indicator was changed since it was read.
    strategy: Strategy,
});

/// Sets cells of an indicator's years: yearly targets, actuals of years that were there before the reporting began, and the
/// rates and grades that the document itself prints.
#[derive(InputObject)]
pub(crate) struct SetFiguresInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The id of the indicator in the draft.
    id: ID,
    /// Its version as it was read.
    version: i32,
    /// The years that change, each once. They lie in the plan, or at most 10 years outside it.
    figures: Vec<YearFiguresInput>,
    /// The cells of the total column, only where they are not the sums of the years; null takes them away.
    total: MaybeUndefined<PrintedTotalInput>,
    /// Why, for the audit trail.
    reason: Option<String>,
}

payload!(SetFiguresPayload {
    /// The indicator since; or as it is, if it was changed since it was read.
    indicator: Indicator,
});

/// Sets the remark of a year on an indicator.
#[derive(InputObject)]
pub(crate) struct SetRemarkInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The id of the node or indicator in the draft.
    id: ID,
    /// Its version as it was read.
    version: i32,
    /// The fiscal year whose result it explains.
    year: FiscalYear,
    /// The text as printed; null takes the remark away.
    text: Option<String>,
    /// Why, for the audit trail.
    reason: Option<String>,
}

payload!(SetRemarkPayload {
    /// The draft since; or as it is, if what is remarked on was changed since it was read.
    strategy: Strategy,
});

/// Replaces the target of an indicator in the middle of the plan.
#[derive(InputObject)]
pub(crate) struct ReviseTargetInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The id of the indicator in the draft.
    id: ID,
    /// Its version as it was read.
    version: i32,
    /// The new target.
    target: TargetInput,
    /// The yearly targets that change with it.
    yearly: Option<Vec<YearTargetInput>>,
    /// When it was replaced: 平成30年3月, FY2023, 2024-03-31.
    replaced: String,
    /// Why.
    reason: String,
}

payload!(ReviseTargetPayload {
    /// The indicator since; or as it is, if it was changed since it was read.
    indicator: Indicator,
});

/// Says to which standard indicators an indicator corresponds.
#[derive(InputObject)]
pub(crate) struct SetMappingsInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The id of the indicator in the draft.
    id: ID,
    /// Its version as it was read.
    version: i32,
    /// The mappings, as a whole; an empty list takes them away.
    mappings: Vec<MappingInput>,
    /// Why, for the audit trail.
    reason: Option<String>,
}

payload!(SetMappingsPayload {
    /// The indicator since; or as it is, if it was changed since it was read.
    indicator: Indicator,
});

#[Object]
impl IndicatorMutation {
    /// Adds an indicator (指標) to a node of a draft. What is printed is given as printed, and read.
    async fn create_indicator(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Where, and what.")] input: CreateIndicatorInput,
    ) -> Result<Option<CreateIndicatorPayload>> {
        let client_mutation_id = input.client_mutation_id.clone();
        let asked = draft_node(context, &input.node, "node").and_then(|(place, node)| {
            let fields = IndicatorFields {
                label: Some(input.label),
                role: Some(input.role.into()),
                monitored_reason: set(input.monitored_reason),
                unit: set(input.unit),
                direction: Some(input.direction.into()),
                baseline: set(input.baseline),
                target: input.target.map(Into::into),
                weight: set(input.weight.map(|weight| weight.0)),
                details: input.details.map(|details| details.into_iter().map(Into::into).collect()),
                department: department_of(place, set(input.department))?,
                started: set(input.started.map(|year| year.0)),
                ended: set(input.ended.map(|year| year.0)),
                continues: set(input.continues).read(|key| continued(&key))?,
                redefined: input.redefined,
            };
            let new = NewIndicator {
                id: IndicatorId::from_uuid(Uuid::now_v7()),
                node,
                position: input.position,
                fields,
                figures: input.figures.unwrap_or_default().into_iter().map(Into::into).collect(),
                total: input.total.map(Into::into),
            };
            Ok(Asked { place, edit: Edit::CreateIndicator(Box::new(new)), version: None, reason: None })
        });
        let (indicator, user_errors) = edited(context, asked).await?;
        Ok(Some(CreateIndicatorPayload { client_mutation_id, indicator, user_errors }))
    }

    /// Changes label, role, unit, baseline, target and the rest of an indicator.
    async fn update_indicator(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which indicator, and what changes.")] input: UpdateIndicatorInput,
    ) -> Result<Option<UpdateIndicatorPayload>> {
        let client_mutation_id = input.client_mutation_id.clone();
        let asked = draft_indicator(context, &input.id, "id").and_then(|(place, id)| {
            let fields = IndicatorFields {
                label: input.label,
                role: input.role.map(Into::into),
                monitored_reason: change_of(input.monitored_reason),
                unit: change_of(input.unit),
                direction: input.direction.map(Into::into),
                baseline: change_of(input.baseline),
                target: input.target.map(Into::into),
                weight: change_of(input.weight).read(|weight| Ok::<_, Error>(weight.0))?,
                details: input.details.map(|details| details.into_iter().map(Into::into).collect()),
                department: department_of(place, change_of(input.department))?,
                started: year_of(input.started),
                ended: year_of(input.ended),
                continues: change_of(input.continues).read(|key| continued(&key))?,
                redefined: input.redefined,
            };
            let edit = Edit::UpdateIndicator(id, Box::new(fields));
            Ok(Asked { place, edit, version: Some(input.version), reason: input.reason })
        });
        let (indicator, user_errors) = edited(context, asked).await?;
        Ok(Some(UpdateIndicatorPayload { client_mutation_id, indicator, user_errors }))
    }

    /// Moves an indicator to another node, or to another place on its own.
    async fn move_indicator(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which indicator, and where.")] input: MoveIndicatorInput,
    ) -> Result<Option<MoveIndicatorPayload>> {
        let client_mutation_id = input.client_mutation_id.clone();
        let asked = draft_indicator(context, &input.id, "id").and_then(|(place, id)| {
            let node = input.node.map(|id| node_within(place, &id, "node")).transpose()?;
            let edit = Edit::MoveIndicator { id, node, position: input.position };
            Ok(Asked { place, edit, version: Some(input.version), reason: input.reason })
        });
        let (indicator, user_errors) = edited(context, asked).await?;
        Ok(Some(MoveIndicatorPayload { client_mutation_id, indicator, user_errors }))
    }

    /// Ends an indicator: it is followed to this year. It is how something that was published goes.
    async fn end_indicator(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which indicator, and its last year.")] input: EndIndicatorInput,
    ) -> Result<Option<EndIndicatorPayload>> {
        let client_mutation_id = input.client_mutation_id.clone();
        let asked = draft_indicator(context, &input.id, "id").map(|(place, id)| {
            let edit = Edit::End(Subject::Indicator(id), input.year.0);
            Asked { place, edit, version: Some(input.version), reason: input.reason }
        });
        let (indicator, user_errors) = edited(context, asked).await?;
        Ok(Some(EndIndicatorPayload { client_mutation_id, indicator, user_errors }))
    }

    /// Removes an indicator that was never published.
    async fn delete_indicator(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which indicator.")] input: DeleteIndicatorInput,
    ) -> Result<Option<DeleteIndicatorPayload>> {
        let client_mutation_id = input.client_mutation_id.clone();
        let asked = draft_indicator(context, &input.id, "id").map(|(place, id)| {
            let edit = Edit::DeleteIndicator(id);
            Asked { place, edit, version: Some(input.version), reason: input.reason }
        });
        let (strategy, user_errors) = edited(context, asked).await?;
        Ok(Some(DeleteIndicatorPayload { client_mutation_id, strategy, user_errors }))
    }
}

#[Object]
impl FigureMutation {
    /// Sets yearly targets (年度別目標値) and actuals (実績値) of an indicator, as printed.
    async fn set_figures(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which indicator, and its cells.")] input: SetFiguresInput,
    ) -> Result<Option<SetFiguresPayload>> {
        let client_mutation_id = input.client_mutation_id.clone();
        let asked = draft_indicator(context, &input.id, "id").map(|(place, id)| {
            let edit = Edit::Figures {
                id,
                years: input.figures.into_iter().map(Into::into).collect(),
                total: change_of(input.total.map_value(Into::into)),
            };
            Asked { place, edit, version: Some(input.version), reason: input.reason }
        });
        let (indicator, user_errors) = edited(context, asked).await?;
        Ok(Some(SetFiguresPayload { client_mutation_id, indicator, user_errors }))
    }

    /// Sets the remark (所見, 増減理由及び今後の取り組み) of a fiscal year on a node or indicator.
    async fn set_remark(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "On what, of which year, and the text.")] input: SetRemarkInput,
    ) -> Result<Option<SetRemarkPayload>> {
        let client_mutation_id = input.client_mutation_id.clone();
        let asked = draft_part(context, &input.id, "id").map(|(place, subject)| {
            let edit = Edit::Remark(subject, input.year.0, input.text);
            Asked { place, edit, version: Some(input.version), reason: input.reason }
        });
        let (strategy, user_errors) = edited(context, asked).await?;
        Ok(Some(SetRemarkPayload { client_mutation_id, strategy, user_errors }))
    }

    /// Replaces a target in the middle of the plan (目標の見直し). The one before is kept, with its yearly targets, the date
    /// and the reason.
    async fn revise_target(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Of which indicator, the new target, when and why.")] input: ReviseTargetInput,
    ) -> Result<Option<ReviseTargetPayload>> {
        let client_mutation_id = input.client_mutation_id.clone();
        let asked = draft_indicator(context, &input.id, "id").and_then(|(place, id)| {
            let yearly = input.yearly.unwrap_or_default().into_iter();
            let edit = Edit::ReviseTarget {
                id,
                target: input.target.into(),
                yearly: yearly.map(|YearTargetInput { year, target }| (year.0, target)).collect(),
                replaced: period("replaced", &input.replaced)?,
                reason: input.reason,
            };
            Ok(Asked { place, edit, version: Some(input.version), reason: None })
        });
        let (indicator, user_errors) = edited(context, asked).await?;
        Ok(Some(ReviseTargetPayload { client_mutation_id, indicator, user_errors }))
    }

    /// Says to which standard indicators (標準指標) an indicator corresponds, and how far.
    async fn set_mappings(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which indicator, and its mappings.")] input: SetMappingsInput,
    ) -> Result<Option<SetMappingsPayload>> {
        let client_mutation_id = input.client_mutation_id.clone();
        let asked = draft_indicator(context, &input.id, "id").map(|(place, id)| {
            let edit = Edit::Mappings(id, input.mappings.into_iter().map(Into::into).collect());
            Asked { place, edit, version: Some(input.version), reason: input.reason }
        });
        let (indicator, user_errors) = edited(context, asked).await?;
        Ok(Some(SetMappingsPayload { client_mutation_id, indicator, user_errors }))
    }
}

fn continued(key: &str) -> Result<IndicatorId, Error> {
    key_of("continues", key).map(IndicatorId::from_uuid)
}
