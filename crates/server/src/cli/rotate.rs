//! `rotate invite-key|certificate`: new secrets of the server itself.

use std::process::ExitCode;

use lampfield_operations::operation::{RotateCertificate, RotateInviteKey};

use super::args::{Common, RotateAction, RotateArgs};
use super::stop::Stop;
use super::{ask, json};
use crate::document::rotated::Rotated;
use crate::failure::Exit;
use crate::screen::Screen;

pub fn run(args: &RotateArgs, common: &Common, screen: &Screen) -> Result<ExitCode, Stop> {
    let rotated = match &args.what {
        RotateAction::InviteKey => ask(common, &RotateInviteKey {})?,
        RotateAction::Certificate { domain, now } => {
            ask(common, &RotateCertificate { domain: domain.clone(), now: *now })?
        }
    };
    screen.print(&match common.json {
        true => json(&rotated)?,
        false => text(&rotated, common),
    })?;
    Ok(Exit::Good.into())
}

fn text(rotated: &Rotated, common: &Common) -> String {
    let what = rotated.what.replace('-', " ");
    let state = if rotated.in_use { "is in use" } else { "is made and waits" };
    let mut text = format!("a new {what} {state}\n");
    let names = ["SHA-256 of the certificate", "SHA-256 of its key"];
    for (name, print) in names.into_iter().zip(&rotated.fingerprints) {
        text += &format!("  {name}\n    {print}\n");
    }
    let mut last = "";
    for (command, why) in &rotated.then {
        if why != last {
            text += &format!("{}\n", sentence(why));
            last = why;
        }
        text += &format!("    {}\n", common.retyped(command));
    }
    text
}

fn sentence(why: &str) -> String {
    let mut chars = why.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}:", chars.as_str())
}
