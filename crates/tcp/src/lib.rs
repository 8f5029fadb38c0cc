//! When a TCP connection has been cut without a word.
//!
//! TCP itself notices late and at no certain time: keepalive says nothing while data waits to be
//! acknowledged, and `TCP_USER_TIMEOUT` is looked at only when a retransmission is due, whose pauses
//! double. So we ask the kernel when the peer's TCP was heard last (tcp(7), `TCP_INFO`), and see to
//! it that a peer that lives is heard every second or two, whether or not there is something to say.

mod options;

use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::time::sleep;

/// The longest silence of a peer's TCP that is no cut. A cut of 4 s at a round trip of 300 ms is
/// over by then, the doubling pauses of retransmissions included; so is one of 8 s where the kernel
/// lets us bound these: the peer was heard a second before it and is asked within a second after it.
pub const SILENCE: Duration = Duration::from_millis(11_500);

/// A peer that has nothing to acknowledge is asked after so long, and then so often. The tries are
/// so many that [`SILENCE`] is over before them, and a line that loses packets does not matter.
const KEEPALIVE: (Duration, Duration, u32) = (Duration::from_secs(1), Duration::from_secs(1), 15);
/// Retransmissions are no further apart (`TCP_RTO_MAX_MS`, since Linux 6.15, which takes no less).
const RETRANSMISSION: Duration = Duration::from_secs(1);
/// What the kernel does by itself where nobody awaits [`cut`]...
const UNACKNOWLEDGED: Duration = Duration::from_secs(15);
/// ... and where somebody does: nothing. It counts also while a peer that lives does not read, and from
/// the first retransmission, for which it may take one of minutes ago (seen with Linux 6.18).
const NEVER: Duration = Duration::from_hours(24);
/// How often a connection is looked at whose peer has been silent for nearly too long.
const LOOK: Duration = Duration::from_millis(100);
/// The silence from which on a peer is asked more often than the kernel does by itself, and the pause
/// between: on a line that loses packets one question after a cut is not enough.
const DOUBT: (Duration, Duration) = (Duration::from_millis(8_500), Duration::from_millis(250));

/// Sets up a connection so that its peer is heard every second or two while the line holds, and sends
/// at once what is written.
///
/// # Errors
/// Whatever the kernel says of the socket.
pub fn prepare(socket: impl AsFd) -> io::Result<()> {
    let socket = socket.as_fd();
    let options = SockRef::from(&socket);
    options.set_tcp_nodelay(true)?;
    ask(socket)?;
    options.set_tcp_user_timeout(Some(UNACKNOWLEDGED))?;
    // An older kernel does not know it.
    let _ = options::set_longest_pause(socket, RETRANSMISSION);
    Ok(())
}

/// Has a peer that has nothing to acknowledge asked for a sign of life from now on: at once, if the last
/// one is longer ago than the first pause (Linux: `TCP_KEEPIDLE`, set anew, sets the timer anew).
fn ask(socket: impl AsFd) -> io::Result<()> {
    let (idle, pause, tries) = KEEPALIVE;
    let keepalive = TcpKeepalive::new().with_time(idle).with_interval(pause).with_retries(tries);
    SockRef::from(&socket).set_tcp_keepalive(&keepalive)
}

/// Returns when the peer's TCP has said nothing for [`SILENCE`]: the line is cut, or the machine
/// behind it is gone. Looks every few seconds; costs one call to the kernel each time. To be awaited for
/// as long as the connection is of use.
pub async fn cut(socket: impl AsFd) {
    let watched = Watched::new(socket);
    loop {
        match options::last_heard(watched.0.as_fd()) {
            Ok(silence) if silence < DOUBT.0 => sleep((DOUBT.0 - silence).max(LOOK)).await,
            Ok(silence) if silence < SILENCE => {
                // A socket that cannot ask says itself what is wrong with it.
                let _ = ask(watched.0.as_fd());
                sleep((SILENCE - silence).clamp(LOOK, DOUBT.1)).await;
            }
            Ok(_) => return,
            // The socket says itself what is wrong with it, to whoever reads it.
            Err(_) => std::future::pending().await,
        }
    }
}

/// A connection that the kernel leaves to us, until this is dropped.
struct Watched<S: AsFd>(S);

impl<S: AsFd> Watched<S> {
    fn new(socket: S) -> Self {
        let _ = SockRef::from(&socket).set_tcp_user_timeout(Some(NEVER));
        Self(socket)
    }
}

impl<S: AsFd> Drop for Watched<S> {
    fn drop(&mut self) {
        let _ = SockRef::from(&self.0).set_tcp_user_timeout(Some(UNACKNOWLEDGED));
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
        let waits = timeout(Duration::from_millis(500), async {
            let check = async {
                sleep(Duration::from_millis(100)).await;
                let kernels = SockRef::from(&stream).tcp_user_timeout().unwrap();
                assert_eq!(kernels, Some(NEVER), "the kernel's own watch is known to be wrong");
                std::future::pending::<()>().await;
            };
            tokio::join!(cut(&stream), check)
        });
        assert!(waits.await.is_err());
        let kernels = SockRef::from(&stream).tcp_user_timeout().unwrap();
        assert_eq!(kernels, Some(UNACKNOWLEDGED), "for what is unsent when it is closed");
    }

    #[tokio::test]
    async fn a_peer_that_has_been_silent_is_asked_at_once() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let _peer = listener.accept().await.unwrap();
        let seldom = TcpKeepalive::new().with_time(Duration::from_mins(1));
        SockRef::from(&stream).set_tcp_keepalive(&seldom).unwrap();
        sleep(KEEPALIVE.0 + Duration::from_millis(300)).await;
        let silence = options::last_heard(stream.as_fd()).unwrap();
        assert!(silence > KEEPALIVE.0, "{silence:?}");
        ask(&stream).unwrap();
        sleep(Duration::from_millis(150)).await;
        let silence = options::last_heard(stream.as_fd()).unwrap();
        assert!(silence < KEEPALIVE.0 / 2, "{silence:?}");
    }
}
