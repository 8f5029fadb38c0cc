//! `watch`: changes as they come.

use std::rc::Rc;

use lampfield_board::{Change, Kind};

use super::seen::Seen;
use super::{Perform, operation};
use crate::actor::Actor;
use crate::definition::Effect;
use crate::desk::Desk;
use crate::document::change::Line;
use crate::failure::Failure;
use crate::filter::Filter;
use crate::host::Host;
use crate::watchers::Watching;

operation! {
    /// Shows changes as they happen, one line each.
    pub struct Watch = "watch" {
        /// Only these lamps: names ('PJSIP/1*', 100-149, night) and terms (mailbox, state:inuse, site:berlin, origin:pbx-1); all must match; 'not' before a term negates it
        filter: Option<String>,
        /// Only lamps of this kind: device, mailbox and so on
        kind: Option<Kind>,
        /// The board, if there are several: its name or that of a domain
        board: Option<String>,
    }
    LampsRead, Effect::Reads, Board, Lines("change/1") -> Line
}

impl Watch {
    /// Begins it. A change is shown if the filter wants the lamp as it is afterwards; of origins and sites, those of the
    /// change count.
    ///
    /// # Errors
    /// The filter cannot be read, or there is no such board.
    pub(crate) fn begin<H: Host>(self, desk: &Desk<H>, actor: &Actor) -> Result<Watching, Failure> {
        let filter = Filter::parse(self.filter.as_deref().unwrap_or_default())?;
        let board = desk.board(actor, self.board.as_deref())?;
        let (name, kind) = (board.name().clone(), self.kind);
        let accounts = Rc::clone(&desk.accounts);
        let is_wanted = move |change: &Change| {
            let wants = |hub: &_, now| filter.wants(&Seen::changed((hub, now), &accounts, change));
            let is_of_kind = kind.is_none_or(|kind| kind == change.subject.kind());
            is_of_kind && board.read(wants)
        };
        Ok(desk.watchers.watch(actor.kind(), desk.hears_now(actor), name, is_wanted))
    }
}

impl<H: Host> Perform<H> for Watch {
    async fn perform(self, desk: &Desk<H>, actor: &Actor) -> Result<Line, Failure> {
        self.begin(desk, actor)?.next().await
    }
}
