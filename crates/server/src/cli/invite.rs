//! `invite NAME`: everything one more Asterisk server needs, ready to paste.

use std::process::ExitCode;

use super::args::{Common, Invite as Args};
use super::stop::Stop;
use super::{ask, json, mismatch};
use crate::control::{Answer, InviteSecret, Named, Request};
use crate::document::invite::Invite;
use crate::failure::{Exit, Failure};
use crate::screen::{Screen, Verdict};

pub fn run(args: &Args, common: &Common, screen: &Screen) -> Result<ExitCode, Stop> {
    let account = named(args)?;
    let secret = if args.rotate { InviteSecret::New } else { InviteSecret::Same };
    let invite = match ask(common, &Request::Invite { account, secret })? {
        Answer::Invite(invite) => invite,
        other => return Err(mismatch(&other)),
    };
    screen.print_always(&match common.json {
        true => json(&invite)?,
        false => text(&invite, screen),
    })?;
    Ok(Exit::Good.into())
}

/// The account that is meant, if the two ways to name its domain agree.
fn named(args: &Args) -> Result<Named, Failure> {
    let typed = Named::parse(&args.name);
    match (&typed.domain, &args.domain) {
        (Some(one), Some(other)) if one != other => {
            let message = format!("{} is not in the domain {other}", args.name);
            Err(Failure::new(Exit::Usage, "two-domains", message)
                .line("try", format!("lampfield invite {}@{other}", typed.name)))
        }
        (_, Some(domain)) => Ok(Named { domain: Some(domain.clone()), ..typed }),
        (_, None) => Ok(typed),
    }
}

fn text(invite: &Invite, screen: &Screen) -> String {
    let Invite { file, block, reload, proof, expected, note, .. } = invite;
    let note = note.as_ref().map(|note| format!("\n{} {note}\n", screen.verdict(Verdict::Look)));
    let note = note.unwrap_or_default();
    let indented: String = block.lines().map(|line| format!("    {line}\n")).collect();
    format!(
        "Put this into {file}:\n\n{indented}\nThen run:  {reload}\n\
         (module load if it was never loaded)\n\
         To see that it works:  {proof}\n\nwhich should print:\n\n    {expected}\n{note}"
    )
}
