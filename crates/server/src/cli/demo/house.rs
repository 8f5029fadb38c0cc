//! A server in a folder of its own, which both go at the end. The server is a process as any other, so
//! that everything that looks at one can look at it; it ends with this one, however this one ends.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::control::client::Client;
use crate::failure::{Exit, Failure};

/// How long the server may take to start.
const READY_WITHIN: Duration = Duration::from_secs(20);
/// How long it may take to stop, by its own promise and some time more.
const GONE_WITHIN: Duration = Duration::from_secs(8);
/// How often it is looked.
const LOOK: Duration = Duration::from_millis(10);
/// Lines of its log that are shown when it fails.
const SHOWN: usize = 5;
/// Folders of one process number that are tried.
const TRIES: u32 = 100;

/// The folder and the server in it.
pub struct House {
    server: Option<Child>,
    listen: SocketAddr,
    folder: PathBuf,
}

// === impl House ===

impl House {
    /// Starts the server and waits until it answers.
    ///
    /// # Errors
    /// What keeps it from starting.
    pub async fn open() -> Result<Self, Failure> {
        let folder = folder().map_err(|error| cannot("no folder", &error))?;
        let listen = free_address().map_err(|error| cannot("no free port", &error))?;
        let mut house = Self { server: None, listen, folder };
        house.start().map_err(|error| cannot("the server does not start", &error))?;
        let begun = Instant::now();
        loop {
            match house.ask(READY_WITHIN) {
                Ok(_) => return Ok(house),
                Err(failure) if begun.elapsed() > READY_WITHIN => return Err(failure),
                Err(_) => house.check()?,
            }
            sleep(LOOK).await;
        }
    }

    fn start(&mut self) -> io::Result<()> {
        let file = self.folder.join("lampfield.toml");
        fs::write(&file, format!("data_dir = 'data'\n[xmpp]\nlisten = ['{}']\n", self.listen))?;
        let mut server = Command::new(std::env::current_exe()?);
        server.args(["serve", "--until-eof", "--config"]).arg(file);
        // Whoever types Ctrl-C means the demo, which then ends its server in order.
        server.process_group(0).env_remove("JOURNAL_STREAM");
        // Its standard input ends with this process.
        server.stdin(Stdio::piped()).stdout(Stdio::null());
        self.server = Some(server.stderr(File::create(self.log())?).spawn()?);
        Ok(())
    }

    /// A connection to it, as commands have.
    ///
    /// # Errors
    /// It does not answer.
    pub fn ask(&self, patience: Duration) -> Result<Client, Failure> {
        Client::connect(&self.data().join("control.sock"), patience)
    }

    /// Where its data is.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Where PBXs connect to.
    pub fn listen(&self) -> SocketAddr {
        self.listen
    }

    fn log(&self) -> PathBuf {
        self.folder.join("server.log")
    }

    /// Whether it still runs.
    ///
    /// # Errors
    /// It does not.
    pub fn check(&mut self) -> Result<(), Failure> {
        let Some(server) = &mut self.server else { return Ok(()) };
        let Ok(Some(status)) = server.try_wait() else { return Ok(()) };
        let failure = Failure::new(Exit::Bad, "demo-server", format!("the server ended: {status}"));
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        let last = lines.iter().rev().take(SHOWN).rev();
        Err(last.fold(failure, |failure, line| failure.line("log", *line)))
    }

    /// Ends the server and removes the folder.
    pub async fn close(mut self) {
        let Some(server) = &mut self.server else { return };
        drop(server.stdin.take());
        let begun = Instant::now();
        while matches!(server.try_wait(), Ok(None)) && begun.elapsed() < GONE_WITHIN {
            sleep(LOOK).await;
        }
    }
}

impl Drop for House {
    /// Also when the demo fails: nothing is left.
    fn drop(&mut self) {
        if let Some(server) = &mut self.server {
            // It has ended, unless something is very wrong.
            let _ = server.kill();
            let _ = server.wait();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A new folder that is closed to others.
fn folder() -> io::Result<PathBuf> {
    let (place, process) = (std::env::temp_dir(), std::process::id());
    let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
    for number in 0..TRIES {
        let name = match number {
            0 => format!("lampfield-demo-{process}"),
            more => format!("lampfield-demo-{process}-{more}"),
        };
        match make(&place.join(name)) {
            Ok(folder) => return Ok(folder),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => last = error,
            Err(error) => return Err(error),
        }
    }
    Err(last)
}

fn make(folder: &Path) -> io::Result<PathBuf> {
    DirBuilder::new().mode(0o700).create(folder)?;
    fs::canonicalize(folder)
}

/// One that was free a moment ago.
fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}

fn cannot(what: &str, error: &io::Error) -> Failure {
    Failure::new(Exit::Bad, "demo-server", format!("{what}: {error}"))
}
