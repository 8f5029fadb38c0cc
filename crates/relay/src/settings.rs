//! What the relay is told at its start.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use sha2::{Digest, Sha256};

use crate::trust::Trust;

/// The port of STARTTLS (RFC 6120 section 3.2).
pub const PORT: u16 = 5222;
/// The port where TLS begins at once (XEP-0368 and custom).
pub const DIRECT_PORT: u16 = 5223;

/// Everything the relay needs to know.
#[derive(Debug)]
pub struct Settings {
    /// Where the server is, in the order in which it is tried.
    pub targets: Vec<Target>,
    /// Which server is the right one.
    pub trust: Trust,
}

/// A place where the server may be: `HOST`, `HOST:PORT`, `ADDRESS`, `[IPV6]:PORT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// A name or an address.
    pub host: String,
    /// None: what the DNS says (SRV), or else 5222.
    pub port: Option<u16>,
}

/// No place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no server: HOST or HOST:PORT is expected, such as lamps.example.org:5222")]
pub struct TargetError(String);

/// The SHA-256 of a certificate (DER) or of its public key (SubjectPublicKeyInfo).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

/// No fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no fingerprint: 64 hex digits are expected, with or without colons")]
pub struct FingerprintError(String);

// === impl Target ===

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let wrong = || TargetError(text.to_owned());
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(Self { host: address.ip().to_string(), port: Some(address.port()) });
        }
        let bare = text.trim_start_matches('[').trim_end_matches(']');
        if bare.parse::<Ipv6Addr>().is_ok() {
            return Ok(Self { host: bare.to_owned(), port: None });
        }
        let (host, port) = match text.split_once(':') {
            None => (text, None),
            Some((host, port)) => {
                let port = port.parse().ok().filter(|port| *port > 0);
                (host, Some(port.ok_or_else(wrong)?))
            }
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if host.is_empty() || host.len() > 253 || !host.chars().all(is_name) {
            return Err(wrong());
        }
        Ok(Self { host: host.to_owned(), port })
    }
}

impl Target {
    /// The address, if it is not a name.
    pub fn address(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            None => f.write_str(&self.host),
            Some(port) if self.host.contains(':') => write!(f, "[{}]:{port}", self.host),
            Some(port) => write!(f, "{}:{port}", self.host),
        }
    }
}

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
    fn places() {
        let target = |host: &str, port| Target { host: host.to_owned(), port };
        for (text, is) in [
            ("lamps.example.org", target("lamps.example.org", None)),
            ("lamps.example.org:5223", target("lamps.example.org", Some(5223))),
            ("192.0.2.1", target("192.0.2.1", None)),
            ("192.0.2.1:99", target("192.0.2.1", Some(99))),
            ("[2001:db8::1]:99", target("2001:db8::1", Some(99))),
            ("2001:db8::1", target("2001:db8::1", None)),
        ] {
            assert_eq!(text.parse(), Ok(is), "{text}");
        }
        for text in ["", ":5222", "host:", "host:0", "host:70000", "a b", "host:5222:1", "<x>"] {
            assert!(text.parse::<Target>().is_err(), "{text}");
        }
    }

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
