//! Which stream a process took with it when it ended. Where each of several processes may be behind a
//! stream, one that ends explains exactly one stream: the one that ended nearest in time to it. No I/O.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use tokio::time::Instant;

use crate::process::Process;

/// How long after the end of its stream a process may be seen to end, and how long before.
pub const ENDS_WITHIN: Duration = Duration::from_secs(5);
pub const BEGAN_WITHIN: Duration = Duration::from_secs(1);

/// The streams of a relay, and the processes that may be behind them.
#[derive(Debug, Default)]
pub struct Deaths {
    streams: BTreeMap<StreamId, Stream>,
    /// Those of the streams' processes that have ended.
    deaths: HashMap<Process, Death>,
    last: StreamId,
}

/// Which stream of a relay.
pub type StreamId = u64;

#[derive(Debug)]
struct Stream {
    suspects: Vec<Process>,
    ended: Option<Instant>,
}

#[derive(Debug)]
struct Death {
    /// When it was first seen.
    at: Instant,
    took: Option<StreamId>,
}

// === impl Deaths ===

impl Deaths {
    /// A stream that one of these has begun.
    pub fn begin(&mut self, suspects: Vec<Process>) -> StreamId {
        self.last += 1;
        self.streams.insert(self.last, Stream { suspects, ended: None });
        self.last
    }

    /// A stream has ended, for whatever reason.
    pub fn end(&mut self, stream: StreamId, now: Instant) {
        if let Some(stream) = self.streams.get_mut(&stream) {
            stream.ended = Some(now);
        }
    }

    /// Sees which of a stream's processes have ended, and what that explains.
    pub fn look(&mut self, stream: StreamId, now: Instant, is_gone: impl Fn(Process) -> bool) {
        self.forget(now);
        let suspects = self.streams.get(&stream).map_or(&[][..], |stream| &stream.suspects);
        for process in suspects {
            if !self.deaths.contains_key(process) && is_gone(*process) {
                let its_own = self.streams.iter().find(|(_, stream)| stream.suspects == [*process]);
                let death = Death { at: now, took: its_own.map(|(id, _)| *id) };
                self.deaths.insert(*process, death);
            }
        }
        while let Some((process, stream)) = self.next_explained(now) {
            self.deaths.entry(process).and_modify(|death| death.took = Some(stream));
        }
    }

    /// Whether the process behind a stream ended with it, as far as is known.
    pub fn took(&self, stream: StreamId) -> bool {
        match self.streams.get(&stream).map(|stream| &stream.suspects[..]) {
            // It may have had several streams, and has taken all of them.
            Some([process]) => self.is_dead(*process),
            _ => self.deaths.values().any(|death| death.took == Some(stream)),
        }
    }

    /// Whether a process was seen to have ended.
    pub fn is_dead(&self, process: Process) -> bool {
        self.deaths.contains_key(&process)
    }

    /// A death that has taken no stream yet, and the one that it took: of all such pairs that which is
    /// nearest in time.
    fn next_explained(&self, now: Instant) -> Option<(Process, StreamId)> {
        let open = self.deaths.iter().filter(|(_, death)| death.took.is_none());
        let pairs = open.filter_map(|(process, death)| {
            let (distance, stream) = self.nearest(*process, death)?;
            // A stream that goes on may be the one, and end nearer.
            let patience = if self.may_take_more(*process) {
                distance.min(BEGAN_WITHIN)
            } else {
                Duration::ZERO
            };
            (now - death.at >= patience).then_some((distance, *process, stream))
        });
        pairs.min_by_key(|(distance, ..)| *distance).map(|(_, process, stream)| (process, stream))
    }

    /// The stream that ended nearest to this death, of those that nothing explains yet.
    fn nearest(&self, process: Process, death: &Death) -> Option<(Duration, StreamId)> {
        let distances = self.streams.iter().filter_map(|(id, stream)| {
            let ended =
                stream.ended.filter(|_| stream.suspects.contains(&process) && !self.took(*id))?;
            let (after, before) =
                (death.at.checked_duration_since(ended), ended.checked_duration_since(death.at));
            let after = after.filter(|time| *time < ENDS_WITHIN);
            let before = before.filter(|time| *time < BEGAN_WITHIN);
            Some((after.or(before)?, *id))
        });
        distances.min()
    }

    /// Whether a stream goes on that this process may be behind.
    fn may_take_more(&self, process: Process) -> bool {
        self.streams
            .values()
            .any(|stream| stream.ended.is_none() && stream.suspects.contains(&process))
    }

