//! The life of the stored past: it is read through once at the start, written on and cut to what may be kept. Nobody waits
//! for any of it, and each turn of it on the core thread is short.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use lampfield_board::history::Masks;
use lampfield_board::{BoardName, WallTime};
use lampfield_fabric::{Bucket, Cursor, Row, Storage, StoreError};
use tokio::time::{sleep, timeout};

use super::index::Going;
use super::page::{Page, PageBuilder, PageError, PageKey, Span};
use super::writer::OpenPages;
use super::{StoredHistory, WRITE_EVERY, before, now};

/// How often it is looked whether something has become too old, and whether the store answers again.
const LOOK_EVERY: Duration = Duration::from_mins(1);

/// Pages that are read at once at the start.
const READ_AT_ONCE: usize = 32;

/// What was found in a row at the start.
struct Read {
    key: PageKey,
    span: Span,
    bytes: usize,
    lost: Option<WallTime>,
    /// The row anew, where names in it must not be there.
    masked: Option<String>,
}

/// What the reading of all rows found besides pages.
#[derive(Default)]
struct Found {
    masked: usize,
    unreadable: usize,
    /// The first row that could not be read, and what is wrong with it.
    first: Option<(String, String)>,
    /// The boards whose last page so far could not be read: until where it went the next one says.
    gaps: BTreeSet<BoardName>,
}

impl StoredHistory {
    /// Keeps the past, for ever. Must be spawned once on the hubs' thread.
    pub(crate) async fn run(self: Rc<Self>) {
        while let Err(error) = self.load().await {
            if error == StoreError::Closed {
                return;
            }
            tracing::warn!(code = "history-unread", %error, "the stored history cannot be read yet");
            sleep(LOOK_EVERY).await;
        }
        loop {
            if !self.is_on.get() && self.index.borrow().len() > 0 {
                self.drop_all();
            }
            self.remove_dropped().await;
            if self.is_on.get() && !self.is_stalled() {
                self.write_out().await;
                self.prune().await;
            }
            if !self.has_waiting() {
                // Whichever comes first, it is looked at what there is to do.
                let _ = timeout(LOOK_EVERY, self.begun.notified()).await;
            }
            if self.has_waiting() {
                let _ = timeout(WRITE_EVERY, self.full.notified()).await;
            }
        }
    }

    /// Learns which pages there are. Names that must not be in them any more are taken out.
    async fn load(&self) -> Result<(), StoreError> {
        let mut open = self.open_pages().await;
        let masks = self.settings.borrow().masks.clone();
        let (mut from, mut found): (Option<Cursor>, Found) = Default::default();
        loop {
            let page = self.store.scan(Bucket::History, "", from, READ_AT_ONCE).await?;
            from = page.next;
            let masks = masks.clone();
            let read = move || page.rows.into_iter().map(|row| read(row, &masks)).collect();
            let rows: Vec<Result<Read, _>> =
                tokio::task::spawn_blocking(read).await.unwrap_or_default();
            rows.into_iter().for_each(|row| self.take(row, open.era(), &mut found));
            if from.is_none() {
                break;
            }
        }
        // The last page of a board may have gone on until this start.
        for board in std::mem::take(&mut found.gaps) {
            self.index.borrow_mut().mark_lost(&board, now());
        }
        found.tell();
        open.begin_after(self.index.borrow().newest().unwrap_or_default());
        self.is_loaded.send_replace(true);
        Ok(())
    }

