//! TLS on a non-blocking socket, driven by hand.
//!
//! rustls does the protocol; tokio-rustls is not used because the flush task writes many
//! sockets from one place without polling a future for each (see `wire.rs`).

use std::io::{self, IoSlice, Read, Write};
use std::sync::Arc;

use rustls::{ServerConfig, ServerConnection};
use tokio::net::TcpStream;

/// The certificate and protocol settings that new TLS connections use.
pub type TlsSettings = Arc<ServerConfig>;

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
                return Err(io::Error::new(io::ErrorKind::InvalidData, error));
            }
            if self.session.wants_write() {
                self.push(socket).or_else(ignore_would_block)?;
            }
        }
    }

    /// Encrypts as much of `plain` as fits and writes it; returns how much was taken.
    /// `WouldBlock`: the socket is full and nothing was taken.
    pub(super) fn write(&mut self, socket: &TcpStream, plain: &[u8]) -> io::Result<usize> {
        self.push(socket)?;
        let taken = self.session.writer().write(plain)?;
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

    /// Whether ciphertext waits for the socket.
    pub(super) fn is_blocked(&self) -> bool {
        self.session.wants_write()
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
