//! Who hears what when people come, go, ask and answer.

mod caps;

use lampfield_accounts::Role::{Admin, Pbx, User};
use lampfield_xmpp_stream::{Scope, Stanza, StanzaLimits};

use super::*;
use crate::contacts::subscription::Direction;
use crate::services::fixture::{Fixture, TestClient, jid, run};

const ASKED: &str = "<presence from='alice@example.org' to='bob@example.org' type='subscribe'/>";

fn announce(children: &str) -> Result<Presence, StanzaCondition> {
    let xml = format!("<presence>{children}</presence>");
    let scope = Scope::with_default(ns::CLIENT);
    let stanza = Stanza::parse(xml.as_bytes(), &scope, &StanzaLimits::AUTHENTICATED).unwrap();
    announcement(stanza.root(), None).map_err(|error| error.condition)
}

fn push(heard: &str) -> bool {
    heard.contains("<iq type='set' id='push-")
}

/// Alice may see Bob, and both are there.
async fn friends(fixture: &Fixture) -> (TestClient, TestClient) {
    let (alice, bob) = (fixture.enter("alice", "a").await, fixture.enter("bob", "b").await);
    alice.arrives();
    bob.arrives();
    alice.says("<presence to='bob@example.org' type='subscribe'/>");
    bob.says("<presence to='alice@example.org' type='subscribed'/>");
    alice.hears();
    bob.hears();
    (alice, bob)
}

#[test]
fn a_presence_keeps_its_content_and_its_priority() {
    let content = "<status>I am available</status><priority>1</priority>";
    let caps = "<c xmlns='http://jabber.org/protocol/caps' node='http://www.asterisk.org/xmpp/client/caps' \
         ver='asterisk-xmpp' ext='voice-v1 video-v1 camera-v1'/>";
    let presence = announce(&format!("{content}{caps}")).unwrap();
    assert_eq!(presence.priority, 1);
    assert_eq!((&*presence.words.payload, &*presence.words.caps), (content, caps));
    assert_eq!(announce("").unwrap().priority, 0);
    assert_eq!(announce("<priority> -5 </priority>").unwrap().priority, -5);
}

#[test]
fn a_priority_out_of_range_is_refused() {
    for wrong in ["128", "-129", "high", ""] {
        let xml = format!("<priority>{wrong}</priority>");
        assert_eq!(announce(&xml).unwrap_err(), StanzaCondition::BadRequest, "{wrong:?}");
    }
}

#[test]
fn pbxs_hear_each_other_come_change_and_go_and_nobody_else_does() {
    run(async || {
        let fixture = Fixture::open(&[("one", Pbx), ("two", Pbx), ("alice", User)]).await;
        let (one, alice) = (fixture.enter("one", "x").await, fixture.enter("alice", "a").await);
        alice.arrives();
        one.says("<presence><priority>1</priority></presence>");
        assert_eq!(one.hears(), "", "of itself it need not hear");
        let two = fixture.enter("two", "y").await;
        two.says("<presence/>");
        fixture.round().await;
        assert_eq!(
            two.hears(),
            "<presence from='one@example.org/x' to='two@example.org'><priority>1</priority>\
             </presence>"
        );
        assert_eq!(one.hears(), "<presence from='two@example.org/y' to='one@example.org'/>");
        two.says("<presence><show>away</show></presence>");
        fixture.round().await;
        assert!(one.hears().contains("<show>away</show>"));
        assert_eq!(two.hears(), "", "it has heard of the others before");
        two.is_gone();
        fixture.round().await;
        assert_eq!(
            one.hears(),
            "<presence from='two@example.org/y' to='one@example.org' type='unavailable'/>"
        );
        assert_eq!(alice.hears(), "");
    });
}

/// RFC 6121, 4.5.2: the last words go to whoever hears of the end, the other PBXs included.
#[test]
fn the_last_words_of_a_pbx_reach_the_others_in_the_next_round() {
    run(async || {
        let fixture = Fixture::open(&[("one", Pbx), ("two", Pbx)]).await;
        let (one, two) = (fixture.enter("one", "x").await, fixture.enter("two", "y").await);
        one.says("<presence/>");
        two.says("<presence/>");
        fixture.round().await;
        two.hears();
        let words =
            "type='unavailable' id='bye1' xml:lang='de'><status>Wartung</status></presence>";
        let last = format!("<presence from='one@example.org/x' to='two@example.org' {words}");
        one.says(&format!("<presence {words}"));
        one.is_gone();
        fixture.round().await;
        assert_eq!(two.hears(), last, "the end of the stream adds nothing");
        one.says("<presence/>");
        fixture.round().await;
        one.says(&format!("<presence {words}"));
        one.says("<presence/>");
        fixture.round().await;
        one.is_gone();
        fixture.round().await;
        assert!(!two.hears().contains("Wartung"), "it has come back before anybody was told");
    });
}

