//! `ports`: does something listen, is it us, and does it speak XMPP?

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use super::check::{Finding, Findings};
use super::process;
use super::scene::{NotAsked, Scene, configured};
use super::sockets::{self, Socket};
use crate::advice;

/// How long a connection and an answer may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// Bytes of an answer that are looked at.
const MOST: u64 = 1_024;

/// Addresses that somebody else has, so that a start would fail.
pub fn free(scene: &Scene) -> Findings {
    if scene.status.is_ok() {
        return Err(NotAsked("the server has its ports".to_owned()));
    }
    let sockets = listed(scene)?;
    let wanted = configured(scene.place()?);
    let taken = wanted.into_iter().filter_map(|address| {
        let by = sockets.iter().find(|socket| socket.blocks(address))?;
        let text = format!("another program listens on {address}");
        let mend = format!(
            "ss -ltnp 'sport = :{}'   (shows which; stop it, or change listen)",
            address.port()
        );
        let found = Finding::bad(text, "the next start: it would fail", mend);
        Some(seen_by(scene, found, by))
    });
    Ok(taken.collect())
}

/// Addresses on which the server should listen, and somebody else or nobody does.
pub fn listening(scene: &Scene) -> Findings {
    let pid = scene.status()?.server.pid;
    let sockets = listed(scene)?;
    let mut found = Vec::new();
    for address in scene.listeners()? {
        let Some(socket) = sockets.iter().find(|socket| socket.takes(address)) else {
            let text = format!("nobody listens on {address}");
            let matters = "every PBX that connects there";
            found.push(Finding::bad(text, matters, "systemctl restart lampfield"));
            continue;
        };
        // Without the rights to look into other processes nobody is seen to hold it.
        let holder = process::holder(&scene.machine, socket.inode);
        if let Some(other) = holder.filter(|holder| holder.pid != pid) {
            let text = format!("{} listens on {address}, and not the server", other.name);
            let matters = "every PBX that connects there";
            let mend = format!("kill {}   (and restart lampfield)", other.pid);
            found.push(Finding::bad(text, matters, mend).seen(format!("process {}", other.pid)));
        }
    }
    Ok(found)
}

/// Addresses that take connections and speak something else, or nothing.
pub fn answers(scene: &Scene) -> Findings {
    scene.status()?;
    let domain = scene.domains()?.first().map(ToString::to_string).unwrap_or_default();
    let direct =
        scene.place().map(|place| place.config.xmpp.listen_tls.clone()).unwrap_or_default();
    let mut found = Vec::new();
    for address in scene.listeners()?.into_iter().filter(|address| !direct.contains(address)) {
        let matters = "every PBX that connects there";
        let mend = "lampfield status   (and the log; if it hangs: systemctl restart lampfield)";
        let seen = match opened(reached_from_here(address), &domain) {
            Ok(answer) if answer.contains("<stream:stream") => continue,
            Ok(answer) if answer.is_empty() => "nothing was answered".to_owned(),
            Ok(answer) => format!("answered: {:?}", answer.chars().take(60).collect::<String>()),
            Err(error) => error.to_string(),
        };
        let text = format!("{address} does not answer as an XMPP server");
        found.push(Finding::bad(text, matters, mend).seen(seen));
    }
    Ok(found)
}

/// A file that says other addresses than those of the running server.
pub fn as_in_the_file(scene: &Scene) -> Findings {
    scene.status()?;
    let shown = |mut addresses: Vec<SocketAddr>| {
        addresses.sort_unstable();
        addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    };
    let (in_file, in_force) = (shown(configured(scene.place()?)), shown(scene.listeners()?));
    if in_file == in_force {
        return Ok(Vec::new());
    }
    let text = "the server listens elsewhere than its configuration says";
    let seen = format!("listens on {in_force}; the configuration says {in_file}");
    let mend = "systemctl restart lampfield   (if the file is right)";
    Ok(vec![Finding::look(text, "PBXs after the next start", mend).seen(seen)])
}

/// A server that nobody but this machine reaches.
pub fn only_here(scene: &Scene) -> Findings {
    let advice = advice::of(scene.place()?);
    let found = advice.into_iter().filter(|advice| advice.code == "only-here").map(|advice| {
        Finding::look(advice.text, "PBXs on other machines: they cannot connect", advice.remedy)
    });
    Ok(found.collect())
}

/// Ports that other machines should reach.
pub fn open_to_others(scene: &Scene) -> Result<Vec<u16>, NotAsked> {
    let others = scene.listeners()?.into_iter().filter(|address| !address.ip().is_loopback());
    let mut ports: Vec<_> = others.map(|address| address.port()).collect();
    ports.dedup();
    Ok(ports)
}

