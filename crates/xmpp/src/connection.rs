//! One connection, from where it is let in to its end.
//!
//! The task waits for bytes, cuts them into stanzas and lets each take effect at once; nothing is
//! awaited between a stanza and its effects but the steps of a login. While it waits, the other
//! half of the select finishes writes that a full socket left over.

mod binding;
mod breakage;
mod claim;
mod deadline;
mod dispatch;
mod intake;
mod iq;
mod login;
mod misdirected;
mod negotiation;
mod stream;
mod via;

use std::rc::Rc;
use std::time::Duration;

use lampfield_xmpp_stream::{StanzaLimits, StreamError, writer};
use tokio::time::{Instant, timeout_at};

use crate::admission::Admission;
use crate::door::Door;
use crate::services::{SessionEnd, SessionEvent};
use crate::settings;
use crate::turns::Need;
use crate::wire::Link;

use deadline::Deadline;
use intake::{Intake, Progress};
use login::{Attempt, LoginProgress};
use stream::{Stream, StreamStep};

/// How long the last bytes of a conversation may take.
const FAREWELL: Duration = Duration::from_secs(5);

/// How long a client may do nothing where it can do nothing but begin TLS before that is said in
/// the log: Asterisk begins it at once.
const SILENCE: Duration = Duration::from_secs(2);

/// How a connection ended.
#[derive(Debug)]
enum Ending {
    /// The peer closed its stream: a goodbye, its facts end with it.
    Goodbye,
    /// The socket ended, by itself or because the peer no longer reads or answers.
    Lost(&'static str),
    /// Nothing is heard of the peer's TCP: the line is cut.
    Cut,
    /// TLS could not make sense of what the peer sent.
    Garbled,
    /// The peer does not want our certificate.
    Distrusted,
    /// We ended the stream and said why.
    Refused(StreamError),
}

/// Serves one connection to its end.
pub async fn run(door: Rc<Door>, link: Rc<Link>, admission: Admission) {
    let stream = Stream::new(Rc::clone(&door), Rc::clone(&link), admission);
    let mut connection = Connection {
        intake: Intake::new(before_login(stream.limits())),
        deadline: Some(Deadline::within(stream.limits().login_time)),
        stream,
    };
    let ending = tokio::select! {
        ending = connection.converse() => ending,
        () = link.attend() => connection.ended_from_outside(),
        () = link.cut() => Ending::Cut,
    };
    connection.leave(ending).await;
}

/// The bounds of what a peer may send before it has logged in.
fn before_login(limits: &settings::XmppLimits) -> StanzaLimits {
    StanzaLimits {
        stanza_bytes: limits.unauthenticated_stanza_bytes,
        depth: limits.depth.min(StanzaLimits::STRANGER.depth),
        attributes: limits.attributes.min(StanzaLimits::STRANGER.attributes),
    }
}

/// The bounds of what a peer may send afterwards.
fn after_login(limits: &settings::XmppLimits) -> StanzaLimits {
    StanzaLimits {
        stanza_bytes: limits.stanza_bytes,
        depth: limits.depth,
        attributes: limits.attributes,
    }
}

struct Connection {
    intake: Intake,
    stream: Stream,
    /// For the login; none once it is complete.
    deadline: Option<Deadline>,
}

// === impl Ending ===

impl Ending {
    const CLOSED: Self = Self::Lost("the peer closed the connection");
}

// === impl Connection ===

impl Connection {
    /// Reads and handles until there is a reason to stop.
    async fn converse(&mut self) -> Ending {
        let door = Rc::clone(self.stream.door());
        let mut need = Need::Fresh;
        loop {
            if let Err(ending) = self.let_it_read().await {
                return ending;
            }
            let turn = door.turns.next(need).await;
            let progress = self.intake.take_turn(&mut self.stream, &turn);
            // Who has used its turn up stands in line, also if no whole stanza came of it.
            let then = if turn.is_over() { Need::Busy } else { Need::Fresh };
            drop(turn);
            let went_on = match progress {
                Ok(Progress::Idle) => self.wait().await,
                Ok(Progress::Pause) => match self.missed_deadline() {
                    Some(error) => Err(Ending::Refused(error)),
                    None => {
                        need = Need::Busy;
                        continue;
                    }
                },
                Ok(Progress::Closed) => Err(Ending::CLOSED),
                Ok(Progress::Garbled) => Err(Ending::Garbled),
                Ok(Progress::Distrusted) => {
                    self.stream.miss_trust();
                    Err(Ending::Distrusted)
                }
                Ok(Progress::StreamStep(step)) => self.take(step).await,
                Err(error) => Err(Ending::Refused(error)),
            };
            if let Err(ending) = went_on {
                return ending;
            }
            need = then;
        }
    }

    /// If the login should have been complete by now: somebody who keeps us busy is not excused.
    fn missed_deadline(&self) -> Option<StreamError> {
        let deadline = self.deadline.as_ref()?;
        let missed = self.stream.session().is_none() && Instant::now() >= deadline.at();
        missed.then(|| deadline.missed())
    }

