//! The first lamps in their order, of those that are wanted, and what all of them show.

use std::collections::BTreeMap;

use lampfield_board::{BoardName, DeviceState, SubjectFacts, Value};
use lampfield_hub::Hub;

use super::order::{Order, Position};
use crate::document::{OriginName, Shown, list as document, moment};
use crate::operation::seen::shown_since;

/// The most origins that are named for one lamp.
const ORIGINS: usize = 10;

/// What is listed. It holds no more than is shown, however many lamps are wanted.
pub(super) struct Rows {
    order: Order,
    limit: usize,
    first: BTreeMap<Position, document::Listed>,
    /// How many are wanted.
    total: u64,
    /// How many of these are devices in each state.
    states: BTreeMap<&'static str, u64>,
}

// === impl Rows ===

impl Rows {
    pub fn new(order: Order, limit: usize) -> Self {
        Self { order, limit, first: BTreeMap::new(), total: 0, states: BTreeMap::new() }
    }

    /// Takes a lamp that is wanted.
    pub fn add(&mut self, hub: &Hub, facts: SubjectFacts<'_>, lamp: Value) {
        self.total += 1;
        if let Some(state) = lamp.get::<DeviceState>() {
            *self.states.entry(state.as_str()).or_default() += 1;
        }
        let position = self.order.position(hub, facts, &lamp);
        let is_full = self.first.len() >= self.limit;
        if is_full && self.first.last_key_value().is_none_or(|(last, _)| *last < position) {
            return;
        }
        self.first.insert(position, listed(hub, facts, &lamp));
        if is_full {
            self.first.pop_last();
        }
    }

    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    pub fn into_document(
        self,
        board: &BoardName,
        terms: Vec<document::TermMatches>,
    ) -> document::Lamps {
        let states = self.states.into_iter();
        document::Lamps {
            schema: "lamps/1".to_owned(),
            board: board.to_string(),
            total: self.total,
            more: self.total - self.first.len() as u64,
            states: states.map(|(state, lamps)| (state.to_owned(), lamps)).collect(),
            lamps: self.first.into_values().collect(),
            terms,
        }
    }
}

fn listed(hub: &Hub, facts: SubjectFacts<'_>, lamp: &Value) -> document::Listed {
    let live = || facts.facts().filter(|fact| fact.state.is_live());
    document::Listed {
        subject: facts.subject().to_string(),
        aggregate: Shown::from(lamp),
        since: moment(shown_since(hub, facts)),
        facts: live().count() as u64,
        origins: live().take(ORIGINS).map(|fact| OriginName::from(&**fact.origin)).collect(),
    }
}
