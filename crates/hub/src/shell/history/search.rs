//! Looks through the stored past, page by page from the newest on. Each page is asked for by itself, so that a search of
//! any length takes a turn of the core thread for one page at a time.

use std::collections::VecDeque;
use std::rc::Rc;

use lampfield_board::history::PastChange;
use lampfield_board::{BoardName, Subject, WallTime};
use lampfield_fabric::{Bucket, Storage, StoreError};

use super::StoredHistory;
use super::journal::LinkEvent;
use super::page::{Needle, Page, PageError, PageKey};

/// What of the past is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Sought<'a> {
    /// The board whose past is searched.
    pub board: &'a BoardName,
    /// Of which subjects, by the names under which their past is kept.
    pub subjects: &'a [Subject],
    /// The oldest moment that is of interest.
    pub since: WallTime,
    /// The newest moment that is of interest.
    pub until: WallTime,
    /// With what happened to connections on the board.
    pub links: bool,
}

/// A search under way, which reads one page at a time.
pub struct Search {
    history: Rc<StoredHistory>,
    pages: VecDeque<PageKey>,
    subjects: Vec<Subject>,
    since: WallTime,
    until: WallTime,
    links: bool,
}

/// What a page had of what is sought.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Leaf {
    /// Changes of the subjects that are sought, the newest first.
    pub changes: Vec<(Subject, PastChange)>,
    /// What happened to connections, the newest first.
    pub links: Vec<LinkEvent>,
    /// Where the page begins: what comes next is older.
    pub begins: WallTime,
}

// === impl Search ===

impl Search {
    pub(super) fn new(
        history: &Rc<StoredHistory>,
        sought: Sought<'_>,
        pages: Vec<PageKey>,
    ) -> Self {
        Self {
            history: Rc::clone(history),
            pages: pages.into(),
            subjects: sought.subjects.to_vec(),
            since: sought.since,
            until: sought.until,
            links: sought.links,
        }
    }

    /// What the next older page has, which may be nothing; `None` when all have been looked at. A page that cannot be
    /// read has nothing.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn next(&mut self) -> Result<Option<Leaf>, StoreError> {
        let Some(key) = self.pages.pop_front() else { return Ok(None) };
        let row = self.history.store.get(Bucket::History, &key.to_string()).await?;
        // It may have gone meanwhile.
        let text = row.map(|row| row.value).unwrap_or_default();
        let leaf = self.read(&text).unwrap_or_else(|error| {
            tracing::debug!(%key, %error, "a page of the past was left out");
            Leaf::default()
        });
        Ok(Some(Leaf { begins: key.base, ..leaf }))
    }

    /// Looks through all pages for the subjects that are named at all, and stops at the first that names some.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn named(mut self) -> Result<Vec<Subject>, StoreError> {
        while let Some(key) = self.pages.pop_front() {
            let row = self.history.store.get(Bucket::History, &key.to_string()).await?;
            let text = row.map(|row| row.value).unwrap_or_default();
            let named = |subject: &&Subject| Needle::of(subject).is_in(&text);
            let named: Vec<_> = self.subjects.iter().filter(named).cloned().collect();
            if !named.is_empty() {
                return Ok(named);
            }
        }
        Ok(Vec::new())
    }

    fn read(&self, text: &str) -> Result<Leaf, PageError> {
        let is_named = self.subjects.iter().any(|subject| Needle::of(subject).is_in(text));
        let has_links = self.links && Page::has_links(text);
        if text.is_empty() || !(is_named || has_links) {
            return Ok(Leaf::default());
        }
        let page = Page::read(text)?;
        let is_within = |at: WallTime| (self.since..=self.until).contains(&at);
        let mut leaf = Leaf::default();
        if is_named {
            leaf.changes = page.changes(|subject| self.subjects.contains(subject))?;
            leaf.changes.retain(|(_, change)| is_within(change.at));
            leaf.changes.reverse();
        }
        if has_links {
            leaf.links = page.links()?;
            leaf.links.retain(|event| is_within(event.at));
            leaf.links.reverse();
        }
        Ok(leaf)
    }
}
