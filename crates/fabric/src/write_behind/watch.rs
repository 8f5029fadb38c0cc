//! The reader's side of a watch: rows page by page at the reader's pace, then changes. It must be
//! safe to drop a half-done `next` and call it again.

#[cfg(test)]
mod tests;

use std::{collections::VecDeque, sync::Arc};

use tokio::sync::oneshot;

use super::{
    ask,
    committer::{Committer, WatchPage},
    queue::Queue,
};
use crate::{
    Event, Row, StoreError, Watch,
    gap::{self, Item},
    raw::Reader,
};

/// A watch on some keys of a [`Store`](super::Store).
pub struct StoreWatch {
    queue: Arc<Queue<Committer>>,
    reader: Reader,
    events: gap::Receiver<Event>,
    rows: VecDeque<Row>,
    snapshot: Snapshot,
}

/// How far the reading of all that is there has come.
enum Snapshot {
    /// There are rows of the snapshot that were not asked for yet.
    Reading,
    /// The next page has been asked for and has not come yet.
    Asked(oneshot::Receiver<Result<WatchPage, StoreError>>),
    /// All has been read, `Current` has not been told.
    Read,
    /// The snapshot is over; only changes are told from now on.
    Live,
}

// === impl StoreWatch ===

impl StoreWatch {
    pub(super) fn new(
        queue: Arc<Queue<Committer>>,
        reader: Reader,
        events: gap::Receiver<Event>,
    ) -> Self {
        Self { queue, reader, events, rows: VecDeque::new(), snapshot: Snapshot::Reading }
    }
}

impl Watch for StoreWatch {
    async fn next(&mut self) -> Result<Event, StoreError> {
        loop {
            // Rows of a page are older than any change that waits; the next page is newer.
            if let Some(row) = self.rows.pop_front() {
                return Ok(Event::Put(row));
            }
            match &mut self.snapshot {
                Snapshot::Reading => {
                    if let Some(item) = self.events.try_next() {
                        return Ok(self.told(item));
                    }
                    let reader = self.reader;
                    self.snapshot =
                        Snapshot::Asked(ask(&self.queue, move |w| w.watch_page(reader))?);
                }
                Snapshot::Asked(answer) => {
                    let answer = answer.await.unwrap_or(Err(StoreError::Closed));
                    self.snapshot = Snapshot::Reading;
                    let page = answer?;
                    self.rows = page.rows.into();
                    if page.last {
                        self.snapshot = Snapshot::Read;
                    }
                }
                Snapshot::Read => {
                    self.snapshot = Snapshot::Live;
                    return Ok(Event::Current);
                }
                Snapshot::Live => {
                    let item = self.events.next().await.ok_or(StoreError::Closed)?;
                    return Ok(self.told(item));
                }
            }
        }
    }
}

impl StoreWatch {
    fn told(&mut self, item: Item<Event>) -> Event {
        match item {
            Item::Next(event) => event,
            Item::Gap => {
                self.reader.gaps += 1;
                self.snapshot = Snapshot::Reading;
                Event::Resync
            }
        }
    }
}
