//! How many connections there may be, in all and from one address before they log in.
//!
//! Our own, because a semaphore has one number of permits, and the limiters of the libraries
//! (governor) count what happens in a time, not what is open: here a connection counts in three places
//! and leaves two of them when it logs in.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::IpAddr;
use std::rc::Rc;

use lampfield_accounts::Network;

/// Connections without a login may take the room divided by this, from all addresses together.
const STRANGERS_PART: usize = 2;

/// Counts connections. Memory is bounded by the number of open connections.
#[derive(Debug)]
pub struct AdmissionControl {
    most: Cell<usize>,
    most_strangers: Cell<usize>,
    open: Cell<usize>,
    /// Open connections that have not logged in.
    unknown: Cell<usize>,
    strangers: RefCell<HashMap<Network, usize>>,
}

/// Why a connection was not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Closed {
    /// The node holds as many connections as it may.
    #[error("too many connections: at most {0}, half of them without a login")]
    Full(usize),
    /// One address holds as many connections without a login as it may.
    #[error("{0} connections from this address have not logged in, which is the limit")]
    Strangers(usize),
}

/// One admitted connection; dropping it makes room.
#[derive(Debug)]
pub struct Admission {
    control: Rc<AdmissionControl>,
    network: Network,
    stranger: Cell<bool>,
}

// === impl AdmissionControl ===

impl AdmissionControl {
    /// A control for `most` connections, `most_strangers` of them per address without a login.
    pub fn new(most: usize, most_strangers: usize) -> Rc<Self> {
        Rc::new(Self {
            most: Cell::new(most),
            most_strangers: Cell::new(most_strangers),
            open: Cell::new(0),
            unknown: Cell::new(0),
            strangers: RefCell::new(HashMap::new()),
        })
    }

    /// From now on these bounds hold. Connections that are there stay.
    pub fn set_limits(&self, most: usize, most_strangers: usize) {
        self.most.set(most);
        self.most_strangers.set(most_strangers);
    }

    /// Lets a connection in.
    ///
    /// # Errors
    /// [`Closed`] names the limit that was reached.
    pub fn admit(self: &Rc<Self>, address: IpAddr) -> Result<Admission, Closed> {
        // A part of the room is kept for those who log in, however many addresses knock.
        let most = self.most.get();
        let most_unknown = most.div_ceil(STRANGERS_PART);
        if self.open.get() >= most || self.unknown.get() >= most_unknown {
            return Err(Closed::Full(most));
        }
        let network = Network::from(address);
        let mut strangers = self.strangers.borrow_mut();
        let from_here = strangers.entry(network).or_insert(0);
        if *from_here >= self.most_strangers.get() {
            return Err(Closed::Strangers(self.most_strangers.get()));
        }
        *from_here += 1;
        self.unknown.set(self.unknown.get() + 1);
        self.open.set(self.open.get() + 1);
        Ok(Admission { control: Rc::clone(self), network, stranger: Cell::new(true) })
    }

    /// Connections open now, logged in or not.
    pub fn open(&self) -> usize {
        self.open.get()
    }

    fn forget_stranger(&self, network: Network) {
        self.unknown.set(self.unknown.get() - 1);
        let mut strangers = self.strangers.borrow_mut();
        if let Some(count) = strangers.get_mut(&network) {
            *count -= 1;
            if *count == 0 {
                strangers.remove(&network);
            }
        }
    }
}

// === impl Admission ===

impl Admission {
    /// The connection has logged in and no longer counts against its address.
    pub fn known(&self) {
        if self.stranger.replace(false) {
            self.control.forget_stranger(self.network);
        }
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.known();
        self.control.open.set(self.control.open.get() - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    #[test]
    fn strangers_are_limited_per_address_until_they_log_in() {
        let control = AdmissionControl::new(10, 2);
        let first = control.admit(HERE).unwrap();
        let _second = control.admit(HERE).unwrap();
        assert_eq!(control.admit(HERE).unwrap_err(), Closed::Strangers(2));
        assert!(control.admit(THERE).is_ok());
        first.known();
        assert!(control.admit(HERE).is_ok());
    }

    #[test]
    fn one_ipv6_subscriber_is_one_address() {
        let control = AdmissionControl::new(100, 2);
        let from = |text: &str| control.admit(text.parse().unwrap());
        let _kept: Vec<_> =
            (1..=2).map(|host| from(&format!("2001:db8::{host}")).unwrap()).collect();
        for host in 3..=12 {
            let refused = from(&format!("2001:db8::{host}"));
            assert_eq!(refused.unwrap_err(), Closed::Strangers(2));
        }
        assert!(from("2001:db8:0:1::1").is_ok(), "another subscriber");
        let _mapped = (from("::ffff:192.0.2.9").unwrap(), from("192.0.2.9").unwrap());
        assert_eq!(from("::ffff:192.0.2.9").unwrap_err(), Closed::Strangers(2));
    }

    #[test]
    fn strangers_leave_room_for_those_who_log_in() {
        let control = AdmissionControl::new(4, 4);
        let first = control.admit(HERE).unwrap();
        let _second = control.admit(THERE).unwrap();
        assert_eq!(control.admit(HERE).unwrap_err(), Closed::Full(4));
        first.known();
        assert!(control.admit(HERE).is_ok());
    }

    #[test]
    fn leaving_makes_room() {
        let control = AdmissionControl::new(1, 1);
        let only = control.admit(HERE).unwrap();
        assert_eq!(control.admit(THERE).unwrap_err(), Closed::Full(1));
        drop(only);
        assert_eq!(control.open(), 0);
        assert!(control.admit(HERE).is_ok());
        assert!(control.strangers.borrow().is_empty());
    }
}
