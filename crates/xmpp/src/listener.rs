//! Accepts connections, by whatever transport they come, and gives each a task of its own.

use std::fmt::Display;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, TcpStream};

use crate::connection;
use crate::door::Door;
use crate::settings::Settings;
use crate::wire::{Link, TcpTransport, Transport};

/// Connections the kernel may hold for us: 200 PBXs that come back in the same instant fit.
const BACKLOG: i32 = 1024;
/// The pause after an accept error such as "too many open files".
const AFTER_ERROR: Duration = Duration::from_millis(100);

/// When TLS begins on the connections of a listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    /// Plain first; the stream may ask for TLS.
    Plain,
    /// With the first byte (XEP-0368).
    Tls,
}

/// Addresses that were taken and wait to be served.
#[derive(Debug)]
pub struct Listeners {
    bound: Vec<(TcpListener, Start)>,
}

// === impl Listeners ===

impl Listeners {
    /// Takes the configured addresses.
    ///
    /// # Errors
    /// The address that cannot be had, and what the kernel says.
    pub fn bind(settings: &Settings) -> Result<Self, (SocketAddr, io::Error)> {
        let plain = settings.listen.iter().map(|address| (*address, Start::Plain));
        let tls = settings.listen_tls.iter().map(|address| (*address, Start::Tls));
        let bound = plain.chain(tls).map(|(address, start)| {
            let listener = bind(address).map_err(|error| (address, error))?;
            Ok((listener, start))
        });
        Ok(Self { bound: bound.collect::<Result<_, _>>()? })
    }

    /// The addresses that were taken, with the ports the kernel chose.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        self.bound.iter().map(|(listener, _)| listener.local_addr()).collect()
    }

    /// Starts a task for each listener on the current `LocalSet`; from then on connections are
    /// accepted.
    pub fn serve(self, door: &Rc<Door>) {
        for (listener, start) in self.bound {
            tokio::task::spawn_local(serve(Rc::clone(door), listener, start));
        }
    }
}

/// Takes the address.
///
/// # Errors
/// What the kernel says, for instance that the address is in use.
fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// Serves a listener for ever.
async fn serve(door: Rc<Door>, listener: TcpListener, start: Start) {
    loop {
        match listener.accept().await {
            Ok((socket, peer)) => let_in(&door, peer, || tcp(&door, socket, start)),
            Err(error) => {
                tracing::warn!("cannot accept a connection: {error}");
                tokio::time::sleep(AFTER_ERROR).await;
            }
        }
    }
}

/// Lets a client in that has come from `peer` by some transport, if there is room for it, and serves it
/// on a task of its own until it leaves. `transport` is called only if there is room. Must be called on
/// the core thread's `LocalSet`.
pub fn let_in<E: Display>(
    door: &Rc<Door>,
    peer: SocketAddr,
    transport: impl FnOnce() -> Result<Box<dyn Transport>, E>,
) {
    let admission = match door.admission.admit(peer.ip()) {
        Ok(admission) => admission,
        Err(closed) => {
            if door.context.accounts.log_limit().allows("connection refused", peer.ip()) {
                tracing::warn!(%peer, "connection refused: {closed}");
            }
            return;
        }
    };
    match transport() {
        Ok(transport) => {
            let unread = door.context.limits().unread;
            let link = Link::new(transport, peer, unread, Rc::clone(&door.flusher));
            tokio::task::spawn_local(connection::run(Rc::clone(door), link, admission));
        }
        Err(error) => tracing::debug!(%peer, "connection dropped: {error}"),
    }
}

fn tcp(door: &Door, socket: TcpStream, start: Start) -> anyhow::Result<Box<dyn Transport>> {
    let transport = TcpTransport::new(socket)?;
    if let (Start::Tls, Some(certificates)) = (start, &door.context.settings.certificates) {
        transport.start_tls(certificates)?;
    }
    Ok(Box::new(transport))
}
