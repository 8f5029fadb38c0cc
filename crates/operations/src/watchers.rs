//! The changes of the board for people who watch. A watcher who reads slowly keeps a bounded backlog
//! in which the newest value of each lamp survives, and is told how much was left out. A watch has the rights that its actor
//! has now, not those that it began with.

use std::cell::RefCell;
use std::collections::{HashSet, VecDeque};
use std::rc::{Rc, Weak};

use lampfield_accounts::{AccountBook, AccountChange};
use lampfield_board::{AccountName, BoardName, Change, Subject};
use lampfield_hub::Observer;
use lampfield_hub::kit::Grant;
use tokio::sync::Notify;

use crate::actor::ActorKind;
use crate::document::change::{self, Line, Skipped};
use crate::failure::{Exit, Failure};

/// Changes that may wait for one watcher.
const BACKLOG: usize = 1_000;

/// Changes that are left in a full backlog, so that making room is not needed for each of the next.
const AFTER_ROOM: usize = BACKLOG * 3 / 4;

/// Lamps that are counted as skipped; beyond it only their values are.
const COUNTED_LAMPS: usize = 10_000;

/// The backlogs of everybody who watches; those who have gone are dropped.
#[derive(Default)]
pub struct Watchers {
    backlogs: RefCell<Vec<Weak<Backlog>>>,
}

/// Whether a watcher wants to hear of a change. It must not act on the board.
type IsWanted = Box<dyn Fn(&Change) -> bool>;

/// What waits for one watcher.
struct Backlog {
    board: BoardName,
    who: ActorKind,
    /// Of which lamps it may hear; none where it may not watch any longer.
    hear: RefCell<Option<Grant>>,
    is_wanted: IsWanted,
    waiting: RefCell<Waiting>,
    news: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    changes: VecDeque<Change>,
    skipped: u64,
    skipped_lamps: HashSet<Subject>,
}

/// The reading end of one watch, which ends when this is dropped.
pub struct Watching(Rc<Backlog>);

// === impl Watchers ===

impl Watchers {
    /// Begins a watch of somebody over the changes of a board that are wanted, of which they may hear; with none it is over
    /// at once.
    pub fn watch(
        &self,
        who: &ActorKind,
        hear: Option<Grant>,
        board: BoardName,
        is_wanted: impl Fn(&Change) -> bool + 'static,
    ) -> Watching {
        let (waiting, news) = (RefCell::default(), Notify::new());
        let (who, hear) = (who.clone(), RefCell::new(hear));
        let is_wanted = Box::new(is_wanted);
        let backlog = Rc::new(Backlog { board, who, hear, is_wanted, waiting, news });
        let mut backlogs = self.backlogs.borrow_mut();
        backlogs.retain(|backlog| backlog.strong_count() > 0);
        backlogs.push(Rc::downgrade(&backlog));
        Watching(backlog)
    }

    /// The rights of a token or a script of this board have changed: what runs for it goes on with these, or ends. To be called
    /// by what knows it; accounts are followed by [`Watchers::follow`].
    pub fn set_hear(&self, board: &BoardName, who: &ActorKind, hear: Option<&Grant>) {
        self.set_hear_of(|one| one.board == *board && one.who == *who, hear);
    }

    fn set_hear_of(&self, is_meant: impl Fn(&Backlog) -> bool, hear: Option<&Grant>) {
        let backlogs = self.backlogs.borrow();
        let meant = backlogs.iter().filter_map(Weak::upgrade).filter(|one| is_meant(one));
        meant.for_each(|backlog| backlog.set_hear(hear.cloned()));
    }

    /// What runs for an account has the account's rights from now on, and ends with it.
    pub fn follow(self: &Rc<Self>, accounts: &AccountBook) {
        let watchers = Rc::downgrade(self);
        accounts.on_change(move |change| {
            let (account, is_gone) = match change {
                AccountChange::Added(account) | AccountChange::Changed(account) => (account, false),
                AccountChange::Removed(account) => (account, true),
            };
            let Ok(name) = AccountName::parse(account.jid.as_str()) else { return };
            if let Some(watchers) = watchers.upgrade() {
                let hear = (!is_gone).then(|| Grant::of(&account.hears()));
                let who = ActorKind::Account(name);
                watchers.set_hear_of(|one| one.who == who, hear.as_ref());
            }
        });
    }
}

impl Observer for Watchers {
    fn changed(&self, board: &BoardName, change: &Change) {
        let backlogs = self.backlogs.borrow();
        let of_board = backlogs.iter().filter_map(Weak::upgrade);
        for backlog in of_board.filter(|backlog| backlog.board == *board) {
            backlog.offer(change);
        }
    }
}

