//! How often one address may do something that is dear: register, change a password.
//!
//! Our own, because the limiters of the libraries (governor) remember every key until they are told to
//! forget: here the number of addresses is bounded, and at the bound strangers are refused.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::network::Network;

/// The time after which a step is forgotten.
const WINDOW: Duration = Duration::from_secs(60);
/// Addresses that are remembered. While there are so many, all others are refused: whoever sends
/// from that many at once means no good.
const ADDRESSES: usize = 4_096;

/// When each address has last taken its steps. Belongs to the core thread.
#[derive(Debug)]
pub struct Pace {
    /// Steps of one address within [`WINDOW`]; more are refused.
    most: usize,
    recent: RefCell<HashMap<Network, Vec<Instant>>>,
}

/// A step that comes too soon: the address has taken all that it may, or too many others have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at most {most} within {} s", WINDOW.as_secs())]
pub struct TooFast {
    most: usize,
}

// === impl Pace ===

impl Pace {
    /// At most so many steps of one address within a minute.
    pub fn new(most: usize) -> Self {
        Self { most, recent: RefCell::default() }
    }

    /// Takes one step.
    ///
    /// # Errors
    /// If it comes too soon; it is not counted then.
    pub fn step(&self, address: IpAddr) -> Result<(), TooFast> {
        self.step_at(address, Instant::now())
    }

    fn step_at(&self, address: IpAddr, now: Instant) -> Result<(), TooFast> {
        let mut recent = self.recent.borrow_mut();
        let is_recent = |time: &Instant| now.duration_since(*time) < WINDOW;
        if recent.len() >= ADDRESSES {
            recent.retain(|_, times| times.iter().any(is_recent));
        }
        let network = Network::from(address);
        if recent.len() >= ADDRESSES && !recent.contains_key(&network) {
            return Err(TooFast { most: self.most });
        }
        let times = recent.entry(network).or_default();
        times.retain(is_recent);
        if times.len() >= self.most {
            return Err(TooFast { most: self.most });
        }
        times.push(now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;

    fn v6(network: u32, host: u16) -> IpAddr {
        let [high, low] = [(network >> 16) as u16, (network & 0xffff) as u16];
        IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, high, low, 0, 0, 0, host))
    }

    #[test]
    fn three_steps_a_minute_and_address() {
        let (pace, start) = (Pace::new(3), Instant::now());
        for n in 0..3 {
            pace.step_at(v6(1, n), start).unwrap();
        }
        let refused = pace.step_at(v6(1, 9), start + Duration::from_secs(59)).unwrap_err();
        assert_eq!(refused.to_string(), "at most 3 within 60 s");
        assert_eq!(pace.step_at(v6(2, 1), start), Ok(()), "another address is not affected");
        assert_eq!(pace.step_at(v6(1, 1), start + WINDOW), Ok(()));
    }

    #[test]
    fn memory_is_bounded_and_freed_by_time() {
        let (pace, start) = (Pace::new(3), Instant::now());
        for n in 0..ADDRESSES as u32 {
            pace.step_at(v6(n, 1), start).unwrap();
        }
        assert!(pace.step_at(v6(ADDRESSES as u32, 1), start).is_err());
        assert_eq!(pace.step_at(v6(0, 1), start), Ok(()), "the known ones go on");
        assert_eq!(pace.step_at(v6(ADDRESSES as u32, 1), start + WINDOW), Ok(()));
        assert_eq!(pace.recent.borrow().len(), 1);
    }
}
