//! Who is shown what others say they can do (XEP-0115).

use super::*;

const CAPS: &str = "<c xmlns='http://jabber.org/protocol/caps' node='urn:x' ver='1'/>";

fn with_caps(attributes: &str) -> String {
    format!("<presence {attributes}><status>s</status>{CAPS}<priority>1</priority></presence>")
}

/// It has heard a presence with all its content but the caps.
fn hears_no_caps(pbx: &TestClient, way: &str) {
    let heard = pbx.hears();
    assert!(
        heard.contains("<status>s</status><priority>1</priority></presence>"),
        "{way}: {heard}"
    );
    assert!(!heard.contains("<c "), "{way}: {heard}");
}

/// By whatever way a presence reaches it.
#[test]
fn a_pbx_is_shown_no_caps() {
    run(async || {
        let fixture = Fixture::open(&[("one", Pbx), ("two", Pbx), ("alice", User)]).await;
        let (one, alice) = (fixture.enter("one", "x").await, fixture.enter("alice", "a").await);
        one.arrives();
        alice.arrives();
        let two = fixture.enter("two", "y").await;
        two.says(&with_caps(""));
        fixture.round().await;
        hears_no_caps(&one, "one that comes");
        one.says("<presence to='two@example.org' type='probe'/>");
        hears_no_caps(&one, "an answer to a probe");
        one.says("<presence to='two@example.org' type='subscribe'/>");
        hears_no_caps(&one, "a granted request");
        let later = fixture.enter("one", "later").await;
        later.says(&with_caps(""));
        hears_no_caps(&one, "another resource of its account");
        fixture.round().await;
        hears_no_caps(&later, "those who were there");

        one.says("<presence to='alice@example.org' type='subscribe'/>");
        alice.says(&with_caps("to='one@example.org' type='subscribed'"));
        hears_no_caps(&one, "a step");
        alice.says(&with_caps(""));
        hears_no_caps(&one, "a contact that changes");
        for to in ["one@example.org", "one@example.org/x"] {
            for kind in ["", "type='error'", "type='unavailable'"] {
                alice.says(&with_caps(&format!("to='{to}' {kind}")));
                hears_no_caps(&one, "presence for it in particular");
            }
        }
        alice.says(&with_caps("type='unavailable'"));
        hears_no_caps(&one, "last words");
        two.says(&with_caps("type='unavailable'"));
        fixture.round().await;
        hears_no_caps(&one, "the last words of another PBX");
    });
}

/// Asterisk looks at the name alone.
#[test]
fn no_element_of_that_name_gets_through() {
    run(async || {
        let fixture = Fixture::open(&[("one", Pbx), ("alice", User)]).await;
        let (one, alice) = (fixture.enter("one", "x").await, fixture.enter("alice", "a").await);
        one.arrives();
        for other in ["<c node='n'/>", "<y:c xmlns:y='urn:y' ver='v'/>"] {
            alice.says(&format!("<presence to='one@example.org/x'>{other}</presence>"));
            let bare = "<presence from='alice@example.org/a' to='one@example.org/x'/>";
            assert_eq!(one.hears(), bare);
        }
    });
}

#[test]
fn everybody_else_is_shown_them() {
    run(async || {
        let fixture = Fixture::open(&[("one", Pbx), ("alice", User), ("boss", Admin)]).await;
        let (one, boss) = (fixture.enter("one", "x").await, fixture.enter("boss", "b").await);
        let alice = fixture.enter("alice", "a").await;
        boss.arrives();
        boss.says("<presence to='one@example.org' type='subscribe'/>");
        boss.hears();
        one.says(&with_caps(""));
        assert!(boss.hears().contains(CAPS), "of a PBX");
        boss.says("<presence to='one@example.org' type='probe'/>");
        assert!(boss.hears().contains(CAPS), "by a probe");
        one.says(&with_caps("to='alice@example.org/a'"));
        assert!(alice.hears().contains(CAPS), "directly");
    });
}

#[test]
fn a_domain_may_show_them_to_its_pbxs_from_one_moment_to_the_next() {
    run(async || {
        let fixture = Fixture::open(&[("one", Pbx), ("two", Pbx)]).await;
        let (one, two) = (fixture.enter("one", "x").await, fixture.enter("two", "y").await);
        one.arrives();
        two.says(&with_caps(""));
        for shown in [true, false] {
            fixture.show_caps(shown);
            one.says("<presence to='two@example.org' type='probe'/>");
            assert_eq!(one.hears().contains(CAPS), shown, "by a probe");
            two.says(&with_caps(""));
            fixture.round().await;
            assert_eq!(one.hears().contains(CAPS), shown, "in a round");
            two.says(&with_caps("to='one@example.org/x'"));
            assert_eq!(one.hears().contains(CAPS), shown, "directly");
        }
    });
}
