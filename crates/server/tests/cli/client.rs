//! A PBX reduced to what these tests need: it logs in without TLS and publishes.

use std::collections::BTreeSet;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::Digest;

/// A connection and what was read from it.
pub struct Client {
    stream: TcpStream,
    domain: String,
    /// The id of the stream.
    id: String,
    sent: u32,
    /// What the server offered last.
    features: String,
    /// What was read and not looked at.
    heard: Vec<u8>,
}

// === impl Client ===

impl Client {
    /// Logs in by PLAIN and binds a resource.
    pub fn log_in(address: &str, domain: &str, name: &str, password: &str) -> Self {
        let mut client = Self::connect(address, domain);
        assert!(client.authenticate(name, password), "{name} cannot log in");
        assert!(client.bind("x"), "{name} cannot bind");
        client
    }

    /// A stream that has not logged in.
    pub fn connect(address: &str, domain: &str) -> Self {
        let stream = TcpStream::connect(address).expect("a listener");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time-out");
        let (domain, id, heard) = (domain.to_owned(), String::new(), Vec::new());
        let mut client = Self { stream, domain, id, sent: 0, features: String::new(), heard };
        client.open();
        client
    }

    /// Logs in by `jabber:iq:auth`; says whether that worked.
    pub fn authenticate_by_digest(&mut self, name: &str, password: &str) -> bool {
        let digest = sha1::Sha1::digest(format!("{}{password}", self.id));
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let fields = format!("<username>{name}</username><digest>{digest}</digest>");
        let query = "query xmlns='jabber:iq:auth'";
        self.iq("auth", &format!("<{query}>{fields}<resource>x</resource></query>"))
    }

    /// Logs in by PLAIN; says whether that worked.
    pub fn authenticate(&mut self, name: &str, password: &str) -> bool {
        let login = STANDARD.encode(format!("\0{name}\0{password}"));
        let auth = "auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'";
        self.tell(&format!("<{auth}>{login}</auth>"));
        let answer = self.hear(&["<success", "</failure>"]);
        let good = answer.is_some_and(|answer| answer.contains("<success"));
        if good {
            self.open();
        }
        good
    }

    /// Binds a resource; says whether that worked.
    pub fn bind(&mut self, resource: &str) -> bool {
        let bind = "bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'";
        self.iq("bind", &format!("<{bind}><resource>{resource}</resource></bind>"))
    }

    /// Sends a request to the server; says whether the answer is a result.
    pub fn iq(&mut self, id: &str, payload: &str) -> bool {
        self.tell(&format!("<iq type='set' id='{id}'>{payload}</iq>"));
        self.answer(id)
    }

    /// Waits for the answer to a request; says whether it is a result.
    pub fn answer(&mut self, id: &str) -> bool {
        let id = format!(" id='{id}'");
        loop {
            let Some(said) = self.hear(&["</iq>", "/>"]) else { return false };
            let iq = said.rsplit("<iq ").next().unwrap_or_default();
            if iq.contains(&id) {
                return iq.contains("type='result'");
            }
        }
    }

    /// Waits for the answers to these requests, which may come in any order.
    pub fn answers(&mut self, mut asked: BTreeSet<String>) {
        while !asked.is_empty() {
            let said = self.hear(&["</iq>", "/>"]).expect("an answer");
            let id = said.rsplit("<iq ").next().and_then(|iq| iq.split(" id='").nth(1));
            let id = id.and_then(|rest| rest.split('\'').next());
            id.map(|id| asked.remove(id));
        }
    }

    /// Publishes a device state and waits for the result.
    pub fn publish_device(&mut self, eid: &str, device: &str, state: &str) {
        assert!(self.try_publish_device(eid, device, state), "{device} was refused");
    }

    /// Publishes a device state; says whether the answer is a result.
    pub fn try_publish_device(&mut self, eid: &str, device: &str, state: &str) -> bool {
        let id = self.send_device(eid, device, state);
        self.answer(&id)
    }

    /// Publishes a device state and does not wait; gives the id of the request.
    pub fn send_device(&mut self, eid: &str, device: &str, state: &str) -> String {
        let payload =
            format!("<state xmlns='http://asterisk.org' eid='{eid}' cachable='1'>{state}</state>");
        self.publish("device_state", device, &payload)
    }

