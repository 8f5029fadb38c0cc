//! Answers that are much larger than what a client may leave unread otherwise: whole nodes.

use lampfield_tests::scene;
use lampfield_tests::server::{Config, DOMAIN, Server};
use lampfield_tests::stanzas::service;
use lampfield_tests::xmpp::{Client, Element};

/// Publishes that are sent before their answers are read.
const BATCH: usize = 500;

fn users() -> Config {
    let user = "role = \"user\"";
    Config::plain().account("carol", user).account("dave", user)
}

fn pubsub(content: &str) -> String {
    format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{content}</pubsub>")
}

/// Carol makes the node `full` with so many items of about so many bytes.
async fn fill(carol: &mut Client, count: usize, bytes: usize) {
    let field = |var: &str, value: &str| {
        format!("<field var='pubsub#{var}'><value>{value}</value></field>")
    };
    let create = format!(
        "<create node='full'/><configure><x xmlns='jabber:x:data' type='submit'>\
         <field var='FORM_TYPE'><value>http://jabber.org/protocol/pubsub#node_config</value>\
         </field>{}</x></configure>",
        field("max_items", "max")
    );
    let created = carol.iq("set", &service(), &pubsub(&create)).await;
    assert_eq!(created.attr("type"), Some("result"), "{created}");
    let entry = format!("<entry xmlns='urn:x'>{}</entry>", "x".repeat(bytes));
    for first in (0..count).step_by(BATCH) {
        let batch = first..count.min(first + BATCH);
        let last = format!("p{}", batch.end - 1);
        let publish = |number| {
            let item = format!("<item id='{number}'>{entry}</item>");
            let publish = pubsub(&format!("<publish node='full'>{item}</publish>"));
            format!("<iq type='set' id='p{number}' to='{}'>{publish}</iq>", service())
        };
        carol.send(&batch.map(publish).collect::<String>()).await;
        let answer = carol.until(|e| e.attr("id") == Some(&last)).await.element;
        assert_eq!(answer.attr("type"), Some("result"), "{answer}");
    }
}

fn items(set: &str) -> String {
    pubsub(&format!("<items node='full'/>{set}"))
}

/// The names of the items in an answer.
fn ids(answer: &Element) -> Vec<usize> {
    assert_eq!(answer.attr("type"), Some("result"), "{}", answer.name);
    let items = answer.find("items").expect("items").elements();
    items.map(|item| item.attr("id").expect("an id").parse().expect("a number")).collect()
}

#[tokio::test]
async fn a_full_node_comes_in_one_answer() {
    let server = Server::start(&users()).await;
    let mut carol = scene::client(&server, "carol").await;
    fill(&mut carol, 10_000, 500).await;
    let mut dave = scene::client(&server, "dave").await;
    for _ in 0..3 {
        let answer = dave.iq("get", &service(), &items("")).await;
        assert_eq!(ids(&answer), (0..10_000).collect::<Vec<_>>());
        assert!(answer.find("set").is_none(), "it is the whole node");
    }
}

#[tokio::test]
async fn what_exceeds_the_largest_answer_comes_in_pages() {
    let server = Server::start(&users()).await;
    let mut carol = scene::client(&server, "carol").await;
    fill(&mut carol, 300, 100_000).await;
    let mut all = Vec::new();
    let mut after = String::new();
    while all.len() < 300 {
        let set = format!("<set xmlns='http://jabber.org/protocol/rsm'>{after}</set>");
        let answer = carol.iq("get", &service(), &items(&set)).await;
        let page = ids(&answer);
        assert!((2..300).contains(&page.len()), "{} items", page.len());
        let set = answer.find("set").expect("it says that this is a part");
        assert_eq!(set.child("count").map(Element::text).as_deref(), Some("300"));
        after = format!("<after>{}</after>", page.last().unwrap());
        all.extend(page);
    }
    assert_eq!(all, (0..300).collect::<Vec<_>>());
}

#[tokio::test]
async fn one_that_does_not_read_its_answer_gets_less_the_next_times() {
    let server = Server::start(&users()).await;
    let mut carol = scene::client(&server, "carol").await;
    fill(&mut carol, 9_999, 500).await;

    let jid = format!("dave@{DOMAIN}/slow");
    let mut dave = Client::login_narrow(server.address(), &jid, &Config::password("dave")).await;
    let subscribe = format!("<subscribe jid='{jid}' node='full'/>");
    let subscribed = dave.iq("set", &service(), &pubsub(&subscribe)).await;
    assert_eq!(subscribed.attr("type"), Some("result"), "{subscribed}");

    let before = server.process().resident_kib();
    for number in 0..50 {
        let ask = format!("<iq type='get' id='i{number}' to='{}'>{}</iq>", service(), items(""));
        dave.send(&ask).await;
    }
    // The server takes turns: when it has answered Carol so often, it has answered Dave.
    for _ in 0..20 {
        carol.all_until_now().await;
    }
    let last = "<publish node='full'><item id='9999'><entry xmlns='urn:x'/></item></publish>";
    let published = carol.iq("set", &service(), &pubsub(last)).await;
    assert_eq!(published.attr("type"), Some("result"), "{published}");
    let grown = server.process().resident_kib().saturating_sub(before);
    assert!(grown < 32_000, "{grown} KiB wait for one that does not read");

    let (mut told, mut refused, mut live) = (Vec::new(), 0, false);
    while !live || told.len() + refused < 50 {
        let stanza = dave.next().await.element;
        match (stanza.name.as_str(), stanza.attr("type")) {
            // Events go on.
            ("message", _) => {
                live |= stanza.find("item").is_some_and(|item| item.attr("id") == Some("9999"));
            }
            ("iq", Some("error")) => {
                assert!(stanza.find("resource-constraint").is_some(), "{stanza}");
                refused += 1;
            }
            _ => told.push(ids(&stanza).len()),
        }
    }
    assert_eq!(told[0], 9_999, "the first answer is whole");
    assert!(told.len() > 1 && told[1] < 9_999, "the next is a part: {told:?}");
    assert!(refused > 0, "there is no end to what waits: {told:?}");
    let again = dave.iq("get", &service(), &items("")).await;
    assert_eq!(ids(&again).len(), 10_000, "it has read everything");
}
