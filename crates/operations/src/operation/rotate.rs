//! `rotate`: secrets of the server itself are replaced, as when somebody else may have read them.

use super::{Perform, operation};
use crate::actor::Actor;
use crate::definition::Effect;
use crate::desk::Desk;
use crate::document::rotated::Rotated;
use crate::failure::{Exit, Failure};
use crate::host::Host;
use crate::shell;

operation! {
    /// Makes a new key for the passwords of invited PBXs.
    pub struct RotateInviteKey = "rotate invite-key" {}
    ConfigWrite, Effect::Changes("the invite key"), Server, Document("rotated/1") -> Rotated
}

operation! {
    /// Makes a new key and certificate for a domain whose certificate Lampfield makes.
    pub struct RotateCertificate = "rotate certificate" {
        /// The domain, if not the first one
        domain: Option<String>,
        /// Use the new one from now on; without this it waits until the relays know it
        now: bool,
    }
    ConfigWrite, Effect::Changes("the certificates"), Server, Document("rotated/1") -> Rotated
}

impl<H: Host> Perform<H> for RotateInviteKey {
    async fn perform(self, desk: &Desk<H>, _: &Actor) -> Result<Rotated, Failure> {
        let invited = desk.accounts.rotate_invite_key().map_err(|error| {
            Failure::new(Exit::Bad, "account-key", error.to_string())
                .line("result", "the old key stays in use")
        })?;
        let again = invited.iter().map(|jid| {
            let command = format!("lampfield invite {} --rotate", shell::word(jid.as_str()));
            (command, "its password could be computed from the old key".to_owned())
        });
        Ok(Rotated { then: again.collect(), ..Rotated::new("invite-key", true) })
    }
}

impl<H: Host> Perform<H> for RotateCertificate {
    async fn perform(self, desk: &Desk<H>, actor: &Actor) -> Result<Rotated, Failure> {
        let domain = desk.domain(actor, self.domain.as_deref())?;
        let fingerprints = desk.host.rotate_certificate(&domain, self.now)?;
        let option = fingerprints.last().map(|print| format!("--fingerprint {print}"));
        let option = option.unwrap_or_default();
        let then = match self.now {
            true => vec![(option, "for relays that still know the old one".to_owned())],
            false => vec![
                (
                    option,
                    "add it to each relay, beside the old one, then restart the relay".to_owned(),
                ),
                (
                    format!("lampfield rotate certificate {} --now", shell::word(&domain)),
                    "when all relays know it".to_owned(),
                ),
            ],
        };
        Ok(Rotated { fingerprints, then, ..Rotated::new("certificate", self.now) })
    }
}
