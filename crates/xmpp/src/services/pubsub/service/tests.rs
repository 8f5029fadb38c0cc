//! Every use case of XEP-0060 that is offered, as stanzas: what somebody sends, what comes back and
//! who hears of it. The people are the specification's; `admin` administers, `guest` makes no nodes.

mod asterisk;
mod discovery;
mod items;
mod nodes;
mod people;
mod publishing;
mod storage;
mod subscribing;

use std::collections::BTreeMap;

use lampfield_fabric::{Bucket, Write};
use lampfield_xmpp_stream::{BareJid, Domain, Scope, Stanza, StanzaLimits};

use super::{BUCKETS, Elsewhere, Follows, Handled, PubsubService};
use crate::services::Verb;
use crate::services::pubsub::codec::head;
use crate::services::pubsub::engine::{Actor, NodeName, Privilege, PubsubLimits};

/// Room for any answer in these tests.
const ROOM: usize = 1_000_000;

/// A service with whatever it has told and stored.
struct ServiceFixture {
    service: PubsubService,
    /// Bytes that an answer may have.
    room: usize,
    heard: Vec<String>,
    stored: BTreeMap<(&'static str, String), String>,
}

fn service(limits: PubsubLimits) -> PubsubService {
    let views = vec![NodeName::parse("device_state").unwrap()];
    let reserved = Box::new(|name: &str| name == "device_state" || name.starts_with("aggregate/"));
    let address = Domain::parse("pubsub.shakespeare.lit").unwrap();
    PubsubService::new(&address, limits, Elsewhere { reserved, views }, 7)
}

fn actor(name: &str) -> Actor {
    let account = BareJid::parse(&format!("{name}@denmark.lit")).unwrap();
    let privilege = match name {
        "admin" => Privilege::Administrator,
        "guest" => Privilege::Participant,
        _ => Privilege::Creator,
    };
    Actor { account, privilege }
}

impl ServiceFixture {
    fn new() -> Self {
        Self::with(PubsubLimits::default())
    }

    fn with(limits: PubsubLimits) -> Self {
        Self { service: service(limits), room: ROOM, heard: vec![], stored: BTreeMap::new() }
    }

    /// A fixture where hamlet owns `princely_musings`, with these settings.
    fn musings(settings: &[(&str, &str)]) -> Self {
        let mut fixture = Self::new();
        assert_eq!(fixture.create("hamlet", "princely_musings", settings), "");
        fixture
    }

    fn get(&mut self, who: &str, payload: &str) -> String {
        self.send(who, Verb::Get, payload)
    }

    fn set(&mut self, who: &str, payload: &str) -> String {
        self.send(who, Verb::Set, payload)
    }

    /// The payload of the result, or the error.
    fn send(&mut self, who: &str, verb: Verb, payload: &str) -> String {
        let scope = Scope::NONE;
        let limits = StanzaLimits::AUTHENTICATED;
        let stanza = Stanza::parse(payload.as_bytes(), &scope, &limits).unwrap();
        let Handled { answer, follows, newcomer } =
            self.service.handle(&actor(who), verb, stanza.root(), self.room);
        if answer.is_err() {
            assert!(follows.deliveries.is_empty() && follows.writes.is_empty(), "left a trace");
            assert!(newcomer.is_none());
        }
        self.follow(follows);
        if let Some(newcomer) = newcomer {
            let follows = self.service.welcome(&newcomer);
            assert!(follows.writes.is_empty());
            self.follow(follows);
        }
        let mut out = vec![];
        match answer {
            Ok(payload) => out = payload,
            Err(error) => error.write(&mut out),
        }
        String::from_utf8(out).unwrap()
    }

    fn follow(&mut self, follows: Follows) {
        for broadcast in follows.deliveries {
            let mut to = broadcast.to.to_vec();
            to.sort();
            for jid in to {
                let head = head(&broadcast.from, jid.as_str());
                let message = [&*head, &*broadcast.tail].concat();
                self.heard.push(String::from_utf8(message).unwrap());
            }
        }
        for Write { bucket, key, value } in follows.writes {
            match value {
                Some(value) => self.stored.insert((bucket.name(), key), value),
                None => self.stored.remove(&(bucket.name(), key)),
            };
        }
    }

    /// What was heard since the last call.
    fn heard(&mut self) -> Vec<String> {
        std::mem::take(&mut self.heard)
    }

    /// A new service from what this one has stored.
    fn restarted(&self) -> Self {
        let mut service = service(PubsubLimits::default());
        let rows_of = |bucket: Bucket| {
            self.stored.iter().filter(move |((name, _), _)| *name == bucket.name())
        };
        for bucket in BUCKETS {
            for ((_, key), value) in rows_of(bucket) {
                assert!(key.starts_with(service.prefix()));
                service.restore(bucket, key, value).unwrap();
            }
        }
        service.restored();
        Self { service, room: ROOM, heard: vec![], stored: self.stored.clone() }
    }

    // === requests that many tests need ===

    fn create(&mut self, who: &str, node: &str, settings: &[(&str, &str)]) -> String {
        let form = form("node_config", settings);
        let create = format!("<create node='{node}'/><configure>{form}</configure>");
        self.set(who, &pubsub(&create))
    }

    fn publish(&mut self, who: &str, node: &str, id: &str, text: &str) -> String {
        let item = format!("<item id='{id}'><entry xmlns='urn:e'>{text}</entry></item>");
        self.set(who, &pubsub(&format!("<publish node='{node}'>{item}</publish>")))
    }

    fn subscribe(&mut self, who: &str, node: &str) -> String {
        let jid = format!("{who}@denmark.lit");
        self.set(who, &pubsub(&format!("<subscribe node='{node}' jid='{jid}'/>")))
    }

    fn affiliate(&mut self, owner: &str, who: &str, what: &str) -> String {
        let change = format!("<affiliation jid='{who}@denmark.lit' affiliation='{what}'/>");
        let node = "princely_musings";
        self.set(owner, &owners(&format!("<affiliations node='{node}'>{change}</affiliations>")))
    }
}

fn pubsub(inside: &str) -> String {
    format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{inside}</pubsub>")
}

fn owners(inside: &str) -> String {
    format!("<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>{inside}</pubsub>")
}

fn form(kind: &str, fields: &[(&str, &str)]) -> String {
    let field =
        |var: &str, value: &str| format!("<field var='{var}'><value>{value}</value></field>");
    let form_type = field("FORM_TYPE", &format!("http://jabber.org/protocol/pubsub#{kind}"));
    let fields: String =
        fields.iter().map(|(var, value)| field(&format!("pubsub#{var}"), value)).collect();
    format!("<x xmlns='jabber:x:data' type='submit'>{form_type}{fields}</x>")
}

/// What a subscriber gets.
fn message(to: &str, event: &str) -> String {
    format!(
        "<message from='pubsub.shakespeare.lit' to='{to}' type='headline'>\
         <event xmlns='http://jabber.org/protocol/pubsub#event'>{event}</event></message>"
    )
}

/// Asserts that an answer is this error, with the old code that stock Asterisk needs, and without
/// an echo of the request.
#[track_caller]
fn assert_error(answer: &str, kind: &str, code: u16, condition: &str, detail: &str) {
    let start = format!(
        "<error type='{kind}' code='{code}'>\
         <{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
    );
    assert!(answer.starts_with(&start), "{answer}");
    let specific = match detail {
        "" => "</text></error>".to_owned(),
        name => format!("<{name} xmlns='http://jabber.org/protocol/pubsub#errors'/></error>"),
    };
    assert!(answer.ends_with(&specific), "{answer}");
}
