//! A Python scenario on slixmpp: started in the library's Debian and told where the server is. It
//! says lines of JSON while it runs and ends by itself; its last line is the verdict.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use lampfield_tests::debian::Scratch;
use lampfield_tests::process::Process;
use lampfield_tests::server::{Config, DOMAIN, Server};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

/// How long a scenario may be silent; its own steps have shorter deadlines and better words.
const PATIENCE: Duration = Duration::from_secs(90);

/// The Debian with the library.
const DEBIAN: &str = "slixmpp";

/// The port where TLS starts at once.
const TLS_PORT: u16 = 25_223;

/// A server for these clients only: TLS, by STARTTLS and from the start.
pub async fn server(config: Config) -> Server {
    server_for_others_too(config.with_tls()).await
}

/// As [`server`], with TLS as far as the configuration says it.
pub async fn server_for_others_too(config: Config) -> Server {
    let mut server = Server::prepare(&config);
    let listen_tls = format!("listen_tls = [\"{}:{TLS_PORT}\"]", server.address().ip());
    server.configure(&config.xmpp(&listen_tls));
    server.run().await;
    server
}

/// Runs a scenario, `file.function`, to its end.
pub async fn play(server: &Server, scenario: &str) {
    Script::start(server, scenario).passes().await;
}

/// A scenario that runs in the library's Debian.
pub struct Script {
    /// First, so that it is gone before its folder.
    _process: Process,
    folder: Scratch,
    name: String,
    said: UnboundedReceiver<String>,
}

impl Script {
    /// Starts `scenario`, which names a file and a function of it: `file.function`.
    pub fn start(server: &Server, scenario: &str) -> Self {
        let folder = Scratch::make(DEBIAN);
        copy(&folder.outside());
        let mut process = Process::start("chroot", |command| {
            command.arg(folder.root()).args(["python3", "-B"]);
            command.arg(format!("{}/run.py", folder.inside()));
            command.arg(scenario).arg(place(server).to_string()).env("LC_ALL", "C.UTF-8");
            let errors = fs::File::create(folder.outside().join("errors"));
            command.stdout(Stdio::piped()).stderr(errors.expect("a file"));
        });
        let said = listen(process.stdout());
        Self { _process: process, folder, name: scenario.to_owned(), said }
    }

    /// Waits until it says this; what it says before is skipped.
    pub async fn says(&mut self, wanted: &Value) {
        let until = async { while self.next().await != *wanted {} };
        timeout(PATIENCE, until).await.unwrap_or_else(|_| panic!("never said {wanted}"));
    }

    /// What it says next must be this.
    pub async fn hears(&mut self, wanted: Value) {
        assert_eq!(self.next().await, wanted, "{}", self.name);
    }

    /// Waits for its end, which must be a good one.
    pub async fn passes(mut self) {
        self.says(&json!({"verdict": "passed"})).await;
    }

    async fn next(&mut self) -> Value {
        let line = timeout(PATIENCE, self.said.recv()).await;
        let line = line.unwrap_or_else(|_| panic!("{}: silent for {PATIENCE:?}", self.name));
        let line = line.unwrap_or_else(|| panic!("{}: no verdict\n{}", self.name, self.errors()));
        let said: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("said {line}"));
        if let Some(why) = said.get("failed").and_then(Value::as_str) {
            panic!("{}: {why}", self.name);
        }
        said
    }

    fn errors(&self) -> String {
        fs::read_to_string(self.folder.outside().join("errors")).unwrap_or_default()
    }
}

/// What a scenario is told.
fn place(server: &Server) -> Value {
    let certificate = server.data().join(format!("tls/{DOMAIN}.pem"));
    json!({
        "domain": DOMAIN,
        "host": server.address().ip(),
        "port": server.address().port(),
        "tls_port": TLS_PORT,
        "certificate": fs::read_to_string(certificate).expect("the self-made certificate"),
        "password": Config::password("{}"),
    })
}

fn copy(to: &Path) {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients");
    for entry in fs::read_dir(scripts).expect("the scenarios") {
        let entry = entry.expect("a readable folder");
        fs::copy(entry.path(), to.join(entry.file_name())).expect("a scenario's copy");
    }
}

fn listen(stdout: std::process::ChildStdout) -> UnboundedReceiver<String> {
    let (sender, receiver) = unbounded_channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}
