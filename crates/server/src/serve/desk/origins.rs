//! The origins as `status` lists them.

use std::net::IpAddr;

use lampfield_board::{BoardName, WallTime};
use lampfield_hub::OriginReport;

use crate::document::status::OriginStatus;
use crate::document::why::Lease;
use crate::document::{OriginName, moment, seconds_between};

// === impl OriginStatus ===

impl OriginStatus {
    /// What the hub reports of an origin, as of `now`; `via` is what a relay reports of it.
    pub fn of(board: &BoardName, report: OriginReport, via: Option<IpAddr>, now: WallTime) -> Self {
        let Lease { state, seconds_left } = Lease::of(report.lease);
        Self {
            origin: OriginName { account: report.account, eid: report.eid, name: report.identity },
            board: board.to_string(),
            state,
            seconds_left,
            away_since: report.away_since.map(|since| moment(WallTime::from_millis(since))),
            connections: report.connections as u64,
            by_relay: via.is_some(),
            reported_address: via.map(|address| address.to_string()),
            facts: report.facts as u64,
            tombstones: report.tombstones as u64,
            epoch: report.epoch,
            last_word_seconds: report
                .last_word
                .map(|word| seconds_between(WallTime::from_millis(word), now)),
            predicted_wait_seconds: report.predicted_wait.as_secs_f64(),
            grace_seconds: report.grace.as_secs_f64(),
        }
    }
}
