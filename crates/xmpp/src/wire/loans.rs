//! Room for large answers, lent out of one total for all connections.
//!
//! What a peer may leave unread is little; what it has asked for may be much more. Such an answer
//! borrows its size here until the peer has read it. Whoever finds too little left answers with
//! less, so that all answers together never exceed the total.

use std::cell::Cell;
use std::rc::Rc;

/// Bytes of one large answer, at most.
pub const LARGEST_ANSWER: usize = 8 * 1024 * 1024;
/// Bytes of all large answers that wait to be read, at most.
pub const ALL_LARGE_ANSWERS: usize = 64 * 1024 * 1024;

/// What is left of the total.
#[derive(Debug)]
pub(super) struct Lender {
    left: Cell<usize>,
}

/// Some bytes of the total; dropping it gives them back.
#[derive(Debug)]
pub(super) struct Loan {
    bytes: usize,
    from: Rc<Lender>,
}

// === impl Lender ===

impl Default for Lender {
    fn default() -> Self {
        Self { left: Cell::new(ALL_LARGE_ANSWERS) }
    }
}

impl Lender {
    /// Bytes that one answer may borrow now.
    pub(super) fn most(&self) -> usize {
        self.left.get().min(LARGEST_ANSWER)
    }

    /// Lends the bytes, if so many may be borrowed.
    pub(super) fn lend(self: &Rc<Self>, bytes: usize) -> Option<Loan> {
        if bytes > self.most() {
            return None;
        }
        self.left.set(self.left.get() - bytes);
        Some(Loan { bytes, from: Rc::clone(self) })
    }
}

// === impl Loan ===

impl Drop for Loan {
    fn drop(&mut self) {
        self.from.left.set(self.from.left.get() + self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_answer_has_a_bound_and_all_together_have_another() {
        let lender = Rc::new(Lender::default());
        assert!(lender.lend(LARGEST_ANSWER + 1).is_none());
        let loans: Vec<_> = std::iter::from_fn(|| lender.lend(LARGEST_ANSWER)).collect();
        assert_eq!(loans.len(), ALL_LARGE_ANSWERS / LARGEST_ANSWER);
        assert_eq!(lender.most(), 0);
        drop(loans);
        assert_eq!(lender.left.get(), ALL_LARGE_ANSWERS, "all of it came back");
    }
}
