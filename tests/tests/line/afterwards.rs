//! What must be true of an Asterisk when something has happened to its line.

use std::collections::BTreeMap;
use std::time::Duration;

use lampfield_tests::asterisk::{Asterisk, Drops};
use lampfield_tests::eventually::eventually;

/// It has noticed nothing: its own log tells of no lost and no refused connection, and it runs.
pub fn noticed_nothing(asterisk: &mut Asterisk) {
    asterisk.assert_alive();
    assert_eq!(asterisk.drops(), Drops::default());
}

/// Both show the same lamps.
pub async fn agree(within: Duration, one: &Asterisk, other: &Asterisk) {
    eventually(within, || async {
        let (one, other) = (lamps(one).await, lamps(other).await);
        let differ: Vec<_> = one
            .iter()
            .filter(|(device, state)| other.get(*device) != Some(state))
            .chain(other.iter().filter(|(device, _)| !one.contains_key(*device)))
            .collect();
        if differ.is_empty() { Ok(()) } else { Err(format!("{differ:?} differ")) }
    })
    .await;
}

/// What is known of something; UNKNOWN reads the same as nothing.
async fn lamps(asterisk: &Asterisk) -> BTreeMap<String, String> {
    let mut states = asterisk.states().await;
    states.retain(|device, state| device.starts_with("Custom:") && state != "UNKNOWN");
    states
}
