//! The program around the operations: what it serves, who is connected, what its file says.

mod certificates;
mod domains;
mod joining;
mod machine;
mod unserved;

use std::cell::RefCell;
use std::rc::Rc;

use lampfield_accounts::{Account, BareJid, LegacyAuth, Reconciled};
use lampfield_hub::Boards;
use lampfield_operations::{
    Connected, DomainChanges, DomainSource, HeldOfDomain, HistoryReaders, Host, Machine, NewDomain,
    Served,
};
use lampfield_xmpp::Door;

use super::accounts::{password, reconcile as accounts_of};
use super::added::AddedDomains;
use super::addresses::Reachable;
use super::boards::BoardsOfDomains;
use super::certificates::Certificates;
use super::invitation::Invitation;
use super::{banner, descriptors, settings, warnings, xmpp};
use crate::advice;
use crate::certificate::{self, Maker, Summary};
use crate::config::reference::Applies;
use crate::config::reload::{Changed, Reload};
use crate::config::word::LogLevels;
use crate::config::{Config, Problems, Weight, account_warnings, keys};
use crate::document::account::Domain;
use crate::document::invite::InviteDocument;
use crate::document::reload::{DeclaredAccounts, KeyChange, Reloaded};
use crate::document::status::Server;
use crate::document::warning::Warning;
use crate::failure::{Exit, Failure};
use crate::logging::RunningLog;
use crate::place::{Place, PlaceError};

/// What stands around the operations in this program.
pub struct ServerHost {
    /// All boards with their facts: who says what.
    pub boards: Boards,
    /// Which board each domain has.
    pub of_domains: Rc<BoardsOfDomains>,
    /// The domains that were added at run time.
    pub added: AddedDomains,
    /// Where its configuration file is, and what the command line says besides.
    pub place: Rc<Place>,
    /// The log, whose levels can be set.
    pub log: RunningLog,
    /// Who may connect, and who is.
    pub door: Rc<Door>,
    /// The configuration in force.
    pub config: RefCell<Config>,
    /// The certificates in use; none without TLS.
    pub certificates: Certificates,
    /// What does not change while the server runs.
    pub server: Server,
    /// What should be looked at in the file as it was read last.
    pub warned: RefCell<Vec<Warning>>,
}

impl Host for ServerHost {
    fn served(&self) -> Vec<Served> {
        let domains = self.of_domains.domains();
        let served = domains.into_iter().filter_map(|name| {
            let board = self.of_domains.of_domain(name.as_str())?;
            Some(Served { name: name.to_string(), board })
        });
        served.collect()
    }

    fn domains(&self) -> Vec<Domain> {
        let domains = self.served().into_iter().map(|Served { name, board }| {
            let config = self.config.borrow();
            let given = config.domain.iter().find(|domain| domain.name.as_str() == name);
            let closed = keys::Registration::Closed;
            let added = self.added.get(&name).is_some_and(|added| added.row.in_band);
            let closed = if added { keys::Registration::InBand } else { closed };
            let certificate = self.certificates.of(&name);
            Domain {
                registration: given.map_or(closed, |given| given.registration).word().to_owned(),
                accounts: 0,
                certificate: certificate.as_ref().map(|one| one.maker.word().to_owned()),
                valid_to: certificate.and_then(|one| one.valid_to).map(|end| end.to_string()),
                board: board.to_string(),
                stands_in: self.source(&name).map(|source| source.to_string()).unwrap_or_default(),
                name,
            }
        });
        domains.collect()
    }

    fn connected(&self, account: &BareJid) -> Connected {
        let connected = self.door.context.router.resources(account);
        let by_relay = connected.iter().filter(|one| one.via().is_some()).count();
        Connected { all: connected.len(), by_relay }
    }

    fn declared_password(&self, account: &BareJid) -> Result<Option<String>, Failure> {
        Ok(declared(&self.config.borrow(), account).map(password).transpose()?.flatten())
    }

    fn declared_place(&self, account: &BareJid) -> Option<String> {
        declared(&self.config.borrow(), account)?;
        Some(self.place_of_account(account))
    }

