//! The PBX's side: its socket, what it has said, and what it is to hear. It is read as fast as it
//! writes, whatever the server's side does: COMPAT(asterisk<=22), whose threads mix their words when
//! its socket is full.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;

use lampfield_xmpp_stream::writer::{StreamOpen, stream_close, stream_error, stream_features};
use lampfield_xmpp_stream::{
    Frame, Framer, Limits, Scope, StreamCondition, StreamError, StreamHeader, Tag, ns,
};
use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::outgoing::Outgoing;
use crate::reading::{Read, read};
use crate::words::Words;

/// Bytes that the PBX may leave unread before the server is no longer listened to.
const UNREAD: usize = 256 * 1024;
/// Bytes read at once.
const PIECE: usize = 16 * 1024;
/// Bytes handed to the server's side at once.
const BATCH: usize = 16 * 1024;

/// One connection of a PBX.
pub struct Pbx {
    socket: TcpStream,
    /// Where it comes from.
    pub peer: SocketAddr,
    said: RefCell<Said>,
    unread: RefCell<Vec<u8>>,
    /// It has said something more.
    news: Notify,
    /// Something is to be written to it, or it has read something.
    written: Notify,
    room: Notify,
}

/// What the PBX has said so far.
#[derive(Default)]
struct Said {
    headers: Vec<StreamHeader>,
    scope: Rc<Scope>,
    line: Line,
    login: Option<Rc<[u8]>>,
    binding: Option<Rc<[u8]>>,
    words: Words,
    outgoing: Outgoing,
}

/// How its line to the server is.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Line {
    /// Not there yet: all that the PBX says waits for it.
    #[default]
    New,
    Up,
    /// Lost: only words are kept, all of which are said again.
    Down,
    /// It was there when the PBX went, and is the last one.
    Leaving,
}

/// Why the PBX's stream ends.
#[derive(Debug, thiserror::Error)]
pub enum PbxEnd {
    /// It has closed its socket, or its process is gone.
    #[error("the PBX closed the connection")]
    Closed,
    /// It has said goodbye.
    #[error("the PBX said goodbye")]
    Goodbye,
    /// What it said makes no sense here.
    #[error("{0}")]
    Refused(#[from] StreamError),
}

// === impl Pbx ===

impl Pbx {
    /// Takes over an accepted socket.
    pub fn new(socket: TcpStream, peer: SocketAddr) -> std::io::Result<Self> {
        socket.set_nodelay(true)?;
        Ok(Self {
            socket,
            peer,
            said: RefCell::default(),
            unread: RefCell::default(),
            news: Notify::new(),
            written: Notify::new(),
            room: Notify::new(),
        })
    }

    /// Listens to the PBX until its stream ends.
    pub async fn listen(&self) -> PbxEnd {
        let mut framer = Framer::new(Limits::AUTHENTICATED);
        let mut piece = vec![0; PIECE];
        loop {
            if self.socket.readable().await.is_err() {
                return PbxEnd::Closed;
            }
            let count = match self.socket.try_read(&mut piece) {
                Ok(0) => return PbxEnd::Closed,
                Ok(count) => count,
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => continue,
                Err(_) => return PbxEnd::Closed,
            };
            // It has Nagle on, and waits for our acknowledgment with what it says next.
            let _ = SockRef::from(&self.socket).set_tcp_quickack(true);
            let mut input = piece.get(..count).unwrap_or_default();
            match self.hear(&mut framer, &mut input) {
                Ok(()) => self.news.notify_waiters(),
                Err(end) => return end,
            }
        }
    }

    fn hear(&self, framer: &mut Framer, input: &mut &[u8]) -> Result<(), PbxEnd> {
        let mut begins_anew = false;
        let said = &mut *self.said.borrow_mut();
        while let Some(frame) = framer.next(input)? {
            match frame {
                Frame::Open(header) => said.open(*header)?,
                Frame::Stanza(bytes) => begins_anew = said.stanza(bytes)?,
                Frame::Close => return Err(PbxEnd::Goodbye),
            }
            if std::mem::take(&mut begins_anew) {
                framer.reset(Limits::AUTHENTICATED);
            }
        }
        Ok(())
    }

