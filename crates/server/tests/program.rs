//! The program as a person at a terminal meets it: what it prints, how it fails, how it ends.

use std::{
    io::{BufRead, BufReader, Read},
    net::TcpListener,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

fn shirube(folder: &std::path::Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shirube"));
    command.current_dir(folder).env_clear().stdin(Stdio::null());
    command
}

fn failure(output: &Output) -> String {
    assert!(!output.status.success());
    let told = String::from_utf8(output.stderr.clone()).unwrap();
    let lines: Vec<&str> = told.lines().filter(|line| !line.starts_with('{')).collect();
    assert_eq!(lines.len(), 1, "one clear line: {told}");
    lines[0].to_owned()
}

#[test]
fn mistakes_are_told_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| failure(&shirube(folder.path()).args(arguments).output().unwrap());
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    assert!(run(&["--listen", &address]).contains("is in use by another program; stop it, or choose another address"));
    assert!(run(&["--no-such-flag"]).contains("unexpected argument '--no-such-flag'"));
    assert!(run(&["--listen", "nowhere"]).contains("invalid value 'nowhere'"));
    assert!(run(&["--trusted-proxies", "10.0.0.1,proxy"]).contains("“proxy” is neither an address nor a network"));
    assert!(run(&["--cors-origins", "*"]).contains("“*” would open the API to every page"));
    assert!(run(&["--cors-origins", "https://example.org/"]).contains("write https://example.org"));
    assert!(run(&["--requests-per-minute", "0"]).contains("0 is not in 1..=1000000000"));
    assert!(run(&["--cost-per-minute-key", "999"]).contains("999 is not in 1000..=1000000000000"));
    assert!(run(&["--log", "a=b=c", "migrate"]).contains("is not a log filter"));
    let free = ["--listen", "127.0.0.1:0", "--database-url"];
    let with = |url: &str| run(&[&free[..], &[url]].concat());
    assert!(with("mysql://me:secret@host/db").contains("“mysql://me@host/db” is not a database URL"));
    let unreachable = with("postgres://me:secret@127.0.0.1:1/db");
    assert!(unreachable.contains("the database cannot be reached") && !unreachable.contains("secret"), "{unreachable}");
    assert!(with("sqlite:///proc/none/x.db").contains("folder of the database file cannot be made"));
}

#[test]
fn a_newer_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let migrate = || shirube(folder.path()).arg("migrate").output().unwrap();
    assert!(String::from_utf8_lossy(&migrate().stdout).contains("the database is up to date"));
    assert_eq!(String::from_utf8_lossy(&migrate().stdout), "The database is up to date.\n");
    let file = folder.path().join("data/shirube.db");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        use sea_orm::ConnectionTrait;
        let database = sea_orm::Database::connect(format!("sqlite://{}", file.display())).await.unwrap();
        let row = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29991231_000001_future', 0)";
        database.execute_unprepared(row).await.unwrap();
        database.close().await.unwrap();
    });
    let told = failure(&migrate());
    assert!(told.contains("made by a newer version of Shirube") && told.contains("m29991231_000001_future"), "{told}");
}

#[test]
fn help_shows_every_setting_and_the_schema_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let printed = |arguments: &[&str]| {
        let output = shirube(folder.path()).args(arguments).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    let help = printed(&["--help"]);
    for setting in [
        "LISTEN",
        "DATABASE_URL",
        "DATABASE_CONNECTIONS",
        "SAMPLE",
        "INTROSPECTION",
        "TRUSTED_PROXIES",
        "CORS_ORIGINS",
        "REQUESTS_PER_MINUTE",
        "REQUESTS_PER_MINUTE_SIGNED_IN",
        "REQUESTS_PER_MINUTE_KEY",
        "COST_PER_MINUTE",
        "COST_PER_MINUTE_SIGNED_IN",
        "COST_PER_MINUTE_KEY",
        "LOG",
        "LOG_FORMAT",
    ] {
        // The database's value is hidden, since it holds a password.
        let told = ["=", "]"].map(|end| help.contains(&format!("[env: SHIRUBE_{setting}{end}")));
        assert!(told.contains(&true), "{setting}");
    }
    let committed = include_str!("../../../schema/schema.graphql");
    assert_eq!(printed(&["schema"]), committed, "run `cargo xtask schema`");
    let committed = include_str!("../../../schema/access.md");
    assert_eq!(printed(&["schema", "--access"]), committed, "run `cargo xtask schema`");
}

/// A server that is killed when the test ends.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Server {
    /// Starts it, waits until it says that it is ready, and gives what it printed up to there.
    fn start(folder: &std::path::Path) -> (Self, String) {
        let mut command = shirube(folder);
        command.args(["--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut printed = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        while !printed.contains("Ctrl-C") {
            printed += &(lines.next().expect("the server tells that it is ready").unwrap() + "\n");
        }
        (Self(child), printed)
    }
}

#[test]
fn the_first_start_loads_the_sample_and_the_second_is_quick() {
    let folder = tempfile::tempdir().unwrap();
    let (first, printed) = Server::start(folder.path());
    assert!(printed.contains("/invitation#shi_"), "a new instance says how it gets its operator: {printed}");
    assert!(printed.contains("is ready at http://127.0.0.1:") && printed.contains("/graphiql"), "{printed}");
    drop(first);
    let start = Instant::now();
    let (mut second, _) = Server::start(folder.path());
    // No measurement: a second start that loaded again would take many times longer, and say so.
    assert!(start.elapsed() < Duration::from_secs(20));
    let id = second.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert!(second.0.wait().unwrap().success(), "a server that is told to end ends well");
    let mut log = String::new();
    second.0.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert!(log.contains("\"ready\"") && log.contains("\"stopped\"") && !log.contains("loading the sample"), "{log}");
}
