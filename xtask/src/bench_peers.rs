//! Lampfield beside ejabberd, Prosody and the limit, on this machine, in one run: every server gets
//! the same cases in turn, three times, and `docs/performance.md` tells the medians.

mod ejabberd;
pub mod lampfield;
pub mod matrix;
mod process;
mod prosody;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::bench::machine::{Busy, Machine};
use crate::bench::spread::number;
use crate::peers::{self, Ready};
use crate::{e2e, run};
use lampfield::Cores;
use matrix::{Case, Contestant, Matrix, Transport, figure, troubles};
pub use process::Process;

/// How often everything is measured.
const REPETITIONS: usize = 3;
/// The password of every account of the measurement.
const PASSWORD: &str = "lampfield-bench";
/// How long an answer may take: ejabberd takes most of a minute to delete a full node.
const PATIENCE: &str = "150s";
/// The domain of every server but Lampfield's telephony, which has one of its own.
const DOMAIN: &str = "bench.example";

/// What a run has found.
#[derive(Debug, Serialize, Deserialize)]
pub struct Comparison {
    pub machine: Machine,
    /// The name and version of each.
    pub peers: Vec<(String, String)>,
    pub repetitions: usize,
    pub matrix: Matrix,
}

/// The load generator, which is the server as well, and a folder for the run.
pub struct Bench {
    lampfield: PathBuf,
    /// The folder for all that is made meanwhile; removed at the end.
    scratch: PathBuf,
}

/// Where and when a peer is measured.
struct Seat {
    transport: Transport,
    repetition: usize,
    port: u16,
}

/// Prepares all servers, measures every case with each, and writes nothing.
pub fn compare() -> Result<Comparison> {
    let started = Instant::now();
    let peers = peers::prepare_xmpp_servers()?;
    let bench = Bench::alone()?;
    let busy = Busy::begin()?;
    let matrix = bench.measure(&peers)?;
    let versions = peers.iter().map(|peer| (peer.name.to_owned(), peer.version.clone()));
    let comparison = Comparison {
        machine: Machine::here(&busy)?,
        peers: versions.collect(),
        repetitions: REPETITIONS,
        matrix,
    };
    eprintln!("{:.0?} in all", started.elapsed());
    Ok(comparison)
}

impl Bench {
    /// Builds Lampfield and makes the folder; the peers are not touched. What is measured is a
    /// copy: a build meanwhile does not change it.
    pub fn alone() -> Result<Self> {
        let scratch = std::env::temp_dir().join(format!("lampfield-bench-{}", std::process::id()));
        fs::create_dir_all(&scratch)?;
        let lampfield = scratch.join("lampfield");
        fs::copy(e2e::server()?, &lampfield)?;
        fs::write(scratch.join("password"), PASSWORD)?;
        Ok(Self { lampfield, scratch })
    }

    /// Starts Lampfield on a data folder, which is made if it is not there.
    pub fn start(&self, data: &Path) -> Result<Process> {
        lampfield::start(&self.lampfield, data, Cores::All)
    }

    /// The same on some cores.
    pub fn start_on(&self, cores: Cores, data: &Path) -> Result<Process> {
        lampfield::start(&self.lampfield, data, cores)
    }

    /// Starts the limit on these cores.
    pub fn start_limit(&self, cores: Cores) -> Result<Process> {
        lampfield::start_limit(&self.lampfield, cores)
    }

    /// Where a server's data can go.
    pub fn data(&self) -> PathBuf {
        self.scratch.join("data")
    }

    fn measure(&self, peers: &[Ready]) -> Result<Matrix> {
        let mut matrix = Matrix::default();
        let root = |name: &str| {
            let peer = peers.iter().find(|peer| peer.name == name);
            peer.map(|peer| peer.root.as_path()).with_context(|| format!("no {name}"))
        };
        let certificate = lampfield::Certificate::make(&self.lampfield, &self.data())?;
        let ejabberd = ejabberd::Ejabberd::install(root("ejabberd")?, &certificate)?;
        let prosody = prosody::Prosody::install(root("prosody")?, &certificate)?;
        // In a process of its own: a server may remember the passwords that it has seen.
        self.register(&ejabberd.start()?, ejabberd::PORT)?;
        self.register(&prosody.start()?, prosody::PORT)?;
        for repetition in 1..=REPETITIONS {
            eprintln!("\n== repetition {repetition} of {REPETITIONS}");
            self.limit(&mut matrix)?;
            self.lampfield(&mut matrix)?;
            for transport in Transport::ALL {
                let seat = Seat { transport, repetition, port: ejabberd::PORT };
                self.peer(&mut matrix, Contestant::Ejabberd, &ejabberd.start()?, seat)?;
                let seat = Seat { transport, repetition, port: prosody::PORT };
                self.peer(&mut matrix, Contestant::Prosody, &prosody.start()?, seat)?;
            }
        }
        Ok(matrix)
    }

