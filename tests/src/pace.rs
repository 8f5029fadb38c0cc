//! How long changes take from one client to another: one after the other, each awaited.

use std::time::{Duration, Instant};

use crate::scripted_pbx::ScriptedPbx;
use crate::stanzas::{DEVICES, DeviceEvent, publish, subscribe};

/// A publisher and a subscriber.
pub struct Pair {
    from: ScriptedPbx,
    to: ScriptedPbx,
}

impl Pair {
    /// Subscribes the one to what the other will say.
    pub async fn new(from: ScriptedPbx, mut to: ScriptedPbx) -> Self {
        let client = to.client();
        let bare = client.bare().to_owned();
        client.send(&subscribe("pace", &bare, DEVICES)).await;
        client.until(|answer| answer.attr("id") == Some("pace")).await;
        Self { from, to }
    }

    /// The times of this many changes of one device, sorted.
    pub async fn measure(&mut self, changes: usize) -> Vec<Duration> {
        let device = self.from.device(0);
        let mut times = Vec::with_capacity(changes);
        for change in 0..changes {
            let state = if change % 2 == 0 { "INUSE" } else { "NOT_INUSE" };
            let text = publish("pace", self.from.eid(), &device, state);
            let start = Instant::now();
            self.from.client().send(&text).await;
            let ours = |event: DeviceEvent| event.device == device && event.state == state;
            let client = self.to.client();
            client.until(|stanza| DeviceEvent::read(stanza).is_some_and(ours)).await;
            times.push(start.elapsed());
            self.from.client().until(|answer| answer.attr("id") == Some("pace")).await;
        }
        times.sort();
        times
    }
}

/// The time that this share (of 1) of sorted times stays under.
pub fn quantile(sorted: &[Duration], share: f64) -> Duration {
    let index = ((sorted.len() - 1) as f64 * share).round() as usize;
    sorted[index]
}
