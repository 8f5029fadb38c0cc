//! Which domain has which board: its own, the one that the file names, or, in a data folder from before there were
//! several, the one that all shared.

use std::cell::RefCell;
use std::collections::BTreeMap;

use lampfield_board::{AccountName, BoardName};
use lampfield_fabric::{Bucket, Storage, Store, StoreError};
use lampfield_hub::Succession;

use crate::config::Config;
use crate::config::name::DomainName;

/// The board that all domains of an older data folder share, as its migration has named it.
const SHARED: &str = "shared";

/// The row by which that migration says so.
const ROW: &str = "boards";

/// The row that says which board each domain had last.
const LAST: &str = "boards-of-domains";

/// The board of each served domain.
#[derive(Debug, Clone)]
pub struct BoardsOfDomains {
    by_domain: RefCell<Vec<(DomainName, BoardName)>>,
    /// The board that each had when the server ran last.
    last: LastBoards,
    /// The boards of domains whose removal was begun and that have come into the file since, with another board perhaps.
    leaving: RefCell<Vec<(DomainName, BoardName)>>,
    /// Domains that share a board only because they always did.
    pub shared_as_before: Vec<DomainName>,
}

/// Which board each domain had when the server ran last.
#[derive(Debug, Clone)]
enum LastBoards {
    /// As the store says.
    Known(BTreeMap<String, String>),
    /// The version that ran last did not write it down. Unless the file had said something else, each domain had its own
    /// then, or all had this one.
    Unknown(Option<BoardName>),
}

// === impl LastBoards ===

impl LastBoards {
    fn of(&self, domain: &DomainName) -> Option<BoardName> {
        match self {
            Self::Known(boards) => BoardName::parse(boards.get(domain.as_str())?).ok(),
            Self::Unknown(Some(shared)) => Some(shared.clone()),
            Self::Unknown(None) => BoardName::parse(domain.as_str()).ok(),
        }
    }
}

// === impl BoardsOfDomains ===

impl BoardsOfDomains {
    /// What the file says, and of domains of which it says nothing, what the data folder does. Once the file names a board
    /// for every domain that shared one, the folder says nothing any longer.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn of(config: &Config, store: &Store) -> Result<Self, StoreError> {
        let named = |domain: &DomainName| {
            config.domain.iter().find(|given| given.name == *domain)?.board.clone()
        };
        let served = config.served();
        let shared = BoardName::parse(SHARED).ok();
        let row = store.get(Bucket::Meta, ROW).await?;
        let last = store.get(Bucket::Meta, LAST).await?;
        let last = last.and_then(|row| serde_json::from_str(&row.value).ok());
        let unknown = || LastBoards::Unknown(shared.clone().filter(|_| row.is_some()));
        let last = last.map_or_else(unknown, LastBoards::Known);
        // A domain that comes later never shared it.
        let stays = |domain: &&DomainName| {
            row.is_some() && named(domain).is_none() && last.of(domain) == shared
        };
        let shared_as_before: Vec<_> = served.iter().filter(stays).cloned().collect();
        let done_with = row.filter(|_| shared_as_before.is_empty());
        if let Some(revision) = done_with.and_then(|row| row.revision) {
            // Another try at the next start does no harm.
            let _moved_on = store.compare_and_set(Bucket::Meta, ROW, Some(revision), None).await;
        }
        let board = |domain: DomainName| {
            let before = || shared.clone().filter(|_| shared_as_before.contains(&domain));
            let own = || BoardName::parse(domain.as_str()).ok();
            let board = named(&domain).or_else(before).or_else(own)?;
            Some((domain, board))
        };
        let by_domain = served.into_iter().filter_map(board).collect();
        let (by_domain, leaving) = (RefCell::new(by_domain), RefCell::default());
        Ok(Self { by_domain, last, leaving, shared_as_before })
    }

    /// Writes down which board each domain has, for the next start. To be called when all that follows from a change of it
    /// is on its way to the store, and after each domain that comes or goes.
    pub async fn remember(&self, store: &Store) {
        let of =
            |(domain, board): &(DomainName, BoardName)| (domain.to_string(), board.to_string());
        let boards: BTreeMap<String, String> = self.by_domain.borrow().iter().map(of).collect();
        let Ok(row) = store.get(Bucket::Meta, LAST).await else { return };
        let value = serde_json::to_string(&boards).unwrap_or_default();
        if row.as_ref().is_none_or(|row| row.value != value) {
            let revision = row.and_then(|row| row.revision);
            // The store commits it after what was handed to it before. If it does not now, it does so at the next start,
            // and until then the same boards follow one another.
            let _later = store.compare_and_set(Bucket::Meta, LAST, revision, Some(value)).await;
        }
    }

    /// The board of a domain, if that is served.
    pub fn of_domain(&self, domain: &str) -> Option<BoardName> {
        let by_domain = self.by_domain.borrow();
        let found = by_domain.iter().find(|(name, _)| name.as_str() == domain);
        found.map(|(_, board)| board.clone())
    }

    /// The removal of a domain that had this board was begun, and the file has one of its name. That one begins with
    /// nothing: what the old one has left stays where it was and ends there.
    pub fn leaves(&self, domain: DomainName, board: BoardName) {
        self.leaving.borrow_mut().push((domain, board));
    }

    /// The board on which what is stored of an account belongs.
    pub fn home(&self, account: &AccountName) -> Option<BoardName> {
        let domain = domain_of(account)?;
        self.left_by(domain).or_else(|| self.of_domain(domain))
    }

    /// The board at which an account may be, if its domain is served.
    pub fn of_account(&self, account: &AccountName) -> Option<BoardName> {
        self.of_domain(domain_of(account)?)
    }

    /// The boards to be opened: those of domains, and those on which something has to end.
    pub fn to_open(&self) -> Vec<BoardName> {
        let left = self.leaving.borrow();
        self.names().into_iter().chain(left.iter().map(|(_, board)| board.clone())).collect()
    }

    fn left_by(&self, domain: &str) -> Option<BoardName> {
        let leaving = self.leaving.borrow();
        let found = leaving.iter().find(|(name, _)| name.as_str() == domain);
        found.map(|(_, board)| board.clone())
    }

    /// The boards of each domain that was served before, then and now.
    pub fn successions(&self) -> Vec<Succession> {
        let by_domain = self.by_domain.borrow();
        let stays = by_domain.iter().filter(|(domain, _)| self.left_by(domain.as_str()).is_none());
        let succession = |(domain, now): &(DomainName, BoardName)| {
            Some(Succession { before: self.last.of(domain)?, now: now.clone() })
        };
        stays.filter_map(succession).collect()
    }

    /// One more domain is served.
    pub fn add(&self, domain: DomainName, board: BoardName) {
        self.by_domain.borrow_mut().push((domain, board));
    }

    /// A domain is served no longer.
    pub fn remove(&self, domain: &DomainName) {
        self.by_domain.borrow_mut().retain(|(name, _)| name != domain);
    }

    /// Whether another domain than this one has a board.
    pub fn is_used_beside(&self, board: &BoardName, domain: &DomainName) -> bool {
        self.by_domain.borrow().iter().any(|(name, has)| has == board && name != domain)
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

fn domain_of(account: &AccountName) -> Option<&str> {
    account.as_str().rsplit_once('@').map(|(_, domain)| domain)
}
