//! Names of mechanisms and of channel bindings.

use std::fmt;

/// A hash that SCRAM is used with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hash {
    /// SHA-1, by RFC 5802.
    Sha1,
    /// SHA-256, by RFC 7677.
    Sha256,
}

/// A mechanism that a client may choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mechanism {
    /// Name and password (RFC 4616).
    Plain,
    /// Proof of the password, not tied to the connection.
    Scram(Hash),
    /// Proof of the password, tied to the TLS connection it runs in (`-PLUS`).
    ScramPlus(Hash),
}

/// A way to name a TLS connection (RFC 5056).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BindingType {
    /// RFC 9266, for TLS 1.3.
    TlsExporter,
    /// Hash of the server's certificate (RFC 5929).
    TlsServerEndPoint,
}

// === impl Mechanism ===

impl Mechanism {
    /// All of them, best first.
    pub const ALL: [Self; 5] = [
        Self::ScramPlus(Hash::Sha256),
        Self::ScramPlus(Hash::Sha1),
        Self::Scram(Hash::Sha256),
        Self::Scram(Hash::Sha1),
        Self::Plain,
    ];

    /// The name that is registered with IANA.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Scram(Hash::Sha1) => "SCRAM-SHA-1",
            Self::Scram(Hash::Sha256) => "SCRAM-SHA-256",
            Self::ScramPlus(Hash::Sha1) => "SCRAM-SHA-1-PLUS",
            Self::ScramPlus(Hash::Sha256) => "SCRAM-SHA-256-PLUS",
        }
    }

    /// The mechanism with this registered name; none if it is not offered here at all.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mechanism| mechanism.as_str() == name)
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl BindingType ===

impl BindingType {
    /// The name that is registered with IANA.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TlsExporter => "tls-exporter",
            Self::TlsServerEndPoint => "tls-server-end-point",
        }
    }
}
