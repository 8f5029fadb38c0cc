//! The server under test: the release binary with a configuration and a data folder of its own,
//! started, killed, stopped and asked as an operator would.

mod answers;
mod config;

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::server::ParsedCertificate;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use crate::eventually::{SOON, eventually};
use crate::namespace::Namespace;
use crate::net::Net;
use crate::process::Process;
pub use answers::{Origin, Why};
pub use config::{Account, Config, DOMAIN, PORT};

/// How long a stop in good order may take: a fixed point of the product.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// The exit status of a question about something that is not there.
const NO_SUCH_THING: i32 = 5;

/// How many addresses the server listens on, so that each peer can have its own and be cut off by
/// it. The first is for clients that need none.
const LINKS: u8 = 12;

/// The server, running or between two runs.
pub struct Server {
    /// First, so that it is gone before its folder.
    running: Option<Running>,
    folder: TempDir,
    net: Net,
    links_given: u8,
    namespace: Option<Arc<Namespace>>,
}

struct Running {
    process: Process,
    said: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Starts with this configuration and waits for the ready line.
    pub async fn start(config: &Config) -> Self {
        let mut server = Self::prepare(config);
        server.run().await;
        server
    }

    /// Writes the configuration; [`Self::run`] starts it.
    pub fn prepare(config: &Config) -> Self {
        Self::placed(config, None)
    }

    /// As [`Self::prepare`], on a machine of its own, where it listens on every address.
    pub fn prepare_on(namespace: Arc<Namespace>, config: &Config) -> Self {
        Self::placed(config, Some(namespace))
    }

    fn placed(config: &Config, namespace: Option<Arc<Namespace>>) -> Self {
        let server = Self {
            running: None,
            folder: tempfile::tempdir().expect("a folder"),
            net: Net::claim(),
            links_given: 1,
            namespace,
        };
        server.configure(config);
        server
    }

