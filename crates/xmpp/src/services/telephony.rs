//! The telephony nodes: `device_state`, `message_waiting` and their leaves as views of the hub.
//!
//! The path of a change, which is the hot path of the server:
//!
//! 1. a connection's task cuts a publish out of what it read and parses it once
//!    (`connection/intake.rs`, `payload.rs`);
//! 2. the hub decides once (`publish.rs` -> `HubShell::publish`) and hands the write to the store
//!    without waiting;
//! 3. the hub tells this context, which renders the notification once and appends it to the buffer of
//!    every subscriber (`watchers.rs`);
//! 4. at the end of the turn each touched socket is written once (`wire/flusher.rs`);
//! 5. when the store has committed the group, the publisher gets its result (`results.rs`).
//!
//! Subscriptions belong to the stream that sent them, need no presence and are not stored.

pub mod aggregate;
mod by_board;
mod claims;
mod contents;
mod listing;
pub mod nodes;
pub mod payload;
mod probes;
mod profiles;
mod publish;
mod requests;
mod rights;
mod service;
mod watchers;

use std::rc::Rc;

use lampfield_accounts::{LogLimit, Role};
use lampfield_board::{BoardName, Change, Kind};
use lampfield_hub::{HubShell, Observer, Reader};
use tokio::sync::Notify;

pub use by_board::Telephonies;
pub use profiles::ASTERISK;
pub use service::TelephonyService;
pub use watchers::View;

use crate::results::Results;
use crate::session::Session;
use probes::Probes;
use watchers::Watchers;

/// The telephony side of the PubSub service of one board, shared by the domains that have it.
pub struct Telephony {
    hub: HubShell,
    watchers: Watchers,
    results: Rc<Results>,
    probes: Probes,
    log_limit: Rc<LogLimit>,
}

// === impl Telephony ===

impl Telephony {
    /// Views of `hub`, whose publishers get their results through `results`.
    pub(crate) fn new(
        hub: HubShell,
        results: Rc<Results>,
        log_limit: Rc<LogLimit>,
        behind: Rc<Notify>,
    ) -> Self {
        let (watchers, probes) = (Watchers::new(behind), Probes::default());
        Self { hub, watchers, results, probes, log_limit }
    }

    /// Whether both are of one board.
    pub fn is(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }

    /// The hub that stands behind the nodes.
    pub fn hub(&self) -> &HubShell {
        &self.hub
    }

    /// A resource was bound: from now on it may speak for origins.
    pub fn arrived(&self, session: &Session) {
        self.hub.act(|hub, now| {
            hub.comes(&session.name, session.relayed_stream());
            let profile = profiles::of(session.account.borrow().role);
            hub.arrive(session.conn, &session.name, profile, now);
        });
    }

    /// A new login took over the address: nothing visible happens to what the old one said. What
    /// the old one had read is the new one's when it subscribes, which it may do before the task of
    /// the old one has its turn: so the old subscriptions end now.
    pub fn replaced(&self, old: &Session, new: &Session) {
        self.left(old);
        self.hub.act(|hub, now| hub.replaced(old.conn, new.conn, now));
    }

    /// The peer says that it goes: what it said ends now. If it speaks again it has come back.
    pub fn goodbye(&self, session: &Session) {
        session.said_goodbye.set(true);
        self.hub.act(|hub, now| hub.goodbye(session.conn, now));
    }

    /// The connection is gone without a word: its lease runs.
    pub fn lost(&self, session: &Session) {
        self.hub.act(|hub, now| hub.lost(session.conn, now));
    }

    /// The same, and the peer does not know yet: the line to it is cut.
    pub fn cut_off(&self, session: &Session) {
        self.hub.act(|hub, now| hub.cut_off(session.conn, now));
    }

    /// Ends the subscriptions of a stream; again is the same as once.
    pub fn left(&self, session: &Session) {
        self.probes.forget(session);
        for watch in self.watchers.remove_all(session) {
            tracing::debug!(
                code = "subscription", jid = %session.jid, kind = %watch.kind(),
                "ended with its stream"
            );
            self.hub.act(|hub, _| hub.unwatch(watch));
        }
    }

    /// Subscribes a stream; again is the same as once. The snapshot follows at the reader's pace.
    fn subscribe(&self, session: &Rc<Session>, service: &Rc<str>, view: View, kind: Kind) {
        if self.watchers.has(session, view, kind) {
            return;
        }
        // Only a server goes on showing what it heard while it is away.
        let role = session.account.borrow().role;
        let profile = match view {
            View::Facts => profiles::of(role),
            View::Lamps => profiles::of(Role::User),
        };
        // Servers that share an account are told apart by the resources they ask for: one that we
        // invented would make a new reader of each login.
        let reader = Reader::new(session.name.clone(), &session.requested_resource);
        let watch = self.hub.act(|hub, _| hub.watch(reader, kind, profile));
        if view == View::Facts {
            session.watches.set(session.watches.get() + 1);
        }
        self.watchers.add(session, service, view, watch);
        tracing::debug!(code = "subscription", jid = %session.jid, %kind, ?view, "begun");
    }

    /// Ends one subscription of this stream. Says whether there was one.
    fn unsubscribe(&self, session: &Session, view: View, kind: Kind) -> bool {
        let Some(watch) = self.watchers.remove(session, view, kind) else { return false };
        if view == View::Facts {
            session.watches.set(session.watches.get().saturating_sub(1));
        }
        self.hub.act(|hub, _| hub.unwatch(watch));
        tracing::debug!(code = "subscription", jid = %session.jid, %kind, ?view, "ended");
        true
    }

    /// Brings streams a little more up to date that are behind and have room. Says whether there was any.
    async fn catch_up(&self) -> bool {
        self.watchers.catch_up(&self.hub).await
    }

    /// Streams whose TCP lives but that have not answered for a minute.
    pub fn stalled(&self) -> Vec<String> {
        self.probes.stalled()
    }

    /// How many subscriptions there are.
    pub fn subscriptions(&self) -> usize {
        self.watchers.len()
    }
}

impl Observer for Telephony {
    fn changed(&self, _board: &BoardName, change: &Change) {
        self.watchers.broadcast(change);
    }
}

impl std::fmt::Debug for Telephony {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Telephony").finish_non_exhaustive()
    }
}
