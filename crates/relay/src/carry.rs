//! Takes the PBXs in and carries each of them.

use std::convert::Infallible;
use std::future::pending;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use lampfield_tcp::SILENCE;
use lampfield_xmpp_stream::StreamCondition;
use rustix::net::sockopt::set_socket_recv_buffer_size_force;
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::lines::Lines;
use crate::pace::{LogLine, Pace};
use crate::pbx::{Pbx, PbxEnd};
use crate::refused::Refused;
use crate::server::LineError;
use crate::session;
use crate::settings::Settings;
use crate::witness::{Witness, Witnesses};

/// PBXs that are carried at the same time; more wait to be accepted.
const PBXS: usize = 256;
/// Bytes that the kernel keeps of one PBX while this process does not run for a moment, stopped or on
/// a machine that has better things to do. COMPAT(asterisk<=22): its threads mix their words when its
/// socket is full, and its own buffer is too small for thousands of them.
const PUT_BY: usize = 16 * 1024 * 1024;
/// How long the server may take with a goodbye. So long as the line is not known to be cut, what was sent
/// may still arrive; a session that is given up sooner takes the goodbye with it.
const FAREWELL: Duration = SILENCE.saturating_add(Duration::from_secs(2));
/// Who logs in so long before another stream ends has two.
const AGAIN: Duration = Duration::from_secs(1);
/// The pause after a connection could not be accepted, for want of descriptors perhaps.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// The relay with its listener; see [`Settings`] for what it is told.
#[derive(Debug)]
pub struct Relay {
    listener: TcpListener,
    all: Rc<All>,
}

/// What all PBXs have in common.
#[derive(Debug)]
struct All {
    settings: Settings,
    newest: watch::Sender<Newest>,
    lines: Lines,
    witnesses: Rc<Witnesses>,
    refused: Pace,
    pbx_refused: Pace,
}

/// The PBX that has logged in last, if it is on this machine.
type Newest = Option<(Rc<Witness>, Instant)>;

/// Why the relay ends; the cases with which it goes on are only logged.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The server would take passwords in clear text only.
    #[error("the server {0} offers no TLS, and a relay never sends passwords in clear text")]
    NoTls(String),
}

/// How the stream of a PBX has ended.
enum EndedBy {
    Pbx(PbxEnd),
    Server(Refused),
}

// === impl Relay ===

impl Relay {
    /// A relay that takes in whoever comes to this listener.
    pub fn new(listener: TcpListener, settings: Settings) -> Self {
        make_room(&listener);
        Self { listener, all: Rc::new(All::new(settings)) }
    }

    /// Is notified whenever a PBX has been let in, for the first time or again.
    pub fn line_up(&self) -> Rc<Notify> {
        Rc::clone(&self.all.lines.up)
    }

    /// Carries PBXs for as long as the server can be used. Must run on a `LocalSet`.
    ///
    /// # Errors
    /// The server cannot be used with a relay.
    pub async fn run(self) -> RelayError {
        let (useless, mut found) = mpsc::channel(1);
        let not_accepted = Pace::default();
        let mut carried = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept(), if carried.len() < PBXS => match accepted {
                    Ok((socket, peer)) => {
                        let (all, useless) = (Rc::clone(&self.all), useless.clone());
                        carried.spawn_local(async move {
                            if let Err(error) = carry(socket, peer, &all).await {
                                let _ = useless.try_send(error);
                            }
                        });
                    }
                    Err(error) => {
                        if let Some(LogLine { left_out }) = not_accepted.line() {
                            let text = "cannot accept a connection";
                            tracing::error!(code = "accept", left_out, %error, "{text}");
                        }
                        sleep(ACCEPT_AGAIN).await;
                    }
                },
                Some(_) = carried.join_next(), if !carried.is_empty() => {}
                Some(error) = found.recv() => return error,
            }
        }
    }
}

impl All {
    fn new(settings: Settings) -> Self {
        Self {
            settings,
            newest: watch::Sender::default(),
            lines: Lines::default(),
            witnesses: Rc::default(),
            refused: Pace::default(),
            pbx_refused: Pace::default(),
        }
    }
}

/// Lets the kernel keep [`PUT_BY`] of each PBX that the listener accepts, or as much of it as this
/// process may have: all of it for root, and by a `.socket` unit of systemd, `net.core.rmem_max` else.
fn make_room(listener: &TcpListener) {
    let socket = SockRef::from(listener);
    let has_room = socket.recv_buffer_size().is_ok_and(|bytes| bytes >= PUT_BY);
    if !has_room && set_socket_recv_buffer_size_force(listener, PUT_BY).is_err() {
        // What the kernel refuses is a smaller buffer, and no reason not to run.
        let _ = socket.set_recv_buffer_size(PUT_BY);
    }
}

