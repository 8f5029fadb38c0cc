//! Who does something, and what that somebody may do. Every face makes an actor of whoever comes by it, and no
//! operation runs without one.

use std::fmt;

use lampfield_accounts::{Account, BareJid, Role};
use lampfield_board::{AccountName, BoardName, Identity, NameError, Protocol, Subject};
use lampfield_hub::kit::{Grant, Rights};

use crate::definition::{Definition, Reach};
use crate::failure::{Exit, Failure};
use crate::history_readers::HistoryReaders;
use crate::scope::{Scope, Scopes};

/// As whom the owner of the data folder speaks about lamps: no account can be called so.
pub const OWNER: &str = "lampfield cli";

/// Who does something, with the scopes and the boards that this may touch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    kind: ActorKind,
    scopes: Scopes,
    /// The only board it may touch; none where it may touch all, and the server.
    board: Option<BoardName>,
    /// About which lamps of its boards it may speak, and of which it may hear.
    rights: Rights,
    /// The protocol by which it comes, as what it says by hand will show.
    protocol: Protocol,
}

/// By what an actor is known, and so what it may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActorKind {
    /// Whoever may open the control socket: the owner of the data folder.
    Owner,
    /// Somebody who has logged in with an account.
    Account(AccountName),
    /// A program with a token of this name.
    Token(String),
    /// A script of this name that the server runs.
    Script(String),
}

// === impl Actor ===

impl Actor {
    /// The owner of the data folder at the command line, who may do everything.
    #[must_use]
    pub fn owner() -> Self {
        let (scopes, rights) = (Scopes::all(), Rights::ALL);
        Self { kind: ActorKind::Owner, scopes, board: None, rights, protocol: Protocol::Cli }
    }

    /// An account with what its role allows, on one board or, without one, on the whole server. Of the lamps it hears, and
    /// speaks about, as at a door. Whether it may read the past is up to `readers`.
    ///
    /// # Errors
    /// When its address is too long for a board.
    pub(crate) fn account(
        account: &Account,
        board: Option<BoardName>,
        protocol: Protocol,
        readers: &HistoryReaders,
    ) -> Result<Self, NameError> {
        let kind = ActorKind::Account(AccountName::parse(account.jid.as_str())?);
        let scopes = scopes_of(account.role, &account.jid, readers);
        let rights = Rights::of(&account.says(), &account.hears());
        Ok(Self { kind, scopes, board, rights, protocol })
    }

    /// A token or a script, which belongs to one board and may touch all lamps of it.
    #[must_use]
    pub fn of_board(kind: ActorKind, scopes: Scopes, board: BoardName, protocol: Protocol) -> Self {
        Self { kind, scopes, board: Some(board), rights: Rights::ALL, protocol }
    }

    /// The same one, which may touch these lamps only.
    #[must_use]
    pub fn limited_to(self, rights: Rights) -> Self {
        Self { rights, ..self }
    }

    /// What it is: the owner, an account, a token or a script.
    #[must_use]
    pub fn kind(&self) -> &ActorKind {
        &self.kind
    }

    /// The only board it may touch; none where it may touch all, and the server.
    #[must_use]
    pub fn board(&self) -> Option<&BoardName> {
        self.board.as_ref()
    }

    /// The protocol by which it comes, as what it says by hand will show.
    #[must_use]
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// About which lamps of its boards it may speak, and of which it may hear.
    pub(crate) fn rights(&self) -> &Rights {
        &self.rights
    }

    /// Of which lamps it may hear. Of the others it learns nothing, not even that they are there.
    #[must_use]
    pub fn hear(&self) -> &Grant {
        &self.rights.hear
    }

    /// Whether it may speak about this lamp.
    ///
    /// # Errors
    /// Names the lamp and who may.
    pub(crate) fn check_say(&self, subject: &Subject) -> Result<(), Failure> {
        if self.rights.say.covers(subject) {
            return Ok(());
        }
        let message = format!("{self} may not publish {subject}");
        Err(Failure::new(Exit::NotAllowed, "lamp-not-allowed", message)
            .line("ask", "the owner of the data folder, or an admin: allow lists the names that an account may publish"))
    }