    /// Publishes the counts of a mailbox and waits for the result.
    pub fn publish_mailbox(&mut self, eid: &str, mailbox: &str, new: i32, old: i32) {
        let counts = format!("<NEWMSGS>{new}</NEWMSGS><OLDMSGS>{old}</OLDMSGS>");
        let payload =
            format!("<mailbox xmlns='http://asterisk.org' eid='{eid}'>{counts}</mailbox>");
        let id = self.publish("message_waiting", mailbox, &payload);
        assert!(self.answer(&id), "{mailbox} was refused");
    }

    /// Subscribes the account to a telephony node and waits for the result.
    pub fn subscribe(&mut self, name: &str, node: &str) {
        let jid = format!("{name}@{}", self.domain);
        let id = self.ask_pubsub(&format!("<subscribe node='{node}' jid='{jid}'/>"));
        assert!(self.answer(&id), "{node} was refused");
    }

    fn publish(&mut self, node: &str, item: &str, payload: &str) -> String {
        let item = format!("<item id='{item}'>{payload}</item>");
        self.ask_pubsub(&format!("<publish node='{node}'>{item}</publish>"))
    }

    /// Asks the PubSub service of any domain; says whether the answer is a result.
    pub fn pubsub(&mut self, domain: &str, content: &str) -> bool {
        let kind = if content.starts_with("<items") { "get" } else { "set" };
        self.sent += 1;
        let id = format!("p{}", self.sent);
        let pubsub =
            format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{content}</pubsub>");
        self.tell(&format!("<iq to='pubsub.{domain}' type='{kind}' id='{id}'>{pubsub}</iq>"));
        self.answer(&id)
    }

    fn ask_pubsub(&mut self, content: &str) -> String {
        self.sent += 1;
        let (to, id) = (&self.domain, format!("p{}", self.sent));
        let pubsub =
            format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{content}</pubsub>");
        self.tell(&format!("<iq to='pubsub.{to}' type='set' id='{id}'>{pubsub}</iq>"));
        id
    }

    fn open(&mut self) {
        let header = format!(
            "<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' \
             xmlns='jabber:client' to='{}' version='1.0'>",
            self.domain
        );
        self.tell(&header);
        let heard = self.hear(&["</stream:features>"]).unwrap_or_default();
        let id = heard.split(" id='").nth(1).and_then(|rest| rest.split('\'').next());
        self.id = id.unwrap_or_default().to_owned();
        self.features = heard;
    }

    /// What the server offered last; nothing if it does not serve the domain.
    pub fn features(&self) -> &str {
        &self.features
    }

    /// Sends a text, whoever is there to read it.
    pub fn tell(&mut self, text: &str) {
        // Whoever was disconnected notices when it listens.
        let _ = self.stream.write_all(text.as_bytes());
    }

    /// Reads up to the first of these ends, and gives all up to there; none if the server closes
    /// the connection before.
    pub fn hear(&mut self, ends: &[&str]) -> Option<String> {
        let longest = ends.iter().map(|end| end.len()).max().unwrap_or_default();
        let (mut looked, mut buffer) = (0, [0; 65_536]);
        loop {
            let found = ends.iter().filter_map(|end| {
                let at = find(&self.heard[looked..], end.as_bytes())?;
                Some(looked + at + end.len())
            });
            if let Some(end) = found.min() {
                let rest = self.heard.split_off(end);
                let heard = std::mem::replace(&mut self.heard, rest);
                return Some(String::from_utf8_lossy(&heard).into_owned());
            }
            looked = self.heard.len().saturating_sub(longest);
            match self.stream.read(&mut buffer) {
                Ok(count) if count > 0 => self.heard.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    panic!("none of {ends:?} in {:?}", String::from_utf8_lossy(&self.heard))
                }
                _ => return None,
            }
        }
    }

    /// Reads until the server closes the connection; gives what it said before.
    pub fn hear_the_end(&mut self) -> String {
        let mut rest = Vec::new();
        // A reset is an end as well; a time-out is none.
        let ended = self.stream.read_to_end(&mut rest);
        let waits = ended.is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
        self.heard.extend_from_slice(&rest);
        assert!(!waits, "still open: {:?}", String::from_utf8_lossy(&self.heard));
        String::from_utf8_lossy(&std::mem::take(&mut self.heard)).into_owned()
    }
}

fn find(heard: &[u8], wanted: &[u8]) -> Option<usize> {
    heard.windows(wanted.len()).position(|window| window == wanted)
}