    /// Takes a row into the index, if nothing was dropped since its reading began.
    fn take(&self, row: Result<Read, (Row, PageError)>, era: u64, found: &mut Found) {
        if era != self.era.get() {
            let key =
                row.map(|read| Some(read.key)).unwrap_or_else(|(row, _)| PageKey::parse(&row.key));
            self.dropped.borrow_mut().extend(key);
            return;
        }
        let mut index = self.index.borrow_mut();
        match row {
            Ok(Read { key, span, mut bytes, lost, masked }) => {
                if let Some(text) = masked {
                    found.masked += 1;
                    bytes = key.to_string().len() + text.len();
                    self.put(key.to_string(), Some(text));
                }
                if found.gaps.remove(&key.board) {
                    index.mark_lost(&key.board, key.base);
                }
                lost.into_iter().for_each(|until| index.mark_lost(&key.board, until));
                index.put(&key, span, bytes);
            }
            Err((row, error)) => {
                found.unreadable += 1;
                // It goes when its time is over, as the others do.
                if let Some(key) = PageKey::parse(&row.key) {
                    found.gaps.insert(key.board.clone());
                    index.put(&key, Span::empty(key.base), row.key.len() + row.value.len());
                }
                found.first.get_or_insert((row.key, error.to_string()));
            }
        }
    }

    /// Cuts what is stored to what may be kept, piece by piece.
    async fn prune(&self) {
        while self.cut_some().await {
            tokio::task::yield_now().await;
        }
    }

    async fn cut_some(&self) -> bool {
        let mut open = self.open_pages().await;
        self.cut(&mut open)
    }

    /// A bounded piece of that; says whether there was something to cut. Open pages count as all do.
    pub(super) fn cut(&self, open: &mut OpenPages) -> bool {
        let (end, size) = {
            let settings = self.settings.borrow();
            (before(now(), settings.keep), settings.size)
        };
        open.close_older(end);
        let going = {
            let index = self.index.borrow();
            match index.older(end) {
                old if old.is_empty() => index.beyond(size),
                old => old,
            }
        };
        let is_something = !going.is_empty();
        for page in going {
            let (Going::Whole(key) | Going::Blank(key)) = &page;
            open.close_page(key);
            self.let_go(page);
        }
        is_something
    }

    fn let_go(&self, page: Going) {
        let mut index = self.index.borrow_mut();
        match page {
            Going::Whole(key) => {
                index.remove(&key);
                self.put(key.to_string(), None);
            }
            Going::Blank(key) => {
                let (name, text) =
                    (key.to_string(), PageBuilder::new(key.board.clone(), key.base).text());
                index.blank(&key, name.len() + text.len());
                self.put(name, Some(text));
            }
        }
    }

    /// Removes from the store what may no longer be kept. What the store does not take now it takes later.
    pub(super) async fn remove_dropped(&self) {
        // Whoever writes pages begins after these from now on.
        drop(self.open_pages().await);
        let gone = self.dropped.take();
        for (number, key) in gone.iter().enumerate() {
            if !self.put(key.to_string(), None) {
                self.dropped.borrow_mut().extend_from_slice(gone.get(number..).unwrap_or_default());
                return;
            }
            if number % READ_AT_ONCE == 0 {
                tokio::task::yield_now().await;
            }
        }
    }
}

/// Reads what is stored in a row; gives it back with what is wrong with it.
fn read(row: Row, masks: &Masks) -> Result<Read, (Row, PageError)> {
    let read = || {
        let key = PageKey::parse(&row.key).ok_or(PageError::Place)?;
        let page = Page::read(&row.value)?;
        // All of it, so that a damaged page is known from now on.
        page.changes(|_| true)?;
        page.links()?;
        let masked = page.masked(&key, masks)?.map(|page| page.text());
        let bytes = row.key.len() + row.value.len();
        Ok(Read { span: page.span(), lost: page.lost(), key, bytes, masked })
    };
    match read() {
        Ok(read) => Ok(read),
        Err(error) => Err((row, error)),
    }
}

// === impl Found ===

impl Found {
    /// Writes one line to the log for all rows that could not be read.
    fn tell(self) {
        if let Some((key, reason)) = self.first {
            let (bucket, rows) = (Bucket::History.name(), self.unreadable);
            tracing::warn!(
                code = "row-unreadable",
                bucket,
                key,
                reason,
                rows,
                "stored rows were left out"
            );
        }
        if self.masked > 0 {
            tracing::info!(code = "history-masked", pages = self.masked, "names were taken out");
        }
    }
}
