//! Equal boards have equal digests, and every difference shows.

use lampfield_board::DeviceState::{InUse, NotInUse};
use lampfield_board::{Digest, Kind, MessageCount, Subject, Value, Version};

use crate::fixtures::{Talk, count, device, mailbox, says};

fn digest_of(subject: &Subject, number: u8, value: impl Into<Value>, version: Version) -> Digest {
    let mut talk = Talk::new();
    let origin = talk.id(number);
    talk.board.apply(&says(subject, origin, value, version)).unwrap();
    talk.board.digest(subject.kind())
}

#[test]
fn each_part_of_an_entry_counts() {
    let (name, value, version) = ("1000@default", MessageCount::new(3, 1), Version::new(1, 1));
    let base = digest_of(&mailbox(name), 1, value, version);
    assert_ne!(base, Digest::default());
    assert_eq!(base, digest_of(&mailbox(name), 1, value, version));
    assert_ne!(base, digest_of(&mailbox("1001@default"), 1, value, version));
    assert_ne!(base, digest_of(&mailbox(name), 2, value, version));
    assert_ne!(base, digest_of(&mailbox(name), 1, count(1, 3), version));
    assert_ne!(base, digest_of(&mailbox(name), 1, value, Version::new(1, 2)));
    assert_ne!(base, digest_of(&mailbox(name), 1, value, Version::new(2, 1)));
}

#[test]
fn a_tombstone_counts_and_a_forgotten_one_does_not() {
    let (mut talk, lamp) = (Talk::new(), device("a"));
    talk.tell(1, &lamp, InUse);
    let live = talk.board.digest(Kind::Device);
    talk.withdraw(1, &lamp);
    assert_ne!(talk.board.digest(Kind::Device), live);
    let (place, origin) = (talk.board.find(&lamp).unwrap(), talk.id(1));
    talk.board.forget(place, origin);
    assert_eq!(talk.board.digest(Kind::Device), Digest::default());
}

#[test]
fn kinds_are_apart() {
    let mut talk = Talk::new();
    talk.tell(1, &device("a"), NotInUse);
    assert_eq!(talk.board.digest(Kind::Mailbox), Digest::default());
}

/// Nodes of different builds and machines compare these: a change here breaks a rolling upgrade.
#[test]
fn the_numbers_are_fixed() {
    let of_device = digest_of(&device("PJSIP/100"), 1, InUse, Version::new(1, 1));
    let of_mailbox = digest_of(&mailbox("1000@default"), 1, count(3, 1), Version::new(1, 1));
    assert_eq!(of_device.to_string(), "f626a017f648dbe3");
    assert_eq!(of_mailbox.to_string(), "34a94f37ef97fbc0");
}
