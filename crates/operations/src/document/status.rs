//! `status/1`: is it all right?

use std::collections::BTreeMap;
use std::net::IpAddr;

use lampfield_board::{BoardName, WallTime};
use lampfield_hub::{DoorReport, DoorState, OriginReport};
use serde::{Deserialize, Serialize};

use super::why::{Lease, LeaseState};
use super::{OriginName, moment, seconds_between};

/// The state of the whole server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatusDocument {
    /// The schema of this document, `status/1`.
    pub schema: String,
    /// Whether nothing needs attention; decides the exit status of `status`.
    pub healthy: bool,
    /// When this was true, RFC 3339.
    pub as_of: String,
    /// The process that answers, and since when it runs.
    pub server: Server,
    /// What somebody should look at; one entry for each cause.
    pub attention: Vec<Attention>,
    /// The certificates in use; none without TLS.
    #[serde(default)]
    pub certificates: Vec<Certificate>,
    /// The boards, that of the first domain first.
    #[serde(default)]
    pub boards: Vec<BoardStatus>,
    /// The doors, in the order in which they were opened.
    #[serde(default)]
    pub doors: Vec<DoorStatus>,
    /// Who says something, by board, account and entity.
    pub origins: Vec<OriginStatus>,
    /// PBXs that are connected and have said nothing yet.
    #[serde(default)]
    pub silent: Vec<SilentPbx>,
    /// Logins that were refused within the last ten minutes, the latest first.
    #[serde(default)]
    pub refused_logins: Vec<RefusedLogin>,
    /// How much is held and how often things happened since the start.
    pub counters: BTreeMap<String, u64>,
    /// How much may be held, by the name of the limit; of facts, tombstones and history on each board.
    pub limits: BTreeMap<String, u64>,
    /// Whether writes reach the disk.
    pub store: Store,
}

/// One board and how much it holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BoardStatus {
    /// The name of the board.
    pub board: String,
    /// The domains that have it.
    pub domains: Vec<String>,
    /// Origins of which anything is remembered.
    pub origins: u64,
    /// Lamps that show something.
    pub lamps: u64,
    /// Facts that are not withdrawn.
    pub facts: u64,
    /// Withdrawals that are remembered until everybody has heard of them.
    #[serde(default)]
    pub tombstones: u64,
    /// Changes that are remembered in memory.
    #[serde(default)]
    pub history: u64,
    /// The number of its latest change.
    pub revision: u64,
}

/// One door and how it is doing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DoorStatus {
    /// The protocol that it speaks: `xmpp`.
    pub protocol: String,
    /// Its board; absent for a door that serves several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub board: Option<String>,
    /// Where it listens or connects to.
    pub place: String,
    /// `serving`, `connecting` or `failed`.
    pub state: String,
    /// Since when it is in this state, RFC 3339.
    pub since: String,
    /// Peers that are connected by it.
    pub peers: u64,
    /// What is wrong; absent if nothing is known to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Seconds until it tries again; absent if it does not have to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_try_seconds: Option<f64>,
}

/// The process that answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Server {
    /// The version of the program.
    pub version: String,
    /// The process number, as `ps` shows it.
    pub pid: u32,
    /// Seconds since its start.
    pub uptime_seconds: f64,
    /// The data folder, in which everything is kept.
    pub data_dir: String,
    /// The configuration file; absent when it runs without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<String>,
    /// The names of the served domains.
    pub domains: Vec<String>,
    /// The addresses it listens on.
    pub listeners: Vec<String>,
    /// Bytes of memory in use by the process.
    pub memory_bytes: u64,
}

/// By what a domain is known to those who check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Certificate {
    /// The domain for which it is used.
    pub domain: String,
    /// SHA-256 of the certificate (DER), 64 hex digits.
    pub fingerprint: String,
    /// The same of its public key (SubjectPublicKeyInfo); absent if it cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_fingerprint: Option<String>,
    /// The end of its life, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<String>,
}

/// Something that needs attention for as long as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attention {
    /// Stable code, the same in the log.
    pub code: String,
    /// Whether somebody should look or something does not work.
    pub severity: Severity,
    /// What is wrong, in a sentence.
    pub text: String,
    /// What to do about it, in a sentence.
    pub remedy: String,
}

