//! A lamp as filters see it, on its board or as it changes.

use std::time::Duration;

use lampfield_accounts::AccountBook;
use lampfield_board::{Change, Origin, SiteName, Subject, SubjectFacts, Value, WallTime};
use lampfield_hub::{Hub, Lease, Now};

use super::accounts::site_of;
use crate::filter::Sight;

/// A lamp that has begun to show something else so often within that time is flapping. A busy agent comes to three
/// changes for each call.
const FLAPPING: (usize, Duration) = (20, Duration::from_mins(5));

/// A lamp, and what must be known to judge it.
pub(super) struct Seen<'a> {
    hub: &'a Hub,
    now: Now,
    accounts: &'a AccountBook,
    subject: &'a Subject,
    lamp: Option<&'a Value>,
    /// None of a state that passes by and is not kept.
    facts: Option<SubjectFacts<'a>>,
    /// Of a change only the one who has said it counts as who says something.
    changed_by: Option<&'a Origin>,
}

/// Since when a lamp shows what it shows: where that is not remembered, since the last word about it, when it did so
/// already.
pub(super) fn shown_since(hub: &Hub, facts: SubjectFacts<'_>) -> WallTime {
    let last_word = || facts.facts().map(|fact| fact.said_at).max().unwrap_or_default();
    hub.history().shown_since(facts.subject()).unwrap_or_else(last_word)
}

// === impl Seen ===

impl<'a> Seen<'a> {
    /// As it is now, on its board.
    pub fn now(
        (hub, now): (&'a Hub, Now),
        accounts: &'a AccountBook,
        facts: SubjectFacts<'a>,
        lamp: Option<&'a Value>,
    ) -> Self {
        let (subject, facts) = (facts.subject(), Some(facts));
        Self { hub, now, accounts, subject, lamp, facts, changed_by: None }
    }

    /// As it is after a change.
    pub fn changed(
        (hub, now): (&'a Hub, Now),
        accounts: &'a AccountBook,
        change: &'a Change,
    ) -> Self {
        Self {
            hub,
            now,
            accounts,
            subject: &change.subject,
            lamp: change.lamp.as_ref(),
            facts: hub.board().get(&change.subject),
            changed_by: Some(&change.origin),
        }
    }

    /// Those who say something.
    fn origins(&self) -> impl Iterator<Item = &'a Origin> {
        let facts = self.facts.filter(|_| self.changed_by.is_none()).into_iter();
        let live = facts.flat_map(SubjectFacts::facts).filter(|fact| fact.state.is_live());
        self.changed_by.into_iter().chain(live.map(|fact| &**fact.origin))
    }
}

impl Sight for Seen<'_> {
    fn subject(&self) -> &Subject {
        self.subject
    }

    fn lamp(&self) -> Option<&Value> {
        self.lamp
    }

    fn is_said_by(&self, is_one: &dyn Fn(&Origin) -> bool) -> bool {
        self.origins().any(is_one)
    }

    fn is_said_at(&self, is_one: &dyn Fn(&SiteName) -> bool) -> bool {
        let site = |origin: &Origin| site_of(self.accounts, origin.account.as_str());
        self.origins().filter_map(site).any(|site| is_one(&site))
    }

    fn is_stale(&self) -> bool {
        let facts = self.facts.into_iter().flat_map(SubjectFacts::facts);
        let leases =
            facts.filter(|fact| fact.state.is_live()).map(|fact| self.hub.lease(&fact, self.now));
        let mut leases = leases.peekable();
        let is_vouched_for =
            |lease| matches!(lease, Lease::Live | Lease::ByHand | Lease::KeptByPolicy);
        leases.peek().is_some() && !leases.any(is_vouched_for)
    }

    fn is_flapping(&self) -> bool {
        let (most, within) = FLAPPING;
        let within = u64::try_from(within.as_millis()).unwrap_or(u64::MAX);
        let since = WallTime::from_millis(self.now.wall.millis().saturating_sub(within));
        self.hub.history().turns(self.subject, since, most) >= most
    }

    fn shown_for(&self) -> Duration {
        let since = self.facts.map(|facts| shown_since(self.hub, facts));
        let since = since.unwrap_or(self.now.wall);
        Duration::from_millis(self.now.wall.millis().saturating_sub(since.millis()))
    }
}
