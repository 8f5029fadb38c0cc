//! One connection's transport with what is still to be written to it.

mod framed;
mod unread;

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::rc::{Rc, Weak};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::answer_memory::Reservation;
use super::flusher::Flusher;
#[cfg(test)]
use super::messages;
use super::outbox::Outbox;
use super::tls::TlsSettings;
use super::transport::{Framing, Security, Transport};

/// Bytes written to one socket before others get their turn.
const AT_ONCE: usize = 256 * 1024;

/// A peer that has said nothing for so long is between two bursts.
const QUIET: Duration = Duration::from_secs(2);

/// How much a connection may leave unread.
#[derive(Debug, Clone, Copy)]
pub struct LinkLimits {
    /// Bytes above which telephony changes are kept back and only the newest of each sent later.
    pub comfortable: usize,
    /// Bytes above which the connection is given up: its peer does not read. A large answer that it
    /// has asked for does not count (see [`Link::send_answer`]).
    pub most: usize,
}

/// The connection's output buffer is at its limit; the connection will be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the peer does not read: its output buffer is full")]
pub struct BufferFull;

/// The peer has much to read already; nothing more was appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the recipient has too much to read for now")]
pub struct Crowded;

/// A transport and its output buffer. Shared between the task that reads it and everyone who sends to
/// it; all on one thread.
pub struct Link {
    transport: Box<dyn Transport>,
    framing: Framing,
    /// What [`Transport::may_keep_back`] said last.
    may_keep_back: Cell<bool>,
    peer: SocketAddr,
    out: RefCell<Outbox>,
    /// How much of `out` ends with a large answer. It does not count as left unread.
    asked_for: Cell<usize>,
    /// What that answer has borrowed.
    reservation: RefCell<Option<Reservation>>,
    touched: Cell<bool>,
    /// Its number in the arrears while its socket is full.
    arrear: Cell<Option<usize>>,
    me: Weak<Self>,
    /// Somebody was told that there is no room and waits for it.
    crowded: Cell<bool>,
    /// Whether anything at all is to follow from a flush that writes everything.
    is_awaited: Cell<bool>,
    failed: Cell<bool>,
    interrupted: Cell<bool>,
    /// Wakes the connection's own task: the socket is full, or there is a reason to end.
    attention: Notify,
    /// Somebody waits in [`Link::caught_up`], and wakes by this.
    held_up: Cell<bool>,
    relieved: Notify,
    /// The flusher knows that there is room for more.
    resumed: Cell<bool>,
    /// When bytes last came in.
    heard: Cell<Instant>,
    /// Bytes that have come in.
    received: Cell<usize>,
    limits: LinkLimits,
    flusher: Rc<Flusher>,
}

// === impl Link ===

impl Link {
    /// A link over a transport whose other side has this address.
    pub fn new(
        transport: Box<dyn Transport>,
        peer: SocketAddr,
        limits: LinkLimits,
        flusher: Rc<Flusher>,
    ) -> Rc<Self> {
        Rc::new_cyclic(|me| Self {
            me: Weak::clone(me),
            framing: transport.framing(),
            may_keep_back: Cell::new(transport.may_keep_back()),
            transport,
            peer,
            out: RefCell::default(),
            asked_for: Cell::new(0),
            reservation: RefCell::new(None),
            touched: Cell::new(false),
            arrear: Cell::new(None),
            crowded: Cell::new(false),
            is_awaited: Cell::new(false),
            interrupted: Cell::new(false),
            failed: Cell::new(false),
            attention: Notify::new(),
            held_up: Cell::new(false),
            relieved: Notify::new(),
            resumed: Cell::new(false),
            heard: Cell::new(Instant::now()),
            received: Cell::new(0),
            limits,
            flusher,
        })
    }

    /// The address of the other side.
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Appends one element to be written at the end of this turn. Never waits.
    ///
    /// # Errors
    /// [`BufferFull`] when the peer has left more unread than its limit; the link then fails.
    pub fn send(self: &Rc<Self>, bytes: &[u8]) -> Result<(), BufferFull> {
        self.send_parts(bytes, &[])
    }

    /// Appends one element that comes in two parts, such as a subscriber's own head and a shared tail.
    ///
    /// # Errors
    /// As [`Link::send`].
    pub fn send_parts(self: &Rc<Self>, head: &[u8], tail: &[u8]) -> Result<(), BufferFull> {
        #[cfg(test)]
        assert!(messages::is_one_element(head, tail), "one element at a time");
        match self.framing {
            Framing::Stream => self.append(head, tail),
            Framing::Messages => self.append_message(head, tail),
        }
    }

