//! Login without SASL (XEP-0078), which stock Asterisk uses with `usesasl=no`.
//!
//! COMPAT(asterisk<=22 usesasl=no): the digest is over the readable password, so the server must keep
//! it readable; it is offered only to accounts that were marked for it.

use sha1::{Digest, Sha1};
use subtle::ConstantTimeEq;

/// Whether `digest` is the hex SHA-1 of stream id and password (XEP-0078, 4).
pub fn digest_fits(digest: &str, stream_id: &str, password: &str) -> bool {
    use std::fmt::Write;
    let sum = Sha1::new().chain_update(stream_id).chain_update(password).finalize();
    let hex = sum.iter().fold(String::with_capacity(40), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    hex.as_bytes().ct_eq(digest.to_ascii_lowercase().as_bytes()).into()
}