/// RFC 6120, 8.1.3 and 8.1.5: both are the sender's.
#[test]
fn a_presence_keeps_its_id_and_its_language_whoever_it_goes_to() {
    run(async || {
        let fixture = Fixture::open(&[("alice", User), ("bob", User), ("carol", User)]).await;
        let (alice, bob) = friends(&fixture).await;
        let carol = fixture.enter("carol", "c").await;
        let both = "id='1' xml:lang='de'";
        bob.says(&format!("<presence {both}><status>da</status></presence>"));
        let here = |to: &str| {
            format!(
                "<presence from='bob@example.org/b' to='{to}@example.org' {both}>\
                 <status>da</status></presence>"
            )
        };
        assert_eq!((alice.hears(), bob.hears()), (here("alice"), here("bob")));
        let later = fixture.enter("alice", "later").await;
        later.arrives();
        later.says("<presence to='bob@example.org' type='probe'/>");
        assert_eq!(later.hears(), here("alice"), "as a newcomer and by a probe");
        bob.says(&format!("<presence to='carol@example.org/c' {both}/>"));
        assert!(carol.hears().contains(both), "directly");
        bob.says(&format!("<presence type='unavailable' {both}/>"));
        for one in [&alice, &carol] {
            assert!(one.hears().contains(&format!("type='unavailable' {both}/>")));
        }
        carol.arrives();
        alice.says(&format!("<presence to='carol@example.org' type='subscribe' {both}/>"));
        assert!(carol.hears().contains(&format!("type='subscribe' {both}/>")));
    });
}

/// RFC 6121, 3.1.3: the server keeps the complete stanza.
#[test]
fn a_request_that_waits_keeps_its_id_and_its_language() {
    run(async || {
        let fixture = Fixture::open(&[("alice", User), ("bob", User)]).await;
        let alice = fixture.enter("alice", "a").await;
        let words = "type='subscribe' id='sub3' xml:lang='de'><status>bitte</status></presence>";
        alice.says(&format!("<presence to='bob@example.org' {words}"));
        let bob = fixture.enter("bob", "b").await;
        bob.says("<presence/>");
        let asked = format!("<presence from='alice@example.org' to='bob@example.org' {words}");
        assert!(bob.hears().ends_with(&asked));
    });
}

/// RFC 6121, 4.5.2. A PBX too: stock Asterisk never says that it goes, and does not mind.
#[test]
fn who_says_that_it_goes_hears_it() {
    run(async || {
        for role in [User, Pbx] {
            let fixture = Fixture::open(&[("one", role)]).await;
            let (one, other) = (fixture.enter("one", "x").await, fixture.enter("one", "y").await);
            one.arrives();
            other.arrives();
            one.hears();
            one.says("<presence type='unavailable'><status>bye</status></presence>");
            let gone = "<presence from='one@example.org/x' to='one@example.org' \
                 type='unavailable'><status>bye</status></presence>";
            assert_eq!((one.hears().as_str(), other.hears().as_str()), (gone, gone), "{role:?}");
            one.says("<presence type='unavailable'/>");
            one.is_gone();
            assert_eq!((one.hears(), other.hears()), (String::new(), String::new()), "once");
        }
    });
}

#[test]
fn a_newer_login_on_the_same_address_is_not_declared_gone() {
    run(async || {
        let fixture = Fixture::open(&[("one", Pbx), ("two", Pbx)]).await;
        let (one, old) = (fixture.enter("one", "x").await, fixture.enter("two", "y").await);
        one.arrives();
        old.arrives();
        let new = fixture.enter("two", "y").await;
        new.says("<presence/>");
        fixture.round().await;
        one.hears();
        old.is_gone();
        fixture.round().await;
        assert_eq!(one.hears(), "");
        new.is_gone();
        fixture.round().await;
        assert!(one.hears().contains("type='unavailable'"));
    });
}

#[test]
fn pbxs_are_subscribed_without_a_handshake() {
    run(async || {
        let fixture = Fixture::open(&[("one", Pbx), ("two", Pbx)]).await;
        let (one, two) = (fixture.enter("one", "x").await, fixture.enter("two", "y").await);
        one.arrives();
        two.arrives();
        one.hears();
        one.says("<presence to='two@example.org' type='subscribe'/>");
        assert_eq!(
            one.hears(),
            "<presence from='two@example.org' to='one@example.org' type='subscribed'/>\
             <presence from='two@example.org/y' to='one@example.org'/>"
        );
        for step in ["subscribed", "unsubscribe", "unsubscribed"] {
            one.says(&format!("<presence to='two@example.org' type='{step}'/>"));
        }
        assert_eq!((one.hears(), two.hears()), (String::new(), String::new()));
        assert!(fixture.door.context.rosters.accounts().is_empty(), "nothing is stored");
    });
}

