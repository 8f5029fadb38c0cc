//! One subscription: the whole board first, then each change, in order per subject, whatever the
//! reader's pace. A pure state machine that its door owns; it must never let a reader miss the
//! newest value of a subject, and never remember more than its limit.
//!
//! The snapshot is a cursor over the places of the board. A change behind the cursor is sent as it
//! comes, ahead of it the snapshot will bring the newest. What finds no room is remembered by its
//! place only, so a reader that stalls costs a few bytes per subject.

use std::collections::BTreeSet;

use lampfield_board::{Cachable, Change, Kind, Revision, SubjectId};

use super::Hub;
use crate::{
    profile::Profile,
    readers::{PeerCache, WatchId},
};

/// Subjects that one call of [`Watch::next`] looks at: those of other kinds are skipped, and a
/// board of a million of them must not hold up everybody else.
const SUBJECTS_PER_STEP: usize = 4_096;

/// Whether the reader's buffer can take one more message now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// There is room for one more message.
    Free,
    /// There is none: the watch has to remember what it missed.
    Full,
}

/// What to do with a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// The reader has room: send it now.
    Send,
    /// Do not send it: it is not for this watch, or [`Watch::next`] will bring what matters of it.
    Later,
}

/// One subscription of one peer to one kind. Made by [`Hub::watch`]; must be given back to
/// [`Hub::unwatch`] when it ends, or withdrawals wait for it.
#[derive(Debug)]
pub struct Watch {
    id: WatchId,
    kind: Kind,
    /// The next place the snapshot visits; none when it is through.
    cursor: Option<SubjectId>,
    missed: BTreeSet<SubjectId>,
    missed_limit: usize,
    /// Its peer has heard of nothing yet: what has ended needs no telling.
    blank: bool,
    /// Whether the peers keep one value per entity id, see [`Profile::files_by_identity`].
    files_by_identity: bool,
    /// Up to here everything has been handed out.
    reached: Revision,
    dropped: u64,
}

impl Watch {
    pub(crate) fn new(id: WatchId, kind: Kind, profile: Profile, missed_limit: usize) -> Self {
        Self {
            id,
            kind,
            cursor: Some(SubjectId::FIRST),
            missed: BTreeSet::new(),
            missed_limit,
            blank: profile.cache == PeerCache::Forgotten,
            files_by_identity: profile.files_by_identity,
            reached: Revision::ZERO,
            dropped: 0,
        }
    }

    /// The number by which the hub knows the watch.
    pub(crate) fn id(&self) -> WatchId {
        self.id
    }

    /// The kind of subjects that it is about.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Asked for every change on the board, in order. A state that is not kept and finds no room
    /// is dropped and counted: by the time there is room it says nothing any more.
    pub fn offer(&mut self, change: &Change, room: Room) -> Verdict {
        if change.subject.kind() != self.kind {
            return Verdict::Later;
        }
        // What is said again only for those whom an end has blinded is no news to others.
        if !self.files_by_identity && change.was.as_ref() == Some(&change.state) {
            return Verdict::Later;
        }
        match change.subject_id {
            Some(place) if change.cachable == Cachable::Yes => self.offer_kept(change, place, room),
            _ => self.offer_passing(room),
        }
    }

    fn offer_kept(&mut self, change: &Change, place: SubjectId, room: Room) -> Verdict {
        let told = change.revision <= self.reached;
        let ahead = self.cursor.is_some_and(|cursor| place >= cursor);
        if told || ahead || self.missed.contains(&place) {
            return Verdict::Later;
        }
        if room == Room::Full {
            self.miss(place);
            return Verdict::Later;
        }
        if self.is_live() {
            self.reached = change.revision;
        }
        Verdict::Send
    }

    fn offer_passing(&mut self, room: Room) -> Verdict {
        match room {
            Room::Free => Verdict::Send,
            Room::Full => {
                self.dropped += 1;
                Verdict::Later
            }
        }
    }

    fn miss(&mut self, place: SubjectId) {
        if self.missed.len() < self.missed_limit {
            self.missed.insert(place);
        } else {
            self.begin_again();
        }
    }

    /// What to send next: the snapshot from where it stands, then the newest of what was missed,
    /// withdrawals included. About `max` changes; those of one subject are never torn apart. To be
    /// called, with a pause for others between, until [`Watch::is_live`]; a step may bring nothing.
    pub fn next(&mut self, hub: &Hub, max: usize) -> Vec<Change> {
        let mut out = Vec::new();
        self.walk(hub, max, &mut out);
        while out.len() < max
            && self.cursor.is_none()
            && let Some(place) = self.missed.pop_first()
        {
            let facts = hub.board().subject(place);
            let facts = facts.filter(|facts| facts.subject().kind() == self.kind);
            out.extend(
                facts.into_iter().flat_map(|facts| hub.snapshot_of(facts, self.files_by_identity)),
            );
        }
        if self.is_live() {
            self.reached = hub.revision();
        }
        out
    }

    fn walk(&mut self, hub: &Hub, max: usize, out: &mut Vec<Change>) {
        let Some(first) = self.cursor else { return };
        for (walked, facts) in hub.board().subjects_from(first).enumerate() {
            if out.len() >= max || walked >= SUBJECTS_PER_STEP {
                self.cursor = Some(facts.id());
                return;
            }
            if facts.subject().kind() == self.kind {
                let told = hub.snapshot_of(facts, self.files_by_identity).into_iter();
                out.extend(told.filter(|change| !self.blank || change.state.is_live()));
            }
        }
        self.cursor = None;
    }

    /// Everything is to be brought once more, the ends of what has ended included.
    pub(crate) fn begin_again(&mut self) {
        self.missed.clear();
        self.blank = false;
        self.cursor = Some(SubjectId::FIRST);
    }

    /// Whether the snapshot is through and nothing is missed: changes are sent as they come.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.cursor.is_none() && self.missed.is_empty()
    }

    /// Up to here every change has been handed out, itself or by a newer one. When the peer has
    /// certainly received all that was handed out so far, this may be given to [`Hub::confirm`].
    #[must_use]
    pub fn reached(&self) -> Revision {
        self.reached
    }

    /// States that were not to be kept and found no room, since the watch began.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }
}
