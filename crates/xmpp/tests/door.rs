//! The door as clients meet it: a real socket, a real store, no Asterisk.

// A test fails by panicking, also in what its helpers do.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

#[path = "door/a_new_door.rs"]
mod a_new_door;
#[path = "door/client.rs"]
mod client;
#[path = "door/hooks.rs"]
mod hooks;
#[path = "door/house.rs"]
mod house;
#[path = "door/line_door.rs"]
mod line_door;
#[path = "door/messages.rs"]
mod messages;
#[path = "door/program.rs"]
mod program;

use client::Client;
use house::{PASSWORD, house};
use messages::MessageClient;

const STATE: &str = "<iq type='set' id='p1' to='pubsub.example.org'>\
    <pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='device_state'>\
    <item id='PJSIP/100'><state xmlns='http://asterisk.org' eid='02:00:00:00:00:01' cachable='1'>\
    INUSE</state></item></publish></pubsub></iq>";

fn subscribe(node: &str) -> String {
    format!(
        "<iq type='set' id='s1' to='pubsub.example.org'>\
         <pubsub xmlns='http://jabber.org/protocol/pubsub'>\
         <subscribe jid='x@example.org' node='{node}'/></pubsub></iq>"
    )
}

#[test]
fn a_state_reaches_a_subscriber_and_a_latecomer() {
    house(async |door| {
        let mut a = Client::login(&door, "a").await;
        let mut b = Client::login(&door, "b").await;
        b.send(&subscribe("device_state")).await;
        b.expect("id='s1'").await;
        a.send(STATE).await;
        a.expect("type='result' id='p1'").await;
        let event = b.expect("<event").await;
        assert!(event.contains("from='pubsub.example.org' to='b@example.org/desk'"), "{event}");
        assert!(event.contains("eid='02:00:00:00:00:01' cachable='1'>INUSE</state>"), "{event}");
        let mut c = Client::login(&door, "c").await;
        c.send(&subscribe("device_state")).await;
        c.expect("id='s1'").await;
        c.expect(">INUSE</state>").await;
    });
}

#[test]
fn a_goodbye_withdraws_at_once() {
    house(async |door| {
        let mut a = Client::login(&door, "a").await;
        let mut b = Client::login(&door, "b").await;
        b.send(&subscribe("device_state")).await;
        a.send(STATE).await;
        b.expect(">INUSE</state>").await;
        a.send("</stream:stream>").await;
        b.expect(">UNKNOWN</state>").await;
    });
}

#[test]
fn ordinary_clients_see_lamps() {
    house(async |door| {
        let mut a = Client::login(&door, "a").await;
        let mut user = Client::login(&door, "user").await;
        a.send(STATE).await;
        a.expect("id='p1'").await;
        user.send(&subscribe("device_state")).await;
        user.expect("forbidden").await;
        user.send(&subscribe("aggregate/device_state").replace("x@", "user@")).await;
        user.expect("subscription='subscribed'").await;
        let lamp = user.expect("<event").await;
        assert!(lamp.contains("<state xmlns='urn:lampfield:lamp:1'>INUSE</state>"), "{lamp}");
    });
}

#[test]
fn a_forged_sender_ends_the_stream() {
    house(async |door| {
        let mut a = Client::login(&door, "a").await;
        a.send("<message from='b@example.org' to='b@example.org'/>").await;
        a.expect("<invalid-from").await;
    });
}

#[test]
fn an_unknown_domain_is_named() {
    house(async |door| {
        let mut client = Client::connect(&door).await;
        client.header("elsewhere.example").await;
        client.expect("<host-unknown").await;
    });
}

#[test]
fn an_account_that_was_removed_after_its_login_cannot_bind() {
    house(async |door| {
        let mut a = Client::authenticate(&door, "a").await;
        let jid = lampfield_xmpp_stream::BareJid::parse("a@example.org").unwrap();
        door.accounts.remove(&jid).await.unwrap();
        a.bind("desk").await;
        a.expect("<not-authorized").await;
    });
}

#[test]
fn guesses_at_this_door_are_counted_by_all_doors() {
    use std::net::{IpAddr, Ipv4Addr};
    use std::time::Duration;
    house(async |door| {
        for guess in ["1", "2", "3", "4", "5"] {
            let mut stranger = Client::offer(&door, "a", guess).await;
            stranger.expect("<not-authorized").await;
        }
        let jid = lampfield_xmpp_stream::BareJid::parse("a@example.org").unwrap();
        let elsewhere = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
        // Its keys are derived here, so that nothing but the throttle takes time below.
        door.accounts.check_password(&jid, PASSWORD, elsewhere).await.unwrap();
        let here = door.address.ip();
        let check = door.accounts.check_password(&jid, PASSWORD, here);
        assert!(tokio::time::timeout(Duration::from_millis(500), check).await.is_err());
    });
}

