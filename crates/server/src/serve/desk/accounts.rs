//! What operators do with accounts.

use lampfield_accounts::{
    Account, AccountError, AccountSource, Invitation as Invited, LegacyAuth, NewAccount,
    NewPassword, Role, Rotation,
};
use lampfield_board::{AccountName, Pattern};
use lampfield_hub::{HubShell, Reader};
use lampfield_xmpp_stream::BareJid;

use super::Desk;
use crate::advice;
use crate::config::{self, Config, keys};
use crate::control::{Hidden, InviteSecret, Named};
use crate::document::account::{Domain, Domains, User, UserSecret, Users};
use crate::document::done::Done;
use crate::document::invite::Invite;
use crate::failure::{Exit, Failure};
use crate::nearest::nearest;
use crate::serve::accounts::password;
use crate::serve::addresses::Reachable;
use crate::serve::invitation::Invitation;

/// What `user add` asks for.
#[derive(Debug)]
pub struct Wanted {
    /// Who.
    pub account: Named,
    /// `pbx`, `user` or `admin`.
    pub role: String,
    /// The names it may publish; what is usual for its role if empty.
    pub allow: Vec<String>,
    /// Whether it logs in with `jabber:iq:auth`.
    pub legacy_auth: bool,
    /// Its password; made if there is none.
    pub password: Option<Hidden>,
}

impl Desk {
    /// `user add`.
    pub(super) async fn add(&self, wanted: Wanted) -> Result<UserSecret, Failure> {
        let jid = self.jid(&wanted.account)?;
        let role = role(&wanted.role)?;
        let allow = wanted.allow.iter().map(|pattern| Pattern::parse(pattern));
        let allow: Vec<Pattern> = allow.collect::<Result<_, _>>().map_err(|error| {
            Failure::new(Exit::Usage, "wrong-pattern", error.to_string())
                .line("try", "--allow 'PJSIP/1*'")
        })?;
        let made = wanted.password.is_none();
        let new = NewAccount {
            jid: jid.clone(),
            password: match wanted.password {
                Some(Hidden(password)) => NewPassword::Given(password),
                None => NewPassword::Invited,
            },
            role,
            allow: if allow.is_empty() { role.usual_allow() } else { allow },
            legacy: if wanted.legacy_auth { LegacyAuth::Allowed } else { LegacyAuth::Refused },
            source: AccountSource::Cli,
        };
        let account = self.door.context.accounts.add(new).await.map_err(refused)?;
        match made {
            true => {
                let invitation = self.door.context.accounts.invite(&jid, Rotation::Keep).await;
                Ok(made_by_us(invitation.map_err(refused)?))
            }
            false => Ok(given(&account.jid)),
        }
    }

    /// `user passwd`.
    pub(super) async fn passwd(
        &self,
        account: &Named,
        password: Option<Hidden>,
    ) -> Result<UserSecret, Failure> {
        let jid = self.jid(account)?;
        self.known(&jid)?;
        match password {
            Some(Hidden(password)) => {
                self.door.context.accounts.set_password(&jid, &password).await.map_err(refused)?;
                Ok(given(&jid))
            }
            None => {
                let invitation = self.door.context.accounts.invite(&jid, Rotation::Rotate).await;
                Ok(made_by_us(invitation.map_err(refused)?))
            }
        }
    }

    /// `user remove`: everything the account said ends with it.
    pub(super) async fn remove(&self, account: &Named) -> Result<Done, Failure> {
        let jid = self.jid(account)?;
        self.known(&jid)?;
        let origins = self.board_of(&jid)?.read(|hub, now| hub.origins(now));
        let of_it = origins.iter().filter(|origin| origin.account == jid.as_str());
        let ended: usize = of_it.map(|origin| origin.facts).sum();
        self.door.context.accounts.remove(&jid).await.map_err(refused)?;
        let text = format!("removed {jid}; {ended} of its facts withdrawn");
        Ok(Done::new("user-removed", text))
    }

    /// `user forget-resource`.
    pub(super) fn forget_resource(&self, account: &Named, resource: &str) -> Result<Done, Failure> {
        let jid = self.jid(account)?;
        self.known(&jid)?;
        let name = AccountName::parse(jid.as_str()).map_err(Failure::bug)?;
        let reader = Reader::new(name, resource);
        let board = self.board_of(&jid)?;
        if !board.act(|hub, _| hub.forget_reader(&reader)) {
            let message = format!("no resource \"{resource}\" of {jid} is away");
            let failure = Failure::new(Exit::NoSuchThing, "unknown-resource", message);
            let away = away(&board, reader.account());
            return Err(match away.is_empty() {
                true => failure.line("try", "lampfield user list"),
                false => failure.line("away", away.join("  ")),
            });
        }
        let text = format!("withdrawals no longer wait for {jid}/{resource}");
        Ok(Done::new("resource-forgotten", text))
    }

