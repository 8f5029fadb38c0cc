//! `history`: who said what about one lamp, and when.

use std::sync::Arc;

use lampfield_board::history::{Past, PastChange};
use lampfield_board::{Origin, Subject, WallTime};
use lampfield_hub::Hub;

use super::{Perform, operation};
use crate::actor::Actor;
use crate::argument::Since;
use crate::definition::Effect;
use crate::desk::Desk;
use crate::document::{OriginName, Shown, history as document, moment};
use crate::failure::Failure;
use crate::host::Host;
use crate::journal::{JournalEntry, What};

/// The most changes of one answer.
const MOST_EVENTS: usize = 10_000;

operation! {
    /// Who said what about this lamp, and when?
    pub struct History = "history" {
        /// A device or mailbox: PJSIP/100, 1000@default, device/PJSIP/100
        subject: String,
        /// Only the last so much time (10m, 2h), or from a moment on (14:03)
        since: Option<Since>,
        /// At most so many changes
        limit: usize = "50",
        /// Where a server has several: which board, by its name or that of a domain
        board: Option<String>,
    }
    HistoryRead, Effect::Reads, Board, Document("history/1") -> document::History
}

impl<H: Host> Perform<H> for History {
    async fn perform(self, desk: &Desk<H>, actor: &Actor) -> Result<document::History, Failure> {
        let since = self.since.map_or(WallTime::from_millis(0), |Since(since)| since);
        desk.board(actor, self.board.as_deref())?.read(|hub, _| {
            let past = hub.history();
            let subject = desk.spoken_of(hub, &self.subject)?;
            let events = past.of(&subject, since, self.limit.min(MOST_EVENTS));
            Ok(document::History {
                schema: "history/1".to_owned(),
                subject: subject.to_string(),
                board: hub.name().to_string(),
                links: desk.links(hub, &subject, &events, since),
                events: events.iter().map(event_document).collect(),
                complete_since: moment(past.complete_since()),
                remembered: past.len() as u64,
                limit: u64::from(past.limit()),
            })
        })
    }
}

impl<H: Host> Desk<H> {
    /// The losses and returns of those who speak of a lamp, over the time of the events shown.
    fn links(
        &self,
        hub: &Hub,
        subject: &Subject,
        events: &[PastChange],
        since: WallTime,
    ) -> Vec<document::Link> {
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

fn link(hub: &Hub, subject: &Subject, entry: &JournalEntry) -> document::Link {
    let (state, grace) = match entry.what {
        What::Lost(grace) => ("lost", grace),
        What::Returned(grace) => ("returned", grace),
    };
    document::Link {
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
