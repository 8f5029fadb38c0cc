//! What operations work on, and which board is meant. They are done by what stands in `run.rs`.

use std::rc::Rc;

use jiff::Timestamp;
use lampfield_accounts::{Account, AccountBook, BareJid, Role};
use lampfield_board::{BoardName, Protocol, WallTime};
use lampfield_fabric::Store;
use lampfield_hub::kit::Grant;
use lampfield_hub::{Boards, HubShell};

use crate::actor::{Actor, ActorKind};
use crate::audit::AuditLog;
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
    pub audit: Rc<AuditLog>,
    /// The program around the operations, as far as they need it.
    pub host: H,
}

/// The time of day.
pub(crate) fn now() -> WallTime {
    WallTime::from_millis(u64::try_from(Timestamp::now().as_millisecond()).unwrap_or_default())
}

impl<H: Host> Desk<H> {
    /// Somebody who has logged in with an account, with what the account may do now: an admin everything on the board of its
    /// domain, one of the first domain everything on the server.
    ///
    /// # Errors
    /// When its domain is not served, or its address is too long for a board.
    pub fn actor(&self, account: &Account, protocol: Protocol) -> Result<Actor, Failure> {
        let board = match self.is_of_server(account.role, &account.jid) {
            true => None,
            false => Some(self.own_board(&account.jid)?),
        };
        let readers = self.host.history_readers();
        Actor::account(account, board, protocol, &readers).map_err(Failure::bug)
    }

    /// Of which lamps somebody may hear at this moment: of less, perhaps, than when they logged in. None where their account is
    /// gone.
    pub(crate) fn hears_now(&self, actor: &Actor) -> Option<Grant> {
        let ActorKind::Account(name) = actor.kind() else { return Some(actor.hear().clone()) };
        let jid = BareJid::parse(name.as_str()).ok()?;
        self.accounts.get(&jid).map(|account| Grant::of(&account.hears()))
    }

    /// Whether an account may touch the whole server: admins of the first domain may.
    pub(crate) fn is_of_server(&self, role: Role, jid: &BareJid) -> bool {
        let served = self.host.served();
        role == Role::Admin && served.first().is_some_and(|first| first.name == jid.domain())
    }

    fn own_board(&self, jid: &BareJid) -> Result<BoardName, Failure> {
        self.board_of_domain(Some(jid.domain())).ok_or_else(|| {
            let message = format!("the domain of {jid} is not served");
            Failure::new(Exit::NoSuchThing, "unknown-domain", message)
        })
    }

    /// The board of that name, or that a domain of that name has; without a name, that of the first domain.
    pub(crate) fn board_called(&self, named: Option<&str>) -> Option<BoardName> {
        self.meant(named, found)
    }

    /// The board that a domain has, whatever board is called like that domain; without a name, that of the first domain.
    pub(crate) fn board_of_domain(&self, named: Option<&str>) -> Option<BoardName> {
        self.meant(named, of_domain)
    }

    fn meant(&self, named: Option<&str>, find: Find) -> Option<BoardName> {
        let served = self.host.served();
        let first = || served.first().map(|first| &first.board);
        named.map_or_else(first, |named| find(&served, named)).cloned()
    }

    /// The board that is meant: by its name, or else that of a domain which has it; without a name, the actor's own, or that of
    /// the first domain. Whoever belongs to one board does not learn whether there is another of that name.
    pub(crate) fn board(&self, actor: &Actor, named: Option<&str>) -> Result<HubShell, Failure> {
        let served = self.host.served();
        let meant = match (named, actor.board()) {
            (Some(named), _) => found(&served, named),
            (None, Some(own)) => Some(own),
            (None, None) => served.first().map(|first| &first.board),
        };
        self.touched(actor, meant, named.unwrap_or_default())
    }

    /// The board of an account's domain, if the actor may touch that.
    pub(crate) fn board_of(&self, actor: &Actor, account: &BareJid) -> Result<HubShell, Failure> {
        let served = self.host.served();
        self.touched(actor, of_domain(&served, account.domain()), account.domain())
    }

    /// A board, if there is one and the actor may touch it. `named` is what it was called.
    fn touched(
        &self,
        actor: &Actor,
        meant: Option<&BoardName>,
        named: &str,
    ) -> Result<HubShell, Failure> {
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

/// Which board of those of the served domains a name means.
type Find = for<'a> fn(&'a [Served], &str) -> Option<&'a BoardName>;

/// The board of that name, or else of the domain of that name.
fn found<'a>(served: &'a [Served], named: &str) -> Option<&'a BoardName> {
    let of_name = served.iter().map(|domain| &domain.board).find(|board| board.as_str() == named);
    of_name.or_else(|| of_domain(served, named))
}

/// The board of the domain of that name.
fn of_domain<'a>(served: &'a [Served], named: &str) -> Option<&'a BoardName> {
    let normal = BareJid::parse(named).ok();
    let is_it = |name: &str| name == named || normal.as_ref().is_some_and(|it| it.as_str() == name);
    served.iter().find(|domain| is_it(&domain.name)).map(|domain| &domain.board)
}

fn elsewhere(actor: &Actor, own: &BoardName, named: &str) -> Failure {
    let message = format!("{actor} has no rights on a board \"{named}\"");
    Failure::new(Exit::NotAllowed, "other-board", message)
        .line("may", own.as_str())
        .line("ask", "the owner of the data folder, or an admin of that board")
}

impl<H> std::fmt::Debug for Desk<H> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
    }
}
