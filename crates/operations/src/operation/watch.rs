//! `watch`: changes as they come.

use lampfield_board::{Kind, Pattern};

use super::{Perform, operation};
use crate::actor::Actor;
use crate::definition::Effect;
use crate::desk::Desk;
use crate::document::change::Line;
use crate::failure::{Exit, Failure};
use crate::host::Host;
use crate::watchers::{Wanted, Watching};

operation! {
    /// Shows changes as they come, one line each.
    pub struct Watch = "watch" {
        /// A pattern: 'PJSIP/1*', 'device/*', 'mailbox/*@default'
        filter: Option<String>,
        /// Only lamps of this kind: device, mailbox and so on
        kind: Option<Kind>,
        /// Which board, if there are several: its name or that of a domain
        board: Option<String>,
    }
    LampsRead, Effect::Reads, Board, Lines("change/1") -> Line
}

impl Watch {
    /// Begins it.
    ///
    /// # Errors
    /// The filter cannot be read, or there is no such board.
    pub(crate) fn begin<H: Host>(self, desk: &Desk<H>, actor: &Actor) -> Result<Watching, Failure> {
        let filter = self.filter.as_deref().map(Pattern::parse).transpose().map_err(|error| {
            Failure::new(Exit::Usage, "wrong-filter", error.to_string())
                .line("try", "lampfield watch 'PJSIP/1*'")
        })?;
        let board = desk.board(actor, self.board.as_deref())?.name().clone();
        Ok(desk
            .watchers
            .watch(board, Wanted { hear: actor.hear().clone(), kind: self.kind, filter }))
    }
}

impl<H: Host> Perform<H> for Watch {
    async fn perform(self, desk: &Desk<H>, actor: &Actor) -> Result<Line, Failure> {
        Ok(self.begin(desk, actor)?.next().await)
    }
}