    /// Writes to the PBX what it is to hear. Returns when its socket is broken.
    pub async fn write(&self) {
        loop {
            let bytes = std::mem::take(&mut *self.unread.borrow_mut());
            if bytes.is_empty() {
                self.written.notified().await;
                continue;
            }
            let mut rest = bytes.as_slice();
            while !rest.is_empty() {
                match self.socket.try_write(rest) {
                    Ok(count) => rest = rest.get(count..).unwrap_or_default(),
                    Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                        if self.socket.writable().await.is_err() {
                            return;
                        }
                    }
                    Err(_) => return,
                }
            }
            self.room.notify_waiters();
        }
    }

    /// Says something to the PBX; waits while it has much to read.
    pub async fn tell(&self, bytes: &[u8]) {
        while self.unread.borrow().len() > UNREAD {
            self.room.notified().await;
        }
        self.unread.borrow_mut().extend_from_slice(bytes);
        self.written.notify_one();
    }

    /// The last words to the PBX, as far as its socket takes them.
    pub fn dismiss(&self, error: &StreamError) {
        let mut out = std::mem::take(&mut *self.unread.borrow_mut());
        stream_error(&mut out, error);
        stream_close(&mut out);
        let _ = self.socket.try_write(&out);
    }

    /// The PBX has closed its stream: once its line to the server is lost there is not another one,
    /// which would be in the way of the next stream of the same PBX. Says whether it has one.
    pub fn leave(&self) -> bool {
        let said = &mut *self.said.borrow_mut();
        let is_up = said.line == Line::Up;
        if is_up {
            said.line = Line::Leaving;
        }
        is_up
    }

    /// Ends the PBX's stream to the server as it would itself, if it did.
    pub fn say_goodbye(&self) {
        let mut goodbye = Vec::new();
        stream_close(&mut goodbye);
        // At the limit the server sees a loss.
        let _ = self.said.borrow_mut().outgoing.push(&goodbye);
        self.news.notify_waiters();
    }

    /// The header with this number, when it has come.
    async fn header(&self, number: usize) -> StreamHeader {
        self.wait_for(|said| said.headers.get(number).cloned()).await
    }

    /// The domain that its stream is for, when its first header has come.
    pub async fn domain(&self) -> String {
        self.header(0).await.to.unwrap_or_default().into()
    }

    /// Its header after the login has come.
    pub async fn second_header(&self) {
        self.header(1).await;
    }

    /// Its login, when it has come.
    pub async fn login(&self) -> Rc<[u8]> {
        self.wait_for(|said| said.login.clone()).await
    }

    /// Its binding, when it has come.
    pub async fn binding(&self) -> Rc<[u8]> {
        self.wait_for(|said| said.binding.clone()).await
    }

    async fn wait_for<T>(&self, look: impl Fn(&Said) -> Option<T>) -> T {
        loop {
            let more = self.news.notified();
            if let Some(found) = look(&self.said.borrow()) {
                return found;
            }
            more.await;
        }
    }

    /// Greets the PBX for the server: with PLAIN, and nothing that could not be repeated.
    pub async fn greet(&self, domain: &str, features: impl FnOnce(&mut Vec<u8>)) {
        let mut out = Vec::new();
        let header = StreamOpen {
            content: ns::CLIENT,
            from: Some(domain),
            to: None,
            id: Some("lampfield-relay"),
            lang: None,
            version: Some("1.0"),
        };
        header.write(&mut out);
        stream_features(&mut out, features);
        self.tell(&out).await;
    }

    /// The PBX's first features: how it may log in.
    pub fn mechanisms(out: &mut Vec<u8>) {
        Tag::open(out, "mechanisms").xmlns(ns::SASL).children(|out| {
            Tag::open(out, "mechanism").text("PLAIN");
        });
    }

