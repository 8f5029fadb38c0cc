//! `list`: what the lamps of a board show.

mod nothing;
mod order;
mod rows;

use lampfield_board::Kind;
use lampfield_hub::HubShell;

use super::seen::Seen;
use super::{Perform, operation, walk};
use crate::actor::Actor;
use crate::definition::Effect;
use crate::desk::Desk;
use crate::document::list as document;
use crate::failure::Failure;
use crate::filter::Filter;
use crate::host::Host;
pub use order::Order;
use rows::Rows;

operation! {
    /// Lists lamps with what they show.
    pub struct List = "list" {
        /// Only these lamps: names ('PJSIP/1*', 100-149, night) and terms (mailbox, state:inuse, site:berlin, origin:pbx-1, is:stale, 'for:>2h'); all must match; 'not' before a term negates it
        filter: Option<String>,
        /// Only lamps of this kind: device, mailbox and so on
        kind: Option<Kind>,
        /// Sort by name, since (when the lamp changed last), value or facts (how many); -since and so on reverse the order
        sort: Order = "name",
        /// Show at most this many lamps
        limit: usize = "100",
        /// The board, if there are several: its name or that of a domain
        board: Option<String>,
    }
    LampsRead, Effect::Reads, Board, Document("lamps/1") -> document::Lamps
}

/// What is listed, and how much of it.
pub(super) struct WantedLamps {
    pub filter: Filter,
    pub kind: Option<Kind>,
    pub order: Order,
    pub limit: usize,
}

// === impl WantedLamps ===

impl WantedLamps {
    /// As much of it, and in the order, as if nothing else had been said.
    pub fn usual(filter: Filter) -> Self {
        Self { filter, kind: None, order: Order::default(), limit: 100 }
    }
}

// === impl List ===

impl List {
    /// The most lamps of one answer.
    pub const MOST: usize = 10_000;
}

impl<H: Host> Perform<H> for List {
    async fn perform(self, desk: &Desk<H>, actor: &Actor) -> Result<document::Lamps, Failure> {
        let Self { filter, kind, sort: order, limit, board } = self;
        let filter = Filter::parse(filter.as_deref().unwrap_or_default())?;
        let board = desk.board(actor, board.as_deref())?;
        Ok(desk.list(actor, &board, WantedLamps { filter, kind, order, limit }).await)
    }
}

impl<H: Host> Desk<H> {
    /// The lamps that are wanted and of which the actor may hear.
    pub(super) async fn list(
        &self,
        actor: &Actor,
        board: &HubShell,
        wanted: WantedLamps,
    ) -> document::Lamps {
        let WantedLamps { filter, kind, order, limit } = wanted;
        let mut rows = Rows::new(order, limit.min(List::MOST));
        walk::over(board, |hub, now, facts| {
            let subject = facts.subject();
            if !actor.hear().covers(subject) || kind.is_some_and(|kind| kind != subject.kind()) {
                return;
            }
            // Of what has ended only the withdrawal is left, and it shows nothing.
            let Some(lamp) = facts.lamp() else { return };
            if filter.wants(&Seen::now((hub, now), &self.accounts, facts, Some(&lamp))) {
                rows.add(hub, facts, lamp);
            }
        })
        .await;
        let terms = match rows.is_empty() {
            true => self.terms(actor, board, &filter, kind).await,
            false => Vec::new(),
        };
        let mut lamps = rows.into_document(board.name(), terms);
        let origins = lamps.lamps.iter_mut().flat_map(|lamp| &mut lamp.origins);
        origins.for_each(|origin| self.add_place(origin));
        lamps
    }
}
