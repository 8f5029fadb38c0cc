//! How often one address may register or change a password.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

use lampfield_xmpp_stream::{ErrorType, StanzaCondition, StanzaError};

/// Steps of one address within [`WINDOW`]; more are refused.
const STEPS: usize = 3;
/// The time after which a step is forgotten.
const WINDOW: Duration = Duration::from_secs(60);
/// Addresses that are remembered. While there are so many, all others are refused: whoever sends
/// from that many at once means no good.
const ADDRESSES: usize = 4_096;

/// When each address has last taken its steps.
#[derive(Debug, Default)]
pub struct Pace {
    recent: RefCell<HashMap<IpAddr, Vec<Instant>>>,
}

// === impl Pace ===

impl Pace {
    /// Takes one step.
    ///
    /// # Errors
    /// `resource-constraint` (wait) at a limit.
    pub fn step(&self, address: IpAddr) -> Result<(), StanzaError> {
        self.step_at(address, Instant::now())
    }

    fn step_at(&self, address: IpAddr, now: Instant) -> Result<(), StanzaError> {
        let mut recent = self.recent.borrow_mut();
        let is_recent = |time: &Instant| now.duration_since(*time) < WINDOW;
        if recent.len() >= ADDRESSES {
            recent.retain(|_, times| times.iter().any(is_recent));
        }
        let network = network(address);
        if recent.len() >= ADDRESSES && !recent.contains_key(&network) {
            return Err(too_fast());
        }
        let times = recent.entry(network).or_default();
        times.retain(is_recent);
        if times.len() >= STEPS {
            return Err(too_fast());
        }
        times.push(now);
        Ok(())
    }
}

fn too_fast() -> StanzaError {
    let text = format!("at most {STEPS} within {} s", WINDOW.as_secs());
    StanzaCondition::ResourceConstraint.with(text).kind(ErrorType::Wait)
}

/// An IPv6 subscriber has a whole network of 64 bits to send from.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v6(network: u32, host: u16) -> IpAddr {
        let [high, low] = [(network >> 16) as u16, (network & 0xffff) as u16];
        IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, high, low, 0, 0, 0, host))
    }

    #[test]
    fn three_steps_a_minute_and_address() {
        let (pace, start) = (Pace::default(), Instant::now());
        for n in 0..3 {
            pace.step_at(v6(1, n), start).unwrap();
        }
        let refused = pace.step_at(v6(1, 9), start + Duration::from_secs(59)).unwrap_err();
        assert_eq!(refused.condition, StanzaCondition::ResourceConstraint);
        assert_eq!(pace.step_at(v6(2, 1), start), Ok(()), "another address is not affected");
        assert_eq!(pace.step_at(v6(1, 1), start + WINDOW), Ok(()));
    }

    #[test]
    fn memory_is_bounded_and_freed_by_time() {
        let (pace, start) = (Pace::default(), Instant::now());
        for n in 0..ADDRESSES as u32 {
            pace.step_at(v6(n, 1), start).unwrap();
        }
        assert!(pace.step_at(v6(ADDRESSES as u32, 1), start).is_err());
        assert_eq!(pace.step_at(v6(0, 1), start), Ok(()), "the known ones go on");
        assert_eq!(pace.step_at(v6(ADDRESSES as u32, 1), start + WINDOW), Ok(()));
        assert_eq!(pace.recent.borrow().len(), 1);
    }
}
