//! What a PBX has asked other clients: it acts on every answer that comes in, so it gets those only
//! that it waits for.

use std::collections::VecDeque;

use lampfield_xmpp_stream::FullJid;

/// COMPAT(asterisk<=22): it knows some answers by nothing but these ids. They are the server's.
const OWN_IDS: [&str; 2] = ["roster", "auth"];

/// The newest questions of one PBX to other clients that are not answered yet. At the limit the
/// oldest is forgotten and its answer will be dropped.
#[derive(Debug, Default)]
pub struct Asked(VecDeque<(Box<str>, FullJid)>);

// === impl Asked ===

impl Asked {
    /// Questions of one PBX that are remembered, at most.
    const MOST: usize = 64;
    /// Bytes of an id; the answer to a longer one is dropped. Asterisk's have five.
    const ID_BYTES: usize = 64;

    /// Takes note of a question.
    pub fn note(&mut self, id: &str, whom: &FullJid) {
        if id.len() > Self::ID_BYTES || OWN_IDS.contains(&id) {
            return;
        }
        if self.0.len() >= Self::MOST {
            self.0.pop_front();
        }
        self.0.push_back((id.into(), whom.clone()));
    }

    /// Whether this is an answer to one of the questions, which then counts as answered.
    pub fn settle(&mut self, id: &str, who: &FullJid) -> bool {
        let place = self.0.iter().position(|(known, whom)| **known == *id && whom == who);
        place.and_then(|place| self.0.remove(place)).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_question_is_forgotten_and_the_servers_ids_are_never_noted() {
        let whom = FullJid::parse("b@example.org/x").unwrap();
        let mut asked = Asked::default();
        for number in 0..=Asked::MOST {
            asked.note(&format!("q{number}"), &whom);
        }
        asked.note("roster", &whom);
        asked.note(&"x".repeat(Asked::ID_BYTES + 1), &whom);
        assert_eq!(asked.0.len(), Asked::MOST);
        assert!(!asked.settle("q0", &whom) && !asked.settle("roster", &whom));
        assert!(asked.settle("q1", &whom) && !asked.settle("q1", &whom));
    }
}
