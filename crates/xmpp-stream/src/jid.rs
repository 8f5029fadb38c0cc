//! Addresses (RFC 7622), checked and normalised once and then cheap to pass around. The `jid` crate
//! does the string preparation; these types share one allocation between all copies.

mod domain_form;

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

pub use domain_form::{in_ascii, in_letters};

/// The longest address taken, in bytes: three parts of 1,023 and two separators (RFC 7622, 3.1).
pub const MAX_BYTES: usize = 3 * 1023 + 2;

/// Any address: a domain, an account or one of its resources.
#[derive(Clone)]
pub struct Jid(Arc<jid::Jid>);

/// An address without a resource: an account, or a domain.
#[derive(Clone)]
pub struct BareJid(Arc<jid::BareJid>);

/// An address with a resource: one connection of an account.
#[derive(Clone)]
pub struct FullJid(Arc<jid::FullJid>);

/// The domain of an address, which is an address itself.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Domain(Arc<str>);

/// A text that is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JidError {
    /// Longer than [`MAX_BYTES`]; its length in bytes.
    #[error("address of {0} bytes is too long")]
    TooLong(usize),
    /// Against the rules of RFC 7622.
    #[error("bad address {text:?}: {reason}")]
    Malformed {
        /// The text as it was given.
        text: String,
        /// Which rule of RFC 7622 it breaks, in words.
        reason: String,
    },
    /// Has a resource where none may be, or lacks one.
    #[error("address {0:?} {1}")]
    WrongForm(String, &'static str),
}

fn check_length(text: &str) -> Result<(), JidError> {
    if text.len() > MAX_BYTES { Err(JidError::TooLong(text.len())) } else { Ok(()) }
}

/// Without the dot of the root at the end of the domain (RFC 7622, 3.2), which the `jid` crate
/// takes into account only where it changes something else.
fn without_root(text: &str) -> Cow<'_, str> {
    let (domain, resource) = match text.split_once('/') {
        Some((domain, resource)) => (domain, Some(resource)),
        None => (text, None),
    };
    match (domain.strip_suffix('.'), resource) {
        (None, _) => Cow::Borrowed(text),
        (Some(domain), None) => Cow::Borrowed(domain),
        (Some(domain), Some(resource)) => Cow::Owned(format!("{domain}/{resource}")),
    }
}

/// Whether what was made of `text` stays what it is: what string preparation makes of some texts
/// does not, and two ways to write one address must never be two addresses.
fn is_normal(jid: &jid::Jid, text: &str) -> bool {
    let stays = || jid::Jid::new(jid.as_str()).is_ok_and(|again| again == *jid);
    without_root(jid.as_str()) == jid.as_str() && (jid.as_str() == text || stays())
}

fn malformed(text: &str) -> impl FnOnce(jid::Error) -> JidError + '_ {
    |reason| JidError::Malformed { text: text.to_owned(), reason: reason.to_string() }
}

// === impl Jid ===

impl Jid {
    /// Checks and normalises `text`.
    ///
    /// # Errors
    /// If it is no address.
    pub fn parse(text: &str) -> Result<Self, JidError> {
        check_length(text)?;
        let lettered = domain_form::with_letters(text);
        let rootless = without_root(&lettered);
        let jid = jid::Jid::new(&rootless).map_err(malformed(text))?;
        if !is_normal(&jid, &rootless) {
            let reason = "it has no normal form".to_owned();
            return Err(JidError::Malformed { text: text.to_owned(), reason });
        }
        Ok(Self(Arc::new(jid)))
    }

    /// The address without its resource.
    pub fn to_bare(&self) -> BareJid {
        BareJid(Arc::new(self.0.to_bare()))
    }

    /// The address as a full one, if it has a resource.
    pub fn to_full(&self) -> Option<FullJid> {
        let full = self.0.try_as_full().ok()?;
        Some(FullJid(Arc::new(full.clone())))
    }

