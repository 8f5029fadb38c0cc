//! The changes of the board for people who watch. A watcher who reads slowly keeps a bounded backlog
//! in which the newest value of each lamp survives, and is told how much was left out.

use std::cell::RefCell;
use std::collections::{HashSet, VecDeque};
use std::rc::{Rc, Weak};

use lampfield_board::{Change, Pattern, Subject};
use lampfield_hub::Door;
use tokio::sync::Notify;

use crate::control::listener::Changes;
use crate::document::change::{self, Line, Skipped};

/// Changes that may wait for one watcher.
const BACKLOG: usize = 1_000;

/// Changes that are left in a full backlog, so that making room is not needed for each of the next.
const AFTER_ROOM: usize = BACKLOG * 3 / 4;

/// Lamps that are counted as skipped; beyond it only their values are.
const COUNTED_LAMPS: usize = 10_000;

/// Everybody who watches.
#[derive(Debug, Default)]
pub struct Watchers {
    backlogs: RefCell<Vec<Weak<Backlog>>>,
}

/// What waits for one watcher.
#[derive(Debug)]
struct Backlog {
    filter: Option<Pattern>,
    waiting: RefCell<Waiting>,
    news: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    changes: VecDeque<Change>,
    skipped: u64,
    skipped_lamps: HashSet<Subject>,
}

/// One watcher's end.
#[derive(Debug)]
pub struct Watching(Rc<Backlog>);

// === impl Watchers ===

impl Watchers {
    /// Begins a watch over the subjects that match, by name or with their kind in front.
    pub fn watch(&self, filter: Option<Pattern>) -> Watching {
        let (waiting, news) = (RefCell::default(), Notify::new());
        let backlog = Rc::new(Backlog { filter, waiting, news });
        let mut backlogs = self.backlogs.borrow_mut();
        backlogs.retain(|backlog| backlog.strong_count() > 0);
        backlogs.push(Rc::downgrade(&backlog));
        Watching(backlog)
    }
}

impl Door for Watchers {
    fn changed(&self, change: &Change) {
        for backlog in self.backlogs.borrow().iter().filter_map(Weak::upgrade) {
            backlog.offer(change);
        }
    }
}

// === impl Backlog ===

impl Backlog {
    fn offer(&self, change: &Change) {
        if self.matches(&change.subject) {
            self.waiting.borrow_mut().push(change.clone());
            self.news.notify_one();
        }
    }

    fn matches(&self, subject: &Subject) -> bool {
        self.filter.as_ref().is_none_or(|filter| {
            filter.matches(subject.name().as_str()) || filter.matches(&subject.to_string())
        })
    }
}

// === impl Waiting ===

impl Waiting {
    fn push(&mut self, change: Change) {
        if self.changes.len() >= BACKLOG {
            self.make_room();
        }
        self.changes.push_back(change);
    }

    /// Keeps the newest value of each lamp, and if these are too many, the newest of those.
    fn make_room(&mut self) {
        let mut seen = HashSet::new();
        let mut kept = VecDeque::new();
        while let Some(change) = self.changes.pop_back() {
            if kept.len() < AFTER_ROOM && seen.insert(change.subject.clone()) {
                kept.push_front(change);
            } else {
                self.skip(change.subject);
            }
        }
        self.changes = kept;
    }

    fn skip(&mut self, lamp: Subject) {
        self.skipped += 1;
        if self.skipped_lamps.len() < COUNTED_LAMPS {
            self.skipped_lamps.insert(lamp);
        }
    }

    fn next(&mut self) -> Option<Line> {
        if self.skipped > 0 {
            let skipped = Skipped {
                schema: "skipped/1".to_owned(),
                skipped_values: std::mem::take(&mut self.skipped),
                skipped_subjects: std::mem::take(&mut self.skipped_lamps).len() as u64,
            };
            return Some(Line::Skipped(skipped));
        }
        self.changes.pop_front().map(|change| Line::Change(change::Change::of(&change)))
    }
}

// === impl Watching ===

impl Changes for Watching {
    async fn next(&mut self) -> Line {
        loop {
            let line = self.0.waiting.borrow_mut().next();
            match line {
                Some(line) => return line,
                None => self.0.news.notified().await,
            }
        }
    }
}