    fn invitation(
        &self,
        account: &BareJid,
        secret: &str,
        legacy: LegacyAuth,
    ) -> Result<InviteDocument, Failure> {
        let xmpp = &self.config.borrow().xmpp;
        let reachable = Reachable::of(&xmpp.listen).ok_or_else(|| {
            Failure::new(Exit::Conflict, "no-listener", "Asterisk needs a plain listener")
                .line("try", "listen = [\"0.0.0.0:5222\"] in [xmpp]")
        })?;
        let domain = account.domain();
        let certificate = self.certificates.of(domain);
        let invitation = Invitation {
            fingerprints: certificate.as_ref().map(|one| &one.fingerprints),
            program: &program(),
            is_only_here: advice::is_only_here(xmpp),
            note: notes(&reachable, &self.place, xmpp, certificate.as_ref()),
            jid: account.as_str(),
            domain,
            secret,
            reachable: &reachable,
            tls: xmpp.tls,
            legacy: legacy == LegacyAuth::Allowed,
        };
        Ok(invitation.document())
    }

    fn history_readers(&self) -> HistoryReaders {
        settings::history_readers(&self.config.borrow())
    }

    fn domain_source(&self, domain: &str) -> Option<DomainSource> {
        self.source(domain)
    }

    fn held_of_domain(&self, domain: &str) -> HeldOfDomain {
        HeldOfDomain {
            connected: self.door.sessions_of(domain).len(),
            nodes: self.door.nodes_of(domain),
        }
    }

    async fn add_domain(&self, new: NewDomain) -> Result<String, Failure> {
        self.add(new).await
    }

    async fn change_domain(&self, change: DomainChanges) -> Result<(), Failure> {
        self.change(change).await
    }

    async fn remove_domain(&self, domain: &str) -> Result<(), Failure> {
        self.remove(domain).await
    }

    async fn reload(&self) -> Result<Reloaded, Failure> {
        self.read_again().await
    }

    fn rotate_certificate(&self, domain: &str, now: bool) -> Result<Vec<String>, Failure> {
        self.rotate(domain, now)
    }

    fn warnings_of(&self, account: &Account) -> Vec<Warning> {
        let problems = account_warnings::of(account, &self.config.borrow().map);
        problems.into_iter().map(|problem| warnings::of_problem(problem, None)).collect()
    }

    fn machine(&self) -> Machine {
        let first = self.of_domains.names().into_iter().find_map(|name| self.boards.get(&name));
        self.state(first.map(|board| board.now()).unwrap_or_default())
    }

    fn set_log(&self, levels: &str) -> Result<String, Failure> {
        let levels = levels.parse::<LogLevels>().map_err(|refused| {
            Failure::new(Exit::Usage, "wrong-level", refused.message)
                .line("note", refused.hint.unwrap_or_default())
        })?;
        self.log.set(&levels)?;
        tracing::info!(levels = levels.as_str(), "log levels set by command");
        Ok(levels.as_str().to_owned())
    }
}

impl ServerHost {
    /// Takes over what can change while the server runs; if the file is wrong, nothing changes. Warns of what the
    /// next start would warn of: it may be long until then.
    ///
    /// # Errors
    /// The file is wrong or cannot be read. The log says so too.
    pub async fn read_again(&self) -> Result<Reloaded, Failure> {
        let _alone = self.added.changing.lock().await;
        let read = match self.place.again() {
            Ok(place) => {
                banner::advise(&advice::of(&place), &place.warnings);
                let reloaded = self.reconfigure(&place.config).await;
                reloaded.map(|reloaded| self.warn(&place, reloaded))
            }
            Err(PlaceError::Misconfigured(problems)) => {
                banner::report(&problems);
                Err(misconfigured(&problems))
            }
            Err(PlaceError::Failed(failure)) => Err(failure),
        };
        if let Err(failure) = &read {
            tracing::error!(code = "reload", "{}; nothing was changed", failure.message);
        }
        read.map_err(|mut failure| {
            // What would have come of a start is not what came of this.
            failure.lines.retain(|(label, _)| label != "result");
            failure.line("result", "nothing was changed")
        })
    }

    /// Adds what is to be looked at now and was not before.
    fn warn(&self, place: &Place, reloaded: Reloaded) -> Reloaded {
        let mut now = warnings::of_place(place);
        now.extend(self.to_be_left_behind(&place.config));
        let before = self.warned.replace(now.clone());
        Reloaded { warnings: Warning::new_in(now, &before), ..reloaded }
    }

