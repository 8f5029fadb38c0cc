//! The control socket: how commands talk to the running server. One request and its answer are one
//! JSON line each; only a watch goes on for longer. The socket lies in the data folder, which is
//! closed to everybody but its owner, and that is the whole access rule.

pub mod client;
pub mod line;
pub mod listener;

use serde::{Deserialize, Serialize};

use crate::document::account::{Domains, UserSecret, Users};
use crate::document::done::Done;
use crate::document::history::History;
use crate::document::invite::Invite;
use crate::document::status::Status;
use crate::document::why::Why;
use crate::failure::Failure;

/// What a command asks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// Is it all right?
    Status,
    /// What decides this lamp?
    Why {
        /// As a person writes it.
        subject: String,
        /// On which board, by its name or that of a domain; on the first domain's if it is not given.
        board: Option<String>,
        /// Then, in milliseconds since 1970 UTC; now if it is not given.
        at_millis: Option<u64>,
    },
    /// Who said what about this lamp?
    History {
        /// As a person writes it.
        subject: String,
        /// On which board, as for `Why`.
        board: Option<String>,
        /// Only from then on, in milliseconds since 1970 UTC.
        since_millis: Option<u64>,
        /// At most so many changes.
        limit: usize,
    },
    /// Changes as they come.
    Watch {
        /// Pattern over subject names, with or without their kind.
        filter: Option<String>,
        /// Of which board, as for `Why`.
        board: Option<String>,
    },
    /// Add an account.
    UserAdd {
        /// Its name, and the domain it is in.
        account: Named,
        /// `pbx`, `user` or `admin`.
        role: String,
        /// The names it may publish.
        allow: Vec<String>,
        /// Whether it logs in with `jabber:iq:auth`.
        legacy_auth: bool,
        /// Its password; the server makes one if there is none.
        password: Option<Hidden>,
    },
    /// List the accounts, of one domain or all.
    UserList {
        /// The domain.
        domain: Option<String>,
    },
    /// Give an account another password.
    UserPasswd {
        /// Which.
        account: Named,
        /// The new one; the server makes one if there is none.
        password: Option<Hidden>,
    },
    /// Stop waiting for a server of an account that will not come back under its resource.
    UserForgetResource {
        /// Which account.
        account: Named,
        /// Which resource.
        resource: String,
    },
    /// Remove an account, its connections and what it said.
    UserRemove {
        /// Which.
        account: Named,
    },
    /// Everything that one more Asterisk server needs; adds the account if need be.
    Invite {
        /// Its account.
        account: Named,
        /// With which secret.
        secret: InviteSecret,
    },
    /// The served domains.
    DomainList,
    /// Change what is logged.
    LogSet {
        /// As in `[log] level`.
        levels: String,
    },
}

/// An account as a person names it: with or without its domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Before the `@`.
    pub name: String,
    /// Behind it; the only or first domain if it is not given.
    pub domain: Option<String>,
}

/// Which secret an invitation shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InviteSecret {
    /// The one it has shown before, if it has.
    Same,
    /// A new one; the old one ends.
    New,
}

/// A password on its way: it crosses the socket readably and is shown nowhere else.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hidden(pub String);

/// What the server answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// To `status`.
    Status(Box<Status>),
    /// To `why`.
    Why(Box<Why>),
    /// To `history`.
    History(History),
    /// To `watch`: lines follow until one side closes.
    Watching,
    /// To `user list`.
    Users(Users),
    /// To `user add` and `user passwd`.
    UserSecret(UserSecret),
    /// To `invite`.
    Invite(Box<Invite>),
    /// To `domain list`.
    Domains(Domains),
    /// To `user forget-resource`, `user remove` and `log set`.
    Done(Done),
    /// It cannot be done.
    Failed(Failure),
}

// === impl Named ===

impl Named {
    /// Reads `NAME` or `NAME@DOMAIN`.
    pub fn parse(typed: &str) -> Self {
        match typed.rsplit_once('@') {
            Some((name, domain)) => Self { name: name.to_owned(), domain: Some(domain.to_owned()) },
            None => Self { name: typed.to_owned(), domain: None },
        }
    }
}

// === impl Hidden ===

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hidden")
    }
}
