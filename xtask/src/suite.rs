//! The whole test run, section by section.

use std::cell::Cell;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;

use crate::counts::{Counts, counted, timed};
use crate::{check, dist, e2e, instructions, peers, run};

/// The README's test command. A section that cannot run at all is one failure of its name.
pub fn test() -> Result<ExitCode> {
    let started = Instant::now();
    let mut all = Counts::default();
    let unit = ["--workspace", "--exclude", "lampfield-tests", "--locked", "--no-fail-fast"];
    let programs = [&unit[..], &["--lib", "--bins", "--tests", "--examples"]].concat();
    let documentation = [&["test", "--doc"], &unit[..]].concat();
    let early = Cell::new(None);
    let sections: [(&str, &dyn Fn() -> Result<Counts>); 6] = [
        ("checks", &check::check),
        ("unit tests", &|| {
            let mut counts = counted(&mut timed(&programs, &[]))?;
            counts.and(counted(&mut run::cargo(&documentation))?);
            Ok(counts)
        }),
        ("instructions", &|| instructions::check(false)),
        ("peers", &|| {
            // From here on most of the time is waiting.
            early.set(Some(dist::Early::begin()?));
            peers::prepare().map(|()| Counts::of_one("peers", true))
        }),
        ("end to end", &|| e2e::e2e(None)),
        ("packages", &|| {
            early.take().map_or(Ok(()), dist::Early::end)?;
            dist::test()
        }),
    ];
    for (name, section) in sections {
        let counts = section().unwrap_or_else(|error| Counts::of_one(&format!("{error:#}"), false));
        all.add(name, counts);
    }
    eprintln!("\nall of it in {:.0?}", started.elapsed());
    Ok(all.verdict())
}
