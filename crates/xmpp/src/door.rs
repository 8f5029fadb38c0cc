//! The XMPP door as a whole: what its connections and services share, and how it is opened.

use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;

use lampfield_fabric::{Storage, Store};
use lampfield_hub::{ConnId, HubShell};
use lampfield_xmpp_stream::{BareJid, Domain, StreamCondition};
use tokio::net::TcpListener;

use crate::accounts::AccountBook;
use crate::connection::Replacements;
use crate::gate::Gate;
use crate::listener::{self, Start};
use crate::router::Router;
use crate::services::Services;
use crate::services::pubsub::telephony::Telephony;
use crate::settings::{Registration, Settings};
use crate::wire::Flusher;

/// Shared by every connection of the core thread.
#[derive(Debug)]
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
    pub telephony: Rc<Telephony>,
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
    /// The same as it stands in stanzas.
    pub pubsub_name: Rc<str>,
    /// How accounts come into being here.
    pub registration: Registration,
}

/// Addresses that were taken and wait to be served.
#[derive(Debug)]
pub struct Listeners {
    bound: Vec<(TcpListener, Start)>,
}

// === impl Door ===

impl Door {
    /// Puts the door together and starts its tasks; must be called on the core thread's
    /// `LocalSet`. Nobody is let in before [`Door::serve`].
    ///
    /// # Errors
    /// When a domain's name cannot be one.
    pub fn new(
        settings: Settings,
        accounts: Rc<AccountBook>,
        hub: HubShell,
        store: Store,
    ) -> Result<Rc<Self>, lampfield_xmpp_stream::JidError> {
        let domains = settings.domains.iter().map(ServedDomain::of);
        let domains = domains.collect::<Result<Vec<_>, _>>()?;
        let limits = &settings.limits;
        let door = Rc::new(Self {
            domains,
            accounts,
            router: Router::default(),
            services: Services::standard(),
            telephony: Rc::new(Telephony::new(hub)),
            gate: Gate::new(limits.connections, limits.unauthenticated_per_address),
            flusher: Flusher::new(),
            replacements: Replacements::default(),
            store,
            settings,
            next_conn: Cell::new(1),
        });
        door.start_tasks();
        Ok(door)
    }

    fn start_tasks(self: &Rc<Self>) {
        tokio::task::spawn_local(Rc::clone(&self.flusher).run());
        let door = Rc::clone(self);
        tokio::task::spawn_local(async move { door.telephony.catch_up(&door.flusher.roomy).await });
        let door = Rc::clone(self);
        tokio::task::spawn_local(async move {
            door.telephony.send_results(door.store.committed()).await;
        });
        let door = Rc::clone(self);
        tokio::task::spawn_local(async move { door.telephony.probe().await });
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
        find(name)
            .or_else(|| find(Domain::parse(name).ok()?.as_str()))
            .cloned()
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

// === impl ServedDomain ===

impl ServedDomain {
    fn of(
        settings: &crate::settings::DomainSettings,
    ) -> Result<Rc<Self>, lampfield_xmpp_stream::JidError> {
        let name = Domain::parse(&settings.name)?;
        let pubsub = BareJid::parse(&format!("pubsub.{name}"))?;
        Ok(Rc::new(Self {
            name,
            pubsub_name: pubsub.as_str().into(),
            pubsub,
            registration: settings.registration.clone(),
        }))
    }
}

/// 128 unpredictable bits as hexadecimal digits: stream ids, nonces, resources.
pub fn random_token() -> String {
    let mut bytes = [0; 16];
    // The kernel's generator fails only on systems that cannot run this server at all.
    if getrandom::fill(&mut bytes).is_err() {
        tracing::error!("the kernel gives no random numbers");
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
