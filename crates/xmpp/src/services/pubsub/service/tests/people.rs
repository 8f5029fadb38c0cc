//! XEP-0060 sections 5.7 and 8.9: affiliations.

use super::{ServiceFixture, actor, assert_error, message, owners, pubsub};
use crate::services::pubsub::engine::{NodeName, PubsubLimits};

const NODE: &str = "princely_musings";

#[test]
fn owners_see_and_change_affiliations() {
    let mut fixture = ServiceFixture::musings(&[]);
    assert_eq!(fixture.affiliate("hamlet", "bernardo", "publisher"), "");
    assert_eq!(fixture.affiliate("hamlet", "ophelia", "publish-only"), "");
    assert_eq!(fixture.affiliate("hamlet", "polonius", "outcast"), "");
    assert_eq!(fixture.affiliate("hamlet", "francisco", "member"), "");
    assert_eq!(fixture.affiliate("hamlet", "francisco", "none"), "");
    let get = owners(&format!("<affiliations node='{NODE}'/>"));
    let expected = owners(&format!(
        "<affiliations node='{NODE}'>\
         <affiliation jid='bernardo@denmark.lit' affiliation='publisher'/>\
         <affiliation jid='hamlet@denmark.lit' affiliation='owner'/>\
         <affiliation jid='ophelia@denmark.lit' affiliation='publish-only'/>\
         <affiliation jid='polonius@denmark.lit' affiliation='outcast'/></affiliations>"
    ));
    assert_eq!(fixture.get("hamlet", &get), expected);
    assert_error(&fixture.get("bernardo", &get), "auth", 403, "forbidden", "");
    let answer = fixture.affiliate("bernardo", "bernardo", "owner");
    assert_error(&answer, "auth", 403, "forbidden", "");
}

#[test]
fn a_node_keeps_an_owner_and_a_list_is_applied_whole_or_not() {
    let mut fixture = ServiceFixture::musings(&[]);
    let change = |list: &str| owners(&format!("<affiliations node='{NODE}'>{list}</affiliations>"));
    let answer = fixture.set(
        "hamlet",
        &change(
            "<affiliation jid='bard@shakespeare.lit' affiliation='publisher'/>\
             <affiliation jid='hamlet@denmark.lit' affiliation='none'/>",
        ),
    );
    assert_error(&answer, "modify", 406, "not-acceptable", "");
    let all = fixture.get("hamlet", &owners(&format!("<affiliations node='{NODE}'/>")));
    assert!(!all.contains("bard"), "{all}");
    let handed_over = change(
        "<affiliation jid='hamlet@denmark.lit' affiliation='member'/>\
         <affiliation jid='horatio@denmark.lit' affiliation='owner'/>",
    );
    assert_eq!(fixture.set("hamlet", &handed_over), "");
    assert_error(&fixture.set("hamlet", &handed_over), "auth", 403, "forbidden", "");
}

#[test]
fn an_entry_without_an_affiliation_changes_nothing_and_two_words_for_one_are_refused() {
    let mut fixture = ServiceFixture::musings(&[]);
    let change = |list: &str| owners(&format!("<affiliations node='{NODE}'>{list}</affiliations>"));
    let answer = fixture.set("hamlet", &change("<affiliation jid='hamlet@denmark.lit'/>"));
    assert_eq!(answer, "");
    let twice = "<affiliation jid='bard@shakespeare.lit' affiliation='publisher'/>\
                 <affiliation jid='bard@shakespeare.lit' affiliation='member'/>";
    assert_error(&fixture.set("hamlet", &change(twice)), "modify", 400, "bad-request", "");
    let odd = "<affiliation jid='bard@shakespeare.lit' affiliation='king'/>";
    assert_error(&fixture.set("hamlet", &change(odd)), "modify", 400, "bad-request", "");
}

#[test]
fn a_ban_ends_the_subscription() {
    let mut fixture = ServiceFixture::musings(&[]);
    fixture.subscribe("polonius", NODE);
    fixture.affiliate("hamlet", "polonius", "outcast");
    let ended =
        format!("<subscription node='{NODE}' jid='polonius@denmark.lit' subscription='none'/>");
    assert_eq!(fixture.heard(), [message("polonius@denmark.lit", &ended)]);
    fixture.publish("hamlet", NODE, "one", "x");
    assert!(fixture.heard().is_empty());
    assert!(!fixture.stored.keys().any(|(bucket, _)| *bucket == "subscriptions"));
}

#[test]
fn affiliations_are_bounded() {
    let limits = PubsubLimits { affiliations_per_node: 2, ..PubsubLimits::default() };
    let mut fixture = ServiceFixture::with(limits);
    fixture.create("hamlet", NODE, &[]);
    assert_eq!(fixture.affiliate("hamlet", "bernardo", "member"), "");
    let answer = fixture.affiliate("hamlet", "francisco", "member");
    assert_error(&answer, "wait", 500, "resource-constraint", "");
    assert_eq!(fixture.affiliate("hamlet", "bernardo", "none"), "");
    assert_eq!(fixture.affiliate("hamlet", "francisco", "member"), "");
}

#[test]
fn one_can_list_ones_affiliations() {
    let mut fixture = ServiceFixture::musings(&[]);
    fixture.create("bernardo", "other", &[]);
    fixture.affiliate("hamlet", "bernardo", "outcast");
    let all = pubsub(&format!(
        "<affiliations><affiliation node='other' affiliation='owner'/>\
         <affiliation node='{NODE}' affiliation='outcast'/></affiliations>"
    ));
    assert_eq!(fixture.get("bernardo", &pubsub("<affiliations/>")), all);
    let one = pubsub(
        "<affiliations node='other'><affiliation node='other' affiliation='owner'/></affiliations>",
    );
    assert_eq!(fixture.get("bernardo", &pubsub("<affiliations node='other'/>")), one);
    assert_eq!(fixture.get("francisco", &pubsub("<affiliations/>")), pubsub("<affiliations/>"));
}

#[test]
fn an_account_that_is_gone_leaves_nothing_to_inherit() {
    let mut fixture = ServiceFixture::musings(&[]);
    fixture.create("bernardo", "shared", &[]);
    fixture.create("bernardo", "alone", &[]);
    fixture.subscribe("bernardo", NODE);
    fixture.affiliate("hamlet", "bernardo", "publisher");
    let owner = "<affiliation jid='hamlet@denmark.lit' affiliation='owner'/>";
    fixture
        .set("bernardo", &owners(&format!("<affiliations node='shared'>{owner}</affiliations>")));
    let follows = fixture.service.forget(&actor("bernardo").account);
    fixture.follow(follows);
    let has = |name| {
        fixture.service.engine().info(&actor("admin"), &NodeName::parse(name).unwrap()).is_ok()
    };
    assert!(has("shared") && !has("alone"));
    assert_eq!(fixture.get("bernardo", &pubsub("<affiliations/>")), pubsub("<affiliations/>"));
    assert_eq!(fixture.get("bernardo", &pubsub("<subscriptions/>")), pubsub("<subscriptions/>"));
    assert!(
        !fixture.stored.keys().any(|(_, key)| key.contains("bernardo")),
        "{:?}",
        fixture.stored
    );
}
