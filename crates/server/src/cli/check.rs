//! `check`: would this configuration start? Starts nothing and touches no network.

mod document;

use std::io::{self, Write};
use std::process::ExitCode;

use jiff::Timestamp;

use super::args::{CheckArgs as Args, Common};
use super::stop::Stop;
use super::{complaint, json};
use crate::advice::{self, Advice};
use crate::certificate;
use crate::config::Config;
use crate::config::key::Section as _;
use crate::data_folder;
use crate::failure::{Exit, Failure};
use crate::logging;
use crate::place::{Place, PlaceError};
use crate::screen::{Screen, Verdict};
use document::{CheckDocument, Effective};

pub fn run(args: &Args, common: &Common, screen: &Screen) -> Result<ExitCode, Stop> {
    if args.reference {
        screen.print(&Config::reference().to_string())?;
        return Ok(Exit::Good.into());
    }
    let file = args.file.as_deref().or(common.config.as_deref());
    let place = match Place::find(file, common.data_dir.as_deref()) {
        Ok(place) => place.listening(&args.serve.listen),
        Err(PlaceError::Misconfigured(problems)) => {
            if common.json {
                let name = file.map(|file| file.display().to_string());
                screen.print(&json(&CheckDocument::of(name, &problems, &[]))?)?;
            }
            // The document is printed; what a person reads goes to standard error as ever.
            io::stderr().write_all(problems.to_string().as_bytes())?;
            return Ok(Exit::Usage.into());
        }
        Err(PlaceError::Failed(failure)) => return Err(failure.into()),
    };
    let advice = advice::of(&place);
    match args.effective {
        true => effective(&place, &advice, common, screen),
        false => verdict(&place, &advice, common, screen),
    }
}

/// What would be in force. It can be saved, so what is to be said about it goes elsewhere.
fn effective(
    place: &Place,
    advice: &[Advice],
    common: &Common,
    screen: &Screen,
) -> Result<ExitCode, Stop> {
    let text = place.in_force().effective();
    screen.print(&match common.json {
        true => {
            let config = text.parse().map_err(Failure::bug)?;
            json(&Effective { schema: "effective/1", config })?
        }
        false => text,
    })?;
    let said: String = advice.iter().map(|advice| shown(advice, screen)).collect();
    io::stderr().write_all(said.as_bytes())?;
    Ok(Exit::Good.into())
}

fn verdict(
    place: &Place,
    advice: &[Advice],
    common: &Common,
    screen: &Screen,
) -> Result<ExitCode, Stop> {
    data_folder::check(place)?;
    logging::check(&place.config.log)?;
    let certificates = certificate::check(&place.config).map_err(Failure::from)?;
    let mut advice = advice.to_vec();
    advice.extend(advice::of_certificates(&certificates, Timestamp::now()));
    let advice = &advice;
    let file = place.file.as_ref().map(|file| file.display().to_string());
    if common.json {
        screen.print(&json(&CheckDocument::of(file, &place.warnings, advice))?)?;
        return Ok(Exit::Good.into());
    }
    let name = file.unwrap_or("no file; the defaults".to_owned());
    let (sign, found) = match place.warnings.list.len() + advice.len() {
        0 => (Verdict::Good, "good".to_owned()),
        1 => (Verdict::Look, "would start, 1 warning".to_owned()),
        more => (Verdict::Look, format!("would start, {more} warnings")),
    };
    let advice: String = advice.iter().map(|advice| shown(advice, screen)).collect();
    let warnings = &place.warnings;
    screen.print(&format!("{} {name}: {found}\n{warnings}{advice}", screen.verdict(sign)))?;
    Ok(Exit::Good.into())
}

fn shown(advice: &Advice, screen: &Screen) -> String {
    complaint(screen, Verdict::Look, &advice.text, Some(&advice.remedy), advice.code)
}
