//! What the operations on accounts share: which account is meant, and what the book says in a person's words.

use std::rc::Rc;

use lampfield_accounts::{
    ALLOWED_NAMES, Account, AccountBook, AccountError, BareJid, Invitation, Role, Rotation,
};
use lampfield_board::{AccountName, BoardName, Labels, Pattern, SiteName};
use lampfield_hub::HubShell;

use super::stored::SHOW_ROOM;
use crate::actor::Actor;
use crate::desk::Desk;
use crate::document::OriginName;
use crate::document::warning::Warning;
use crate::failure::{Exit, Failure};
use crate::host::Host;
use crate::nearest::nearest;
use crate::shell;

/// An account as a person names it: with or without its domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    /// The part before the `@`.
    pub name: String,
    /// Behind it; the first domain if it is not given.
    pub domain: Option<String>,
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

impl<H: Host> Desk<H> {
    /// The address that is meant, in a domain that the actor may touch.
    pub(super) fn jid(&self, actor: &Actor, account: &Named) -> Result<BareJid, Failure> {
        let domain = self.domain(actor, account.domain.as_deref())?;
        BareJid::parse(&format!("{}@{domain}", account.name)).map_err(|_| {
            let message = format!("\"{}\" cannot be an account name", account.name);
            Failure::new(Exit::Usage, "wrong-name", message).line("write", ALLOWED_NAMES)
        })
    }

    /// A served domain that the actor may touch; the first one if none is named.
    pub(super) fn domain(&self, actor: &Actor, named: Option<&str>) -> Result<String, Failure> {
        let served = self.served(actor);
        let mut names = served.iter().map(|domain| domain.name.as_str());
        let Some(named) = named else { return Ok(names.next().unwrap_or_default().to_owned()) };
        // Written as the DNS has it, it is the same domain.
        let normal = BareJid::parse(named).ok();
        let is_named =
            |name: &&str| *name == named || normal.as_ref().is_some_and(|it| it.as_str() == *name);
        if let Some(name) = names.clone().find(is_named) {
            return Ok(name.to_owned());
        }
        let message = format!("\"{named}\" is not served here");
        let failure = Failure::new(Exit::NoSuchThing, "unknown-domain", message);
        Err(with_nearest(failure, nearest(named, names, 3)).line("try", "lampfield domain list"))
    }

    /// Adds where the account of an origin stands, if that is still there.
    pub(super) fn add_place(&self, origin: &mut OriginName) {
        if let Some(account) = account_of(&self.accounts, &origin.account) {
            origin.site = account.site.as_ref().map(ToString::to_string);
            origin.labels = account.labels.to_texts();
        }
    }

    /// The board of an account, as a person names it.
    pub(super) fn board_of_named(&self, account: &Named) -> Option<BoardName> {
        self.board_of_domain(account.domain.as_deref())
    }

    /// The account of this address. Refuses one that does not exist; names those that are called much like it.
    pub(super) fn known(&self, actor: &Actor, jid: &BareJid) -> Result<Rc<Account>, Failure> {
        if let Some(account) = self.accounts.get(jid) {
            return Ok(account);
        }
        let (served, accounts) = (self.served(actor), self.accounts.list());
        let may_see = |name: &str| served.iter().any(|domain| domain.name == name);
        let accounts = accounts.iter().filter(|account| may_see(account.jid.domain()));
        let near = nearest(jid.as_str(), accounts.map(|account| account.jid.as_str()), 3);
        let failure = refused(AccountError::Missing(jid.clone()));
        Err(with_nearest(failure, near).line("try", "lampfield user list"))
    }
}

fn with_nearest(failure: Failure, near: Vec<&str>) -> Failure {
    match near.is_empty() {
        true => failure,
        false => failure.line("nearest", near.join("  ")),
    }
}

/// The site of the account of an origin, if that has one and is still there.
pub(super) fn site_of(accounts: &AccountBook, name: &str) -> Option<SiteName> {
    account_of(accounts, name)?.site.clone()
}

fn account_of(accounts: &AccountBook, name: &str) -> Option<Rc<Account>> {
    accounts.get(&BareJid::parse(name).ok()?)
}

/// The PBXs of an account that are away and will be told on their return what has ended.
pub(super) fn away(board: &HubShell, account: &AccountName) -> Vec<String> {
    board.read(|hub, _| hub.awaited(account).map(str::to_owned).collect())
}

/// The role of this word.
pub(super) fn role(typed: &str) -> Result<Role, Failure> {
    let roles = [Role::Pbx, Role::User, Role::Admin];
    roles.into_iter().find(|role| role.as_str() == typed).ok_or_else(|| {
        Failure::new(Exit::Usage, "wrong-role", format!("\"{typed}\" is not a role"))
            .line("try", "pbx, user or admin")
    })
}

