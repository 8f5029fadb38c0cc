//! How a command ends other than well: something to tell and an exit status, or silence when the
//! reader of the output went away.

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

use super::args::{self, Common};
use crate::config::{Problems, Weight};
use crate::failure::{Exit, Failure};
use crate::place::PlaceError;
use crate::screen::time::local;

/// Why a command ends early.
#[derive(Debug)]
pub enum Stop {
    /// Something is wrong, and the failure tells what and what to do.
    Failed(Failure),
    /// The configuration is wrong.
    Misconfigured(Problems),
    /// The same, of a server that was to be started.
    NotStarted(Problems),
    /// The output cannot be written.
    Output(io::Error),
}

// === impl Stop ===

impl Stop {
    /// With commands to try that reach the server which was asked.
    pub fn retyped(mut self, common: &Common) -> Self {
        if let Self::Failed(failure) = &mut self {
            let commands = failure.lines.iter_mut().filter(|(label, _)| is_typed(label));
            commands.for_each(|(_, command)| *command = common.retyped(command));
        }
        self
    }

    /// With what became of a start that this has ended.
    pub fn not_started(self) -> Self {
        match self {
            Self::Misconfigured(problems) => Self::NotStarted(problems),
            Self::Failed(failure) => Self::Failed(failure.line("result", "nothing was started")),
            other => other,
        }
    }

    /// What is wrong, for who shows it elsewhere than at the end of a command.
    pub fn into_failure(self) -> Failure {
        match self {
            Self::Failed(failure) => in_local_time(failure),
            Self::Misconfigured(problems) | Self::NotStarted(problems) => {
                let first = problems.list.iter().find(|problem| problem.weight == Weight::Error);
                let code = first.map_or("bug", |first| first.code);
                Failure::new(Exit::Usage, code, problems.to_string().trim_end())
            }
            Self::Output(error) => Failure::bug(error),
        }
    }

    /// Tells the person and gives the exit status.
    pub fn report(self) -> ExitCode {
        match self {
            Self::Failed(failure) => {
                let failure = in_local_time(failure);
                let more = format!("{} help {}", args::program(), failure.code);
                let failure = failure.line("more", more);
                tell(&failure);
                failure.exit.into()
            }
            Self::Misconfigured(problems) => {
                tell(&problems.to_string().trim_end());
                Exit::Usage.into()
            }
            Self::NotStarted(problems) => {
                tell(&format_args!("{problems}nothing was started"));
                Exit::Usage.into()
            }
            // Whoever closes a pipe has seen enough: nothing is said.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                Exit::BrokenPipe.into()
            }
            Self::Output(error) => {
                tell(&format_args!("error[output]: the output cannot be written: {error}"));
                Exit::Bad.into()
            }
        }
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<PlaceError> for Stop {
    fn from(error: PlaceError) -> Self {
        match error {
            PlaceError::Misconfigured(problems) => Self::Misconfigured(problems),
            PlaceError::Failed(failure) => Self::Failed(failure),
        }
    }
}

/// What is said of moments, as the person's clock shows them. What is to be typed stays as it is.
fn in_local_time(mut failure: Failure) -> Failure {
    failure.message = local(&failure.message);
    let said = failure.lines.iter_mut().filter(|(label, _)| !is_typed(label));
    said.for_each(|(_, text)| *text = local(text));
    failure
}

fn is_typed(label: &str) -> bool {
    ["try", "write", "such as", "or"].contains(&label)
}

fn tell(what: &impl fmt::Display) {
    // Without standard error there is nobody to tell; the exit status still says it.
    let _ = writeln!(io::stderr(), "{what}");
}
