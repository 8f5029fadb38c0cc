//! TLS on a non-blocking socket, driven by hand.
//!
//! rustls does the protocol; tokio-rustls is not used because the flush task writes many
//! sockets from one place without polling a future for each (see `wire.rs`).

use std::io::{self, IoSlice, Read, Write};
use std::sync::Arc;

use rustls::{AlertDescription, ServerConfig, ServerConnection};
use tokio::net::TcpStream;

/// The certificate and protocol settings that new TLS connections use.
pub type TlsSettings = Arc<ServerConfig>;

/// The largest record, in bytes of plain text. COMPAT(asterisk<=22 res_xmpp): it reads a record into
/// a buffer of two more and leaves the rest of a larger one unread until the next message arrives.
pub const RECORD: usize = 16_382;

/// Records that are encrypted before they are written: no more than fit into rustls at once, so that
/// it takes each of them whole.
const RECORDS_AT_ONCE: usize = CIPHERTEXT_LIMIT / (RECORD + 1024);

/// Bytes of ciphertext rustls may hold for a slow peer before it takes no more plain text.
const CIPHERTEXT_LIMIT: usize = 64 * 1024;

/// The TLS half of a link: a rustls session without its socket.
#[derive(Debug)]
pub(super) struct Tls {
    session: Box<ServerConnection>,
}

impl Tls {
    /// Starts the server side of a handshake, which then runs as bytes come and go.
    pub(super) fn accept(settings: &TlsSettings) -> Result<Self, rustls::Error> {
        let mut session = Box::new(ServerConnection::new(Arc::clone(settings))?);
        session.set_buffer_limit(Some(CIPHERTEXT_LIMIT));
        Ok(Self { session })
    }

    /// Reads plain text. `WouldBlock`: nothing (more) has arrived. `Ok(0)`: the peer is done.
    pub(super) fn read(&mut self, socket: &TcpStream, into: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.session.reader().read(into) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                // A peer that closes TCP without close_notify is an ordinary end here: stock
                // Asterisk does so each time it stops.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(0),
                done => return done,
            }
            self.session.read_tls(&mut Socket(socket))?;
            if let Err(error) = self.session.process_new_packets() {
                // Tell the peer why (an alert) before giving up.
                let _ = self.session.write_tls(&mut Socket(socket));
                let kind = match &error {
                    rustls::Error::AlertReceived(alert) if self.refuses_certificate(*alert) => {
                        io::ErrorKind::PermissionDenied
                    }
                    _ => io::ErrorKind::InvalidData,
                };
                return Err(io::Error::new(kind, error));
            }
            if self.session.wants_write() {
                self.push(socket).or_else(ignore_would_block)?;
            }
        }
    }

    /// Whether this alert says that the peer has looked at our certificate and does not want it (RFC
    /// 8446 section 6.2). What an application has checked by itself comes as a failure of the handshake.
    fn refuses_certificate(&self, alert: AlertDescription) -> bool {
        use AlertDescription as Alert;
        let is_about_it = matches!(
            alert,
            Alert::BadCertificate
                | Alert::UnsupportedCertificate
                | Alert::CertificateRevoked
                | Alert::CertificateExpired
                | Alert::CertificateUnknown
                | Alert::UnknownCA
                | Alert::AccessDenied
                | Alert::HandshakeFailure
        );
        let was_shown = self.session.negotiated_cipher_suite().is_some();
        is_about_it && was_shown && self.session.is_handshaking()
    }

    /// Encrypts as much of `plain` as fits and writes it; returns how much was taken.
    /// `WouldBlock`: the socket is full and nothing was taken.
    pub(super) fn write(&mut self, socket: &TcpStream, plain: &[u8]) -> io::Result<usize> {
        self.push(socket)?;
        let (mut taken, mut rest) = (0, plain);
        for _ in 0..RECORDS_AT_ONCE {
            let (record, after) = rest.split_at(record_length(rest));
            let count = self.session.writer().write(record)?;
            taken += count;
            rest = after;
            if rest.is_empty() || count < record.len() {
                break;
            }
        }
        self.push(socket).or_else(ignore_would_block)?;
        if taken == 0 && !plain.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(taken)
    }

    /// Writes ciphertext that is waiting. `WouldBlock`: some is left.
    pub(super) fn push(&mut self, socket: &TcpStream) -> io::Result<()> {
        while self.session.wants_write() {
            self.session.write_tls(&mut Socket(socket))?;
        }
        Ok(())
    }

    /// Announces the end of the connection to the peer (close_notify).
    pub(super) fn close(&mut self, socket: &TcpStream) {
        self.session.send_close_notify();
        let _ = self.push(socket);
    }

    /// 32 bytes of RFC 9266 `tls-exporter` channel binding; only TLS 1.3 has them.
    pub(super) fn exporter(&self) -> Option<[u8; 32]> {
        if self.session.protocol_version() != Some(rustls::ProtocolVersion::TLSv1_3) {
            return None;
        }
        self.session.export_keying_material([0; 32], b"EXPORTER-Channel-Binding", Some(b"")).ok()
    }
}

/// How much of `plain` goes into the next record: as much as fits, but so that the one after it does
/// not begin with a blank. COMPAT(asterisk<=22 res_xmpp): it takes a blank at the beginning of what
/// it reads for a sign of life and pings at once, from the thread that reads, while others may write
/// on the same session without a lock.
fn record_length(plain: &[u8]) -> usize {
    let Some(upto) = plain.get(..=RECORD) else { return plain.len() };
    let next = upto.iter().rposition(|byte| *byte != b' ').unwrap_or_default();
    if next == 0 { RECORD } else { next }
}

fn ignore_would_block(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::WouldBlock { Ok(()) } else { Err(error) }
}

/// The socket as rustls wants it: `Read` and `Write` that never wait.
struct Socket<'a>(&'a TcpStream);

impl Read for Socket<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.try_read(into)
    }
}

impl Write for Socket<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.try_write_vectored(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_record_but_the_first_begins_with_a_blank() {
        let mut plain = b"x         ".repeat(10_000);
        plain.extend_from_slice(b"end");
        let (mut rest, mut records) = (plain.as_slice(), 0);
        while !rest.is_empty() {
            assert_ne!(rest[0], b' ');
            let length = record_length(rest);
            assert!((RECORD - 10..=RECORD).contains(&length) || length == rest.len(), "{length}");
            rest = &rest[length..];
            records += 1;
        }
        assert_eq!(records, 7);
    }

    #[test]
    fn nothing_but_blanks_goes_on_all_the_same() {
        let blanks = [b' '; RECORD + 5];
        assert_eq!(record_length(&blanks), RECORD);
        assert_eq!(record_length(&blanks[..RECORD]), RECORD);
        assert_eq!(record_length(&[]), 0);
    }
}
