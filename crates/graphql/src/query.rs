//! The root of all queries.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result};
use shirube_app::{App, At, PublishedStrategy};
use shirube_domain::{Error, municipality, municipality::MunicipalityCode as DomainCode};
use time::OffsetDateTime;

use crate::{
    error::{bad_input, outward},
    id::{GlobalId, StrategyKey},
    limits::spend,
    page::{PAGE_LIMIT, PageArguments},
    scalars::{DateTime, MunicipalityCode},
    types::{
        Instance, Municipality, MunicipalityConnection, MunicipalityFilter, MunicipalityOrder, Node, OfficialIndicator,
        Prefecture, StandardIndicator, StandardIndicatorConnection, StandardIndicatorFilter, Strategy, municipalities,
        standard_indicators,
    },
};

pub(crate) struct Query;

fn app<'a>(context: &Context<'a>) -> &'a Arc<App> {
    context.data_unchecked()
}

/// Everything that can be read: what is published, and the reference data beside it.
#[Object]
impl Query {
    /// The thing of a global id; null if there is none, or none that the caller may see.
    async fn node(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "A global id that an answer gave.")] id: ID,
    ) -> Result<Option<Node>> {
        find(app(context), &id, "id").await
    }

    /// The things of several global ids (100 at most), in their order, with null for those that are not there.
    async fn nodes(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Global ids that answers gave.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Node>>> {
        if ids.len() > PAGE_LIMIT {
            return Err(bad_input("ids", format!("{} ids; ask for {PAGE_LIMIT} at most", ids.len())));
        }
        let mut nodes = Vec::with_capacity(ids.len());
        for id in &ids {
            nodes.push(find(app(context), id, "ids").await?);
        }
        Ok(nodes)
    }

    /// What this instance is: version, attributions, limits.
    async fn instance(&self, context: &Context<'_>) -> Instance {
        Instance(app(context).clone())
    }

    /// All 47 prefectures (都道府県), from north to south.
    async fn prefectures(&self) -> Vec<Prefecture> {
        municipality::Prefecture::all().map(Prefecture).collect()
    }

    /// The municipality (自治体) of a code; null if there is none. A code that was given up leads to its successor.
    async fn municipality(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The code, with or without its check digit.")] code: MunicipalityCode,
    ) -> Option<Municipality> {
        let app = app(context);
        app.reference().find(code.0).map(|at| Municipality::new(app.clone(), at))
    }

    /// Municipalities (自治体), by code unless ordered otherwise.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn municipalities(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which municipalities; all if absent.")] filter: Option<MunicipalityFilter>,
        #[graphql(desc = "Their order.")] order_by: Option<MunicipalityOrder>,
        #[graphql(desc = "How many, 1 to 100, from the start or behind `after`.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
        #[graphql(desc = "How many, 1 to 100, from the end or before `before`.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which the page ends.")] before: Option<String>,
    ) -> Result<MunicipalityConnection> {
        let arguments = PageArguments { first, after, last, before };
        let page = municipalities(app(context), filter.unwrap_or_default(), order_by, &arguments)?;
        spend(context, page.len())?;
        Ok(page)
    }

    /// A strategy (総合戦略) as published: the municipality's current one in its latest revision unless said otherwise.
    /// Null if none is published, or was at that time.
    async fn strategy(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The municipality.")] municipality: MunicipalityCode,
        #[graphql(desc = "The number of a term, for another than the current strategy.")] term: Option<u8>,
        #[graphql(desc = "The number of a revision, for another than the latest.")] revision: Option<u32>,
        #[graphql(desc = "An instant: what was published then. Not together with `revision`.")] as_of: Option<DateTime>,
    ) -> Result<Option<Strategy>> {
        strategy(app(context), municipality.0.current(), term, revision, as_of.map(|instant| instant.0)).await
    }

    /// The standard indicator (標準指標) of a key; null if there is none.
    async fn standard_indicator(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its key, such as births.")] key: String,
    ) -> Option<StandardIndicator> {
        StandardIndicator::find(app(context), &key)
    }

    /// The catalogue of standard indicators (標準指標).
    async fn standard_indicators(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which indicators; all if absent.")] filter: Option<StandardIndicatorFilter>,
        #[graphql(desc = "How many, 1 to 100, from the start or behind `after`.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page starts.")] after: Option<String>,
        #[graphql(desc = "How many, 1 to 100, from the end or before `before`.")] last: Option<i32>,
        #[graphql(desc = "The cursor before which the page ends.")] before: Option<String>,
    ) -> Result<StandardIndicatorConnection> {
        let arguments = PageArguments { first, after, last, before };
        let page = standard_indicators(app(context), filter.unwrap_or_default(), &arguments)?;
        spend(context, page.len())?;
        Ok(page)
    }

    /// The series of the official statistics (公的統計).
    async fn official_indicators(&self, context: &Context<'_>) -> Vec<OfficialIndicator> {
        let app = app(context);
        (0..app.reference().official().len()).map(|at| OfficialIndicator { app: app.clone(), at }).collect()
    }
}

