//! What a peer has left unread: what it counts for, and what it is refused for it. A large answer
//! that the peer has asked for is reserved for it and does not count.

use std::rc::{Rc, Weak};

use super::{BufferFull, Crowded, Link, LinkLimits};

impl Link {
    /// The socket is full, and more is to be written: it counts with what all have left unread.
    pub(super) fn note_arrear(&self, number: usize) {
        let arrears = &self.flusher.arrears;
        arrears.note(number, self.left_unread());
        while let Some(worst) = arrears.worst() {
            tracing::warn!(
                code = "unread-total", peer = %worst.peer, unread = worst.left_unread(),
                "connection given up: all clients together have left more than {} bytes unread, \
                 this one the most",
                arrears.limit()
            );
            worst.fail();
        }
    }

    /// Bytes of memory that the peer keeps us from freeing; what it has asked for is reserved for it.
    pub(super) fn left_unread(&self) -> usize {
        self.out.borrow().held().saturating_sub(self.asked_for.get())
    }

    pub(super) fn settle_arrear(&self) {
        if let Some(number) = self.arrear.take() {
            self.flusher.arrears.leave(number);
        }
    }

    /// Whether the peer has left so much unread that it should read before it is listened to.
    pub fn is_in_arrears(&self) -> bool {
        self.arrear.get().is_some() && self.out.borrow().len() > self.fair_share()
    }

    fn fair_share(&self) -> usize {
        let LinkLimits { comfortable, most } = self.limits;
        self.flusher.arrears.share().min(most / 2).max(comfortable)
    }

    /// Waits until the peer has read much of what it had left unread.
    pub async fn caught_up(&self) {
        while self.is_in_arrears() && !self.failed.get() {
            self.held_up.set(true);
            self.is_awaited.set(true);
            self.relieved.notified().await;
        }
    }

    /// The socket takes no more. Until it does, appending is all that is done for it.
    pub(super) fn is_full(&self) {
        if self.failed.get() {
            return;
        }
        let arrears = &self.flusher.arrears;
        let number = self.arrear.get().unwrap_or_else(|| arrears.join(Weak::clone(&self.me)));
        self.arrear.set(Some(number));
        self.is_awaited.set(true);
        self.attention.notify_one();
        self.note_arrear(number);
    }

    /// Bytes that the answer to a question of the peer's own may have now, if
    /// [`Link::send_answer`] follows at once. Usually [`LARGEST_ANSWER`](super::LARGEST_ANSWER);
    /// less while the peer has not read the large answer before, or others have borrowed the rest.
    pub fn answer_room(&self) -> usize {
        if self.asked_for.get() > 0 {
            // Perhaps it would read, and only this turn has kept it from doing so.
            self.flush();
        }
        let large = if self.asked_for.get() == 0 { self.flusher.memory.most() } else { 0 };
        large.max(self.ordinary_room())
    }

    /// Answers may use half of what may be left unread, so that they alone never use it up.
    fn ordinary_room(&self) -> usize {
        let unread = self.out.borrow().len().saturating_sub(self.asked_for.get());
        (self.limits.most / 2).saturating_sub(unread)
    }

    /// Appends the answer to a question of the peer's own, one element. A large one, which borrows from the
    /// total for all connections until it is read, is not counted as left unread; there is at most
    /// one on each link.
    ///
    /// # Errors
    /// [`Crowded`] when it exceeds [`Link::answer_room`]; nothing was appended.
    pub fn send_answer(self: &Rc<Self>, answer: Vec<u8>) -> Result<(), Crowded> {
        if self.failed.get() {
            return Ok(());
        }
        if answer.len() <= self.ordinary_room() {
            return self.send(&answer).map_err(|BufferFull| Crowded);
        }
        if self.asked_for.get() > 0 {
            return Err(Crowded);
        }
        let reservation = self.flusher.memory.reserve(answer.len()).ok_or(Crowded)?;
        let answer = self.framed(answer);
        let mut out = self.out.borrow_mut();
        out.push_large(answer, &self.flusher.pool);
        self.asked_for.set(out.len());
        *self.reservation.borrow_mut() = Some(reservation);
        drop(out);
        self.touch();
        Ok(())
    }

    /// The large answer, if there is one, comes to its end some time, and its reservation with it.
    pub(super) fn note_written(&self, count: usize) {
        let left = self.asked_for.get();
        if left > 0 {
            self.asked_for.set(left.saturating_sub(count));
            if count >= left {
                self.reservation.take();
            }
        }
    }
}
