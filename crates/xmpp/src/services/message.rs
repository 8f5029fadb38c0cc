//! Messages between accounts (RFC 6121 section 8): to a resource, or to the account's best ones.
//! Who is not there is looked for by the resolvers; without one, nothing is kept for those who
//! are away. An error is never answered.

use std::rc::Rc;

use lampfield_xmpp_stream::{Element, Jid, StanzaCondition, StanzaError};

use super::{Service, relay};
use crate::context::{Context, StanzaKind, Taken, Undelivered};
use crate::session::Session;

/// What a message is, as far as its way is concerned (RFC 6121 section 5.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MessageType {
    Normal,
    Chat,
    Groupchat,
    Headline,
    Error,
}

/// Where a message for an account goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// To the available resources whose priority is at least this.
    Resources(i8),
    /// Nowhere, and the sender is told.
    Refused,
    /// Nowhere, and nobody cares.
    Dropped,
}

/// Takes every `<message/>` and routes it, or tells its sender why not.
#[derive(Debug)]
pub struct Messages;

// === impl Messages ===

impl Service for Messages {
    fn message(
        &self,
        context: &Rc<Context>,
        from: &Rc<Session>,
        message: Element<'_>,
    ) -> Result<Taken, StanzaError> {
        route(context, from, message).map(|()| Taken::Yes)
    }
}

/// Brings a message to where it is for.
fn route(context: &Context, session: &Session, message: Element<'_>) -> Result<(), StanzaError> {
    let kind = MessageType::of(message);
    let to = match message.attr("to") {
        // RFC 6120 section 10.3.1: without an address it is for the sender's own account.
        None => session.bare.to_jid(),
        Some(to) => {
            Jid::parse(to).map_err(|error| StanzaCondition::JidMalformed.with(error.to_string()))?
        }
    };
    let out = relay::passed_on(session, to.as_str(), message);
    let undelivered = Undelivered::new(StanzaKind::Message, &session.jid, &to, &out);
    if !context.domains.has(to.domain()) {
        return context.deliver_abroad(&undelivered);
    }
    if let Some(resource) = to.to_full().and_then(|full| context.router.session(&full)) {
        return relay::hand_over(session, &resource, &out);
    }
    let resources = context.router.resources(&to.to_bare());
    let priority = |resource: &Rc<Session>| resource.presence.borrow().as_ref().map(|p| p.priority);
    let way = match to.resource() {
        None => kind.way_to_account(resources.iter().filter_map(priority)),
        Some(_) => kind.way_past_a_resource(resources.iter().filter_map(priority)),
    };
    match way {
        Way::Resources(least) => {
            let able = resources.iter().filter(|one| priority(one).is_some_and(|p| p >= least));
            // One that got it is enough.
            let tried = able.map(|resource| relay::hand_over(session, resource, &out));
            tried.reduce(Result::or).unwrap_or(Ok(()))
        }
        Way::Refused => {
            let error = StanzaCondition::ServiceUnavailable.with("");
            context.deliver_elsewhere(&undelivered)?.or(Err(error))
        }
        Way::Dropped => context.deliver_elsewhere(&undelivered)?.or(Ok(())),
    }
}

// === impl MessageType ===

impl MessageType {
    /// An unknown type counts as `normal`, as the standard says.
    fn of(message: Element<'_>) -> Self {
        match message.attr("type") {
            Some("chat") => Self::Chat,
            Some("groupchat") => Self::Groupchat,
            Some("headline") => Self::Headline,
            Some("error") => Self::Error,
            _ => Self::Normal,
        }
    }

    /// The way to an account whose available resources have these priorities (section 8.5.2): what
    /// is talk goes to those with the highest, a headline to all that are not negative.
    fn way_to_account(self, priorities: impl Iterator<Item = i8>) -> Way {
        let highest = priorities.filter(|priority| *priority >= 0).max();
        match (self, highest) {
            (Self::Groupchat, _) => Way::Refused,
            (Self::Error, _) | (Self::Headline, None) => Way::Dropped,
            (Self::Headline, Some(_)) => Way::Resources(0),
            (Self::Normal | Self::Chat, Some(highest)) => Way::Resources(highest),
            (Self::Normal | Self::Chat, None) => Way::Refused,
        }
    }

    /// The way of a message for a resource that is not there (section 8.5.3.2): only a chat goes on
    /// with the account.
    fn way_past_a_resource(self, priorities: impl Iterator<Item = i8>) -> Way {
        match self {
            Self::Chat => self.way_to_account(priorities),
            Self::Normal | Self::Groupchat => Way::Refused,
            Self::Headline | Self::Error => Way::Dropped,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn talk_goes_to_the_best_resources_and_headlines_to_all_good_ones() {
        let there = [5, -1, 5, 0];
        for (kind, way) in [
            (MessageType::Normal, Way::Resources(5)),
            (MessageType::Chat, Way::Resources(5)),
            (MessageType::Headline, Way::Resources(0)),
            (MessageType::Groupchat, Way::Refused),
            (MessageType::Error, Way::Dropped),
        ] {
            assert_eq!(kind.way_to_account(there.into_iter()), way, "{kind:?}");
        }
    }

    #[test]
    fn nobody_who_wants_messages_is_like_nobody_at_all() {
        for there in [&[][..], &[-1][..]] {
            for (kind, way) in [
                (MessageType::Normal, Way::Refused),
                (MessageType::Chat, Way::Refused),
                (MessageType::Headline, Way::Dropped),
                (MessageType::Groupchat, Way::Refused),
                (MessageType::Error, Way::Dropped),
            ] {
                assert_eq!(kind.way_to_account(there.iter().copied()), way, "{kind:?} {there:?}");
            }
        }
    }

    #[test]
    fn only_a_chat_looks_for_another_resource() {
        for (kind, way) in [
            (MessageType::Normal, Way::Refused),
            (MessageType::Chat, Way::Resources(1)),
            (MessageType::Headline, Way::Dropped),
            (MessageType::Groupchat, Way::Refused),
            (MessageType::Error, Way::Dropped),
        ] {
            assert_eq!(kind.way_past_a_resource([1].into_iter()), way, "{kind:?}");
        }
    }
}
