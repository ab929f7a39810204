//! What is followed over WebSockets: the protocol to the letter, and what is heard of changes.

mod changes;
mod protocol;
mod slow;

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use shirube_access::{Grant, MunicipalRole, Scope};
use shirube_app::{App, Figure, NewPublication, Part};
use shirube_domain::{
    DepartmentId, NodeId, StrategyId, calendar::FiscalYear, edit::Change, lint::Subject,
    municipality::MunicipalityCode, round::Round,
};
use shirube_testing::TestServer;
use tokio::{
    net::TcpStream,
    time::{Instant, timeout_at},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest,
        http::{HeaderValue, StatusCode},
    },
};

use crate::authoring::small;

/// How long something may take that happens at once. The tests share their cores.
const SOON: Duration = Duration::from_secs(10);
/// How long nothing is heard before it is believed that nothing comes.
const SILENCE: Duration = Duration::from_millis(1_500);
/// 砂川市.
const SUNAGAWA: &str = "012262";

/// The other end of a socket.
struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// Opens a socket with these headers.
    async fn open(server: &TestServer, headers: &[(&'static str, &str)]) -> Result<Self, Error> {
        let mut request = format!("ws://{}/graphql", server.address()).into_client_request()?;
        for (name, value) in headers {
            request.headers_mut().insert(*name, HeaderValue::from_str(value)?);
        }
        Ok(Self(connect_async(request).await?.0))
    }

    /// Opens one that speaks the protocol.
    async fn speaking(server: &TestServer) -> Result<Self> {
        Ok(Self::open(server, &[("sec-websocket-protocol", "graphql-transport-ws")]).await?)
    }

    /// Opens one and says who it is.
    async fn of(server: &TestServer, bearer: Option<&str>) -> Result<Self> {
        let mut socket = Self::speaking(server).await?;
        let payload = bearer.map(|bearer| json!({ "Authorization": format!("Bearer {bearer}") }));
        socket.say(json!({ "type": "connection_init", "payload": payload })).await?;
        ensure!(socket.hear().await? == json!({ "type": "connection_ack" }));
        Ok(socket)
    }

    async fn say(&mut self, message: Value) -> Result<()> {
        self.say_text(&message.to_string()).await
    }

    async fn say_text(&mut self, text: &str) -> Result<()> {
        Ok(self.0.send(Message::text(text)).await?)
    }

    async fn subscribe(&mut self, id: &str, query: &str) -> Result<()> {
        self.say(json!({ "id": id, "type": "subscribe", "payload": { "query": query } })).await
    }

    /// Subscribes, and waits until it has begun: the server reads one message after the other.
    async fn follow(&mut self, id: &str, query: &str) -> Result<()> {
        self.subscribe(id, query).await?;
        self.subscribe("begun", "{ viewer { kind } }").await?;
        for expected in ["next", "complete"] {
            let told = self.hear().await?;
            ensure!(told["id"] == "begun" && told["type"] == expected, "{told}");
        }
        Ok(())
    }

    /// The next message, or how the socket was closed.
    async fn next(&mut self, within: Duration) -> Result<Result<Value, (u16, String)>> {
        let until = Instant::now() + within;
        loop {
            let next = timeout_at(until, self.0.next()).await.context("nothing is heard")?;
            match next {
                Some(Ok(Message::Text(text))) => return Ok(Ok(serde_json::from_str(&text)?)),
                Some(Ok(Message::Close(Some(frame)))) => {
                    return Ok(Err((frame.code.into(), frame.reason.to_string())));
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => bail!("{other:?}"),
            }
        }
    }

    /// The next message.
    async fn hear(&mut self) -> Result<Value> {
        self.next(SOON).await?.map_err(|closed| anyhow::anyhow!("closed: {closed:?}"))
    }

    /// Sees that nothing is heard for a while.
    async fn silent(&mut self) -> Result<()> {
        match self.next(SILENCE).await {
            Err(_) => Ok(()),
            Ok(heard) => bail!("heard {heard:?}"),
        }
    }

    /// The code with which it is closed, whatever is said before.
    async fn closed(&mut self) -> Result<u16> {
        loop {
            if let Err((code, _)) = self.next(SOON).await? {
                return Ok(code);
            }
        }
    }
}

/// The status with which an upgrade is refused.
fn refusal(opened: Result<Socket, Error>) -> Result<StatusCode> {
    match opened {
        Err(Error::Http(response)) => Ok(response.status()),
        Err(other) => Err(other.into()),
        Ok(_) => bail!("it was opened"),
    }
}

/// The access token of somebody with a role in Sunagawa.
async fn somebody(server: &TestServer, email: &str, role: MunicipalRole) -> Result<String> {
    server.user(email, &[Grant::Municipal(SUNAGAWA.parse()?, role)]).await
}

/// A draft that can be changed: it names a department, which can be renamed.
pub(crate) struct Draft {
    /// The global id.
    pub(crate) id: String,
    /// Those of its round, and of the one task in it.
    pub(crate) round: String,
    pub(crate) task: String,
    municipality: MunicipalityCode,
    strategy: StrategyId,
    department: DepartmentId,
    node: NodeId,
    year: FiscalYear,
}

impl Draft {
    /// Makes one, the plan of a term of a municipality.
    pub(crate) async fn new(app: &App, municipality: MunicipalityCode, term: usize) -> Result<Self> {
        let (machine, name) = (Scope::machine(), format!("第{term}課"));
        let mut document = small(municipality, term, "次期");
        document["plan"][0]["department"] = name.as_str().into();
        document["plan"][0]["no_indicator"] = json!({ "reason": "困難なため", "mark": "―" });
        let made = app.create_strategy(&machine, municipality, &document.to_string()).await?;
        let strategy = made.strategy().parts().id;
        let departments = app.departments(&machine, municipality).await?;
        let department = departments.iter().find(|of| of.name == name).context("it was made")?.id;
        let short = URL_SAFE_NO_PAD.encode(strategy.uuid().as_bytes());
        let id = URL_SAFE_NO_PAD.encode(format!("strategy:{municipality}:{short}:draft"));
        let year = made.strategy().parts().first_year;
        let round = Round { strategy, year, due: year.last_day(), dues: Vec::new() };
        app.open_round(&machine, municipality, round).await?;
        let node = made.strategy().nodes().first().context("a node")?.id;
        let of = format!("{municipality}:{}:{short}", year.year());
        let round = URL_SAFE_NO_PAD.encode(format!("round:{of}"));
        let task = URL_SAFE_NO_PAD.encode(format!("task:{of}:node:{}", URL_SAFE_NO_PAD.encode(node.uuid().as_bytes())));
        Ok(Self { id, round, task, municipality, strategy, department, node, year })
    }

    /// Changes it, by an event `department_renamed`.
    pub(crate) async fn change(&self, app: &App, name: &str) -> Result<()> {
        app.rename_department(&Scope::machine(), self.municipality, self.department, name).await?;
        Ok(())
    }

    /// Publishes it as it is.
    pub(crate) async fn publish(&self, app: &App) -> Result<()> {
        let new = NewPublication { with_gaps: true, ..NewPublication::default() };
        app.publish_strategy(&Scope::machine(), self.municipality, self.strategy, new).await?;
        Ok(())
    }

    /// Reports the remark of its first node, which nobody has touched yet.
    pub(crate) async fn report(&self, app: &App, remark: &str) -> Result<()> {
        let part = Part { municipality: self.municipality, strategy: self.strategy, year: self.year };
        let figure = Figure {
            subject: Subject::Node(self.node),
            version: 0,
            actual: Change::Keep,
            status: None,
            remark: Change::Set(remark.to_owned()),
            causes: None,
            confirmation: Change::Keep,
            submit: false,
        };
        app.report_figures(&Scope::machine(), part, vec![figure]).await?;
        Ok(())
    }

    /// Removes it.
    async fn delete(&self, app: &App) -> Result<()> {
        app.delete_strategy(&Scope::machine(), self.municipality, self.strategy).await?;
        Ok(())
    }

    /// Makes one of Sunagawa.
    pub(crate) async fn of_sunagawa(app: &App) -> Result<Self> {
        Self::new(app, SUNAGAWA.parse()?, 3).await
    }

    /// The subscription to it.
    fn changed(&self) -> String {
        draft_changed(&self.id)
    }
}

/// A subscription to a draft.
fn draft_changed(id: &str) -> String {
    format!(
        "subscription {{ draftChanged(strategy: \"{id}\") {{ event subjectKind subject {{ id }} strategy {{ id }} }} }}"
    )
}
