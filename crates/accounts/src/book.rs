//! Who may log in and what they may do: the account book, in memory and in the store's bucket
//! `accounts`. It keeps passwords as SCRAM keys only, except the readable secrets of accounts that
//! are marked for `jabber:iq:auth`, which lie in the database file (mode 0600) because that protocol
//! needs them. It must never derive keys on the core thread.

mod check;
mod declared;
mod manage;
mod turn;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::net::IpAddr;
use std::rc::{Rc, Weak};
use std::time::Duration;

use lampfield_board::Pattern;
use lampfield_fabric::{Bucket, Storage, Store, StoreError, Ticket, Write};
use lampfield_xmpp_stream::sasl::{FakeKeys, ScramKeys};
use lampfield_xmpp_stream::{BareJid, Domain};
use tokio::time::Instant;

pub use declared::{DeclaredAccount, Reconciled};
pub use manage::{AccountChanges, NewAccount, NewPassword};
pub use turn::LoginTurn;

use manage::Adding;

use crate::derivations::Derivations;
use crate::index::AccountIndex;
use crate::throttle::{QueueLimits, Throttle};
use crate::{Account, AccountError, AccountKeys, LogLimit, Whom, record};

/// How many accounts there may be, and how much work logins may make.
#[derive(Clone, Copy, Debug)]
pub struct BookLimits {
    /// Accounts in all; one more is refused.
    pub accounts: usize,
    /// Passwords that are hashed at the same time, each on a thread of its own.
    pub hashing: usize,
    /// Passwords that wait for it; the login of one more fails for the moment.
    pub waiting: usize,
    /// Tries for one account from one address that are looked at without a wait.
    pub free_tries: usize,
    /// Pairs of address and account whose tries are remembered; then the address that has tried
    /// nothing for the longest time is forgotten.
    pub throttled: usize,
    /// The same of one address; its other accounts share as many more.
    pub throttled_of_one: usize,
}

/// How PBXs may make their own account: by logging in with a secret that all share.
#[derive(Clone)]
pub struct JoinPolicy {
    /// What they log in with. It becomes the new account's password, which it stays when the
    /// secret is changed later.
    pub secret: String,
    /// The names that may be made, the part before the `@`.
    pub names: Pattern,
}

/// What happened to an account, told to whoever asked by [`AccountBook::on_change`].
#[derive(Clone, Debug)]
pub enum AccountChange {
    /// There was no account of that address before.
    Added(Rc<Account>),
    /// Its rights or its password have changed.
    Changed(Rc<Account>),
    /// It is gone: doors must end its connections too.
    Removed(Rc<Account>),
}

/// Whoever is told of each change, as [`AccountBook::on_change`] was asked.
type ChangeListener = Rc<dyn Fn(&AccountChange)>;

/// All accounts of all domains of this server. Belongs to the core thread.
pub struct AccountBook {
    store: Store,
    keys: AccountKeys,
    fake: FakeKeys,
    limits: BookLimits,
    derivations: Derivations,
    /// A right password's keyed hash per account, so that a repeated login costs microseconds.
    verified: RefCell<HashMap<BareJid, [u8; 32]>>,
    accounts: RefCell<AccountIndex>,
    throttle: RefCell<Throttle>,
    log_limit: Rc<LogLimit>,
    joins: HashMap<Domain, JoinPolicy>,
    /// Domains that are being removed: nobody is added there.
    closed: RefCell<HashSet<String>>,
    /// Accounts that are being added, as many as passwords may wait to be hashed.
    adding: RefCell<Vec<Weak<Adding>>>,
    listeners: RefCell<Vec<ChangeListener>>,
    started: Instant,
}

// === impl BookLimits ===

impl Default for BookLimits {
    fn default() -> Self {
        Self {
            accounts: 100_000,
            hashing: 2,
            waiting: 1_024,
            free_tries: 5,
            throttled: 65_536,
            throttled_of_one: 1_024,
        }
    }
}

// === impl AccountBook ===

