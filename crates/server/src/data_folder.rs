//! Whether the data folder is one of ours, or can become one. A server keeps its database and keys there and closes it
//! to others, so a folder that was meant for something else is refused before anything in it is touched.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::config::value::FilePath;
use crate::failure::{Exit, Failure};
use crate::place::Place;

/// What a folder of ours has from its first start on.
const MARKS: [&str; 2] = ["lampfield.lock", "lampfield.db"];

/// What else may lie in a folder before that: parts of a backup, the configuration, and what file systems and images put
/// into a new folder.
const WELCOME: [&str; 7] = [
    "accounts.key",
    "tls",
    "control.sock",
    "pbx-1.xmpp.conf",
    "lampfield.toml",
    "lost+found",
    ".keep",
];

/// How many of the foreign things are named.
const NAMED: usize = 3;

/// Refuses a folder that holds other things and no data of ours.
///
/// # Errors
/// The folder is somebody else's.
pub fn check(place: &Place) -> Result<(), Failure> {
    let folder = &place.data_dir;
    if MARKS.iter().any(|mark| folder.join(mark).exists()) {
        return Ok(());
    }
    // One that is not there is made; of one that cannot be read the store says what is wrong with it.
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    let named = named_in(&place.config, folder, place.file.as_deref());
    let names = entries.flatten().map(|entry| entry.file_name());
    let mut foreign: Vec<_> = names
        .filter(|name| !named.iter().any(|known| is_of(name, known.as_os_str())))
        .filter(|name| !WELCOME.iter().any(|known| is_of(name, known.as_ref())))
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    foreign.sort();
    if foreign.is_empty() { Ok(()) } else { Err(refused(folder, &foreign)) }
}

/// Whether a file has this name, or is an older form of the one that has: `lampfield.toml.bak`, `server.log.1`.
fn is_of(name: &OsStr, known: &OsStr) -> bool {
    let rest = name.as_encoded_bytes().strip_prefix(known.as_encoded_bytes());
    rest.is_some_and(|rest| rest.first().is_none_or(|next| b".-~".contains(next)))
}

/// What the configuration names in this folder: itself, the log, certificates, secrets.
fn named_in(config: &Config, folder: &Path, file: Option<&Path>) -> Vec<PathBuf> {
    let of_domains = config.domain.iter().flat_map(|domain| {
        let passwords = domain.account.iter().map(|account| &account.password_file);
        passwords.chain([&domain.join_secret_file, &domain.certificate, &domain.certificate_key])
    });
    let of_all = [&config.log.file, &config.xmpp.certificate, &config.xmpp.certificate_key];
    let paths = of_domains.chain(of_all).flatten().map(FilePath::as_path).chain(file);
    let folder = absolute(folder);
    let in_folder = |path| {
        let path = absolute(path);
        Some(PathBuf::from(path.strip_prefix(&folder).ok()?.components().next()?.as_os_str()))
    };
    paths.filter_map(in_folder).collect()
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn refused(folder: &Path, foreign: &[String]) -> Failure {
    let (named, others) = foreign.split_at(foreign.len().min(NAMED));
    let more =
        if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
    let message = format!("{} contains other files and no data of Lampfield", folder.display());
    Failure::new(Exit::Usage, "foreign-folder", message)
        .line("found", format!("{}{more}", named.join(", ")))
        .line("try", "a separate folder, which is created if needed: --data-dir FOLDER, or data_dir = \"FOLDER\" in the configuration")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a server would start on a folder with these files, and this in its configuration.
    fn is_taken(files: &[&str], config: &str) -> Result<(), String> {
        let folder = tempfile::tempdir().expect("a folder");
        let config_file = folder.path().join("main.toml");
        fs::write(&config_file, config).expect("a file");
        for file in files {
            fs::write(folder.path().join(file), "").expect("a file");
        }
        let place = Place::find(Some(&config_file), Some(folder.path())).expect("a place");
        check(&place).map_err(|failure| failure.to_string())
    }

    #[test]
    fn what_is_new_or_ours_is_taken() {
        assert_eq!(is_taken(&[], ""), Ok(()));
        assert_eq!(is_taken(&["lost+found", ".keep", "main.toml.bak"], ""), Ok(()));
        assert_eq!(is_taken(&["accounts.key"], ""), Ok(()));
        assert_eq!(is_taken(&["lampfield.lock", "letter"], ""), Ok(()));
        assert_eq!(is_taken(&["lampfield.db", "letter"], ""), Ok(()));
        let log = "[log]\nfile = 'server.log'\n";
        assert_eq!(is_taken(&["server.log", "server.log.1"], log), Ok(()));
    }

    #[test]
    fn what_is_somebody_elses_is_not() {
        let told = is_taken(&["passwd", "group", "hosts", "motd"], "").expect_err("refused");
        assert!(told.contains("error[foreign-folder]"), "{told}");
        assert!(told.contains("found  group, hosts, motd and 1 more"), "{told}");
        assert!(is_taken(&["server.logs"], "[log]\nfile = 'server.log'\n").is_err());
    }

    #[test]
    fn what_is_not_there_is_left_to_the_start() {
        let folder = tempfile::tempdir().expect("a folder");
        let new = folder.path().join("new");
        assert!(check(&Place::find(None, Some(&new)).expect("a place")).is_ok());
    }
}
