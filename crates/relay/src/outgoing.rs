//! What is still to be written to the server. Asterisk is never kept waiting: on a line that takes
//! less than it says, only the newest word on each subject is sent.

use std::collections::{HashSet, VecDeque};

use crate::subject::Subject;
use crate::words::Words;

/// Bytes that wait and are sent as they are; beyond it words wait by their subjects.
const COMFORTABLE: usize = 256 * 1024;
/// Bytes that may wait in all.
const LIMIT: usize = 8 * 1024 * 1024;

/// What waits to be written to the server, the oldest first.
#[derive(Debug, Default)]
pub struct Outgoing {
    waiting: VecDeque<Waiting>,
    bytes: usize,
    subjects: HashSet<Subject>,
}

#[derive(Debug)]
enum Waiting {
    Bytes(Vec<u8>),
    /// Whatever is the last word by then.
    Word(Subject),
}

/// More waits than can be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {} MiB are waiting to be sent to the server", LIMIT / 1024 / 1024)]
pub struct Full;

// === impl Outgoing ===

impl Outgoing {
    /// Appends what must be sent as it is.
    ///
    /// # Errors
    /// [`Full`]; nothing was appended.
    pub fn push(&mut self, stanza: &[u8]) -> Result<(), Full> {
        if self.bytes + stanza.len() > LIMIT {
            return Err(Full);
        }
        self.bytes += stanza.len();
        match self.waiting.back_mut() {
            Some(Waiting::Bytes(last)) => last.extend_from_slice(stanza),
            _ => self.waiting.push_back(Waiting::Bytes(stanza.to_owned())),
        }
        Ok(())
    }

    /// Appends a word that is kept in [`Words`] already. Says whether it goes as it is, so that the
    /// server will answer it.
    pub fn push_word(&mut self, subject: &Subject, stanza: &[u8]) -> bool {
        if self.bytes <= COMFORTABLE && self.push(stanza).is_ok() {
            return true;
        }
        if self.subjects.insert(subject.clone()) {
            self.waiting.push_back(Waiting::Word(subject.clone()));
        }
        false
    }

    /// What is said of these from now on is new, and goes after what waits.
    pub fn forget(&mut self, is_gone: impl Fn(&Subject) -> bool) {
        self.subjects.retain(|subject| !is_gone(subject));
    }

    /// All that waits now is this.
    pub fn restart(&mut self, stanzas: Vec<u8>) {
        *self = Self::default();
        self.bytes = stanzas.len();
        if !stanzas.is_empty() {
            self.waiting.push_back(Waiting::Bytes(stanzas));
        }
    }

    /// Takes about so many bytes to write them, at the least one stanza; none if nothing waits.
    pub fn take(&mut self, words: &mut Words, about: usize) -> Vec<u8> {
        let mut taken = Vec::new();
        while taken.len() < about
            && let Some(waiting) = self.waiting.pop_front()
        {
            match waiting {
                Waiting::Bytes(bytes) => {
                    self.bytes -= bytes.len();
                    if taken.is_empty() { taken = bytes } else { taken.extend_from_slice(&bytes) }
                }
                Waiting::Word(subject) => {
                    self.subjects.remove(&subject);
                    words.write(&subject, &mut taken);
                }
            }
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_line_gets_the_newest_word_of_each_in_its_place() {
        let (mut words, mut outgoing) = (Words::default(), Outgoing::default());
        let subject = |item: usize| Subject { node: "n".into(), item: item.to_string().into() };
        outgoing.push(&vec![b' '; COMFORTABLE + 1]).unwrap();
        for round in 0..1_000 {
            for item in 0..3 {
                let stanza = format!("<{item}:{round}>");
                words.say(subject(item), stanza.clone().into()).unwrap();
                assert!(!outgoing.push_word(&subject(item), stanza.as_bytes()));
            }
            if round == 0 {
                outgoing.push(b"<once>").unwrap();
            }
        }
        let all = outgoing.take(&mut words, usize::MAX);
        let all = String::from_utf8(all).unwrap();
        assert_eq!(all.trim_start(), "<0:999><1:999><2:999><once>");
        assert!(outgoing.take(&mut words, 1).is_empty());
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut outgoing = Outgoing::default();
        let stanza = vec![b'x'; 1024 * 1024];
        assert_eq!((0..).take_while(|_| outgoing.push(&stanza).is_ok()).count(), 8);
    }
}
