//! One connection's socket with what is still to be written to it.

mod unread;

use std::cell::{Cell, RefCell};
use std::io;
use std::net::SocketAddr;
use std::rc::{Rc, Weak};
use std::time::{Duration, Instant};

use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::sync::Notify;

use super::answer_memory::Reservation;
use super::flusher::Flusher;
use super::outbox::Outbox;
use super::tls::{Tls, TlsSettings};

/// Bytes that the kernel takes from us before the peer is ready for them. More would only lie there,
/// where the newest cannot replace the old and nobody counts it (tcp(7), `TCP_NOTSENT_LOWAT`).
const NOT_SENT: u32 = 128 * 1024;
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

/// A socket, perhaps under TLS, and its output buffer. Shared between the task that reads it and
/// everyone who sends to it; all on one thread.
pub struct Link {
    socket: TcpStream,
    peer: SocketAddr,
    tls: RefCell<Option<Tls>>,
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
    /// Takes over an accepted socket: no Nagle delay, and set up for [`Link::cut`].
    pub fn new(
        socket: TcpStream,
        peer: SocketAddr,
        limits: LinkLimits,
        flusher: Rc<Flusher>,
    ) -> io::Result<Rc<Self>> {
        lampfield_tcp::prepare(&socket)?;
        let options = SockRef::from(&socket);
        options.set_tcp_notsent_lowat(NOT_SENT)?;
        Ok(Rc::new_cyclic(|me| Self {
            me: Weak::clone(me),
            socket,
            peer,
            tls: RefCell::new(None),
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
        }))
    }

    /// The address of the other side.
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Appends bytes to be written at the end of this turn. Never waits.
    ///
    /// # Errors
    /// [`BufferFull`] when the peer has left more unread than its limit; the link then fails.
    pub fn send(self: &Rc<Self>, bytes: &[u8]) -> Result<(), BufferFull> {
        self.send_parts(bytes, &[])
    }

    /// Appends two byte strings as one, such as a subscriber's own head and a shared tail.
    ///
    /// # Errors
    /// As [`Link::send`].
    pub fn send_parts(self: &Rc<Self>, head: &[u8], tail: &[u8]) -> Result<(), BufferFull> {
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
        self.out.borrow().is_empty() && self.tls.borrow().as_ref().is_none_or(|t| !t.is_blocked())
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
        let mut tls = self.tls.borrow_mut();
        let mut sum = 0;
        while !out.is_empty() && sum < AT_ONCE {
            let count = match tls.as_mut() {
                Some(tls) => tls.write(&self.socket, out.rest()),
                None => self.socket.try_write(out.rest()),
            }?;
            out.advance(count, &self.flusher.pool);
            self.note_written(count);
            sum += count;
        }
        tls.as_mut().map_or(Ok(()), |tls| tls.push(&self.socket))
    }

    /// Reads what has arrived. `WouldBlock`: nothing. `Ok(0)`: the peer has closed.
    pub fn try_read(&self, into: &mut [u8]) -> io::Result<usize> {
        let read = match self.tls.borrow_mut().as_mut() {
            Some(tls) => tls.read(&self.socket, into),
            None => self.socket.try_read(into),
        };
        if let Ok(count) = read {
            self.heard.set(Instant::now());
            self.received.set(self.received.get().saturating_add(count));
        }
        read
    }

    /// Bytes that have come in, TLS taken off.
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
    pub async fn readable(&self) -> io::Result<()> {
        self.socket.readable().await
    }

    /// Serves the writing side while the connection's task waits for something else: tells the
    /// flusher when a full socket takes more. Returns only when the link has failed or is
    /// interrupted.
    pub async fn attend(&self) {
        while !self.failed.get() && !self.interrupted.get() {
            tokio::select! {
                () = self.attention.notified() => {}
                writable = self.socket.writable(), if self.waits_for_room() => match writable {
                    Ok(()) => self.go_on(),
                    Err(_) => self.fail(),
                },
            }
        }
    }

    /// Returns when the line has been cut silently, at the latest 12 s after it was.
    pub async fn cut(&self) {
        lampfield_tcp::cut(&self.socket).await;
    }

    /// Whether the socket was full, and the flusher does not know yet that it no longer is.
    fn waits_for_room(&self) -> bool {
        self.arrear.get().is_some() && !self.resumed.get()
    }

    /// Waits until everything is written, or the link has failed or is interrupted.
    pub async fn drained(&self) {
        self.flush();
        while !self.failed.get() && !self.interrupted.get() && !self.is_drained() {
            if self.socket.writable().await.is_err() {
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

    /// Puts TLS on the link. Everything sent before must have been flushed.
    ///
    /// # Errors
    /// Whatever rustls finds wrong with its settings.
    pub fn start_tls(&self, settings: &TlsSettings) -> Result<(), rustls::Error> {
        *self.tls.borrow_mut() = Some(Tls::accept(settings)?);
        Ok(())
    }

    /// Whether what is read and written goes through TLS.
    pub fn has_tls(&self) -> bool {
        self.tls.borrow().is_some()
    }

    /// The `tls-exporter` channel binding of RFC 9266, with TLS 1.3.
    pub fn channel_binding(&self) -> Option<[u8; 32]> {
        self.tls.borrow().as_ref().and_then(Tls::exporter)
    }

    /// Gives the link up: nothing more is read or written, and its task ends.
    pub fn fail(&self) {
        if !self.failed.replace(true) {
            // The peer is told now, not when the last holder of the link has let go of it.
            let _ = SockRef::from(&self.socket).shutdown(std::net::Shutdown::Both);
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
    /// says goodbye in TLS. The socket closes when the last holder drops the link.
    pub async fn finish(&self, patience: Duration) {
        self.interrupted.set(false);
        let _ = tokio::time::timeout(patience, self.drained()).await;
        if let Some(tls) = self.tls.borrow_mut().as_mut() {
            tls.close(&self.socket);
        }
        self.failed.set(true);
        self.settle_arrear();
        let _ = SockRef::from(&self.socket).shutdown(std::net::Shutdown::Both);
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
