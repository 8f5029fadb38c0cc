//! How long somebody who has not logged in may stay.

use std::time::Duration;

use lampfield_xmpp_stream::{StreamCondition, StreamError};
use tokio::time::Instant;

/// How long a client may take to try again after a failed login. COMPAT(asterisk<=22): it says
/// nothing more after a failure, and comes back sooner when its connection is closed.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// By when the login must be complete, and by when the next try must come.
#[derive(Debug)]
pub(super) struct Deadline {
    limit: Duration,
    login: Instant,
    try_again: Option<Instant>,
}

// === impl Deadline ===

impl Deadline {
    pub(super) fn within(limit: Duration) -> Self {
        Self { limit, login: Instant::now() + limit, try_again: None }
    }

    /// The moment at which the connection is closed, whichever of the two comes first.
    pub(super) fn at(&self) -> Instant {
        self.try_again.map_or(self.login, |again| again.min(self.login))
    }

    /// What a client is told that has missed it.
    pub(super) fn missed(&self) -> StreamError {
        let text = match self.try_again {
            Some(again) if again < self.login => {
                "no further attempt after a failed login".to_owned()
            }
            _ => format!("no login within {} s", self.limit.as_secs()),
        };
        StreamCondition::ConnectionTimeout.with(text)
    }

    /// We have let the client wait: that is not its time.
    pub(super) fn extend(&mut self, waited: Duration) {
        self.login += waited;
    }

    /// A try has failed: the next one must come within [`AFTER_FAILURE`].
    pub(super) fn failed(&mut self) {
        self.try_again = Some(Instant::now() + AFTER_FAILURE);
    }

    /// The client has tried again in time: the time of the login alone counts.
    pub(super) fn tried_again(&mut self) {
        self.try_again = None;
    }
}
