//! How each door is, for people: what `status` shows of it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};

use lampfield_board::{BoardName, Protocol};
use tokio::time::Instant;

/// Whether a door works, for `status`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DoorState {
    /// It lets its peers in, or is connected to its peer.
    Serving,
    /// It is not connected to its peer and tries again.
    Connecting {
        /// What was wrong the last time; none at the first try.
        error: Option<String>,
        /// When it tries again, on the monotonic clock.
        next: Instant,
    },
    /// It does not work and will not try again by itself.
    Failed {
        /// Why it does not work, and what the operator can do.
        error: String,
    },
}

/// What `status` shows of one door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoorReport {
    /// The protocol that the door speaks.
    pub protocol: Protocol,
    /// Its board; none for a door that serves several.
    pub board: Option<BoardName>,
    /// Where it listens or connects to, as people write it.
    pub place: String,
    /// Whether it works now, and if not, why.
    pub state: DoorState,
    /// Since when it is in this state.
    pub since: Instant,
    /// Peers that are connected by it now.
    pub peers: usize,
}

/// The reports of all doors, by their numbers.
#[derive(Debug, Default)]
pub(crate) struct Doors {
    next: u64,
    reports: BTreeMap<u64, DoorReport>,
}

/// A door's own line among the reports, which goes with it.
#[derive(Debug)]
pub struct DoorHealth {
    doors: Weak<RefCell<Doors>>,
    number: u64,
}

// === impl Doors ===

impl Doors {
    pub fn reports(&self) -> Vec<DoorReport> {
        self.reports.values().cloned().collect()
    }
}

// === impl DoorHealth ===

impl DoorHealth {
    pub(crate) fn new(
        doors: &Rc<RefCell<Doors>>,
        protocol: Protocol,
        board: Option<BoardName>,
        place: String,
    ) -> Self {
        let mut all = doors.borrow_mut();
        let number = all.next;
        all.next += 1;
        let (state, since) = (DoorState::Serving, Instant::now());
        all.reports.insert(number, DoorReport { protocol, board, place, state, since, peers: 0 });
        Self { doors: Rc::downgrade(doors), number }
    }

    /// Sets the state of the door, from now on.
    pub fn set(&self, state: DoorState) {
        self.change(|report| {
            if report.state != state {
                (report.state, report.since) = (state, Instant::now());
            }
        });
    }

    /// How many peers are connected by it now.
    pub fn set_peers(&self, peers: usize) {
        self.change(|report| report.peers = peers);
    }

    fn change(&self, change: impl FnOnce(&mut DoorReport)) {
        let Some(doors) = self.doors.upgrade() else { return };
        if let Some(report) = doors.borrow_mut().reports.get_mut(&self.number) {
            change(report);
        }
    }
}

impl Drop for DoorHealth {
    fn drop(&mut self) {
        if let Some(doors) = self.doors.upgrade() {
            doors.borrow_mut().reports.remove(&self.number);
        }
    }
}
