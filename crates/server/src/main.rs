//! `lampfield`: configuration, wiring and the command line.

mod advice;
mod certificate;
mod cli;
mod config;
mod control;
mod document;
mod failure;
mod nearest;
mod place;
mod screen;
mod serve;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
