//! Who hears of a board at one door, and the fan-out to them: the hot path.
//!
//! A change is written once; each watcher costs a look at its watch and one append to its connection's buffer. A watcher
//! that is not up to date (it has just come, or does not read fast enough) is brought there by the catch-up at its own
//! pace, a chunk at a time, so that nobody else waits for it.

mod confirmations;
mod subscription;

use std::cell::RefCell;
use std::rc::Rc;

use lampfield_board::{BoardName, Change, Kind};
use tokio::sync::Notify;

pub use confirmations::{SentUpTo, Surveyed};

use self::subscription::{Look, Subscription};

use super::door::DoorKit;
use super::peer::Peer;
use super::written::{Shows, Writer, Written};
use crate::{ConnId, Hub, Observer, Profile, Reader, Room, Verdict};

/// Changes appended to one connection before another gets its turn.
const CHUNK: usize = 32;

/// One watching connection, as its door reaches it.
pub trait Watcher {
    /// Whether one more message can be sent to it now. Whoever says that there is no room must wake the catch-up
    /// when there is some again.
    fn room(&self) -> Room;

    /// Sends what [`Writer`] has written.
    fn send(&self, written: &[u8]);

    /// Whether all that was sent is out of this process's hands.
    fn is_drained(&self) -> bool;

    /// One of its subscriptions is up to date, having been sent so many changes of other accounts for it. Called again whenever
    /// it has fallen behind since.
    fn brought_up(&self, _shows: Shows, _told: usize) {}
}

/// All that watch one board at one door: at most its connections times what each may watch.
pub struct Watchers<W> {
    kit: DoorKit,
    writer: Box<dyn Writer>,
    all: RefCell<Vec<Subscription<W>>>,
    written: RefCell<Written>,
    behind: Rc<Notify>,
}

/// What a subscription is for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Whether it is told each fact, or only what lamps show.
    pub shows: Shows,
    /// Of subjects of this kind.
    pub kind: Kind,
    /// Tells the peers of one account apart that keep what they heard; empty where there is one only.
    pub instance: &'a str,
    /// Whether this one keeps what it hears. It may differ from what was declared of the connection.
    pub profile: Profile,
}

/// What came of looking at one subscription.
enum CatchUpStep {
    End,
    Nothing,
    Sent,
    /// A subscription to facts of this kind has told all that it still had to.
    Over(ConnId, Kind),
}

// === impl Watchers ===

impl<W: Watcher> Watchers<W> {
    /// Nobody watches yet; `behind` is told when somebody has to be brought up to date.
    pub fn new(kit: DoorKit, writer: impl Writer + 'static, behind: Rc<Notify>) -> Self {
        let (all, written) = (RefCell::default(), RefCell::default());
        Self { kit, writer: Box::new(writer), all, written, behind }
    }

    /// Begins a subscription, one for each connection, kind and `shows`; again is the same as once. The catch-up brings
    /// it all that stands. Says whether it is new.
    pub fn subscribe(&self, peer: &Rc<Peer>, to: W, wanted: Wanted<'_>) -> bool {
        let Wanted { shows, kind, instance, profile } = wanted;
        if self.has(peer.id(), shows, kind) {
            return false;
        }
        let reader = Reader::new(peer.account().clone(), instance);
        let watch = self.kit.hub().change(|hub, _| hub.watch(reader, kind, profile));
        let (peer, sight, cache) = (Rc::clone(peer), peer.sight(), profile.cache);
        let one = Subscription {
            to,
            peer,
            shows,
            watch,
            cache,
            look: Look::of(shows, &sight),
            sight,
            saw: Vec::new(),
            is_ending: false,
            told: 0,
        };
        self.all.borrow_mut().push(one);
        self.behind.notify_one();
        true
    }

    /// Whether a connection has subscribed to this, and may go on.
    pub fn has(&self, conn: ConnId, shows: Shows, kind: Kind) -> bool {
        self.all.borrow().iter().any(|one| one.is(conn, shows, kind) && !one.is_ending)
    }

    /// A peer may have other rights: what it may hear now it is told, and the end of what it no longer may. What it kept
    /// of before, if it was away when its rights changed, it goes on showing.
    pub fn look_again(&self, peer: &Peer) {
        let sight = peer.sight();
        let of_peer = |one: &&mut Subscription<W>| one.peer.id() == peer.id();
        for one in self.all.borrow_mut().iter_mut().filter(of_peer) {
            if !one.is_ending && !one.sight.hears_as(&sight) {
                one.see(sight.clone());
            }
        }
        self.behind.notify_one();
    }

