//! The ids under which the relay speaks for itself: what the server answers to them goes nowhere.

use lampfield_xmpp_stream::ns;

/// The id of everything that is repeated. Asterisk's own have five letters.
pub const REPEATED: &str = ns::RELAY_AGAIN;

/// The id of a count that is said again and counts anew.
pub const NEWS: &str = "lampfield-relay-news";

/// The id of a relay's streams, by which another relay at either end knows it. Servers ignore that of a client
/// (RFC 6120 section 4.7.3).
pub const STREAM: &str = "lampfield-relay";

/// Whether an id is one of the relay's own.
pub fn is_ours(id: &str) -> bool {
    id == REPEATED || id == NEWS
}
