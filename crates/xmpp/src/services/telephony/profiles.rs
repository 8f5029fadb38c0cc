//! What this door declares of its peers, by what their accounts are for, and of the names that they make.

use std::time::Duration;

use lampfield_accounts::Role;
use lampfield_hub::kit::{PeerCache, Policy, Profile, Rule, Waits};

/// COMPAT(asterisk<=22 res_xmpp): it goes on showing what it heard while it is away, files device states under the entity
/// id that said them, publishes all of them anew at each login, has one connection at a time, and drops what comes under
/// its own entity id as an echo. Before it connects again it waits 1, 2, 4 .. 60 s, and never begins anew at 1 s in the
/// life of the process, however well the sessions between went.
pub const ASTERISK: Profile = Profile {
    cache: PeerCache::Survives,
    files_by_identity: true,
    repeats: true,
    one_connection: true,
    waits: Some(Waits { first: Duration::from_secs(1), longest: Duration::from_secs(60) }),
    shares_identity: false,
};

/// A person's client or a program, that sees the same nodes and forgets them with its stream. What it says it says as an
/// Asterisk does, or nobody could read it.
const CLIENT: Profile = Profile { cache: PeerCache::Forgotten, ..ASTERISK };

/// Names that Asterisks make by themselves, and what becomes of them.
///
/// COMPAT(asterisk<=22 res_xmpp): every PBX makes a device `XMPP/..` of every buddy. `MWI:..` (`res_mwi_devstate`)
/// mirrors a mailbox and is kept like it.
pub fn policies() -> impl Iterator<Item = Rule> {
    let rules = [("XMPP/*", Policy::Ignore), ("MWI:*", Policy::Keep)];
    rules.into_iter().filter_map(|(names, policy)| Rule::parse(names, policy).ok())
}

/// What is declared of an account.
pub const fn of(role: Role) -> Profile {
    match role {
        Role::Pbx => ASTERISK,
        Role::User | Role::Admin => CLIENT,
    }
}

#[cfg(test)]
mod tests {
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
