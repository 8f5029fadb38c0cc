//! Checks passwords given in clear, at whichever door. A password that was right before costs one fast hash;
//! any other is hashed slowly elsewhere.

use std::net::IpAddr;
use std::rc::Rc;

use lampfield_xmpp_stream::BareJid;
use lampfield_xmpp_stream::sasl::hmac_sha256;

use super::{AccountBook, manage};
use crate::derivations::Busy;
use crate::{Account, AccountSource, LoginError, Role};

// === impl AccountBook ===

impl AccountBook {
    /// Checks a password that somebody at `peer` gives as that of the account `jid`; gives back
    /// the account if it is right. A password that comes too soon after wrong ones waits for its turn, for up
    /// to 15 s. Dropping the future gives up: a check that has begun counts as a wrong password.
    ///
    /// # Errors
    /// [`LoginError::NotAuthorized`] for a wrong name or password, [`LoginError::Throttled`] after
    /// too many of them, [`LoginError::Unavailable`] when too many are being checked.
    pub async fn check_password(
        self: &Rc<Self>,
        jid: &BareJid,
        password: &str,
        peer: IpAddr,
    ) -> Result<Rc<Account>, LoginError> {
        let tag = self.tag(jid, password);
        let what = self.throttle.borrow().password(&tag, &self.salt(jid));
        let turn = self.turn(jid, peer, what).await?;
        match self.look_at(jid, password, tag).await {
            Ok(true) => {
                turn.right();
                self.get(jid).ok_or(LoginError::NotAuthorized)
            }
            Ok(false) => {
                turn.wrong();
                Err(LoginError::NotAuthorized)
            }
            Err(error) => {
                turn.unused();
                Err(error)
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
    async fn look_at(
        &self,
        jid: &BareJid,
        password: &str,
        tag: [u8; 32],
    ) -> Result<bool, LoginError> {
        if self.verified.borrow().get(jid) == Some(&tag) {
            return Ok(true);
        }
        self.verify(jid, password, tag).await
    }

    /// Hashes slowly. An account that does not exist takes as long as one that does.
    async fn verify(
        &self,
        jid: &BareJid,
        password: &str,
        tag: [u8; 32],
    ) -> Result<bool, LoginError> {
        if self.get(jid).is_none() && self.may_join(jid, tag) {
            return self.join(jid, password).await;
        }
        let keys = self.keys_or_fake(jid);
        let (password, checked) = (password.to_owned(), keys.clone());
        let right = self.derivations.run(move || checked.verify(&password)).await;
        let right = right.map_err(|Busy| LoginError::Unavailable)?;
        // The password may have been changed meanwhile.
        let valid = right && self.get(jid).is_some_and(|account| account.keys == keys);
        if valid {
            self.verified.borrow_mut().insert(jid.clone(), tag);
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
    async fn join(&self, jid: &BareJid, password: &str) -> Result<bool, LoginError> {
        let keys = self.derive(jid, password.to_owned()).await;
        let keys = keys.map_err(|_| LoginError::Unavailable)?;
        if self.get(jid).is_some() {
            return Err(LoginError::Unavailable);
        }
        let account = manage::account(jid, Role::Pbx, AccountSource::FirstLogin, keys);
        match self.put(account) {
            Ok(_) => {
                tracing::info!(account = %jid, "made by its first login");
                Ok(true)
            }
            Err(error) => {
                tracing::error!(account = %jid, "cannot be made: {error}");
                Err(LoginError::Unavailable)
            }
        }
    }
}