    /// Appends bytes as they are.
    #[inline]
    fn append(self: &Rc<Self>, head: &[u8], tail: &[u8]) -> Result<(), BufferFull> {
        if self.failed.get() {
            return Ok(());
        }
        let mut out = self.out.borrow_mut();
        if out.len() - self.asked_for.get() + head.len() + tail.len() > self.limits.most {
            drop(out);
            self.fail();
            return Err(BufferFull);
        }
        out.push(head, tail, &self.flusher.pool);
        drop(out);
        self.touch();
        Ok(())
    }

    fn touch(self: &Rc<Self>) {
        if let Some(number) = self.arrear.get() {
            self.note_arrear(number);
        } else if !self.touched.replace(true) {
            self.flusher.touch(Rc::clone(self));
        }
    }

    /// Appends what somebody else wants said, where that leaves room for what the server itself
    /// has to say: others cannot use a link up.
    ///
    /// # Errors
    /// [`Crowded`] when more than half of what is comfortable waits to be written; the link goes on.
    pub fn try_send(self: &Rc<Self>, bytes: &[u8]) -> Result<(), Crowded> {
        let comfortable = self.limits.comfortable / 2;
        if self.out.borrow().len() > comfortable {
            // Perhaps only this turn has made it so much.
            self.flush();
        }
        let waiting = self.out.borrow().len();
        if waiting > comfortable || waiting + bytes.len() > self.limits.most {
            return Err(Crowded);
        }
        self.send(bytes).map_err(|BufferFull| Crowded)
    }

    /// Whether telephony changes should be kept back for now. Who is told so is woken through
    /// [`Flusher::roomy`] when everything has been written.
    pub fn is_crowded(&self) -> bool {
        let crowded = self.out.borrow().len() > self.limits.comfortable;
        if crowded {
            self.crowded.set(true);
            self.is_awaited.set(true);
        }
        crowded
    }

    /// Whether nothing waits to be written.
    pub fn is_drained(&self) -> bool {
        self.out.borrow().is_empty() && self.transport.try_flush().is_ok()
    }

    /// Writes as much as the socket takes now; the rest waits for [`Link::attend`].
    pub fn flush(&self) {
        self.touched.set(false);
        let mut out = self.out.borrow_mut();
        let written = self.write_out(&mut out);
        let left = out.len();
        drop(out);
        // The hot path: everything is written, and nobody waits for that.
        if written.is_err() || left > 0 || self.is_awaited.get() {
            self.flushed(written, left);
        }
    }

    /// What is to follow from a flush that has left so much over, or for which somebody waits.
    #[cold]
    fn flushed(&self, written: io::Result<()>, left: usize) {
        match written {
            Ok(()) if left == 0 => self.settle_arrear(),
            Ok(()) => self.go_on(),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.is_full(),
            Err(_) => self.fail(),
        }
        // Half of what is comfortable: a peer that reads steadily is topped up in good time.
        if left <= self.limits.comfortable / 2 {
            if self.held_up.replace(false) {
                self.relieved.notify_one();
            }
            if self.crowded.replace(false) {
                self.flusher.roomy.notify_one();
            }
        }
        let awaited = self.arrear.get().is_some() || self.held_up.get() || self.crowded.get();
        self.is_awaited.set(awaited);
    }

    /// Goes on with what was left over.
    pub(super) fn resume(&self) {
        self.resumed.set(false);
        if !self.failed.get() {
            self.flush();
        }
    }

    /// Asks the flusher to go on when it has time.
    fn go_on(&self) {
        if !self.resumed.get()
            && let Some(me) = self.me.upgrade()
        {
            self.resumed.set(true);
            self.flusher.resume(me);
        }
    }

    /// Some may be left over without an error: then it is somebody else's turn.
    fn write_out(&self, out: &mut Outbox) -> io::Result<()> {
        let mut sum = 0;
        while !out.is_empty() && sum < AT_ONCE {
            let count = self.transport.try_write(out.rest())?;
            out.advance(count, &self.flusher.pool);
            self.note_written(count);
            sum += count;
        }
        if self.may_keep_back.get() { self.transport.try_flush() } else { Ok(()) }
    }

    /// Reads what has arrived. `Ok(0)`: the peer has closed.
    ///
    /// # Errors
    /// As [`Transport::try_read`].
    pub fn try_read(&self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.transport.try_read(into);
        if let Ok(count) = read {
            self.heard.set(Instant::now());
            self.received.set(self.received.get().saturating_add(count));
        }
        read
    }

