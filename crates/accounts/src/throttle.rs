//! How many tries to log in are looked at, and whose. Address and account count together: many PBX
//! servers behind one address do not lock each other out, and a stranger elsewhere does not lock
//! out an account's owner. At the owner's own address guesses are slowed, not the account: a try
//! that comes too early waits for its turn (see [`line`]). Pure: the time is given.
//!
//! Our own, because the limiters of the libraries (governor) answer yes or no for a key: they keep
//! nobody in line, do not know a password that was wrong before, and forget no key by themselves.

mod line;
mod precedence;
mod recall;
mod table;

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::time::Duration;

use lampfield_xmpp_stream::BareJid;
use tokio::sync::oneshot;

use line::{Comer, Entered, Line};
use recall::Recall;
use table::Table;

use crate::network::Network;

pub(crate) use line::{Call, Looked, Try};
#[cfg(test)]
pub(crate) use recall::IN_VAIN;
pub(crate) use table::{Room, Spot};

/// All lines of this server.
#[derive(Debug)]
pub(crate) struct Throttle {
    /// Tries of one line that need not wait.
    free: usize,
    /// Accounts and passwords are known by keyed hashes: small, and nobody can choose two that
    /// share one.
    hasher: RandomState,
    table: Table,
    recall: Recall,
    next: u64,
}

/// What became of a try that came.
#[derive(Debug)]
pub(crate) enum Entry {
    /// It may be looked at now; [`Throttle::end`] must follow.
    Turn(Spot),
    /// Its password is known to be wrong.
    Wrong,
    /// It waits to be called.
    Waits(Place),
}

/// A place in a line. Whoever does not wait for the call any more must [`Throttle::leave`].
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) spot: Spot,
    pub(crate) call: oneshot::Receiver<Call>,
    number: u64,
}

// === impl Throttle ===

impl Throttle {
    pub(crate) fn new(room: Room, free: usize) -> Self {
        let (hasher, table) = (RandomState::new(), Table::new(room));
        Self { free, hasher, table, recall: Recall::default(), next: 0 }
    }

    /// A try with a password, of which `tag` and the account's salt are enough: with another salt
    /// it is another try, since the account's password has changed.
    pub(crate) fn password(&self, tag: &[u8; 32], salt: &[u8; 16]) -> Try {
        Try::Password(self.hasher.hash_one((tag, salt)))
    }

    /// Somebody at `peer` tries to log in.
    pub(crate) fn enter(
        &mut self,
        account: &BareJid,
        peer: IpAddr,
        what: Try,
        now: Duration,
    ) -> Entry {
        let (account, free) = (self.hasher.hash_one(account), self.free);
        let network = Network::from(peer);
        let past = self.recalled(what, network);
        let first = past.and_then(|password| self.recall.first(password, now));
        let (spot, line) = self.table.enter(network, account, now, || Line::new(free));
        self.next += 1;
        match line.enter(Comer { number: self.next, account, what, first }, now) {
            Entered::Turn => Entry::Turn(spot),
            Entered::Wrong => Entry::Wrong,
            Entered::Waits(call) => Entry::Waits(Place { spot, call, number: self.next }),
        }
    }

    /// Calls whose turn it is; gives back when the next turn comes, if there is anybody.
    pub(crate) fn serve(&mut self, spot: Spot, now: Duration) -> Option<Duration> {
        let line = self.table.at(spot)?;
        line.serve(now);
        Some(line.opens_at())
    }

    /// A turn is over.
    pub(crate) fn end(&mut self, spot: Spot, what: Try, looked: Looked, now: Duration) {
        // The right one is forgotten too: whoever waits beside it would know that his is another.
        if matches!(looked, Looked::Right | Looked::Wrong)
            && let Some(password) = self.recalled(what, spot.network())
        {
            self.recall.forget(password);
        }
        if let Some(line) = self.table.at(spot) {
            line.end(what, looked);
            line.serve(now);
        }
    }

    /// Waits no longer, called or not.
    pub(crate) fn leave(&mut self, place: &mut Place, what: Try, now: Duration) {
        match place.call.try_recv() {
            Ok(Call::Turn) => self.end(place.spot, what, Looked::Not, now),
            Ok(Call::Wrong) => {}
            Err(_) => {
                let line = self.table.at(place.spot);
                let first = line.and_then(|line| line.leave(place.number, now));
                if let (Some(first), Some(password)) =
                    (first, self.recalled(what, place.spot.network()))
                {
                    self.recall.note(password, first, now);
                }
            }
        }
    }

    /// What a password is recalled by, which holds for one network. It stands for its account, too.
    fn recalled(&self, what: Try, network: Network) -> Option<u64> {
        match what {
            Try::Password(password) => Some(self.hasher.hash_one((network, password))),
            Try::Proof => None,
        }
    }
}

#[cfg(test)]
mod tests;
