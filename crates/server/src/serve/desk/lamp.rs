//! Questions about one lamp: what decides it, and what was said about it.

use std::sync::Arc;
use std::time::Duration;

use lampfield_board::history::{Past, PastChange};
use lampfield_board::why::FactReason;
use lampfield_board::{Kind, Origin, Subject, WallTime, Why};
use lampfield_hub::{Explanation, Hub, HubShell, Lease, Now};

use super::trouble::sentence;
use super::{Desk, past};
use crate::document::history::{self as history_document, History, Link};
use crate::document::why::{self as why_document, LeaseState};
use crate::document::{self, OriginName, Shown, moment, seconds_between};
use crate::failure::{Exit, Failure};
use crate::serve::journal::{JournalEntry, What};

/// Names offered when there is no such subject.
const NEAREST: usize = 3;

/// How far back the last change of a lamp is looked for.
const LOOKED_BACK: usize = 1_000;

/// The most changes of one answer.
const MOST_EVENTS: usize = 10_000;

impl Desk {
    /// What decides a lamp, or decided it at a past moment.
    pub(super) fn why(
        &self,
        typed: &str,
        board: Option<&str>,
        at_millis: Option<u64>,
    ) -> Result<why_document::Why, Failure> {
        self.board(board)?.read(|hub, now| match at_millis.map(WallTime::from_millis) {
            Some(at) => {
                let subject = self.spoken_of(hub, typed)?;
                Ok(why_then(hub, &subject, past::of(hub, &subject, at, now.wall)?, at))
            }
            None => {
                let held = |subject: &Subject| hub.board().find(subject).is_some();
                let subject = one_of(typed, candidates(typed)?.into_iter().filter(held))?
                    .ok_or_else(|| self.unknown(hub, typed))?;
                let explanation = hub.why(&subject, now).ok_or_else(|| self.unknown(hub, typed))?;
                Ok(why(hub, &explanation, now))
            }
        })
    }

    /// What was said about a lamp.
    pub(super) fn history(
        &self,
        typed: &str,
        board: Option<&str>,
        since_millis: Option<u64>,
        limit: usize,
    ) -> Result<History, Failure> {
        let since = WallTime::from_millis(since_millis.unwrap_or_default());
        self.board(board)?.read(|hub, _| {
            let past = hub.history();
            let subject = self.spoken_of(hub, typed)?;
            let events = past.of(&subject, since, limit.min(MOST_EVENTS));
            Ok(History {
                schema: "history/1".to_owned(),
                subject: subject.to_string(),
                board: hub.name().to_string(),
                links: self.links(hub, &subject, &events, since),
                events: events.iter().map(event_document).collect(),
                complete_since: moment(past.complete_since()),
                remembered: past.len() as u64,
                limit: u64::from(past.limit()),
            })
        })
    }

    /// The losses and returns of those who speak of a lamp, over the time of the events shown.
    fn links(
        &self,
        hub: &Hub,
        subject: &Subject,
        events: &[PastChange],
        since: WallTime,
    ) -> Vec<Link> {
        let mut origins: Vec<Arc<Origin>> = Vec::new();
        let present = hub.board().get(subject);
        let present = present.iter().flat_map(|facts| facts.facts());
        let speakers = present.map(|fact| Arc::clone(fact.origin));
        for origin in speakers.chain(events.iter().map(|event| Arc::clone(&event.origin))) {
            if !origins.contains(&origin) {
                origins.push(origin);
            }
        }
        let since = events.last().map_or(since, |oldest| oldest.at);
        let happened = self.journal.of(&origins, since);
        happened.iter().take(MOST_EVENTS).map(|entry| link(hub, subject, entry)).collect()
    }

    /// The subject that is meant, among those that are spoken of or were.
    fn spoken_of(&self, hub: &Hub, typed: &str) -> Result<Subject, Failure> {
        let begin = WallTime::from_millis(0);
        let known = |subject: &Subject| {
            hub.board().find(subject).is_some() || !hub.history().of(subject, begin, 1).is_empty()
        };
        let known = candidates(typed)?.into_iter().filter(known);
        one_of(typed, known)?.ok_or_else(|| self.unknown(hub, typed))
    }

