//! The ground that the services stand on: what is served, who may come, who is there, and what is
//! kept. It knows none of the services, and they know nothing of sockets and logins.

use std::rc::Rc;

use lampfield_fabric::{Store, StoreError};
use lampfield_xmpp_stream::JidError;

use crate::accounts::AccountBook;
use crate::contacts::{Peers, Rosters};
use crate::domains::Domains;
use crate::pace::Pace;
use crate::results::Results;
use crate::router::Router;
use crate::settings::Settings;

/// Shared by all services of the core thread.
pub struct Site {
    /// What the operator has decided.
    pub settings: Settings,
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
            registrations: Pace::new(settings.limits.registrations_per_address),
            router: Router::default(),
            results: Rc::default(),
            settings,
            accounts,
            store,
        })
    }
}

impl std::fmt::Debug for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Site").field("domains", &self.domains).finish_non_exhaustive()
    }
}
