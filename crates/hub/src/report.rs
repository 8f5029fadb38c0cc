//! Answers to people's questions, as plain data: what the command line and the pages show. Times
//! are milliseconds; moments count from 1970 UTC.

use std::collections::BTreeMap;
use std::time::Duration;

use lampfield_board::{Ending, Why};
use serde::{Serialize, Serializer};

use crate::connections::ConnId;
use crate::notice::Trouble;
use crate::publication::{Outcome, Refusal};

/// How long a fact still has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "lease", rename_all = "kebab-case")]
pub enum Lease {
    /// Its origin speaks, and has said it in its present epoch.
    Live,
    /// Nobody speaks for its origin.
    Gone {
        /// Until it ends.
        #[serde(rename = "left_ms", serialize_with = "millis")]
        left: Duration,
    },
    /// Its origin has come back and has not repeated it yet.
    Returning {
        /// Until it ends.
        #[serde(rename = "left_ms", serialize_with = "millis")]
        left: Duration,
    },
    /// Lampfield has started and its origin has not come back yet.
    RestartGrace {
        /// Until it ends.
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
        /// Why.
        #[serde(serialize_with = "word")]
        reason: Ending,
    },
    /// It has ended; this is the withdrawal.
    Withdrawn {
        /// Why.
        #[serde(serialize_with = "word")]
        reason: Ending,
    },
}

/// Why a lamp shows what it shows, with what only the hub knows. Not in a stored or sent form:
/// its parts have their own text.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The board's explanation.
    pub why: Why,
    /// For each of its facts, in the same order, how long it still has.
    pub leases: Vec<Lease>,
    /// For each of its facts, in the same order, the accounts that have not confirmed its
    /// withdrawal. Empty for what is live.
    pub waiting_for: Vec<Vec<String>>,
    /// What is wrong with the origins that speak of it.
    pub troubles: Vec<Trouble>,
}

/// One origin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OriginReport {
    /// Its account.
    pub account: String,
    /// As whom it speaks.
    pub identity: String,
    /// The entity id under which an Asterisk hears it.
    pub eid: String,
    /// Connections that speak for it now.
    pub connections: usize,
    /// The one of them that began to last.
    #[serde(skip)]
    pub newest: Option<ConnId>,
    /// Since when nobody does.
    pub away_since: Option<u64>,
    /// When it said something last, repeats included; none since the start.
    pub last_word: Option<u64>,
    /// Live facts.
    pub facts: usize,
    /// Withdrawals that somebody may not know of.
    pub tombstones: usize,
    /// Its present epoch.
    pub epoch: u32,
    /// What is next due of its facts.
    #[serde(flatten)]
    pub lease: Lease,
    /// How long its account will wait before it connects again, as far as can be told.
    #[serde(rename = "predicted_wait_ms", serialize_with = "millis")]
    pub predicted_wait: Duration,
    /// How long its facts will outlive its connection.
    #[serde(rename = "grace_ms", serialize_with = "millis")]
    pub grace: Duration,
}

/// A number and what it may be at most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Used {
    /// The number.
    pub used: usize,
    /// The limit.
    pub limit: usize,
}

/// The state of a hub, or of several together.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Status {
    /// Connections that have logged in.
    pub connections: usize,
    /// Subscriptions that run.
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
    /// Remembered withdrawals.
    pub tombstones: Used,
    /// Remembered changes.
    pub history: Used,
    /// The number of the latest change.
    pub revision: u64,
    /// What was said since the start, by what became of it.
    pub said: Tally,
    /// What is wrong now.
    pub troubles: Vec<Trouble>,
}

/// What was said since the start, by what became of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// News.
    pub changed: u64,
    /// Publication before.
    pub repeats: u64,
    /// Not to be kept.
    pub passed_on: u64,
    /// Dropped by policy.
    pub ignored: u64,
    /// Refused.
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
