//! `log set LEVELS`: what the running server logs, until its next start.

use std::process::ExitCode;

use lampfield_operations::operation::LogSet;

use super::args::{Common, LogAction, LogArgs};
use super::change;
use super::stop::Stop;
use crate::failure::Exit;
use crate::screen::Screen;

pub fn run(log: &LogArgs, common: &Common, screen: &Screen) -> Result<ExitCode, Stop> {
    let LogAction::Set { levels } = &log.action;
    change(&LogSet { levels: levels.clone() }, common, screen)?;
    Ok(Exit::Good.into())
}
