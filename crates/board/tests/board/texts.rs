//! What is read and written: each type's text forms, and what is refused.

use lampfield_board::{
    AccountName, DeviceState, Digest, Eid, Kind, NameError, Protocol, Subject, SubjectError,
    SubjectName, Version,
};

use crate::fixtures::{count, device, mailbox, origin};

#[test]
fn subjects_are_read_as_people_write_them() {
    let read = |text: &str| text.parse::<Subject>().unwrap();
    assert_eq!(read("PJSIP/100"), device("PJSIP/100"));
    assert_eq!(read("Custom:night mode"), device("Custom:night mode"));
    assert_eq!(read("Local/1000@ctx"), device("Local/1000@ctx"));
    assert_eq!(read("MWI:1000@default"), device("MWI:1000@default"));
    assert_eq!(read("1000@default"), mailbox("1000@default"));
    assert_eq!(read("1000@sub/context"), mailbox("1000@sub/context"));
    assert_eq!(read("device/PJSIP/100"), device("PJSIP/100"));
    assert_eq!(read("device/1000@default"), device("1000@default"));
    assert_eq!(read("mailbox/1000"), mailbox("1000"));
    assert_eq!(read("mailbox/1000@default").to_string(), "mailbox/1000@default");
    assert_eq!("1000".parse::<Subject>(), Err(SubjectError::Ambiguous("1000".into())));
    assert_eq!("device/".parse::<Subject>(), Err(SubjectError::Name(NameError::Empty)));
}

#[test]
fn a_bare_name_may_be_of_several_kinds() {
    let candidates = |text: &str| Subject::candidates(text).unwrap();
    let likeliest = |text: &str| candidates(text)[..2].to_vec();
    assert_eq!(likeliest("PJSIP/100"), [device("PJSIP/100"), mailbox("PJSIP/100")]);
    assert_eq!(likeliest("1000@default"), [mailbox("1000@default"), device("1000@default")]);
    assert_eq!(likeliest("1000"), [device("1000"), mailbox("1000")]);
    assert_eq!(likeliest("203.0.113.0/24")[0].kind(), Kind::Ban);
    assert_eq!(candidates("1000").len(), Kind::ALL.len());
    assert_eq!(candidates("mailbox/1000"), [mailbox("1000")]);
    assert_eq!(Subject::candidates(""), Err(NameError::Empty));
}

#[test]
fn names_have_limits() {
    assert_eq!(SubjectName::parse(""), Err(NameError::Empty));
    assert_eq!(SubjectName::parse("a\nb"), Err(NameError::ControlCharacter('\n')));
    assert_eq!(SubjectName::parse("a\u{85}"), Err(NameError::ControlCharacter('\u{85}')));
    assert!(SubjectName::parse(&"x".repeat(1_023)).is_ok());
    let too_long = SubjectName::parse(&"x".repeat(1_024));
    assert_eq!(too_long, Err(NameError::TooLong { bytes: 1_024, limit: 1_023 }));
    assert!(AccountName::parse(&"x".repeat(2_047)).is_ok());
    assert!(AccountName::parse(&"x".repeat(2_048)).is_err());
}

#[test]
fn entity_ids_are_read_in_either_case() {
    let eid: Eid = "0A:00:fF:00:00:01".parse().unwrap();
    assert_eq!(eid, Eid::new([10, 0, 255, 0, 0, 1]));
    assert_eq!(eid.to_string(), "0a:00:ff:00:00:01");
    for wrong in [
        "",
        "02:00:00:00:00",
        "02:00:00:00:00:01:02",
        "2:0:0:0:0:1",
        "+2:00:00:00:00:01",
        "0g:00:00:00:00:01",
    ] {
        assert!(wrong.parse::<Eid>().is_err(), "{wrong}");
    }
}

/// The table of numbers and words, `main/devicestate.c`.
#[test]
fn device_states_have_asterisks_numbers_and_words() {
    let words = [
        "UNKNOWN",
        "NOT_INUSE",
        "INUSE",
        "BUSY",
        "INVALID",
        "UNAVAILABLE",
        "RINGING",
        "RINGINUSE",
        "ONHOLD",
    ];
    for ((number, word), state) in (0..).zip(words).zip(DeviceState::ALL) {
        assert_eq!(state.number(), number);
        assert_eq!(state.as_str(), word);
        assert_eq!(DeviceState::from_wire(&word.to_lowercase()), state);
        assert_eq!(word.parse(), Ok(state));
    }
}

#[test]
fn peers_may_send_any_word_and_people_may_not() {
    for odd in ["", "INUSE ", "Not in use", "ringing!"] {
        assert_eq!(DeviceState::from_wire(odd), DeviceState::Unknown, "{odd}");
        assert!(odd.parse::<DeviceState>().is_err(), "{odd}");
    }
}

#[test]
fn the_rest_is_written_for_people() {
    assert_eq!(origin(1).to_string(), "pbx-1@asterisk.example 02:00:00:00:00:01");
    assert_eq!(count(3, 1).to_string(), "3 new, 1 old");
    assert_eq!(Version::new(2, 7).to_string(), "2.7");
    assert_eq!(Digest::default().to_string(), "0000000000000000");
    assert_eq!("device".parse(), Ok(Kind::Device));
    assert_eq!("mailbox".parse(), Ok(Kind::Mailbox));
    assert!("Device".parse::<Kind>().is_err());
    assert_eq!("xmpp".parse(), Ok(Protocol::Xmpp));
    assert!("".parse::<Protocol>().is_err());
}
