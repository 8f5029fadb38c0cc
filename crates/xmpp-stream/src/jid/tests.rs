use std::collections::HashMap;

use super::*;

/// RFC 7622, 3.2: the dot of the root goes. The `jid` crate leaves it, and misplaces what follows.
#[test]
fn the_dot_of_the_root_is_no_part_of_a_domain() {
    for (text, normal) in [
        ("example.org.", "example.org"),
        ("a@example.org.", "a@example.org"),
        ("a@example.org./b.", "a@example.org/b."),
        ("example.org./b@c", "example.org/b@c"),
    ] {
        let jid = Jid::parse(text).expect(text);
        assert_eq!((jid.as_str(), jid.domain()), (normal, "example.org"));
        assert_eq!(jid.resource(), normal.split_once('/').map(|(_, resource)| resource));
    }
    for text in ["a@.", "a@example.org..", ".", "a@./b"] {
        assert!(Jid::parse(text).is_err(), "{text}");
    }
}

#[test]
fn normalises_and_splits() {
    let jid = Jid::parse("Server1@Asterisk.Example/astVoip1").expect("a full address");
    assert_eq!(jid.as_str(), "server1@asterisk.example/astVoip1");
    assert_eq!((jid.local(), jid.domain()), (Some("server1"), "asterisk.example"));
    assert_eq!(jid.resource(), Some("astVoip1"));
    assert_eq!(jid.to_bare().as_str(), "server1@asterisk.example");
    assert_eq!(jid.to_full().map(|full| full.to_jid()), Some(jid));
}

#[test]
fn keeps_the_forms_apart() {
    assert!(BareJid::parse("a@b/c").is_err());
    assert!(FullJid::parse("a@b").is_err());
    assert!(Domain::parse("a@b").is_err() && Domain::parse("b/c").is_err());
    assert_eq!(BareJid::parse("b").expect("a domain").local(), None);
}

#[test]
fn refuses_what_is_no_address() {
    for text in ["", "@b", "a@", "a@b/", "a b@c", "a@b@c", "a@b c"] {
        assert!(Jid::parse(text).is_err(), "{text}");
    }
    let long = "a".repeat(1024);
    assert!(Jid::parse(&format!("{long}@b")).is_err());
    assert_eq!(Jid::parse(&"a".repeat(5000)), Err(JidError::TooLong(5000)));
}

#[test]
fn takes_separators_in_a_resource_but_never_in_a_name() {
    let account = BareJid::from_parts("a", &Domain::parse("b").unwrap()).unwrap();
    assert_eq!(account.with_resource("x/y@z").unwrap().resource(), "x/y@z");
    for name in ["a@c", "a/c", "", "a c"] {
        assert!(BareJid::from_parts(name, &Domain::parse("b").unwrap()).is_err(), "{name}");
    }
}

#[test]
fn can_be_looked_up_by_text() {
    let jid = BareJid::parse("a@b").unwrap();
    let map = HashMap::from([(jid, 1)]);
    assert_eq!(map.get("a@b"), Some(&1));
}

#[test]
fn a_domain_is_one_whether_it_is_written_in_letters_or_as_the_dns_has_it() {
    for (typed, normal) in [
        ("a@xn--bcher-kva.example/XN--x", "a@bücher.example/XN--x"),
        ("xn--bcher-kva.example", "bücher.example"),
        ("pubsub.XN--BCHER-KVA.example.", "pubsub.bücher.example"),
        ("xn--a@b.example", "xn--a@b.example"),
        ("xn--strae-oqa.example", "xn--strae-oqa.example"),
    ] {
        let jid = Jid::parse(typed).unwrap();
        assert_eq!(jid.as_str(), normal);
        assert_eq!(Jid::parse(jid.as_str()).unwrap(), jid, "{typed}");
    }
    assert!(Jid::parse("a@xn--\u{fc}.example").is_err());
}
