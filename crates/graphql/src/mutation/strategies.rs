//! Strategies: made from a document, published, removed while they are drafts.

use async_graphql::{Context, ID, InputObject, Object, Result};
use shirube_domain::Error;

use super::{authoring::StrategyFrameInput, draft_id, payload, settled};
use crate::{
    query::{scope, service},
    scalars::{MunicipalityCode, StrategyDocument},
    types::Strategy,
};

#[derive(Default)]
pub(super) struct StrategyMutation;

/// Makes a draft: of a whole strategy, or of a frame to begin with. Give `document` or `frame`.
#[derive(InputObject)]
pub(crate) struct CreateStrategyInput {
    /// Given back as it is.
    client_mutation_id: Option<String>,
    /// The municipality whose strategy it is.
    municipality: MunicipalityCode,
    /// The strategy. What is wrong with it is told with its place, such as `input`, `document`, `plan`, `0`, `title`.
    document: Option<StrategyDocument>,
    /// The frame of a strategy without nodes, to be filled edit by edit.
    frame: Option<StrategyFrameInput>,
}

payload!(CreateStrategyPayload {
    /// The draft.
    strategy: Strategy,
});

/// Publishes a draft as the next revision of its strategy.
#[derive(InputObject)]
pub(crate) struct PublishStrategyInput {
    /// Given back as it is.
    client_mutation_id: Option<String>,
    /// The id of the draft.
    id: ID,
    /// What readers should know of this revision, on one line.
    note: Option<String>,
}

payload!(PublishStrategyPayload {
    /// The strategy as published.
    strategy: Strategy,
});

/// Removes a draft of which nothing was ever published.
#[derive(InputObject)]
pub(crate) struct DeleteStrategyInput {
    /// Given back as it is.
    client_mutation_id: Option<String>,
    /// The id of the draft.
    id: ID,
}

payload!(DeleteStrategyPayload {
    /// The draft as it was.
    strategy: Strategy,
});

#[Object]
impl StrategyMutation {
    /// Makes a draft of a strategy (総合戦略): of a whole one from one document, all of it or nothing; or of a frame alone.
    async fn create_strategy(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The strategy.")] input: CreateStrategyInput,
    ) -> Result<Option<CreateStrategyPayload>> {
        let code = input.municipality.0.current();
        let app = service(context);
        let made = match (input.document, input.frame) {
            (Some(document), None) => app.create_strategy(scope(context), code, &document.0).await,
            (None, Some(frame)) => {
                let made = app.begin_strategy(scope(context), frame.into_domain(code)).await;
                made.map_err(|error| error.within("frame"))
            }
            _ => Err(Error::bad_input("document", "give document or frame, one of the two")),
        };
        let (version, user_errors) = settled(made)?;
        let strategy = version.map(|version| Strategy { history: None, version });
        Ok(Some(CreateStrategyPayload { client_mutation_id: input.client_mutation_id, strategy, user_errors }))
    }

    /// Publishes (公表) a draft as it is stored: the next revision, numbered and hashed, which never changes.
    async fn publish_strategy(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which draft.")] input: PublishStrategyInput,
    ) -> Result<Option<PublishStrategyPayload>> {
        let app = service(context);
        let published = async {
            let (code, id) = draft_id(&input.id, "id")?;
            app.publish_strategy(scope(context), code, id, input.note).await?;
            app.strategy(code, id).ok_or(Error::NotFound { what: "the strategy" })
        };
        let (history, user_errors) = settled(published.await)?;
        let strategy = history.map(Strategy::latest);
        Ok(Some(PublishStrategyPayload { client_mutation_id: input.client_mutation_id, strategy, user_errors }))
    }

    /// Removes a draft of which nothing was ever published. What was published stays.
    async fn delete_strategy(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which draft.")] input: DeleteStrategyInput,
    ) -> Result<Option<DeleteStrategyPayload>> {
        let deleted = async {
            let (code, id) = draft_id(&input.id, "id")?;
            service(context).delete_strategy(scope(context), code, id).await
        };
        let (version, user_errors) = settled(deleted.await)?;
        let strategy = version.map(|version| Strategy { history: None, version });
        Ok(Some(DeleteStrategyPayload { client_mutation_id: input.client_mutation_id, strategy, user_errors }))
    }
}
