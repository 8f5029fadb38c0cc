//! Who calls what how: the two cases of the manual, and all names of a small world against the definition.

use std::collections::BTreeSet;
use std::sync::Arc;

use lampfield_board::mapping::{MapRule, MapRuleError, MappingError, NameForm, Side};
use lampfield_board::{
    Kind, Mapping, Pattern, Protocol, SiteName, Subject, SubjectName, Translation, View,
};
use proptest::prelude::*;

use crate::fixtures::{device, mailbox};

fn form(text: &str) -> NameForm {
    NameForm::parse(text).unwrap()
}

fn site(name: &str) -> SiteName {
    SiteName::parse(name).unwrap()
}

/// A rule for device names only; it panics if the forms make none.
fn rule(of: Option<&str>, by: Option<Protocol>, here: &str, board: &str) -> MapRule {
    MapRule::new(of.map(site), by, [Kind::Device], form(here), form(board)).unwrap()
}

fn mapping(rules: &[MapRule]) -> Mapping {
    Mapping::new(rules).unwrap()
}

/// How anybody calls devices by these rules.
fn view(rules: &[(&str, &str)]) -> Arc<View> {
    let rules: Vec<_> = rules.iter().map(|(here, board)| rule(None, None, here, board)).collect();
    mapping(&rules).view(None, Protocol::Xmpp).unwrap()
}

/// The name on the other side, `=` for the same one, `-` where there is none.
fn shown(translation: Translation) -> String {
    match translation {
        Translation::Same => "=".to_owned(),
        Translation::Mapped(subject) => subject.name().to_string(),
        Translation::Hidden => "-".to_owned(),
    }
}

fn said(view: &View, name: &str) -> String {
    shown(view.to_board(&device(name)))
}

fn heard(view: &View, name: &str) -> String {
    shown(view.to_local(&device(name)))
}

#[test]
fn the_same_number_of_two_sites_is_two_lamps() {
    let rules = ["berlin", "paris"]
        .map(|name| rule(Some(name), Some(Protocol::Xmpp), "PJSIP/*", &format!("Custom:{name}-*")));
    let mapping = mapping(&rules);
    let [berlin, paris] =
        ["berlin", "paris"].map(|name| mapping.view(Some(&site(name)), Protocol::Xmpp).unwrap());
    assert_eq!(said(&berlin, "PJSIP/100"), "Custom:berlin-100");
    assert_eq!(said(&paris, "PJSIP/100"), "Custom:paris-100");
    assert_eq!(heard(&berlin, "Custom:berlin-100"), "PJSIP/100");
    assert_eq!(heard(&berlin, "Custom:paris-100"), "=");
    assert_eq!(said(&berlin, "Custom:night"), "=");
    assert_eq!(heard(&berlin, "PJSIP/100"), "-", "of whatever site, it is not the one of Berlin");
    assert_eq!(said(&berlin, "Custom:berlin-100"), "-", "two things would have that name");
    assert_eq!(berlin.to_board(&mailbox("PJSIP/100")), Translation::Same, "devices only");
}

#[test]
fn what_one_protocol_calls_otherwise_is_one_lamp() {
    let rules = [rule(None, Some(Protocol::Esl), "*@example.com", "PJSIP/*")];
    let mapping = mapping(&rules);
    let esl = mapping.view(None, Protocol::Esl).unwrap();
    assert_eq!(said(&esl, "100@example.com"), "PJSIP/100");
    assert_eq!(heard(&esl, "PJSIP/100"), "100@example.com");
    assert_eq!(heard(&esl, "100@example.com"), "-");
    assert!(mapping.view(None, Protocol::Xmpp).is_none(), "nobody else pays for it");
    assert!(mapping.view(Some(&site("berlin")), Protocol::Esl).is_some(), "at whatever site");
}

#[test]
fn mailboxes_are_mapped_by_rules_about_them() {
    let (here, board) = (form("*@default"), form("*@berlin"));
    let rule = MapRule::new(None, None, [Kind::Device, Kind::Mailbox], here, board).unwrap();
    let view = mapping(&[rule]).view(None, Protocol::Sip).unwrap();
    assert_eq!(view.to_board(&mailbox("100@default")), Translation::Mapped(mailbox("100@berlin")));
    assert_eq!(said(&view, "100@default"), "100@berlin");
    assert!(view.concerns(Kind::Mailbox) && !view.concerns(Kind::Ban));
}

