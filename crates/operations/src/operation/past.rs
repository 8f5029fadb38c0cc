//! What decided a lamp at a past moment: the facts of then are put on a board of their own, made from
//! the present ones and the remembered changes, and that board explains itself. No rule is repeated
//! here.

use std::sync::Arc;

use lampfield_board::{
    Board, BoardLimits, FactState, Origin, Protocol, Statement, Subject, Value, Version, WallTime,
    Why,
};
use lampfield_hub::Hub;

use crate::document::moment;
use crate::failure::{Exit, Failure};

/// A lamp as it was.
pub struct Past {
    /// What decided; none if nobody said anything.
    pub why: Option<Why>,
    /// Since when it had shown that; none when that is not remembered.
    pub since: Option<WallTime>,
    /// Facts whose moment is not remembered: they carry the moment from which on all is.
    pub older: usize,
}

/// What one origin said then.
struct Said {
    origin: Arc<Origin>,
    value: Value,
    said_at: WallTime,
    protocol: Protocol,
}

/// The same while the changes since then are undone.
struct Held {
    origin: Arc<Origin>,
    /// None where nothing stood.
    value: Option<Value>,
    /// None where it is not known yet.
    said_at: Option<WallTime>,
    protocol: Protocol,
}

/// The lamp of a subject at a moment.
///
/// # Errors
/// The moment lies ahead, or further back than anything is remembered.
pub fn of(hub: &Hub, subject: &Subject, at: WallTime, now: WallTime) -> Result<Past, Failure> {
    let history = hub.history();
    let begin = history.complete_since();
    if at > now {
        let message = format!("{} has not been yet", moment(at));
        return Err(Failure::new(Exit::Usage, "wrong-moment", message));
    }
    if at < begin {
        let message = format!("what was said before {} is not remembered", moment(begin));
        return Err(Failure::new(Exit::NoSuchThing, "not-remembered", message)
            .line("note", "limits.history says how much is; a restart forgets"));
    }
    let (said, older) = said_then(hub, subject, at);
    let events = history.of(subject, WallTime::from_millis(0), usize::MAX);
    let mut turns = events.iter().filter(|event| event.lamp != event.lamp_was);
    Ok(Past {
        why: explain(subject, said),
        since: turns.find(|event| event.at <= at).map(|event| event.at),
        older,
    })
}

/// What stood at a moment, in the order in which it was said, and of how much the moment is unknown.
fn said_then(hub: &Hub, subject: &Subject, at: WallTime) -> (Vec<Said>, usize) {
    let mut held: Vec<Held> = Vec::new();
    if let Some(facts) = hub.board().get(subject) {
        held.extend(facts.facts().map(|fact| Held {
            origin: Arc::clone(fact.origin),
            value: fact.state.live().cloned(),
            said_at: Some(fact.said_at),
            protocol: fact.protocol,
        }));
    }
    // From the newest change backwards: what came later is undone, what came before tells its time.
    for event in hub.history().of(subject, WallTime::from_millis(0), usize::MAX) {
        let known = held.iter_mut().find(|held| held.origin == event.origin);
        if event.at > at {
            let before = event.was.as_ref().and_then(FactState::live).cloned();
            match known {
                Some(held) => (held.value, held.said_at) = (before, None),
                None => held.push(Held {
                    origin: event.origin,
                    value: before,
                    said_at: None,
                    protocol: event.protocol,
                }),
            }
        } else if let Some(held) = known {
            held.said_at.get_or_insert(event.at);
        }
    }
    let begin = hub.history().complete_since();
    let mut older = 0;
    let mut said: Vec<Said> = held
        .into_iter()
        .filter_map(|Held { origin, value, said_at, protocol }| {
            let value = value?;
            older += usize::from(said_at.is_none());
            Some(Said { origin, value, said_at: said_at.unwrap_or(begin), protocol })
        })
        .collect();
    said.sort_by_key(|said| said.said_at);
    (said, older)
}

fn explain(subject: &Subject, said: Vec<Said>) -> Option<Why> {
    let mut board = Board::new(BoardLimits { entries: said.len(), origins: said.len() });
    for Said { origin, value, said_at, protocol } in said {
        let statement = Statement {
            subject: subject.clone(),
            origin: board.origin_id(&origin).ok()?,
            state: FactState::Live(value),
            version: Version::default(),
            said_at,
            protocol,
        };
        board.apply(&statement).ok()?;
    }
    board.get(subject).map(Why::of)
}
