//! As whom an origin speaks within its account: what tells one process, node or script from another.

use std::fmt;
use std::hash::Hasher;
use std::str::FromStr;
use std::sync::Arc;

use siphasher::sip::SipHasher24;

use crate::eid::Eid;
use crate::name::{self, NameError};

/// The identity of an origin within its account, in the words of its protocol: an Asterisk's entity id, the UUID of a
/// FreeSWITCH core, the number of a cluster node, the name of a token or script. The text form of an entity id is always
/// one, whoever uses it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Identity {
    /// The entity id of an Asterisk process, six bytes.
    Eid(Eid),
    /// Anything else: 1 to 255 bytes without control characters.
    Named(Arc<str>),
}

// === impl Identity ===

impl Identity {
    /// The longest [`Identity::Named`], in bytes of UTF-8.
    pub const MAX_BYTES: usize = 255;

    /// Reads an identity.
    ///
    /// # Errors
    /// When the text is empty, too long, or has a control character.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        match text.parse() {
            Ok(eid) => Ok(Self::Eid(eid)),
            Err(_) => Ok(Self::Named(name::checked(text, Self::MAX_BYTES)?.into())),
        }
    }

    /// The entity id under which an Asterisk hears it: its own, or one that follows from the name, the same on every
    /// node and after every restart. Such ids are locally administered (IEEE 802, the second bit), so that none is the
    /// address of a real network interface, from which Asterisk makes its own.
    #[must_use]
    pub fn eid(&self) -> Eid {
        match self {
            Self::Eid(eid) => *eid,
            Self::Named(name) => {
                let mut hasher = SipHasher24::new();
                hasher.write(name.as_bytes());
                let [first, second, third, fourth, fifth, sixth, ..] =
                    hasher.finish().to_le_bytes();
                Eid::new([first & 0xfc | 0x02, second, third, fourth, fifth, sixth])
            }
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Eid(eid) => eid.fmt(f),
            Self::Named(name) => f.pad(name),
        }
    }
}

impl FromStr for Identity {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl From<Eid> for Identity {
    fn from(eid: Eid) -> Self {
        Self::Eid(eid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entity_id_is_one_in_whatever_case_and_all_else_is_a_name() {
        let eid = Identity::parse("02:00:00:00:00:FF").unwrap();
        assert_eq!(eid, Eid::new([2, 0, 0, 0, 0, 255]).into());
        assert_eq!(eid.to_string(), "02:00:00:00:00:ff");
        for name in ["5f4e3d2c-1b0a-4c3d-9e8f-001122334455", "17", "night mode", "02:00:00:00:00"] {
            let identity = Identity::parse(name).unwrap();
            assert_eq!(identity, Identity::Named(name.into()));
            assert_eq!(identity.to_string(), name);
        }
        assert!(Identity::parse("").is_err());
        assert!(Identity::parse(&"x".repeat(256)).is_err());
    }

    /// Other nodes and Asterisk's caches know origins by it.
    #[test]
    fn the_entity_id_of_a_name_is_fixed_and_nobodys_address() {
        let of = |name: &str| Identity::parse(name).unwrap().eid();
        assert_eq!(of("node-1").to_string(), of("node-1").to_string());
        assert_ne!(of("node-1"), of("node-2"));
        for number in 0..1_000 {
            assert_eq!(of(&format!("node-{number}")).bytes()[0] & 3, 2);
        }
    }
}
