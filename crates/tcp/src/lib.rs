//! When a TCP connection has been cut without a word.
//!
//! TCP itself notices late and at no certain time: keepalive says nothing while data waits to be
//! acknowledged, and `TCP_USER_TIMEOUT` is looked at only when a retransmission is due, whose pauses
//! double. So we ask the kernel when the peer's TCP was heard last (tcp(7), `TCP_INFO`), and see to
//! it that a peer that lives is heard every few seconds, whether or not there is something to say.

mod options;

use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::time::sleep;

/// The longest silence of a peer's TCP that is no cut. A cut of 4 s at a round trip of 300 ms is
/// over by then, the doubling pauses of retransmissions included; so is one of 8 s where the kernel
/// lets us bound these.
pub const SILENCE: Duration = Duration::from_millis(10_500);

/// A peer that has nothing to acknowledge is asked after so long, and then so often. The tries are
/// so many that [`SILENCE`] is over before them, and a line that loses packets does not matter.
const KEEPALIVE: (Duration, Duration, u32) = (Duration::from_secs(3), Duration::from_secs(1), 12);
/// Retransmissions are no further apart (`TCP_RTO_MAX_MS`, since Linux 6.15).
const RETRANSMISSION: Duration = Duration::from_secs(2);
/// What the kernel does by itself where nobody awaits [`cut`].
const UNACKNOWLEDGED: Duration = Duration::from_secs(15);
/// How often a connection is looked at whose peer has been silent for nearly too long.
const LOOK: Duration = Duration::from_millis(250);

/// Sets up a connection so that its peer is heard every few seconds while the line holds, and sends
/// at once what is written.
///
/// # Errors
/// Whatever the kernel says of the socket.
pub fn prepare(socket: impl AsFd) -> io::Result<()> {
    let socket = socket.as_fd();
    let options = SockRef::from(&socket);
    options.set_tcp_nodelay(true)?;
    let (idle, pause, tries) = KEEPALIVE;
    let keepalive = TcpKeepalive::new().with_time(idle).with_interval(pause).with_retries(tries);
    options.set_tcp_keepalive(&keepalive)?;
    options.set_tcp_user_timeout(Some(UNACKNOWLEDGED))?;
    // An older kernel does not know it.
    let _ = options::set_longest_pause(socket, RETRANSMISSION);
    Ok(())
}

/// Returns when the peer's TCP has said nothing for [`SILENCE`]: the line is cut, or the machine
/// behind it is gone. Looks every few seconds; costs one call to the kernel each time.
pub async fn cut(socket: impl AsFd) {
    loop {
        match options::last_heard(socket.as_fd()) {
            Ok(silence) if silence < SILENCE => sleep((SILENCE - silence).max(LOOK)).await,
            Ok(_) => return,
            // The socket says itself what is wrong with it, to whoever reads it.
            Err(_) => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use tokio::net::{TcpListener, TcpStream};
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn a_peer_that_says_nothing_and_lives_is_not_cut() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let _peer = listener.accept().await.unwrap();
        prepare(&stream).unwrap();
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(6) {
            let silence = options::last_heard(stream.as_fd()).unwrap();
            assert!(silence < Duration::from_secs(5), "{silence:?}");
            sleep(Duration::from_millis(100)).await;
        }
        let waits = cut(&stream);
        assert!(timeout(Duration::from_millis(500), waits).await.is_err());
    }
}
