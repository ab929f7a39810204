//! What all subscriptions have in common: who follows is asked anew for every event, a thing is read anew for each, and who
//! reads slowly gets the latest state and no queue.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_graphql::{
    Context, Data, Response, Result,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute},
};
use futures_util::{Stream, stream};
use shirube_access::Scope;
use shirube_app::{App, Unbelieved};
use shirube_domain::Error;
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use crate::{
    Asker, CostBudget, Overspent,
    error::{Code, early, outward, request_error},
    limits::{self, Budget},
    query::{scope, service},
    whole_seconds,
};

/// How often it is asked whether somebody may still follow what does not change.
const IDLE: Duration = Duration::from_secs(10);
/// How long is waited before something is tried again while the database does not answer.
const RETRY: Duration = Duration::from_secs(1);
/// How long one reading may take.
const READ: Duration = Duration::from_secs(limits::SECONDS);

/// Who follows, and who pays for it; one for each operation.
pub(crate) struct Subscriber {
    asker: Asker,
    /// Who it was when last asked.
    scope: Mutex<Arc<Scope>>,
    budget: Arc<dyn CostBudget + Send>,
    /// What each event costs, by estimate.
    cost: usize,
}

impl Subscriber {
    pub(crate) fn new(asker: Asker, scope: Arc<Scope>, budget: Arc<dyn CostBudget + Send>, cost: usize) -> Self {
        Self { asker, scope: Mutex::new(scope), budget, cost }
    }

    fn scope(&self) -> Arc<Scope> {
        self.scope.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks again who it is.
    async fn look_up(&self, app: &App) -> Result<Arc<Scope>, Error> {
        let asked = app.scope(self.asker.bearer.as_deref(), self.asker.origin.clone()).await;
        let scope = Arc::new(asked.map_err(|unbelieved| match unbelieved {
            Unbelieved::NotBelieved => Error::Unauthenticated,
            Unbelieved::Failed(error) => error,
        })?);
        *self.scope.lock().unwrap_or_else(PoisonError::into_inner) = scope.clone();
        Ok(scope)
    }
}

/// Gives every event a budget and a scope of its own, as every request has them, and a limit in time. It belongs to a schema
/// that executes subscriptions alone.
pub(crate) struct EachEvent;

impl ExtensionFactory for EachEvent {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_graphql::async_trait::async_trait]
impl Extension for EachEvent {
    async fn execute(&self, context: &ExtensionContext<'_>, name: Option<&str>, next: NextExecute<'_>) -> Response {
        let subscriber = context.data_unchecked::<Arc<Subscriber>>();
        if let Err(overspent) = subscriber.budget.spend(subscriber.cost) {
            let message = "too many values were asked for within a minute; subscribe again later, or to fewer";
            return Response::from_errors(vec![match overspent {
                Overspent::For(time) => early(message, whole_seconds(time)),
                Overspent::Ever { .. } => request_error(Code::TooComplex, message),
            }]);
        }
        let mut data = Data::default();
        data.insert(Budget::new());
        data.insert(subscriber.scope());
        match timeout(READ, next.run_with_data(context, name, data)).await {
            Ok(response) => response,
            Err(_) => Response::from_errors(vec![request_error(
                Code::Unavailable,
                "the event took longer than 10 seconds and was given up",
            )]),
        }
    }
}

/// What is new of something that is followed.
pub(crate) enum News<T> {
    /// Nothing.
    None,
    /// This.
    Some(T),
    /// This, and there may be more.
    More(T),
    /// This, and nothing will ever follow.
    Last(T),
}

/// Something that can be followed.
pub(crate) trait Followed: Send + 'static {
    /// What is told of it.
    type Item: Send + 'static;

    /// Asks for the permit that following it needs: in the beginning, for every event, and now and then.
    fn permit(&self, scope: &Scope) -> Result<(), Error>;

    /// Waits until there may be something new. It is given up and begun again at any time, and must lose nothing by it.
    fn changed(&mut self) -> impl Future<Output = ()> + Send;

    /// Reads what is new, as somebody who has just been asked who they are. What could not be read because the database did
    /// not answer is asked for again.
    fn read(&mut self, app: &Arc<App>, scope: &Scope) -> impl Future<Output = Result<News<Self::Item>, Error>> + Send;
}

/// A stream of what is new of something, for as long as the caller may follow it. It ends with the error that tells why
/// they may not any more. Nothing is done unless it is polled, so that a slow reader gets what is the latest by then.
pub(crate) fn follow<F: Followed>(
    context: &Context<'_>,
    followed: F,
) -> Result<impl Stream<Item = Result<F::Item>> + use<F>> {
    followed.permit(scope(context)).map_err(outward)?;
    let app = service(context).clone();
    let following = Following {
        rights: app.rights(),
        subscriber: context.data_unchecked::<Arc<Subscriber>>().clone(),
        app,
        followed,
        due: false,
    };
    Ok(stream::unfold(Some(following), async |following| {
        let mut following = following?;
        match following.next().await {
            Ok((item, true)) => Some((Ok(item), Some(following))),
            Ok((item, false)) => Some((Ok(item), None)),
            Err(error) => Some((Err(outward(error)), None)),
        }
    }))
}

struct Following<F> {
    app: Arc<App>,
    subscriber: Arc<Subscriber>,
    followed: F,
    /// Changes when anybody's rights may have.
    rights: watch::Receiver<u64>,
    /// Whether there may be something new.
    due: bool,
}

impl<F: Followed> Following<F> {
    /// The next that is new, and whether more may follow.
    async fn next(&mut self) -> Result<(F::Item, bool), Error> {
        loop {
            if !self.due {
                tokio::select! {
                    () = self.followed.changed() => self.due = true,
                    // Somebody's, perhaps not theirs; and what nobody tells is looked for now and then.
                    _ = self.rights.changed() => {}
                    () = sleep(IDLE) => {}
                }
            }
            match timeout(READ, self.look()).await {
                Ok(Ok(News::More(item))) => return Ok((item, true)),
                Ok(Ok(News::Some(item))) => {
                    self.due = false;
                    return Ok((item, true));
                }
                Ok(Ok(News::Last(item))) => return Ok((item, false)),
                Ok(Ok(News::None)) => self.due = false,
                Err(_) | Ok(Err(Error::Unavailable(_))) => sleep(RETRY).await,
                Ok(Err(error)) => return Err(error),
            }
        }
    }

    async fn look(&mut self) -> Result<News<F::Item>, Error> {
        let scope = self.subscriber.look_up(&self.app).await?;
        self.followed.permit(&scope)?;
        if self.due { self.followed.read(&self.app, &scope).await } else { Ok(News::None) }
    }
}
