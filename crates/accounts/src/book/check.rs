//! Checks passwords given in clear (PLAIN). A password that was right before costs one fast hash;
//! any other is hashed slowly elsewhere.

use std::net::IpAddr;
use std::rc::Rc;

use lampfield_xmpp_stream::BareJid;
use lampfield_xmpp_stream::sasl::{Failure, PlainLogin, hmac_sha256};

use super::{AccountBook, manage};
use crate::derivations::Busy;
use crate::{Account, Role, Source};

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
        let what = self.throttle.borrow().password(&tag, &self.salt(&login.account));
        let turn = self.turn(&login.account, peer, what).await?;
        match self.look_at(&login, tag).await {
            Ok(true) => {
                turn.right();
                self.get(&login.account).ok_or(Failure::NotAuthorized)
            }
            Ok(false) => {
                turn.wrong();
                Err(Failure::NotAuthorized)
            }
            Err(failure) => {
                turn.unused();
                Err(failure)
            }
        }
    }

    /// A hash of account and password under a key that only this process knows. Comparing two of
    /// them tells nothing about either.
    fn tag(&self, account: &BareJid, password: &str) -> [u8; 32] {
        let text = [account.as_str().as_bytes(), &[0], password.as_bytes()].concat();
        hmac_sha256(&self.keys.verified, &text)
    }

    /// Whether the password is right, which is cheap to tell if it was so before.
    async fn look_at(&self, login: &PlainLogin, tag: [u8; 32]) -> Result<bool, Failure> {
        if self.verified.borrow().get(&login.account) == Some(&tag) {
            return Ok(true);
        }
        self.verify(login, tag).await
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
