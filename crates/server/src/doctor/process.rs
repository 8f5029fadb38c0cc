//! `server`: whether one runs here, whether it is this program, and whether there are others.

use std::fs;
use std::path::Path;

use super::check::{Finding, Findings};
use super::machine::Machine;
use super::scene::{NotAsked, Scene};
use crate::failure::Exit;
use crate::screen::time::counted;

/// Servers that are named.
const MOST: usize = 10;

/// A process of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    pub pid: u32,
    /// What it is called.
    pub name: String,
}

/// A server that should answer and does not.
pub fn running(scene: &Scene) -> Findings {
    let Err(failure) = &scene.status else { return Ok(Vec::new()) };
    if failure.exit == Exit::NotAllowed {
        return Err(NotAsked(format!("{}: sudo", failure.message)));
    }
    if failure.exit == Exit::NoAnswer {
        let text = "the server does not answer";
        let mend = "systemctl restart lampfield   (journalctl -u lampfield -n 50 shows its log)";
        let found = Finding::bad(text, "every command, and likely every lamp", mend);
        return Ok(vec![found.seen(failure.message.clone())]);
    }
    let data = scene.data_dir()?;
    let was_left = scene.socket.as_ref().is_some_and(|socket| socket.exists());
    let mend = "systemctl start lampfield   (by hand: lampfield serve)";
    Ok(match (was_left, data.join("lampfield.db").exists()) {
        (true, _) => {
            vec![Finding::bad("the server is gone and was not stopped", "every lamp", mend).seen(
                format!(
                    "its socket is still in {}: it crashed, was killed, or the machine lost power",
                    data.display()
                ),
            )]
        }
        (false, true) => vec![
            Finding::look("no server is running here", "every lamp", mend)
                .seen(format!("{} is in use, but its server was stopped", data.display())),
        ],
        (false, false) => Vec::new(),
    })
}

/// A server that runs another program than the one that is installed.
pub fn program(scene: &Scene) -> Findings {
    let server = &scene.status()?.server;
    let here = env!("CARGO_PKG_VERSION");
    let exe = scene.machine.at(format!("/proc/{}/exe", server.pid));
    let was_replaced = fs::read_link(exe).is_ok_and(|exe| is_deleted(&exe));
    let seen = match server.version == here {
        false => format!("the server is {}, this program {here}", server.version),
        true if was_replaced => "its file was replaced or removed after it started".to_owned(),
        true => return Ok(Vec::new()),
    };
    let text = "the server still runs an older program";
    let matters = "everyone who waits for the fixes of an upgrade";
    Ok(vec![Finding::look(text, matters, "systemctl restart lampfield").seen(seen)])
}

fn is_deleted(exe: &Path) -> bool {
    exe.to_string_lossy().ends_with(" (deleted)")
}

/// Servers besides the one that is asked: an old copy that was started by mistake.
pub fn copies(scene: &Scene) -> Findings {
    let own = scene.status.as_ref().ok().map(|status| status.server.pid);
    let others = scene.servers.iter().filter(|one| Some(one.pid) != own);
    let found = others.take(MOST).map(|other| {
        let text = format!("another lampfield server runs, process {}", other.pid);
        let matters = "PBXs that connect to it: neither server knows the lamps of the other";
        let mend = format!(
            "ps -o pid,user,lstart,args -p {0}   (whose is it? kill {0} ends it)",
            other.pid
        );
        Finding::look(text, matters, mend).seen(other.typed.clone())
    });
    Ok(found.collect())
}

/// Lines of the log that nobody took.
pub fn log(scene: &Scene) -> Findings {
    let lost = scene.status()?.counters.get("log_lines_lost").copied().unwrap_or(0);
    if lost == 0 {
        return Ok(Vec::new());
    }
    let text =
        format!("{} of the log lost: the reader of the log was too slow", counted(lost, "line"));
    let mend = "lampfield log set info   (or write it to a file: file = \"...\" under [log])";
    Ok(vec![Finding::look(text, "everyone who looks for a cause in the log", mend)])
}

