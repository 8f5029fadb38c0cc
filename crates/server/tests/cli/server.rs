//! A server of its own for each test, on a port and a folder that nobody else has.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// How long anything may take before a test gives up; the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running server with its folder; both go when it is dropped.
pub struct Server {
    child: Child,
    lines: Receiver<String>,
    log: Vec<String>,
    arguments: Vec<String>,
    listen: String,
    data: PathBuf,
    folder: Option<TempDir>,
}

/// How a command ended.
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// Runs the program to its end.
pub fn lampfield(arguments: &[&str]) -> Ran {
    Ran::of(program(arguments).stdin(Stdio::null()).output().expect("the program"))
}

fn program<S: AsRef<std::ffi::OsStr>>(arguments: &[S]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lampfield"));
    command.args(arguments);
    command
}

// === impl Ran ===

impl Ran {
    pub fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("{}{}", self.out, self.err))
    }
}

// === impl Server ===

impl Server {
    /// Starts with these lines in its configuration, besides folder and listener.
    pub fn start(config: &str) -> Self {
        Self::start_with(config, "")
    }

    /// The same with more lines in `[xmpp]`.
    pub fn start_with(config: &str, xmpp: &str) -> Self {
        Self::start_in(tempfile::tempdir().expect("a folder"), config, xmpp)
    }

    /// The same on the files of a data folder that another version has left.
    pub fn start_on(files: &Path, config: &str, xmpp: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        let private = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode));
        fs::create_dir(&data).and_then(|()| private(&data, 0o700)).expect("a data folder");
        for file in ["lampfield.db", "accounts.key"] {
            let copy = data.join(file);
            fs::copy(files.join(file), &copy).and_then(|_| private(&copy, 0o600)).expect(file);
        }
        // The mark by which the folder is known as one of ours.
        let mark = data.join("lampfield.lock");
        fs::write(&mark, "1").and_then(|()| private(&mark, 0o600)).expect("a mark");
        Self::start_in(folder, config, xmpp)
    }

    /// The same in a folder that is somewhere else than usual.
    pub fn start_in(folder: TempDir, config: &str, xmpp: &str) -> Self {
        let file = folder.path().join("lampfield.toml");
        let arguments = vec!["--config".to_owned(), file.display().to_string()];
        let (listen, data) = (free_address(), folder.path().join("data"));
        let server = |child, lines| Self {
            child,
            lines,
            log: Vec::new(),
            arguments: arguments.clone(),
            listen: listen.clone(),
            data,
            folder: Some(folder),
        };
        fs::write(&file, complete(config, &listen) + xmpp).expect("a file");
        let (child, lines) = spawn(&arguments);
        let mut server = server(child, lines);
        server.says("lampfield ready");
        server
    }

    /// Starts without a configuration, as on the first day, but on a port of its own.
    pub fn bare(data: &Path) -> Self {
        let arguments = vec!["--data-dir".to_owned(), data.display().to_string()];
        let (log, listen, data) = (Vec::new(), free_address(), data.to_owned());
        let here = ["--listen".to_owned(), listen.clone()];
        let (child, lines) = spawn(&[&arguments[..], &here].concat());
        let mut server = Self { child, lines, log, arguments, listen, data, folder: None };
        server.says("lampfield ready");
        server
    }

    /// Runs again after a stop, on the same folder.
    pub fn restart(&mut self) {
        (self.child, self.lines) = spawn(&self.arguments);
        self.says("lampfield ready");
    }

    /// The address and port on which it listens for XMPP.
    pub fn address(&self) -> &str {
        &self.listen
    }

    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Its configuration file.
    pub fn config(&self) -> PathBuf {
        self.folder.as_ref().expect("a server with a file").path().join("lampfield.toml")
    }

    /// Writes another configuration for the next reload.
    pub fn configure(&self, config: &str) {
        let folder = self.folder.as_ref().expect("a server with a file").path();
        let text = complete(config, &self.listen);
        fs::write(folder.join("lampfield.toml"), text).expect("a file");
    }

    /// The same with more lines in `[xmpp]`.
    pub fn configure_with(&self, config: &str, xmpp: &str) {
        let folder = self.folder.as_ref().expect("a server with a file").path();
        let text = complete(config, &self.listen) + xmpp;
        fs::write(folder.join("lampfield.toml"), text).expect("a file");
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program(arguments);
        command.args(&self.arguments);
        command
    }

    pub fn ask(&self, arguments: &[&str]) -> Ran {
        self.ask_with(arguments, "")
    }

    /// With something on standard input.
    pub fn ask_with(&self, arguments: &[&str], input: &str) -> Ran {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program");
        // A command that does not read has already gone.
        let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
        Ran::of(child.wait_with_output().expect("an end"))
    }

    /// The codes of what `status` wants somebody to look at.
    pub fn attention(&self) -> Vec<String> {
        let status = self.ask(&["status", "--json"]).json();
        let codes = status["attention"].as_array().expect("a list").iter();
        codes.map(|one| one["code"].as_str().expect("a code").to_owned()).collect()
    }

    /// Waits for a line with these words in the log.
    pub fn says(&mut self, words: &str) {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => {
                    let found = line.contains(words);
                    self.log.push(line);
                    if found {
                        return;
                    }
                }
                Err(_) => panic!("no {words:?} in {:#?}", self.log),
            }
        }
    }

    /// Whether a line with these words has come into the log by now.
    pub fn has_said(&mut self, words: &str) -> bool {
        self.log.extend(self.lines.try_iter());
        self.log.iter().any(|line| line.contains(words))
    }

    pub fn hang_up(&self) {
        self.signal(Signal::HUP);
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Stops it and gives the whole log.
    pub fn stop(&mut self) -> Vec<String> {
        self.signal(Signal::TERM);
        let status = self.child.wait().expect("an end");
        self.log.extend(self.lines.iter());
        assert!(status.success(), "{status:?} {:#?}", self.log);
        std::mem::take(&mut self.log)
    }

    /// Ends it at once, as a crash does.
    pub fn kill(&mut self) {
        self.signal(Signal::KILL);
        self.child.wait().expect("an end");
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.id().cast_signed()).expect("a process");
        kill_process(pid, signal).expect("our own child");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Stopped already is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn complete(config: &str, listen: &str) -> String {
    format!("data_dir = 'data'\n{config}\n[xmpp]\nlisten = ['{listen}']\n")
}

/// An address that was free a moment ago.
pub fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("an address");
    listener.local_addr().expect("an address").to_string()
}

fn spawn(arguments: &[String]) -> (Child, Receiver<String>) {
    let mut command = program(&["serve"]);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program");
    let stderr = child.stderr.take().expect("a pipe");
    let (told, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            if told.send(line).is_err() {
                return;
            }
        }
    });
    (child, lines)
}
