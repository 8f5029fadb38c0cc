//! What is published: Asterisk's device states, exactly as it writes them, one stable EID for each
//! publisher and 100 devices of its own. A device goes round through its states, so that no publish
//! repeats the one before and a copy tells where in the sequence it belongs.

use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::frame::attribute;

/// How many devices each publisher has.
pub const DEVICES: u32 = 100;

/// The states of a device, in the order in which they are published.
pub const STATES: [&str; 7] =
    ["NOT_INUSE", "INUSE", "BUSY", "RINGING", "RINGINUSE", "ONHOLD", "UNAVAILABLE"];

/// Device numbers start here: `PJSIP/10000`.
const FIRST_NUMBER: u32 = 10_000;

/// Where a copy that has arrived belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// The number of the publisher, from 0.
    pub publisher: u32,
    /// The number of the publisher's device, from 0.
    pub device: u32,
    /// The index of its state in [`STATES`].
    pub state: u32,
}

/// Writes and reads the items of one run. Its EIDs are new ones, so that nothing that an earlier
/// run left on the server can be taken for a copy or make a publish a repeat.
#[derive(Debug)]
pub struct Items {
    eids: Vec<String>,
}

impl Items {
    /// Items for so many publishers, each with an EID of its own.
    pub fn new(publishers: usize) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let [.., a, b, c] = (now.as_millis() as u64).to_be_bytes();
        let eid = |index: usize| {
            let [.., high, low] = (index as u64).to_be_bytes();
            format!("02:{a:02x}:{b:02x}:{c:02x}:{high:02x}:{low:02x}")
        };
        Self { eids: (0..publishers).map(eid).collect() }
    }

    /// Appends the item of a publisher's publish number `sequence`, from 0.
    pub fn write(&self, out: &mut Vec<u8>, publisher: usize, sequence: u32) {
        let number = publisher as u32 * DEVICES + sequence % DEVICES;
        let state = STATES.get((sequence / DEVICES) as usize % STATES.len()).unwrap_or(&"");
        self.write_state(out, publisher, number, state);
    }

    /// Appends one of many items of the first publisher, which then has more devices than 100.
    pub fn write_one_of_many(&self, out: &mut Vec<u8>, number: u32) {
        self.write_state(out, 0, number, "INUSE");
    }

    fn write_state(&self, out: &mut Vec<u8>, publisher: usize, number: u32, state: &str) {
        let number = FIRST_NUMBER + number;
        let eid = self.eids.get(publisher).map_or("", String::as_str);
        // Writing to memory does not fail.
        let _ = write!(
            out,
            "<item id='PJSIP/{number}'><state xmlns='http://asterisk.org' eid='{eid}' \
             cachable='1'>{state}</state></item>"
        );
    }

    /// Whether a notification is from the first publisher of this run.
    pub fn is_of_first(&self, notification: &[u8]) -> bool {
        let eid = self.eids.first().map_or("", String::as_str);
        memchr::memmem::find(notification, eid.as_bytes()).is_some()
    }

    /// What a notification says; nothing if it is not about an item of this run.
    pub fn read(&self, notification: &[u8]) -> Option<Heard> {
        let item = notification.get(memchr::memmem::find(notification, b"<item ")?..)?;
        let number = number(attribute(item, b" id")?.strip_prefix(b"PJSIP/")?)?;
        let number = number.checked_sub(FIRST_NUMBER)?;
        let (publisher, device) = (number / DEVICES, number % DEVICES);
        let payload = item.get(memchr::memmem::find(item, b"<state ")?..)?;
        if attribute(payload, b" eid")? != self.eids.get(publisher as usize)?.as_bytes() {
            return None;
        }
        let text = payload.get(memchr::memchr(b'>', payload)? + 1..)?;
        let text = text.get(..memchr::memchr(b'<', text)?)?;
        let state = STATES.iter().position(|state| state.as_bytes() == text)? as u32;
        Some(Heard { publisher, device, state })
    }
}

/// A decimal number and nothing else.
pub fn number(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u32, |sum, digit| {
        let digit = u32::from(digit.checked_sub(b'0').filter(|digit| *digit < 10)?);
        sum.checked_mul(10)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let items = Items::new(3);
        for (publisher, sequence) in [(0, 0), (1, 99), (2, 100), (2, 777)] {
            let mut text = b"<message><event><items node='n'>".to_vec();
            items.write(&mut text, publisher, sequence);
            let heard = items.read(&text).unwrap();
            assert_eq!(heard.publisher as usize, publisher);
            assert_eq!(heard.device, sequence % 100);
            assert_eq!(heard.state, sequence / 100 % 7);
        }
    }

    #[test]
    fn other_items_are_strangers() {
        let items = Items::new(1);
        for item in [
            "<item id='PJSIP/10000'><state eid='00:00:00:00:00:00'>INUSE</state></item>",
            "<item id='PJSIP/9'><state eid='x'>INUSE</state></item>",
            "<retract id='PJSIP/10000'/>",
        ] {
            assert_eq!(items.read(item.as_bytes()), None, "{item}");
        }
    }
}
