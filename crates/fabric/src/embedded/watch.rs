//! The reader's side of a watch: rows page by page at the reader's pace, then changes. It must be
//! safe to drop a half-done `next` and call it again.

#[cfg(test)]
mod tests;

use std::{collections::VecDeque, sync::Arc};

use tokio::sync::oneshot;

use super::{ask, queue::Queue, watchers::Reader, writer::WatchPage};
use crate::{
    Event, Row, StoreError,
    gap::{self, Item},
};

/// A watch on some keys; see [`crate::EmbeddedWatch`].
pub struct EmbeddedWatch {
    queue: Arc<Queue>,
    reader: Reader,
    events: gap::Receiver<Event>,
    rows: VecDeque<Row>,
    stage: Stage,
}

/// How far the snapshot is.
enum Stage {
    /// There is more to read.
    Reading,
    /// The next page has been asked for.
    Asked(oneshot::Receiver<Result<WatchPage, StoreError>>),
    /// All has been read, `Current` has not been told.
    Read,
    /// Only changes from now on.
    Live,
}

// === impl EmbeddedWatch ===

impl EmbeddedWatch {
    pub(super) fn new(queue: Arc<Queue>, reader: Reader, events: gap::Receiver<Event>) -> Self {
        Self { queue, reader, events, rows: VecDeque::new(), stage: Stage::Reading }
    }

    pub(crate) async fn next(&mut self) -> Result<Event, StoreError> {
        loop {
            // Rows of a page are older than any change that waits; the next page is newer.
            if let Some(row) = self.rows.pop_front() {
                return Ok(Event::Put(row));
            }
            match &mut self.stage {
                Stage::Reading => {
                    if let Some(item) = self.events.try_next() {
                        return Ok(self.told(item));
                    }
                    let reader = self.reader;
                    self.stage = Stage::Asked(ask(&self.queue, move |w| w.watch_page(reader))?);
                }
                Stage::Asked(answer) => {
                    let answer = answer.await.unwrap_or(Err(StoreError::Closed));
                    self.stage = Stage::Reading;
                    let page = answer?;
                    self.rows = page.rows.into();
                    if page.last {
                        self.stage = Stage::Read;
                    }
                }
                Stage::Read => {
                    self.stage = Stage::Live;
                    return Ok(Event::Current);
                }
                Stage::Live => {
                    let item = self.events.next().await.ok_or(StoreError::Closed)?;
                    return Ok(self.told(item));
                }
            }
        }
    }

    fn told(&mut self, item: Item<Event>) -> Event {
        match item {
            Item::Next(event) => event,
            Item::Gap => {
                self.reader.gaps += 1;
                self.stage = Stage::Reading;
                Event::Resync
            }
        }
    }
}
