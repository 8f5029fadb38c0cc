//! The past over restarts: what happened on the boards is gathered in memory, written behind as pages of many changes,
//! and goes again when it is too old or too much. The hub itself knows only its own short history; nothing decides by any
//! of it, and nobody waits for it. What is not written yet is lost with the process: [`WRITE_EVERY`] of it at most.
//!
//! There are no checkpoints: whoever wants to know what stood at a past moment goes back from the present, page by page,
//! and undoes what came later, as each change says what was there before. A checkpoint of a board holds each of its facts
//! and would be larger than the changes between two of them; to go through 20,000 changes takes 16 ms in a debug
//! build, and the time grows with their number.

mod boards;
mod index;
mod journal;
mod page;
mod search;
mod upkeep;
mod writer;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lampfield_board::history::PastChange;
use lampfield_board::{BoardName, Change, WallTime};
use lampfield_fabric::{Bucket, Health, Storage, Store, StoreError, Write};
use tokio::sync::{Mutex, MutexGuard, Notify, watch};
use tokio::time::timeout;

pub use journal::{LinkEvent, LinkTurn};
pub use search::{Leaf, Search, Sought};

use self::index::Index;
use self::journal::Journal;
use self::page::PageKey;
use self::writer::{Batch, Entry, Making, OpenPages};
use crate::notice::Notice;
use crate::settings::HistorySettings;

/// How often what has happened is written. What a crash can take.
const WRITE_EVERY: Duration = Duration::from_secs(1);

/// Entries that are written at once, before that time is over.
const BATCH: usize = 4_096;

/// Entries that wait while nothing can be written; further ones are lost.
const MOST_WAITING: usize = 50_000;

/// How long a question waits for the pages to be known, which takes a moment after the start.
const PATIENCE: Duration = Duration::from_secs(5);

/// The past of all boards. Belongs to the core thread.
pub struct StoredHistory {
    store: Store,
    settings: RefCell<HistorySettings>,
    is_on: Cell<bool>,
    boards: RefCell<Vec<BoardName>>,
    /// Changes that are not written to a page yet.
    waiting: RefCell<Batch>,
    /// Raised when there is something to write or to remove.
    begun: Notify,
    /// Raised when as many changes wait as fill a batch.
    full: Notify,
    index: RefCell<Index>,
    /// Whether all pages are in the index.
    is_loaded: watch::Sender<bool>,
    /// Held by whoever writes pages.
    open: Mutex<OpenPages>,
    /// How often everything was dropped: what was begun before that is of no use.
    era: Cell<u64>,
    /// Pages that were dropped and are still stored.
    dropped: RefCell<Vec<PageKey>>,
    journal: Journal,
}

/// How much of the past is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoredReport {
    /// Bytes of all stored pages, of every board.
    pub bytes: u64,
    /// How many pages are stored, of every board.
    pub pages: usize,
    /// The most bytes of pages: `history.size`.
    pub limit: u64,
}

// === impl StoredHistory ===

impl StoredHistory {
    /// The past that a store holds and will hold. Nothing is read before [`StoredHistory::run`].
    pub(crate) fn new(store: Store, settings: HistorySettings) -> Rc<Self> {
        Rc::new(Self {
            store,
            is_on: Cell::new(!settings.keep.is_zero()),
            settings: RefCell::new(settings),
            boards: RefCell::default(),
            waiting: RefCell::default(),
            begun: Notify::new(),
            full: Notify::new(),
            index: RefCell::default(),
            is_loaded: watch::Sender::new(false),
            open: Mutex::default(),
            era: Cell::default(),
            dropped: RefCell::default(),
            journal: Journal::new(now()),
        })
    }

    /// All changes of a board from this moment on are told.
    pub(crate) fn begin(&self, board: &BoardName, at: WallTime) {
        let mut boards = self.boards.borrow_mut();
        if !boards.contains(board) {
            boards.push(board.clone());
        }
        drop(boards);
        if self.is_on.get() {
            self.record_from(board, at);
        }
    }

    fn record_from(&self, board: &BoardName, at: WallTime) {
        self.index.borrow_mut().begin(board, at);
        self.waiting.borrow_mut().begun.push((board.clone(), at));
        self.begun.notify_one();
    }

    /// Something was said or has ended.
    pub(crate) fn changed(&self, board: &BoardName, change: &Change) {
        if self.is_on.get() {
            self.push(board, || Entry::Change(change.subject.clone(), PastChange::from(change)));
        }
    }

    /// Something people should know: losses and returns are remembered.
    pub(crate) fn notice(&self, board: &BoardName, notice: &Notice) {
        let Some(event) = LinkEvent::of(notice, now()) else { return };
        if self.is_on.get() {
            self.push(board, || Entry::Link(event.clone()));
        }
        self.journal.note(board, event);
    }

    fn push(&self, board: &BoardName, entry: impl FnOnce() -> Entry) {
        let mut waiting = self.waiting.borrow_mut();
        let entry = entry();
        if waiting.entries.len() >= MOST_WAITING {
            if waiting.lost.is_none() {
                tracing::warn!(
                    code = "history-lost",
                    waiting = MOST_WAITING,
                    "changes could not be written for a long time, so the history has a gap"
                );
            }
            waiting.lost = waiting.lost.max(Some(entry.at()));
            return;
        }
        waiting.entries.push((board.clone(), entry));
        match waiting.entries.len() {
            1 => self.begun.notify_one(),
            BATCH => self.full.notify_one(),
            _ => {}
        }
    }

