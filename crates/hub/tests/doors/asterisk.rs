//! What the XMPP door declares of an Asterisk, as its own table says it.

use std::time::Duration;

use lampfield_hub::{PeerCache, Profile, Waits};

pub const ASTERISK: Profile = Profile {
    cache: PeerCache::Survives,
    files_by_identity: true,
    repeats: true,
    one_connection: true,
    waits: Some(Waits { first: Duration::from_secs(1), longest: Duration::from_secs(60) }),
    shares_identity: false,
};
