//! The PBX's side: its socket, what it has said, and what it is to hear. It is read as fast as it
//! writes, whatever the server's side does: COMPAT(asterisk<=22), whose threads mix their words when
//! its socket is full.

use std::cell::{Cell, RefCell};
use std::hash::{BuildHasher, RandomState};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use lampfield_xmpp_stream::writer::{StreamOpen, stream_close, stream_error, stream_features};
use lampfield_xmpp_stream::{StreamError, Tag, ns};
use socket2::SockRef;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{Notify, OnceCell, watch};
use tokio::time::{Instant, timeout};
use zeroize::Zeroizing;

use crate::own_id::STREAM;
use crate::pbx_stream::{Goodbye, Login, PbxStream};
use crate::witness::{Witness, Witnesses};

/// Bytes that the PBX may leave unread before the server is no longer listened to.
const UNREAD: usize = 256 * 1024;
/// Bytes that it may leave unread before it is no longer answered either.
const MOST_UNREAD: usize = 4 * 1024 * 1024;
/// Bytes read at once.
const PIECE: usize = 16 * 1024;
/// Bytes handed to the server's side at once.
const BATCH: usize = 16 * 1024;

/// One connection of a PBX.
pub struct Pbx {
    mouth: OwnedWriteHalf,
    /// The address from which the PBX connects.
    pub peer: SocketAddr,
    local: SocketAddr,
    /// What the server knows its stream by, over whatever line it comes.
    pub name: String,
    stream: RefCell<PbxStream>,
    witnesses: Rc<Witnesses>,
    witness: OnceCell<Option<Rc<Witness>>>,
    /// What its socket has not taken yet.
    unread: RefCell<BytesMut>,
    /// Streams that have begun from our side.
    greeted: Cell<u8>,
    /// Steps of its login that it was asked for.
    asked: watch::Sender<usize>,
    /// It has said something more.
    news: Notify,
    /// Its socket did not take all that it is to hear.
    is_full: Notify,
    room: Notify,
}

/// The reading half of the PBX's socket.
pub struct PbxReader(OwnedReadHalf);