/// A published strategy of a municipality.
pub(crate) async fn strategy(
    app: &Arc<App>,
    municipality: DomainCode,
    term: Option<u8>,
    number: Option<u32>,
    as_of: Option<OffsetDateTime>,
) -> Result<Option<Strategy>> {
    if number.is_some() && as_of.is_some() {
        return Err(both_given());
    }
    let all = app.strategies(municipality);
    let found = match term {
        // The current strategy of that time, and not the one that came later.
        None => all.into_iter().find(|of| as_of.is_none_or(|instant| of.existed_at(instant))),
        Some(term) => all.into_iter().find(|of| of.latest().strategy().parts().term.number == term),
    };
    match found {
        None => Ok(None),
        Some(history) => revision(app, history, number, as_of).await,
    }
}

/// A strategy in one of its revisions.
pub(crate) async fn revision(
    app: &Arc<App>,
    history: Arc<PublishedStrategy>,
    number: Option<u32>,
    as_of: Option<OffsetDateTime>,
) -> Result<Option<Strategy>> {
    let at = match (number, as_of) {
        (None, None) => At::Latest,
        (Some(number), None) => At::Revision(number),
        (None, Some(instant)) => At::Instant(instant),
        (Some(_), Some(_)) => return Err(both_given()),
    };
    let found = app.revision(&history, at).await.map_err(outward)?;
    Ok(found.map(|revision| Strategy { history, revision }))
}

fn both_given() -> async_graphql::Error {
    bad_input("asOf", "give revision or asOf, not both")
}

/// The thing of a global id.
async fn find(app: &Arc<App>, id: &str, argument: &str) -> Result<Option<Node>> {
    Ok(match GlobalId::parse(id, argument).map_err(outward)? {
        GlobalId::Prefecture(prefecture) => Some(Node::Prefecture(Prefecture(prefecture))),
        GlobalId::Municipality(code) => {
            app.reference().find(code).map(|at| Node::Municipality(Municipality::new(app.clone(), at)))
        }
        GlobalId::Strategy(key) => find_strategy(app, key).await?.map(Node::Strategy),
        GlobalId::PlanNode(key, id) => find_strategy(app, key).await?.and_then(|strategy| {
            let at = strategy.domain().node_at(id)?;
            Some(Node::PlanNode(strategy.node(at)))
        }),
        GlobalId::Indicator(key, id) => find_strategy(app, key).await?.and_then(|strategy| {
            let at = strategy.domain().indicator_at(id)?;
            Some(Node::Indicator(strategy.indicator(at)))
        }),
        GlobalId::StandardIndicator(key) => StandardIndicator::find(app, &key).map(Node::StandardIndicator),
        GlobalId::OfficialIndicator(key) => {
            let at = app.reference().official().iter().position(|of| of.indicator.id == key);
            at.map(|at| Node::OfficialIndicator(OfficialIndicator { app: app.clone(), at }))
        }
    })
}

async fn find_strategy(app: &Arc<App>, key: StrategyKey) -> Result<Option<Strategy>> {
    let Some(history) = app.strategy(key.municipality, key.strategy) else { return Ok(None) };
    let found: Result<_, Error> = app.revision(&history, At::Revision(key.revision)).await;
    Ok(found.map_err(outward)?.map(|revision| Strategy { history, revision }))
}
