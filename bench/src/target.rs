//! The server that is measured: how to log in there and how to ask its PubSub service. The limit
//! is a target too: it needs no login and answers without XMPP.

use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use lampfield_xmpp_stream::sasl;

use crate::args::TargetArgs;
use crate::error::BenchError;
use crate::meter::Meter;
use crate::raw;
use crate::role::Role;
use crate::talk::{Talk, is_error};
use crate::tls::TlsClient;

const PUBSUB: &str = "http://jabber.org/protocol/pubsub";
/// The node that Asterisks share.
const DEVICE_STATE: &str = "device_state";
/// The resource of every client.
const RESOURCE: &str = "bench";

/// A server to measure.
#[derive(Debug)]
pub struct Target {
    address: SocketAddr,
    domain: String,
    accounts: String,
    password: String,
    register: bool,
    tls: Option<TlsClient>,
    node: Node,
    meter: Option<Meter>,
    patience: Duration,
    /// The limit, if it was started here: it ends with this value.
    _limit: Option<raw::Child>,
}

/// Which node is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// Asterisk's: always there, every PBX may publish.
    Telephony,
    /// Any other: made for the run.
    Generic(String),
    /// None at all: bytes are only handed on.
    Raw,
}

// === impl Target ===

impl Target {
    /// Makes it from the options; starts the limit if that is asked for.
    ///
    /// # Errors
    /// The password cannot be read, or the limit not started.
    pub fn new(args: &TargetArgs, patience: Duration) -> Result<Self, BenchError> {
        let is_ours = args.raw && args.pid.is_none();
        let limit = is_ours.then(raw::Child::start).transpose()?;
        let password = match &args.password_file {
            None => String::new(),
            Some(path) => {
                let read = fs::read_to_string(path);
                let text =
                    read.map_err(|source| BenchError::File { path: path.clone(), source })?;
                text.lines().next().unwrap_or_default().to_owned()
            }
        };
        let tls = args.tls.then(|| TlsClient::new(&args.domain)).transpose()?;
        let node = match &args.node {
            _ if args.raw => Node::Raw,
            None => Node::Telephony,
            Some(name) => Node::Generic(name.clone()),
        };
        Ok(Self {
            address: limit.as_ref().map_or(args.server, raw::Child::address),
            domain: args.domain.clone(),
            accounts: args.accounts.clone(),
            password,
            register: args.register,
            tls: tls.filter(|_| !args.raw),
            node,
            meter: limit.as_ref().map(raw::Child::pid).or(args.pid).map(Meter::of),
            patience,
            _limit: limit,
        })
    }

    /// For tests: the limit, on a thread of this process.
    #[cfg(test)]
    pub fn limit() -> Self {
        Self {
            address: raw::on_a_thread(),
            domain: "bench.example".to_owned(),
            accounts: "bench-{}".to_owned(),
            password: String::new(),
            register: false,
            tls: None,
            node: Node::Raw,
            meter: None,
            patience: Duration::from_secs(10),
            _limit: None,
        }
    }

    /// What watches its process, if that is known.
    pub fn meter(&self) -> Option<&Meter> {
        self.meter.as_ref()
    }

    /// How long an answer may take.
    pub fn patience(&self) -> Duration {
        self.patience
    }

    /// Whether the limit is measured, which knows no XMPP.
    pub fn is_limit(&self) -> bool {
        self.node == Node::Raw
    }

    /// Whether it may be on another machine.
    pub fn is_remote(&self) -> bool {
        !self.address.ip().is_loopback()
    }

    /// Which node is used.
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// In one line, for people.
    pub fn title(&self) -> String {
        match &self.node {
            Node::Raw => "raw TCP fan-out, the limit".to_owned(),
            node => {
                let transport = if self.tls.is_some() { "TLS" } else { "plain" };
                format!("{} at {}, {transport}, node {}", self.domain, self.address, node.name())
            }
        }
    }

    /// The bare JID of a client, from 0.
    pub fn jid(&self, client: usize) -> String {
        format!("{}@{}", self.name(client), self.domain)
    }

