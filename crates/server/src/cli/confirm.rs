//! Asks whether it is meant, where there is somebody to ask.

use std::io::{self, IsTerminal, Write};

use super::stop::Stop;
use crate::failure::{Exit, Failure};

/// Whether somebody is there.
pub fn is_possible() -> bool {
    io::stdin().is_terminal()
}

/// Asks at the terminal for a yes. `otherwise` is what became of it without one.
///
/// # Errors
/// Something else was typed.
pub fn asked(what: &str, otherwise: &str) -> Result<(), Stop> {
    let mut err = io::stderr().lock();
    write!(err, "{what} Type yes to go on: ")?;
    err.flush()?;
    let mut typed = String::new();
    io::stdin().read_line(&mut typed)?;
    match typed.trim() {
        "yes" => Ok(()),
        _ => Err(Failure::new(Exit::Bad, "not-confirmed", otherwise).into()),
    }
}
