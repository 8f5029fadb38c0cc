//! The served domains.

use super::{Perform, operation};
use crate::actor::Actor;
use crate::definition::Effect;
use crate::desk::Desk;
use crate::document::account::{Domain, Domains};
use crate::failure::Failure;
use crate::host::Host;

operation! {
    /// Lists them.
    pub struct DomainList = "domain list" {}
    DomainsRead, Effect::Reads, Board, Document("domains/1") -> Domains
}

impl<H: Host> Perform<H> for DomainList {
    async fn perform(self, desk: &Desk<H>, actor: &Actor) -> Result<Domains, Failure> {
        let (served, accounts) = (desk.served(actor), desk.accounts.list());
        let mut domains = desk.host.domains();
        domains.retain(|domain| served.iter().any(|served| served.name == domain.name));
        for domain in &mut domains {
            let of_it = accounts.iter().filter(|account| account.jid.domain() == domain.name);
            domain.accounts = of_it.count() as u64;
        }
        let domains: Vec<Domain> = domains;
        Ok(Domains { schema: "domains/1".to_owned(), domains })
    }
}
