//! Which pages are stored, without what is in them: enough to find those of a time and to know which have to go. A page
//! takes about a hundred bytes here.

use std::collections::{BTreeMap, BTreeSet};

use lampfield_board::{BoardName, WallTime};

use super::page::{PageKey, Span};

/// The most pages there may be, whatever their size; the oldest goes.
const MOST_PAGES: usize = 100_000;

/// Pages that go in one turn of the core thread.
const GONE_AT_ONCE: usize = 256;

/// All pages of all boards, by where they begin.
#[derive(Default)]
pub(super) struct Index {
    pages: BTreeMap<WallTime, Known>,
    bytes: u64,
    /// From when on the past of a board is in its pages.
    since: BTreeMap<BoardName, WallTime>,
    /// Up to when changes of it were lost.
    lost: BTreeMap<BoardName, WallTime>,
}

struct Known {
    board: BoardName,
    span: Span,
    bytes: u64,
    /// It has been emptied: only its beginning is left.
    is_blank: bool,
}

/// How much of a page is removed to make room.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Going {
    /// The page itself, with its beginning.
    Whole(PageKey),
    /// All that is in it: where it begins still says from when on everything is known.
    Blank(PageKey),
}

// === impl Index ===

impl Index {
    /// From this moment on changes of a board are recorded, if not earlier.
    pub(super) fn begin(&mut self, board: &BoardName, at: WallTime) {
        let since = self.since.entry(board.clone()).or_insert(at);
        *since = (*since).min(at);
    }

    /// A page is stored, or is stored anew.
    pub(super) fn put(&mut self, key: &PageKey, span: Span, bytes: usize) {
        self.insert(key, span, bytes, false);
    }

    /// Nothing but its beginning is left of a page.
    pub(super) fn blank(&mut self, key: &PageKey, bytes: usize) {
        self.insert(key, Span::empty(key.base), bytes, true);
    }

    fn insert(&mut self, key: &PageKey, span: Span, bytes: usize, is_blank: bool) {
        self.begin(&key.board, key.base);
        let known = Known { board: key.board.clone(), span, bytes: bytes as u64, is_blank };
        self.bytes += known.bytes;
        if let Some(old) = self.pages.insert(key.base, known) {
            self.bytes -= old.bytes;
        }
    }

    /// A page is gone: what is known of its board begins behind it.
    pub(super) fn remove(&mut self, key: &PageKey) {
        let Some(gone) = self.pages.remove(&key.base) else { return };
        self.bytes -= gone.bytes;
        let behind = WallTime::from_millis(gone.span.to.millis().saturating_add(1));
        let since = self.since.entry(gone.board).or_insert(behind);
        *since = (*since).max(behind);
    }

    /// Nothing is stored of a board any longer, nor known of it.
    pub(super) fn forget(&mut self, board: &BoardName) {
        for (_, gone) in self.pages.extract_if(.., |_, known| known.board == *board) {
            self.bytes -= gone.bytes;
        }
        self.since.remove(board);
        self.lost.remove(board);
    }

    /// Changes of a board up to this moment were lost.
    pub(super) fn mark_lost(&mut self, board: &BoardName, until: WallTime) {
        let lost = self.lost.entry(board.clone()).or_insert(until);
        *lost = (*lost).max(until);
    }

    /// From when on everything of a board is known; none if nothing is.
    pub(super) fn complete_since(&self, board: &BoardName) -> Option<WallTime> {
        let since = *self.since.get(board)?;
        Some(self.lost.get(board).map_or(since, |lost| since.max(*lost)))
    }

    /// The pages of a board that may hold something of a time, the newest first.
    pub(super) fn pages(&self, board: &BoardName, from: WallTime, until: WallTime) -> Vec<PageKey> {
        let meant = |known: &Known| {
            known.board == *board
                && !known.is_blank
                && known.span.to >= from
                && known.span.from <= until
        };
        let pages = self.pages.iter().rev().filter(|(_, known)| meant(known));
        pages.map(|(base, _)| PageKey { board: board.clone(), base: *base }).collect()
    }

    /// Every page of every board, in the order of their beginnings.
    pub(super) fn all(&self) -> impl Iterator<Item = PageKey> {
        self.pages.iter().map(|(base, known)| PageKey { board: known.board.clone(), base: *base })
    }

