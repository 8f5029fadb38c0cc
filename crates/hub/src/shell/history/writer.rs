//! Makes pages of what has happened. Runs on a thread of its own while a batch is written, so that the core thread pays
//! for nothing but handing it over.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use lampfield_board::history::{Masks, PastChange};
use lampfield_board::{BoardName, Subject, WallTime};

use super::journal::LinkEvent;
use super::page::{PageBuilder, PageKey, Span};

/// How long a page takes more at the most, so that what is in it is not kept much longer than it may be.
const LONGEST_PAGE: Duration = Duration::from_hours(1);

/// A change, or something that happened to a connection.
#[derive(Debug)]
pub(super) enum Entry {
    Change(Subject, PastChange),
    Link(LinkEvent),
}

/// What has happened since the last batch was written.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub entries: Vec<(BoardName, Entry)>,
    /// The boards that have begun since, with the moment.
    pub begun: Vec<(BoardName, WallTime)>,
    /// Up to when entries were lost, because there was no room for them.
    pub lost: Option<WallTime>,
}

/// What of the settings decides how pages are made.
pub(super) struct Making {
    pub masks: Masks,
    /// `history.keep`: how long changes are kept, and so how much time a page may span.
    pub keep: Duration,
}

/// A page as it is to be stored.
pub(super) struct WrittenPage {
    pub key: PageKey,
    pub span: Span,
    pub text: String,
}

/// The page of each board that takes more.
#[derive(Default)]
pub(super) struct OpenPages {
    pages: BTreeMap<BoardName, PageBuilder>,
    /// Where the newest page begins: no other may begin there.
    newest: WallTime,
    /// How often everything had been dropped when the first of these pages was begun.
    era: u64,
}

// === impl Entry ===

impl Entry {
    pub(super) fn at(&self) -> WallTime {
        match self {
            Self::Change(_, change) => change.at,
            Self::Link(event) => event.at,
        }
    }
}

// === impl Batch ===

impl Batch {
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.begun.is_empty() && self.lost.is_none()
    }

    /// Leaves out what was of a board.
    pub(super) fn forget(&mut self, board: &BoardName) {
        self.entries.retain(|(on, _)| on != board);
        self.begun.retain(|(on, _)| on != board);
    }
}

// === impl OpenPages ===

impl OpenPages {
    /// New pages begin after this moment.
    pub(super) fn begin_after(&mut self, newest: WallTime) {
        self.newest = self.newest.max(newest);
    }

    /// Begins anew, after pages that are dropped.
    pub(super) fn restart(&mut self, era: u64, newest: WallTime) {
        self.pages.clear();
        self.begin_after(newest);
        self.era = era;
    }

    /// How often everything had been dropped when these pages were begun.
    pub(super) fn era(&self) -> u64 {
        self.era
    }

    /// This page takes no more, if it is an open one.
    pub(super) fn close_page(&mut self, key: &PageKey) {
        if self.pages.get(&key.board).is_some_and(|page| page.key() == key) {
            self.pages.remove(&key.board);
        }
    }

    /// Closes the page of a board.
    pub(super) fn close(&mut self, board: &BoardName) {
        self.pages.remove(board);
    }

    /// Closes those in which nothing is newer than `end`.
    pub(super) fn close_older(&mut self, end: WallTime) {
        self.pages.retain(|_, page| page.span().to >= end);
    }

    /// Adds a batch; gives each page that is another now.
    pub(super) fn add(&mut self, batch: Batch, making: &Making) -> Vec<WrittenPage> {
        let (mut touched, mut written) = (BTreeSet::new(), Vec::new());
        for (board, at) in batch.begun {
            self.page(&board, at);
            touched.insert(board);
        }
        for (board, entry) in batch.entries {
            if let Some(page) = self.pages.get(&board)
                && is_over(page, entry.at(), making.keep)
            {
                written.push(write(page));
                self.pages.remove(&board);
            }
            let page = self.page(&board, entry.at());
            match entry {
                Entry::Change(subject, change) => page.add(&subject, &change, &making.masks),
                Entry::Link(event) => page.add_link(&event),
            }
            if !touched.contains(&board) {
                touched.insert(board);
            }
        }
        if let Some(until) = batch.lost {
            for (board, page) in &mut self.pages {
                page.mark_lost(until);
                touched.insert(board.clone());
            }
        }
        written.extend(touched.iter().filter_map(|board| self.pages.get(board)).map(write));
        written
    }

    fn page(&mut self, board: &BoardName, at: WallTime) -> &mut PageBuilder {
        self.pages.entry(board.clone()).or_insert_with(|| {
            let next = WallTime::from_millis(self.newest.millis().saturating_add(1));
            self.newest = at.max(next);
            PageBuilder::new(board.clone(), self.newest)
        })
    }
}

/// Whether a page is full or old enough to be closed.
fn is_over(page: &PageBuilder, now: WallTime, keep: Duration) -> bool {
    let age = Duration::from_millis(now.millis().saturating_sub(page.key().base.millis()));
    page.is_full() || age > LONGEST_PAGE.min(keep / 8)
}

fn write(page: &PageBuilder) -> WrittenPage {
    WrittenPage { key: page.key().clone(), span: page.span(), text: page.text() }
}
