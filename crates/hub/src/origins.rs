//! Who has spoken: for each origin the connections that speak for it, its epoch and the sweeps
//! that wait for it. Holds no facts (the board does) and ends none.

use std::{
    collections::{BTreeSet, HashMap, hash_map::Entry},
    sync::Arc,
    time::Duration,
};

use lampfield_board::{AccountName, Eid, Origin, OriginId, Version};
use smallvec::SmallVec;

use crate::{
    connections::ConnId,
    now::Now,
    profile::Profile,
    stored::OriginRow,
    sweep::{Cause, Sweep, Sweeps},
};

type Ids = SmallVec<[OriginId; 1]>;

/// The origins that share one EID, of different accounts.
#[derive(Debug, Default)]
struct Namesakes {
    all: BTreeSet<OriginId>,
    /// The accounts of those that are present and let nobody else speak as it.
    present: BTreeSet<AccountName>,
}

/// What the hub knows of one origin besides its facts.
#[derive(Debug)]
pub struct OriginState {
    pub name: Arc<Origin>,
    /// The connections that speak for it, each with the epoch that began when it did.
    connections: SmallVec<[(ConnId, u32); 1]>,
    /// The version of the last thing that was said.
    pub version: Version,
    /// Live facts on the board.
    pub facts: usize,
    /// Remembered withdrawals on the board.
    pub tombstones: usize,
    pub sweeps: Sweeps,
    /// Since when no connection speaks for it; none while one does.
    pub away_since: Option<Now>,
    /// When it said something last, repeats included.
    pub last_word: Option<Now>,
    /// What its newest connection's door says of it; none since the start.
    profile: Option<Profile>,
    /// Whether others may speak as its identity, as was declared before the start; none if nothing was.
    shared_before: Option<bool>,
    /// While somebody speaks for it: what was said before this epoch must have been repeated, and why.
    held_from: (u32, Cause),
    /// Whether an operator speaks by it: what it says needs no connection.
    by_hand: bool,
    /// Whether its absence is over and done with: what it has left is kept, and nobody waits for it.
    gone: bool,
}

/// All origins, with the ways to find them.
#[derive(Debug, Default)]
pub struct Origins {
    by_id: HashMap<OriginId, OriginState>,
    by_account: HashMap<AccountName, Ids>,
    by_eid: HashMap<Eid, Namesakes>,
    deadlines: BTreeSet<(Duration, OriginId)>,
    /// The highest epoch of an origin that was forgotten: one that comes back after that must not
    /// seem older than it was.
    forgotten_epoch: u32,
}

// === impl OriginState ===

impl OriginState {
    fn new(name: Arc<Origin>, epoch: u32) -> Self {
        Self {
            name,
            connections: SmallVec::new(),
            version: Version::new(epoch, 0),
            facts: 0,
            tombstones: 0,
            sweeps: Sweeps::default(),
            away_since: None,
            last_word: None,
            profile: None,
            shared_before: None,
            held_from: (0, Cause::Returned),
            by_hand: false,
            gone: false,
        }
    }

    /// A connection begins to speak for it: a new epoch.
    pub fn attach(&mut self, conn: ConnId, profile: Profile) {
        self.profile = Some(profile);
        self.version = Version::new(self.next_epoch(), 0);
        if !self.attached() && profile.repeats {
            self.held_from = (self.version.epoch, Cause::Returned);
        }
        self.connections.push((conn, self.version.epoch));
        (self.away_since, self.gone) = (None, false);
    }

    /// It speaks by hand from now on, in a new epoch where one is to begin. Says whether it did so already.
    pub fn stand_by_hand(&mut self, anew: bool) -> bool {
        let did = std::mem::replace(&mut self.by_hand, true);
        if anew || !did {
            self.version = Version::new(self.next_epoch(), 0);
            self.away_since = None;
            self.sweeps.believed();
        }
        did
    }

    /// Whether an operator speaks by it, so that nothing of it ends for want of a connection.
    pub fn is_by_hand(&self) -> bool {
        self.by_hand
    }

    /// What its stored row says of it.
    pub fn restore(&mut self, row: &OriginRow) {
        (self.by_hand, self.shared_before) = (row.by_hand, row.shares_identity);
        self.gone = row.gone;
    }

