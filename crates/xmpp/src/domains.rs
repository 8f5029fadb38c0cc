//! The domains that are served, each with its PubSub service.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use lampfield_board::BoardName;
use lampfield_xmpp_stream::{BareJid, Domain, JidError};

use crate::settings::{DomainSettings, Registration};

/// All served domains, the default one first.
#[derive(Debug)]
pub struct Domains(RefCell<Vec<Rc<ServedDomain>>>);

/// One served domain with the addresses made from its name.
#[derive(Debug)]
pub struct ServedDomain {
    /// The name as in `user@name`, normalised (RFC 7622).
    pub name: Domain,
    /// Its PubSub service: `pubsub.<name>`.
    pub pubsub: BareJid,
    /// The same as a domain.
    pub pubsub_domain: Domain,
    /// The same as it stands in stanzas.
    pub pubsub_name: Rc<str>,
    /// The board of its facts.
    pub board: BoardName,
    /// How accounts come into being here.
    pub registration: Cell<Registration>,
    /// Whether its PBXs are shown the caps of others.
    pub show_caps: Cell<bool>,
}

// === impl Domains ===

impl Domains {
    /// The domains that the operator has configured.
    ///
    /// # Errors
    /// When a name cannot be one.
    pub fn of(settings: &[DomainSettings]) -> Result<Self, JidError> {
        let domains = settings.iter().map(ServedDomain::of).collect::<Result<_, _>>()?;
        Ok(Self(RefCell::new(domains)))
    }

    /// A copy of the list, so that domains may come and go while it is read.
    pub fn all(&self) -> Vec<Rc<ServedDomain>> {
        self.0.borrow().clone()
    }

    /// The served domain of this name; without a name, the first. Names are compared as written
    /// and, failing that, in their normal form.
    pub fn served(&self, name: Option<&str>) -> Option<Rc<ServedDomain>> {
        let domains = self.0.borrow();
        let Some(name) = name else { return domains.first().cloned() };
        let find = |name: &str| domains.iter().find(|domain| domain.name.as_str() == name);
        find(name).or_else(|| find(Domain::parse(name).ok()?.as_str())).cloned()
    }

    /// Whether a domain is served here, or is the PubSub service of one that is.
    pub fn has(&self, name: &str) -> bool {
        self.served(Some(name)).is_some() || self.pubsub(name).is_some()
    }

    /// Takes over what may change of the domains that are served.
    pub fn set(&self, settings: &[DomainSettings]) {
        for given in settings {
            if let Some(served) = self.served(Some(&given.name)) {
                served.show_caps.set(given.show_caps);
                served.registration.set(given.registration);
            }
        }
    }

    /// From now on this one is served as well.
    pub(crate) fn add(&self, domain: Rc<ServedDomain>) {
        self.0.borrow_mut().push(domain);
    }

    /// From now on the domain of this name is served no longer. Streams that were opened for it can make no account.
    pub(crate) fn remove(&self, name: &str) -> Option<Rc<ServedDomain>> {
        let mut domains = self.0.borrow_mut();
        let place = domains.iter().position(|domain| domain.name.as_str() == name)?;
        let removed = domains.remove(place);
        removed.registration.set(Registration::Closed);
        Some(removed)
    }

    /// The domain whose PubSub service has this address, exactly as written.
    pub fn pubsub(&self, address: &str) -> Option<Rc<ServedDomain>> {
        self.0.borrow().iter().find(|domain| *domain.pubsub_name == *address).cloned()
    }
}

// === impl ServedDomain ===

impl ServedDomain {
    pub(crate) fn of(settings: &DomainSettings) -> Result<Rc<Self>, JidError> {
        let name = Domain::parse(&settings.name)?;
        let pubsub_domain = Domain::parse(&format!("pubsub.{name}"))?;
        let pubsub = BareJid::parse(pubsub_domain.as_str())?;
        Ok(Rc::new(Self {
            name,
            pubsub_name: pubsub.as_str().into(),
            pubsub,
            pubsub_domain,
            board: settings.board.clone(),
            registration: Cell::new(settings.registration),
            show_caps: Cell::new(settings.show_caps),
        }))
    }
}
