//! The ground that the services stand on: what is served, who may come, who is there, and what is
//! kept. It knows none of the services, and they know nothing of sockets and logins.

mod resolver;

use std::cell::RefCell;
use std::rc::Rc;

use lampfield_accounts::{AccountBook, Pace};
use lampfield_fabric::{Ledger, Store, StoreError};
use lampfield_xmpp_stream::{BareJid, JidError, StanzaCondition, StanzaError};

use crate::contacts::{News, Peers, Rosters};
use crate::domains::Domains;
use crate::questions::Questions;
use crate::results::Results;
use crate::router::Router;
use crate::session::Caps;
use crate::settings::{Settings, XmppLimits};

pub use resolver::{Resolver, StanzaKind, Taken, Undelivered};

/// Shared by all services of the core thread.
pub struct Context {
    /// What the operator has decided for this run.
    pub settings: Settings,
    /// The bounds in force; those of the settings are where they began.
    limits: RefCell<Rc<XmppLimits>>,
    /// The hash for `tls-server-end-point` now; that of the settings is where it began.
    certificate_hash: RefCell<Option<Vec<u8>>>,
    /// The domains that are served.
    pub domains: Domains,
    /// Who may log in and what they may do.
    pub accounts: Rc<AccountBook>,
    /// Which PBX accounts there are: each other's contacts.
    pub peers: Peers,
    /// What the PBXs are to be told of each other.
    pub news: News,
    /// The contact lists of all accounts (RFC 6121 section 2).
    pub rosters: Rosters,
    /// How often one address may register.
    pub registrations: Pace,
    /// Every bound session, by its address.
    pub router: Router,
    /// Who is asked where the router finds nobody, in their order.
    resolvers: RefCell<Vec<Rc<dyn Resolver>>>,
    /// Replies that wait for the store.
    pub results: Rc<Results>,
    /// Questions that wait for a PBX to pause.
    pub questions: Questions,
    /// What survives a restart, with what the store had no room for.
    pub ledger: Rc<Ledger>,
}

/// Why the door cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A domain's name cannot be one.
    #[error(transparent)]
    Domain(#[from] JidError),
    /// What was stored cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

// === impl Context ===

impl Context {
    /// Reads what is stored.
    ///
    /// # Errors
    /// When a domain's name cannot be one, or the store cannot be read.
    pub async fn open(
        settings: Settings,
        accounts: Rc<AccountBook>,
        store: Store,
    ) -> Result<Self, OpenError> {
        let ledger = Rc::new(Ledger::new(store));
        Ok(Self {
            domains: Domains::of(&settings.domains)?,
            peers: Peers::of_book(&accounts),
            news: News::default(),
            rosters: Rosters::open(&ledger).await?,
            registrations: Pace::new(settings.limits.registrations_per_address),
            router: Router::default(),
            resolvers: RefCell::default(),
            results: Rc::default(),
            questions: Questions::default(),
            limits: RefCell::new(Rc::new(settings.limits.clone())),
            certificate_hash: RefCell::new(settings.certificate_hash.clone()),
            settings,
            accounts,
            ledger,
        })
    }

    /// Whether a change may begin whose result says that it is stored. While the store has no room
    /// for earlier ones none may, so that those stay few and are not answered as if they were stored
    /// when they are asked for again.
    ///
    /// # Errors
    /// The store has no room.
    pub fn check_room(&self) -> Result<(), StanzaError> {
        if self.ledger.is_empty() { Ok(()) } else { Err(no_room()) }
    }
}

/// What is answered to a change that the store has no room for.
pub fn no_room() -> StanzaError {
    StanzaCondition::ResourceConstraint.with("the disk takes no writes")
}

impl Context {
    /// The bounds in force now.
    pub fn limits(&self) -> Rc<XmppLimits> {
        Rc::clone(&self.limits.borrow())
    }

    /// From now on this one is asked where nobody is, after those that were added before.
    pub fn add_resolver(&self, resolver: Rc<dyn Resolver>) {
        self.resolvers.borrow_mut().push(resolver);
    }

    /// Looks for somebody who delivers a stanza that has found nobody here: the resolvers, one after the
    /// other. Where none takes it, it is given up.
    ///
    /// # Errors
    /// As [`Resolver::deliver`].
    pub fn deliver_elsewhere(&self, stanza: &Undelivered<'_>) -> Result<Taken, StanzaError> {
        // One that is asked may add another.
        let resolvers = self.resolvers.borrow().clone();
        for resolver in resolvers {
            if resolver.deliver(self, stanza)? == Taken::Yes {
                return Ok(Taken::Yes);
            }
        }
        Ok(Taken::No)
    }

    /// Has a stanza delivered that is for a domain that is not served here. Nobody but that domain may answer it.
    ///
    /// # Errors
    /// `remote-server-not-found` where no resolver takes it, and as [`Resolver::deliver`].
    pub fn deliver_abroad(&self, stanza: &Undelivered<'_>) -> Result<(), StanzaError> {
        let nobody = StanzaCondition::RemoteServerNotFound.with("no such server here");
        self.deliver_elsewhere(stanza)?.or(Err(nobody))
    }

    /// Whether an account is shown what others can do.
    pub fn caps_for(&self, account: &BareJid) -> Caps {
        let shown =
            || self.domains.served(Some(account.domain())).is_some_and(|d| d.show_caps.get());
        if !self.peers.is_pbx(account) || shown() { Caps::Shown } else { Caps::Hidden }
    }

    /// The hash of the certificate that all connections are shown, where they are shown the same one.
    pub(crate) fn certificate_hash(&self) -> Option<Vec<u8>> {
        self.certificate_hash.borrow().clone()
    }

    /// Other certificates are shown from now on.
    pub(crate) fn set_certificate_hash(&self, hash: Option<Vec<u8>>) {
        self.certificate_hash.replace(hash);
    }

    /// Puts other bounds in force.
    pub(crate) fn set_limits(&self, limits: XmppLimits) {
        self.limits.replace(Rc::new(limits));
    }
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context").field("domains", &self.domains).finish_non_exhaustive()
    }
}
