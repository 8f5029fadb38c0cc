//! `machine`: the clock. Lamps do not depend on it; what is told of them, and certificates, do.

use std::fs;
use std::time::{Duration, SystemTime};

use super::check::{Finding, Findings};
use super::process;
use super::scene::{NotAsked, Scene};
use crate::screen::time::age;

/// How far ahead a file may be: the file systems of networks have clocks of their own.
const AHEAD: Duration = Duration::from_secs(60);

/// Programs that keep the clock, as the kernel names them (15 letters).
const KEEPERS: [&str; 6] = ["chronyd", "ntpd", "ntpsec", "systemd-timesyn", "timesyncd", "ptp4l"];

/// Where a machine says that it is a container.
const CONTAINER: [&str; 3] = ["/run/.containerenv", "/.dockerenv", "/run/systemd/container"];

/// A clock that was put back: files of ours are from a time that is yet to come.
pub fn clock(scene: &Scene) -> Findings {
    let folder = scene.data_dir()?;
    let entries = fs::read_dir(&folder);
    let entries = entries.map_err(|error| NotAsked(format!("{}: {error}", folder.display())))?;
    let now = SystemTime::now();
    let ahead = entries.flatten().filter_map(|entry| {
        let changed = entry.metadata().and_then(|of| of.modified()).ok()?;
        let ahead = changed.duration_since(now).ok().filter(|ahead| *ahead > AHEAD)?;
        Some((ahead, entry.path()))
    });
    let Some((ahead, path)) = ahead.max() else { return Ok(Vec::new()) };
    let text = format!("the clock is at least {} slow", age(ahead.as_secs_f64()));
    let matters = "readers of history and logs, and relays, which check when a certificate begins";
    let mend = "timedatectl set-ntp true   (or start the time service of this system)";
    Ok(vec![
        Finding::bad(text, matters, mend)
            .seen(format!("{} has a modification time in the future", path.display())),
    ])
}

/// Something must keep the clock.
pub fn time_service(scene: &Scene) -> Findings {
    if CONTAINER.iter().any(|mark| scene.machine.at(mark).exists()) {
        return Err(NotAsked("this is a container: its host sets the clock".to_owned()));
    }
    let processes = process::all(&scene.machine)?;
    if processes.iter().any(|one| KEEPERS.contains(&one.name.as_str())) {
        return Ok(Vec::new());
    }
    let text = "no service keeps the clock of this machine right";
    let matters = "everyone who compares history and logs with those of a PBX";
    let mend = "timedatectl set-ntp true   (or install chrony)";
    let seen = "none of chronyd, ntpd, systemd-timesyncd and ptp4l is running";
    Ok(vec![Finding::look(text, matters, mend).seen(seen)])
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Stage, texts};
    use super::*;

    #[test]
    fn a_clock_that_was_put_back_is_told() {
        let stage = Stage::new();
        let path = stage.data_file("lampfield.db", 0o600);
        assert_eq!(texts(clock(&stage.scene())), [""; 0]);
        let file = fs::File::options().write(true).open(path).expect("a file");
        file.set_modified(SystemTime::now() + Duration::from_secs(3_600)).expect("a time");
        assert!(texts(clock(&stage.scene()))[0].starts_with("the clock is at least 59m"));
    }

    #[test]
    fn a_machine_without_a_time_service_is_told() {
        let stage = Stage::new();
        stage.file("proc/7/comm", "cron\n");
        assert_eq!(texts(time_service(&stage.scene())).len(), 1);
        stage.file("proc/8/comm", "chronyd\n");
        assert_eq!(texts(time_service(&stage.scene())), [""; 0]);
        stage.file("run/.containerenv", "");
        assert!(time_service(&stage.scene()).is_err());
    }
}