    /// The part after the slash; none of a bare address.
    pub fn resource(&self) -> Option<&str> {
        self.0.resource().map(|part| part.as_str())
    }
}

// === impl BareJid ===

impl BareJid {
    /// Checks and normalises `text`.
    ///
    /// # Errors
    /// If it is no address or has a resource.
    pub fn parse(text: &str) -> Result<Self, JidError> {
        let jid = Jid::parse(text)?;
        if jid.0.is_full() {
            return Err(JidError::WrongForm(text.to_owned(), "must not have a resource"));
        }
        Ok(jid.to_bare())
    }

    /// The account `name` of `domain`.
    ///
    /// # Errors
    /// If `name` cannot be the first part of an address.
    pub fn from_parts(name: &str, domain: &Domain) -> Result<Self, JidError> {
        // A separator inside the name makes a second `@` or a resource, and either is refused.
        Self::parse(&format!("{name}@{domain}"))
    }

    /// This account's connection `resource`.
    ///
    /// # Errors
    /// If `resource` cannot be one.
    pub fn with_resource(&self, resource: &str) -> Result<FullJid, JidError> {
        let full = self.0.with_resource_str(resource).map_err(malformed(resource))?;
        Ok(FullJid(Arc::new(full)))
    }

    /// The same as any address.
    pub fn to_jid(&self) -> Jid {
        Jid(Arc::new((*self.0).clone().into()))
    }
}

// === impl FullJid ===

impl FullJid {
    /// Checks and normalises `text`.
    ///
    /// # Errors
    /// If it is no address or has no resource.
    pub fn parse(text: &str) -> Result<Self, JidError> {
        let jid = Jid::parse(text)?;
        jid.to_full().ok_or_else(|| JidError::WrongForm(text.to_owned(), "must have a resource"))
    }

    /// The address without its resource: the account.
    pub fn to_bare(&self) -> BareJid {
        BareJid(Arc::new(self.0.to_bare()))
    }

    /// The part after the slash, which every full address has.
    pub fn resource(&self) -> &str {
        self.0.resource().as_str()
    }

    /// The same as any address.
    pub fn to_jid(&self) -> Jid {
        Jid(Arc::new((*self.0).clone().into()))
    }
}

// === impl Domain ===

impl Domain {
    /// Checks and normalises `text`.
    ///
    /// # Errors
    /// If it is not the name of a domain.
    pub fn parse(text: &str) -> Result<Self, JidError> {
        let jid = Jid::parse(text)?;
        if jid.0.node().is_some() || jid.0.is_full() {
            return Err(JidError::WrongForm(text.to_owned(), "must be a domain only"));
        }
        Ok(Self(jid.as_str().into()))
    }

    /// The name, normalised, as it stands in addresses.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Borrow<str> for Domain {
    fn borrow(&self) -> &str {
        &self.0
    }
}

// === what all addresses share ===

/// Text, order and look-up by text for an address type over the crate's own.
macro_rules! address {
    ($name:ident) => {
        impl $name {
            /// The whole address, normalised (RFC 7622).
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }

            /// The first part: the account's name.
            pub fn local(&self) -> Option<&str> {
                self.0.node().map(|part| part.as_str())
            }

            /// The part between `@` and the slash, normalised.
            pub fn domain(&self) -> &str {
                self.0.domain().as_str()
            }
        }

        impl FromStr for $name {
            type Err = JidError;

            fn from_str(text: &str) -> Result<Self, JidError> {
                Self::parse(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.as_str() == other.as_str()
            }
        }

        impl Eq for $name {}

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $name {
            fn cmp(&self, other: &Self) -> std::cmp::Ordering {
                self.as_str().cmp(other.as_str())
            }
        }

        // As `str` does, so that maps can be asked with a text.
        impl std::hash::Hash for $name {
            fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
                self.as_str().hash(state);
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                self.as_str()
            }
        }
    };
}

address!(Jid);
address!(BareJid);
address!(FullJid);

#[cfg(test)]
mod tests;
