//! One account: who it is, what it may do, and how it proves to be itself.

use std::borrow::Cow;
use std::fmt;

use lampfield_board::{Labels, Pattern, SiteName, Subject};
use lampfield_xmpp_stream::BareJid;
use lampfield_xmpp_stream::sasl::ScramKeys;
use serde::{Deserialize, Serialize};

use crate::generation::Generation;

/// What may stand before the `@` of an account's address, for whoever has typed something else.
pub const ALLOWED_NAMES: &str =
    "letters, digits and . _ - + and the like, no blank and none of \" & ' / : < > @: pbx-1";

/// What an account is, as far as rights go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// A telephone system: may publish telephony states, gets forgiving answers.
    Pbx,
    /// An ordinary XMPP client: no telephony rights unless granted.
    User,
    /// May do everything that any account may, whatever its patterns say.
    Admin,
}

/// How an account came into being.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountSource {
    /// Declared in the configuration file, and gone when it is no longer declared.
    Config,
    /// Added by an operator at the command line.
    Cli,
    /// Added by an invitation, with a password that derives from the account key.
    Invite,
    /// Made by its first login with the join secret.
    FirstLogin,
    /// Registered by its own client (XEP-0077).
    InBand,
}

/// Whether an account may log in with `jabber:iq:auth`, for which its password is kept readable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LegacyAuth {
    /// It may, at the cost of a readable password in the database file.
    Allowed,
    /// Not so: its password is not kept, only keys that fit it.
    Refused,
}

/// Who somebody is and what that somebody may do, at every door.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// The address by which it is named at every door.
    pub jid: BareJid,
    /// What it may do besides publishing what `allow` names.
    pub role: Role,
    /// The devices and mailboxes it may publish, by name. Admins may publish all.
    pub allow: Vec<Pattern>,
    /// What it may hear, by the names of the board. Admins hear all.
    pub hear: Vec<Pattern>,
    /// The place where it stands, by which names are mapped.
    pub site: Option<SiteName>,
    /// Words by which people tell it from others; they decide nothing.
    pub labels: Labels,
    /// How it came into being, which says who may change it.
    pub source: AccountSource,
    pub(crate) keys: ScramKeys,
    /// The readable password, only for `jabber:iq:auth`.
    pub(crate) legacy_secret: Option<String>,
    /// Which invitation its password derives from; none if the password was chosen.
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

    /// The names that an account of this role may use where these were granted to it: an admin may use all. From this every
    /// door, and whoever does something by an operation, has the rights of the account.
    pub fn names(self, granted: &[Pattern]) -> Cow<'_, [Pattern]> {
        match self {
            Self::Admin => vec![Pattern::everything()].into(),
            Self::Pbx | Self::User => granted.into(),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl AccountSource ===

impl AccountSource {
    /// The word for it in documents and tables: `first-login`, `in-band`.
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

impl fmt::Display for AccountSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl Account ===

impl Account {
    /// The names about which it may speak.
    pub fn says(&self) -> Cow<'_, [Pattern]> {
        self.role.names(&self.allow)
    }

    /// The names of which it may hear.
    pub fn hears(&self) -> Cow<'_, [Pattern]> {
        self.role.names(&self.hear)
    }

    /// Whether it may say something about the subject.
    pub fn may_publish(&self, subject: &Subject) -> bool {
        let name = subject.name().as_str();
        self.role == Role::Admin || self.allow.iter().any(|pattern| pattern.matches(name))
    }

    /// Whether it may be told something about the subject, which is named as the board does. Where it hears
    /// everything, as is usual, the name is not looked at.
    pub fn may_hear(&self, subject: &Subject) -> bool {
        let name = subject.name().as_str();
        self.hears_everything() || self.hear.iter().any(|pattern| pattern.matches(name))
    }

    /// Whether it may hear of every subject, so that nothing need be checked.
    pub fn hears_everything(&self) -> bool {
        self.role == Role::Admin || self.hear.iter().any(Pattern::is_everything)
    }

    /// Whether it has any telephony rights.
    pub fn has_grants(&self) -> bool {
        self.role == Role::Admin || !self.allow.is_empty()
    }

    /// Whether it stands in the configuration file, where alone it can be changed.
    pub fn is_declared(&self) -> bool {
        self.source == AccountSource::Config
    }

    /// Whether somebody has chosen its password, so that no invitation can print it.
    pub fn has_own_password(&self) -> bool {
        self.invited.is_none()
    }

    /// Whether its password is kept readable for `jabber:iq:auth`.
    pub fn legacy(&self) -> LegacyAuth {
        if self.legacy_secret.is_some() { LegacyAuth::Allowed } else { LegacyAuth::Refused }
    }
}

impl fmt::Debug for Account {
    /// Keys and secrets do not belong into logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("jid", &self.jid)
            .field("role", &self.role)
            .field("allow", &self.allow)
            .field("hear", &self.hear)
            .field("site", &self.site)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}
