//! `machine`: what the kernel allows, and what it has run out of.

use std::net::SocketAddr;
use std::time::Duration;

use super::check::{Finding, Findings};
use super::mend::Mend;
use super::scene::{NotAsked, Scene};
use super::sockets;
use crate::advice::descriptors_needed;
use crate::screen::time::counted;

/// Connections that may wait to be taken: what the listener asks the kernel for.
const BACKLOG: u64 = 1_024;
/// The share of the table of connections from which on it is spoken of, and from which on it is full.
const FULL: (f64, f64) = (0.8, 0.98);
/// How long a new connection may be without what the server sets for it.
const MOMENT: Duration = Duration::from_millis(500);
/// Memory that should be left: a server of a thousand PBXs has less.
const MEMORY: u64 = 64 << 20;

/// As many files as connections may be open.
pub fn open_files(scene: &Scene) -> Findings {
    let needed = descriptors_needed(scene.place()?.config.xmpp.limits.connections);
    let pid = scene.status.as_ref().ok().map(|status| status.server.pid);
    let process = pid.map_or("self".to_owned(), |pid| pid.to_string());
    let limits = scene.machine.read(format!("/proc/{process}/limits"));
    let limits = limits.map_err(|error| NotAsked(format!("/proc/{process}/limits: {error}")))?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    // The server raises the first of them, which is in force, to the second, which is the most.
    let mut words = line.unwrap_or_default().split_whitespace();
    let allowed = if pid.is_some() { words.next() } else { words.nth(1) };
    let Some(most) = allowed.and_then(|word| word.parse::<u64>().ok()) else {
        return Ok(Vec::new());
    };
    if most >= needed {
        return Ok(Vec::new());
    }
    let text =
        format!("the limit is {most} open files, and [xmpp.limits] connections needs {needed}");
    let matters = "PBXs that connect when no more files can be opened";
    let unit = "/etc/systemd/system/lampfield.service.d";
    let mend = format!(
        "mkdir -p {unit} && printf '[Service]\\nLimitNOFILE={needed}\\n' > {unit}/files.conf && \
         systemctl daemon-reload && systemctl restart lampfield"
    );
    let found = Finding::bad(text, matters, mend).seen(format!("/proc/{process}/limits"));
    Ok(vec![match pid {
        Some(pid) => found.by(Mend::OpenFiles { pid, most: needed }),
        None => found,
    }])
}

/// The table of connections that firewalls keep.
pub fn conntrack(scene: &Scene) -> Findings {
    let number = |name: &str| scene.machine.number(&format!("/proc/sys/net/netfilter/{name}"));
    let counts = (number("nf_conntrack_count"), number("nf_conntrack_max"));
    // Without these files the kernel tracks nothing.
    let (Some(count), Some(most)) = counts else { return Ok(Vec::new()) };
    let share = count as f64 / most.max(1) as f64;
    if share < FULL.0 {
        return Ok(Vec::new());
    }
    let mend = Mend::Kernel { key: "net.netfilter.nf_conntrack_max", value: most * 2 };
    let text = format!("the table of tracked connections is {:.0} % full", share * 100.0);
    let matters =
        "everyone who connects when it is full: the kernel drops the packets of new connections";
    let made = if share < FULL.1 { Finding::look } else { Finding::bad };
    let found = made(text, matters.to_owned(), mend.command());
    Ok(vec![found.seen(format!("{count} of {most}")).by(mend)])
}

/// PBXs that all come back at once, as after a cut.
pub fn backlog(scene: &Scene) -> Findings {
    let Some(most) = scene.machine.number("/proc/sys/net/core/somaxconn") else {
        return Ok(Vec::new());
    };
    if most >= BACKLOG {
        return Ok(Vec::new());
    }
    let mend = Mend::Kernel { key: "net.core.somaxconn", value: BACKLOG };
    let text = format!("only {most} connections can wait to be accepted");
    let matters =
        "PBXs that all reconnect at once; a running server uses a new value after its next start";
    let seen = format!("net.core.somaxconn = {most}, but the server asks for {BACKLOG}");
    Ok(vec![Finding::look(text, matters, mend.command()).seen(seen).by(mend)])
}

/// Whether the kernel asks the peers of our connections for signs of life.
pub fn keepalive(scene: &Scene) -> Findings {
    let listeners = scene.status().and_then(|_| scene.listeners())?;
    let mut found = deaf(scene, &listeners)?;
    if !found.is_empty() {
        // One that has begun just now is given its keepalive when the server takes it.
        #[allow(clippy::disallowed_methods, reason = "each check has a thread of its own")]
        std::thread::sleep(MOMENT);
        let still = deaf(scene, &listeners)?;
        found.retain(|inode| still.contains(inode));
    }
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let text = format!("no TCP keepalive on {}", counted(found.len() as u64, "connection"));
    let matters = "lamps of PBXs that die silently: they stay lit until the server sends something to that PBX";
    let port = listeners.first().map_or(0, SocketAddr::port);
    let mend = format!(
        "ss -tno state established '( sport = :{port} )'   (shows which lack timer:(keepalive); where \
         a container or proxy ends the TCP connection, run lampfield outside it)"
    );
    Ok(vec![Finding::look(text, matters, mend)])
}

