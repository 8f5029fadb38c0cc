//! `invite NAME`: everything that one more PBX needs.

use lampfield_accounts::{AccountError, BareJid, LegacyAuth, Role, Rotation};
use lampfield_board::{BoardName, Pattern};

use super::accounts::Named;
use super::giving::Given;
use super::{Perform, operation};
use crate::actor::Actor;
use crate::definition::Effect;
use crate::desk::Desk;
use crate::document::invite as document;
use crate::failure::{Exit, Failure};
use crate::host::Host;
use crate::shell;

operation! {
    /// Prints the complete xmpp.conf for one more Asterisk PBX.
    pub struct Invite = "invite" {
        /// The name of the new PBX
        name: String,
        /// Its domain, if not the first one
        domain: Option<String>,
        /// Make a new secret; the old one stops working
        rotate: bool,
    }
    AccountsWrite, Effect::Changes("the accounts"), Board, Document("invite/1") -> document::InviteDocument
}

impl<H: Host> Perform<H> for Invite {
    async fn perform(
        self,
        desk: &Desk<H>,
        actor: &Actor,
    ) -> Result<document::InviteDocument, Failure> {
        let jid = desk.jid(actor, &self.named()?)?;
        desk.check_is_pbx(&jid)?;
        desk.given_to_pbx(&jid).check(actor)?;
        let rotation = if self.rotate { Rotation::Rotate } else { Rotation::Keep };
        let mut warning = None;
        let password = match (desk.host.declared_password(&jid)?, rotation) {
            (Some(password), Rotation::Keep) => password,
            (Some(_), Rotation::Rotate) => return Err(desk.refused(AccountError::Declared(jid))),
            (None, _) => {
                let fresh = desk.invited(&jid, rotation).await?;
                warning = fresh.warning;
                fresh.invited.password
            }
        };
        let account = desk.accounts.get(&jid);
        let legacy = account.map_or(LegacyAuth::Refused, |account| account.legacy());
        let document = desk.host.invitation(&jid, &password, legacy)?;
        let notes = warning.map(|warning| warning.text).into_iter().chain(document.note);
        let note = notes.collect::<Vec<_>>().join("\n");
        Ok(document::InviteDocument { note: (!note.is_empty()).then_some(note), ..document })
    }

    fn about(&self, desk: &Desk<H>) -> Option<BoardName> {
        desk.board_of_named(&self.named().ok()?)
    }
}

impl Invite {
    /// The account that is meant, if the two ways to name its domain agree.
    fn named(&self) -> Result<Named, Failure> {
        let typed = Named::parse(&self.name);
        match (&typed.domain, &self.domain) {
            (Some(one), Some(other)) if one != other => {
                let message = format!("{} is not in the domain {other}", self.name);
                Err(Failure::new(Exit::Usage, "two-domains", message).line(
                    "try",
                    format!("lampfield invite {}", shell::word(&format!("{}@{other}", typed.name))),
                ))
            }
            (_, Some(domain)) => Ok(Named { domain: Some(domain.clone()), ..typed }),
            (_, None) => Ok(typed),
        }
    }
}

impl<H: Host> Desk<H> {
    /// What whoever reads the invitation can do.
    fn given_to_pbx(&self, jid: &BareJid) -> Given {
        match self.accounts.get(jid) {
            Some(account) => self.given_with(&account),
            None => {
                let (allow, hear) = (Role::Pbx.usual_allow(), [Pattern::everything()]);
                self.given(jid, Role::Pbx, (&allow, &hear))
            }
        }
    }

    /// An xmpp.conf with the password of a person is of no use to anybody.
    fn check_is_pbx(&self, jid: &BareJid) -> Result<(), Failure> {
        match self.accounts.get(jid) {
            Some(account) if account.role != Role::Pbx => {
                let message =
                    format!("{jid} has the role {}: only a pbx can be invited", account.role);
                Err(Failure::new(Exit::Conflict, "not-a-pbx", message)
                    .line("try", "lampfield invite with a name that is not in use"))
            }
            _ => Ok(()),
        }
    }
}
