//! Who is connected, and how a stanza finds them.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use lampfield_xmpp_stream::{BareJid, FullJid, Jid};

use crate::session::Session;

/// The bound resources of this node. Bounded by the connection limit.
#[derive(Default)]
pub struct Router {
    accounts: RefCell<HashMap<BareJid, Vec<Rc<Session>>>>,
    sessions: Cell<usize>,
    changes: Cell<u64>,
}

// === impl Router ===

impl Router {
    /// Adds a resource; returns the session that had it before, which the caller ends.
    pub fn bind(&self, session: Rc<Session>) -> Option<Rc<Session>> {
        let mut accounts = self.accounts.borrow_mut();
        let resources = accounts.entry(session.bare.clone()).or_default();
        let old = resources.iter().position(|other| other.jid == session.jid);
        let replaced = old.map(|index| resources.swap_remove(index));
        resources.push(session);
        if replaced.is_none() {
            self.sessions.set(self.sessions.get() + 1);
        }
        self.note_change();
        replaced
    }

    /// Removes a resource, unless another session has replaced it.
    pub fn unbind(&self, session: &Rc<Session>) {
        let mut accounts = self.accounts.borrow_mut();
        if let Some(resources) = accounts.get_mut(&session.bare) {
            let before = resources.len();
            resources.retain(|other| !Rc::ptr_eq(other, session));
            self.sessions.set(self.sessions.get() + resources.len() - before);
            if resources.is_empty() {
                accounts.remove(&session.bare);
            }
        }
        self.note_change();
    }

    /// A resource has come, has gone, or has begun or ceased to be available.
    pub fn note_change(&self) {
        self.changes.set(self.changes.get() + 1);
    }

    /// How often [`Router::note_change`] was called: while it stays the same, so does who gets
    /// what is sent to an address.
    pub fn changes(&self) -> u64 {
        self.changes.get()
    }

    /// The session that has bound this full JID.
    pub fn session(&self, jid: &FullJid) -> Option<Rc<Session>> {
        let accounts = self.accounts.borrow();
        accounts.get(&jid.to_bare())?.iter().find(|session| session.jid == *jid).cloned()
    }

    /// How many resources are bound.
    pub fn sessions(&self) -> usize {
        self.sessions.get()
    }

    /// All resources of an account, in no order.
    pub fn resources(&self, account: &BareJid) -> Vec<Rc<Session>> {
        self.accounts.borrow().get(account).cloned().unwrap_or_default()
    }

    /// Every session of this node, in no order.
    pub fn all(&self) -> Vec<Rc<Session>> {
        self.accounts.borrow().values().flatten().cloned().collect()
    }

    /// The resources that a stanza for `to` concerns: one for a full JID, all for a bare one.
    pub fn matching(&self, to: &Jid) -> Vec<Rc<Session>> {
        match to.to_full() {
            Some(full) => self.session(&full).into_iter().collect(),
            None => self.resources(&to.to_bare()),
        }
    }
}

impl std::fmt::Debug for Router {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Router").field("accounts", &self.accounts.borrow().len()).finish()
    }
}
