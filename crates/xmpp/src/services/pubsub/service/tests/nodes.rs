//! XEP-0060 section 8: creating, configuring, purging and deleting nodes.

use super::{ServiceFixture, assert_error, form, message, owners, pubsub};
use crate::services::pubsub::engine::PubsubLimits;

#[test]
fn a_node_is_created_once() {
    let mut fixture = ServiceFixture::new();
    let create = pubsub("<create node='princely_musings'/>");
    assert_eq!(fixture.set("hamlet", &create), "");
    assert_error(&fixture.set("hamlet", &create), "cancel", 409, "conflict", "");
}

#[test]
fn an_instant_node_gets_a_name() {
    let mut fixture = ServiceFixture::new();
    let answer = fixture.set("hamlet", &pubsub("<create/>"));
    let name = answer
        .strip_prefix("<pubsub xmlns='http://jabber.org/protocol/pubsub'><create node='")
        .and_then(|rest| rest.strip_suffix("'/></pubsub>"))
        .unwrap();
    assert_eq!(fixture.get("hamlet", &pubsub(&format!("<items node='{name}'/>"))), {
        pubsub(&format!("<items node='{name}'/>"))
    });
    assert_ne!(fixture.set("hamlet", &pubsub("<create/>")), answer);
}

#[test]
fn guests_create_nothing_and_reserved_names_are_nobodys() {
    let mut fixture = ServiceFixture::new();
    let create = pubsub("<create node='princely_musings'/>");
    assert_error(&fixture.set("guest", &create), "auth", 403, "forbidden", "");
    for name in ["device_state", "aggregate/anything"] {
        let create = pubsub(&format!("<create node='{name}'/>"));
        assert_error(&fixture.set("admin", &create), "cancel", 405, "not-allowed", "");
    }
}

#[test]
fn names_are_bounded() {
    let mut fixture = ServiceFixture::new();
    let longest = "n".repeat(1023);
    assert_eq!(fixture.set("hamlet", &pubsub(&format!("<create node='{longest}'/>"))), "");
    let answer = fixture.set("hamlet", &pubsub(&format!("<create node='{longest}n'/>")));
    assert_error(&answer, "modify", 400, "bad-request", "");
    let answer = fixture.set("hamlet", &pubsub("<create node='a&#9;b'/>"));
    assert_error(&answer, "modify", 400, "bad-request", "");
}

#[test]
fn create_and_configure_takes_the_specifications_example() {
    let mut fixture = ServiceFixture::musings(&[
        ("title", "Princely Musings (Atom)"),
        ("deliver_notifications", "1"),
        ("deliver_payloads", "1"),
        ("persist_items", "1"),
        ("max_items", "10"),
        ("item_expire", "604800"),
        ("access_model", "open"),
        ("publish_model", "publishers"),
        ("purge_offline", "0"),
        ("send_last_published_item", "never"),
        ("presence_based_delivery", "false"),
        ("notification_type", "headline"),
        ("notify_config", "0"),
        ("notify_delete", "0"),
        ("notify_retract", "0"),
        ("notify_sub", "0"),
        ("max_payload_size", "1028"),
        ("type", "urn:example:e2ee:bundle"),
    ]);
    let form = fixture.get("hamlet", &owners("<configure node='princely_musings'/>"));
    for (var, value) in [
        ("title", "Princely Musings (Atom)"),
        ("send_last_published_item", "never"),
        ("notify_delete", "0"),
        ("notify_retract", "0"),
    ] {
        let field = form.split(&format!("var='pubsub#{var}'")).nth(1).unwrap();
        let field = field.split("</field>").next().unwrap();
        assert!(field.ends_with(&format!("<value>{value}</value>")), "{var}: {form}");
    }
}

