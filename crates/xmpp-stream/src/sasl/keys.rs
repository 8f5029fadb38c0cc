//! What is kept of a password: enough to check it, never enough to use it (RFC 5802, 3).

use hmac::digest::array::Array;
use hmac::{Hmac, KeyInit, Mac};
use pbkdf2::pbkdf2_hmac;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// How often the password is hashed: the least that RFC 7677 allows, which clients expect.
const ITERATIONS: u32 = 4096;

/// What SCRAM and PLAIN need to know of one account's password.
#[derive(Clone, PartialEq, Eq)]
pub struct ScramKeys {
    /// Random, one per password.
    pub salt: [u8; 16],
    /// How often the password is hashed.
    pub iterations: u32,
    /// The keys for SCRAM-SHA-1 (RFC 5802).
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

// === impl ScramKeys ===

impl ScramKeys {
    /// Derives the keys. Takes milliseconds of computing: not for a thread that serves others.
    ///
    /// # Errors
    /// If the password cannot be one.
    pub fn derive(password: &str, salt: [u8; 16]) -> Result<Self, PasswordError> {
        let password = prepare(password)?;
        let (sha1, sha256) = pairs(&password, &salt, ITERATIONS);
        Ok(Self { salt, iterations: ITERATIONS, sha1, sha256 })
    }

    /// Whether `password` is the one these keys come from. Takes milliseconds of computing.
    pub fn verify(&self, password: &str) -> bool {
        let Ok(password) = prepare(password) else { return false };
        let salted = salt_sha256(&password, &self.salt, self.iterations);
        pair_sha256(&salted).stored.ct_eq(&self.sha256.stored).into()
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

/// The keys for both hashes.
pub(super) fn pairs(password: &str, salt: &[u8], iterations: u32) -> (KeyPair<20>, KeyPair<32>) {
    let mut salted = [0; 20];
    pbkdf2_hmac::<Sha1>(password.as_bytes(), salt, iterations, &mut salted);
    (pair_sha1(&salted), pair_sha256(&salt_sha256(password, salt, iterations)))
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

// === impl FakeKeys ===

impl FakeKeys {
    /// `secret` must be random and should outlive a restart, or the salts change with it.
    pub fn new(secret: [u8; 32]) -> Self {
        Self { secret }
    }

    /// Keys for `account` that no password fits.
    pub fn keys(&self, account: &str) -> ScramKeys {
        let [part1, part2, part3] = [b"1 ", b"2 ", b"3 "].map(|part| {
            let text = [part.as_slice(), account.as_bytes()].concat();
            hmac_sha256(&self.secret, &text)
        });
        let mut keys = ScramKeys {
            salt: [0; 16],
            iterations: ITERATIONS,
            sha1: KeyPair { stored: [0; 20], server: [0; 20] },
            sha256: KeyPair { stored: part2, server: part3 },
        };
        fill(&mut keys.salt, &part1);
        fill(&mut keys.sha1.stored, &part2);
        fill(&mut keys.sha1.server, &part3);
        keys
    }
}

fn fill(to: &mut [u8], from: &[u8]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
}

// === HMAC without a way to fail ===

/// HMAC-SHA-256 (RFC 2104) under a key of at most 64 bytes; more of it does not count.
pub fn hmac_sha256(key: &[u8], text: &[u8]) -> [u8; 32] {
    let mut block = Array::default();
    fill(&mut block, key);
    Hmac::<Sha256>::new(&block).chain_update(text).finalize().into_bytes().into()
}

/// HMAC-SHA-1 (RFC 2104), with the same limit of 64 bytes for the key.
pub fn hmac_sha1(key: &[u8], text: &[u8]) -> [u8; 20] {
    let mut block = Array::default();
    fill(&mut block, key);
    Hmac::<Sha1>::new(&block).chain_update(text).finalize().into_bytes().into()
}
