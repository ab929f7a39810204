//! The program as a person at a terminal meets it: what it prints, how it fails, how it ends.

mod faults;

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

fn shirube(folder: &Path) -> Command {
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
    assert!(with("sqlite:///proc/none/x.db").contains("folder of the database file cannot be made"));
}

#[test]
fn why_there_is_no_database_is_told_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let server = std::env::var("SHIRUBE_TEST_POSTGRES_URL").expect("run the tests with `cargo xtask test`");
    let (rest, _) = server.rsplit_once('/').unwrap();
    let (user, place) = rest.rsplit_once('@').unwrap();
    let (_, password) = user.rsplit_once(':').unwrap();
    // A port on which nobody listens any more.
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (url, reason) in [
        (
            format!("postgres://me:secret@{gone}/db"),
            format!("{gone} refused the connection; is PostgreSQL running there?"),
        ),
        (
            "postgres://me:secret@nowhere.invalid/db".into(),
            "the name of the host “nowhere.invalid” is not known".into(),
        ),
        (
            format!("postgres://shirube:secret@{place}/postgres"),
            format!("{place} takes another password for the role “shirube”, or has no such role"),
        ),
        (format!("{rest}/nowhere"), format!("{place} has no database “nowhere”; create it first")),
    ] {
        for command in [&["--listen", "127.0.0.1:0"][..], &["migrate"]] {
            let start = Instant::now();
            let told = failure(&shirube(folder.path()).args(command).args(["--database-url", &url]).output().unwrap());
            assert_eq!(told, format!("error: the database cannot be reached: {reason}"));
            assert!(!told.contains("secret") && !told.contains(password), "{told}");
            // No measurement: the system tells these at once, and the resolver of names has limits of its own.
            assert!(start.elapsed() < Duration::from_secs(5), "{reason}: {:?}", start.elapsed());
        }
    }
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
    let committed = include_str!("../../../../schema/schema.graphql");
    assert_eq!(printed(&["schema"]), committed, "run `cargo xtask schema`");
    let committed = include_str!("../../../../schema/access.md");
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
    fn start(folder: &Path) -> (Self, String) {
        let mut command = shirube(folder);
        command.stderr(Stdio::piped());
        Self::run(command)
    }

    fn run(mut command: Command) -> (Self, String) {
        command.args(["--listen", "127.0.0.1:0"]).stdout(Stdio::piped());
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

/// What a command that must succeed prints.
fn success(mut command: Command, arguments: &str) -> String {
    let output = command.args(arguments.split(' ')).output().unwrap();
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Posts JSON to a server that listens somewhere; gives the status and the body.
fn send(address: &str, path: &str, body: &str, bearer: Option<&str>) -> (u16, String) {
    use std::{io::Write as _, net::TcpStream};
    let mut stream = TcpStream::connect(address).unwrap();
    let bearer = bearer.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n{bearer}\
         content-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + body).as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

#[test]
fn a_document_is_checked_without_a_database_and_imported_into_one() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let run = |arguments: &[&str]| {
        let output = shirube(folder.path()).args(arguments).output().unwrap();
        let [told, wrong] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        (output.status.code().unwrap(), told, wrong)
    };
    fs::write(at("table.csv"), "千代田区総合戦略,,,\n施策,KPI,目標値,R3,R4\n雇用,雇用者数,50人,5,おおむね良好\n")
        .unwrap();
    let (status, told, _) =
        run(&["check", "table.csv", "--strategy", "strategy.json", "--write-layout", "layout.json"]);
    assert_eq!(status, 0, "{told}");
    for words in
        ["千代田区総合戦略 (131016), R3 – R4", "1 indicators, 2 figures", "CSV!E3 おおむね良好", "It can be taken"]
    {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert!(!at("data").exists(), "nothing is made by looking");

    // What has to be mended is told, and is an exit status of its own.
    fs::write(at("half.csv"), "施策,KPI,目標値\n雇用,雇用者数,50人\n").unwrap();
    let (status, told, _) = run(&["check", "half.csv", "--json"]);
    assert_eq!(status, 3);
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    let places: Vec<_> = told["problems"].as_array().unwrap().iter().map(|of| of["place"].as_str().unwrap()).collect();
    assert_eq!(places, ["municipality", "first_year"]);
    assert_eq!(run(&["import", "half.csv"]).0, 3);
    let (status, _, wrong) = run(&["check", "none.csv"]);
    assert!(status == 1 && wrong.contains("none.csv: No such file"), "{wrong}");
    assert_eq!(run(&["check"]).0, 2);

    // The strategy and the layout that were written are read again, corrected or not.
    let (status, told, _) = run(&["check", "half.csv", "--municipality", "131016", "--layout", "layout.json"]);
    assert_eq!(status, 0, "{told}");
    assert_eq!(run(&["check", "strategy.json"]).0, 0);
    drop(Server::start(folder.path()));
    let (status, told, wrong) = run(&["import", "strategy.json", "--json"]);
    assert_eq!(status, 0, "{wrong}");
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!((&told["municipality"], &told["counts"]["indicators"]), (&"131016".into(), &1.into()));
    let (status, _, wrong) = run(&["import", "table.csv"]);
    assert!(status == 1 && wrong.contains("there is a strategy of term 2 already"), "{wrong}");
}

#[test]
fn what_is_published_is_written_into_files_that_are_read_again() {
    let folder = tempfile::tempdir().unwrap();
    drop(Server::start(folder.path()));
    let run = |arguments: &str| success(shirube(folder.path()), arguments);
    let told: serde_json::Value = serde_json::from_str(&run("export data all.csv --json")).unwrap();
    let text = fs::read_to_string(folder.path().join("all.csv")).unwrap();
    assert_eq!((&told["strategies"], &told["bytes"]), (&2.into(), &text.len().into()));
    assert!(text.lines().count() > 1_000 && text.contains("砂川市"));
    let told = run("export data 01.parquet --prefecture 01");
    assert!(told.contains("1 strategies, data version 2"), "{told}");
    assert!(fs::read(folder.path().join("01.parquet")).unwrap().starts_with(b"PAR1"));
    run("export data births.sdmx.csv --indicator births");
    run("export report 012262 report.xlsx --rule nagano --year R3");
    // What goes out comes in.
    let told = run("check report.xlsx");
    assert!(told.contains("第２期砂川市まち・ひと・しごと創生総合戦略 (012262), R3 – R7"), "{told}");
    assert!(told.contains("52 indicators"), "{told}");

    for (arguments, words) in [
        ("export report 012262 report.pdf", "a report ends in .xlsx, .html or .csv"),
        ("export report 012262 report.csv --year R1", "the plan runs from 2021 to 2025"),
        ("export report 012262 no/folder.csv", "no/folder.csv.part: No such file or directory"),
        ("export data all.txt", "a table ends in .csv, .sdmx.csv, .parquet or .arrow"),
        ("export data all.csv --prefecture 48", "“48” is no prefecture"),
        ("export data all.csv --indicator nothing", "the standard indicator was not found"),
    ] {
        let output = shirube(folder.path()).args(arguments.split(' ')).output().unwrap();
        let wrong = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(1) && wrong.contains(words), "{arguments}: {wrong}");
    }
    let left = fs::read_dir(folder.path())
        .unwrap()
        .filter(|of| of.as_ref().unwrap().path().extension().is_some_and(|of| of == "part"));
    assert_eq!(left.count(), 0, "nothing half-written is left");
}

#[test]
fn whoever_has_the_machine_manages_people_keys_and_tokens() {
    const VIEWER: &str = r#"{"query":"{ viewer { kind } }"}"#;
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &str| success(shirube(folder.path()), arguments);
    let (server, printed) = Server::start(folder.path());
    assert_eq!(mode(&folder.path().join("data/shirube.db")), 0o600, "the database is for its owner's eyes");
    assert_eq!(mode(&folder.path().join("data/shirube.db-wal")), 0o600);
    assert_eq!(mode(&folder.path().join("data/keys")), 0o700);
    let key = fs::read_dir(folder.path().join("data/keys")).unwrap().next().unwrap().unwrap();
    assert_eq!(mode(&key.path()), 0o600);
    let address = printed.split("ready at http://").nth(1).unwrap().split('/').next().unwrap().to_owned();
    // Beside the running server, which learns of it by itself.
    let with_url = |arguments: &str| run(&format!("{arguments} --public-url http://{address}"));

    let accept = |told: &str| {
        let (link, secret) = told.trim().rsplit_once('\n').unwrap().1.trim().split_once('#').unwrap();
        assert_eq!(link, format!("http://{address}/invitation"));
        let body = format!(r#"{{"invitation":"{secret}","password":"correct horse battery staple"}}"#);
        assert_eq!(send(&address, "/auth/invitation/accept", &body, None).0, 200, "{told}");
    };
    accept(&with_url("user invite --email Ken@example.jp --name Ken --role researcher"));
    accept(&with_url("user invite --email kanri@example.jp --name Kanri --role administrator --municipality 012262"));
    assert_eq!(run("user list"), "kanri@example.jp Kanri\nken@example.jp Ken: researcher\n");
    assert_eq!(run("user list --municipality 012262"), "kanri@example.jp Kanri: administrator\n");

    let token = with_url("token issue ken@example.jp").trim().to_owned();
    assert_eq!(send(&address, "/graphql", VIEWER, Some(&token)).1, r#"{"data":{"viewer":{"kind":"USER"}}}"#);
    assert_eq!(run("user sign-out ken@example.jp"), "2 sessions of ken@example.jp were ended.\n");
    let told = run("user disable ken@example.jp --reason gone");
    assert_eq!(told, "ken@example.jp may not sign in any more; all sessions were ended.\n");
    assert_eq!(run("user list"), "kanri@example.jp Kanri\nken@example.jp Ken: researcher, disabled\n");
    let body = r#"{"email":"ken@example.jp","password":"correct horse battery staple"}"#;
    assert_eq!(send(&address, "/auth/sign-in", body, None).0, 401);
    assert_eq!(run("user enable ken@example.jp"), "ken@example.jp may sign in.\n");
    assert_eq!(send(&address, "/auth/sign-in", body, None).0, 200);

    let made = run("key create --email ken@example.jp --name study --scope read_published,bulk --days 30");
    let secret = made.trim().rsplit_once(' ').unwrap().1.to_owned();
    assert!(made.starts_with("The key is good until ") && secret.starts_with("shk_"), "{made}");
    assert_eq!(send(&address, "/graphql", VIEWER, Some(&secret)).1, r#"{"data":{"viewer":{"kind":"API_KEY"}}}"#);
    run("key create --municipality 012262 --name drafts --scope read_drafts");
    let listed = run("key list --municipality 012262");
    assert!(
        listed.contains(" drafts: read_drafts; never used; good until ") && listed.lines().count() == 1,
        "{listed}"
    );
    let listed = run("key list --email ken@example.jp");
    assert!(listed.contains(" study: read_published, bulk; last used "), "{listed}");
    let id = listed.split(' ').next().unwrap();
    let revoke = format!("key revoke --email ken@example.jp {id}");
    assert_eq!(run(&revoke), "The key “study” is revoked; it stops within seconds.\n");
    assert!(run("key list --email ken@example.jp").contains("; revoked "));

    let keys = run("token keys");
    assert!(keys.lines().count() == 1 && keys.trim().ends_with(", signs"), "{keys}");
    assert!(run("token rotate").ends_with(" is published, and signs in a minute. Nobody is signed out.\n"));
    let both = run("token keys");
    assert!(both.lines().count() == 2 && both.starts_with(keys.trim()), "the old one signs for now: {both}");
    assert!(run("token rotate --revoke-old").ends_with(" signs from now on; access tokens of before are void.\n"));
    assert_eq!(run("token keys").lines().count(), 1);
    drop(server);

    let refused = |arguments: &str| failure(&shirube(folder.path()).args(arguments.split(' ')).output().unwrap());
    for (arguments, told) in [
        ("user invite --email x@example.jp --name X --role mayor", "“mayor” is not a role; it is one of operator, "),
        ("user invite --email x@example.jp --name X --role planner", "name the municipality of this role with --mun"),
        ("user invite --email x --name X --role operator", "email: this is not an e-mail address"),
        (
            "user invite --email x@example.jp --name X --role operator --municipality 012262",
            "not a role in a municipal",
        ),
        ("user invite --email x@example.jp --name X --role reporter --municipality 012262", "a reporter belongs to a"),
        ("user invite --email x@example.jp --name X --role planner --municipality 999999", "999999"),
        (
            "user invite --email x@example.jp --name X --role reporter --municipality 012262 --department Y",
            "no department “Y”",
        ),
        ("user invite --role operator", "required arguments were not provided"),
        ("user disable nobody@example.jp", "the user"),
        ("user grant ken@example.jp --role planner --municipality 012262", "has no role in 012262 yet; invite them"),
        ("user list --municipality x", "x"),
        (
            "key create --email ken@example.jp --name k --scope everything",
            "“everything” is not a scope; it is one of read_",
        ),
        ("key create --email ken@example.jp --name k --scope read_drafts", "only a key of a municipality can have"),
        ("key create --email ken@example.jp --name k --scope bulk --days 367", "367 is not in 1..=366"),
        ("key create --name k --scope bulk", "required arguments were not provided"),
        ("key create --email ken@example.jp --municipality 012262 --name k --scope bulk", "cannot be used with"),
        ("key revoke --email ken@example.jp 7", "“7” is not the id of a key; see `shirube key list`"),
        ("key revoke --municipality 012262 00000000-0000-0000-0000-000000000000", "the API key"),
        ("token issue nobody@example.jp", "the user"),
        ("user", "invite, list, grant, revoke, reset, disable, enable, sign out"),
    ] {
        let line = refused(arguments);
        assert!(line.contains(told), "{arguments}: {line}");
    }
}

#[test]
fn what_others_may_read_is_said_and_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    success(shirube(folder.path()), "token keys");
    let file = fs::read_dir(folder.path().join("data/keys")).unwrap().next().unwrap().unwrap().path();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let told = failure(&shirube(folder.path()).args(["token", "keys"]).output().unwrap());
    assert!(told.contains("can be read by others than its owner; run `chmod go-rwx "), "{told}");
    // A database that somebody shares on purpose stays shared.
    let database = folder.path().join("data/shirube.db");
    fs::write(&database, "").unwrap();
    fs::set_permissions(&database, fs::Permissions::from_mode(0o640)).unwrap();
    success(shirube(folder.path()), "migrate");
    assert_eq!(mode(&database), 0o640);
}

#[test]
fn an_instance_that_nobody_runs_gives_a_new_link_at_each_start() {
    let folder = tempfile::tempdir().unwrap();
    let link = |printed: &str| printed.lines().find(|line| line.contains("/invitation#shi_")).unwrap().to_owned();
    let (first, printed) = Server::start(folder.path());
    let old = link(&printed);
    drop(first);
    let (_second, printed) = Server::start(folder.path());
    assert_ne!(link(&printed).split('#').nth(1), old.split('#').nth(1));
    let address = printed.split("ready at http://").nth(1).unwrap().split('/').next().unwrap();
    let accept = |line: &str| {
        let secret = line.trim().split('#').nth(1).unwrap();
        let body = format!(
            r#"{{"invitation":"{secret}","email":"unyo@example.jp","name":"U","password":"correct horse battery staple"}}"#
        );
        send(address, "/auth/invitation/accept", &body, None).0
    };
    assert_eq!(accept(&old), 401);
    assert_eq!(accept(&link(&printed)), 200);
    assert_eq!(success(shirube(folder.path()), "user list"), "unyo@example.jp U: operator\n");
    let (_third, printed) = Server::start(folder.path());
    assert!(!printed.contains("#shi_"), "somebody runs it: {printed}");
}
