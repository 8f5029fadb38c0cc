//! `audit`: who has changed what, and who was refused.

use lampfield_board::WallTime;
use lampfield_hub::kit::Grant;

use super::stored::unreadable;
use super::{Perform, operation};
use crate::actor::Actor;
use crate::argument::Since;
use crate::audit::{AuditEntry, MeantLamp, WantedEntries};
use crate::definition::Effect;
use crate::desk::Desk;
use crate::document::audit as document;
use crate::failure::Failure;
use crate::host::Host;

operation! {
    /// Who has changed what?
    pub struct Audit = "audit" {
        /// Only entries of the last 10m or 2h, for example, or since a time of day (14:03)
        since: Option<Since>,
        /// Only what one actor did: owner, an account, or the name of a token; or account, token or script for all of that kind
        actor: Option<String>,
        /// Only this operation: 'user add'; or every operation that begins with this word: user
        operation: Option<String>,
        /// Show at most this many entries
        limit: usize = "50",
        /// Only one board: its name or that of a domain, even one that was removed
        board: Option<String>,
    }
    AuditRead, Effect::Reads, Board, Document("audit/1") -> document::AuditDocument
}

impl<H: Host> Perform<H> for Audit {
    async fn perform(
        self,
        desk: &Desk<H>,
        actor: &Actor,
    ) -> Result<document::AuditDocument, Failure> {
        let Self { since, actor: by, operation, limit, board } = self;
        // Whoever belongs to a board sees nothing of another, nor of the whole server.
        let meant = desk.board(actor, board.as_deref()).map(|board| board.name().to_string());
        let (board, missing) = match (board, actor.board(), meant) {
            (None, None, _) => (None, None),
            (_, _, Ok(board)) => (Some(board), None),
            // What was done to a board that is gone can still be asked for.
            (Some(gone), None, Err(missing)) => (Some(gone), Some(missing)),
            (_, _, Err(refused)) => return Err(refused),
        };
        let is_wanted = |entry: &AuditEntry| {
            (board.is_none() || entry.board == board)
                && may_read(actor, entry)
                && by.as_deref().is_none_or(|by| entry.is_by(by))
                && operation.as_deref().is_none_or(|name| is_or_begins_with(&entry.operation, name))
        };
        let since = since.map_or(WallTime::from_millis(0), |Since(since)| since);
        let found = desk.audit.read(WantedEntries { since, limit, is_wanted }).await;
        let found = found.map_err(|error| unreadable(&error))?;
        if let Some(missing) = missing.filter(|_| found.is_empty()) {
            return Err(missing);
        }
        Ok(document::AuditDocument {
            schema: "audit/1".to_owned(),
            entries: found.into_iter().map(document::Entry::from).collect(),
            remembered: desk.audit.len(),
            limit: desk.audit.limit(),
        })
    }
}

/// Whether an actor may read of what was done: not about a lamp of which it may not hear.
fn may_read(actor: &Actor, entry: &AuditEntry) -> bool {
    if *actor.hear() == Grant::Everything {
        return true;
    }
    match entry.meant() {
        None => true,
        Some(MeantLamp::Found(subject)) => actor.hear().covers(&subject),
        Some(MeantLamp::OneOf(some)) => some.iter().all(|subject| actor.hear().covers(subject)),
        Some(MeantLamp::Unclear) => false,
    }
}

/// Whether an operation is called so, or by these words and more.
fn is_or_begins_with(operation: &str, words: &str) -> bool {
    let rest = operation.strip_prefix(words);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}
