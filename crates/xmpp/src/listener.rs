//! Accepts connections and gives each a task of its own.

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

use crate::connection;
use crate::door::Door;

/// Connections the kernel may hold for us: 200 PBXs that come back in the same instant fit.
const BACKLOG: i32 = 1024;
/// The pause after an accept error such as "too many open files".
const AFTER_ERROR: Duration = Duration::from_millis(100);

/// When TLS begins on the connections of a listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Plain first; the stream may ask for TLS.
    Plain,
    /// With the first byte (XEP-0368).
    Tls,
}

/// Takes the address.
///
/// # Errors
/// What the kernel says, for instance that the address is in use.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
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
pub async fn serve(door: Rc<Door>, listener: TcpListener, start: Start) {
    loop {
        match listener.accept().await {
            Ok((socket, peer)) => match door.gate.admit(peer.ip()) {
                Ok(admission) => {
                    tokio::task::spawn_local(connection::run(
                        Rc::clone(&door),
                        socket,
                        peer,
                        start,
                        admission,
                    ));
                }
                Err(closed) => {
                    if door.accounts.log_limit.allows("connection refused", peer.ip()) {
                        tracing::warn!(%peer, "connection refused: {closed}");
                    }
                }
            },
            Err(error) => {
                tracing::warn!("cannot accept a connection: {error}");
                tokio::time::sleep(AFTER_ERROR).await;
            }
        }
    }
}
