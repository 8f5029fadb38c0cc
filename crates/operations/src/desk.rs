//! Where operations are run: what they work on, and the one way in. Every face comes by [`Desk::run`] or
//! [`Desk::watch`], so that nothing is done that the actor may not do, and no change is made that nobody can read about.

use std::rc::Rc;

use jiff::Timestamp;
use lampfield_accounts::{Account, AccountBook, BareJid};
use lampfield_board::{BoardName, NameError, Protocol, WallTime};
use lampfield_fabric::Store;
use lampfield_hub::{Boards, HubShell};

use crate::actor::Actor;
use crate::argument::Said;
use crate::audit::{Audit, AuditEntry, DONE, Try};
use crate::definition::Definition;
use crate::failure::{Exit, Failure};
use crate::host::{Host, Served};
use crate::nearest::nearest;
use crate::operation::{ALL, Operation, Perform, Watch, by_name};
use crate::watchers::{Watchers, Watching};

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

/// The definition of the operation of this name.
///
/// # Errors
/// There is none; the nearest are named.
pub fn defined(name: &str) -> Result<&'static Definition, Failure> {
    ALL.iter().find(|definition| definition.name == name).copied().ok_or_else(|| {
        let message = format!("there is no operation \"{name}\"");
        let failure = Failure::new(Exit::Usage, "unknown-operation", message);
        let near = nearest(name, ALL.iter().map(|definition| definition.name), 3);
        match near.is_empty() {
            true => failure,
            false => failure.line("nearest", near.join("  ")),
        }
    })
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

    /// Does something by its name, and gives the document that answers it.
    ///
    /// # Errors
    /// There is no such operation, the actor may not do it, an argument is wrong, or it cannot be done.
    pub async fn run(
        &self,
        actor: &Actor,
        name: &str,
        said: Said,
    ) -> Result<serde_json::Value, Failure> {
        defined(name)?;
        let done = by_name(name, self, actor, said).await;
        done.unwrap_or_else(|| Err(Failure::bug(format!("{name} cannot be run"))))
    }

    /// Begins a watch: changes follow one by one.
    ///
    /// # Errors
    /// As [`Desk::run`].
    pub fn watch(&self, actor: &Actor, said: Said) -> Result<Watching, Failure> {
        actor.check(Watch::DEFINITION)?;
        Watch::read(said)?.begin(self, actor)
    }

    /// Does something that was not written as JSON.
    ///
    /// # Errors
    /// As [`Desk::run`].
    pub async fn act<O: Perform<H>>(
        &self,
        actor: &Actor,
        operation: O,
    ) -> Result<O::Answer, Failure> {
        let said = operation.write();
        self.perform(actor, &said, Ok(operation)).await
    }

    /// The same for something that was, and gives its document in that form.
    pub(crate) async fn act_on<O: Perform<H>>(
        &self,
        actor: &Actor,
        said: Said,
    ) -> Result<serde_json::Value, Failure> {
        let answer = self.perform(actor, &said, O::read(said.clone())).await?;
        serde_json::to_value(answer).map_err(Failure::bug)
    }

    /// The only place where anything is done.
    async fn perform<O: Perform<H>>(
        &self,
        actor: &Actor,
        said: &Said,
        operation: Result<O, Failure>,
    ) -> Result<O::Answer, Failure> {
        let noted =
            O::DEFINITION.changes().then(|| self.note(actor, said, operation.as_ref().ok()));
        let done = self.attempt(actor, operation).await;
        if let Some(noted) = noted {
            noted.ended(done.as_ref().map_or_else(|refused| refused.code.as_str(), |_| DONE));
        }
        done
    }

    async fn attempt<O: Perform<H>>(
        &self,
        actor: &Actor,
        operation: Result<O, Failure>,
    ) -> Result<O::Answer, Failure> {
        actor.check(O::DEFINITION)?;
        operation?.perform(self, actor).await
    }

    /// An entry of the audit log, which is written when the try has ended. What somebody of one board tries is told on
    /// that board, also what was meant for another.
    fn note<O: Perform<H>>(&self, actor: &Actor, said: &Said, operation: Option<&O>) -> Try<'_> {
        let about = || operation.and_then(|operation| operation.about(self));
        let board = actor.board().cloned().or_else(about);
        let (definition, said) = (O::DEFINITION, self.audit.notable(O::DEFINITION, said));
        self.audit.begin(AuditEntry::new(
            now(),
            actor.kind(),
            definition.name,
            said,
            board.as_ref(),
        ))
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
