//! The folds, against the vectors seen on Asterisk and against its rule ported as it is written.

use lampfield_board::DeviceState::{self, *};
use lampfield_board::kind::{Arrived, FactValue};
use lampfield_board::{MessageCount, Revision};
use proptest::prelude::*;

/// `ast_devstate_aggregate_add` step by step: start with INVALID, then for each state the two
/// flags, then either RINGINUSE or the higher order. Kept literal, as the thing to compare with.
pub fn ported(states: &[DeviceState]) -> DeviceState {
    const ORDER: [u8; 9] = [1, 3, 6, 7, 0, 2, 5, 8, 4];
    let order = |state: DeviceState| ORDER[usize::from(state.number())];
    let (mut result, mut ringing, mut inuse) = (Invalid, false, false);
    for &state in states {
        if state == Ringing {
            ringing = true;
        } else if state == InUse || state == OnHold || state == Busy {
            inuse = true;
        }
        if ringing && inuse {
            result = RingInUse;
        } else if order(state) > order(result) {
            result = state;
        }
    }
    result
}

#[test]
fn vectors_of_the_checklist() {
    let vectors: [(&[DeviceState], DeviceState); 12] = [
        (&[NotInUse, InUse], InUse),
        (&[Ringing, InUse], RingInUse),
        (&[Ringing, OnHold], RingInUse),
        (&[OnHold, NotInUse], OnHold),
        (&[Unavailable, NotInUse], NotInUse),
        (&[Unknown], Unknown),
        (&[Busy, InUse], Busy),
        (&[OnHold, InUse], InUse),
        (&[Unknown, Unavailable], Unavailable),
        (&[Unknown, NotInUse], NotInUse),
        (&[Ringing, Busy], RingInUse),
        (&[Ringing, NotInUse, InUse, Unavailable], RingInUse),
    ];
    for (states, lamp) in vectors {
        assert_eq!(DeviceState::aggregate(states.iter().copied()), Some(lamp), "{states:?}");
    }
    for other in DeviceState::ALL {
        assert_eq!(DeviceState::aggregate([Invalid, other]), Some(other), "INVALID loses to all");
    }
    assert_eq!(DeviceState::aggregate([]), None, "nothing left is no state at all");
}

/// The pairs that were tried on two Asterisk PBXs, written out; UNKNOWN besides.
#[test]
fn all_pairs() {
    // Rows and columns: the state that each PBX says.
    let said = [Invalid, Unknown, Unavailable, NotInUse, OnHold, Ringing, InUse, Busy, RingInUse];
    let lamps = [
        [Invalid, Unknown, Unavailable, NotInUse, OnHold, Ringing, InUse, Busy, RingInUse],
        [Unknown, Unknown, Unavailable, NotInUse, OnHold, Ringing, InUse, Busy, RingInUse],
        [Unavailable, Unavailable, Unavailable, NotInUse, OnHold, Ringing, InUse, Busy, RingInUse],
        [NotInUse, NotInUse, NotInUse, NotInUse, OnHold, Ringing, InUse, Busy, RingInUse],
        [OnHold, OnHold, OnHold, OnHold, OnHold, RingInUse, InUse, Busy, RingInUse],
        [Ringing, Ringing, Ringing, Ringing, RingInUse, Ringing, RingInUse, RingInUse, RingInUse],
        [InUse, InUse, InUse, InUse, InUse, RingInUse, InUse, Busy, RingInUse],
        [Busy, Busy, Busy, Busy, Busy, RingInUse, Busy, Busy, RingInUse],
        [RingInUse; 9],
    ];
    for (a, row) in said.into_iter().zip(lamps) {
        for (b, lamp) in said.into_iter().zip(row) {
            assert_eq!(DeviceState::aggregate([a, b]), Some(lamp), "{a} and {b}");
        }
    }
}

#[test]
fn the_newest_count_wins_and_none_are_added() {
    let arrivals = [(7, 0, 0), (9, 2, 1), (8, 5, 5)];
    let counts = arrivals.map(|(at, new, old)| (Revision::new(at), MessageCount::new(new, old)));
    let facts = counts.iter().map(|(at, value)| Arrived { at: *at, value });
    assert_eq!(MessageCount::fold(facts), Some(MessageCount::new(2, 1)));
    assert_eq!(MessageCount::fold([].into_iter()), None);
}

fn states() -> impl Strategy<Value = Vec<DeviceState>> {
    prop::collection::vec(prop::sample::select(DeviceState::ALL.to_vec()), 1..12)
}

proptest! {
    #[test]
    fn as_asterisk_does_it(states in states()) {
        prop_assert_eq!(DeviceState::aggregate(states.iter().copied()), Some(ported(&states)));
    }

    #[test]
    fn in_any_order(shuffled in states().prop_shuffle(), ) {
        let mut sorted = shuffled.clone();
        sorted.sort_unstable();
        prop_assert_eq!(DeviceState::aggregate(shuffled), DeviceState::aggregate(sorted));
    }
}
