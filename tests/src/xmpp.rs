//! A raw XMPP client: it sends exactly the text that a test gives it, well-formed or not, and
//! reads what comes with a parser that is not the server's. It never answers anything by itself.

pub mod element;
mod framer;
pub mod pattern;
mod socket;

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use crate::namespace::{self, Namespace};
pub use element::Element;
use framer::{Framer, Incoming};
use socket::Socket;

/// How long a client waits for a stanza that should come.
const PATIENCE: Duration = Duration::from_secs(10);

/// The namespace of SASL in XMPP (RFC 6120, section 6).
pub const SASL: &str = "urn:ietf:params:xml:ns:xmpp-sasl";

/// One stanza from the server: what it means and the bytes it came as.
#[derive(Clone, Debug)]
pub struct Stanza {
    /// The stanza as a tree, with namespaces.
    pub element: Element,
    /// As it was on the wire.
    pub raw: String,
}

/// Why there is no next stanza.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// The server closed the stream with `</stream:stream>`.
    StreamClosed,
    /// The socket was closed or reset.
    SocketClosed,
    /// Nothing came in time.
    Silence,
    /// What came is not XML.
    NotXml(String),
}

/// One connection to the server.
pub struct Client {
    socket: Socket,
    framer: Framer,
    domain: String,
    lang: Option<String>,
    jid: String,
    next_id: u32,
}

impl Client {
    /// Connects; nothing is sent yet.
    pub async fn connect(server: SocketAddrV4, domain: &str) -> Self {
        Self::connect_from(Ipv4Addr::UNSPECIFIED, server, domain).await
    }

    /// Connects from one of the machine's loopback addresses.
    pub async fn connect_from(from: Ipv4Addr, server: SocketAddrV4, domain: &str) -> Self {
        Self::on(Socket::connect(from, server).await, domain)
    }

    /// Connects on a machine of a test.
    pub fn connect_in(machine: &Namespace, server: SocketAddrV4, domain: &str) -> Self {
        let stream = namespace::connect(Some(machine), server).expect("the server accepts");
        Self::on(Socket::plain(stream), domain)
    }

    fn on(socket: Socket, domain: &str) -> Self {
        let (domain, jid) = (domain.to_owned(), String::new());
        Self { socket, framer: Framer::new(), domain, lang: None, jid, next_id: 0 }
    }

    /// Connects, secures the stream if the server wants it, logs in with PLAIN and binds.
    pub async fn login(server: SocketAddrV4, jid: &str, password: &str) -> Self {
        let mut client = Self::connect(server, domain_of(jid)).await;
        client.log_in(jid, password).await;
        client
    }

    /// As [`Self::login`] with the smallest receive buffer: what it does not read waits at the
    /// server.
    pub async fn login_narrow(server: SocketAddrV4, jid: &str, password: &str) -> Self {
        let socket = Socket::connect_narrow(server).await;
        let mut client = Self::on(socket, domain_of(jid));
        client.log_in(jid, password).await;
        client
    }

    /// Everything from the first stream header to the bound resource.
    pub async fn log_in(&mut self, jid: &str, password: &str) {
        let (bare, resource) = jid.split_once('/').unwrap_or((jid, "test"));
        let user = bare.split('@').next().unwrap_or_default();
        let features = self.open().await;
        if features.find("starttls").is_some_and(|tls| tls.find("required").is_some()) {
            self.starttls().await;
            self.open().await;
        }
        self.authenticate(user, password).await.expect("the login is accepted");
        self.bind(resource).await;
    }

    /// The full JID that the server gave at bind.
    pub fn jid(&self) -> &str {
        &self.jid
    }

    /// The bare JID: the account without its resource.
    pub fn bare(&self) -> &str {
        self.jid.split('/').next().unwrap_or_default()
    }

    /// Sends this text as it is.
    pub async fn send(&mut self, text: &str) {
        self.try_send(text.as_bytes()).await.expect("the server reads what is sent");
    }

