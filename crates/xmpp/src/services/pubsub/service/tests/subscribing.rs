//! XEP-0060 sections 6.1 to 6.4 and 5.6: subscribing, its options, and lists of it.

use super::{ServiceFixture, assert_error, form, message, pubsub};
use crate::services::pubsub::engine::PubsubLimits;

const NODE: &str = "princely_musings";

fn subscription(jid: &str) -> String {
    format!("<subscription node='{NODE}' jid='{jid}' subscription='subscribed'/>")
}

#[test]
fn a_subscription_is_of_exactly_one_address() {
    let mut fixture = ServiceFixture::musings(&[]);
    let full = "francisco@denmark.lit/barracks";
    let subscribe = pubsub(&format!("<subscribe node='{NODE}' jid='{full}'/>"));
    assert_eq!(fixture.set("francisco", &subscribe), pubsub(&subscription(full)));
    // Again is no error and no second subscription.
    assert_eq!(fixture.set("francisco", &subscribe), pubsub(&subscription(full)));
    let bare = "francisco@denmark.lit";
    assert_eq!(fixture.subscribe("francisco", NODE), pubsub(&subscription(bare)));
    fixture.publish("hamlet", NODE, "one", "x");
    let item = "<item id='one'><entry xmlns='urn:e'>x</entry></item>";
    let event = format!("<items node='{NODE}'>{item}</items>");
    assert_eq!(fixture.heard(), [message(bare, &event), message(full, &event)]);
    let leave = pubsub(&format!("<unsubscribe node='{NODE}' jid='{full}'/>"));
    assert_eq!(fixture.set("francisco", &leave), "");
    fixture.publish("hamlet", NODE, "one", "x");
    assert_eq!(fixture.heard(), [message(bare, &event)]);
}

#[test]
fn nobody_subscribes_others() {
    let mut fixture = ServiceFixture::musings(&[]);
    let subscribe = pubsub(&format!("<subscribe node='{NODE}' jid='bard@shakespeare.lit'/>"));
    let answer = fixture.set("francisco", &subscribe);
    assert_error(&answer, "modify", 400, "bad-request", "invalid-jid");
    fixture.subscribe("francisco", NODE);
    let leave = pubsub(&format!("<unsubscribe node='{NODE}' jid='francisco@denmark.lit'/>"));
    assert_error(&fixture.set("bernardo", &leave), "auth", 403, "forbidden", "");
}

#[test]
fn a_subscribe_needs_a_node_and_an_address() {
    let mut fixture = ServiceFixture::musings(&[]);
    let answer = fixture.set("francisco", &pubsub("<subscribe jid='francisco@denmark.lit'/>"));
    assert_error(&answer, "modify", 400, "bad-request", "nodeid-required");
    let answer = fixture.set("francisco", &pubsub(&format!("<subscribe node='{NODE}'/>")));
    assert_error(&answer, "modify", 400, "bad-request", "jid-required");
    let answer = fixture.set("francisco", &pubsub(&format!("<subscribe node='{NODE}' jid='@'/>")));
    assert_error(&answer, "modify", 400, "bad-request", "invalid-jid");
    let answer = fixture.subscribe("francisco", "nothing");
    assert_error(&answer, "cancel", 404, "item-not-found", "");
}

#[test]
fn a_whitelist_and_a_ban_keep_people_out() {
    let mut fixture = ServiceFixture::musings(&[("access_model", "whitelist")]);
    let answer = fixture.subscribe("francisco", NODE);
    assert_error(&answer, "cancel", 405, "not-allowed", "closed-node");
    for (what, allowed) in
        [("member", true), ("publisher", true), ("publish-only", false), ("outcast", false)]
    {
        fixture.affiliate("hamlet", "francisco", what);
        let answer = fixture.subscribe("francisco", NODE);
        match allowed {
            true => assert_eq!(answer, pubsub(&subscription("francisco@denmark.lit"))),
            false => assert_error(&answer, "auth", 403, "forbidden", ""),
        }
    }
}

#[test]
fn leaving_twice_is_unexpected() {
    let mut fixture = ServiceFixture::musings(&[]);
    fixture.subscribe("francisco", NODE);
    let leave = pubsub(&format!("<unsubscribe node='{NODE}' jid='francisco@denmark.lit'/>"));
    assert_eq!(fixture.set("francisco", &leave), "");
    let answer = fixture.set("francisco", &leave);
    assert_error(&answer, "cancel", 400, "unexpected-request", "not-subscribed");
}

#[test]
fn a_new_subscriber_gets_the_newest_item_where_the_node_says_so() {
    for (when, told) in [("on_sub", 1), ("never", 0)] {
        let mut fixture = ServiceFixture::musings(&[("send_last_published_item", when)]);
        fixture.publish("hamlet", NODE, "one", "x");
        fixture.publish("hamlet", NODE, "two", "y");
        fixture.subscribe("bernardo", NODE);
        let item = "<item id='two'><entry xmlns='urn:e'>y</entry></item>";
        let event = format!("<items node='{NODE}'>{item}</items>");
        assert_eq!(fixture.heard(), vec![message("bernardo@denmark.lit", &event); told]);
    }
}

