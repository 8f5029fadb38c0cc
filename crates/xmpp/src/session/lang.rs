//! The language that a client speaks where it does not say another.

/// What the header of a stream names as the language of its stanzas (RFC 6120 section 4.7.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lang(Box<str>);

// === impl Lang ===

impl Lang {
    /// The longest tag of a language that everybody must take (RFC 5646 section 4.4.1).
    const MOST_BYTES: usize = 35;

    /// A tag of BCP 47, judged by its characters; none for anything else, and for a longer one.
    pub fn parse(tag: &str) -> Option<Self> {
        let fits = (1..=Self::MOST_BYTES).contains(&tag.len())
            && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        fits.then(|| Self(tag.into()))
    }

    /// The tag as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
