//! Walking a board part by part.

use lampfield_board::{
    AccountName, Board, BoardLimits, DeviceState, Eid, Ending, FactState, Kind, MessageCount,
    Origin, Pattern, Protocol, Statement, Subject, SubjectName, Value, Version, WallTime,
};
use lampfield_xmpp_stream::{Scope, Stanza, StanzaLimits};

use lampfield_hub::kit::{Grant, Sight};

use super::*;
use crate::services::telephony::nodes::EventKind;

/// A board of so many devices, then one mailbox.
fn board(devices: usize) -> Board {
    let mut board = Board::new(BoardLimits::default());
    let account = AccountName::parse("pbx@example.org").unwrap();
    let origin = Origin::new(account, Eid::new([2, 0, 0, 0, 0, 1]));
    let origin = board.origin_id(&origin).unwrap();
    let names = (0..devices).map(|number| format!("device/PJSIP/{number}"));
    for (counter, name) in names.chain(["mailbox/1@default".to_owned()]).enumerate() {
        let subject: Subject = name.parse().unwrap();
        let value = match subject.kind() {
            Kind::Device => Value::Device(DeviceState::InUse),
            _ => Value::Mailbox(MessageCount { new: 1, old: 0 }),
        };
        let said = Statement {
            subject,
            origin,
            state: FactState::Live(value),
            version: Version::new(1, counter as u64 + 1),
            said_at: WallTime::from_millis(0),
            protocol: Protocol::Xmpp,
        };
        board.apply(&said).unwrap();
    }
    board
}

/// A board as one sees it who may hear all.
fn all_of(board: &Board) -> VisibleBoard<'_> {
    const ALL: &Sight = &Sight::new(Grant::Everything, None);
    VisibleBoard::new(board, ALL)
}

/// The names in the part that `set` asks for, and what is said of where it lies.
fn part(board: &Board, kind: Kind, set: &str) -> Result<(Vec<String>, String), StanzaCondition> {
    let set = match set {
        "" => String::new(),
        inside => format!("<set xmlns='http://jabber.org/protocol/rsm'>{inside}</set>"),
    };
    let xml = format!("<pubsub>{set}</pubsub>");
    let scope = Scope::NONE;
    let request = Stanza::parse(xml.as_bytes(), &scope, &StanzaLimits::AUTHENTICATED).unwrap();
    let part = Part::of(
        all_of(board),
        TelephonyNode::Lamps(EventKind::of(kind).unwrap()),
        request.root(),
        None,
    )
    .map_err(|error| error.condition)?;
    let mut out = Vec::new();
    part.write_set(&mut out);
    let names = part.lit.iter().map(|lit| lit.subject.name().to_string());
    Ok((names.collect(), String::from_utf8(out).unwrap()))
}

fn last(set: &str) -> Option<&str> {
    set.split_once("<last>")?.1.split_once("</last>").map(|(last, _)| last)
}

/// Everything that a client gets which goes on where it is told to.
fn all(board: &Board, kind: Kind) -> Vec<usize> {
    let mut lengths = Vec::new();
    let mut set = String::new();
    loop {
        let (names, lies) = part(board, kind, &set).unwrap();
        lengths.push(names.len());
        match last(&lies) {
            Some(last) => set = format!("<after>{last}</after>"),
            None => return lengths,
        }
    }
}

#[test]
fn what_fits_needs_no_set() {
    let (names, lies) = part(&board(MOST - 1), Kind::Device, "").unwrap();
    assert_eq!((names.len(), lies.as_str()), (MOST - 1, ""));
}

#[test]
fn no_part_is_larger_than_the_limit_and_nothing_is_missed() {
    let board = board(2 * MOST + 50);
    assert_eq!(all(&board, Kind::Device), [MOST, MOST, 50, 0]);
    let (names, _) = part(&board, Kind::Device, "<max>100000</max>").unwrap();
    assert_eq!(names.len(), MOST);
}

#[test]
fn a_client_may_ask_for_less() {
    let board = board(5);
    let set = "<set xmlns='http://jabber.org/protocol/rsm'>\
        <first>device/PJSIP/0</first><last>device/PJSIP/1</last></set>";
    let (names, lies) = part(&board, Kind::Device, "<max>2</max>").unwrap();
    assert_eq!((names.join(" "), lies.as_str()), ("PJSIP/0 PJSIP/1".to_owned(), set));
    let next = "<max>2</max><after>device/PJSIP/1</after>";
    assert_eq!(part(&board, Kind::Device, next).unwrap().0, ["PJSIP/2", "PJSIP/3"]);
    assert!(part(&board, Kind::Device, "<max>0</max>").unwrap().0.is_empty());
}

