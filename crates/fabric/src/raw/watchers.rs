//! Who watches which keys, and how far each has been told. Lives on the store's thread, so that
//! rows read for a watcher and changes sent to it have one order; it must never wait for a reader.

use crate::{
    Bucket, Event, Revision, Row,
    gap::{self, Sent},
};

/// All watchers of the store.
#[derive(Default)]
pub(crate) struct Watchers {
    all: Vec<Watcher>,
    last_id: u64,
}

struct Watcher {
    id: u64,
    bucket: Bucket,
    prefix: String,
    told: Told,
    /// How often its queue has overflowed. A reader that does not know of the last time yet must
    /// not be given rows, because it will forget them when it learns.
    gaps: u64,
    events: gap::Sender<Event>,
}

/// The reader of a watch, as it knows itself.
#[derive(Clone, Copy)]
pub(crate) struct Reader {
    pub(crate) id: u64,
    /// How many gaps it has been told of.
    pub(crate) gaps: u64,
}

/// What a watcher has been told of what is there. Changes to the rest need not be sent: it will
/// read them.
enum Told {
    /// All keys before this one.
    Before(String),
    /// All keys; from here on it needs every change.
    All,
}

// === impl Watchers ===

impl Watchers {
    /// Adds a watcher that has been told nothing.
    pub(crate) fn add(
        &mut self,
        bucket: Bucket,
        prefix: String,
        events: gap::Sender<Event>,
    ) -> Reader {
        self.all.retain(|watcher| !watcher.events.is_closed());
        self.last_id += 1;
        let told = Told::Before(prefix.clone());
        self.all.push(Watcher { id: self.last_id, bucket, prefix, told, gaps: 0, events });
        Reader { id: self.last_id, gaps: 0 }
    }

    /// What a watcher has to read next: bucket, prefix and first key. None when a gap waits for
    /// its reader that this one has not seen yet.
    pub(crate) fn place(&self, Reader { id, gaps }: Reader) -> Option<(Bucket, String, String)> {
        let watcher = self.all.iter().find(|watcher| watcher.id == id && watcher.gaps == gaps)?;
        let from = match &watcher.told {
            Told::Before(key) => key.clone(),
            Told::All => watcher.prefix.clone(),
        };
        Some((watcher.bucket, watcher.prefix.clone(), from))
    }

    /// A watcher has been given all rows before `next`, or all there are.
    pub(crate) fn advance(&mut self, Reader { id, .. }: Reader, next: Option<String>) {
        if let Some(watcher) = self.all.iter_mut().find(|watcher| watcher.id == id) {
            watcher.told = next.map_or(Told::All, Told::Before);
        }
    }

    /// Whether nobody watches, so that nothing need be told.
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// A key has been given a value, or none, and that is committed: whoever watches it is told.
    pub(crate) fn tell(
        &mut self,
        bucket: Bucket,
        key: &str,
        value: Option<&str>,
        revision: Revision,
    ) {
        self.all.retain_mut(|watcher| {
            !watcher.hears(bucket, key) || watcher.tell(key, value, revision) != Sent::NoReader
        });
    }
}

// === impl Watcher ===

impl Watcher {
    fn hears(&self, bucket: Bucket, key: &str) -> bool {
        let told = match &self.told {
            Told::Before(first) => key < first.as_str(),
            Told::All => true,
        };
        told && bucket == self.bucket && key.starts_with(&self.prefix)
    }

    fn tell(&mut self, key: &str, value: Option<&str>, revision: Revision) -> Sent {
        let key = key.to_owned();
        let event = match value {
            Some(value) => {
                Event::Put(Row { key, value: value.to_owned(), revision: Some(revision) })
            }
            None => Event::Deleted { key, revision },
        };
        let sent = self.events.send(event);
        if sent == Sent::LeftOut {
            self.told = Told::Before(self.prefix.clone());
            self.gaps += 1;
        }
        sent
    }
}