    /// Nothing is waited for any longer. Says whether that is news which a start must know of.
    pub fn depart(&mut self) -> bool {
        let departs = !self.gone && self.facts > 0 && !self.present();
        self.gone |= departs;
        departs
    }

    /// What is stored of it.
    pub fn row(&self) -> OriginRow {
        let shares_identity = self.profile.map(|profile| profile.shares_identity);
        let shares_identity = shares_identity.or(self.shared_before);
        let epoch = self.version.epoch;
        OriginRow { epoch, by_hand: self.by_hand, shares_identity, gone: self.gone }
    }

    /// A connection ends. If those that are left have taken its place, facts heard last in an epoch below the answer are
    /// held up by nobody who still speaks.
    pub fn detach(&mut self, conn: ConnId) -> Option<u32> {
        self.connections.retain(|(speaking, _)| *speaking != conn);
        let oldest = self.connections.iter().map(|(_, epoch)| *epoch).min()?;
        let takes_over = self.profile.is_some_and(|it| it.one_connection && it.repeats);
        if !takes_over || oldest <= self.held_from.0 {
            return None;
        }
        self.held_from = (oldest, Cause::TakenOver);
        Some(oldest)
    }

    /// What nobody holds up ends at `deadline`, as if it had been left now, unless that is coming
    /// to it already.
    pub fn doubt(&mut self, deadline: Duration) {
        self.sweeps.look_again();
        let (below, cause) = match self.attached() {
            true => self.held_from,
            false => (self.next_epoch(), Cause::Lost),
        };
        let threatened = self.sweeps.threatening(below.saturating_sub(1)).is_some();
        if self.facts == 0 || threatened || self.by_hand {
            return;
        }
        let sweep = Sweep { deadline, below, cause };
        match self.attached() {
            true => self.sweeps.prove(sweep),
            false => self.sweeps.away(sweep),
        }
    }

    /// Everything it has said so far ends.
    pub fn end(&mut self, now: Duration, cause: Cause) {
        let below = self.next_epoch();
        self.sweeps.end(Sweep { deadline: now, below, cause });
    }

    /// The epoch that the next connection to speak will begin.
    pub fn next_epoch(&self) -> u32 {
        self.version.epoch.saturating_add(1)
    }

    /// The version of the next thing that is said.
    pub fn next_version(&self) -> Version {
        Version::new(self.version.epoch, self.version.counter.saturating_add(1))
    }

    /// The connections that speak for it, the newest last.
    pub fn connections(&self) -> impl ExactSizeIterator<Item = ConnId> {
        self.connections.iter().map(|(conn, _)| *conn)
    }

    /// Whether anybody speaks for it.
    pub fn attached(&self) -> bool {
        !self.connections.is_empty()
    }

    /// Whether it speaks, or may still come back to what it said.
    pub fn present(&self) -> bool {
        self.attached() || self.sweeps.next().is_some()
    }

    /// Whether it had gone before, so that its absence is no news.
    pub fn is_gone(&self) -> bool {
        self.gone
    }

    /// Whether nobody else may speak as its identity, as its door declares or had declared before the start. Where that
    /// was not stored yet, all doors declared it, and only operators had none.
    pub fn is_exclusive(&self) -> bool {
        let declared = self.profile.map(|profile| profile.shares_identity);
        !declared.or(self.shared_before).unwrap_or(self.by_hand)
    }

    /// How long it would wait before it came back, if its connection were the first that it loses.
    pub fn first_wait(&self) -> Option<Duration> {
        Some(self.profile?.waits?.first)
    }

    /// Whether it is there, as the only one that may speak as its identity.
    fn claims_identity(&self) -> bool {
        self.present() && self.is_exclusive()
    }

    /// Whether nothing of it is left that must be remembered.
    pub fn idle(&self) -> bool {
        !self.attached() && self.facts == 0 && self.tombstones == 0
    }

    fn deadline(&self) -> Option<Duration> {
        self.sweeps.next().map(|sweep| sweep.deadline)
    }
}

// === impl Origins ===

