//! What a mailbox holds, as Asterisk tells it between servers: new and old messages. Urgent ones
//! exist only inside one server and are never distributed.

use std::fmt;

/// The messages in a mailbox. Asterisk's own type is a signed `int` on both (`main/mwi.c`), so
/// negative numbers from the wire are kept as they came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageCount {
    /// Messages not heard yet; the lamp is lit when there are any.
    pub new: i32,
    /// Messages heard and kept.
    pub old: i32,
}

// === impl MessageCount ===

impl MessageCount {
    /// A count of new and old messages.
    #[must_use]
    pub const fn new(new: i32, old: i32) -> Self {
        Self { new, old }
    }
}

impl fmt::Display for MessageCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} new, {} old", self.new, self.old)
    }
}
