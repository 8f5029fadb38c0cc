//! `set` and `clear`: what an operator says about a lamp by hand, and that it is said no longer. The same for all kinds.

use lampfield_board::{
    BoardName, Cachable, Kind, Origin, Subject, SubjectError, Value, ValueError, WallTime,
};
use lampfield_hub::{Hub, HubShell, Outcome, Publication, Refusal};

use super::stored::not_stored;
use super::subject::{UNKNOWN, in_short, of_verb};
use super::{Perform, operation};
use crate::actor::{Actor, ActorKind};
use crate::argument::{Span, Spoken};
use crate::definition::Effect;
use crate::desk::{Desk, now};
use crate::document::lamp as document;
use crate::document::{OriginName, Shown};
use crate::failure::{Exit, Failure};
use crate::host::Host;
use crate::nearest::nearest_above;
use crate::shell;
use crate::typed_lamp::of_kind;

operation! {
    /// Sets a lamp by hand.
    pub struct Set = "set" {
        /// The lamp: device/Custom:night, or only the name if it shows the kind, as Custom:night does
        subject: String,
        /// The kind, if several kinds have this name: device, mailbox and so on
        kind: Option<Kind>,
        /// The value: for a device its state, for other kinds JSON: '{"new":3,"old":0}'
        value: Spoken,
        /// Withdraw it after this time (10m, 2h); only for kinds whose values can end
        r#for: Option<Span>,
        /// Keep it until lampfield clear ends it; required where --for is not possible
        keep: bool,
        /// The board, if there are several: its name or that of a domain
        board: Option<String>,
    }
    LampsWrite, Effect::Changes("what a lamp shows"), Board, Document("lamp/1") -> document::Lamp
}

operation! {
    /// Withdraws a value that was set by hand.
    pub struct Clear = "clear" {
        /// The lamp: device/Custom:night, or its name alone
        subject: String,
        /// The kind, if several kinds have this name: device, mailbox and so on
        kind: Option<Kind>,
        /// Withdraw what every PBX reports, for example one that died; a connected PBX reports again at its next change
        all: bool,
        /// The board, if there are several: its name or that of a domain
        board: Option<String>,
    }
    LampsWrite, Effect::Changes("what a lamp shows"), Board, Document("lamp/1") -> document::Lamp
}

impl<H: Host> Perform<H> for Set {
    async fn perform(self, desk: &Desk<H>, actor: &Actor) -> Result<document::Lamp, Failure> {
        let board = desk.board(actor, self.board.as_deref())?;
        let typed = of_kind(self.kind, &self.subject);
        check_kind(&typed)?;
        let subject: Subject = match typed.parse() {
            Ok(subject) => subject,
            Err(error) => {
                let known = in_short(actor, &board, &typed).await;
                return Err(wrong_subject(&error, known, &self));
            }
        };
        actor.check_say(&subject)?;
        let again = Again { subject: &subject, board: self.board.as_deref() };
        let value = value(again, self.value, self.r#for)?;
        check_end(again, &value, self.keep)?;
        let origin = origin_of(actor)?;
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
                .line("try", "a [[policy]] before it with another rule, then a reload"));
        }
        let done = if outcome == Outcome::Repeat { "unchanged" } else { "set" };
        let answer = lamp(actor, &board, &subject, done, 0, before.as_ref());
        desk.stored(ticket).await?;
        Ok(answer)
    }

    fn about(&self, desk: &Desk<H>) -> Option<BoardName> {
        desk.board_called(self.board.as_deref())
    }

    fn lamp(answer: &document::Lamp) -> Option<&str> {
        Some(&answer.subject)
    }
}

impl<H: Host> Perform<H> for Clear {
    async fn perform(self, desk: &Desk<H>, actor: &Actor) -> Result<document::Lamp, Failure> {
        let board = desk.board(actor, self.board.as_deref())?;
        let typed = of_kind(self.kind, &self.subject);
        let found = desk.subject_on_board(actor, &board, &typed).await;
        let subject =
            found.map_err(|failure| match failure.code == UNKNOWN && is_pattern(&typed) {
                true => one_lamp(&typed),
                false => of_verb("clear")(failure),
            })?;
        actor.check_say(&subject)?;
        let origin = origin_of(actor)?;
        let by = (!self.all).then_some(&origin);
        let before = board.read(|hub, _| hub.board().aggregate(&subject));
        let (ended, ticket) = board.clear(&subject, by);
        if ended == 0 {
            let again = Again { subject: &subject, board: self.board.as_deref() };
            return Err(board.read(|hub, _| nothing_said(hub, again, actor)));
        }
        let answer = lamp(actor, &board, &subject, "cleared", ended, before.as_ref());
        desk.stored(ticket).await?;
        Ok(answer)
    }

