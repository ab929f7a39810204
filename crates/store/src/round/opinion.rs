use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};
use serde_json::json;
use shirube_access::table::{Action, AnswerOpinion, GiveOpinion};
use shirube_domain::{
    OpinionId, StrategyId, calendar::FiscalYear, lint::Subject, municipality::MunicipalityCode, round::PublishedOpinion,
};
use time::OffsetDateTime;

use super::{subject_columns, subject_of};
use crate::{
    StoreError, StoreResult, Tenant,
    audit::{Record, fresh_id},
    rows::{
        convert::year,
        round::opinion,
        tenant::{indicator, plan_node},
    },
};

/// How many opinions one round may have.
const OPINIONS: usize = 1_000;

/// An opinion of the committee or council (意見), with its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opinion {
    /// The id.
    pub id: OpinionId,
    /// The fiscal year of the round.
    pub year: FiscalYear,
    /// The indicator or node that it is about.
    pub subject: Subject,
    /// How often it was changed.
    pub version: u32,
    /// The opinion.
    pub text: String,
    /// Whether it is published, together with its answer.
    pub public: bool,
    /// The name of whoever gave it.
    pub author: String,
    /// When.
    pub given_at: OffsetDateTime,
    /// The answer of the planning section.
    pub answer: Option<String>,
    /// The name of whoever answered.
    pub answered_by: Option<String>,
    /// When.
    pub answered_at: Option<OffsetDateTime>,
}

/// An opinion that is to be given.
#[derive(Debug, Clone)]
pub struct NewOpinion {
    /// The fiscal year of the round.
    pub year: FiscalYear,
    /// The indicator or node that it is about.
    pub subject: Subject,
    /// The opinion.
    pub text: String,
    /// Whether it is to be published.
    pub public: bool,
}

/// What became of an opinion.
#[derive(Debug)]
pub enum OpinionChange {
    /// It is like this now.
    Done(Box<Opinion>),
    /// Somebody else changed it since; it is like this now.
    Stale(Box<Opinion>),
    /// There is no such opinion, or no such round or thing in it.
    NotFound,
}

fn stored_opinion(row: opinion::Model) -> StoreResult<Opinion> {
    let opinion::Model {
        municipality: _,
        strategy_id: _,
        fiscal_year,
        id,
        indicator_id,
        node_id,
        version,
        text,
        public,
        author_id: _,
        author,
        given_at,
        answer,
        answered_by,
        answered_at,
    } = row;
    Ok(Opinion {
        id: OpinionId::from_uuid(id),
        year: year(fiscal_year)?,
        subject: subject_of(indicator_id, node_id)?,
        version: u32::try_from(version).map_err(StoreError::corrupt)?,
        text,
        public,
        author,
        given_at,
        answer,
        answered_by,
        answered_at,
    })
}

impl<A: Action<Target = MunicipalityCode>> Tenant<A> {
    fn opinions_of(&self, strategy: StrategyId) -> sea_orm::Select<opinion::Entity> {
        self.rows::<opinion::Entity>()
            .filter(opinion::Column::StrategyId.eq(strategy.uuid()))
            .order_by_asc(opinion::Column::Id)
    }

    pub(super) async fn load_opinions(&self, strategy: StrategyId, of: FiscalYear) -> StoreResult<Vec<Opinion>> {
        let found = self.opinions_of(strategy).filter(opinion::Column::FiscalYear.eq(of.year()));
        self.all(found).await?.into_iter().map(stored_opinion).collect()
    }

    /// The opinions on a strategy that are published.
    pub(crate) async fn public_opinions(&self, strategy: StrategyId) -> StoreResult<Vec<PublishedOpinion>> {
        let found = self.opinions_of(strategy).filter(opinion::Column::Public.eq(true));
        let public = |row| {
            let Opinion { year, subject, text, answer, .. } = stored_opinion(row)?;
            Ok(PublishedOpinion { subject, year, text, answer })
        };
        self.all(found).await?.into_iter().map(public).collect()
    }
}

