//! Hours of the office in no time.

use std::collections::BTreeMap;

use super::*;

fn office(pbxs: usize, seed: u64) -> Office {
    let first = |at: usize| 100 * (u32::try_from(at).unwrap() + 1);
    let pbx = |at| (format!("pbx-{}", at + 1), PhoneRange::from(first(at), 8));
    Office::new(&(0..pbxs).map(pbx).collect::<Vec<_>>(), 20, seed)
}

/// What all PBXs say, by PBX and device.
type Board = BTreeMap<(usize, String), DeviceState>;

/// Lets so much time pass and looks at the board after each moment.
fn play(
    office: &mut Office,
    board: &mut Board,
    until: Duration,
    mut look: impl FnMut(&Office, &Board),
) {
    while office.next() < until {
        office.pass(office.next());
        for PbxWord { site, word } in office.take_said() {
            if let Word::Device(device, state) = word {
                board.insert((site, device), state);
            }
        }
        look(office, board);
    }
}

fn hours(count: u64) -> Duration {
    Duration::from_secs(3_600 * count)
}

#[test]
fn all_that_people_do_with_phones_happens() {
    let mut office = office(3, 1);
    let mut seen = BTreeMap::new();
    play(&mut office, &mut Board::new(), hours(1), |_, board| {
        for ((_, device), state) in board {
            let kind = device.split(['/', ':']).next().unwrap_or_default().to_owned();
            *seen.entry((kind, state.word())).or_insert(0) += 1;
        }
    });
    for state in ["NOT_INUSE", "INUSE", "RINGING", "RINGINUSE", "ONHOLD"] {
        assert!(seen.contains_key(&("PJSIP".to_owned(), state)), "{state} of {seen:?}");
    }
    for kind in ["park", "MWI"] {
        assert!(seen.contains_key(&(kind.to_owned(), "INUSE")), "{kind} of {seen:?}");
        assert!(seen.contains_key(&(kind.to_owned(), "NOT_INUSE")), "{kind} of {seen:?}");
    }
    let told: String = office.take_happened().iter().map(|one| format!("{one}\n")).collect();
    let words =
        ["calls", "answers", "on hold", "parks", "from 70", "hang up", "a message", "listens"];
    for words in words {
        assert!(told.contains(words), "{words}");
    }
}

/// Whoever is called is lit where the call comes from, and the trunk at both ends.
#[test]
fn a_call_between_two_pbxs_lights_both_ends() {
    let mut office = office(2, 7);
    let mut crossed = 0;
    play(&mut office, &mut Board::new(), hours(1), |office, board| {
        let shows = |site: usize, device: &str| board.get(&(site, device.to_owned())).copied();
        for call in office.calls.iter().filter(|call| call.from.0 != call.to.0) {
            crossed += 1;
            let [from, to] = call.sites();
            let phone = format!("PJSIP/{}", office.floor.number(call.from));
            assert!(shows(from, &phone) >= Some(DeviceState::InUse));
            let trunk = |site: usize| format!("PJSIP/pbx-{}", site + 1);
            assert_eq!(shows(from, &trunk(to)), Some(DeviceState::InUse));
            assert_eq!(shows(to, &trunk(from)), Some(DeviceState::InUse));
        }
    });
    assert!(crossed > 100, "{crossed}");
}

/// What is said is what is: after each moment, also when PBXs crash and come back.
#[test]
fn no_lamp_is_left_behind() {
    for seed in 0..20 {
        let mut office = office(3, seed);
        let mut board = Board::new();
        let mut chance = Chance::new(seed);
        let mut is_up = [true; 3];
        for minute in 1..60 {
            play(&mut office, &mut board, Duration::from_secs(60 * minute), agrees);
            let site = chance.below(3);
            is_up[site] = !is_up[site];
            if is_up[site] {
                office.come_back(site);
                let states = office.states(site).into_iter();
                board.extend(states.map(|(device, state)| ((site, device), state)));
            } else {
                office.crash(site);
                board.retain(|(at, _), _| *at != site);
            }
        }
        office.next_call = hours(9);
        while !office.calls.is_empty() {
            office.pass(office.next());
        }
        for site in 0..3 {
            let mut lit = office.states(site);
            lit.retain(|(device, state)| {
                !device.starts_with("MWI:") && *state != DeviceState::NotInUse
            });
            assert!(lit.is_empty(), "seed {seed}: {lit:?}");
        }
    }
}

fn agrees(office: &Office, board: &Board) {
    for ((site, device), state) in board {
        assert_eq!(office.floor.state(*site, device), *state, "{device} of {site}");
    }
}

#[test]
fn the_first_phone_rings_at_once_and_one_pbx_is_enough() {
    let mut office = office(1, 3);
    assert!(office.next() < Duration::from_secs(1));
    office.pass(office.next());
    let said = office.take_said();
    let rings = |said: &PbxWord| matches!(&said.word, Word::Device(_, DeviceState::Ringing));
    assert!(said.iter().any(rings), "{said:?}");
}