fn listed(scene: &Scene) -> Result<Vec<Socket>, NotAsked> {
    let untold = || NotAsked("the kernel does not list sockets (/proc/net/tcp)".to_owned());
    sockets::all(&scene.machine).ok_or_else(untold)
}

fn seen_by(scene: &Scene, found: Finding, by: &Socket) -> Finding {
    match process::holder(&scene.machine, by.inode) {
        Some(holder) => found.seen(format!("{}, process {}", holder.name, holder.pid)),
        None => found,
    }
}

fn reached_from_here(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// Opens a stream and says goodbye; what came of it.
fn opened(address: SocketAddr, domain: &str) -> io::Result<String> {
    let mut socket = TcpStream::connect_timeout(&address, PATIENCE)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.set_write_timeout(Some(PATIENCE))?;
    let header = format!(
        "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' \
         version='1.0' to='{domain}'></stream:stream>"
    );
    // At once: whoever does not like the beginning hangs up.
    socket.write_all(header.as_bytes())?;
    let mut answer = Vec::new();
    // It ends with its own goodbye, or the time is over: what came until then is the answer.
    let _ = socket.take(MOST).read_to_end(&mut answer);
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::super::testing::{Stage, texts};
    use super::*;

    const LISTENS: &str =
        "   0: 0100007F:1466 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 77 1 0\n";

    #[test]
    fn a_port_that_another_program_has_is_told() {
        let stage = Stage::new();
        stage.file("proc/net/tcp", "");
        assert_eq!(texts(free(&stage.without_server())), [""; 0]);
        stage.file("proc/net/tcp", LISTENS);
        stage.file("proc/66/comm", "ejabberd\n");
        stage.link("proc/66/fd/3", "socket:[77]");
        let found = free(&stage.without_server()).expect("an answer");
        assert_eq!(found[0].text, "another program listens on 127.0.0.1:5222");
        assert_eq!(found[0].seen.as_deref(), Some("ejabberd, process 66"));
        assert!(free(&stage.scene()).is_err(), "the server itself has it");
    }

    #[test]
    fn a_listener_that_is_not_ours_or_is_not_there_is_told() {
        let stage = Stage::new();
        stage.file("proc/net/tcp", "");
        assert_eq!(texts(listening(&stage.scene())), ["nobody listens on 127.0.0.1:5222"]);
        stage.file("proc/net/tcp", LISTENS);
        stage.file("proc/42/comm", "lampfield\n");
        stage.link("proc/42/fd/9", "socket:[77]");
        assert_eq!(texts(listening(&stage.scene())), [""; 0]);
        let other = Stage::new();
        other.file("proc/net/tcp", LISTENS);
        other.file("proc/66/comm", "prosody\n");
        other.link("proc/66/fd/3", "socket:[77]");
        let said = texts(listening(&other.scene()));
        assert_eq!(said, ["prosody listens on 127.0.0.1:5222, and not the server"]);
    }

    #[test]
    fn a_port_that_speaks_something_else_is_told() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let mut words =
            ["<?xml version='1.0'?><stream:stream id='1'>", "HTTP/1.1 400 Bad\r\n"].iter();
        thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let Some(said) = words.next() else { return };
                // Whoever has gone has heard enough.
                let _ = (&socket).write_all(said.as_bytes());
                let _ = (&socket).read(&mut [0; 1_024]);
            }
        });
        let stage = Stage::new();
        let mut scene = stage.scene();
        let server = &mut scene.status.as_mut().expect("a status").server;
        server.listeners = vec![address.to_string()];
        assert_eq!(texts(answers(&scene)), [""; 0]);
        let found = answers(&scene).expect("an answer");
        assert!(found[0].text.ends_with("does not answer as an XMPP server"), "{found:?}");
        assert!(found[0].seen.as_ref().is_some_and(|seen| seen.contains("HTTP/1.1")), "{found:?}");
    }

    #[test]
    fn a_file_that_says_other_ports_is_told() {
        let stage = Stage::new();
        assert_eq!(texts(as_in_the_file(&stage.scene())), [""; 0]);
        stage.configure("[xmpp]\nlisten = ['0.0.0.0:5222']\n");
        assert_eq!(texts(as_in_the_file(&stage.scene())).len(), 1);
    }

    #[test]
    fn a_server_for_this_machine_alone_is_told() {
        let stage = Stage::new();
        assert_eq!(texts(only_here(&stage.scene())).len(), 1);
        stage.configure("[xmpp]\nlisten = ['0.0.0.0:5222']\n");
        assert_eq!(texts(only_here(&stage.scene())), [""; 0]);
    }
}
