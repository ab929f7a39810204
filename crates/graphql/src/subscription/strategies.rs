//! Strategies as they are published, and drafts as they change.

use std::{collections::VecDeque, sync::Arc};

use async_graphql::{Context, ID, Result, SimpleObject, Subscription};
use futures_util::Stream;
use shirube_access::{
    Scope,
    table::{Instance, ReadDraft, ReadPublished},
};
use shirube_app::{App, Batch, Event, Events, Publications};
use shirube_domain::{Error, IndicatorId, NodeId, StrategyId, municipality::MunicipalityCode as DomainCode};
use uuid::Uuid;

use super::follow::{Followed, News, follow};
use crate::{
    error::outward,
    limits::look_up,
    mutation::draft_id,
    query::{scope, service},
    scalars::MunicipalityCode,
    types::{Node, Strategy},
};

/// The kinds of events that have to do with people and programs, and leave strategies as they are.
const OF_PEOPLE: [&str; 4] = ["membership", "invitation", "api_key", "webhook"];

#[derive(Default)]
pub(super) struct StrategySubscription;

/// What has changed in a draft (策定中の戦略) since the last time it was told.
#[derive(SimpleObject)]
pub(crate) struct DraftChange {
    /// What happened, as in the audit trail; null if several things did, or it is not known.
    event: Option<String>,
    /// The kind of what it happened to; null if several things did, or it is not known.
    subject_kind: Option<String>,
    /// The plan node or indicator to which it happened, if it was one and is still there.
    subject: Option<Node>,
    /// The draft as it is now; null if it was removed.
    strategy: Option<Strategy>,
}

#[Subscription]
impl StrategySubscription {
    /// Each strategy (総合戦略) that is published (公表) from now on, as published: its latest revision, wherever it was
    /// published.
    async fn strategy_published(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The municipality; all if absent.")] municipality: Option<MunicipalityCode>,
    ) -> Result<impl Stream<Item = Result<Option<Strategy>>> + use<>> {
        let municipality = municipality.map(|code| code.0.current());
        let publications = service(context).publications(scope(context), municipality).map_err(outward)?;
        follow(context, Published { publications, new: VecDeque::new() })
    }

    /// Each change of a draft (策定中の戦略) from now on, for the municipality's own people. Several changes in quick
    /// succession may be told as one.
    async fn draft_changed(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The id of the draft.")] strategy: ID,
    ) -> Result<impl Stream<Item = Result<Option<DraftChange>>> + use<>> {
        let (municipality, id) = draft_id(&strategy, "strategy").map_err(outward)?;
        look_up(context)?;
        // First, so that nothing happens between the two.
        let events = service(context).events();
        let draft = service(context).draft(scope(context), municipality, id).await.map_err(outward)?;
        draft.ok_or(Error::NotFound { what: "the draft" }).map_err(outward)?;
        follow(context, Draft { municipality, id, events, batch: Batch::Missed, told: None })
    }
}

struct Published {
    publications: Publications,
    /// What is to be told yet: a name each, of which the latest is read when it is told.
    new: VecDeque<(DomainCode, StrategyId)>,
}

impl Followed for Published {
    type Item = Option<Strategy>;

    fn permit(&self, scope: &Scope) -> Result<(), Error> {
        scope.permit::<ReadPublished>(Instance).map(|_| ())
    }

    async fn changed(&mut self) {
        self.publications.changed().await;
    }

    async fn read(&mut self, app: &Arc<App>, _: &Scope) -> Result<News<Self::Item>, Error> {
        if self.new.is_empty() {
            self.new = self.publications.new_ones(app).into();
        }
        let next = self.new.pop_front().and_then(|(code, id)| app.strategy(code, id));
        Ok(next.map_or(News::None, |history| News::More(Some(Strategy::latest(history)))))
    }
}

struct Draft {
    municipality: DomainCode,
    id: StrategyId,
    events: Events,
    /// What has happened since it was told.
    batch: Batch,
    /// The fingerprint of what was told; `None` if nothing was yet.
    told: Option<u64>,
}

impl Followed for Draft {
    type Item = Option<DraftChange>;

    fn permit(&self, scope: &Scope) -> Result<(), Error> {
        scope.permit::<ReadDraft>(self.municipality).map(|_| ())
    }

    async fn changed(&mut self) {
        let of_plan =
            |of: &Event| of.municipality == Some(self.municipality) && !OF_PEOPLE.contains(&of.subject_kind.as_str());
        self.batch = self.events.batch(of_plan).await;
    }

    async fn read(&mut self, app: &Arc<App>, scope: &Scope) -> Result<News<Self::Item>, Error> {
        let draft = app.draft(scope, self.municipality, self.id).await?;
        let event = match &self.batch {
            Batch::Events(events) if events.len() == 1 => events.first(),
            Batch::Events(_) | Batch::Missed => None,
        };
        let (name, kind) = event.map(|of| (of.event.clone(), of.subject_kind.clone())).unzip();
        let Some(version) = draft else {
            let gone = DraftChange { event: name, subject_kind: kind, subject: None, strategy: None };
            return Ok(News::Last(Some(gone)));
        };
        let now = Some(version.fingerprint()?);
        if now == self.told {
            return Ok(News::None);
        }
        self.told = now;
        let strategy = Strategy { history: app.strategy(self.municipality, self.id), version };
        let subject = event.and_then(|of| subject(&strategy, of));
        Ok(News::Some(Some(DraftChange { event: name, subject_kind: kind, subject, strategy: Some(strategy) })))
    }
}

/// The node or indicator of a strategy to which something happened. Their ids are never the same.
fn subject(strategy: &Strategy, event: &Event) -> Option<Node> {
    let id: Uuid = event.subject.as_ref()?.parse().ok()?;
    let of = strategy.domain();
    let node = of.node_at(NodeId::from_uuid(id)).map(|at| Node::PlanNode(strategy.node(at)));
    node.or_else(|| of.indicator_at(IndicatorId::from_uuid(id)).map(|at| Node::Indicator(strategy.indicator(at))))
}
