//! What gets through to whom, and what a crowded recipient is spared.

use lampfield_accounts::Role::{Admin, Pbx, User};
use lampfield_xmpp_stream::{Scope, Stanza, StanzaLimits};

use super::*;
use crate::services::fixture::{Fixture, TestClient, run};

const ROSTER: &str = "<query xmlns='jabber:iq:roster'><item/></query>";
const DISCO: &str = "<query xmlns='http://jabber.org/protocol/disco#info'/>";
const POISON: &str = "<pubsub xmlns='http://jabber.org/protocol/pubsub'/>";

/// `from` sends an IQ to `to`.
fn pass(
    from: &TestClient,
    to: &TestClient,
    kind: &str,
    id: &str,
    inside: &str,
) -> Option<StanzaCondition> {
    let xml = format!("<iq type='{kind}' id='{id}'>{inside}</iq>");
    let scope = Scope::with_default(ns::CLIENT);
    let stanza = Stanza::parse(xml.as_bytes(), &scope, &StanzaLimits::AUTHENTICATED).unwrap();
    let refusal = iq(from.context(), &from.session, stanza.root(), &to.session.jid).err();
    refusal.map(|error| error.condition)
}

#[test]
fn a_pbx_gets_no_answer_that_it_has_not_asked_for() {
    run(async || {
        let fixture = Fixture::open(&[("pbx", Pbx), ("other", Pbx), ("carol", User)]).await;
        let pbx = fixture.enter("pbx", "x").await;
        for from in [fixture.enter("carol", "c").await, fixture.enter("other", "o").await] {
            for (kind, id) in [("result", "roster"), ("result", "aaaab"), ("error", "aaaab")] {
                for inside in [ROSTER, DISCO, POISON, ""] {
                    assert_eq!(pass(&from, &pbx, kind, id, inside), None);
                }
            }
        }
        assert_eq!(pbx.hears(), "");
    });
}

#[test]
fn servers_ask_each_other_and_an_answer_counts_once() {
    run(async || {
        let fixture = Fixture::open(&[("pbx", Pbx), ("other", Pbx), ("carol", User)]).await;
        let (pbx, other) = (fixture.enter("pbx", "x").await, fixture.enter("other", "o").await);
        let carol = fixture.enter("carol", "c").await;
        other.pauses();
        assert_eq!(pass(&pbx, &other, "get", "aaaag", DISCO), None);
        assert!(other.hears().contains("type='get' id='aaaag'"));
        pass(&carol, &pbx, "result", "aaaag", DISCO);
        pass(&other, &pbx, "result", "aaaah", DISCO);
        assert_eq!(pbx.hears(), "", "another sender, another question");
        pass(&other, &pbx, "result", "aaaag", DISCO);
        assert!(pbx.hears().contains(DISCO));
        pass(&other, &pbx, "result", "aaaag", DISCO);
        assert_eq!(pbx.hears(), "");
    });
}

#[test]
fn a_pbx_hears_of_an_error_in_the_servers_words() {
    run(async || {
        let fixture = Fixture::open(&[("pbx", Pbx), ("other", Pbx)]).await;
        let (pbx, other) = (fixture.enter("pbx", "x").await, fixture.enter("other", "o").await);
        other.pauses();
        for (error, words) in [
            ("", "<error type='cancel' code='500'><undefined-condition "),
            ("<error type='cancel'/>", "<error type='cancel' code='500'><undefined-condition "),
            (
                "<error><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>",
                "<error type='auth' code='403'><forbidden ",
            ),
        ] {
            pass(&pbx, &other, "get", "aaaag", DISCO);
            pass(&other, &pbx, "error", "aaaag", &format!("{POISON}{error}"));
            let heard = pbx.hears();
            assert!(heard.contains(words) && !heard.contains("pubsub"), "{heard}");
        }
    });
}

#[test]
fn who_asks_too_much_while_a_pbx_makes_no_pause_is_refused() {
    run(async || {
        let fixture = Fixture::open(&[("pbx", Pbx), ("boss", Admin), ("other", Admin)]).await;
        let (pbx, boss) = (fixture.enter("pbx", "x").await, fixture.enter("boss", "b").await);
        let (other, deaf) = (fixture.enter("other", "o").await, fixture.enter("pbx", "deaf").await);
        let refused = Some(StanzaCondition::ResourceConstraint);
        for _ in 0..64 {
            assert_eq!(pass(&boss, &pbx, "get", "1", DISCO), None);
        }
        assert_eq!(pass(&boss, &pbx, "get", "1", DISCO), refused, "one asker has its share");
        assert_eq!(pass(&other, &pbx, "get", "1", DISCO), None);
        let large = format!("<query xmlns='urn:x'>{}</query>", "x".repeat(250_000));
        let taken = (0..10).take_while(|_| pass(&other, &deaf, "get", "1", &large).is_none());
        assert_eq!(taken.count(), 4, "a MiB for all of them");
        assert_eq!(pass(&boss, &pbx, "set", "1", DISCO), None);
        assert_eq!(pbx.hears().matches("<iq ").count(), 1, "what cannot wait goes at once");

        pbx.pauses();
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(pbx.hears().matches("<iq ").count(), 64 + 1);
        assert_eq!(pass(&boss, &pbx, "get", "1", DISCO), None);
        assert_eq!(pbx.hears().matches("<iq ").count(), 1, "at once in a pause");
    });
}

