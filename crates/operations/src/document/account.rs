//! `users/1`, `user/1` and `domains/1`: who may connect, and where to.

use serde::{Deserialize, Serialize};

use super::warning::Warning;

/// The accounts of the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Users {
    /// The schema of this document, `users/1`.
    pub schema: String,
    /// The accounts, sorted by domain and name.
    pub users: Vec<User>,
}

/// One account, never its secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// The bare JID, `NAME@DOMAIN`.
    pub jid: String,
    /// `pbx`, `user` or `admin`.
    pub role: String,
    /// The names it may publish.
    pub allow: Vec<String>,
    /// The names it may hear.
    #[serde(default = "everything")]
    pub hear: Vec<String>,
    /// The place where it stands; absent if it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// Words by which people tell it from others.
    #[serde(default)]
    pub labels: Vec<String>,
    /// Whether it may read what was said in the past.
    #[serde(default)]
    pub reads_history: bool,
    /// Where it was made: `configuration`, `command`, `invite`, `in-band` or `first-login`.
    pub made_by: String,
    /// How many of its resources are connected.
    pub connected: u64,
    /// How many of these come by a relay.
    #[serde(default)]
    pub by_relay: u64,
    /// The resources that are away and will be told on their return what has ended.
    #[serde(default)]
    pub away: Vec<String>,
}

/// What accounts heard before there was a choice.
fn everything() -> Vec<String> {
    vec!["*".to_owned()]
}

/// What became of a request to add an account or to change its password.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UserSecret {
    /// The schema of this document, `user/1`.
    pub schema: String,
    /// The bare JID, `NAME@DOMAIN`.
    pub jid: String,
    /// The password, when the server has made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// The command that prints the password again; absent when nothing does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<String>,
    /// Why the password that was given is weak; absent when nothing is known against it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weak: Option<String>,
    /// What else should be looked at; absent where there is nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

/// The domains that are served now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Domains {
    /// The schema of this document, `domains/1`.
    pub schema: String,
    /// In the order of the configuration.
    pub domains: Vec<Domain>,
}

/// What became of a domain that was added, changed or removed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DomainDone {
    /// The schema of this document, `domain/1`.
    pub schema: String,
    /// `added`, `changed`, `removed`, or `forgotten` where the file has it too and it is still served.
    pub done: String,
    /// The name of the domain.
    pub name: String,
    /// How it is served now; absent where it is no longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<Domain>,
    /// What went with it; absent where nothing did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone: Option<Gone>,
    /// What else is worth knowing, in a sentence; absent where there is nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What goes when a domain is removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gone {
    /// Accounts, with their rosters.
    pub accounts: u64,
    /// Connections that were closed.
    pub sessions: u64,
    /// Facts that were withdrawn.
    pub facts: u64,
    /// PubSub nodes that were deleted.
    pub nodes: u64,
}

/// One served domain and what it has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Domain {
    /// The name, as in `user@name`.
    pub name: String,
    /// The name of its board.
    #[serde(default)]
    pub board: String,
    /// Where it stands: the file and the line, or `run time`.
    #[serde(default)]
    pub stands_in: String,
    /// `closed`, `in-band` or `first-login`.
    pub registration: String,
    /// How many accounts are in the book for it, connected or not.
    pub accounts: u64,
    /// Who made its certificate: `operator` or `lampfield`; absent without TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
    /// The end of its certificate's life, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<String>,
}
