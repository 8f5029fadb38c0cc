//! What is kept of a password: enough to check it, never enough to use it (RFC 5802, 3).

use hmac::{Hmac, KeyInit, Mac};
use pbkdf2::pbkdf2_hmac;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::Hash;

/// How often the password is hashed: the least that RFC 7677 allows, which clients expect.
const ITERATIONS: u32 = 4096;

/// What SCRAM and PLAIN need to know of one account's password.
#[derive(Clone, PartialEq, Eq)]
pub struct ScramKeys {
    /// Random, one per password.
    pub salt: [u8; 16],
    /// How often the password is hashed.
    pub iterations: u32,
    /// For SCRAM-SHA-1.
    pub sha1: KeyPair<20>,
    /// For SCRAM-SHA-256 and PLAIN.
    pub sha256: KeyPair<32>,
}

/// The keys for one hash.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyPair<const N: usize> {
    /// Hash of the client's key: checks its proof.
    pub stored: [u8; N],
    /// Signs the server's answer.
    pub server: [u8; N],
}

/// A password that cannot be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Nothing is left of it after preparation.
    #[error("the password is empty")]
    Empty,
    /// It has characters that SASLprep forbids (RFC 4013), such as control characters.
    #[error("the password has characters that are not allowed")]
    Forbidden,
}

/// Makes believable keys for accounts that do not exist, always the same for the same name, so that
/// an answer does not tell who exists.
pub struct FakeKeys {
    secret: [u8; 32],
}

/// The key functions of one hash, so that the exchange is written once.
pub struct Digests {
    /// H().
    pub hash: fn(&[u8]) -> Vec<u8>,
    /// HMAC(key, text).
    pub hmac: fn(&[u8], &[u8]) -> Vec<u8>,
}

// === impl ScramKeys ===

impl ScramKeys {
    /// Derives the keys. Takes milliseconds of computing: not for a thread that serves others.
    ///
    /// # Errors
    /// If the password cannot be one.
    pub fn derive(password: &str, salt: [u8; 16]) -> Result<Self, PasswordError> {
        let password = prepare(password)?;
        let mut salted1 = [0; 20];
        pbkdf2_hmac::<Sha1>(password.as_bytes(), &salt, ITERATIONS, &mut salted1);
        let salted256 = salt_sha256(&password, &salt, ITERATIONS);
        Ok(Self { salt, iterations: ITERATIONS, sha1: pair_sha1(&salted1), sha256: pair_sha256(&salted256) })
    }

    /// Whether `password` is the one these keys come from. Takes milliseconds of computing.
    pub fn verify(&self, password: &str) -> bool {
        let Ok(password) = prepare(password) else { return false };
        let salted = salt_sha256(&password, &self.salt, self.iterations);
        pair_sha256(&salted).stored.ct_eq(&self.sha256.stored).into()
    }

    /// Stored key and server key for `hash`.
    pub fn pair(&self, hash: Hash) -> (&[u8], &[u8]) {
        match hash {
            Hash::Sha1 => (&self.sha1.stored, &self.sha1.server),
            Hash::Sha256 => (&self.sha256.stored, &self.sha256.server),
        }
    }
}

impl std::fmt::Debug for ScramKeys {
    /// Keys do not belong into logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScramKeys").field("iterations", &self.iterations).finish_non_exhaustive()
    }
}

fn prepare(password: &str) -> Result<std::borrow::Cow<'_, str>, PasswordError> {
    let prepared = stringprep::saslprep(password).map_err(|_| PasswordError::Forbidden)?;
    if prepared.is_empty() { Err(PasswordError::Empty) } else { Ok(prepared) }
}

fn salt_sha256(password: &str, salt: &[u8], iterations: u32) -> [u8; 32] {
    let mut salted = [0; 32];
    pbkdf2_hmac::<Sha256>(password.as_bytes(), salt, iterations, &mut salted);
    salted
}

fn pair_sha1(salted: &[u8; 20]) -> KeyPair<20> {
    let client = hmac_sha1(salted, b"Client Key");
    KeyPair { stored: Sha1::digest(client).into(), server: hmac_sha1(salted, b"Server Key") }
}

fn pair_sha256(salted: &[u8; 32]) -> KeyPair<32> {
    let client = hmac_sha256(salted, b"Client Key");
    KeyPair { stored: Sha256::digest(client).into(), server: hmac_sha256(salted, b"Server Key") }
}
