//! `why`: what decides one lamp, or decided it at a past moment.

use lampfield_board::why::FactReason;
use lampfield_board::{BoardName, Kind, Subject, WallTime, Why as Reasons};
use lampfield_hub::{Explanation, Hub, HubShell, Lease, Now};

use super::{Perform, operation, past, subject};
use crate::actor::Actor;
use crate::definition::Effect;
use crate::desk::Desk;
use crate::document::{OriginName, Shown, moment, seconds_between, why as document};
use crate::failure::{Exit, Failure};
use crate::host::Host;
use crate::scope::Scope;
use crate::trouble::sentence;

/// How far back the last change of a lamp is looked for.
const LOOKED_BACK: usize = 1_000;

operation! {
    /// What decides this lamp?
    pub struct Why = "why" {
        /// A device or mailbox: PJSIP/100, 1000@default, device/PJSIP/100
        subject: String,
        /// Where a name is of several: device, mailbox and so on
        kind: Option<Kind>,
        /// What decided it then: 14:03, -10m, 2026-11-21T14:03:00Z
        at: Option<WallTime>,
        /// Where a server has several: which board, by its name or that of a domain
        board: Option<String>,
    }
    LampsRead, Effect::Reads, Board, Document("why/1") -> document::Why
}

impl<H: Host> Perform<H> for Why {
    async fn perform(self, desk: &Desk<H>, actor: &Actor) -> Result<document::Why, Failure> {
        let typed = subject::of_kind(self.kind, &self.subject);
        let board = desk.board(actor, self.board.as_deref())?;
        let mut document = match self.at {
            Some(at) => {
                actor.check_scope("why with a past moment", Scope::HistoryRead)?;
                desk.why_then(&board, &typed, at).await?
            }
            None => board.read(|hub, now| {
                let subject = desk.standing(hub, &typed)?;
                let explanation =
                    hub.why(&subject, now).ok_or_else(|| desk.unknown(hub, &typed))?;
                Ok(why(hub, &explanation, now))
            })?,
        };
        document.facts.iter_mut().for_each(|fact| desk.add_place(&mut fact.origin));
        document.tombstones.iter_mut().for_each(|end| desk.add_place(&mut end.origin));
        Ok(document)
    }
}

impl<H: Host> Desk<H> {
    async fn why_then(
        &self,
        board: &HubShell,
        typed: &str,
        at: WallTime,
    ) -> Result<document::Why, Failure> {
        let subject = self.spoken_of(board, typed).await?;
        if board.read(|hub, _| hub.history().masks().is_mask(&subject)) {
            let message = format!("{subject} stands for many lamps, which nobody can tell apart");
            return Err(Failure::new(Exit::NoSuchThing, "masked", message)
                .line("try", format!("lampfield history '{subject}'")));
        }
        let past = past::of(board, self.boards.history(), &subject, at).await?;
        Ok(why_then(board.name(), &subject, past, at))
    }
}

fn why(hub: &Hub, explanation: &Explanation, now: Now) -> document::Why {
    let Explanation { why: Reasons { subject, lamp, rule, facts, changes }, .. } = explanation;
    let mut document = document::Why {
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
            None => document.tombstones.push(document::Tombstone {
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
fn why_then(board: &BoardName, subject: &Subject, past: past::Past, at: WallTime) -> document::Why {
    let mut document = document::Why {
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
            "{} of these facts were said before the time that is remembered",
            past.older
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

fn fact(said: &FactReason, value: Shown, lease: Lease, now: Now) -> document::Fact {
    document::Fact {
        value,
        origin: OriginName::from(&*said.origin),
        door: said.protocol.former_word().to_owned(),
        protocol: said.protocol.to_string(),
        said_at: moment(said.said_at),
        age_seconds: seconds_between(said.said_at, now.wall),
        epoch: Some(said.version.epoch),
        counter: Some(said.version.counter),
        decides: said.decides,
        lease: Some(document::Lease::of(lease)),
    }
}