    /// Writes another configuration into the file; it is read at the next start.
    pub fn configure(&self, config: &Config) {
        let addresses = match &self.namespace {
            Some(_) => vec![SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, PORT)],
            None => (1..=LINKS).map(|host| self.net.socket(host, PORT)).collect(),
        };
        let text = config.to_toml(&self.data(), &addresses);
        std::fs::write(self.config_file(), text).expect("the configuration file");
    }

    /// Writes another configuration, and lets the running server take it over.
    pub async fn reload(&self, config: &Config) {
        self.configure(config);
        let words = "the configuration was read again";
        let before = self.log().matches(words).count();
        self.running.as_ref().expect("it runs").process.hang_up();
        eventually(SOON, || async {
            let now = self.log().matches(words).count();
            if now > before { Ok(()) } else { Err(self.log()) }
        })
        .await;
    }

    /// Starts it, again, on the same data folder.
    pub async fn run(&mut self) {
        assert!(self.running.is_none(), "it runs already");
        let mut process = Process::start_in(self.namespace.as_deref(), &binary(), |command| {
            command.args(["serve", "--config"]).arg(self.config_file());
            command.stdout(Stdio::null()).stderr(Stdio::piped());
        });
        let said = Arc::new(Mutex::new(Vec::new()));
        listen(process.stderr(), said.clone());
        self.running = Some(Running { process, said });
        self.logs("lampfield ready").await;
    }

    /// The usual address, for clients that will not be cut off.
    pub fn address(&self) -> SocketAddrV4 {
        self.net.socket(1, PORT)
    }

    /// An address that nobody else in this test uses.
    pub fn link(&mut self) -> SocketAddrV4 {
        self.links_given += 1;
        assert!(self.links_given <= LINKS, "more links than the server listens on");
        self.net.socket(self.links_given, PORT)
    }

    /// Waits until everything that has taken effect is stored: it is delivered first, so who has
    /// seen a change has no proof yet that it survives.
    pub async fn settled(&self) {
        eventually(SOON, || async {
            let waiting = self.status()["store"]["waiting"].clone();
            if waiting == 0 { Ok(()) } else { Err(format!("{waiting} changes wait to be stored")) }
        })
        .await;
    }

    /// Kills it without warning, as `kill -9` does.
    pub fn kill(&mut self) {
        self.running.as_mut().expect("it runs").process.kill();
        self.running = None;
    }

    /// Stops it in good order: exit status 0 within five seconds.
    pub async fn stop(&mut self) {
        let running = self.running.as_mut().expect("it runs");
        let status = running.process.terminate(STOP_WITHIN).await;
        assert!(status.is_some_and(|s| s.success()), "SIGTERM: {status:?}\n{}", self.log());
        self.running = None;
    }

    /// How it ended by itself, if it did.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.running.as_mut()?.process.ended()
    }

    /// What it has written to standard error in this run.
    pub fn log(&self) -> String {
        let said = self.running.as_ref().map(|running| running.said.lock().expect("not poisoned"));
        said.map(|said| said.join("\n")).unwrap_or_default()
    }

    /// Waits until a line of the log contains this; panics when the server ends first.
    pub async fn logs(&mut self, words: &str) {
        let deadline = Instant::now() + SOON;
        while !self.log().contains(words) {
            let log = self.log();
            assert_eq!(self.ended(), None, "the server ended:\n{log}");
            assert!(Instant::now() < deadline, "no {words:?} in:\n{log}");
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Runs one of the operator's commands on this server.
    pub fn command(&self, arguments: &[&str]) -> Output {
        self.prepared(arguments).stdin(Stdio::null()).output().expect("the command runs")
    }

    /// Runs a command that must succeed and reads this from its standard input.
    pub fn tell(&self, arguments: &[&str], input: &str) -> String {
        let mut command = self.prepared(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the command starts");
        let mut stdin = child.stdin.take().expect("piped");
        stdin.write_all(input.as_bytes()).expect("the command reads its input");
        drop(stdin);
        let output = child.wait_with_output().expect("the command ends");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {}: {error}", output.status);
        String::from_utf8(output.stdout).expect("text")
    }

    fn prepared(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.args(arguments).arg("--config").arg(self.config_file());
        command
    }

    /// The JSON answer of a command. Its exit status is a verdict on what it found, not on whether
    /// it answered.
    pub fn ask_json(&self, arguments: &[&str]) -> Value {
        let output = self.command(&[arguments, &["--json"]].concat());
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            panic!("{arguments:?}: {error}: {text:?} {}", String::from_utf8_lossy(&output.stderr))
        })
    }

    /// What decides this lamp; nothing does when nobody ever spoke of it.
    pub fn why(&self, subject: &str) -> Why {
        match self.command(&["why", subject, "--json"]).status.code() {
            Some(NO_SUCH_THING) => Why::nothing(),
            _ => Why::new(self.ask_json(&["why", subject])),
        }
    }

    /// What `lampfield status --json` answers.
    pub fn status(&self) -> Value {
        self.ask_json(&["status"])
    }

    /// Whether an account has a live connection.
    pub fn is_connected(&self, user: &str) -> bool {
        answers::is_connected(&self.status(), &format!("{user}@{DOMAIN}"))
    }

    /// The `attention` part of `status --json`, as text.
    pub fn attention(&self) -> String {
        self.status()["attention"].to_string()
    }

    /// How long a PBX of this account is expected to stay away, and its grace, in seconds.
    pub fn predicted_wait_and_grace(&self, user: &str) -> (f64, f64) {
        answers::predicted_wait_and_grace(&self.status(), &format!("{user}@{DOMAIN}"))
    }

    /// The process; the server must be running.
    pub fn process(&self) -> &Process {
        &self.running.as_ref().expect("it runs").process
    }

    /// The file with its certificate for [`DOMAIN`].
    pub fn certificate_file(&self) -> PathBuf {
        self.data().join("tls").join(format!("{DOMAIN}.pem"))
    }

    /// The SHA-256 of its certificate, in hexadecimal digits.
    pub fn fingerprint(&self) -> String {
        sha256(&self.certificate())
    }

    /// The SHA-256 of its certificate's public key, in hexadecimal digits.
    pub fn key_fingerprint(&self) -> String {
        let certificate = self.certificate();
        let parsed = ParsedCertificate::try_from(&certificate).expect("a certificate");
        sha256(&parsed.subject_public_key_info())
    }

    fn certificate(&self) -> CertificateDer<'static> {
        CertificateDer::from_pem_file(self.certificate_file()).expect("a certificate in PEM")
    }

    /// The data folder, which outlives restarts.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The path of the configuration file.
    pub fn config_file(&self) -> PathBuf {
        self.folder.path().join("lampfield.toml")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<_> =
                log.lines().filter(|line| !line.contains("code=\"account\"")).collect();
            let last = lines[lines.len().saturating_sub(40)..].join("\n");
            eprintln!("--- the last of {} lines in lampfield's log:\n{last}", lines.len());
            keep(&log);
        }
    }
}

/// SHA-256 in hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Keeps the log of a failed test beside the build: it may be long.
fn keep(log: &str) {
    let folder = target().join("lampfield-tests");
    let test = std::thread::current().name().unwrap_or("test").replace("::", ".");
    let file = folder.join(test + ".log");
    if std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&file, log)).is_ok() {
        eprintln!("--- all of it: {}", file.display());
    }
}

/// The server's binary: `$LAMPFIELD_BIN`, else the release build beside this test's own.
pub fn binary() -> String {
    let given = std::env::var("LAMPFIELD_BIN").ok();
    given.unwrap_or_else(|| target().join("release/lampfield").to_string_lossy().into_owned())
}

/// The build folder: `PROFILE/deps/PROGRAM` lies in it.
fn target() -> PathBuf {
    let here = std::env::current_exe().expect("this program's path");
    let mut above = here.ancestors().filter(|folder| !folder.ends_with("deps")).skip(1);
    above.nth(1).expect("a build folder").to_owned()
}

/// Collects what a program writes to standard error.
pub(crate) fn listen(stderr: std::process::ChildStderr, said: Arc<Mutex<Vec<String>>>) {
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            said.lock().expect("not poisoned").push(line);
        }
    });
}
