//! What time it is here (XEP-0202), in UTC.

use std::rc::Rc;

use jiff::Timestamp;
use lampfield_xmpp_stream::{StanzaCondition, Tag};

use super::{Answer, Request, Scope, Service, Verb};
use crate::context::Context;

const NAMESPACE: &str = "urn:xmpp:time";

/// Answers `urn:xmpp:time` for the server.
#[derive(Debug)]
pub struct Time;

// === impl Time ===

impl Service for Time {
    fn handles(&self) -> &'static [(Scope, &'static str)] {
        &[(Scope::Server, NAMESPACE)]
    }

    fn features(&self) -> &'static [(Scope, &'static str)] {
        &[(Scope::Server, NAMESPACE)]
    }

    fn iq(&self, _site: &Rc<Context>, request: &Request<'_>) -> Answer {
        match request.verb {
            Verb::Get => Answer::Result(payload(Timestamp::now())),
            Verb::Set => Answer::Error(StanzaCondition::BadRequest.with("the time is a get")),
        }
    }
}

fn payload(now: Timestamp) -> Vec<u8> {
    let mut out = Vec::new();
    Tag::open(&mut out, "time").xmlns(NAMESPACE).children(|out| {
        Tag::open(out, "tzo").text("+00:00");
        // XEP-0082: whole seconds are enough.
        Tag::open(out, "utc").text(&now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_written_as_the_extension_says() {
        let moment: Timestamp = "2006-12-19T17:58:35.7Z".parse().unwrap();
        assert_eq!(
            String::from_utf8(payload(moment)).unwrap(),
            "<time xmlns='urn:xmpp:time'><tzo>+00:00</tzo><utc>2006-12-19T17:58:35Z</utc></time>"
        );
    }
}
