//! Tries in a row that came to nothing, and which of them are logged: each cause once, because the
//! second one may be the one that can be mended, and one try a minute or so.

use std::net::SocketAddr;

use crate::advice;
use crate::server::LineError;
use crate::target::Target;

/// Of so many tries, one is logged whatever its cause.
const ONE_OF: u32 = 100;
/// Causes that are told apart: a peer that gives another one each time does not fill the log.
const CAUSES: usize = 16;

/// The tries of one PBX since the server was there.
#[derive(Debug)]
pub struct Vain {
    pbx: SocketAddr,
    tries: u32,
    causes: Vec<String>,
}

// === impl Vain ===

impl Vain {
    /// None yet of this PBX.
    pub fn new(pbx: SocketAddr) -> Self {
        Self { pbx, tries: 0, causes: Vec::new() }
    }

    /// The server is there.
    pub fn end(&mut self) {
        *self = Self::new(self.pbx);
    }

    /// One more. Logs it if it is news, and whatever may be for the operator to mend.
    pub fn note(&mut self, target: &Target, error: &LineError) {
        let is_news = self.add(format!("{target}: {error}"));
        let (pbx, tries) = (self.pbx, self.tries);
        if is_news || matches!(error, LineError::Occupied) {
            let remedy = advice::of_line(error);
            tracing::warn!(code = "line-lost", %pbx, %target, tries, remedy, "{error}; trying again");
        } else {
            tracing::debug!(code = "line-lost", %pbx, %target, tries, "{error}");
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
        let mut vain = Vain::new(([127, 0, 0, 1], 1).into());
        for (cause, is_told) in [("shutdown", true), ("refused", true), ("refused", false)] {
            assert_eq!(vain.add(cause.to_owned()), is_told, "{cause}");
        }
        assert!(vain.add("another certificate".to_owned()));
        let told = (0..200).filter(|_| vain.add("refused".to_owned())).count();
        assert_eq!(told, 2);
    }

    #[test]
    fn causes_without_end_are_not_all_told() {
        let mut vain = Vain::new(([127, 0, 0, 1], 1).into());
        let told = (0..99).filter(|count| vain.add(format!("certificate {count}"))).count();
        assert_eq!(told, CAUSES);
    }
}
