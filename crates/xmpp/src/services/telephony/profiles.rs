//! What this door declares of its peers, by what their accounts are for, and of the names that they make.

mod asterisk;
mod own_names;

use lampfield_accounts::Role;
use lampfield_hub::kit::{PeerCache, Profile};

pub use asterisk::ASTERISK;
pub use own_names::policies;

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

#[cfg(test)]
mod tests {
    use lampfield_hub::kit::{Policy, Rule};

    use super::*;

    #[test]
    fn buddies_are_ignored_and_mirrors_of_mailboxes_are_kept() {
        let of = |name| {
            let rule = policies().find(|rule: &Rule| rule.names.matches(name));
            rule.map(|rule| rule.policy)
        };
        assert_eq!(of("XMPP/asterisk/pbx-b@a.example"), Some(Policy::Ignore));
        assert_eq!(of("MWI:1000@default"), Some(Policy::Keep));
        assert_eq!(of("PJSIP/100"), None);
    }
}
