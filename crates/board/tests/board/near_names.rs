//! Which names are offered ("did you mean") when a subject does not exist.

use lampfield_board::DeviceState::InUse;
use lampfield_board::Subject;

use crate::fixtures::{Talk, device, mailbox};

fn board() -> Talk {
    let mut talk = Talk::new();
    for name in ["PJSIP/100", "PJSIP/101", "PJSIP/110", "Custom:nightmode", "SIP/alice"] {
        talk.tell(1, &device(name), InUse);
    }
    talk.tell(1, &mailbox("1000@default"), lampfield_board::MessageCount::new(1, 0));
    talk
}

fn nearest(name: &str, most: usize) -> Vec<String> {
    board().board.nearest(name, most, |_| true).iter().map(Subject::to_string).collect()
}

#[test]
fn names_by_likeness() {
    assert_eq!(
        nearest("PJSIP/10l", 3),
        ["device/PJSIP/100", "device/PJSIP/101", "device/PJSIP/110"]
    );
    assert_eq!(nearest("1000@defualt", 3), ["mailbox/1000@default"]);
    assert_eq!(nearest("pjsip/101", 1), ["device/PJSIP/101"], "case first");
    assert_eq!(nearest("PJSIP/10l", 0), Vec::<String>::new());
}

#[test]
fn nothing_alike_is_nothing_found() {
    assert_eq!(nearest("DAHDI/i1/4711-22", 3), Vec::<String>::new());
    assert_eq!(nearest("", 3), Vec::<String>::new());
}

#[test]
fn long_names_are_found_by_case_only() {
    let mut talk = Talk::new();
    let long = "a".repeat(1_000);
    talk.tell(1, &device(&long), InUse);
    assert_eq!(talk.board.nearest(&long.to_uppercase(), 3, |_| true), [device(&long)]);
    assert_eq!(talk.board.nearest(&format!("{long}b"), 3, |_| true), []);
}

#[test]
fn what_has_ended_is_offered_after_all_that_shows_something() {
    let mut talk = board();
    talk.withdraw(1, &device("PJSIP/100"));
    let near = talk.board.nearest("PJSIP/10", 3, |_| true);
    let ended_last = ["PJSIP/101", "PJSIP/110", "PJSIP/100"].map(device);
    assert_eq!(near, ended_last);
}

#[test]
fn a_part_of_a_name_is_near_to_it() {
    assert_eq!(nearest("102", 3), ["device/PJSIP/100", "device/PJSIP/101"]);
    assert_eq!(nearest("nihgtmode", 3), ["device/Custom:nightmode"]);
    assert_eq!(nearest("Alice", 3), ["device/SIP/alice"]);
}
