//! Names in the configuration that become parts of addresses (RFC 7622). A name is normalised when
//! it is read, so that two spellings of one name are one name everywhere behind.

use std::fmt;

use jid::{DomainPart, NodePart};

use super::key::Value;
use super::reader::{Given, Refused};
use super::value::text;

/// The name of a served domain.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DomainName(DomainPart);

/// The name of an account, without its domain.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountName(NodePart);

macro_rules! name {
    ($name:ident, $part:ident, $kind:literal, $allowed:expr) => {
        impl $name {
            /// Reads and normalises it.
            ///
            /// # Errors
            /// RFC 7622 does not allow this name.
            pub fn parse(typed: &str) -> Result<Self, jid::Error> {
                $part::new(typed).map(|part| Self(part.into_owned()))
            }

            /// What such a name may be, for whoever has typed another.
            pub const ALLOWED: &'static str = $allowed;

            /// The name, normalised, as it stands in addresses.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Value for $name {
            fn kind() -> String {
                $kind.trim_start_matches("a ").trim_start_matches("an ").to_owned()
            }

            fn parse(given: Given<'_>) -> Result<Self, Refused> {
                let typed = text(given)?;
                Self::parse(typed).map_err(|_| {
                    let kind = $kind;
                    Refused::new(format!("\"{typed}\" cannot be {kind}")).hint(Self::ALLOWED)
                })
            }

            fn show(&self) -> Option<String> {
                Some(toml::Value::from(self.as_str()).to_string())
            }
        }
    };
}

// === impl DomainName ===

impl DomainName {
    /// Where its PubSub service answers.
    pub fn pubsub(&self) -> String {
        format!("pubsub.{self}")
    }

    /// Whether this is the PubSub service of `other`.
    pub fn is_pubsub_of(&self, other: &Self) -> bool {
        self.as_str() == other.pubsub()
    }
}

name!(
    DomainName,
    DomainPart,
    "a domain name",
    "letters, digits and hyphens with dots between: asterisk.example"
);
name!(AccountName, NodePart, "an account name", lampfield_accounts::ALLOWED_NAMES);
