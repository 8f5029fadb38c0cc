//! The XMPP door as a whole: what its connections and services share, and how it is opened.

use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;

use lampfield_board::Change;
use lampfield_fabric::{Storage, Store, StoreError};
use lampfield_hub::{ConnId, HubShell};
use lampfield_xmpp_stream::{BareJid, Domain, JidError, StreamCondition};
use tokio::net::TcpListener;

use crate::accounts::{AccountBook, AccountChange};
use crate::connection::Replacements;
use crate::gate::Gate;
use crate::listener::{self, Start};
use crate::router::Router;
use crate::services::Services;
use crate::services::pubsub::mount::Pubsub;
use crate::services::pubsub::results::Results;
use crate::services::pubsub::telephony::Telephony;
use crate::services::register::Pace;
use crate::services::roster::{self, Peers, Rosters};
use crate::settings::{Registration, Settings};
use crate::wire::Flusher;

/// Shared by every connection of the core thread.
pub struct Door {
    /// What the operator has decided.
    pub settings: Settings,
    /// The domains that are served, the default one first.
    pub domains: Vec<Rc<ServedDomain>>,
    /// Who may log in and what they may do.
    pub accounts: Rc<AccountBook>,
    /// Who is connected.
    pub router: Router,
    /// What the server answers.
    pub services: Services,
    /// The views of the hub.
    pub telephony: Telephony,
    /// Replies that wait for the store.
    pub results: Rc<Results>,
    /// The contact lists.
    pub rosters: Rosters,
    /// Which PBX accounts there are.
    pub peers: Peers,
    /// How often one address may register.
    pub registrations: Pace,
    /// How many may connect.
    pub gate: Rc<Gate>,
    /// Writes what was sent, once per turn.
    pub flusher: Rc<Flusher>,
    /// Who has lately taken whose address.
    pub replacements: Replacements,
    /// What survives a restart.
    pub store: Store,
    next_conn: Cell<u64>,
}

/// One served domain with the addresses made from its name.
#[derive(Debug)]
pub struct ServedDomain {
    /// Its name.
    pub name: Domain,
    /// Its PubSub service: `pubsub.<name>`.
    pub pubsub: BareJid,
    /// The same as a domain.
    pub pubsub_domain: Domain,
    /// The same as it stands in stanzas.
    pub pubsub_name: Rc<str>,
    /// How accounts come into being here.
    pub registration: Registration,
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

/// Addresses that were taken and wait to be served.
#[derive(Debug)]
pub struct Listeners {
    bound: Vec<(TcpListener, Start)>,
}

// === impl Listeners ===

impl Listeners {
    /// The addresses that were taken, with the ports the kernel chose.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        self.bound.iter().map(|(listener, _)| listener.local_addr()).collect()
    }
}

// === impl Door ===

impl Door {
    /// Puts the door together and starts its tasks; must be called on the core thread's
    /// `LocalSet`. Nobody is let in before [`Door::serve`].
    ///
    /// # Errors
    /// When a domain's name cannot be one, or the store cannot be read.
    pub async fn open(
        settings: Settings,
        accounts: Rc<AccountBook>,
        hub: HubShell,
        store: Store,
    ) -> Result<Rc<Self>, OpenError> {
        let domains = settings.domains.iter().map(ServedDomain::of);
        let domains = domains.collect::<Result<Vec<_>, _>>()?;
        let limits = &settings.limits;
        let results = Rc::new(Results::default());
        let log_limit = Rc::clone(&accounts.log_limit);
        let pubsub = Pubsub::open(&domains, &store).await?;
        let rosters = Rosters::open(&store).await?;
        let door = Rc::new(Self {
            domains,
            rosters,
            peers: Peers::of_book(&accounts),
            registrations: Pace::default(),
            accounts,
            router: Router::default(),
            services: Services::standard(pubsub),
            telephony: Telephony::new(hub, Rc::clone(&results), Rc::clone(&log_limit)),
            results,
            gate: Gate::new(limits.connections, limits.unauthenticated_per_address),
            flusher: Flusher::new(),
            replacements: Replacements::default(),
            store,
            settings,
            next_conn: Cell::new(1),
        });
        door.telephony.hub().add_door(Rc::clone(&door) as Rc<dyn lampfield_hub::Door>);
        door.follow_accounts();
        roster::tidy(&door);
        door.start_tasks();
        Ok(door)
    }

