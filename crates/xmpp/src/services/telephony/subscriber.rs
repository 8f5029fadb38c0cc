//! A stream that has subscribed to telephony nodes, as the kit tells it of changes; and how they are written for all.

use std::rc::Rc;

use lampfield_board::{Change, Subject, Value};
use lampfield_hub::kit::{Room, Shows, Watcher, Writer};

use super::{aggregate, joining, payload};
use crate::services::pubsub::codec::head;
use crate::session::Session;

/// One subscription of one stream.
#[derive(Debug)]
pub struct Subscriber {
    pub session: Rc<Session>,
    /// Where the notifications come from: `pubsub.<domain>`.
    pub service: Rc<str>,
    /// The beginning of each notification, up to the end of its addresses.
    head: Box<[u8]>,
}

/// Writes what follows in a notification after its head.
#[derive(Debug)]
pub struct Notifications;

// === impl Subscriber ===

impl Subscriber {
    /// Of the PubSub service with this address.
    pub fn new(session: &Rc<Session>, service: &Rc<str>) -> Self {
        let head = head(service, session.jid.as_str());
        Self { session: Rc::clone(session), service: Rc::clone(service), head }
    }
}

impl Watcher for Subscriber {
    fn room(&self) -> Room {
        if self.session.link.is_crowded() { Room::Full } else { Room::Free }
    }

    fn send(&self, written: &[u8]) {
        // A full buffer ends the connection; the link says so itself.
        let _ = self.session.link.send_parts(&self.head, written);
    }

    fn is_drained(&self) -> bool {
        self.session.link.is_drained()
    }

    fn brought_up(&self, shows: Shows, told: usize) {
        if shows == Shows::Facts {
            joining::brought_up(&self.session, told);
        }
    }
}

// === impl Notifications ===

impl Writer for Notifications {
    fn write_fact(&self, change: &Change, out: &mut Vec<u8>) {
        payload::write_event(out, change);
    }

    fn write_lamp(&self, subject: &Subject, lamp: Option<&Value>, out: &mut Vec<u8>) {
        aggregate::write_event(out, subject, lamp);
    }
}
