//! The man pages, one for each verb: clap_mangen writes what the definitions of the command line say,
//! and what it does not know comes behind that: examples, files, exit statuses.

use std::io::{self, Write};

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

/// What each exit status means; `docs/reference-json.md` has the same table.
const EXIT_STATUS: [(&str, &str); 10] = [
    ("0", "done; the answer is good"),
    ("1", "the answer is that something is wrong"),
    ("2", "wrong usage or wrong configuration"),
    ("3", "the server was not reached"),
    ("4", "not allowed"),
    ("5", "no such thing"),
    ("6", "ambiguous, exists already, or a precondition failed"),
    ("7", "nobody answered within the time"),
    ("130", "interrupted"),
    ("141", "the reader of the output has gone"),
];

/// What verbs read and keep.
const FILES: [(&str, &str); 5] = [
    ("/etc/lampfield/lampfield.toml", "the configuration, for root and for the system service"),
    ("~/.config/lampfield/lampfield.toml", "the configuration, for other users"),
    ("/var/lib/lampfield", "the data folder, for root and for the system service"),
    ("~/.local/state/lampfield", "the data folder, for other users"),
    (
        "control.sock",
        "in the data folder: the socket through which commands reach the running server",
    ),
];

/// What a relay reads: it keeps nothing.
const FILES_OF_RELAY: [(&str, &str); 2] = [
    ("/etc/default/lampfield-relay", "the options for the service of the package lampfield-relay"),
    (
        "/etc/ssl/certs",
        "the authorities that the machine trusts, used without --fingerprint and --ca",
    ),
];

/// The pages of a command and of all verbs below it, one behind the other; each begins with its title
/// (`.TH`). The command must be built.
///
/// # Errors
/// Those of the writer.
pub fn pages(command: &Command, out: &mut dyn Write) -> io::Result<()> {
    page(command, out)?;
    command.get_subcommands().try_for_each(|verb| pages(verb, out))
}

/// The page of one command, without those of its verbs. The command must be built.
///
/// # Errors
/// Those of the writer.
pub fn page(command: &Command, out: &mut dyn Write) -> io::Result<()> {
    let version = command.get_version().unwrap_or(env!("CARGO_PKG_VERSION"));
    let man = Man::new(command.clone())
        .source(format!("lampfield {version}"))
        .manual("Lampfield's commands");
    man.render_title(out)?;
    man.render_name_section(out)?;
    man.render_synopsis_section(out)?;
    man.render_description_section(out)?;
    if command.get_arguments().any(|argument| !argument.is_hide_set()) {
        man.render_options_section(out)?;
    }
    if command.has_subcommands() {
        man.render_subcommands_section(out)?;
    }
    let is_relay = command.get_name() == "relay";
    let mut rest = Roff::new();
    examples(command, &mut rest);
    table(&mut rest, "FILES", if is_relay { &FILES_OF_RELAY } else { &FILES });
    table(&mut rest, "EXIT STATUS", &EXIT_STATUS);
    rest.control("SH", ["SEE ALSO"]);
    rest.text([
        bold("lampfield help"),
        roman(" with a verb, or with the code of an error or log line"),
    ]);
    rest.to_writer(out)
}

fn examples(command: &Command, page: &mut Roff) {
    let shown = command.get_before_help().map(ToString::to_string).unwrap_or_default();
    // The first line is the heading that the help text has.
    let mut lines = shown.lines().skip(1).map(str::trim).peekable();
    if lines.peek().is_none() {
        return;
    }
    page.control("SH", ["EXAMPLES"]).control("nf", []);
    lines.for_each(|line| {
        page.text([roman(line)]);
    });
    page.control("fi", []);
}

fn table(page: &mut Roff, heading: &str, rows: &[(&str, &str)]) {
    page.control("SH", [heading]);
    for (name, meaning) in rows {
        page.control("TP", []).text([bold(*name)]).text([roman(*meaning)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args;

    fn all() -> String {
        let mut command = args::command();
        command.build();
        let mut text = Vec::new();
        pages(&command, &mut text).expect("pages");
        String::from_utf8(text).expect("text")
    }

    #[test]
    fn each_page_tells_files_and_exit_statuses() {
        let pages = all();
        let pages: Vec<&str> = pages.split(".TH ").skip(1).collect();
        assert!(pages.len() > 20, "{}", pages.len());
        for page in pages {
            for heading in ["NAME", "SYNOPSIS", "FILES", "\"EXIT STATUS\""] {
                assert!(page.contains(&format!(".SH {heading}\n")), "no {heading}: {page}");
            }
        }
    }

    #[test]
    fn exit_statuses_are_those_of_the_manual() {
        let manual = include_str!("../../../../../docs/reference-json.md");
        let rows: String =
            EXIT_STATUS.map(|(code, meaning)| format!("| {code} | {meaning} |\n")).concat();
        assert!(
            manual.contains(&format!("| exit status | meaning |\n|---|---|\n{rows}")),
            "{rows}"
        );
    }
}