    /// As whom it speaks about lamps.
    ///
    /// # Errors
    /// When its name cannot be one of a board.
    pub fn speaks_as(&self) -> Result<(AccountName, Identity), NameError> {
        match &self.kind {
            ActorKind::Owner => Ok((AccountName::parse(OWNER)?, Identity::parse("command line")?)),
            ActorKind::Account(name) => {
                Ok((name.clone(), Identity::parse(self.protocol.as_str())?))
            }
            ActorKind::Token(name) | ActorKind::Script(name) => {
                let account = format!("{} {name}", self.kind.word());
                Ok((AccountName::parse(&account)?, Identity::parse(name)?))
            }
        }
    }

    /// Whether it may do this.
    ///
    /// # Errors
    /// Names the scope that is missing and who has it, or the board that is not the actor's.
    pub fn check(&self, definition: &Definition) -> Result<(), Failure> {
        let Definition { name, scope, reach, .. } = definition;
        self.check_scope(name, *scope)?;
        match (&self.board, reach) {
            (Some(board), Reach::Server) => {
                let message = format!(
                    "{name} concerns the whole server, and {self} has rights only on the board {board}"
                );
                Err(Failure::new(Exit::NotAllowed, "whole-server", message)
                    .line("ask", "the owner of the data folder, or an admin of the first domain"))
            }
            _ => Ok(()),
        }
    }

    /// Whether it has the scope that `what` needs.
    ///
    /// # Errors
    /// Names the scope that is missing and who has it.
    pub(crate) fn check_scope(&self, what: &str, scope: Scope) -> Result<(), Failure> {
        if self.scopes.has(scope) {
            return Ok(());
        }
        let message = format!("{what} needs the scope {scope}, which {self} does not have");
        let who = match scope {
            Scope::HistoryRead => {
                "the owner of the data folder: read in [history] of the configuration sets who has it"
                    .to_owned()
            }
            _ => format!("the owner of the data folder, an admin, or anyone who may give {scope}"),
        };
        Err(Failure::new(Exit::NotAllowed, "scope-missing", message)
            .line("has", self.scopes.to_string())
            .line("ask", who))
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

// === impl ActorKind ===

impl ActorKind {
    /// The word for it: `owner`, `account`, `token`, `script`.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Account(_) => "account",
            Self::Token(_) => "token",
            Self::Script(_) => "script",
        }
    }

    /// Which one, where there are several.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Owner => None,
            Self::Account(name) => Some(name.as_str()),
            Self::Token(name) | Self::Script(name) => Some(name),
        }
    }
}

impl fmt::Display for ActorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{} {name}", self.word()),
            None => f.write_str(self.word()),
        }
    }
}

/// What an account of this role may do. Whether it may read the past is up to `readers`.
pub(crate) fn scopes_of(role: Role, jid: &BareJid, readers: &HistoryReaders) -> Scopes {
    let of_role = match role {
        Role::Admin => Scope::ALL,
        Role::Pbx | Role::User => &[Scope::LampsRead],
    };
    let others = of_role.iter().copied().filter(|scope| *scope != Scope::HistoryRead);
    let past = readers.include(role, jid).then_some(Scope::HistoryRead);
    others.chain(past).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::{LogSet, Operation, UserAdd, Why};

    fn token(scopes: &[Scope]) -> Actor {
        let board = BoardName::parse("a.example").expect("a board");
        let scopes = scopes.iter().copied().collect();
        Actor::of_board(ActorKind::Token("wall".to_owned()), scopes, board, Protocol::Rest)
    }

    #[test]
    fn a_refusal_names_the_scope_that_is_missing_and_who_has_it() {
        let token = token(&[Scope::LampsRead]);
        assert_eq!(token.check(Why::DEFINITION), Ok(()));
        let refused = token.check(UserAdd::DEFINITION).expect_err("no such scope");
        assert_eq!((refused.exit, refused.code.as_str()), (Exit::NotAllowed, "scope-missing"));
        let text = refused.to_string();
        for words in ["accounts:write", "token wall", "has  lamps:read", "the owner"] {
            assert!(text.contains(words), "{words}: {text}");
        }
        for definition in crate::run::OPERATIONS {
            assert_eq!(Actor::owner().check(definition), Ok(()), "{}", definition.name);
        }
    }

    #[test]
    fn whoever_belongs_to_a_board_does_nothing_to_the_whole_server() {
        let token = token(Scope::ALL);
        assert_eq!(token.check(UserAdd::DEFINITION), Ok(()));
        let refused = token.check(LogSet::DEFINITION).expect_err("the whole server");
        assert_eq!(refused.code, "whole-server");
    }
}
