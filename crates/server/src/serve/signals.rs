//! The signals of an operator or a service manager.

use std::io::{self, IsTerminal};

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::failure::Failure;

/// The signals this server listens to.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
    /// Somebody sits before it: a hang-up means that they have gone.
    is_at_a_terminal: bool,
}

/// What a signal asks the running server to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Stop, for SIGTERM or SIGINT, or when the terminal is closed.
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
    pub fn listen() -> Result<Self, Failure> {
        let take = |kind| signal(kind).map_err(Failure::bug);
        Ok(Self {
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
        }
    }
}
