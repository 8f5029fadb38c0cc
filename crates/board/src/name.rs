//! What every name has in common: some length, a limit, and no character that no peer could carry.

/// Why a text cannot be a name: it is empty, too long, or has a control character.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The text is empty; a name has at least one character.
    #[error("the name is empty")]
    Empty,
    /// More bytes than names of this type may have.
    #[error("the name has {bytes} bytes; the limit is {limit}")]
    TooLong {
        /// The length of the text in bytes of UTF-8.
        bytes: usize,
        /// The most bytes that are accepted.
        limit: usize,
    },
    /// A control character, which XML and the console could not carry.
    #[error("the name has the control character {0:?} in it")]
    ControlCharacter(char),
}

/// The text itself, if it is a name of at most `limit` bytes.
pub(crate) fn checked(text: &str, limit: usize) -> Result<&str, NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.len() > limit {
        return Err(NameError::TooLong { bytes: text.len(), limit });
    }
    match text.chars().find(|c| c.is_control()) {
        Some(control) => Err(NameError::ControlCharacter(control)),
        None => Ok(text),
    }
}
