//! `user add|list|passwd|forget-resource|remove`: the accounts. `user change` stands in `user_change.rs`.

use lampfield_accounts::{
    Account, AccountError, AccountSource, BareJid, Invitation as Invited, LegacyAuth, NewAccount,
    NewPassword, Role, Rotation, weakness,
};
use lampfield_board::{AccountName, BoardName, Pattern};
use lampfield_hub::Reader;

use super::accounts::{
    FreshlyInvited, Named, away, labels, lost_at_a_restart, patterns, role, site,
};
use super::{Perform, operation};
use crate::actor::Actor;
use crate::argument::Hidden;
use crate::definition::Effect;
use crate::desk::Desk;
use crate::document::account::{User, UserSecret, Users};
use crate::document::done::Done;
use crate::failure::{Exit, Failure};
use crate::host::Host;
use crate::shell;
use crate::time::counted;

operation! {
    /// Adds an account; you type its password, pipe it in, or let the server make it.
    pub struct UserAdd = "user add" {
        /// NAME or NAME@DOMAIN
        name: String,
        /// Its role: pbx, user or admin
        role: String = "pbx",
        /// The names it may publish, instead of the default for its role; may be repeated
        allow: Vec<String>,
        /// The names it may hear, instead of all names; may be repeated
        hear: Vec<String>,
        /// Its site, which decides the [[map]] rules that apply to it
        site: Option<String>,
        /// A word to find it by; may be repeated
        label: Vec<String>,
        /// It logs in without SASL (usesasl=no), so its password is stored in clear text
        legacy_auth: bool,
        /// Its password; without one the server makes it
        password: Option<Hidden>,
    }
    AccountsWrite, Effect::Changes("the accounts"), Board, Document("user/1") -> UserSecret
}

operation! {
    /// Lists the accounts, never their passwords.
    pub struct UserList = "user list" {
        /// Only those of this domain
        domain: Option<String>,
    }
    AccountsRead, Effect::Reads, Board, Document("users/1") -> Users
}

operation! {
    /// Gives an account another password.
    pub struct UserPasswd = "user passwd" {
        /// NAME or NAME@DOMAIN
        name: String,
        /// The new password; without one the server makes it
        password: Option<Hidden>,
    }
    AccountsWrite, Effect::Changes("the accounts"), Board, Document("user/1") -> UserSecret
}

operation! {
    /// Stops waiting for a PBX that will not come back under this resource.
    pub struct UserForgetResource = "user forget-resource" {
        /// NAME or NAME@DOMAIN
        name: String,
        /// The resource, as `user list` shows it under AWAY
        resource: String,
    }
    AccountsWrite, Effect::Changes("who waits for withdrawals"), Board, Document("done/1") -> Done
}

operation! {
    /// Removes an account, its connections and its facts.
    pub struct UserRemove = "user remove" {
        /// NAME or NAME@DOMAIN
        name: String,
    }
    AccountsWrite, Effect::Changes("the accounts"), Board, Document("done/1") -> Done
}

impl<H: Host> Perform<H> for UserAdd {
    async fn perform(self, desk: &Desk<H>, actor: &Actor) -> Result<UserSecret, Failure> {
        let jid = desk.jid(actor, &Named::parse(&self.name))?;
        let role = role(&self.role)?;
        let allow = patterns(&self.allow, "--allow")?;
        let hear = patterns(&self.hear, "--hear")?;
        let site = self.site.as_deref().map(site).transpose()?;
        let labels = labels(&self.label)?;
        let weak = self.password.as_ref().and_then(|password| weak(password, &jid));
        let made = self.password.is_none();
        let allow = if allow.is_empty() { role.usual_allow() } else { allow };
        let hear = if hear.is_empty() { vec![Pattern::everything()] } else { hear };
        desk.given(&jid, role, (&allow, &hear)).check(actor)?;
        let new = NewAccount {
            jid: jid.clone(),
            password: match self.password {
                Some(Hidden(password)) => NewPassword::Given(password),
                None => NewPassword::Invited,
            },
            role,
            allow,
            hear,
            site,
            labels,
            legacy: if self.legacy_auth { LegacyAuth::Allowed } else { LegacyAuth::Refused },
            source: AccountSource::Cli,
        };
        let (account, unstored) = match (desk.accounts.add(new).await, desk.accounts.get(&jid)) {
            (Ok(account), _) => (account, None),
            // Nobody else knows the password that was made.
            (Err(AccountError::NotStored(reason)), Some(account)) if made => {
                (account, Some(lost_at_a_restart(&reason)))
            }
            (Err(error), _) => return Err(desk.refused(error)),
        };
        let warnings = desk.host.warnings_of(&account);
        let warnings = unstored.into_iter().chain(warnings).collect();
        let secret = match made {
            true => made_by_us(desk.invited(&jid, Rotation::Keep).await?.invited),
            false => UserSecret { weak, ..given(&account.jid) },
        };
        Ok(UserSecret { warnings, ..secret })
    }

    fn about(&self, desk: &Desk<H>) -> Option<BoardName> {
        desk.board_of_named(&Named::parse(&self.name))
    }
}