    /// Takes changed settings: what may no longer be kept goes at once. The masks of the start stay in force.
    pub(crate) fn set_settings(&self, new: &HistorySettings) {
        let masks = self.settings.borrow().masks.clone();
        let (was_on, is_on) = (self.is_on.get(), !new.keep.is_zero());
        self.settings.replace(HistorySettings { masks, ..new.clone() });
        self.is_on.set(is_on);
        if was_on && !is_on {
            self.drop_all();
        }
        if is_on && !was_on {
            self.boards.borrow().iter().for_each(|board| self.record_from(board, now()));
        }
        self.begun.notify_one();
    }

    /// What happened to the connections of a board's origins, as far as memory knows, the newest first; and the moment
    /// after which it knows everything.
    #[must_use]
    pub fn links(&self, board: &BoardName, since: WallTime) -> (Vec<LinkEvent>, WallTime) {
        (self.journal.of(board, since), self.journal.complete_since())
    }

    /// How far back anything may be told at all: `keep` before now. The beginning of time where nothing is stored.
    #[must_use]
    pub fn horizon(&self) -> WallTime {
        match self.is_on.get() {
            true => before(now(), self.settings.borrow().keep),
            false => WallTime::default(),
        }
    }

    /// From when on everything of a board is stored. None where nothing is, or as long as nobody knows after a start.
    pub async fn complete_since(&self, board: &BoardName) -> Option<WallTime> {
        if !self.is_ready().await {
            return None;
        }
        let since = self.index.borrow().complete_since(board)?;
        Some(since.max(self.horizon()))
    }

    /// Begins a search of the stored past. What has happened up to now is written first, so that it is found.
    ///
    /// # Errors
    /// When the store takes nothing more.
    pub async fn search(self: &Rc<Self>, sought: Sought<'_>) -> Result<Search, StoreError> {
        let sought = Sought { since: sought.since.max(self.horizon()), ..sought };
        if !self.is_ready().await {
            return Ok(Search::new(self, sought, Vec::new()));
        }
        if !self.is_stalled() {
            self.write_out().await;
        }
        let pages = self.index.borrow().pages(sought.board, sought.since, sought.until);
        Ok(Search::new(self, sought, pages))
    }

    /// How much is stored now, and how much may be.
    #[must_use]
    pub fn report(&self) -> StoredReport {
        let (index, limit) = (self.index.borrow(), self.settings.borrow().size);
        StoredReport { bytes: index.bytes(), pages: index.len(), limit }
    }

    /// Writes what is left. To be called when nothing happens any more and before the store closes.
    pub async fn close(&self) {
        self.remove_dropped().await;
        self.write_out().await;
    }

    async fn is_ready(&self) -> bool {
        let mut loaded = self.is_loaded.subscribe();
        let known = timeout(PATIENCE, loaded.wait_for(|loaded| *loaded)).await;
        self.is_on.get() && matches!(known, Ok(Ok(_)))
    }

    /// Nothing that was recorded up to now may be told any more. The rows themselves go a moment later.
    fn drop_all(&self) {
        self.era.set(self.era.get() + 1);
        self.waiting.take();
        let gone = self.index.take();
        if gone.len() > 0 {
            tracing::info!(code = "history-removed", pages = gone.len(), "no history is kept");
        }
        self.dropped.borrow_mut().extend(gone.all());
        self.begun.notify_one();
        self.full.notify_one();
    }

    /// The pages that take more, none of which is from before everything was dropped.
    async fn open_pages(&self) -> MutexGuard<'_, OpenPages> {
        let mut open = self.open.lock().await;
        if open.era() != self.era.get() {
            let newest = self.dropped.borrow().iter().map(|page| page.base).max();
            open.restart(self.era.get(), newest.unwrap_or_default());
        }
        open
    }

    fn has_waiting(&self) -> bool {
        self.is_on.get() && !self.waiting.borrow().is_empty()
    }

    fn is_stalled(&self) -> bool {
        *self.store.health().borrow() != Health::Ok
    }

    /// Hands what waits to the store.
    async fn write_out(&self) {
        let mut open = self.open_pages().await;
        if !self.has_waiting() {
            return;
        }
        let batch = std::mem::take(&mut *self.waiting.borrow_mut());
        if let Some(until) = batch.lost {
            let mut index = self.index.borrow_mut();
            self.boards.borrow().iter().for_each(|board| index.mark_lost(board, until));
        }
        let making = {
            let HistorySettings { masks, keep, .. } = &*self.settings.borrow();
            Making { masks: masks.clone(), keep: *keep }
        };
        let mut pages = std::mem::take(&mut *open);
        let made = tokio::task::spawn_blocking(move || {
            let written = pages.add(batch, &making);
            (pages, written)
        });
        // It fails only if it panics, which would be a bug; then a page is left as it was written last.
        let Ok((pages, written)) = made.await else { return };
        *open = pages;
        if open.era() != self.era.get() {
            return;
        }
        for page in written {
            let key = page.key.to_string();
            let bytes = key.len() + page.text.len();
            let is_taken = self.put(key, Some(page.text));
            let mut index = self.index.borrow_mut();
            index.put(&page.key, page.span, bytes);
            if !is_taken {
                index.mark_lost(&page.key.board, page.span.to);
            }
        }
        self.cut(&mut open);
    }

    /// Hands a page, or its end, to the store; says whether that has taken it.
    fn put(&self, key: String, value: Option<String>) -> bool {
        let written = self.store.write(Write { bucket: Bucket::History, key, value });
        if let Err(error) = &written {
            tracing::warn!(code = "history-lost", %error, "a page of the history was not stored");
        }
        written.is_ok()
    }
}

fn now() -> WallTime {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    WallTime::from_millis(u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX))
}

fn before(moment: WallTime, time: Duration) -> WallTime {
    let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    WallTime::from_millis(moment.millis().saturating_sub(millis))
}
