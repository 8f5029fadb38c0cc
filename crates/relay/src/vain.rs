//! Tries in a row that came to nothing, and which of them are logged: each cause once, because the
//! second one may be the one that can be mended, and one try a minute or so.

/// Of so many tries, one is logged whatever its cause.
const ONE_OF: u32 = 100;
/// Causes that are told apart: a peer that gives another one each time does not fill the log.
const CAUSES: usize = 16;

/// The tries since the server was there.
#[derive(Debug, Default)]
pub struct Vain {
    /// How many.
    pub tries: u32,
    causes: Vec<String>,
}

// === impl Vain ===

impl Vain {
    /// One more. Says whether to log it.
    pub fn add(&mut self, cause: String) -> bool {
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
        let mut vain = Vain::default();
        for (cause, is_told) in [("shutdown", true), ("refused", true), ("refused", false)] {
            assert_eq!(vain.add(cause.to_owned()), is_told, "{cause}");
        }
        assert!(vain.add("another certificate".to_owned()));
        let told = (0..200).filter(|_| vain.add("refused".to_owned())).count();
        assert_eq!(told, 2);
    }

    #[test]
    fn causes_without_end_are_not_all_told() {
        let mut vain = Vain::default();
        let told = (0..99).filter(|count| vain.add(format!("certificate {count}"))).count();
        assert_eq!(told, CAUSES);
    }
}
