//! A transport of the tests' own: messages in memory, one element each, as WebSocket has them
//! (RFC 7395). Between the server and the client stand a few bytes of room, so that the server has to
//! wait for its peer again and again.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use lampfield_xmpp::let_in;
use lampfield_xmpp::wire::{Framing, Security, Transport, message_as_stream};
use lampfield_xmpp_stream::{Scope, Stanza, StanzaLimits, sasl};

use super::house::{House, PASSWORD};

/// Bytes that the server may write before the client has read any.
const ROOM: usize = 50;
/// Bytes of the length before each message.
const PREFIX: usize = 4;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

const FRAMING: &str = "urn:ietf:params:xml:ns:xmpp-framing";

/// What is between the two.
#[derive(Default)]
struct Wire {
    /// Messages of the client that the server has not read.
    up: RefCell<VecDeque<Vec<u8>>>,
    /// Bytes of the server that the client has not read.
    down: RefCell<VecDeque<u8>>,
    is_shut: Cell<bool>,
    server: RefCell<Vec<Waker>>,
    client: RefCell<Vec<Waker>>,
}

/// The end that is given to the door as a transport.
struct MessageTransport {
    wire: Rc<Wire>,
    /// What was read of a message and is not taken yet, as a part of a stream.
    rest: RefCell<VecDeque<u8>>,
}

/// The end that a test holds in its hand.
pub struct MessageClient {
    wire: Rc<Wire>,
}

// === impl Wire ===

impl Wire {
    fn wake(of: &RefCell<Vec<Waker>>) {
        of.take().into_iter().for_each(Waker::wake);
    }

    fn ready_or_wait(
        &self,
        is_ready: bool,
        waiting: &RefCell<Vec<Waker>>,
        task: &Context<'_>,
    ) -> Poll<io::Result<()>> {
        if is_ready || self.is_shut.get() {
            return Poll::Ready(Ok(()));
        }
        waiting.borrow_mut().push(task.waker().clone());
        Poll::Pending
    }
}

// === impl MessageTransport ===

impl Transport for MessageTransport {
    fn framing(&self) -> Framing {
        Framing::Messages
    }

    fn write_prefix(&self, length: usize, out: &mut Vec<u8>) {
        out.extend_from_slice(&u32::try_from(length).unwrap().to_be_bytes());
    }

    fn try_read(&self, into: &mut [u8]) -> io::Result<usize> {
        let mut rest = self.rest.borrow_mut();
        if rest.is_empty() {
            let Some(message) = self.wire.up.borrow_mut().pop_front() else {
                return if self.wire.is_shut.get() {
                    Ok(0)
                } else {
                    Err(io::ErrorKind::WouldBlock.into())
                };
            };
            let mut stream = Vec::new();
            message_as_stream(&message, &mut stream)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?;
            rest.extend(stream);
        }
        io::Read::read(&mut *rest, into)
    }

    fn poll_readable(&self, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        let is_ready = !self.rest.borrow().is_empty() || !self.wire.up.borrow().is_empty();
        self.wire.ready_or_wait(is_ready, &self.wire.server, task)
    }

    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut down = self.wire.down.borrow_mut();
        let count = bytes.len().min(ROOM - down.len());
        if count == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        down.extend(&bytes[..count]);
        Wire::wake(&self.wire.client);
        Ok(count)
    }

    fn poll_writable(&self, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        let is_ready = self.wire.down.borrow().len() < ROOM;
        self.wire.ready_or_wait(is_ready, &self.wire.server, task)
    }

    fn shut_down(&self) {
        self.wire.is_shut.set(true);
        Wire::wake(&self.wire.client);
    }

    fn security(&self) -> Security {
        Security::Elsewhere
    }
}

// === impl MessageClient ===

impl MessageClient {
    /// A client that has said nothing yet.
    pub fn connect(house: &House) -> Self {
        let wire = Rc::new(Wire::default());
        let transport = MessageTransport { wire: Rc::clone(&wire), rest: RefCell::default() };
        let peer = SocketAddr::from(([192, 0, 2, 7], 5280));
        let_in::<io::Error>(&house.door, peer, || Ok(Box::new(transport)));
        Self { wire }
    }

    /// Logs in with PLAIN and binds the resource `desk`.
    pub async fn login(house: &House, name: &str) -> Self {
        let client = Self::connect(house);
        let features = client.open("example.org").await;
        assert!(!features.contains("starttls"), "{features}");
        let response = sasl::encode(&sasl::plain_response(name, PASSWORD));
        client.send(&format!(
            "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{response}</auth>"
        ));
        client.expect("<success").await;
        client.open("example.org").await;
        client.send(
            "<iq xmlns='jabber:client' type='set' id='bind'>\
             <bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>desk</resource></bind></iq>",
        );
        client.expect("/desk</jid>").await;
        client
    }

    /// Opens a stream and gives back what may be done in it.
    async fn open(&self, domain: &str) -> String {
        self.send(&format!("<open xmlns='{FRAMING}' to='{domain}' version='1.0'/>"));
        let open = self.message().await.unwrap();
        assert!(open.starts_with(&format!("<open xmlns='{FRAMING}' from='example.org'")), "{open}");
        self.expect("<stream:features").await
    }

    /// Sends one message to the server and wakes it.
    pub fn send(&self, message: &str) {
        self.wire.up.borrow_mut().push_back(message.as_bytes().to_vec());
        Wire::wake(&self.wire.server);
    }

    /// The next message, which must be `wanted` in some way.
    pub async fn expect(&self, wanted: &str) -> String {
        let message = self.message().await.unwrap();
        assert!(message.contains(wanted), "{wanted:?} is not in {message:?}");
        message
    }

    /// The next message, which is one document in a namespace of its own; none when the server has
    /// closed.
    pub async fn message(&self) -> Option<String> {
        let prefix = self.read(PREFIX).await?;
        let length = u32::from_be_bytes(prefix.try_into().unwrap());
        let message = self.read(usize::try_from(length).unwrap()).await?;
        let scope = Scope::NONE;
        let stanza = Stanza::parse(&message, &scope, &StanzaLimits::AUTHENTICATED).unwrap();
        assert_ne!(stanza.root().ns(), "");
        Some(String::from_utf8(message.clone()).unwrap())
    }

    async fn read(&self, count: usize) -> Option<Vec<u8>> {
        let mut read = Vec::new();
        let all = poll_fn(|task| {
            let mut down = self.wire.down.borrow_mut();
            let some = down.len().min(count - read.len());
            read.extend(down.drain(..some));
            let is_shut = down.is_empty() && self.wire.is_shut.get();
            drop(down);
            Wire::wake(&self.wire.server);
            if read.len() == count || is_shut {
                return Poll::Ready(read.len() == count);
            }
            self.wire.client.borrow_mut().push(task.waker().clone());
            Poll::Pending
        });
        let all = tokio::time::timeout(PATIENCE, all).await.unwrap();
        all.then_some(read)
    }
}
