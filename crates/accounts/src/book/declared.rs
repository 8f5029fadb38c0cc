//! Brings the book in line with the accounts that the configuration declares.

use std::collections::HashSet;

use lampfield_board::{Labels, Pattern, SiteName};
use lampfield_xmpp_stream::BareJid;
use lampfield_xmpp_stream::sasl::hmac_sha256;

use super::{AccountBook, manage};
use crate::generation::Generation;
use crate::{Account, AccountError, AccountSource, LegacyAuth, Role};

/// An account as the configuration declares it.
#[derive(Clone)]
pub struct DeclaredAccount {
    /// The address by which it is named.
    pub jid: BareJid,
    /// Its password; without one it derives from the account key, and `lampfield invite` prints it.
    pub password: Option<String>,
    /// The role that it has from now on.
    pub role: Role,
    /// The devices and mailboxes it may publish, by name.
    pub allow: Vec<Pattern>,
    /// The subjects that it may hear of, by the names of the board; admins hear all.
    pub hear: Vec<Pattern>,
    /// The site of a PBX, which decides how its names are mapped.
    pub site: Option<SiteName>,
    /// Words by which people tell accounts apart; nothing is decided by them.
    pub labels: Labels,
    /// Whether it may log in with `jabber:iq:auth`.
    pub legacy: LegacyAuth,
}

/// What a book had otherwise than the configuration declares it, by address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// Accounts that did not exist before.
    pub added: Vec<BareJid>,
    /// Those whose rights or password changed, or that were made in another way before.
    pub changed: Vec<BareJid>,
    /// Those that the configuration declared before and no longer does.
    pub removed: Vec<BareJid>,
}

// === impl AccountBook ===

impl AccountBook {
    /// Adds, changes and removes until the accounts from the configuration are the declared ones.
    /// An account that was made in another way belongs to the configuration from now on. Keys are
    /// derived only for passwords that changed. Does not wait for the disk.
    ///
    /// # Errors
    /// The first account that cannot be made as declared; nothing has changed then, unless there
    /// was no room or the store refused.
    pub async fn reconcile(
        &self,
        declared: Vec<DeclaredAccount>,
    ) -> Result<Reconciled, AccountError> {
        let mut done = Reconciled::default();
        let names: HashSet<BareJid> = declared.iter().map(|one| one.jid.clone()).collect();
        let mut accounts = Vec::with_capacity(declared.len());
        for one in declared {
            let before = self.get(&one.jid);
            accounts.push(self.as_declared(one, before.as_deref()).await?);
        }
        for account in accounts {
            match self.get(&account.jid) {
                Some(before) if *before == account => continue,
                Some(_) => done.changed.push(account.jid.clone()),
                None => done.added.push(account.jid.clone()),
            }
            self.put(account)?;
        }
        for account in self.list() {
            if account.source == AccountSource::Config && !names.contains(&account.jid) {
                self.take_out(&account)?;
                done.removed.push(account.jid.clone());
            }
        }
        Ok(done)
    }

    async fn as_declared(
        &self,
        one: DeclaredAccount,
        before: Option<&Account>,
    ) -> Result<Account, AccountError> {
        let declared = one.password.as_deref().map(|password| self.hash(&one.jid, password));
        let (password, invited) = match one.password {
            Some(password) => (password, None),
            None => {
                let generation = before.and_then(|before| before.invited);
                let generation =
                    generation.or_else(Generation::draw).ok_or(AccountError::NoRandom)?;
                (self.invited(&one.jid, generation), Some(generation))
            }
        };
        let same = before.filter(|b| b.declared == declared && b.invited == invited);
        // What is known stays: the account key may not be the one that made it.
        let known = same.and_then(|before| before.legacy_secret.clone());
        let legacy_secret =
            (one.legacy == LegacyAuth::Allowed).then(|| known.unwrap_or_else(|| password.clone()));
        let keys = match same {
            Some(before) => before.keys.clone(),
            None => self.derive(&one.jid, password).await?,
        };
        Ok(Account {
            allow: one.allow,
            hear: one.hear,
            site: one.site,
            labels: one.labels,
            legacy_secret,
            invited,
            declared,
            ..manage::account(&one.jid, one.role, AccountSource::Config, keys)
        })
    }

    /// Tells one password from another for one account. Fast, hence only for passwords that stand
    /// readable in the configuration anyway.
    fn hash(&self, jid: &BareJid, password: &str) -> [u8; 32] {
        let text = [jid.as_str().as_bytes(), &[0], password.as_bytes()].concat();
        hmac_sha256(&self.keys.declared, &text)
    }
}
