//! Waiting for a turn: a try to log in that comes too early is held until its account and address
//! have one, not refused. It waits no longer than its client does.

use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;

use lampfield_xmpp_stream::BareJid;
use tokio::time::sleep_until;

use super::AccountBook;
use crate::LoginError;
use crate::throttle::{Call, Entry, Looked, Place, Spot, Try};

/// How long a try is held. Longer than the time between two turns, so that whoever is next gets
/// one. COMPAT(asterisk<=22): it waits about 50 s for an answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// The right to look at one try. Dropped without a word about it, it counts as a wrong password:
/// a login that is begun and left costs as much.
#[must_use]
pub struct Turn {
    book: Rc<AccountBook>,
    spot: Spot,
    what: Try,
    looked: Looked,
}

/// One try in a line.
struct Waiting {
    book: Rc<AccountBook>,
    place: Place,
    what: Try,
}

// === impl AccountBook ===

impl AccountBook {
    /// Waits, for up to 15 s, until a proof of the account's password may be looked at that somebody
    /// at `peer` gives (SCRAM, a digest). Say so by [`Turn::right`] if it is right.
    ///
    /// # Errors
    /// [`LoginError::Throttled`] after too many wrong ones.
    pub async fn turn_for_proof(
        self: &Rc<Self>,
        account: &BareJid,
        peer: IpAddr,
    ) -> Result<Turn, LoginError> {
        self.turn(account, peer, Try::Proof).await
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
        what: Try,
    ) -> Result<Turn, LoginError> {
        let entry = self.throttle.borrow_mut().enter(account, peer, what, self.now());
        let turn = match entry {
            Entry::Turn(spot) => Ok(Turn::new(Rc::clone(self), spot, what)),
            Entry::Wrong => Err(LoginError::NotAuthorized),
            Entry::Waits(place) => Waiting { book: Rc::clone(self), place, what }.called().await,
        };
        let is_refused = matches!(turn, Err(LoginError::Throttled));
        if is_refused && self.log_limit.allows("too many wrong passwords", self.whom(account, peer))
        {
            tracing::warn!(%account, %peer, "too many wrong passwords, this try was not looked at");
        }
        turn
    }
}

// === impl Waiting ===

impl Waiting {
    async fn called(mut self) -> Result<Turn, LoginError> {
        let end = self.book.now() + PATIENCE;
        loop {
            let now = self.book.now();
            let opens = self.book.throttle.borrow_mut().serve(self.place.spot, now);
            if now >= end {
                return Err(LoginError::Throttled);
            }
            // A turn that is there and not ours is for others to use and to pass on.
            let wake = opens.filter(|opens| *opens > now).map_or(end, |opens| opens.min(end));
            tokio::select! {
                biased;
                call = &mut self.place.call => return match call {
                    Ok(Call::Turn) => Ok(Turn::new(Rc::clone(&self.book), self.place.spot, self.what)),
                    Ok(Call::Wrong) => Err(LoginError::NotAuthorized),
                    // The line was forgotten for lack of room.
                    Err(_) => Err(LoginError::Throttled),
                },
                () = sleep_until(self.book.started + wake) => {}
            }
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let now = self.book.now();
        self.book.throttle.borrow_mut().leave(&mut self.place, self.what, now);
    }
}

// === impl Turn ===

impl Turn {
    fn new(book: Rc<AccountBook>, spot: Spot, what: Try) -> Self {
        Self { book, spot, what, looked: Looked::InVain }
    }

    /// It was right.
    pub fn right(self) {
        self.end(Looked::Right);
    }

    /// It was wrong.
    pub(super) fn wrong(self) {
        self.end(Looked::Wrong);
    }

    /// Nobody could look at it.
    pub(super) fn unused(self) {
        self.end(Looked::Not);
    }

    fn end(mut self, looked: Looked) {
        self.looked = looked;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let now = self.book.now();
        self.book.throttle.borrow_mut().end(self.spot, self.what, self.looked, now);
    }
}

impl std::fmt::Debug for Turn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Turn").field("spot", &self.spot).finish_non_exhaustive()
    }
}