    /// Waits until there is something to read, as long as the login may take.
    async fn wait(&mut self) -> Result<(), Ending> {
        let link = Rc::clone(self.stream.link());
        if let Some(deadline) = &self.deadline
            && self.stream.awaits_tls
        {
            let silent = deadline.at().min(Instant::now() + SILENCE);
            if timeout_at(silent, link.readable()).await.is_err() {
                self.stream.miss_tls();
            }
        }
        let readable = self.in_time(link.readable()).await?;
        readable.map_err(|_| Ending::Lost("the connection broke"))
    }

    /// Whoever asks and does not read is not listened to until it has read.
    async fn let_it_read(&mut self) -> Result<(), Ending> {
        let link = Rc::clone(self.stream.link());
        if link.is_in_arrears() {
            self.in_time(link.caught_up()).await?;
        }
        Ok(())
    }

    /// Waits for something, as long as the login may take.
    async fn in_time<T>(&mut self, something: impl Future<Output = T>) -> Result<T, Ending> {
        if self.stream.session().is_some() {
            self.deadline = None;
        }
        match &self.deadline {
            None => Ok(something.await),
            Some(deadline) => timeout_at(deadline.at(), something)
                .await
                .map_err(|_| Ending::Refused(deadline.missed())),
        }
    }

    /// Does what a stanza asked of the connection itself.
    async fn take(&mut self, step: StreamStep) -> Result<(), Ending> {
        match step {
            StreamStep::Goodbye => return Err(Ending::Goodbye),
            StreamStep::StartTls => {
                self.intake.forget();
                self.intake.restart(before_login(self.stream.limits()));
                self.stream.start_tls().await.map_err(Ending::Refused)?;
            }
            StreamStep::Login(attempt) => self.log_in(attempt).await?,
        }
        Ok(())
    }

    /// Waits for a step of a login. This is the one place where a login ends, whatever it was.
    async fn log_in(&mut self, attempt: Attempt) -> Result<(), Ending> {
        let link = Rc::clone(self.stream.link());
        let most = self.stream.limits().unauthenticated_stanza_bytes;
        let began = Instant::now();
        let outcome = tokio::select! {
            biased;
            outcome = attempt => outcome,
            ending = self.intake.read_ahead(&link, most) => return Err(ending),
        };
        let progress = self.stream.conclude(outcome).map_err(Ending::Refused)?;
        if let Some(deadline) = &mut self.deadline {
            deadline.extend(began.elapsed());
            match progress {
                LoginProgress::Failed => deadline.failed(),
                LoginProgress::Underway | LoginProgress::NewStream | LoginProgress::SameStream => {
                    deadline.tried_again();
                }
            }
        }
        let limits = after_login(self.stream.limits());
        match progress {
            LoginProgress::NewStream => self.intake.restart(limits),
            LoginProgress::SameStream => self.intake.widen(limits),
            LoginProgress::Underway | LoginProgress::Failed => {}
        }
        Ok(())
    }

    /// The link failed or somebody else ended the session.
    fn ended_from_outside(&self) -> Ending {
        match self.stream.session().and_then(|session| session.take_end()) {
            Some(error) => Ending::Refused(error),
            None => Ending::Lost("the connection broke or its peer stopped reading"),
        }
    }

    /// Tells everyone concerned, says goodbye and closes.
    async fn leave(self, ending: Ending) {
        let door = Rc::clone(self.stream.door());
        let link = Rc::clone(self.stream.link());
        if let Some(session) = self.stream.session() {
            door.context.router.unbind(session);
            let end = match &ending {
                Ending::Goodbye => SessionEnd::Goodbye,
                Ending::Cut => SessionEnd::Cut,
                Ending::Lost(_) | Ending::Garbled | Ending::Distrusted => SessionEnd::Lost,
                Ending::Refused(error) => SessionEnd::Refused(error),
            };
            door.services.session(&door.context, session, SessionEvent::Ended(end));
        }
        self.stream.log(&ending);
        self.note_breakage(&ending);
        match &ending {
            Ending::Lost(_) | Ending::Cut | Ending::Garbled | Ending::Distrusted => {
                return link.fail();
            }
            Ending::Goodbye => self.stream.close(None),
            Ending::Refused(error) => self.stream.close(Some(error)),
        }
        link.finish(FAREWELL).await;
    }
}

impl Stream {
    /// Sends the end of our side of the stream, with the reason if there is one; a stream that was
    /// never opened is opened for it (RFC 6120 section 4.9.1.2).
    fn close(&self, error: Option<&StreamError>) {
        if !self.has_answered() {
            self.open();
        }
        if let Some(error) = error {
            let mut out = Vec::new();
            writer::stream_error(&mut out, error);
            self.send(&out);
        }
        let _ = self.link().send_close();
    }
}
