//! The accounts of a book by their addresses, with what doors want to know of all of them.

use std::collections::BTreeMap;
use std::rc::Rc;

use lampfield_xmpp_stream::BareJid;

use crate::Account;

/// All accounts. Bounded by the book.
#[derive(Debug, Default)]
pub(crate) struct AccountIndex {
    by_jid: BTreeMap<BareJid, Rc<Account>>,
    /// How many may log in with `jabber:iq:auth`.
    legacy: usize,
}

// === impl AccountIndex ===

impl AccountIndex {
    pub(crate) fn get(&self, jid: &BareJid) -> Option<&Rc<Account>> {
        self.by_jid.get(jid)
    }

    pub(crate) fn len(&self) -> usize {
        self.by_jid.len()
    }

    /// In the order of their addresses.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Rc<Account>> {
        self.by_jid.values()
    }

    /// Whether any may log in with `jabber:iq:auth`.
    pub(crate) fn has_legacy(&self) -> bool {
        self.legacy > 0
    }

    /// Puts an account in the place of one of the same address.
    pub(crate) fn put(&mut self, account: Rc<Account>) {
        self.legacy += legacy(&account);
        if let Some(old) = self.by_jid.insert(account.jid.clone(), account) {
            self.legacy -= legacy(&old);
        }
    }

    pub(crate) fn remove(&mut self, jid: &BareJid) {
        if let Some(old) = self.by_jid.remove(jid) {
            self.legacy -= legacy(&old);
        }
    }
}

fn legacy(account: &Account) -> usize {
    usize::from(account.legacy_secret.is_some())
}
