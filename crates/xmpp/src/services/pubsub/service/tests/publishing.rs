//! XEP-0060 section 7: publishing and taking back.

use super::{ServiceFixture, assert_error, form, message, pubsub};
use crate::services::pubsub::engine::PubsubLimits;

const NODE: &str = "princely_musings";

fn item(id: &str, text: &str) -> String {
    format!(
        "<items node='{NODE}'><item id='{id}'><entry xmlns='urn:e'>{text}</entry></item></items>"
    )
}

#[test]
fn a_publish_is_answered_and_heard_by_every_subscriber() {
    let mut fixture = ServiceFixture::musings(&[]);
    fixture.subscribe("bernardo", NODE);
    fixture.subscribe("francisco", NODE);
    let answer = fixture.publish("hamlet", NODE, "bnd81g37d61f49fgn581", "Soliloquy");
    let named =
        pubsub(&format!("<publish node='{NODE}'><item id='bnd81g37d61f49fgn581'/></publish>"));
    assert_eq!(answer, named);
    let told = item("bnd81g37d61f49fgn581", "Soliloquy");
    let expected =
        [message("bernardo@denmark.lit", &told), message("francisco@denmark.lit", &told)];
    assert_eq!(fixture.heard(), expected);
}

#[test]
fn an_item_without_an_id_gets_one() {
    let mut fixture = ServiceFixture::musings(&[]);
    let publish =
        pubsub(&format!("<publish node='{NODE}'><item><e xmlns='urn:e'/></item></publish>"));
    let (first, second) = (fixture.set("hamlet", &publish), fixture.set("hamlet", &publish));
    assert!(first.contains(&format!("<publish node='{NODE}'><item id='")), "{first}");
    assert_ne!(first, second);
}

#[test]
fn payloads_survive_prefixes_entities_and_odd_text() {
    let mut fixture = ServiceFixture::musings(&[]);
    fixture.subscribe("francisco", NODE);
    let publish = "<p:pubsub xmlns:p='http://jabber.org/protocol/pubsub' xmlns:a='urn:a'>\
        <p:publish node='princely_musings'><p:item id='&lt;&apos;&amp;'>\
        <a:entry at='1 &lt; 2' xml:lang='en'>\
        \n to be &amp; <![CDATA[<not>]]> to be <b/></a:entry></p:item></p:publish></p:pubsub>";
    fixture.set("hamlet", publish);
    let heard = fixture.heard();
    let payload = "<entry xmlns='urn:a' at='1 &lt; 2' xml:lang='en'>\
         \n to be &amp; &lt;not> to be <b xmlns=''/></entry>";
    assert!(heard[0].contains(payload), "{}", heard[0]);
    let items = fixture.get("hamlet", &pubsub("<items node='princely_musings'/>"));
    assert!(items.contains(payload), "{items}");
}

#[test]
fn a_payload_in_our_own_namespace_stays_in_it() {
    let mut fixture = ServiceFixture::musings(&[]);
    fixture.subscribe("francisco", NODE);
    let publish = format!("<publish node='{NODE}'><item id='one'><thing/></item></publish>");
    fixture.set("hamlet", &pubsub(&publish));
    let payload = "<item id='one'><thing xmlns='http://jabber.org/protocol/pubsub'/></item>";
    assert!(fixture.heard()[0].contains(payload));
}

#[test]
fn the_same_id_again_replaces_the_item_and_makes_it_the_newest() {
    let mut fixture = ServiceFixture::musings(&[]);
    for (id, text) in [("one", "1"), ("two", "2"), ("one", "3")] {
        fixture.publish("hamlet", NODE, id, text);
    }
    let items = fixture.get("hamlet", &pubsub(&format!("<items node='{NODE}'/>")));
    let expected = format!(
        "<items node='{NODE}'><item id='two'><entry xmlns='urn:e'>2</entry></item>\
         <item id='one'><entry xmlns='urn:e'>3</entry></item></items>"
    );
    assert_eq!(items, pubsub(&expected));
}