    /// By the definition of each key. What takes effect at the next start stays in force as it is.
    async fn reconfigure(&self, file: &Config) -> Result<Reloaded, Failure> {
        let Reload { config, changes } = Reload::of(&self.config.borrow(), file);
        let accounts = of_file(&self.take_over(&config, file).await?);
        let changes = changes.into_iter().map(|Changed { key, applies }| {
            let applies = match applies {
                Applies::AtStart => {
                    tracing::warn!(
                        code = "reload",
                        key,
                        "this change takes effect at the next start"
                    );
                    "at-start"
                }
                Applies::OnReload => {
                    tracing::info!(code = "reload", key, "changed");
                    "now"
                }
                Applies::OnReloadFor(new) => {
                    tracing::info!(code = "reload", key, "changed for {new}");
                    new
                }
            };
            KeyChange { key, applies: applies.to_owned() }
        });
        let reloaded = Reloaded { accounts, ..Reloaded::new(changes.collect()) };
        *self.config.borrow_mut() = config;
        tracing::info!(code = "reload", "the configuration was read again");
        Ok(reloaded)
    }

    async fn take_over(&self, config: &Config, file: &Config) -> Result<Reconciled, Failure> {
        certificate::check(file).map_err(Failure::from)?;
        let certificates = self.certificates.load(config).map_err(Failure::from)?;
        let accounts = accounts_of(&self.door.context.accounts, config).await?;
        self.log.set(&config.log.level)?;
        let limits = &config.xmpp.limits;
        descriptors::raise(limits.connections);
        self.door.set_limits(xmpp::limits(limits));
        self.door.set_domains(&xmpp::domains(config, &self.of_domains));
        self.boards.set_settings(&settings::of_hub(config));
        certificates.into_iter().for_each(|loaded| self.use_certificates(loaded));
        Ok(accounts)
    }
}

/// What became of the accounts, as the document tells it.
fn of_file(done: &Reconciled) -> DeclaredAccounts {
    let names = |jids: &[BareJid]| jids.iter().map(ToString::to_string).collect();
    DeclaredAccounts {
        added: names(&done.added),
        changed: names(&done.changed),
        removed: names(&done.removed),
    }
}

/// A wrong file as a command is told of it: each mistake with its place.
fn misconfigured(problems: &Problems) -> Failure {
    let failure = Failure::new(Exit::Usage, "wrong-configuration", "the configuration is wrong");
    let fatal = problems.list.iter().filter(|problem| problem.weight == Weight::Error);
    fatal.fold(failure, |failure, problem| {
        let (line, column) = problems.source.line_and_column(problem);
        let file = problems.source.path.display();
        let hint = problem.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
        failure.line("at", format!("{file}:{line}:{column}: {}{hint}", problem.message))
    })
}

/// The file of this program; where such a file belongs if it has been replaced.
fn program() -> String {
    let here = std::env::current_exe().ok().filter(|file| file.exists());
    here.map_or_else(|| "/usr/local/bin/lampfield".to_owned(), |file| file.display().to_string())
}

/// What to know of an invitation.
fn notes(
    reachable: &Reachable,
    place: &Place,
    xmpp: &keys::Xmpp,
    certificate: Option<&Summary>,
) -> Option<String> {
    let notes = [note(reachable, place, xmpp), certificate.and_then(pins_end)];
    let notes: Vec<_> = notes.into_iter().flatten().collect();
    (!notes.is_empty()).then(|| notes.join("\n"))
}

/// A relay that knows the server by a fingerprint loses it with the next key.
fn pins_end(certificate: &Summary) -> Option<String> {
    let Maker::Operator(file) = &certificate.maker else { return None };
    Some(format!(
        "{} is your own: if you renew it with a new key, its fingerprints change, and a relay that has these \
         no longer connects. Keep the key, or leave out --fingerprint so that the relay checks the \
         signature: with the authorities that its machine trusts, or with --ca FILE",
        file.display()
    ))
}

/// Why the address in an invitation may be wrong.
fn note(reachable: &Reachable, place: &Place, xmpp: &keys::Xmpp) -> Option<String> {
    if advice::is_only_here(xmpp) {
        return Some(format!(
            "only this machine can connect, so serverhost={} works nowhere else; to let others connect: \
             {}, then restart, and run this command again",
            reachable.best,
            place.to_let_others_in()
        ));
    }
    let any = xmpp.listen.iter().any(|address| address.ip().is_unspecified());
    any.then(|| {
        format!(
            "{} is the address that this machine uses to reach others; correct it above if that PBX \
             must use another one",
            reachable.best
        )
    })
}

/// The account as the configuration declares it; none if it was made at run time.
fn declared<'a>(config: &'a Config, jid: &BareJid) -> Option<&'a keys::Account> {
    let domain = config.domain.iter().find(|domain| domain.name.as_str() == jid.domain())?;
    domain.account.iter().find(|account| Some(account.name.as_str()) == jid.local())
}
