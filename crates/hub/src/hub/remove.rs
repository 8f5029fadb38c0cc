//! An account is gone for good. Whichever way it went, here the hub lets go of it: it is the only
//! way in which a mailbox or a kept device ends while nobody says anything else about it.

use std::collections::BTreeSet;

use lampfield_board::AccountName;

use super::Hub;
use crate::{
    now::Now,
    sweep::{Cause, Sweep},
};

impl Hub {
    /// An account is no more. What it said ends at once, mailboxes and kept devices included; its
    /// connections speak for nobody any longer, nobody waits for its servers, and nothing that
    /// was known of it counts for an account that is added under the same name later. What has
    /// ended is told to all others as ever, and the history keeps it. As a tick, this does a
    /// bounded piece of work; what is left falls due at once.
    pub fn remove_account(&mut self, account: &AccountName, now: Now) {
        for conn in self.connections.of(account) {
            if let Some(connection) = self.connections.remove(conn) {
                self.detach_all(conn, &connection, now);
            }
        }
        for id in self.origins.of_account(account) {
            self.origins.update(id, |speaker| {
                let (deadline, below) = (now.mono, speaker.next_epoch());
                speaker.sweeps.end(Sweep { deadline, below, cause: Cause::Removed });
            });
        }
        self.readers.forget(account);
        self.persist_readers(account);
        self.backoffs.forget(account);
        self.check_backoff(account);
        self.forget_departed(account);
        for key in self.refusals.forget(account) {
            self.outbox.clear(&key);
        }
        self.tick(now);
    }

    /// Every account of which something is held, or for which something waits.
    #[must_use]
    pub fn accounts(&self) -> BTreeSet<AccountName> {
        self.origins.accounts().chain(self.readers.accounts()).cloned().collect()
    }
}
