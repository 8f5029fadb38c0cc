//! One of the Asterisks behind relays, with mailboxes of its own, and what is wrong with it at the
//! moment.

use std::time::Instant;

use lampfield_tests::asterisk::Asterisk;
use lampfield_tests::chance::Chance;

use crate::fault::{Fault, is_over};

const MAILBOXES: usize = 5;
/// So many of its changes are those of a mailbox.
const COUNTS_SHARE: f64 = 0.1;

pub struct Pbx {
    pub asterisk: Asterisk,
    /// The number of the place where it stands.
    pub place: usize,
    /// The count that each of its mailboxes was set to last.
    counts: [u32; MAILBOXES],
    down: Option<Instant>,
    unloaded: Option<Instant>,
    has_forgotten: bool,
}

impl Pbx {
    /// Lets it connect and waits until it is connected.
    pub async fn join(mut asterisk: Asterisk, place: usize) -> Self {
        asterisk.join().await;
        asterisk.connected().await;
        let counts = [0; MAILBOXES];
        Self { asterisk, place, counts, down: None, unloaded: None, has_forgotten: false }
    }

    /// Sets a device, or a mailbox of its own, if it runs.
    pub async fn change(&mut self, chance: &mut Chance, device: &str, state: &str) {
        if self.down.is_some() {
            return;
        }
        if chance.happens(COUNTS_SHARE) {
            let which = chance.below(MAILBOXES);
            self.counts[which] += 1;
            self.tell_count(which).await;
        } else {
            self.asterisk.set_state(device, state).await;
        }
    }

    async fn tell_count(&self, which: usize) {
        let (mailbox, count) = (self.mailbox(which), self.counts[which]);
        let mark = self.asterisk.ami().mark();
        self.asterisk.set_mailbox(&mailbox, count, 0).await;
        self.asterisk.sees_mailbox(mark, &mailbox, count, 0).await;
    }

    fn mailbox(&self, which: usize) -> String {
        format!("{}-{which}@default", self.asterisk.eid().replace(':', ""))
    }

    /// Its mailboxes with their counts, where there is one.
    pub fn mailboxes(&self) -> impl Iterator<Item = (String, u32)> {
        let all = self.counts.iter().enumerate().filter(|(_, count)| **count > 0);
        all.map(|(which, count)| (self.mailbox(which), *count))
    }

    /// Something else goes wrong with it, if it can.
    pub async fn fail(&mut self, chance: &mut Chance) -> Option<Fault> {
        if self.down.is_some() || self.unloaded.is_some() {
            return None;
        }
        self.forget();
        Some(match chance.below(4) {
            0 | 1 => {
                self.asterisk.kill();
                Fault::begin("Asterisk is killed", 15, chance, &mut self.down)
            }
            2 => {
                self.asterisk.stop().await;
                Fault::begin("Asterisk is stopped", 15, chance, &mut self.down)
            }
            _ => {
                self.asterisk.leave();
                Fault::begin("res_xmpp is unloaded", 10, chance, &mut self.unloaded)
            }
        })
    }

    /// A count of it may be lost that nobody repeats.
    pub fn forget(&mut self) {
        self.has_forgotten = true;
    }

    /// Ends what is over by then.
    pub async fn mend(&mut self, by: Instant) {
        if is_over(&mut self.down, by) {
            self.asterisk.run().await;
        }
        if is_over(&mut self.unloaded, by) {
            self.asterisk.join().await;
        }
    }

    /// Says its counts again if it must: a mailbox does so with its next message.
    pub async fn remember(&mut self) {
        if std::mem::take(&mut self.has_forgotten) {
            for which in (0..MAILBOXES).filter(|which| self.counts[*which] > 0) {
                self.tell_count(which).await;
            }
        }
    }
}
