//! Somebody goes: with a goodbye, without a word, or replaced by itself.

use std::time::Duration;

use lampfield_board::OriginId;

use super::Hub;
use crate::{
    backoff::Backoff,
    connections::{ConnId, Connection},
    notice::Happening,
    now::Now,
    sweep::{Cause, Sweep},
};

impl Hub {
    /// A connection has ended without a goodbye: end of file, reset, time-out. Origins that nobody
    /// else speaks for end after the grace, unless they come back.
    pub fn lost(&mut self, conn: ConnId, now: Now) {
        self.lose(conn, now, |backoff| backoff.dropped(now.mono));
    }

    /// As [`Hub::lost`], of a connection whose line is cut without a word: its peer does not know yet.
    pub fn cut_off(&mut self, conn: ConnId, now: Now) {
        self.lose(conn, now, |backoff| backoff.cut_off(now.mono));
    }

    fn lose(&mut self, conn: ConnId, now: Now, drop: impl FnOnce(&mut Backoff)) {
        let Some(connection) = self.connections.remove(conn) else { return };
        self.count_drop(&connection, drop);
        for id in self.detach_all(conn, &connection, now) {
            self.away(id, Cause::Lost, now);
        }
    }

    /// A connection has ended with a goodbye. Origins that nobody else speaks for end at once, as far
    /// as one tick goes.
    pub fn goodbye(&mut self, conn: ConnId, now: Now) {
        let Some(connection) = self.connections.remove(conn) else { return };
        for id in self.detach_all(conn, &connection, now) {
            self.origins.update(id, |state| state.end(now.mono, Cause::Goodbye));
        }
        self.tick(now);
    }

    /// The same full JID has logged in again on `new`: the peer had lost `old` and nobody had
    /// noticed. No lamp shows it. It counts as the arrival of `new`, and what is not repeated
    /// within the grace ends.
    pub fn replaced(&mut self, old: ConnId, new: ConnId, now: Now) {
        let Some(connection) = self.connections.remove(old) else { return };
        self.connections.add(new, &connection.account, connection.profile);
        let heard = self.heard(&connection);
        self.count_drop(&connection, |backoff| backoff.replaced(heard, now.mono));
        for id in self.detach_all(old, &connection, now) {
            self.away(id, Cause::Replaced, now);
        }
    }

    /// When a connection has said something last, as far as its origins can tell: not what several
    /// connections speak for.
    fn heard(&self, connection: &Connection) -> Option<Duration> {
        let states = connection.speaks_for.iter().filter_map(|(_, id)| self.origins.get(*id));
        let alone = states.filter(|state| state.connections().len() == 1);
        alone.filter_map(|state| state.last_word).map(|word| word.mono).max()
    }

    /// Counts a drop of somebody whose facts wait for the return. Who has never spoken is a person's
    /// client, which comes and goes as it likes.
    fn count_drop(&mut self, connection: &Connection, drop: impl FnOnce(&mut Backoff)) {
        let account = &connection.account;
        let Some(waits) = connection.profile.waits else { return };
        if !connection.speaks_for.is_empty() || self.backoffs.knows(account) {
            self.backoffs.update(account, waits, drop);
            self.check_backoff(account);
        }
    }

    /// Takes a connection from all its origins, and gives back those that nobody speaks for now.
    /// At the others, what is held up by nobody who still speaks must be repeated within the grace.
    pub(super) fn detach_all(
        &mut self,
        conn: ConnId,
        connection: &Connection,
        now: Now,
    ) -> Vec<OriginId> {
        let deadline = now.mono + self.grace(&connection.account);
        let mut unattended = Vec::new();
        for (_, id) in &connection.speaks_for {
            self.origins.update(*id, |state| {
                if let Some(below) = state.detach(conn) {
                    state.sweeps.prove(Sweep { deadline, below, cause: Cause::TakenOver });
                }
                if !state.attached() {
                    state.away_since = Some(now);
                    unattended.push(*id);
                }
            });
        }
        unattended
    }

    /// Other policies hold: what outlived its lease by the old ones has one grace from now on. The
    /// sweeps find out which facts that are, a bounded piece at a time.
    pub(super) fn doubt_all(&mut self, now: Now) {
        let origins = self.origins.iter();
        let graces: Vec<_> =
            origins.map(|(id, state)| (id, self.grace(&state.name.account))).collect();
        for (id, grace) in graces {
            self.origins.update(id, |state| state.doubt(now.mono + grace));
        }
    }

    /// Starts the grace of an origin that nobody speaks for.
    fn away(&mut self, id: OriginId, cause: Cause, now: Now) {
        let Some(origin) = self.origins.get(id).map(|state| state.name.clone()) else { return };
        let grace = self.grace(&origin.account);
        let facts = self.origins.update(id, |state| {
            let below = state.next_epoch();
            state.sweeps.away(Sweep { deadline: now.mono + grace, below, cause });
            state.facts
        });
        if cause == Cause::Lost {
            let facts = facts.unwrap_or_default();
            self.outbox.happened(Happening::Lost { origin, facts, grace });
        }
    }
}