    fn about(&self, desk: &Desk<H>) -> Option<BoardName> {
        desk.board_called(self.board.as_deref())
    }

    fn lamp(answer: &document::Lamp) -> Option<&str> {
        Some(&answer.subject)
    }
}

/// What a command that is printed to be typed speaks of: the lamp, on the board that was named.
#[derive(Clone, Copy)]
struct Again<'a> {
    subject: &'a Subject,
    board: Option<&'a str>,
}

impl Again<'_> {
    /// The command that says this, as it would be typed.
    fn set(self, value: &Value) -> String {
        let value = Shown::from(value).to_string();
        format!("{} {}{}", self.verb("set"), shell::word(value.trim_matches('"')), self.place())
    }

    /// The command that ends what was said.
    fn clear(self) -> String {
        format!("{}{}", self.verb("clear"), self.place())
    }

    fn verb(self, verb: &str) -> String {
        format!("lampfield {verb} {}", shell::word(&self.subject.to_string()))
    }

    fn place(self) -> String {
        let place = |board| format!(" --board {}", shell::word(board));
        self.board.map(place).unwrap_or_default()
    }
}

/// As whom an actor speaks about lamps.
fn origin_of(actor: &Actor) -> Result<Origin, Failure> {
    let (account, identity) = actor.speaks_as().map_err(Failure::bug)?;
    Ok(Origin::new(account, identity))
}

/// How near a word must be to that of a kind to be taken for a slip, from 0 to 1. `dahdi/1` is far from all of them.
const SLIP: f64 = 0.7;

/// Without the word of a kind in front the form of a name tells its kind, and whatever has a slash is a device: a slip in
/// the word would set a device that nobody asks for. Technologies of channel drivers are not written in lower case.
fn check_kind(typed: &str) -> Result<(), Failure> {
    let Some((word, name)) = typed.split_once('/') else { return Ok(()) };
    let is_word = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    if !is_word || word.parse::<Kind>().is_ok() {
        return Ok(());
    }
    let Some(near) = nearest_above(word, Kind::ALL.map(Kind::as_str), SLIP) else { return Ok(()) };
    let message = format!("\"{word}\" is not a kind");
    Err(Failure::new(Exit::Usage, "wrong-kind", message)
        .line("nearest", format!("{near}/{name}"))
        .line("or", format!("device/{typed}   if that is the name of a device")))
}

/// What was typed, as a value of the subject's kind.
fn value(again: Again<'_>, Spoken(said): Spoken, lasts: Option<Span>) -> Result<Value, Failure> {
    let kind = again.subject.kind();
    let value = kind.from_json(said).map_err(|error| wrong_value(again, &error))?;
    let now = now();
    if let Some(end) = value.deadline().filter(|end| *end <= now) {
        let message = format!("it would have ended already at {end}");
        return Err(Failure::new(Exit::Usage, "past-end", message)
            .line("try", "a time in the future, or --for 10m"));
    }
    let Some(Span(lasts)) = lasts else { return Ok(value) };
    let lasts = u64::try_from(lasts.as_millis()).unwrap_or(u64::MAX);
    let end = WallTime::from_millis(now.millis().saturating_add(lasts));
    value.ending_at(end).ok_or_else(|| {
        let ending = Kind::ALL.into_iter().filter(|kind| kind.may_expire());
        let ending: Vec<_> = ending.map(Kind::as_str).collect();
        let message = format!("values of the kind {kind} cannot have an end");
        Failure::new(Exit::Usage, "no-end", message)
            .line("kinds", format!("with an end: {}", ending.join(", ")))
            .line("try", format!("--keep instead, and later {}", again.clear()))
    })
}

