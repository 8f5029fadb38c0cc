//! Who hears of a board at one door, and the fan-out to them: the hot path.
//!
//! A change is written once; each watcher costs a look at its watch and one append to its connection's buffer. A watcher
//! that is not up to date (it has just come, or does not read fast enough) is brought there by the catch-up at its own
//! pace, a chunk at a time, so that nobody else waits for it.

use std::cell::RefCell;
use std::rc::Rc;

use lampfield_board::{BoardName, Change, Kind, Revision};
use smallvec::SmallVec;
use tokio::sync::Notify;

use super::door::DoorKit;
use super::peer::Peer;
use super::sight::Sight;
use super::written::{self, Shows, Writer, Written};
use crate::{ConnId, Hub, Observer, PeerCache, Profile, Reader, Room, Verdict, Watch};

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

    /// One of its subscriptions is up to date, having been sent so many changes for it. Called again whenever
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

/// One subscription of one connection.
struct Subscription<W> {
    to: W,
    peer: Rc<Peer>,
    shows: Shows,
    watch: Watch,
    cache: PeerCache,
    sight: Sight,
    /// What it could see before its rights changed, until it has been told of the ends of all that it no longer sees: one
    /// for each change since it was up to date.
    saw: Vec<Sight>,
    /// It ends as soon as it has been told of those ends.
    is_ending: bool,
    /// Changes that the catch-up has sent it since it was up to date last.
    told: usize,
    look: Look,
}

/// Which form of a change a subscription is told: one byte to look at for each of thousands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    /// Facts of the whole board, under its own names.
    Facts,
    /// Lamps of the whole board, under its own names.
    Lamps,
    /// Only what its sight shows: fewer subjects, or other names.
    Otherwise,
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

/// Up to where a peer has been sent each kind.
pub type Reached = SmallVec<[(Kind, Revision); 2]>;

/// A connection with watches of facts, as one look finds it.
pub struct Surveyed<T> {
    /// The connection that the watches belong to.
    pub conn: ConnId,
    /// What the look took of it.
    pub taken: T,
    /// Up to where its watches were sent everything, for each kind.
    pub reached: Reached,
    /// Whether something that has ended waits for its proof that it has read it.
    pub must_confirm: bool,
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
        let watch = self.kit.hub().act(|hub, _| hub.watch(reader, kind, profile));
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
            self.kit.hub().act(|hub, _| hub.unwatch(one.watch));
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
                one.told += 1;
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

    /// Looks at every connection that watches facts: `take` picks what the door needs of it.
    pub fn survey<T>(&self, take: impl Fn(&W) -> T) -> Vec<Surveyed<T>> {
        let mut found: Vec<Surveyed<T>> = Vec::new();
        self.kit.hub().read(|hub, _| {
            for one in self.all.borrow().iter().filter(|one| one.shows == Shows::Facts) {
                let (conn, must_confirm) = (one.peer.id(), hub.awaits(&one.watch));
                let stands = (one.watch.kind(), one.watch.reached());
                match found.iter_mut().find(|surveyed| surveyed.conn == conn) {
                    Some(surveyed) => {
                        surveyed.reached.push(stands);
                        surveyed.must_confirm |= must_confirm;
                    }
                    None => {
                        let (taken, reached) = (take(&one.to), smallvec::smallvec![stands]);
                        found.push(Surveyed { conn, taken, reached, must_confirm });
                    }
                }
            }
        });
        found
    }

    /// A connection has proved that it has read all that it had been sent when its watches stood there.
    pub fn confirm(&self, conn: ConnId, reached: &Reached) {
        for one in self.all.borrow().iter() {
            let stood = reached.iter().find(|(kind, _)| *kind == one.watch.kind());
            if let (true, Shows::Facts, Some((_, reached))) =
                (one.peer.id() == conn, one.shows, stood)
            {
                self.confirm_watch(&one.watch, *reached);
            }
        }
    }

    /// For peers that keep nothing, what has left this process counts as read.
    pub fn confirm_drained(&self) {
        for one in self.all.borrow().iter() {
            if one.cache == PeerCache::Forgotten && one.to.is_drained() {
                self.confirm_watch(&one.watch, one.watch.reached());
            }
        }
    }

    /// Tells the hub how far a peer has read. It forgets withdrawals at the most and so tells no door of a change,
    /// which is why the subscriptions may be borrowed meanwhile.
    fn confirm_watch(&self, watch: &Watch, received: Revision) {
        self.kit.hub().act(|hub, _| hub.confirm(watch, received));
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

// === impl Look ===

impl Look {
    fn of(shows: Shows, sight: &Sight) -> Self {
        match (sight.is_whole(), shows) {
            (false, _) => Self::Otherwise,
            (true, Shows::Facts) => Self::Facts,
            (true, Shows::Lamps) => Self::Lamps,
        }
    }
}

// === impl Subscription ===

impl<W: Watcher> Subscription<W> {
    /// From now on it sees this.
    fn see(&mut self, sight: Sight) {
        self.saw.push(std::mem::replace(&mut self.sight, sight));
        self.look = Look::Otherwise;
        self.watch.begin_again();
    }

    fn is(&self, conn: ConnId, shows: Shows, kind: Kind) -> bool {
        self.peer.id() == conn && self.shows == shows && self.watch.kind() == kind
    }

    /// Tells a change to a subscriber that sees it differently from most. Apart from [`Watchers::broadcast`], which
    /// stays smaller without it.
    #[inline(never)]
    fn tell_otherwise(&self, written: &mut Written, writer: &dyn Writer, change: &Change) {
        if let Some(bytes) = written.of(writer, change, self.shows, &self.sight) {
            self.to.send(bytes);
            return;
        }
        let mut ends = self.saw.iter().map(|saw| written::end(writer, change, self.shows, saw));
        if let Some(bytes) = ends.find_map(|end| end) {
            self.to.send(&bytes);
        }
    }
}
