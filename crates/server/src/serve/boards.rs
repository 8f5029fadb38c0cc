//! Which domain has which board: its own, the one that the file names, or, in a data folder from before there were
//! several, the one that all shared.

use std::cell::RefCell;

use lampfield_board::BoardName;
use lampfield_fabric::{Bucket, Storage, Store, StoreError};

use crate::config::Config;
use crate::config::name::DomainName;

/// The board that all domains of an older data folder share, as its migration has named it.
const SHARED: &str = "shared";

/// The row by which that migration says so.
const ROW: &str = "boards";

/// The board of each served domain.
#[derive(Debug, Clone)]
pub struct BoardsOfDomains {
    by_domain: RefCell<Vec<(DomainName, BoardName)>>,
    /// Domains that share a board only because they always did.
    pub shared_as_before: Vec<DomainName>,
}

// === impl BoardsOfDomains ===

impl BoardsOfDomains {
    /// What the file says, and of domains of which it says nothing, what the data folder does. Once the file names a board
    /// for every domain, the folder says nothing any longer.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn of(config: &Config, store: &Store) -> Result<Self, StoreError> {
        let named = |domain: &DomainName| {
            config.domain.iter().find(|given| given.name == *domain)?.board.clone()
        };
        let served = config.served();
        let unnamed: Vec<_> = served.iter().filter(|domain| named(domain).is_none()).collect();
        let shares = store.get(Bucket::Meta, ROW).await?;
        let said = shares.as_ref().filter(|_| unnamed.is_empty());
        if let Some(revision) = said.and_then(|row| row.revision) {
            // Another try at the next start does no harm.
            let _moved_on = store.compare_and_set(Bucket::Meta, ROW, Some(revision), None).await;
        }
        let shared = shares.and_then(|_| BoardName::parse(SHARED).ok());
        let shared_as_before = match (&shared, unnamed.as_slice()) {
            (Some(_), several @ [_, _, ..]) => several.iter().map(|one| (*one).clone()).collect(),
            _ => Vec::new(),
        };
        let board = |domain: DomainName| {
            let own = || BoardName::parse(domain.as_str()).ok();
            let board = named(&domain).or_else(|| shared.clone()).or_else(own)?;
            Some((domain, board))
        };
        let by_domain = served.into_iter().filter_map(board).collect();
        Ok(Self { by_domain: RefCell::new(by_domain), shared_as_before })
    }

    /// The board of a domain, if that is served.
    pub fn of_domain(&self, domain: &str) -> Option<BoardName> {
        let by_domain = self.by_domain.borrow();
        let found = by_domain.iter().find(|(name, _)| name.as_str() == domain);
        found.map(|(_, board)| board.clone())
    }

    /// One more domain is served.
    pub fn add(&self, domain: DomainName, board: BoardName) {
        self.by_domain.borrow_mut().push((domain, board));
    }

    /// A domain is served no longer.
    pub fn remove(&self, domain: &DomainName) {
        self.by_domain.borrow_mut().retain(|(name, _)| name != domain);
    }

    /// The domains, in their order.
    pub fn domains(&self) -> Vec<DomainName> {
        self.by_domain.borrow().iter().map(|(name, _)| name.clone()).collect()
    }

    /// The boards, the first domain's first, each once.
    pub fn names(&self) -> Vec<BoardName> {
        let mut names: Vec<BoardName> = Vec::new();
        for (_, board) in self.by_domain.borrow().iter() {
            if !names.contains(board) {
                names.push(board.clone());
            }
        }
        names
    }
}
