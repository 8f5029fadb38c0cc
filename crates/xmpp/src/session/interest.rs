//! How a resource hears of changes of its contact list.

/// How a resource learns that its roster has changed (RFC 6121 section 2.1.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Interest {
    /// Not at all: it has never asked for its roster.
    #[default]
    None,
    /// By a push, as the standard says.
    Pushes,
    /// Of a new peer by its `subscribed`, of anything else not at all.
    ///
    /// COMPAT(asterisk<=22): it ignores pushes. Both `subscribed` and a later result with the id
    /// `roster` give it a buddy, but after a result with `autoprune` or `autoregister` the thread
    /// that reads its stream writes, perhaps while others publish.
    Buddies,
}

/// The id under which Asterisk asks for its roster.
const ASTERISK_ROSTER_ID: &str = "roster";

// === impl Interest ===

impl Interest {
    /// From its request for the roster.
    pub fn of_request(id: &str, pbx: bool) -> Self {
        if pbx && id == ASTERISK_ROSTER_ID { Self::Buddies } else { Self::Pushes }
    }
}
