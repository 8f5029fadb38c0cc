//! Who listens, and up to where each has certainly heard.

use lampfield_board::{AccountName, Kind, Revision};
use lampfield_fabric::Bucket;

use super::{Hub, Watch};
use crate::{
    keys,
    profile::Profile,
    readers::{PeerCache, Reader},
    stored::json,
};

impl Hub {
    /// Begins a watch of one kind. The watch first brings all that stands; to a peer whose cache
    /// survives, also the withdrawals that it may not know of. It must be given back to [`Hub::unwatch`] when the
    /// subscription or its connection ends.
    pub fn watch(&mut self, reader: impl Into<Reader>, kind: Kind, profile: Profile) -> Watch {
        let (reader, cache) = (reader.into(), profile.cache);
        let account = reader.account().clone();
        let (id, new_reader) = self.readers.open(reader, kind, cache, self.board.revision());
        if new_reader {
            self.persist_readers(&account);
        }
        Watch::new(id, kind, profile, self.settings.limits.watch_missed)
    }

    /// The peer behind a watch has certainly received all that was handed out up to `received`: a
    /// value that [`Watch::reached`] had when its TCP acknowledged everything handed out by then
    /// (for a peer that forgets: when everything was written to the socket). Withdrawals that
    /// everybody knows are forgotten.
    pub fn confirm(&mut self, watch: &Watch, received: Revision) {
        let Some(rose) = self.readers.confirm(watch.id(), received) else { return };
        let Some(oldest) = self.tombstones.oldest(rose.kind) else { return };
        if rose.before < oldest && oldest <= received {
            self.trim_tombstones();
        }
    }

    /// Whether a withdrawal that was handed to this watch is remembered until its peer has proved
    /// that it was received: then asking the peer is worth a message.
    #[must_use]
    pub fn awaits(&self, watch: &Watch) -> bool {
        let known = self.readers.confirmed(watch.id());
        known.is_some_and(|known| self.tombstones.any_between(watch.kind(), known, watch.reached()))
    }

    /// A watch ends. If its peer keeps what it heard, withdrawals from now on wait for its return.
    pub fn unwatch(&mut self, watch: Watch) {
        if self.readers.close(watch.id()) == Some(PeerCache::Forgotten) {
            self.trim_tombstones();
        }
    }

    /// Nothing waits any longer for one PBX of an account that is away: it will not come back
    /// under this name. Says whether anything did; whoever is connected stays.
    pub fn forget_reader(&mut self, reader: &Reader) -> bool {
        let forgotten = self.readers.forget_absent(reader) > 0;
        if forgotten {
            self.persist_readers(reader.account());
            self.trim_tombstones();
        }
        forgotten
    }

    /// The PBXs of an account that are away and to be told on their return what has ended, by
    /// the names they give themselves.
    pub fn awaited(&self, account: &AccountName) -> impl Iterator<Item = &str> {
        self.readers.absent(account)
    }

    /// The revision of the latest change.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.board.revision()
    }

    pub(super) fn persist_readers(&mut self, account: &AccountName) {
        let key = keys::account(&self.name, account);
        match self.readers.stored(account) {
            instances if instances.is_empty() => self.outbox.delete(Bucket::Confirmations, key),
            instances => self.outbox.put(Bucket::Confirmations, key, json(&instances)),
        }
    }
}
