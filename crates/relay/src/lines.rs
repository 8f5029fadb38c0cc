//! What the relay knows of its lines to servers, whichever PBX they are for.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;

use tokio::sync::Notify;

use crate::pace::Pace;

/// See the module.
#[derive(Debug, Default)]
pub struct Lines {
    /// Whether a server was found: TLS that is missing later is taken out on the line.
    pub had_tls: Cell<bool>,
    /// One has come up.
    pub up: Rc<Notify>,
    /// Of those that are lost, and of tries that came to nothing.
    pub lost: Pace,
    /// Our ends of those that begin, at most a few for each PBX.
    beginning: RefCell<Vec<SocketAddr>>,
}

/// A line that begins, until this is dropped.
#[derive(Debug)]
pub struct Beginning<'a> {
    lines: &'a Lines,
    local: SocketAddr,
}

// === impl Lines ===

impl Lines {
    /// One begins from this address.
    pub fn begin(&self, local: SocketAddr) -> Beginning<'_> {
        let local = canonical(local);
        self.beginning.borrow_mut().push(local);
        Beginning { lines: self, local }
    }

    /// Whether who connects is this relay itself, which was led here.
    pub fn is_ours(&self, peer: SocketAddr) -> bool {
        self.beginning.borrow().contains(&canonical(peer))
    }
}

impl Drop for Beginning<'_> {
    fn drop(&mut self) {
        self.lines.beginning.borrow_mut().retain(|local| *local != self.local);
    }
}

fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}