/// Nothing stays by accident: what has no end of its own is either to stay or to have one.
fn check_end(again: Again<'_>, value: &Value, keep: bool) -> Result<(), Failure> {
    let (subject, command) = (again.subject, again.set(value));
    match (value.deadline(), keep) {
        (Some(_), false) | (None, true) => Ok(()),
        (Some(_), true) => {
            let message = format!("the value for {subject} has an end, so --keep cannot keep it");
            Err(Failure::new(Exit::Usage, "kept-and-ending", message).line("try", command))
        }
        (None, false) => {
            let message = format!("the value for {subject} has no end, and --keep is missing");
            let keep = format!("{command} --keep   until it is cleared");
            let failure = Failure::new(Exit::Usage, "no-end-named", message);
            Err(match subject.kind().may_expire() {
                true => failure.line("try", format!("{command} --for 10m")).line("or", keep),
                false => failure.line("try", keep),
            })
        }
    }
}

/// What the lamp shows now is told to whoever may hear of it.
fn lamp(
    actor: &Actor,
    board: &HubShell,
    subject: &Subject,
    done: &str,
    ended: usize,
    before: Option<&Value>,
) -> document::Lamp {
    let now = board.read(|hub, _| hub.board().aggregate(subject));
    let may_hear = actor.hear().covers(subject);
    let shown = |lamp: Option<&Value>| lamp.filter(|_| may_hear).map(Shown::from);
    document::Lamp {
        schema: "lamp/1".to_owned(),
        done: done.to_owned(),
        subject: subject.to_string(),
        board: board.name().to_string(),
        ended: ended as u64,
        aggregate: shown(now.as_ref()),
        was: shown(before),
    }
}

/// With the form that is expected, and a command that would do.
fn wrong_value(again: Again<'_>, error: &ValueError) -> Failure {
    let kind = again.subject.kind();
    let failure = Failure::new(Exit::Usage, "wrong-value", error.to_string());
    let subject = again.subject.name();
    let failure = failure.line("because", format!("{subject} is a {kind}"));
    let failure = failure.line("write", kind.form());
    let example = kind.examples().into_iter().next().map(|value| match value.deadline() {
        Some(_) => again.set(&value),
        None => format!("{} --keep", again.set(&value)),
    });
    match example {
        Some(example) => failure.line("such as", example),
        None => failure,
    }
}

/// With the command for the lamp of which a part may have been typed.
fn wrong_subject(
    error: &SubjectError,
    known: Result<Option<Subject>, Failure>,
    typed: &Set,
) -> Failure {
    let failure = Failure::new(Exit::Usage, "wrong-subject", error.to_string());
    match known {
        Ok(Some(subject)) => {
            let again = Again { subject: &subject, board: typed.board.as_deref() };
            let value = typed.value.0.to_string();
            let value = shell::word(value.trim_matches('"')).into_owned();
            let keep = if typed.keep { " --keep" } else { "" };
            let set = format!("{} {value}{keep}{}", again.verb("set"), again.place());
            failure.line("try", set)
        }
        Ok(None) => failure,
        // Several are meant.
        Err(several) => {
            let found = several.lines.into_iter().filter(|(label, _)| label == "found");
            found.fold(failure, |failure, (label, names)| failure.line(&label, names))
        }
    }
}

fn is_pattern(typed: &str) -> bool {
    typed.contains(['*', '?'])
}

fn one_lamp(pattern: &str) -> Failure {
    let message = format!("clear takes one lamp, and \"{pattern}\" is the name of none");
    Failure::new(Exit::NoSuchThing, "one-at-a-time", message)
        .line("try", format!("lampfield list {}   shows the names", shell::word(pattern)))
}

/// Somebody says something about it, but not this one.
fn nothing_said(hub: &Hub, again: Again<'_>, actor: &Actor) -> Failure {
    let subject = again.subject;
    let facts = hub.board().get(subject).into_iter().flat_map(|facts| facts.facts());
    let others = facts.filter(|fact| fact.state.is_live());
    let others: Vec<_> = others.map(|fact| OriginName::from(&**fact.origin).account).collect();
    let message = match actor.kind() {
        ActorKind::Owner => format!("nothing was set by hand for {subject}"),
        _ => format!("{actor} has set nothing for {subject}"),
    };
    let failure = Failure::new(Exit::NoSuchThing, "nothing-said", message);
    match others.is_empty() {
        true => failure,
        false => failure
            .line("said by", others.join("  "))
            .line("try", format!("{} --all   withdraws their values", again.clear())),
    }
}

fn refused(refusal: &Refusal) -> Failure {
    match refusal {
        Refusal::NotStored(error) => not_stored(&error.to_string()),
        Refusal::NoRoom { .. } => Failure::new(Exit::Bad, "not-stored", refusal.to_string()),
        _ => Failure::new(Exit::Conflict, "lamp-refused", refusal.to_string()),
    }
}
