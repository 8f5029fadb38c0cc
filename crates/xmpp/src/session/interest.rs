//! How a resource hears of changes of its contact list.

/// How a resource learns that its roster has changed (RFC 6121 section 2.1.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Interest {
    /// Not at all: it has never asked for its roster.
    #[default]
    None,
    /// By a push, as the standard says.
    Pushes,
    /// By the whole roster as an unasked result.
    ///
    /// COMPAT(asterisk<=22): it ignores pushes, but takes any later result with the id `roster`.
    Results,
}

/// The id under which Asterisk asks for its roster, and takes it at any time.
pub const ASTERISK_ROSTER_ID: &str = "roster";

// === impl Interest ===

impl Interest {
    /// From its request for the roster.
    pub fn of_request(id: &str, pbx: bool) -> Self {
        if pbx && id == ASTERISK_ROSTER_ID { Self::Results } else { Self::Pushes }
    }
}
