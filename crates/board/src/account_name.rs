//! Who speaks: the account under which an origin's statements come in. Opaque here; the protocol that
//! authenticated the account has made it canonical.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::name::{self, NameError};

/// The name of an account, for XMPP its bare JID such as `pbx-a@asterisk.example`: 1 to 2,047
/// bytes without control characters. Compared byte by byte. Cloning is cheap.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountName(Arc<str>);

// === impl AccountName ===

impl AccountName {
    /// Room for the longest bare JID: 1,023 bytes, `@`, 1,023 bytes (RFC 7622, section 3).
    pub const MAX_BYTES: usize = 2_047;

    /// Checks and keeps a name.
    ///
    /// # Errors
    /// When the text is empty, too long, or has a control character.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        Ok(Self(name::checked(text, Self::MAX_BYTES)?.into()))
    }

    /// The name as the protocol gave it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for AccountName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}
