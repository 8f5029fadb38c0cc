//! Questions about one lamp: what decides it, and what was said about it.

use std::time::Duration;

use lampfield_board::history::Event;
use lampfield_board::why::Said;
use lampfield_board::{Subject, Wall, Why};
use lampfield_hub::{Explanation, Hub, Lease, Now};

use super::Desk;
use super::trouble::sentence;
use crate::document::history::{self as history_document, History};
use crate::document::why::{self as why_document, LeaseState};
use crate::document::{self, OriginName, Shown, moment, seconds_between};
use crate::failure::{Exit, Failure};

/// Names offered when there is no such subject.
const NEAREST: usize = 3;

/// How far back the last change of a lamp is looked for.
const LOOKED_BACK: usize = 1_000;

/// The most changes of one answer.
const MOST_EVENTS: usize = 10_000;

impl Desk {
    /// What decides a lamp.
    pub(super) fn why(&self, typed: &str) -> Result<why_document::Why, Failure> {
        self.hub.read(|hub, now| {
            let subject = on_the_board(hub, typed)?;
            match hub.why(&subject, now) {
                Some(explanation) => Ok(why(hub, &explanation, now)),
                None => Err(unknown(hub, typed)),
            }
        })
    }

    /// What was said about a lamp.
    pub(super) fn history(
        &self,
        typed: &str,
        since_seconds: Option<u64>,
        limit: usize,
    ) -> Result<History, Failure> {
        self.hub.read(|hub, now| {
            let since = since_seconds.map_or(Wall::from_millis(0), |seconds| {
                let back = Duration::from_secs(seconds).as_millis();
                let back = u64::try_from(back).unwrap_or(u64::MAX);
                Wall::from_millis(now.wall.millis().saturating_sub(back))
            });
            let past = hub.history();
            let spoken_of = |subject: &Subject| {
                hub.board().find(subject).is_some()
                    || !past.of(subject, Wall::from_millis(0), 1).is_empty()
            };
            let subject = one_of(typed, candidates(typed)?.into_iter().filter(spoken_of))?
                .ok_or_else(|| unknown(hub, typed))?;
            let events = past.of(&subject, since, limit.min(MOST_EVENTS));
            Ok(History {
                schema: "history/1".to_owned(),
                subject: subject.to_string(),
                events: events.iter().map(event).collect(),
                complete_since: moment(past.complete_since()),
                remembered: past.len() as u64,
                limit: u64::from(past.limit()),
            })
        })
    }
}

fn candidates(typed: &str) -> Result<Vec<Subject>, Failure> {
    Subject::candidates(typed)
        .map_err(|error| Failure::new(Exit::Usage, "wrong-subject", error.to_string()))
}

fn on_the_board(hub: &Hub, typed: &str) -> Result<Subject, Failure> {
    let held = candidates(typed)?.into_iter().filter(|subject| hub.board().find(subject).is_some());
    one_of(typed, held)?.ok_or_else(|| unknown(hub, typed))
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
            let message = format!("\"{typed}\" is both a device and a mailbox");
            Err(Failure::new(Exit::Conflict, "ambiguous-subject", message)
                .line("found", names.join("  "))
                .line("try", format!("lampfield why {first}")))
        }
    }
}

fn unknown(hub: &Hub, typed: &str) -> Failure {
    let name = typed.strip_prefix("device/").or(typed.strip_prefix("mailbox/")).unwrap_or(typed);
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
        aggregate: lamp.map(Shown::from),
        since: shown_since(hub, subject).map(moment),
        rule: rule.to_string(),
        facts: Vec::new(),
        tombstones: Vec::new(),
        changes: changes.iter().map(ToString::to_string).collect(),
        notes: explanation.troubles.iter().map(sentence).collect(),
    };
    let rests = explanation.leases.iter().zip(&explanation.waiting_for);
    for (said, (lease, unconfirmed)) in facts.iter().zip(rests) {
        match Shown::of(said.standing) {
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

/// When the lamp began to show what it shows, as far as the history goes.
fn shown_since(hub: &Hub, subject: &Subject) -> Option<Wall> {
    let events = hub.history().of(subject, Wall::from_millis(0), LOOKED_BACK);
    events.iter().find(|event| event.lamp != event.lamp_was).map(|event| event.at)
}

fn fact(said: &Said, value: Shown, lease: Lease, now: Now) -> why_document::Fact {
    why_document::Fact {
        value,
        origin: OriginName::from(&*said.origin),
        door: said.door.to_string(),
        said_at: moment(said.said_at),
        age_seconds: seconds_between(said.said_at, now.wall),
        epoch: said.version.epoch,
        counter: said.version.counter,
        decides: said.decides,
        lease: document::why::Lease::of(lease),
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
            Lease::KeptByPolicy => (LeaseState::Kept, None),
            Lease::Ending | Lease::Withdrawn { .. } => (LeaseState::Gone, Some(Duration::ZERO)),
        };
        Self { state, seconds_left: left.map(|left| left.as_secs_f64()) }
    }
}

fn event(event: &Event) -> history_document::Event {
    history_document::Event {
        at: moment(event.at),
        origin: OriginName::from(&*event.origin),
        door: event.door.to_string(),
        value: Shown::of(event.standing),
        was: event.was.and_then(Shown::of),
        aggregate: event.lamp.map(Shown::from),
        aggregate_was: event.lamp_was.map(Shown::from),
    }
}