    /// `user list`.
    pub(super) fn users(&self, domain: Option<&str>) -> Result<Users, Failure> {
        if let Some(domain) = domain {
            self.served(domain)?;
        }
        let accounts = self.door.context.accounts.list();
        let wanted = accounts
            .iter()
            .filter(|account| domain.is_none_or(|domain| account.jid.domain() == domain));
        let users = wanted.map(|account| self.user(account)).collect();
        Ok(Users { schema: "users/1".to_owned(), users })
    }

    /// `invite`.
    pub async fn invite(&self, account: &Named, secret: InviteSecret) -> Result<Invite, Failure> {
        let jid = self.jid(account)?;
        self.check_is_pbx(&jid)?;
        let rotation = match secret {
            InviteSecret::Same => Rotation::Keep,
            InviteSecret::New => Rotation::Rotate,
        };
        let declared = declared(&self.config.borrow(), &jid).map(password).transpose()?.flatten();
        let secret = match (declared, rotation) {
            (Some(password), Rotation::Keep) => password,
            (Some(_), Rotation::Rotate) => return Err(refused(AccountError::Declared(jid))),
            (None, _) => {
                self.door.context.accounts.invite(&jid, rotation).await.map_err(refused)?.password
            }
        };
        let legacy = self.door.context.accounts.get(&jid).map(|account| account.legacy());
        let xmpp = &self.config.borrow().xmpp;
        let reachable = Reachable::of(&xmpp.listen).ok_or_else(|| {
            Failure::new(Exit::Conflict, "no-listener", "Asterisk needs a plain listener")
                .line("try", "listen = [\"0.0.0.0:5222\"] in [xmpp]")
        })?;
        let certificate = self.certificates.iter().find(|one| one.domain.as_str() == jid.domain());
        let invitation = Invitation {
            fingerprints: certificate.map(|one| &one.fingerprints),
            program: &program(),
            is_only_here: advice::is_only_here(xmpp),
            note: note(&reachable, xmpp),
            jid: jid.as_str(),
            domain: jid.domain(),
            secret: &secret,
            reachable: &reachable,
            tls: xmpp.tls,
            legacy: legacy == Some(LegacyAuth::Allowed),
        };
        Ok(invitation.document())
    }

    /// `domain list`.
    pub(super) fn domains(&self) -> Domains {
        let accounts = self.door.context.accounts.list();
        let domains = self.server.domains.iter().map(|name| {
            let config = self.config.borrow();
            let given = config.domain.iter().find(|domain| domain.name.as_str() == name);
            let closed = keys::Registration::Closed;
            let certificate = self.certificates.iter().find(|one| one.domain.as_str() == name);
            Domain {
                name: name.clone(),
                registration: given.map_or(closed, |given| given.registration).word().to_owned(),
                accounts: accounts.iter().filter(|one| one.jid.domain() == name).count() as u64,
                certificate: certificate.map(|one| one.maker.word().to_owned()),
                valid_to: certificate.and_then(|one| one.valid_to).map(|end| end.to_string()),
            }
        });
        Domains { schema: "domains/1".to_owned(), domains: domains.collect() }
    }

    /// The address an operator means.
    fn jid(&self, account: &Named) -> Result<BareJid, Failure> {
        let domain = match &account.domain {
            Some(domain) => self.served(domain)?,
            None => self.server.domains.first().map(String::as_str).unwrap_or_default(),
        };
        BareJid::parse(&format!("{}@{domain}", account.name)).map_err(|_| {
            let message = format!("\"{}\" cannot be an account name", account.name);
            Failure::new(Exit::Usage, "wrong-name", message)
                .line("write", config::name::AccountName::ALLOWED)
        })
    }

    fn served<'a>(&'a self, domain: &str) -> Result<&'a str, Failure> {
        let served = self.server.domains.iter().map(String::as_str);
        served.clone().find(|served| *served == domain).ok_or_else(|| {
            let message = format!("\"{domain}\" is not served here");
            let failure = Failure::new(Exit::NoSuchThing, "unknown-domain", message);
            match nearest(domain, served, 3) {
                near if near.is_empty() => failure.line("try", "lampfield domain list"),
                near => failure.line("nearest", near.join("  ")),
            }
        })
    }

    /// An xmpp.conf with the password of a person is of no use to anybody.
    fn check_is_pbx(&self, jid: &BareJid) -> Result<(), Failure> {
        match self.door.context.accounts.get(jid) {
            Some(account) if account.role != Role::Pbx => {
                let message = format!("{jid} has the role {}: only a pbx is invited", account.role);
                Err(Failure::new(Exit::Conflict, "not-a-pbx", message)
                    .line("try", "lampfield invite with a name that no account has yet"))
            }
            _ => Ok(()),
        }
    }

    fn known(&self, jid: &BareJid) -> Result<(), Failure> {
        match self.door.context.accounts.get(jid) {
            Some(_) => Ok(()),
            None => {
                let accounts = self.door.context.accounts.list();
                let names = accounts.iter().map(|account| account.jid.as_str());
                let near = nearest(jid.as_str(), names, 3).join("  ");
                let failure = refused(AccountError::Missing(jid.clone()));
                Err(match near.is_empty() {
                    true => failure.line("try", "lampfield user list"),
                    false => failure.line("nearest", near),
                })
            }
        }
    }

    fn user(&self, account: &Account) -> User {
        let connected = self.door.context.router.resources(&account.jid);
        User {
            jid: account.jid.to_string(),
            role: account.role.to_string(),
            allow: account.allow.iter().map(ToString::to_string).collect(),
            made_by: account.source.to_string(),
            connected: connected.len() as u64,
            by_relay: connected.iter().filter(|one| one.via().is_some()).count() as u64,
            // An address that the hub cannot take has nothing there.
            away: AccountName::parse(account.jid.as_str())
                .map(|name| self.board_of(&account.jid).map(|board| away(&board, &name)))
                .ok()
                .and_then(Result::ok)
                .unwrap_or_default(),
        }
    }
}

