//! `invite NAME`: everything one more Asterisk server needs, ready to paste.

use std::process::ExitCode;

use super::args::{Common, Invite as Args};
use super::stop::Stop;
use super::{ask, json, mismatch};
use crate::control::{Answer, Named, Request};
use crate::document::invite::Invite;
use crate::failure::Exit;
use crate::screen::Screen;

pub fn run(args: &Args, common: &Common, screen: &Screen) -> Result<ExitCode, Stop> {
    let mut account = Named::parse(&args.name);
    account.domain = args.domain.clone().or(account.domain);
    let invite = match ask(common, &Request::Invite { account, rotate: args.rotate })? {
        Answer::Invite(invite) => invite,
        other => return Err(mismatch(&other)),
    };
    screen.print(&match common.json {
        true => json(&invite)?,
        false => text(&invite),
    })?;
    Ok(Exit::Good.into())
}

fn text(invite: &Invite) -> String {
    let Invite { file, block, reload, proof, expected, .. } = invite;
    let indented: String = block.lines().map(|line| format!("    {line}\n")).collect();
    format!(
        "Put this into {file}:\n\n{indented}\nThen run:  {reload}\n\
         (module load if it was never loaded)\n\
         To see that it works:  {proof}\n\nwhich should print:\n\n    {expected}\n"
    )
}
