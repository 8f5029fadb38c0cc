//! The signals of an operator or a service manager, and the end of whoever has started the server for
//! itself.

use std::io::{self, IsTerminal, Read};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use crate::failure::Failure;

/// The signals this server listens to.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
    /// Somebody sits before it: a hang-up means that they have gone.
    is_at_a_terminal: bool,
    /// Comes when standard input ends; never, if nobody waits for that.
    eof: oneshot::Receiver<()>,
    /// Keeps `eof` waiting.
    _no_eof: Option<oneshot::Sender<()>>,
}

/// What a signal asks the running server to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Stop, for SIGTERM or SIGINT, when the terminal is closed, or at the end of standard input.
    Stop,
    /// Read the configuration again, for SIGHUP without a terminal.
    Reload,
}

// === impl Signals ===

impl Signals {
    /// Takes them over from the system's defaults.
    ///
    /// # Errors
    /// The system refuses, which would be a bug.
    pub fn listen(until_eof: bool) -> Result<Self, Failure> {
        let take = |kind| signal(kind).map_err(Failure::bug);
        let (ended, eof) = oneshot::channel();
        let no_eof = match until_eof {
            true => {
                read_to_the_end(ended)?;
                None
            }
            false => Some(ended),
        };
        Ok(Self {
            eof,
            _no_eof: no_eof,
            terminate: take(SignalKind::terminate())?,
            interrupt: take(SignalKind::interrupt())?,
            hang_up: take(SignalKind::hangup())?,
            is_at_a_terminal: io::stdin().is_terminal() && io::stderr().is_terminal(),
        })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> Wish {
        tokio::select! {
            _ = self.terminate.recv() => Wish::Stop,
            _ = self.interrupt.recv() => Wish::Stop,
            _ = self.hang_up.recv() => match self.is_at_a_terminal {
                true => Wish::Stop,
                false => Wish::Reload,
            },
            _ = &mut self.eof => Wish::Stop,
        }
    }
}

/// Reads on a thread of its own, which nothing waits for.
fn read_to_the_end(ended: oneshot::Sender<()>) -> Result<(), Failure> {
    let read = move || {
        let mut piece = [0; 256];
        while io::stdin().lock().read(&mut piece).is_ok_and(|count| count > 0) {}
        // Who stops for another reason does not listen any more.
        let _ = ended.send(());
    };
    let thread = std::thread::Builder::new().name("stdin".to_owned()).spawn(read);
    thread.map(drop).map_err(Failure::bug)
}