/// Every process that can be seen.
pub fn all(machine: &Machine) -> Result<Vec<Process>, NotAsked> {
    let folder = fs::read_dir(machine.at("/proc"));
    let entries = folder.map_err(|error| NotAsked(format!("/proc: {error}")))?;
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    Ok(pids.filter_map(|pid| Process::read(machine, pid)).collect())
}

/// Who holds a socket; none where that cannot be seen.
pub fn holder(machine: &Machine, inode: u64) -> Option<Process> {
    all(machine).ok()?.into_iter().find(|process| process.holds(machine, inode))
}

// === impl Process ===

impl Process {
    fn read(machine: &Machine, pid: u32) -> Option<Self> {
        let name = machine.read(format!("/proc/{pid}/comm")).ok()?.trim().to_owned();
        Some(Self { pid, name })
    }

    /// Whether it has this socket open.
    pub fn holds(&self, machine: &Machine, inode: u64) -> bool {
        let wanted = format!("socket:[{inode}]");
        let files = fs::read_dir(machine.at(format!("/proc/{}/fd", self.pid)));
        let mut links = files.into_iter().flatten().flatten();
        links.any(|file| fs::read_link(file.path()).is_ok_and(|to| to.as_os_str() == &*wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::super::scene::Neighbour;
    use super::super::testing::{Stage, texts};
    use super::*;
    use crate::failure::Failure;

    #[test]
    fn a_server_that_died_is_told_from_one_that_was_stopped() {
        let stage = Stage::new();
        let gone = || Err(Failure::new(Exit::NotReached, "not-reached", "no server answers here"));
        let seen = |stage: &Stage| {
            let scene = Scene { status: gone(), ..stage.scene() };
            running(&scene)
                .expect("an answer")
                .iter()
                .map(|one| one.text.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(seen(&stage), [""; 0]);
        stage.data_file("lampfield.db", 0o600);
        assert_eq!(seen(&stage), ["no server is running here"]);
        stage.data_file("control.sock", 0o600);
        assert_eq!(seen(&stage), ["the server is gone and was not stopped"]);
        let silent = Failure::new(Exit::NoAnswer, "no-answer", "the server did not answer in time");
        let scene = Scene { status: Err(silent), ..stage.scene() };
        assert_eq!(texts(running(&scene)), ["the server does not answer"]);
        let closed =
            Failure::new(Exit::NotAllowed, "not-allowed", "the control socket is not yours");
        assert!(running(&Scene { status: Err(closed), ..stage.scene() }).is_err());
        assert_eq!(texts(running(&stage.scene())), [""; 0]);
    }

    #[test]
    fn a_program_that_was_replaced_is_told() {
        let stage = Stage::new();
        assert_eq!(texts(program(&stage.scene())), [""; 0]);
        stage.link("proc/42/exe", "/usr/bin/lampfield (deleted)");
        assert_eq!(texts(program(&stage.scene())), ["the server still runs an older program"]);
        let old = Stage::new();
        let mut scene = old.scene();
        scene.status.as_mut().expect("a status").server.version = "0.0.1".to_owned();
        assert_eq!(texts(program(&scene)), ["the server still runs an older program"]);
    }

    #[test]
    fn another_server_is_told() {
        let stage = Stage::new();
        let server = |pid| Neighbour { pid, typed: "/opt/old/lampfield".to_owned() };
        let here = Scene { servers: vec![server(42)], ..stage.scene() };
        assert_eq!(texts(copies(&here)), [""; 0], "that is the one which answers");
        let two = Scene { servers: vec![server(42), server(46)], ..stage.scene() };
        let found = copies(&two).expect("an answer");
        assert_eq!(found[0].text, "another lampfield server runs, process 46");
        assert_eq!(found[0].seen.as_deref(), Some("/opt/old/lampfield"));
    }

    #[test]
    fn a_log_that_loses_lines_is_told() {
        let mut scene = Stage::new().scene();
        assert_eq!(texts(log(&scene)), [""; 0]);
        let counters = &mut scene.status.as_mut().expect("a status").counters;
        counters.insert("log_lines_lost".to_owned(), 7);
        assert!(texts(log(&scene))[0].starts_with("7 lines of the log lost"));
    }
}
