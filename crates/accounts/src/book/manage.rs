//! What an operator, an invitation or a registering client does to the book. Each call returns when
//! the change is safe on the disk.

use std::cell::Cell;
use std::rc::{Rc, Weak};

use lampfield_board::{Labels, Pattern, SiteName};
use lampfield_fabric::{Health, Storage, StoreError, Ticket};
use lampfield_xmpp_stream::BareJid;
use lampfield_xmpp_stream::sasl::ScramKeys;

use super::AccountBook;
use crate::derivations::Busy;
use crate::generation::Generation;
use crate::invite::{self, Invitation, Rotation};
use crate::key_file::random;
use crate::{Account, AccountError, AccountSource, KeyFileError, LegacyAuth, Role};

/// An account to add, with everything that it starts with.
#[derive(Clone)]
pub struct NewAccount {
    /// The address by which it is to be named; one that exists already is refused.
    pub jid: BareJid,
    /// Where its password comes from.
    pub password: NewPassword,
    /// What it may do besides publishing what `allow` names.
    pub role: Role,
    /// What it may publish; [`Role::usual_allow`] if nobody says.
    pub allow: Vec<Pattern>,
    /// What it may hear, by the names of the board; everything if nobody says.
    pub hear: Vec<Pattern>,
    /// The site of a PBX, which decides how its names are mapped.
    pub site: Option<SiteName>,
    /// Words by which people tell it from others.
    pub labels: Labels,
    /// Whether it may log in with `jabber:iq:auth`.
    pub legacy: LegacyAuth,
    /// By which way it is added.
    pub source: AccountSource,
}

/// What is to be another in an account. What is none stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountChanges {
    /// What it may publish.
    pub allow: Option<Vec<Pattern>>,
    /// What it may hear, by the names of the board.
    pub hear: Option<Vec<Pattern>>,
    /// The site whose rules apply to its next connections, or that it has none.
    pub site: Option<Option<SiteName>>,
    /// Words by which people tell it from others.
    pub labels: Option<Labels>,
}

/// Where a password comes from.
#[derive(Clone)]
pub enum NewPassword {
    /// Somebody has chosen it, so it cannot be printed again.
    Given(String),
    /// It derives from the account key and can be printed again.
    Invited,
}

/// An account that waits for its password to be hashed.
#[derive(Debug)]
pub(super) struct Adding {
    domain: String,
    /// Its domain has been removed meanwhile.
    is_void: Cell<bool>,
}

// === impl NewAccount ===

impl NewAccount {
    /// An account with nothing special about it: it may publish what is usual for its role and hear everything, has no
    /// site, and cannot log in with `jabber:iq:auth`.
    pub fn usual(jid: BareJid, password: NewPassword, role: Role, source: AccountSource) -> Self {
        Self {
            jid,
            password,
            role,
            allow: role.usual_allow(),
            hear: vec![Pattern::everything()],
            site: None,
            labels: Labels::default(),
            legacy: LegacyAuth::Refused,
            source,
        }
    }
}

// === impl AccountBook ===

impl AccountBook {
    /// Adds an account.
    ///
    /// # Errors
    /// If there is one already, the password cannot be one, there is no room, or it is not stored.
    pub async fn add(&self, new: NewAccount) -> Result<Rc<Account>, AccountError> {
        self.check_is_new(&new.jid)?;
        let adding = self.begin_adding(new.jid.domain());
        let (password, invited) = match new.password {
            NewPassword::Given(password) => (password, None),
            NewPassword::Invited => {
                let generation = Generation::draw().ok_or(AccountError::NoRandom)?;
                (self.invited(&new.jid, generation), Some(generation))
            }
        };
        let legacy_secret = (new.legacy == LegacyAuth::Allowed).then(|| password.clone());
        let keys = self.derive(&new.jid, password).await?;
        self.check_is_new(&new.jid)?;
        if adding.is_void.get() {
            return Err(AccountError::DomainRemoved(new.jid));
        }
        let account = Account {
            allow: new.allow,
            hear: new.hear,
            site: new.site,
            labels: new.labels,
            legacy_secret,
            invited,
            ..account(&new.jid, new.role, new.source, keys)
        };
        let (account, ticket) = self.put(account)?;
        self.stored(ticket).await?;
        Ok(account)
    }

