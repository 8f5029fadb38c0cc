//! What this door declares of its peers, by what their accounts are for.

use lampfield_accounts::Role;
use lampfield_hub::kit::{PeerCache, Profile};

/// COMPAT(asterisk<=22 res_xmpp): it goes on showing what it heard while it is away, files device states under the entity
/// id that said them, publishes all of them anew at each login, doubles its wait with each attempt to connect, and drops
/// what comes under its own entity id as an echo.
pub const ASTERISK: Profile = Profile {
    cache: PeerCache::Survives,
    files_by_identity: true,
    repeats: true,
    waits_longer: true,
    shares_identity: false,
};

/// A person's client or a program, that sees the same nodes and forgets them with its stream. What it says it says as an
/// Asterisk does, or nobody could read it.
const CLIENT: Profile = Profile { cache: PeerCache::Forgotten, ..ASTERISK };

/// What is declared of an account.
pub const fn of(role: Role) -> Profile {
    match role {
        Role::Pbx => ASTERISK,
        Role::User | Role::Admin => CLIENT,
    }
}
