//! The program while it is killed or has no room: what it acknowledged is there, and what is sent again is done once.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Server, shirube, success};

/// How often the server is killed on each database; SHIRUBE_TEST_KILLS says otherwise.
const KILLS: usize = 12;
const WRITERS: usize = 4;

const CREATE: &str = "mutation($input: CreateDepartmentInput!) { createDepartment(input: $input) \
                      { department { id name } userErrors { message } } }";

/// Where departments are made: a municipality has room for 500.
const PLACES: [&str; 16] = [
    "012262", "325252", "011002", "012025", "012033", "012041", "012050", "012068", "012076", "012084", "012092",
    "012106", "012114", "012122", "012131", "012149",
];

/// An instance with a database of its own.
struct Site {
    folder: TempDir,
    /// The service's URL and the owner's, where it is not SQLite.
    postgres: Option<[String; 2]>,
}

impl Site {
    /// On SQLite, with the sample data.
    fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        drop(Server::start(folder.path()));
        Self { folder, postgres: None }
    }

    /// On the throw-away server of PostgreSQL, with the sample data.
    fn postgres() -> Self {
        let server = env::var("SHIRUBE_TEST_POSTGRES_URL").expect("run the tests with `cargo xtask test`");
        let name = format!("killed_{}", std::process::id());
        in_database(&server, async |database| {
            database.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
        });
        let (admin, host) = server.rsplit_once('@').unwrap();
        let host = host.split('/').next().unwrap();
        let urls = [format!("postgres://{name}:throw-away@{host}/{name}"), format!("{admin}@{host}/{name}")];
        let site = Self { folder: tempfile::tempdir().unwrap(), postgres: Some(urls) };
        for command in ["migrate", "sample"] {
            assert!(site.command().arg(command).output().unwrap().status.success(), "{command}");
        }
        site
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn command(&self) -> Command {
        let mut command = shirube(self.path());
        self.settings(&mut command);
        command
    }

    fn settings(&self, command: &mut Command) {
        // By this address the tokens of one start are good at the next.
        command.env("SHIRUBE_PUBLIC_URL", "http://shirube.test");
        for limit in ["REQUESTS", "COST"] {
            command.env(format!("SHIRUBE_{limit}_PER_MINUTE_SIGNED_IN"), "1000000000");
        }
        if let Some([service, owner]) = &self.postgres {
            command.env("SHIRUBE_DATABASE_URL", service).env("SHIRUBE_OWNER_DATABASE_URL", owner);
        }
    }

    /// Starts a server of which nobody reads the log; gives its address, too.
    fn start(&self) -> (Server, String) {
        start(self.command())
    }

    /// Invites an administrator of places by the program and lets them accept; gives their access token.
    fn administrator(&self, places: &[&str]) -> String {
        let (_server, address) = self.start();
        let mut token = String::new();
        for place in places {
            let invite = format!("user invite --email a@b.test --name a --role administrator --municipality {place}");
            let printed = success(self.command(), &invite);
            let secret = printed.trim().rsplit_once('#').expect("a link").1;
            let body = json!({ "invitation": secret, "password": "correct horse battery staple" });
            let accepted = post(&address, "/auth/invitation/accept", None, &body).unwrap();
            accepted["accessToken"].as_str().unwrap_or_else(|| panic!("{accepted}")).clone_into(&mut token);
        }
        token
    }

    fn database<T>(&self, ask: impl AsyncFnOnce(DatabaseConnection) -> T) -> T {
        match &self.postgres {
            Some([_, owner]) => in_database(owner, ask),
            None => in_database(&format!("sqlite://{}", self.path().join("data/shirube.db").display()), ask),
        }
    }

    /// The names of the departments that the test made; those in the lines of the audit trail; the ids of mutations that
    /// are remembered.
    fn stored(&self) -> [Vec<String>; 3] {
        self.database(async |database| {
            let texts = async |sql: &str| -> Vec<String> {
                let rows = database.query_all_raw(Statement::from_string(database.get_database_backend(), sql)).await;
                rows.unwrap().iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
            };
            if self.postgres.is_none() {
                assert_eq!(texts("PRAGMA integrity_check").await, ["ok"]);
            }
            let departments = texts("SELECT name FROM department WHERE name LIKE '課-%'").await;
            let lines = texts("SELECT \"after\" FROM audit WHERE event = 'department_added'").await;
            let name =
                |line: &String| serde_json::from_str::<Value>(line).unwrap()["name"].as_str().unwrap().to_owned();
            let recorded = lines.iter().map(name).collect();
            let remembered = texts("SELECT client_mutation_id FROM performed").await;
            [departments, recorded, remembered].map(|mut names: Vec<String>| {
                names.sort();
                names
            })
        })
    }
}

