//! Strategies: made from a document, published, removed while they are drafts.

use async_graphql::{Context, ID, InputObject, Object, Result};
use shirube_app::{NewPublication, Publishing};
use shirube_domain::{BadInput, Error};

use super::{UserError, UserErrorCode, authoring::StrategyFrameInput, draft_id, payload, settled};
use crate::{
    query::{scope, service},
    scalars::{DateTime, FiscalYear, MunicipalityCode, StrategyDocument},
    types::{Gap, Revision, Strategy},
};

#[derive(Default)]
pub(super) struct StrategyMutation;

/// Makes a draft: of a whole strategy, or of a frame to begin with. Give `document` or `frame`.
#[derive(InputObject)]
pub(crate) struct CreateStrategyInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
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
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The id of the draft.
    id: ID,
    /// What readers should know of this revision, on one line.
    note: Option<String>,
    /// Up to which fiscal year results are published; all years if absent. A correction of an earlier year is published while
    /// a later round is open by naming the earlier year.
    year: Option<FiscalYear>,
    /// Whether it may be published although not everything of its rounds is approved. What is not approved stays as it was
    /// published last, or blank.
    #[graphql(default = false)]
    with_gaps: bool,
    /// From which instant on it is to be seen (解禁日時), if not at once. It is made, numbered and hashed now.
    embargo: Option<DateTime>,
}

payload!(PublishStrategyPayload {
    /// The strategy as published; under an embargo, as it is to be seen until then.
    strategy: Strategy,
    /// The revision that was made.
    revision: Revision,
    /// What is missing, and who owes it (未報告).
    gaps: Vec<Gap>,
});

/// Removes a draft of which nothing was ever published.
#[derive(InputObject)]
pub(crate) struct DeleteStrategyInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
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
        let made = async {
            // Whether one may is asked before anything is said about the input.
            app.may_edit(scope(context), code)?;
            match (input.document, input.frame) {
                (Some(document), None) => app.create_strategy(scope(context), code, &document.0).await,
                (None, Some(frame)) => {
                    let made = app.begin_strategy(scope(context), frame.into_domain(code)).await;
                    made.map_err(|error| error.within("frame"))
                }
                _ => Err(Error::bad_input("document", "give document or frame, one of the two")),
            }
        };
        let (version, user_errors) = settled(made.await)?;
        let strategy = version.map(|version| Strategy { history: None, version });
        Ok(Some(CreateStrategyPayload { client_mutation_id: input.client_mutation_id, strategy, user_errors }))
    }

    /// Publishes (公表) a draft as it is stored: the next revision, numbered and hashed, which never changes.
    async fn publish_strategy(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which draft.")] input: PublishStrategyInput,
    ) -> Result<Option<PublishStrategyPayload>> {
        let (app, scope) = (service(context), scope(context));
        let published = async {
            let (code, id) = draft_id(&input.id, "id")?;
            let embargo = input.embargo.map(|instant| instant.0);
            let year = input.year.map(|year| year.0);
            let new = NewPublication { note: input.note, year, with_gaps: input.with_gaps, embargo };
            let published = app.publish_strategy(scope, code, id, new).await?;
            let (revision, gaps) = match published {
                Publishing::Done(revision, gaps) => (Some(revision), gaps),
                Publishing::Incomplete(gaps) => (None, gaps),
            };
            let mut named = Vec::with_capacity(gaps.len());
            if !gaps.is_empty()
                && let Some(version) = app.draft(scope, code, id).await?
            {
                let strategy = Strategy { history: app.strategy(code, id), version };
                named.extend(gaps.into_iter().map(|of| Gap { strategy: strategy.clone(), of }));
            }
            let strategy = app.strategy(code, id).filter(|_| revision.is_some()).map(Strategy::latest);
            Ok((strategy, revision.map(|of| Revision { municipality: code, of }), named))
        };
        let (done, mut user_errors) = settled(published.await)?;
        let Some((strategy, revision, gaps)) = done else {
            let payload = PublishStrategyPayload {
                client_mutation_id: input.client_mutation_id,
                strategy: None,
                revision: None,
                gaps: None,
                user_errors,
            };
            return Ok(Some(payload));
        };
        if revision.is_none() {
            let told =
                format!("{} figures or remarks are not approved yet; see the gaps, or publish with them", gaps.len());
            let problem = BadInput { place: "withGaps".to_owned(), message: told };
            user_errors.push(UserError::at(UserErrorCode::Conflict, problem));
        }
        Ok(Some(PublishStrategyPayload {
            client_mutation_id: input.client_mutation_id,
            strategy,
            revision,
            gaps: Some(gaps),
            user_errors,
        }))
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
