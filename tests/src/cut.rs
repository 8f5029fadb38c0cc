//! A silent cut: packets of one link are dropped in both directions, no socket is closed and nobody
//! is told, as when a cable is pulled far away. The rule is removed when the cut is dropped.
//! And its opposite: a refusal, of which only one side is told.

use std::io::Write;
use std::net::SocketAddrV4;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::namespace::Namespace;

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A link that carries nothing until this is dropped.
pub struct Cut {
    table: String,
}

impl Cut {
    /// Drops every TCP packet to and from this server address, from now on.
    pub fn of(server: SocketAddrV4) -> Self {
        remove_orphans();
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let table = format!("lampfield_test_{}_{number}", std::process::id());
        let (address, port) = (server.ip(), server.port());
        // In the input hook: a drop on output is reported to the sender, a real cut is not.
        nft(
            None,
            &format!(
                "table ip {table} {{\n chain cut {{
               type filter hook input priority -300; policy accept;
               ip daddr {address} tcp dport {port} drop
               ip saddr {address} tcp sport {port} drop
             }}\n }}\n"
            ),
        );
        Self { table }
    }

    /// Ends the cut: packets flow again.
    pub fn heal(self) {}
}

impl Drop for Cut {
    fn drop(&mut self) {
        nft(None, &format!("delete table ip {}", self.table));
    }
}

/// Whoever on a machine sends to this port of others is answered with a reset until this is dropped, as
/// by a router that has forgotten its connections; the other side is not told, neither now nor later.
pub struct Refusal {
    machine: Arc<Namespace>,
}

impl Refusal {
    /// Refuses from now on.
    pub fn of(machine: Arc<Namespace>, port: u16) -> Self {
        nft(
            Some(&machine),
            &format!(
                "add table ip untold
                 add chain ip untold out {{ type filter hook output priority -10; }}
                 flush chain ip untold out
                 add rule ip untold out tcp dport {port} tcp flags & rst == rst drop
                 table ip refusal {{\n chain refusal {{
                   type filter hook output priority 0; policy accept;
                   tcp dport {port} reject with tcp reset
                 }}\n }}\n"
            ),
        );
        Self { machine }
    }
}

impl Drop for Refusal {
    fn drop(&mut self) {
        nft(Some(&self.machine), "delete table ip refusal");
    }
}

fn nft(machine: Option<&Namespace>, rules: &str) {
    let mut command = machine.map(Namespace::nsenter).unwrap_or_default();
    command.extend(["nft", "-f", "-"].map(str::to_owned));
    let (program, arguments) = command.split_first().expect("a program");
    let mut nft = Command::new(program);
    let mut nft = nft.args(arguments).stdin(Stdio::piped()).spawn().expect("nft runs");
    nft.stdin.take().expect("piped").write_all(rules.as_bytes()).expect("nft reads its rules");
    let status = nft.wait().expect("nft ends");
    assert!(status.success() || std::thread::panicking(), "nft refused: {rules}");
}

/// Removes the tables of test programs that were killed before they could.
fn remove_orphans() {
    let listed = Command::new("nft").args(["list", "tables", "ip"]).output().expect("nft runs");
    for table in String::from_utf8_lossy(&listed.stdout).lines() {
        let name = table.trim_start_matches("table ip ").trim();
        let pid = name.strip_prefix("lampfield_test_").and_then(|rest| rest.split('_').next());
        if pid.is_some_and(|pid| !std::path::Path::new("/proc").join(pid).exists()) {
            nft(None, &format!("delete table ip {name}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::time::Duration;

    use super::Cut;
    use crate::net::Net;

    #[test]
    fn a_cut_link_carries_nothing_and_nobody_is_told() {
        let net = Net::claim();
        let listener = TcpListener::bind(net.socket(1, 25_000)).unwrap();
        let mut client = TcpStream::connect(net.socket(1, 25_000)).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        server.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        let mut byte = [0];

        let cut = Cut::of(net.socket(1, 25_000));
        client.write_all(b"x").unwrap();
        assert_eq!(server.read(&mut byte).unwrap_err().kind(), ErrorKind::WouldBlock);
        cut.heal();
        server.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        assert_eq!(server.read(&mut byte).unwrap(), 1);
    }
}
