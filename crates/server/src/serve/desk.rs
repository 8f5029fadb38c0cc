//! Answers the commands: turns what the parts know into documents. It reads everybody and, except
//! where an operator asks for a change, changes nothing.

mod accounts;
mod certificates;
mod lamp;
mod origins;
mod past;
mod status;
mod trouble;

use std::cell::RefCell;
use std::rc::Rc;

use lampfield_accounts::BareJid;
use lampfield_board::Pattern;
use lampfield_fabric::Store;
use lampfield_hub::{Boards, HubShell};
use lampfield_xmpp::Door;

use accounts::Wanted;

use super::accounts::reconcile as accounts_of;
use super::boards::BoardsOfDomains;
use super::journal::Journal;
use super::watchers::{Watchers, Watching};
use super::{descriptors, settings, xmpp};
use crate::certificate::{self, Summary};
use crate::config::Config;
use crate::config::reference::Applies;
use crate::config::reload::Reload;
use crate::control::listener;
use crate::control::{Answer, Request};
use crate::document::done::Done;
use crate::document::status::Server;
use crate::failure::{Exit, Failure};
use crate::logging::Log;

/// Everything that answers are made of.
pub struct Desk {
    /// Who says what, board by board.
    pub boards: Boards,
    /// Which board each domain has.
    pub of_domains: BoardsOfDomains,
    /// Whether it is kept.
    pub store: Store,
    /// The log, whose levels can be set.
    pub log: Log,
    /// Who watches.
    pub watchers: Rc<Watchers>,
    /// What happened to origins.
    pub journal: Rc<Journal>,
    /// Who may connect, and who is.
    pub door: Rc<Door>,
    /// The configuration in force.
    pub config: RefCell<Config>,
    /// The certificates in use; none without TLS.
    pub certificates: Vec<Summary>,
    /// What does not change while the server runs.
    pub server: Server,
}

// === impl Desk ===

impl listener::Desk for Desk {
    type Changes = Watching;

    async fn answer(&self, request: Request) -> Answer {
        let answered = match request {
            Request::Status => Ok(Answer::Status(Box::new(self.status()))),
            Request::Why { subject, board, at_millis } => {
                let why = self.why(&subject, board.as_deref(), at_millis);
                why.map(|why| Answer::Why(Box::new(why)))
            }
            Request::History { subject, board, since_millis, limit } => {
                let history = self.history(&subject, board.as_deref(), since_millis, limit);
                history.map(Answer::History)
            }
            Request::UserAdd { account, role, allow, legacy_auth, password } => {
                let wanted = Wanted { account, role, allow, legacy_auth, password };
                self.add(wanted).await.map(Answer::UserSecret)
            }
            Request::UserList { domain } => self.users(domain.as_deref()).map(Answer::Users),
            Request::UserPasswd { account, password } => {
                self.passwd(&account, password).await.map(Answer::UserSecret)
            }
            Request::UserForgetResource { account, resource } => {
                self.forget_resource(&account, &resource).map(Answer::Done)
            }
            Request::UserRemove { account } => self.remove(&account).await.map(Answer::Done),
            Request::Invite { account, secret } => {
                self.invite(&account, secret).await.map(|invite| Answer::Invite(Box::new(invite)))
            }
            Request::DomainList => Ok(Answer::Domains(self.domains())),
            Request::LogSet { levels } => self.set_log(&levels),
            Request::Watch { .. } => Err(Failure::bug("a watch was asked like a question")),
        };
        answered.unwrap_or_else(Answer::Failed)
    }

    fn watch(&self, filter: Option<&str>, board: Option<&str>) -> Result<Watching, Failure> {
        let filter = filter.map(Pattern::parse).transpose().map_err(|error| {
            Failure::new(Exit::Usage, "wrong-filter", error.to_string())
                .line("try", "lampfield watch 'PJSIP/1*'")
        })?;
        let board = self.board(board)?.name().clone();
        Ok(self.watchers.watch(board, filter))
    }
}

impl Desk {
    /// The board that is meant: by its name or that of a domain which has it; without a name, that of the first domain.
    fn board(&self, named: Option<&str>) -> Result<HubShell, Failure> {
        let names = self.of_domains.names();
        let found = match named {
            None => names.first(),
            Some(named) => {
                let of_name = names.iter().find(|board| board.as_str() == named);
                of_name.or_else(|| self.of_domains.of_domain(named))
            }
        };
        found.and_then(|board| self.boards.get(board)).ok_or_else(|| {
            let named = named.unwrap_or_default();
            let names: Vec<_> = names.iter().map(ToString::to_string).collect();
            Failure::new(
                Exit::NoSuchThing,
                "unknown-board",
                format!("there is no board \"{named}\""),
            )
            .line("boards", names.join("  "))
        })
    }

    /// The board of an account's domain.
    fn board_of(&self, account: &BareJid) -> Result<HubShell, Failure> {
        self.board(Some(account.domain()))
    }

    fn set_log(&self, levels: &str) -> Result<Answer, Failure> {
        let levels = levels.parse::<crate::config::word::LogLevels>().map_err(|refused| {
            Failure::new(Exit::Usage, "wrong-level", refused.message)
                .line("try", refused.hint.unwrap_or_default())
        })?;
        self.log.set(&levels)?;
        tracing::info!(levels = levels.as_str(), "log levels set by command");
        let text = format!("logs {} until the next start", levels.as_str());
        Ok(Answer::Done(Done::new("log-set", text)))
    }
}

impl Desk {
    /// Takes over what can change while the server runs, by the definition of each key. Says what
    /// waits for the next start; that stays in force as it is. If anything of the file cannot be
    /// used, nothing changes.
    pub async fn reconfigure(&self, file: &Config) {
        let Reload { config, changes } = Reload::of(&self.config.borrow(), file);
        if let Err(failure) = self.take_over(&config, file).await {
            tracing::error!(code = "reload", "{failure}; nothing was changed");
            return;
        }
        for change in changes {
            let key = change.key;
            match change.applies {
                Applies::AtStart => {
                    tracing::warn!(code = "reload", key, "a change that waits for the next start");
                }
                Applies::OnReload => tracing::info!(code = "reload", key, "changed"),
                Applies::OnReloadFor(new) => {
                    tracing::info!(code = "reload", key, "changed for {new}");
                }
            }
        }
        *self.config.borrow_mut() = config;
        tracing::info!(code = "reload", "the configuration was read again");
    }

    async fn take_over(&self, config: &Config, file: &Config) -> Result<(), Failure> {
        certificate::check(file).map_err(Failure::from)?;
        accounts_of(&self.door.context.accounts, config).await?;
        self.log.set(&config.log.level)?;
        let limits = &config.xmpp.limits;
        descriptors::raise(limits.connections);
        self.door.set_limits(xmpp::limits(limits));
        self.door.set_domains(&xmpp::domains(config, &self.of_domains));
        self.boards.set_settings(&settings::of_hub(config));
        Ok(())
    }
}
