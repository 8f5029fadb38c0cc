//! `log set LEVELS`: what the running server logs, until its next start.

use std::process::ExitCode;

use super::args::{Common, Log, LogAction};
use super::stop::Stop;
use super::{ask, mismatch};
use crate::control::{Answer, Request};
use crate::failure::Exit;
use crate::screen::Screen;

pub fn run(log: &Log, common: &Common, screen: &Screen) -> Result<ExitCode, Stop> {
    let LogAction::Set { levels } = &log.action;
    match ask(common, &Request::LogSet { levels: levels.clone() })? {
        Answer::Done(done) => screen.print(&format!("{done}\n"))?,
        other => return Err(mismatch(&other)),
    }
    Ok(Exit::Good.into())
}