impl<H: Host> Perform<H> for UserList {
    async fn perform(self, desk: &Desk<H>, actor: &Actor) -> Result<Users, Failure> {
        let domains = match (self.domain, actor.board()) {
            (Some(domain), _) => Some(vec![desk.domain(actor, Some(&domain))?]),
            (None, Some(_)) => Some(desk.served(actor).into_iter().map(|one| one.name).collect()),
            // Those of domains that are served no longer as well.
            (None, None) => None,
        };
        let accounts = desk.accounts.list();
        let is_wanted = |account: &Account| {
            let of = |domains: &Vec<String>| domains.iter().any(|one| one == account.jid.domain());
            domains.as_ref().is_none_or(of)
        };
        let users = accounts.iter().filter(|account| is_wanted(account));
        let users = users.map(|account| desk.user(account)).collect();
        Ok(Users { schema: "users/1".to_owned(), users })
    }
}

impl<H: Host> Perform<H> for UserPasswd {
    async fn perform(self, desk: &Desk<H>, actor: &Actor) -> Result<UserSecret, Failure> {
        let jid = desk.jid(actor, &Named::parse(&self.name))?;
        let account = desk.known(actor, &jid)?;
        desk.given_with(&account).check(actor)?;
        match self.password {
            Some(password) => {
                let weak = weak(&password, &jid);
                let set = desk.accounts.set_password(&jid, &password.0).await;
                set.map_err(|error| desk.refused(error))?;
                Ok(UserSecret { weak, ..given(&jid) })
            }
            None => {
                let FreshlyInvited { invited, warning } =
                    desk.invited(&jid, Rotation::Rotate).await?;
                let warnings = warning.into_iter().collect();
                Ok(UserSecret { warnings, ..made_by_us(invited) })
            }
        }
    }

    fn about(&self, desk: &Desk<H>) -> Option<BoardName> {
        desk.board_of_named(&Named::parse(&self.name))
    }
}

impl<H: Host> Perform<H> for UserForgetResource {
    async fn perform(self, desk: &Desk<H>, actor: &Actor) -> Result<Done, Failure> {
        let (jid, resource) = (desk.jid(actor, &Named::parse(&self.name))?, &self.resource);
        desk.known(actor, &jid)?;
        let name = AccountName::parse(jid.as_str()).map_err(Failure::bug)?;
        let reader = Reader::new(name, resource);
        let board = desk.board_of(actor, &jid)?;
        if !board.forget_reader(&reader) {
            let message = format!("no resource \"{resource}\" of {jid} is away");
            let failure = Failure::new(Exit::NoSuchThing, "unknown-resource", message);
            let away = away(&board, reader.account());
            return Err(match away.is_empty() {
                true => failure.line("try", "lampfield user list"),
                false => failure.line("away", away.join("  ")),
            });
        }
        let text = format!("no longer waits for {jid}/{resource}");
        Ok(Done::new("resource-forgotten", text))
    }

    fn about(&self, desk: &Desk<H>) -> Option<BoardName> {
        desk.board_of_named(&Named::parse(&self.name))
    }
}

/// Everything the account said ends with it.
impl<H: Host> Perform<H> for UserRemove {
    async fn perform(self, desk: &Desk<H>, actor: &Actor) -> Result<Done, Failure> {
        let jid = desk.jid(actor, &Named::parse(&self.name))?;
        desk.known(actor, &jid)?;
        let origins = desk.board_of(actor, &jid)?.read(|hub, now| hub.origins(now));
        let of_it = origins.iter().filter(|origin| origin.account == jid.as_str());
        let ended: usize = of_it.map(|origin| origin.facts).sum();
        desk.accounts.remove(&jid).await.map_err(|error| desk.refused(error))?;
        let ended = counted(ended as u64, "fact");
        let text = format!("removed {jid}; {ended} withdrawn");
        Ok(Done::new("user-removed", text))
    }

    fn about(&self, desk: &Desk<H>) -> Option<BoardName> {
        desk.board_of_named(&Named::parse(&self.name))
    }
}

impl<H: Host> Desk<H> {
    fn user(&self, account: &Account) -> User {
        let connected = self.host.connected(&account.jid);
        // An address that the hub cannot take has nothing there.
        let name = AccountName::parse(account.jid.as_str()).ok();
        let mut served = self.host.served().into_iter();
        let domain = served.find(|domain| domain.name == account.jid.domain());
        let board = domain.and_then(|domain| self.boards.get(&domain.board));
        User {
            jid: account.jid.to_string(),
            role: account.role.to_string(),
            allow: account.allow.iter().map(ToString::to_string).collect(),
            hear: account.hear.iter().map(ToString::to_string).collect(),
            site: account.site.as_ref().map(ToString::to_string),
            labels: account.labels.to_texts(),
            reads_history: self.host.history_readers().include(account.role, &account.jid),
            made_by: account.source.to_string(),
            connected: connected.all as u64,
            by_relay: connected.by_relay as u64,
            away: name.zip(board).map(|(name, board)| away(&board, &name)).unwrap_or_default(),
        }
    }
}

fn given(jid: &BareJid) -> UserSecret {
    let (schema, jid) = ("user/1".to_owned(), jid.to_string());
    UserSecret { schema, jid, password: None, again: None, weak: None, warnings: Vec::new() }
}

fn weak(Hidden(password): &Hidden, jid: &BareJid) -> Option<String> {
    let jid = jid.to_string();
    let name = jid.split('@').next().unwrap_or_default();
    weakness(password, name).map(str::to_owned)
}

/// Only a pbx is invited, so nobody else's password is printed again.
fn made_by_us(Invited { account, password }: Invited) -> UserSecret {
    let is_pbx = account.role == Role::Pbx;
    let again = is_pbx.then(|| format!("lampfield invite {}", shell::word(account.jid.as_str())));
    UserSecret { password: Some(password), again, ..given(&account.jid) }
}