#[test]
fn the_first_rule_that_fits_counts() {
    let view = view(&[
        ("PJSIP/112", "Custom:emergency"),
        ("PJSIP/9*", "PJSIP/9*"),
        ("PJSIP/*", "Custom:berlin-*"),
    ]);
    assert_eq!(said(&view, "PJSIP/112"), "Custom:emergency");
    assert_eq!(said(&view, "PJSIP/900"), "=");
    assert_eq!(heard(&view, "PJSIP/900"), "=");
    assert_eq!(said(&view, "PJSIP/100"), "Custom:berlin-100");
    assert_eq!(heard(&view, "Custom:berlin-112"), "-", "that is called Custom:emergency");
    assert_eq!(heard(&view, "Custom:emergency"), "PJSIP/112");
}

#[test]
fn a_name_that_would_be_too_long_or_empty_is_hidden() {
    let view = view(&[("a*", "abc*"), ("*", "x*")]);
    let long = |letter: &str, bytes| letter.repeat(bytes);
    assert_eq!(said(&view, &long("a", SubjectName::MAX_BYTES - 2)).len(), SubjectName::MAX_BYTES);
    assert_eq!(said(&view, &long("a", SubjectName::MAX_BYTES - 1)), "-");
    assert_eq!(said(&view, &long("y", SubjectName::MAX_BYTES)), "-");
    assert_eq!(heard(&view, "x"), "-", "it would be empty");
    assert_eq!(heard(&view, "xy"), "y");
}

#[test]
fn the_subject_on_the_other_side() {
    let view = view(&[("a*", "b*")]);
    let of = |name: &str| {
        let subject = device(name);
        view.to_board(&subject).of(&subject).map(|other| other.name().to_string())
    };
    assert_eq!(["a1", "b1", "c1"].map(of), [Some("b1".to_owned()), None, Some("c1".to_owned())]);
}

#[test]
fn a_pattern_of_names_of_the_peers_is_one_of_names_of_the_board() {
    let pattern = |text: &str| Pattern::parse(text).unwrap();
    for (here, board, local, expected) in [
        ("*", "berlin-*", "MWI:*", Some("berlin-MWI:*")),
        ("*", "*@berlin", "MWI:*", Some("MWI:*@berlin")),
        ("MWI:*", "Custom:mwi-*", "MWI:*", Some("Custom:mwi-*")),
        ("MWI:1*", "B/*", "MWI:*", Some("B/*")),
        ("M*", "N*", "MWI:*", Some("NWI:*")),
        ("*@default", "*@berlin", "MWI:*", Some("MWI:*@berlin")),
        ("MWI:1", "Custom:one", "MWI:*", Some("Custom:one")),
        ("MWI:*", "B/*", "MWI:1", Some("B/1")),
        ("PJSIP/*", "B/*", "MWI:*", None),
        ("PJSIP/1", "B/1", "MWI:*", None),
    ] {
        let rule = rule(Some("berlin"), None, here, board);
        let made = rule.on_the_board(Kind::Device, Protocol::Xmpp, &pattern(local));
        assert_eq!(made, expected.map(pattern), "{here} {board} {local}");
    }
    let other = rule(None, Some(Protocol::Script), "*", "x*");
    assert_eq!(other.on_the_board(Kind::Device, Protocol::Xmpp, &pattern("MWI:*")), None);
    assert_eq!(other.on_the_board(Kind::Mailbox, Protocol::Script, &pattern("1*")), None);
}

