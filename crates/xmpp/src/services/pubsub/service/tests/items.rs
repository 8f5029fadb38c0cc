//! XEP-0060 section 6.5: retrieving items, and its pages (XEP-0059).

use super::{ServiceFixture, assert_error, pubsub};

const NODE: &str = "princely_musings";

fn numbered(count: usize) -> ServiceFixture {
    let mut fixture = ServiceFixture::musings(&[("max_items", "max")]);
    for number in 1..=count {
        fixture.publish("hamlet", NODE, &number.to_string(), "x");
    }
    fixture
}

fn ids(answer: &str) -> Vec<&str> {
    let starts = answer.split("<item id='").skip(1);
    starts.map(|rest| rest.split('\'').next().unwrap()).collect()
}

fn get(fixture: &mut ServiceFixture, inside: &str) -> String {
    fixture.get("francisco", &pubsub(inside))
}

#[test]
fn all_items_come_oldest_first() {
    let mut fixture = numbered(3);
    let all = get(&mut fixture, &format!("<items node='{NODE}'/>"));
    assert_eq!(ids(&all), ["1", "2", "3"]);
    assert!(!all.contains("<set"), "nothing is left out");
}

#[test]
fn max_items_asks_for_the_newest() {
    let mut fixture = numbered(5);
    let some = get(&mut fixture, &format!("<items node='{NODE}' max_items='2'/>"));
    assert_eq!(ids(&some), ["4", "5"]);
    assert!(some.ends_with(
        "</items><set xmlns='http://jabber.org/protocol/rsm'>\
         <first>4</first><last>5</last><count>5</count></set></pubsub>"
    ));
    let answer = get(&mut fixture, &format!("<items node='{NODE}' max_items='many'/>"));
    assert_error(&answer, "modify", 400, "bad-request", "");
}

#[test]
fn items_can_be_asked_for_by_name() {
    let mut fixture = numbered(3);
    let named = "<item id='3'/><item id='nothing'/><item id='1'/>";
    let found = get(&mut fixture, &format!("<items node='{NODE}'>{named}</items>"));
    assert_eq!(ids(&found), ["3", "1"]);
    let none = get(&mut fixture, &format!("<items node='{NODE}'><item id='nothing'/></items>"));
    assert_eq!(none, pubsub(&format!("<items node='{NODE}'/>")));
}

#[test]
fn pages_go_forth_and_back() {
    let mut fixture = numbered(5);
    let mut page = |set: &str| {
        let set = format!("<set xmlns='http://jabber.org/protocol/rsm'>{set}</set>");
        let answer = get(&mut fixture, &format!("<items node='{NODE}'/>{set}"));
        assert!(answer.contains("<count>5</count>") || answer.starts_with("<error"), "{answer}");
        ids(&answer).join(" ") + if answer.contains("item-not-found") { "not found" } else { "" }
    };
    assert_eq!(page("<max>2</max>"), "1 2");
    assert_eq!(page("<max>2</max><after>2</after>"), "3 4");
    assert_eq!(page("<max>2</max><after>4</after>"), "5");
    assert_eq!(page("<max>2</max><after>5</after>"), "");
    assert_eq!(page("<max>2</max><before/>"), "4 5");
    assert_eq!(page("<max>2</max><before>4</before>"), "2 3");
    assert_eq!(page("<max>0</max>"), "");
    assert_eq!(page(""), "1 2 3 4 5");
    assert_eq!(page("<max>2</max><after>gone</after>"), "not found");
}

#[test]
fn an_answer_is_bounded_and_says_so() {
    let mut fixture = ServiceFixture::musings(&[]);
    fixture.room = 1_000;
    for id in ["1", "2", "3", "4"] {
        fixture.publish("hamlet", NODE, id, "x");
    }
    let some = get(&mut fixture, &format!("<items node='{NODE}'/>"));
    assert_eq!(ids(&some), ["2", "3", "4"], "the newest");
    assert!(some.contains("<first>2</first><last>4</last><count>4</count>"));
    fixture.publish("hamlet", NODE, "5", &"x".repeat(2_000));
    let one = get(&mut fixture, &format!("<items node='{NODE}'/>"));
    assert_eq!(ids(&one), ["5"], "one item is always possible");
}

#[test]
fn reading_has_its_rights() {
    let mut fixture = ServiceFixture::musings(&[("access_model", "whitelist")]);
    let items = pubsub(&format!("<items node='{NODE}'/>"));
    let answer = fixture.get("francisco", &items);
    assert_error(&answer, "cancel", 405, "not-allowed", "closed-node");
    fixture.affiliate("hamlet", "francisco", "outcast");
    assert_error(&fixture.get("francisco", &items), "auth", 403, "forbidden", "");
    fixture.affiliate("hamlet", "francisco", "member");
    assert_eq!(fixture.get("francisco", &items), items);
    assert_eq!(fixture.get("admin", &items), items);
    let answer = fixture.get("hamlet", &pubsub("<items node='nothing'/>"));
    assert_error(&answer, "cancel", 404, "item-not-found", "");
    let answer = fixture.get("hamlet", &pubsub("<items/>"));
    assert_error(&answer, "modify", 400, "bad-request", "nodeid-required");
}

#[test]
fn a_node_that_stores_nothing_has_no_items() {
    let mut fixture = ServiceFixture::musings(&[("persist_items", "0")]);
    let answer = get(&mut fixture, &format!("<items node='{NODE}'/>"));
    assert_error(&answer, "cancel", 501, "feature-not-implemented", "unsupported");
}
