//! `log set LEVELS`: what the running server logs, until its next start.

use std::process::ExitCode;

use super::args::{Common, LogAction, LogArgs};
use super::change;
use super::stop::Stop;
use crate::control::Request;
use crate::failure::Exit;
use crate::screen::Screen;

pub fn run(log: &LogArgs, common: &Common, screen: &Screen) -> Result<ExitCode, Stop> {
    let LogAction::Set { levels } = &log.action;
    change(&Request::LogSet { levels: levels.clone() }, common, screen)?;
    Ok(Exit::Good.into())
}
