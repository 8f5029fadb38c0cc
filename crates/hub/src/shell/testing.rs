//! For the tests of those who stand on a hub: they let happen what only doors can.

use super::HubShell;
use crate::{Hub, Now};

impl HubShell {
    /// Lets something happen at the hub, and carries out what follows from it before it returns.
    pub fn act<T>(&self, act: impl FnOnce(&mut Hub, Now) -> T) -> T {
        self.change(act)
    }
}
