//! TCP, plain or under TLS from the first byte (XEP-0368) or later (STARTTLS).

use std::cell::{OnceCell, RefCell};
use std::io;
use std::net::Shutdown;
use std::pin::Pin;
use std::task::{Context, Poll};

use socket2::SockRef;
use tokio::net::TcpStream;

use super::tls::{Tls, TlsSettings};
use super::transport::{Security, Transport};

/// Bytes that the kernel takes from us before the peer is ready for them. More would only lie there,
/// where the newest cannot replace the old and nobody counts it (tcp(7), `TCP_NOTSENT_LOWAT`).
const NOT_SENT: u32 = 128 * 1024;

/// A TCP connection, perhaps under TLS.
#[derive(Debug)]
pub struct TcpTransport {
    socket: TcpStream,
    /// None as long as the line is plain.
    tls: OnceCell<RefCell<Tls>>,
}

// === impl TcpTransport ===

impl TcpTransport {
    /// Takes over an accepted socket: no Nagle delay, and set up for [`Transport::cut`].
    ///
    /// # Errors
    /// Whatever the kernel says of the socket.
    pub fn new(socket: TcpStream) -> io::Result<Self> {
        lampfield_tcp::prepare(&socket)?;
        SockRef::from(&socket).set_tcp_notsent_lowat(NOT_SENT)?;
        Ok(Self { socket, tls: OnceCell::new() })
    }
}

impl Transport for TcpTransport {
    fn try_read(&self, into: &mut [u8]) -> io::Result<usize> {
        match self.tls.get() {
            Some(tls) => tls.borrow_mut().read(&self.socket, into),
            None => self.socket.try_read(into),
        }
    }

    fn poll_readable(&self, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket.poll_read_ready(task)
    }

    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self.tls.get() {
            Some(tls) => tls.borrow_mut().write(&self.socket, bytes),
            None => self.socket.try_write(bytes),
        }
    }

    fn may_keep_back(&self) -> bool {
        self.tls.get().is_some()
    }

    fn try_flush(&self) -> io::Result<()> {
        self.tls.get().map_or(Ok(()), |tls| tls.borrow_mut().push(&self.socket))
    }

    fn poll_writable(&self, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket.poll_write_ready(task)
    }

    /// At the latest 12 s after it was.
    fn cut(&self) -> Pin<Box<dyn Future<Output = ()> + '_>> {
        Box::pin(lampfield_tcp::cut(&self.socket))
    }

    fn say_goodbye(&self) {
        if let Some(tls) = self.tls.get() {
            tls.borrow_mut().close(&self.socket);
        }
    }

    fn shut_down(&self) {
        let _ = SockRef::from(&self.socket).shutdown(Shutdown::Both);
    }

    fn security(&self) -> Security {
        if self.tls.get().is_some() { Security::Here } else { Security::None }
    }

    fn exporter(&self) -> Option<[u8; 32]> {
        self.tls.get().and_then(|tls| tls.borrow().exporter())
    }

    fn can_start_tls(&self) -> bool {
        self.tls.get().is_none()
    }

    fn start_tls(&self, settings: &TlsSettings) -> Result<(), rustls::Error> {
        let tls = RefCell::new(Tls::accept(settings)?);
        self.tls.set(tls).map_err(|_| rustls::Error::General("there is TLS already".to_owned()))
    }
}