#[test]
fn what_cannot_be_had_is_refused_and_creates_nothing() {
    let mut fixture = ServiceFixture::new();
    for model in ["authorize", "presence", "roster"] {
        let answer = fixture.create("hamlet", "n", &[("access_model", model)]);
        assert_error(&answer, "modify", 406, "not-acceptable", "unsupported-access-model");
    }
    for (var, value) in [
        ("max_items", "0"),
        ("max_items", "10001"),
        ("max_items", "-1"),
        ("persist_items", "perhaps"),
        ("publish_model", "nobody"),
        ("send_last_published_item", "on_sub_and_presence"),
        ("itemreply", "owner"),
    ] {
        let answer = fixture.create("hamlet", "n", &[(var, value)]);
        assert_error(&answer, "modify", 406, "not-acceptable", "");
    }
    let answer = fixture.create("hamlet", "n", &[("node_type", "collection")]);
    assert_error(&answer, "cancel", 501, "feature-not-implemented", "unsupported");
    assert_eq!(fixture.create("hamlet", "n", &[("node_type", "leaf"), ("max_items", "max")]), "");
}

#[test]
fn the_configuration_is_for_owners() {
    let mut fixture = ServiceFixture::musings(&[]);
    let get = owners("<configure node='princely_musings'/>");
    assert_error(&fixture.get("polonius", &get), "auth", 403, "forbidden", "");
    let submitted = form("node_config", &[("title", "Mine")]);
    let set = owners(&format!("<configure node='princely_musings'>{submitted}</configure>"));
    assert_error(&fixture.set("polonius", &set), "auth", 403, "forbidden", "");
    assert_eq!(fixture.set("hamlet", &set), "");
    assert!(fixture.get("hamlet", &get).contains("<value>Mine</value>"));
    // An administrator counts as an owner of every node.
    assert!(fixture.get("admin", &get).contains("<value>Mine</value>"));
}

#[test]
fn a_configure_needs_a_node_and_a_form() {
    let mut fixture = ServiceFixture::musings(&[]);
    let form = form("node_config", &[]);
    let answer = fixture.set("hamlet", &owners(&format!("<configure>{form}</configure>")));
    assert_error(&answer, "modify", 400, "bad-request", "nodeid-required");
    let answer = fixture.set("hamlet", &owners("<configure node='princely_musings'/>"));
    assert_error(&answer, "modify", 400, "bad-request", "");
    let answer = fixture.get("hamlet", &owners("<configure node='nothing'/>"));
    assert_error(&answer, "cancel", 404, "item-not-found", "");
}

#[test]
fn a_cancelled_form_changes_nothing() {
    let mut fixture = ServiceFixture::musings(&[("title", "Before")]);
    let cancel = "<x xmlns='jabber:x:data' type='cancel'/>";
    let set = owners(&format!("<configure node='princely_musings'>{cancel}</configure>"));
    assert_eq!(fixture.set("hamlet", &set), "");
    let form = fixture.get("hamlet", &owners("<configure node='princely_musings'/>"));
    assert!(form.contains("<value>Before</value>"));
}

#[test]
fn the_default_configuration_is_everybodys() {
    let form = ServiceFixture::new().get("guest", &owners("<default/>"));
    assert!(form.starts_with(
        "<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'><default>\
         <x xmlns='jabber:x:data' type='form'><field var='FORM_TYPE' type='hidden'>\
         <value>http://jabber.org/protocol/pubsub#node_config</value></field>"
    ));
    assert!(form.contains(
        "<field var='pubsub#access_model' type='list-single' \
         label='Who may subscribe and read'><option><value>open</value></option>\
         <option><value>whitelist</value></option><value>open</value></field>"
    ));
}

#[test]
fn lowering_the_bound_forgets_the_oldest_items() {
    let mut fixture = ServiceFixture::musings(&[]);
    for id in ["one", "two", "three"] {
        fixture.publish("hamlet", "princely_musings", id, "x");
    }
    let submitted = form("node_config", &[("max_items", "1")]);
    let set = owners(&format!("<configure node='princely_musings'>{submitted}</configure>"));
    assert_eq!(fixture.set("hamlet", &set), "");
    let items = fixture.get("hamlet", &pubsub("<items node='princely_musings'/>"));
    assert_eq!(
        items,
        pubsub(
            "<items node='princely_musings'>\
             <item id='three'><entry xmlns='urn:e'>x</entry></item></items>"
        )
    );
}

