//! Entries for the journal of systemd, by its own protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL): with
//! priority, and each field under a name that `journalctl` can ask for. By hand, because the crate
//! for it sends from the thread that logs and waits there for a journal that is busy.

use std::fmt;
use std::io::{self, Write};
use std::os::unix::net::UnixDatagram;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_appender::non_blocking::NonBlocking;
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::text;

const SOCKET: &str = "/run/systemd/journal/socket";

/// Bytes of one entry: a datagram has to fit into the socket's buffer.
const LARGEST: usize = 64 * 1024;

/// The socket of the journal: what is written at once is one entry.
pub struct Journal(UnixDatagram);

/// The form of one entry.
struct JournalEntry;

/// Writes fields under names of their own.
struct JournalFields<'a, 'w>(&'a mut Writer<'w>, fmt::Result);

// === impl Journal ===

impl Journal {
    /// Connects with the journal of this machine.
    ///
    /// # Errors
    /// There is none.
    pub fn connect() -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        socket.connect(SOCKET)?;
        Ok(Self(socket))
    }
}

impl Write for Journal {
    fn write(&mut self, entry: &[u8]) -> io::Result<usize> {
        self.0.send(entry.get(..LARGEST).unwrap_or(entry))?;
        Ok(entry.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes entries of the journal.
pub fn layer<S>(writer: NonBlocking) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    tracing_subscriber::fmt::layer()
        .event_format(JournalEntry)
        .fmt_fields(text::fields())
        .with_ansi(false)
        .with_writer(writer)
}

// === impl JournalEntry ===

impl<S, N> FormatEvent<S, N> for JournalEntry
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut out: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let about = event.metadata();
        // `journalctl` shows only this by itself, so the fields are in it too.
        let mut message = String::new();
        context.format_fields(Writer::new(&mut message), event)?;
        writeln!(out, "MESSAGE={}", one_line(&message))?;
        writeln!(out, "PRIORITY={}", priority(*about.level()))?;
        writeln!(out, "SYSLOG_IDENTIFIER=lampfield")?;
        writeln!(out, "LAMPFIELD_COMPONENT={}", component(about.target()))?;
        let mut named = JournalFields(&mut out, Ok(()));
        event.record(&mut named);
        named.1
    }
}

// === impl JournalFields ===

impl Visit for JournalFields<'_, '_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() != "message" && self.1.is_ok() {
            let name = field.name().to_ascii_uppercase().replace('.', "_");
            self.1 = writeln!(self.0, "LAMPFIELD_{name}={}", one_line(value));
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

/// A field with a line break would have to be written in another way, and could forge an entry.
fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

/// syslog(3): 3 is an error, 7 for debugging.
fn priority(level: Level) -> u8 {
    match level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 6,
        Level::DEBUG | Level::TRACE => 7,
    }
}

/// The part of the program, as `[log] level` names it.
fn component(target: &str) -> &str {
    target.split("::").next().unwrap_or(target)
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[test]
    fn an_entry_has_its_priority_and_its_fields_and_forges_nothing() {
        let (out, socket) = UnixDatagram::pair().expect("sockets");
        let (writer, flush) = tracing_appender::non_blocking(Journal(out));
        let subscriber = tracing_subscriber::registry().with(layer(writer));
        tracing::subscriber::with_default(subscriber, || {
            tracing::warn!(code = "stop", jid = %"a@b/c d", "two\nPRIORITY=0");
        });
        drop(flush);
        let mut entry = [0; 1_024];
        let length = socket.recv(&mut entry).expect("an entry");
        let entry = std::str::from_utf8(&entry[..length]).expect("text");
        assert_eq!(
            entry,
            "MESSAGE=two PRIORITY=0 code=\"stop\" jid=\"a@b/c d\"\nPRIORITY=4\n\
             SYSLOG_IDENTIFIER=lampfield\nLAMPFIELD_COMPONENT=lampfield\nLAMPFIELD_CODE=stop\n\
             LAMPFIELD_JID=a@b/c d\n"
        );
    }
}
