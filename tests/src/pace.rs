//! How long changes take from one client to another: one after the other, each awaited. The changes
//! are those of a mailbox, so that what others do to devices is not in the way of this reader.

use std::time::{Duration, Instant};

use crate::scripted_pbx::ScriptedPbx;
use crate::stanzas::{MAILBOXES, publish_mailbox, subscribe};
use crate::xmpp::Element;

/// A publisher and a subscriber.
pub struct Pair {
    from: ScriptedPbx,
    to: ScriptedPbx,
    count: u32,
}

impl Pair {
    /// Subscribes the one to what the other will say.
    pub async fn new(from: ScriptedPbx, mut to: ScriptedPbx) -> Self {
        let client = to.client();
        let bare = client.bare().to_owned();
        client.send(&subscribe("pace", &bare, MAILBOXES)).await;
        client.until(|answer| answer.attr("id") == Some("pace")).await;
        Self { from, to, count: 0 }
    }

    /// The times of this many changes of one mailbox, sorted.
    pub async fn measure(&mut self, changes: usize) -> Vec<Duration> {
        let mailbox = format!("pace@{}", self.from.device(0));
        let mut times = Vec::with_capacity(changes);
        for _ in 0..changes {
            self.count += 1;
            let text = publish_mailbox("pace", self.from.eid(), &mailbox, self.count, 0);
            let start = Instant::now();
            self.from.client().send(&text).await;
            let new = self.count.to_string();
            let ours = |stanza: &Element| stanza.find("NEWMSGS").is_some_and(|n| n.text() == new);
            self.to.client().until(ours).await;
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