#[test]
fn a_full_node_forgets_its_oldest_item() {
    let mut fixture = ServiceFixture::musings(&[("max_items", "2")]);
    for id in ["one", "two", "three"] {
        fixture.publish("hamlet", NODE, id, "x");
    }
    let items = fixture.get("hamlet", &pubsub(&format!("<items node='{NODE}'/>")));
    assert!(!items.contains("'one'") && items.contains("'two'") && items.contains("'three'"));
    assert_eq!(fixture.stored.keys().filter(|(bucket, _)| *bucket == "pubsub_items").count(), 2);
}

#[test]
fn only_publishers_publish() {
    let mut fixture = ServiceFixture::musings(&[]);
    fixture.subscribe("francisco", NODE);
    let answer = fixture.publish("francisco", NODE, "one", "x");
    assert_error(&answer, "auth", 403, "forbidden", "");
    fixture.affiliate("hamlet", "francisco", "publisher");
    assert!(fixture.publish("francisco", NODE, "one", "x").contains("<item id='one'/>"));
}

#[test]
fn the_publish_model_lets_others_publish_but_not_overwrite() {
    let mut fixture = ServiceFixture::musings(&[("publish_model", "subscribers")]);
    fixture.publish("hamlet", NODE, "one", "x");
    let answer = fixture.publish("francisco", NODE, "two", "x");
    assert_error(&answer, "auth", 403, "forbidden", "");
    fixture.subscribe("francisco", NODE);
    assert!(fixture.publish("francisco", NODE, "two", "x").contains("<item id='two'/>"));
    assert!(fixture.publish("francisco", NODE, "two", "y").contains("<item id='two'/>"));
    let answer = fixture.publish("francisco", NODE, "one", "mine now");
    assert_error(&answer, "auth", 403, "forbidden", "");
    assert!(fixture.publish("hamlet", NODE, "two", "z").contains("<item id='two'/>"));
}

#[test]
fn a_missing_node_is_made_for_those_who_may() {
    let mut fixture = ServiceFixture::new();
    let answer = fixture.publish("guest", NODE, "one", "x");
    assert_error(&answer, "cancel", 404, "item-not-found", "");
    assert!(fixture.publish("hamlet", NODE, "one", "x").contains("<item id='one'/>"));
    let answer = fixture.publish("horatio", NODE, "two", "x");
    assert_error(&answer, "auth", 403, "forbidden", "");
    let answer = fixture.publish("hamlet", "device_state", "one", "x");
    assert_error(&answer, "cancel", 405, "not-allowed", "");
}

#[test]
fn a_refused_publish_makes_no_node() {
    let mut fixture = ServiceFixture::new();
    let publish = pubsub(&format!("<publish node='{NODE}'/>"));
    let answer = fixture.set("hamlet", &publish);
    assert_error(&answer, "modify", 400, "bad-request", "item-required");
    assert_eq!(fixture.service.engine().node_count(), 0);
}

#[test]
fn publish_options_configure_a_new_node_and_are_conditions_on_an_old_one() {
    let mut fixture = ServiceFixture::new();
    let publish = |options: &[(&str, &str)]| {
        let form = form("publish-options", options);
        pubsub(&format!(
            "<publish node='{NODE}'><item id='one'><e xmlns='urn:e'/></item></publish>\
             <publish-options>{form}</publish-options>"
        ))
    };
    let strict = publish(&[("access_model", "whitelist"), ("max_items", "max")]);
    assert!(fixture.set("hamlet", &strict).contains("<item id='one'/>"));
    assert!(fixture.set("hamlet", &strict).contains("<item id='one'/>"));
    let answer = fixture.get("francisco", &pubsub(&format!("<items node='{NODE}'/>")));
    assert_error(&answer, "cancel", 405, "not-allowed", "closed-node");
    for unmet in [("access_model", "open"), ("persist_items", "0"), ("access_model", "presence")] {
        let answer = fixture.set("hamlet", &publish(&[unmet]));
        assert_error(&answer, "cancel", 409, "conflict", "precondition-not-met");
    }
    // "MUST reject the publication upon encountering unknown fields" (section 7.1.5).
    let answer = fixture.set("hamlet", &publish(&[("weather", "fine")]));
    assert_error(&answer, "cancel", 409, "conflict", "precondition-not-met");
}

