//! `domain list|add|change|remove`: the served domains. What stands in the file is changed in the file; what was added
//! at run time is kept in the store. Both are listed together.

use lampfield_accounts::BareJid;
use lampfield_board::BoardName;

use super::user_change::nothing_asked;
use super::{Perform, operation};
use crate::actor::Actor;
use crate::definition::Effect;
use crate::desk::Desk;
use crate::document::account::{Domain, DomainDone, Domains, Gone};
use crate::failure::{Exit, Failure};
use crate::host::{DomainChanges, DomainSource, Host, NewDomain};
use crate::nearest::nearest;
use crate::shell;
use crate::time::count;

operation! {
    /// Lists the served domains.
    pub struct DomainList = "domain list" {}
    DomainsRead, Effect::Reads, Board, Document("domains/1") -> Domains
}

operation! {
    /// Serves one more domain, from now on and after every start.
    pub struct DomainAdd = "domain add" {
        /// The name after the @ of its accounts
        name: String,
        /// The board for its facts, if not one of its own: the name of a board, or another domain
        board: Option<String>,
        /// How accounts can be made: closed (only by command) or in-band (also by clients)
        registration: String = "closed",
        /// Show its PBXs the capabilities that others announce
        show_caps: bool,
    }
    DomainsWrite, Effect::Changes("the served domains"), Server, Document("domain/1") -> DomainDone
}

operation! {
    /// Changes a domain that was added at run time.
    pub struct DomainChange = "domain change" {
        /// The name of the domain
        name: String,
        /// How accounts can be made: closed (only by command) or in-band (also by clients)
        registration: Option<String>,
        /// Whether its PBXs are shown the capabilities that others announce: true or false
        show_caps: Option<bool>,
    }
    DomainsWrite, Effect::Changes("the served domains"), Server, Document("domain/1") -> DomainDone
}

operation! {
    /// Removes a domain that was added at run time, with its accounts, rosters, facts and PubSub nodes.
    pub struct DomainRemove = "domain remove" {
        /// The name of the domain
        name: String,
        /// Remove it; without this, only show what would be removed
        yes: bool,
    }
    DomainsWrite, Effect::Changes("the served domains"), Server, Document("domain/1") -> DomainDone
}

impl<H: Host> Perform<H> for DomainList {
    async fn perform(self, desk: &Desk<H>, actor: &Actor) -> Result<Domains, Failure> {
        Ok(Domains { schema: "domains/1".to_owned(), domains: desk.domains(actor) })
    }
}

impl<H: Host> Perform<H> for DomainAdd {
    async fn perform(self, desk: &Desk<H>, actor: &Actor) -> Result<DomainDone, Failure> {
        let Self { name, board, registration, show_caps } = self;
        let in_band = in_band(&registration)?;
        let note = board.as_deref().and_then(|board| desk.note_on_new_board(&name, board));
        let board = board.map(|typed| desk.known_or_new(&typed)).transpose()?;
        let name = desk.host.add_domain(NewDomain { name, board, in_band, show_caps }).await?;
        Ok(DomainDone { note, ..desk.domain_done(actor, "added", name) })
    }

    fn about(&self, desk: &Desk<H>) -> Option<BoardName> {
        match &self.board {
            Some(typed) => desk.known_or_new(typed).ok(),
            // One of its own is called like it.
            None => desk.board_of_domain(Some(&self.name)).or_else(|| {
                let name = BareJid::parse(&self.name).ok()?;
                BoardName::parse(name.as_str()).ok()
            }),
        }
    }
}

impl<H: Host> Perform<H> for DomainChange {
    async fn perform(self, desk: &Desk<H>, actor: &Actor) -> Result<DomainDone, Failure> {
        let Self { registration, show_caps, .. } = self;
        let name = desk.domain(actor, Some(&self.name))?;
        if let Some(DomainSource::File { place, .. }) = desk.host.domain_source(&name) {
            return Err(declared(&name, &place));
        }
        let in_band = registration.as_deref().map(in_band).transpose()?;
        if in_band.is_none() && show_caps.is_none() {
            return Err(nothing_asked("domain change", "--registration or --show-caps"));
        }
        let change = DomainChanges { name: name.clone(), in_band, show_caps };
        desk.host.change_domain(change).await?;
        Ok(desk.domain_done(actor, "changed", name))
    }

    fn about(&self, desk: &Desk<H>) -> Option<BoardName> {
        desk.board_of_domain(Some(&self.name))
    }
}