    /// A connection may no longer watch facts: it is told of the ends of all that it has heard, and then its subscriptions
    /// to facts are over.
    pub fn end_facts(&self, peer: &Peer) {
        let meant = |one: &&mut Subscription<W>| {
            one.peer.id() == peer.id() && one.shows == Shows::Facts && !one.is_ending
        };
        for one in self.all.borrow_mut().iter_mut().filter(meant) {
            let blind = one.sight.blind();
            one.see(blind);
            one.is_ending = true;
        }
        self.behind.notify_one();
    }

    /// Ends one subscription. Says whether there was one.
    pub fn unsubscribe(&self, conn: ConnId, shows: Shows, kind: Kind) -> bool {
        !self.end(|one| one.is(conn, shows, kind)).is_empty()
    }

    /// Ends all subscriptions of a connection, and gives back their kinds.
    pub fn unsubscribe_all(&self, conn: ConnId) -> Vec<Kind> {
        self.end(|one| one.peer.id() == conn)
    }

    fn end(&self, meant: impl Fn(&Subscription<W>) -> bool) -> Vec<Kind> {
        let ended: Vec<_> = self.all.borrow_mut().extract_if(.., |one| meant(one)).collect();
        // Places have changed under the catch-up: let it look again.
        self.behind.notify_one();
        let unwatch = |one: Subscription<W>| {
            let kind = one.watch.kind();
            self.kit.hub().change(|hub, _| hub.unwatch(one.watch));
            kind
        };
        ended.into_iter().map(unwatch).collect()
    }

    /// How many subscriptions there are.
    pub fn len(&self) -> usize {
        self.all.borrow().len()
    }

    /// Whether nobody has subscribed at this door and board.
    pub fn is_empty(&self) -> bool {
        self.all.borrow().is_empty()
    }

    /// Hands one change to everyone who is up to date.
    fn broadcast(&self, change: &Change) {
        let mut written = self.written.borrow_mut();
        written.begin();
        for one in self.all.borrow_mut().iter_mut() {
            // What is for later the catch-up brings; whoever had no room wakes it by making some.
            if one.watch.offer(change, one.to.room()) == Verdict::Later {
                continue;
            }
            match one.look {
                Look::Facts => one.to.send(written.facts.of_fact(&*self.writer, change)),
                Look::Lamps if change.lamp == change.lamp_was => {}
                Look::Lamps => one.to.send(written.lamps.of_lamp(&*self.writer, change)),
                Look::Otherwise if one.shows == Shows::Lamps && change.lamp == change.lamp_was => {}
                Look::Otherwise => one.tell_otherwise(&mut written, &*self.writer, change),
            }
        }
    }

    /// Sends one chunk to everyone who is behind and has room. Says whether there was anybody.
    pub async fn catch_up(&self) -> bool {
        let mut moved = false;
        for index in 0.. {
            match self.kit.hub().read(|hub, _| self.advance(index, hub)) {
                CatchUpStep::End => break,
                CatchUpStep::Nothing => {}
                CatchUpStep::Over(conn, kind) => {
                    self.end(|one| one.is(conn, Shows::Facts, kind) && one.is_ending);
                    moved = true;
                }
                CatchUpStep::Sent => {
                    moved = true;
                    tokio::task::yield_now().await;
                }
            }
        }
        moved
    }

    /// Sends one chunk to the subscription at `index` if it is behind and has room.
    fn advance(&self, index: usize, hub: &Hub) -> CatchUpStep {
        let mut all = self.all.borrow_mut();
        let Some(one) = all.get_mut(index) else { return CatchUpStep::End };
        if one.watch.is_live() || one.to.room() == Room::Full {
            return CatchUpStep::Nothing;
        }
        let changes = one.watch.next(hub, CHUNK);
        let mut written = self.written.borrow_mut();
        // Several facts of one subject stand together; the lamp is said once.
        let is_last = |index: usize| {
            let next: Option<&Change> = changes.get(index + 1);
            next.is_none_or(|next| Some(&next.subject) != changes.get(index).map(|c| &c.subject))
        };
        for (index, change) in changes.iter().enumerate() {
            if one.shows == Shows::Facts || is_last(index) {
                written.begin();
                one.tell_otherwise(&mut written, &*self.writer, change);
                one.told += usize::from(change.origin.account != *one.peer.account());
            }
        }
        if one.watch.is_live() {
            one.to.brought_up(one.shows, std::mem::take(&mut one.told));
            one.saw.clear();
            one.look = Look::of(one.shows, &one.sight);
            if one.is_ending {
                return CatchUpStep::Over(one.peer.id(), one.watch.kind());
            }
        }
        CatchUpStep::Sent
    }
}

impl<W: Watcher> Observer for Watchers<W> {
    fn changed(&self, _board: &BoardName, change: &Change) {
        self.broadcast(change);
    }
}

impl<W> std::fmt::Debug for Watchers<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watchers").field("count", &self.all.borrow().len()).finish()
    }
}