#[test]
fn the_kind_of_node_decides_what_a_publish_must_hold() {
    let cases = [
        // persist, payloads: nothing, an empty item, a full item (table of section 4.3)
        ("1", "1", "item-required", "payload-required", ""),
        ("1", "0", "item-required", "", ""),
        ("0", "1", "item-required", "payload-required", ""),
        ("0", "0", "", "item-forbidden", "item-forbidden"),
    ];
    for (persist, payloads, nothing, empty, full) in cases {
        let settings = [("persist_items", persist), ("deliver_payloads", payloads)];
        let mut fixture = ServiceFixture::musings(&settings);
        let items = [
            ("", nothing),
            ("<item id='1'/>", empty),
            ("<item id='1'><e xmlns='e'/></item>", full),
        ];
        for (item, error) in items {
            let publish = pubsub(&format!("<publish node='{NODE}'>{item}</publish>"));
            let answer = fixture.set("hamlet", &publish);
            match error {
                "" => assert!(answer.starts_with("<pubsub"), "{settings:?} {item}: {answer}"),
                _ => assert_error(&answer, "modify", 400, "bad-request", error),
            }
        }
    }
}

#[test]
fn a_node_can_notify_without_payload_or_without_item() {
    let mut fixture = ServiceFixture::musings(&[("deliver_payloads", "0")]);
    fixture.subscribe("francisco", NODE);
    fixture.publish("hamlet", NODE, "one", "x");
    let told = format!("<items node='{NODE}'><item id='one'/></items>");
    assert_eq!(fixture.heard(), [message("francisco@denmark.lit", &told)]);

    let mut fixture = ServiceFixture::musings(&[("deliver_payloads", "0"), ("persist_items", "0")]);
    fixture.subscribe("francisco", NODE);
    let answer = fixture.set("hamlet", &pubsub(&format!("<publish node='{NODE}'/>")));
    assert_eq!(answer, pubsub(&format!("<publish node='{NODE}'/>")));
    let told = message("francisco@denmark.lit", &format!("<items node='{NODE}'/>"));
    assert_eq!(fixture.heard(), [told]);
}

#[test]
fn a_node_can_name_the_publisher() {
    let mut fixture = ServiceFixture::musings(&[("itemreply", "publisher")]);
    fixture.subscribe("francisco", NODE);
    // What the publisher claims to be does not count.
    fixture.set(
        "hamlet",
        &pubsub(&format!(
            "<publish node='{NODE}'><item id='one' publisher='king@denmark.lit'>\
             <e xmlns='urn:e'/></item></publish>"
        )),
    );
    let named = "<item id='one' publisher='hamlet@denmark.lit'><e xmlns='urn:e'/></item>";
    assert!(fixture.heard()[0].contains(named));
    let items = fixture.get("francisco", &pubsub(&format!("<items node='{NODE}'/>")));
    assert!(items.contains(named));
}

#[test]
fn one_item_with_one_payload_at_a_time() {
    let mut fixture = ServiceFixture::musings(&[]);
    for items in ["<item><a xmlns='a'/><b xmlns='b'/></item>", "<item id='1'/><item id='2'/>"] {
        let answer =
            fixture.set("hamlet", &pubsub(&format!("<publish node='{NODE}'>{items}</publish>")));
        assert_error(&answer, "modify", 400, "bad-request", "invalid-payload");
    }
}

#[test]
fn payloads_and_the_whole_store_are_bounded() {
    let limits =
        PubsubLimits { payload_bytes: 1_000, stored_bytes: 2_600, ..PubsubLimits::default() };
    let mut fixture = ServiceFixture::with(limits);
    assert_eq!(fixture.create("hamlet", NODE, &[("max_items", "2")]), "");
    let answer = fixture.publish("hamlet", NODE, "big", &"x".repeat(1_000));
    assert_error(&answer, "modify", 406, "not-acceptable", "payload-too-big");
    for id in ["one", "two", "three", "three"] {
        let answer = fixture.publish("hamlet", NODE, id, &"x".repeat(900));
        assert!(answer.contains("<item"), "a full node goes on turning over: {answer}");
    }
    assert_eq!(fixture.create("horatio", "other", &[]), "");
    let answer = fixture.publish("horatio", "other", "one", &"x".repeat(900));
    assert_error(&answer, "wait", 500, "resource-constraint", "");
    // What is not stored needs no room.
    assert_eq!(fixture.create("horatio", "news", &[("persist_items", "0")]), "");
    assert!(fixture.publish("horatio", "news", "one", &"x".repeat(900)).contains("<item"));
}

