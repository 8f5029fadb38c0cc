//! The ground that the services stand on: what is served, who may come, who is there, and what is
//! kept. It knows none of the services, and they know nothing of sockets and logins.

use std::cell::RefCell;
use std::rc::Rc;

use lampfield_fabric::{Store, StoreError};
use lampfield_xmpp_stream::JidError;

use crate::accounts::AccountBook;
use crate::contacts::{Peers, Rosters};
use crate::domains::Domains;
use crate::pace::Pace;
use crate::results::Results;
use crate::router::Router;
use crate::settings::{Limits, Settings};

/// Shared by all services of the core thread.
pub struct Site {
    /// What the operator has decided for this run.
    pub settings: Settings,
    /// The bounds in force; those of the settings are where they began.
    limits: RefCell<Rc<Limits>>,
    /// The domains that are served.
    pub domains: Domains,
    /// Who may log in and what they may do.
    pub accounts: Rc<AccountBook>,
    /// Which PBX accounts there are: each other's contacts.
    pub peers: Peers,
    /// The contact lists.
    pub rosters: Rosters,
    /// How often one address may register.
    pub registrations: Pace,
    /// Who is connected.
    pub router: Router,
    /// Replies that wait for the store.
    pub results: Rc<Results>,
    /// What survives a restart.
    pub store: Store,
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

// === impl Site ===

impl Site {
    /// Reads what is stored.
    ///
    /// # Errors
    /// When a domain's name cannot be one, or the store cannot be read.
    pub async fn open(
        settings: Settings,
        accounts: Rc<AccountBook>,
        store: Store,
    ) -> Result<Self, OpenError> {
        Ok(Self {
            domains: Domains::of(&settings.domains)?,
            peers: Peers::of_book(&accounts),
            rosters: Rosters::open(&store).await?,
            registrations: Pace::default(),
            router: Router::default(),
            results: Rc::default(),
            limits: RefCell::new(Rc::new(settings.limits.clone())),
            settings,
            accounts,
            store,
        })
    }
}

impl Site {
    /// The bounds in force now.
    pub fn limits(&self) -> Rc<Limits> {
        Rc::clone(&self.limits.borrow())
    }

    /// Puts other bounds in force.
    pub(crate) fn set_limits(&self, limits: Limits) {
        self.limits.replace(Rc::new(limits));
    }
}

impl std::fmt::Debug for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Site").field("domains", &self.domains).finish_non_exhaustive()
    }
}
