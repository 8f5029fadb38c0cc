//! To whom a resource has sent its presence besides those who may see it anyhow: whoever got it
//! also hears of its end (RFC 6121 section 4.6).

use lampfield_xmpp_stream::{Jid, StanzaCondition, StanzaError};

/// Addresses that one resource may have sent its presence to at the same time. More are refused,
/// so that nobody is left with a presence whose end they will not hear of.
const MOST: usize = 100;

/// To whom a resource has sent its presence directly.
#[derive(Debug, Default)]
pub struct Directed(Vec<Jid>);

// === impl Directed ===

impl Directed {
    /// Remembers an address.
    ///
    /// # Errors
    /// `resource-constraint` at the limit.
    pub fn add(&mut self, to: &Jid) -> Result<(), StanzaError> {
        if self.0.contains(to) {
            return Ok(());
        }
        if self.0.len() >= MOST {
            let text = format!("presence was sent to {MOST} addresses directly, the limit");
            return Err(StanzaCondition::ResourceConstraint.with(text));
        }
        self.0.push(to.clone());
        Ok(())
    }

    /// Forgets an address: it was sent `unavailable`, and needs no goodbye any more.
    pub fn remove(&mut self, to: &Jid) {
        self.0.retain(|known| known != to);
    }

    /// Everyone who is to hear of the end, once.
    pub fn take(&mut self) -> Vec<Jid> {
        std::mem::take(&mut self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jid(n: usize) -> Jid {
        Jid::parse(&format!("user{n}@example.org/phone")).unwrap()
    }

    #[test]
    fn the_end_goes_to_each_address_once() {
        let mut directed = Directed::default();
        directed.add(&jid(1)).unwrap();
        directed.add(&jid(2)).unwrap();
        directed.add(&jid(1)).unwrap();
        directed.remove(&jid(2));
        assert_eq!(directed.take(), [jid(1)]);
        assert!(directed.take().is_empty());
    }

    #[test]
    fn the_list_is_bounded_and_known_addresses_still_work() {
        let mut directed = Directed::default();
        (0..MOST).for_each(|n| directed.add(&jid(n)).unwrap());
        let refused = directed.add(&jid(MOST)).unwrap_err();
        assert_eq!(refused.condition, StanzaCondition::ResourceConstraint);
        assert!(directed.add(&jid(3)).is_ok());
        directed.remove(&jid(3));
        assert!(directed.add(&jid(MOST)).is_ok());
    }
}
