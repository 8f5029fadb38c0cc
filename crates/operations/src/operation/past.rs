//! What decided a lamp at a past moment: the facts of then are put on a board of their own, made from
//! the present ones and the remembered changes, and that board explains itself. No rule is repeated
//! here.

use std::rc::Rc;
use std::sync::Arc;

use lampfield_board::history::PastChange;
use lampfield_board::{
    Board, BoardLimits, FactState, Origin, Protocol, Statement, Subject, Value, Version, WallTime,
    Why,
};
use lampfield_hub::{Hub, HubShell, StoredHistory};

use super::recall::Recall;
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

/// What one origin says at the moment that has been reached on the way back.
struct Held {
    origin: Arc<Origin>,
    /// None where nothing stood.
    value: Option<Value>,
    /// None where it is not known yet.
    said_at: Option<WallTime>,
    /// What stands now was said after the moment, and no remembered change tells so: after a `kill -9` the history lacks
    /// the last of them. What stood then, an older change tells.
    is_later: bool,
    protocol: Protocol,
}

/// The way from the present back to a moment: what came later is undone, what came before tells its time.
struct Undoing {
    at: WallTime,
    held: Vec<Held>,
    /// Since when the lamp had shown what it showed at the moment.
    since: Option<WallTime>,
}

/// The lamp of a subject at a moment.
///
/// # Errors
/// The moment lies ahead, or further back than anything is remembered, or the store cannot be read.
pub async fn of(
    board: &HubShell,
    stored: &Rc<StoredHistory>,
    subject: &Subject,
    at: WallTime,
) -> Result<Past, Failure> {
    if at > board.now().wall {
        let message = format!("{} is in the future", moment(at));
        return Err(Failure::new(Exit::Usage, "wrong-moment", message));
    }
    let begin = WallTime::default();
    let present = |hub: &Hub| Undoing::from_present(hub, subject, at);
    let (mut recall, mut undoing) = Recall::begin((board, stored), subject, begin, present).await;
    if at < recall.begins {
        let message = format!("the history does not reach back before {}", moment(recall.begins));
        return Err(Failure::new(Exit::NoSuchThing, "not-remembered", message)
            .line("note", "keep and size in [history] of the configuration set how much is kept"));
    }
    loop {
        recall.changes.drain(..).for_each(|change| undoing.undo(change));
        if recall.reached <= at && undoing.is_settled() || !recall.look_further().await? {
            break;
        }
    }
    // Said later, and no change of before is remembered: then it was not said yet.
    undoing.held.retain(|held| !held.is_later);
    let older = undoing.held.iter().filter(|held| held.value.is_some() && held.said_at.is_none());
    Ok(Past {
        older: older.count(),
        since: undoing.since,
        why: explain(subject, undoing.held, recall.begins),
    })
}

// === impl Undoing ===

impl Undoing {
    fn from_present(hub: &Hub, subject: &Subject, at: WallTime) -> Self {
        let present = hub.board().get(subject);
        let held = present.iter().flat_map(|facts| facts.facts()).map(|fact| Held {
            origin: Arc::clone(fact.origin),
            value: fact.state.live().cloned(),
            said_at: (fact.said_at <= at).then_some(fact.said_at),
            is_later: fact.said_at > at,
            protocol: fact.protocol,
        });
        Self { at, held: held.collect(), since: None }
    }

    /// Takes the next older change.
    fn undo(&mut self, change: PastChange) {
        let known = self.held.iter_mut().find(|held| held.origin == change.origin);
        if change.at > self.at {
            let before = change.was.as_ref().and_then(FactState::live).cloned();
            match known {
                Some(held) => {
                    (held.value, held.said_at, held.is_later) = (before, None, false);
                }
                None => self.held.push(Held {
                    origin: change.origin,
                    value: before,
                    said_at: None,
                    is_later: false,
                    protocol: change.protocol,
                }),
            }
            return;
        }
        if let Some(held) = known {
            if held.is_later {
                held.value = change.state.live().cloned();
                held.is_later = false;
            }
            held.said_at.get_or_insert(change.at);
        }
        if self.since.is_none() && change.lamp != change.lamp_was {
            self.since = Some(change.at);
        }
    }

    /// Whether nothing older can tell more of the moment.
    fn is_settled(&self) -> bool {
        let is_known =
            |held: &Held| !held.is_later && (held.value.is_none() || held.said_at.is_some());
        self.since.is_some() && self.held.iter().all(is_known)
    }
}

/// What the facts of then, in the order in which they were said, made of the lamp.
fn explain(subject: &Subject, mut held: Vec<Held>, begin: WallTime) -> Option<Why> {
    held.sort_by_key(|held| held.said_at.unwrap_or(begin));
    let mut board = Board::new(BoardLimits { entries: held.len(), origins: held.len() });
    for Held { origin, value, said_at, protocol, .. } in held {
        let Some(value) = value else { continue };
        let statement = Statement {
            subject: subject.clone(),
            origin: board.origin_id(&origin).ok()?,
            state: FactState::Live(value),
            version: Version::default(),
            said_at: said_at.unwrap_or(begin),
            protocol,
        };
        board.apply(&statement).ok()?;
    }
    board.get(subject).map(Why::of)
}