    /// Nobody says anything about it on this board; somebody may on another.
    fn unknown(&self, hub: &Hub, typed: &str) -> Failure {
        let unknown = unknown(hub, typed);
        let meant = candidates(typed).unwrap_or_default();
        let knows = |board: &HubShell| {
            board.read(|hub, _| meant.iter().any(|subject| hub.board().find(subject).is_some()))
        };
        let others = self.boards.all();
        match others.iter().filter(|board| board.name() != hub.name()).find(|board| knows(board)) {
            Some(other) => {
                unknown.line("note", format!("it is on another board: --board {}", other.name()))
            }
            None => unknown,
        }
    }
}

fn event_document(event: &PastChange) -> history_document::Event {
    history_document::Event {
        at: moment(event.at),
        origin: OriginName::from(&*event.origin),
        door: event.protocol.former_word().to_owned(),
        protocol: event.protocol.to_string(),
        value: Shown::of(&event.state),
        was: event.was.as_ref().and_then(Shown::of),
        reason: event.state.ending().map(|ending| ending.to_string()),
        aggregate: event.lamp.as_ref().map(Shown::from),
        aggregate_was: event.lamp_was.as_ref().map(Shown::from),
    }
}

fn link(hub: &Hub, subject: &Subject, entry: &JournalEntry) -> Link {
    let (state, grace) = match entry.what {
        What::Lost(grace) => ("lost", grace),
        What::Returned(grace) => ("returned", grace),
    };
    Link {
        at: moment(entry.at),
        origin: OriginName::from(&*entry.origin),
        state: state.to_owned(),
        grace_seconds: grace.as_secs_f64(),
        aggregate: match hub.history().lamp_at(subject, entry.at) {
            Past::Showed(lamp) => lamp.as_ref().map(Shown::from),
            Past::AsNow => hub.board().aggregate(subject).as_ref().map(Shown::from),
            Past::Forgotten => None,
        },
    }
}

fn candidates(typed: &str) -> Result<Vec<Subject>, Failure> {
    Subject::candidates(typed)
        .map_err(|error| Failure::new(Exit::Usage, "wrong-subject", error.to_string()))
}

/// The only one, if there is one.
fn one_of(typed: &str, held: impl Iterator<Item = Subject>) -> Result<Option<Subject>, Failure> {
    let mut held: Vec<Subject> = held.collect();
    let one = held.pop();
    match held.is_empty() {
        true => Ok(one),
        false => {
            let names: Vec<String> = held.iter().chain(&one).map(ToString::to_string).collect();
            let first = names.first().cloned().unwrap_or_default();
            let message = format!("\"{typed}\" is of several kinds");
            Err(Failure::new(Exit::Conflict, "ambiguous-subject", message)
                .line("found", names.join("  "))
                .line("try", format!("lampfield why {first}")))
        }
    }
}

fn unknown(hub: &Hub, typed: &str) -> Failure {
    let kinded = typed.split_once('/').filter(|(kind, _)| kind.parse::<Kind>().is_ok());
    let name = kinded.map_or(typed, |(_, name)| name);
    let near: Vec<String> =
        hub.board().nearest(name, NEAREST).iter().map(|near| near.name().to_string()).collect();
    let failure = Failure::new(
        Exit::NoSuchThing,
        "unknown-subject",
        format!("no subject named \"{typed}\": nobody says anything about it"),
    );
    match near.first() {
        None => failure.line("try", "lampfield watch   shows what is said"),
        Some(best) => {
            let cased = near.iter().any(|near| near.eq_ignore_ascii_case(name));
            let remark = if cased { "   (names are case-sensitive)" } else { "" };
            failure
                .line("nearest", format!("{}{remark}", near.join("  ")))
                .line("try", format!("lampfield why {best}"))
        }
    }
}

