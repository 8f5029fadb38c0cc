//! A place where a server may be, as people write it.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

/// The port of STARTTLS (RFC 6120 section 3.2).
pub const PORT: u16 = 5222;
/// The port where TLS begins at once (XEP-0368 and custom).
pub const DIRECT_PORT: u16 = 5223;

/// A place where the server may be: `HOST`, `HOST:PORT`, `ADDRESS`, `[IPV6]:PORT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// A name or an address.
    pub host: String,
    /// None: what the DNS says (SRV), or else 5222.
    pub port: Option<u16>,
}

/// The text, as typed, names no place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a server: write HOST or HOST:PORT, such as lamps.example.org:5222")]
pub struct TargetError(String);

// === impl Target ===

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let wrong = || TargetError(text.to_owned());
        if let Ok(address) = text.parse::<SocketAddr>() {
            if address.port() == 0 {
                return Err(wrong());
            }
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
        for text in
            ["", ":5222", "host:", "host:0", "[::1]:0", "host:70000", "a b", "host:5222:1", "<x>"]
        {
            assert!(text.parse::<Target>().is_err(), "{text}");
        }
    }
}
