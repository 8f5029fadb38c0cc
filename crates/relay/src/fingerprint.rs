//! What a certificate or a key is known by.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

/// The SHA-256 of a certificate (DER) or of its public key (SubjectPublicKeyInfo).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

/// The text, as typed, is no fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a fingerprint: write 64 hex digits, with or without colons")]
pub struct FingerprintError(String);

// === impl Fingerprint ===

impl Fingerprint {
    /// That of a certificate or a key, as DER.
    pub fn of(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }
}

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Self, FingerprintError> {
        let wrong = || FingerprintError(text.to_owned());
        let digits: Vec<_> = text.chars().filter(|c| *c != ':').collect();
        let digits: Option<Vec<_>> = digits.iter().map(|c| c.to_digit(16)).collect();
        let bytes = digits.filter(|digits| digits.len() == 64).ok_or_else(wrong)?;
        let pairs = bytes.chunks(2).map(|pair| pair.iter().fold(0, |sum, digit| sum * 16 + digit));
        let bytes: Option<Vec<u8>> = pairs.map(|byte| u8::try_from(byte).ok()).collect();
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(wrong)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints() {
        let plain = "00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff";
        let fingerprint: Fingerprint = plain.parse().unwrap();
        assert_eq!(fingerprint.to_string(), plain.to_lowercase());
        let colons: Vec<_> =
            plain.as_bytes().chunks(2).map(|two| str::from_utf8(two).unwrap()).collect();
        assert_eq!(colons.join(":").parse(), Ok(fingerprint));
        for wrong in
            ["", "00", &format!("{plain}0"), &format!("{plain}00"), &plain.replace('A', "G")]
        {
            assert!(wrong.parse::<Fingerprint>().is_err(), "{wrong}");
        }
    }
}
