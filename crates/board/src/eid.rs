//! The name of one Asterisk process: six bytes, by default the MAC address of its first network
//! interface (Asterisk, `include/asterisk/utils.h`, `struct ast_eid`). DUNDi uses the same.

use std::fmt;
use std::str::FromStr;

/// An entity id. Text form: `02:00:00:00:00:01`, written in lower case and read in either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Eid([u8; 6]);

/// The text is not six bytes in hexadecimal with colons between.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not an entity id; one looks like 02:00:00:00:00:01")]
pub struct EidError(pub String);

// === impl Eid ===

impl Eid {
    /// The entity id of these bytes: a MAC address as Asterisk chooses it, or any other six bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 6]) -> Self {
        Self(bytes)
    }

    /// The six bytes, in the order in which the text form has them.
    #[must_use]
    pub const fn bytes(self) -> [u8; 6] {
        self.0
    }
}

impl fmt::Display for Eid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not by `write!`: this is in every key and every event, and six arguments are slow.
        let pairs = self.0.map(|byte| [hex_digit(byte >> 4), hex_digit(byte & 15), b':']);
        let text = std::str::from_utf8(pairs.as_flattened()).unwrap_or_default();
        f.write_str(text.trim_end_matches(':'))
    }
}

impl FromStr for Eid {
    type Err = EidError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).map(Self).ok_or_else(|| EidError(text.to_owned()))
    }
}

fn hex_digit(value: u8) -> u8 {
    if value < 10 { b'0' + value } else { b'a' + value - 10 }
}

fn parse(text: &str) -> Option<[u8; 6]> {
    let mut bytes = [0; 6];
    let mut pairs = text.split(':');
    for byte in &mut bytes {
        *byte = pair(pairs.next()?)?;
    }
    pairs.next().is_none().then_some(bytes)
}

fn pair(text: &str) -> Option<u8> {
    // from_str_radix alone would also take "+1".
    let two_digits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_hexdigit());
    two_digits.then(|| u8::from_str_radix(text, 16).ok()).flatten()
}
