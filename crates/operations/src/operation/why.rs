//! `why`: what decides one lamp, or decided it at a past moment.

use lampfield_board::why::FactReason;
use lampfield_board::{BoardName, Kind, Pattern, Subject, Value, WallTime, Why as Reasons};
use lampfield_hub::{Explanation, Hub, HubShell, Lease, Now};

use super::list::WantedLamps;
use super::recall::Recall;
use super::{Perform, operation, past, subject};
use crate::actor::Actor;
use crate::definition::Effect;
use crate::desk::Desk;
use crate::document::{OriginName, Shown, moment, seconds_between, why as document};
use crate::failure::{Exit, Failure};
use crate::filter::Filter;
use crate::host::Host;
use crate::scope::Scope;
use crate::shell;
use crate::trouble::sentence;
use crate::typed_lamp::of_kind;

operation! {
    /// What decides this lamp?
    pub struct Why = "why" {
        /// A lamp: PJSIP/100, 100, 1000@default, queue/support; a pattern lists: 'PJSIP/1*'
        subject: String,
        /// The kind, if several kinds have this name: device, mailbox and so on
        kind: Option<Kind>,
        /// At a time in the past: 14:03 (the most recent one), -10m, 2026-11-21T14:03:00Z
        at: Option<WallTime>,
        /// The board, if there are several: its name or that of a domain
        board: Option<String>,
    }
    LampsRead, Effect::Reads, Board, Document("why/1") -> document::Explained
}

impl<H: Host> Perform<H> for Why {
    async fn perform(self, desk: &Desk<H>, actor: &Actor) -> Result<document::Explained, Failure> {
        let typed = of_kind(self.kind, &self.subject);
        let board = desk.board(actor, self.board.as_deref())?;
        // Many lamps are not explained but listed. A device may have a star in its name.
        if self.at.is_none()
            && let Some(pattern) = pattern(&typed)
            && desk.exact(actor, &board, &typed)?.is_none()
        {
            let wanted = WantedLamps::usual(Filter::of_pattern(pattern));
            return Ok(document::Explained::Many(desk.list(actor, &board, wanted).await));
        }
        let mut document = match self.at {
            Some(at) => {
                actor.check_scope("why with a past moment", Scope::HistoryRead)?;
                let then = desk.why_then(actor, &board, &typed, at).await;
                then.map_err(|refused| one_at_a_time(refused, &typed))?
            }
            None => match desk.why_now(actor, &board, &typed).await {
                Err(unknown) if is_unknown(&unknown) && may_look_back(actor) => {
                    return Err(desk.ended(actor, &board, &typed).await.unwrap_or(unknown));
                }
                present => present?,
            },
        };
        document.facts.iter_mut().for_each(|fact| desk.add_place(&mut fact.origin));
        document.tombstones.iter_mut().for_each(|end| desk.add_place(&mut end.origin));
        Ok(document::Explained::One(Box::new(document)))
    }
}

/// What was typed, if it stands for many names.
fn pattern(typed: &str) -> Option<Pattern> {
    Pattern::parse(typed).ok().filter(|pattern| pattern.as_str().contains(['*', '?']))
}

/// At a past moment only one lamp is explained.
fn one_at_a_time(refused: Failure, typed: &str) -> Failure {
    if !is_unknown(&refused) || pattern(typed).is_none() {
        return refused;
    }
    let message = format!("\"{typed}\" matches many lamps, and --at explains only one");
    Failure::new(Exit::Usage, "one-at-a-time", message)
        .line("try", format!("lampfield list {}", shell::word(typed)))
}

fn is_unknown(failure: &Failure) -> bool {
    failure.code == subject::UNKNOWN
}

fn may_look_back(actor: &Actor) -> bool {
    actor.check_scope("why", Scope::HistoryRead).is_ok()
}

impl<H: Host> Desk<H> {
    async fn why_now(
        &self,
        actor: &Actor,
        board: &HubShell,
        typed: &str,
    ) -> Result<document::WhyDocument, Failure> {
        let subject = self.subject_on_board(actor, board, typed).await?;
        board.read(|hub, now| {
            let explanation = hub.why(&subject, now);
            let explanation = explanation.ok_or_else(|| self.unknown(actor, hub, typed))?;
            Ok(why(hub, &explanation, now))
        })
    }

