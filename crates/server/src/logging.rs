//! The log: to standard error, with levels that can be changed while the server runs. A level that
//! is off costs one comparison. A thread of its own writes it: when nobody reads standard error,
//! lines are lost and counted, and lamps go on.

use std::env;
use std::io::{self, IsTerminal};
use std::sync::Arc;

use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Registry, fmt, reload};

use crate::config::word::LogLevels;
use crate::failure::Failure;

/// Lines that may wait to be written; beyond it new ones are lost.
const WAITING: usize = 4_096;

/// Changes the levels of the running log.
#[derive(Debug, Clone)]
pub struct Log {
    filter: reload::Handle<Targets, Registry>,
    lost: ErrorCounter,
    /// Writes what waits when the last holder goes.
    _flush: Arc<WorkerGuard>,
}

// === impl Log ===

impl Log {
    /// Starts the log of the process.
    ///
    /// # Errors
    /// The process has one already, which would be a bug.
    pub fn start(levels: &LogLevels) -> Result<Self, Failure> {
        let (filter, handle) = reload::Layer::new(levels.targets());
        let (writer, flush) = NonBlockingBuilder::default()
            .buffered_lines_limit(WAITING)
            .thread_name("log")
            .finish(io::stderr());
        let lost = writer.error_counter();
        let lines = fmt::layer().with_writer(writer).with_ansi(io::stderr().is_terminal());
        let registry = tracing_subscriber::registry().with(filter);
        // journald writes the time itself.
        let started = match env::var_os("JOURNAL_STREAM") {
            Some(_) => registry.with(lines.without_time()).try_init(),
            None => registry.with(lines).try_init(),
        };
        started.map_err(Failure::bug)?;
        Ok(Self { filter: handle, lost, _flush: Arc::new(flush) })
    }

    /// Lines that were lost because nobody read the log.
    pub fn lost(&self) -> usize {
        self.lost.dropped_lines()
    }

    /// Logs by these levels from now on.
    ///
    /// # Errors
    /// The log has ended, which would be a bug.
    pub fn set(&self, levels: &LogLevels) -> Result<(), Failure> {
        self.filter.modify(|filter| *filter = levels.targets()).map_err(Failure::bug)
    }
}
