//! The telephony nodes: `device_state`, `message_waiting` and their leaves as views of a board, by the door kit.
//!
//! The path of a change, which is the hot path of the server:
//!
//! 1. a connection's task cuts a publish out of what it read and parses it once
//!    (`connection/intake.rs`, `payload.rs`);
//! 2. the hub decides once (`publish.rs` -> `kit::Peer::publish`) and hands the write to the store
//!    without waiting;
//! 3. the kit's watchers are told, which have the notification written once (`subscriber.rs`) and append it
//!    to the buffer of every subscriber;
//! 4. at the end of the turn each touched socket is written once (`wire/flusher.rs`);
//! 5. when the store has committed the group, the publisher gets its result (`results.rs`).
//!
//! Subscriptions belong to the stream that sent them, need no presence and are not stored.

pub mod aggregate;
mod by_board;
mod claims;
mod contents;
mod joining;
mod listing;
pub mod nodes;
pub mod payload;
mod probes;
mod profiles;
mod publish;
mod requests;
mod rights;
mod service;
mod subscriber;

use std::rc::Rc;

use lampfield_accounts::{Account, LogLimit, Role};
use lampfield_board::{AccountName, BoardName, Kind};
use lampfield_hub::kit::{DoorKit, NewPeer, Peer, Shows, Wanted, Watchers};
use tokio::sync::Notify;

pub use by_board::Telephonies;
pub use profiles::policies;
pub use service::TelephonyService;

use crate::results::Results;
use crate::session::Session;
use probes::Probes;
use rights::NodeRights;
use subscriber::{Notifications, Subscriber};

/// The telephony side of the PubSub service of one board, shared by the domains that have it.
pub struct Telephony {
    kit: DoorKit,
    watchers: Rc<Watchers<Subscriber>>,
    results: Rc<Results>,
    probes: Probes,
    log_limit: Rc<LogLimit>,
}

// === impl Telephony ===

impl Telephony {
    /// Views of the board of `kit`, whose publishers get their results through `results`.
    fn new(
        kit: DoorKit,
        results: Rc<Results>,
        log_limit: Rc<LogLimit>,
        behind: Rc<Notify>,
    ) -> Self {
        let watchers = Rc::new(Watchers::new(kit.clone(), Notifications, behind));
        kit.observe(Rc::clone(&watchers) as _);
        Self { kit, watchers, results, probes: Probes::default(), log_limit }
    }

    /// The board that this door serves; several domains may share it.
    pub fn board(&self) -> &BoardName {
        self.kit.board()
    }

    /// What the board's hub is reached by.
    pub fn kit(&self) -> &DoorKit {
        &self.kit
    }

    /// A new connection of an account, by the relay that carries its stream if there is one.
    pub fn peer(&self, name: AccountName, account: &Account, relayed: Option<&str>) -> Rc<Peer> {
        Peer::new(
            &self.kit,
            NewPeer {
                account: name,
                profile: profiles::of(account.role),
                rights: rights::of(account),
                site: account.site.clone(),
                relayed: relayed.map(Box::from),
            },
        )
    }

    /// The account of a stream has changed, and its rights perhaps.
    fn account_changed(&self, session: &Session, account: &Account) {
        session.peer.set_rights(rights::of(account));
        self.watchers.look_again(&session.peer);
        if NodeRights::of(account) != NodeRights::Facts {
            self.watchers.end_facts(&session.peer);
            session.watches.set(0);
        }
    }

    /// Ends what an account has said and may not say any longer, wherever it is.
    pub fn restrict(&self, name: &AccountName, account: &Account) {
        self.kit.restrict(name, &rights::of(account).say);
    }

    /// Ends the subscriptions of a stream; again is the same as once.
    fn left(&self, session: &Session) {
        self.probes.forget(session);
        for kind in self.watchers.unsubscribe_all(session.conn) {
            tracing::debug!(
                code = "subscription", jid = %session.jid, %kind, "ended with its stream"
            );
        }
    }

    /// Subscribes a stream; again is the same as once. The snapshot follows at the reader's pace.
    fn subscribe(&self, session: &Rc<Session>, service: &Rc<str>, shows: Shows, kind: Kind) {
        // Only a PBX goes on showing what it heard while it is away.
        let profile = match shows {
            Shows::Facts => profiles::of(session.account.borrow().role),
            Shows::Lamps => profiles::of(Role::User),
        };
        // PBXs that share an account are told apart by the resources they ask for: one that we
        // invented would make a new reader of each login.
        let (to, instance) = (Subscriber::new(session, service), &session.requested_resource);
        let wanted = Wanted { shows, kind, instance, profile };
        if !self.watchers.subscribe(&session.peer, to, wanted) {
            return;
        }
        if shows == Shows::Facts {
            session.watches.set(session.watches.get() + 1);
        }
        tracing::debug!(code = "subscription", jid = %session.jid, %kind, ?shows, "begun");
    }

    /// Ends one subscription of this stream. Says whether there was one.
    fn unsubscribe(&self, session: &Session, shows: Shows, kind: Kind) -> bool {
        if !self.watchers.unsubscribe(session.conn, shows, kind) {
            return false;
        }
        if shows == Shows::Facts {
            session.watches.set(session.watches.get().saturating_sub(1));
        }
        tracing::debug!(code = "subscription", jid = %session.jid, %kind, ?shows, "ended");
        true
    }

    /// Brings streams a little more up to date that are behind and have room. Says whether there was any.
    async fn catch_up(&self) -> bool {
        self.watchers.catch_up().await
    }

    /// Streams whose TCP lives but that have not answered for a minute.
    pub fn stalled(&self) -> Vec<String> {
        self.probes.stalled()
    }
}

impl std::fmt::Debug for Telephony {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Telephony").field("kit", &self.kit).finish_non_exhaustive()
    }
}
