//! Answers the commands: turns what the parts know into documents. It reads everybody and, except
//! where an operator asks for a change, changes nothing.

mod lamp;
mod origins;
mod status;
mod trouble;

use std::rc::Rc;

use lampfield_board::Pattern;
use lampfield_fabric::Store;
use lampfield_hub::HubShell;

use super::logging::Log;
use super::watchers::{Watchers, Watching};
use crate::control::listener;
use crate::control::{Answer, Request};
use crate::document::status::{Attention, Server};
use crate::failure::{Exit, Failure};

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
    /// What does not change while the server runs.
    pub server: Server,
    /// What was found wrong at the start and stands.
    pub found: Vec<Attention>,
}

// === impl Desk ===

impl listener::Desk for Desk {
    type Changes = Watching;

    async fn answer(&self, request: Request) -> Answer {
        let answered = match request {
            Request::Status => Ok(Answer::Status(Box::new(self.status()))),
            Request::Why { subject } => self.why(&subject).map(|why| Answer::Why(Box::new(why))),
            Request::History { subject, since_seconds, limit } => {
                self.history(&subject, since_seconds, limit).map(Answer::History)
            }
            Request::LogSet { levels } => self.set_log(&levels),
            Request::Watch { .. } => Err(Failure::bug("a watch was asked like a question")),
            other => Err(Failure::bug(format!("{other:?} is not answered yet"))),
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
        Ok(Answer::Done(format!("logs {} until the next start", levels.as_str())))
    }
}
