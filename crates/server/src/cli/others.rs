//! Which servers run on this machine, for whoever asked one that is not there: nobody is told to
//! start a second where one runs that only root may ask, as the service of a package does.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::args::{self, Common, Verb};
use crate::doctor::Neighbour;
use crate::failure::Failure;
use crate::{retyped, shell};

/// Where the package puts the unit of the service.
const UNITS: [&str; 2] =
    ["/usr/lib/systemd/system/lampfield.service", "/lib/systemd/system/lampfield.service"];

/// A server that runs.
#[derive(Debug, PartialEq, Eq)]
struct Running {
    pid: u32,
    user: u32,
    /// As it was started.
    typed: Vec<String>,
    config: Option<PathBuf>,
    data_dir: Option<PathBuf>,
}

/// A server that was not reached, with what to do about it. `typed` is the whole command.
pub fn told(failure: Failure, common: &Common, typed: &[String]) -> Failure {
    let user = rustix::process::geteuid().as_raw();
    let is_named = common.config.is_some() || common.data_dir.is_some();
    let is_installed = UNITS.iter().any(|unit| Path::new(unit).exists());
    match running(Path::new("/proc")).first() {
        Some(server) => met(failure, server, user, typed),
        None if is_installed && !is_named => failure.line("try", "systemctl start lampfield"),
        None => failure
            .line("try", "start it: lampfield serve")
            .line("or", "name its folder: --config FILE or --data-dir FOLDER"),
    }
}

fn met(failure: Failure, server: &Running, user: u32, typed: &[String]) -> Failure {
    let failure = failure.line("runs", format!("process {}: {}", server.pid, words(&server.typed)));
    let rest = words(typed.get(1..).unwrap_or_default());
    let place = retyped::options(server.config.as_deref(), server.data_dir.as_deref());
    match (server.user == user, place.is_empty()) {
        (false, _) if user != 0 => failure.line("try", format!("sudo lampfield {place}{rest}")),
        (_, false) => failure.line("or", format!("use that one: {place}after lampfield")),
        (_, true) => failure.line("or", "use that one: leave out --config and --data-dir"),
    }
}

/// The same command, of somebody who may.
pub fn as_root(typed: &[String]) -> String {
    format!("sudo lampfield {}", words(typed.get(1..).unwrap_or_default()))
}

fn words(words: &[String]) -> String {
    let words: Vec<_> = words.iter().map(|word| shell::word(word)).collect();
    words.join(" ")
}

/// The servers of this machine, as the doctor looks at them.
pub fn neighbours() -> Vec<Neighbour> {
    let servers = running(Path::new("/proc")).into_iter();
    servers.map(|server| Neighbour { pid: server.pid, typed: words(&server.typed) }).collect()
}

/// The servers among the processes, the oldest first. Those that cannot be looked at are left out.
fn running(proc: &Path) -> Vec<Running> {
    let Ok(entries) = fs::read_dir(proc) else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let mut found: Vec<_> = pids.filter_map(|pid| look(proc, pid)).collect();
    found.sort_by_key(|server| server.pid);
    found
}

fn look(proc: &Path, pid: u32) -> Option<Running> {
    let folder = proc.join(pid.to_string());
    if fs::read_to_string(folder.join("comm")).ok()?.trim() != "lampfield" {
        return None;
    }
    let typed = fs::read(folder.join("cmdline")).ok()?;
    let typed = typed.split(|byte| *byte == 0).filter(|word| !word.is_empty());
    let typed: Vec<_> = typed.map(|word| String::from_utf8_lossy(word).into_owned()).collect();
    // One that is just ending has nothing left that was typed.
    let cli = args::read(&typed).ok().filter(|_| !typed.is_empty())?;
    let serves = match &cli.verb {
        None => true,
        // Whoever has started one for itself takes it along, as a demo does.
        Some(Verb::Serve(serve)) => !serve.until_eof,
        Some(_) => false,
    };
    let user = fs::metadata(&folder).ok()?.uid();
    let Common { config, data_dir, .. } = cli.common;
    serves.then_some(Running { pid, user, typed, config, data_dir })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Exit;

    fn process(proc: &Path, pid: u32, comm: &str, cmdline: &str) {
        let folder = proc.join(pid.to_string());
        fs::create_dir(&folder).expect("a folder");
        fs::write(folder.join("comm"), format!("{comm}\n")).expect("a file");
        fs::write(folder.join("cmdline"), cmdline.replace(' ', "\0")).expect("a file");
    }

    #[test]
    fn only_servers_are_found() {
        let proc = tempfile::tempdir().expect("a folder");
        let serve = "/usr/bin/lampfield serve --config /etc/x.toml";
        process(proc.path(), 30, "lampfield", serve);
        process(proc.path(), 4, "lampfield", "lampfield --data-dir /srv/a");
        process(proc.path(), 31, "lampfield", "lampfield status");
        process(proc.path(), 32, "lampfield", "lampfield relay --to a");
        process(proc.path(), 33, "asterisk", "lampfield serve");
        process(proc.path(), 34, "lampfield", "lampfield serve --until-eof");
        process(proc.path(), 35, "lampfield", "");
        fs::create_dir(proc.path().join("self")).expect("a folder");
        let found = running(proc.path());
        let pids: Vec<_> = found.iter().map(|server| server.pid).collect();
        assert_eq!(pids, [4, 30]);
        assert_eq!(found[1].config.as_deref(), Some(Path::new("/etc/x.toml")));
        assert_eq!(running(Path::new("/nowhere")), []);
    }

    #[test]
    fn whoever_may_not_ask_it_is_told_of_sudo_and_never_of_a_second_one() {
        let typed = ["lampfield", "why", "PJSIP/1*"].map(str::to_owned);
        let server = |user, data_dir: Option<&str>| Running {
            pid: 7,
            user,
            typed: vec!["lampfield".to_owned()],
            config: None,
            data_dir: data_dir.map(PathBuf::from),
        };
        let told = |server, user| {
            let failure = Failure::new(Exit::NotReached, "not-reached", "no server answers here");
            met(failure, &server, user, &typed).to_string()
        };
        let service = told(server(105, None), 1000);
        assert!(service.ends_with("try   sudo lampfield why 'PJSIP/1*'"), "{service}");
        let own = told(server(1000, Some("/srv/a")), 1000);
        assert!(own.ends_with("use that one: --data-dir /srv/a after lampfield"), "{own}");
        assert!(!service.contains("lampfield serve") && !own.contains("lampfield serve"));
    }
}
