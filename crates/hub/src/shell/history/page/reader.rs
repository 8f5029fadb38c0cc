//! A stored page, read. What cannot be read is said and never guessed at.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use lampfield_board::history::{Masks, PastChange};
use lampfield_board::{
    AccountName, Ending, FactState, Identity, Kind, Origin, Protocol, Subject, Value, WallTime,
};
use serde::Deserialize;
use thiserror::Error;

use super::super::journal::{LinkEvent, LinkTurn};
use super::{FORM, PageBuilder, PageKey, Span};
use crate::stored::json;

/// What a page holds, in the order in which it was written.
pub(in crate::shell::history) struct Page {
    stored: StoredPage,
    base: WallTime,
    subjects: Vec<Subject>,
    origins: Vec<Arc<Origin>>,
    protocols: Vec<Protocol>,
}

/// Why a page cannot be used.
#[derive(Debug, Error)]
pub(in crate::shell::history) enum PageError {
    /// It is not JSON of the right form.
    #[error("it cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    /// A newer version has written it in a form unknown here.
    #[error("it has form {0}, this version reads up to {FORM}")]
    Newer(u8),
    /// A name or a word in it is not valid.
    #[error("it has the unknown word {0:?}")]
    Word(String),
    /// A number in it points to no entry of its lists.
    #[error("it points to what is not in it")]
    Place,
}

/// The name of a subject as it stands in pages: whether one has it is seen without reading it.
pub(in crate::shell::history) struct Needle(String);

#[derive(Deserialize)]
struct StoredPage {
    form: u8,
    base: u64,
    #[serde(default)]
    lost: Option<u64>,
    subjects: Vec<String>,
    origins: Vec<(String, String)>,
    protocols: Vec<String>,
    states: Vec<serde_json::Value>,
    changes: Vec<[i64; 8]>,
    links: Vec<(i64, usize, String, u64)>,
}

// === impl Needle ===

impl Needle {
    pub(in crate::shell::history) fn of(subject: &Subject) -> Self {
        Self(json(&subject.to_string()))
    }

    /// Whether a page may have something of it.
    pub(in crate::shell::history) fn is_in(&self, text: &str) -> bool {
        text.contains(&self.0)
    }
}

// === impl Page ===

impl Page {
    /// Reads the value of a row; refuses forms that are newer than this version.
    pub(in crate::shell::history) fn read(text: &str) -> Result<Self, PageError> {
        let stored: StoredPage = serde_json::from_str(text)?;
        if stored.form > FORM {
            return Err(PageError::Newer(stored.form));
        }
        let subjects = stored.subjects.iter().map(|text| text.parse().map_err(|_| word(text)));
        let origins = stored.origins.iter().map(|(account, identity)| {
            let account = AccountName::parse(account).map_err(|_| word(account))?;
            let identity = Identity::parse(identity).map_err(|_| word(identity))?;
            Ok::<_, PageError>(Arc::new(Origin::new(account, identity)))
        });
        let protocols = stored.protocols.iter().map(|text| text.parse().map_err(|_| word(text)));
        Ok(Self {
            base: WallTime::from_millis(stored.base),
            subjects: subjects.collect::<Result<_, _>>()?,
            origins: origins.collect::<Result<_, _>>()?,
            protocols: protocols.collect::<Result<_, _>>()?,
            stored,
        })
    }

    /// Whether a page has events of connections, seen without reading it.
    pub(in crate::shell::history) fn has_links(text: &str) -> bool {
        !text.ends_with("\"links\":[]}")
    }

    /// Up to when changes were lost before it, if any were.
    pub(in crate::shell::history) fn lost(&self) -> Option<WallTime> {
        self.stored.lost.map(WallTime::from_millis)
    }

    pub(in crate::shell::history) fn span(&self) -> Span {
        let changes = self.stored.changes.iter().map(|[after, ..]| *after);
        let links = self.stored.links.iter().map(|(after, ..)| *after);
        changes.chain(links).fold(Span::empty(self.base), |span, after| span.and(self.at(after)))
    }

