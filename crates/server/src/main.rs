//! `lampfield`: configuration, wiring and the command line.

mod advice;
mod certificate;
mod cli;
mod control;
mod data_folder;
mod doctor;
mod logging;
mod memory;
mod package_files;
mod place;
mod relay;
mod report;
mod retyped;
mod screen;
mod serve;

use std::process::ExitCode;

use lampfield_operations::{document, failure, moment, nearest, shell};
use lampfield_server::config;

fn main() -> ExitCode {
    cli::run()
}
