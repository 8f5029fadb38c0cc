//! What was stored on one board and belongs on another since the last start, because its domain has another one now.
//!
//! What an account says moves with it, message counts and kept devices included. But peers keep caches that nobody can
//! look into: whoever was on the old board goes on showing what all others there had said. So each board that somebody
//! came to remembers the end of everything that did not come along, until all who may show it have been told.

use std::collections::{BTreeMap, BTreeSet};

use lampfield_board::{BoardName, Origin};
use lampfield_fabric::{Bucket, Row};

use super::successions::{Succession, heirs};
use crate::remains::Remains;
use crate::stored::is_by_hand;
use crate::{Hub, keys};

/// What leaves, by the board it was on.
#[derive(Default)]
pub(super) struct Moving(BTreeMap<BoardName, Vec<Leaving>>);

struct Leaving {
    home: BoardName,
    bucket: Bucket,
    row: Row,
}

/// What was said by hand on boards that none of their domains has any longer.
#[derive(Default)]
pub(super) struct ByHand {
    origins: BTreeSet<(BoardName, Origin)>,
    rows: BTreeMap<BoardName, Vec<(Bucket, Row)>>,
}

/// What was said by hand on one board and ends.
struct Ended {
    board: BoardName,
    rows: Vec<(Bucket, Row)>,
    /// The boards that its domains have now.
    heirs: Vec<BoardName>,
}

// === impl Moving ===

impl Moving {
    /// A row that was found on a board belongs to its `home`.
    pub fn leaves(&mut self, from: &BoardName, home: BoardName, bucket: Bucket, row: Row) {
        self.0.entry(from.clone()).or_default().push(Leaving { home, bucket, row });
    }

    /// Where rows of a board go.
    fn homes_of(&self, from: &BoardName) -> impl Iterator<Item = BoardName> {
        self.0.get(from).into_iter().flatten().map(|row| row.home.clone())
    }

    /// Moves all of it. To be called when everything else is loaded. On a board that was `left` nobody is who had heard
    /// any of it, though another one may have its name.
    pub fn carry_out(self, left: &BTreeSet<BoardName>, hubs: &mut BTreeMap<BoardName, Hub>) {
        for (from, rows) in self.0 {
            let arrived: BTreeSet<_> = rows.iter().map(|row| row.home.clone()).collect();
            let still_there = Some(&from).filter(|from| !left.contains(from));
            let stayed = still_there.and_then(|from| hubs.get(from));
            let stayed: Vec<_> = stayed.into_iter().flat_map(remains_of).collect();
            let mut moved = Vec::new();
            for Leaving { home, bucket, row } in rows {
                let Some(hub) = hubs.get_mut(&home) else { continue };
                let remains = hub.adopt(bucket, &row.key, &row.value);
                moved.extend(remains.map(|remains| (home.clone(), remains)));
            }
            for name in arrived.iter().chain(still_there) {
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

// === impl ByHand ===

impl ByHand {
    /// A row of a board that is unused or was left, and of an account that has no home. It counts only if it was said by
    /// hand: what others said waits for their domain. Origins are to be shown before what they said.
    pub fn take(&mut self, board: BoardName, bucket: Bucket, row: Row) {
        let origin = match bucket {
            Bucket::Origins if is_by_hand(&row.value) => keys::parse_origin(&row.key),
            Bucket::Facts | Bucket::Tombstones => keys::parse_fact(&row.key)
                .map(|(board, _, origin)| (board, origin))
                .filter(|known| self.origins.contains(known)),
            _ => None,
        };
        if let Some(known) = origin {
            self.origins.insert(known);
            self.rows.entry(board).or_default().push((bucket, row));
        }
    }

    /// It goes where the domains of its board have gone. If they have parted, or if others have a board of that name now, it
    /// ends, and each of their boards remembers that for those who have heard it. If none of them is served any more, it
    /// waits for them.
    pub fn follow(
        self,
        successions: &[Succession],
        moving: &mut Moving,
        hubs: &mut BTreeMap<BoardName, Hub>,
    ) {
        let mut ended = Vec::new();
        for (board, rows) in self.rows {
            let mut heirs = heirs(successions, &board);
            heirs.extend(moving.homes_of(&board));
            heirs.retain(|heir| hubs.contains_key(heir));
            match Vec::from_iter(heirs).as_slice() {
                [] => {}
                [heir] if !hubs.contains_key(&board) => rows
                    .into_iter()
                    .for_each(|(bucket, row)| moving.leaves(&board, heir.clone(), bucket, row)),
                heirs => ended.push(Ended { board, rows, heirs: heirs.to_vec() }),
            }
        }
        // Boards that have swapped names write rows of the same keys, so all that is old goes first.
        ended.iter().for_each(|one| one.delete(hubs));
        ended.iter().for_each(|one| one.bury(hubs));
    }
}

// === impl Ended ===

impl Ended {
    /// Deletes it, by the hub that writes rows of these keys if there is one.
    fn delete(&self, hubs: &mut BTreeMap<BoardName, Hub>) {
        let Self { board, rows, heirs } = self;
        let facts = rows.iter().filter(|(bucket, _)| *bucket == Bucket::Facts).count();
        tracing::warn!(
            code = "by-hand-ended",
            %board,
            facts,
            "the domains of this board now have different boards, or other domains use its name: values set by hand on it were withdrawn"
        );
        let writer = Some(board).filter(|board| hubs.contains_key(board)).or(heirs.first());
        let Some(hub) = writer.and_then(|writer| hubs.get_mut(writer)) else { return };
        rows.iter().for_each(|(bucket, row)| hub.delete_row(*bucket, &row.key));
    }

    /// Where its domains are now its end is remembered.
    fn bury(&self, hubs: &mut BTreeMap<BoardName, Hub>) {
        for heir in &self.heirs {
            let Some(hub) = hubs.get_mut(heir) else { continue };
            self.rows.iter().for_each(|(bucket, row)| hub.bury_row(*bucket, &row.key, &row.value));
        }
    }
}

fn remains_of(hub: &Hub) -> Vec<Remains> {
    let origins = hub.board().origins();
    origins.flat_map(|(id, _)| hub.board().facts_of(id)).map(|fact| Remains::of(&fact)).collect()
}
