//! How many bytes of memory a fact takes, on boards of up to a million of them.

use lampfield_board::DeviceState::InUse;
use lampfield_board::{
    Board, BoardLimits, FactState, Origin, OriginId, Subject, SubjectId, Value, Version,
};

use crate::fixtures::{device, origin, says};

/// What a fact of a device takes on the board at most, everything but the names themselves: where a table has just been
/// doubled. Of the 168 bytes that it takes in the whole server this is the largest part. It must not grow by one byte.
const BYTES_PER_FACT: usize = 140;
/// The same on a board of a million.
const BYTES_OF_A_MILLION: usize = 134_000_000;

fn filled(subjects: u32, origins: u8) -> Board {
    let mut board = Board::new(BoardLimits::default());
    let origins: Vec<Origin> = (0..origins).map(origin).collect();
    let ids: Vec<OriginId> = origins.iter().map(|o| board.origin_id(o).unwrap()).collect();
    for number in 0..subjects {
        let subject = device(&format!("PJSIP/{number}"));
        for id in &ids {
            let said = says(&subject, *id, InUse, Version::new(1, number.into()));
            board.apply(&said).unwrap();
        }
    }
    board
}

/// Also where a table has just been doubled and is half empty.
#[test]
fn a_fact_is_small() {
    for subjects in [1 << 12, (1 << 12) + 1, 3_585, 7_169, 5_000] {
        for origins in [1, 2, 3, 5] {
            let facts = subjects as usize * usize::from(origins);
            let each = filled(subjects, origins).bytes().div_ceil(facts);
            assert!(each <= BYTES_PER_FACT, "{each} bytes a fact, {subjects} x {origins}");
        }
    }
}

/// On the hot path and in every entry and change: the reason of an end takes no room of its own.
#[test]
fn a_state_is_as_small_as_a_value() {
    assert_eq!(size_of::<Value>(), 16);
    assert_eq!(size_of::<FactState>(), size_of::<Value>());
    assert_eq!(size_of::<Option<FactState>>(), size_of::<Value>());
}

#[test]
fn an_empty_board_takes_no_memory() {
    assert_eq!(Board::new(BoardLimits::default()).bytes(), 0);
}

/// The scale of the design: 200 PBXs of 5,000 devices each.
#[test]
fn a_million_facts_are_fine() {
    let mut board = Board::new(BoardLimits::default());
    for number_of_origin in 0..200_u8 {
        let id = board.origin_id(&origin(number_of_origin)).unwrap();
        for number in 0..5_000_u64 {
            let subject = device(&format!("PJSIP/{}-{number}", id.index()));
            board.apply(&says(&subject, id, InUse, Version::new(1, number))).unwrap();
        }
    }
    assert_eq!(board.live_facts(), 1_000_000);
    assert!(board.bytes() <= BYTES_OF_A_MILLION, "{}", board.bytes());
    assert_eq!(board.subjects_from(SubjectId::FIRST).count(), 1_000_000);
    let one: Subject = device("PJSIP/77-4711");
    let id = board.find_origin(&origin(77)).unwrap();
    assert!(board.get(&one).unwrap().of(id).is_some());
    assert_eq!(board.facts_of(id).count(), 5_000);
}