fn in_database<T>(url: &str, ask: impl AsyncFnOnce(DatabaseConnection) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { ask(Database::connect(url).await.unwrap()).await })
}

fn start(mut command: Command) -> (Server, String) {
    command.stderr(Stdio::null());
    let (server, printed) = Server::run(command);
    let (_, rest) = printed.split_once("is ready at http://").unwrap();
    (server, rest.split('/').next().unwrap().to_owned())
}

/// Posts JSON; nothing if there is no whole answer.
fn post(address: &str, path: &str, bearer: Option<&str>, body: &Value) -> Option<Value> {
    let body = body.to_string();
    let bearer = bearer.map(|bearer| format!("authorization: Bearer {bearer}\r\n")).unwrap_or_default();
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{bearer}\
         connection: close\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).ok()?;
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()
}

/// Makes a department under an id of its name.
fn create(address: &str, bearer: &str, place: &str, name: &str) -> Option<Value> {
    let input = json!({ "clientMutationId": name, "municipality": place, "name": name });
    post(address, "/graphql", Some(bearer), &json!({ "query": CREATE, "variables": { "input": input } }))
}

/// What became of a mutation, by its answer.
#[derive(Debug, PartialEq)]
enum Told {
    /// It was done; the answer.
    Done(Value),
    /// It was done before, and its answer is not there any more.
    DoneBefore,
    /// It was not done, or nobody knows.
    Unavailable,
}

fn told(answer: Value) -> Told {
    let made = &answer["data"]["createDepartment"];
    if made["department"]["id"].is_string() {
        return Told::Done(answer);
    }
    let error = &answer["errors"][0];
    match error["extensions"]["code"].as_str() {
        Some("UNAVAILABLE") => Told::Unavailable,
        Some("CONFLICT") if error["message"].as_str().is_some_and(|text| text.contains("was done already")) => {
            Told::DoneBefore
        }
        // Above all not that the name is taken, which whoever does it twice would hear.
        _ => panic!("{answer}"),
    }
}

