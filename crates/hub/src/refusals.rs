//! What was not taken lately because a limit is reached: people are told which limit, whose fact, and
//! how often. It goes by itself when nothing has been refused for a while; nothing depends on it.

use std::collections::BTreeMap;
use std::time::Duration;

use lampfield_board::{AccountName, Identity, Origin, WallTime};

use crate::notice::{Trouble, TroubleKey};
use crate::now::Now;
use crate::reached_limit::ReachedLimit;
use crate::settings::HubLimits;

/// How long nothing may be refused until it is over.
const QUIET: Duration = Duration::from_mins(10);

/// Refusals that are told at the same time. A further one is only counted with all others.
const MOST: usize = 64;

/// Whose facts are refused by what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Whose {
    reached: ReachedLimit,
    account: AccountName,
    /// None where it is about ever new ones.
    identity: Option<Identity>,
}

/// What was refused in the last ten minutes, by account and limit.
#[derive(Debug, Default)]
pub struct Refusals {
    lately: BTreeMap<Whose, Lately>,
    /// When the first of them may be over; not later than it is.
    look_at: Option<Duration>,
}

#[derive(Debug)]
struct Lately {
    count: u64,
    since: WallTime,
    latest: Duration,
}

/// Whether people are told of a refusal for the first time.
pub enum Noted {
    /// Nothing of the kind was refused lately: a new trouble.
    First(Trouble),
    /// People know of it already, but the number has grown.
    Again(Trouble),
}

// === impl Whose ===

impl Whose {
    fn new(reached: ReachedLimit, origin: &Origin) -> Self {
        let ever_new =
            matches!(reached, ReachedLimit::OriginsPerConnection | ReachedLimit::Origins);
        let identity = (!ever_new).then(|| origin.identity.clone());
        Self { reached, account: origin.account.clone(), identity }
    }

    fn key(&self) -> TroubleKey {
        TroubleKey::FactsRefused(self.reached, self.account.clone(), self.identity.clone())
    }
}

// === impl Refusals ===

impl Refusals {
    /// A limit was reached once more; none if too many others are told of already.
    pub fn note(&mut self, reached: ReachedLimit, origin: &Origin, now: Now) -> Option<Noted> {
        let whose = Whose::new(reached, origin);
        let is_new = !self.lately.contains_key(&whose);
        if is_new && self.lately.len() >= MOST {
            return None;
        }
        self.look_at.get_or_insert(now.mono + QUIET);
        let Whose { account, identity, .. } = whose.clone();
        let lately = Lately { count: 0, since: now.wall, latest: now.mono };
        let lately = self.lately.entry(whose).or_insert(lately);
        lately.count += 1;
        lately.latest = now.mono;
        let (count, since) = (lately.count, lately.since);
        let trouble = Trouble::FactsRefused { reached, account, identity, count, since };
        Some(if is_new { Noted::First(trouble) } else { Noted::Again(trouble) })
    }

    /// When [`Refusals::quiet`] is to be asked.
    pub fn next_look(&self) -> Option<Duration> {
        self.look_at
    }

    /// One of which nothing was refused for long by `now`; each is given once.
    pub fn quiet(&mut self, now: Duration) -> Option<TroubleKey> {
        self.look_at.filter(|at| *at <= now)?;
        let over = self.lately.iter().find(|(_, lately)| lately.latest + QUIET <= now);
        if let Some(whose) = over.map(|(whose, _)| whose.clone()) {
            self.lately.remove(&whose);
            return Some(whose.key());
        }
        self.look_at = self.lately.values().map(|lately| lately.latest + QUIET).min();
        None
    }

    /// The account is gone, so what was refused to it is forgotten; gives back the troubles that this clears.
    pub fn forget(&mut self, account: &AccountName) -> Vec<TroubleKey> {
        self.forget_where(|whose| whose.account == *account)
    }

    /// Other limits are in force: what was refused at a lower one may be taken now.
    pub fn forget_raised(&mut self, old: &HubLimits, new: &HubLimits) -> Vec<TroubleKey> {
        self.forget_where(|whose| whose.reached.limit(old) < whose.reached.limit(new))
    }

    fn forget_where(&mut self, is_over: impl Fn(&Whose) -> bool) -> Vec<TroubleKey> {
        let over = self.lately.extract_if(.., |whose, _| is_over(whose));
        let keys = over.map(|(whose, _)| whose.key()).collect();
        if self.lately.is_empty() {
            self.look_at = None;
        }
        keys
    }
}
