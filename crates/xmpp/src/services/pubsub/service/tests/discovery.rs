//! XEP-0060 sections 5.1 to 5.5: what there is.

use super::{ServiceFixture, assert_error};

const INFO: &str = "http://jabber.org/protocol/disco#info";
const ITEMS: &str = "http://jabber.org/protocol/disco#items";

fn query(namespace: &str, attributes: &str) -> String {
    format!("<query xmlns='{namespace}'{attributes}/>")
}

#[test]
fn the_service_says_what_it_is() {
    let info = ServiceFixture::new().get("francisco", &query(INFO, ""));
    assert!(info.starts_with(&format!(
        "<query xmlns='{INFO}'><identity category='pubsub' type='service'/>"
    )));
    for feature in ["publish", "publish-options", "subscribe", "retrieve-items", "config-node"] {
        let var = format!("<feature var='http://jabber.org/protocol/pubsub#{feature}'/>");
        assert!(info.contains(&var), "{feature}");
    }
}

#[test]
fn a_node_says_what_it_is() {
    let mut fixture = ServiceFixture::musings(&[("title", "Princely Musings")]);
    fixture.subscribe("francisco", "princely_musings");
    let info = fixture.get("francisco", &query(INFO, " node='princely_musings'"));
    assert!(info.starts_with(&format!(
        "<query xmlns='{INFO}' node='princely_musings'>\
         <identity category='pubsub' type='leaf' name='Princely Musings'/>\
         <feature var='http://jabber.org/protocol/pubsub'/>\
         <x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'>\
         <value>http://jabber.org/protocol/pubsub#meta-data</value></field>"
    )));
    assert!(info.contains("label='Subscriptions'><value>1</value>"), "{info}");
    let answer = fixture.get("francisco", &query(INFO, " node='nothing'"));
    assert_error(&answer, "cancel", 404, "item-not-found", "");
}

#[test]
fn the_nodes_one_may_read_are_listed_after_those_kept_elsewhere() {
    let mut fixture = ServiceFixture::new();
    let view = "<item jid='pubsub.shakespeare.lit' node='device_state'/>";
    let empty = format!("<query xmlns='{ITEMS}'>{view}</query>");
    assert_eq!(fixture.get("francisco", &query(ITEMS, "")), empty);
    fixture.create("hamlet", "open", &[("title", "For all")]);
    fixture.create("hamlet", "closed", &[("access_model", "whitelist")]);
    let open = "<item jid='pubsub.shakespeare.lit' node='open' name='For all'/>";
    let closed = "<item jid='pubsub.shakespeare.lit' node='closed'/>";
    let strangers = format!("<query xmlns='{ITEMS}'>{view}{open}</query>");
    assert_eq!(fixture.get("francisco", &query(ITEMS, "")), strangers);
    let owners = format!("<query xmlns='{ITEMS}'>{view}{closed}{open}</query>");
    assert_eq!(fixture.get("hamlet", &query(ITEMS, "")), owners);
}

#[test]
fn nodes_come_in_pages() {
    let mut fixture = ServiceFixture::new();
    for node in ["a", "b", "c"] {
        fixture.create("hamlet", node, &[]);
    }
    let mut page = |set: &str| {
        let set = format!("<set xmlns='http://jabber.org/protocol/rsm'>{set}</set>");
        let answer = fixture.get("francisco", &format!("<query xmlns='{ITEMS}'>{set}</query>"));
        let nodes = answer.split("node='").skip(1).map(|rest| rest.split('\'').next().unwrap());
        (nodes.collect::<Vec<_>>().join(" "), answer)
    };
    assert_eq!(page("<max>2</max>").0, "device_state a b");
    assert_eq!(page("<max>2</max><after>b</after>").0, "c");
    let (nodes, answer) = page("<max>2</max><before/>");
    assert_eq!(nodes, "b c");
    assert!(answer.contains("<first>b</first><last>c</last><count>3</count>"), "{answer}");
}

#[test]
fn items_are_listed_by_name() {
    let mut fixture = ServiceFixture::musings(&[]);
    fixture.publish("hamlet", "princely_musings", "one", "x");
    fixture.publish("hamlet", "princely_musings", "two", "x");
    let list = fixture.get("francisco", &query(ITEMS, " node='princely_musings'"));
    let expected = format!(
        "<query xmlns='{ITEMS}' node='princely_musings'>\
         <item jid='pubsub.shakespeare.lit' name='one'/>\
         <item jid='pubsub.shakespeare.lit' name='two'/></query>"
    );
    assert_eq!(list, expected);
}
