//! A place with a relay at the end of a long line, and what is wrong with these two at the moment: each
//! fault has a time at which it is over.

use std::time::Instant;

use lampfield_tests::afar::{Relay, Site};
use lampfield_tests::asterisk::Asterisk;
use lampfield_tests::chance::Chance;
use lampfield_tests::line::Line;

use crate::fault::{Fault, is_over};

pub struct Place {
    relay: Relay,
    line: Line,
    cut: Option<Instant>,
    frozen: Option<Instant>,
    down: Option<Instant>,
}

impl Place {
    /// A site without its Asterisk.
    pub fn of(site: Site) -> (Self, Asterisk) {
        let Site { asterisk, relay, line, .. } = site;
        let relay = relay.expect("it goes through a relay");
        (Self { relay, line, cut: None, frozen: None, down: None }, asterisk)
    }

    /// Something else goes wrong, if it can; whether what only the relay knew is gone.
    pub fn fail(&mut self, chance: &mut Chance) -> Option<(Fault, bool)> {
        match chance.below(6) {
            0..=3 if self.cut.is_none() => {
                self.line.cut();
                Some((Fault::begin("the line is cut", 60, chance, &mut self.cut), false))
            }
            4 if self.down.is_none() && self.frozen.is_none() => {
                self.relay.process().freeze();
                Some((Fault::begin("the relay is frozen", 20, chance, &mut self.frozen), false))
            }
            5 if self.down.is_none() => {
                self.relay.kill();
                self.frozen = None;
                Some((Fault::begin("the relay is killed", 5, chance, &mut self.down), true))
            }
            _ => None,
        }
    }

    /// Ends what is over by then.
    pub async fn mend(&mut self, by: Instant) {
        if is_over(&mut self.cut, by) {
            self.line.heal();
        }
        if is_over(&mut self.frozen, by) {
            self.relay.process().thaw();
        }
        if is_over(&mut self.down, by) {
            self.relay.run().await;
        }
    }

    /// What the relay has logged.
    pub fn log(&self) -> String {
        self.relay.log()
    }
}