    /// Gives an account another password. Its connections stay.
    ///
    /// # Errors
    /// If it is missing or declared in the configuration, the password cannot be one, or it is not
    /// stored.
    pub async fn set_password(&self, jid: &BareJid, password: &str) -> Result<(), AccountError> {
        self.changeable(jid)?;
        let keys = self.derive(jid, password.to_owned()).await?;
        let mut account = (*self.changeable(jid)?).clone();
        account.legacy_secret = account.legacy_secret.map(|_| password.to_owned());
        account.invited = None;
        account.keys = keys;
        let (_, ticket) = self.put(account)?;
        self.stored(ticket).await
    }

    /// Changes where an account stands and what it may do. Its connections stay.
    ///
    /// # Errors
    /// If it is missing or declared in the configuration, or the change is not stored.
    pub async fn change(&self, jid: &BareJid, changes: AccountChanges) -> Result<(), AccountError> {
        let mut account = (*self.changeable(jid)?).clone();
        let AccountChanges { allow, hear, site, labels } = changes;
        account.allow = allow.unwrap_or(account.allow);
        account.hear = hear.unwrap_or(account.hear);
        account.site = site.unwrap_or(account.site);
        account.labels = labels.unwrap_or(account.labels);
        let (_, ticket) = self.put(account)?;
        self.stored(ticket).await
    }

    /// No account of this domain is added until [`AccountBook::reopen_domain`], and none whose password is being hashed
    /// already: the domain is about to be removed.
    pub fn close_domain(&self, domain: &str) {
        self.closed.borrow_mut().insert(domain.to_owned());
        let adding = self.adding.borrow();
        let of_domain = adding.iter().filter_map(Weak::upgrade).filter(|one| one.domain == domain);
        of_domain.for_each(|one| one.is_void.set(true));
    }

    /// The removal of this domain is over. Whoever adds an account looks whether its domain is served.
    pub fn reopen_domain(&self, domain: &str) {
        self.closed.borrow_mut().remove(domain);
    }

    /// Removes an account.
    ///
    /// # Errors
    /// If it is missing or declared in the configuration, or the removal is not stored.
    pub async fn remove(&self, jid: &BareJid) -> Result<(), AccountError> {
        let account = self.changeable(jid)?;
        let ticket = self.take_out(&account)?;
        self.stored(ticket).await
    }

    /// The account's invitation: adds a PBX account if there is none, and prints the same again if
    /// there is. [`Rotation::Rotate`] makes a new password, also in the place of a given one.
    ///
    /// # Errors
    /// If its password was given by somebody or made with another account key, or the change is not
    /// stored.
    pub async fn invite(
        &self,
        jid: &BareJid,
        rotation: Rotation,
    ) -> Result<Invitation, AccountError> {
        let (account, rotation) = match self.get(jid) {
            Some(account) => (account, rotation),
            // Nothing is newer than what is new.
            None => (self.add(newcomer(jid.clone())).await?, Rotation::Keep),
        };
        if account.declared.is_some() {
            return Err(AccountError::Declared(jid.clone()));
        }
        match (rotation, account.invited) {
            (Rotation::Keep, Some(generation)) => {
                let password = self.invited(jid, generation);
                match self.is_right(&account, password.clone()).await? {
                    true => Ok(Invitation { account, password }),
                    false => Err(AccountError::OtherKey(jid.clone())),
                }
            }
            (Rotation::Keep, None) => Err(AccountError::OwnPassword(jid.clone())),
            (Rotation::Rotate, _) => self.rotate(jid).await,
        }
    }

    /// Gives the invitations a new key, as when somebody else may have read the old one, from which the
    /// passwords of all invited PBXs can be computed. Gives the accounts that log in with such a password
    /// until they are invited again with [`Rotation::Rotate`].
    ///
    /// # Errors
    /// The key cannot be written; nothing has changed then.
    pub fn rotate_invite_key(&self) -> Result<Vec<BareJid>, KeyFileError> {
        self.keys.rotate()?;
        let invited = self.list().into_iter().filter(|account| account.invited.is_some());
        Ok(invited.map(|account| account.jid.clone()).collect())
    }