    fn limit(&self, matrix: &mut Matrix) -> Result<()> {
        for case in Case::ALL.into_iter().filter(Case::has_limit) {
            let report = self.run(case.arguments(), &["--raw"]);
            matrix.add(Contestant::Limit, Transport::Plain, case, report);
        }
        Ok(())
    }

    /// A fresh server for each case: what one leaves behind is withdrawn in the midst of the next.
    fn lampfield(&self, matrix: &mut Matrix) -> Result<()> {
        for contestant in [Contestant::Telephony, Contestant::Generic] {
            for transport in Transport::ALL {
                for case in Case::ALL.into_iter().filter(|case| case.suits(contestant, transport)) {
                    let data = self.data();
                    let mut server = self.start(&data)?;
                    if case == Case::Connect {
                        // The first login makes the account; what counts is the next, in a process
                        // that has not seen the password yet. What fails here fails there too.
                        drop(self.ask(contestant, transport, case, &server));
                        drop(server);
                        server = self.start(&data)?;
                    }
                    let report = self.ask(contestant, transport, case, &server);
                    drop(server);
                    fs::remove_dir_all(&data)?;
                    matrix.add(contestant, transport, case, report);
                }
            }
        }
        Ok(())
    }

    fn ask(
        &self,
        contestant: Contestant,
        transport: Transport,
        case: Case,
        server: &Process,
    ) -> Result<serde_json::Value> {
        let domain = match contestant {
            Contestant::Telephony => lampfield::TELEPHONY,
            _ => DOMAIN,
        };
        let pid = server.pid().to_string();
        let mut options = vec!["--domain", domain, "--server", lampfield::ADDRESS, "--pid", &pid];
        options.extend(contestant.node());
        options.extend(transport.option());
        self.run(case.arguments(), &options)
    }

    /// Makes the accounts of a peer.
    fn register(&self, server: &Process, port: u16) -> Result<()> {
        let (pid, address) = (server.pid().to_string(), format!("127.0.0.1:{port}"));
        let options = ["--domain", DOMAIN, "--server", &address, "--pid", &pid, "--register"];
        self.run(Case::Register.arguments(), &options).map(drop)
    }

    /// All cases that suit a peer, on a server that has just started.
    fn peer(
        &self,
        matrix: &mut Matrix,
        contestant: Contestant,
        server: &Process,
        seat: Seat,
    ) -> Result<()> {
        let Seat { transport, repetition, port } = seat;
        let (pid, address) = (server.pid().to_string(), format!("127.0.0.1:{port}"));
        let mut options = vec!["--domain", DOMAIN, "--server", &address, "--pid", &pid];
        options.extend(contestant.node());
        options.extend(transport.option());
        for case in Case::ALL.into_iter().filter(|case| case.suits(contestant, transport)) {
            // A minute each, most of it to delete the node: once tells enough.
            if case == Case::Items && repetition > 1 {
                continue;
            }
            matrix.add(contestant, transport, case, self.run(case.arguments(), &options));
        }
        Ok(())
    }

    /// Runs the load generator; what is wrong with the copies is reported with the figures.
    ///
    /// # Errors
    /// There are no figures: what the load generator said.
    pub fn run(&self, case: &[&str], options: &[&str]) -> Result<Value> {
        self.run_on(Cores::All, case, options)
    }

    /// The same on some cores.
    pub fn run_on(&self, cores: Cores, case: &[&str], options: &[&str]) -> Result<Value> {
        let mut command = cores.command(&self.lampfield);
        command.arg("bench").args(case).args(options).args(["--json", "--timeout", PATIENCE]);
        command.arg("--password-file").arg(self.scratch.join("password"));
        let output = command.output()?;
        let Ok(report) = serde_json::from_slice(&output.stdout) else {
            let said = String::from_utf8_lossy(&output.stderr);
            eprintln!("`{}` failed:\n{said}", run::shown(&command));
            bail!("no result: {}", said.lines().next().unwrap_or("it said nothing"));
        };
        if let Some(line) = one_line(&report) {
            eprintln!("{line}");
        }
        Ok(report)
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        // In the folder for temporary files: what cannot be removed is in nobody's way.
        let _ = fs::remove_dir_all(&self.scratch);
    }
}

/// One report on the screen while the run goes on.
fn one_line(report: &Value) -> Option<String> {
    let name = ["server CPU per delivery", "server CPU per login", "server CPU per store"];
    let name = name.into_iter().find(|name| figure(report, name).is_some())?;
    let (case, target) = (report["case"].as_str()?, report["target"].as_str()?);
    let (value, troubles) = (number(figure(report, name)?), troubles(report).join("; "));
    Some(format!("{value:>8}  {name:<24}  {case}  ({target})  {troubles}").trim_end().to_owned())
}

/// A folder of the measurement inside another Debian, empty.
fn emptied(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))
}