#[test]
fn a_pbx_that_hears_facts_is_spared_what_other_clients_of_its_account_subscribe_to() {
    // COMPAT(asterisk<=22): an Atom item kills it.
    let pubsub = |inside: &str| {
        format!(
            "<iq type='set' id='g1' to='pubsub.example.org'>\
             <pubsub xmlns='http://jabber.org/protocol/pubsub'>{inside}</pubsub></iq>"
        )
    };
    house(async |door| {
        let mut asterisk = Client::login_as(&door, "a", "asterisk").await;
        asterisk.send(&subscribe("device_state")).await;
        asterisk.expect("id='s1'").await;
        let mut human = Client::login_as(&door, "a", "human").await;
        let mut author = Client::login(&door, "b").await;
        author.send(&pubsub("<create node='news'/>")).await;
        author.expect("id='g1'").await;
        human.send(&pubsub("<subscribe node='news' jid='a@example.org'/>")).await;
        human.expect("id='g1'").await;
        author.send(&pubsub("<publish node='news'><item><entry/></item></publish>")).await;
        human.expect("<entry").await;
        author.send(STATE).await;
        let heard = asterisk.expect(">INUSE</state>").await;
        assert!(!heard.contains("<entry"), "{heard}");
    });
}

#[test]
fn a_server_without_a_resource_is_the_same_reader_at_each_login() {
    use lampfield_fabric::{Bucket, Storage};
    house(async |door| {
        for _ in 0..3 {
            let mut b = Client::authenticate(&door, "b").await;
            b.bind("").await;
            b.expect("</jid>").await;
            b.send(&subscribe("device_state")).await;
            b.expect("id='s1'").await;
            b.send("</stream:stream>").await;
            b.expect("</stream:stream>").await;
        }
        let rows = door.store.scan(Bucket::Confirmations, "", None, 10).await.unwrap().rows;
        let rows: Vec<_> = rows.iter().map(|row| (row.key.as_str(), row.value.as_str())).collect();
        assert_eq!(rows, [("example.org|b@example.org", r#"{"":{"device":1}}"#)]);
    });
}

#[test]
fn a_new_login_takes_over_what_the_replaced_stream_had_read() {
    use lampfield_fabric::{Bucket, Storage};
    house(async |door| {
        let mut old = Client::login(&door, "b").await;
        old.send(&subscribe("device_state")).await;
        old.expect("id='s1'").await;
        let mut new = Client::authenticate(&door, "b").await;
        let bind = "<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>\
             <resource>desk</resource></bind></iq>";
        new.send(&(bind.to_owned() + &subscribe("device_state"))).await;
        new.expect("id='s1'").await;
        old.expect("<conflict").await;
        let rows = door.store.scan(Bucket::Confirmations, "", None, 10).await.unwrap().rows;
        let rows: Vec<_> = rows.iter().map(|row| (row.key.as_str(), row.value.as_str())).collect();
        assert_eq!(rows, [("example.org|b@example.org", r#"{"desk":{"device":1}}"#)]);
    });
}

#[test]
fn a_client_that_comes_by_messages_is_a_client_like_any_other() {
    const CLOSE: &str = "<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>";
    let with_ns = |stanza: &str| stanza.replacen("<iq", "<iq xmlns='jabber:client'", 1);
    house(async |door| {
        let mut a = Client::login(&door, "a").await;
        a.send(&subscribe("device_state")).await;
        a.expect("id='s1'").await;
        let b = MessageClient::login(&door, "b").await;
        b.send(&with_ns(&subscribe("device_state")));
        b.expect("id='s1'").await;

        a.send(&STATE.repeat(20).replace("INUSE", "RINGING")).await;
        a.send(STATE).await;
        b.expect(">RINGING</state>").await;
        let event = b.expect(">INUSE</state>").await;
        assert!(event.starts_with("<message xmlns='jabber:client' from='pubsub."), "{event}");
        b.send(&with_ns(&STATE.replace("00:01'", "00:02'").replace("INUSE", "ONHOLD")));
        b.expect(">ONHOLD</state>").await;
        b.expect("type='result' id='p1'").await;
        a.expect("eid='02:00:00:00:00:02' cachable='1'>ONHOLD</state>").await;

        b.send(CLOSE);
        b.expect(">UNKNOWN</state>").await;
        assert_eq!(b.message().await.as_deref(), Some(CLOSE));
        assert_eq!(b.message().await, None);
        a.expect("eid='02:00:00:00:00:02' cachable='1'>UNKNOWN</state>").await;
    });
}

#[test]
fn a_stream_of_messages_ends_with_a_reason() {
    house(async |door| {
        let client = MessageClient::connect(&door);
        client.send(
            "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='elsewhere.example' \
             version='1.0'/>",
        );
        client.expect("<open xmlns='urn:ietf:params:xml:ns:xmpp-framing'").await;
        client.expect("<host-unknown").await;
        client.expect("<close").await;
        assert_eq!(client.message().await, None);
    });
}

#[test]
fn many_small_messages_come_in_order_and_whole() {
    house(async |door| {
        let mut a = Client::login(&door, "a").await;
        let user = MessageClient::login(&door, "user").await;
        user.send("<presence xmlns='jabber:client'/>");
        user.expect("<presence xmlns='jabber:client' from='user@example.org/desk'").await;
        for number in 0..50 {
            let message = format!("<message to='user@example.org'><body>{number}</body></message>");
            a.send(&message).await;
        }
        for number in 0..50 {
            user.expect(&format!("<body>{number}</body>")).await;
        }
    });
}
