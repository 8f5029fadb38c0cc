//! Tries in a row that came to nothing, and which of them are logged: each cause once, because the
//! second one may be the one that can be mended, and one try a minute or so.

use std::fmt;
use std::net::SocketAddr;

use crate::advice;
use crate::pace::{LogLine, Pace};
use crate::refused::Refused;
use crate::server::LineError;
use crate::target::Target;

/// Of so many tries, one is logged whatever its cause.
const ONE_OF: u32 = 100;
/// Causes that are told apart: a peer that gives another one each time does not fill the log.
const CAUSES: usize = 16;

/// The tries of one PBX since the server was there.
#[derive(Debug)]
pub struct Vain<'a> {
    pbx: SocketAddr,
    /// Of all PBXs.
    pace: &'a Pace,
    tries: u32,
    causes: Vec<String>,
}

// === impl Vain ===

impl<'a> Vain<'a> {
    /// None yet of this PBX.
    pub fn new(pbx: SocketAddr, pace: &'a Pace) -> Self {
        Self { pbx, pace, tries: 0, causes: Vec::new() }
    }

    /// The server is there.
    pub fn end(&mut self) {
        *self = Self::new(self.pbx, self.pace);
    }

    /// One more. Logs it if it is news, and whatever may be for the operator to mend.
    pub fn note(&mut self, target: &Target, error: &LineError) {
        let is_due = matches!(error, LineError::Occupied);
        self.tell(target, error, advice::of_line(error), is_due);
    }

    /// One more that this target would say again, and others may not.
    pub fn note_refused(&mut self, target: &Target, refused: &Refused) {
        self.tell(target, refused, refused.remedy(), false);
    }

    fn tell(
        &mut self,
        target: &Target,
        why: &impl fmt::Display,
        remedy: Option<&str>,
        is_due: bool,
    ) {
        let is_news = self.add(format!("{target}: {why}"));
        let (pbx, tries) = (self.pbx, self.tries);
        let line = if is_news || is_due { self.pace.line() } else { None };
        if let Some(LogLine { left_out }) = line {
            tracing::warn!(
                code = "line-lost", %pbx, %target, tries, remedy, left_out, "{why}; trying again"
            );
        } else {
            tracing::debug!(code = "line-lost", %pbx, %target, tries, "{why}");
        }
    }

    /// Says whether to log it.
    fn add(&mut self, cause: String) -> bool {
        let is_due = self.tries.is_multiple_of(ONE_OF);
        let is_new = self.causes.len() < CAUSES && !self.causes.contains(&cause);
        self.tries = self.tries.saturating_add(1);
        if is_new {
            self.causes.push(cause);
        }
        is_due || is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_is_told_once_and_a_long_row_now_and_then() {
        let pace = Pace::default();
        let mut vain = Vain::new(([127, 0, 0, 1], 1).into(), &pace);
        for (cause, is_told) in [("shutdown", true), ("refused", true), ("refused", false)] {
            assert_eq!(vain.add(cause.to_owned()), is_told, "{cause}");
        }
        assert!(vain.add("another certificate".to_owned()));
        let told = (0..200).filter(|_| vain.add("refused".to_owned())).count();
        assert_eq!(told, 2);
    }

    #[test]
    fn causes_without_end_are_not_all_told() {
        let pace = Pace::default();
        let mut vain = Vain::new(([127, 0, 0, 1], 1).into(), &pace);
        let told = (0..99).filter(|count| vain.add(format!("certificate {count}"))).count();
        assert_eq!(told, CAUSES);
    }
}
