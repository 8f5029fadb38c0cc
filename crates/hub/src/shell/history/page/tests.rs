//! What is written can be read, holds no name that it must not, and is refused where it is damaged.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use lampfield_board::history::{Masks, PastChange};
use lampfield_board::{
    AccountName, BoardName, Ending, FactState, Identity, Kind, Origin, Pattern, Protocol, Subject,
    SubjectName, Value, WallTime,
};

use super::super::journal::{LinkEvent, LinkTurn};
use super::{Needle, PAGE_BYTES, Page, PageBuilder, PageKey};

const BASE: u64 = 1_790_000_000_000;

fn builder() -> PageBuilder {
    PageBuilder::new(BoardName::parse("a.example").unwrap(), WallTime::from_millis(BASE))
}

fn origin(identity: &str) -> Arc<Origin> {
    let account = AccountName::parse("pbx|\"a\"@a.example").unwrap();
    Arc::new(Origin::new(account, Identity::parse(identity).unwrap()))
}

fn subject(kind: Kind, name: &str) -> Subject {
    Subject::new(kind, SubjectName::parse(name).unwrap())
}

fn change(at: u64, state: FactState, was: Option<FactState>, lamp: Option<Value>) -> PastChange {
    let lamp_was = was.as_ref().and_then(FactState::live).cloned();
    let (at, origin) = (WallTime::from_millis(at), origin("02:00:00:00:00:01"));
    PastChange { at, origin, state, was, lamp, lamp_was, protocol: Protocol::Cli }
}

/// A change for each example of a kind, to and from it.
fn all_of(kind: Kind, name: &str) -> Vec<(Subject, PastChange)> {
    let mut was = None;
    let examples = kind.examples().into_iter().map(FactState::Live);
    let endings = Ending::ALL.into_iter().map(FactState::Withdrawn);
    let stand_ins = Ending::ALL.into_iter().map(FactState::Unavailable);
    let states = examples.chain(endings).chain(stand_ins.filter(|_| kind == Kind::Device));
    let changes = states.enumerate().map(|(number, state)| {
        let lamp = state.live().cloned();
        let change = change(BASE + number as u64 * 100, state.clone(), was.take(), lamp);
        was = Some(state);
        (subject(kind, name), change)
    });
    changes.collect()
}

#[test]
fn everything_that_any_kind_can_say_comes_back() {
    let mut page = builder();
    let all: Vec<_> = Kind::ALL.into_iter().flat_map(|kind| all_of(kind, "a/\"b\"|ü\\*")).collect();
    all.iter().for_each(|(subject, change)| page.add(subject, change, &Masks::default()));
    let links = [
        (BASE - 5, LinkTurn::Lost(Duration::from_secs(10))),
        (BASE + 90_000, LinkTurn::Returned(Duration::from_millis(75_001))),
    ];
    let links = links.map(|(at, turn)| LinkEvent {
        at: WallTime::from_millis(at),
        origin: origin("node 17"),
        turn,
    });
    links.iter().for_each(|event| page.add_link(event));
    page.mark_lost(WallTime::from_millis(BASE - 7));

    let (text, span) = (page.text(), page.span());
    let read = Page::read(&text).unwrap();
    assert_eq!(read.changes(|_| true).unwrap(), all);
    assert_eq!(read.links().unwrap(), links);
    assert_eq!((read.span(), read.lost()), (span, Some(WallTime::from_millis(BASE - 7))));
    assert_eq!((span.from.millis(), span.to.millis()), (BASE - 5, BASE + 90_000));
    for kind in Kind::ALL {
        let one = subject(kind, "a/\"b\"|ü\\*");
        assert!(Needle::of(&one).is_in(&text), "{one}");
        let found = read.changes(|subject| *subject == one).unwrap();
        assert_eq!(found, all_of(kind, "a/\"b\"|ü\\*"), "{kind}");
        assert!(!Needle::of(&subject(kind, "a/")).is_in(&text));
    }
    assert!(Page::has_links(&text) && !Page::has_links(&builder().text()));
}

