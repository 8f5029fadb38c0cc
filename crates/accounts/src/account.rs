//! One account: who it is, what it may do, and how it proves to be itself.

use std::fmt;

use lampfield_board::{Pattern, Subject};
use lampfield_xmpp_stream::BareJid;
use lampfield_xmpp_stream::sasl::ScramKeys;
use serde::{Deserialize, Serialize};

use crate::invite::Generation;

/// What an account is, as far as rights go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// A telephone system: may publish telephony states, gets forgiving answers.
    Pbx,
    /// An ordinary XMPP client: no telephony rights unless granted.
    User,
    /// May do everything.
    Admin,
}

/// How an account came into being.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// Declared in the configuration file, and gone when it is no longer declared.
    Config,
    /// Added from the command line.
    Cli,
    /// Added by an invitation.
    Invite,
    /// Made by its first login with the join secret.
    FirstLogin,
    /// Registered by its client (XEP-0077).
    InBand,
}

/// Whether an account may log in with `jabber:iq:auth`, for which its password is kept readable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Legacy {
    /// It may.
    Allowed,
    /// SASL only.
    Refused,
}

/// One account.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Its address.
    pub jid: BareJid,
    /// What it is.
    pub role: Role,
    /// The devices and mailboxes it may publish, by name. Admins may publish all.
    pub allow: Vec<Pattern>,
    /// How it came into being.
    pub source: Source,
    pub(crate) keys: ScramKeys,
    /// The readable password, only for `jabber:iq:auth`.
    pub(crate) legacy_secret: Option<String>,
    /// The password derives from the invite key and this generation.
    pub(crate) invited: Option<Generation>,
    /// Keyed hash of the password in the configuration, to notice when it changes.
    pub(crate) declared: Option<[u8; 32]>,
}

// === impl Role ===

impl Role {
    /// The word for it in configuration and output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pbx => "pbx",
            Self::User => "user",
            Self::Admin => "admin",
        }
    }

    /// What an account of this role may publish if nothing else is said.
    pub fn usual_allow(self) -> Vec<Pattern> {
        match self {
            Self::Pbx | Self::Admin => Pattern::parse("*").into_iter().collect(),
            Self::User => Vec::new(),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl Source ===

impl Source {
    /// The word for it in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Cli => "cli",
            Self::Invite => "invite",
            Self::FirstLogin => "first-login",
            Self::InBand => "in-band",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl Account ===

impl Account {
    /// Whether it may say something about the subject.
    pub fn may_publish(&self, subject: &Subject) -> bool {
        let name = subject.name().as_str();
        self.role == Role::Admin || self.allow.iter().any(|pattern| pattern.matches(name))
    }

    /// Whether it has any telephony rights.
    pub fn has_grants(&self) -> bool {
        self.role == Role::Admin || !self.allow.is_empty()
    }

    /// Whether it may log in with `jabber:iq:auth`.
    pub fn legacy(&self) -> Legacy {
        if self.legacy_secret.is_some() { Legacy::Allowed } else { Legacy::Refused }
    }
}

impl fmt::Debug for Account {
    /// Keys and secrets do not belong into logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("jid", &self.jid)
            .field("role", &self.role)
            .field("allow", &self.allow)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}