    async fn rotate(&self, jid: &BareJid) -> Result<Invitation, AccountError> {
        let generation = Generation::draw().ok_or(AccountError::NoRandom)?;
        let password = self.invited(jid, generation);
        let keys = self.derive(jid, password.clone()).await?;
        let current = self.get(jid).ok_or_else(|| AccountError::Missing(jid.clone()))?;
        let mut account = (*current).clone();
        account.legacy_secret = account.legacy_secret.map(|_| password.clone());
        account.invited = Some(generation);
        account.keys = keys;
        let (account, ticket) = self.put(account)?;
        self.stored(ticket).await?;
        Ok(Invitation { account, password })
    }

    /// The password of an account's invitation.
    pub(super) fn invited(&self, jid: &BareJid, generation: Generation) -> String {
        invite::password(&self.keys.invite.get(), jid, generation)
    }

    // --- what the ways to change the book share ---

    /// An account of this domain is being added, for as long as the answer lives.
    fn begin_adding(&self, domain: &str) -> Rc<Adding> {
        let begun = Rc::new(Adding { domain: domain.to_owned(), is_void: Cell::default() });
        let mut adding = self.adding.borrow_mut();
        adding.retain(|one| one.strong_count() > 0);
        adding.push(Rc::downgrade(&begun));
        begun
    }

    fn check_is_new(&self, jid: &BareJid) -> Result<(), AccountError> {
        match self.get(jid) {
            Some(_) => Err(AccountError::Exists(jid.clone())),
            None if jid.local().is_none() => Err(AccountError::NoName(jid.clone())),
            None if self.closed.borrow().contains(jid.domain()) => {
                Err(AccountError::DomainRemoved(jid.clone()))
            }
            None => Ok(()),
        }
    }

    fn changeable(&self, jid: &BareJid) -> Result<Rc<Account>, AccountError> {
        let account = self.get(jid).ok_or_else(|| AccountError::Missing(jid.clone()))?;
        match account.source {
            AccountSource::Config => Err(AccountError::Declared(jid.clone())),
            _ => Ok(account),
        }
    }

    /// Whether the account logs in with this password; hashed elsewhere.
    async fn is_right(&self, account: &Account, password: String) -> Result<bool, AccountError> {
        let keys = account.keys.clone();
        let right = self.derivations.run(move || keys.verify(&password)).await;
        right.map_err(|Busy| AccountError::Busy)
    }

    /// Derives the keys of a new password, elsewhere.
    pub(super) async fn derive(
        &self,
        jid: &BareJid,
        password: String,
    ) -> Result<ScramKeys, AccountError> {
        let salt = random().ok_or(AccountError::NoRandom)?;
        let keys = self.derivations.run(move || ScramKeys::derive(&password, salt)).await;
        let keys = keys.map_err(|Busy| AccountError::Busy)?;
        keys.map_err(|error| AccountError::Password(jid.clone(), error))
    }

    /// Waits until the change is safe, or the store says that this will take a while.
    async fn stored(&self, ticket: Ticket) -> Result<(), AccountError> {
        let mut committed = self.store.committed();
        let mut health = self.store.health();
        tokio::select! {
            biased;
            safe = committed.wait_for(|safe| *safe >= ticket) => match safe {
                Ok(_) => Ok(()),
                Err(_) => Err(StoreError::Closed.into()),
            },
            ill = health.wait_for(|health| *health != Health::Ok) => match ill.as_deref() {
                Ok(Health::Stalled { reason, .. }) => Err(AccountError::NotStored(reason.clone())),
                _ => Err(StoreError::Closed.into()),
            },
        }
    }
}

/// A PBX that is invited.
fn newcomer(jid: BareJid) -> NewAccount {
    NewAccount::usual(jid, NewPassword::Invited, Role::Pbx, AccountSource::Invite)
}

/// An account of these keys that may do what is usual for its role.
pub(super) fn account(
    jid: &BareJid,
    role: Role,
    source: AccountSource,
    keys: ScramKeys,
) -> Account {
    Account {
        jid: jid.clone(),
        role,
        allow: role.usual_allow(),
        hear: vec![Pattern::everything()],
        site: None,
        labels: Labels::default(),
        source,
        keys,
        legacy_secret: None,
        invited: None,
        declared: None,
    }
}
