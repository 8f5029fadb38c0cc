//! XEP-0060 sections 6.1 to 6.4 and 5.6: subscribing, its options, and lists of it.

use super::{Stage, assert_error, form, message, pubsub};
use crate::services::pubsub::engine::Limits;

const NODE: &str = "princely_musings";

fn subscription(jid: &str) -> String {
    format!("<subscription node='{NODE}' jid='{jid}' subscription='subscribed'/>")
}

#[test]
fn a_subscription_is_of_exactly_one_address() {
    let mut stage = Stage::musings(&[]);
    let full = "francisco@denmark.lit/barracks";
    let subscribe = pubsub(&format!("<subscribe node='{NODE}' jid='{full}'/>"));
    assert_eq!(stage.set("francisco", &subscribe), pubsub(&subscription(full)));
    // Again is no error and no second subscription.
    assert_eq!(stage.set("francisco", &subscribe), pubsub(&subscription(full)));
    let bare = "francisco@denmark.lit";
    assert_eq!(stage.subscribe("francisco", NODE), pubsub(&subscription(bare)));
    stage.publish("hamlet", NODE, "one", "x");
    let item = "<item id='one'><entry xmlns='urn:e'>x</entry></item>";
    let event = format!("<items node='{NODE}'>{item}</items>");
    assert_eq!(stage.heard(), [message(bare, &event), message(full, &event)]);
    let leave = pubsub(&format!("<unsubscribe node='{NODE}' jid='{full}'/>"));
    assert_eq!(stage.set("francisco", &leave), "");
    stage.publish("hamlet", NODE, "one", "x");
    assert_eq!(stage.heard(), [message(bare, &event)]);
}

#[test]
fn nobody_subscribes_others() {
    let mut stage = Stage::musings(&[]);
    let subscribe = pubsub(&format!("<subscribe node='{NODE}' jid='bard@shakespeare.lit'/>"));
    let answer = stage.set("francisco", &subscribe);
    assert_error(&answer, "modify", 400, "bad-request", "invalid-jid");
    stage.subscribe("francisco", NODE);
    let leave = pubsub(&format!("<unsubscribe node='{NODE}' jid='francisco@denmark.lit'/>"));
    assert_error(&stage.set("bernardo", &leave), "auth", 403, "forbidden", "");
}

#[test]
fn a_subscribe_needs_a_node_and_an_address() {
    let mut stage = Stage::musings(&[]);
    let answer = stage.set("francisco", &pubsub("<subscribe jid='francisco@denmark.lit'/>"));
    assert_error(&answer, "modify", 400, "bad-request", "nodeid-required");
    let answer = stage.set("francisco", &pubsub(&format!("<subscribe node='{NODE}'/>")));
    assert_error(&answer, "modify", 400, "bad-request", "jid-required");
    let answer = stage.set("francisco", &pubsub(&format!("<subscribe node='{NODE}' jid='@'/>")));
    assert_error(&answer, "modify", 400, "bad-request", "invalid-jid");
    let answer = stage.subscribe("francisco", "nothing");
    assert_error(&answer, "cancel", 404, "item-not-found", "");
}

#[test]
fn a_whitelist_and_a_ban_keep_people_out() {
    let mut stage = Stage::musings(&[("access_model", "whitelist")]);
    let answer = stage.subscribe("francisco", NODE);
    assert_error(&answer, "cancel", 405, "not-allowed", "closed-node");
    for (what, allowed) in
        [("member", true), ("publisher", true), ("publish-only", false), ("outcast", false)]
    {
        stage.affiliate("hamlet", "francisco", what);
        let answer = stage.subscribe("francisco", NODE);
        match allowed {
            true => assert_eq!(answer, pubsub(&subscription("francisco@denmark.lit"))),
            false => assert_error(&answer, "auth", 403, "forbidden", ""),
        }
    }
}

#[test]
fn leaving_twice_is_unexpected() {
    let mut stage = Stage::musings(&[]);
    stage.subscribe("francisco", NODE);
    let leave = pubsub(&format!("<unsubscribe node='{NODE}' jid='francisco@denmark.lit'/>"));
    assert_eq!(stage.set("francisco", &leave), "");
    let answer = stage.set("francisco", &leave);
    assert_error(&answer, "cancel", 400, "unexpected-request", "not-subscribed");
}

#[test]
fn a_new_subscriber_gets_the_newest_item_where_the_node_says_so() {
    for (when, told) in [("on_sub", 1), ("never", 0)] {
        let mut stage = Stage::musings(&[("send_last_published_item", when)]);
        stage.publish("hamlet", NODE, "one", "x");
        stage.publish("hamlet", NODE, "two", "y");
        stage.subscribe("bernardo", NODE);
        let item = "<item id='two'><entry xmlns='urn:e'>y</entry></item>";
        let event = format!("<items node='{NODE}'>{item}</items>");
        assert_eq!(stage.heard(), vec![message("bernardo@denmark.lit", &event); told]);
    }
}