impl<H: Host> Desk<H> {
    /// What the book says, with what to do.
    pub(super) fn refused(&self, error: AccountError) -> Failure {
        let place = match &error {
            AccountError::Declared(jid) => self.host.declared_place(jid),
            _ => None,
        };
        let failure = refused(error);
        match place {
            Some(place) => failure
                .line("defined in", place)
                .line("try", "lampfield reload   after the change there"),
            None => failure,
        }
    }
}

/// An account that was invited, and what is to be looked at in that.
pub(super) struct FreshlyInvited {
    pub invited: Invitation,
    pub warning: Option<Warning>,
}

impl<H: Host> Desk<H> {
    /// Invites an account. A password that is not on the disk yet works all the same, so whoever has asked is
    /// given it, with a warning.
    ///
    /// # Errors
    /// As [`AccountBook::invite`], unless it is done.
    pub(super) async fn invited(
        &self,
        jid: &BareJid,
        rotation: Rotation,
    ) -> Result<FreshlyInvited, Failure> {
        let (invited, warning) = match self.accounts.invite(jid, rotation).await {
            Err(AccountError::NotStored(reason)) => {
                (self.accounts.invite(jid, Rotation::Keep).await, Some(lost_at_a_restart(&reason)))
            }
            done => (done, None),
        };
        let invited = invited.map_err(|error| self.refused(error))?;
        Ok(FreshlyInvited { invited, warning })
    }
}

/// Of something that is done and not stored yet.
pub(super) fn lost_at_a_restart(reason: &str) -> Warning {
    Warning {
        code: "not-stored".to_owned(),
        text: format!(
            "not stored yet: {reason}; it works now, and is lost if the server restarts before the disk has room"
        ),
        remedy: Some(SHOW_ROOM.to_owned()),
        at: None,
    }
}

/// The patterns that were typed for `argument`; the first wrong one is refused.
pub(super) fn patterns(typed: &[String], argument: &str) -> Result<Vec<Pattern>, Failure> {
    let patterns = typed.iter().map(|pattern| Pattern::parse(pattern));
    patterns.collect::<Result<_, _>>().map_err(|error| {
        Failure::new(Exit::Usage, "wrong-pattern", error.to_string())
            .line("try", format!("{argument} 'PJSIP/1*'"))
    })
}

/// The site that was typed.
pub(super) fn site(typed: &str) -> Result<SiteName, Failure> {
    SiteName::parse(typed).map_err(|error| {
        Failure::new(Exit::Usage, "wrong-site", error.to_string()).line("try", "--site berlin")
    })
}

/// The labels that were typed.
pub(super) fn labels(typed: &[String]) -> Result<Labels, Failure> {
    Labels::parse(typed).map_err(|error| {
        Failure::new(Exit::Usage, "wrong-label", error.to_string())
            .line("try", "--label floor-2 --label sales")
    })
}

fn refused(error: AccountError) -> Failure {
    let (exit, code) = match &error {
        AccountError::Exists(_) => (Exit::Conflict, "account-exists"),
        AccountError::Missing(_) => (Exit::NoSuchThing, "unknown-account"),
        AccountError::Declared(_) => (Exit::Conflict, "declared-account"),
        AccountError::OwnPassword(_) => (Exit::Conflict, "own-password"),
        AccountError::OtherKey(_) => (Exit::Conflict, "other-key"),
        AccountError::DomainRemoved(_) => (Exit::Conflict, "domain-removed"),
        AccountError::NoName(_) => (Exit::Usage, "wrong-name"),
        AccountError::Password(..) => (Exit::Usage, "wrong-password"),
        AccountError::Full(_) => (Exit::Conflict, "too-many-accounts"),
        AccountError::Busy => (Exit::NoAnswer, "busy"),
        AccountError::NotStored(_) => (Exit::Bad, "not-stored"),
        AccountError::NoRandom | AccountError::Store(_) => (Exit::Bad, "store"),
    };
    let failure = Failure::new(exit, code, error.to_string());
    match error {
        AccountError::Exists(jid) => {
            failure.line("try", format!("lampfield user passwd {}", shell::word(jid.as_str())))
        }
        AccountError::OwnPassword(jid) | AccountError::OtherKey(jid) => {
            failure.line("try", format!("lampfield invite {} --rotate", shell::word(jid.as_str())))
        }
        AccountError::NotStored(_) => failure.line("try", SHOW_ROOM),
        _ => failure,
    }
}
