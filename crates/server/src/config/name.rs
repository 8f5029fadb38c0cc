//! Names in the configuration that become parts of addresses (RFC 7622). A name is normalised when
//! it is read, so that two spellings of one name are one name everywhere behind.

use std::borrow::Cow;
use std::fmt;

use jid::{DomainPart, NodePart};
use lampfield_xmpp_stream::{in_ascii, in_letters};

use super::reader::{Given, Refused};
use super::value::{Value, text};

/// The name of a served domain.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DomainName(DomainPart);

/// The name of an account, without its domain.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountName(NodePart);

macro_rules! name {
    ($name:ident, $part:ident, $prepared:expr, $kind:literal, $allowed:expr) => {
        impl $name {
            /// Reads and normalises it.
            ///
            /// # Errors
            /// RFC 7622 does not allow this name.
            pub fn parse(typed: &str) -> Result<Self, jid::Error> {
                $part::new(&$prepared(typed)).map(|part| Self(part.into_owned()))
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
                    let refused = Refused::new(format!("\"{typed}\" cannot be {kind}"));
                    match before_domain(typed) {
                        Some(name) => refused.hint(name),
                        None => refused.hint(Self::ALLOWED),
                    }
                })
            }

            fn show(&self) -> Option<String> {
                Some(toml::Value::from(self.as_str()).to_string())
            }
        }
    };
}

/// What is meant by an address where a part of it belongs, as people write it who know `xmpp.conf`.
fn before_domain(typed: &str) -> Option<String> {
    let (name, domain) = typed.split_once('@')?;
    let is_address = AccountName::parse(name).is_ok() && DomainName::parse(domain).is_ok();
    is_address.then(|| format!("write \"{name}\" in the [[domain]] \"{domain}\""))
}

// === impl DomainName ===

impl DomainName {
    /// As the DNS has it, in ASCII: so it stands in certificates.
    pub fn in_dns(&self) -> String {
        in_ascii(self.as_str()).into_owned()
    }

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
    in_letters,
    "a domain name",
    "letters, digits and hyphens with dots between: asterisk.example"
);
name!(AccountName, NodePart, Cow::Borrowed, "an account name", lampfield_accounts::ALLOWED_NAMES);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_has_one_name_however_it_is_written() {
        let name = |typed: &str| DomainName::parse(typed).expect("a name");
        for typed in
            ["bücher.example", "xn--bcher-kva.example", "BÜCHER.example", "XN--BCHER-KVA.Example."]
        {
            assert_eq!(name(typed).as_str(), "bücher.example", "{typed}");
        }
        assert_eq!(name("bücher.example").in_dns(), "xn--bcher-kva.example");
        assert_eq!(name("a.example").in_dns(), "a.example");
        assert_eq!(name("[::1]").in_dns(), "[::1]");
        // The letters of this one would become those of another.
        assert_ne!(name("xn--strae-oqa.example"), name("strasse.example"));
        assert!(DomainName::parse("xn--\u{fc}.example").is_err());
    }
}
