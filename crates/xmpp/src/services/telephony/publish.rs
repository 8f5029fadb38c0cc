//! A publish to a telephony node, from the stanza to the hub.

use std::rc::Rc;

use lampfield_board::Cachable;
use lampfield_hub::kit::{Outcome, Publication, PublishError, Published, Refusal};
use lampfield_xmpp_stream::{Element, StanzaCondition, StanzaError, ns};

use super::Telephony;
use super::payload::{self, FactItem, ItemError};
use super::requests::is_forgiven;
use super::rights::NodeRights;
use crate::services::pubsub::codec::ns::DATA;
use crate::services::{Answer, reply};
use crate::session::Session;

/// Asterisk's mark of a state that must be passed on but not stored (XEP-0060 section 7.1.5).
const PERSIST_ITEMS: &str = "pubsub#persist_items";

/// Why a publish has no effect.
#[derive(Debug, thiserror::Error)]
enum Dropped {
    #[error(transparent)]
    Item(#[from] ItemError),
    #[error(transparent)]
    Rights(StanzaError),
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error("the publish holds no item")]
    Empty,
}

// === impl Dropped ===

impl Dropped {
    /// Whether the store has no place for it, so that no result may say that it is safe.
    fn is_unsafe(&self) -> bool {
        matches!(self, Self::Publish(error) if error.is_unsafe())
    }
}

// === impl Telephony ===

impl Telephony {
    /// Lets a publish take effect. `pubsub` is the element that holds it.
    ///
    /// COMPAT(asterisk<=22): a PBX always gets a result, also for what is dropped: an error makes
    /// it create nodes and publish again without end, or crash. What was dropped is in the log.
    pub(super) fn publish(
        &self,
        session: &Rc<Session>,
        service: &Rc<str>,
        id: &str,
        pubsub: Element<'_>,
        publish: Element<'_>,
    ) -> Answer {
        if let Err(refused) = NodeRights::of(&session.account.borrow()).publish() {
            return self.dropped(session, Dropped::Rights(refused));
        }
        let node = publish.attr("node").unwrap_or_default();
        let kept = if asks_not_to_keep(pubsub) { Cachable::No } else { Cachable::Yes };
        let mut items = publish.children().filter(|item| item.name() == "item").peekable();
        let is_again = id == ns::RELAY_AGAIN && session.via().is_some();
        let mut dropped = if items.peek().is_none() { Some(Dropped::Empty) } else { None };
        let mut ticket = None;
        for item in items {
            match self.say(session, node, item, kept, is_again) {
                Ok(of_item) => ticket = ticket.max(of_item),
                // What is not safe may not be answered as if it were, whatever came after it.
                Err(_) if dropped.as_ref().is_some_and(Dropped::is_unsafe) => {}
                Err(of_item) => dropped = Some(of_item),
            }
        }
        let answer = match dropped {
            None => Answer::Result(Vec::new()),
            Some(dropped) => self.dropped(session, dropped),
        };
        match (answer, ticket) {
            (Answer::Result(_), Some(ticket)) => {
                let mut reply = Vec::new();
                let to = Some(session.jid.as_str());
                reply::result(&mut reply, id, Some(service), to, &[]);
                self.results.promise(ticket, session, reply);
                Answer::Handled
            }
            (answer, _) => answer,
        }
    }

    fn say(
        &self,
        session: &Session,
        node: &str,
        item: Element<'_>,
        kept: Cachable,
        is_again: bool,
    ) -> Result<Option<lampfield_fabric::Ticket>, Dropped> {
        let FactItem { subject, eid, value, cachable } = payload::parse(item, node)?;
        let cachable = if kept == Cachable::No { Cachable::No } else { cachable };
        let said = Publication {
            identity: eid.into(),
            subject,
            value,
            cachable,
            protocol: self.kit.protocol(),
            is_again,
        };
        let Published { outcome, ticket } = session.peer.publish(said)?;
        if outcome != Outcome::Ignored {
            session.publishes.borrow_mut().take();
        }
        if outcome == Outcome::Ignored {
            log_ignored(session, item, node);
        }
        Ok(ticket)
    }

    fn dropped(&self, session: &Session, dropped: Dropped) -> Answer {
        if let Dropped::Publish(PublishError::Refused(Refusal::NotStored(_))) = &dropped {
            // Everybody was told; the result is withheld because the disk has not taken it.
            return Answer::Handled;
        }
        // What the kit refuses it has counted itself.
        if !matches!(dropped, Dropped::Publish(_)) {
            self.kit.count_refused();
        }
        note_dropped(session, &dropped);
        if self.log_limit.allows("publish dropped", &session.bare) {
            tracing::warn!(code = "publish-dropped", jid = %session.jid, "publish dropped: {dropped}");
        }
        match dropped {
            // A result would say that it is safe.
            Dropped::Publish(error) if error.is_unsafe() && is_forgiven(session) => Answer::Handled,
            _ if is_forgiven(session) => Answer::Result(Vec::new()),
            _ => Answer::Error(error(dropped)),
        }
    }
}

/// For people: a stream of which nothing at all is taken has an account or a mapping that does not fit it.
fn note_dropped(session: &Session, dropped: &Dropped) {
    if let Dropped::Publish(error @ (PublishError::NotAllowed(_) | PublishError::Hidden(_))) =
        dropped
    {
        let mut publishes = session.publishes.borrow_mut();
        publishes.dropped += 1;
        publishes.first.get_or_insert_with(|| error.to_string().into());
    }
}

fn log_ignored(session: &Session, item: Element<'_>, node: &str) {
    let name = item.attr("id").unwrap_or(node);
    tracing::debug!(code = "publish-ignored", jid = %session.jid, ?name, "ignored by its policy");
}

/// What a strict client is told.
fn error(dropped: Dropped) -> StanzaError {
    let condition = match &dropped {
        Dropped::Rights(refused) => return refused.clone(),
        Dropped::Item(ItemError::NoPayload) | Dropped::Empty => StanzaCondition::BadRequest,
        Dropped::Item(_) => StanzaCondition::NotAcceptable,
        Dropped::Publish(PublishError::NotAllowed(_) | PublishError::Hidden(_)) => {
            StanzaCondition::Forbidden
        }
        Dropped::Publish(PublishError::Refused(_)) => StanzaCondition::ResourceConstraint,
    };
    condition.with(dropped.to_string())
}

/// Whether the publish-options say that the item is not to be stored.
fn asks_not_to_keep(pubsub: Element<'_>) -> bool {
    let options = pubsub.child(pubsub.ns(), "publish-options");
    let form = options.and_then(|options| options.child(DATA, "x"));
    let mut fields = form.into_iter().flat_map(|form| form.children());
    fields.any(|field| {
        field.attr("var") == Some(PERSIST_ITEMS)
            && matches!(field.child_text(DATA, "value").as_deref(), Some("0" | "false"))
    })
}
