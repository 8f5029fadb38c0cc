//! `history`: who said what about one lamp, and when.

use std::sync::Arc;

use lampfield_board::history::PastChange;
use lampfield_board::{Kind, Origin, Subject, Value, WallTime};
use lampfield_hub::{Hub, LinkEvent, LinkTurn};

use super::recall::Recall;
use super::subject::of_verb;
use super::{Perform, operation};
use crate::actor::Actor;
use crate::argument::Since;
use crate::definition::Effect;
use crate::desk::Desk;
use crate::document::{OriginName, Shown, history as document, moment};
use crate::failure::Failure;
use crate::host::Host;
use crate::typed_lamp::of_kind;

/// The most changes of one answer, and the most losses and returns.
const MOST_EVENTS: usize = 10_000;

operation! {
    /// Who said what about this lamp, and when?
    pub struct History = "history" {
        /// A lamp: PJSIP/100, 1000@default, queue/support
        subject: String,
        /// The kind, if several kinds have this name: device, mailbox and so on
        kind: Option<Kind>,
        /// Only the last 10m or 2h, for example, or since a time of day (14:03)
        since: Option<Since>,
        /// Show at most this many changes
        limit: usize = "50",
        /// The board, if there are several: its name or that of a domain
        board: Option<String>,
    }
    HistoryRead, Effect::Reads, Board, Document("history/1") -> document::HistoryDocument
}

impl<H: Host> Perform<H> for History {
    async fn perform(
        self,
        desk: &Desk<H>,
        actor: &Actor,
    ) -> Result<document::HistoryDocument, Failure> {
        let since = self.since.map_or(WallTime::default(), |Since(since)| since);
        let limit = self.limit.min(MOST_EVENTS);
        let board = desk.board(actor, self.board.as_deref())?;
        let typed = of_kind(self.kind, &self.subject);
        let subject = desk.spoken_of(actor, &board, &typed).await.map_err(of_verb("history"))?;
        let stored = desk.boards.history();
        let present = |hub: &Hub| Present::of(hub, &subject);
        let (mut recall, present) = Recall::begin((&board, stored), &subject, since, present).await;
        while !is_enough(&recall, limit) && recall.look_further().await? {}
        let more = recall.changes.len() > limit;
        recall.changes.truncate(limit);
        let past = document::HistoryDocument {
            schema: "history/1".to_owned(),
            subject: subject.to_string(),
            board: board.name().to_string(),
            links: present.links(&recall, since),
            events: recall.changes.iter().map(event_document).collect(),
            more,
            complete_since: moment(recall.begins),
            remembered: present.remembered,
            limit: present.limit,
        };
        Ok(past)
    }
}

/// Whether all changes that are told have been found, one more, and what happened to connections meanwhile.
fn is_enough(recall: &Recall, limit: usize) -> bool {
    let oldest = recall.changes.get(limit.saturating_sub(1));
    recall.changes.len() > limit && oldest.is_none_or(|oldest| recall.reached <= oldest.at)
}

/// What of the present belongs to an answer about the past.
struct Present {
    lamp: Option<Value>,
    origins: Vec<Arc<Origin>>,
    remembered: u64,
    limit: u64,
}

impl Present {
    fn of(hub: &Hub, subject: &Subject) -> Self {
        let present = hub.board().get(subject);
        let origins = present.iter().flat_map(|facts| facts.facts());
        Self {
            lamp: hub.board().aggregate(subject),
            origins: origins.map(|fact| Arc::clone(fact.origin)).collect(),
            remembered: hub.history().len() as u64,
            limit: u64::from(hub.history().limit()),
        }
    }

    /// The losses and returns of those who say something about a lamp, over the time of the changes told.
    fn links(&self, recall: &Recall, since: WallTime) -> Vec<document::Link> {
        let said = recall.changes.iter().map(|change| &change.origin);
        let is_one = |origin: &Arc<Origin>| {
            self.origins.contains(origin) || said.clone().any(|said| said == origin)
        };
        let since = recall.changes.last().map_or(since, |oldest| oldest.at);
        let meant = recall.links.iter().filter(|event| event.at >= since && is_one(&event.origin));
        meant.take(MOST_EVENTS).map(|event| self.link(recall, event)).collect()
    }

    fn link(&self, recall: &Recall, event: &LinkEvent) -> document::Link {
        let (state, grace) = match event.turn {
            LinkTurn::Lost(grace) => ("lost", grace),
            LinkTurn::Returned(grace) => ("returned", grace),
        };
        document::Link {
            at: moment(event.at),
            origin: OriginName::from(&*event.origin),
            state: state.to_owned(),
            grace_seconds: grace.as_secs_f64(),
            // Before all that is known nobody can tell.
            aggregate: (event.at >= recall.begins)
                .then(|| self.lamp_at(&recall.changes, event.at))
                .flatten()
                .map(Shown::from),
        }
    }

    /// What the lamp showed at a moment, by its changes since then, the newest first.
    fn lamp_at<'a>(&'a self, changes: &'a [PastChange], at: WallTime) -> Option<&'a Value> {
        let mut lamp = self.lamp.as_ref();
        for change in changes {
            if change.at <= at {
                return change.lamp.as_ref();
            }
            lamp = change.lamp_was.as_ref();
        }
        lamp
    }
}

fn event_document(event: &PastChange) -> document::Event {
    document::Event {
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
