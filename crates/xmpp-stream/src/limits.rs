//! How much one peer may make us read and remember.

/// Bounds on one stream. Crossing any of them ends the stream with `policy-violation`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StanzaLimits {
    /// The longest top-level element, stream header included, in bytes.
    pub stanza_bytes: usize,
    /// The deepest nesting; a stanza itself is at depth 1.
    pub depth: usize,
    /// The most attributes on one element, namespace declarations included.
    pub attributes: usize,
}

impl StanzaLimits {
    /// For a peer that has proved who it is.
    pub const AUTHENTICATED: Self = Self { stanza_bytes: 262_144, depth: 64, attributes: 64 };

    /// For a peer that has not: negotiation needs no more, and a stranger may cost us no more.
    pub const STRANGER: Self = Self { stanza_bytes: 16_384, depth: 16, attributes: 32 };
}
