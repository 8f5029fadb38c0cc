//! `invite/1`: everything that one more Asterisk PBX needs.

use serde::{Deserialize, Serialize};

/// What to paste where, what to run, and what it should print.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteDocument {
    /// The schema of this document, `invite/1`.
    pub schema: String,
    /// The account, as a bare JID.
    pub jid: String,
    /// The file on the PBX into which the block goes.
    pub file: String,
    /// The section to put into it, secret included.
    pub block: String,
    /// The command by which Asterisk reads the file again.
    pub reload: String,
    /// The command that shows whether it works.
    pub proof: String,
    /// What that command should print.
    pub expected: String,
    /// SHA-256 of the server's certificate, 64 hex digits; absent without TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Which way is the better one.
    pub way: Way,
    /// The way by a relay; absent without TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relay: Option<ByRelay>,
    /// Why the address in the block may not be the right one; absent when the configuration names
    /// it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Everything that many more PBXs need.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Invites {
    /// The schema of this document, `invites/1`.
    pub schema: String,
    /// In the order in which they were named.
    pub invites: Vec<InviteDocument>,
}

/// How the stream of a PBX comes here: directly or by a relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// Asterisk connects to this server.
    Direct,
    /// Asterisk connects to a relay on its own machine.
    Relay,
}

/// What belongs on the machine of an Asterisk whose stream a relay carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByRelay {
    /// The way with a package; what follows is the way by hand.
    pub package: RelayPackage,
    /// Brings this program there; to be run here.
    pub copy: String,
    /// Runs the relay, in the foreground.
    pub command: String,
    /// The file of the socket unit.
    pub socket_unit_file: String,
    /// The unit that keeps the port open.
    pub socket_unit: String,
    /// The file of the service.
    pub unit_file: String,
    /// The service that runs the relay.
    pub unit: String,
    /// Starts both, now and at each boot.
    pub enable: String,
    /// The section for xmpp.conf, secret included.
    pub block: String,
}

/// The steps with the package `lampfield-relay`, on the machine of the Asterisk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelayPackage {
    /// Installs it on Debian and its kin.
    pub install: String,
    /// Installs it where packages are RPMs.
    pub install_rpm: String,
    /// The file that its service reads.
    pub options_file: String,
    /// The line that belongs into it.
    pub options: String,
    /// Starts it, now and at each boot.
    pub start: String,
}
