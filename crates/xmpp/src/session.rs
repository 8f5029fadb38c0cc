//! A bound resource: one logged-in stream as the rest of the door sees it.

mod asked;
mod directed;
mod interest;
mod lang;
mod words;

use std::cell::{Cell, OnceCell, RefCell};
use std::net::IpAddr;
use std::rc::Rc;
use std::time::{Instant, SystemTime};

use lampfield_accounts::{Account, Role};
use lampfield_hub::kit::{ConnId, Peer};
use lampfield_xmpp_stream::{BareJid, FullJid, StreamCondition, StreamError};

use crate::wire::{BufferFull, Link};

pub use asked::Asked;
pub use directed::Directed;
pub use interest::Interest;
pub use lang::Lang;
pub use words::{Caps, Words};

/// One stream that has logged in and bound a resource.
#[derive(Debug)]
pub struct Session {
    /// The address stanzas come from and go to.
    pub jid: FullJid,
    /// The resource it asked for, as an address has it, which tells the PBXs of an account apart
    /// also where one was given another; empty if it left the choice to us.
    pub requested_resource: Box<str>,
    /// What it is to the board of its domain.
    pub peer: Rc<Peer>,
    /// The address without its resource: the account.
    pub bare: BareJid,
    /// Who logged in; rights are looked up here at each use, so that changes take effect.
    pub account: RefCell<Rc<Account>>,
    /// What the hub knows this stream by.
    pub conn: ConnId,
    /// The connection by which it is reached.
    pub link: Rc<Link>,
    /// What it said of itself before it had an address.
    details: ClientDetails,
    /// When the resource was bound, by the wall clock.
    pub since: SystemTime,
    /// What the presence service keeps about this resource.
    pub presence: RefCell<Option<Presence>>,
    /// To whom it has sent its presence besides those who may see it anyhow.
    pub directed: RefCell<Directed>,
    /// What it has asked other clients; kept for a PBX only.
    pub asked: RefCell<Asked>,
    /// How it learns that its roster has changed.
    pub roster: Cell<Interest>,
    /// Where a PBX has looked for a PubSub service that is not there.
    pub misdirected: OnceCell<Box<str>>,
    /// What became of the states that it has published.
    pub publishes: RefCell<Publishes>,
    /// What the log tells of its login.
    pub joining: Joining,
    /// Subscriptions of this stream to facts.
    pub watches: Cell<usize>,
    /// Whether this stream has subscribed to a generic node.
    pub wants_items: Cell<bool>,
    /// Set when somebody else ends this stream; the connection's task acts on it.
    end: RefCell<Option<StreamError>>,
}

/// What a client says of itself before it binds a resource.
#[derive(Debug, Clone, Default)]
pub struct ClientDetails {
    /// The language of what it will say, unless a stanza names its own.
    pub lang: Option<Lang>,
    /// What the relay reports, if this stream comes through one.
    pub via: Option<Via>,
}

/// What a relay reports of the PBX whose stream it carries.
#[derive(Debug, Clone)]
pub struct Via {
    /// From where the PBX comes. Nothing may be decided by it.
    pub address: IpAddr,
    /// The PBX's stream, which may be carried over one line after the other; at most 64 characters.
    pub stream: Option<Box<str>>,
}

/// What became of the states that a stream has published.
#[derive(Debug, Clone, Default)]
pub struct Publishes {
    /// How many were taken. Since the first the rest is nobody's mistake.
    pub taken: u64,
    /// When the first was.
    pub first_taken: Option<Instant>,
    /// How many it had no right to say, or said under a name that is none.
    pub dropped: u64,
    /// Why the first of them was dropped, in words.
    pub first: Option<Box<str>>,
}

/// How far the log has come with telling that a PBX has joined.
#[derive(Debug, Clone)]
pub struct Joining {
    /// When it has logged in.
    pub since: Instant,
    /// Facts that it was sent to bring it up to date.
    pub told: Cell<u64>,
    /// Whether somebody waits for the moment to tell it.
    pub is_begun: Cell<bool>,
}

/// The last available presence of a resource.
#[derive(Debug, Clone)]
pub struct Presence {
    /// RFC 6121 section 4.7.2.3: -128 to 127; a negative one gets no messages to the bare JID.
    pub priority: i8,
    /// What it says besides its priority; shared by all to whom it goes.
    pub words: Rc<Words>,
}