    /// Where the newest page begins.
    pub(super) fn newest(&self) -> Option<WallTime> {
        self.pages.last_key_value().map(|(base, _)| *base)
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn len(&self) -> usize {
        self.pages.len()
    }

    /// What has to go so that `size` bytes are not exceeded, the oldest first, whether it still takes changes or not.
    pub(super) fn beyond(&self, size: u64) -> Vec<Going> {
        let (mut bytes, mut pages) = (self.bytes, self.pages.len());
        let mut going = Vec::new();
        for (base, known) in &self.pages {
            if (bytes <= size && pages <= MOST_PAGES) || going.len() >= GONE_AT_ONCE {
                break;
            }
            bytes -= known.bytes;
            pages -= 1;
            going.push(Going::Whole(PageKey { board: known.board.clone(), base: *base }));
        }
        going
    }

    /// What has to go so that nothing from before `end` is kept. Of each board the newest page that began before is only
    /// emptied: it says that nothing happened from there on.
    pub(super) fn older(&self, end: WallTime) -> Vec<Going> {
        let mut newer = BTreeSet::new();
        let mut going = Vec::new();
        for (base, known) in self.pages.range(..end).rev() {
            let is_newest = newer.insert(&known.board);
            let key = || PageKey { board: known.board.clone(), base: *base };
            match (known.span.to < end, is_newest) {
                (false, _) => {}
                (true, true) if known.is_blank => {}
                (true, true) => going.push(Going::Blank(key())),
                (true, false) => going.push(Going::Whole(key())),
            }
        }
        going.reverse();
        going.truncate(GONE_AT_ONCE);
        going
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> WallTime {
        WallTime::from_millis(millis)
    }

    fn key(board: &str, base: u64) -> PageKey {
        PageKey { board: BoardName::parse(board).unwrap(), base: at(base) }
    }

    fn put(index: &mut Index, board: &str, base: u64, to: u64) {
        index.put(&key(board, base), Span::empty(at(base)).and(at(to)), 100);
    }

    #[test]
    fn the_oldest_pages_go_first_whatever_their_board() {
        let mut index = Index::default();
        for base in [10, 20, 30, 40] {
            put(&mut index, if base == 20 { "b" } else { "a" }, base, base + 5);
        }
        assert_eq!(index.beyond(400), []);
        assert_eq!(index.beyond(250), [Going::Whole(key("a", 10)), Going::Whole(key("b", 20))]);
        index.remove(&key("b", 20));
        assert_eq!((index.bytes(), index.len()), (300, 3));
        assert_eq!(index.complete_since(&key("b", 0).board), Some(at(26)));
        assert_eq!(index.complete_since(&key("a", 0).board), Some(at(10)));
        assert_eq!(index.complete_since(&key("c", 0).board), None);
    }

    #[test]
    fn what_is_too_old_goes_and_a_quiet_time_stays_known() {
        let mut index = Index::default();
        put(&mut index, "a", 10, 15);
        put(&mut index, "a", 20, 25);
        put(&mut index, "b", 12, 90);
        put(&mut index, "a", 95, 99);
        let whole = Going::Whole(key("a", 10));
        assert_eq!(index.older(at(50)), [whole, Going::Blank(key("a", 20))]);
        index.remove(&key("a", 10));
        index.blank(&key("a", 20), 10);
        assert_eq!(index.older(at(50)), []);
        let board = key("a", 0).board;
        assert_eq!(index.complete_since(&board), Some(at(16)));
        assert_eq!(index.pages(&board, at(0), at(100)), [key("a", 95)], "nothing is in the other");
        // As soon as another page covers the time, nothing of it is left.
        assert_eq!(index.older(at(97)), [Going::Blank(key("b", 12)), Going::Whole(key("a", 20))]);
    }

    #[test]
    fn of_a_board_that_is_forgotten_nothing_is_known() {
        let mut index = Index::default();
        put(&mut index, "a", 10, 15);
        put(&mut index, "b", 20, 25);
        index.mark_lost(&key("a", 0).board, at(12));
        index.forget(&key("a", 0).board);
        assert_eq!((index.bytes(), index.len()), (100, 1));
        assert_eq!(index.complete_since(&key("a", 0).board), None);
        assert_eq!(index.complete_since(&key("b", 0).board), Some(at(20)));
    }

    #[test]
    fn what_was_lost_is_not_known() {
        let mut index = Index::default();
        put(&mut index, "a", 10, 15);
        index.mark_lost(&key("a", 0).board, at(30));
        assert_eq!(index.complete_since(&key("a", 0).board), Some(at(30)));
    }
}