/// A PBX that is connected and lights no lamp yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SilentPbx {
    /// The account that it has logged in as.
    pub account: String,
    /// From where it is connected, as the network shows it.
    pub address: String,
    /// For how many seconds.
    pub connected_seconds: f64,
    /// Whether it listens to what other PBXs say.
    pub listens: bool,
    /// What the usual reason is, and what to look at, in a sentence.
    pub remedy: String,
}

/// Logins that were refused for one reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RefusedLogin {
    /// `wrong-password`, `unknown-account`, `unknown-domain`, `component`, `no-tls`, `no-legacy-auth`
    /// or `certificate-refused`.
    pub cause: String,
    /// The account or domain that was asked for; absent where nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<String>,
    /// From where, the last time.
    pub address: String,
    /// How many such logins were refused.
    pub count: u64,
    /// Seconds since the last time.
    pub last_seconds: f64,
    /// What to do if it is a PBX of yours, in a sentence.
    pub remedy: String,
}

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Somebody should look; nothing has failed yet.
    Look,
    /// Something does not work.
    Bad,
}

/// One origin: whether it is there, and what it holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OriginStatus {
    /// The account and what tells its origins apart.
    pub origin: OriginName,
    /// The name of its board.
    #[serde(default)]
    pub board: String,
    /// Whether it is connected, or what it is waited for.
    pub state: LeaseState,
    /// Seconds until what is next due of its facts is withdrawn; absent while nothing runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds_left: Option<f64>,
    /// Since when nobody speaks for it, RFC 3339; absent while somebody does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub away_since: Option<String>,
    /// Connections that speak for it.
    pub connections: u64,
    /// Whether it comes by a relay, as far as its newest connection says.
    #[serde(default)]
    pub by_relay: bool,
    /// Where the relay says that it comes from; absent if none does. It counts for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported_address: Option<String>,
    /// How many live facts it holds.
    pub facts: u64,
    /// Its withdrawals that somebody may not know of.
    pub tombstones: u64,
    /// Its present epoch, the first part of the versions of what it says.
    pub epoch: u32,
    /// Seconds since it last said something; absent if not since the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_word_seconds: Option<f64>,
    /// How long its account is expected to wait before it connects again.
    pub predicted_wait_seconds: f64,
    /// How long its facts outlive its connection.
    pub grace_seconds: f64,
}

/// The state of the store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Store {
    /// `ok`, or `stalled` while writes do not reach the disk.
    pub state: String,
    /// Changes that have taken effect and are on their way to the disk.
    pub waiting: u64,
    /// Since when writes do not reach the disk, RFC 3339; absent while they do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Why writes do not reach the disk; absent while they do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

// === impl OriginStatus ===

impl OriginStatus {
    /// What the hub reports of an origin, as of `now`; `via` is what a relay reports of it.
    pub fn of(board: &BoardName, report: OriginReport, via: Option<IpAddr>, now: WallTime) -> Self {
        let Lease { state, seconds_left, .. } = Lease::of(report.lease);
        Self {
            origin: OriginName {
                account: report.account,
                eid: report.eid,
                name: report.identity,
                ..OriginName::default()
            },
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

// === impl DoorStatus ===

impl DoorStatus {
    /// What a door reports, at this moment.
    pub fn of(report: DoorReport, now: WallTime) -> Self {
        let for_millis = u64::try_from(report.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        let since = WallTime::from_millis(now.millis().saturating_sub(for_millis));
        let (state, error, next) = match report.state {
            DoorState::Serving => ("serving", None, None),
            DoorState::Connecting { error, next } => ("connecting", error, Some(next)),
            DoorState::Failed { error } => ("failed", Some(error), None),
        };
        let left = |next: tokio::time::Instant| {
            next.saturating_duration_since(tokio::time::Instant::now()).as_secs_f64()
        };
        Self {
            protocol: report.protocol.to_string(),
            board: report.board.map(|board| board.to_string()),
            place: report.place,
            state: state.to_owned(),
            since: moment(since),
            peers: report.peers as u64,
            error,
            next_try_seconds: next.map(left),
        }
    }
}
