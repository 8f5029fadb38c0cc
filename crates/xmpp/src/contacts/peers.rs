//! Which PBX accounts there are: those of one domain are each other's contacts without anybody's
//! doing. An index of the account book, so that a presence costs no walk through all accounts.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use lampfield_accounts::{Account, AccountBook, Role};
use lampfield_xmpp_stream::BareJid;

/// The PBX accounts of each domain. As bounded as the account book.
#[derive(Debug, Default)]
pub struct Peers {
    by_domain: RefCell<HashMap<Box<str>, BTreeSet<BareJid>>>,
}

// === impl Peers ===

impl Peers {
    /// The PBX accounts of a book as it is now.
    pub fn of_book(book: &AccountBook) -> Self {
        let peers = Self::default();
        book.list().iter().for_each(|account| peers.note(account));
        peers
    }

    /// Takes note of an account that is new or has changed.
    pub fn note(&self, account: &Account) {
        self.put(&account.jid, account.role);
    }

    fn put(&self, jid: &BareJid, role: Role) {
        if role != Role::Pbx {
            return self.forget(jid);
        }
        let mut by_domain = self.by_domain.borrow_mut();
        by_domain.entry(jid.domain().into()).or_default().insert(jid.clone());
    }

    /// Takes note that an account is no more.
    pub fn forget(&self, account: &BareJid) {
        let mut by_domain = self.by_domain.borrow_mut();
        if let Some(all) = by_domain.get_mut(account.domain()) {
            all.remove(account);
        }
        by_domain.retain(|_, all| !all.is_empty());
    }

    /// Whether the account has the role `pbx`, connected or not.
    pub fn is_pbx(&self, account: &BareJid) -> bool {
        self.by_domain.borrow().get(account.domain()).is_some_and(|all| all.contains(account))
    }

    /// Whether two accounts are each other's contacts by being PBXs of one domain.
    pub fn are(&self, one: &BareJid, other: &BareJid) -> bool {
        let by_domain = self.by_domain.borrow();
        let all = by_domain.get(one.domain());
        one != other && all.is_some_and(|all| all.contains(one) && all.contains(other))
    }

    /// The PBXs of a domain, in the order of their addresses.
    pub fn of_domain(&self, domain: &str) -> Vec<BareJid> {
        let by_domain = self.by_domain.borrow();
        by_domain.get(domain).into_iter().flatten().cloned().collect()
    }

    /// The other PBXs of the domain if `account` is one itself, in the order of their addresses.
    pub fn of(&self, account: &BareJid) -> Vec<BareJid> {
        let by_domain = self.by_domain.borrow();
        match by_domain.get(account.domain()) {
            Some(all) if all.contains(account) => {
                all.iter().filter(|peer| *peer != account).cloned().collect()
            }
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jid(text: &str) -> BareJid {
        BareJid::parse(text).unwrap()
    }

    fn peers(accounts: &[(&str, Role)]) -> Peers {
        let peers = Peers::default();
        accounts.iter().for_each(|(text, role)| peers.put(&jid(text), *role));
        peers
    }

    #[test]
    fn pbxs_of_one_domain_are_peers_and_nobody_else_is() {
        let all = [
            ("a@one", Role::Pbx),
            ("b@one", Role::Pbx),
            ("c@two", Role::Pbx),
            ("u@one", Role::User),
            ("z@one", Role::Admin),
        ];
        let peers = peers(&all);
        assert_eq!(peers.of(&jid("a@one")), [jid("b@one")]);
        assert!(peers.of(&jid("u@one")).is_empty() && peers.of(&jid("c@two")).is_empty());
        assert!(peers.are(&jid("a@one"), &jid("b@one")));
        for (one, other) in [("a@one", "a@one"), ("a@one", "c@two"), ("a@one", "u@one")] {
            assert!(!peers.are(&jid(one), &jid(other)), "{one} {other}");
        }
    }

    #[test]
    fn a_changed_role_makes_and_ends_peers() {
        let peers = peers(&[("a@one", Role::Pbx), ("b@one", Role::User)]);
        assert!(peers.of(&jid("a@one")).is_empty());
        peers.put(&jid("b@one"), Role::Pbx);
        assert_eq!(peers.of(&jid("a@one")), [jid("b@one")]);
        peers.put(&jid("a@one"), Role::User);
        assert!(!peers.is_pbx(&jid("a@one")));
        peers.forget(&jid("b@one"));
        assert!(peers.by_domain.borrow().is_empty());
    }
}