#[test]
fn subscriptions_are_bounded_by_account_and_by_node() {
    let limits =
        Limits { subscriptions_per_account: 2, subscriptions_per_node: 3, ..Limits::default() };
    let mut stage = Stage::with(limits);
    stage.create("hamlet", NODE, &[]);
    let subscribe = |who: &str, resource: &str| {
        pubsub(&format!("<subscribe node='{NODE}' jid='{who}@denmark.lit/{resource}'/>"))
    };
    for resource in ["a", "b", "a"] {
        let answer = stage.set("francisco", &subscribe("francisco", resource));
        assert!(answer.contains("subscribed"), "{answer}");
    }
    let answer = stage.set("francisco", &subscribe("francisco", "c"));
    assert_error(&answer, "wait", 405, "policy-violation", "too-many-subscriptions");
    stage.subscribe("bernardo", NODE);
    let answer = stage.subscribe("horatio", NODE);
    assert_error(&answer, "wait", 500, "resource-constraint", "");
}

#[test]
fn options_come_with_a_subscription_or_later() {
    let mut stage = Stage::musings(&[]);
    let quiet = form("subscribe_options", &[("deliver", "0"), ("digest", "0")]);
    let jid = "francisco@denmark.lit";
    let subscribe =
        pubsub(&format!("<subscribe node='{NODE}' jid='{jid}'/><options>{quiet}</options>"));
    let answer = stage.set("francisco", &subscribe);
    assert!(answer.contains(&subscription(jid)), "{answer}");
    assert!(answer.contains("<x xmlns='jabber:x:data' type='result'>"), "{answer}");
    stage.publish("hamlet", NODE, "one", "x");
    assert!(stage.heard().is_empty());

    let get = pubsub(&format!("<options node='{NODE}' jid='{jid}'/>"));
    let answer = stage.get("francisco", &get);
    assert!(answer.contains(&format!("<options node='{NODE}' jid='{jid}'>")), "{answer}");
    assert!(answer.contains("label='Notify this subscriber'><value>0</value>"), "{answer}");

    let set = |form: &str| pubsub(&format!("<options node='{NODE}' jid='{jid}'>{form}</options>"));
    let loud = form("subscribe_options", &[("deliver", "true")]);
    assert_eq!(stage.set("francisco", &set(&loud)), "");
    stage.publish("hamlet", NODE, "two", "x");
    assert_eq!(stage.heard().len(), 1);

    let odd = form("subscribe_options", &[("deliver", "sometimes")]);
    let answer = stage.set("francisco", &set(&odd));
    assert_error(&answer, "modify", 400, "bad-request", "invalid-options");
    assert_eq!(stage.set("francisco", &set("<x xmlns='jabber:x:data' type='cancel'/>")), "");
    assert!(stage.get("francisco", &get).contains("<value>1</value>"), "cancelling keeps them");
}

#[test]
fn options_are_the_subscribers_own() {
    let mut stage = Stage::musings(&[]);
    let get = pubsub(&format!("<options node='{NODE}' jid='francisco@denmark.lit'/>"));
    let answer = stage.get("francisco", &get);
    assert_error(&answer, "cancel", 400, "unexpected-request", "not-subscribed");
    stage.subscribe("francisco", NODE);
    assert_error(&stage.get("bernardo", &get), "auth", 403, "forbidden", "");
}

#[test]
fn default_options_name_the_node_when_the_request_does() {
    let mut stage = Stage::new();
    let all = stage.get("francisco", &pubsub("<default/>"));
    assert!(all.contains("<default><x xmlns='jabber:x:data' type='result'>"), "{all}");
    let one = stage.get("francisco", &pubsub("<default node='n'/>"));
    assert!(one.contains("<default node='n'><x"), "{one}");
}

#[test]
fn one_can_list_ones_subscriptions() {
    let mut stage = Stage::musings(&[]);
    stage.create("hamlet", "other", &[]);
    assert_eq!(stage.get("francisco", &pubsub("<subscriptions/>")), pubsub("<subscriptions/>"));
    stage.subscribe("francisco", NODE);
    stage.subscribe("francisco", "other");
    stage.subscribe("bernardo", "other");
    let jid = "francisco@denmark.lit";
    let other = format!("<subscription node='other' jid='{jid}' subscription='subscribed'/>");
    let all = pubsub(&format!("<subscriptions>{other}{}</subscriptions>", subscription(jid)));
    assert_eq!(stage.get("francisco", &pubsub("<subscriptions/>")), all);
    let one = pubsub(&format!("<subscriptions node='other'>{other}</subscriptions>"));
    assert_eq!(stage.get("francisco", &pubsub("<subscriptions node='other'/>")), one);
}

#[test]
fn managing_others_subscriptions_is_not_offered() {
    let mut stage = Stage::musings(&[]);
    let get = super::owners(&format!("<subscriptions node='{NODE}'/>"));
    let answer = stage.get("hamlet", &get);
    assert_error(&answer, "cancel", 501, "feature-not-implemented", "unsupported");
    assert!(answer.contains("manage-subscriptions"));
}
