//! Checks passwords given in clear (PLAIN). A password that was right before costs one fast hash;
//! any other is hashed slowly elsewhere, once for all logins that wait with the same.

use std::net::IpAddr;
use std::rc::Rc;

use lampfield_xmpp_stream::BareJid;
use lampfield_xmpp_stream::sasl::{Failure, PlainLogin, hmac_sha256};
use tokio::sync::OnceCell;

use super::derivations::Busy;
use super::{Account, AccountBook, Source};
use crate::accounts::{Role, manage};

/// The check of one password for one account, and whether it is right.
pub(super) type InFlight = Rc<OnceCell<bool>>;

/// One login's part in a check; the last one to leave removes it.
struct Joined {
    book: Rc<AccountBook>,
    tag: [u8; 32],
    check: InFlight,
}

// === impl AccountBook ===

impl AccountBook {
    /// Checks a PLAIN login from `peer`.
    ///
    /// # Errors
    /// [`Failure::NotAuthorized`] for a wrong name or password, and
    /// [`Failure::TemporaryAuthFailure`] after too many of them or when too many are being checked.
    pub async fn check_password(
        self: Rc<Self>,
        login: PlainLogin,
        peer: IpAddr,
    ) -> Result<Rc<Account>, Failure> {
        let tag = self.tag(&login.account, &login.password);
        let joined = match self.joined(tag) {
            // The same guess tells nothing new: it does not count again.
            Some(joined) => joined,
            None => {
                self.may_try(&login.account, peer)?;
                if self.verified.borrow().get(&login.account) == Some(&tag) {
                    return self.proven(&login.account, peer);
                }
                self.begin(tag)
            }
        };
        match joined.check.get_or_try_init(|| self.verify(&login, tag)).await? {
            true => self.proven(&login.account, peer),
            false => Err(Failure::NotAuthorized),
        }
    }

    /// A hash of account and password under a key that only this process knows. Comparing two of
    /// them tells nothing about either.
    fn tag(&self, account: &BareJid, password: &str) -> [u8; 32] {
        let text = [account.as_str().as_bytes(), &[0], password.as_bytes()].concat();
        hmac_sha256(&self.keys.verified, &text)
    }

    fn joined(self: &Rc<Self>, tag: [u8; 32]) -> Option<Joined> {
        let check = Rc::clone(self.in_flight.borrow().get(&tag)?);
        Some(Joined { book: Rc::clone(self), tag, check })
    }

    fn begin(self: &Rc<Self>, tag: [u8; 32]) -> Joined {
        let check = InFlight::default();
        self.in_flight.borrow_mut().insert(tag, Rc::clone(&check));
        Joined { book: Rc::clone(self), tag, check }
    }

    /// Hashes slowly. An account that does not exist takes as long as one that does.
    async fn verify(&self, login: &PlainLogin, tag: [u8; 32]) -> Result<bool, Failure> {
        if self.get(&login.account).is_none() && self.may_join(&login.account, tag) {
            return self.join(login).await;
        }
        let keys = self.keys_or_fake(&login.account);
        let (password, checked) = (login.password.clone(), keys.clone());
        let right = self.derivations.run(move || checked.verify(&password)).await;
        let right = right.map_err(|Busy| Failure::TemporaryAuthFailure)?;
        // The password may have been changed meanwhile.
        let valid = right && self.get(&login.account).is_some_and(|account| account.keys == keys);
        if valid {
            self.verified.borrow_mut().insert(login.account.clone(), tag);
        }
        Ok(valid)
    }

    /// Whether the password is the join secret of a domain that lets this name join.
    fn may_join(&self, jid: &BareJid, tag: [u8; 32]) -> bool {
        let policy = self.joins.iter().find(|(domain, _)| domain.as_str() == jid.domain());
        let Some((_, policy)) = policy else { return false };
        let named = jid.local().is_some_and(|name| policy.names.matches(name));
        named && self.tag(jid, &policy.secret) == tag
    }

    /// Makes the account. The login does not wait for the disk.
    async fn join(&self, login: &PlainLogin) -> Result<bool, Failure> {
        let keys = self.derive(&login.account, login.password.clone()).await;
        let keys = keys.map_err(|_| Failure::TemporaryAuthFailure)?;
        if self.get(&login.account).is_some() {
            return Err(Failure::TemporaryAuthFailure);
        }
        let account = manage::account(&login.account, Role::Pbx, Source::FirstLogin, keys);
        match self.put(account) {
            Ok(_) => {
                tracing::info!(account = %login.account, "made by its first login");
                Ok(true)
            }
            Err(error) => {
                tracing::error!(account = %login.account, "cannot be made: {error}");
                Err(Failure::TemporaryAuthFailure)
            }
        }
    }
}

impl Drop for Joined {
    fn drop(&mut self) {
        // The map's and this one.
        if Rc::strong_count(&self.check) <= 2 {
            self.book.in_flight.borrow_mut().remove(&self.tag);
        }
    }
}