/// What one writer sent over all kills.
#[derive(Default)]
struct Writer {
    sent: usize,
    /// What was acknowledged, with the answer where it was heard.
    acknowledged: BTreeMap<String, Option<Value>>,
    /// What was sent and never answered: the place and the name.
    open: Option<(&'static str, String)>,
    /// How many were sent again after a kill and had been done.
    found_done: usize,
}

impl Writer {
    /// Writes until the server is killed, and counts the answers. What was not answered is sent again first, and so is now
    /// and then what was.
    fn write(mut self, number: usize, address: &str, bearer: &str, answers: &AtomicUsize) -> Self {
        loop {
            let again = self.open.is_some();
            let (place, name) = self.open.take().unwrap_or_else(|| {
                self.sent += 1;
                (PLACES[self.sent % PLACES.len()], format!("課-{number}-{}", self.sent))
            });
            let Some(answer) = create(address, bearer, place, &name) else {
                self.open = Some((place, name));
                return self;
            };
            answers.fetch_add(1, Ordering::Relaxed);
            match told(answer) {
                Told::Unavailable => self.open = Some((place, name)),
                Told::Done(answer) => {
                    if self.sent.is_multiple_of(5) {
                        match create(address, bearer, place, &name).map(told) {
                            None | Some(Told::Unavailable) => {}
                            Some(Told::Done(second)) => assert_eq!(second, answer),
                            Some(Told::DoneBefore) => panic!("the answer to {name} was not kept"),
                        }
                    }
                    self.acknowledged.insert(name, Some(answer));
                }
                Told::DoneBefore => {
                    assert!(again, "{name} was sent once");
                    self.found_done += 1;
                    self.acknowledged.insert(name, None);
                }
            }
        }
    }
}

/// Kills the server again and again under a stream of writes.
fn what_is_acknowledged_outlives_kills(site: &Site) {
    let kills = env::var("SHIRUBE_TEST_KILLS").map_or(KILLS, |kills| kills.parse().expect("a number"));
    let bearer = site.administrator(&PLACES);
    let mut writers: Vec<Writer> = (0..WRITERS).map(|_| Writer::default()).collect();
    for _ in 0..kills {
        let (server, address) = site.start();
        let answers = Arc::new(AtomicUsize::new(0));
        let started = writers.into_iter().enumerate().map(|(number, writer)| {
            let (address, bearer, answers) = (address.clone(), bearer.clone(), answers.clone());
            std::thread::spawn(move || writer.write(number, &address, &bearer, &answers))
        });
        let running: Vec<_> = started.collect();
        // At no moment in particular: some answers and some milliseconds later.
        let random = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().subsec_micros();
        let begun = Instant::now();
        while answers.load(Ordering::Relaxed) < random as usize % 20 && begun.elapsed() < Duration::from_secs(5) {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_micros(u64::from(random % 40_000)));
        // SIGKILL: nothing of the program runs any more.
        drop(server);
        writers = running.into_iter().map(|writer| writer.join().expect("a writer")).collect();
    }
    // What is still open is sent once more: then it is done, and once.
    let (_server, address) = site.start();
    for writer in &mut writers {
        if let Some((place, name)) = writer.open.take() {
            let answer = told(create(&address, &bearer, place, &name).expect("an answer"));
            assert_ne!(answer, Told::Unavailable);
            writer.acknowledged.insert(name, None);
        }
    }
    let acknowledged: BTreeSet<&String> = writers.iter().flat_map(|writer| writer.acknowledged.keys()).collect();
    let [departments, recorded, remembered] = site.stored();
    let found = writers.iter().map(|writer| writer.found_done).sum::<usize>();
    eprintln!("{kills} kills: {} acknowledged, {found} of them done when they were sent again", acknowledged.len());
    assert_eq!(departments, recorded, "a change and its line in the audit trail are one");
    assert_eq!(departments, remembered, "a change and its id are one");
    assert_eq!(departments.iter().collect::<BTreeSet<_>>(), acknowledged, "what was acknowledged is there");
    assert_eq!(departments.len(), acknowledged.len(), "nothing is there twice");
    assert!(acknowledged.len() > kills, "too little was written to tell");
}

#[test]
fn on_sqlite_what_is_acknowledged_outlives_kills() {
    what_is_acknowledged_outlives_kills(&Site::sqlite());
}

#[test]
fn on_postgres_what_is_acknowledged_outlives_kills() {
    what_is_acknowledged_outlives_kills(&Site::postgres());
}

/// A limit on the size of files is met as a full disk is: a write fails in the middle.
#[test]
fn without_room_on_the_disk_reads_are_served() {
    let site = Site::sqlite();
    let bearer = site.administrator(&PLACES[..1]);
    let mut limited = Command::new("/bin/sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 2048; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_shirube")]);
    limited.current_dir(site.path()).env_clear().stdin(Stdio::null());
    site.settings(&mut limited);
    let (server, address) = start(limited);
    let ask = |query: &str| post(&address, "/graphql", Some(&bearer), &json!({ "query": query })).unwrap();
    let (mut acknowledged, mut refused) = (Vec::new(), Vec::new());
    for number in 0..400 {
        let name = format!("課-{number}");
        let answer = create(&address, &bearer, PLACES[0], &name).unwrap();
        let text = answer.to_string();
        if let Told::Done(_) = told(answer) {
            acknowledged.push(name);
            continue;
        }
        for inner in ["disk", "shirube.db", "INSERT", "SQL", "sqlx"] {
            assert!(!text.contains(inner), "{text}");
        }
        let published = ask("{ strategy(municipality: \"012262\") { title } }");
        assert!(published["data"]["strategy"]["title"].is_string(), "{published}");
        let stored = ask("{ departments(municipality: \"012262\") { name } }");
        assert!(stored["data"]["departments"].is_array(), "{stored}");
        refused.push(name);
        if refused.len() == 5 {
            break;
        }
    }
    assert_eq!(refused.len(), 5, "{} were written", acknowledged.len());
    drop(server);
    acknowledged.sort();
    assert_eq!(site.stored(), [(); 3].map(|()| acknowledged.clone()), "what was refused was not written");
    // With room again, the same is sent again and done.
    let (_server, address) = site.start();
    for name in &refused {
        let answer = told(create(&address, &bearer, PLACES[0], name).unwrap());
        assert!(matches!(answer, Told::Done(_)), "{name}: {answer:?}");
    }
    acknowledged.append(&mut refused);
    acknowledged.sort();
    assert_eq!(site.stored(), [(); 3].map(|()| acknowledged.clone()), "each once");
}
