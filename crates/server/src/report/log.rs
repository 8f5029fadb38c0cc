//! The last lines of the log, from wherever they can be had.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use crate::doctor::Scene;

/// The most bytes of a log that are in a report.
const MOST: u64 = 512 * 1024;

/// The last lines, or why there are none.
pub fn last_lines(scene: &Scene) -> Result<String, String> {
    let file = scene.place.as_ref().ok().and_then(|place| place.config.log.file.as_ref());
    match file {
        Some(path) => {
            let path = path.as_path();
            end_of(path).map_err(|error| format!("{}: {error}", path.display()))
        }
        None => journal(scene),
    }
}

fn end_of(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let from = file.metadata()?.len().saturating_sub(MOST);
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(MOST).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn journal(scene: &Scene) -> Result<String, String> {
    let asked = ["--no-pager", "-q", "-o", "short-iso", "-n", "1000", "-u", "lampfield"];
    match scene.machine.ask("journalctl", &asked) {
        Ok(lines) if !lines.trim().is_empty() => Ok(lines),
        _ => Err("no file in [log], and the journal has nothing of lampfield".to_owned()),
    }
}
