//! What rosters hold and who is told of their changes.

use lampfield_accounts::Role::{self, Pbx, User};

use super::*;
use crate::contacts::subscription::{Direction, SubscriptionStep};
use crate::contacts::{MOST_CONTACTS, RosterEntry, Rosters};
use crate::services::fixture::{Fixture, jid, run};

const ASTERISK: &str = "<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>";
const ORDINARY: &str = "<iq type='get' id='1'><query xmlns='jabber:iq:roster'/></iq>";

fn set(item: &str) -> String {
    format!("<iq type='set' id='s'><query xmlns='jabber:iq:roster'>{item}</query></iq>")
}

fn peer(name: &str) -> String {
    format!("<item jid='{name}@example.org' subscription='both'><group>pbx</group></item>")
}

#[test]
fn only_pbx_accounts_that_ask_as_asterisk_does_get_no_pushes() {
    assert_eq!(Interest::of_request("roster", true), Interest::Buddies);
    assert_eq!(Interest::of_request("roster", false), Interest::Pushes);
    assert_eq!(Interest::of_request("aaaab", true), Interest::Pushes);
}

#[test]
fn pbxs_find_each_other_and_users_find_nobody() {
    run(async || {
        let fixture = Fixture::open(&[("one", Pbx), ("two", Pbx), ("alice", User)]).await;
        let (one, alice) = (fixture.enter("one", "x").await, fixture.enter("alice", "a").await);
        one.says(ASTERISK);
        let items = format!("<query xmlns='jabber:iq:roster'>{}</query>", peer("two"));
        assert_eq!(one.hears(), format!("<iq type='result' id='roster'>{items}</iq>"));
        alice.says(ORDINARY);
        assert_eq!(
            alice.hears(),
            "<iq type='result' id='1'><query xmlns='jabber:iq:roster'/></iq>"
        );
    });
}

#[test]
fn a_pbx_that_is_added_appears_at_once_in_the_way_each_client_understands() {
    run(async || {
        let fixture = Fixture::open(&[("one", Pbx), ("two", Pbx), ("alice", User)]).await;
        let (asterisk, other) = (fixture.enter("one", "x").await, fixture.enter("two", "y").await);
        let (silent, alice) = (fixture.enter("two", "z").await, fixture.enter("alice", "a").await);
        asterisk.says(ASTERISK);
        other.says(ORDINARY);
        alice.says(ORDINARY);
        for player in [&asterisk, &other, &alice] {
            player.hears();
        }

        fixture.add("three", Pbx).await;
        // A whole roster would make the thread that reads its stream write. COMPAT(asterisk<=22)
        assert_eq!(
            asterisk.hears(),
            "<presence from='three@example.org' to='one@example.org' type='subscribed'/>"
        );
        let heard = other.hears();
        assert!(heard.starts_with("<iq type='set' id='push-"));
        assert!(heard.contains(&peer("three")) && !heard.contains(&peer("one")), "the new one");
        assert_eq!((silent.hears(), alice.hears()), (String::new(), String::new()));
    });
}

#[test]
fn a_pbx_that_is_removed_goes_unavailable_and_out_of_the_rosters() {
    run(async || {
        let fixture = Fixture::open(&[("one", Pbx), ("two", Pbx)]).await;
        let (one, two) = (fixture.enter("one", "x").await, fixture.enter("two", "y").await);
        one.says(ORDINARY);
        one.says("<presence/>");
        two.arrives();
        one.hears();
        fixture.door.context.accounts.remove(&jid("two")).await.unwrap();
        let heard = one.hears();
        assert!(heard.starts_with(
            "<presence from='two@example.org/y' to='one@example.org' type='unavailable'/>"
        ));
        assert!(heard.contains("<item jid='two@example.org' subscription='remove'/>"));
    });
}

