//! One subscription of one connection: how far it is, what its peer sees, and in which form it is told.

use std::rc::Rc;

use lampfield_board::{Change, Kind};

use super::super::peer::Peer;
use super::super::sight::Sight;
use super::super::written::{self, Shows, Writer, Written};
use super::Watcher;
use crate::{ConnId, PeerCache, Watch};

/// One subscription of one connection.
pub(super) struct Subscription<W> {
    pub to: W,
    pub peer: Rc<Peer>,
    pub shows: Shows,
    pub watch: Watch,
    pub cache: PeerCache,
    pub sight: Sight,
    /// What it could see before its rights changed, until it has been told of the ends of all that it no longer sees: one
    /// for each change since it was up to date.
    pub saw: Vec<Sight>,
    /// It ends as soon as it has been told of those ends.
    pub is_ending: bool,
    /// Changes of other accounts that the catch-up has sent it since it was up to date last.
    pub told: usize,
    pub look: Look,
}

/// Which form of a change a subscription is told: one byte to look at for each of thousands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// Facts of the whole board, under its own names.
    Facts,
    /// Lamps of the whole board, under its own names.
    Lamps,
    /// Only what its sight shows: fewer subjects, or other names.
    Otherwise,
}

// === impl Look ===

impl Look {
    pub fn of(shows: Shows, sight: &Sight) -> Self {
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
    pub fn see(&mut self, sight: Sight) {
        self.saw.push(std::mem::replace(&mut self.sight, sight));
        self.look = Look::Otherwise;
        self.watch.begin_again();
    }

    pub fn is(&self, conn: ConnId, shows: Shows, kind: Kind) -> bool {
        self.peer.id() == conn && self.shows == shows && self.watch.kind() == kind
    }

    /// Tells a change to a subscriber that sees it differently from most. Apart from the broadcast, which
    /// stays smaller without it.
    #[inline(never)]
    pub fn tell_otherwise(&self, written: &mut Written, writer: &dyn Writer, change: &Change) {
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
