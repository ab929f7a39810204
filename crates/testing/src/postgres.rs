use std::{
    env, fs,
    io::Write as _,
    net::{Ipv4Addr, TcpListener},
    os::unix::{fs::chown, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use crate::TestDatabase;

/// The variable that names the folder of PostgreSQL's programs.
const PROGRAMS: &str = "SHIRUBE_TEST_POSTGRES_PROGRAMS";
/// How long a server that was killed may take to start again.
const START: Duration = Duration::from_secs(30);

/// A PostgreSQL server of a test's own, which it may kill. It keeps what it acknowledged, as it comes.
#[derive(Debug)]
pub struct PrivatePostgres {
    programs: PathBuf,
    folder: TempDir,
    account: Option<(u32, u32)>,
    port: u16,
    keeper: Child,
}

impl PrivatePostgres {
    /// Stops the server when the standard input is closed, which the system does however the test ends.
    const KEEPER: &str = r#"read -r _; "$1/pg_ctl" stop --pgdata "$2" --mode=immediate"#;

    /// Sets up a server and starts it.
    pub fn start() -> Result<Self> {
        let programs = PathBuf::from(env::var(PROGRAMS).with_context(|| {
            format!("{PROGRAMS} is not set: run the tests with `cargo xtask test`, which finds PostgreSQL")
        })?);
        let account = unprivileged()?;
        // The temporary folder of root may be out of the account's reach; `/tmp` is open to everyone.
        let parent = if account.is_some() { PathBuf::from("/tmp") } else { env::temp_dir() };
        let folder = tempfile::Builder::new().prefix("shirube-private-postgres-").tempdir_in(parent)?;
        if let Some((user, group)) = account {
            chown(folder.path(), Some(user), Some(group))?;
        }
        // Taken and given back: PostgreSQL cannot be handed a port that is already open.
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let data = folder.path().join("data");
        let mut initdb = command(&programs.join("initdb"), account, folder.path());
        // It listens on this machine alone, for as long as the test runs.
        initdb.args(["--username=shirube", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"]);
        succeed(initdb.arg("--pgdata").arg(&data))?;
        let settings = format!(
            "\nlisten_addresses = '{}'\nport = {port}\nunix_socket_directories = ''\nfsync = on\nsynchronous_commit = on\n",
            Ipv4Addr::LOCALHOST
        );
        fs::OpenOptions::new().append(true).open(data.join("postgresql.conf"))?.write_all(settings.as_bytes())?;
        let mut keeper = command(Path::new("/bin/sh"), account, Path::new("/"));
        keeper.args(["-c", Self::KEEPER, "keeper"]).arg(&programs).arg(&data).process_group(0).stdin(Stdio::piped());
        let keeper = keeper.spawn().context("cannot start /bin/sh")?;
        let server = Self { programs, folder, account, port, keeper };
        server.restart()?;
        Ok(server)
    }

    /// A database on it with the sample data.
    pub async fn sample(&self) -> Result<TestDatabase> {
        TestDatabase::sample_on(&format!("postgres://shirube:none@{}:{}/postgres", Ipv4Addr::LOCALHOST, self.port))
            .await
    }

    /// Starts it again after it was stopped or killed, and waits until it takes connections.
    pub fn restart(&self) -> Result<()> {
        let start = Instant::now();
        loop {
            let mut starting = self.pg_ctl("start");
            starting.args(["--wait", "--timeout=30"]).arg("--log").arg(self.folder.path().join("log"));
            match succeed(&mut starting) {
                Ok(()) => return Ok(()),
                // The processes of a server that was killed hold its memory until they notice.
                Err(_) if start.elapsed() < START => std::thread::sleep(Duration::from_millis(100)),
                Err(error) => return Err(error),
            }
        }
    }

    /// Stops it as a crash would: every process ends at once, nothing is written any more.
    pub fn crash(&self) -> Result<()> {
        succeed(self.pg_ctl("stop").arg("--mode=immediate"))
    }

    /// Kills its first process, as a system without memory would.
    pub fn kill(&self) -> Result<()> {
        let file = fs::read_to_string(self.data().join("postmaster.pid"))?;
        let process = file.lines().next().context("the file of the process is empty")?;
        succeed(Command::new("kill").args(["-KILL", process]))
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn pg_ctl(&self, what: &str) -> Command {
        let mut pg_ctl = command(&self.programs.join("pg_ctl"), self.account, self.folder.path());
        pg_ctl.args([what, "--silent"]).arg("--pgdata").arg(self.data());
        pg_ctl
    }
}

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        // `wait` closes the standard input first. There is no one to tell about a failure.
        let _ = self.keeper.wait();
    }
}

/// Who the server runs as where the test is root, since PostgreSQL refuses to.
fn unprivileged() -> Result<Option<(u32, u32)>> {
    let id = Command::new("id").arg("-u").output().context("cannot run `id -u`")?;
    if id.stdout.trim_ascii() != b"0" {
        return Ok(None);
    }
    let passwd = fs::read_to_string("/etc/passwd")?;
    for name in ["postgres", "nobody"] {
        let Some(line) = passwd.lines().find(|line| line.split(':').next() == Some(name)) else { continue };
        let mut ids = line.split(':').skip(2).map(str::parse);
        if let (Some(Ok(user)), Some(Ok(group))) = (ids.next(), ids.next()) {
            return Ok(Some((user, group)));
        }
    }
    bail!("PostgreSQL refuses to run as root, and there is no user postgres or nobody")
}

fn command(program: &Path, account: Option<(u32, u32)>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.env("LC_ALL", "C").current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if let Some((user, group)) = account {
        command.uid(user).gid(group);
    }
    command
}

fn succeed(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot run {command:?}"))?;
    ensure!(status.success(), "{command:?} failed: {status}");
    Ok(())
}
