//! The log: to standard error, to the journal of systemd with its fields, or to a file, with levels
//! that can be changed while the server runs. A level that is off costs one comparison. A thread of
//! its own writes it: when nobody takes the lines, they are lost and counted, and lamps go on.

mod file;
mod journal;
mod text;

use std::env;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, fmt, reload};

use crate::config::keys::{self, LogFormat};
use crate::config::word::LogLevels;
use crate::failure::{Exit, Failure};
use crate::screen::is_coloured;
use file::RotatingFile;
use journal::Journal;

/// Lines that may wait to be written; beyond it new ones are lost.
const WAITING: usize = 4_096;

/// Changes the levels of the running log.
#[derive(Debug, Clone)]
pub struct RunningLog {
    filter: reload::Handle<Targets, Registry>,
    lost: ErrorCounter,
    /// Writes what waits when the last holder goes.
    _flush: Arc<WorkerGuard>,
}

/// A layer that writes what the filter below it lets through.
type Lines = Box<dyn Layer<Filtered> + Send + Sync>;

/// What stands below the lines.
type Filtered = tracing_subscriber::layer::Layered<reload::Layer<Targets, Registry>, Registry>;

// === impl RunningLog ===

impl RunningLog {
    /// Starts the log of the process.
    ///
    /// # Errors
    /// Its file cannot be written; or the process has a log already, which would be a bug.
    pub fn start(settings: &keys::Log) -> Result<Self, Failure> {
        let (filter, handle) = reload::Layer::new(settings.level.targets());
        let (lines, lost, flush) = lines(settings)?;
        let started = tracing_subscriber::registry().with(filter).with(lines).try_init();
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

fn lines(settings: &keys::Log) -> Result<(Lines, ErrorCounter, WorkerGuard), Failure> {
    if let Some(path) = &settings.file {
        let path = path.as_path();
        let file = RotatingFile::open(path, settings.file_size.bytes() as u64, settings.files);
        let file = file.map_err(|error| no_file(path, &error))?;
        let (writer, lost, flush) = in_background(file);
        return Ok((form(settings.format, false, writer), lost, flush));
    }
    let is_asked_for = settings.format == LogFormat::Journal;
    let is_journal = is_asked_for || settings.format == LogFormat::Auto && goes_to_journal();
    if is_journal {
        match Journal::connect() {
            Ok(socket) => {
                let (writer, lost, flush) = in_background(socket);
                return Ok((journal::layer(writer).boxed(), lost, flush));
            }
            Err(error) if is_asked_for => return Err(no_journal(&error)),
            Err(_) => {}
        }
    }
    let (writer, lost, flush) = in_background(io::stderr());
    Ok((form(settings.format, is_coloured(&io::stderr()), writer), lost, flush))
}

/// Whether a log could be started by these settings; writes nothing.
///
/// # Errors
/// What would keep it from starting.
pub fn check(settings: &keys::Log) -> Result<(), Failure> {
    match &settings.file {
        Some(path) => file::check(path.as_path()).map_err(|error| no_file(path.as_path(), &error)),
        None if settings.format == LogFormat::Journal => {
            Journal::connect().map(drop).map_err(|error| no_journal(&error))
        }
        None => Ok(()),
    }
}

fn no_file(path: &Path, error: &io::Error) -> Failure {
    let folder = path.parent().map(|folder| folder.display().to_string()).unwrap_or_default();
    let failure = Failure::new(Exit::Bad, "log-file", format!("{}: {error}", path.display()));
    match error.kind() {
        io::ErrorKind::NotFound => failure.line("try", format!("mkdir -p {folder}")),
        _ => failure.line("note", "the user of the server must be allowed to write there"),
    }
}

fn no_journal(error: &io::Error) -> Failure {
    let text = format!("there is no journal of systemd: {error}");
    Failure::new(Exit::Bad, "log-journal", text).line("write", "format = \"text\" under [log]")
}

fn form(format: LogFormat, is_coloured: bool, writer: NonBlocking) -> Lines {
    match format {
        LogFormat::Json => fmt::layer().json().flatten_event(true).with_writer(writer).boxed(),
        _ => text::layer(is_coloured, writer),
    }
}

fn in_background(out: impl Write + Send + 'static) -> (NonBlocking, ErrorCounter, WorkerGuard) {
    let builder = NonBlockingBuilder::default().buffered_lines_limit(WAITING).thread_name("log");
    let (writer, flush) = builder.finish(out);
    let lost = writer.error_counter();
    (writer, lost, flush)
}

/// Whether systemd has connected standard error with its journal (systemd.exec(5)).
fn goes_to_journal() -> bool {
    let told = env::var("JOURNAL_STREAM").unwrap_or_default();
    let here = rustix::fs::fstat(io::stderr());
    here.is_ok_and(|here| told == format!("{}:{}", here.st_dev, here.st_ino))
}
