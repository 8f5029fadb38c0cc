//! The log lines of the hub: each has a stable `code` that the manual explains.

use std::fmt::Display;
use std::time::Duration;

use tracing::{debug, info, warn};

use crate::notice::{Happening, Notice, Trouble};
use crate::shell_words::with_name;

/// Writes a notice to the log.
pub fn notice(notice: &Notice) {
    match notice {
        Notice::Happened(happening) => happened(happening),
        Notice::Raised(trouble) => raised(trouble),
        Notice::Cleared(trouble) => cleared(trouble),
    }
}

fn happened(happening: &Happening) {
    match happening {
        Happening::Lost { origin, facts, grace } => {
            info!(code = "origin-lost", %origin, facts, ?grace, "connection lost, grace begins");
        }
        Happening::Returned { origin, facts, grace } => {
            info!(code = "origin-returned", %origin, facts, ?grace, "back, has to repeat its facts");
        }
        Happening::Withdrawn { origin, facts, reason } => {
            info!(code = "facts-withdrawn", %origin, facts, %reason, "facts withdrawn");
        }
        Happening::GraceOver { origin } => {
            debug!(code = "grace-over", %origin, "nothing had to be withdrawn");
        }
        Happening::Unreadable { bucket, key, reason } => {
            warn!(code = "row-unreadable", bucket, key, reason, "a stored row was left out");
        }
    }
}

fn raised(trouble: &Trouble) {
    match trouble {
        Trouble::DuplicateEid { eid, accounts, others, remedy } => {
            let accounts = list(accounts);
            warn!(
                code = "duplicate-eid",
                %eid,
                accounts,
                others,
                remedy,
                "several accounts use one entity id, so their PBXs ignore each other"
            );
        }
        Trouble::TombstoneLimit { limit, stale } => {
            let stale = list(stale);
            warn!(
                code = "tombstone-limit",
                limit,
                stale,
                "too many withdrawals are unconfirmed, so the oldest was dropped: these PBXs may show \
                 old states until they are restarted"
            );
        }
        Trouble::OriginGone { origin, withdrawn: true, .. } => {
            warn!(
                code = "origin-gone",
                %origin,
                "it has not come back, and its states were withdrawn: check that PBX"
            );
        }
        Trouble::OriginGone { origin, withdrawn: false, .. } => {
            warn!(code = "origin-gone", %origin, "it has not come back: check that PBX");
        }
        Trouble::LongBackoff { account, drops, predicted, grace, by_relay, remedy } => {
            let code = backoff_code(*predicted, *grace);
            let what = match (by_relay, predicted > grace) {
                (true, _) => {
                    "the relay of this PBX was restarted often, and the PBX waits longer after each restart"
                }
                (false, false) => {
                    "this PBX waits longer each time before it reconnects, and its facts are kept for that long"
                }
                (false, true) => "this PBX will be away for longer than its facts are kept",
            };
            let remedy = with_name(remedy, account.as_str());
            warn!(code, %account, drops, ?predicted, ?grace, remedy, "{what}");
        }
        Trouble::FactsRefused { reached, account, identity, .. } => {
            let identity = identity.as_ref().map(ToString::to_string);
            warn!(
                code = "facts-refused",
                limit = %reached,
                %account,
                identity,
                "a limit is reached, so facts are refused and lamps stay dark: raise it, or find out \
                 who publishes so much"
            );
        }
    }
}

fn cleared(trouble: &Trouble) {
    match trouble {
        Trouble::DuplicateEid { eid, .. } => {
            info!(code = "duplicate-eid", %eid, "cleared: only one account uses this entity id");
        }
        Trouble::TombstoneLimit { limit, .. } => {
            info!(code = "tombstone-limit", limit, "cleared: there is room for withdrawals again");
        }
        Trouble::OriginGone { origin, .. } => {
            info!(code = "origin-gone", %origin, "cleared: it is back, was removed, or has been gone for an hour");
        }
        Trouble::LongBackoff { account, predicted, grace, .. } => {
            let code = backoff_code(*predicted, *grace);
            info!(code, %account, "cleared: it no longer drops, or the grace is long enough");
        }
        Trouble::FactsRefused { reached, account, count, .. } => {
            info!(
                code = "facts-refused", limit = %reached, %account, count,
                "cleared: the limit was raised, or nothing was refused for ten minutes"
            );
        }
    }
}

fn backoff_code(predicted: Duration, grace: Duration) -> &'static str {
    if predicted > grace { "backoff-exceeds-grace" } else { "backoff-grown" }
}

fn list(names: &[impl Display]) -> String {
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
