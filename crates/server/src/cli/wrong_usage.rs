//! A command line that cannot be obeyed: the library's finding in the shape that all our errors have,
//! and what people type instead of what they mean: words of other programs, and things that are left
//! out here on purpose.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, Error};

use crate::failure::{Exit, Failure};

const PASSWORD: &str = "a password cannot be an argument, because every user of the machine could read it: \
                        type it, pipe it to standard input, or use --generate";

/// What is wrong with a command line, and what to type instead. `typed` begins with the program.
pub fn of(error: &Error, typed: &[String], program: &Command) -> Failure {
    let found = UsageMistake { error, verb: verb_of(typed, program) };
    let (code, message) = found.told();
    let mut failure = Failure::new(Exit::Usage, code, message);
    if let Some(nearest) = found.nearest() {
        failure = failure.line("nearest", nearest);
    }
    if let Some(choices) = found.list(ContextKind::ValidValue) {
        failure = failure.line("one of", choices);
    }
    if let Some(meant) = found.typed().as_deref().and_then(meant) {
        failure = failure.line("note", meant);
    }
    if let Some(usage) = found.usage() {
        failure = failure.line("usage", usage);
    }
    failure.line("try", format!("{} --help", found.verb))
}

/// The verb that was typed, with the program's name, as far as it is one.
fn verb_of(typed: &[String], program: &Command) -> String {
    let (mut at, mut verb) = (program, program.get_name().to_owned());
    for word in typed.iter().skip(1) {
        let Some(next) = at.find_subcommand(word) else { continue };
        at = next;
        verb = format!("{verb} {word}");
    }
    verb
}

/// What the library says of an error, in pieces.
struct UsageMistake<'a> {
    error: &'a Error,
    /// The verb that was typed, with the program's name.
    verb: String,
}

// === impl UsageMistake ===

impl UsageMistake<'_> {
    fn told(&self) -> (&'static str, String) {
        let command = &self.verb;
        let typed = self.typed().unwrap_or_default();
        match self.error.kind() {
            ErrorKind::InvalidSubcommand => {
                ("unknown-verb", format!("{command} has no verb \"{typed}\""))
            }
            ErrorKind::UnknownArgument if typed.starts_with('-') => {
                ("unknown-option", format!("{command} has no option {typed}"))
            }
            ErrorKind::UnknownArgument => {
                ("unknown-option", format!("{command} does not know what to do with \"{typed}\""))
            }
            ErrorKind::MissingRequiredArgument => {
                let missing = self.list(ContextKind::InvalidArg).unwrap_or_default();
                ("missing-argument", format!("{command} needs {missing}"))
            }
            ErrorKind::InvalidValue | ErrorKind::ValueValidation => self.wrong_value(&typed),
            ErrorKind::ArgumentConflict => match self.text(ContextKind::PriorArg) {
                Some(prior) => {
                    ("wrong-usage", format!("{typed} and {prior} cannot be used together"))
                }
                None => ("wrong-usage", self.own_words()),
            },
            _ => ("wrong-usage", self.own_words()),
        }
    }

    fn wrong_value(&self, argument: &str) -> (&'static str, String) {
        let value = self.text(ContextKind::InvalidValue).unwrap_or_default();
        // The library adds what stands for the value: `--since <TIME>`.
        let argument = argument.split(' ').next().unwrap_or_default();
        if value.is_empty() {
            return ("missing-argument", format!("{argument} needs a value"));
        }
        let told = match std::error::Error::source(self.error).map(ToString::to_string) {
            Some(reason) if reason.contains(&value) => in_words(reason),
            Some(reason) if is_of_number(&reason) => {
                format!("\"{value}\" is not a whole number, such as 10")
            }
            Some(reason) => format!("\"{value}\" is not valid: {reason}"),
            None => format!("\"{value}\" is not valid"),
        };
        ("wrong-argument", format!("{argument}: {told}"))
    }

    /// The option, argument or word that is wrong.
    fn typed(&self) -> Option<String> {
        let kinds = [ContextKind::InvalidSubcommand, ContextKind::InvalidArg];
        kinds.into_iter().find_map(|kind| self.text(kind))
    }

    fn nearest(&self) -> Option<String> {
        let kinds = [
            ContextKind::SuggestedSubcommand,
            ContextKind::SuggestedArg,
            ContextKind::SuggestedValue,
        ];
        kinds.into_iter().find_map(|kind| self.list(kind))
    }

    /// What can be typed, where the words themselves are wrong.
    fn usage(&self) -> Option<String> {
        let kinds = [ErrorKind::MissingRequiredArgument, ErrorKind::UnknownArgument];
        match self.error.get(ContextKind::Usage) {
            Some(ContextValue::StyledStr(usage)) if kinds.contains(&self.error.kind()) => {
                let usage = usage.to_string();
                Some(usage.lines().next()?.trim_start_matches("Usage: ").to_owned())
            }
            _ => None,
        }
    }

    fn text(&self, kind: ContextKind) -> Option<String> {
        match self.error.get(kind) {
            Some(ContextValue::String(text)) => Some(text.clone()),
            _ => None,
        }
    }

    fn list(&self, kind: ContextKind) -> Option<String> {
        match self.error.get(kind) {
            Some(ContextValue::Strings(list)) if !list.is_empty() => Some(list.join(", ")),
            _ => self.text(kind),
        }
    }

    /// The first line of what the library prints, which is a sentence.
    fn own_words(&self) -> String {
        let text = self.error.to_string();
        let first = text.lines().next().unwrap_or_default();
        first.trim_start_matches("error: ").to_owned()
    }
}

/// What the standard library says of a text that is no number.
fn is_of_number(reason: &str) -> bool {
    reason.contains("digit found in string") || reason.starts_with("number too ")
}

/// A range as people write it, not as Rust does.
fn in_words(reason: String) -> String {
    let range = reason.split_once(" is not in ").and_then(|(value, range)| {
        let (least, most) = range.split_once("..=")?;
        Some(format!("{value} is not between {least} and {most}"))
    });
    range.unwrap_or(reason)
}

fn meant(typed: &str) -> Option<&'static str> {
    match typed {
        "lamp" | "lamps" => Some(
            "all of them: 'lampfield list'; how many: 'lampfield status'; one: 'lampfield why NAME'; \
             by hand: 'lampfield set' and 'lampfield clear'",
        ),
        "del" | "delete" => Some("to remove an account: 'lampfield user remove NAME'"),
        "edit" | "modify" | "set-site" => {
            Some("to change an account: 'lampfield user change NAME'")
        }
        "start" | "restart" => Some(
            "to run it in the foreground: 'lampfield serve'; as a service: 'systemctl restart lampfield'",
        ),
        "stop" => {
            Some("a service: 'systemctl stop lampfield'; one in a terminal: Ctrl-C, or SIGTERM")
        }
        "version" => Some("'lampfield --version'"),
        "--password" => Some(PASSWORD),
        long if long.starts_with(['\u{2014}', '\u{2013}', '\u{2212}']) => {
            Some("this begins with a dash of a text, as web pages have it: type two hyphens, --")
        }
        _ => None,
    }
}
