//! A door at one board: what it needs of the hub there.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use lampfield_board::mapping::View;
use lampfield_board::{AccountName, BoardName, Protocol, SiteName};
use lampfield_fabric::{StoreError, Ticket};
use tokio::sync::watch;

use crate::{Boards, ConnId, DoorHealth, Grant, HubShell, Observer};

/// All boards as doors see them: they open a kit at one of them, and act on none. Cheap to clone; every clone is the same.
#[derive(Clone)]
pub struct DoorBoards(Boards);

/// What a door has of one board. Cheap to clone; every clone is the same.
#[derive(Clone)]
pub struct DoorKit(Rc<Inner>);

struct Inner {
    boards: Boards,
    hub: HubShell,
    protocol: Protocol,
}

// === impl DoorBoards ===

impl DoorBoards {
    /// The boards of a server, for its doors.
    #[must_use]
    pub fn of(boards: &Boards) -> Self {
        Self(boards.clone())
    }

    /// A door that serves several boards has come, which reports how it is.
    #[must_use]
    pub fn health(&self, protocol: Protocol, place: String) -> DoorHealth {
        self.0.door(protocol, None, place)
    }
}

// === impl DoorKit ===

impl DoorKit {
    /// The kit of a door that speaks `protocol`, at the board of this name, which is opened if it is not yet.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn open(
        DoorBoards(boards): &DoorBoards,
        board: &BoardName,
        protocol: Protocol,
    ) -> Result<Self, StoreError> {
        let hub = boards.add(board).await?;
        Ok(Self(Rc::new(Inner { boards: boards.clone(), hub, protocol })))
    }

    /// The name of the board.
    #[must_use]
    pub fn board(&self) -> &BoardName {
        self.0.hub.name()
    }

    /// The protocol that the door speaks, kept with each fact that comes by it.
    #[must_use]
    pub fn protocol(&self) -> Protocol {
        self.0.protocol
    }

    /// The observer is told of every change on the board from now on: the door's [`Watchers`](super::Watchers).
    pub fn observe(&self, observer: Rc<dyn Observer>) {
        self.0.hub.add_observer(observer);
    }

    /// Whether an account is at this board. The accounts of all boards are in one book, so a door has to ask it at each
    /// login, before [`Peer::new`](super::Peer::new): to everybody else its lamps are those of strangers.
    #[must_use]
    pub fn admits(&self, account: &AccountName) -> bool {
        self.0.boards.home(account).as_ref() == Some(self.board())
    }

    /// An account is gone for good: all that it said ends, mailboxes and kept devices included.
    pub fn remove_account(&self, account: &AccountName) {
        self.hub().remove_account(account);
    }

    /// An account may speak of these subjects only, from now on: what it has said of others ends, whether it is connected
    /// or not. To be called whenever rights may have changed, with what [`Peer::set_rights`](super::Peer::set_rights) is
    /// given, and at the start, for what has changed before it.
    pub fn restrict(&self, account: &AccountName, say: &Grant) {
        self.hub().change(|hub, _| hub.restrict(account, say));
    }

    /// The accounts of which the board holds anything.
    #[must_use]
    pub fn accounts(&self) -> BTreeSet<AccountName> {
        self.hub().read(|hub, _| hub.accounts())
    }

    /// The door has refused something that was to be said, which nobody could say here: it counts with what the hub
    /// refuses.
    pub fn count_refused(&self) {
        self.hub().change(|hub, _| hub.count_refused());
    }

    /// The latest write that is committed, for [`Results::run`](super::Results::run).
    #[must_use]
    pub fn committed(&self) -> watch::Receiver<Ticket> {
        self.0.hub.committed()
    }

    /// A line of its own in `status`, for as long as the door keeps it. `place` is where it listens or connects to.
    #[must_use]
    pub fn health(&self, place: impl Into<String>) -> DoorHealth {
        self.0.boards.door(self.protocol(), Some(self.board().clone()), place.into())
    }

    /// How the peers of a site call what the board calls otherwise.
    pub(super) fn view(&self, site: Option<&SiteName>) -> Option<Arc<View>> {
        self.0.boards.view(site, self.protocol())
    }

    /// A number for one more connection.
    pub(super) fn next_conn(&self) -> ConnId {
        self.0.boards.next_conn()
    }

    pub(super) fn hub(&self) -> &HubShell {
        &self.0.hub
    }
}

impl std::fmt::Debug for DoorKit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at {}", self.protocol(), self.board())
    }
}