/// Why the stream of the PBX ends, from its own side.
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
    pub fn new(
        socket: TcpStream,
        peer: SocketAddr,
        witnesses: &Rc<Witnesses>,
    ) -> std::io::Result<(Self, PbxReader)> {
        socket.set_nodelay(true)?;
        if is_elsewhere(peer) {
            lampfield_tcp::prepare(&socket)?;
        }
        let local = socket.local_addr()?;
        let (ear, mouth) = socket.into_split();
        let pbx = Self {
            mouth,
            peer,
            local,
            name: format!("{:016x}", RandomState::new().hash_one(peer)),
            stream: RefCell::default(),
            witnesses: Rc::clone(witnesses),
            witness: OnceCell::new(),
            unread: RefCell::default(),
            greeted: Cell::new(0),
            asked: watch::Sender::new(1),
            news: Notify::new(),
            is_full: Notify::new(),
            room: Notify::new(),
        };
        Ok((pbx, PbxReader(ear)))
    }

    /// Listens to the PBX until its stream ends.
    pub async fn listen(&self, PbxReader(mut ear): PbxReader) -> PbxEnd {
        // Its login comes through here.
        let mut piece = Zeroizing::new(vec![0; PIECE]);
        loop {
            let Ok(count @ 1..) = ear.read(piece.as_mut_slice()).await else {
                return PbxEnd::Closed;
            };
            // It has Nagle on, and waits for our acknowledgment with what it says next.
            let _ = SockRef::from(ear.as_ref()).set_tcp_quickack(true);
            let mut input = piece.get(..count).unwrap_or_default();
            let heard = self.stream.borrow_mut().hear(&mut input);
            self.answer();
            match heard {
                Ok(None) => self.news.notify_waiters(),
                Ok(Some(Goodbye)) => return PbxEnd::Goodbye,
                Err(error) => return PbxEnd::Refused(error),
            }
        }
    }

    /// Answers what the relay has taken over; not somebody who reads none of it.
    fn answer(&self) {
        let answers = std::mem::take(&mut self.stream.borrow_mut().answers);
        if !answers.is_empty() && self.unread.borrow().len() <= MOST_UNREAD {
            self.write(&answers);
        }
    }

    /// Says something to the PBX; waits while it has much to read.
    pub async fn tell(&self, bytes: &[u8]) {
        while self.unread.borrow().len() > UNREAD {
            self.room.notified().await;
        }
        self.write(bytes);
    }

    /// Writes what its socket takes; the rest waits for [`Self::write_rest`].
    fn write(&self, bytes: &[u8]) {
        let mut unread = self.unread.borrow_mut();
        let written = if unread.is_empty() { self.mouth.try_write(bytes).unwrap_or(0) } else { 0 };
        let rest = bytes.get(written..).unwrap_or_default();
        if !rest.is_empty() {
            unread.extend_from_slice(rest);
            self.is_full.notify_one();
        }
    }

    /// Writes what the PBX's socket did not take at once. Returns when that is broken.
    pub async fn write_rest(&self) {
        loop {
            if self.unread.borrow().is_empty() {
                self.is_full.notified().await;
            }
            if self.mouth.writable().await.is_err() {
                return;
            }
            let mut unread = self.unread.borrow_mut();
            match self.mouth.try_write(&unread) {
                Ok(written) => unread.advance(written),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => return,
            }
            self.room.notify_waiters();
        }
    }

    /// Returns when a PBX on another machine is gone without a word. On this one none goes so, and one that
    /// is only stopped must not count as gone.
    pub async fn cut(&self) {
        match is_elsewhere(self.peer) {
            true => lampfield_tcp::cut(self.mouth.as_ref()).await,
            false => std::future::pending().await,
        }
    }

    /// The last words to the PBX, as far as its socket takes them.
    pub fn dismiss(&self, error: &StreamError) {
        let mut out = self.unread.take().to_vec();
        let stream = self.stream.borrow();
        // An error is part of a stream (RFC 6120 section 4.9.1.2): the login begins a second one.
        if self.greeted.get() <= u8::from(stream.is_let_in) {
            open(&mut out, stream.domain());
        }
        stream_error(&mut out, error);
        stream_close(&mut out);
        let _ = self.mouth.try_write(&out);
    }

    /// The PBX has closed its stream. Says whether it has one to the server, which is then its last.
    pub fn leave(&self) -> bool {
        self.stream.borrow_mut().leave()
    }

    /// Ends that last stream as the PBX would itself, if it did.
    pub fn say_goodbye(&self) {
        self.stream.borrow_mut().say_goodbye();
        self.news.notify_waiters();
    }

    /// The domain that its stream is for, when its first header has come.
    pub async fn domain(&self) -> String {
        self.wait_for(|stream| stream.domain().map(str::to_owned)).await
    }

    /// The server has let it in: it begins its stream anew, and says what it has to say. Returns
    /// when it has begun, and its process is known. Nobody else's is looked for: on a machine with many
    /// it takes its time.
    pub async fn let_in(&self) {
        self.stream.borrow_mut().is_let_in = true;
        self.asked.send_replace(3);
        self.wait_for(|stream| stream.has_begun_anew().then_some(())).await;
        let find = async || self.witnesses.find(self.peer, self.local).await.map(Rc::new);
        self.witness.get_or_init(find).await;
        self.news.notify_waiters();
    }

    /// Its process, once it is let in; none if that cannot be told.
    pub async fn known(&self) -> Option<Rc<Witness>> {
        self.wait_for(|_| self.witness.get().cloned()).await
    }

    /// Its process, as far as it is known.
    pub fn witness(&self) -> Option<Rc<Witness>> {
        self.witness.get().cloned().flatten()
    }

    /// Its login, when it has come.
    pub async fn login(&self) -> Login {
        self.wait_for(|stream| stream.login.clone()).await
    }

    /// The account that its login names, if it has come.
    pub fn account(&self) -> Option<String> {
        self.stream.borrow().account()
    }

    /// Whether its login has come.
    pub fn logs_in(&self) -> bool {
        self.stream.borrow().login.is_some()
    }

    /// Its binding, when it has come.
    pub async fn binding(&self) -> Rc<[u8]> {
        self.wait_for(|stream| stream.binding.clone()).await
    }

    /// Returns when it has taken longer than this with all the steps of its login that it was asked for.
    pub async fn is_late(&self, mut patience: Duration) {
        let mut asked = self.asked.subscribe();
        loop {
            let step = *asked.borrow_and_update();
            let began = Instant::now();
            let taken = self.wait_for(|stream| (stream.steps() >= step).then_some(()));
            if timeout(patience, taken).await.is_err() {
                return;
            }
            patience = patience.saturating_sub(began.elapsed());
            // Its sender is there as long as this PBX.
            let _ = asked.changed().await;
        }
    }

    async fn wait_for<T>(&self, look: impl Fn(&PbxStream) -> Option<T>) -> T {
        loop {
            let more = self.news.notified();
            if let Some(found) = look(&self.stream.borrow()) {
                return found;
            }
            more.await;
        }
    }

    /// Greets the PBX for the server: with PLAIN, and nothing that could not be repeated.
    pub async fn greet(&self, domain: &str, features: impl FnOnce(&mut Vec<u8>)) {
        self.greeted.set(self.greeted.get() + 1);
        self.asked.send_replace(2 * usize::from(self.greeted.get()));
        let mut out = Vec::new();
        open(&mut out, Some(domain));
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
        self.stream.borrow_mut().line_is_up();
    }

    /// The server is gone: what it did not get is said again when it is back. Says whether it was
    /// there.
    pub fn line_is_down(&self) -> bool {
        self.stream.borrow_mut().line_is_down()
    }

    /// Whether the PBX has closed its stream: it is not to come back.
    pub fn is_leaving(&self) -> bool {
        self.stream.borrow().is_leaving()
    }

    /// The server has answered this id.
    pub fn answered(&self, id: &str) {
        self.stream.borrow_mut().answered(id);
    }

    /// How many words of the PBX are kept, to be said again.
    pub fn words(&self) -> usize {
        self.stream.borrow().words.len()
    }

    /// What is to be sent to the server next, when there is something.
    pub async fn outgoing(&self) -> Vec<u8> {
        loop {
            let more = self.news.notified();
            let taken = self.stream.borrow_mut().take(BATCH);
            if !taken.is_empty() {
                return taken;
            }
            more.await;
        }
    }
}

