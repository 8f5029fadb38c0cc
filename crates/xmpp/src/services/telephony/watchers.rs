//! Who hears about facts, and the fan-out to them: the hot path.
//!
//! A change is rendered once; each subscriber costs a look at its watch and one append to its
//! connection's buffer. A subscriber that is not up to date (it has just come, or does not read
//! fast enough) is brought there by the catch-up task at its own pace, a chunk at a time, so that
//! nobody else waits for it.

use std::cell::RefCell;
use std::rc::Rc;

use lampfield_board::{Change, Kind};
use lampfield_hub::{Hub, HubShell, Room, Verdict, Watch};
use tokio::sync::Notify;

use super::nodes::TelephonyNode;
use super::{aggregate, payload};
use crate::services::pubsub::codec::head;
use crate::session::Session;
use crate::wire::Link;

/// Changes appended to one connection before another gets its turn.
const CHUNK: usize = 32;

/// What a subscriber wants to see of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Each fact under its EID: for servers.
    Facts,
    /// The lamp: for people's clients.
    Lamps,
}

// === impl View ===

impl View {
    /// What subscribers of a node see.
    pub fn of(node: TelephonyNode) -> Self {
        match node {
            TelephonyNode::Facts(_) => Self::Facts,
            TelephonyNode::Lamps(_) => Self::Lamps,
        }
    }
}

/// One subscription of one stream.
#[derive(Debug)]
struct Subscriber {
    session: Rc<Session>,
    /// Where the notifications come from: `pubsub.<domain>`.
    service: Rc<str>,
    view: View,
    watch: Watch,
    /// The beginning of each notification, up to the end of its addresses.
    head: Box<[u8]>,
}

/// All subscriptions to telephony nodes, bounded by the connections times the nodes.
#[derive(Debug, Default)]
pub struct Watchers {
    all: RefCell<Vec<Subscriber>>,
    /// The rendering of the present change, reused.
    rendered: RefCell<Vec<u8>>,
    behind: Rc<Notify>,
}

// === impl Watchers ===

impl Watchers {
    /// No subscriptions yet; `behind` is told when somebody has to be brought up to date.
    pub fn new(behind: Rc<Notify>) -> Self {
        Self { behind, ..Self::default() }
    }

    /// Adds a subscription; the catch-up task brings it the snapshot. One per stream and node.
    pub fn add(&self, session: &Rc<Session>, service: &Rc<str>, view: View, watch: Watch) {
        self.all.borrow_mut().push(Subscriber {
            session: Rc::clone(session),
            service: Rc::clone(service),
            view,
            watch,
            head: head(service, session.jid.as_str()),
        });
        self.behind.notify_one();
    }

    /// Whether this stream has subscribed to this.
    pub fn has(&self, session: &Session, view: View, kind: Kind) -> bool {
        self.all.borrow().iter().any(|subscriber| subscriber.is(session, view, kind))
    }

    /// Ends one subscription of a stream; gives back its watch.
    pub fn remove(&self, session: &Session, view: View, kind: Kind) -> Option<Watch> {
        let mut all = self.all.borrow_mut();
        let index = all.iter().position(|subscriber| subscriber.is(session, view, kind))?;
        // Places have changed under the catch-up task: let it look again.
        self.behind.notify_one();
        Some(all.swap_remove(index).watch)
    }

    /// Ends all subscriptions of a stream; gives back their watches.
    pub fn remove_all(&self, session: &Session) -> Vec<Watch> {
        let mut all = self.all.borrow_mut();
        self.behind.notify_one();
        let gone = all.extract_if(.., |subscriber| subscriber.session.conn == session.conn);
        gone.map(|subscriber| subscriber.watch).collect()
    }

    /// How many subscriptions there are.
    pub fn len(&self) -> usize {
        self.all.borrow().len()
    }

    /// Calls `look` with each watch of a stream.
    pub fn each_of(&self, session: &Session, mut look: impl FnMut(View, &Watch)) {
        let all = self.all.borrow();
        for subscriber in all.iter().filter(|s| s.session.conn == session.conn) {
            look(subscriber.view, &subscriber.watch);
        }
    }

    /// Calls `look` with each watch and where its notifications come from.
    pub fn each(&self, mut look: impl FnMut(&Rc<Session>, &Rc<str>, View, &Watch)) {
        for Subscriber { session, service, view, watch, .. } in self.all.borrow().iter() {
            look(session, service, *view, watch);
        }
    }

    /// Hands one change to everyone who is up to date.
    pub fn broadcast(&self, change: &Change) {
        let mut facts = self.rendered.borrow_mut();
        facts.clear();
        let mut lamp = Vec::new();
        for subscriber in self.all.borrow_mut().iter_mut() {
            match subscriber.watch.offer(change, room(&subscriber.session.link)) {
                // The catch-up task will bring it; whoever had no room wakes it by making some.
                Verdict::Later => {}
                Verdict::Send => match subscriber.view {
                    View::Facts => {
                        if facts.is_empty() {
                            payload::write_event(&mut facts, change);
                        }
                        subscriber.send(&facts);
                    }
                    View::Lamps if change.lamp == change.lamp_was => {}
                    View::Lamps => {
                        if lamp.is_empty() {
                            aggregate::write_event(
                                &mut lamp,
                                &change.subject,
                                change.lamp.as_ref(),
                            );
                        }
                        subscriber.send(&lamp);
                    }
                },
            }
        }
    }

    /// Sends one chunk to everyone who is behind and has room. Says whether there was anybody.
    pub async fn catch_up(&self, hub: &HubShell) -> bool {
        let mut moved = false;
        for index in 0.. {
            match hub.read(|hub, _| self.advance(index, hub)) {
                CatchUpStep::End => break,
                CatchUpStep::Nothing => {}
                CatchUpStep::Sent => {
                    moved = true;
                    tokio::task::yield_now().await;
                }
            }
        }
        moved
    }

    /// Sends one chunk to the subscriber at `index` if it is behind and has room.
    fn advance(&self, index: usize, hub: &Hub) -> CatchUpStep {
        let mut all = self.all.borrow_mut();
        let Some(subscriber) = all.get_mut(index) else { return CatchUpStep::End };
        if subscriber.watch.is_live() || subscriber.session.link.is_crowded() {
            return CatchUpStep::Nothing;
        }
        let changes = subscriber.watch.next(hub, CHUNK);
        let mut rendered = self.rendered.borrow_mut();
        match subscriber.view {
            View::Facts => {
                for change in &changes {
                    rendered.clear();
                    payload::write_event(&mut rendered, change);
                    subscriber.send(&rendered);
                }
            }
            View::Lamps => {
                // Several facts of one subject stand together; the lamp is said once.
                for of_one in changes.chunk_by(|a, b| a.subject == b.subject) {
                    let Some(change) = of_one.last() else { continue };
                    rendered.clear();
                    aggregate::write_event(&mut rendered, &change.subject, change.lamp.as_ref());
                    subscriber.send(&rendered);
                }
            }
        }
        CatchUpStep::Sent
    }
}

/// What came of looking at one subscriber.
enum CatchUpStep {
    End,
    Nothing,
    Sent,
}

// === impl Subscriber ===

impl Subscriber {
    fn is(&self, session: &Session, view: View, kind: Kind) -> bool {
        self.session.conn == session.conn && self.view == view && self.watch.kind() == kind
    }

    fn send(&self, tail: &[u8]) {
        // A full buffer ends the connection; the link says so itself.
        let _ = self.session.link.send_parts(&self.head, tail);
    }
}

fn room(link: &Link) -> Room {
    if link.is_crowded() { Room::Full } else { Room::Free }
}
