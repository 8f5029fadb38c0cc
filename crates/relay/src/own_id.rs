//! The ids under which the relay speaks for itself: what the server answers to them goes nowhere.

use lampfield_xmpp_stream::ns;

/// The id of everything that is repeated. Asterisk's own have five letters.
pub const REPEATED: &str = ns::RELAY_AGAIN;

/// The id of a count that is said again and counts anew.
pub const NEWS: &str = "lampfield-relay-news";

/// The id of the stream towards a PBX, by which a relay knows that it speaks to a relay.
pub const STREAM: &str = "lampfield-relay";

/// Whether an id is one of the relay's own.
pub fn is_ours(id: &str) -> bool {
    id == REPEATED || id == NEWS
}
