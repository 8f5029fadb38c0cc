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

/// A server that was not reached, with what to do about it. `socket` is where it was asked, `typed` the
/// whole command.
pub fn told(failure: Failure, common: &Common, socket: &Path, typed: &[String]) -> Failure {
    let user = rustix::process::geteuid().as_raw();
    let is_named = common.config.is_some() || common.data_dir.is_some();
    let is_installed = UNITS.iter().any(|unit| Path::new(unit).exists());
    // What has died leaves its socket.
    if socket.exists() {
        let failure = failure.line("because", "the server of this data folder has died");
        let start = if is_named { "lampfield serve" } else { "systemctl start lampfield" };
        let start = if is_installed { start } else { "lampfield serve" };
        return failure.line("try", "lampfield doctor").line("or", format!("start it: {start}"));
    }
    let running = running(Path::new("/proc"));
    match running.first() {
        Some(server) => {
            let failure = met(failure, server, user, (common, typed));
            match running.len() {
                1 => failure,
                more => failure.line("note", format!("and {} more on this machine", more - 1)),
            }
        }
        None if is_installed && !is_named => failure.line("try", "systemctl start lampfield"),
        None => failure
            .line("try", "start it: lampfield serve")
            .line("or", "name its folder: --config FILE or --data-dir FOLDER"),
    }
}

/// What was typed did not reach this one, which runs.
fn met(
    failure: Failure,
    server: &Running,
    user: u32,
    (common, typed): (&Common, &[String]),
) -> Failure {
    let failure = failure.line("runs", format!("process {}: {}", server.pid, words(&server.typed)));
    let (config, data_dir) = (server.config.as_deref(), server.data_dir.as_deref());
    let sudo = if server.user != user && user != 0 { "sudo " } else { "" };
    let place = retyped::options(config, data_dir);
    let rest = words(&without_place(typed.get(1..).unwrap_or_default()));
    // Its file says what this one says, and did not when it was started.
    let is_of_same_file = data_dir.is_none() && config.is_some_and(|it| is_same(it, common));
    if is_of_same_file {
        return failure
            .line("because", "that server has read the same file, when it named another data_dir")
            .line("try", "name the data folder that it has: --data-dir FOLDER");
    }
    let is_named = common.config.is_some() || common.data_dir.is_some();
    match place.is_empty() && is_named {
        true if sudo.is_empty() => {
            failure.line("or", "use that one: leave out --config and --data-dir")
        }
        true => failure.line("or", "use that one: sudo, and leave out --config and --data-dir"),
        false => failure.line("try", format!("{sudo}lampfield {place}{rest}")),
    }
}

fn is_same(config: &Path, common: &Common) -> bool {
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    common
        .config
        .as_deref()
        .is_some_and(|asked| real(asked).is_some_and(|it| Some(it) == real(config)))
}

/// The words of a command without those that say which server is meant.
fn without_place(typed: &[String]) -> Vec<String> {
    const PLACE: [&str; 2] = ["--config", "--data-dir"];
    let mut left = Vec::new();
    let mut words = typed.iter();
    while let Some(word) = words.next() {
        if PLACE.contains(&word.as_str()) {
            words.next();
        } else if !PLACE.iter().any(|option| word.starts_with(&format!("{option}="))) {
            left.push(word.clone());
        }
    }
    left
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
    // It was started in a folder of its own.
    let cwd = fs::read_link(folder.join("cwd")).unwrap_or_default();
    let absolute = |path: Option<PathBuf>| path.map(|path| cwd.join(path));
    let (config, data_dir) = (absolute(cli.common.config), absolute(cli.common.data_dir));
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

    fn server(user: u32, data_dir: Option<&str>) -> Running {
        Running {
            pid: 7,
            user,
            typed: vec!["lampfield".to_owned()],
            config: None,
            data_dir: data_dir.map(PathBuf::from),
        }
    }

    fn told(typed: &[&str], server: &Running, user: u32) -> String {
        let typed: Vec<_> = typed.iter().map(|word| (*word).to_owned()).collect();
        let failure = Failure::new(Exit::NotReached, "not-reached", "no server answers here");
        let common = args::read(&typed).expect("a command").common;
        met(failure, server, user, (&common, &typed)).to_string()
    }

    #[test]
    fn whoever_may_not_ask_it_is_told_of_sudo_and_never_of_a_second_one() {
        let typed = ["lampfield", "why", "PJSIP/1*"];
        let service = told(&typed, &server(105, None), 1000);
        assert!(service.ends_with("try   sudo lampfield why 'PJSIP/1*'"), "{service}");
        let own = told(&typed, &server(1000, Some("/srv/a")), 1000);
        assert!(own.ends_with("try   lampfield --data-dir /srv/a why 'PJSIP/1*'"), "{own}");
        assert!(!service.contains("lampfield serve") && !own.contains("lampfield serve"));
    }

    #[test]
    fn the_command_names_one_server_only_and_from_every_folder() {
        let typed = ["lampfield", "--data-dir=/no", "status", "--config", "x.toml", "--json"];
        let own = told(&typed, &server(0, Some("/srv/lampfield")), 0);
        assert!(own.ends_with("try   lampfield --data-dir /srv/lampfield status --json"), "{own}");
        let usual = told(&typed, &server(0, None), 0);
        assert!(usual.ends_with("leave out --config and --data-dir"), "{usual}");
        let proc = tempfile::tempdir().expect("a folder");
        process(proc.path(), 4, "lampfield", "lampfield serve --config x.toml");
        let cwd = proc.path().join("4/cwd");
        std::os::unix::fs::symlink("/srv/b", cwd).expect("a link");
        assert_eq!(running(proc.path())[0].config.as_deref(), Some(Path::new("/srv/b/x.toml")));
    }

    #[test]
    fn a_server_of_the_same_file_is_said_to_have_another_folder() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let config = file.path().display().to_string();
        let running = Running { config: Some(file.path().to_owned()), ..server(0, None) };
        let same = told(&["lampfield", "--config", &config, "status"], &running, 0);
        assert!(same.contains("that server has read the same file"), "{same}");
    }
}