#[test]
fn an_entry_is_pushed_at_once_and_acknowledged_when_it_is_stored() {
    run(async || {
        let fixture = Fixture::open(&[("alice", User)]).await;
        let (phone, desk) = (fixture.enter("alice", "p").await, fixture.enter("alice", "d").await);
        phone.says(ORDINARY);
        desk.says(ORDINARY);
        phone.hears();
        desk.hears();
        phone.says(&set("<item jid='bob@example.org' name='Bob'><group>G</group></item>"));
        let item = "<item jid='bob@example.org' name='Bob' subscription='none'><group>G</group>\
                    </item>";
        assert!(desk.hears().contains(item));
        fixture.settle().await;
        let heard = phone.hears();
        assert!(heard.contains(item));
        assert!(heard.ends_with("<iq type='result' id='s' to='alice@example.org/p'/>"), "{heard}");
        let again = Rosters::open(&fixture.door.context.ledger).await.unwrap();
        assert!(again.read(&jid("alice"), |roster| roster.get(&jid("bob")).is_some()));
    });
}

#[test]
fn removing_a_contact_ends_both_subscriptions() {
    run(async || {
        let fixture = Fixture::open(&[("alice", User), ("bob", User)]).await;
        let (alice, bob) = (fixture.enter("alice", "a").await, fixture.enter("bob", "b").await);
        alice.arrives();
        bob.arrives();
        for (one, other) in [(&alice, "bob"), (&bob, "alice")] {
            one.says(&format!("<presence to='{other}@example.org' type='subscribe'/>"));
        }
        alice.says("<presence to='bob@example.org' type='subscribed'/>");
        bob.says("<presence to='alice@example.org' type='subscribed'/>");
        let both = |account, contact| {
            fixture.door.context.rosters.subscription(&jid(account), &jid(contact)).as_str()
        };
        assert_eq!((both("alice", "bob"), both("bob", "alice")), ("both", "both"));
        bob.hears();
        alice.hears();
        alice.says(&set("<item jid='bob@example.org' subscription='remove'/>"));
        fixture.settle().await;
        let heard = bob.hears();
        for told in ["type='unsubscribe'", "type='unsubscribed'", "type='unavailable'"] {
            assert!(heard.contains(told), "{told} in {heard}");
        }
        let heard = alice.hears();
        assert!(heard.contains("<item jid='bob@example.org' subscription='remove'/>"));
        assert!(heard.contains("from='bob@example.org/b'"), "{heard}");
        assert!(heard.ends_with("<iq type='result' id='s' to='alice@example.org/a'/>"));
        assert_eq!((both("alice", "bob"), both("bob", "alice")), ("none", "none"));
    });
}

#[test]
fn what_is_not_there_or_not_ones_own_cannot_be_edited() {
    run(async || {
        let fixture = Fixture::open(&[("alice", User), ("bob", User)]).await;
        let (alice, bob) = (fixture.enter("alice", "a").await, fixture.enter("bob", "b").await);
        alice.says(&set("<item jid='bob@example.org' subscription='remove'/>"));
        assert!(alice.hears().contains("<item-not-found"));
        alice.says(&set("<item jid='alice@example.org'/>"));
        assert!(alice.hears().contains("<not-allowed"));
        alice.says(&ORDINARY.replace("id='1'", "id='1' to='bob@example.org'"));
        assert!(alice.hears().contains("<forbidden"));
        // A stranger's request is no entry of the list, and survives an attempt to remove it.
        bob.says("<presence to='alice@example.org' type='subscribe'/>");
        alice.says(&set("<item jid='bob@example.org' subscription='remove'/>"));
        assert!(alice.hears().contains("<item-not-found"));
        alice.says("<presence/>");
        assert!(alice.hears().contains("type='subscribe'"));
    });
}

#[test]
fn a_pbx_is_told_that_its_peers_are_gone_and_keeps_them() {
    run(async || {
        let fixture = Fixture::open(&[("one", Pbx), ("two", Pbx)]).await;
        let one = fixture.enter("one", "x").await;
        one.says(&set("<item jid='two@example.org' subscription='remove'/>"));
        assert_eq!(one.hears(), "<iq type='result' id='s'/>");
        one.says(ASTERISK);
        assert!(one.hears().contains(&peer("two")));
        assert!(fixture.door.context.rosters.accounts().is_empty());
    });
}