#[test]
fn a_request_waits_for_its_answer_and_both_sides_learn_of_it() {
    run(async || {
        let fixture = Fixture::open(&[("alice", User), ("bob", User)]).await;
        let alice = fixture.enter("alice", "a").await;
        alice.arrives();
        alice.says("<presence to='bob@example.org' type='subscribe'/>");
        assert!(alice.hears().contains("subscription='none' ask='subscribe'"));

        let bob = fixture.enter("bob", "b").await;
        bob.says("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>");
        assert!(bob.hears().contains("<query xmlns='jabber:iq:roster'/>"), "not in his list");
        bob.says("<presence/>");
        assert!(bob.hears().ends_with(ASKED));
        bob.says("<presence/>");
        assert!(!bob.hears().contains("subscribe"), "asked once per login");

        bob.says("<presence to='alice@example.org' type='subscribed'/>");
        let heard = alice.hears();
        assert!(heard.starts_with(
            "<presence from='bob@example.org' to='alice@example.org' type='subscribed'/>"
        ));
        assert!(push(&heard) && heard.contains("subscription='to'"));
        assert!(heard.ends_with("<presence from='bob@example.org/b' to='alice@example.org'/>"));
        let heard = bob.hears();
        assert!(push(&heard) && heard.contains("subscription='from'"));
    });
}

#[test]
fn what_is_granted_lasts_until_it_is_taken_back() {
    run(async || {
        let fixture = Fixture::open(&[("alice", User), ("bob", User)]).await;
        let (alice, bob) = friends(&fixture).await;
        bob.says("<presence><show>dnd</show></presence>");
        assert!(alice.hears().contains("<show>dnd</show>"));
        alice.says("<presence><show>xa</show></presence>");
        assert_eq!(
            bob.hears().matches("<show>xa</show>").count(),
            0,
            "the other way was not asked"
        );
        bob.says("<presence to='alice@example.org' type='unsubscribed'/>");
        let heard = alice.hears();
        assert!(heard.contains("type='unsubscribed'") && heard.contains("subscription='none'"));
        assert!(heard.ends_with("to='alice@example.org' type='unavailable'/>"), "{heard}");
        bob.hears();
        bob.says("<presence/>");
        assert_eq!(alice.hears(), "");
    });
}

#[test]
fn whoever_unsubscribes_sees_the_contact_go() {
    run(async || {
        let fixture = Fixture::open(&[("alice", User), ("bob", User)]).await;
        let (alice, bob) = friends(&fixture).await;
        alice.says("<presence to='bob@example.org' type='unsubscribe'/>");
        let heard = bob.hears();
        assert!(heard.starts_with("<presence from='alice@example.org' to='bob@example.org'"));
        assert!(heard.contains("type='unsubscribe'") && heard.contains("subscription='none'"));
        assert!(alice.hears().contains("from='bob@example.org/b'"));
        assert!(!may_see(&fixture.door.context, &jid("alice"), &jid("bob")));
    });
}

#[test]
fn a_second_request_to_who_has_granted_is_answered_by_the_server() {
    run(async || {
        let fixture = Fixture::open(&[("alice", User), ("bob", User)]).await;
        let (alice, bob) = friends(&fixture).await;
        // Alice's own side has been lost; Bob's still knows.
        fixture.door.context.rosters.forget(&jid("alice"));
        alice.says("<presence to='bob@example.org' type='subscribe'/>");
        assert!(alice.hears().contains("type='subscribed'"));
        assert_eq!(bob.hears(), "");
    });
}

#[test]
fn nobody_there_refuses_and_so_does_a_pbx_but_not_to_an_admin() {
    run(async || {
        let fixture = Fixture::open(&[("alice", User), ("root", Admin), ("one", Pbx)]).await;
        let (alice, root) = (fixture.enter("alice", "a").await, fixture.enter("root", "r").await);
        let one = fixture.enter("one", "x").await;
        [&alice, &root, &one].into_iter().for_each(TestClient::arrives);
        for contact in ["nobody", "one"] {
            alice.says(&format!("<presence to='{contact}@example.org' type='subscribe'/>"));
            let refusal =
                format!("from='{contact}@example.org' to='alice@example.org' type='unsubscribed'");
            assert!(alice.hears().contains(&refusal), "{contact}");
        }
        root.says("<presence to='one@example.org' type='subscribe'/>");
        let heard = root.hears();
        assert!(heard.contains("type='subscribed'"), "{heard}");
        assert!(heard.ends_with("<presence from='one@example.org/x' to='root@example.org'/>"));
        assert_eq!(one.hears(), "", "it is not bothered");
        one.is_gone();
        assert!(root.hears().contains("type='unavailable'"));
    });
}

