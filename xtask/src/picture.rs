//! The moving picture of the README: the demo and `top` as they are on a terminal, recorded and drawn
//! by `svg-term` (npm). To be made anew when what it shows looks different.

mod recording;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use crate::run;
use recording::{Recording, Terminal};

/// Draws recordings of terminals; the version whose options these are.
const DRAWS: &str = "svg-term-cli@2.1.1";

/// Records both and draws what was recorded.
pub fn make() -> Result<()> {
    run::must(run::cargo(["build", "--package", "lampfield"]).current_dir(run::workspace()))?;
    let program = run::target().join("debug/lampfield");
    let mut recording = Recording::default();
    recording.types("lampfield demo");
    let mut demo = Terminal::start(Command::new(&program).arg("demo"))?;
    recording.watches(&mut demo, Duration::from_secs(6))?;
    let folder = format!("/tmp/lampfield-demo-{}/data", demo.pid());
    recording.clears();
    recording.types(&format!("lampfield top --data-dir {folder}"));
    let mut top = Terminal::start(Command::new(&program).args(["top", "--data-dir", &folder]))?;
    for (keys, seconds) in [("", 6), ("\x1b[B\x1b[C", 2), ("\r", 4), ("b", 1), ("h", 4), ("b", 3)] {
        top.press(keys)?;
        recording.watches(&mut top, Duration::from_secs(seconds))?;
    }
    top.press("q")?;
    recording.watches(&mut top, Duration::from_secs(1))?;
    demo.interrupt()?;
    let cast = run::target().join("picture.cast");
    fs::write(&cast, recording.text()?)?;
    drawn(&cast, &run::workspace().join("docs/picture.svg"))
}

fn drawn(cast: &Path, picture: &Path) -> Result<()> {
    let mut draw = Command::new("npx");
    draw.args(["--yes", DRAWS, "--window", "--in"]).arg(cast).arg("--out").arg(picture);
    run::must(&mut draw)?;
    println!("{}", picture.display());
    Ok(())
}
