//! What the hub wants done. The effects of one call are to be carried out in order before the
//! next call.

use std::collections::{BTreeMap, VecDeque};

use lampfield_board::Change;
use lampfield_fabric::{Bucket, Write};

use crate::notice::{Happening, Notice, Trouble, TroubleKey};

/// One thing that the shell has to do, in the order in which the hub decided it.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Tell every door, and remember it in the history.
    Changed(Change),
    /// Tell every door what is no change on the board: a state that passes by, or one that is said again.
    Told(Change),
    /// Give the write to the store, which may owe it for a while.
    Persist(Write),
    /// Tell people: write it to the log.
    Notice(Notice),
}

/// Effects on their way out, and the troubles that stand.
#[derive(Debug, Default)]
pub struct Outbox {
    effects: VecDeque<Effect>,
    troubles: BTreeMap<TroubleKey, Trouble>,
}

impl Outbox {
    pub fn next(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    pub fn changed(&mut self, change: Change) {
        self.effects.push_back(Effect::Changed(change));
    }

    pub fn told(&mut self, change: Change) {
        self.effects.push_back(Effect::Told(change));
    }

    pub fn put(&mut self, bucket: Bucket, key: String, value: String) {
        self.effects.push_back(Effect::Persist(Write { bucket, key, value: Some(value) }));
    }

    pub fn delete(&mut self, bucket: Bucket, key: String) {
        self.effects.push_back(Effect::Persist(Write { bucket, key, value: None }));
    }

    pub fn happened(&mut self, happening: Happening) {
        self.notice(Notice::Happened(happening));
    }

    /// Raises a trouble; one that stands already in the same form is not told again.
    pub fn raise(&mut self, trouble: Trouble) {
        if self.troubles.insert(trouble.key(), trouble.clone()).as_ref() != Some(&trouble) {
            self.notice(Notice::Raised(trouble));
        }
    }

    /// Changes the data of a trouble that stands; people have been told of it already.
    pub fn update(&mut self, trouble: Trouble) {
        self.troubles.insert(trouble.key(), trouble);
    }

    /// Clears a trouble if it stands, and tells people so.
    pub fn clear(&mut self, key: &TroubleKey) {
        if let Some(trouble) = self.troubles.remove(key) {
            self.notice(Notice::Cleared(trouble));
        }
    }

    pub fn troubles(&self) -> impl Iterator<Item = &Trouble> {
        self.troubles.values()
    }

    fn notice(&mut self, notice: Notice) {
        self.effects.push_back(Effect::Notice(notice));
    }
}
