//! What the hub has to tell people, as data. The shell logs it and `status` shows what stands; no
//! text is made here and nothing depends on anyone listening.

use std::{fmt, sync::Arc, time::Duration};

use lampfield_board::{AccountName, Eid, Ending, Identity, Origin, WallTime};
use serde::Serialize;

use crate::reached_limit::ReachedLimit;

/// Something people should know: the shell writes it to the log.
#[derive(Debug, Clone, PartialEq)]
pub enum Notice {
    /// It happened, and that is all.
    Happened(Happening),
    /// It stands until it is cleared. Raised again with other data it replaces what stood.
    Raised(Trouble),
    /// This trouble stands no longer, because its cause is gone.
    Cleared(Trouble),
}

/// Something that happened once and needs no clearing.
#[derive(Debug, Clone, PartialEq)]
pub enum Happening {
    /// The last connection of an origin is gone; its facts end after `grace`.
    Lost {
        /// The origin that nobody speaks for any more.
        origin: Arc<Origin>,
        /// Live facts that it held when it was lost.
        facts: usize,
        /// How long it has to come back.
        grace: Duration,
    },
    /// An origin is back; what it does not repeat within `grace` ends.
    Returned {
        /// The origin that is back.
        origin: Arc<Origin>,
        /// Live facts of before that it has to repeat.
        facts: usize,
        /// How long it has to repeat them.
        grace: Duration,
    },
    /// Facts of one origin have ended, all for the same reason.
    Withdrawn {
        /// The origin whose facts ended.
        origin: Arc<Origin>,
        /// How many facts have ended.
        facts: usize,
        /// Why they ended: the same word as in `why` and `history`.
        reason: Ending,
    },
    /// A grace is over and nothing had to be withdrawn: all was repeated, or is kept.
    GraceOver {
        /// The origin that the grace was for.
        origin: Arc<Origin>,
    },
    /// A stored row could not be read and was left out.
    Unreadable {
        /// The bucket that the row is in.
        bucket: &'static str,
        /// The key of the row within its bucket.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// Something that is wrong for as long as it stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "trouble", rename_all = "kebab-case")]
pub enum Trouble {
    /// Several accounts publish under one EID: each of these PBXs takes the others' states for
    /// its own echo and drops them. Clears when all but one are gone.
    DuplicateEid {
        /// The entity id that several accounts claim.
        #[serde(serialize_with = "text")]
        eid: Eid,
        /// Who uses it, at most eight of them.
        #[serde(serialize_with = "texts")]
        accounts: Vec<AccountName>,
        /// How many more accounts use it than are named.
        others: usize,
        /// What people can do about it, as the door of one of them has declared; none where nobody has spoken yet.
        #[serde(skip)]
        remedy: Option<&'static str>,
    },
    /// More withdrawals are unconfirmed than may be remembered, and the oldest were forgotten.
    /// Clears when a tenth of the limit is free again.
    TombstoneLimit {
        /// The most withdrawals that are remembered, of all kinds together.
        limit: usize,
        /// Who had not confirmed those forgotten last, and may show a dead fact.
        #[serde(serialize_with = "texts")]
        stale: Vec<AccountName>,
    },
    /// An origin did not come back in time, and what it said was withdrawn but for what is kept. Clears
    /// when its account logs in again or is removed, and after an hour.
    OriginGone {
        /// The origin that has not come back.
        #[serde(serialize_with = "text")]
        origin: Arc<Origin>,
        /// Since when nobody speaks for it; the start of Lampfield at the earliest.
        #[serde(rename = "since_ms", serialize_with = "millis")]
        since: WallTime,
        /// Whether anything was withdrawn.
        withdrawn: bool,
    },
    /// The account's PBX has dropped more than once and will wait longer before it reconnects
    /// than its facts are kept, or, where their grace follows it, than the shortest one. Clears when
    /// its process restarts, the grace suffices, or its connection has held for ten
    /// minutes; a further drop raises it again.
    LongBackoff {
        /// The account whose PBX is away longer each time.
        #[serde(serialize_with = "text")]
        account: AccountName,
        /// How often it lost its connection.
        drops: u32,
        /// The wait expected after the next loss.
        predicted: Duration,
        /// The grace of the account as it is now.
        grace: Duration,
        /// It comes through a relay, which was restarted itself so often.
        by_relay: bool,
        /// What people can do about it, as its door has declared.
        #[serde(skip)]
        remedy: &'static str,
    },
    /// Facts are refused because a limit is reached. Clears when nothing was refused for ten
    /// minutes, when settings change, and when the account is removed.
    FactsRefused {
        /// Which limit was reached, and so which setting would have to rise.
        reached: ReachedLimit,
        /// The account whose publications are refused.
        #[serde(serialize_with = "text")]
        account: AccountName,
        /// As whom it speaks; none where it is about ever new ones.
        #[serde(serialize_with = "optional_text")]
        identity: Option<Identity>,
        /// Publications refused since the trouble began.
        count: u64,
        /// When the first of them was refused.
        #[serde(rename = "since_ms", serialize_with = "millis")]
        since: WallTime,
    },
}

/// What makes two troubles the same one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TroubleKey {
    DuplicateEid(Eid),
    TombstoneLimit,
    OriginGone(Arc<Origin>),
    LongBackoff(AccountName),
    FactsRefused(ReachedLimit, AccountName, Option<Identity>),
}

impl Trouble {
    pub(crate) fn key(&self) -> TroubleKey {
        match self {
            Self::DuplicateEid { eid, .. } => TroubleKey::DuplicateEid(*eid),
            Self::TombstoneLimit { .. } => TroubleKey::TombstoneLimit,
            Self::OriginGone { origin, .. } => TroubleKey::OriginGone(origin.clone()),
            Self::LongBackoff { account, .. } => TroubleKey::LongBackoff(account.clone()),
            Self::FactsRefused { reached, account, identity, .. } => {
                TroubleKey::FactsRefused(*reached, account.clone(), identity.clone())
            }
        }
    }
}

fn text<T: std::fmt::Display, S: serde::Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(value)
}

fn optional_text<T: fmt::Display, S: serde::Serializer>(
    value: &Option<T>,
    to: S,
) -> Result<S::Ok, S::Error> {
    value.as_ref().map(ToString::to_string).serialize(to)
}

fn millis<S: serde::Serializer>(moment: &WallTime, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u64(moment.millis())
}

fn texts<T: std::fmt::Display, S: serde::Serializer>(
    values: &[T],
    to: S,
) -> Result<S::Ok, S::Error> {
    to.collect_seq(values.iter().map(ToString::to_string))
}