    /// Sends bytes that need not be text; the error when the server has closed.
    pub async fn try_send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.socket.write_all(bytes).await?;
        self.socket.flush().await
    }

    /// Sends bytes past TLS: a record that does not fit.
    pub async fn send_beneath(&mut self, bytes: &[u8]) {
        self.socket.write_beneath(bytes).await.expect("the server reads what is sent");
    }

    /// From the next stream header on it is for this domain.
    pub fn turn_to(&mut self, domain: &str) {
        self.domain = domain.to_owned();
    }

    /// From the next stream header on it says that it speaks this language.
    pub fn speak(&mut self, lang: &str) {
        self.lang = Some(lang.to_owned());
    }

    /// Opens a stream and returns the server's features.
    pub async fn open(&mut self) -> Element {
        self.send_header().await;
        self.next().await.element
    }

    /// Sends a stream header; the answer's header is taken silently before the next stanza.
    pub async fn send_header(&mut self) {
        self.framer = Framer::new();
        let lang = self.lang.as_ref().map(|lang| format!(" xml:lang='{lang}'"));
        let header = format!(
            "<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' \
             xmlns='jabber:client' to='{}'{} version='1.0'>",
            self.domain,
            lang.unwrap_or_default()
        );
        self.send(&header).await;
    }

    /// An attribute of the server's stream header, once it has come.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.framer.header(name)
    }

    /// Changes to TLS, believing any certificate, as Asterisk does.
    pub async fn starttls(&mut self) {
        self.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>").await;
        assert_eq!(self.next().await.element.name, "proceed");
        self.socket.start_tls(&self.domain).await;
    }

    /// The certificate that the server has shown (DER), once TLS is on.
    pub fn peer_certificate(&self) -> Option<CertificateDer<'static>> {
        self.socket.peer_certificate()
    }

    /// SASL PLAIN and the stream that follows; the `<failure/>` when it is refused.
    pub async fn authenticate(&mut self, user: &str, password: &str) -> Result<(), Element> {
        self.authenticate_as("", user, password).await
    }

    /// SASL PLAIN with an authorization identity (RFC 4616).
    pub async fn authenticate_as(
        &mut self,
        authzid: &str,
        user: &str,
        password: &str,
    ) -> Result<(), Element> {
        let answer = self.plain(authzid, user, password).await;
        if answer.name != "success" {
            return Err(answer);
        }
        self.open().await;
        Ok(())
    }

    /// SASL PLAIN, and its answer.
    pub async fn plain(&mut self, authzid: &str, user: &str, password: &str) -> Element {
        let secret = BASE64.encode(format!("{authzid}\0{user}\0{password}"));
        self.send(&format!("<auth xmlns='{SASL}' mechanism='PLAIN'>{secret}</auth>")).await;
        self.next().await.element
    }

    /// Binds a resource; the server may give another one.
    pub async fn bind(&mut self, resource: &str) {
        let bind = format!(
            "<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>\
             <resource>{resource}</resource></bind></iq>"
        );
        self.send(&bind).await;
        let answer = self.next().await.element;
        let jid = answer.find("bind").and_then(|bind| bind.find("jid"));
        self.jid = jid.unwrap_or_else(|| panic!("no JID at bind: {answer}")).text();
    }

    /// The next stanza; panics when there is none.
    pub async fn next(&mut self) -> Stanza {
        self.next_within(PATIENCE).await.unwrap_or_else(|end| {
            panic!("{}: no stanza but {end:?}", self.jid);
        })
    }

    /// The next stanza, or why there is none.
    pub async fn next_within(&mut self, within: Duration) -> Result<Stanza, End> {
        timeout(within, self.read_one()).await.unwrap_or(Err(End::Silence))
    }

    /// Skips stanzas until one fits; panics when the stream ends first.
    pub async fn until(&mut self, mut fits: impl FnMut(&Element) -> bool) -> Stanza {
        loop {
            let stanza = self.next().await;
            if fits(&stanza.element) {
                return stanza;
            }
        }
    }

    /// How the stream ends; stanzas before the end are dropped, except a stream error, whose
    /// condition is returned.
    pub async fn ending(&mut self) -> (Option<String>, End) {
        let mut condition = None;
        loop {
            match self.next_within(PATIENCE).await {
                Ok(stanza) if stanza.element.is_stream_error() => {
                    condition = stanza.element.elements().next().map(|child| child.name.clone());
                }
                Ok(_) => {}
                Err(end) => return (condition, end),
            }
        }
    }

    /// Sends an IQ of this type and content, and returns its answer; other stanzas are dropped.
    pub async fn iq(&mut self, kind: &str, to: &str, content: &str) -> Element {
        let id = self.fresh_id();
        self.send(&format!("<iq type='{kind}' id='{id}' to='{to}'>{content}</iq>")).await;
        self.until(|e| e.name == "iq" && e.attr("id") == Some(&id)).await.element
    }

    /// Pings the server and returns every stanza that came before the answer: what the server had
    /// to say until now, without waiting for an amount of time.
    pub async fn all_until_now(&mut self) -> Vec<Stanza> {
        let id = self.fresh_id();
        let to = self.domain.clone();
        self.send(&format!(
            "<iq type='get' id='{id}' to='{to}'><ping xmlns='urn:xmpp:ping'/></iq>"
        ))
        .await;
        let mut earlier = Vec::new();
        loop {
            let stanza = self.next().await;
            if stanza.element.name == "iq" && stanza.element.attr("id") == Some(&id) {
                return earlier;
            }
            earlier.push(stanza);
        }
    }

    /// Bytes as they come, at most a socket buffer full, past the parser: for clients that count
    /// instead of reading. Nothing can be parsed on this stream afterwards.
    pub async fn read_some(&mut self) -> Vec<u8> {
        let mut bytes = self.framer.unread();
        if bytes.is_empty() {
            bytes = vec![0; 262_144];
            let count = self.socket.read(&mut bytes).await.expect("the server goes on sending");
            assert!(count > 0, "{}: the server closed", self.jid);
            bytes.truncate(count);
        }
        bytes
    }

    /// Takes at most so many bytes off the socket, past the parser; how many, 0 at its end.
    pub async fn sip(&mut self, most: usize) -> usize {
        let mut bytes = vec![0; most];
        self.socket.read(&mut bytes).await.unwrap_or(0)
    }

    /// An id that no other stanza of this client carries.
    pub fn fresh_id(&mut self) -> String {
        self.next_id += 1;
        format!("t{}", self.next_id)
    }

    async fn read_one(&mut self) -> Result<Stanza, End> {
        loop {
            match self.framer.next()? {
                Some(Incoming::Stanza(stanza)) => return Ok(stanza),
                Some(Incoming::End) => return Err(End::StreamClosed),
                Some(Incoming::Header) => continue,
                None => {}
            }
            let mut bytes = [0; 16_384];
            match self.socket.read(&mut bytes).await {
                Ok(0) | Err(_) => return Err(End::SocketClosed),
                Ok(count) => self.framer.push(&bytes[..count]),
            }
        }
    }
}

fn domain_of(jid: &str) -> &str {
    let domain = jid.split('@').nth(1).and_then(|rest| rest.split('/').next());
    domain.expect("a JID with a user and a domain")
}
