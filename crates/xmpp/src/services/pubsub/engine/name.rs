//! The names the engine deals in. They are checked once, here, and never again.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use thiserror::Error;

/// Bytes of a node's or an item's name, at most: the length of a JID part (RFC 7622 section 3.1).
pub const NAME_BYTES: usize = 1023;

/// Why a text is no name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NameError {
    /// There is nothing in it.
    #[error("a name must not be empty")]
    Empty,
    /// Longer than [`NAME_BYTES`]; its length in bytes.
    #[error("a name of {0} bytes exceeds {NAME_BYTES}")]
    TooLong(usize),
    /// Tabs and line ends would not survive an XML attribute, and storage keys use one between
    /// names.
    #[error("control character in the name {0:?}")]
    ControlCharacter(String),
}

fn checked(text: &str) -> Result<Arc<str>, NameError> {
    match text {
        "" => Err(NameError::Empty),
        long if long.len() > NAME_BYTES => Err(NameError::TooLong(long.len())),
        odd if odd.chars().any(char::is_control) => {
            Err(NameError::ControlCharacter(odd.to_owned()))
        }
        good => Ok(good.into()),
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks the text: 1 to [`NAME_BYTES`] bytes, no control characters.
            pub fn parse(text: &str) -> Result<Self, NameError> {
                checked(text).map(Self)
            }

            /// The name as it was given.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// A node's name ("NodeID" in XEP-0060), unique in one service.
    NodeName
}

name! {
    /// An item's name ("ItemID"), unique in one node.
    ItemId
}
