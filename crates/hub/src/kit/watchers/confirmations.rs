//! How far peers have certainly read, so that the hub forgets the withdrawals that everybody knows.

use lampfield_board::{Kind, Revision};
use smallvec::SmallVec;

use super::super::written::Shows;
use super::{Watcher, Watchers};
use crate::{ConnId, PeerCache, Watch};

/// Up to where a peer has been sent each kind.
pub type SentUpTo = SmallVec<[(Kind, Revision); 2]>;

/// A connection with watches of facts, as one look finds it.
pub struct Surveyed<T> {
    /// The connection that the watches belong to.
    pub conn: ConnId,
    /// What the look took of it.
    pub taken: T,
    /// Up to where its watches were sent everything, for each kind.
    pub reached: SentUpTo,
    /// Whether something that has ended waits for its proof that it has read it.
    pub must_confirm: bool,
}

impl<W: Watcher> Watchers<W> {
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
    pub fn confirm(&self, conn: ConnId, reached: &SentUpTo) {
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
        self.kit.hub().change(|hub, _| hub.confirm(watch, received));
    }
}
