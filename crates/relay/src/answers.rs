//! What each target has said last. A final answer counts for the target that gave it: a PBX is sent away
//! when all of them have given one, and not while another one may still take it, or may come back.

use std::cell::RefCell;
use std::time::Duration;

use tokio::time::Instant;

use crate::lines::Lines;
use crate::refused::Refused;
use crate::server::LineError;
use crate::settings::Settings;

/// A target that has given a final answer is asked again after so long. Sooner, each PBX with a wrong
/// password would be held back by the server as one that guesses.
const AGAIN: Duration = Duration::from_mins(1);

/// What has come of the last try at each target.
pub struct Answers<'a> {
    settings: &'a Settings,
    lines: &'a Lines,
    last: RefCell<Vec<Answer>>,
}

#[derive(Debug, Default, Clone)]
enum Answer {
    /// It is still tried, was not reached, or may be of use another time.
    #[default]
    Open,
    NoTls,
    /// It said this, and would say it again.
    Final {
        at: Instant,
        said: String,
    },
}

// === impl Answers ===

impl<'a> Answers<'a> {
    /// None yet.
    pub fn new(settings: &'a Settings, lines: &'a Lines) -> Self {
        let last = vec![Answer::Open; settings.targets.len()];
        Self { settings, lines, last: RefCell::new(last) }
    }

    /// Whether there is but one target.
    pub fn are_of_one(&self) -> bool {
        self.settings.targets.len() == 1
    }

    /// Notes that a target was not of use, which may hold for all its addresses. Says whether the relay
    /// itself is of no use: all targets are without TLS, and always were. One that is not reached may be
    /// back in a moment, and have it.
    pub fn are_without_tls(&self, place: usize, error: &LineError, is_of_all: bool) -> bool {
        let answer = match error {
            LineError::NoTls if is_of_all => Answer::NoTls,
            _ => Answer::Open,
        };
        self.set(place, answer);
        let last = self.last.borrow();
        let are_all = last.iter().all(|answer| matches!(answer, Answer::NoTls));
        are_all && !self.lines.had_tls.get()
    }

    /// A target has given a final answer: why the PBX is sent away, if no other one is left.
    pub fn refuse(&self, place: usize, refused: &Refused) -> Option<Refused> {
        self.set(place, Answer::Final { at: Instant::now(), said: refused.to_string() });
        let last = self.last.borrow();
        let targets = self.settings.targets.iter();
        let said = targets.zip(&*last).map(|(target, answer)| match answer {
            Answer::Final { at, said } if at.elapsed() < AGAIN => Some(format!("{target}: {said}")),
            Answer::NoTls if !self.lines.had_tls.get() => {
                Some(format!("{target}: {}", LineError::NoTls))
            }
            _ => None,
        });
        let said = said.collect::<Option<Vec<_>>>()?.join("; ");
        Some(Refused::ByAll { said, remedy: refused.remedy() })
    }

    /// When a target is to be asked again, if not at once.
    pub fn due(&self, place: usize) -> Option<Instant> {
        match self.last.borrow().get(place) {
            Some(Answer::Final { at, .. }) => Some(*at + AGAIN),
            _ => None,
        }
    }

    fn set(&self, place: usize, answer: Answer) {
        if let Some(last) = self.last.borrow_mut().get_mut(place) {
            *last = answer;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;
    use crate::fingerprint::Fingerprint;
    use crate::trust::Trust;

    fn settings(targets: usize) -> Settings {
        let target = |number| format!("192.0.2.{number}").parse().unwrap();
        let trust = Trust::pinned(vec![Fingerprint::of(b"")]).unwrap();
        Settings { targets: (0..targets).map(target).collect(), trust }
    }

    fn unreached() -> LineError {
        LineError::Unreached(std::io::ErrorKind::ConnectionRefused.into())
    }

    #[tokio::test]
    async fn a_relay_is_useless_when_no_target_ever_had_tls() {
        let (settings, lines) = (settings(3), Lines::default());
        let answers = Answers::new(&settings, &lines);
        assert!(!answers.are_without_tls(0, &LineError::NoTls, true));
        assert!(!answers.are_without_tls(1, &LineError::NoTls, true));
        assert!(!answers.are_without_tls(2, &LineError::NoTls, false), "another address is left");
        assert!(answers.are_without_tls(2, &LineError::NoTls, true));
        for other in [LineError::Slow, unreached()] {
            assert!(!answers.are_without_tls(2, &other, true));
            assert!(!answers.are_without_tls(0, &LineError::NoTls, true));
        }
        assert!(answers.refuse(2, &Refused::Ended(LineError::Relay)).is_some(), "none is left");
        assert!(!answers.are_without_tls(0, &LineError::NoTls, true));
        assert!(answers.are_without_tls(2, &LineError::NoTls, true));
        lines.had_tls.set(true);
        assert!(!answers.are_without_tls(0, &LineError::NoTls, true));
    }

    #[tokio::test(start_paused = true)]
    async fn a_pbx_is_sent_away_when_all_have_said_so_lately() {
        let (settings, lines) = (settings(2), Lines::default());
        let answers = Answers::new(&settings, &lines);
        let wrong = || Refused::Login("not-authorized".to_owned());
        assert!(answers.refuse(0, &wrong()).is_none(), "the other one was not asked");
        answers.are_without_tls(1, &unreached(), true);
        assert!(answers.refuse(0, &wrong()).is_none(), "the other one may come back");
        advance(AGAIN).await;
        assert!(answers.refuse(1, &Refused::Ended(LineError::Relay)).is_none(), "it was long ago");
        let all = answers.refuse(0, &wrong()).unwrap();
        assert_eq!(
            all.to_string(),
            "192.0.2.0: the server refuses the PBX: not-authorized; \
             192.0.2.1: a relay answered, not a server"
        );
        assert_eq!(all.remedy(), wrong().remedy());
        assert_eq!(answers.due(0), Some(Instant::now() + AGAIN));
    }
}
