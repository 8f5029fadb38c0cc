//! Lines for people: local time, level, what happened, and then the fields.

use std::env;
use std::fmt;

use jiff::Zoned;
use tracing::Subscriber;
use tracing_appender::non_blocking::NonBlocking;
use tracing_subscriber::Layer;
use tracing_subscriber::field::MakeExt;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::{self, Writer};
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::registry::LookupSpan;

/// The clock of the wall, with the offset left out: who reads the log is where it is written.
struct LocalTime;

// === impl LocalTime ===

impl FormatTime for LocalTime {
    fn format_time(&self, out: &mut Writer<'_>) -> fmt::Result {
        write!(out, "{}", Zoned::now().strftime("%Y-%m-%d %H:%M:%S%.3f"))
    }
}

/// Writes lines for people.
pub fn layer<S>(is_coloured: bool, writer: NonBlocking) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(writer)
        .with_ansi(is_coloured)
        .with_target(false)
        .fmt_fields(fields());
    // A service manager that reads standard error writes the time itself.
    match env::var_os("JOURNAL_STREAM") {
        Some(_) => lines.without_time().boxed(),
        None => lines.with_timer(LocalTime).boxed(),
    }
}

/// The message as it is; fields as `name=value`, quoted where a value has blanks.
pub fn fields() -> impl for<'a> FormatFields<'a> + Send + Sync + 'static {
    format::debug_fn(|out, field, value| {
        if field.name() == "message" {
            return write!(out, "{value:?}");
        }
        let value = format!("{value:?}");
        let name = field.name();
        match value.contains(char::is_whitespace) && !value.starts_with('"') {
            true => write!(out, "{name}={value:?}"),
            false => write!(out, "{name}={value}"),
        }
    })
    .delimited(" ")
}