impl Tenant<GiveOpinion> {
    /// Gives an opinion on an indicator or node of a round.
    pub async fn give_opinion(self, strategy: StrategyId, new: NewOpinion) -> StoreResult<OpinionChange> {
        let NewOpinion { year, subject, text, public } = new;
        let there = match subject {
            Subject::Indicator(id) => {
                let found = self.rows::<indicator::Entity>().filter(indicator::Column::StrategyId.eq(strategy.uuid()));
                self.one(found.filter(indicator::Column::Id.eq(id.uuid()))).await?.is_some()
            }
            Subject::Node(id) => {
                let found = self.rows::<plan_node::Entity>().filter(plan_node::Column::StrategyId.eq(strategy.uuid()));
                self.one(found.filter(plan_node::Column::Id.eq(id.uuid()))).await?.is_some()
            }
        };
        if !there || self.load_rounds(strategy, Some(year)).await?.is_empty() {
            return Ok(OpinionChange::NotFound);
        }
        let round = self.opinions_of(strategy).filter(opinion::Column::FiscalYear.eq(year.year()));
        if round.count(self.connection()).await? >= OPINIONS as u64 {
            return Err(StoreError::TooMany { what: "opinions", most: OPINIONS });
        }
        let (indicator_id, node_id) = subject_columns(subject);
        let actor = self.permit().actor().clone();
        let row = opinion::Model {
            municipality: String::new(),
            strategy_id: strategy.uuid(),
            fiscal_year: year.year(),
            id: fresh_id(self.at()),
            indicator_id,
            node_id,
            version: 1,
            text,
            public,
            author_id: actor.id,
            author: actor.name,
            given_at: self.at(),
            answer: None,
            answered_by: None,
            answered_at: None,
        };
        self.insert::<opinion::Entity>(vec![row.clone()]).await?;
        let made = stored_opinion(row)?;
        self.commit(record("opinion_given", &made).after(told(&made))).await?;
        Ok(OpinionChange::Done(Box::new(made)))
    }
}

impl Tenant<AnswerOpinion> {
    /// Answers an opinion, and says whether it is published; `None` leaves that as it is.
    pub async fn answer_opinion(
        self,
        strategy: StrategyId,
        id: OpinionId,
        version: u32,
        answer: String,
        public: Option<bool>,
    ) -> StoreResult<OpinionChange> {
        let this = opinion::Column::Id.eq(id.uuid());
        let Some(row) = self.one(self.opinions_of(strategy).filter(this.clone()).lock_exclusive()).await? else {
            return Ok(OpinionChange::NotFound);
        };
        let before = stored_opinion(row)?;
        if before.version != version {
            return Ok(OpinionChange::Stale(Box::new(before)));
        }
        let after = Opinion {
            version: version + 1,
            public: public.unwrap_or(before.public),
            answer: Some(answer),
            answered_by: Some(self.permit().actor().name.clone()),
            answered_at: Some(self.at()),
            ..before.clone()
        };
        let number = i32::try_from(after.version).map_err(StoreError::corrupt)?;
        self.update::<opinion::Entity>()
            .col_expr(opinion::Column::Version, Expr::value(number))
            .col_expr(opinion::Column::Public, Expr::value(after.public))
            .col_expr(opinion::Column::Answer, Expr::value(after.answer.clone()))
            .col_expr(opinion::Column::AnsweredBy, Expr::value(after.answered_by.clone()))
            .col_expr(opinion::Column::AnsweredAt, Expr::value(after.answered_at))
            .filter(opinion::Column::StrategyId.eq(strategy.uuid()))
            .filter(this)
            .exec(self.connection())
            .await?;
        self.commit(record("opinion_answered", &after).before(told(&before)).after(told(&after))).await?;
        Ok(OpinionChange::Done(Box::new(after)))
    }
}

/// An opinion is a line on what it is about.
fn record(event: &'static str, opinion: &Opinion) -> Record {
    Record::new(event, opinion.subject.kind()).subject(opinion.subject.uuid())
}

fn told(opinion: &Opinion) -> serde_json::Value {
    let Opinion { id, year, text, public, answer, .. } = opinion;
    json!({ "id": id.to_string(), "year": year.year(), "text": text, "public": public, "answer": answer })
}
