//! A machine with the package `lampfield-relay` only: `lampfield` is a link to the program of that package there, and
//! does what belongs to a relay. A second server beside an Asterisk would be a mistake, and nobody would answer a question.

use std::path::Path;

use super::args::{RELAY, Verb};
use crate::failure::{Exit, Failure};
use crate::package_files;

/// Refuses a verb that the package of the relay does not bring.
pub fn allows(verb: Option<&Verb>) -> Result<(), Failure> {
    let program = std::env::current_exe();
    match program.is_ok_and(|file| is_of_relay(&file)) && !belongs_to_relay(verb) {
        true => Err(refused()),
        false => Ok(()),
    }
}

/// The file itself, whatever link it was called by.
fn is_of_relay(program: &Path) -> bool {
    program.file_name().is_some_and(|name| name == RELAY)
}

fn belongs_to_relay(verb: Option<&Verb>) -> bool {
    matches!(verb, Some(Verb::Relay(_) | Verb::Help(_)))
}

fn refused() -> Failure {
    let message =
        "only the relay of Lampfield is installed here; it has the commands relay and help";
    let (debian, rpm) = (package_files::debian("lampfield"), package_files::rpm("lampfield"));
    Failure::new(Exit::Usage, "relay-only", message)
        .line("try", "the same command on the machine of the server")
        .line("or", format!("to install all of Lampfield here: apt install ./{debian}"))
        .line("or", format!("where packages are RPMs: dnf install ./{rpm}"))
}
