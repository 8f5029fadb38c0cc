//! Where a password comes from: typed twice on a terminal without showing it, or one line of
//! standard input. It is never an argument, which every user of the machine could read, and nothing
//! is made up for somebody who gave none: an empty line is a mistake.

use std::io::{self, BufRead, IsTerminal, Read, Write};

use lampfield_operations::Hidden;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use super::stop::Stop;
use crate::failure::{Exit, Failure};

/// The longest password, in bytes.
const LONGEST: usize = 1024;

/// The password that somebody types or pipes in.
pub fn given() -> Result<Hidden, Stop> {
    let stdin = io::stdin();
    let password = match stdin.is_terminal() {
        true => typed_twice()?,
        false => line(&mut stdin.lock())?,
    };
    match password.is_empty() {
        true => Err(refused("no password was given")
            .line("try", "--generate   lets the server make one")
            .into()),
        false => Ok(Hidden(password)),
    }
}

/// The password of an account that somebody has made elsewhere: typed once, or piped in.
pub fn known() -> Result<String, Stop> {
    let stdin = io::stdin();
    let password = match stdin.is_terminal() {
        true => {
            let quiet = Quiet::begin()?;
            let typed = asked("Password: ")?;
            drop(quiet);
            typed
        }
        false => line(&mut stdin.lock())?,
    };
    match password.is_empty() {
        true => Err(refused("no password was given").line("try", "--password-file FILE").into()),
        false => Ok(password),
    }
}

fn typed_twice() -> Result<String, Stop> {
    let quiet = Quiet::begin()?;
    let first = asked("Password: ")?;
    let again = if first.is_empty() { String::new() } else { asked("The same again: ")? };
    drop(quiet);
    match first == again {
        true => Ok(first),
        false => {
            Err(Failure::new(Exit::Usage, "not-the-same", "the two passwords are not the same")
                .into())
        }
    }
}

fn asked(prompt: &str) -> Result<String, Stop> {
    let mut err = io::stderr().lock();
    write!(err, "{prompt}")?;
    err.flush()?;
    let answer = line(&mut io::stdin().lock())?;
    writeln!(err)?;
    Ok(answer)
}

/// The first line; one that is too long is refused, because a part of it would be another password.
pub fn line(input: &mut impl BufRead) -> Result<String, Failure> {
    let mut typed = Vec::new();
    // Room for the end of the line, and for one byte that shows that there is more.
    let bounded = &mut input.take(LONGEST as u64 + 3);
    bounded
        .read_until(b'\n', &mut typed)
        .map_err(|error| refused(format!("standard input cannot be read: {error}")))?;
    let typed = String::from_utf8(typed).map_err(|_| refused("the password is not UTF-8 text"))?;
    let password = typed.trim_end_matches(['\r', '\n']);
    match password.len() {
        0..=LONGEST => Ok(password.to_owned()),
        _ => Err(refused(format!("the password is longer than {LONGEST} bytes"))),
    }
}

fn refused(message: impl Into<String>) -> Failure {
    Failure::new(Exit::Usage, "wrong-password", message)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_taken_whole_or_not_at_all() {
        let read = |text: &str| line(&mut text.as_bytes()).map_err(|failure| failure.message);
        assert_eq!(read("s3cret\nrest\n"), Ok("s3cret".to_owned()));
        assert_eq!(read("s3cret\r\n"), Ok("s3cret".to_owned()));
        let longest = "x".repeat(LONGEST);
        for end in ["", "\n", "\r\n"] {
            assert_eq!(read(&format!("{longest}{end}")), Ok(longest.clone()));
        }
        for more in ["y", "y\n", "yyyyyyyy\n"] {
            assert!(read(&format!("{longest}{more}")).is_err());
        }
        assert!(line(&mut &b"\xff\n"[..]).is_err());
    }
}
