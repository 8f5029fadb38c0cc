//! The messages of SCRAM (RFC 5802, 5 and 7), read and answered without any state of their own.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::keys::{hmac_sha1, hmac_sha256};
use super::{Failure, Hash, ScramKeys};

/// What the client says about channel binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gs2Flag<'a> {
    /// It cannot bind to a channel (`n`).
    No,
    /// It can, but believes that the server cannot.
    ServerCannot,
    /// It does, with this type.
    With(&'a str),
}

/// The client's first message.
#[derive(Debug)]
pub struct ClientFirst<'a> {
    pub flag: Gs2Flag<'a>,
    pub authzid: String,
    pub username: String,
    pub nonce: &'a str,
    /// Everything before the bare message.
    pub gs2_header: &'a str,
    /// What the proof covers.
    pub bare: &'a str,
}

impl<'a> ClientFirst<'a> {
    pub fn read(message: &'a [u8]) -> Result<Self, Failure> {
        let text = std::str::from_utf8(message).map_err(|_| Failure::MalformedRequest)?;
        Self::parts(text).ok_or(Failure::MalformedRequest)
    }

    fn parts(text: &'a str) -> Option<Self> {
        let (flag, rest) = text.split_once(',')?;
        let (authzid, bare) = rest.split_once(',')?;
        let flag = match flag.split_once('=') {
            None if flag == "n" => Gs2Flag::No,
            None if flag == "y" => Gs2Flag::ServerCannot,
            Some(("p", name)) => Gs2Flag::With(name),
            _ => return None,
        };
        let authzid = match authzid {
            "" => String::new(),
            some => unescape(some.strip_prefix("a=")?)?,
        };
        // A mandatory extension, `m=`, would stand first and be refused with what is no `n=`.
        let mut fields = bare.split(',');
        let username = unescape(fields.next()?.strip_prefix("n=")?)?;
        let nonce = fields.next()?.strip_prefix("r=")?;
        let gs2_header = text.strip_suffix(bare)?;
        is_nonce(nonce).then_some(Self { flag, authzid, username, nonce, gs2_header, bare })
    }
}

/// One `printable` at least (RFC 5802, 7): ASCII without blanks and commas.
fn is_nonce(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',')
}

/// `=2C` and `=3D` stand for comma and equals sign; no other use of `=` is allowed.
fn unescape(name: &str) -> Option<String> {
    let mut parts = name.split('=');
    let mut out = parts.next()?.to_owned();
    for part in parts {
        let (sign, rest) = match (part.strip_prefix("2C"), part.strip_prefix("3D")) {
            (Some(rest), _) => (',', rest),
            (_, Some(rest)) => ('=', rest),
            _ => return None,
        };
        out.push(sign);
        out.push_str(rest);
    }
    Some(out)
}

/// The server's first message.
pub fn server_first(client_nonce: &str, server_nonce: &str, keys: &ScramKeys) -> String {
    let salt = STANDARD.encode(keys.salt);
    format!("r={client_nonce}{server_nonce},s={salt},i={}", keys.iterations)
}

/// What both sides have said before the client's last message.
pub struct Transcript<'a> {
    pub client_first_bare: &'a str,
    pub server_first: &'a str,
    /// The nonce both sides made.
    pub nonce: &'a str,
    /// GS2 header and channel binding data, which the client must repeat.
    pub binding: &'a [u8],
}

/// Checks the client's last message; the server's signature if the proof is right.
pub fn client_final(
    message: &[u8],
    transcript: &Transcript<'_>,
    hash: Hash,
    keys: &ScramKeys,
) -> Result<String, Failure> {
    let text = std::str::from_utf8(message).map_err(|_| Failure::MalformedRequest)?;
    let (without_proof, proof) = text.rsplit_once(",p=").ok_or(Failure::MalformedRequest)?;
    let mut fields = without_proof.split(',');
    let binding = fields.next().and_then(|field| field.strip_prefix("c="));
    let nonce = fields.next().and_then(|field| field.strip_prefix("r="));
    let (Some(binding), Some(nonce)) = (binding, nonce) else {
        return Err(Failure::MalformedRequest);
    };
    let binding = STANDARD.decode(binding).map_err(|_| Failure::MalformedRequest)?;
    let proof = STANDARD.decode(proof).map_err(|_| Failure::MalformedRequest)?;
    let said = [transcript.client_first_bare, transcript.server_first, without_proof].join(",");
    let bound: bool = binding.ct_eq(transcript.binding).into();
    let signature = match hash {
        Hash::Sha1 => {
            let pair = &keys.sha1;
            let signed = hmac_sha1(&pair.stored, said.as_bytes());
            proves(&proof, &signed, &pair.stored, |key| Sha1::digest(key).to_vec())
                .then(|| STANDARD.encode(hmac_sha1(&pair.server, said.as_bytes())))
        }
        Hash::Sha256 => {
            let pair = &keys.sha256;
            let signed = hmac_sha256(&pair.stored, said.as_bytes());
            proves(&proof, &signed, &pair.stored, |key| Sha256::digest(key).to_vec())
                .then(|| STANDARD.encode(hmac_sha256(&pair.server, said.as_bytes())))
        }
    };
    match signature {
        Some(signature) if bound && nonce == transcript.nonce => Ok(format!("v={signature}")),
        _ => Err(Failure::NotAuthorized),
    }
}

/// Whether `proof` XOR the client's signature is the key that `stored` is the hash of.
fn proves(proof: &[u8], signed: &[u8], stored: &[u8], hash: impl Fn(&[u8]) -> Vec<u8>) -> bool {
    let client_key: Vec<u8> = proof.iter().zip(signed).map(|(a, b)| a ^ b).collect();
    proof.len() == signed.len() && bool::from(hash(&client_key).ct_eq(stored))
}