fn is_elsewhere(peer: SocketAddr) -> bool {
    !peer.ip().to_canonical().is_loopback()
}

/// Begins a stream from our side.
fn open(out: &mut Vec<u8>, domain: Option<&str>) {
    let header = StreamOpen {
        content: ns::CLIENT,
        from: domain,
        to: None,
        id: Some(STREAM),
        lang: None,
        version: Some("1.0"),
    };
    header.write(out);
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use tokio::net::TcpListener;
    use tokio::time::sleep;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);
    const HEADER: &str = "<stream:stream xmlns='jabber:client' \
        xmlns:stream='http://etherx.jabber.org/streams' to='example.org' version='1.0'>";
    const LOGIN: &str =
        "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGEAYg==</auth>";

    /// Whether one is late that says this, and that when it has logged in, each after a pause.
    async fn is_late(pause: Duration, first: &str, then: &str) -> bool {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut socket = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (accepted, peer) = listener.accept().await.unwrap();
        let (pbx, ear) = Pbx::new(accepted, peer, &Rc::default()).unwrap();
        let logs_in = async {
            sleep(pause).await;
            socket.write_all(first.as_bytes()).unwrap();
            let domain = pbx.domain().await;
            pbx.greet(&domain, Pbx::mechanisms).await;
            pbx.login().await;
            let goes_on = async {
                sleep(pause).await;
                socket.write_all(then.as_bytes()).unwrap();
            };
            tokio::join!(pbx.let_in(), goes_on);
        };
        let began = Instant::now();
        tokio::select! {
            _ = pbx.listen(ear) => panic!("it is there"),
            () = async { logs_in.await; std::future::pending().await } => {}
            () = pbx.is_late(PATIENCE) => assert!(began.elapsed() >= PATIENCE),
            () = sleep(10 * PATIENCE) => return false,
        }
        true
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_go_on_with_its_login_is_late() {
        let whole = format!("{HEADER}{LOGIN}");
        for (first, then, late) in
            [("", "", true), (HEADER, "", true), (&whole, "", true), (&whole, HEADER, false)]
        {
            assert_eq!(is_late(Duration::ZERO, first, then).await, late, "{first} {then}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn all_steps_together_have_that_time() {
        let whole = format!("{HEADER}{LOGIN}");
        assert!(!is_late(PATIENCE / 3, &whole, HEADER).await);
        assert!(is_late(PATIENCE * 2 / 3, &whole, HEADER).await);
    }
}
