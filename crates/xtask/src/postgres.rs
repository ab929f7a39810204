//! A throw-away PostgreSQL server for one run of the tests.
//!
//! It lives in a temporary folder, listens on a free port of the loopback interface only, has a password of its own,
//! and trades durability for speed. However the task ends (tests fail, Ctrl-C, a kill), the server is stopped and its
//! folder removed, see [`Keeper`].

use std::fmt::Write as _;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::{env, io};

use anyhow::{Context as _, Result, bail};

use crate::checkout::spelled;
use crate::machine;

/// The oldest release that the product supports.
const OLDEST: u32 = 15;

/// A running server, stopped and removed when the value is dropped.
pub(crate) struct Server {
    port: u16,
    password: String,
    _keeper: Keeper,
}

impl Server {
    /// Sets up a server with the programs in the folder and waits until it takes connections.
    pub(crate) fn start(programs: &Path) -> Result<Self> {
        let account = Account::unprivileged()?;
        let name = format!("shirube-postgres-{}", random_hex()?);
        // The temporary folder of root may be out of the account's reach; `/tmp` is open to everyone.
        let parent = if account.is_some() { PathBuf::from("/tmp") } else { env::temp_dir() };
        let folder = private_folder(parent.join(name), account)?;
        // From here on the keeper owns the folder, also when the server does not start.
        let keeper = Keeper::new(programs, &folder, account)?;

        let password = random_hex()?;
        let data = folder.join("data");
        let password_file = private_file(&folder.join("password"), &password, account)?;
        let mut initdb = command_as(account, &programs.join("initdb"));
        initdb.args(["--username=shirube", "--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--no-sync"]);
        initdb.arg("--pgdata").arg(&data).arg("--pwfile").arg(&password_file).current_dir(&folder);
        succeed_silently(&mut initdb)?;
        fs::remove_file(&password_file)?;

        // Taken and given back: PostgreSQL cannot be handed a port that is already open.
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        OpenOptions::new().append(true).open(data.join("postgresql.conf"))?.write_all(settings(port).as_bytes())?;
        let log = folder.join("log");
        let mut pg_ctl = command_as(account, &programs.join("pg_ctl"));
        pg_ctl.args(["start", "--wait", "--silent", "--timeout=60"]);
        pg_ctl.arg("--pgdata").arg(&data).arg("--log").arg(&log).current_dir(&folder);
        succeed_silently(&mut pg_ctl)
            .with_context(|| format!("the server says: {}", fs::read_to_string(&log).unwrap_or_default().trim()))?;
        Ok(Self { port, password, _keeper: keeper })
    }

    /// How a superuser reaches it.
    pub(crate) fn url(&self) -> String {
        format!("postgres://shirube:{}@{}:{}/postgres", self.password, Ipv4Addr::LOCALHOST, self.port)
    }
}

/// The folder of the server's programs: the search path comes first, then Debian's folders, newest release first.
pub(crate) fn programs() -> Option<PathBuf> {
    let on_path = machine::on_path("initdb").and_then(|initdb| initdb.canonicalize().ok());
    let on_path = on_path.and_then(|initdb| initdb.parent().map(Path::to_path_buf));
    let mut debian: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    debian.sort_by(|(one, _), (other, _)| other.cmp(one));
    on_path.into_iter().chain(debian.into_iter().map(|(_, folder)| folder)).find(|folder| {
        let version = Command::new(folder.join("initdb")).arg("--version").output();
        version.is_ok_and(|output| release(&String::from_utf8_lossy(&output.stdout)) >= Some(OLDEST))
    })
}

