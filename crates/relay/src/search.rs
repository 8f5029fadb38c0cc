//! Finds a server among the targets. Each is tried again and again by itself, so that one that is
//! silent keeps none of the others; a later one begins when the one before has failed or been silent for
//! a while, so that an earlier one is used where it can be.

use std::cell::RefCell;
use std::time::Duration;

use futures_util::future::select_all;
use tokio::sync::Notify;
use tokio::time::{sleep, sleep_until, timeout};

use crate::answers::Answers;
use crate::dial::Before;
use crate::lines::Lines;
use crate::refused::Refused;
use crate::server::{LineError, Open, open};
use crate::settings::Settings;
use crate::target::Target;
use crate::trust::Trust;
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
    lines: &'a Lines,
    found: Vec<Before>,
    /// The place of the target that has the head start.
    first: usize,
    answers: Answers<'a>,
}

/// The tries at one target.
struct Tries<'a, 'f> {
    trust: &'a Trust,
    lines: &'a Lines,
    domain: &'a str,
    /// Which one it is.
    place: usize,
    target: &'a Target,
    before: &'f mut Before,
    /// The first of them has failed.
    failed: &'f Notify,
    vain: &'f RefCell<Vain<'a>>,
    answers: &'f Answers<'a>,
    /// Nobody has been of use to the PBX.
    is_new: bool,
}

// === impl Search ===

impl<'a> Search<'a> {
    /// For a server of this domain.
    pub fn new(settings: &'a Settings, domain: &'a str, lines: &'a Lines) -> Self {
        let found = vec![Before::default(); settings.targets.len()];
        let answers = Answers::new(settings, lines);
        Self { settings, domain, lines, found, first: 0, answers }
    }

    /// Whether the one that was found was of use: else the next one has the head start, and the next
    /// address of each.
    pub fn was_of_use(&mut self, is_so: bool) {
        self.found.iter_mut().for_each(|before| before.is_in_vain |= !is_so);
        self.first = if is_so { 0 } else { (self.first + 1) % self.settings.targets.len().max(1) };
    }

    /// The one that was found has given a final answer. That is the PBX's as well if no other one is left, else
    /// it is noted as in vain.
    pub fn refuse(
        &self,
        target: &'a Target,
        refused: Refused,
        vain: &RefCell<Vain<'a>>,
    ) -> Option<Refused> {
        let is_it = |one: &Target| std::ptr::eq(one, target);
        let place = self.settings.targets.iter().position(is_it).unwrap_or_default();
        refuse(&self.answers, place, target, refused, vain)
    }

    /// Opens a connection to one of them, and says to which; notes what was in vain.
    ///
    /// # Errors
    /// No server that answers has TLS, and none ever had; or none can be of use, and the PBX `is_new`.
    pub async fn find(
        &mut self,
        vain: &RefCell<Vain<'a>>,
        is_new: bool,
    ) -> Result<(Open, &'a Target), Refused> {
        let Self { settings, domain, lines, ref mut found, first, ref answers } = *self;
        let failed: Vec<_> = settings.targets.iter().map(|_| Notify::new()).collect();
        let mut former: Option<&Notify> = None;
        let mut all = Vec::new();
        let mut targets: Vec<_> =
            settings.targets.iter().zip(found).zip(&failed).enumerate().collect();
        targets.rotate_left(first);
        for (place, ((target, before), failed)) in targets {
            let trust = &settings.trust;
            let tries = Tries {
                trust,
                lines,
                domain,
                place,
                target,
                before,
                failed,
                vain,
                answers,
                is_new,
            };
            all.push(Box::pin(tries.run(all.len(), former.replace(failed))));
        }
        select_all(all).await.0
    }
}

fn refuse(
    answers: &Answers<'_>,
    place: usize,
    target: &Target,
    refused: Refused,
    vain: &RefCell<Vain<'_>>,
) -> Option<Refused> {
    if answers.are_of_one() || refused.is_of_the_account() {
        return Some(refused);
    }
    let by_all = answers.refuse(place, &refused);
    if by_all.is_none() {
        vain.borrow_mut().note_refused(target, &refused);
    }
    by_all
}

// === impl Tries ===

impl<'a> Tries<'a, '_> {
    async fn run(
        self,
        turn: usize,
        former: Option<&Notify>,
    ) -> Result<(Open, &'a Target), Refused> {
        if let Some(former) = former {
            let patience = HEAD_START * u32::try_from(turn).unwrap_or(u32::MAX);
            let _ = timeout(patience, former.notified()).await;
        }
        let mut pause = PAUSE.0;
        // One after the other, so this often says it of every address, if they all said so.
        let mut finally = 0;
        loop {
            if let Some(due) = self.answers.due(self.place) {
                self.failed.notify_one();
                finally = 0;
                sleep_until(due).await;
            }
            match open(self.target, self.before, self.trust, self.domain, self.lines).await {
                Ok(open) => {
                    self.lines.had_tls.set(true);
                    return Ok((open, self.target));
                }
                Err(error) => {
                    finally = if error.is_final() { finally + 1 } else { 0 };
                    self.note(error, finally >= self.before.addresses)?;
                }
            }
            self.failed.notify_one();
            sleep(pause).await;
            pause = (pause * 2).min(PAUSE.1);
        }
    }

    /// Notes why a try was in vain, which may hold for all addresses of the target.
    fn note(&self, error: LineError, is_of_all: bool) -> Result<(), Refused> {
        if self.answers.are_without_tls(self.place, &error, is_of_all) {
            return Err(Refused::Ended(error));
        }
        // TLS may be taken out on the line.
        let is_final = error.is_final() && is_of_all && !matches!(error, LineError::NoTls);
        if !(is_final && self.is_new) {
            self.vain.borrow_mut().note(self.target, &error);
            return Ok(());
        }
        let refused = Refused::Ended(error);
        match refuse(self.answers, self.place, self.target, refused, self.vain) {
            Some(refused) => Err(refused),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;
    use crate::fingerprint::Fingerprint;

    /// Which of two silent servers is asked within the head start.
    async fn asked(search: &mut Search<'_>, servers: &[TcpListener; 2]) -> [bool; 2] {
        let vain = RefCell::new(Vain::new(([127, 0, 0, 1], 1).into(), &search.lines.lost));
        let _ = timeout(HEAD_START / 2, search.find(&vain, true)).await;
        let mut asked = [false; 2];
        for (server, asked) in servers.iter().zip(&mut asked) {
            *asked = timeout(Duration::ZERO, server.accept()).await.is_ok();
        }
        asked
    }

    #[tokio::test]
    async fn one_that_turns_the_pbx_away_leaves_the_head_start_to_the_next() {
        let servers = [(); 2].map(|()| std::net::TcpListener::bind("127.0.0.1:0").unwrap());
        let targets = servers.each_ref().map(|server| {
            server.set_nonblocking(true).unwrap();
            server.local_addr().unwrap().to_string().parse().unwrap()
        });
        let servers = servers.map(|server| TcpListener::from_std(server).unwrap());
        let trust = Trust::pinned(vec![Fingerprint::of(b"")]).unwrap();
        let settings = Settings { targets: targets.into(), trust };
        let lines = Lines::default();
        let mut search = Search::new(&settings, "example.org", &lines);
        assert_eq!(asked(&mut search, &servers).await, [true, false]);
        search.was_of_use(false);
        assert_eq!(asked(&mut search, &servers).await, [false, true]);
        search.was_of_use(true);
        assert_eq!(asked(&mut search, &servers).await, [true, false]);
    }
}