#[test]
fn peers_with_the_same_rules_share_a_view() {
    let rules = [
        rule(Some("berlin"), None, "PJSIP/*", "Custom:berlin-*"),
        rule(Some("paris"), Some(Protocol::Ami), "PJSIP/*", "Custom:paris-*"),
    ];
    let mapping = mapping(&rules);
    let of = |name: &str, protocol| mapping.view(Some(&site(name)), protocol);
    let [ami, xmpp] = [Protocol::Ami, Protocol::Xmpp].map(|by| of("berlin", by).unwrap());
    assert!(Arc::ptr_eq(&ami, &xmpp));
    assert!(!Arc::ptr_eq(&ami, &of("paris", Protocol::Ami).unwrap()));
    assert!(of("paris", Protocol::Xmpp).is_none());
    assert!(of("rome", Protocol::Ami).is_none());
    assert!(mapping.view(None, Protocol::Ami).is_none());
    assert!(Mapping::default().view(Some(&site("berlin")), Protocol::Ami).is_none());
}

#[test]
fn what_is_no_rule() {
    let new =
        |kinds: &[Kind], here, board| MapRule::new(None, None, kinds, form(here), form(board));
    let (here, board) = (form("a*"), form("b"));
    let one_side = MapRuleError::StarInOneSide { here, board };
    assert_eq!(new(&[Kind::Device], "a*", "b"), Err(one_side));
    assert!(new(&[Kind::Device], "a", "b*").is_err());
    assert_eq!(new(&[], "a", "b"), Err(MapRuleError::NoKind));
}

#[test]
fn a_rule_that_can_never_fit_is_refused() {
    let covered = |rules: &[MapRule]| Mapping::new(rules).map(drop);
    let of = |name, here, board| rule(name, Some(Protocol::Ami), here, board);
    let berlin = Some("berlin");
    let first = of(berlin, "PJSIP/*", "Custom:berlin-*");
    let refused = |side| Err(MappingError::Covered { rule: 1, by: 0, side });
    for later in [("PJSIP/1*", "x*"), ("PJSIP/*", "y*"), ("PJSIP/", "z"), ("PJSIP/*0", "*0")] {
        let later = of(berlin, later.0, later.1);
        assert_eq!(covered(&[first.clone(), later]), refused(Side::Here));
    }
    let later = of(berlin, "SIP/*", "Custom:berlin-*");
    assert_eq!(covered(&[first.clone(), later]), refused(Side::Board));
    let later = of(berlin, "SIP/1", "Custom:berlin-1");
    assert_eq!(covered(&[first.clone(), later]), refused(Side::Board));

    for later in [
        of(berlin, "*", "y*"),
        of(berlin, "SIP/*", "Custom:*"),
        of(Some("paris"), "PJSIP/*", "Custom:berlin-*"),
        of(None, "PJSIP/*", "Custom:berlin-*"),
        rule(berlin, None, "PJSIP/*", "Custom:berlin-*"),
    ] {
        assert_eq!(covered(&[first.clone(), later]), Ok(()));
    }
    let wide = MapRule::new(None, None, [Kind::Device], form("PJSIP/*"), form("x*")).unwrap();
    assert_eq!(covered(&[wide.clone(), first]), refused(Side::Here));
    let both = [Kind::Device, Kind::Mailbox];
    let both = MapRule::new(None, None, both, form("PJSIP/*"), form("y*")).unwrap();
    assert_eq!(covered(&[wide.clone(), both]), Ok(()), "mailboxes are left to it");
    assert_eq!(covered(&[wide.clone(), wide]), refused(Side::Here));
}

#[test]
fn there_is_a_limit_to_the_rules() {
    let some = |most| -> Vec<_> {
        (0..most).map(|at| rule(None, None, &format!("a{at}"), &format!("b{at}"))).collect()
    };
    assert!(Mapping::new(&some(Mapping::MOST_RULES)).is_ok());
    let (most, one_more) = (Mapping::MOST_RULES, some(Mapping::MOST_RULES + 1));
    assert_eq!(Mapping::new(&one_more).map(drop), Err(MappingError::TooMany(most + 1)));
}

// --- the definition ---

/// All names of up to five of these letters. None of the forms below has a c in it.
fn small_world() -> Vec<String> {
    let mut names = vec![String::new()];
    let mut all = Vec::new();
    for _ in 0..5 {
        let longer = |name: &String| ["a", "b", "c"].map(|letter| format!("{name}{letter}"));
        names = names.iter().flat_map(longer).collect();
        all.extend(names.iter().cloned());
    }
    all
}

