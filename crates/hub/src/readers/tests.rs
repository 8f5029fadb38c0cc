//! Who holds the floor, and that no mark is forgotten or left behind.

use super::*;

const KIND: Kind = Kind::Device;

fn reader(instance: &str) -> Reader {
    Reader::new(AccountName::parse("a@d").unwrap(), instance)
}

fn at(number: u64) -> Revision {
    Revision::new(number)
}

#[test]
fn who_left_holds_the_floor_until_it_is_back_and_has_confirmed() {
    let mut readers = Readers::default();
    let (first, new) = readers.open(reader("x"), KIND, PeerCache::Survives, at(5));
    assert!(new);
    readers.confirm(first, at(10));
    readers.close(first);
    assert_eq!(readers.floor(KIND), Some(at(10)));
    let (second, new) = readers.open(reader("x"), KIND, PeerCache::Survives, at(20));
    assert!(!new);
    assert_eq!(readers.floor(KIND), Some(at(10)));
    readers.confirm(second, at(20));
    assert_eq!(readers.floor(KIND), Some(at(20)));
    assert_eq!(readers.floor(Kind::Mailbox), None);
}

#[test]
fn a_server_is_not_taken_for_another_of_its_account() {
    let mut readers = Readers::default();
    let (x, _) = readers.open(reader("x"), KIND, PeerCache::Survives, at(10));
    readers.close(x);
    let (y, new) = readers.open(reader("y"), KIND, PeerCache::Survives, at(30));
    assert!(new);
    readers.confirm(y, at(40));
    assert_eq!(readers.floor(KIND), Some(at(10)));
    assert_eq!(readers.behind(KIND, at(11)), [reader("x").account]);
    let mut later = Readers::default();
    for (instance, watching) in readers.stored(&reader("x").account) {
        later.restore(&reader(&instance), watching);
    }
    let (y, new) = later.open(reader("y"), KIND, PeerCache::Survives, at(50));
    assert!(!new);
    later.confirm(y, at(50));
    assert_eq!(later.floor(KIND), Some(at(0)), "x has to confirm anew");
}

#[test]
fn of_two_without_a_name_the_absent_one_is_not_forgotten() {
    let mut readers = Readers::default();
    let (x, _) = readers.open(reader(""), KIND, PeerCache::Survives, at(10));
    let (y, _) = readers.open(reader(""), KIND, PeerCache::Survives, at(30));
    readers.close(x);
    readers.close(y);
    let (back, _) = readers.open(reader(""), KIND, PeerCache::Survives, at(40));
    readers.confirm(back, at(40));
    assert_eq!(readers.floor(KIND), Some(at(10)));
}

#[test]
fn one_that_will_not_come_back_can_be_forgotten_and_nobody_else_is() {
    let mut readers = Readers::default();
    let account = reader("").account;
    // Two that shared a name and were told apart; one of them goes on under it.
    let (gone, _) = readers.open(reader("shared"), KIND, PeerCache::Survives, at(1));
    let (stays, _) = readers.open(reader("shared"), KIND, PeerCache::Survives, at(1));
    let (other, _) = readers.open(reader("other"), KIND, PeerCache::Survives, at(5));
    readers.close(gone);
    readers.close(other);
    readers.confirm(stays, at(9));
    assert_eq!(readers.absent(&account).collect::<Vec<_>>(), ["other", "shared"]);
    assert_eq!(readers.forget_absent(&reader("shared")), 1);
    assert_eq!(readers.forget_absent(&reader("shared")), 0);
    assert_eq!(readers.absent(&account).collect::<Vec<_>>(), ["other"]);
    assert_eq!(readers.floor(KIND), Some(at(5)));
    assert_eq!(readers.confirmed(stays), Some(at(9)));
    assert_eq!(readers.stored(&account).len(), 2);
}

#[test]
fn ever_new_names_are_bounded() {
    let mut readers = Readers::default();
    for number in 0..100 {
        let name = number.to_string();
        let (id, _) = readers.open(reader(&name), KIND, PeerCache::Survives, at(number));
        readers.close(id);
    }
    assert_eq!(readers.floor(KIND), Some(at(100 - ABSENT_KEPT as u64)));
}

#[test]
fn nobody_waits_for_a_forgotten_account_whose_watch_still_runs() {
    let mut readers = Readers::default();
    let (id, _) = readers.open(reader("x"), KIND, PeerCache::Survives, at(1));
    readers.forget(&reader("x").account);
    assert_eq!(readers.floor(KIND), Some(at(1)), "it is there");
    assert!(readers.stored(&reader("x").account).is_empty());
    readers.close(id);
    assert_eq!(readers.floor(KIND), None);
}

#[test]
fn a_client_that_forgets_leaves_nothing_behind() {
    let mut readers = Readers::default();
    let (id, new) = readers.open(reader(""), KIND, PeerCache::Forgotten, at(1));
    assert!(!new);
    readers.close(id);
    assert_eq!(readers.floor(KIND), None);
}

/// What the marks must be, told from the watches and instances.
fn told(readers: &Readers) -> Vec<Mark> {
    let live = readers.live.iter().map(|(id, live)| (live.kind, live.confirmed, *id));
    let instances = readers.instances.values().flatten();
    let absent = instances
        .flat_map(|((_, kind), instance)| instance.absent.iter().map(|(at, id)| (*kind, *at, *id)));
    let mut marks: Vec<_> = live.chain(absent).collect();
    marks.sort_unstable();
    marks
}

#[test]
fn the_marks_are_those_of_watches_and_seats_whatever_happens() {
    let (mut readers, mut live, mut dice) = (Readers::default(), Vec::new(), 1_u64);
    for step in 0..2_000 {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(step);
        let roll = dice >> 33;
        let kind = Kind::ALL[(roll % 2) as usize];
        match roll / 2 % 8 {
            0..3 => {
                let cache = if roll % 5 == 0 { PeerCache::Forgotten } else { PeerCache::Survives };
                let instance = (roll / 16 % 30).to_string();
                live.push(readers.open(reader(&instance), kind, cache, at(step)).0);
            }
            3..5 if !live.is_empty() => {
                readers.confirm(live[roll as usize / 16 % live.len()], at(roll % (step + 1)));
            }
            5..7 if !live.is_empty() => {
                readers.close(live.swap_remove(roll as usize / 16 % live.len()));
            }
            _ if roll % 97 == 0 => readers.forget(&reader("").account),
            _ => {}
        }
        assert!(readers.marks.keys().copied().eq(told(&readers)), "step {step}");
        let lowest = readers.marks.keys().filter(|(of, ..)| *of == kind).map(|(_, at, _)| *at);
        assert_eq!(readers.floor(kind), lowest.min());
    }
    readers.forget(&reader("").account);
    live.into_iter().for_each(|id| assert!(readers.close(id).is_some()));
    assert!(readers.instances.is_empty() && readers.marks.is_empty());
}