fn why(hub: &Hub, explanation: &Explanation, now: Now) -> why_document::Why {
    let Explanation { why: Why { subject, lamp, rule, facts, changes }, .. } = explanation;
    let mut document = why_document::Why {
        schema: "why/1".to_owned(),
        subject: subject.to_string(),
        kind: subject.kind().to_string(),
        at: None,
        board: hub.name().to_string(),
        aggregate: lamp.as_ref().map(Shown::from),
        since: shown_since(hub, subject).map(moment),
        rule: rule.to_string(),
        facts: Vec::new(),
        tombstones: Vec::new(),
        changes: changes.iter().map(ToString::to_string).collect(),
        notes: explanation.troubles.iter().map(sentence).collect(),
    };
    let rests = explanation.leases.iter().zip(&explanation.waiting_for);
    for (said, (lease, unconfirmed)) in facts.iter().zip(rests) {
        match Shown::of(&said.state) {
            Some(value) => document.facts.push(fact(said, value, *lease, now)),
            None => document.tombstones.push(why_document::Tombstone {
                origin: OriginName::from(&*said.origin),
                withdrawn_at: moment(said.said_at),
                age_seconds: seconds_between(said.said_at, now.wall),
                unconfirmed: unconfirmed.clone(),
            }),
        }
    }
    document.facts.sort_by_key(|fact| !fact.decides);
    document
}

/// A lamp as it was: leases and versions of then are not remembered.
fn why_then(hub: &Hub, subject: &Subject, past: past::Past, at: WallTime) -> why_document::Why {
    let mut document = why_document::Why {
        schema: "why/1".to_owned(),
        subject: subject.to_string(),
        kind: subject.kind().to_string(),
        at: Some(moment(at)),
        board: hub.name().to_string(),
        aggregate: None,
        since: past.since.map(moment),
        rule: "nobody said anything".to_owned(),
        facts: Vec::new(),
        tombstones: Vec::new(),
        changes: Vec::new(),
        notes: Vec::new(),
    };
    if let Some(Why { lamp, rule, facts, .. }) = past.why {
        document.aggregate = lamp.as_ref().map(Shown::from);
        document.rule = rule.to_string();
        document.facts = facts.iter().filter_map(|said| fact_then(said, at)).collect();
        document.facts.sort_by_key(|fact| !fact.decides);
    }
    if past.older > 0 {
        document.notes.push(format!(
            "{} of these facts were said before the time that is remembered",
            past.older
        ));
    }
    document
}

fn fact_then(said: &FactReason, at: WallTime) -> Option<why_document::Fact> {
    Some(why_document::Fact {
        value: Shown::of(&said.state)?,
        origin: OriginName::from(&*said.origin),
        door: said.protocol.former_word().to_owned(),
        protocol: said.protocol.to_string(),
        said_at: moment(said.said_at),
        age_seconds: seconds_between(said.said_at, at),
        epoch: None,
        counter: None,
        decides: said.decides,
        lease: None,
    })
}

/// When the lamp began to show what it shows, as far as the history goes.
fn shown_since(hub: &Hub, subject: &Subject) -> Option<WallTime> {
    let events = hub.history().of(subject, WallTime::from_millis(0), LOOKED_BACK);
    events.iter().find(|event| event.lamp != event.lamp_was).map(|event| event.at)
}

fn fact(said: &FactReason, value: Shown, lease: Lease, now: Now) -> why_document::Fact {
    why_document::Fact {
        value,
        origin: OriginName::from(&*said.origin),
        door: said.protocol.former_word().to_owned(),
        protocol: said.protocol.to_string(),
        said_at: moment(said.said_at),
        age_seconds: seconds_between(said.said_at, now.wall),
        epoch: Some(said.version.epoch),
        counter: Some(said.version.counter),
        decides: said.decides,
        lease: Some(document::why::Lease::of(lease)),
    }
}

// === impl document::why::Lease ===

impl document::why::Lease {
    /// What the hub says of it.
    pub fn of(lease: Lease) -> Self {
        let (state, left) = match lease {
            Lease::Live => (LeaseState::Live, None),
            Lease::Gone { left } => (LeaseState::Gone, Some(left)),
            Lease::Returning { left } => (LeaseState::Returning, Some(left)),
            Lease::RestartGrace { left } => (LeaseState::Restart, Some(left)),
            Lease::Away => (LeaseState::Away, None),
            Lease::KeptByPolicy => (LeaseState::Kept, None),
            Lease::Unavailable { .. } => (LeaseState::Unavailable, None),
            Lease::Ending | Lease::Withdrawn { .. } => (LeaseState::Gone, Some(Duration::ZERO)),
        };
        Self { state, seconds_left: left.map(|left| left.as_secs_f64()) }
    }
}
