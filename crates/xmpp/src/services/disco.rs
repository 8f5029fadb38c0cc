//! Service discovery (XEP-0030) for the server and for accounts. The PubSub service answers for
//! itself.

use std::rc::Rc;

use lampfield_xmpp_stream::{StanzaCondition, StanzaError, Tag};

use super::version::SOFTWARE;
use super::{Answer, Request, Scope, Service, Verb, presence};
use crate::context::Context;

const INFO: &str = "http://jabber.org/protocol/disco#info";
const ITEMS: &str = "http://jabber.org/protocol/disco#items";

/// Says what there is and what it can do.
#[derive(Debug)]
pub struct Disco {
    /// What the services can do, in a fixed order.
    features: Vec<(Scope, &'static str)>,
}

// === impl Disco ===

impl Disco {
    /// Shows its own features and then those of the other services.
    pub fn new(others: Vec<(Scope, &'static str)>) -> Self {
        let mut disco = Self { features: others };
        let own = disco.features().iter().copied();
        disco.features.splice(..0, own);
        disco
    }

    fn discover(
        &self,
        context: &Rc<Context>,
        request: &Request<'_>,
    ) -> Result<Vec<u8>, StanzaError> {
        // Whether an account exists is told only to those who may see it.
        if request.scope == Scope::Account
            && !presence::may_see(context, &request.session.bare, request.to)
        {
            return Err(StanzaCondition::ServiceUnavailable.with(""));
        }
        if request.verb == Verb::Set {
            return Err(StanzaCondition::BadRequest.with("discovery is a get"));
        }
        if request.payload.attr("node").is_some_and(|node| !node.is_empty()) {
            return Err(StanzaCondition::ItemNotFound.with("no such node"));
        }
        if request.payload.ns() == INFO {
            let identity = match request.scope {
                Scope::Account => Identity { category: "account", kind: "registered", name: None },
                _ => Identity { category: "server", kind: "im", name: Some(SOFTWARE) },
            };
            return Ok(info(&identity, &self.shown(request.scope)));
        }
        let served = context.domains.served(Some(request.to.as_str()));
        let items = served.iter().filter(|_| request.scope == Scope::Server);
        Ok(items_payload(items.map(|domain| &*domain.pubsub_name)))
    }

    fn shown(&self, scope: Scope) -> Vec<&'static str> {
        let all = self.features.iter().filter(|(of, _)| *of == scope);
        all.map(|(_, feature)| *feature).collect()
    }
}

impl Service for Disco {
    fn handles(&self) -> &'static [(Scope, &'static str)] {
        &[
            (Scope::Server, INFO),
            (Scope::Server, ITEMS),
            (Scope::Account, INFO),
            (Scope::Account, ITEMS),
        ]
    }

    fn features(&self) -> &'static [(Scope, &'static str)] {
        self.handles()
    }

    fn iq(&self, context: &Rc<Context>, request: &Request<'_>) -> Answer {
        match self.discover(context, request) {
            Ok(payload) => Answer::Result(payload),
            Err(error) => Answer::Error(error),
        }
    }
}

/// What something is (XEP-0030 section 3.1).
struct Identity {
    category: &'static str,
    kind: &'static str,
    name: Option<&'static str>,
}

fn info(identity: &Identity, features: &[&str]) -> Vec<u8> {
    let mut out = Vec::new();
    Tag::open(&mut out, "query").xmlns(INFO).children(|out| {
        Tag::open(out, "identity")
            .attr("category", identity.category)
            .attr("type", identity.kind)
            .attr_opt("name", identity.name)
            .empty();
        for feature in features {
            Tag::open(out, "feature").attr("var", feature).empty();
        }
    });
    out
}

fn items_payload<'a>(items: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut out = Vec::new();
    Tag::open(&mut out, "query").xmlns(ITEMS).children(|out| {
        for jid in items {
            Tag::open(out, "item").attr("jid", jid).empty();
        }
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_and_features_are_written() {
        let identity = Identity { category: "server", kind: "im", name: Some(SOFTWARE) };
        assert_eq!(
            String::from_utf8(info(&identity, &["urn:xmpp:ping"])).unwrap(),
            "<query xmlns='http://jabber.org/protocol/disco#info'>\
             <identity category='server' type='im' name='Lampfield'/>\
             <feature var='urn:xmpp:ping'/></query>"
        );
    }

    #[test]
    fn items_are_written_and_none_is_an_empty_query() {
        let xml = |items: &[&'static str]| {
            String::from_utf8(items_payload(items.iter().copied())).unwrap()
        };
        assert_eq!(
            xml(&["pubsub.example.org"]),
            "<query xmlns='http://jabber.org/protocol/disco#items'>\
             <item jid='pubsub.example.org'/></query>"
        );
        assert_eq!(xml(&[]), "<query xmlns='http://jabber.org/protocol/disco#items'/>");
    }
}