// === impl ClientDetails ===

impl ClientDetails {
    /// The name of the PBX's stream to its relay, if this one comes through a relay; empty if that names
    /// none.
    pub fn relayed_stream(&self) -> Option<&str> {
        self.via.as_ref().map(|via| via.stream.as_deref().unwrap_or_default())
    }
}

// === impl Publishes ===

impl Publishes {
    /// One more was taken.
    pub fn take(&mut self) {
        self.taken += 1;
        if self.taken == 1 {
            self.first_taken = Some(Instant::now());
        }
    }
}

// === impl Session ===

impl Session {
    /// A session that has just bound `jid`, having asked for the resource `requested_resource`.
    pub fn new(
        (jid, requested_resource): (FullJid, Box<str>),
        account: Rc<Account>,
        link: Rc<Link>,
        details: ClientDetails,
        peer: Rc<Peer>,
    ) -> Rc<Self> {
        Rc::new(Self {
            bare: jid.to_bare(),
            jid,
            requested_resource,
            account: RefCell::new(account),
            conn: peer.id(),
            link,
            details,
            peer,
            since: SystemTime::now(),
            presence: RefCell::new(None),
            directed: RefCell::default(),
            asked: RefCell::default(),
            roster: Cell::default(),
            misdirected: OnceCell::new(),
            publishes: RefCell::default(),
            joining: Joining {
                since: Instant::now(),
                told: Cell::default(),
                is_begun: Cell::default(),
            },
            watches: Cell::new(0),
            wants_items: Cell::new(false),
            end: RefCell::new(None),
        })
    }

    /// The language of a stanza that names none itself.
    pub fn lang(&self) -> Option<&str> {
        self.details.lang.as_ref().map(Lang::as_str)
    }

    /// From where the PBX comes, if this stream comes through a relay.
    pub fn via(&self) -> Option<IpAddr> {
        self.details.via.as_ref().map(|via| via.address)
    }

    /// Whether this is the stream of a PBX that a relay has carried to us before, over a line that
    /// it has lost and we may not.
    pub fn is_former_line_of(&self, via: Option<&Via>) -> bool {
        let stream = |via: &Via| via.stream.clone();
        let (former, now) = (self.details.via.as_ref().and_then(stream), via.and_then(stream));
        former.is_some() && former == now
    }

    /// Sends one complete stanza. A peer that does not read loses its connection.
    pub fn send(&self, stanza: &[u8]) {
        self.send_parts(stanza, &[]);
    }

    /// Sends a stanza that comes in two parts, such as the recipient's own head of a notification
    /// and what all recipients share.
    pub fn send_parts(&self, head: &[u8], tail: &[u8]) {
        if self.link.send_parts(head, tail) == Err(BufferFull) {
            tracing::warn!(jid = %self.jid, peer = %self.link.peer(), "connection given up: {BufferFull}");
        }
    }

    /// Whether its account has the role `pbx`, whatever the client is.
    pub fn is_pbx(&self) -> bool {
        self.account.borrow().role == Role::Pbx
    }

    /// A PBX has looked for a PubSub service at this address in vain; the first one is kept. Says whether that is news:
    /// Asterisk asks several times within a second.
    pub fn looks_in_vain(&self, address: &str) -> bool {
        match self.misdirected.get() {
            Some(first) => **first != *address,
            None => self.misdirected.set(address.into()).is_ok(),
        }
    }

    /// Whether this is a PBX that hears the facts of the others.
    pub fn hears_facts(&self) -> bool {
        self.watches.get() > 0 && self.is_pbx()
    }

    /// Whether the resource has said that it is available.
    pub fn is_available(&self) -> bool {
        self.presence.borrow().is_some()
    }

    /// Ends this stream from outside, with an error the client can show.
    pub fn end(&self, condition: StreamCondition, text: impl Into<std::borrow::Cow<'static, str>>) {
        self.end.borrow_mut().get_or_insert(condition.with(text));
        self.link.interrupt();
    }

    /// Whether somebody else has ended this stream: nothing that it still sends counts.
    pub fn is_ended(&self) -> bool {
        self.end.borrow().is_some()
    }

    /// Why this stream was ended from outside, once.
    pub fn take_end(&self) -> Option<StreamError> {
        self.end.borrow_mut().take()
    }
}
