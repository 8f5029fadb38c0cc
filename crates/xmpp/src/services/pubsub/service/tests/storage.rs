//! What is stored, and that a service is the same after a restart.

use lampfield_fabric::Bucket;

use super::{ServiceFixture, assert_error, form, owners, pubsub};

/// A fixture with a bit of everything, also things that are gone again.
fn lived_in() -> ServiceFixture {
    let settings = [("max_items", "3"), ("title", "It's \"mine\""), ("itemreply", "publisher")];
    let mut fixture = ServiceFixture::musings(&settings);
    for id in ["one", "two", "three", "four", "two"] {
        fixture.publish("hamlet", "princely_musings", id, "to &lt;be&gt; \u{1F480}");
    }
    fixture.affiliate("hamlet", "bernardo", "publisher");
    fixture.affiliate("hamlet", "polonius", "outcast");
    fixture.affiliate("hamlet", "ophelia", "member");
    fixture.affiliate("hamlet", "ophelia", "none");
    fixture.publish("bernardo", "princely_musings", "five", "x");
    fixture.subscribe("bernardo", "princely_musings");
    let quiet = form("subscribe_options", &[("deliver", "0")]);
    let jid = "francisco@denmark.lit/a b/c";
    let subscribe =
        format!("<subscribe node='princely_musings' jid='{jid}'/><options>{quiet}</options>");
    fixture.set("francisco", &pubsub(&subscribe));
    fixture.create("bernardo", "gone", &[]);
    fixture.publish("bernardo", "gone", "one", "x");
    fixture.set("bernardo", &owners("<delete node='gone'/>"));
    fixture
}

/// Everything a client can see.
fn seen(fixture: &mut ServiceFixture) -> Vec<String> {
    let node = "princely_musings";
    let mut seen = vec![
        fixture.get("hamlet", &owners(&format!("<configure node='{node}'/>"))),
        fixture.get("hamlet", &owners(&format!("<affiliations node='{node}'/>"))),
        fixture.get("hamlet", &pubsub(&format!("<items node='{node}'/>"))),
        fixture.get("hamlet", "<query xmlns='http://jabber.org/protocol/disco#items'/>"),
        fixture.get("bernardo", &pubsub("<subscriptions/>")),
        fixture.get("bernardo", &pubsub("<affiliations/>")),
        fixture.get("francisco", &pubsub("<subscriptions/>")),
    ];
    fixture.publish("hamlet", node, "six", "x");
    seen.push(fixture.get("hamlet", &pubsub(&format!("<items node='{node}'/>"))));
    seen.extend(fixture.heard());
    seen
}

#[test]
fn a_restart_changes_nothing() {
    let mut before = lived_in();
    before.heard();
    let mut after = before.restarted();
    assert_eq!(after.service.engine().stored_bytes(), before.service.engine().stored_bytes());
    let (before, after) = (seen(&mut before), seen(&mut after));
    assert!(before[2].contains("four") && before[2].contains("five"), "{}", before[2]);
    assert_eq!(after, before);
}

#[test]
fn rows_are_readable_by_people() {
    let mut fixture = ServiceFixture::musings(&[]);
    fixture.publish("hamlet", "princely_musings", "one", "x");
    let rows: Vec<String> = fixture
        .stored
        .iter()
        .map(|((bucket, key), value)| format!("{bucket} {} {value}", key.replace('\t', " | ")))
        .collect();
    assert_eq!(
        rows[0],
        "affiliations pubsub.shakespeare.lit | princely_musings | hamlet@denmark.lit \"owner\""
    );
    assert_eq!(
        rows[1],
        "pubsub_items pubsub.shakespeare.lit | princely_musings | one \
         {\"order\":0,\"publisher\":\"hamlet@denmark.lit\",\
         \"payload\":\"<entry xmlns='urn:e'>x</entry>\"}"
    );
    assert!(rows[2].starts_with(
        "pubsub_nodes pubsub.shakespeare.lit | princely_musings {\"creator\":\"hamlet@denmark.lit\""
    ));
}

#[test]
fn a_spoilt_row_harms_no_other() {
    let fixture = lived_in();
    let mut restarted = fixture.restarted();
    let prefix = restarted.service.prefix().to_owned();
    let rows = [
        (Bucket::PubsubNodes, format!("{prefix}bad"), "{"),
        (Bucket::PubsubNodes, "elsewhere\tnode".to_owned(), "{}"),
        (Bucket::PubsubItems, format!("{prefix}princely_musings"), "{}"),
        (Bucket::PubsubItems, format!("{prefix}nothing\tone"), "{}"),
        (Bucket::Affiliations, format!("{prefix}princely_musings\t@"), "\"owner\""),
        (Bucket::Affiliations, format!("{prefix}princely_musings\tx@y"), "\"king\""),
        (Bucket::Subscriptions, format!("{prefix}princely_musings\t@"), "{}"),
        (Bucket::Accounts, format!("{prefix}princely_musings"), "{}"),
    ];
    for (bucket, key, value) in rows {
        let error = restarted.service.restore(bucket, &key, value).unwrap_err();
        assert!(!error.to_string().is_empty());
    }
    let mut before = lived_in();
    before.heard();
    assert_eq!(seen(&mut restarted), seen(&mut before));
}

#[test]
fn a_node_made_under_larger_bounds_stays() {
    let fixture = lived_in();
    let small = super::PubsubLimits { nodes: 0, stored_bytes: 0, ..super::PubsubLimits::default() };
    let mut restarted = fixture.restarted();
    let mut service = super::service(small);
    for bucket in super::BUCKETS {
        for ((name, key), value) in &fixture.stored {
            if *name == bucket.name() {
                service.restore(bucket, key, value).unwrap();
            }
        }
    }
    restarted.service = service;
    let items = restarted.get("hamlet", &pubsub("<items node='princely_musings'/>"));
    assert!(items.contains("five"));
    let answer = restarted.publish("hamlet", "princely_musings", "six", &"x".repeat(500));
    assert_error(&answer, "wait", 500, "resource-constraint", "");
}

/// The store keeps one row of two that were written together: what was never acknowledged must
/// neither be lost to its creator nor be left to nobody.
#[test]
fn a_node_whose_rows_were_torn_belongs_to_its_creator() {
    let mut before = ServiceFixture::musings(&[]);
    before.affiliate("hamlet", "bernardo", "publisher");
    let owner = "pubsub.shakespeare.lit\tprincely_musings\thamlet@denmark.lit".to_owned();
    let owned = before.stored.remove(&(Bucket::Affiliations.name(), owner));
    assert!(owned.is_some(), "{:?}", before.stored);
    let mut after = before.restarted();
    let gone = after.set("hamlet", &owners("<delete node='princely_musings'/>"));
    assert_eq!(gone, "");
    assert!(after.stored.is_empty(), "{:?}", after.stored);
}
