//! Why a run cannot go on. What the server does wrong while it can is counted, not raised.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a run ended early.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// Nobody listens at the address, or it cannot be reached.
    #[error("cannot connect to {address}: {source}")]
    Connect {
        /// The address that was tried.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A connection ended before its client was done.
    #[error("the connection of {who} ended: {source}")]
    Ended {
        /// Whose connection it was: an account, or the number of a client.
        who: String,
        /// What the system said.
        source: io::Error,
    },
    /// The server answered something else.
    #[error("{who} wanted {wanted}, got {got}")]
    Unexpected {
        /// The client that did not get what it wanted.
        who: String,
        /// What was expected instead.
        wanted: &'static str,
        /// What came, cut if it is long.
        got: String,
    },
    /// TLS is not possible.
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// A file cannot be read.
    #[error("cannot read {path}: {source}")]
    File {
        /// The path of the file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The measured process is gone, or is another user's.
    #[error("cannot measure process {pid}: {source}")]
    Meter {
        /// The number of the process.
        pid: u32,
        /// What the system said.
        source: io::Error,
    },
    /// Something else of the system.
    #[error("{what}: {source}")]
    System {
        /// What was tried, as the message begins.
        what: &'static str,
        /// Why it did not work.
        source: io::Error,
    },
    /// The system does not allow enough connections.
    #[error(
        "{clients} clients need {needed} open files and the system allows {most}: try ulimit -n {needed}"
    )]
    Descriptors {
        /// How many are asked for.
        clients: usize,
        /// How many open files they need.
        needed: u64,
        /// The hard limit of open files.
        most: u64,
    },
    /// The options do not fit together.
    #[error("{0}")]
    Options(&'static str),
}

// === impl BenchError ===

impl BenchError {
    /// For `map_err`: something of the system did not work.
    pub(crate) fn system(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::System { what, source }
    }
}
