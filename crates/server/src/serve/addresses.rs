//! The addresses under which other machines may reach this one. Nothing is sent to find out.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

/// An address of the documentation range: the kernel chooses the way to the world for it, and
/// nothing is sent because nothing is written (RFC 5737).
const SOMEWHERE: (Ipv4Addr, u16) = (Ipv4Addr::new(192, 0, 2, 1), 9);

/// Where clients can connect: the likeliest address first, and the port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reachable {
    /// The address that others can reach most likely; loopback only if there is no other.
    pub best: IpAddr,
    /// Others that may be meant.
    pub others: Vec<IpAddr>,
    /// The port that is listened on.
    pub port: u16,
}

// === impl Reachable ===

impl Reachable {
    /// What `listen` means to others; `None` if it is empty.
    pub fn of(listen: &[SocketAddr]) -> Option<Self> {
        let port = listen.first()?.port();
        let mut candidates: Vec<IpAddr> = Vec::new();
        for address in listen.iter().filter(|address| address.port() == port) {
            match address.ip().is_unspecified() {
                true => candidates.extend(all_of_machine(address.ip())),
                false => candidates.push(address.ip()),
            }
        }
        // This machine alone can use a loopback address, so others come first.
        candidates.sort_by_key(IpAddr::is_loopback);
        let mut seen = BTreeSet::new();
        candidates.retain(|address| seen.insert(*address));
        let mut candidates = candidates.into_iter();
        let best = candidates.next()?;
        let others = candidates.filter(|other| !other.is_loopback()).collect();
        Some(Self { best, others, port })
    }
}

/// Every address of this machine in the family of `any`, the one towards its default route first.
fn all_of_machine(any: IpAddr) -> Vec<IpAddr> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let usable = interfaces.into_iter().filter(|interface| !interface.is_link_local());
    let addresses = towards_the_world().into_iter().chain(usable.map(|interface| interface.ip()));
    addresses.filter(|address| address.is_ipv4() == any.is_ipv4()).collect()
}

fn towards_the_world() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect(SOMEWHERE).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(listen: &[&str]) -> Option<Reachable> {
        let listen: Vec<SocketAddr> =
            listen.iter().map(|address| address.parse().expect("an address")).collect();
        Reachable::of(&listen)
    }

    #[test]
    fn a_given_address_is_taken_and_loopback_comes_last() {
        let reachable = of(&["127.0.0.1:5222", "192.0.2.7:5222", "192.0.2.8:5299"]).expect("some");
        assert_eq!(reachable.best.to_string(), "192.0.2.7");
        assert_eq!((reachable.others.len(), reachable.port), (0, 5222));
        assert_eq!(of(&["127.0.0.1:5299"]).expect("some").best.to_string(), "127.0.0.1");
        assert_eq!(of(&[]), None);
    }
}
