//! The machine and the versions, in words.

use std::fmt::Write as _;

use super::{Contents, log};
use crate::doctor::Scene;

/// Files of the kernel that say how the machine is set, and how much it has to do.
const FILES: [&str; 9] = [
    "/proc/loadavg",
    "/proc/meminfo",
    "/proc/mounts",
    "/proc/net/sockstat",
    "/proc/net/tcp",
    "/proc/net/tcp6",
    "/proc/sys/net/core/somaxconn",
    "/proc/sys/net/netfilter/nf_conntrack_count",
    "/proc/sys/net/netfilter/nf_conntrack_max",
];

/// Those of the server's process.
const OF_PROCESS: [&str; 3] = ["limits", "status", "cmdline"];

/// The most of one file.
const MOST: usize = 64 * 1024;

/// Adds what the machine tells.
pub fn add(contents: &mut Contents, scene: &Scene) {
    contents.add("versions.txt", "versions of program, server and system", Ok(versions(scene)));
    contents.add("machine.txt", "limits, memory, disks and sockets", Ok(facts(scene)));
    contents.add("log.txt", "the last lines of the log", log::last_lines(scene));
}

fn versions(scene: &Scene) -> String {
    let read = |path: &str| scene.machine.read(path).unwrap_or_default().trim().to_owned();
    let system = read("/etc/os-release");
    let name = system.lines().find_map(|line| line.strip_prefix("PRETTY_NAME=")).unwrap_or("?");
    let server = match &scene.status {
        Ok(status) => {
            let server = &status.server;
            format!("{}, process {}, up {:.0} s", server.version, server.pid, server.uptime_seconds)
        }
        Err(failure) => failure.message.clone(),
    };
    format!(
        "program  lampfield {} ({})\nserver   {server}\nsystem   {name}\nkernel   {} {}\n",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::ARCH,
        read("/proc/sys/kernel/ostype"),
        read("/proc/sys/kernel/osrelease"),
    )
}

fn facts(scene: &Scene) -> String {
    let pid =
        scene.status.as_ref().map_or("self".to_owned(), |status| status.server.pid.to_string());
    let of_process = OF_PROCESS.map(|file| format!("/proc/{pid}/{file}"));
    let all = FILES.map(str::to_owned).into_iter().chain(of_process);
    let mut text = String::new();
    for path in all {
        let found = scene.machine.read(&path).unwrap_or_else(|error| error.to_string());
        let shown: String = found.replace('\0', " ").chars().take(MOST).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "== {path}\n{}\n", shown.trim_end());
    }
    text
}