    /// Lets changes of accounts take effect on those who are connected.
    fn follow_accounts(self: &Rc<Self>) {
        let door = Rc::downgrade(self);
        self.accounts.on_change(move |change| {
            let Some(door) = door.upgrade() else { return };
            match change {
                AccountChange::Added(account) => roster::account_noted(&door, account),
                AccountChange::Changed(account) => {
                    for session in door.router.resources(&account.jid) {
                        session.account.replace(Rc::clone(account));
                    }
                    roster::account_noted(&door, account);
                }
                AccountChange::Removed(account) => {
                    for session in door.router.resources(&account.jid) {
                        session.end(StreamCondition::NotAuthorized, "the account was removed");
                    }
                    door.services.forget(&door, account);
                }
            }
        });
    }

    fn start_tasks(self: &Rc<Self>) {
        tokio::task::spawn_local(Rc::clone(&self.flusher).run());
        let door = Rc::clone(self);
        tokio::task::spawn_local(async move { door.telephony.catch_up(&door.flusher.roomy).await });
        let door = Rc::clone(self);
        tokio::task::spawn_local(async move {
            door.results.run(door.store.committed()).await;
        });
        let door = Rc::clone(self);
        tokio::task::spawn_local(async move { door.telephony.probe().await });
        let limit = Rc::clone(&self.accounts.log_limit);
        tokio::task::spawn_local(async move { limit.report().await });
    }

    /// Takes the configured addresses.
    ///
    /// # Errors
    /// The address that cannot be had, and what the kernel says.
    pub fn listen(&self) -> Result<Listeners, (SocketAddr, io::Error)> {
        let plain = self.settings.listen.iter().map(|address| (*address, Start::Plain));
        let tls = self.settings.listen_tls.iter().map(|address| (*address, Start::Tls));
        let bound = plain.chain(tls).map(|(address, start)| {
            let listener = listener::bind(address).map_err(|error| (address, error))?;
            Ok((listener, start))
        });
        Ok(Listeners { bound: bound.collect::<Result<_, _>>()? })
    }

    /// Lets people in.
    pub fn serve(self: &Rc<Self>, listeners: Listeners) {
        for (listener, start) in listeners.bound {
            tokio::task::spawn_local(listener::serve(Rc::clone(self), listener, start));
        }
    }

    /// Ends every stream because the server stops. What the peers said stays: they come back.
    pub fn shut(&self) {
        for session in self.router.all() {
            session.end(StreamCondition::SystemShutdown, "the server stops");
        }
    }

    /// The served domain of this name; without a name, the first. Names are compared as written
    /// and, failing that, in their normal form.
    pub fn served(&self, name: Option<&str>) -> Option<Rc<ServedDomain>> {
        let Some(name) = name else { return self.domains.first().cloned() };
        let find = |name: &str| self.domains.iter().find(|domain| domain.name.as_str() == name);
        find(name).or_else(|| find(Domain::parse(name).ok()?.as_str())).cloned()
    }

    /// The domain whose PubSub service has this address, exactly as written.
    pub fn pubsub_domain(&self, address: &str) -> Option<&Rc<ServedDomain>> {
        self.domains.iter().find(|domain| *domain.pubsub_name == *address)
    }

    /// The name the next connection is known by in the hub.
    pub fn next_conn(&self) -> ConnId {
        let number = self.next_conn.get();
        self.next_conn.set(number + 1);
        ConnId(number)
    }

    /// The `tls-server-end-point` channel binding (RFC 5929), if there is one certificate for all.
    pub fn certificate_hash(&self) -> Option<Vec<u8>> {
        self.settings.certificate_hash.clone()
    }
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Door").field("domains", &self.domains).finish_non_exhaustive()
    }
}

impl lampfield_hub::Door for Door {
    fn changed(&self, change: &Change) {
        self.telephony.changed(change);
    }
}

// === impl ServedDomain ===

impl ServedDomain {
    fn of(settings: &crate::settings::DomainSettings) -> Result<Rc<Self>, JidError> {
        let name = Domain::parse(&settings.name)?;
        let pubsub_domain = Domain::parse(&format!("pubsub.{name}"))?;
        let pubsub = BareJid::parse(pubsub_domain.as_str())?;
        Ok(Rc::new(Self {
            name,
            pubsub_name: pubsub.as_str().into(),
            pubsub,
            pubsub_domain,
            registration: settings.registration.clone(),
        }))
    }
}

/// 128 unpredictable bits as hexadecimal digits: stream ids, nonces, resources.
pub fn random_token() -> String {
    let high = random_number();
    let low = random_number();
    format!("{high:016x}{low:016x}")
}

/// 64 unpredictable bits from the kernel.
pub fn random_number() -> u64 {
    getrandom::u64().unwrap_or_else(|error| {
        // Without randomness nothing here is safe, and no supported kernel does this.
        tracing::error!("the kernel gives no random numbers: {error}");
        std::process::abort()
    })
}
