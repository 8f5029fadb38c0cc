//! What the PBX said last of everything, so that it can be said again to a server that has lost it.
//!
//! Said again are the states and counts, in the order in which the PBX began with them, between what
//! it begins and what it ends its own login with. The server's answers to all of that are known by
//! their id and go nowhere.

use indexmap::IndexMap;

use crate::news::News;
use crate::own_id::REPEATED;
use crate::subject::Subject;

/// Bytes of words of one PBX; more end its stream. 50,000 devices have half of it.
const LIMIT: usize = 32 * 1024 * 1024;
/// What keeping one word costs beside its bytes, about.
const EACH: usize = 96;

/// What the PBX sends once in its login, beside its states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The session of RFC 3921.
    Session,
    /// It hears nothing of this node.
    Unsubscription,
    /// Whatever the words are; nothing is kept under it.
    Words,
    /// It hears of this node.
    Subscription,
    /// It asks for its roster.
    Roster,
    /// It says that it is there, with `<presence/>`.
    Presence,
}

/// The last words of one PBX, ready to be sent.
#[derive(Debug, Default)]
pub struct Words {
    last: IndexMap<Subject, Box<[u8]>>,
    parts: IndexMap<(Part, Box<str>), Kept>,
    bytes: usize,
    /// Which counts of them the server may not have had.
    pub news: News,
}

/// A part of the login, ready to be sent.
#[derive(Debug)]
struct Kept {
    repeated: Box<[u8]>,
    /// The PBX waits for an answer to it.
    own: Option<Own>,
}

/// A request as the PBX has sent it.
#[derive(Debug)]
pub struct Own {
    /// The id that its answer must carry.
    pub id: Box<str>,
    /// The whole stanza, byte for byte.
    pub stanza: Box<[u8]>,
}

/// The PBX has said more than can be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the PBX sends more than {} MiB of states", LIMIT / 1024 / 1024)]
pub struct TooMuch;

// === impl Words ===

impl Words {
    /// The PBX says this of a subject.
    ///
    /// # Errors
    /// [`TooMuch`]; nothing more was kept.
    pub fn say(&mut self, subject: Subject, stanza: Vec<u8>) -> Result<(), TooMuch> {
        let cost = |stanza: &[u8]| stanza.len() + EACH;
        let older = self.last.get(&subject).map_or(0, |older| cost(older));
        let bytes = self.bytes - older + cost(&stanza);
        if bytes > LIMIT {
            return Err(TooMuch);
        }
        self.bytes = bytes;
        self.last.insert(subject, stanza.into());
        Ok(())
    }

    /// The server has answered this id.
    pub fn answered(&mut self, id: &str) {
        self.news.answered(id);
        for kept in self.parts.values_mut() {
            kept.own.take_if(|own| *own.id == *id);
        }
    }

    /// Appends the last word on a subject, if there is one.
    pub fn write(&mut self, subject: &Subject, out: &mut Vec<u8>) {
        if let Some(stanza) = self.last.get(subject) {
            write(stanza, self.news.id(subject), out);
        }
    }

    /// A node was deleted, with all that was said there.
    pub fn forget_node(&mut self, node: &str) {
        self.last.retain(|subject, _| *subject.node != *node);
        self.news.forget(|subject| *subject.node == *node);
        self.bytes = self.last.values().map(|stanza| stanza.len() + EACH).sum();
    }

    /// Something was taken back.
    pub fn forget(&mut self, subject: &Subject) {
        self.news.forget(|gone| gone == subject);
        if let Some(stanza) = self.last.shift_remove(subject) {
            self.bytes -= stanza.len() + EACH;
        }
    }

    /// Keeps a part of the login; none ends it. Of one kind and name only the newest is kept; there
    /// are at most [`Words::PARTS`], further ones are not repeated. One that the server has not
    /// answered yet is said again in the PBX's `own` words, which waits for the answer.
    pub fn set_part(&mut self, part: Part, name: &str, stanza: Option<Vec<u8>>, own: Option<Own>) {
        let key = (part, name.into());
        match stanza {
            Some(stanza) if self.parts.contains_key(&key) || self.parts.len() < Self::PARTS => {
                self.parts.insert(key, Kept { repeated: stanza.into(), own });
            }
            Some(_) => {}
            None => {
                self.parts.shift_remove(&key);
            }
        }
    }

    /// Asterisk subscribes to two nodes.
    const PARTS: usize = 64;

    /// Everything, in the order of a login.
    pub fn repeated(&mut self) -> Vec<u8> {
        let mut all = Vec::with_capacity(self.bytes + 4_096);
        self.write_parts(&mut all, |part| part < Part::Words);
        for (subject, stanza) in &self.last {
            write(stanza, self.news.id(subject), &mut all);
        }
        self.write_parts(&mut all, |part| part > Part::Words);
        all
    }

    fn write_parts(&self, out: &mut Vec<u8>, is_now: fn(Part) -> bool) {
        let mut parts: Vec<_> = self.parts.iter().filter(|((part, _), _)| is_now(*part)).collect();
        parts.sort_by_key(|((part, _), _)| *part);
        for (_, kept) in parts {
            out.extend_from_slice(kept.own.as_ref().map_or(&kept.repeated, |own| &own.stanza));
        }
    }

    /// Of how many subjects a last word is kept.
    pub fn len(&self) -> usize {
        self.last.len()
    }
}

/// Appends a stanza under an id, which comes first in it.
fn write(stanza: &[u8], id: &str, out: &mut Vec<u8>) {
    let at = memchr::memmem::find(stanza, REPEATED.as_bytes());
    let at = at.filter(|_| id != REPEATED).unwrap_or(stanza.len());
    let (start, rest) = stanza.split_at_checked(at).unwrap_or_default();
    out.extend_from_slice(start);
    if let Some(rest) = rest.strip_prefix(REPEATED.as_bytes()) {
        out.extend_from_slice(id.as_bytes());
        out.extend_from_slice(rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(item: &str) -> Subject {
        Subject { node: "n".into(), item: item.into() }
    }

    #[test]
    fn the_newest_of_each_in_the_order_of_a_login() {
        let mut words = Words::default();
        words.set_part(Part::Presence, "", Some(b"P".to_vec()), None);
        words.set_part(Part::Subscription, "n", Some(b"S".to_vec()), None);
        words.set_part(Part::Unsubscription, "n", Some(b"U".to_vec()), None);
        for (item, said) in [("a", "1"), ("b", "2"), ("a", "3"), ("c", "4")] {
            words.say(subject(item), said.into()).unwrap();
        }
        assert_eq!(words.repeated(), b"U324SP");
        words.set_part(Part::Presence, "", None, None);
        words.forget(&subject("a"));
        assert_eq!(words.repeated(), b"U24S");
        words.forget_node("n");
        assert_eq!((words.repeated(), words.bytes), (b"US".to_vec(), 0));
    }

    #[test]
    fn words_are_bounded() {
        let mut words = Words::default();
        let stanza = vec![b'x'; 1024 * 1024];
        let kept = (0..).take_while(|n| words.say(subject(&n.to_string()), stanza.clone()).is_ok());
        assert_eq!(kept.count(), 31);
        assert_eq!(words.say(subject("0"), stanza), Ok(()), "what is there may change");
    }
}
