//! XEP-0060 sections 5.7 and 8.9: affiliations.

use super::{Stage, actor, assert_error, message, owners, pubsub};
use crate::services::pubsub::engine::{Limits, NodeName};

const NODE: &str = "princely_musings";

#[test]
fn owners_see_and_change_affiliations() {
    let mut stage = Stage::musings(&[]);
    assert_eq!(stage.affiliate("hamlet", "bernardo", "publisher"), "");
    assert_eq!(stage.affiliate("hamlet", "ophelia", "publish-only"), "");
    assert_eq!(stage.affiliate("hamlet", "polonius", "outcast"), "");
    assert_eq!(stage.affiliate("hamlet", "francisco", "member"), "");
    assert_eq!(stage.affiliate("hamlet", "francisco", "none"), "");
    let get = owners(&format!("<affiliations node='{NODE}'/>"));
    let expected = owners(&format!(
        "<affiliations node='{NODE}'>\
         <affiliation jid='bernardo@denmark.lit' affiliation='publisher'/>\
         <affiliation jid='hamlet@denmark.lit' affiliation='owner'/>\
         <affiliation jid='ophelia@denmark.lit' affiliation='publish-only'/>\
         <affiliation jid='polonius@denmark.lit' affiliation='outcast'/></affiliations>"
    ));
    assert_eq!(stage.get("hamlet", &get), expected);
    assert_error(&stage.get("bernardo", &get), "auth", 403, "forbidden", "");
    let answer = stage.affiliate("bernardo", "bernardo", "owner");
    assert_error(&answer, "auth", 403, "forbidden", "");
}

#[test]
fn a_node_keeps_an_owner_and_a_list_is_applied_whole_or_not() {
    let mut stage = Stage::musings(&[]);
    let change = |list: &str| owners(&format!("<affiliations node='{NODE}'>{list}</affiliations>"));
    let answer = stage.set(
        "hamlet",
        &change(
            "<affiliation jid='bard@shakespeare.lit' affiliation='publisher'/>\
             <affiliation jid='hamlet@denmark.lit' affiliation='none'/>",
        ),
    );
    assert_error(&answer, "modify", 406, "not-acceptable", "");
    let all = stage.get("hamlet", &owners(&format!("<affiliations node='{NODE}'/>")));
    assert!(!all.contains("bard"), "{all}");
    let handed_over = change(
        "<affiliation jid='hamlet@denmark.lit' affiliation='member'/>\
         <affiliation jid='horatio@denmark.lit' affiliation='owner'/>",
    );
    assert_eq!(stage.set("hamlet", &handed_over), "");
    assert_error(&stage.set("hamlet", &handed_over), "auth", 403, "forbidden", "");
}

#[test]
fn an_entry_without_an_affiliation_changes_nothing_and_two_words_for_one_are_refused() {
    let mut stage = Stage::musings(&[]);
    let change = |list: &str| owners(&format!("<affiliations node='{NODE}'>{list}</affiliations>"));
    let answer = stage.set("hamlet", &change("<affiliation jid='hamlet@denmark.lit'/>"));
    assert_eq!(answer, "");
    let twice = "<affiliation jid='bard@shakespeare.lit' affiliation='publisher'/>\
                 <affiliation jid='bard@shakespeare.lit' affiliation='member'/>";
    assert_error(&stage.set("hamlet", &change(twice)), "modify", 400, "bad-request", "");
    let odd = "<affiliation jid='bard@shakespeare.lit' affiliation='king'/>";
    assert_error(&stage.set("hamlet", &change(odd)), "modify", 400, "bad-request", "");
}

#[test]
fn a_ban_ends_the_subscription() {
    let mut stage = Stage::musings(&[]);
    stage.subscribe("polonius", NODE);
    stage.affiliate("hamlet", "polonius", "outcast");
    let ended =
        format!("<subscription node='{NODE}' jid='polonius@denmark.lit' subscription='none'/>");
    assert_eq!(stage.heard(), [message("polonius@denmark.lit", &ended)]);
    stage.publish("hamlet", NODE, "one", "x");
    assert!(stage.heard().is_empty());
    assert!(!stage.stored.keys().any(|(bucket, _)| *bucket == "subscriptions"));
}

#[test]
fn affiliations_are_bounded() {
    let limits = Limits { affiliations_per_node: 2, ..Limits::default() };
    let mut stage = Stage::with(limits);
    stage.create("hamlet", NODE, &[]);
    assert_eq!(stage.affiliate("hamlet", "bernardo", "member"), "");
    let answer = stage.affiliate("hamlet", "francisco", "member");
    assert_error(&answer, "wait", 500, "resource-constraint", "");
    assert_eq!(stage.affiliate("hamlet", "bernardo", "none"), "");
    assert_eq!(stage.affiliate("hamlet", "francisco", "member"), "");
}

#[test]
fn one_can_list_ones_affiliations() {
    let mut stage = Stage::musings(&[]);
    stage.create("bernardo", "other", &[]);
    stage.affiliate("hamlet", "bernardo", "outcast");
    let all = pubsub(&format!(
        "<affiliations><affiliation node='other' affiliation='owner'/>\
         <affiliation node='{NODE}' affiliation='outcast'/></affiliations>"
    ));
    assert_eq!(stage.get("bernardo", &pubsub("<affiliations/>")), all);
    let one = pubsub(
        "<affiliations node='other'><affiliation node='other' affiliation='owner'/></affiliations>",
    );
    assert_eq!(stage.get("bernardo", &pubsub("<affiliations node='other'/>")), one);
    assert_eq!(stage.get("francisco", &pubsub("<affiliations/>")), pubsub("<affiliations/>"));
}

#[test]
fn an_account_that_is_gone_leaves_nothing_to_inherit() {
    let mut stage = Stage::musings(&[]);
    stage.create("bernardo", "shared", &[]);
    stage.create("bernardo", "alone", &[]);
    stage.subscribe("bernardo", NODE);
    stage.affiliate("hamlet", "bernardo", "publisher");
    let owner = "<affiliation jid='hamlet@denmark.lit' affiliation='owner'/>";
    stage.set("bernardo", &owners(&format!("<affiliations node='shared'>{owner}</affiliations>")));
    let follows = stage.service.forget(&actor("bernardo").account);
    stage.follow(follows);
    let has = |name| {
        stage.service.engine().info(&actor("admin"), &NodeName::parse(name).unwrap()).is_ok()
    };
    assert!(has("shared") && !has("alone"));
    assert_eq!(stage.get("bernardo", &pubsub("<affiliations/>")), pubsub("<affiliations/>"));
    assert_eq!(stage.get("bernardo", &pubsub("<subscriptions/>")), pubsub("<subscriptions/>"));
    assert!(!stage.stored.keys().any(|(_, key)| key.contains("bernardo")), "{:?}", stage.stored);
}
