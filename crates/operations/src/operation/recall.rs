//! The past of one lamp, from the present backwards: what memory has of it first, then page by page what the store has.
//! Both know the same moments where they meet, so each moment is taken from one of them.

use std::rc::Rc;

use lampfield_board::history::PastChange;
use lampfield_board::{BoardName, Subject, WallTime};
use lampfield_fabric::StoreError;
use lampfield_hub::{Hub, HubShell, LinkEvent, Search, Sought, StoredHistory};

use crate::failure::{Exit, Failure};

/// The past of a lamp, as far as it has been looked at.
pub(super) struct Recall {
    stored: Rc<StoredHistory>,
    board: BoardName,
    subject: Subject,
    since: WallTime,
    /// Up to when the store tells of changes, and of connections; none where memory tells all.
    until: Option<(WallTime, WallTime)>,
    search: Option<Search>,
    /// From when on everything is known.
    pub begins: WallTime,
    /// Everything from here on has been looked at.
    pub reached: WallTime,
    /// What has been found and not been taken yet, the newest first.
    pub changes: Vec<PastChange>,
    /// What happened to connections, the newest first.
    pub links: Vec<LinkEvent>,
}

impl Recall {
    /// Begins with what memory has, nothing from before `since`; and with what `read` reads at the same moment.
    pub(super) async fn begin<T>(
        (board, stored): (&HubShell, &Rc<StoredHistory>),
        subject: &Subject,
        since: WallTime,
        read: impl FnOnce(&Hub) -> T,
    ) -> (Self, T) {
        let since = since.max(stored.horizon());
        let (links, links_since) = stored.links(board.name(), since);
        let (changes, changes_since, read) = board.read(|hub, _| {
            let past = hub.history();
            (past.of(subject, since, usize::MAX), past.complete_since(), read(hub))
        });
        let mut recall = Self {
            stored: Rc::clone(stored),
            board: board.name().clone(),
            subject: subject.clone(),
            since,
            until: None,
            search: None,
            begins: changes_since.max(stored.horizon()),
            reached: since,
            changes,
            links,
        };
        let stored_since = stored.complete_since(board.name()).await;
        if let Some(begins) = stored_since.filter(|stored| *stored <= changes_since) {
            recall.begins = begins;
            recall.until = Some((changes_since, links_since));
            recall.reached = changes_since.max(links_since);
            recall.changes.retain(|change| change.at > changes_since);
            recall.links.retain(|event| event.at > links_since);
        }
        (recall, read)
    }

    /// Looks at one more page of the store; says whether there was one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) async fn look_further(&mut self) -> Result<bool, Failure> {
        let Some((changes_until, links_until)) = self.until else { return Ok(false) };
        let search = match &mut self.search {
            Some(search) => search,
            None => {
                let sought = Sought {
                    board: &self.board,
                    subjects: std::slice::from_ref(&self.subject),
                    since: self.since,
                    until: changes_until.max(links_until),
                    links: true,
                };
                self.search.insert(self.stored.search(sought).await.map_err(unreadable)?)
            }
        };
        let Some(leaf) = search.next().await.map_err(unreadable)? else {
            self.reached = self.since.max(self.begins);
            return Ok(false);
        };
        let changes = leaf.changes.into_iter().map(|(_, change)| change);
        self.changes.extend(changes.filter(|change| change.at <= changes_until));
        self.links.extend(leaf.links.into_iter().filter(|event| event.at <= links_until));
        self.reached = self.reached.min(leaf.begins);
        Ok(true)
    }
}

pub(super) fn unreadable(error: StoreError) -> Failure {
    Failure::new(Exit::Bad, "store", error.to_string())
}
