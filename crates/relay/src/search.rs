//! Finds a server among the targets. Each is tried again and again by itself, so that one that is
//! silent keeps none of the others; a later one begins when the one before has failed or been silent for
//! a while, so that an earlier one is used where it can be.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use futures_util::future::select_all;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use crate::dial::Before;
use crate::lines::Lines;
use crate::server::{LineError, Open, open};
use crate::settings::Settings;
use crate::target::Target;
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
}

/// The tries at one target.
struct Tries<'a, 'f> {
    settings: &'a Settings,
    domain: &'a str,
    target: &'a Target,
    before: &'f mut Before,
    /// The first of them has failed.
    failed: &'f Notify,
    vain: &'f RefCell<Vain>,
    answers: &'f Answers<'a>,
}

/// What has come of the last try at each target.
struct Answers<'a> {
    last: Vec<Cell<Answer>>,
    lines: &'a Lines,
    /// None of them has been of use to the PBX.
    is_new: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Answer {
    /// It is still tried, or may be of use another time.
    #[default]
    Open,
    /// It was not reached.
    Unreached,
    NoTls,
}

// === impl Search ===

impl<'a> Search<'a> {
    /// For a server of this domain.
    pub fn new(settings: &'a Settings, domain: &'a str, lines: &'a Lines) -> Self {
        let found = vec![Before::default(); settings.targets.len()];
        Self { settings, domain, lines, found, first: 0 }
    }

    /// Whether the one that was found was of use: else the next one has the head start, and the next
    /// address of each.
    pub fn was_of_use(&mut self, is_so: bool) {
        self.found.iter_mut().for_each(|before| before.is_in_vain |= !is_so);
        self.first = if is_so { 0 } else { (self.first + 1) % self.settings.targets.len().max(1) };
    }

    /// Opens a connection to one of them, and says to which; notes what was in vain.
    ///
    /// # Errors
    /// No server that answers has TLS, and none ever had; or the only one cannot be of use, and it
    /// `is_new`.
    pub async fn find(
        &mut self,
        vain: &RefCell<Vain>,
        is_new: bool,
    ) -> Result<(Open, &'a Target), LineError> {
        let Self { settings, domain, lines, ref mut found, first } = *self;
        let answers = Answers::of(settings.targets.len(), lines, is_new);
        let failed: Vec<_> = settings.targets.iter().map(|_| Notify::new()).collect();
        let mut former: Option<&Notify> = None;
        let mut all = Vec::new();
        let mut targets: Vec<_> = settings.targets.iter().zip(found).zip(&failed).collect();
        targets.rotate_left(first);
        for ((target, before), failed) in targets {
            let answers = &answers;
            let tries = Tries { settings, domain, target, before, failed, vain, answers };
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
        // One after the other, so this often says it of every address, if they all said so.
        let mut finally = 0;
        loop {
            let (trust, lines) = (&self.settings.trust, self.answers.lines);
            match open(self.target, self.before, trust, self.domain, lines).await {
                Ok(open) => {
                    lines.had_tls.set(true);
                    return Ok((open, self.target));
                }
                Err(error) => {
                    finally = if error.is_final() { finally + 1 } else { 0 };
                    let is_of_all = finally >= self.before.addresses;
                    if self.answers.are_useless_with(place, &error, is_of_all) {
                        return Err(error);
                    }
                    self.vain.borrow_mut().note(self.target, &error);
                }
            }
            self.failed.notify_one();
            sleep(pause).await;
            pause = (pause * 2).min(PAUSE.1);
        }
    }
}

// === impl Answers ===

impl<'a> Answers<'a> {
    fn of(targets: usize, lines: &'a Lines, is_new: bool) -> Self {
        Self { last: (0..targets).map(|_| Cell::default()).collect(), lines, is_new }
    }

    /// Notes this one, which may be that of all addresses of a target. Says whether no further one can be
    /// of use: all that answer are without TLS and always were, or what the only one says is final.
    fn are_useless_with(&self, place: usize, error: &LineError, is_of_all: bool) -> bool {
        let answer = match error {
            LineError::NoTls if is_of_all => Answer::NoTls,
            LineError::Unreached(_) => Answer::Unreached,
            _ => Answer::Open,
        };
        if let Some(last) = self.last.get(place) {
            last.set(answer);
        }
        match answer {
            Answer::NoTls => {
                !self.lines.had_tls.get() && self.last.iter().all(|last| last.get() != Answer::Open)
            }
            _ => self.is_new && self.last.len() == 1 && is_of_all && error.is_final(),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;
    use crate::fingerprint::Fingerprint;
    use crate::trust::Trust;

    /// Which of two silent servers is asked within the head start.
    async fn asked(search: &mut Search<'_>, servers: &[TcpListener; 2]) -> [bool; 2] {
        let vain = RefCell::new(Vain::new(([127, 0, 0, 1], 1).into()));
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

    #[test]
    fn a_relay_is_useless_when_all_who_answer_never_had_tls() {
        let refused = || LineError::Unreached(std::io::ErrorKind::ConnectionRefused.into());
        let lines = Lines::default();
        let answers = Answers::of(3, &lines, false);
        assert!(!answers.are_useless_with(0, &LineError::NoTls, true));
        assert!(!answers.are_useless_with(1, &refused(), true));
        assert!(answers.are_useless_with(2, &LineError::NoTls, true));
        assert!(!answers.are_useless_with(2, &LineError::Slow, true));
        assert!(!answers.are_useless_with(0, &LineError::NoTls, true));
        assert!(!answers.are_useless_with(2, &refused(), true));
        assert!(answers.are_useless_with(0, &LineError::NoTls, true));
        lines.had_tls.set(true);
        assert!(!answers.are_useless_with(0, &LineError::NoTls, true));
        for (is_new, count, is_useless) in [(true, 1, true), (false, 1, false), (true, 2, false)] {
            let answers = Answers::of(count, &lines, is_new);
            assert_eq!(answers.are_useless_with(0, &LineError::Relay, true), is_useless);
            assert!(!answers.are_useless_with(0, &refused(), true), "it may come back");
            for error in [LineError::Relay, LineError::NoTls] {
                assert!(!answers.are_useless_with(0, &error, false), "another address is left");
            }
        }
    }
}
