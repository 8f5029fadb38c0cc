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

use lampfield_board::Pattern;
use lampfield_fabric::Store;
use lampfield_hub::HubShell;
use lampfield_xmpp::Door;

use accounts::Wanted;

use super::accounts::reconcile as accounts_of;
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
    /// Who says what.
    pub hub: HubShell,
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
            Request::Why { subject, at_millis } => {
                self.why(&subject, at_millis).map(|why| Answer::Why(Box::new(why)))
            }
            Request::History { subject, since_millis, limit } => {
                self.history(&subject, since_millis, limit).map(Answer::History)
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

    fn watch(&self, filter: Option<&str>) -> Result<Watching, Failure> {
        let filter = filter.map(Pattern::parse).transpose().map_err(|error| {
            Failure::new(Exit::Usage, "wrong-filter", error.to_string())
                .line("try", "lampfield watch 'PJSIP/1*'")
        })?;
        Ok(self.watchers.watch(filter))
    }
}

impl Desk {
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
        self.door.set_domains(&xmpp::domains(config));
        self.hub.act(|hub, now| hub.set_settings(settings::of_hub(config), now));
        Ok(())
    }
}