#[test]
fn other_servers_cannot_be_asked() {
    run(async || {
        let fixture = Fixture::open(&[("alice", User)]).await;
        let alice = fixture.enter("alice", "a").await;
        alice.arrives();
        alice.says("<presence id='p' to='bob@elsewhere.example' type='subscribe'/>");
        let heard = alice.hears();
        assert!(heard.starts_with(
            "<presence from='bob@elsewhere.example' to='alice@example.org/a' type='error' id='p'>"
        ));
        assert!(heard.contains("<remote-server-not-found") && !push(&heard));
        alice.says("<presence to='bob@elsewhere.example'/>");
        assert_eq!(alice.hears(), "", "presence for nobody is dropped");
        assert!(fixture.door.context.rosters.accounts().is_empty());
    });
}

#[test]
fn presence_that_makes_no_sense_is_an_error() {
    run(async || {
        let fixture = Fixture::open(&[("alice", User)]).await;
        let alice = fixture.enter("alice", "a").await;
        for (wrong, condition) in [
            ("<presence type='subscribe'/>", "bad-request"),
            ("<presence to='bob@example.org' type='dance'/>", "bad-request"),
            ("<presence><priority>999</priority></presence>", "bad-request"),
            ("<presence to='@'/>", "jid-malformed"),
        ] {
            alice.says(wrong);
            let heard = alice.hears();
            assert!(heard.contains("type='error'") && heard.contains(condition), "{heard}");
        }
        assert!(!alice.session.is_available());
        alice.says("<presence to='bob@example.org' type='error'/>");
        assert_eq!(alice.hears(), "", "an error is never answered");
    });
}

#[test]
fn directed_presence_reaches_strangers_and_so_does_its_end() {
    run(async || {
        let fixture = Fixture::open(&[("alice", User), ("bob", User), ("carol", User)]).await;
        let (alice, bob) = (fixture.enter("alice", "a").await, fixture.enter("bob", "b").await);
        let carol = fixture.enter("carol", "c").await;
        [&alice, &bob, &carol].into_iter().for_each(TestClient::arrives);
        alice.says("<presence to='bob@example.org/b'><status>hi</status></presence>");
        alice.says("<presence to='carol@example.org'/>");
        assert!(bob.hears().contains("to='bob@example.org/b'><status>hi</status>"));
        assert!(carol.hears().contains("to='carol@example.org'"));
        alice.says("<presence to='carol@example.org' type='unavailable'/>");
        assert!(carol.hears().contains("type='unavailable'"));
        alice.is_gone();
        assert_eq!(
            bob.hears(),
            "<presence from='alice@example.org/a' to='bob@example.org/b' type='unavailable'/>"
        );
        assert_eq!(carol.hears(), "", "she has heard the end before");
    });
}

#[test]
fn a_probe_is_answered_for_those_who_may_see() {
    run(async || {
        let fixture = Fixture::open(&[("alice", User), ("bob", User)]).await;
        let (alice, bob) = friends(&fixture).await;
        alice.says("<presence to='bob@example.org' type='probe'/>");
        assert_eq!(alice.hears(), "<presence from='bob@example.org/b' to='alice@example.org'/>");
        bob.says("<presence to='alice@example.org' type='probe'/>");
        assert_eq!(
            bob.hears(),
            "<presence from='alice@example.org' to='bob@example.org' type='unsubscribed'/>"
        );
    });
}

/// COMPAT(asterisk<=22 autoregister=yes): it answers by itself.
#[test]
fn a_pbx_is_not_asked_for_its_presence() {
    run(async || {
        let fixture = Fixture::open(&[("alice", User), ("bob", User)]).await;
        let alice = fixture.enter("alice", "a").await;
        alice.says("<presence to='bob@example.org' type='subscribe'/>");
        fixture.door.context.accounts.remove(&jid("bob")).await.unwrap();
        fixture.add("bob", Pbx).await;
        let bare = (&jid("bob"), &jid("alice"));
        let way = (Direction::Inbound, SubscriptionStep::Subscribe);
        fixture.door.context.rosters.step(bare.0, bare.1, way, Some(&Words::default())).unwrap();
        let bob = fixture.enter("bob", "b").await;
        bob.says("<presence/>");
        assert_eq!(bob.hears(), "", "a request that was made before it became one");
    });
}
