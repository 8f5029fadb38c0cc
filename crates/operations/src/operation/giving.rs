//! Nobody gives an account more than they have. Whoever makes an account, changes its rights or learns its password can do what
//! the account can.

use lampfield_accounts::{Account, BareJid, Role};
use lampfield_board::Pattern;
use lampfield_hub::kit::Rights;

use crate::actor::{Actor, scopes_of};
use crate::desk::Desk;
use crate::failure::{Exit, Failure};
use crate::host::Host;
use crate::scope::{Scope, Scopes};

/// What is given to whoever uses an account.
pub(super) struct Given {
    account: String,
    scopes: Scopes,
    rights: Rights,
    /// Whether it may touch the whole server.
    is_of_server: bool,
}

impl<H: Host> Desk<H> {
    /// Everything that an account of this role can do with these names.
    pub(super) fn given(
        &self,
        jid: &BareJid,
        role: Role,
        (allow, hear): (&[Pattern], &[Pattern]),
    ) -> Given {
        let of_role = scopes_of(role, jid, &self.host.history_readers());
        let rights = Rights::of(&role.names(allow), &role.names(hear));
        let scopes = of_role.iter().chain(scopes_of_names((allow, &[]))).collect();
        Given {
            account: jid.to_string(),
            scopes,
            rights,
            is_of_server: self.is_of_server(role, jid),
        }
    }

    /// Everything that this account can do.
    pub(super) fn given_with(&self, account: &Account) -> Given {
        self.given(&account.jid, account.role, (&account.allow, &account.hear))
    }
}

impl Given {
    /// Only these names, to an account that has the rest already.
    pub(super) fn names(jid: &BareJid, allow: &[Pattern], hear: &[Pattern]) -> Self {
        let (scopes, rights) = (scopes_of_names((allow, hear)).collect(), Rights::of(allow, hear));
        Self { account: jid.to_string(), scopes, rights, is_of_server: false }
    }

    /// Whether the actor has all of it.
    ///
    /// # Errors
    /// Names the first scope that is missing, the names, or the board.
    pub(super) fn check(&self, actor: &Actor) -> Result<(), Failure> {
        let Self { account, scopes, rights, is_of_server } = self;
        let why = |failure: Failure| {
            failure.line("because", "you cannot give an account more rights than you have")
        };
        for scope in scopes.iter() {
            actor.check_scope(&format!("what {account} may do"), scope).map_err(why)?;
        }
        if !actor.rights().say.includes(&rights.say) || !actor.rights().hear.includes(&rights.hear)
        {
            let message = format!("{account} may publish or hear names that {actor} may not");
            return Err(why(Failure::new(Exit::NotAllowed, "lamp-not-allowed", message)));
        }
        match actor.board().filter(|_| *is_of_server) {
            None => Ok(()),
            Some(board) => {
                let message = format!(
                    "{account} is an admin of the whole server, and {actor} has rights only on the board {board}"
                );
                Err(why(Failure::new(Exit::NotAllowed, "whole-server", message)))
            }
        }
    }
}

/// To publish at a door is to say what lamps show.
fn scopes_of_names((allow, hear): (&[Pattern], &[Pattern])) -> impl Iterator<Item = Scope> {
    let says = (!allow.is_empty()).then_some(Scope::LampsWrite);
    let hears = (!hear.is_empty()).then_some(Scope::LampsRead);
    says.into_iter().chain(hears)
}
