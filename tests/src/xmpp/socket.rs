//! The transport under a test client: TCP, later TLS that believes every certificate.

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use lampfield_fake_pbx::Tls;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A socket that can change to TLS.
pub enum Socket {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    /// Between the two, and for ever when the handshake failed.
    Changing,
}

impl Socket {
    pub async fn connect(from: Ipv4Addr, server: SocketAddrV4) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        if !from.is_unspecified() {
            socket.bind(SocketAddrV4::new(from, 0).into()).expect("a loopback address");
        }
        let stream = socket.connect(server.into()).await.expect("the server accepts");
        stream.set_nodelay(true).expect("TCP_NODELAY");
        Self::Plain(stream)
    }

    /// A connection that is there already.
    pub fn plain(stream: std::net::TcpStream) -> Self {
        stream.set_nodelay(true).expect("TCP_NODELAY");
        stream.set_nonblocking(true).expect("O_NONBLOCK");
        Self::Plain(TcpStream::from_std(stream).expect("a socket"))
    }

    /// With the smallest receive buffer that the kernel gives.
    pub async fn connect_narrow(server: SocketAddrV4) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(2_048).expect("SO_RCVBUF");
        Self::Plain(socket.connect(server.into()).await.expect("the server accepts"))
    }

    /// Writes past TLS, as a thread would that does not wait for another.
    pub async fn write_beneath(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.write_all(bytes).await,
            Self::Tls(stream) => stream.get_mut().0.write_all(bytes).await,
            Self::Changing => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// What the server has shown, once TLS is on.
    pub fn peer_certificate(&self) -> Option<CertificateDer<'static>> {
        match self {
            Self::Tls(stream) => {
                let shown = stream.get_ref().1.peer_certificates()?;
                shown.first().map(|certificate| certificate.clone().into_owned())
            }
            Self::Plain(_) | Self::Changing => None,
        }
    }

    pub async fn start_tls(&mut self, domain: &str) {
        let Self::Plain(stream) = std::mem::replace(self, Self::Changing) else {
            panic!("TLS is on already");
        };
        let believing = Tls::Any.config().expect("TLS 1.2 and 1.3").expect("no clear text");
        let mut config = Arc::unwrap_or_clone(believing);
        // Unlike a PBX it says which server it wants.
        config.enable_sni = true;
        let name = ServerName::try_from(domain.to_owned()).expect("a domain name");
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
        *self = Self::Tls(Box::new(stream.expect("a TLS handshake")));
    }
}

// === impl AsyncRead, AsyncWrite for Socket ===

fn changing<T>() -> Poll<io::Result<T>> {
    Poll::Ready(Err(io::ErrorKind::NotConnected.into()))
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Changing => changing(),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Changing => changing(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
            Self::Changing => changing(),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Changing => changing(),
        }
    }
}
