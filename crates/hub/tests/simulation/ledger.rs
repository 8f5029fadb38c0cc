//! What should stand, fact by fact, told from the rules alone: an end for each fact instead of the
//! hub's epochs and sweeps. The board must agree with it at every moment.

use std::collections::BTreeMap;

use lampfield_board::{AccountName, Eid, Kind, Origin, Subject, Value};
use lampfield_hub::{ConnId, Policies, Policy};

pub type Key = (Subject, Origin);

#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    pub value: Value,
    /// When it was said last, in the order of all words.
    said: u64,
    pub end: Option<End>,
}

/// When a fact ends if nothing else happens, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum End {
    /// Nobody speaks for its origin; the account's next login moves this, once.
    Away { at: u64, moved: bool },
    /// Lampfield has started; the account's login moves this, but to no earlier time.
    Restarted { at: u64 },
    /// It ends then, unless it is said again before.
    Unproven { at: u64 },
}

pub struct Ledger {
    pub facts: BTreeMap<Key, Held>,
    /// Who speaks for an origin, and since when in the order of all words.
    connections: BTreeMap<Origin, Vec<(ConnId, u64)>>,
    words: u64,
    grace: u64,
    policies: Policies,
    /// Whether a further connection takes the place of those before.
    one_connection: bool,
}

impl Ledger {
    pub fn new(grace: u64, policies: Policies, one_connection: bool) -> Self {
        let (facts, connections) = (BTreeMap::new(), BTreeMap::new());
        Self { facts, connections, words: 0, grace, policies, one_connection }
    }

    /// A connection speaks under an EID.
    pub fn speak(&mut self, conn: ConnId, origin: &Origin, now: u64) {
        self.words += 1;
        let connections = self.connections.entry(origin.clone()).or_default();
        if connections.iter().any(|(speaking, _)| *speaking == conn) {
            return;
        }
        let was_away = connections.is_empty();
        connections.push((conn, self.words));
        if was_away {
            let at = now + self.grace;
            for held in self.facts_of(origin) {
                if let Some(End::Away { .. } | End::Restarted { .. }) = held.end {
                    held.end = Some(End::Unproven { at });
                }
            }
        }
    }

    /// Something that may be kept is said: whether that is news, and how many facts of silent
    /// accounts end because they were said of the same device under the same EID.
    pub fn say(&mut self, key: Key, value: Value) -> (bool, usize) {
        let (before, connections) = (self.facts.len(), &self.connections);
        self.facts.retain(|(subject, origin), _| {
            let namesake = *subject == key.0 && origin.eid() == key.1.eid() && *origin != key.1;
            let silent = connections.get(origin).is_none_or(Vec::is_empty);
            !(namesake && silent && subject.kind() == Kind::Device)
        });
        let ended = before - self.facts.len();
        let news = self.facts.get(&key).is_none_or(|before| before.value != value);
        self.facts.insert(key, Held { value, said: self.words, end: None });
        (news, ended)
    }

    pub fn arrive(&mut self, account: &AccountName, now: u64) {
        let moved_to = now + self.grace;
        for ((_, origin), held) in &mut self.facts {
            let moves = match held.end {
                Some(End::Away { moved, .. }) => !moved,
                Some(End::Restarted { at }) => moved_to > at,
                _ => false,
            };
            if moves && origin.account == *account {
                held.end = Some(End::Away { at: moved_to, moved: true });
            }
        }
    }

    pub fn lost(&mut self, conn: ConnId, now: u64) {
        self.leave(conn, End::Away { at: now + self.grace, moved: false }, now);
    }

    pub fn replaced(&mut self, conn: ConnId, now: u64) {
        self.leave(conn, End::Away { at: now + self.grace, moved: true }, now);
    }

    pub fn goodbye(&mut self, conn: ConnId, now: u64) {
        self.leave(conn, End::Away { at: now, moved: true }, now);
    }

    fn leave(&mut self, conn: ConnId, away: End, now: u64) {
        let prove = End::Unproven { at: now + self.grace };
        let goodbye = matches!(away, End::Away { at, .. } if at == now);
        for (origin, (alone, since)) in self.detach(conn) {
            if !alone && !self.one_connection {
                continue;
            }
            let policies = self.policies.clone();
            for ((subject, _), held) in self.facts.iter_mut().filter(|((_, of), _)| *of == origin) {
                let threatened = held.said < since && policies.of(subject) != Policy::Keep;
                if threatened && (held.end.is_none() || (alone && goodbye)) {
                    held.end = Some(if alone { away } else { prove });
                }
            }
        }
    }

    /// For each origin of a connection: whether nobody else speaks for it, and since when
    /// everybody who still does.
    fn detach(&mut self, conn: ConnId) -> BTreeMap<Origin, (bool, u64)> {
        let mut left = BTreeMap::new();
        for (origin, connections) in &mut self.connections {
            let before = connections.len();
            connections.retain(|(speaking, _)| *speaking != conn);
            if connections.len() < before {
                let since = connections.iter().map(|(_, since)| *since).min();
                left.insert(origin.clone(), (since.is_none(), since.unwrap_or(u64::MAX)));
            }
        }
        left
    }

    /// Lampfield has started again and found these facts.
    pub fn restart(&mut self, stored: BTreeMap<Key, Value>, restart_grace: u64, now: u64) {
        self.connections.clear();
        let at = now + restart_grace.max(self.grace);
        let policies = self.policies.clone();
        let held = |(key, value): (Key, Value)| {
            let kept = policies.of(&key.0) == Policy::Keep;
            let end = (!kept).then_some(End::Restarted { at });
            (key, Held { value, said: 0, end })
        };
        self.facts = stored.into_iter().map(held).collect();
    }

    /// Ends what is due; gives back what has ended.
    pub fn expire(&mut self, now: u64) {
        self.facts.retain(|_, held| held.end.is_none_or(|end| end.at() > now));
    }

    /// Whether two accounts have said something about a device under one EID.
    pub fn is_ambiguous(&self, subject: &Subject, eid: Eid) -> bool {
        self.facts.keys().filter(|(of, origin)| of == subject && origin.eid() == eid).count() > 1
    }

    fn facts_of(&mut self, origin: &Origin) -> impl Iterator<Item = &mut Held> {
        self.facts.iter_mut().filter(move |((_, of), _)| of == origin).map(|(_, held)| held)
    }
}

impl End {
    pub fn at(self) -> u64 {
        match self {
            Self::Away { at, .. } | Self::Restarted { at } | Self::Unproven { at } => at,
        }
    }
}
