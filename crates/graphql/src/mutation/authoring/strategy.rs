//! The frame of a draft, its levels, and its next term.

use async_graphql::{Context, ID, InputObject, Object, Result};
use shirube_domain::{
    edit::{Edit, FrameEdit},
    strategy::{NextTerm, Term},
};

use super::{
    Asked, draft_strategy, edited,
    inputs::{LevelInput, ReportInput, SourceInput, frame_edit},
    key_of,
};
use crate::{
    id::StrategyKey,
    mutation::{payload, settled, strategy_key},
    query::{scope, service},
    scalars::FiscalYear,
    types::Strategy,
};

#[derive(Default)]
pub(super) struct FrameMutation;

/// Changes the frame of a draft. What is absent stays as it is.
#[derive(InputObject)]
pub(crate) struct UpdateStrategyInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The id of the draft.
    id: ID,
    /// Its version as it was read.
    version: i32,
    /// The title as printed.
    title: Option<String>,
    /// The term as printed.
    term: Option<String>,
    /// The number of the term.
    term_number: Option<u8>,
    /// The first fiscal year.
    first_year: Option<FiscalYear>,
    /// The last fiscal year. Years that come to the plan are still to be reported.
    last_year: Option<FiscalYear>,
    /// The printed report.
    report: Option<ReportInput>,
    /// Where it comes from.
    source: Option<SourceInput>,
    /// Why, for the audit trail.
    reason: Option<String>,
}

payload!(UpdateStrategyPayload {
    /// The draft since; or as it is, if it was changed since it was read.
    strategy: Strategy,
});

/// Sets the levels of a draft, as a whole.
#[derive(InputObject)]
pub(crate) struct SetLevelsInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The id of the draft.
    id: ID,
    /// Its version as it was read.
    version: i32,
    /// The levels, from the top. One that is left out must have no nodes.
    levels: Vec<LevelInput>,
    /// Why, for the audit trail.
    reason: Option<String>,
}

payload!(SetLevelsPayload {
    /// The draft since; or as it is, if it was changed since it was read.
    strategy: Strategy,
});

/// Makes the frame of the next term from a strategy.
#[derive(InputObject)]
pub(crate) struct CopyStrategyInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The id of the strategy, as a draft or in one of its revisions.
    id: ID,
    /// The title of the next one.
    title: String,
    /// Its term as printed.
    term: String,
    /// The number of its term.
    term_number: u8,
    /// Its first fiscal year.
    first_year: FiscalYear,
    /// Its last fiscal year.
    last_year: FiscalYear,
    /// Whether baselines and targets are taken over, to be changed where they differ. Without them, each indicator is
    /// MONITORED until it is given its target.
    #[graphql(default = false)]
    targets: bool,
}

payload!(CopyStrategyPayload {
    /// The draft of the next term.
    strategy: Strategy,
});

/// Says why something of the previous term was dropped.
#[derive(InputObject)]
pub(crate) struct ExplainDroppedInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The id of the draft.
    id: ID,
    /// Its version as it was read.
    version: i32,
    /// The key of what was dropped, which `lineage` tells as `previousKey`.
    key: String,
    /// Why; null takes the reason away.
    reason: Option<String>,
}

payload!(ExplainDroppedPayload {
    /// The draft since; or as it is, if it was changed since it was read.
    strategy: Strategy,
});

#[Object]
impl FrameMutation {
    /// Changes title, term, years, report or source of a draft.
    async fn update_strategy(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which draft, and what changes.")] input: UpdateStrategyInput,
    ) -> Result<Option<UpdateStrategyPayload>> {
        let client_mutation_id = input.client_mutation_id.clone();
        let asked = draft_strategy(context, &input.id, "id").map(|place| {
            let edit = FrameEdit {
                title: input.title,
                term: input.term,
                term_number: input.term_number,
                first_year: input.first_year.map(|year| year.0),
                last_year: input.last_year.map(|year| year.0),
                ..frame_edit(input.report, input.source)
            };
            Asked { place, edit: Edit::Frame(edit), version: Some(input.version), reason: input.reason }
        });
        let (strategy, user_errors) = edited(context, asked).await?;
        Ok(Some(UpdateStrategyPayload { client_mutation_id, strategy, user_errors }))
    }

    /// Sets the levels (階層) of a draft: adds, renames, orders and removes them.
    async fn set_levels(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which draft, and its levels.")] input: SetLevelsInput,
    ) -> Result<Option<SetLevelsPayload>> {
        let client_mutation_id = input.client_mutation_id.clone();
        let asked = draft_strategy(context, &input.id, "id").map(|place| {
            let edit = Edit::Levels(input.levels.into_iter().map(LevelInput::into_domain).collect());
            Asked { place, edit, version: Some(input.version), reason: input.reason }
        });
        let (strategy, user_errors) = edited(context, asked).await?;
        Ok(Some(SetLevelsPayload { client_mutation_id, strategy, user_errors }))
    }

    /// Makes the draft of the next term (次期戦略) from a strategy: its nodes and indicators without figures and remarks,
    /// each with what it continues. `lineage` tells what became of everything since.
    async fn copy_strategy(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which strategy, and the frame of the next one.")] input: CopyStrategyInput,
    ) -> Result<Option<CopyStrategyPayload>> {
        let copied = async {
            let StrategyKey { municipality, strategy, revision } = strategy_key(&input.id, "id")?;
            let next = NextTerm {
                title: input.title,
                term: Term { printed: input.term, number: input.term_number },
                first_year: input.first_year.0,
                last_year: input.last_year.0,
                targets: input.targets,
            };
            service(context).copy_strategy(scope(context), municipality, strategy, revision, next).await
        };
        let (version, user_errors) = settled(copied.await)?;
        let strategy = version.map(|version| Strategy { history: None, version });
        Ok(Some(CopyStrategyPayload { client_mutation_id: input.client_mutation_id, strategy, user_errors }))
    }

    /// Says why something of the previous term has nothing that continues it.
    async fn explain_dropped(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Of which draft, what, and why.")] input: ExplainDroppedInput,
    ) -> Result<Option<ExplainDroppedPayload>> {
        let client_mutation_id = input.client_mutation_id.clone();
        let asked = draft_strategy(context, &input.id, "id").and_then(|place| {
            let edit = Edit::ExplainDropped(key_of("key", &input.key)?, input.reason);
            Ok(Asked { place, edit, version: Some(input.version), reason: None })
        });
        let (strategy, user_errors) = edited(context, asked).await?;
        Ok(Some(ExplainDroppedPayload { client_mutation_id, strategy, user_errors }))
    }
}
