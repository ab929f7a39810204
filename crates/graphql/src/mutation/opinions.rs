//! Opinions (意見) on what is reported in a round, and their answers.

use async_graphql::{Context, ID, InputObject, Object, Result};
use shirube_app::{NewOpinion, OpinionChange};
use shirube_domain::{Error, OpinionId, lint::Subject};

use super::{
    UserError, UserErrorCode, payload,
    round::{STALE, problem, read_round, round_key},
    settled,
};
use crate::{
    id::{GlobalId, RoundKey},
    query::{scope, service},
    types::Opinion,
};

#[derive(Default)]
pub(super) struct OpinionMutation;

/// Gives an opinion on an indicator or node of a round.
#[derive(InputObject)]
pub(crate) struct GiveOpinionInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The id of the round.
    round: ID,
    /// The id of the indicator or node in the draft, or that of the task about it.
    subject: ID,
    /// The opinion, up to 4,000 characters.
    text: String,
    /// Whether it is to be published, without its author's name.
    public: bool,
}

payload!(GiveOpinionPayload {
    /// The opinion.
    opinion: Opinion,
});

/// Answers an opinion.
#[derive(InputObject)]
pub(crate) struct AnswerOpinionInput {
    /// An id of your choice, given back. Sent again with it within a day, the mutation is not done twice.
    client_mutation_id: Option<String>,
    /// The id of the opinion.
    id: ID,
    /// Its version, as it was read.
    version: u32,
    /// The answer, up to 4,000 characters.
    answer: String,
    /// Whether opinion and answer are to be published; as before if absent.
    public: Option<bool>,
}

payload!(AnswerOpinionPayload {
    /// The opinion; after a conflict, as somebody else left it.
    opinion: Opinion,
});

fn opinion_id(id: &ID, place: &str) -> Result<(RoundKey, OpinionId), Error> {
    match GlobalId::parse(id, place)? {
        GlobalId::Opinion(key, id) => Ok((key, id)),
        _ => Err(Error::bad_input(place, "this is not the id of an opinion")),
    }
}

/// An opinion as it is now, and what could not be done.
async fn opinion(
    context: &Context<'_>,
    key: RoundKey,
    change: OpinionChange,
) -> Result<(Option<Opinion>, Vec<UserError>), Error> {
    let (of, problems) = match change {
        OpinionChange::Done(of) => (of, Vec::new()),
        OpinionChange::Stale(of) => (of, vec![problem(UserErrorCode::Conflict, "version", STALE)]),
        OpinionChange::NotFound => return Err(Error::NotFound { what: "the opinion" }),
    };
    let round = read_round(context, key).await?;
    Ok((round.map(|round| Opinion { round, of: *of }), problems))
}

#[Object]
impl OpinionMutation {
    /// Gives an opinion (意見) on an indicator or node of a round.
    async fn give_opinion(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What about what.")] input: GiveOpinionInput,
    ) -> Result<Option<GiveOpinionPayload>> {
        let given = async {
            let key = round_key(&input.round, "round")?;
            service(context).may_give_opinion(scope(context), key.municipality)?;
            let subject = match GlobalId::parse(&input.subject, "subject")? {
                GlobalId::Task(of, subject) if of == key => subject,
                GlobalId::Indicator(of, id) if (of.municipality, of.strategy) == (key.municipality, key.strategy) => {
                    Subject::Indicator(id)
                }
                GlobalId::PlanNode(of, id) if (of.municipality, of.strategy) == (key.municipality, key.strategy) => {
                    Subject::Node(id)
                }
                _ => return Err(Error::bad_input("subject", "this is not an indicator, node or task of this round")),
            };
            let new = NewOpinion { year: key.year, subject, text: input.text, public: input.public };
            let change = service(context).give_opinion(scope(context), key.municipality, key.strategy, new).await?;
            opinion(context, key, change).await
        };
        let (done, mut user_errors) = settled(given.await)?;
        let (opinion, problems) = done.unwrap_or_default();
        user_errors.extend(problems);
        Ok(Some(GiveOpinionPayload { client_mutation_id: input.client_mutation_id, opinion, user_errors }))
    }

    /// Answers an opinion (意見への回答), and says whether both are published.
    async fn answer_opinion(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which opinion, and the answer.")] input: AnswerOpinionInput,
    ) -> Result<Option<AnswerOpinionPayload>> {
        let answered = async {
            let (key, id) = opinion_id(&input.id, "id")?;
            let (app, scope) = (service(context), scope(context));
            let of = (key.strategy, id);
            let change =
                app.answer_opinion(scope, key.municipality, of, input.version, &input.answer, input.public).await?;
            opinion(context, key, change).await
        };
        let (done, mut user_errors) = settled(answered.await)?;
        let (opinion, problems) = done.unwrap_or_default();
        user_errors.extend(problems);
        Ok(Some(AnswerOpinionPayload { client_mutation_id: input.client_mutation_id, opinion, user_errors }))
    }
}