    /// Bytes of the streams that have come in.
    pub fn received(&self) -> usize {
        self.received.get()
    }

    /// How long the peer has said nothing.
    pub fn silence(&self) -> Duration {
        self.heard.get().elapsed()
    }

    /// Whether the peer may be asked something. COMPAT(asterisk<=22): the thread that reads its stream
    /// answers, while those that publish write into the same TLS session without a lock.
    pub fn is_quiet(&self) -> bool {
        self.silence() >= QUIET
    }

    /// As if nothing had come in for so long.
    #[cfg(test)]
    pub fn fall_silent(&self, silence: Duration) {
        self.heard.set(Instant::now().checked_sub(silence).unwrap());
    }

    /// Waits until [`Link::try_read`] is worth calling.
    ///
    /// # Errors
    /// The line is gone.
    pub async fn readable(&self) -> io::Result<()> {
        poll_fn(|task| self.transport.poll_readable(task)).await
    }

    async fn writable(&self) -> io::Result<()> {
        poll_fn(|task| self.transport.poll_writable(task)).await
    }

    /// Serves the writing side while the connection's task waits for something else: tells the
    /// flusher when a full socket takes more. Returns only when the link has failed or is
    /// interrupted.
    pub async fn attend(&self) {
        while !self.failed.get() && !self.interrupted.get() {
            tokio::select! {
                () = self.attention.notified() => {}
                writable = self.writable(), if self.waits_for_room() => match writable {
                    Ok(()) => self.go_on(),
                    Err(_) => self.fail(),
                },
            }
        }
    }

    /// Returns when the line has been cut silently, as far as the transport can know.
    pub async fn cut(&self) {
        self.transport.cut().await;
    }

    /// Whether the socket was full, and the flusher does not know yet that it no longer is.
    fn waits_for_room(&self) -> bool {
        self.arrear.get().is_some() && !self.resumed.get()
    }

    /// Waits until everything is written, or the link has failed or is interrupted.
    pub async fn drained(&self) {
        self.flush();
        while !self.failed.get() && !self.interrupted.get() && !self.is_drained() {
            if self.writable().await.is_err() {
                self.fail();
            }
            self.flush();
        }
    }

    /// Makes [`Link::attend`] return: somebody else wants the connection to end.
    pub fn interrupt(&self) {
        self.interrupted.set(true);
        self.attention.notify_one();
    }

    /// Whether [`Link::start_tls`] may be called.
    pub fn can_start_tls(&self) -> bool {
        self.transport.can_start_tls()
    }

    /// Puts TLS on the link. Everything sent before must have been flushed.
    ///
    /// # Errors
    /// As [`Transport::start_tls`].
    pub fn start_tls(&self, settings: &TlsSettings) -> Result<(), rustls::Error> {
        self.transport.start_tls(settings)?;
        self.may_keep_back.set(self.transport.may_keep_back());
        Ok(())
    }

    /// What protects what is read and written.
    pub fn security(&self) -> Security {
        self.transport.security()
    }

    /// Whether nobody on the path can read along.
    pub fn is_encrypted(&self) -> bool {
        self.security() != Security::None
    }

    /// The `tls-exporter` channel binding of RFC 9266, with TLS 1.3.
    pub fn channel_binding(&self) -> Option<[u8; 32]> {
        self.transport.exporter()
    }

    /// Gives the link up: nothing more is read or written, and its task ends.
    pub fn fail(&self) {
        if !self.failed.replace(true) {
            // The peer is told now, not when the last holder of the link has let go of it.
            self.transport.shut_down();
        }
        self.out.take();
        self.asked_for.set(0);
        self.reservation.take();
        self.settle_arrear();
        self.relieved.notify_one();
        self.attention.notify_one();
    }

    /// Whether the link was given up.
    #[cfg(test)]
    pub fn has_failed(&self) -> bool {
        self.failed.get()
    }

    /// Ends an orderly conversation: waits up to `patience` for the rest to be written, then
    /// says goodbye. What is beneath closes when the last holder drops the link.
    pub async fn finish(&self, patience: Duration) {
        self.interrupted.set(false);
        let _ = tokio::time::timeout(patience, self.drained()).await;
        self.transport.say_goodbye();
        self.failed.set(true);
        self.settle_arrear();
        self.transport.shut_down();
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.settle_arrear();
    }
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("peer", &self.peer).finish_non_exhaustive()
    }
}