#[test]
fn one_answer_looks_at_a_bounded_piece_of_the_board() {
    let board = board(LOOKED_AT + 10);
    let (names, lies) = part(&board, Kind::Mailbox, "").unwrap();
    assert!(names.is_empty(), "the mailbox is behind them all");
    assert!(last(&lies).is_some(), "and the client is told where to go on");
    assert_eq!(all(&board, Kind::Mailbox), [0, 1, 0]);
}

#[test]
fn what_is_hidden_is_not_even_counted() {
    let sight = Sight::new(Grant::of(&[Pattern::parse("PJSIP/0").unwrap()]), None);
    let set = "<set xmlns='http://jabber.org/protocol/rsm'><max>5</max></set>";
    let places = |devices: usize, set: &str, max_items: Option<&str>| {
        let board = board(devices);
        let seen = VisibleBoard::new(&board, &sight);
        let node = TelephonyNode::Lamps(EventKind::DeviceState);
        let scope = Scope::NONE;
        let request = format!("<pubsub>{set}</pubsub>").into_bytes();
        let request = Stanza::parse(&request, &scope, &StanzaLimits::AUTHENTICATED).unwrap();
        let part = Part::of(seen, node, request.root(), max_items).unwrap();
        let mut out = Vec::new();
        part.write_set(&mut out);
        String::from_utf8(out).unwrap()
    };
    assert_eq!(places(2, "", Some("1")), places(9, "", Some("1")));
    // Also where the walk goes on behind what may be seen.
    assert_eq!(places(2, set, None), places(9, set, None));
}

#[test]
fn what_cannot_be_walked_is_refused() {
    let board = board(3);
    for (set, condition) in [
        ("<after>device/PJSIP/9</after>", StanzaCondition::ItemNotFound),
        ("<after>\u{e9}</after>", StanzaCondition::ItemNotFound),
        ("<before/>", StanzaCondition::FeatureNotImplemented),
        ("<before>device/PJSIP/2</before>", StanzaCondition::FeatureNotImplemented),
        ("<max>many</max>", StanzaCondition::BadRequest),
    ] {
        assert_eq!(part(&board, Kind::Device, set).unwrap_err(), condition, "{set}");
    }
}

#[test]
fn who_has_withdrawn_is_not_listed() {
    let mut board = board(3);
    let subject = Subject::new(Kind::Device, SubjectName::parse("PJSIP/1").unwrap());
    let id = board.find(&subject).unwrap();
    let origin = board.get(&subject).unwrap().facts().next().unwrap().origin_id;
    board
        .withdraw(
            id,
            origin,
            Version::new(1, 99),
            FactState::Withdrawn(Ending::Lost),
            WallTime::from_millis(0),
        )
        .unwrap();
    assert_eq!(part(&board, Kind::Device, "").unwrap().0, ["PJSIP/0", "PJSIP/2"]);
}

#[test]
fn of_facts_there_is_an_item_for_each_server_and_a_subject_is_never_torn_apart() {
    let mut board = board(4);
    let account = AccountName::parse("pbx-b@example.org").unwrap();
    let origin = board.origin_id(&Origin::new(account, Eid::new([2, 0, 0, 0, 0, 2]))).unwrap();
    let subject = Subject::device("PJSIP/0").unwrap();
    let state = FactState::Live(DeviceState::Busy.into());
    let (version, said_at, protocol) =
        (Version::new(1, 1), WallTime::from_millis(0), Protocol::Xmpp);
    board.apply(&Statement { subject, origin, state, version, said_at, protocol }).unwrap();
    let asked = |node, max| {
        let scope = Scope::NONE;
        let request = Stanza::parse(b"<pubsub/>", &scope, &StanzaLimits::AUTHENTICATED).unwrap();
        let part = Part::of(all_of(&board), node, request.root(), Some(max)).unwrap();
        part.lit.iter().map(|lit| lit.facts.facts().count()).collect::<Vec<_>>()
    };
    let (facts, lamps) = (
        TelephonyNode::Facts(EventKind::DeviceState),
        TelephonyNode::Lamps(EventKind::DeviceState),
    );
    assert_eq!(asked(facts, "1"), [2]);
    assert_eq!(asked(facts, "3"), [2, 1]);
    assert_eq!(asked(lamps, "3"), [2, 1, 1]);
}