/// Any two forms of a rule, as people write them.
fn forms() -> impl Strategy<Value = (String, String)> {
    let stars = ("[ab]{0,2}\\*[ab]{0,2}", "[ab]{0,2}\\*[ab]{0,2}");
    prop_oneof![4 => stars, 1 => ("[ab]{1,3}", "[ab]{1,3}")]
}

/// Up to four rules of which none can never fit.
fn rules() -> impl Strategy<Value = Vec<(String, String)>> {
    proptest::collection::vec(forms(), 1..5).prop_map(|drawn| {
        let mut kept: Vec<(String, String)> = Vec::new();
        let mut rules: Vec<MapRule> = Vec::new();
        for (here, board) in drawn {
            let next = rule(None, None, &here, &board);
            if next.covered(&rules).is_none() {
                rules.push(next);
                kept.push((here, board));
            }
        }
        kept
    })
}

fn fits(form: &str, name: &str) -> bool {
    Pattern::parse(form).unwrap().matches(name)
}

/// Which local name belongs to which of the board, as the module says it.
fn pairs(rules: &[(String, String)], world: &[String]) -> BTreeSet<(String, String)> {
    let heres = |name: &str| rules.iter().position(|(here, _)| fits(here, name));
    let boards = |name: &str| rules.iter().position(|(_, board)| fits(board, name));
    let mut pairs = BTreeSet::new();
    for (number, (here, board)) in rules.iter().enumerate() {
        for star in world.iter().map(String::as_str).chain([""]) {
            let (local, name) = (here.replace('*', star), board.replace('*', star));
            let is_name = !local.is_empty() && !name.is_empty();
            if is_name && heres(&local) == Some(number) && boards(&name) == Some(number) {
                pairs.insert((local, name));
            }
        }
    }
    let untouched = world.iter().filter(|name| heres(name).is_none() && boards(name).is_none());
    pairs.extend(untouched.map(|name| (name.clone(), name.clone())));
    pairs
}

/// The name on the other side, if it has one.
fn other(subject: &Subject, translation: Translation) -> Option<Subject> {
    translation.of(subject).map(|subject| subject.into_owned())
}

proptest! {
    /// Who has a partner, and which; and whoever has one leads back to itself.
    #[test]
    fn names_belong_together_by_definition_and_one_to_one(rules in rules()) {
        let world = small_world();
        let pairs = pairs(&rules, &world);
        let given: Vec<_> = rules.iter().map(|(here, board)| (&**here, &**board)).collect();
        let view = view(&given);
        for name in &world {
            let name = device(name);
            let partner = |found: Option<&(String, String)>, side: fn(&(String, String)) -> &String| {
                found.map(|pair| device(side(pair)))
            };
            let local = pairs.iter().find(|(local, _)| *local == name.name().as_str());
            let to_board = other(&name, view.to_board(&name));
            prop_assert_eq!(&to_board, &partner(local, |(_, board)| board));
            if let Some(there) = to_board {
                prop_assert_eq!(other(&there, view.to_local(&there)), Some(name.clone()));
            }
            let on_board = pairs.iter().find(|(_, board)| *board == name.name().as_str());
            let to_local = other(&name, view.to_local(&name));
            prop_assert_eq!(&to_local, &partner(on_board, |(local, _)| local));
            if let Some(here) = to_local {
                prop_assert_eq!(other(&here, view.to_board(&here)), Some(name.clone()));
            }
        }
    }

    /// Nothing that an earlier rule leaves to a later one is called covered, and all that it leaves nothing to is.
    #[test]
    fn a_rule_is_covered_if_no_name_is_left_to_it(first in forms(), later in forms()) {
        let world = small_world();
        let is_within = |one: &str, other: &str| {
            world.iter().filter(|name| fits(one, name)).all(|name| fits(other, name))
        };
        let found = rule(None, None, &later.0, &later.1)
            .covered(&[rule(None, None, &first.0, &first.1)]);
        let expected = match (is_within(&later.0, &first.0), is_within(&later.1, &first.1)) {
            (true, _) => Some((0, Side::Here)),
            (_, true) => Some((0, Side::Board)),
            _ => None,
        };
        prop_assert_eq!(found, expected);
    }
}