impl AccountBook {
    /// Reads all accounts from the store. A record that cannot be read is left alone and logged;
    /// its account cannot log in.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn open(
        store: Store,
        keys: AccountKeys,
        joins: HashMap<Domain, JoinPolicy>,
        limits: BookLimits,
    ) -> Result<Rc<Self>, StoreError> {
        let bounds =
            QueueLimits { queues: limits.throttled, queues_of_one: limits.throttled_of_one };
        let book = Self {
            fake: FakeKeys::new(keys.fake_keys),
            derivations: Derivations::new(limits.hashing, limits.waiting),
            throttle: RefCell::new(Throttle::new(bounds, limits.free_tries)),
            log_limit: Rc::default(),
            verified: RefCell::default(),
            accounts: RefCell::default(),
            closed: RefCell::default(),
            adding: RefCell::default(),
            listeners: RefCell::default(),
            started: Instant::now(),
            store,
            keys,
            joins,
            limits,
        };
        book.load().await?;
        Ok(Rc::new(book))
    }

    async fn load(&self) -> Result<(), StoreError> {
        let mut from = None;
        loop {
            let page = self.store.scan(Bucket::Accounts, "", from, 1_000).await?;
            for row in page.rows {
                match record::read(&row.key, &row.value) {
                    Ok(account) => {
                        self.accounts.borrow_mut().put(Rc::new(account));
                    }
                    Err(error) => tracing::error!(account = row.key, "cannot be read: {error}"),
                }
            }
            from = page.next;
            if from.is_none() {
                return Ok(());
            }
        }
    }

    /// The account of that address, if there is one.
    pub fn get(&self, jid: &BareJid) -> Option<Rc<Account>> {
        self.accounts.borrow().get(jid).cloned()
    }

    /// All accounts in the order of their addresses.
    pub fn list(&self) -> Vec<Rc<Account>> {
        self.accounts.borrow().iter().cloned().collect()
    }

    /// Whether any account may log in with `jabber:iq:auth`.
    pub fn has_legacy(&self) -> bool {
        self.accounts.borrow().has_legacy()
    }

    /// Calls `listener` after every change from now on. It may ask the book, not change it.
    pub fn on_change(&self, listener: impl Fn(&AccountChange) + 'static) {
        self.listeners.borrow_mut().push(Rc::new(listener));
    }

    /// The one limit for lines about logins, and whatever else clients can make a door write.
    pub fn log_limit(&self) -> &Rc<LogLimit> {
        &self.log_limit
    }

    // --- logging in ---

    /// What SCRAM needs for the account. For one that does not exist it gives keys that fit no
    /// password, so that nobody learns who exists.
    pub fn keys_or_fake(&self, jid: &BareJid) -> ScramKeys {
        match self.get(jid) {
            Some(account) => account.keys.clone(),
            None => self.fake.keys(jid.as_str()),
        }
    }

    /// The salt of the account's keys. Made up, and as dear, for one that does not exist.
    fn salt(&self, jid: &BareJid) -> [u8; 16] {
        let fake = self.fake.keys(jid.as_str()).salt;
        self.get(jid).map_or(fake, |account| account.keys.salt)
    }

    /// The readable password of an account that may log in with `jabber:iq:auth`.
    pub fn legacy_secret(&self, jid: &BareJid) -> Option<String> {
        self.get(jid)?.legacy_secret.clone()
    }

    /// Whom a line about a login is about: the account, if there is one, at that address. All names
    /// that are nobody's count as their address: a stranger can make up any number of them.
    pub fn whom(&self, jid: &BareJid, peer: IpAddr) -> Whom {
        match self.get(jid) {
            Some(_) => Whom::Login(jid.clone(), peer.into()),
            None => peer.into(),
        }
    }

    // --- what the parts of the book share ---

    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// Puts the account into the store's queue and the book and tells everybody.
    fn put(&self, account: Account) -> Result<(Rc<Account>, Ticket), AccountError> {
        let is_new = self.get(&account.jid).is_none();
        if is_new && self.accounts.borrow().len() >= self.limits.accounts {
            return Err(AccountError::Full(self.limits.accounts));
        }
        let ticket = self.write(&account.jid, Some(record::write(&account)))?;
        let account = Rc::new(account);
        self.verified.borrow_mut().remove(&account.jid);
        self.accounts.borrow_mut().put(Rc::clone(&account));
        self.tell(&match is_new {
            true => AccountChange::Added(Rc::clone(&account)),
            false => AccountChange::Changed(Rc::clone(&account)),
        });
        Ok((account, ticket))
    }

    fn take_out(&self, account: &Rc<Account>) -> Result<Ticket, AccountError> {
        let ticket = self.write(&account.jid, None)?;
        self.verified.borrow_mut().remove(&account.jid);
        self.accounts.borrow_mut().remove(&account.jid);
        self.tell(&AccountChange::Removed(Rc::clone(account)));
        Ok(ticket)
    }

    fn write(&self, jid: &BareJid, value: Option<String>) -> Result<Ticket, AccountError> {
        let key = jid.as_str().to_owned();
        Ok(self.store.write(Write { bucket: Bucket::Accounts, key, value })?)
    }

    fn tell(&self, change: &AccountChange) {
        let listeners = self.listeners.borrow().clone();
        listeners.iter().for_each(|listener| listener(change));
    }
}

impl fmt::Debug for AccountBook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountBook")
            .field("accounts", &self.accounts.borrow().len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for JoinPolicy {
    /// Secrets do not belong into logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinPolicy").field("names", &self.names).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