    /// What was said last about a lamp of which nobody says anything now, and how that ended; none where that is not
    /// remembered.
    async fn ended(&self, actor: &Actor, board: &HubShell, typed: &str) -> Option<Failure> {
        let subject = self.spoken_of(actor, board, typed).await.ok()?;
        let (begin, history) = (WallTime::default(), self.boards.history());
        let (mut recall, ()) = Recall::begin((board, history), &subject, begin, |_| ()).await;
        while recall.changes.is_empty() && recall.look_further().await.ok()? {}
        let last = recall.changes.first()?;
        let (ending, was) = (last.state.ending()?, last.was.as_ref()?.live()?);
        let message = format!("nobody reports {subject} any more");
        let ended = format!("{}: {ending}", moment(last.at));
        let failure = Failure::new(Exit::NoSuchThing, subject::UNKNOWN, message)
            .line("was", format!("{was}   said by {}", last.origin))
            .line("ended", ended)
            .line("try", format!("lampfield history {}", shell::word(&subject.to_string())));
        Some(failure)
    }

    async fn why_then(
        &self,
        actor: &Actor,
        board: &HubShell,
        typed: &str,
        at: WallTime,
    ) -> Result<document::WhyDocument, Failure> {
        let subject = self.spoken_of(actor, board, typed).await?;
        if board.read(|hub, _| hub.history().masks().is_mask(&subject)) {
            let message =
                format!("{subject} is the mask of several lamps, which cannot be told apart");
            return Err(Failure::new(Exit::NoSuchThing, "masked", message)
                .line("try", format!("lampfield history {}", shell::word(&subject.to_string()))));
        }
        let past = past::of(board, self.boards.history(), &subject, at).await?;
        Ok(why_then(board.name(), &subject, past, at))
    }
}

fn why(hub: &Hub, explanation: &Explanation, now: Now) -> document::WhyDocument {
    let Explanation { why: Reasons { subject, lamp, rule, facts, changes }, .. } = explanation;
    let mut document = document::WhyDocument {
        schema: "why/1".to_owned(),
        subject: subject.to_string(),
        kind: subject.kind().to_string(),
        at: None,
        board: hub.name().to_string(),
        aggregate: lamp.as_ref().map(Shown::from),
        since: hub.history().shown_since(subject).map(moment),
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
            None => document.tombstones.push(document::Tombstone {
                origin: OriginName::from(&*said.origin),
                withdrawn_at: moment(said.said_at),
                age_seconds: seconds_between(said.said_at, now.wall),
                reason: said.state.ending().map(|ending| ending.to_string()),
                unconfirmed: unconfirmed.clone(),
            }),
        }
    }
    document.facts.sort_by_key(|fact| !fact.decides);
    document
}

/// A lamp as it was: leases and versions of then are not remembered.
fn why_then(
    board: &BoardName,
    subject: &Subject,
    past: past::Past,
    at: WallTime,
) -> document::WhyDocument {
    let mut document = document::WhyDocument {
        schema: "why/1".to_owned(),
        subject: subject.to_string(),
        kind: subject.kind().to_string(),
        at: Some(moment(at)),
        board: board.to_string(),
        aggregate: None,
        since: past.since.map(moment),
        rule: "nobody said anything".to_owned(),
        facts: Vec::new(),
        tombstones: Vec::new(),
        changes: Vec::new(),
        notes: Vec::new(),
    };
    if let Some(Reasons { lamp, rule, facts, .. }) = past.why {
        document.aggregate = lamp.as_ref().map(Shown::from);
        document.rule = rule.to_string();
        document.facts = facts.iter().filter_map(|said| fact_then(said, at)).collect();
        document.facts.sort_by_key(|fact| !fact.decides);
    }
    if past.older > 0 {
        document.notes.push(format!(
            "{} reported before the history begins",
            match past.older {
                1 => "1 of these facts was".to_owned(),
                more => format!("{more} of these facts were"),
            }
        ));
    }
    document
}

fn fact_then(said: &FactReason, at: WallTime) -> Option<document::Fact> {
    Some(document::Fact {
        value: Shown::of(&said.state)?,
        origin: OriginName::from(&*said.origin),
        door: said.protocol.former_word().to_owned(),
        protocol: said.protocol.to_string(),
        said_at: moment(said.said_at),
        age_seconds: seconds_between(said.said_at, at),
        ends_at: ends_at(said),
        epoch: None,
        counter: None,
        decides: said.decides,
        lease: None,
    })
}

/// When what is said ends by itself, or the first part of it.
fn ends_at(said: &FactReason) -> Option<String> {
    said.state.live().and_then(Value::deadline).map(moment)
}

fn fact(said: &FactReason, value: Shown, lease: Lease, now: Now) -> document::Fact {
    document::Fact {
        value,
        origin: OriginName::from(&*said.origin),
        door: said.protocol.former_word().to_owned(),
        protocol: said.protocol.to_string(),
        said_at: moment(said.said_at),
        age_seconds: seconds_between(said.said_at, now.wall),
        ends_at: ends_at(said),
        epoch: Some(said.version.epoch),
        counter: Some(said.version.counter),
        decides: said.decides,
        lease: Some(document::Lease::of(lease)),
    }
}
