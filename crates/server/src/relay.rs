//! `relay`: puts the relay on its socket and stops it.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use lampfield_relay::{Relay, RelayError, Settings};
use listenfd::ListenFd;
use rustix::process::{
    DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit,
};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::{JoinError, LocalSet, spawn_local};

use crate::advice::cannot_listen;
use crate::config::keys;
use crate::failure::{Exit, Failure};
use crate::logging::RunningLog;
use crate::memory;

/// How often memory that nobody needs any more is given back: a relay is a guest on its machine.
const TIDY_EVERY: Duration = Duration::from_secs(5);

/// Carries PBXs until it is told to stop.
///
/// # Errors
/// What keeps it from starting, or from being of any use.
pub fn run(
    listen: Option<SocketAddr>,
    settings: impl FnOnce() -> Result<Settings, Failure>,
) -> Result<ExitCode, Failure> {
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    keep_secrets();
    let _ = use_all_descriptors();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::bug(format!("no runtime: {error}")))?;
    // Before all that takes its time: a stop is one in good order as soon as it can be.
    let stop = StopSignals::listen(&runtime).map_err(Failure::bug)?;
    let settings = settings()?;
    let log = RunningLog::start(&keys::Log::usual())?;
    let outcome = run_on(runtime, carry(listen, settings, stop));
    let outcome = outcome.unwrap_or_else(|ended| Err(Failure::bug(ended)));
    // What was logged is written.
    drop(log);
    outcome
}

/// Passwords of PBXs are in memory, and in no file: not in that of a core either.
fn keep_secrets() {
    // What it refuses (an older kernel) is no reason not to run.
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

/// The usual limit is one for programs that know no other way to wait for many than select(2).
fn use_all_descriptors() -> rustix::io::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit })
}

/// Does the work, and waits for nothing else: a thread that looks a name up may take half a minute
/// while the line is cut.
fn run_on<T: 'static>(
    runtime: Runtime,
    work: impl Future<Output = T> + 'static,
) -> Result<T, JoinError> {
    let local = LocalSet::new();
    // A task of its own: what stands here is polled whenever anything happens.
    let work = local.spawn_local(work);
    let outcome = local.block_on(&runtime, work);
    drop(local);
    runtime.shutdown_background();
    outcome
}

async fn carry(
    listen: Option<SocketAddr>,
    settings: Settings,
    mut stop: StopSignals,
) -> Result<ExitCode, Failure> {
    let listener = bind(listen)?;
    let address = listener.local_addr().map_err(Failure::bug)?;
    let to: Vec<_> = settings.targets.iter().map(ToString::to_string).collect();
    if !address.ip().is_loopback() {
        tracing::warn!(
            code = "relay-listens", %address,
            "passwords come to this address in clear text; a relay belongs on the PBX's machine"
        );
    }
    // Nobody may be there to read it.
    let _ = writeln!(io::stderr(), "lampfield relay ready on {address}, to {}", to.join(", "));
    let relay = Relay::new(listener, settings);
    // A login runs code, TLS above all, that is not needed again soon.
    spawn_local(memory::keep_small(TIDY_EVERY, relay.line_up()));
    tokio::select! {
        error = relay.run() => return Err(useless(&error)),
        () = stop.comes() => {}
    }
    tracing::info!(code = "stop", "stopping");
    Ok(ExitCode::SUCCESS)
}

/// The two signals that tell it to stop.
struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    fn listen(runtime: &Runtime) -> io::Result<Self> {
        let _runtime = runtime.enter();
        let terminate = signal(SignalKind::terminate())?;
        Ok(Self { terminate, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn comes(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// The socket that systemd has opened, or one of our own.
fn bind(listen: Option<SocketAddr>) -> Result<TcpListener, Failure> {
    let given = ListenFd::from_env().take_tcp_listener(0).map_err(Failure::bug)?;
    let listener = match (given, listen) {
        (Some(given), _) => given,
        (None, Some(address)) => {
            std::net::TcpListener::bind(address).map_err(|error| cannot_listen(address, &error))?
        }
        (None, None) => {
            let message = "--listen is missing, so no PBX could connect";
            let failure = Failure::new(Exit::Usage, "no-listener", message);
            return Err(failure.line("try", "--listen 127.0.0.1:5222"));
        }
    };
    listener.set_nonblocking(true).map_err(Failure::bug)?;
    TcpListener::from_std(listener).map_err(Failure::bug)
}

fn useless(error: &RelayError) -> Failure {
    Failure::new(Exit::Usage, "no-tls", error.to_string())
        .line("try", "tls = \"required\" in the server's configuration")
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Instant;

    use tokio::task::spawn_blocking;

    use super::*;

    #[test]
    fn a_name_that_is_still_looked_up_keeps_nobody_from_stopping() {
        let (answer, silence) = mpsc::channel::<()>();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let began = Instant::now();
        let lookup = move || silence.recv_timeout(LONG);
        run_on(runtime, async { drop(spawn_blocking(lookup)) }).unwrap();
        assert!(began.elapsed() < LONG / 2);
        drop(answer);
    }

    const LONG: Duration = Duration::from_secs(4);
}
