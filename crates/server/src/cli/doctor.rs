//! `doctor`: what is broken here, and how is it mended? The verdict first, then the groups, then what is
//! wrong; what could not be looked at comes last.

mod end_to_end;
mod fix;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use lampfield_operations::operation::Status;
use lampfield_operations::visible;

use super::args::{Common, DoctorArgs as Args};
use super::stop::Stop;
use super::{json, others};
use crate::control::client::Client;
use crate::doctor::{self, Diagnosis, EndToEnd, FoundProblem, Group, Machine, Scene, Wanted};
use crate::document::status::{Severity, StatusDocument};
use crate::failure::{Exit, Failure};
use crate::place::Place;
use crate::screen::time::{clock, counted};
use crate::screen::{Screen, Verdict, padded, time};

/// The longest that the server may take to tell its state: all else has to wait for it.
const PATIENCE: Duration = Duration::from_secs(5);

pub fn run(args: &Args, common: &Common, screen: &Screen) -> Result<ExitCode, Stop> {
    let wanted = Wanted(args.only.clone());
    let mut seen = scene(common);
    let mut examined = doctor::examine(&seen, &wanted);
    let fixed = match args.fix {
        true => Some(fix::run(&examined, args.yes, common, screen)?),
        false => None,
    };
    if fixed.as_ref().is_some_and(|fixed| !fixed.is_empty()) {
        seen = scene(common);
        examined = doctor::examine(&seen, &wanted);
    }
    let measured = match args.end_to_end {
        true => Some(end_to_end::run(common)?),
        false => None,
    };
    examined.extend(measured.iter().map(|(examined, _)| examined.clone()));
    let mut diagnosis = Diagnosis::of(&examined, seen.status.is_ok());
    diagnosis.fixed = fixed;
    diagnosis.end_to_end = measured.and_then(|(_, measured)| measured);
    screen.print(&match common.json {
        true => json(&diagnosis)?,
        false => text(&diagnosis, &seen, common, screen),
    })?;
    Ok(if diagnosis.healthy { Exit::Good } else { Exit::Bad }.into())
}

/// What there is to look at: the place that the command line means, and the server in it.
pub fn scene(common: &Common) -> Arc<Scene> {
    let (file, data_dir) = (common.config.as_deref(), common.data_dir.as_deref());
    let socket = Place::socket_to_ask(file, data_dir).ok().map(|(socket, _)| socket);
    let nowhere =
        || Failure::new(Exit::Usage, "no-data-folder", "the data folder cannot be determined");
    let ask = |socket| -> Result<StatusDocument, Failure> {
        Client::connect(socket, common.timeout.min(PATIENCE))?.ask(&Status {})
    };
    let status = socket.as_deref().ok_or_else(nowhere).and_then(ask);
    Arc::new(Scene {
        machine: Machine::real(),
        place: Place::find(file, data_dir),
        socket,
        status,
        servers: others::neighbours(),
    })
}

fn text(diagnosis: &Diagnosis, scene: &Scene, common: &Common, screen: &Screen) -> String {
    let mut out = format!("{} ({})\n\n", verdict(diagnosis), asked(scene, diagnosis));
    let wide = diagnosis.groups.iter().map(|group| group.group.len()).max().unwrap_or(0);
    diagnosis.groups.iter().for_each(|group| out.push_str(&group_line(group, wide, screen)));
    if let Some(measured) = &diagnosis.end_to_end {
        out.push_str(&measurement(measured));
    }
    diagnosis.problems.iter().for_each(|problem| out.push_str(&block(problem, common, screen)));
    out.push_str(&not_asked(diagnosis));
    let fixable = diagnosis.problems.iter().filter(|problem| problem.fixable).count();
    if fixable > 0 {
        let fix = common.retyped("lampfield doctor --fix");
        out.push_str(&format!("\nnext: {fix}   fixes {fixable} of these\n"));
    }
    out
}

fn verdict(diagnosis: &Diagnosis) -> String {
    let count =
        |severity| diagnosis.problems.iter().filter(|one| one.severity == severity).count() as u64;
    let (bad, look) = (count(Severity::Bad), count(Severity::Look));
    let do_not = if bad == 1 { "does not work" } else { "do not work" };
    match (bad, look) {
        (0, 0) => "nothing is wrong".to_owned(),
        (0, look) => format!("nothing is broken, {} to look at", counted(look, "thing")),
        (bad, 0) => format!("{} {do_not}", counted(bad, "thing")),
        (bad, look) => format!("{} {do_not}, {look} to look at", counted(bad, "thing")),
    }
}

fn asked(scene: &Scene, diagnosis: &Diagnosis) -> String {
    let place = match &scene.socket {
        Some(socket) => socket.display().to_string(),
        None => "no data folder".to_owned(),
    };
    let server = if diagnosis.server_answers { "asked" } else { "no server answers at" };
    format!("{server} {}, {}", visible(&place), clock(&diagnosis.as_of))
}

fn group_line(group: &Group, wide: usize, screen: &Screen) -> String {
    let Group { group, checks, failed, severity } = group;
    let name = padded(group, wide);
    let checks = counted(*checks as u64, "check");
    match severity {
        None => format!("{} {name}  {checks}\n", screen.verdict(Verdict::Good)),
        Some(severity) => format!("{} {name}  {failed} of {checks}\n", sign(*severity, screen)),
    }
}

fn sign(severity: Severity, screen: &Screen) -> String {
    screen.verdict(match severity {
        Severity::Look => Verdict::Look,
        Severity::Bad => Verdict::Bad,
    })
}

fn block(problem: &FoundProblem, common: &Common, screen: &Screen) -> String {
    let FoundProblem { id, severity, text, seen, matters_to, mend, .. } = problem;
    let shown = |text: &str| visible(&time::local(text)).into_owned();
    let mut out = format!("\n{} {id}   {}\n", sign(*severity, screen), shown(text));
    if let Some(seen) = seen {
        out.push_str(&format!("    seen     {}\n", shown(seen)));
    }
    out.push_str(&format!("    affects  {}\n", shown(matters_to)));
    out.push_str(&format!("    mend     {}\n", visible(&common.retyped(mend))));
    out
}

/// What a person wants to know of it, and that nothing of it is left.
fn measurement(measured: &EndToEnd) -> String {
    let EndToEnd { accounts, removed, states, median_seconds, longest_seconds } = measured;
    let accounts = accounts.join(" and ");
    let end = if *removed { "they are removed again" } else { "they could NOT be removed" };
    let mut out = format!("\nmade {accounts} for the test; {end}\n");
    if let (Some(median), Some(longest)) = (median_seconds, longest_seconds) {
        let millis = |seconds: &f64| format!("{:.1} ms", seconds * 1_000.0);
        out.push_str(&format!(
            "{states} states passed from one to the other: half of them within {}, all within {}\n",
            millis(median),
            millis(longest)
        ));
    }
    out
}

/// By reason, because one reason keeps many from looking.
fn not_asked(diagnosis: &Diagnosis) -> String {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for unasked in &diagnosis.not_asked {
        match reasons.iter_mut().find(|(reason, _)| *reason == unasked.reason) {
            Some((_, ids)) => ids.push(unasked.id),
            None => reasons.push((&unasked.reason, vec![unasked.id])),
        }
    }
    let lines = reasons
        .into_iter()
        .map(|(reason, ids)| format!("not checked: {} ({})\n", ids.join(", "), visible(reason)));
    let lines: String = lines.collect();
    if lines.is_empty() { lines } else { format!("\n{lines}") }
}
