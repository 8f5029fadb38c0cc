//! Why a run cannot go on. What the server does wrong while it can is counted, not raised.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a run ended early.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// Nobody listens there.
    #[error("cannot connect to {address}: {source}")]
    Connect {
        /// Where.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// A connection broke.
    #[error("the connection of {who} ended: {source}")]
    Ended {
        /// Whose.
        who: String,
        /// How.
        source: io::Error,
    },
    /// The server answered something else.
    #[error("{who} wanted {wanted}, got {got}")]
    Unexpected {
        /// Whose connection.
        who: String,
        /// What was expected.
        wanted: &'static str,
        /// What came, cut.
        got: String,
    },
    /// TLS is not possible.
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// A file cannot be read.
    #[error("cannot read {path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The measured process is gone, or is another user's.
    #[error("cannot measure process {pid}: {source}")]
    Meter {
        /// Its number.
        pid: u32,
        /// Why not.
        source: io::Error,
    },
    /// Something else of the system.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
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
        /// Open files for them.
        needed: u64,
        /// The hard limit.
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
