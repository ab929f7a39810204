//! Rounds as they progress, and tasks as they are edited.

use std::sync::Arc;

use async_graphql::{Context, ID, Result, Subscription};
use futures_util::Stream;
use shirube_access::{Scope, table::ReadDraft};
use shirube_app::{App, Event, Events};
use shirube_domain::{Error, lint::Subject};

use super::follow::{Followed, News, follow};
use crate::{
    error::outward,
    id::RoundKey,
    limits::look_up,
    mutation::{round_key, task_id},
    query::{scope, service},
    types::{Round, Task},
};

/// What changes rounds and what stands in them, as in the audit trail.
const OF_ROUNDS: [&str; 5] = ["round", "indicator", "node", "strategy", "department"];

#[derive(Default)]
pub(super) struct RoundSubscription;

#[Subscription]
impl RoundSubscription {
    /// A reporting round (年度の実績報告) each time that something in it changes from now on, for the municipality's own
    /// people. Several changes in quick succession may be told as one.
    async fn round_progressed(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The id of the round.")] round: ID,
    ) -> Result<impl Stream<Item = Result<Option<Round>>> + use<>> {
        let key = round_key(&round, "round").map_err(outward)?;
        let (round, events) = begin(context, key).await?;
        follow(context, Progress { key, events, told: state(&round) })
    }

    /// A task (報告) each time that it changes from now on: what somebody else enters into it, while it is edited. For the
    /// municipality's own people.
    async fn task_changed(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The id of the task.")] task: ID,
    ) -> Result<impl Stream<Item = Result<Option<Task>>> + use<>> {
        let (key, subject) = task_id(&task, "task").map_err(outward)?;
        let (round, events) = begin(context, key).await?;
        let task = round.find(subject).ok_or(Error::NotFound { what: "the task" }).map_err(outward)?;
        follow(context, Edited { key, subject, events, told: task.version_now() })
    }
}

/// The round as it is, and what happens from then on.
async fn begin(context: &Context<'_>, key: RoundKey) -> Result<(Round, Events)> {
    look_up(context)?;
    // First, so that nothing happens between the two.
    let events = service(context).events();
    let round = read(service(context), scope(context), key).await.map_err(outward)?;
    Ok((round.ok_or(Error::NotFound { what: "the round" }).map_err(outward)?, events))
}

async fn read(app: &App, scope: &Scope, key: RoundKey) -> Result<Option<Round>, Error> {
    let view = app.round(scope, key.into()).await?;
    Ok(view.map(|view| Round::new(app, key.municipality, view)))
}

/// What tells one state of a round from another: until when it is due, the versions of its tasks, of its opinions.
type State = (String, Vec<u32>, Vec<u32>);

fn state(round: &Round) -> State {
    let of = &round.view;
    let tasks = of.tasks().iter().map(|stored| stored.task.version).collect();
    (format!("{:?} {:?}", of.round(), of.state()), tasks, of.opinions().iter().map(|opinion| opinion.version).collect())
}

async fn changed(events: &mut Events, key: RoundKey) {
    let of_round =
        |of: &Event| of.municipality == Some(key.municipality) && OF_ROUNDS.contains(&of.subject_kind.as_str());
    events.batch(of_round).await;
}

struct Progress {
    key: RoundKey,
    events: Events,
    told: State,
}

impl Followed for Progress {
    type Item = Option<Round>;

    fn permit(&self, scope: &Scope) -> Result<(), Error> {
        scope.permit::<ReadDraft>(self.key.municipality).map(|_| ())
    }

    async fn changed(&mut self) {
        changed(&mut self.events, self.key).await;
    }

    async fn read(&mut self, app: &Arc<App>, scope: &Scope) -> Result<News<Self::Item>, Error> {
        let Some(round) = read(app, scope, self.key).await? else { return Ok(News::Last(None)) };
        let now = state(&round);
        if now == self.told {
            return Ok(News::None);
        }
        self.told = now;
        Ok(News::Some(Some(round)))
    }
}

struct Edited {
    key: RoundKey,
    subject: Subject,
    events: Events,
    told: u32,
}

impl Followed for Edited {
    type Item = Option<Task>;

    fn permit(&self, scope: &Scope) -> Result<(), Error> {
        scope.permit::<ReadDraft>(self.key.municipality).map(|_| ())
    }

    async fn changed(&mut self) {
        changed(&mut self.events, self.key).await;
    }

    async fn read(&mut self, app: &Arc<App>, scope: &Scope) -> Result<News<Self::Item>, Error> {
        let round = read(app, scope, self.key).await?;
        let Some(task) = round.and_then(|round| round.find(self.subject)) else { return Ok(News::Last(None)) };
        let now = task.version_now();
        if now == self.told {
            return Ok(News::None);
        }
        self.told = now;
        Ok(News::Some(Some(task)))
    }
}
