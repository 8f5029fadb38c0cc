//! One connection that has logged in, as a board knows it: it comes, says things, and goes.

use std::cell::{Cell, RefCell};

use std::rc::Rc;
use std::sync::Arc;

use lampfield_board::mapping::{Translation, View};
use lampfield_board::{AccountName, Board, BoardName, SiteName, Subject};
use lampfield_fabric::Ticket;
use thiserror::Error;

use super::door::DoorKit;
use super::rights::Rights;
use super::sight::{Sight, VisibleBoard};
use crate::{ConnId, Outcome, Policy, Profile, Publication, Refusal};

/// What a door knows of a peer when it logs in.
#[derive(Debug, Clone)]
pub struct NewPeer {
    /// The account that it has logged in as.
    pub account: AccountName,
    /// What the door declares of its kind of peer: whether it keeps a cache, repeats, and so on.
    pub profile: Profile,
    /// The subjects that it may speak and hear of.
    pub rights: Rights,
    /// Where it is, which decides how it calls things.
    pub site: Option<SiteName>,
    /// The name that its stream has to the relay by which it comes, perhaps empty; none if it comes directly.
    pub relayed: Option<Box<str>>,
}

/// One connection. It is lost when it is dropped, unless the door has said how it ended.
#[derive(Debug)]
pub struct Peer {
    kit: DoorKit,
    id: ConnId,
    account: AccountName,
    profile: Profile,
    rights: RefCell<Rights>,
    view: Option<Arc<View>>,
    relayed: Option<Box<str>>,
    state: Cell<PeerState>,
}

/// Whether the hub knows a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PeerState {
    /// It has not arrived yet, or is gone.
    Away,
    /// It is logged in at the hub.
    Here,
    /// It has said that it goes. If it speaks again, it has come back.
    SaidGoodbye,
}

/// What became of something that was said and taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// Whether it was news, a repeat, passed on or ignored.
    pub outcome: Outcome,
    /// What must be committed before the peer is told that all is well; none where nothing waits to be stored.
    pub ticket: Option<Ticket>,
}

/// Why something that was said has no effect.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PublishError {
    /// The peer has no right to speak about it.
    #[error("the account may not publish {0}")]
    NotAllowed(Subject),
    /// The peer's site has nothing by this name, because a rule of the mapping gives it to another subject.
    #[error(
        "{0} is the mapped name of another lamp of this site, not a name that its PBXs may use"
    )]
    Hidden(Subject),
    /// The hub does not take it, because of a limit or a fault.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

// === impl PublishError ===

impl PublishError {
    /// Whether the store has no room for it: no result may say that it is safe, and a repeat may be taken later.
    #[must_use]
    pub fn is_unsafe(&self) -> bool {
        matches!(self, Self::Refused(Refusal::NotStored(_) | Refusal::NoRoom { .. }))
    }
}

// === impl Peer ===

impl Peer {
    /// A connection of somebody who has logged in. It is not there for the hub before [`Peer::arrive`].
    #[must_use]
    pub fn new(kit: &DoorKit, new: NewPeer) -> Rc<Self> {
        let NewPeer { account, profile, rights, site, relayed } = new;
        let view = kit.view(site.as_ref());
        let (rights, state) = (RefCell::new(rights), Cell::new(PeerState::Away));
        let (kit, id) = (kit.clone(), kit.next_conn());
        Rc::new(Self { kit, id, account, profile, rights, view, relayed, state })
    }

    /// The number of the connection, which no other connection of the process has or had.
    #[must_use]
    pub fn id(&self) -> ConnId {
        self.id
    }

    /// The account that it has logged in as.
    #[must_use]
    pub fn account(&self) -> &AccountName {
        &self.account
    }

    /// The name of its board.
    #[must_use]
    pub fn board(&self) -> &BoardName {
        self.kit.board()
    }

    /// What the door has declared of it.
    #[must_use]
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// It is there: from now on it may speak, and what its account had said before waits to be said again.
    pub fn arrive(&self) {
        self.state.set(PeerState::Here);
        self.kit.hub().change(|hub, now| {
            hub.comes(&self.account, self.profile, self.relayed.as_deref());
            hub.arrive(self.id, &self.account, self.profile, now);
        });
    }

    /// The same peer, which has lost the connection `old` before anybody noticed: no lamp shows it.
    pub fn replace(&self, old: &Self) {
        old.state.set(PeerState::Away);
        self.kit.hub().change(|hub, now| hub.replaced(old.id, self.id, now));
    }

    /// It says that it goes: what it said ends now. If it speaks again it has come back.
    pub fn say_goodbye(&self) {
        self.state.set(PeerState::SaidGoodbye);
        self.kit.hub().change(|hub, now| hub.goodbye(self.id, now));
    }

    /// The connection has ended without a goodbye, so the grace of what it said begins.
    pub fn lose(&self) {
        self.state.set(PeerState::Away);
        self.kit.hub().change(|hub, now| hub.lost(self.id, now));
    }

    /// The same, while the peer does not know it yet because its line is cut.
    pub fn cut_off(&self) {
        self.state.set(PeerState::Away);
        self.kit.hub().change(|hub, now| hub.cut_off(self.id, now));
    }

    /// It says something. By the return everybody has been told.
    ///
    /// # Errors
    /// [`PublishError`] says why it has no effect.
    pub fn publish(&self, mut said: Publication) -> Result<Published, PublishError> {
        if let Some(view) = &self.view {
            said.subject = self.on_the_board(view, said.subject)?;
        }
        if !self.rights.borrow().say.covers(&said.subject) {
            return self.without_right(said.subject);
        }
        if self.state.get() == PeerState::SaidGoodbye {
            self.arrive();
        }
        let (outcome, ticket) = self.kit.hub().publish(self.id, said)?;
        Ok(Published { outcome, ticket })
    }

    fn on_the_board(&self, view: &View, subject: Subject) -> Result<Subject, PublishError> {
        match view.to_board(&subject) {
            Translation::Same => Ok(subject),
            Translation::Mapped(named) => Ok(named),
            Translation::Hidden => {
                self.kit.count_refused();
                Err(PublishError::Hidden(subject))
            }
        }
    }

    /// What is dropped anyhow needs no right: peers may make such devices by themselves.
    fn without_right(&self, subject: Subject) -> Result<Published, PublishError> {
        let policy = self.kit.hub().read(|hub, _| hub.settings().policies.of(&subject));
        if policy == Policy::Ignore {
            return Ok(Published { outcome: Outcome::Ignored, ticket: None });
        }
        self.kit.count_refused();
        Err(PublishError::NotAllowed(subject))
    }

    /// What it may do from now on. The door's [`Watchers`](super::Watchers) must be told too, and
    /// [`DoorKit::restrict`] what its account may say.
    pub fn set_rights(&self, rights: Rights) {
        self.rights.replace(rights);
    }

    /// How it sees its board now.
    #[must_use]
    pub fn sight(&self) -> Sight {
        Sight::new(self.rights.borrow().hear.clone(), self.view.clone())
    }

    /// Reads the board as it sees it.
    pub fn read<T>(&self, ask: impl FnOnce(VisibleBoard<'_>) -> T) -> T {
        let sight = self.sight();
        let look = |board: &Board| ask(VisibleBoard::new(board, &sight));
        self.kit.hub().read(|hub, _| look(hub.board()))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        if self.state.get() == PeerState::Here {
            self.lose();
        }
    }
}
