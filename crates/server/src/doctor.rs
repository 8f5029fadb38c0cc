//! `doctor`: what is wrong here, whom it matters to and how it is mended. A table of checks, each one
//! function. They only look: nothing but [`Mend`] changes anything. Each runs on a thread of its own, so that
//! one that hangs (a dead network disk, a silent DNS) delays no other and is named.

mod check;
mod clock;
mod configuration;
mod disk;
mod document;
mod files;
mod firewall;
mod kernel;
mod machine;
mod members;
mod mend;
mod names;
mod ports;
mod process;
mod scene;
mod selinux;
mod sockets;
#[cfg(test)]
mod testing;
mod tls;
mod wanted;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use check::{Check, Findings};
pub use check::{Examined, Finding};
pub use document::{Diagnosis, EndToEnd, Fixed, FoundProblem, Group};
pub use machine::Machine;
pub use mend::Mend;
pub use scene::{Neighbour, NotAsked, Scene};
pub use wanted::{Only, Wanted};

/// How long all checks together may take.
const PATIENCE: Duration = Duration::from_secs(6);

/// Every check that only looks, by group. What stands before the `/` is the group.
const CHECKS: &[Check] = &[
    Check { id: "server/running", run: process::running },
    Check { id: "server/program", run: process::program },
    Check { id: "server/copies", run: process::copies },
    Check { id: "server/log", run: process::log },
    Check { id: "configuration/file", run: configuration::file },
    Check { id: "configuration/warnings", run: configuration::warnings },
    Check { id: "machine/open-files", run: kernel::open_files },
    Check { id: "machine/conntrack", run: kernel::conntrack },
    Check { id: "machine/backlog", run: kernel::backlog },
    Check { id: "machine/keepalive", run: kernel::keepalive },
    Check { id: "machine/memory", run: kernel::memory },
    Check { id: "machine/clock", run: clock::clock },
    Check { id: "machine/time-service", run: clock::time_service },
    Check { id: "dns/name", run: names::name },
    Check { id: "dns/srv", run: names::srv },
    Check { id: "ports/free", run: ports::free },
    Check { id: "ports/listening", run: ports::listening },
    Check { id: "ports/answers", run: ports::answers },
    Check { id: "ports/configured", run: ports::as_in_the_file },
    Check { id: "ports/only-here", run: ports::only_here },
    Check { id: "firewall/firewalld", run: firewall::firewalld },
    Check { id: "firewall/ufw", run: firewall::ufw },
    Check { id: "firewall/nftables", run: firewall::nftables },
    Check { id: "firewall/iptables", run: firewall::iptables },
    Check { id: "firewall/selinux", run: selinux::denials },
    Check { id: "tls/files", run: tls::files },
    Check { id: "tls/name", run: tls::name },
    Check { id: "tls/end", run: tls::end },
    Check { id: "tls/in-use", run: tls::in_use },
    Check { id: "disk/space", run: disk::space },
    Check { id: "disk/file-system", run: disk::file_system },
    Check { id: "files/folder", run: files::folder },
    Check { id: "files/secrets", run: files::secrets },
    Check { id: "files/owner", run: files::owner },
    Check { id: "files/configuration", run: files::configuration },
    Check { id: "members/attention", run: members::attention },
    Check { id: "members/silent", run: members::silent },
    Check { id: "members/logins", run: members::logins },
];

/// Looks at everything that is wanted, in the order of the table.
pub fn examine(scene: &Arc<Scene>, wanted: &Wanted) -> Vec<Examined> {
    let checks = CHECKS.iter().filter(|check| wanted.covers(check.id));
    run(scene, checks, PATIENCE)
}

/// Every group, in the order of the table.
fn groups() -> Vec<&'static str> {
    let mut groups: Vec<_> = CHECKS.iter().map(|check| check::group(check.id)).collect();
    groups.dedup();
    groups
}

fn run<'a>(
    scene: &Arc<Scene>,
    checks: impl Iterator<Item = &'a Check>,
    patience: Duration,
) -> Vec<Examined> {
    let end = Instant::now() + patience;
    let asked: Vec<_> = checks.map(|check| (check.id, ask(Arc::clone(scene), check.run))).collect();
    let answered = asked.into_iter().map(|(id, answer)| {
        let left = end.saturating_duration_since(Instant::now());
        let silent = |_| Err(NotAsked("it took too long".to_owned()));
        Examined { id, answer: answer.recv_timeout(left).unwrap_or_else(silent) }
    });
    answered.collect()
}

/// What a check says, once it does. A thread that hangs ends with the program.
fn ask(scene: Arc<Scene>, run: fn(&Scene) -> Findings) -> Receiver<Findings> {
    let (tell, told) = channel();
    // Where no thread can be made, nothing is ever told, and the check counts as one that took too long.
    let _ = thread::Builder::new().name("check".to_owned()).spawn(move || {
        // Nobody waits any longer: then nobody needs it.
        let _ = tell.send(run(&scene));
    });
    told
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::testing::Stage;
    use super::*;

    #[test]
    fn one_that_hangs_delays_no_other() {
        fn hangs(_: &Scene) -> Findings {
            let (_tell, told) = channel::<()>();
            told.recv().map_err(|_| NotAsked(String::new()))?;
            Ok(Vec::new())
        }
        fn sleeps(_: &Scene) -> Findings {
            #[allow(clippy::disallowed_methods, reason = "a thread of its own hangs")]
            thread::sleep(Duration::from_secs(600));
            hangs(&Stage::new().scene())
        }
        fn passes(_: &Scene) -> Findings {
            Ok(Vec::new())
        }
        let checks = [Check { id: "a/hangs", run: sleeps }, Check { id: "a/passes", run: passes }];
        let begun = Instant::now();
        let scene = Arc::new(Stage::new().scene());
        let seen = run(&scene, checks.iter(), Duration::from_millis(300));
        assert!(begun.elapsed() < Duration::from_secs(30));
        assert_eq!(seen[0].answer, Err(NotAsked("it took too long".to_owned())));
        assert_eq!(seen[1].answer, Ok(Vec::new()));
    }

    #[test]
    fn each_has_a_row_in_the_manual_and_a_name_of_its_own() {
        let page = include_str!("../../../docs/doctor.md");
        let mut seen = BTreeSet::new();
        for Check { id, .. } in CHECKS {
            assert!(page.contains(&format!("| `{id}` | ")), "{id} is not in docs/doctor.md");
            assert!(seen.insert(id), "{id} twice");
        }
    }
}
