//! `reload`: takes the configuration file over as it is now, and says what became of each change.

use super::{Perform, operation};
use crate::actor::Actor;
use crate::definition::Effect;
use crate::desk::Desk;
use crate::document::reload::Reloaded;
use crate::failure::Failure;
use crate::host::Host;

operation! {
    /// Reads the configuration file again.
    pub struct Reload = "reload" {}
    ConfigWrite, Effect::Changes("the configuration in force"), Server, Document("reload/1") -> Reloaded
}

impl<H: Host> Perform<H> for Reload {
    async fn perform(self, desk: &Desk<H>, _: &Actor) -> Result<Reloaded, Failure> {
        desk.host.reload().await
    }
}
