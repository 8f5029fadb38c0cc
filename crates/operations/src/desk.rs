//! What operations work on, and which board is meant. They are done by what stands in `run.rs`.

use std::rc::Rc;

use jiff::Timestamp;
use lampfield_accounts::{Account, AccountBook, BareJid};
use lampfield_board::{BoardName, NameError, Protocol, WallTime};
use lampfield_fabric::Store;
use lampfield_hub::{Boards, HubShell};

use crate::actor::Actor;
use crate::audit::Audit;
use crate::failure::{Exit, Failure};
use crate::host::{Host, Served};
use crate::watchers::Watchers;

/// Everything that operations work on. Belongs to the core thread.
pub struct Desk<H> {
    /// All boards with their facts: who says what.
    pub boards: Boards,
    /// The accounts, and what is known of their passwords.
    pub accounts: Rc<AccountBook>,
    /// The store, to tell whether what was done is kept.
    pub store: Store,
    /// Who is told of changes as they happen, for `watch`.
    pub watchers: Rc<Watchers>,
    /// The log of changes and of refused tries.
    pub audit: Rc<Audit>,
    /// The program around the operations, as far as they need it.
    pub host: H,
}

/// The time of day.
pub(crate) fn now() -> WallTime {
    WallTime::from_millis(u64::try_from(Timestamp::now().as_millisecond()).unwrap_or_default())
}

impl<H: Host> Desk<H> {
    /// Somebody who has logged in with an account, with what the account may do now. An admin of the first domain has no
    /// `board`.
    ///
    /// # Errors
    /// When its address is too long for a board.
    pub fn actor(
        &self,
        account: &Account,
        board: Option<BoardName>,
        protocol: Protocol,
    ) -> Result<Actor, NameError> {
        Actor::account(account, board, protocol, &self.host.history_readers())
    }

    /// The board of that name, or that a domain of that name has; without a name, that of the first domain.
    pub(crate) fn board_called(&self, named: Option<&str>) -> Option<BoardName> {
        let served = self.host.served();
        let first = || served.first().map(|first| &first.board);
        named.map_or_else(first, |named| found(&served, named)).cloned()
    }

    /// The board that is meant: by its name or that of a domain which has it; without a name, the actor's own, or that of
    /// the first domain. Whoever belongs to one board does not learn whether there is another of that name.
    pub(crate) fn board(&self, actor: &Actor, named: Option<&str>) -> Result<HubShell, Failure> {
        let served = self.host.served();
        let meant = match (named, actor.board()) {
            (Some(named), _) => found(&served, named),
            (None, Some(own)) => Some(own),
            (None, None) => served.first().map(|first| &first.board),
        };
        let named = named.unwrap_or_default();
        if let Some(own) = actor.board().filter(|own| meant != Some(*own)) {
            return Err(elsewhere(actor, own, named));
        }
        meant.and_then(|board| self.boards.get(board)).ok_or_else(|| {
            let message = format!("there is no board \"{named}\"");
            let names: Vec<_> = self.board_names().iter().map(ToString::to_string).collect();
            Failure::new(Exit::NoSuchThing, "unknown-board", message)
                .line("boards", names.join("  "))
        })
    }

    /// The board of an account's domain, if the actor may touch that.
    pub(crate) fn board_of(&self, actor: &Actor, account: &BareJid) -> Result<HubShell, Failure> {
        self.board(actor, Some(account.domain()))
    }

    /// The boards of the served domains, the first domain's first, each once.
    pub(crate) fn board_names(&self) -> Vec<BoardName> {
        let mut names: Vec<BoardName> = Vec::new();
        for Served { board, .. } in self.host.served() {
            if !names.contains(&board) {
                names.push(board);
            }
        }
        names
    }

    /// The served domains that an actor may touch.
    pub(crate) fn served(&self, actor: &Actor) -> Vec<Served> {
        let mut served = self.host.served();
        served.retain(|domain| actor.board().is_none_or(|own| *own == domain.board));
        served
    }
}

/// The board of that name, or of the domain of that name.
fn found<'a>(served: &'a [Served], named: &str) -> Option<&'a BoardName> {
    let of_name = served.iter().find(|domain| domain.board.as_str() == named);
    let normal = BareJid::parse(named).ok();
    let is_it = |name: &str| name == named || normal.as_ref().is_some_and(|it| it.as_str() == name);
    let of_domain = || served.iter().find(|domain| is_it(&domain.name));
    of_name.or_else(of_domain).map(|domain| &domain.board)
}

fn elsewhere(actor: &Actor, own: &BoardName, named: &str) -> Failure {
    let message = format!("{actor} may touch no board \"{named}\"");
    Failure::new(Exit::NotAllowed, "other-board", message)
        .line("may", own.as_str())
        .line("ask", "the owner of the data folder, or an admin of that board")
}

impl<H> std::fmt::Debug for Desk<H> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
    }
}
