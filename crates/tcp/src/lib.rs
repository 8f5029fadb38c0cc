//! When a TCP connection has been cut without a word.
//!
//! TCP itself notices late and at no certain time: keepalive says nothing while data waits to be
//! acknowledged, and `TCP_USER_TIMEOUT` is looked at only when a retransmission is due, whose pauses
//! double. So we ask the kernel when the peer's TCP was heard last (tcp(7), `TCP_INFO`), and see to
//! it that a peer that lives is heard every second or two, whether or not there is something to say.
//!
//! Silence alone proves nothing: a peer that lives but does not read (its window is closed) is asked by the
//! kernel at doubling pauses of up to two minutes, between which it has no reason to speak. Only since
//! Linux 6.15 can we bound these. So a line is cut when its peer is silent *and* was asked in vain:
//!
//! | what waits | how the kernel asks | asked in vain, by `TCP_INFO` |
//! |---|---|---|
//! | nothing | keepalive, every second | `tcpi_probes`: two since the peer was heard |
//! | data that was not acknowledged | sends it again, at doubling pauses | data sent since the peer was heard |
//! | data for which the peer has no room | window probes, at doubling pauses | `tcpi_probes`: two since the peer was heard |
//!
//! `tcpi_probes` is what these need: each acknowledgment sets it to 0. Its neighbours are of no use.
//! `tcpi_backoff` and `tcpi_rto` go on growing while a peer that does not read answers every probe, and
//! `tcpi_notsent_bytes` tells what waits from what does not, which decides nothing here. One probe may be
//! lost, as any packet, or meet a peer that limits how often it answers such; two in a row do not, and the
//! second has its time to be answered. Data is sent again sooner: four times and more within the silence.
//!
//! A line that was cut when the peer had not read for long is thus noticed late where the pauses are not
//! bounded: the second probe comes at four times the time since the window was closed, at most four
//! minutes after the cut. There is no way to make the kernel ask sooner.

mod options;
#[cfg(test)]
mod tests;

use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::time::{Instant, sleep};

use options::Heard;

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
/// So many probes are not all lost by chance...
const PROBES: u8 = 2;
/// ... and so long an answer may take.
const ANSWER: Duration = Duration::from_secs(1);

/// Sets up a connection so that its peer is heard every second or two while the line holds, and sends
/// at once what is written.
///
/// # Errors
/// Whatever the kernel says of the socket.
pub fn prepare(socket: impl AsFd) -> io::Result<()> {
    prepare_with_doubling_pauses(&socket)?;
    // An older kernel does not know it.
    let _ = options::set_longest_pause(socket.as_fd(), RETRANSMISSION);
    Ok(())
}

/// What every kernel can do.
fn prepare_with_doubling_pauses(socket: impl AsFd) -> io::Result<()> {
    let options = SockRef::from(&socket);
    options.set_tcp_nodelay(true)?;
    ask(&socket)?;
    options.set_tcp_user_timeout(Some(UNACKNOWLEDGED))
}

/// Has a peer that has nothing to acknowledge asked for a sign of life from now on: at once, if the last
/// one is longer ago than the first pause (Linux: `TCP_KEEPIDLE`, set anew, sets the timer anew).
fn ask(socket: impl AsFd) -> io::Result<()> {
    let (idle, pause, tries) = KEEPALIVE;
    let keepalive = TcpKeepalive::new().with_time(idle).with_interval(pause).with_retries(tries);
    SockRef::from(&socket).set_tcp_keepalive(&keepalive)
}

/// Returns when the peer's TCP has said nothing for [`SILENCE`] and was asked in vain: the line is cut, or
/// the machine behind it is gone. Looks every few seconds; costs one call to the kernel each time. To be
/// awaited for as long as the connection is of use.
pub async fn cut(socket: impl AsFd) {
    let watched = Watched::new(socket);
    let mut asked: Option<Instant> = None;
    loop {
        let Ok(heard) = Heard::of(watched.0.as_fd()) else {
            // The socket says itself what is wrong with it, to whoever reads it.
            return std::future::pending().await;
        };
        asked.take_if(|since| since.elapsed() > heard.silence);
        asked = was_asked(heard).then(|| asked.unwrap_or_else(Instant::now));
        let answer_due = asked.map_or(ANSWER, |since| ANSWER.saturating_sub(since.elapsed()));
        let rest = answer_due.max(SILENCE.saturating_sub(heard.silence));
        if rest.is_zero() {
            return;
        }
        if heard.silence < DOUBT.0 {
            sleep((DOUBT.0 - heard.silence).max(LOOK)).await;
        } else {
            // A socket that cannot ask says itself what is wrong with it.
            let _ = ask(watched.0.as_fd());
            sleep(rest.clamp(LOOK, DOUBT.1)).await;
        }
    }
}

/// Whether a peer that is silent has been asked for a word since it was heard last.
fn was_asked(heard: Heard) -> bool {
    if heard.is_awaited { heard.sent < heard.silence } else { heard.probes >= PROBES }
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
