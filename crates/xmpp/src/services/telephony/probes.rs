//! Asks silent peers whether they still listen, by disco#info: the one question that Asterisk
//! answers (it never answers XEP-0199 pings). One that publishes is asked nothing before it pauses
//! ([`Link::is_quiet`](crate::wire::Link::is_quiet)): if it never does, what it would prove stays
//! to be proven, within the limit of remembered withdrawals.
//!
//! An answer proves that the peer has read everything sent before the question, so the watches of
//! that stream are confirmed up to where they were when it was asked, and withdrawals that nobody
//! needs any more can be forgotten. A peer whose TCP lives but that does not answer is reported.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use lampfield_hub::kit::{ConnId, SentUpTo};
use lampfield_xmpp_stream::Tag;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::Telephony;
use super::subscriber::Subscriber;
use crate::services::pubsub::codec::ns::DISCO_INFO;
use crate::session::Session;

/// How often streams are looked at, and so at the most how often one is asked.
const PAUSE: Duration = Duration::from_secs(1);
/// A stream that has said nothing for so long is asked whether it is there.
const SILENCE: Duration = Duration::from_secs(30);
/// A question without an answer for so long makes the peer count as stalled: 60 s in all.
const PATIENCE: Duration = Duration::from_secs(30);
/// How our questions are numbered: `lampfield-1` and so on.
const ID: &str = "lampfield-";

/// A question that is out.
#[derive(Debug)]
struct Probe {
    id: String,
    session: Rc<Session>,
    service: Rc<str>,
    asked: Instant,
    /// Where each watch of the stream stood when it was asked.
    reached: SentUpTo,
    reported: bool,
}

/// The questions that are out, at most one for each stream.
#[derive(Debug, Default)]
pub(super) struct Probes {
    out: RefCell<HashMap<ConnId, Probe>>,
    asked: Cell<u64>,
}

// === impl Probes ===

impl Probes {
    /// A stream has ended: its question needs no answer any more.
    pub(super) fn forget(&self, session: &Session) {
        self.out.borrow_mut().remove(&session.conn);
    }

    /// Streams whose TCP lives but that have not answered for a minute.
    pub(super) fn stalled(&self) -> Vec<String> {
        let out = self.out.borrow();
        let stalled = out.values().filter(|question| question.reported);
        stalled.map(|question| question.session.jid.to_string()).collect()
    }

    fn ask(&self, (session, service): (Rc<Session>, Rc<str>), reached: SentUpTo, now: Instant) {
        let number = self.asked.get() + 1;
        self.asked.set(number);
        let id = format!("{ID}{number}");
        let mut out = Vec::new();
        Tag::open(&mut out, "iq")
            .attr("type", "get")
            .attr("id", &id)
            .attr("from", &service)
            .attr("to", session.jid.as_str())
            .children(|out| Tag::open(out, "query").xmlns(DISCO_INFO).empty());
        session.send(&out);
        let conn = session.conn;
        let question = Probe { id, session, service, asked: now, reached, reported: false };
        self.out.borrow_mut().insert(conn, question);
    }

    /// Reports a question that nobody answers, once.
    fn check(&self, conn: ConnId, now: Instant) -> bool {
        let mut out = self.out.borrow_mut();
        let Some(question) = out.get_mut(&conn) else { return false };
        if !question.reported && now.duration_since(question.asked) >= PATIENCE {
            question.reported = true;
            tracing::warn!(
                jid = %question.session.jid,
                "stalled: its TCP connection is alive, but it has not answered a question of {} for {} s",
                question.service,
                PATIENCE.as_secs()
            );
        }
        true
    }
}

// === impl Telephony ===

impl Telephony {
    /// Looks at every watching stream, once a second, for ever.
    pub async fn probe(&self) {
        let mut ticks = interval(PAUSE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let now = ticks.tick().await;
            self.watchers.confirm_drained();
            let take = |to: &Subscriber| (Rc::clone(&to.session), Rc::clone(&to.service));
            for found in self.watchers.survey(take) {
                let waiting = self.probes.check(found.conn, now);
                let link = &found.taken.0.link;
                let is_due = link.silence() >= SILENCE || found.must_confirm && link.is_quiet();
                if !waiting && is_due {
                    self.probes.ask(found.taken, found.reached, now);
                }
            }
        }
    }

    /// An answer to one of our questions has come in: everything before it was read.
    pub fn answered(&self, session: &Session, id: &str) {
        let mut out = self.probes.out.borrow_mut();
        if out.get(&session.conn).is_none_or(|question| question.id != id) {
            return;
        }
        let Some(question) = out.remove(&session.conn) else { return };
        drop(out);
        if question.reported {
            tracing::info!(jid = %session.jid, "answers again");
        }
        self.watchers.confirm(session.conn, &question.reached);
    }
}