#[test]
fn closing_a_node_ends_the_subscriptions_of_strangers() {
    let mut fixture = ServiceFixture::musings(&[]);
    fixture.subscribe("bernardo", "princely_musings");
    fixture.subscribe("francisco", "princely_musings");
    fixture.affiliate("hamlet", "francisco", "member");
    let submitted = form("node_config", &[("access_model", "whitelist")]);
    let set = owners(&format!("<configure node='princely_musings'>{submitted}</configure>"));
    assert_eq!(fixture.set("hamlet", &set), "");
    let ended = "<subscription node='princely_musings' jid='bernardo@denmark.lit' \
                 subscription='none'/>";
    assert_eq!(fixture.heard(), [message("bernardo@denmark.lit", ended)]);
    fixture.publish("hamlet", "princely_musings", "one", "x");
    assert_eq!(fixture.heard().len(), 1, "only francisco hears");
}

#[test]
fn a_purge_tells_once() {
    let mut fixture = ServiceFixture::musings(&[]);
    fixture.subscribe("francisco", "princely_musings");
    fixture.publish("hamlet", "princely_musings", "one", "x");
    fixture.publish("hamlet", "princely_musings", "two", "x");
    fixture.heard();
    let purge = owners("<purge node='princely_musings'/>");
    assert_error(&fixture.set("francisco", &purge), "auth", 403, "forbidden", "");
    assert_eq!(fixture.set("hamlet", &purge), "");
    let told = message("francisco@denmark.lit", "<purge node='princely_musings'/>");
    assert_eq!(fixture.heard(), [told]);
    let items = fixture.get("hamlet", &pubsub("<items node='princely_musings'/>"));
    assert_eq!(items, pubsub("<items node='princely_musings'/>"));
}

#[test]
fn a_delete_tells_and_leaves_nothing() {
    let mut fixture = ServiceFixture::musings(&[]);
    fixture.subscribe("francisco", "princely_musings");
    fixture.publish("hamlet", "princely_musings", "one", "x");
    fixture.heard();
    let delete = owners("<delete node='princely_musings'/>");
    assert_error(&fixture.set("francisco", &delete), "auth", 403, "forbidden", "");
    assert_eq!(fixture.set("hamlet", &delete), "");
    let told = message("francisco@denmark.lit", "<delete node='princely_musings'/>");
    assert_eq!(fixture.heard(), [told]);
    assert!(fixture.stored.is_empty(), "{:?}", fixture.stored);
    assert_eq!(fixture.service.engine().stored_bytes(), 0);
    assert_error(&fixture.set("hamlet", &delete), "cancel", 404, "item-not-found", "");
}

#[test]
fn nodes_are_bounded_by_service_and_by_creator() {
    let limits = PubsubLimits { nodes: 3, nodes_per_creator: 2, ..PubsubLimits::default() };
    let mut fixture = ServiceFixture::with(limits);
    assert_eq!(fixture.create("hamlet", "a", &[]), "");
    assert_eq!(fixture.create("hamlet", "b", &[]), "");
    let answer = fixture.create("hamlet", "c", &[]);
    assert_error(&answer, "wait", 500, "resource-constraint", "");
    assert_eq!(fixture.create("horatio", "c", &[]), "");
    let answer = fixture.create("horatio", "d", &[]);
    assert_error(&answer, "wait", 500, "resource-constraint", "");
    assert_eq!(fixture.set("hamlet", &owners("<delete node='a'/>")), "");
    assert_eq!(fixture.create("horatio", "d", &[]), "");
}
