//! An account is gone for good. Whichever way it went, here the hub lets go of it: it is the only
//! way in which a mailbox or a kept device ends while nobody says anything else about it.

use std::collections::BTreeSet;

use lampfield_board::{AccountName, History};

use super::Hub;
use crate::{now::Now, sweep::Cause};

impl Hub {
    /// An account is no more. What it said ends, mailboxes and kept devices included; its
    /// connections speak for nobody any longer, nobody waits for its PBXs, and nothing that
    /// was known of it counts for an account that is added under the same name later. What has
    /// ended is told to all others as ever, and the history keeps it. Ends no fact itself, as
    /// many accounts may go in one turn: that falls due at once, and is done tick by tick.
    pub fn remove_account(&mut self, account: &AccountName, now: Now) {
        for conn in self.connections.of(account) {
            if let Some(connection) = self.connections.remove(conn) {
                self.detach_all(conn, &connection, now);
            }
        }
        for id in self.origins.of_account(account) {
            self.origins.update(id, |state| state.end(now.mono, Cause::Removed));
        }
        self.readers.forget(account);
        self.persist_readers(account);
        self.backoffs.forget(account);
        self.check_backoff(account);
        self.forget_departed(account);
        for key in self.refusals.forget(account) {
            self.outbox.clear(&key);
        }
        self.forgetting = true;
    }

    /// Nothing of what happened on this board up to now is to be told: its domain is gone.
    pub fn forget_history(&mut self, now: Now) {
        let masks = self.history.masks().clone();
        let limit = self.settings.limits.history_entries();
        self.history = History::new(limit, now.wall).masked(masks);
    }

    /// Every account of which something is held, or for which something waits.
    #[must_use]
    pub fn accounts(&self) -> BTreeSet<AccountName> {
        self.origins.accounts().chain(self.readers.accounts()).cloned().collect()
    }
}
