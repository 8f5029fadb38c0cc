//! One of the Asterisks behind relays of their own, and what is wrong with it at the moment: each
//! fault has a time at which it is over.

use std::time::{Duration, Instant};

use lampfield_tests::afar::{Centre, Site, Way};
use lampfield_tests::asterisk::Release;
use lampfield_tests::chance::Chance;
use lampfield_tests::line::Quality;

/// A number of mailboxes that are its own.
const MAILBOXES: usize = 5;

pub struct Member {
    pub site: Site,
    number: usize,
    /// The count that each of its mailboxes was set to last.
    counts: [u32; MAILBOXES],
    cut: Option<Instant>,
    frozen: Option<Instant>,
    without_relay: Option<Instant>,
    down: Option<Instant>,
    /// Something that only a process knew is gone with it.
    has_forgotten: bool,
}

impl Member {
    /// The next one, connected.
    pub async fn join(centre: &mut Centre, number: usize, quality: Quality) -> Self {
        let release = if number.is_multiple_of(2) { Release::V16 } else { Release::V22 };
        let mut site = centre.site(release, Way::Relay, quality).await;
        site.connect().await;
        Self {
            site,
            number,
            counts: [0; MAILBOXES],
            cut: None,
            frozen: None,
            without_relay: None,
            down: None,
            has_forgotten: false,
        }
    }

    /// Sets a device, or a mailbox of its own, if it runs.
    pub async fn change(&mut self, chance: &mut Chance, device: &str, state: &str) {
        if self.down.is_some() {
            return;
        }
        if chance.happens(0.1) {
            let which = chance.below(MAILBOXES);
            self.counts[which] += 1;
            self.tell_count(which).await;
        } else {
            self.site.asterisk.set_state(device, state).await;
        }
    }

    async fn tell_count(&self, which: usize) {
        let (mailbox, count) = (self.mailbox(which), self.counts[which]);
        let mark = self.site.asterisk.ami().mark();
        self.site.asterisk.set_mailbox(&mailbox, count, 0).await;
        self.site.asterisk.sees_mailbox(mark, &mailbox, count, 0).await;
    }

    fn mailbox(&self, which: usize) -> String {
        format!("{}{which}@default", self.number)
    }

    /// Its mailboxes with their counts, where there is one.
    pub fn mailboxes(&self) -> impl Iterator<Item = (String, u32)> {
        let all = self.counts.iter().enumerate().filter(|(_, count)| **count > 0);
        all.map(|(which, count)| (self.mailbox(which), *count))
    }

    /// Something else goes wrong with it; says what.
    pub async fn fail(&mut self, chance: &mut Chance) -> String {
        let which = chance.below(6);
        let mut until = |seconds: usize| {
            let length = Duration::from_millis(chance.below(seconds * 1_000) as u64);
            (Instant::now() + length, length)
        };
        let (what, length) = match which {
            0 | 1 if self.cut.is_none() => {
                let (end, length) = until(60);
                self.site.line.cut();
                self.cut = Some(end);
                ("line cut", length)
            }
            2 if self.has_relay() && self.frozen.is_none() => {
                let (end, length) = until(20);
                self.site.relay().process().freeze();
                self.frozen = Some(end);
                ("relay frozen", length)
            }
            3 if self.has_relay() => {
                let (end, length) = until(5);
                self.site.relay().kill();
                (self.without_relay, self.frozen) = (Some(end), None);
                self.has_forgotten = true;
                ("relay killed", length)
            }
            4 if self.down.is_none() => {
                let (end, length) = until(15);
                self.site.asterisk.kill();
                (self.down, self.has_forgotten) = (Some(end), true);
                ("Asterisk killed", length)
            }
            5 if self.down.is_none() => {
                let (end, length) = until(15);
                self.site.asterisk.stop().await;
                (self.down, self.has_forgotten) = (Some(end), true);
                ("Asterisk stopped", length)
            }
            _ => return String::new(),
        };
        format!("{}: {what} for {:.1} s", self.number, length.as_secs_f64())
    }

    fn has_relay(&self) -> bool {
        self.without_relay.is_none()
    }

    /// Ends what is over by then.
    pub async fn mend(&mut self, by: Instant) {
        let is_over = |end: Option<Instant>| end.is_some_and(|end| end <= by);
        if is_over(self.cut) {
            self.cut = None;
            self.site.line.heal();
        }
        if is_over(self.frozen) {
            self.frozen = None;
            self.site.relay().process().thaw();
        }
        if is_over(self.without_relay) {
            self.without_relay = None;
            self.site.relay().run().await;
        }
        if is_over(self.down) {
            self.down = None;
            self.site.asterisk.run().await;
        }
    }

    /// Says its counts again where what nobody repeats may be lost: a mailbox says it with its next
    /// message.
    pub async fn remember(&mut self) {
        if std::mem::take(&mut self.has_forgotten) {
            for which in 0..MAILBOXES {
                if self.counts[which] > 0 {
                    self.tell_count(which).await;
                }
            }
        }
    }
}
