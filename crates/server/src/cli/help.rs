//! `help [TOPIC]`: a verb, a code from an error or a log line, a key of the configuration, the shells' completions, the
//! man pages. All of it comes from what exists anyway: the definitions of the command line and of the configuration, and
//! the manual.

mod code;
mod key;
mod man;

use std::process::ExitCode;

use clap::{Command, ValueEnum};
use clap_complete::Shell;

use super::args::{self, HelpArgs};
use super::stop::Stop;
use crate::failure::{Exit, Failure};
use crate::nearest::nearest;
use crate::screen::Screen;

/// What can be asked for.
const TOPICS: &str = "a command; the code of a message: not-reached; a key of the configuration: history.keep; man; \
                      completions SHELL";

pub fn run(help: &HelpArgs, screen: &Screen) -> Result<ExitCode, Stop> {
    let typed: Vec<&str> = help.topic.iter().map(String::as_str).collect();
    let text = match typed.as_slice() {
        ["completions", shell] => completions(shell)?,
        ["completions"] => return Err(unknown_shell("").into()),
        ["man", verbs @ ..] => manual(verbs)?,
        verbs => match (verb(args::command(), verbs), verbs) {
            (Some(mut command), _) => command.render_long_help().to_string(),
            (None, [topic]) => topic_of_a_word(topic)?,
            (None, _) => return Err(unknown(&typed.join(" ")).into()),
        },
    };
    screen.print_always(&text)?;
    Ok(Exit::Good.into())
}

/// A code may be a key as well: both are told.
fn topic_of_a_word(topic: &str) -> Result<String, Failure> {
    let (code, key) = (code::explained(topic), key::explained(topic));
    match (code, key) {
        (None, None) => Err(unknown(topic)),
        (code, key) => Ok(code.unwrap_or_default() + &key.unwrap_or_default()),
    }
}

/// The definition of a verb by its path; of the program itself if there is none.
fn verb(mut command: Command, path: &[&str]) -> Option<Command> {
    // Only a built command knows what its verbs are called in full.
    command.build();
    path.iter().try_fold(command, |command, name| command.find_subcommand(name).cloned())
}

fn completions(shell: &str) -> Result<String, Failure> {
    let shell = Shell::from_str(shell, true).map_err(|_| unknown_shell(shell))?;
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut args::command(), "lampfield", &mut script);
    String::from_utf8(script).map_err(Failure::bug)
}

/// The man page of a verb, for `man -l -`; without one all pages, one behind the other.
fn manual(path: &[&str]) -> Result<String, Failure> {
    let found = verb(args::command(), path).ok_or_else(|| unknown(&path.join(" ")))?;
    let mut page = Vec::new();
    let write = if path.is_empty() { man::pages } else { man::page };
    write(&found, &mut page).map_err(Failure::bug)?;
    String::from_utf8(page).map_err(Failure::bug)
}

fn unknown_shell(typed: &str) -> Failure {
    let shells = Shell::value_variants().iter().map(ToString::to_string);
    let shells = shells.collect::<Vec<_>>().join(", ");
    Failure::new(
        Exit::Usage,
        "unknown-shell",
        format!("there are no completions for the shell \"{typed}\""),
    )
    .line("try", format!("{} help completions with one of {shells}", args::program()))
}

fn unknown(typed: &str) -> Failure {
    let message = format!("there is no help on \"{typed}\"");
    let failure = Failure::new(Exit::NoSuchThing, "unknown-topic", message);
    let known: Vec<_> = code::all().map(str::to_owned).chain(key::all()).collect();
    match nearest(typed, known.iter().map(String::as_str), 3) {
        near if near.is_empty() => {
            failure.line("topics", TOPICS).line("try", format!("{} --help", args::program()))
        }
        near => failure.line("nearest", near.join("  ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completions_and_the_man_page_know_every_verb() {
        let verbs = ["status", "invite", "completions"];
        for shell in ["bash", "zsh", "fish"] {
            let script = completions(shell).expect("a shell");
            assert!(verbs[..2].iter().all(|verb| script.contains(verb)), "{shell}");
        }
        let page = manual(&[]).expect("a page");
        assert!(page.contains("lampfield why PJSIP/100"), "examples are in it: {page}");
        assert!(verbs[..2].iter().all(|verb| page.contains(verb)), "{page}");
        assert!(completions("cmd").is_err());
        let page = manual(&["user", "add"]).expect("a page");
        assert_eq!(page.matches(".TH ").count(), 1, "{page}");
        assert!(page.contains(".TH lampfield-user-add 1"), "{page}");
        assert!(manual(&["user", "fly"]).is_err());
    }

    #[test]
    fn verbs_are_found_by_their_path() {
        let shown = |path: &[&str]| {
            verb(args::command(), path).map(|mut found| found.render_long_help().to_string())
        };
        assert!(shown(&["user", "add"]).is_some_and(|help| help.contains("lampfield user add")));
        assert!(shown(&[]).is_some_and(|help| help.contains("Usage: lampfield")));
        assert_eq!(shown(&["user", "fly"]), None);
    }
}
