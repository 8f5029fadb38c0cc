//! The hub itself: its parts, and what can be read of it. What it does is in the files beside, one
//! for each thing that can happen.

mod arrive;
mod by_hand;
mod expire;
mod explain;
mod leave;
mod load;
mod moved;
mod publish;
mod remove;
mod restrict;
mod tick;
mod watch;
mod watching;
mod withdraw;

use std::time::Duration;

use lampfield_board::{AccountName, Board, BoardName, Change, Eid, History, OriginId};
use lampfield_fabric::Bucket;

pub use watch::{Room, Verdict, Watch};

use crate::{
    backoff::{Backoff, Backoffs},
    connections::Connections,
    deadlines::Deadlines,
    departed::Departed,
    effect::{Effect, Outbox},
    keys,
    notice::{Trouble, TroubleKey},
    now::Now,
    origins::Origins,
    readers::Readers,
    refusals::Refusals,
    report::Tally,
    restrictions::Restrictions,
    settings::Settings,
    tombstones::Tombstones,
};

/// How many old withdrawals or changes one call forgets at most: more than one tick makes, so that they cannot pile up.
const FORGOTTEN_AT_ONCE: usize = 1_024;

/// Accounts of one EID that a trouble names; it counts the others.
const NAMED: usize = 8;

/// Who holds what on one board of this node.
///
/// After each call that changes something, the caller carries out every [`Hub::next_effect`]
/// before it calls again.
pub struct Hub {
    name: BoardName,
    settings: Settings,
    board: Board,
    connections: Connections,
    origins: Origins,
    tombstones: Tombstones,
    /// There may be more withdrawals that [`Hub::tick`] is to forget.
    forgetting: bool,
    /// There is history beyond its limit that [`Hub::tick`] is to forget.
    history_left: bool,
    readers: Readers,
    backoffs: Backoffs,
    departed: Departed,
    deadlines: Deadlines,
    restrictions: Restrictions,
    history: History,
    tally: Tally,
    refusals: Refusals,
    outbox: Outbox,
}

// === impl Hub ===

impl Hub {
    /// The hub of a board, that knows nothing yet. What was stored goes in with [`Hub::load`] before anything
    /// else.
    #[must_use]
    pub fn new(name: BoardName, settings: Settings, now: Now) -> Self {
        let limits = &settings.limits;
        Self {
            name,
            history: History::new(limits.history_entries(), now.wall)
                .masked(settings.history.masks.clone()),
            board: Board::new(limits.of_board()),
            settings,
            connections: Connections::default(),
            origins: Origins::default(),
            tombstones: Tombstones::default(),
            forgetting: false,
            history_left: false,
            readers: Readers::default(),
            backoffs: Backoffs::default(),
            departed: Departed::default(),
            deadlines: Deadlines::default(),
            restrictions: Restrictions::default(),
            tally: Tally::default(),
            refusals: Refusals::default(),
            outbox: Outbox::default(),
        }
    }

    /// The next thing that the last calls want done.
    pub fn next_effect(&mut self) -> Option<Effect> {
        self.outbox.next()
    }

    /// When [`Hub::tick`] has something to do, on the monotonic clock.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Duration> {
        if self.forgetting || self.history_left || !self.restrictions.is_empty() {
            return Some(Duration::ZERO);
        }
        let sweep = self.origins.next_due().map(|(deadline, _)| deadline);
        let (calm, quiet) = (self.backoffs.next_calm(), self.refusals.next_look());
        let ends = [self.departed.next_end(), self.deadlines.next()];
        let others = [sweep, calm, quiet].into_iter().chain(ends);
        others.flatten().min()
    }

    /// The name of its board.
    #[must_use]
    pub fn name(&self) -> &BoardName {
        &self.name
    }

    /// The facts that are held, for reading only.
    #[must_use]
    pub fn board(&self) -> &Board {
        &self.board
    }

    /// The latest changes in memory: who said what, and when.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.history
    }

    /// The settings that are in force now.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Takes changed settings. They hold from the next event on: graces that run already end as
    /// they began, but the restart grace of who has not returned yet. What a policy kept beyond
    /// the lease and none keeps now has one grace more. What is held beyond a lower limit stays,
    /// except that the oldest tombstones and changes of the past are forgotten.
    pub fn set_settings(&mut self, settings: Settings, now: Now) {
        let old = std::mem::replace(&mut self.settings, settings);
        self.board.set_limits(self.settings.limits.of_board());
        self.history.set_limit(self.settings.limits.history_entries());
        self.trim_history();
        self.await_returns();
        if old.policies != self.settings.policies {
            self.doubt_all(now);
        }
        for key in self.refusals.forget_raised(&old.limits, &self.settings.limits) {
            self.outbox.clear(&key);
        }
        let accounts: Vec<_> = self.backoffs.accounts().cloned().collect();
        for account in accounts {
            self.check_backoff(&account);
        }
        self.trim_tombstones();
    }

    /// A fact was said or ended: it is remembered, and everybody is told.
    fn tell(&mut self, change: Change) {
        self.history.record(&change);
        self.outbox.changed(change);
    }

    /// Forgets what of the past is beyond the limit. A bounded piece of work, as that of
    /// [`Hub::trim_tombstones`].
    fn trim_history(&mut self) {
        self.history_left = self.history.trim(FORGOTTEN_AT_ONCE);
    }

    /// How long facts of an account outlive its connection, from now on.
    fn grace(&self, account: &AccountName) -> Duration {
        let back_within = self.backoffs.of(account).map(Backoff::back_within);
        self.settings.grace.after(back_within.unwrap_or_default())
    }

    /// Drops what is known of an origin if nothing of it is left, and looks again who uses its EID.
    fn settle(&mut self, id: OriginId) {
        let Some(state) = self.origins.get(id) else { return };
        let eid = state.name.eid();
        self.drop_idle(id);
        self.check_eid(eid);
    }

    /// Drops what is known of an origin if nothing of it is left. To look who uses its EID is left
    /// to the caller, who may have more to end.
    fn drop_idle(&mut self, id: OriginId) {
        let Some(state) = self.origins.get(id).filter(|state| state.idle()) else { return };
        self.outbox.delete(Bucket::Origins, keys::origin(&self.name, &state.name));
        self.origins.remove(id);
        self.board.forget_origin(id);
    }

    /// An account is back or gone for good: its dead origins are no trouble any longer.
    fn forget_departed(&mut self, account: &AccountName) {
        for origin in self.departed.take(account) {
            self.outbox.clear(&TroubleKey::OriginGone(origin));
        }
    }

    /// Raises or clears the trouble of an EID that several accounts use.
    fn check_eid(&mut self, eid: Eid) {
        let accounts = self.origins.accounts_of(eid);
        let others = accounts.len().saturating_sub(NAMED);
        if accounts.len() > 1 {
            let accounts = accounts.take(NAMED).cloned().collect();
            let remedy = self.origins.identity_remedy(eid);
            self.outbox.raise(Trouble::DuplicateEid { eid, accounts, others, remedy });
        } else {
            self.outbox.clear(&TroubleKey::DuplicateEid(eid));
        }
    }
}
