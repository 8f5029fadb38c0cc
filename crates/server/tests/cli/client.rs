//! A PBX reduced to what these tests need: it logs in without TLS and publishes.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A logged-in stream.
pub struct Client {
    stream: TcpStream,
    domain: String,
    sent: u32,
}

// === impl Client ===

impl Client {
    /// Logs in by PLAIN and binds a resource.
    pub fn log_in(address: &str, domain: &str, name: &str, password: &str) -> Self {
        let stream = TcpStream::connect(address).expect("a listener");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time-out");
        let mut client = Self { stream, domain: domain.to_owned(), sent: 0 };
        client.open();
        let login = STANDARD.encode(format!("\0{name}\0{password}"));
        let auth = "auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'";
        client.say(&format!("<{auth}>{login}</auth>"), "<success");
        client.open();
        let bind = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>x</resource></bind>";
        client.say(&format!("<iq type='set' id='bind'>{bind}</iq>"), "</iq>");
        client
    }

    /// Publishes a device state and waits for the result.
    pub fn publish_device(&mut self, eid: &str, device: &str, state: &str) {
        let payload =
            format!("<state xmlns='http://asterisk.org' eid='{eid}' cachable='1'>{state}</state>");
        self.publish("device_state", device, &payload);
    }

    /// Publishes the counts of a mailbox and waits for the result.
    pub fn publish_mailbox(&mut self, eid: &str, mailbox: &str, new: i32, old: i32) {
        let counts = format!("<NEWMSGS>{new}</NEWMSGS><OLDMSGS>{old}</OLDMSGS>");
        let payload =
            format!("<mailbox xmlns='http://asterisk.org' eid='{eid}'>{counts}</mailbox>");
        self.publish("message_waiting", mailbox, &payload);
    }

    /// Subscribes to all device states.
    pub fn subscribe(&mut self) {
        let to = &self.domain;
        let stanza = format!(
            "<iq to='pubsub.{to}' type='set' id='sub'>\
             <pubsub xmlns='http://jabber.org/protocol/pubsub'>\
             <subscribe node='device_state' jid='x@{to}'/></pubsub></iq>"
        );
        let answer = self.say(&stanza, "id='sub'");
        assert!(answer.contains("result"), "{answer}");
    }

    fn publish(&mut self, node: &str, item: &str, payload: &str) {
        self.sent += 1;
        let (to, id) = (&self.domain, self.sent);
        let item = format!("<publish node='{node}'><item id='{item}'>{payload}</item></publish>");
        let stanza = format!(
            "<iq to='pubsub.{to}' type='set' id='p{id}'>\
             <pubsub xmlns='http://jabber.org/protocol/pubsub'>{item}</pubsub></iq>"
        );
        let answer = self.say(&stanza, &format!("p{id}"));
        assert!(answer.contains("result"), "{answer}");
    }

    fn open(&mut self) {
        let header = format!(
            "<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' \
             xmlns='jabber:client' to='{}' version='1.0'>",
            self.domain
        );
        self.say(&header, "</stream:features>");
    }

    /// Sends and reads until `end` has come.
    fn say(&mut self, text: &str, end: &str) -> String {
        self.stream.write_all(text.as_bytes()).expect("a stream");
        let mut heard = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            let answer = String::from_utf8_lossy(&heard).into_owned();
            if answer.contains(end) {
                return answer;
            }
            let count = self.stream.read(&mut buffer).expect("an answer");
            assert!(count > 0, "no {end:?} in {answer:?}");
            heard.extend_from_slice(&buffer[..count]);
        }
    }
}