impl<H: Host> Perform<H> for DomainRemove {
    async fn perform(self, desk: &Desk<H>, actor: &Actor) -> Result<DomainDone, Failure> {
        let name = desk.domain(actor, Some(&self.name))?;
        match desk.host.domain_source(&name) {
            Some(DomainSource::File { is_added_too: true, .. }) => {
                desk.host.remove_domain(&name).await?;
                Ok(desk.domain_done(actor, "forgotten", name))
            }
            Some(DomainSource::File { place, .. }) => Err(declared(&name, &place)),
            Some(DomainSource::Added) | None => {
                let gone = desk.goes_with(&name);
                if !self.yes {
                    return Err(would_remove(&name, gone));
                }
                desk.host.remove_domain(&name).await?;
                Ok(DomainDone { gone: Some(gone), ..desk.domain_done(actor, "removed", name) })
            }
        }
    }

    fn about(&self, desk: &Desk<H>) -> Option<BoardName> {
        desk.board_of_domain(Some(&self.name))
    }
}

impl<H: Host> Desk<H> {
    /// The served domains that an actor may see.
    fn domains(&self, actor: &Actor) -> Vec<Domain> {
        let (served, accounts) = (self.served(actor), self.accounts.list());
        let mut domains = self.host.domains();
        domains.retain(|domain| served.iter().any(|served| served.name == domain.name));
        for domain in &mut domains {
            let of_it = accounts.iter().filter(|account| account.jid.domain() == domain.name);
            domain.accounts = of_it.count() as u64;
        }
        domains
    }

    fn domain_done(&self, actor: &Actor, done: &str, name: String) -> DomainDone {
        let domain = self.domains(actor).into_iter().find(|domain| domain.name == name);
        let (schema, done) = ("domain/1".to_owned(), done.to_owned());
        DomainDone { schema, done, name, domain, gone: None, note: None }
    }

    /// The board that is meant, or a new one of that name.
    fn known_or_new(&self, typed: &str) -> Result<BoardName, Failure> {
        let new = || BoardName::parse(typed);
        self.board_called(Some(typed))
            .map_or_else(new, Ok)
            .map_err(|error| Failure::new(Exit::Usage, "wrong-name", error.to_string()))
    }

    /// That a board is new, and whether another was perhaps meant; none if there is one of that name already.
    fn note_on_new_board(&self, domain: &str, typed: &str) -> Option<String> {
        let served = self.host.served();
        let known = served.iter().flat_map(|one| [one.board.as_str(), one.name.as_str()]);
        let known: Vec<_> = known.collect();
        if known.contains(&typed) {
            return None;
        }
        let near = nearest(typed, known.iter().copied(), 1);
        let meant = near.first().map(|near| {
            format!(
                "; if {near} was meant: lampfield domain remove {domain} --yes, then add it again"
            )
        });
        Some(format!("the board {typed} is new{}", meant.unwrap_or_default()))
    }

    /// What goes when a domain does.
    fn goes_with(&self, name: &str) -> Gone {
        let accounts = self.accounts.list();
        let held = self.host.held_of_domain(name);
        let board = self.board_of_domain(Some(name)).and_then(|board| self.boards.get(&board));
        // With the last domain of a board all of that goes, what was said by hand included.
        let is_alone = board.as_ref().is_some_and(|board| {
            self.host.served().iter().filter(|one| one.board == *board.name()).count() == 1
        });
        let is_of_it =
            |account: &str| is_alone || account.rsplit_once('@').is_some_and(|(_, of)| of == name);
        let origins = board.map(|board| board.read(|hub, now| hub.origins(now)));
        let origins = origins.into_iter().flatten().filter(|origin| is_of_it(&origin.account));
        Gone {
            accounts: accounts.iter().filter(|one| one.jid.domain() == name).count() as u64,
            sessions: held.connected as u64,
            facts: origins.map(|origin| origin.facts).sum::<usize>() as u64,
            nodes: held.nodes as u64,
        }
    }
}

fn in_band(registration: &str) -> Result<bool, Failure> {
    match registration {
        "closed" => Ok(false),
        "in-band" => Ok(true),
        other => {
            let message = format!("\"{other}\" cannot be set by command");
            // Its secret stands in a file, which nobody may name from outside.
            Err(Failure::new(Exit::Usage, "wrong-registration", message).line(
                "try",
                "closed or in-band; first-login needs a [[domain]] in the configuration",
            ))
        }
    }
}

fn declared(name: &str, place: &str) -> Failure {
    let message = format!("{name} was not added by command: it is defined in the configuration");
    Failure::new(Exit::Conflict, "declared-domain", message)
        .line("defined in", place)
        .line("try", "change it there, and restart")
}

fn would_remove(name: &str, gone: Gone) -> Failure {
    let Gone { accounts, sessions, facts, nodes } = gone;
    let message = format!("this removes {name} with everything in it");
    Failure::new(Exit::Conflict, "would-remove", message)
        .line("accounts", count(accounts))
        .line("connected", count(sessions))
        .line("facts", count(facts))
        .line("nodes", count(nodes))
        .line("try", format!("lampfield domain remove {} --yes", shell::word(name)))
}
