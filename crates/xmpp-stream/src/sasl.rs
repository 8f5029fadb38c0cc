//! The server's side of SASL: PLAIN and SCRAM (RFC 4616, 5802, 7677), and the digest of XEP-0078.
//!
//! Our own on the hash crates: the library at hand checks PLAIN inside its step, where the key
//! derivation would stop every other connection, cannot hide which accounts exist, and brings a
//! second generation of all the crates below it. Here the exchange stops and asks: for a password
//! to be checked elsewhere, or for an account's keys. DIGEST-MD5 is left out on purpose.

mod exchange;
mod keys;
pub mod legacy;
mod mechanism;
mod plain;
mod scram;

pub use exchange::{ChannelBinding, Exchange, Step};
pub use keys::{FakeKeys, KeyPair, PasswordError, ScramKeys, hmac_sha256};
pub use mechanism::{BindingType, Hash, Mechanism};
pub use plain::{PlainLogin, plain_response};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::ns;
use crate::writer::Tag;

/// Why a login failed (RFC 6120, 6.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{}", self.as_str())]
pub enum Failure {
    /// The client gave up.
    Aborted,
    /// The account exists and may not be used.
    AccountDisabled,
    /// This mechanism only on an encrypted connection.
    EncryptionRequired,
    /// The client's data is not base64.
    IncorrectEncoding,
    /// May not act as the identity asked for.
    InvalidAuthzid,
    /// No such mechanism here.
    InvalidMechanism,
    /// Against the mechanism's rules.
    MalformedRequest,
    /// Wrong name or password: which of the two, nobody learns.
    NotAuthorized,
    /// Cannot be decided now; trying again later may help.
    TemporaryAuthFailure,
}

impl Failure {
    /// The element name of the condition on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Aborted => "aborted",
            Self::AccountDisabled => "account-disabled",
            Self::EncryptionRequired => "encryption-required",
            Self::IncorrectEncoding => "incorrect-encoding",
            Self::InvalidAuthzid => "invalid-authzid",
            Self::InvalidMechanism => "invalid-mechanism",
            Self::MalformedRequest => "malformed-request",
            Self::NotAuthorized => "not-authorized",
            Self::TemporaryAuthFailure => "temporary-auth-failure",
        }
    }

    /// Appends the `<failure/>` element.
    pub fn write(self, out: &mut Vec<u8>) {
        Tag::open(out, "failure")
            .xmlns(ns::SASL)
            .children(|out| Tag::open(out, self.as_str()).empty());
    }
}

/// What an `<auth/>` or `<response/>` carries. No text is an empty message; so is `=`.
///
/// # Errors
/// [`Failure::IncorrectEncoding`] if it is not base64.
pub fn decode(text: &str) -> Result<Vec<u8>, Failure> {
    match text {
        "" | "=" => Ok(Vec::new()),
        text => STANDARD.decode(text).map_err(|_| Failure::IncorrectEncoding),
    }
}

/// What a `<challenge/>` or `<success/>` carries `data` as.
pub fn encode(data: &[u8]) -> String {
    STANDARD.encode(data)
}

#[cfg(test)]
mod tests;
