//! `bench`: loads a server from the outside. It needs no configuration and never asks the control
//! socket: any XMPP server will do.

use std::process::ExitCode;

use lampfield_bench::{Bench, BenchError};

use super::args::Common;
use super::json;
use super::stop::Stop;
use crate::failure::{Exit, Failure};
use crate::screen::Screen;

pub fn run(bench: &Bench, common: &Common, screen: &Screen) -> Result<ExitCode, Stop> {
    let report = lampfield_bench::run(bench, common.timeout).map_err(failure)?;
    let Some(report) = report else { return Ok(Exit::Good.into()) };
    screen.print(&match common.json {
        true => json(&report)?,
        false => report.to_text(),
    })?;
    Ok(if report.is_good() { Exit::Good } else { Exit::Bad }.into())
}

fn failure(error: BenchError) -> Failure {
    let (exit, code) = match error {
        BenchError::Connect { .. } => (Exit::NotReached, "bench-not-reached"),
        BenchError::Options(_) | BenchError::File { .. } => (Exit::Usage, "bench-options"),
        _ => (Exit::Bad, "bench"),
    };
    Failure::new(exit, code, error.to_string())
}
