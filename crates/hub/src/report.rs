//! Answers to people's questions, as plain data: what the command line and the pages show. Times
//! are milliseconds; moments count from 1970 UTC.

use std::collections::BTreeMap;
use std::time::Duration;

use lampfield_board::{Ending, Why};
use serde::{Serialize, Serializer};

use crate::connections::ConnId;
use crate::notice::Trouble;
use crate::publication::{Outcome, Refusal};

/// How long a fact still lasts, and on what that depends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "lease", rename_all = "kebab-case")]
pub enum Lease {
    /// Its origin speaks, and has said it in its present epoch.
    Live,
    /// Nobody speaks for its origin.
    Gone {
        /// The time until it ends, unless its origin comes back.
        #[serde(rename = "left_ms", serialize_with = "millis")]
        left: Duration,
    },
    /// Its origin has come back and has not repeated it yet.
    Returning {
        /// The time until it ends, unless its origin repeats it.
        #[serde(rename = "left_ms", serialize_with = "millis")]
        left: Duration,
    },
    /// The connections of its origin that were there when it was said have ended, and the newer one has not repeated it
    /// yet.
    TakenOver {
        /// The time until it ends, unless its origin repeats it.
        #[serde(rename = "left_ms", serialize_with = "millis")]
        left: Duration,
    },
    /// Lampfield has started and its origin has not come back yet.
    RestartGrace {
        /// The time until it ends, unless its origin comes back.
        #[serde(rename = "left_ms", serialize_with = "millis")]
        left: Duration,
    },
    /// Nobody speaks for its origin, and nothing of it is left to end.
    Away,
    /// It outlives its origin, by the policy for such names.
    KeptByPolicy,
    /// An operator has said it, so that it needs no connection.
    ByHand,
    /// Nothing holds it up, and it is about to end.
    Ending,
    /// Its origin says it no longer, and UNAVAILABLE stands in its place.
    Unavailable {
        /// Why the fact itself has ended.
        #[serde(serialize_with = "word")]
        reason: Ending,
    },
    /// It has ended; this is the withdrawal.
    Withdrawn {
        /// Why the fact has ended.
        #[serde(serialize_with = "word")]
        reason: Ending,
    },
}

/// Why a lamp shows what it shows, with what only the hub knows. Not in a stored or sent form:
/// its parts have their own text.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// What the board alone can explain: the facts, and the rule that decided.
    pub why: Why,
    /// For each of its facts, in the same order, how long it still has.
    pub leases: Vec<Lease>,
    /// For each of its facts, in the same order, the accounts that have not confirmed its
    /// withdrawal. Empty for what is live.
    pub waiting_for: Vec<Vec<String>>,
    /// What is wrong with the origins that speak of it.
    pub troubles: Vec<Trouble>,
}

/// What `origins` shows of one origin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OriginReport {
    /// The account that it logs in with.
    pub account: String,
    /// The identity it speaks as, in the words of its protocol.
    pub identity: String,
    /// The entity id under which an Asterisk hears it.
    pub eid: String,
    /// Connections that speak for it now.
    pub connections: usize,
    /// The one of them that began to last.
    #[serde(skip)]
    pub newest: Option<ConnId>,
    /// Since when nobody speaks for it, in milliseconds since 1970; none while somebody does.
    pub away_since: Option<u64>,
    /// When it said something last, repeats included, in milliseconds since 1970; none if not since the start.
    pub last_word: Option<u64>,
    /// Live facts that it holds on the board.
    pub facts: usize,
    /// Withdrawals that some peer may not have heard of yet.
    pub tombstones: usize,
    /// Its present epoch, which rises each time that a connection begins to speak for it.
    pub epoch: u32,
    /// What will happen next to its facts.
    #[serde(flatten)]
    pub lease: Lease,
    /// How long its account will wait before it connects again, as far as can be told.
    #[serde(rename = "predicted_wait_ms", serialize_with = "millis")]
    pub predicted_wait: Duration,
    /// How long its facts will outlive its connection.
    #[serde(rename = "grace_ms", serialize_with = "millis")]
    pub grace: Duration,
}

/// How many of something there are, and how many there may be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Used {
    /// How many there are now.
    pub used: usize,
    /// How many there may be on one board.
    pub limit: usize,
}

/// The state of a hub, or of several together.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Status {
    /// Connections that have logged in.
    pub connections: usize,
    /// Watches of doors that run now.
    pub watches: usize,
    /// Origins with anything remembered of them.
    pub origins: usize,
    /// Subjects with a fact or a withdrawal.
    pub subjects: usize,
    /// Subjects whose lamp shows something.
    pub lamps: usize,
    /// Live facts of each kind, by the kind's word.
    pub kinds: BTreeMap<&'static str, usize>,
    /// Live facts of all kinds.
    pub facts: Used,
    /// Withdrawals that are remembered until everybody has heard of them.
    pub tombstones: Used,
    /// Changes that are remembered in memory.
    pub history: Used,
    /// The number of the latest change.
    pub revision: u64,
    /// What was said since the start, by what became of it.
    pub said: Tally,
    /// What is wrong now; empty if all is well.
    pub troubles: Vec<Trouble>,
}

/// What was said since the start, by what became of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Publications that were news and changed the board.
    pub changed: u64,
    /// Publications that said the same as before.
    pub repeats: u64,
    /// States that must not be kept: passed on once.
    pub passed_on: u64,
    /// Publications that a policy has dropped.
    pub ignored: u64,
    /// Publications that were not taken, because of a limit or a fault.
    pub refused: u64,
}

// === impl Tally ===

impl Tally {
    /// Counts what became of something that was said.
    pub(crate) fn count(&mut self, became: &Result<Outcome, Refusal>) {
        *match became {
            Ok(Outcome::Changed) => &mut self.changed,
            Ok(Outcome::Repeat) => &mut self.repeats,
            Ok(Outcome::PassedOn) => &mut self.passed_on,
            Ok(Outcome::Ignored) => &mut self.ignored,
            Err(_) => &mut self.refused,
        } += 1;
    }
}

// === impl Status ===

impl Status {
    /// Both together: what is held and was said is added up, and limits are those of one board.
    #[must_use]
    pub fn plus(mut self, other: Self) -> Self {
        self.connections += other.connections;
        self.watches += other.watches;
        self.origins += other.origins;
        self.subjects += other.subjects;
        self.lamps += other.lamps;
        for (kind, facts) in other.kinds {
            *self.kinds.entry(kind).or_default() += facts;
        }
        self.facts.used += other.facts.used;
        self.tombstones.used += other.tombstones.used;
        self.history.used += other.history.used;
        self.revision += other.revision;
        let (said, more) = (&mut self.said, other.said);
        said.changed += more.changed;
        said.repeats += more.repeats;
        said.passed_on += more.passed_on;
        said.ignored += more.ignored;
        said.refused += more.refused;
        self.troubles.extend(other.troubles);
        self
    }
}

fn word<S: Serializer>(ending: &Ending, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(ending.as_str())
}

fn millis<S: Serializer>(value: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u64(u64::try_from(value.as_millis()).unwrap_or(u64::MAX))
}