// === impl Backlog ===

impl Backlog {
    fn offer(&self, change: &Change) {
        let hear = self.hear.borrow();
        let may_hear = hear.as_ref().is_some_and(|hear| hear.covers(&change.subject));
        if may_hear && (self.is_wanted)(change) {
            self.waiting.borrow_mut().push(change.clone());
            self.news.notify_one();
        }
    }

    /// What has not been told yet is told only if it still may be. What is over stays so: whoever has been told the end has
    /// missed changes since.
    fn set_hear(&self, hear: Option<Grant>) {
        if self.hear.borrow().is_none() {
            return;
        }
        let covers = |change: &Change| hear.as_ref().is_some_and(|it| it.covers(&change.subject));
        self.waiting.borrow_mut().changes.retain(covers);
        self.hear.replace(hear);
        self.news.notify_one();
    }

    /// That nothing more may be told.
    fn over(&self) -> Option<Failure> {
        let message = || format!("{} may no longer watch changes", self.who);
        let is_over = self.hear.borrow().is_none();
        is_over.then(|| Failure::new(Exit::NotAllowed, "not-allowed", message()))
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

    fn next(&mut self, board: &BoardName) -> Option<Line> {
        if self.skipped > 0 {
            let skipped = Skipped {
                schema: "skipped/1".to_owned(),
                skipped_values: std::mem::take(&mut self.skipped),
                skipped_subjects: std::mem::take(&mut self.skipped_lamps).len() as u64,
            };
            return Some(Line::Skipped(skipped));
        }
        let change = self.changes.pop_front()?;
        Some(Line::Change(Box::new(change::Change::of(board, &change))))
    }
}

// === impl Watching ===

impl Watching {
    /// The next line; waits for it.
    ///
    /// # Errors
    /// Whoever watches may not do so any longer; nothing follows.
    pub async fn next(&mut self) -> Result<Line, Failure> {
        loop {
            if let Some(over) = self.0.over() {
                return Err(over);
            }
            let line = self.0.waiting.borrow_mut().next(&self.0.board);
            match line {
                Some(line) => return Ok(line),
                None => self.0.news.notified().await,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use lampfield_board::{
        Cachable, DeviceState, Eid, Ending, FactState, Origin, Pattern, Protocol, Revision, Value,
        Version, WallTime,
    };

    use super::*;
    use crate::document::Shown;

    fn board() -> BoardName {
        BoardName::parse("b").expect("a board")
    }

    fn change(device: &str, state: DeviceState) -> Change {
        let account = AccountName::parse("a@b").expect("an account");
        let eid = "02:00:00:00:00:01".parse::<Eid>().expect("an entity");
        Change {
            revision: Revision::default(),
            subject_id: None,
            subject: Subject::device(device).expect("a device"),
            origin: Arc::new(Origin::new(account, eid)),
            state: FactState::Live(Value::Device(state)),
            was: None,
            lamp: Some(Value::Device(state)),
            lamp_was: None,
            version: Version { epoch: 1, counter: 1 },
            said_at: WallTime::from_millis(0),
            protocol: Protocol::Xmpp,
            cachable: Cachable::Yes,
        }
    }

    fn everything() -> Option<Grant> {
        Some(Grant::Everything)
    }

    async fn all(watching: &mut Watching) -> Vec<Line> {
        let mut lines = Vec::new();
        while let Ok(Ok(line)) =
            tokio::time::timeout(std::time::Duration::from_millis(1), watching.next()).await
        {
            lines.push(line);
        }
        lines
    }

    #[tokio::test]
    async fn a_watch_tells_what_is_wanted_of_its_board() {
        let watchers = Watchers::default();
        let is_busy = |change: &Change| change.lamp == Some(Value::Device(DeviceState::Busy));
        let mut busy = watchers.watch(&ActorKind::Owner, everything(), board(), is_busy);
        let mut elsewhere = watchers.watch(
            &ActorKind::Owner,
            everything(),
            BoardName::parse("c").expect("a board"),
            |_| true,
        );
        for state in [DeviceState::Busy, DeviceState::InUse] {
            watchers.changed(&board(), &change("PJSIP/100", state));
        }
        assert_eq!(all(&mut busy).await.len(), 1);
        assert_eq!(all(&mut elsewhere).await.len(), 0);
    }

    /// Of lamps with these names.
    fn names(pattern: &str) -> Grant {
        Grant::of(&[Pattern::parse(pattern).expect("a pattern")])
    }

    #[tokio::test]
    async fn a_watch_has_the_rights_that_its_actor_has_now() {
        let watchers = Watchers::default();
        let who = ActorKind::Token("wall".to_owned());
        let mut watching = watchers.watch(&who, everything(), board(), |_| true);
        let mut owners = watchers.watch(&ActorKind::Owner, everything(), board(), |_| true);
        let tell_both = || {
            for device in ["PJSIP/100", "PJSIP/200"] {
                watchers.changed(&board(), &change(device, DeviceState::InUse));
            }
        };
        tell_both();
        watchers.set_hear(&board(), &who, Some(&names("PJSIP/1*")));
        assert_eq!(all(&mut watching).await.len(), 1, "also of what it has not read yet");
        tell_both();
        assert_eq!(all(&mut watching).await.len(), 1);
        watchers.set_hear(&board(), &who, Some(&names("*")));
        tell_both();
        assert_eq!(all(&mut watching).await.len(), 2);
        tell_both();
        watchers.set_hear(&BoardName::parse("c").expect("a board"), &who, None);
        assert_eq!(all(&mut watching).await.len(), 2, "a token of that name on another board");
        tell_both();
        watchers.set_hear(&board(), &who, None);
        watchers.set_hear(&board(), &who, Some(&names("*")));
        let over = watching.next().await.expect_err("it may not watch");
        assert_eq!((over.exit, over.code.as_str()), (Exit::NotAllowed, "not-allowed"));
        assert_eq!(all(&mut owners).await.len(), 10, "the rights of others are their own");
    }

    #[tokio::test]
    async fn a_withdrawal_is_told_with_its_reason() {
        let watchers = Watchers::default();
        let mut watching = watchers.watch(&ActorKind::Owner, everything(), board(), |_| true);
        let said = change("PJSIP/100", DeviceState::InUse);
        let ended = Change { state: FactState::Withdrawn(Ending::Goodbye), ..said.clone() };
        watchers.changed(&board(), &said);
        watchers.changed(&board(), &ended);
        let lines = all(&mut watching).await;
        let reasons = lines.iter().map(|line| match line {
            Line::Change(change) => change.reason.as_deref(),
            Line::Skipped(_) => None,
        });
        assert_eq!(reasons.collect::<Vec<_>>(), [None, Some("said goodbye")]);
    }

    #[tokio::test]
    async fn a_slow_reader_keeps_the_newest_of_each_lamp_and_hears_what_it_missed() {
        let watchers = Watchers::default();
        let mut slow = watchers.watch(&ActorKind::Owner, everything(), board(), |_| true);
        for round in 0..10 {
            let state = if round == 9 { DeviceState::Busy } else { DeviceState::InUse };
            for device in 0..200 {
                watchers.changed(&board(), &change(&format!("PJSIP/{device}"), state));
            }
        }
        let lines = all(&mut slow).await;
        let Some(Line::Skipped(skipped)) = lines.first() else { panic!("{lines:?}") };
        assert_eq!(skipped.skipped_values + lines.len() as u64 - 1, 2_000);
        assert_eq!(skipped.skipped_subjects, 200);
        assert!(lines.len() <= BACKLOG + 1);
        let busy = Some(Shown::from(&Value::Device(DeviceState::Busy)));
        let newest = lines
            .iter()
            .filter(|line| matches!(line, Line::Change(change) if change.aggregate == busy));
        assert_eq!(newest.count(), 200, "the newest value of each lamp");
    }

    #[tokio::test]
    async fn a_restless_lamp_pushes_no_quiet_one_out() {
        let watchers = Watchers::default();
        let mut slow = watchers.watch(&ActorKind::Owner, everything(), board(), |_| true);
        watchers.changed(&board(), &change("PJSIP/quiet", DeviceState::Busy));
        for _ in 0..10 * BACKLOG {
            watchers.changed(&board(), &change("PJSIP/restless", DeviceState::InUse));
        }
        let quiet = |line: &Line| matches!(line, Line::Change(change) if change.subject == "device/PJSIP/quiet");
        assert!(all(&mut slow).await.iter().any(quiet));
    }

    #[tokio::test]
    async fn more_lamps_than_room_leave_the_newest() {
        let watchers = Watchers::default();
        let mut slow = watchers.watch(&ActorKind::Owner, everything(), board(), |_| true);
        for device in 0..5_000 {
            watchers.changed(&board(), &change(&format!("PJSIP/{device}"), DeviceState::InUse));
        }
        let lines = all(&mut slow).await;
        assert!(lines.len() <= BACKLOG + 1);
        let Some(Line::Change(last)) = lines.last() else { panic!("{lines:?}") };
        assert_eq!(last.subject, "device/PJSIP/4999");
    }
}
