//! `check`: would this configuration start? Starts nothing and touches no network.

use std::process::ExitCode;

use super::args::{Check, Common};
use super::stop::Stop;
use crate::certificate;
use crate::config::Config;
use crate::config::reference::Page;
use crate::failure::{Exit, Failure};
use crate::place::Place;
use crate::screen::{Screen, Verdict};

pub fn run(check: &Check, common: &Common, screen: &Screen) -> Result<ExitCode, Stop> {
    if check.reference {
        screen.print(&Page::of::<Config>().to_string())?;
        return Ok(Exit::Good.into());
    }
    let file = check.file.as_deref().or(common.config.as_deref());
    let place = Place::find(file, common.data_dir.as_deref())?;
    if check.effective {
        screen.print(&place.config.effective())?;
        return Ok(Exit::Good.into());
    }
    certificate::check(&place.config).map_err(Failure::from)?;
    let name = match &place.file {
        Some(file) => file.display().to_string(),
        None => "no file; the defaults".to_owned(),
    };
    let verdict = match place.warnings.list.len() {
        0 => format!("{} {name}: good\n", screen.verdict(Verdict::Good)),
        1 => format!("{} {name}: would start, 1 warning\n", screen.verdict(Verdict::Look)),
        more => format!("{} {name}: would start, {more} warnings\n", screen.verdict(Verdict::Look)),
    };
    screen.print(&format!("{verdict}{}", place.warnings))?;
    Ok(Exit::Good.into())
}
