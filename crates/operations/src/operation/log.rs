//! `log set`: what the running server logs, until its next start.

use super::{Perform, operation};
use crate::actor::Actor;
use crate::definition::Effect;
use crate::desk::Desk;
use crate::document::done::Done;
use crate::failure::Failure;
use crate::host::Host;

operation! {
    /// Changes what is logged, until the next start.
    pub struct LogSet = "log set" {
        /// error, warn, info, debug or trace; by part: info,lampfield_xmpp=debug
        levels: String,
    }
    LogWrite, Effect::Changes("the levels of the log"), Server, Document("done/1") -> Done
}

impl<H: Host> Perform<H> for LogSet {
    async fn perform(self, desk: &Desk<H>, _: &Actor) -> Result<Done, Failure> {
        let levels = desk.host.set_log(&self.levels)?;
        Ok(Done::new("log-set", format!("the log level is {levels} until the next start")))
    }
}
