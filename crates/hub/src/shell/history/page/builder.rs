//! A page in the making: text is added at its end, so that a change costs what it is long.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::hash::Hash;
use std::sync::Arc;

use lampfield_board::history::{Masks, PastChange};
use lampfield_board::{BoardName, FactState, Origin, Protocol, Subject, Value, WallTime};

use super::super::journal::{LinkEvent, LinkTurn};
use super::{FORM, PAGE_BYTES, PageKey, Span};
use crate::stored::json;

/// A page that still takes changes, and is written anew with each batch.
pub(in crate::shell::history) struct PageBuilder {
    key: PageKey,
    span: Span,
    /// Up to when changes were lost before they could be written, if any were.
    lost: Option<WallTime>,
    /// Under which place the past of a subject is kept; none where nothing is.
    kept: HashMap<Subject, Option<usize>>,
    subjects: Dictionary<Subject>,
    origins: Dictionary<Arc<Origin>>,
    protocols: Dictionary<Protocol>,
    states: Dictionary<String>,
    changes: String,
    links: String,
}

/// Things that are there once, as JSON, in the order of their first mention.
struct Dictionary<K> {
    places: HashMap<K, usize>,
    text: String,
}

// === impl PageBuilder ===

impl PageBuilder {
    /// A page from which on everything is known.
    pub(in crate::shell::history) fn new(board: BoardName, base: WallTime) -> Self {
        Self {
            key: PageKey { board, base },
            span: Span::empty(base),
            lost: None,
            kept: HashMap::new(),
            subjects: Dictionary::default(),
            origins: Dictionary::default(),
            protocols: Dictionary::default(),
            states: Dictionary::default(),
            changes: String::new(),
            links: String::new(),
        }
    }

    pub(in crate::shell::history) fn key(&self) -> &PageKey {
        &self.key
    }

    pub(in crate::shell::history) fn span(&self) -> Span {
        self.span
    }

    /// Nothing up to this moment can be relied on: changes were lost.
    pub(in crate::shell::history) fn mark_lost(&mut self, until: WallTime) {
        self.lost = self.lost.max(Some(until));
    }

    pub(in crate::shell::history) fn is_full(&self) -> bool {
        let texts = [&self.subjects.text, &self.origins.text, &self.states.text];
        let names: usize = texts.iter().map(|text| text.len()).sum();
        names + self.changes.len() + self.links.len() >= PAGE_BYTES
    }

    /// Adds a change, under another name where its subject's is masked; one of which nothing may be kept is left out.
    pub(in crate::shell::history) fn add(
        &mut self,
        subject: &Subject,
        change: &PastChange,
        masks: &Masks,
    ) {
        let Some(subject) = self.place_of(subject, masks) else { return };
        let origin = self.origins.place(&change.origin, origin_json);
        let protocol = self.protocols.place(&change.protocol, |protocol| json(&protocol.as_str()));
        let state = self.states.place(&state_json(&change.state), String::clone);
        let was = self.optional(change.was.as_ref().map(state_json));
        let lamp = self.optional(change.lamp.as_ref().map(value_json));
        let lamp_was = self.optional(change.lamp_was.as_ref().map(value_json));
        let after = self.after(change.at);
        separate(&mut self.changes);
        // Writing to a string cannot fail.
        let _ok = write!(
            self.changes,
            "[{after},{subject},{origin},{protocol},{state},{was},{lamp},{lamp_was}]"
        );
    }

    /// Adds what happened to the connections of an origin.
    pub(in crate::shell::history) fn add_link(&mut self, event: &LinkEvent) {
        let origin = self.origins.place(&event.origin, origin_json);
        let (word, time) = match event.turn {
            LinkTurn::Lost(time) => ("lost", time),
            LinkTurn::Returned(time) => ("returned", time),
        };
        let after = self.after(event.at);
        separate(&mut self.links);
        let _ok = write!(self.links, "[{after},{origin},\"{word}\",{}]", time.as_millis());
    }

    /// The page as JSON text: the value of its row.
    pub(in crate::shell::history) fn text(&self) -> String {
        let Self { subjects, origins, protocols, states, changes, links, .. } = self;
        let lost = self.lost.map(|at| format!("\"lost\":{},", at.millis())).unwrap_or_default();
        let base = self.key.base.millis();
        format!(
            "{{\"form\":{FORM},\"base\":{base},{lost}\"subjects\":[{}],\"origins\":[{}],\"protocols\":[{}],\
             \"states\":[{}],\"changes\":[{changes}],\"links\":[{links}]}}",
            subjects.text, origins.text, protocols.text, states.text,
        )
    }

    fn place_of(&mut self, subject: &Subject, masks: &Masks) -> Option<usize> {
        if let Some(place) = self.kept.get(subject) {
            return *place;
        }
        let place = masks
            .kept(subject)
            .map(|kept| self.subjects.place(kept.as_ref(), |subject| json(&subject.to_string())));
        self.kept.insert(subject.clone(), place);
        place
    }

    /// The place of a state, -1 for none.
    fn optional(&mut self, state: Option<String>) -> i64 {
        let place = state.map(|state| self.states.place(&state, String::clone));
        place.and_then(|place| i64::try_from(place).ok()).unwrap_or(-1)
    }

    fn after(&mut self, at: WallTime) -> i64 {
        self.span = self.span.and(at);
        at.millis().cast_signed().wrapping_sub(self.key.base.millis().cast_signed())
    }
}

// === impl Dictionary ===

impl<K: Hash + Eq + Clone> Dictionary<K> {
    fn place(&mut self, key: &K, write: impl FnOnce(&K) -> String) -> usize {
        if let Some(place) = self.places.get(key) {
            return *place;
        }
        let place = self.places.len();
        separate(&mut self.text);
        self.text.push_str(&write(key));
        self.places.insert(key.clone(), place);
        place
    }
}

impl<K> Default for Dictionary<K> {
    fn default() -> Self {
        Self { places: HashMap::new(), text: String::new() }
    }
}

fn separate(list: &mut String) {
    if !list.is_empty() {
        list.push(',');
    }
}

fn origin_json(origin: &Arc<Origin>) -> String {
    json(&[origin.account.as_str(), &origin.identity.to_string()])
}

fn state_json(state: &FactState) -> String {
    match state {
        FactState::Live(value) => value_json(value),
        FactState::Withdrawn(ending) => json(&ending.as_str()),
        FactState::Unavailable(ending) => {
            format!("{{\"unavailable\":{}}}", json(&ending.as_str()))
        }
    }
}

fn value_json(value: &Value) -> String {
    format!("[{},{}]", value.kind().stored_form(), json(value))
}
