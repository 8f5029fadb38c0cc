//! The log: to standard error, with levels that can be changed while the server runs. A level that
//! is off costs one comparison.

use std::env;
use std::io::{self, IsTerminal};

use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Registry, fmt, reload};

use crate::config::word::LogLevels;
use crate::failure::Failure;

/// Changes the levels of the running log.
#[derive(Debug, Clone)]
pub struct Log {
    filter: reload::Handle<Targets, Registry>,
}

// === impl Log ===

impl Log {
    /// Starts the log of the process.
    ///
    /// # Errors
    /// The process has one already, which would be a bug.
    pub fn start(levels: &LogLevels) -> Result<Self, Failure> {
        let (filter, handle) = reload::Layer::new(levels.targets());
        let lines = fmt::layer().with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
        let registry = tracing_subscriber::registry().with(filter);
        // journald writes the time itself.
        let started = match env::var_os("JOURNAL_STREAM") {
            Some(_) => registry.with(lines.without_time()).try_init(),
            None => registry.with(lines).try_init(),
        };
        started.map_err(Failure::bug)?;
        Ok(Self { filter: handle })
    }

    /// Logs by these levels from now on.
    ///
    /// # Errors
    /// The log has ended, which would be a bug.
    pub fn set(&self, levels: &LogLevels) -> Result<(), Failure> {
        self.filter.modify(|filter| *filter = levels.targets()).map_err(Failure::bug)
    }
}
