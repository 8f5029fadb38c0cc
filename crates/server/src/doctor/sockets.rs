//! TCP sockets as the kernel lists them (proc(5), `/proc/net/tcp`): who listens, which connections there are
//! and whether they would notice a dead peer.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::machine::Machine;

/// States of `tcp_states.h`.
const ESTABLISHED: u8 = 0x01;
const LISTEN: u8 = 0x0A;
/// No timer of the connection runs.
const NO_TIMER: u8 = 0;

/// One socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Socket {
    /// The address at this end.
    pub local: SocketAddr,
    /// By which a process holds it.
    pub inode: u64,
    state: u8,
    timer: u8,
}

/// All of this machine; none where the kernel does not tell.
pub fn all(machine: &Machine) -> Option<Vec<Socket>> {
    let of_v4 = machine.read("/proc/net/tcp").ok()?;
    // A kernel without IPv6 has no second list.
    let of_v6 = machine.read("/proc/net/tcp6").unwrap_or_default();
    Some(of_v4.lines().chain(of_v6.lines()).filter_map(Socket::parse).collect())
}

// === impl Socket ===

impl Socket {
    fn parse(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [_, local, _, state, _, timer, _, _, _, inode, ..] = fields.as_slice() else {
            return None;
        };
        Some(Self {
            local: address(local)?,
            inode: inode.parse().ok()?,
            state: u8::from_str_radix(state, 16).ok()?,
            timer: u8::from_str_radix(timer.split(':').next()?, 16).ok()?,
        })
    }

    /// Whether it takes connections to this address.
    pub fn takes(&self, wanted: SocketAddr) -> bool {
        let (own, wanted_ip) = (self.local.ip(), wanted.ip());
        let is_same = own == wanted_ip || own.is_unspecified();
        let is_family = own.is_ipv4() == wanted.is_ipv4() || own.is_unspecified() && own.is_ipv6();
        self.state == LISTEN && self.local.port() == wanted.port() && is_same && is_family
    }

    /// Whether it would keep somebody else from listening on this address.
    pub fn blocks(&self, wanted: SocketAddr) -> bool {
        let is_any = wanted.ip().is_unspecified() && self.local.is_ipv4() == wanted.is_ipv4();
        let is_there = is_any && self.state == LISTEN && self.local.port() == wanted.port();
        is_there || self.takes(wanted)
    }

    /// Whether it is a connection to this port that nobody would notice to be dead.
    pub fn is_deaf(&self, port: u16) -> bool {
        self.state == ESTABLISHED && self.local.port() == port && self.timer == NO_TIMER
    }
}

/// `0100007F:1466`: words of the machine's order in hexadecimal digits.
fn address(text: &str) -> Option<SocketAddr> {
    let (ip, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let words = ip.as_bytes().chunks(8).map(|word| {
        let word = str::from_utf8(word).ok()?;
        Some(u32::from_str_radix(word, 16).ok()?.to_ne_bytes())
    });
    let bytes = words.collect::<Option<Vec<_>>>()?.concat();
    let ip = match <[u8; 4]>::try_from(bytes.as_slice()) {
        Ok(bytes) => IpAddr::V4(Ipv4Addr::from(bytes)),
        Err(_) => IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?)),
    };
    Some(SocketAddr::new(ip, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn socket(local: &str, state: &str, timer: &str) -> Socket {
        let line = format!(
            "   0: {local} 00000000:0000 {state} 00000000:00000000 {timer}:00000000 00000000     0        0 \
             29614 1 000000005c722d4c 100 0 0 10 0"
        );
        Socket::parse(&line).expect("a line")
    }

    #[test]
    fn lines_of_the_kernel_are_read() {
        let here = socket("0100007F:1466", "0A", "00");
        assert_eq!(here.local.to_string(), "127.0.0.1:5222");
        assert_eq!(here.inode, 29_614);
        let any = socket("00000000000000000000000000000000:1466", "0A", "00");
        assert_eq!(any.local.to_string(), "[::]:5222");
        assert_eq!(Socket::parse("  sl  local_address rem_address   st tx_queue"), None);
    }

    #[test]
    fn a_listener_takes_and_blocks_what_is_its_own() {
        let to = |address: &str| address.parse::<SocketAddr>().expect("an address");
        let (here, any) =
            (socket("0100007F:1466", "0A", "00"), socket("00000000:1466", "0A", "00"));
        assert!(here.takes(to("127.0.0.1:5222")) && any.takes(to("192.0.2.1:5222")));
        assert!(!here.takes(to("192.0.2.1:5222")) && !any.takes(to("127.0.0.1:5223")));
        assert!(here.blocks(to("0.0.0.0:5222")) && !here.blocks(to("192.0.2.1:5222")));
        assert!(socket("0100007F:1466", "01", "00").is_deaf(5_222));
        assert!(!socket("0100007F:1466", "01", "02").is_deaf(5_222));
    }
}
