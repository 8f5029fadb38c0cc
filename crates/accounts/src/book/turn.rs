//! Waiting for a turn: a try to log in that comes too early is held until its account and address
//! have one, not refused. It waits no longer than its client does.

use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;

use lampfield_xmpp_stream::BareJid;
use tokio::time::sleep_until;

use super::AccountBook;
use crate::LoginError;
use crate::throttle::{LoginTry, QueueKey, ThrottleEntry, TryOutcome, TurnCall, WaitHandle};

/// How long a try is held. Longer than the time between two turns, so that whoever is next gets
/// one. COMPAT(asterisk<=22): it waits about 50 s for an answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// The right to look at one try. Dropped without a word about it, it counts as a wrong password:
/// a login that is begun and left costs as much.
#[must_use]
pub struct LoginTurn {
    book: Rc<AccountBook>,
    queue_key: QueueKey,
    what: LoginTry,
    outcome: TryOutcome,
}

/// One try in a queue. Dropped, it leaves its place to others.
struct LoginWait {
    book: Rc<AccountBook>,
    handle: WaitHandle,
    what: LoginTry,
}

// === impl AccountBook ===

impl AccountBook {
    /// Waits, for up to 15 s, until a proof of the account's password may be looked at that somebody
    /// at `peer` gives (SCRAM, a digest). If it is right, say so by
    /// [`LoginTurn::right`]; a turn that is dropped counts as a wrong one.
    ///
    /// # Errors
    /// [`LoginError::Throttled`] after too many wrong ones.
    pub async fn turn_for_proof(
        self: &Rc<Self>,
        account: &BareJid,
        peer: IpAddr,
    ) -> Result<LoginTurn, LoginError> {
        self.turn(account, peer, LoginTry::Proof).await
    }

    /// Waits until the try may be looked at.
    ///
    /// # Errors
    /// [`LoginError::Throttled`] if no turn comes because of all that is tried from this
    /// address for this account, [`LoginError::NotAuthorized`] if the password is known to be wrong.
    pub(super) async fn turn(
        self: &Rc<Self>,
        account: &BareJid,
        peer: IpAddr,
        what: LoginTry,
    ) -> Result<LoginTurn, LoginError> {
        let entry = self.throttle.borrow_mut().enter(account, peer, what, self.now());
        let turn = match entry {
            ThrottleEntry::Turn(queue_key) => Ok(LoginTurn::new(Rc::clone(self), queue_key, what)),
            ThrottleEntry::Wrong => Err(LoginError::NotAuthorized),
            ThrottleEntry::Waits(handle) => {
                LoginWait { book: Rc::clone(self), handle, what }.called().await
            }
        };
        let is_refused = matches!(turn, Err(LoginError::Throttled));
        if is_refused && self.log_limit.allows("too many wrong passwords", self.whom(account, peer))
        {
            tracing::warn!(%account, %peer, "too many wrong passwords, this attempt was not checked");
        }
        turn
    }
}

// === impl LoginWait ===

impl LoginWait {
    async fn called(mut self) -> Result<LoginTurn, LoginError> {
        let end = self.book.now() + PATIENCE;
        loop {
            let now = self.book.now();
            let opens = self.book.throttle.borrow_mut().serve(self.handle.queue_key, now);
            if now >= end {
                return Err(LoginError::Throttled);
            }
            // A turn that is there and not ours is for others to use and to pass on.
            let wake = opens.filter(|opens| *opens > now).map_or(end, |opens| opens.min(end));
            tokio::select! {
                biased;
                call = &mut self.handle.call => return match call {
                    Ok(TurnCall::Turn) => Ok(self.turn()),
                    Ok(TurnCall::Wrong) => Err(LoginError::NotAuthorized),
                    // The queue was forgotten for lack of room.
                    Err(_) => Err(LoginError::Throttled),
                },
                () = sleep_until(self.book.started + wake) => {}
            }
        }
    }

    fn turn(&self) -> LoginTurn {
        LoginTurn::new(Rc::clone(&self.book), self.handle.queue_key, self.what)
    }
}

impl Drop for LoginWait {
    fn drop(&mut self) {
        let now = self.book.now();
        self.book.throttle.borrow_mut().leave(&mut self.handle, self.what, now);
    }
}

// === impl LoginTurn ===

impl LoginTurn {
    fn new(book: Rc<AccountBook>, queue_key: QueueKey, what: LoginTry) -> Self {
        Self { book, queue_key, what, outcome: TryOutcome::Abandoned }
    }

    /// What was looked at was right: the turn costs nothing, and the next one begins at once.
    pub fn right(self) {
        self.end(TryOutcome::Right);
    }

    /// The password or proof was wrong: the turn counts against its queue.
    pub(super) fn wrong(self) {
        self.end(TryOutcome::Wrong);
    }

    /// Nobody could look at it, for example because the hashing threads were busy: it costs nothing.
    pub(super) fn unused(self) {
        self.end(TryOutcome::NotChecked);
    }

    fn end(mut self, outcome: TryOutcome) {
        self.outcome = outcome;
    }
}

impl Drop for LoginTurn {
    fn drop(&mut self) {
        let now = self.book.now();
        self.book.throttle.borrow_mut().end(self.queue_key, self.what, self.outcome, now);
    }
}

impl std::fmt::Debug for LoginTurn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoginTurn").field("queue_key", &self.queue_key).finish_non_exhaustive()
    }
}