#[test]
fn a_masked_name_is_nowhere_in_a_page_and_is_taken_out_of_an_older_one() {
    let masks = Masks::new(&[Pattern::parse("PJSIP/1*").unwrap()]);
    let (mut masked, mut plain) = (builder(), builder());
    for kind in Kind::ALL {
        for (subject, change) in all_of(kind, "PJSIP/100") {
            masked.add(&subject, &change, &masks);
            plain.add(&subject, &change, &Masks::default());
        }
        for (subject, change) in all_of(kind, "PJSIP/200") {
            masked.add(&subject, &change, &masks);
            plain.add(&subject, &change, &Masks::default());
        }
    }
    let key = PageKey::parse("a.example|1790000000000").unwrap();
    let page = Page::read(&plain.text()).unwrap();
    assert!(page.masked(&key, &Masks::default()).unwrap().is_none());
    let cleaned = page.masked(&key, &masks).unwrap().unwrap();
    assert!(plain.text().contains("PJSIP/100"));
    for text in [masked.text(), cleaned.text()] {
        assert!(!text.contains("PJSIP/100"), "{text}");
        let page = Page::read(&text).unwrap();
        let all = page.changes(|_| true).unwrap();
        let names: BTreeSet<String> = all.iter().map(|(subject, _)| subject.to_string()).collect();
        assert!(names.contains("device/PJSIP/***") && names.contains("ban/PJSIP/200"));
        assert!(!names.contains("ban/PJSIP/***"), "a ban can tell who it is about");
        assert!(page.masked(&key, &masks).unwrap().is_none(), "once is enough");
    }
}

#[test]
fn a_damaged_page_is_refused_and_nothing_panics() {
    let mut page = builder();
    for (subject, change) in Kind::ALL.into_iter().flat_map(|kind| all_of(kind, "x")) {
        page.add(&subject, &change, &Masks::default());
    }
    let text = page.text();
    let all = |text: &str| {
        let page = Page::read(text)?;
        page.links()?;
        page.changes(|_| true)
    };
    assert!(all(&text).is_ok());
    for end in (0..text.len()).step_by(7) {
        let Some(part) = text.get(..end) else { continue };
        assert!(all(part).is_err(), "cut at {end}");
    }
    for (right, wrong) in [
        ("\"form\":1", "\"form\":2"),
        ("\"protocols\":[\"cli\"]", "\"protocols\":[]"),
        ("\"protocols\":[\"cli\"]", "\"protocols\":[\"morse\"]"),
        ("\"device/x\"", "\"x\""),
        ("[1,\"INUSE\"]", "[9,\"INUSE\"]"),
        ("[1,\"INUSE\"]", "[1,\"GONE\"]"),
        ("\"changes\":[[0,0,0,0,0,", "\"changes\":[[0,0,0,0,-1,"),
        ("\"changes\":[[0,0,", "\"changes\":[[0,99,"),
    ] {
        let damaged = text.replace(right, wrong);
        assert_ne!(damaged, text, "{right}");
        assert!(all(&damaged).is_err(), "{wrong}");
    }
}

#[test]
fn a_change_takes_some_thirty_bytes() {
    let mut page = builder();
    let mut count = 0;
    while !page.is_full() {
        count += 1;
        let values = Kind::Device.examples();
        let value = values[count % values.len()].clone();
        let was = FactState::Live(values[(count + 1) % values.len()].clone());
        let state = FactState::Live(value.clone());
        let one = change(BASE + count as u64 * 977, state, Some(was), Some(value));
        page.add(
            &subject(Kind::Device, &format!("PJSIP/{}", count % 200)),
            &one,
            &Masks::default(),
        );
    }
    assert!(page.text().len() < PAGE_BYTES + 1_024);
    assert!(PAGE_BYTES / count < 36, "{count} changes in a page");
}

#[test]
fn keys_sort_by_time_and_read_as_they_are_written() {
    let key = |base| PageKey {
        board: BoardName::parse("[::1]").unwrap(),
        base: WallTime::from_millis(base),
    };
    assert!(key(999).to_string() < key(BASE).to_string());
    assert_eq!(PageKey::parse(&key(BASE).to_string()), Some(key(BASE)));
    for wrong in ["", "a.example", "a.example|", "a.example|x", "|5", "a b|5"] {
        assert_eq!(PageKey::parse(wrong), None, "{wrong}");
    }
}
