//! Counts of messages that the server may not have had: a line that is cut takes with it what was on its
//! way. Such a count counts anew when it is said again; one that the server has had, and that another
//! PBX has overruled since, does not.

use std::collections::{HashMap, VecDeque};

use crate::own_id::{NEWS, REPEATED};
use crate::subject::Subject;

/// The node of counts. No PBX overrules another one's states of devices.
const COUNTS: &str = "message_waiting";
/// Counts that may be on their way at once. Of those before them it is not known that they came, and they
/// are news again after a loss.
const ON_THEIR_WAY: usize = 4_096;

/// The counts that the server may not have had.
#[derive(Debug, Default)]
pub struct News {
    /// Each with the number of its word.
    counts: HashMap<Subject, u64>,
    /// Those on their way, with the ids of their answers.
    asked: VecDeque<(Box<str>, Subject, u64)>,
    said: u64,
}

// === impl News ===

impl News {
    /// Something was said of a subject, and goes to the server under this id if it goes at once.
    pub fn add(&mut self, subject: Subject, id: Option<Box<str>>) {
        if &*subject.node != COUNTS {
            return;
        }
        self.said += 1;
        self.counts.insert(subject.clone(), self.said);
        if let Some(id) = id {
            self.ask(id, subject, self.said);
        }
    }

    /// The id under which a subject's last word is said again now.
    pub fn id(&mut self, subject: &Subject) -> &'static str {
        let Some(word) = self.counts.get(subject) else { return REPEATED };
        self.ask(NEWS.into(), subject.clone(), *word);
        NEWS
    }

    fn ask(&mut self, id: Box<str>, subject: Subject, word: u64) {
        if self.asked.len() == ON_THEIR_WAY {
            self.asked.pop_front();
        }
        self.asked.push_back((id, subject, word));
    }

    /// The server has answered this id: it has that word, though perhaps not the subject's last one.
    pub fn answered(&mut self, id: &str) {
        // Answers come in the order of the words, so this is nearly always the first.
        let place = self.asked.iter().position(|(asked, ..)| **asked == *id);
        if let Some((_, subject, word)) = place.and_then(|place| self.asked.remove(place))
            && self.counts.get(&subject) == Some(&word)
        {
            self.counts.remove(&subject);
        }
    }

    /// No more answers come to what was on its way.
    pub fn line_is_down(&mut self) {
        self.asked.clear();
    }

    /// Nothing is kept of these any more.
    pub fn forget(&mut self, is_gone: impl Fn(&Subject) -> bool) {
        self.counts.retain(|subject, _| !is_gone(subject));
    }
}
