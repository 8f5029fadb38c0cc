//! `invite NAME`: everything one more Asterisk PBX needs, ready to paste; `invite --from FILE`: the same
//! for many.

mod names;

use std::path::Path;
use std::process::ExitCode;

use lampfield_operations::operation::Invite;
use lampfield_xmpp::xmpp_conf::LOAD;

use super::args::{Common, InviteArgs};
use super::stop::Stop;
use super::{connect, json};
use crate::document::invite::{ByRelay, InviteDocument, Invites, RelayPackage, Way};
use crate::failure::{Exit, Failure};
use crate::screen::{Screen, Verdict};

const ROTATED: &str = "the old secret is valid only until the current connection of that PBX ends: its next login needs \
                       this section";
const NO_RELAY: &str = "this is the way without a relay: tls = \"off\" is set here, and a relay never sends passwords in clear text";

pub fn run(args: &InviteArgs, common: &Common, screen: &Screen) -> Result<ExitCode, Stop> {
    match (&args.name, &args.from) {
        (Some(name), _) => {
            let invite = invited(name, args, common)?;
            screen.print_always(&match common.json {
                true => json(&invite)?,
                false => text(&invite, args, screen),
            })?;
        }
        (None, Some(file)) => many(file, args, common, screen)?,
        (None, None) => return Err(Failure::bug("an invitation of nobody").into()),
    }
    Ok(Exit::Good.into())
}

fn invited(name: &str, args: &InviteArgs, common: &Common) -> Result<InviteDocument, Stop> {
    let (name, domain) = (name.to_owned(), args.domain.clone());
    let operation = Invite { name, domain, rotate: args.rotate };
    // Its texts have several lines, all of them made by the server.
    Ok(connect(common)?.ask(&operation)?)
}

/// Each as soon as it is made. A wrong name ends it; to invite again those before it changes nothing.
fn many(file: &Path, args: &InviteArgs, common: &Common, screen: &Screen) -> Result<(), Stop> {
    let mut invites = Vec::new();
    for names::Line { number, name } in names::read(file)? {
        let invite = invited(&name, args, common).map_err(|stop| match stop {
            Stop::Failed(failure) => {
                let place = format!("{}:{number}", file.display());
                Stop::Failed(failure.line("found in", place))
            }
            other => other,
        })?;
        match common.json {
            true => invites.push(invite),
            false => {
                let head = format!("## {}\n\n", invite.jid);
                screen.print_always(&format!("{head}{}\n", text(&invite, args, screen)))?;
            }
        }
    }
    if common.json {
        screen.print_always(&json(&Invites { schema: "invites/1".to_owned(), invites })?)?;
    }
    Ok(())
}

fn text(invite: &InviteDocument, args: &InviteArgs, screen: &Screen) -> String {
    let mut text = match &invite.relay {
        Some(relay) if invite.way == Way::Relay && !args.direct => by_relay(invite, relay),
        _ => section(invite, &invite.block),
    };
    let rotated = args.rotate.then_some(ROTATED);
    let no_relay = (invite.relay.is_none() && !args.direct).then_some(NO_RELAY);
    let notes = invite.note.as_deref().unwrap_or_default().lines();
    for note in rotated.into_iter().chain(no_relay).chain(notes) {
        text += &format!("\n{} {note}\n", screen.verdict(Verdict::Look));
    }
    text
}

/// What Asterisk itself needs, and how to see that it works.
fn section(invite: &InviteDocument, block: &str) -> String {
    let InviteDocument { file, reload, proof, expected, .. } = invite;
    let block = indented(block);
    format!(
        "Put this into {file}, replacing any section [lampfield] that is there:\n\n{block}\n\
         Then run:  {reload}\n(if it was never loaded:  asterisk -rx \"{LOAD}\")\n\
         To see that it works:  {proof}\n\nwhich should print:\n\n    {expected}\n"
    )
}

/// The same behind a relay, which comes first; how it is installed without a package comes last.
fn by_relay(invite: &InviteDocument, relay: &ByRelay) -> String {
    let RelayPackage { install, install_rpm, options_file, options, start } = &relay.package;
    format!(
        "This connects Asterisk through a relay, a small program beside it that keeps its connection when \
         the line is lost.\n(Without a relay: --direct.) On that machine, as root:\n\n    {install}\n    echo \
         '{options}' > {options_file}\n    {start}\n\n(where packages are RPMs: {install_rpm})\n\
         The fingerprints are that of this server's certificate and that of its key; one match is enough.\n\n{}\n{}",
        section(invite, &relay.block),
        without_package(relay)
    )
}

fn without_package(relay: &ByRelay) -> String {
    let ByRelay { copy, socket_unit_file, unit_file, enable, .. } = relay;
    let (socket, service) = (indented(&relay.socket_unit), indented(&relay.unit));
    format!(
        "Where the package cannot be installed, copy this program instead, from here, with the name of \
         that\nmachine in place of its account:\n\n    {copy}\n\nThere, as root, put this into \
         {socket_unit_file}:\n\n{socket}\nthis into {unit_file}:\n\n{service}\nand run:\n\n    {enable}\n"
    )
}

fn indented(text: &str) -> String {
    let line = |line: &str| match line {
        "" => "\n".to_owned(),
        line => format!("    {line}\n"),
    };
    text.lines().map(line).collect()
}