    /// The server is there, for the first time or again. What the PBX says from now on goes to it,
    /// after all that it has lost.
    pub fn line_is_up(&self) {
        let said = &mut *self.said.borrow_mut();
        if said.line == Line::Down {
            said.outgoing.restart(said.words.repeated());
        }
        said.line = Line::Up;
    }

    /// The server is gone: what it did not get is said again when it is back. Says whether it was
    /// there.
    pub fn line_is_down(&self) -> bool {
        let said = &mut *self.said.borrow_mut();
        let was_up = said.line == Line::Up;
        if was_up {
            said.line = Line::Down;
            said.outgoing.restart(Vec::new());
        }
        was_up
    }

    /// Whether the PBX has closed its stream: it is not to come back.
    pub fn is_leaving(&self) -> bool {
        self.said.borrow().line == Line::Leaving
    }

    /// How many words are kept.
    pub fn words(&self) -> usize {
        self.said.borrow().words.len()
    }

    /// What is to be sent to the server next, when there is something.
    pub async fn outgoing(&self) -> Vec<u8> {
        loop {
            let more = self.news.notified();
            let taken = self.said.borrow_mut().take();
            if !taken.is_empty() {
                return taken;
            }
            more.await;
        }
    }
}

// === impl Said ===

impl Said {
    fn open(&mut self, header: StreamHeader) -> Result<(), StreamError> {
        let domain = header.to.as_deref().unwrap_or_default();
        if domain.is_empty() {
            return Err(StreamCondition::HostUnknown.with("the stream header names no domain"));
        }
        if self.headers.first().is_some_and(|first| first.to != header.to) {
            return Err(StreamCondition::HostUnknown.with("another domain on the same stream"));
        }
        self.scope = Rc::new(header.scope.clone());
        self.headers.push(header);
        Ok(())
    }

    /// Takes a stanza. Says whether a new stream begins after it.
    fn stanza(&mut self, bytes: &[u8]) -> Result<bool, StreamError> {
        match read(bytes, &Rc::clone(&self.scope))? {
            Read::Login(mechanism) => return self.login(&mechanism, bytes),
            Read::OldLogin => {
                let text = "the relay needs usesasl=yes: it could not repeat this login";
                return Err(StreamCondition::UnsupportedFeature.with(text));
            }
            _ if self.headers.len() < 2 => {
                return Err(StreamCondition::NotAuthorized.with("log in first"));
            }
            Read::Binding => self.binding = Some(bytes.into()),
            Read::Word(subject, repeated) => {
                self.words.say(subject.clone(), repeated).map_err(too_much)?;
                if self.line != Line::Down {
                    self.outgoing.push_word(subject, bytes).map_err(too_much)?;
                }
            }
            other => {
                self.keep(other);
                if self.line != Line::Down {
                    self.outgoing.push(bytes).map_err(too_much)?;
                }
            }
        }
        Ok(false)
    }

    fn take(&mut self) -> Vec<u8> {
        self.outgoing.take(&self.words, BATCH)
    }

    fn login(&mut self, mechanism: &str, bytes: &[u8]) -> Result<bool, StreamError> {
        if mechanism != "PLAIN" {
            return Err(StreamCondition::PolicyViolation.with("only PLAIN was offered"));
        }
        if self.login.is_some() {
            return Err(StreamCondition::PolicyViolation.with("a second login"));
        }
        self.login = Some(bytes.into());
        Ok(true)
    }

    fn keep(&mut self, read: Read) {
        match read {
            Read::Retraction(subject) => self.words.forget(&subject),
            Read::Deletion(node) => self.words.forget_node(&node),
            Read::Part(part, name, stanza) => self.words.set_part(part, &name, stanza),
            _ => {}
        }
    }
}

fn too_much(error: impl ToString) -> StreamError {
    StreamCondition::ResourceConstraint.with(error.to_string())
}
