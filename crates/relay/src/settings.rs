//! What the relay is told at its start.

use crate::target::Target;
use crate::trust::Trust;

/// Everything the relay needs to know.
#[derive(Debug)]
pub struct Settings {
    /// Where the server is, in the order in which it is tried.
    pub targets: Vec<Target>,
    /// Which server is the right one.
    pub trust: Trust,
}
