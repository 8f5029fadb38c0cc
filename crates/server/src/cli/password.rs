//! Where a password comes from: typed twice on a terminal without showing it, one line of standard
//! input, or made by the server. It is never an argument, which every user of the machine could read.

use std::io::{self, BufRead, IsTerminal, Read, Write};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use super::stop::Stop;
use crate::control::Hidden;
use crate::failure::{Exit, Failure};

/// The longest password, in bytes.
const LONGEST: u64 = 1024;

/// The password for a request; `None` lets the server make one.
pub fn wanted(generate: bool) -> Result<Option<Hidden>, Stop> {
    if generate {
        return Ok(None);
    }
    let stdin = io::stdin();
    match stdin.is_terminal() {
        true => typed_twice(),
        false => Ok(given(line(&mut stdin.lock())?)),
    }
}

/// An empty line means that the server makes one.
fn given(password: String) -> Option<Hidden> {
    Some(Hidden(password)).filter(|password| !password.0.is_empty())
}

fn typed_twice() -> Result<Option<Hidden>, Stop> {
    let quiet = Quiet::begin()?;
    let first = asked("Password (empty: let the server make one): ")?;
    let again = if first.is_empty() { String::new() } else { asked("The same again: ")? };
    drop(quiet);
    match first == again {
        true => Ok(given(first)),
        false => Err(Failure::new(Exit::Usage, "not-the-same", "the two passwords differ").into()),
    }
}

fn asked(prompt: &str) -> io::Result<String> {
    let mut err = io::stderr().lock();
    write!(err, "{prompt}")?;
    err.flush()?;
    let answer = line(&mut io::stdin().lock())?;
    writeln!(err)?;
    Ok(answer)
}

fn line(input: &mut impl BufRead) -> io::Result<String> {
    let mut typed = String::new();
    input.take(LONGEST).read_line(&mut typed)?;
    Ok(typed.trim_end_matches(['\r', '\n']).to_owned())
}

/// A terminal that does not show what is typed, until this is dropped.
struct Quiet {
    before: Termios,
}

// === impl Quiet ===

impl Quiet {
    fn begin() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &quiet)?;
        Ok(Self { before })
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        // If the terminal is gone there is nothing to put right.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
    }
}
