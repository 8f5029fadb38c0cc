//! `lampfield`: configuration, wiring and the command line.

mod advice;
mod certificate;
mod cli;
mod control;
mod document;
mod failure;
mod logging;
mod memory;
mod place;
mod relay;
mod screen;
mod serve;

use std::process::ExitCode;

use lampfield_server::{config, nearest};

fn main() -> ExitCode {
    cli::run()
}