/// Carries one PBX until its stream ends.
async fn carry(socket: TcpStream, peer: SocketAddr, all: &All) -> Result<(), RelayError> {
    let Ok((pbx, ear)) = Pbx::new(socket, peer, &all.witnesses) else { return Ok(()) };
    let mut session = pin!(session::carry(&pbx, &all.settings, &all.lines));
    let mut again = all.newest.subscribe();
    let end = tokio::select! {
        // What one hears the other passes on in the same go.
        biased;
        end = pbx.listen(ear) => EndedBy::Pbx(end),
        refused = &mut session => EndedBy::Server(refused),
        () = pbx.write_rest() => EndedBy::Pbx(PbxEnd::Closed),
        () = pbx.cut() => EndedBy::Pbx(PbxEnd::Closed),
        never = watch(&pbx, &all.newest) => match never {},
    };
    if let Some(witness) = pbx.witness() {
        witness.stream_ended();
    }
    // Not known where nobody has looked.
    let process_ended = match end {
        EndedBy::Server(Refused::Ended(LineError::NoTls)) => {
            let to: Vec<_> = all.settings.targets.iter().map(ToString::to_string).collect();
            return Err(RelayError::NoTls(to.join(", ")));
        }
        EndedBy::Server(Refused::Silent) if !pbx.logs_in() => {
            tracing::debug!(code = "refused", %peer, "{}", Refused::Silent);
            pbx.dismiss(&StreamCondition::ConnectionTimeout.with(Refused::Silent.to_string()));
            return Ok(());
        }
        EndedBy::Server(refused) => {
            if let Some(LogLine { left_out }) = all.refused.line() {
                let (account, remedy) = (pbx.account(), refused.remedy());
                tracing::error!(code = "refused", %peer, account, remedy, left_out, "{refused}");
            }
            pbx.dismiss(&StreamCondition::RemoteConnectionFailed.with(refused.to_string()));
            return Ok(());
        }
        EndedBy::Pbx(PbxEnd::Refused(error)) => {
            // A server that is this relay is told of by the stream that was led here.
            if !all.lines.is_ours(peer)
                && let Some(LogLine { left_out }) = all.pbx_refused.line()
            {
                tracing::error!(code = "pbx-refused", %peer, left_out, "{error}");
            }
            pbx.dismiss(&error);
            return Ok(());
        }
        // There is nobody to tell.
        EndedBy::Pbx(_) if !pbx.leave() => None,
        EndedBy::Pbx(PbxEnd::Goodbye) => Some(true),
        EndedBy::Pbx(PbxEnd::Closed) => match pbx.witness() {
            None => None,
            Some(witness) => tokio::select! {
                biased;
                ends = witness.ends() => Some(ends),
                _ = &mut session => None,
                // It lives. This stream ends before that one takes its address.
                _ = again.wait_for(|newest| is_another(newest, &witness)) => Some(false),
            },
        },
    };
    if pbx.logs_in() {
        tracing::info!(code = "pbx-gone", %peer, process_ended, "the PBX has gone");
    }
    if process_ended == Some(true) {
        pbx.say_goodbye();
        let _ = timeout(FAREWELL, session).await;
    }
    Ok(())
}

/// Tells of the PBX once it logs in, knows it once it is let in, and sees what becomes of it while its
/// stream goes on. Of connections that come to no login the log would have no end.
async fn watch(pbx: &Pbx, newest: &watch::Sender<Newest>) -> Infallible {
    pbx.login().await;
    tracing::info!(code = "pbx-here", peer = %pbx.peer, "a PBX has connected");
    let Some(witness) = pbx.known().await else { return pending().await };
    newest.send_replace(Some((Rc::clone(&witness), Instant::now())));
    witness.watch().await
}

/// Whether the newest stream is another one of this process, which has just logged in.
fn is_another(newest: &Newest, process: &Rc<Witness>) -> bool {
    newest.as_ref().is_some_and(|(other, at)| {
        !Rc::ptr_eq(other, process) && process.may_be(other) && at.elapsed() < AGAIN
    })
}

#[cfg(test)]
mod tests {
    use socket2::SockFilter;

    use super::*;
    use crate::fingerprint::Fingerprint;
    use crate::trust::Trust;

    /// `BPF_RET | BPF_K` of linux/bpf_common.h: with 0, whatever arrives is dropped.
    const RETURN: u16 = 0x06;

    #[tokio::test]
    async fn a_pbx_on_another_machine_may_go_without_a_word() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let pbx = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (socket, _) = listener.accept().await.unwrap();
        SockRef::from(&pbx).attach_filter(&[SockFilter::new(RETURN, 0, 0, 0)]).unwrap();
        let trust = Trust::pinned(vec![Fingerprint::of(b"")]).unwrap();
        let all = All::new(Settings { targets: Vec::new(), trust });
        let elsewhere = ([192, 0, 2, 1], 5_222).into();
        let carried = carry(socket, elsewhere, &all);
        let most = lampfield_tcp::SILENCE + Duration::from_secs(2);
        assert!(matches!(timeout(most, carried).await, Ok(Ok(()))), "it is carried for good");
    }
}
