//! Which resources of PBXs have come, gone or changed since the others were last told. All PBXs of a
//! domain hear of all, so what one of them does is not told each time but in rounds: a login costs
//! the same however many are there, and one that comes and goes between two rounds costs nothing.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::mem::take;
use std::rc::Rc;

use lampfield_xmpp_stream::FullJid;
use tokio::sync::Notify;

use crate::session::Words;

/// What the next round is about. Bounded by the resources that are there or were told of, each
/// with one presence.
#[derive(Debug, Default)]
pub struct News {
    /// Who has come, gone or changed, with the last words of who is gone.
    changed: RefCell<BTreeMap<FullJid, Rc<Words>>>,
    newcomers: RefCell<HashSet<FullJid>>,
    /// Those of whom the others believe that they are there.
    told: RefCell<HashSet<FullJid>>,
    some: Notify,
}

/// What all PBXs are to be told in one round.
#[derive(Debug, Default)]
pub struct Round {
    /// Who has come or says something else.
    pub there: Vec<FullJid>,
    /// Who is gone, with its last words.
    pub gone: Vec<(FullJid, Rc<Words>)>,
    /// Who has come and knows of nobody yet.
    pub newcomers: HashSet<FullJid>,
}

// === impl News ===

impl News {
    /// A resource is there, or says something else about itself. `newcomer`: it was not there before.
    pub fn is_there(&self, jid: &FullJid, newcomer: bool) {
        self.changed.borrow_mut().insert(jid.clone(), Rc::default());
        if newcomer {
            self.newcomers.borrow_mut().insert(jid.clone());
        }
        self.some.notify_one();
    }

    /// A resource is gone, and has said this last.
    pub fn is_gone(&self, jid: &FullJid, last_words: &Rc<Words>) {
        self.newcomers.borrow_mut().remove(jid);
        if self.told.borrow().contains(jid) {
            self.changed.borrow_mut().insert(jid.clone(), Rc::clone(last_words));
            self.some.notify_one();
        } else {
            self.changed.borrow_mut().remove(jid);
        }
    }

    /// Whether the others were told that this resource is there.
    pub fn was_told(&self, jid: &FullJid) -> bool {
        self.told.borrow().contains(jid)
    }

    /// Waits until there is something to tell.
    pub async fn some(&self) {
        self.some.notified().await;
    }

    /// All there is to tell now; `is_there` says who is there.
    pub fn round(&self, is_there: impl Fn(&FullJid) -> bool) -> Round {
        let mut told = self.told.borrow_mut();
        let (there, gone): (Vec<_>, Vec<_>) =
            take(&mut *self.changed.borrow_mut()).into_iter().partition(|(jid, _)| is_there(jid));
        let there: Vec<_> = there.into_iter().map(|(jid, _)| jid).collect();
        told.extend(there.iter().cloned());
        let gone = gone.into_iter().filter(|(jid, _)| told.remove(jid)).collect();
        if told.is_empty() {
            told.shrink_to_fit();
        }
        Round { there, gone, newcomers: take(&mut *self.newcomers.borrow_mut()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jid(name: &str) -> FullJid {
        FullJid::parse(&format!("{name}@example.org/asterisk")).unwrap()
    }

    #[test]
    fn each_is_told_once_and_a_short_visit_never() {
        let news = News::default();
        news.is_there(&jid("a"), true);
        news.is_there(&jid("a"), false);
        news.is_there(&jid("b"), true);
        news.is_gone(&jid("b"), &Rc::default());
        let round = news.round(|_| true);
        assert_eq!((round.there, round.gone), (vec![jid("a")], vec![]));
        assert_eq!(round.newcomers, HashSet::from([jid("a")]));
        let round = news.round(|_| true);
        assert!(round.there.is_empty() && round.newcomers.is_empty());
    }

    #[test]
    fn who_was_told_of_is_taken_back_when_it_is_gone() {
        let news = News::default();
        news.is_there(&jid("a"), true);
        news.round(|_| true);
        let last_words = Rc::new(Words { id: Some("bye".into()), ..Words::default() });
        news.is_gone(&jid("a"), &last_words);
        assert_eq!(news.round(|_| false).gone, [(jid("a"), last_words)]);
        news.is_gone(&jid("a"), &Rc::default());
        assert!(news.round(|_| false).gone.is_empty(), "nobody believes that it is there");
    }
}
