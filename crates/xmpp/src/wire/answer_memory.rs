//! Room for large answers, reserved from one total for all connections.
//!
//! What a peer may leave unread is little; what it has asked for may be much more. Such an answer
//! reserves its size here until the peer has read it. Whoever finds too little left answers with
//! less, so that all answers together never exceed the total.

use std::cell::Cell;
use std::rc::Rc;

/// Bytes of one large answer, at most.
pub const LARGEST_ANSWER: usize = 8 * 1024 * 1024;
/// Bytes of all large answers that wait to be read, at most.
pub const ALL_LARGE_ANSWERS: usize = 64 * 1024 * 1024;

/// What is left of the total.
#[derive(Debug)]
pub(super) struct AnswerMemory {
    left: Cell<usize>,
}

/// Some bytes of the total; dropping it gives them back.
#[derive(Debug)]
pub(super) struct Reservation {
    bytes: usize,
    from: Rc<AnswerMemory>,
}

// === impl AnswerMemory ===

impl Default for AnswerMemory {
    fn default() -> Self {
        Self { left: Cell::new(ALL_LARGE_ANSWERS) }
    }
}

impl AnswerMemory {
    /// Bytes that one answer may reserve now.
    pub(super) fn most(&self) -> usize {
        self.left.get().min(LARGEST_ANSWER)
    }

    /// Reserves the bytes, if so many are left.
    pub(super) fn reserve(self: &Rc<Self>, bytes: usize) -> Option<Reservation> {
        if bytes > self.most() {
            return None;
        }
        self.left.set(self.left.get() - bytes);
        Some(Reservation { bytes, from: Rc::clone(self) })
    }
}

// === impl Reservation ===

impl Drop for Reservation {
    fn drop(&mut self) {
        self.from.left.set(self.from.left.get() + self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_answer_has_a_bound_and_all_together_have_another() {
        let memory = Rc::new(AnswerMemory::default());
        assert!(memory.reserve(LARGEST_ANSWER + 1).is_none());
        let reserved: Vec<_> = std::iter::from_fn(|| memory.reserve(LARGEST_ANSWER)).collect();
        assert_eq!(reserved.len(), ALL_LARGE_ANSWERS / LARGEST_ANSWER);
        assert_eq!(memory.most(), 0);
        drop(reserved);
        assert_eq!(memory.left.get(), ALL_LARGE_ANSWERS, "all of it came back");
    }
}