#[test]
fn a_removed_account_leaves_no_trace_in_others_subscriptions() {
    run(async || {
        let fixture = Fixture::open(&[("alice", User), ("bob", User)]).await;
        let (alice, bob) = (fixture.enter("alice", "a").await, fixture.enter("bob", "b").await);
        alice.arrives();
        bob.arrives();
        alice.says("<presence to='bob@example.org' type='subscribe'/>");
        bob.says("<presence to='alice@example.org' type='subscribed'/>");
        alice.hears();
        fixture.door.context.accounts.remove(&jid("bob")).await.unwrap();
        let heard = alice.hears();
        assert!(heard.contains("type='unsubscribed'") && heard.contains("type='unavailable'"));
        assert!(!presence::may_see(&fixture.door.context, &jid("alice"), &jid("bob")));
        assert_eq!(
            fixture.door.context.rosters.accounts(),
            [jid("alice")],
            "she keeps him in her list"
        );
    });
}

#[test]
fn a_full_roster_is_an_error_to_its_owner_and_a_refusal_to_strangers() {
    run(async || {
        let fixture = Fixture::open(&[("alice", User), ("bob", User)]).await;
        let (alice, bob) = (fixture.enter("alice", "a").await, fixture.enter("bob", "b").await);
        for n in 0..MOST_CONTACTS {
            let contact = jid(&format!("u{n}"));
            let _ =
                fixture.door.context.rosters.set(&jid("alice"), &contact, RosterEntry::default());
        }
        alice.says(&set("<item jid='bob@example.org'/>"));
        assert!(alice.hears().contains("<policy-violation"));
        alice.says("<presence to='bob@example.org' type='subscribe'/>");
        assert!(alice.hears().contains("<policy-violation"));
        bob.arrives();
        bob.says("<presence to='alice@example.org' type='subscribe'/>");
        assert!(bob.hears().contains("type='unsubscribed'"));
    });
}

#[test]
fn rosters_of_accounts_that_went_meanwhile_are_tidied_away() {
    run(async || {
        let fixture = Fixture::open(&[("alice", Role::User)]).await;
        let rosters = &fixture.door.context.rosters;
        let asked = (Direction::Outbound, SubscriptionStep::Subscribe);
        rosters.step(&jid("ghost"), &jid("alice"), asked, None).unwrap();
        let heard = (Direction::Inbound, SubscriptionStep::Subscribe);
        rosters.step(&jid("alice"), &jid("ghost"), heard, None).unwrap();
        fixture.door.tidy();
        assert!(rosters.accounts().is_empty());
    });
}

#[test]
fn an_edit_without_room_in_the_store_is_never_acknowledged_and_stored_later() {
    run(async || {
        let fixture = Fixture::open(&[("alice", User), ("bob", User)]).await;
        let alice = fixture.enter("alice", "a").await;
        alice.says(&set("<item jid='bob@example.org'/>"));
        fixture.settle().await;
        alice.hears();
        let disk = fixture.fill();
        for round in 0..2 {
            alice.says(&set("<item jid='bob@example.org' subscription='remove'/>"));
            let heard = alice.hears();
            assert!(heard.contains("<resource-constraint"), "round {round}: {heard}");
        }
        disk.execute_batch("COMMIT").unwrap();
        let ledger = &fixture.door.context.ledger;
        while !ledger.is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        let again = Rosters::open(ledger).await.unwrap();
        assert_eq!(again.read(&jid("alice"), |roster| roster.iter().count()), 0);
    });
}

/// What becomes of the others makes no buddy of anybody.
#[test]
fn a_pbx_that_asks_as_asterisk_does_hears_of_nothing_but_new_peers() {
    run(async || {
        let fixture = Fixture::open(&[("one", Pbx), ("two", Pbx), ("boss", Role::Admin)]).await;
        let (one, boss) = (fixture.enter("one", "x").await, fixture.enter("boss", "b").await);
        one.says(ASTERISK);
        one.hears();
        boss.arrives();
        boss.says("<presence to='one@example.org' type='subscribe'/>");
        one.says(&set("<item jid='alice@example.org' name='Alice'/>"));
        fixture.settle().await;
        fixture.door.context.accounts.remove(&jid("two")).await.unwrap();
        assert_eq!(one.hears(), "<iq type='result' id='s' to='one@example.org/x'/>");
    });
}