/// The servers of an account that are away and will be told on their return what has ended.
fn away(board: &HubShell, account: &AccountName) -> Vec<String> {
    board.read(|hub, _| hub.awaited(account).map(str::to_owned).collect())
}

/// The file of this program; where such a file belongs if it has been replaced.
fn program() -> String {
    let here = std::env::current_exe().ok().filter(|file| file.exists());
    here.map_or_else(|| "/usr/local/bin/lampfield".to_owned(), |file| file.display().to_string())
}

/// Why the address in an invitation may be wrong.
fn note(reachable: &Reachable, xmpp: &keys::Xmpp) -> Option<String> {
    if advice::is_only_here(xmpp) {
        return Some(format!(
            "only this machine can connect, so serverhost={} works nowhere else; to let others in: \
             listen = [\"0.0.0.0:5222\"] under [xmpp] in the configuration, a restart, and this \
             command again",
            reachable.best
        ));
    }
    let any = xmpp.listen.iter().any(|address| address.ip().is_unspecified());
    any.then(|| {
        format!(
            "{} is the address of this machine towards the rest of the world; correct it above if \
             that server reaches this machine by another",
            reachable.best
        )
    })
}

/// The account as the configuration has it.
fn declared<'a>(config: &'a Config, jid: &BareJid) -> Option<&'a keys::Account> {
    let domain = config.domain.iter().find(|domain| domain.name.as_str() == jid.domain())?;
    domain.account.iter().find(|account| Some(account.name.as_str()) == jid.local())
}

fn given(jid: &BareJid) -> UserSecret {
    UserSecret { schema: "user/1".to_owned(), jid: jid.to_string(), password: None, again: None }
}

/// Only a pbx is invited, so nobody else's password is printed again.
fn made_by_us(Invited { account, password }: Invited) -> UserSecret {
    let is_pbx = account.role == Role::Pbx;
    let again = is_pbx.then(|| format!("lampfield invite {}", account.jid));
    UserSecret { password: Some(password), again, ..given(&account.jid) }
}

fn role(typed: &str) -> Result<Role, Failure> {
    let roles = [Role::Pbx, Role::User, Role::Admin];
    roles.into_iter().find(|role| role.as_str() == typed).ok_or_else(|| {
        Failure::new(Exit::Usage, "wrong-role", format!("\"{typed}\" is not a role"))
            .line("try", "pbx, user or admin")
    })
}

/// What the book says, with what to do.
fn refused(error: AccountError) -> Failure {
    let (exit, code) = match &error {
        AccountError::Exists(_) => (Exit::Conflict, "account-exists"),
        AccountError::Missing(_) => (Exit::NoSuchThing, "unknown-account"),
        AccountError::Declared(_) => (Exit::Conflict, "declared-account"),
        AccountError::OwnPassword(_) => (Exit::Conflict, "own-password"),
        AccountError::OtherKey(_) => (Exit::Conflict, "other-key"),
        AccountError::NoName(_) => (Exit::Usage, "wrong-name"),
        AccountError::Password(..) => (Exit::Usage, "wrong-password"),
        AccountError::Full(_) => (Exit::Conflict, "too-many-accounts"),
        AccountError::Busy => (Exit::NoAnswer, "busy"),
        AccountError::NotStored(_) => (Exit::Bad, "not-stored"),
        AccountError::NoRandom | AccountError::Store(_) => (Exit::Bad, "store"),
    };
    let failure = Failure::new(exit, code, error.to_string());
    match error {
        AccountError::Exists(jid) => failure.line("try", format!("lampfield user passwd {jid}")),
        AccountError::OtherKey(jid) => {
            failure.line("try", format!("lampfield invite {jid} --rotate"))
        }
        _ => failure,
    }
}
