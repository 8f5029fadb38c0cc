//! `lamp list`: what all lamps of a board show.

use std::collections::BTreeMap;

use lampfield_board::{Kind, Pattern, SubjectFacts, SubjectId};

use super::{Perform, operation};
use crate::actor::Actor;
use crate::definition::Effect;
use crate::desk::Desk;
use crate::document::{Shown, lamp as document};
use crate::failure::{Exit, Failure};
use crate::host::Host;

/// The most lamps of one answer.
const MOST: usize = 10_000;

/// Subjects that are looked at in one turn of the core thread.
const LOOKED_AT: usize = 2_000;

operation! {
    /// Lists lamps with what they show, by kind and name.
    pub struct LampList = "lamp list" {
        /// A pattern: 'PJSIP/1*', 'device/*', 'mailbox/*@default'
        pattern: Option<String>,
        /// Only lamps of this kind: device, mailbox and so on
        kind: Option<Kind>,
        /// The most lamps to show
        limit: usize = "100",
        /// Which board, if there are several: its name or that of a domain
        board: Option<String>,
    }
    LampsRead, Effect::Reads, Board, Document("lamps/1") -> document::Lamps
}

/// The first lamps in their order, of those that were looked at.
struct First {
    limit: usize,
    lamps: BTreeMap<(Kind, String), document::Listed>,
    /// How many fit what was asked.
    all: u64,
}

impl<H: Host> Perform<H> for LampList {
    async fn perform(self, desk: &Desk<H>, actor: &Actor) -> Result<document::Lamps, Failure> {
        let Self { pattern, kind, limit, board } = self;
        let pattern = pattern.as_deref().map(Pattern::parse).transpose().map_err(|error| {
            Failure::new(Exit::Usage, "wrong-pattern", error.to_string())
                .line("try", "lampfield lamp list 'PJSIP/1*'")
        })?;
        let board = desk.board(actor, board.as_deref())?;
        let fits = |facts: &SubjectFacts<'_>| {
            let subject = facts.subject();
            let matches = |pattern: &Pattern| {
                pattern.matches(subject.name().as_str()) || pattern.matches(&subject.to_string())
            };
            actor.hear().covers(subject)
                && kind.is_none_or(|kind| kind == subject.kind())
                && pattern.as_ref().is_none_or(matches)
        };
        let mut first = First { limit: limit.min(MOST), lamps: BTreeMap::new(), all: 0 };
        let mut place = Some(SubjectId::FIRST);
        while let Some(from) = place {
            place = board.read(|hub, _| {
                let mut last = None;
                for facts in hub.board().subjects_from(from).take(LOOKED_AT) {
                    last = Some(facts.id().next());
                    if fits(&facts) {
                        first.add(facts);
                    }
                }
                last
            });
            // Others have their turn between two pieces.
            tokio::task::yield_now().await;
        }
        Ok(document::Lamps {
            schema: "lamps/1".to_owned(),
            board: board.name().to_string(),
            more: first.all - first.lamps.len() as u64,
            lamps: first.lamps.into_values().collect(),
        })
    }
}

// === impl First ===

impl First {
    /// Takes a lamp that fits. Of what has ended only the withdrawal is left, and it shows nothing.
    fn add(&mut self, facts: SubjectFacts<'_>) {
        let Some(lamp) = facts.lamp() else { return };
        self.all += 1;
        let subject = facts.subject();
        let key = (subject.kind(), subject.name().as_str().to_owned());
        let is_behind = self.lamps.last_key_value().is_some_and(|(last, _)| *last < key);
        if self.lamps.len() >= self.limit && (is_behind || self.limit == 0) {
            return;
        }
        let listed = document::Listed {
            subject: subject.to_string(),
            aggregate: Shown::from(&lamp),
            facts: facts.facts().filter(|fact| fact.state.is_live()).count() as u64,
        };
        self.lamps.insert(key, listed);
        if self.lamps.len() > self.limit {
            self.lamps.pop_last();
        }
    }
}
