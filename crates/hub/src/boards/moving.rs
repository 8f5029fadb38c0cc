//! What was stored on one board and belongs on another since the last start, because its domain has another one now.
//!
//! What an account says moves with it, message counts and kept devices included. But peers keep caches that nobody can
//! look into: whoever was on the old board goes on showing what all others there had said. So each board that somebody
//! came to remembers the end of everything that did not come along, until all who may show it have been told.

use std::collections::{BTreeMap, BTreeSet};

use lampfield_board::BoardName;
use lampfield_fabric::{Bucket, Row};

use crate::Hub;
use crate::remains::Remains;

/// What leaves, by the board it was on.
#[derive(Default)]
pub(super) struct Moving(BTreeMap<BoardName, Vec<Leaving>>);

struct Leaving {
    home: BoardName,
    bucket: Bucket,
    row: Row,
}

// === impl Moving ===

impl Moving {
    /// A row that was found on a board belongs to its `home`.
    pub fn leaves(&mut self, from: &BoardName, home: BoardName, bucket: Bucket, row: Row) {
        self.0.entry(from.clone()).or_default().push(Leaving { home, bucket, row });
    }

    /// Moves all of it. To be called when everything else is loaded.
    pub fn carry_out(self, hubs: &mut BTreeMap<BoardName, Hub>) {
        for (from, rows) in self.0 {
            let arrived: BTreeSet<_> = rows.iter().map(|row| row.home.clone()).collect();
            let stayed: Vec<_> = hubs.get(&from).into_iter().flat_map(remains_of).collect();
            let mut moved = Vec::new();
            for Leaving { home, bucket, row } in rows {
                let Some(hub) = hubs.get_mut(&home) else { continue };
                let remains = hub.adopt(bucket, &row.key, &row.value);
                moved.extend(remains.map(|remains| (home.clone(), remains)));
            }
            for name in arrived.iter().chain([&from]) {
                let Some(hub) = hubs.get_mut(name) else { continue };
                let elsewhere = moved.iter().filter(|(home, _)| home != name);
                elsewhere.for_each(|(_, remains)| hub.bury(remains));
                if *name != from {
                    stayed.iter().for_each(|remains| hub.bury(remains));
                }
            }
        }
    }
}

fn remains_of(hub: &Hub) -> Vec<Remains> {
    let origins = hub.board().origins();
    origins.flat_map(|(id, _)| hub.board().facts_of(id)).map(|fact| Remains::of(&fact)).collect()
}