    /// Streams that no death explains any more, and processes that no stream is left of.
    fn forget(&mut self, now: Instant) {
        let kept = ENDS_WITHIN + BEGAN_WITHIN;
        self.streams.retain(|_, stream| stream.ended.is_none_or(|ended| now - ended < kept));
        let streams = &self.streams;
        self.deaths
            .retain(|process, _| streams.values().any(|stream| stream.suspects.contains(process)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KILLED: usize = 0;
    const LIVING: usize = 1;

    /// Two Asterisks of one user, each with a stream, of which it is not known whose is whose.
    struct Scene {
        deaths: Deaths,
        began: Instant,
        streams: [StreamId; 2],
    }

    impl Scene {
        fn new() -> Self {
            let mut deaths = Deaths::default();
            let both = || vec![Process::made_up(1), Process::made_up(2)];
            let streams = [deaths.begin(both()), deaths.begin(both())];
            Self { deaths, began: Instant::now(), streams }
        }

        /// Seconds since the scene began.
        fn at(&self, time: f64) -> Instant {
            self.began + Duration::from_secs_f64(time)
        }

        fn ends(&mut self, which: usize, time: f64) {
            self.deaths.end(self.streams[which], self.at(time));
        }

        /// A look from each stream, with so many processes dead.
        fn look(&mut self, dead: &[i32], time: f64) {
            let now = self.at(time);
            for stream in self.streams {
                let is_gone = |process| dead.iter().any(|one| process == Process::made_up(*one));
                self.deaths.look(stream, now, is_gone);
            }
        }

        fn took(&self) -> [bool; 2] {
            self.streams.map(|stream| self.deaths.took(stream))
        }
    }

    #[test]
    fn a_stream_that_ended_before_another_ones_process_is_not_explained_by_that() {
        for before in [0.1, 1.0, 2.0, 4.9] {
            let mut scene = Scene::new();
            scene.ends(LIVING, 10.0 - before);
            scene.look(&[], 10.0 - before);
            // The death is seen first, and the end of its stream a moment later.
            scene.look(&[1], 10.0);
            assert_eq!(scene.took(), [false, false], "{before}");
            scene.ends(KILLED, 10.04);
            scene.look(&[1], 10.04);
            assert_eq!(scene.took(), [true, false], "{before}");
            scene.look(&[1], 15.0);
            assert_eq!(scene.took(), [true, false], "{before}");
        }
    }

    #[test]
    fn nor_is_one_that_ends_after_it() {
        for after in [0.1, 0.5, 0.9, 4.0] {
            let mut scene = Scene::new();
            scene.ends(KILLED, 10.0);
            scene.look(&[1], 10.0);
            assert_eq!(scene.took(), [true, false], "{after}");
            scene.ends(LIVING, 10.0 + after);
            scene.look(&[1], 10.0 + after);
            scene.look(&[1], 15.0);
            assert_eq!(scene.took(), [true, false], "{after}");
        }
    }

    #[test]
    fn two_that_are_killed_at_once_take_a_stream_each() {
        let mut scene = Scene::new();
        scene.ends(KILLED, 10.0);
        scene.look(&[1, 2], 10.0);
        scene.ends(LIVING, 10.01);
        scene.look(&[1, 2], 10.01);
        assert_eq!(scene.took(), [true, true]);
    }

    #[test]
    fn who_closes_its_stream_first_and_then_ends_is_known_a_second_after_that() {
        let mut scene = Scene::new();
        scene.ends(KILLED, 10.0);
        scene.look(&[], 10.0);
        scene.look(&[1], 13.0);
        assert_eq!(scene.took(), [false, false], "the other one's stream may end now");
        scene.look(&[1], 14.0);
        assert_eq!(scene.took(), [true, false]);
    }

    #[test]
    fn a_death_long_before_or_after_the_end_of_a_stream_explains_nothing() {
        for (dies, ends) in [(10.0, 11.0), (15.0, 10.0)] {
            let mut scene = Scene::new();
            for time in [9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 15.9] {
                if ends == time {
                    scene.ends(LIVING, time);
                }
                scene.look(if dies <= time { &[1] } else { &[] }, time);
            }
            assert_eq!(scene.took(), [false, false], "{dies} {ends}");
        }
    }

    /// It was there before the other one came, and its descriptors could not be seen.
    #[test]
    fn the_death_of_the_one_that_can_only_be_behind_its_own_stream_explains_no_other_one() {
        let mut deaths = Deaths::default();
        let (first, second) = (Process::made_up(1), Process::made_up(2));
        let [own, of_either] = [vec![first], vec![first, second]].map(|them| deaths.begin(them));
        let also_own = deaths.begin(vec![first]);
        let now = Instant::now();
        deaths.end(of_either, now);
        deaths.look(of_either, now, |process| process == first);
        deaths.look(of_either, now + BEGAN_WITHIN, |process| process == first);
        assert_eq!([own, of_either, also_own].map(|one| deaths.took(one)), [true, false, true]);
    }

    #[test]
    fn nothing_is_kept_for_good() {
        let mut scene = Scene::new();
        scene.ends(KILLED, 10.0);
        scene.ends(LIVING, 10.0);
        scene.look(&[1], 10.0);
        scene.look(&[1], 16.0);
        assert!(scene.deaths.streams.is_empty() && scene.deaths.deaths.is_empty());
    }
}
