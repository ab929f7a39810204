//! Two server processes over one PostgreSQL, followed by a client that others wrote: graphql-ws, a program of Node in
//! `tests/conformance/`. A third process, the command line, takes a role away.

use std::{
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use shirube_testing::{Backend, PASSWORD, TestDatabase};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::{sleep, timeout},
};

/// How long something may take that needs a process to start. The tests share their cores.
const START: Duration = Duration::from_secs(30);
/// How long a change may take from one process to another.
const HEARD: Duration = Duration::from_secs(1);

/// A program that ends with the value, and what it prints.
struct Program {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Program {
    fn start(command: &mut Command) -> Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let mut child = command.spawn()?;
        let lines = BufReader::new(child.stdout.take().context("its output")?).lines();
        Ok(Self { child, lines })
    }

    /// The next line, from where `with` stands in it on.
    async fn line(&mut self, with: &str, within: Duration) -> Result<String> {
        let found = timeout(within, async {
            while let Some(line) = self.lines.next_line().await? {
                if let Some(at) = line.find(with) {
                    return Ok(line[at + with.len()..].to_owned());
                }
            }
            anyhow::bail!("it ended without telling {with}")
        });
        found.await.with_context(|| format!("{with} is not told within {within:?}"))?
    }

    /// What a follower hears next.
    async fn hear(&mut self, within: Duration) -> Result<Value> {
        Ok(serde_json::from_str(&self.line("", within).await?)?)
    }
}

/// The instance: its processes share a database and a folder of keys.
struct Instance {
    database: TestDatabase,
    folder: tempfile::TempDir,
    client: reqwest::Client,
}

impl Instance {
    fn shirube(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shirube"));
        command.current_dir(self.folder.path()).env_clear().env("SHIRUBE_DATABASE_URL", self.database.url());
        command.args(["--public-url", "http://shirube.test"]);
        command
    }

    /// Starts a server; gives its address.
    async fn server(&self) -> Result<(Program, String)> {
        let human = ["--listen", "127.0.0.1:0", "--log-format", "human"];
        let mut server = Program::start(self.shirube().args(human))?;
        let rest = server.line("is ready at http://", START).await?;
        Ok((server, rest.split('/').next().unwrap_or_default().to_owned()))
    }

    async fn run(&self, arguments: &str) -> Result<String> {
        let ran = self.shirube().args(arguments.split(' ')).stdin(Stdio::null()).output().await?;
        ensure!(ran.status.success(), "{arguments}: {}", String::from_utf8_lossy(&ran.stderr));
        Ok(String::from_utf8(ran.stdout)?)
    }

    async fn post(&self, url: String, bearer: Option<&str>, body: &Value) -> Result<Value> {
        let mut request = self.client.post(url).json(body);
        if let Some(bearer) = bearer {
            request = request.bearer_auth(bearer);
        }
        Ok(request.send().await?.json().await?)
    }

    /// Somebody with a role in Sunagawa, who has just signed in.
    async fn somebody(&self, server: &str, name: &str, role: &str) -> Result<String> {
        let invite =
            format!("user invite --email {name}@sunagawa.test --name {name} --role {role} --municipality 012262");
        let link = self.run(&invite).await?;
        let (_, secret) = link.trim().rsplit_once('#').context("a link")?;
        let body = json!({ "invitation": secret, "password": PASSWORD });
        let accepted = self.post(format!("http://{server}/auth/invitation/accept"), None, &body).await?;
        Ok(accepted["accessToken"].as_str().with_context(|| accepted.to_string())?.to_owned())
    }

    async fn ask(&self, server: &str, bearer: &str, query: &str, variables: Value) -> Result<Value> {
        let body = json!({ "query": query, "variables": variables });
        let mut answer = self.post(format!("http://{server}/graphql"), Some(bearer), &body).await?;
        ensure!(answer["errors"].is_null(), "{answer}");
        Ok(answer["data"].take())
    }
}

