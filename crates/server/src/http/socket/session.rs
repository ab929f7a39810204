//! One socket, from the upgrade to its end.

use std::{
    future::pending,
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures_util::{FutureExt, future::BoxFuture};
use serde_json::{Map, Value};
use shirube_access::{Origin, Scope};
use shirube_app::{App, Unbelieved};
use shirube_graphql::{Asker, Code, Outcome, limits, refusal, refusal_as_early, whole_seconds};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_stream::StreamExt;
use uuid::Uuid;

use super::{
    MESSAGE_BYTES,
    message::{self, FromClient},
    operations::{Operations, Running, Step},
    places::Place,
};
use crate::http::{
    Doors, graphql,
    identity::counted_as,
    rate::{Purse, RateKey},
};

/// How long a client may take to say who it is.
const INIT: Duration = Duration::from_secs(3);
/// How often a client is asked for a sign of life. One that gave none since the last time is gone.
const PULSE: Duration = Duration::from_secs(15);
/// How often it is asked whether a token is still good.
const LOOK: Duration = Duration::from_secs(2);
/// How long a client may leave a message unread.
const WRITE: Duration = Duration::from_secs(10);
/// How long a client may take to say goodbye.
const FAREWELL: Duration = Duration::from_secs(2);
/// How long it may take to find out who somebody is.
const WHO: Duration = Duration::from_secs(limits::SECONDS);
/// The largest number of operations that run on a socket at a time.
const OPERATIONS: usize = 20;

/// How a socket ends.
enum End {
    /// With a code and a reason.
    Close(u16, &'static str),
    /// The client is not there any more.
    Gone,
}

/// What is known of a socket.
pub(super) struct Session {
    doors: Doors,
    place: Place,
    address: IpAddr,
    /// The id of the request that opened it.
    id: String,
    key: RateKey,
    /// The token or key that the client showed.
    bearer: Option<String>,
    acknowledged: bool,
    operations: Operations,
}

impl Session {
    pub(super) fn new(
        doors: Doors,
        place: Place,
        address: IpAddr,
        id: String,
        key: RateKey,
        bearer: Option<String>,
    ) -> Self {
        Self { doors, place, address, id, key, bearer, acknowledged: false, operations: Operations::new() }
    }

    /// Serves the socket until it ends.
    pub(super) async fn serve(mut self, mut socket: WebSocket) {
        let start = Instant::now();
        let end = self.run(&mut socket).await;
        self.operations.clear();
        let code = match end {
            End::Close(code, reason) => {
                let frame = CloseFrame { code, reason: reason.into() };
                // Read on, so that the answer is not lost with what the client has sent meanwhile.
                let farewell = async {
                    if socket.send(Message::Close(Some(frame))).await.is_ok() {
                        while let Some(Ok(_)) = socket.recv().await {}
                    }
                };
                let _ = timeout(FAREWELL, farewell).await;
                Some(code)
            }
            End::Gone => None,
        };
        let duration_us = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
        tracing::info!(request_id = self.id, close_code = code, duration_us, "a socket was closed");
        let code = code.map_or("gone".to_owned(), |code| code.to_string());
        metrics::counter!("shirube_socket_closes_total", "code" => code).increment(1);
    }

    async fn run(&mut self, socket: &mut WebSocket) -> End {
        if socket.protocol().is_none() {
            return End::Close(4406, "Subprotocol not acceptable");
        }
        let init = sleep(INIT);
        tokio::pin!(init);
        let (mut pulse, mut look) = (interval(PULSE), interval(LOOK));
        pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut alive, mut looking) = (true, None::<BoxFuture<'static, bool>>);
        loop {
            let still_believed = async {
                match &mut looking {
                    Some(looking) => looking.await,
                    None => pending().await,
                }
            };
            let done = tokio::select! {
                heard = socket.recv() => {
                    alive = true;
                    match heard {
                        Some(Ok(message)) => self.hear(socket, message).await,
                        Some(Err(_)) => Err(End::Close(1002, "Protocol error")),
                        None => Err(End::Gone),
                    }
                }
                Some((id, step)) = self.operations.next() => self.tell(socket, &id, step).await,
                () = &mut init, if !self.acknowledged => Err(End::Close(4408, "Connection initialisation timeout")),
                _ = pulse.tick() => if std::mem::take(&mut alive) {
                    send(socket, Message::Ping(Vec::new().into())).await
                } else {
                    Err(End::Gone)
                },
                _ = look.tick(), if self.acknowledged => {
                    if let Some(bearer) = self.bearer.clone().filter(|_| looking.is_none()) {
                        looking = Some(believed(self.doors.app.clone(), bearer, self.origin(&self.id)).boxed());
                    }
                    Ok(())
                }
                good = still_believed => {
                    looking = None;
                    if good { Ok(()) } else { Err(End::Close(4401, "Unauthorized")) }
                }
                () = self.place.stopped() => Err(End::Close(1001, "Going away")),
            };
            if let Err(end) = done {
                return end;
            }
        }
    }

    async fn hear(&mut self, socket: &mut WebSocket, message: Message) -> Result<(), End> {
        let text = match message {
            Message::Text(text) if text.len() > MESSAGE_BYTES => return Err(End::Close(1009, "Message too big")),
            Message::Text(text) => text,
            Message::Binary(_) => return Err(End::Close(4400, "Invalid message")),
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
            Message::Close(_) => {
                // The answer to it goes out with the next reading.
                let _ = timeout(FAREWELL, socket.recv()).await;
                return Err(End::Gone);
            }
        };
        let Some(message) = FromClient::read(&text) else { return Err(End::Close(4400, "Invalid message")) };
        let rated = self.doors.rates.check(&self.key);
        match message {
            FromClient::Subscribe { id, payload } => {
                if !self.acknowledged {
                    return Err(End::Close(4401, "Unauthorized"));
                }
                if self.operations.contains_key(&id) {
                    return Err(End::Close(4409, "Subscriber for this id already exists"));
                }
                let refused = if rated.allowed {
                    self.begin(&id, payload).await?
                } else {
                    let seconds = whole_seconds(rated.reset);
                    let told = format!("too many requests within a minute; ask again in {seconds} s");
                    Some(refusal_as_early(&told, seconds))
                };
                match refused {
                    Some(refused) => send(socket, message::error(&id, &refused)).await,
                    None => Ok(()),
                }
            }
            _ if !rated.allowed => Err(End::Close(1008, "Too many messages")),
            FromClient::ConnectionInit { payload } => {
                if self.acknowledged {
                    return Err(End::Close(4429, "Too many initialisation requests"));
                }
                self.initialize(payload.as_ref()).await?;
                send(socket, message::acknowledged()).await
            }
            FromClient::Ping { payload } => send(socket, message::pong(payload)).await,
            FromClient::Pong {} => Ok(()),
            FromClient::Complete { id } => {
                self.operations.remove(&id);
                Ok(())
            }
        }
    }

    /// Finds out who it is.
    async fn initialize(&mut self, payload: Option<&Map<String, Value>>) -> Result<(), End> {
        const FORBIDDEN: End = End::Close(4403, "Forbidden");
        if let Some(bearer) = message::bearer(payload).map_err(|_| FORBIDDEN)? {
            self.bearer = Some(bearer.to_owned());
        }
        match self.who(&self.id.clone()).await {
            Ok(scope) => {
                self.key = counted_as(&scope).unwrap_or(RateKey::Address(self.address));
                self.acknowledged = true;
                Ok(())
            }
            Err(Unbelieved::NotBelieved) => {
                metrics::counter!("shirube_not_believed_total").increment(1);
                Err(FORBIDDEN)
            }
            Err(Unbelieved::Failed(_)) => Err(End::Close(1013, "Try again later")),
        }
    }

    /// Begins an operation, or says why not.
    async fn begin(&mut self, id: &str, payload: Map<String, Value>) -> Result<Option<Vec<u8>>, End> {
        let Ok(request) = graphql::read_fields(payload) else { return Err(End::Close(4400, "Invalid message")) };
        if self.operations.len() >= OPERATIONS {
            let told = format!("{OPERATIONS} operations run on this socket, which is the most; complete some first");
            return Ok(Some(refusal(Code::TooComplex, &told)));
        }
        let request_id = Uuid::now_v7().to_string();
        let scope = match self.who(&request_id).await {
            Ok(scope) => Arc::new(scope),
            Err(Unbelieved::NotBelieved) => return Err(End::Close(4401, "Unauthorized")),
            Err(Unbelieved::Failed(error)) => {
                tracing::warn!(error = crate::chain(&error), "who is asking cannot be looked up");
                return Ok(Some(refusal(Code::Unavailable, "the service is temporarily unavailable; try again later")));
            }
        };
        let asker = scope.actor().id;
        let purse = Arc::new(Purse { rates: self.doors.rates.clone(), key: self.key });
        let by = Asker { bearer: self.bearer.clone(), origin: self.origin(&request_id) };
        let answers = self.doors.api.subscribe(request, by, scope, purse);
        let mut running = Running::new(answers, request_id, self.id.clone(), asker);
        running.begin().await;
        self.operations.insert(id.to_owned(), running);
        Ok(None)
    }

    /// Tells the client what an operation has to say.
    async fn tell(&mut self, socket: &mut WebSocket, id: &str, step: Step) -> Result<(), End> {
        let (message, last) = match step {
            Step::Answer(answer) if answer.outcome == Outcome::Executed => (message::next(id, &answer.body), false),
            Step::Answer(refused) => (message::error(id, &refused.body), true),
            Step::End => (message::complete(id), true),
        };
        if last {
            // First, since the client may use the id again as soon as it hears this.
            self.operations.remove(id);
        }
        send(socket, message).await
    }

    fn origin(&self, request: &str) -> Origin {
        Origin { address: Some(self.address), request: Some(request.to_owned()) }
    }

    async fn who(&mut self, request: &str) -> Result<Scope, Unbelieved> {
        let asked = self.doors.app.scope(self.bearer.as_deref(), self.origin(request));
        let late = |_| Unbelieved::Failed(shirube_domain::Error::Unavailable("the database does not answer".into()));
        timeout(WHO, asked).await.map_err(late)?
    }
}

/// Whether a token is still good. While nobody can tell, it is.
async fn believed(app: Arc<App>, bearer: String, origin: Origin) -> bool {
    !matches!(timeout(WHO, app.scope(Some(&bearer), origin)).await, Ok(Err(Unbelieved::NotBelieved)))
}

/// Sends a message, and waits until the client has taken it.
async fn send(socket: &mut WebSocket, message: Message) -> Result<(), End> {
    match timeout(WRITE, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(End::Gone),
    }
}
