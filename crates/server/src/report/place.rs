//! The configuration and the data folder: what is set and which files there are, never what is in them.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::Contents;
use crate::doctor::Scene;
use crate::place::PlaceError;

/// Files of a folder that are listed.
const MOST: usize = 200;

/// Adds what the place tells.
pub fn add(contents: &mut Contents, scene: &Scene) {
    let configuration = match &scene.place {
        Ok(place) => Ok(place.in_force().effective()),
        Err(PlaceError::Misconfigured(problems)) => Ok(problems.to_string()),
        Err(PlaceError::Failed(failure)) => Err(failure.message.clone()),
    };
    contents.add("configuration.toml", "what is in force, without passwords", configuration);
    let files = match scene.data_dir() {
        Ok(folder) => listed(&folder).map_err(|error| format!("{}: {error}", folder.display())),
        Err(not_asked) => Err(not_asked.0),
    };
    contents.add("data-folder.txt", "its files: rights, owner, size", files);
}

fn listed(folder: &Path) -> io::Result<String> {
    let mut text = format!("{}\n", folder.display());
    for place in [folder.to_owned(), folder.join("tls")] {
        let entries = match fs::read_dir(&place) {
            Err(_) if place != folder => continue,
            entries => entries?,
        };
        for entry in entries.flatten().take(MOST) {
            let Ok(of) = entry.metadata() else { continue };
            let (mode, user, group) = (of.mode() & 0o7777, of.uid(), of.gid());
            let name = entry.path();
            let name = name.strip_prefix(folder).unwrap_or(&name).display();
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{mode:04o} {user}:{group} {:>12} {name}", of.len());
        }
    }
    Ok(text)
}