/// The release number in what `initdb --version` prints.
fn release(version: &str) -> Option<u32> {
    let number = version.split_whitespace().nth(2)?;
    let digits = number.split(|character: char| !character.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// What the server does other than by default. The last line of a setting in the file is the one that counts.
fn settings(port: u16) -> String {
    format!(
        "
listen_addresses = '{}'
port = {port}
unix_socket_directories = ''
max_connections = 200
# nothing here outlives the tests, so nothing waits for the disk
fsync = off
synchronous_commit = off
full_page_writes = off
# and its log of changes is not kept by the gigabyte
max_wal_size = 128MB
min_wal_size = 32MB
",
        Ipv4Addr::LOCALHOST
    )
}

/// Stops the server and removes its folder as soon as this task is gone, for whatever reason.
///
/// It is a shell that waits for the end of its standard input, whose other end only this task holds: the system closes
/// that when the task ends, even by a kill. A process group of its own keeps Ctrl-C away from it.
struct Keeper(Child);

impl Keeper {
    /// Waits, stops the server if it is there, removes the folder. `$1` holds the programs, `$2` is the folder.
    const SCRIPT: &str = r#"read -r _; "$1/pg_ctl" stop --pgdata "$2/data" --mode=immediate; rm -rf "$2""#;

    /// Starts to watch over the folder.
    fn new(programs: &Path, folder: &Path, account: Option<Account>) -> Result<Self> {
        let mut shell = command_as(account, Path::new("/bin/sh"));
        shell.args(["-c", Self::SCRIPT, "keeper"]).arg(programs).arg(folder).current_dir("/").process_group(0);
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        shell.spawn().map(Self).context("cannot start /bin/sh")
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        // `wait` closes the standard input first. There is no one to tell about a failure.
        let _ = self.0.wait();
    }
}

/// Who a server runs as when the task is root, since PostgreSQL refuses to.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Account {
    uid: u32,
    gid: u32,
}

impl Account {
    /// The account to change to; none where the task is an ordinary user already.
    fn unprivileged() -> Result<Option<Self>> {
        if !machine::is_root()? {
            return Ok(None);
        }
        let passwd = fs::read_to_string("/etc/passwd").context("cannot read /etc/passwd")?;
        let account = Self::named("postgres", &passwd).or_else(|| Self::named("nobody", &passwd));
        account.map(Some).context("PostgreSQL refuses to run as root, and there is no user postgres or nobody")
    }

    /// Looks the name up in the text of `/etc/passwd`.
    fn named(name: &str, passwd: &str) -> Option<Self> {
        let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut ids = line.split(':').skip(2);
        Some(Self { uid: ids.next()?.parse().ok()?, gid: ids.next()?.parse().ok()? })
    }
}

/// The program, to be run as the account.
fn command_as(account: Option<Account>, program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env("LC_ALL", "C");
    if let Some(Account { uid, gid }) = account {
        command.uid(uid).gid(gid);
    }
    command
}

/// Runs the command; what it printed is shown only in the error.
fn succeed_silently(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot run `{}`", spelled(command)))?;
    if !output.status.success() {
        let said = [output.stdout, output.stderr].concat();
        bail!("`{}` failed ({}): {}", spelled(command), output.status, String::from_utf8_lossy(&said).trim());
    }
    Ok(())
}

/// Makes a folder that only the account can look into.
fn private_folder(path: PathBuf, account: Option<Account>) -> Result<PathBuf> {
    let made = DirBuilder::new().mode(0o700).create(&path).and_then(|()| give(&path, account));
    made.with_context(|| format!("cannot make {}", path.display()))?;
    Ok(path)
}

/// Writes a file that only the account can read.
fn private_file(path: &Path, text: &str, account: Option<Account>) -> Result<PathBuf> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    give(path, account)?;
    Ok(path.to_path_buf())
}

/// Makes the account the owner.
fn give(path: &Path, account: Option<Account>) -> io::Result<()> {
    account.map_or(Ok(()), |Account { uid, gid }| chown(path, Some(uid), Some(gid)))
}

/// 128 bits that nobody can guess, in a form that needs no escaping in a URL or a path.
fn random_hex() -> Result<String> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .context("cannot read randomness")?;
    Ok(bytes.iter().fold(String::new(), |mut hex, byte| {
        // writing to a string cannot fail
        let _ = write!(hex, "{byte:02x}");
        hex
    }))
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn a_server_answers_while_it_is_held_and_leaves_nothing_behind() {
        let programs = programs().expect("PostgreSQL 15 or newer is not installed; `cargo xtask test` says how");
        let server = Server::start(&programs).expect("a server");
        let address = (Ipv4Addr::LOCALHOST, server.port);
        TcpStream::connect(address).expect("a server that answers");
        drop(server);
        TcpStream::connect(address).expect_err("a server that is gone");
    }

    #[test]
    fn release_is_the_number_before_the_dot() {
        assert_eq!(release("initdb (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)\n"), Some(15));
        assert_eq!(release("initdb (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(release("initdb"), None);
    }

    #[test]
    fn account_is_found_by_its_whole_name() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\npostgresql:x:7:7::/:\npostgres:x:101:104:,,,:/var:/bin/sh\n";
        assert_eq!(Account::named("postgres", passwd), Some(Account { uid: 101, gid: 104 }));
        assert_eq!(Account::named("nobody", passwd), None);
    }
}
