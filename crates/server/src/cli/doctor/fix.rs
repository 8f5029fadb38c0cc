//! `doctor --fix`: the plan first, then a yes, then the changes one by one.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::super::args::Common;
use super::super::confirm;
use super::super::stop::Stop;
use crate::doctor::{Examined, Fixed, Machine, Mend};
use crate::failure::{Exit, Failure};
use crate::screen::Screen;

/// Mends what can be mended; gives what was done.
pub fn run(
    examined: &[Examined],
    yes: bool,
    common: &Common,
    screen: &Screen,
) -> Result<Vec<Fixed>, Stop> {
    let planned = planned(examined);
    if planned.is_empty() {
        return Ok(Vec::new());
    }
    let plan = planned.iter().fold(String::new(), |mut plan, (id, mend)| {
        // Writing to a string cannot fail.
        let _ = writeln!(plan, "  {}   ({id})", common.retyped(&mend.command()));
        plan
    });
    let plan = format!("This can be fixed:\n{plan}");
    if !yes && !confirm::is_possible() {
        let message = format!("{} things can be fixed, but you have not confirmed", planned.len());
        let failure = Failure::new(Exit::Conflict, "would-fix", message);
        let mends = planned.iter().map(|(_, mend)| common.retyped(&mend.command()));
        let failure = mends.fold(failure, |failure, mend| failure.line("would", mend));
        return Err(failure.line("try", "lampfield doctor --fix --yes").into());
    }
    // The document goes to standard output alone.
    match common.json {
        true => io::stderr().write_all(plan.as_bytes())?,
        false => screen.print(&plan)?,
    }
    if !yes {
        confirm::asked("", "nothing was changed")?;
    }
    let machine = Machine::real();
    let mut fixed = Vec::new();
    for (id, mend) in planned {
        mend.apply(&machine)?;
        fixed.push(Fixed { id, command: common.retyped(&mend.command()) });
    }
    if !common.json {
        screen.print(&format!("{} done; what is left:\n\n", fixed.len()))?;
    }
    Ok(fixed)
}

/// Each once: two checks may want the same.
fn planned(examined: &[Examined]) -> Vec<(&'static str, Mend)> {
    let mut planned: Vec<(&'static str, Mend)> = Vec::new();
    for one in examined {
        for mend in one.answer.iter().flatten().filter_map(|finding| finding.can.as_ref()) {
            if planned.iter().all(|(_, known)| known != mend) {
                planned.push((one.id, mend.clone()));
            }
        }
    }
    planned
}
