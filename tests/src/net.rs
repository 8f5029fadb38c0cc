//! Loopback networks: each server and each Asterisk under test has a /24 of its own inside
//! 127.0.0.0/8, so that ports never collide and a cut can name a link by its address.

use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering};

/// The port on which a claim is held; nobody else listens on it.
const CLAIM_PORT: u16 = 29_999;

static NEXT: AtomicU32 = AtomicU32::new(0);

/// 256 loopback addresses that are ours until dropped.
pub struct Net {
    network: u16,
    _claim: TcpListener,
}

impl Net {
    /// Claims a network that no other test on this machine uses.
    pub fn claim() -> Self {
        // Far from 127.0.0.x; other test programs start elsewhere, so few tries are needed.
        let start = std::process::id().wrapping_mul(61);
        for _ in 0..40_000 {
            let step = NEXT.fetch_add(1, Ordering::Relaxed);
            let network = 0x0400 + (start.wrapping_add(step) % 0xf000) as u16;
            if let Ok(claim) = TcpListener::bind((address(network, 254), CLAIM_PORT)) {
                return Self { network, _claim: claim };
            }
        }
        panic!("no free loopback network: is port {CLAIM_PORT} taken on all addresses?");
    }

    /// One address of this network.
    pub fn address(&self, host: u8) -> Ipv4Addr {
        address(self.network, host)
    }

    /// One address and a port on it.
    pub fn socket(&self, host: u8, port: u16) -> SocketAddrV4 {
        SocketAddrV4::new(self.address(host), port)
    }
}

fn address(network: u16, host: u8) -> Ipv4Addr {
    let [high, low] = network.to_be_bytes();
    Ipv4Addr::new(127, high, low, host)
}
