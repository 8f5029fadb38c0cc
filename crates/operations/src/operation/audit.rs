//! `audit`: who has changed what, and who was refused.

use lampfield_board::WallTime;

use super::stored::unreadable;
use super::{Perform, operation};
use crate::actor::Actor;
use crate::argument::Since;
use crate::audit::{AuditEntry, Wanted};
use crate::definition::Effect;
use crate::desk::Desk;
use crate::document::audit as document;
use crate::failure::Failure;
use crate::host::Host;

operation! {
    /// Who has changed what?
    pub struct Audit = "audit" {
        /// Only the last so much time (10m, 2h), or from a moment on (14:03)
        since: Option<Since>,
        /// Only what this one did: owner, an account, the name of a token, or account, token, script for all of them
        actor: Option<String>,
        /// Only this operation: 'user add'; or all that begin with a word: user
        operation: Option<String>,
        /// At most so many entries
        limit: usize = "50",
        /// Only one board, by its name or that of a domain
        board: Option<String>,
    }
    AuditRead, Effect::Reads, Board, Document("audit/1") -> document::Audit
}

impl<H: Host> Perform<H> for Audit {
    async fn perform(self, desk: &Desk<H>, actor: &Actor) -> Result<document::Audit, Failure> {
        let Self { since, actor: by, operation, limit, board } = self;
        // Whoever belongs to a board sees nothing of another, nor of the whole server.
        let board = match (board, actor.board()) {
            (None, None) => None,
            (named, _) => Some(desk.board(actor, named.as_deref())?.name().to_string()),
        };
        let is_wanted = |entry: &AuditEntry| {
            (board.is_none() || entry.board == board)
                && by.as_deref().is_none_or(|by| entry.is_by(by))
                && operation.as_deref().is_none_or(|name| is_or_begins_with(&entry.operation, name))
        };
        let since = since.map_or(WallTime::from_millis(0), |Since(since)| since);
        let found = desk.audit.read(Wanted { since, limit, is_wanted }).await;
        let found = found.map_err(|error| unreadable(&error))?;
        Ok(document::Audit {
            schema: "audit/1".to_owned(),
            entries: found.into_iter().map(document::Entry::from).collect(),
            remembered: desk.audit.len(),
            limit: desk.audit.limit(),
        })
    }
}

/// Whether an operation is called so, or by these words and more.
fn is_or_begins_with(operation: &str, words: &str) -> bool {
    let rest = operation.strip_prefix(words);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}
