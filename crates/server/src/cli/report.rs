//! `report`: one file for whoever is to mend a bug. What is in it is listed before it is written.

use std::process::ExitCode;
use std::sync::Arc;

use lampfield_operations::operation::Audit;

use super::args::{Common, ReportArgs as Args};
use super::doctor::scene;
use super::stop::Stop;
use super::{ask, json};
use crate::doctor::{self, Diagnosis, Scene, Wanted};
use crate::failure::Exit;
use crate::report::{self, Contents, Masks, Report};
use crate::screen::{Align, Screen, Table};
use crate::shell;

/// The latest entries of the audit log that are in it.
const ENTRIES: usize = 500;

pub fn run(args: &Args, common: &Common, screen: &Screen) -> Result<ExitCode, Stop> {
    let scene = scene(common);
    let contents = gathered(&scene, common)?;
    if !common.json {
        screen.print(&listed(&contents, screen))?;
    }
    let report = report::write(contents, args.out.as_deref())?;
    match common.json {
        true => screen.print(&json(&report)?)?,
        false => screen.print_always(&written(&report))?,
    }
    Ok(Exit::Good.into())
}

/// What the place and the machine tell, and the documents of other verbs.
fn gathered(scene: &Arc<Scene>, common: &Common) -> Result<Contents, Stop> {
    let mut contents = Contents::new(Masks::of(scene));
    report::machine::add(&mut contents, scene);
    report::place::add(&mut contents, scene);
    let status = match &scene.status {
        Ok(status) => Ok(json(status)?),
        Err(failure) => Err(failure.message.clone()),
    };
    contents.add("status.json", "the status of the server", status);
    let examined = doctor::examine(scene, &Wanted::default());
    let diagnosis = json(&Diagnosis::of(&examined, scene.status.is_ok()))?;
    contents.add("doctor.json", "the findings of lampfield doctor", Ok(diagnosis));
    let audit = Audit { since: None, actor: None, operation: None, limit: ENTRIES, board: None };
    let audit = match ask(common, &audit) {
        Ok(audit) => Ok(json(&audit)?),
        Err(Stop::Failed(failure)) => Err(failure.message),
        Err(Stop::Misconfigured(_)) => Err("the configuration has mistakes".to_owned()),
        Err(other) => return Err(other),
    };
    contents.add("audit.json", "who has changed what, without secrets", audit);
    Ok(contents)
}

fn listed(contents: &Contents, screen: &Screen) -> String {
    let columns = [("IN IT", Align::Left), ("BYTES", Align::Right), ("WHAT", Align::Left)];
    let mut table = Table::new(&columns);
    for entry in contents.entries() {
        table.row(vec![entry.name.clone(), entry.bytes.to_string(), entry.about.clone()]);
    }
    let left_out = contents.left_out().iter();
    let left_out = left_out.map(|one| format!("not in it: {} ({})\n", one.name, one.reason));
    format!("{}{}", table.into_text(screen), left_out.collect::<String>())
}

fn written(report: &Report) -> String {
    let file = shell::word(&report.file);
    format!(
        "\n{}   {} bytes, readable only by you; known secrets are masked\nnext: tar -xOf {file} | less   \
         shows all of it before you send it\n",
        report.file, report.bytes
    )
}