    /// The changes of the subjects that `wanted` picks.
    pub(in crate::shell::history) fn changes(
        &self,
        wanted: impl Fn(&Subject) -> bool,
    ) -> Result<Vec<(Subject, PastChange)>, PageError> {
        let wanted: Vec<bool> = self.subjects.iter().map(wanted).collect();
        let mut states = States { stored: &self.stored.states, read: HashMap::new() };
        let mut found = Vec::new();
        for [after, subject, origin, protocol, said @ ..] in &self.stored.changes {
            if !*at(&wanted, *subject)? {
                continue;
            }
            let subject = at(&self.subjects, *subject)?;
            let [state, was, lamp, lamp_was] = said.map(|place| states.get(subject.kind(), place));
            let change = PastChange {
                at: self.at(*after),
                origin: Arc::clone(at(&self.origins, *origin)?),
                state: state?.ok_or(PageError::Place)?,
                was: was?,
                lamp: lamp?.as_ref().and_then(FactState::live).cloned(),
                lamp_was: lamp_was?.as_ref().and_then(FactState::live).cloned(),
                protocol: *at(&self.protocols, *protocol)?,
            };
            found.push((subject.clone(), change));
        }
        Ok(found)
    }

    /// What happened to connections: those that were lost or came back.
    pub(in crate::shell::history) fn links(&self) -> Result<Vec<LinkEvent>, PageError> {
        let links = self.stored.links.iter().map(|(after, origin, turn, time)| {
            let time = Duration::from_millis(*time);
            Ok(LinkEvent {
                at: self.at(*after),
                origin: Arc::clone(self.origins.get(*origin).ok_or(PageError::Place)?),
                turn: match turn.as_str() {
                    "lost" => LinkTurn::Lost(time),
                    "returned" => LinkTurn::Returned(time),
                    other => return Err(word(other)),
                },
            })
        });
        links.collect()
    }

    /// The same page without the names that must not be in it; none if it has none of them.
    pub(in crate::shell::history) fn masked(
        &self,
        key: &PageKey,
        masks: &Masks,
    ) -> Result<Option<PageBuilder>, PageError> {
        if !self.subjects.iter().any(|subject| masks.hides(subject)) {
            return Ok(None);
        }
        let mut page = PageBuilder::new(key.board.clone(), key.base);
        self.lost().into_iter().for_each(|until| page.mark_lost(until));
        let changes = self.changes(|_| true)?;
        changes.iter().for_each(|(subject, change)| page.add(subject, change, masks));
        self.links()?.iter().for_each(|event| page.add_link(event));
        Ok(Some(page))
    }

    fn at(&self, after: i64) -> WallTime {
        let millis = self.base.millis().cast_signed().wrapping_add(after);
        WallTime::from_millis(millis.cast_unsigned())
    }
}

/// The states of a page, each read once for a kind.
struct States<'a> {
    stored: &'a [serde_json::Value],
    read: HashMap<(Kind, i64), FactState>,
}

impl States<'_> {
    fn get(&mut self, kind: Kind, at: i64) -> Result<Option<FactState>, PageError> {
        if at == -1 {
            return Ok(None);
        }
        if let Some(state) = self.read.get(&(kind, at)) {
            return Ok(Some(state.clone()));
        }
        let stored = self.stored.get(place(at)?).ok_or(PageError::Place)?;
        let state = read_state(kind, stored).ok_or_else(|| word(&stored.to_string()))?;
        self.read.insert((kind, at), state.clone());
        Ok(Some(state))
    }
}

fn read_state(kind: Kind, stored: &serde_json::Value) -> Option<FactState> {
    if let Some([form, value]) = stored.as_array().map(Vec::as_slice) {
        let form = u8::try_from(form.as_u64()?).ok()?;
        let value: Value = kind.from_stored(form, value.clone()).ok()?;
        return Some(FactState::Live(value));
    }
    let ending = |word: &serde_json::Value| word.as_str()?.parse::<Ending>().ok();
    match stored.get("unavailable") {
        Some(word) => Some(FactState::Unavailable(ending(word)?)),
        None => Some(FactState::Withdrawn(ending(stored)?)),
    }
}

fn place(number: i64) -> Result<usize, PageError> {
    usize::try_from(number).map_err(|_| PageError::Place)
}

fn at<T>(list: &[T], number: i64) -> Result<&T, PageError> {
    list.get(place(number)?).ok_or(PageError::Place)
}

fn word(text: &str) -> PageError {
    PageError::Word(text.to_owned())
}