#[test]
fn names_that_the_service_makes_up_count_too() {
    let publish =
        pubsub(&format!("<publish node='{NODE}'><item><e xmlns='urn:e'/></item></publish>"));
    let needed = 256 + "<e xmlns='urn:e'/>".len() + 16;
    let mut fixture =
        ServiceFixture::with(PubsubLimits { stored_bytes: needed - 1, ..PubsubLimits::default() });
    assert_error(&fixture.set("hamlet", &publish), "wait", 500, "resource-constraint", "");
    let mut fixture =
        ServiceFixture::with(PubsubLimits { stored_bytes: needed, ..PubsubLimits::default() });
    assert!(fixture.set("hamlet", &publish).contains("<item id='"));
}

#[test]
fn a_retract_tells_where_the_node_or_the_request_says_so() {
    let retract = |notify: &str| {
        pubsub(&format!("<retract node='{NODE}' {notify}><item id='one'/></retract>"))
    };
    for (setting, notify, told) in
        [("1", "", 1), ("0", "", 0), ("0", "notify='true'", 1), ("0", "notify='0'", 0)]
    {
        let mut fixture = ServiceFixture::musings(&[("notify_retract", setting)]);
        fixture.subscribe("francisco", NODE);
        fixture.publish("hamlet", NODE, "one", "x");
        fixture.heard();
        assert_eq!(fixture.set("hamlet", &retract(notify)), "");
        let event = format!("<items node='{NODE}'><retract id='one'/></items>");
        let expected = vec![message("francisco@denmark.lit", &event); told];
        assert_eq!(fixture.heard(), expected);
        let answer = fixture.set("hamlet", &retract(notify));
        assert_error(&answer, "cancel", 404, "item-not-found", "");
    }
}

#[test]
fn people_take_back_what_is_theirs() {
    let mut fixture = ServiceFixture::musings(&[("publish_model", "open")]);
    fixture.publish("francisco", NODE, "one", "x");
    let retract = pubsub(&format!("<retract node='{NODE}'><item id='one'/></retract>"));
    assert_error(&fixture.set("bernardo", &retract), "auth", 403, "forbidden", "");
    assert_eq!(fixture.set("francisco", &retract), "");
    fixture.publish("francisco", NODE, "one", "x");
    assert_eq!(fixture.set("hamlet", &retract), "");
    fixture.publish("francisco", NODE, "one", "x");
    fixture.affiliate("hamlet", "bernardo", "publish-only");
    assert_error(&fixture.set("bernardo", &retract), "auth", 403, "forbidden", "");
    fixture.affiliate("hamlet", "bernardo", "publisher");
    assert_eq!(fixture.set("bernardo", &retract), "");
}

#[test]
fn a_retract_needs_a_node_that_stores_and_an_item() {
    let mut fixture = ServiceFixture::musings(&[("persist_items", "0")]);
    let retract = |inside: &str| pubsub(&format!("<retract node='{NODE}'>{inside}</retract>"));
    let answer = fixture.set("hamlet", &retract("<item id='one'/>"));
    assert_error(&answer, "cancel", 501, "feature-not-implemented", "unsupported");
    for inside in ["", "<item/>"] {
        let answer = fixture.set("hamlet", &retract(inside));
        assert_error(&answer, "modify", 400, "bad-request", "item-required");
    }
    let answer = fixture.set("hamlet", &pubsub("<retract><item id='one'/></retract>"));
    assert_error(&answer, "modify", 400, "bad-request", "nodeid-required");
}
