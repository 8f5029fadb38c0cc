//! What stock Asterisk sends when it meets a generic node, word for word. Each of these is refused
//! by stricter readers.

use super::{ServiceFixture, assert_error, pubsub};

#[test]
fn a_form_may_have_two_form_types() {
    let mut fixture = ServiceFixture::new();
    let create = "<pubsub xmlns='http://jabber.org/protocol/pubsub'><create node='Custom:a b'/>\
        <configure><x xmlns='jabber:x:data' type='submit'>\
        <field var='FORM_TYPE' type='hidden'>\
        <value>http://jabber.org/protocol/pubsub#owner</value></field>\
        <field var='pubsub#node_type'><value>leaf</value></field>\
        <field var='FORM_TYPE' type='hidden'>\
        <value>http://jabber.org/protocol/pubsub#node_config</value></field>\
        <field var='pubsub#deliver_payloads'><value>1</value></field>\
        <field var='pubsub#persist_items'><value>1</value></field>\
        <field var='pubsub#access_model'><value>whitelist</value></field>\
        <field var='pubsub#collection'><value>device_state</value></field>\
        </x></configure></pubsub>";
    assert_eq!(fixture.set("server1", create), "");
    let answer = fixture.get("server2", &pubsub("<items node='Custom:a b'/>"));
    assert_error(&answer, "cancel", 405, "not-allowed", "closed-node");
}

#[test]
fn affiliations_of_full_jids_are_of_the_account_and_repeats_are_no_error() {
    let mut fixture = ServiceFixture::musings(&[("access_model", "whitelist")]);
    let affiliations = "<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>\
        <affiliations node='princely_musings'>\
        <affiliation jid='server2@denmark.lit/astvoip2' affiliation='owner'/>\
        <affiliation jid='server2@denmark.lit' affiliation='owner'/></affiliations></pubsub>";
    assert_eq!(fixture.set("hamlet", affiliations), "");
    let items = pubsub("<items node='princely_musings'/>");
    assert_eq!(fixture.get("server2", &items), items);
}

#[test]
fn subscribe_options_need_no_jid_and_unsubscribe_no_subid() {
    let mut fixture = ServiceFixture::musings(&[]);
    let subscribe = "<pubsub xmlns='http://jabber.org/protocol/pubsub'>\
        <subscribe jid='server1@denmark.lit' node='princely_musings'/>\
        <options><x xmlns='jabber:x:data' type='submit'>\
        <field var='FORM_TYPE' type='hidden'>\
        <value>http://jabber.org/protocol/pubsub#subscribe_options</value></field>\
        <field var='pubsub#subscription_type'><value>items</value></field>\
        <field var='pubsub#subscription_depth'><value>all</value></field>\
        <field var='pubsub#expire'><value>presence</value></field></x></options></pubsub>";
    assert!(fixture.set("server1", subscribe).contains("subscription='subscribed'"));
    let leave = "<unsubscribe jid='server1@denmark.lit' node='princely_musings'/>";
    assert_eq!(fixture.set("server1", &pubsub(leave)), "");
}

#[test]
fn attribute_values_stay_raw() {
    // Asterisk does not decode entities in attributes.
    let mut fixture = ServiceFixture::musings(&[]);
    fixture.subscribe("francisco", "princely_musings");
    fixture.publish("hamlet", "princely_musings", "PJSIP/100:a@b > \"c\"", "x");
    assert!(fixture.heard()[0].contains("<item id='PJSIP/100:a@b > \"c\"'>"));
}