/// Follows a subscription on a server.
async fn follow(server: &str, bearer: Option<&str>, query: &str) -> Result<Program> {
    let mut node = Command::new("node");
    node.arg("follow.mjs").current_dir(Path::new("../../tests/conformance"));
    node.env("SHIRUBE_URL", format!("ws://{server}/graphql")).env("SHIRUBE_QUERY", query);
    if let Some(bearer) = bearer {
        node.env("SHIRUBE_TOKEN", bearer);
    }
    let mut follower = Program::start(&mut node).context("run the tests with `cargo xtask test`")?;
    ensure!(follower.hear(START).await? == json!({ "connected": true }));
    // The protocol does not tell when a subscription has begun.
    sleep(HEARD).await;
    Ok(follower)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_process_writes_the_followers_of_another_hear() -> Result<()> {
    // The client asks for a provider even where it speaks plain HTTP.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let instance = Instance {
        database: TestDatabase::sample(Backend::Postgres).await?,
        folder: tempfile::tempdir()?,
        client: reqwest::Client::new(),
    };
    let (_one, one) = instance.server().await?;
    let (other_process, other) = instance.server().await?;
    let planner = instance.somebody(&one, "kikaku", "planner").await?;
    let leaving = instance.somebody(&one, "leaving", "reviewer").await?;

    let document = json!({
        "format": "shirube-strategy/1", "municipality": "012262", "title": "次期戦略", "term": "第３期", "term_number": 3,
        "first_year": "R8", "last_year": "R12", "report": { "year": "R8", "title": "集計表" },
        "source": { "attribution": "砂川市", "terms": "CC BY 4.0" }, "levels": [{ "name": "基本目標", "kind": "goal" }],
        "plan": [{ "title": "防災", "department": "防災課" }],
    });
    let create = "mutation($document: StrategyDocument!) { createStrategy(input: { municipality: \"012262\", document: $document })
        { strategy { id } userErrors { message } } }";
    let made = instance.ask(&one, &planner, create, json!({ "document": document })).await?;
    let id = made["createStrategy"]["strategy"]["id"].as_str().with_context(|| made.to_string())?.to_owned();
    let departments =
        instance.ask(&one, &planner, "{ departments(municipality: \"012262\") { id } }", json!({})).await?;
    let department = departments["departments"][0]["id"].clone();
    let rename = async |name: &str| {
        let mutation = "mutation($id: ID!, $name: String!) { renameDepartment(input: { id: $id, name: $name })
            { userErrors { message } } }";
        instance.ask(&one, &planner, mutation, json!({ "id": department, "name": name })).await.map(|_| Instant::now())
    };

    let draft = format!("subscription {{ draftChanged(strategy: \"{id}\") {{ event }} }}");
    let mut reviewer = follow(&other, Some(&leaving), &draft).await?;
    let published = "subscription { strategyPublished { title revision { number } } }";
    let mut anybody = follow(&other, None, published).await?;

    let written = rename("危機管理課").await?;
    let change = json!({ "next": { "data": { "draftChanged": { "event": "department_renamed" } } } });
    assert_eq!(reviewer.hear(HEARD).await?, change);
    println!("a change was heard after {:?}", written.elapsed());
    let publish = "mutation($id: ID!) { publishStrategy(input: { id: $id }) { userErrors { message } } }";
    instance.ask(&one, &planner, publish, json!({ "id": id })).await?;
    let strategy = json!({ "title": "次期戦略", "revision": { "number": 1 } });
    assert_eq!(anybody.hear(HEARD).await?, json!({ "next": { "data": { "strategyPublished": strategy } } }));

    instance.run("user revoke leaving@sunagawa.test --role reviewer --municipality 012262").await?;
    let told = reviewer.hear(HEARD).await?;
    assert_eq!(told["error"][0]["extensions"]["code"], "NOT_FOUND", "{told}");
    rename("防災安全課").await?;
    ensure!(reviewer.hear(HEARD).await.is_err(), "nothing more is told");

    let process = other_process.child.id().context("it runs")?.to_string();
    ensure!(Command::new("kill").args(["-TERM", &process]).status().await?.success());
    assert_eq!(anybody.hear(START).await?["error"]["code"], 1001, "a server that stops says goodbye");
    Ok(())
}
