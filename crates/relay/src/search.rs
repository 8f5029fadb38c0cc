//! Finds a server among the targets. Each is tried again and again by itself, so that one that is
//! silent keeps none of the others; a later one begins when the one before has failed or been silent for
//! a while, so that an earlier one is used where it can be.

use std::cell::RefCell;
use std::time::Duration;

use futures_util::future::select_all;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use crate::dial::Address;
use crate::server::{LineError, Open, open};
use crate::settings::{Settings, Target};
use crate::vain::Vain;

/// The pause after the first try that failed, and after many.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_millis(500));
/// How long a target may be silent before the next one is tried as well. A login on a line with a round
/// trip of 300 ms has come that far.
const HEAD_START: Duration = Duration::from_secs(2);

/// Where the servers are, and where they were found before.
pub struct Search<'a> {
    settings: &'a Settings,
    domain: &'a str,
    addresses: Vec<Option<Address>>,
}

/// The tries at one target.
struct Tries<'a, 'f> {
    settings: &'a Settings,
    domain: &'a str,
    target: &'a Target,
    before: &'f mut Option<Address>,
    /// The first of them has failed.
    failed: &'f Notify,
    vain: &'f RefCell<Vain>,
    /// There is nothing else, and it has never been of use.
    is_all: bool,
}

// === impl Search ===

impl<'a> Search<'a> {
    /// For a server of this domain.
    pub fn new(settings: &'a Settings, domain: &'a str) -> Self {
        Self { settings, domain, addresses: vec![None; settings.targets.len()] }
    }

    /// Opens a connection to one of them, and says to which; notes what was in vain.
    ///
    /// # Errors
    /// The only target is one that a relay cannot be used with, and it `is_new`.
    pub async fn find(
        &mut self,
        vain: &RefCell<Vain>,
        is_new: bool,
    ) -> Result<(Open, &'a Target), LineError> {
        let Self { settings, domain, ref mut addresses } = *self;
        let is_all = is_new && settings.targets.len() == 1;
        let failed: Vec<_> = settings.targets.iter().map(|_| Notify::new()).collect();
        let mut former: Option<&Notify> = None;
        let mut all = Vec::new();
        for ((target, before), failed) in settings.targets.iter().zip(addresses).zip(&failed) {
            let tries = Tries { settings, domain, target, before, failed, vain, is_all };
            all.push(Box::pin(tries.run(all.len(), former.replace(failed))));
        }
        select_all(all).await.0
    }
}

// === impl Tries ===

impl<'a> Tries<'a, '_> {
    async fn run(
        self,
        place: usize,
        former: Option<&Notify>,
    ) -> Result<(Open, &'a Target), LineError> {
        if let Some(former) = former {
            let patience = HEAD_START * u32::try_from(place).unwrap_or(u32::MAX);
            let _ = timeout(patience, former.notified()).await;
        }
        let mut pause = PAUSE.0;
        loop {
            match open(self.target, self.before, &self.settings.trust, self.domain).await {
                Ok(open) => return Ok((open, self.target)),
                Err(error @ LineError::NoTls) if self.is_all => return Err(error),
                Err(error) => self.vain.borrow_mut().note(self.target, &error),
            }
            self.failed.notify_one();
            sleep(pause).await;
            pause = (pause * 2).min(PAUSE.1);
        }
    }
}
