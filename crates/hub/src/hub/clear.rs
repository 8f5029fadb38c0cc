//! The operator ends facts by hand. It is the only way in which a mailbox or a kept device ends
//! while nobody says anything else about it.

use lampfield_board::Origin;
use lampfield_fabric::Bucket;

use super::Hub;
use crate::{
    keys,
    now::Now,
    stored::{OriginRow, json},
};

impl Hub {
    /// Ends every fact of an origin, as far as one tick goes; the rest falls due at once. Says how
    /// many there are. If it still holds to them, they are heard again at its next change or
    /// return.
    pub fn clear_origin(&mut self, origin: &Origin, now: Now) -> usize {
        let Some(id) = self.board.find_origin(origin) else { return 0 };
        let cleared = self.origins.update(id, |speaker| {
            if speaker.facts > 0 {
                speaker.clear(now.mono);
            }
            (speaker.facts, speaker.version.epoch)
        });
        let Some((facts, epoch)) = cleared else { return 0 };
        if facts > 0 {
            self.board.raise_epoch(id, epoch);
            self.outbox.put(Bucket::Origins, keys::origin(origin), json(&OriginRow { epoch }));
        }
        self.tick(now);
        self.settle(id);
        facts
    }
}