#[test]
fn subscriptions_are_bounded_by_account_and_by_node() {
    let limits = PubsubLimits {
        subscriptions_per_account: 2,
        subscriptions_per_node: 3,
        ..PubsubLimits::default()
    };
    let mut fixture = ServiceFixture::with(limits);
    fixture.create("hamlet", NODE, &[]);
    let subscribe = |who: &str, resource: &str| {
        pubsub(&format!("<subscribe node='{NODE}' jid='{who}@denmark.lit/{resource}'/>"))
    };
    for resource in ["a", "b", "a"] {
        let answer = fixture.set("francisco", &subscribe("francisco", resource));
        assert!(answer.contains("subscribed"), "{answer}");
    }
    let answer = fixture.set("francisco", &subscribe("francisco", "c"));
    assert_error(&answer, "wait", 405, "policy-violation", "too-many-subscriptions");
    fixture.subscribe("bernardo", NODE);
    let answer = fixture.subscribe("horatio", NODE);
    assert_error(&answer, "wait", 500, "resource-constraint", "");
}

#[test]
fn options_come_with_a_subscription_or_later() {
    let mut fixture = ServiceFixture::musings(&[]);
    let quiet = form("subscribe_options", &[("deliver", "0"), ("digest", "0")]);
    let jid = "francisco@denmark.lit";
    let subscribe =
        pubsub(&format!("<subscribe node='{NODE}' jid='{jid}'/><options>{quiet}</options>"));
    let answer = fixture.set("francisco", &subscribe);
    assert!(answer.contains(&subscription(jid)), "{answer}");
    assert!(answer.contains("<x xmlns='jabber:x:data' type='result'>"), "{answer}");
    fixture.publish("hamlet", NODE, "one", "x");
    assert!(fixture.heard().is_empty());

    let get = pubsub(&format!("<options node='{NODE}' jid='{jid}'/>"));
    let answer = fixture.get("francisco", &get);
    assert!(answer.contains(&format!("<options node='{NODE}' jid='{jid}'>")), "{answer}");
    assert!(answer.contains("label='Notify this subscriber'><value>0</value>"), "{answer}");

    let set = |form: &str| pubsub(&format!("<options node='{NODE}' jid='{jid}'>{form}</options>"));
    let loud = form("subscribe_options", &[("deliver", "true")]);
    assert_eq!(fixture.set("francisco", &set(&loud)), "");
    fixture.publish("hamlet", NODE, "two", "x");
    assert_eq!(fixture.heard().len(), 1);

    let odd = form("subscribe_options", &[("deliver", "sometimes")]);
    let answer = fixture.set("francisco", &set(&odd));
    assert_error(&answer, "modify", 400, "bad-request", "invalid-options");
    assert_eq!(fixture.set("francisco", &set("<x xmlns='jabber:x:data' type='cancel'/>")), "");
    assert!(fixture.get("francisco", &get).contains("<value>1</value>"), "cancelling keeps them");
}

#[test]
fn options_are_the_subscribers_own() {
    let mut fixture = ServiceFixture::musings(&[]);
    let get = pubsub(&format!("<options node='{NODE}' jid='francisco@denmark.lit'/>"));
    let answer = fixture.get("francisco", &get);
    assert_error(&answer, "cancel", 400, "unexpected-request", "not-subscribed");
    fixture.subscribe("francisco", NODE);
    assert_error(&fixture.get("bernardo", &get), "auth", 403, "forbidden", "");
}

#[test]
fn default_options_name_the_node_when_the_request_does() {
    let mut fixture = ServiceFixture::new();
    let all = fixture.get("francisco", &pubsub("<default/>"));
    assert!(all.contains("<default><x xmlns='jabber:x:data' type='result'>"), "{all}");
    let one = fixture.get("francisco", &pubsub("<default node='n'/>"));
    assert!(one.contains("<default node='n'><x"), "{one}");
}

#[test]
fn one_can_list_ones_subscriptions() {
    let mut fixture = ServiceFixture::musings(&[]);
    fixture.create("hamlet", "other", &[]);
    assert_eq!(fixture.get("francisco", &pubsub("<subscriptions/>")), pubsub("<subscriptions/>"));
    fixture.subscribe("francisco", NODE);
    fixture.subscribe("francisco", "other");
    fixture.subscribe("bernardo", "other");
    let jid = "francisco@denmark.lit";
    let other = format!("<subscription node='other' jid='{jid}' subscription='subscribed'/>");
    let all = pubsub(&format!("<subscriptions>{other}{}</subscriptions>", subscription(jid)));
    assert_eq!(fixture.get("francisco", &pubsub("<subscriptions/>")), all);
    let one = pubsub(&format!("<subscriptions node='other'>{other}</subscriptions>"));
    assert_eq!(fixture.get("francisco", &pubsub("<subscriptions node='other'/>")), one);
}

#[test]
fn managing_others_subscriptions_is_not_offered() {
    let mut fixture = ServiceFixture::musings(&[]);
    let get = super::owners(&format!("<subscriptions node='{NODE}'/>"));
    let answer = fixture.get("hamlet", &get);
    assert_error(&answer, "cancel", 501, "feature-not-implemented", "unsupported");
    assert!(answer.contains("manage-subscriptions"));
}
