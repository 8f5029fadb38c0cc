//! The signals of an operator or a service manager.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::failure::Failure;

/// The signals this server listens to.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    reload: Signal,
}

/// What a signal asks the running server to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Stop, for SIGTERM or SIGINT.
    Stop,
    /// Read the configuration again, for SIGHUP.
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
            reload: take(SignalKind::hangup())?,
        })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> Wish {
        tokio::select! {
            _ = self.terminate.recv() => Wish::Stop,
            _ = self.interrupt.recv() => Wish::Stop,
            _ = self.reload.recv() => Wish::Reload,
        }
    }
}