#[test]
fn a_question_to_a_pbx_that_goes_before_it_pauses_is_answered_by_the_server() {
    run(async || {
        let fixture = Fixture::open(&[("pbx", Pbx), ("boss", Admin)]).await;
        let (pbx, boss) = (fixture.enter("pbx", "x").await, fixture.enter("boss", "b").await);
        assert_eq!(pass(&boss, &pbx, "get", "1", DISCO), None);
        pbx.is_gone();
        drop(pbx);
        tokio::time::sleep(Duration::from_secs(1)).await;
        let heard = boss.hears();
        assert!(heard.starts_with(
            "<iq type='error' id='1' from='pbx@example.org/x' to='boss@example.org/b'>"
        ));
        assert!(heard.contains("<service-unavailable"), "{heard}");
    });
}

#[test]
fn where_caps_are_shown_questions_do_not_wait() {
    run(async || {
        let fixture = Fixture::open(&[("pbx", Pbx), ("other", Pbx)]).await;
        let (pbx, other) = (fixture.enter("pbx", "x").await, fixture.enter("other", "o").await);
        fixture.show_caps(true);
        assert_eq!(pass(&pbx, &other, "get", "aaaag", DISCO), None);
        assert!(other.hears().contains("id='aaaag'"));
    });
}

#[test]
fn users_do_not_ask_servers_but_admins_and_others_do() {
    run(async || {
        let accounts = [("pbx", Pbx), ("carol", User), ("dave", User), ("boss", Admin)];
        let fixture = Fixture::open(&accounts).await;
        let (pbx, carol) = (fixture.enter("pbx", "x").await, fixture.enter("carol", "c").await);
        let (dave, boss) = (fixture.enter("dave", "d").await, fixture.enter("boss", "b").await);
        let refused = Some(StanzaCondition::ServiceUnavailable);
        for kind in ["get", "set"] {
            assert_eq!(pass(&carol, &pbx, kind, "1", DISCO), refused);
        }
        assert_eq!(pass(&boss, &pbx, "get", "1", DISCO), None);
        assert_eq!(pass(&carol, &dave, "get", "1", DISCO), None);
        assert_eq!(pass(&carol, &dave, "result", "9", DISCO), None, "only servers are guarded");
        assert_eq!(pass(&carol, &dave, "shout", "9", DISCO), Some(StanzaCondition::BadRequest));
    });
}

#[test]
fn one_that_does_not_read_is_spared_and_keeps_its_connection() {
    run(async || {
        let fixture = Fixture::open(&[("pbx", Pbx), ("carol", User)]).await;
        let (pbx, carol) = (fixture.enter("pbx", "x").await, fixture.enter("carol", "c").await);
        pbx.says("<presence/>");
        carol.says("<presence/>");
        carol.hears();
        let body = "x".repeat(15_000);
        let chat =
            format!("<message to='pbx@example.org/x' type='chat'><body>{body}</body></message>");
        let presence =
            format!("<presence to='pbx@example.org/x'><status>{body}</status></presence>");
        let mut refused = 0;
        for _ in 0..1_000 {
            carol.says(&chat);
            carol.says(&presence);
            refused += carol.hears().matches("<resource-constraint").count();
        }
        assert!(refused > 0, "15 MB went somewhere");
        assert!(!pbx.session.link.has_failed());
        assert!(!pbx.session.link.is_crowded(), "there is room for what the server has to say");
    });
}

#[test]
fn a_user_sends_a_pbx_nothing_large() {
    run(async || {
        let accounts = [("pbx", Pbx), ("carol", User), ("boss", Admin)];
        let fixture = Fixture::open(&accounts).await;
        let pbx = fixture.enter("pbx", "x").await;
        let (carol, boss) = (fixture.enter("carol", "c").await, fixture.enter("boss", "b").await);
        let large = "x".repeat(MOST_TO_PBX);
        let chat = format!("<message to='pbx@example.org/x' id='m'><body>{large}</body></message>");
        carol.says(&chat);
        assert!(carol.hears().contains("<not-acceptable"));
        carol
            .says(&format!("<presence to='pbx@example.org/x'><status>{large}</status></presence>"));
        assert_eq!((carol.hears(), pbx.hears()), (String::new(), String::new()));
        boss.says(&chat);
        assert!(pbx.hears().contains(&large));
    });
}
