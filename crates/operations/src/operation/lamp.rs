//! `lamp set|clear`: what an operator says about a lamp by hand, and that it is said no longer. The same for all kinds.

use lampfield_board::{BoardName, Cachable, Kind, Origin, Subject, Value, WallTime};
use lampfield_hub::{Hub, HubShell, Outcome, Publication, Refusal};

use super::stored::not_stored;
use super::{Perform, operation};
use crate::actor::Actor;
use crate::argument::{Span, Spoken};
use crate::definition::Effect;
use crate::desk::{Desk, now};
use crate::document::lamp as document;
use crate::document::{OriginName, Shown};
use crate::failure::{Exit, Failure};
use crate::host::Host;

operation! {
    /// Says something about a lamp by hand, until it is cleared.
    pub struct LampSet = "lamp set" {
        /// Which lamp: device/Custom:night, or a name whose form tells its kind, as Custom:night
        subject: String,
        /// What to say: the word of a device state, or JSON as the kind has it: '{"new":3,"old":0}'
        value: Spoken,
        /// End it by itself after so long (10m, 2h), where the kind has an end: ban, custom, registration
        r#for: Option<Span>,
        /// Where a server has several: which board, by its name or that of a domain
        board: Option<String>,
    }
    LampsWrite, Effect::Changes("what a lamp shows"), Board, Document("lamp/1") -> document::Lamp
}

operation! {
    /// Withdraws what was said about a lamp by hand.
    pub struct LampClear = "lamp clear" {
        /// Which lamp: device/Custom:night, or its name alone
        subject: String,
        /// Withdraw what everybody says, as of a PBX that died; one that is there says it again with its next change
        all: bool,
        /// Where a server has several: which board, by its name or that of a domain
        board: Option<String>,
    }
    LampsWrite, Effect::Changes("what a lamp shows"), Board, Document("lamp/1") -> document::Lamp
}

impl<H: Host> Perform<H> for LampSet {
    async fn perform(self, desk: &Desk<H>, actor: &Actor) -> Result<document::Lamp, Failure> {
        let board = desk.board(actor, self.board.as_deref())?;
        let subject: Subject = self.subject.parse().map_err(wrong_subject)?;
        let value = value(subject.kind(), self.value, self.r#for)?;
        let origin = speaker(actor)?;
        let said = Publication {
            identity: origin.identity.clone(),
            subject: subject.clone(),
            value,
            cachable: Cachable::Yes,
            protocol: actor.protocol(),
            is_again: false,
        };
        let before = board.read(|hub, _| hub.board().aggregate(&subject));
        let (outcome, ticket) = board.set(&origin, said).map_err(|error| refused(&error))?;
        if outcome == Outcome::Ignored {
            let message = format!("a policy ignores the name {}", subject.name());
            return Err(Failure::new(Exit::Conflict, "ignored-name", message)
                .line("try", "another [[policy]] for it in the configuration, and a reload"));
        }
        let done = if outcome == Outcome::Repeat { "unchanged" } else { "set" };
        let answer = lamp(&board, &subject, done, 0, before.as_ref());
        desk.stored(ticket).await?;
        Ok(answer)
    }

    fn about(&self, desk: &Desk<H>) -> Option<BoardName> {
        desk.board_called(self.board.as_deref())
    }
}

impl<H: Host> Perform<H> for LampClear {
    async fn perform(self, desk: &Desk<H>, actor: &Actor) -> Result<document::Lamp, Failure> {
        let board = desk.board(actor, self.board.as_deref())?;
        let subject = board.read(|hub, _| desk.standing(hub, &self.subject))?;
        let origin = speaker(actor)?;
        let by = (!self.all).then_some(&origin);
        let before = board.read(|hub, _| hub.board().aggregate(&subject));
        let (ended, ticket) = board.clear(&subject, by);
        if ended == 0 {
            return Err(board.read(|hub, _| nothing_said(hub, &subject, actor)));
        }
        let answer = lamp(&board, &subject, "cleared", ended, before.as_ref());
        desk.stored(ticket).await?;
        Ok(answer)
    }

    fn about(&self, desk: &Desk<H>) -> Option<BoardName> {
        desk.board_called(self.board.as_deref())
    }
}

/// As whom an actor speaks about lamps.
fn speaker(actor: &Actor) -> Result<Origin, Failure> {
    let (account, identity) = actor.speaks_as().map_err(Failure::bug)?;
    Ok(Origin::new(account, identity))
}

/// What was typed, as a value of the kind.
fn value(kind: Kind, Spoken(said): Spoken, lasts: Option<Span>) -> Result<Value, Failure> {
    let value = kind.from_json(said).map_err(|error| {
        let example = kind.examples().into_iter().next();
        let example = example.map(|value| Shown::from(&value).to_string()).unwrap_or_default();
        Failure::new(Exit::Usage, "wrong-value", error.to_string())
            .line("write", format!("a {kind} looks like this: {}", example.trim_matches('"')))
    })?;
    let Some(Span(lasts)) = lasts else { return Ok(value) };
    let lasts = u64::try_from(lasts.as_millis()).unwrap_or(u64::MAX);
    let end = WallTime::from_millis(now().millis().saturating_add(lasts));
    value.ending_at(end).ok_or_else(|| {
        let ending = Kind::ALL.into_iter().filter(|kind| kind.may_expire());
        let ending: Vec<_> = ending.map(Kind::as_str).collect();
        let message = format!("a {kind} does not end by itself");
        Failure::new(Exit::Usage, "no-end", message)
            .line("kinds", format!("with an end: {}", ending.join(", ")))
            .line("try", "without --for, and lampfield lamp clear when it is over")
    })
}

fn lamp(
    board: &HubShell,
    subject: &Subject,
    done: &str,
    ended: usize,
    before: Option<&Value>,
) -> document::Lamp {
    let now = board.read(|hub, _| hub.board().aggregate(subject));
    document::Lamp {
        schema: "lamp/1".to_owned(),
        done: done.to_owned(),
        subject: subject.to_string(),
        board: board.name().to_string(),
        ended: ended as u64,
        aggregate: now.as_ref().map(Shown::from),
        was: before.map(Shown::from),
    }
}

fn wrong_subject(error: lampfield_board::SubjectError) -> Failure {
    Failure::new(Exit::Usage, "wrong-subject", error.to_string())
}

/// Somebody says something about it, but not this one.
fn nothing_said(hub: &Hub, subject: &Subject, actor: &Actor) -> Failure {
    let facts = hub.board().get(subject).into_iter().flat_map(|facts| facts.facts());
    let others = facts.filter(|fact| fact.state.is_live());
    let others: Vec<_> = others.map(|fact| OriginName::from(&**fact.origin).account).collect();
    let message = format!("{actor} says nothing about {subject}");
    let failure = Failure::new(Exit::NoSuchThing, "nothing-said", message);
    match others.is_empty() {
        true => failure,
        false => failure
            .line("said by", others.join("  "))
            .line("try", format!("lampfield lamp clear {subject} --all   withdraws that")),
    }
}

fn refused(refusal: &Refusal) -> Failure {
    match refusal {
        Refusal::NotStored(error) => not_stored(&error.to_string()),
        Refusal::NoRoom { .. } => Failure::new(Exit::Bad, "not-stored", refusal.to_string()),
        _ => Failure::new(Exit::Conflict, "lamp-refused", refusal.to_string()),
    }
}