/// Connections to these addresses whose dead peers nobody would notice, by what tells them apart.
fn deaf(scene: &Scene, listeners: &[SocketAddr]) -> Result<Vec<u64>, NotAsked> {
    let untold = || NotAsked("the kernel does not list connections (/proc/net/tcp)".to_owned());
    let sockets = sockets::all(&scene.machine).ok_or_else(untold)?;
    let is_deaf = |socket: &&sockets::Socket| {
        // What nobody has taken yet has no number.
        let is_taken = socket.inode != 0;
        is_taken && listeners.iter().any(|listener| socket.is_deaf(listener.port()))
    };
    Ok(sockets.iter().filter(is_deaf).map(|socket| socket.inode).collect())
}

/// Memory of the machine.
pub fn memory(scene: &Scene) -> Findings {
    let told = scene.machine.read("/proc/meminfo");
    let told = told.map_err(|error| NotAsked(format!("/proc/meminfo: {error}")))?;
    let line = told.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    let Some(left) = kib.map(|kib| kib << 10).filter(|left| *left < MEMORY) else {
        return Ok(Vec::new());
    };
    let text = format!("only {} MiB of memory are available", left >> 20);
    let matters = "every program here: the kernel kills one when memory runs out";
    let mend = "ps -eo rss,pid,args --sort=-rss | head   (shows who has it)";
    Ok(vec![Finding::look(text, matters, mend)])
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Stage, texts};
    use super::*;

    #[test]
    fn too_few_open_files_are_told() {
        let stage = Stage::new();
        let limits = |soft: u32| {
            format!(
                "Limit                     Soft Limit           Hard Limit           Units\n\
                 Max open files            {soft}                 524288               files\n"
            )
        };
        stage.file("proc/42/limits", &limits(524_288));
        assert_eq!(texts(open_files(&stage.scene())), [""; 0]);
        stage.file("proc/42/limits", &limits(1_024));
        let found = open_files(&stage.scene()).expect("an answer");
        assert!(found[0].text.starts_with("the limit is 1024 open files"), "{found:?}");
        assert_eq!(found[0].can, Some(Mend::OpenFiles { pid: 42, most: 12_064 }));
        // Without a server, what one would get that is started here.
        stage.file("proc/self/limits", &limits(1_024));
        assert_eq!(texts(open_files(&stage.without_server())), [""; 0]);
    }

    #[test]
    fn a_full_table_of_connections_is_told() {
        let stage = Stage::new();
        assert_eq!(texts(conntrack(&stage.scene())), [""; 0], "no tracking");
        stage.file("proc/sys/net/netfilter/nf_conntrack_max", "1000\n");
        for (count, wanted) in [("500", 0), ("900", 1), ("1000", 1)] {
            stage.file("proc/sys/net/netfilter/nf_conntrack_count", count);
            assert_eq!(texts(conntrack(&stage.scene())).len(), wanted, "{count}");
        }
        let found = conntrack(&stage.scene()).expect("an answer");
        assert_eq!(found[0].severity, crate::document::status::Severity::Bad);
        assert!(found[0].mend.contains("nf_conntrack_max = 2000"), "{found:?}");
    }

    #[test]
    fn a_short_queue_for_connections_is_told() {
        let stage = Stage::new();
        stage.file("proc/sys/net/core/somaxconn", "4096\n");
        assert_eq!(texts(backlog(&stage.scene())), [""; 0]);
        stage.file("proc/sys/net/core/somaxconn", "128\n");
        assert_eq!(
            texts(backlog(&stage.scene())),
            ["only 128 connections can wait to be accepted"]
        );
        let source = include_str!("../../../xmpp/src/listener.rs");
        assert!(source.contains("const BACKLOG: i32 = 1024;"), "it asks for another length");
    }

    #[test]
    fn a_connection_without_keepalive_is_told() {
        let stage = Stage::new();
        let connection = |timer: &str| {
            format!(
                "   0: 0100007F:1466 0100007F:A000 01 00000000:00000000 {timer}:00000064 00000000 0 0 77 2 0\n"
            )
        };
        stage.file("proc/net/tcp", &connection("02"));
        assert_eq!(texts(keepalive(&stage.scene())), [""; 0]);
        stage.file("proc/net/tcp", &connection("00"));
        assert_eq!(texts(keepalive(&stage.scene())), ["no TCP keepalive on 1 connection"]);
    }

    #[test]
    fn a_machine_without_memory_is_told() {
        let stage = Stage::new();
        stage.file("proc/meminfo", "MemTotal: 2048000 kB\nMemAvailable: 1024000 kB\n");
        assert_eq!(texts(memory(&stage.scene())), [""; 0]);
        stage.file("proc/meminfo", "MemTotal: 2048000 kB\nMemAvailable: 20480 kB\n");
        assert_eq!(texts(memory(&stage.scene())), ["only 20 MiB of memory are available"]);
    }
}
