//! PLAIN (RFC 4616): the message is taken apart here, the password is checked elsewhere.

use std::fmt;

use super::Failure;
use crate::jid::{BareJid, Domain};

/// A PLAIN login that waits for its password to be checked.
#[derive(Clone, PartialEq, Eq)]
pub struct PlainLogin {
    /// The account that the client names, in the domain of the stream.
    pub account: BareJid,
    /// The password as the client sent it, to be checked.
    pub password: String,
}

impl fmt::Debug for PlainLogin {
    /// Passwords do not belong into logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlainLogin").field("account", &self.account).finish_non_exhaustive()
    }
}

/// Reads the client's message.
pub(super) fn read(message: &[u8], domain: &Domain) -> Result<PlainLogin, Failure> {
    let text = std::str::from_utf8(message).map_err(|_| Failure::MalformedRequest)?;
    let mut parts = text.split('\0');
    let (Some(authzid), Some(authcid), Some(password), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Failure::MalformedRequest);
    };
    if authcid.is_empty() || password.is_empty() {
        return Err(Failure::MalformedRequest);
    }
    let account = account(authcid, authzid, domain)?;
    Ok(PlainLogin { account, password: password.to_owned() })
}

/// The account `authcid` of `domain`, if it may act as `authzid`: empty or its own address.
pub(super) fn account(authcid: &str, authzid: &str, domain: &Domain) -> Result<BareJid, Failure> {
    let account = BareJid::from_parts(authcid, domain).map_err(|_| Failure::NotAuthorized)?;
    if authzid.is_empty() || BareJid::parse(authzid).is_ok_and(|wanted| wanted == account) {
        Ok(account)
    } else {
        Err(Failure::InvalidAuthzid)
    }
}

/// What a client sends to log in: for load generators and tests.
pub fn plain_response(name: &str, password: &str) -> Vec<u8> {
    format!("\0{name}\0{password}").into_bytes()
}
