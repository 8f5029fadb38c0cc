//! Which software this is (XEP-0092). The operating system is nobody's business.

use std::rc::Rc;

use lampfield_xmpp_stream::{StanzaCondition, Tag};

use super::{Answer, Request, Scope, Service, Verb};
use crate::context::Context;

const NAMESPACE: &str = "jabber:iq:version";

/// The name of this software, wherever XMPP asks for one.
pub const SOFTWARE: &str = "Lampfield";

/// Answers `jabber:iq:version` for the server.
#[derive(Debug)]
pub struct Version;

// === impl Version ===

impl Service for Version {
    fn handles(&self) -> &'static [(Scope, &'static str)] {
        &[(Scope::Server, NAMESPACE)]
    }

    fn features(&self) -> &'static [(Scope, &'static str)] {
        &[(Scope::Server, NAMESPACE)]
    }

    fn iq(&self, _site: &Rc<Context>, request: &Request<'_>) -> Answer {
        match request.verb {
            Verb::Get => Answer::Result(payload()),
            Verb::Set => Answer::Error(StanzaCondition::BadRequest.with("the version is a get")),
        }
    }
}

fn payload() -> Vec<u8> {
    let mut out = Vec::new();
    Tag::open(&mut out, "query").xmlns(NAMESPACE).children(|out| {
        Tag::open(out, "name").text(SOFTWARE);
        Tag::open(out, "version").text(env!("CARGO_PKG_VERSION"));
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_name_and_version_and_nothing_else() {
        let version = env!("CARGO_PKG_VERSION");
        let expected = format!(
            "<query xmlns='jabber:iq:version'><name>Lampfield</name><version>{version}</version>\
             </query>"
        );
        assert_eq!(String::from_utf8(payload()).unwrap(), expected);
    }
}
