//! The domains that were added while a server ran. They lie in the store's bucket `domains` and are served after those
//! of the file. Where the file has one of the same name, the file counts and the row waits; but a removal that was begun is
//! finished first.

use std::cell::RefCell;

use lampfield_board::BoardName;
use lampfield_fabric::{Bucket, Storage, Store, StoreError};
use lampfield_xmpp::settings::{DomainSettings, Registration};
use lampfield_xmpp_stream::Domain;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::config::Config;
use crate::config::name::DomainName;

/// Rows read at once.
const PAGE: usize = 1_000;

/// The most domains that can be added at run time: each has a certificate and services of its own.
pub const MOST: usize = 100;

/// One domain that was added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Added {
    pub name: DomainName,
    pub row: DomainRow,
}

/// Its settings, as they are stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainRow {
    /// The board of its facts, if it is not one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub board: Option<String>,
    /// Whether clients can make accounts themselves.
    #[serde(default)]
    pub in_band: bool,
    /// Whether its PBXs are shown the caps of others.
    #[serde(default)]
    pub show_caps: bool,
    /// Its removal was begun; what is left of it goes at the next start.
    #[serde(default)]
    pub removing: bool,
}

/// The domains that were added at run time, as the store has them.
pub struct AddedDomains {
    store: Store,
    served: RefCell<Vec<Added>>,
    /// Those that the file has as well.
    shadowed: RefCell<Vec<DomainName>>,
    /// Of those, the ones whose removal was begun before they came into the file.
    replaced: Vec<Added>,
    /// Held while a domain comes, changes or goes: one after the other.
    pub changing: Mutex<()>,
}

// === impl Added ===

impl Added {
    /// The board of its facts.
    pub fn board(&self) -> Option<BoardName> {
        BoardName::parse(self.row.board.as_deref().unwrap_or(self.name.as_str())).ok()
    }

    /// How accounts come into being in it.
    pub fn registration(&self) -> Registration {
        if self.row.in_band { Registration::InBand } else { Registration::Closed }
    }

    /// What the door is told.
    pub fn settings(&self) -> Option<DomainSettings> {
        Some(DomainSettings {
            name: self.name.to_string(),
            board: self.board()?,
            registration: self.registration(),
            show_caps: self.row.show_caps,
        })
    }
}

/// Whether all addresses that are made of a name can be: a number of an IPv6 address cannot be behind `pubsub.`.
pub fn is_servable(name: &DomainName) -> bool {
    Domain::parse(&name.pubsub()).is_ok()
}

// === impl AddedDomains ===

impl AddedDomains {
    /// Those that the store holds.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn open(config: &Config, store: &Store) -> Result<Self, StoreError> {
        let (of_file, mut from) = (config.served(), None);
        let (mut served, mut shadowed, mut replaced) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            let page = store.scan(Bucket::Domains, "", from, PAGE).await?;
            for row in page.rows {
                let name = DomainName::parse(&row.key);
                match (name, serde_json::from_str(&row.value)) {
                    (Ok(name), row) if of_file.contains(&name) => {
                        let row = row.ok().filter(|row: &DomainRow| row.removing);
                        replaced.extend(row.map(|row| Added { name: name.clone(), row }));
                        shadowed.push(name);
                    }
                    (Ok(name), Ok(row)) if is_servable(&name) => served.push(Added { name, row }),
                    _ => {
                        let (bucket, key) = (Bucket::Domains.name(), row.key);
                        tracing::error!(
                            code = "row-unreadable",
                            bucket,
                            key,
                            "a stored row was left out"
                        );
                    }
                }
            }
            from = page.next;
            if from.is_none() {
                break;
            }
        }
        let (served, shadowed) = (RefCell::new(served), RefCell::new(shadowed));
        Ok(Self { store: store.clone(), served, shadowed, replaced, changing: Mutex::default() })
    }

    /// The store in which they lie.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Those that are served, by name.
    pub fn served(&self) -> Vec<Added> {
        self.served.borrow().clone()
    }

    /// The added domain of this name, if it is served.
    pub fn get(&self, name: &str) -> Option<Added> {
        self.served.borrow().iter().find(|one| one.name.as_str() == name).cloned()
    }

    /// Those that wait because the file has them too.
    pub fn shadowed(&self) -> Vec<DomainName> {
        self.shadowed.borrow().clone()
    }

    /// Those whose removal was begun before the file had them.
    pub fn replaced(&self) -> Vec<Added> {
        self.replaced.clone()
    }

    /// Keeps a domain, new or changed. Returns when it is on the disk.
    ///
    /// # Errors
    /// When it cannot be stored.
    pub async fn put(&self, added: Added) -> Result<(), StoreError> {
        let row = serde_json::to_string(&added.row).unwrap_or_default();
        self.write(&added.name, Some(row)).await?;
        let mut served = self.served.borrow_mut();
        served.retain(|one| one.name != added.name);
        served.push(added);
        served.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(())
    }

    /// Forgets a domain. Returns when that is on the disk.
    ///
    /// # Errors
    /// As [`AddedDomains::put`].
    pub async fn remove(&self, name: &DomainName) -> Result<(), StoreError> {
        self.write(name, None).await?;
        self.served.borrow_mut().retain(|one| one.name != *name);
        self.shadowed.borrow_mut().retain(|one| one != name);
        Ok(())
    }

    async fn write(&self, name: &DomainName, value: Option<String>) -> Result<(), StoreError> {
        let row = self.store.get(Bucket::Domains, name.as_str()).await?;
        let revision = row.and_then(|row| row.revision);
        self.store.compare_and_set(Bucket::Domains, name.as_str(), revision, value).await?;
        Ok(())
    }
}