impl Origins {
    /// Adds an origin that is new, or forgotten.
    pub fn add(&mut self, id: OriginId, name: Arc<Origin>) {
        let state = OriginState::new(name, self.forgotten_epoch);
        self.by_account.entry(state.name.account.clone()).or_default().push(id);
        self.by_eid.entry(state.name.eid()).or_default().all.insert(id);
        self.by_id.insert(id, state);
    }

    pub fn remove(&mut self, id: OriginId) {
        let Some(state) = self.by_id.remove(&id) else { return };
        self.forgotten_epoch = self.forgotten_epoch.max(state.version.epoch);
        if let Some(deadline) = state.deadline() {
            self.deadlines.remove(&(deadline, id));
        }
        let (account, eid) = (&state.name.account, state.name.eid());
        if let Entry::Occupied(mut ids) = self.by_account.entry(account.clone()) {
            ids.get_mut().retain(|other| *other != id);
            if ids.get().is_empty() {
                ids.remove();
            }
        }
        if let Entry::Occupied(mut namesakes) = self.by_eid.entry(eid) {
            namesakes.get_mut().all.remove(&id);
            namesakes.get_mut().present.remove(account);
            if namesakes.get().all.is_empty() {
                namesakes.remove();
            }
        }
    }

    pub fn get(&self, id: OriginId) -> Option<&OriginState> {
        self.by_id.get(&id)
    }

    /// Changes an origin, and notes when it must be looked at next and whether it is present.
    pub fn update<T>(
        &mut self,
        id: OriginId,
        change: impl FnOnce(&mut OriginState) -> T,
    ) -> Option<T> {
        let state = self.by_id.get_mut(&id)?;
        let (before, was_present) = (state.deadline(), state.claims_identity());
        let answer = change(state);
        let (after, present) = (state.deadline(), state.claims_identity());
        if before != after {
            before.map(|deadline| self.deadlines.remove(&(deadline, id)));
            after.map(|deadline| self.deadlines.insert((deadline, id)));
        }
        if was_present != present
            && let Some(namesakes) = self.by_eid.get_mut(&state.name.eid())
        {
            let account = &state.name.account;
            match present {
                true => namesakes.present.insert(account.clone()),
                false => namesakes.present.remove(account),
            };
        }
        Some(answer)
    }

    /// The origins of an account.
    pub fn of_account(&self, account: &AccountName) -> Ids {
        self.by_account.get(account).cloned().unwrap_or_default()
    }

    /// Every account that has an origin.
    pub fn accounts(&self) -> impl Iterator<Item = &AccountName> {
        self.by_account.keys()
    }

    /// The other origins of the same EID, which are other accounts'.
    pub fn namesakes(&self, id: OriginId) -> impl Iterator<Item = (OriginId, &OriginState)> {
        let eid = self.get(id).map(|state| state.name.eid());
        let namesakes = eid.and_then(|eid| self.by_eid.get(&eid)).into_iter();
        let others = namesakes.flat_map(|these| &these.all).filter(move |other| **other != id);
        others.filter_map(|other| Some((*other, self.get(*other)?)))
    }

    /// The accounts whose origins of this EID are present, sorted; how many is known without a walk.
    pub fn accounts_of(&self, eid: Eid) -> impl ExactSizeIterator<Item = &AccountName> {
        let namesakes = self.by_eid.get(&eid);
        namesakes.map(|these| these.present.iter()).unwrap_or_default()
    }

    /// What gives each of those that speak as this EID one of its own, as the door of one of them has declared.
    pub fn identity_remedy(&self, eid: Eid) -> Option<&'static str> {
        let all = self.by_eid.get(&eid)?.all.iter().filter_map(|id| self.get(*id)?.profile);
        all.filter(|profile| !profile.shares_identity).map(|profile| profile.identity_remedy).next()
    }

    /// When the next sweep falls due, and whose.
    pub fn next_due(&self) -> Option<(Duration, OriginId)> {
        self.deadlines.first().copied()
    }

    pub fn iter(&self) -> impl Iterator<Item = (OriginId, &OriginState)> {
        self.by_id.iter().map(|(id, state)| (*id, state))
    }
}