    fn name(&self, client: usize) -> String {
        self.accounts.replace("{}", &(client + 1).to_string())
    }

    /// Logs one client in.
    ///
    /// # Errors
    /// The server is not there or does not let it in.
    pub fn login(&self, client: usize, role: Role) -> Result<Talk, BenchError> {
        let mut talk = Talk::connect(&self.name(client), self.address, self.patience)?;
        if self.is_limit() {
            talk.send(raw::hello(role))?;
            talk.expect(raw::ANSWER)?;
            return Ok(talk);
        }
        let features = self.open(&mut talk)?;
        if self.tls.is_none() && requires_tls(&features) {
            return Err(BenchError::Options("this server requires TLS: add --tls"));
        }
        if let Some(tls) = &self.tls {
            talk.send(b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")?;
            talk.expect("<proceed")?;
            talk.start_tls(tls)?;
            self.open(&mut talk)?;
        }
        if self.register {
            self.register(&mut talk, client)?;
        }
        let response = sasl::encode(&sasl::plain_response(&self.name(client), &self.password));
        let auth = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>";
        talk.send(format!("{auth}{response}</auth>").as_bytes())?;
        talk.expect("<success")?;
        self.open(&mut talk)?;
        let bind = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>";
        let bind =
            format!("<iq type='set' id='bind'>{bind}<resource>{RESOURCE}</resource></bind></iq>");
        talk.ask("bind", &bind)?;
        Ok(talk)
    }

    /// Sends a stream header and waits for the features.
    fn open(&self, talk: &mut Talk) -> Result<Vec<u8>, BenchError> {
        let header = format!(
            "<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' \
             xmlns='jabber:client' to='{}' version='1.0'>",
            self.domain
        );
        talk.send(header.as_bytes())?;
        talk.expect("<stream:features")
    }

    /// Makes the account; that it exists already is fine, and the login will tell everything else.
    fn register(&self, talk: &mut Talk, client: usize) -> Result<(), BenchError> {
        let (name, password) = (self.name(client), escaped(&self.password));
        let query = format!(
            "<iq type='set' id='register'><query xmlns='jabber:iq:register'>\
             <username>{name}</username><password>{password}</password></query></iq>"
        );
        talk.send(query.as_bytes())?;
        let answer = talk.answer("register")?;
        match is_error(&answer) && memchr::memmem::find(&answer, b"<conflict").is_none() {
            true => Err(talk.unexpected("to register", &answer)),
            false => Ok(()),
        }
    }

    /// Makes the node of the run, if it has one of its own.
    ///
    /// # Errors
    /// The server refuses.
    pub fn make_node(&self, owner: &mut Talk, max_items: &str) -> Result<(), BenchError> {
        let Node::Generic(name) = &self.node else { return Ok(()) };
        // What a broken run left behind.
        owner.send(self.deletion("leftover", name).as_bytes())?;
        owner.answer("leftover")?;
        let fields: String = [
            ("pubsub#persist_items", "1"),
            ("pubsub#max_items", max_items),
            ("pubsub#access_model", "open"),
            ("pubsub#publish_model", "open"),
            ("pubsub#send_last_published_item", "never"),
        ]
        .iter()
        .map(|(var, value)| format!("<field var='{var}'><value>{value}</value></field>"))
        .collect();
        let form = format!(
            "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'>\
             <value>{PUBSUB}#node_config</value></field>{fields}</x>"
        );
        let create = format!("<create node='{name}'/><configure>{form}</configure>");
        owner.ask("create", &self.request("set", "create", &create)).map(drop)
    }

    /// Deletes the node of the run.
    ///
    /// # Errors
    /// The server refuses.
    pub fn delete_node(&self, owner: &mut Talk) -> Result<(), BenchError> {
        let Node::Generic(name) = &self.node else { return Ok(()) };
        owner.ask("delete", &self.deletion("delete", name)).map(drop)
    }

    /// Deletes the node of the run, on a connection of its own.
    ///
    /// # Errors
    /// The server refuses.
    pub fn clean_up(&self) -> Result<(), BenchError> {
        match self.node {
            Node::Generic(_) => self.delete_node(&mut self.login(0, Role::Publisher)?),
            Node::Telephony | Node::Raw => Ok(()),
        }
    }

    fn deletion(&self, id: &str, name: &str) -> String {
        format!(
            "<iq type='set' id='{id}' to='pubsub.{}'><pubsub xmlns='{PUBSUB}#owner'>\
             <delete node='{name}'/></pubsub></iq>",
            self.domain
        )
    }

    /// Subscribes a client: as Asterisk does, by its bare JID, or by its full one, which spares
    /// every server the look for its resources.
    ///
    /// # Errors
    /// The server refuses.
    pub fn subscribe(&self, talk: &mut Talk, client: usize) -> Result<(), BenchError> {
        let mut jid = self.jid(client);
        match &self.node {
            Node::Raw => return Ok(()),
            Node::Telephony => {}
            Node::Generic(_) => jid = format!("{jid}/{RESOURCE}"),
        }
        let subscribe = format!("<subscribe jid='{jid}' node='{}'/>", self.node.name());
        talk.ask("subscribe", &self.request("set", "subscribe", &subscribe)).map(drop)
    }

    /// Asks for all items of the node.
    ///
    /// # Errors
    /// The server refuses.
    pub fn fetch(&self, talk: &mut Talk) -> Result<Vec<u8>, BenchError> {
        let items = format!("<items node='{}'/>", self.node.name());
        talk.ask("fetch", &self.request("get", "fetch", &items))
    }

    fn request(&self, kind: &str, id: &str, payload: &str) -> String {
        format!(
            "<iq type='{kind}' id='{id}' to='pubsub.{}'><pubsub xmlns='{PUBSUB}'>{payload}\
             </pubsub></iq>",
            self.domain
        )
    }

    /// Appends a publish of what `item` writes: for the limit what others are to hear, else
    /// Asterisk's request, with `p` and its number as the id.
    pub fn write_publish(
        &self,
        out: &mut Vec<u8>,
        publisher: usize,
        number: u32,
        item: impl FnOnce(&mut Vec<u8>),
    ) {
        let (domain, name, node) = (&self.domain, self.name(publisher), self.node.name());
        let jid = format_args!("{name}@{domain}/{RESOURCE}");
        // Writing to memory does not fail.
        if self.is_limit() {
            let _ = write!(
                out,
                "<message from='pubsub.{domain}' to='{jid}' type='headline'>\
                 <event xmlns='{PUBSUB}#event'><items node='{node}'>"
            );
            item(out);
            out.extend_from_slice(b"</items></event></message>");
        } else {
            let _ = write!(
                out,
                "<iq to='pubsub.{domain}' from='{jid}' type='set' id='p{number}'>\
                 <pubsub xmlns='{PUBSUB}'><publish node='{node}'>"
            );
            item(out);
            out.extend_from_slice(b"</publish></pubsub></iq>");
        }
    }
}

// === impl Node ===

impl Node {
    /// The name of the node, as the service knows it.
    pub fn name(&self) -> &str {
        match self {
            Self::Telephony | Self::Raw => DEVICE_STATE,
            Self::Generic(name) => name,
        }
    }
}

/// Whether the features say that nothing goes on without TLS (RFC 6120, 5.3.1).
fn requires_tls(features: &[u8]) -> bool {
    let begin = memchr::memmem::find(features, b"<starttls");
    let offer = begin.and_then(|begin| features.get(begin..)).unwrap_or_default();
    let end = memchr::memmem::find(offer, b"</starttls").unwrap_or_default();
    let inside = offer.get(..end).unwrap_or_default();
    memchr::memmem::find(inside, b"<required").is_some()
}

fn escaped(text: &str) -> String {
    let mut out = Vec::new();
    lampfield_xmpp_stream::writer::escape_text(&mut out, text);
    String::from_utf8_lossy(&out).into_owned()
}
